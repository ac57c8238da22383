package letter

import (
	"strings"
	"unicode"
)

// line is what stands on one line; width in thousandths, without a trailing space.
type line struct {
	glyphs []glyph
	width  int
	hard   bool // ends by a line feed, which is read as a space
}

// wrap breaks glyphs into lines of at most limit thousandths. It breaks at
// spaces, after a hyphen or slash inside a word, at soft hyphens, and only
// where a word alone is too wide inside the word: there with a hyphen if the
// word is of letters, else without, so that nobody takes the hyphen for a part
// of a number. An empty text gives one empty line.
func wrap(gs []glyph, limit int) []line {
	var lines []line
	for start := 0; ; {
		end := start
		for end < len(gs) && gs[end].r != '\n' {
			end++
		}
		lines = wrapOne(lines, gs[start:end], limit)
		if end == len(gs) {
			return lines
		}
		lines[len(lines)-1].hard = true
		start = end + 1
	}
}

func wrapOne(lines []line, gs []glyph, limit int) []line {
	start, last, width := 0, -1, 0
	lastWidth := 0 // of the line if it ends at last, without the trailing space
	for i := 0; i < len(gs); i++ {
		g := gs[i]
		if g.mark {
			continue
		}
		if width+int(g.advance) > limit && g.r != ' ' && i > start {
			if last > start {
				lines = append(lines, cut(gs[start:last], lastWidth))
				start, i, last, width = last, last-1, -1, 0
				continue
			}
			at, hyphen := breakWord(gs, start, i, width, limit)
			lines = append(lines, line{glyphs: gs[start:at], width: widthOf(gs[start:at])})
			if hyphen {
				l := &lines[len(lines)-1]
				l.glyphs = append(append([]glyph(nil), l.glyphs...), hyphenLike(gs[at-1]))
				l.width += int(l.glyphs[len(l.glyphs)-1].advance)
			}
			start, i, last, width = at, at-1, -1, 0
			continue
		}
		width += int(g.advance)
		switch {
		case g.marks > 0: // a break would part it from them
		case g.r == ' ':
			if !glued(gs, i) {
				last, lastWidth = i+1, width-int(g.advance)
			}
		case g.r == zeroWidthSpace:
			last, lastWidth = i+1, width
		case g.r == softHyphen && i+1 < len(gs):
			if h := int(hyphenLike(g).advance); width+h <= limit {
				last, lastWidth = i+1, width+h
			}
		case (g.r == '-' || g.r == '/' || g.r == '–') && i > start && i+1 < len(gs) && wordRune(gs[i-1].r) && unicode.IsLetter(gs[i+1].r):
			last, lastWidth = i+1, width
		}
	}
	return append(lines, line{glyphs: gs[start:], width: widthOf(gs[start:])})
}

// glued says whether the space at i holds together what belongs together
// (DIN 5008): a section sign and its number, an amount and its unit, a postal
// code and its place.
func glued(gs []glyph, i int) bool {
	if i == 0 || i+1 >= len(gs) {
		return false
	}
	before, after := gs[i-1].r, gs[i+1].r
	switch {
	case before == '§', after == '€', after == '%':
		return true
	case !unicode.IsUpper(after) || i < 5:
		return false
	}
	for k := i - 5; k < i; k++ {
		if gs[k].r < '0' || gs[k].r > '9' {
			return false
		}
	}
	return i == 5 || gs[i-6].r < '0' || gs[i-6].r > '9'
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// cut makes a line of what stands before a break; a soft hyphen there becomes a
// visible one.
func cut(gs []glyph, width int) line {
	if n := len(gs); n > 0 && gs[n-1].r == softHyphen {
		gs = append(append([]glyph(nil), gs[:n-1]...), hyphenLike(gs[n-1]))
	}
	return line{glyphs: gs, width: width}
}

// hyphenLike is a hyphen that reads back as a soft hyphen, in the weight of g.
func hyphenLike(g glyph) glyph {
	f := g.face
	if f >= faceRegularMore {
		f -= faceRegularMore - faceRegular
	}
	gid := faces[f]().glyphs['-']
	return glyph{r: softHyphen, gid: gid, face: f, advance: int16(faces[f]().width(gid))}
}

func widthOf(gs []glyph) int {
	w, trailing := 0, 0
	for _, g := range gs {
		w += int(g.advance)
		switch {
		case g.r == ' ':
			trailing += int(g.advance)
		case !g.mark:
			trailing = 0
		}
	}
	return w - trailing
}

// breakWord finds where to break the word gs[start:] of which gs[start:full]
// fits. German words break before the last consonant in front of a vowel; ch,
// ck, sch, ph, th, qu stay whole.
func breakWord(gs []glyph, start, full, width, limit int) (at int, hyphen bool) {
	end := full
	for end < len(gs) && gs[end].r != ' ' {
		end++
	}
	for i := start; i < end; i++ {
		if !unicode.IsLetter(gs[i].r) && !gs[i].mark && !strings.ContainsRune("-.,;:!?()„“", gs[i].r) {
			return wholeAt(gs, start, full), false
		}
	}
	room := limit - int(hyphenLike(gs[start]).advance)
	for i := full; i > start && width > room; {
		i--
		width -= int(gs[i].advance)
		full = i
	}
	for i := full; i > start+2; i-- {
		if end-i >= 3 && syllable(gs[start:end], i-start) {
			return i, true
		}
	}
	return wholeAt(gs, start, full), full > start+1
}

// wholeAt moves a break in front of a letter whose marks it would cut off, but
// leaves at least one letter on the line.
func wholeAt(gs []glyph, start, at int) int {
	for at > start && at < len(gs) && gs[at].mark {
		at--
	}
	if at > start {
		return at
	}
	for at = start + 1; at < len(gs) && gs[at].mark; {
		at++
	}
	return at
}

const vowels = "aeiouyäöüáàâéèêíìîóòôúùûAEIOUYÄÖÜ"

func syllable(w []glyph, i int) bool {
	r := func(k int) rune {
		if k < 0 || k >= len(w) {
			return 0
		}
		return unicode.ToLower(w[k].r)
	}
	vowel := func(k int) bool { return r(k) != 0 && strings.ContainsRune(vowels, r(k)) }
	if w[i].mark || !unicode.IsLetter(r(i)) || !unicode.IsLetter(r(i-1)) || !unicode.IsLetter(r(i-2)) {
		return false
	}
	if vowel(i) { // a break before a vowel only after one: never
		return false
	}
	onset := i + 1
	switch pair := string([]rune{r(i), r(i + 1)}); pair {
	case "ch", "ck", "ph", "th", "qu":
		onset = i + 2
	case "sc":
		if r(i+2) == 'h' {
			onset = i + 3
		}
	}
	if !vowel(onset) {
		return false
	}
	if r(i) == 'h' && strings.ContainsRune("cpt", r(i-1)) || r(i) == 'k' && r(i-1) == 'c' || r(i) == 'c' && r(i-1) == 's' && r(i+1) == 'h' {
		return false
	}
	for k := range i {
		if vowel(k) {
			return true
		}
	}
	return false
}
