package letter

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// read gives the text of glyphs back; soft hyphens are no text.
func read(gs []glyph) string {
	var b strings.Builder
	for _, g := range gs {
		if g.r != softHyphen && g.r != zeroWidthSpace {
			b.WriteRune(g.r)
		}
	}
	return b.String()
}

func broken(text string, limit int) []string {
	var out []string
	for _, l := range wrap(shape(text, false), limit) {
		s := strings.ReplaceAll(strings.ReplaceAll(read(l.glyphs), "\n", ""), string(rune(zeroWidthSpace)), "")
		if n := len(l.glyphs); n > 0 && l.glyphs[n-1].r == softHyphen {
			s += "-"
		}
		out = append(out, strings.TrimRight(s, " "))
	}
	return out
}

func TestWhereALineBreaks(t *testing.T) {
	em := 1000
	for _, c := range []struct {
		rule, text string
		limit      int
		want       string
	}{
		{"at spaces", "eins zwei drei", 5 * em, "eins zwei|drei"},
		{"at a line feed", "eins\nzwei", 50 * em, "eins|zwei"},
		{"an empty line stays", "eins\n\nzwei", 50 * em, "eins||zwei"},
		{"after a hyphen between words", "Müller-Lüdenscheidt", 6 * em, "Müller-|Lüdenscheidt"},
		{"not after the sign of a number", "Wert ist -5", 4500, "Wert ist|-5"},
		{"not between section sign and number", "nach dem § 12 gilt", 4800, "nach dem|§ 12 gilt"},
		{"not between amount and currency", "es sind 84,00 € fest", 6 * em, "es sind|84,00 € fest"},
		{"not between postal code and place", "Platz 1, 00111 Aulen", 6900, "Platz 1,|00111 Aulen"},
		{"at a soft hyphen, which is then seen", "Hunde\u00ADsteuersatz", 5200, "Hunde-|steuersatz"},
		{"a soft hyphen within a line is not seen", "Hunde\u00ADsteuer", 50 * em, "Hundesteuer"},
		{"a long word breaks before a syllable", "Straßenreinigungsgebühr", 6 * em, "Straßenreini-|gungsgebühr"},
		{"sch stays whole", "Waschmaschine", 3900, "Wasch-|maschi-|ne"},
		{"a long number gets no hyphen", "9f86d081884c7d65", 5 * em, "9f86d0818|84c7d65"},
		{"a no-break space does not break", "Nr.\u00a05 ist", 3 * em, "Nr.\u00a05|ist"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got := strings.Join(broken(c.text, c.limit), "|"); got != c.want {
				t.Errorf("%q at %d: %q, want %q", c.text, c.limit, got, c.want)
			}
		})
	}
}

// checkWrap holds for each text and width: nothing is lost, nothing is added but
// hyphens, and no line is too wide unless it is one letter.
func checkWrap(t *testing.T, text string, limit int) {
	t.Helper()
	gs := shape(text, false)
	var back strings.Builder
	ls := wrap(gs, limit)
	for i, l := range ls {
		back.WriteString(read(l.glyphs))
		if l.hard {
			back.WriteByte('\n')
		}
		if w := widthOf(l.glyphs); w > limit && countBases(l.glyphs) > 2 {
			t.Errorf("%q at %d: line %d is %d wide", text, limit, i, w)
		}
		if len(l.glyphs) > 0 && l.glyphs[0].mark {
			t.Errorf("%q at %d: line %d begins with a mark", text, limit, i)
		}
	}
	if back.String() != read(gs) {
		t.Errorf("%q at %d: reads %q", text, limit, back.String())
	}
}

func countBases(gs []glyph) int {
	n := 0
	for _, g := range gs {
		if !g.mark && g.r != ' ' {
			n++
		}
	}
	return n
}

func FuzzWrap(f *testing.F) {
	for _, s := range []string{"", "a", "eins zwei", "Stra\u00ADße\u200bx", "  doppelt  ", "a\n\nb", "M\u0302a\u030cr", "\u0302allein", "0\u030c \u030c0000", "0123456789012345", "Đặng\tVăn", "§ 1 € 00111 Ort", "\xff\xfe", "漢字 العربية 🦄"} {
		f.Add(s, uint16(3000))
		f.Add(s, uint16(1))
	}
	f.Fuzz(func(t *testing.T, text string, limit uint16) {
		if len(text) < 4000 {
			checkWrap(t, text, int(limit)+1)
		}
	})
}

// sequences are the letters of DIN SPEC 91379 data type E, some with marks.
func sequences(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/din-91379-e.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(data)) {
		var b strings.Builder
		for f := range strings.FieldsSeq(line) {
			n, err := strconv.ParseUint(f, 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteRune(rune(n))
		}
		all = append(all, b.String())
	}
	if len(all) != 905 {
		t.Fatalf("%d sequences", len(all))
	}
	return all
}

func TestEachLetterOfDIN91379HasAGlyphInBothWeights(t *testing.T) {
	for _, s := range sequences(t) {
		if m := Missing(s); len(m) > 0 {
			t.Errorf("%q (%U) is missing", s, m)
		}
		for _, bold := range []bool{false, true} {
			for _, g := range shape(s, bold) {
				if g.gid == 0 {
					t.Errorf("%q, bold %v: no glyph for %U", s, bold, g.r)
				}
				if face := g.face; (face == faceBold || face == faceBoldMore) != bold {
					t.Errorf("%q: weight lost", s)
				}
			}
			if got := read(shape(s, bold)); got != norm.NFC.String(s) {
				t.Errorf("%q reads %q", s, got)
			}
		}
	}
}

func TestMarksStandAboveTheirLetterAndNotInIt(t *testing.T) {
	for _, s := range sequences(t) {
		gs := shape(s, false)
		for i, g := range gs {
			if g.marks != 1 || i+1 >= len(gs) || norm.NFC.PropertiesString(string(gs[i+1].r)).CCC() != above {
				continue
			}
			f := faces[g.face]()
			_, _, _, top, _ := f.bounds(g.gid)
			_, bottom, _, _, _ := f.bounds(gs[i+1].gid)
			if bottom+int(gs[i+1].dy) < top+gap {
				t.Errorf("%q: mark at %d, letter up to %d", s, bottom+int(gs[i+1].dy), top)
			}
		}
	}
}

func TestWhatNoTypefaceHoldsIsPrintedAsItsCode(t *testing.T) {
	for text, want := range map[string]string{
		"Gruß 🦄":      "Gruß [U+1F984]",
		"漢字":          "[U+6F22][U+5B57]",
		"א":           "[U+05D0]", // DejaVu has it, but it runs from right to left
		"a\x00b\x1bc": "abc",
		"a\u202eb":    "ab", // a change of direction would make the letter read otherwise than it was written
		"a\xffb":      "a\uFFFDb",
		"ẞ ș ț ǧ €":   "ẞ ș ț ǧ €",
	} {
		if got := read(shape(text, false)); got != want {
			t.Errorf("%q reads %q, want %q", text, got, want)
		}
	}
	if got := string((Letter{Title: "🦄a", Recipient: []string{"漢🦄"}}).Missing()); got != "🦄漢" {
		t.Errorf("Missing: %q", got)
	}
}

func TestASubsetIsAFontWithTheSameOutlines(t *testing.T) {
	for i, load := range faces {
		f := load()
		s := newSubset(f)
		text := "ABCÄÖÜäöüß€ẞǧțșĕ1½Ǻ"
		for _, r := range text {
			if gid := f.glyphs[r]; gid != 0 {
				s.code(gid, r)
			}
		}
		if a, b := s.code(f.glyphs['-'], '-'), s.code(f.glyphs['-'], softHyphen); a == b {
			t.Error("hyphen and soft hyphen have one code")
		}
		ttf := s.font()
		if checksum(ttf) != 0xB1B0AFBA {
			t.Errorf("face %d: check sum %X", i, checksum(ttf))
		}
		n := len(s.gids)
		for c := 1; c < n; c++ {
			if got, want := outlineBox(t, ttf, c), f.outline(s.gids[c])[:10]; string(got) != string(want) {
				t.Errorf("face %d: outline of %q differs", i, s.runes[c])
			}
		}
		if len(ttf) > len(f.glyf)/10 {
			t.Errorf("face %d: subset of %d bytes", i, len(ttf))
		}
	}
	if !utf8.ValidString(string(newSubset(faces[0]()).toUnicode())) {
		t.Error("broken map")
	}
}

// outlineBox reads contours and box of a glyph from a font file.
func outlineBox(t *testing.T, ttf []byte, gid int) []byte {
	t.Helper()
	tables := map[string][]byte{}
	for i := range int(be16(ttf, 4)) {
		e := ttf[12+16*i:]
		tables[string(e[:4])] = ttf[be32(e, 8) : be32(e, 8)+be32(e, 12)]
	}
	at := be32(tables["loca"], 4*gid)
	return tables["glyf"][at : at+10]
}
