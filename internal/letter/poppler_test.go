package letter

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// poppler runs a tool of poppler-utils on a letter: what another program than
// ours reads from the file.
func poppler(t *testing.T, l Letter, tool string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Skipf("NOT TESTED: %s is missing; install poppler-utils", tool)
	}
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(file, render(t, l), 0o600); err != nil {
		t.Fatal(err)
	}
	if tool != "pdfinfo" && tool != "pdffonts" {
		args = append(args, file, "-")
	} else {
		args = append(args, file)
	}
	out, err := exec.Command(tool, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v %s", tool, err, out)
	}
	if strings.Contains(string(out), "Syntax Error") || strings.Contains(string(out), "Syntax Warning") {
		t.Fatalf("%s: %.500s", tool, out)
	}
	return string(out)
}

var (
	kindLine = regexp.MustCompile(`^( *)([A-Z]\w*)(?: \(\w+\))?:?$`)
	textLine = regexp.MustCompile(`^ *"(.*)"$`)
)

// outline reduces the structure to its element kinds, and gives the texts.
func outline(t *testing.T, l Letter) (kinds []string, texts []string) {
	t.Helper()
	for line := range strings.Lines(poppler(t, l, "pdfinfo", "-struct-text")) {
		line = strings.TrimRight(line, "\n")
		if m := kindLine.FindStringSubmatch(line); m != nil {
			kinds = append(kinds, m[2])
		} else if m := textLine.FindStringSubmatch(line); m != nil {
			texts = append(texts, m[1])
		}
	}
	return kinds, texts
}

func TestAReceiptReadsInOrder(t *testing.T) {
	kinds, texts := outline(t, receipt(t))
	info := strings.Repeat(" TR TH TD", 4)
	facts := strings.Repeat(" TR TH TD", 5)
	want := "Document P P P P Table" + info + " H1 P H2 Table" + facts + " H2 L LI Lbl LBody LI Lbl LBody P"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("structure\n%s\nwant\n%s", got, want)
	}
	wantTexts := []string{
		"Stadt Torhausen", "Ordnungsamt", "Stadt Torhausen · Rathausplatz 2 · 00102 Torhausen",
		"Herr Đặng Văn Jōhn M̂ǎrķøv Am Ḥang 3 00102 Torhausen ",
		"Vorgangsnummer", "TH-2027-000815-X", "Telefon", "00000 222-0", "E-Mail", "ordnungsamt@torhausen.example", "Datum", "3. März 2027",
		"Eingangsbestätigung: Anmeldung eines Osterfeuers",
		"Ihr Antrag ist am 3. März 2027 um 14:07 Uhr bei uns eingegangen. Sie müssen jetzt nichts tun.",
		"Ihre Angaben",
		"Ort des Feuers", "Wiese hinter dem Feuerwehrgerätehaus, Flurstück 12/3", "Beginn", "27. März 2027, 18:00 Uhr", "Ende", "28. März 2027, 01:00 Uhr",
		"Voraussichtliche Zahl der Besucherinnen und Besucher", "150",
		"Bemerkung", "Die Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrikbesichtigungsteilnehmerinnen kommen auch. Zweite Zeile.",
		"Wie es weitergeht", "1.", "Wir prüfen Ihre Anmeldung.", "2.", "Sie bekommen in etwa zwei Wochen eine Antwort in Ihrem Postfach.",
		"Prüfsumme (SHA-256): 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	}
	for i := range max(len(texts), len(wantTexts)) {
		if i >= len(texts) || i >= len(wantTexts) || norm.NFC.String(texts[i]) != norm.NFC.String(wantTexts[i]) {
			t.Fatalf("text %d: %q\nwant %q", i, texts[min(i, len(texts)):], wantTexts[min(i, len(wantTexts)):])
		}
	}
	page := poppler(t, receipt(t), "pdftotext", "-layout")
	if !strings.Contains(page, "Seite 1 von 1") {
		t.Error("no page number")
	}
}

func TestATableOfManyPagesIsOneTable(t *testing.T) {
	l := long(t)
	kinds, texts := outline(t, l)
	count := map[string]int{}
	for _, k := range kinds {
		count[k]++
	}
	// One table for the information block (8 rows), one of 300 rows and a head.
	if count["Table"] != 2 || count["THead"] != 1 || count["TR"] != 8+301 || count["TD"] != 8+900 || count["TH"] != 8+3 || count["Caption"] != 1 {
		t.Errorf("counts %v", count)
	}
	all := strings.Join(texts, "|")
	for i := range 300 {
		if !strings.Contains(all, fmt.Sprintf("|Zeile-%03d|Straßenreinigungsgebühr für das Grundstück|%d,00 €", i+1, i)) {
			t.Fatalf("row %d is not whole", i+1)
		}
	}
	if want := l.Blocks[0].(Paragraph).Text; len([]rune(want)) < 10000 || !strings.Contains(squeeze(strings.ReplaceAll(all, "|", "")), squeeze(want)) {
		t.Error("the paragraph of 10,000 characters is not whole")
	}
	text := poppler(t, l, "pdftotext", "-layout")
	pages := strings.Count(text, "\f")
	for i := range pages {
		if !strings.Contains(text, fmt.Sprintf("Seite %d von %d\n", i+1, pages)) {
			t.Errorf("page number %d of %d is missing", i+1, pages)
		}
	}
	if heads := strings.Count(text, "Gegenstand"); pages < 10 || heads < pages-4 {
		t.Errorf("%d pages, %d of them with the table's head", pages, heads)
	}
}

func TestEachLetterOfDIN91379IsReadBack(t *testing.T) {
	all := sequences(t)
	l := receipt(t)
	l.Blocks = nil
	for some := range slices.Chunk(all, 60) {
		l.Blocks = append(l.Blocks, Paragraph{"<" + strings.Join(some, "> <") + ">"})
	}
	_, texts := outline(t, l)
	read := norm.NFC.String(strings.Join(texts, " "))
	for _, s := range all {
		if !strings.Contains(read, "<"+norm.NFC.String(s)+">") {
			t.Errorf("%q (%U) is not read back", s, []rune(s))
		}
	}
}

// squeeze leaves out white space, which lines and pages may add.
func squeeze(s string) string {
	return strings.Join(strings.FieldsFunc(norm.NFC.String(s), func(r rune) bool { return r <= ' ' || r == '\u00a0' }), "")
}

func TestNothingIsLostOrDrawnOverTheEdge(t *testing.T) {
	l := hard(t)
	_, texts := outline(t, l)
	all := squeeze(strings.Join(texts, " "))
	for _, want := range l.texts() {
		if want == l.Footer {
			continue // in columns
		}
		want = strings.NewReplacer("\u202e", "", "\x00", "", "🦄", "[U+1F984]").Replace(want)
		if !strings.Contains(all, squeeze(want)) {
			t.Errorf("lost: %.80q", want)
		}
	}
	box := regexp.MustCompile(`xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*)</word>`)
	words := 0
	for _, m := range box.FindAllStringSubmatch(poppler(t, l, "pdftotext", "-bbox"), -1) {
		var v [4]float64
		for i := range v {
			v[i], _ = strconv.ParseFloat(m[i+1], 64)
		}
		words++
		if v[0] < left-1 || v[2] > infoRight+1 || v[1] < 10*mm || v[3] > pageHeight-8*mm {
			t.Errorf("%.40q stands at %v", m[5], v)
		}
	}
	if words < 3000 {
		t.Errorf("%d words", words)
	}
}

func TestAllFontsAreEmbeddedSubsetsWithTheirCharacters(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(poppler(t, decision(t), "pdffonts")), "\n")[2:]
	if len(rows) < 2 {
		t.Fatalf("fonts %q", rows)
	}
	for _, r := range rows {
		if !regexp.MustCompile(`^[A-Z]{6}\+\S+ +CID TrueType +Identity-H +yes yes yes `).MatchString(r) {
			t.Errorf("font %s", r)
		}
	}
}
