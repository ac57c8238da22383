package letter

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stadttor/internal/errs"
)

// MaxTemplate bounds the text of a template, in bytes.
const MaxTemplate = 64 << 10

// Placeholder is a name that a template may use, and what is filled in for it
// (German: the editor of templates shows it).
type Placeholder struct{ Name, Meaning string }

var placeholders = []Placeholder{
	{"Aktenzeichen", "Aktenzeichen der Behörde"},
	{"Anrede", "vollständige Anrede, zum Beispiel „Sehr geehrte Frau Beispiel“"},
	{"Antragsdatum", "Tag, an dem der Antrag eingegangen ist"},
	{"Begründung", "Begründung, die Sie bei der Entscheidung eingeben"},
	{"Behörde", "Name der Behörde"},
	{"Betrag", "Betrag mit Währung"},
	{"Datum", "Tag der Entscheidung"},
	{"E-Mail", "E-Mail-Adresse der zuständigen Stelle"},
	{"Entscheidung", "Ergebnis in Worten"},
	{"Frist", "letzter Tag der Frist"},
	{"Leistung", "Name der Leistung"},
	{"Nachname", "Nachname der antragstellenden Person"},
	{"Name", "Vor- und Nachname der antragstellenden Person"},
	{"Organisationseinheit", "zuständige Stelle"},
	{"Rechtsgrundlage", "Rechtsgrundlage der Leistung"},
	{"Sachbearbeitung", "Name der Person, die den Vorgang bearbeitet"},
	{"Telefon", "Telefonnummer der zuständigen Stelle"},
	{"Vorgangsnummer", "Nummer des Vorgangs"},
	{"Vorname", "Vorname der antragstellenden Person"},
}

// Placeholders lists all names a template may use, sorted.
func Placeholders() []Placeholder { return slices.Clone(placeholders) }

func known(name string) bool {
	return slices.ContainsFunc(placeholders, func(p Placeholder) bool { return p.Name == name })
}

// Template is a checked text of a decision. Its zero value gives no blocks.
type Template struct{ parts []part }

// part is a paragraph, a heading or a list item; list items that follow each
// other become one List.
type part struct {
	kind   partKind
	pieces []piece
}

type partKind uint8

const (
	paragraphPart partKind = iota
	headingPart
	itemPart
)

// piece is literal text, or a placeholder if name is set.
type piece struct{ text, name string }

var braces = regexp.MustCompile(`\{\{|\}\}`)

// ParseTemplate reads a template: paragraphs are parted by empty lines, a line
// feed in a paragraph starts a new line, "- " begins a list item and "# " a
// heading, {{Name}} stands for a value. There is nothing else: no conditions,
// no loops, no mark-up.
//
// Errors: TooLarge beyond MaxTemplate; Invalid with one field per fault, its
// Name the unknown placeholder, the character that cannot be printed, or the
// faulty piece, its Args the line number.
func ParseTemplate(src string) (*Template, error) {
	if len(src) > MaxTemplate {
		return nil, errs.TooLarge("letter.template.long")
	}
	if !utf8.ValidString(src) {
		return nil, errs.Invalid("letter.template.invalid", errs.Field{Name: "UTF-8", Key: "letter.template.encoding"})
	}
	src = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(src)
	var faults []errs.Field
	fault := func(name, key string, line int) {
		faults = append(faults, errs.Field{Name: name, Key: key, Args: []any{line}})
	}
	t := &Template{}
	joined := false // the next plain line continues the last paragraph
	for i, l := range strings.Split(src, "\n") {
		for _, r := range Missing(l) {
			fault(string(r), "letter.template.character", i+1)
		}
		for _, r := range l {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				fault(fmt.Sprintf("U+%04X", r), "letter.template.character", i+1)
			}
		}
		l = strings.TrimRightFunc(l, unicode.IsSpace)
		kind := paragraphPart
		switch {
		case strings.TrimSpace(l) == "":
			joined = false
			continue
		case strings.HasPrefix(l, "- "):
			kind, l = itemPart, l[2:]
		case strings.HasPrefix(l, "# "):
			kind, l = headingPart, l[2:]
		}
		pieces := parseLine(strings.TrimSpace(l), func(name, key string) { fault(name, key, i+1) })
		if kind == paragraphPart && joined {
			last := &t.parts[len(t.parts)-1]
			last.pieces = append(append(last.pieces, piece{text: "\n"}), pieces...)
		} else {
			t.parts = append(t.parts, part{kind, pieces})
		}
		joined = kind == paragraphPart
	}
	if len(faults) > 0 {
		return nil, errs.Invalid("letter.template.invalid", faults...)
	}
	return t, nil
}

func parseLine(l string, fault func(name, key string)) []piece {
	var ps []piece
	for {
		at := braces.FindStringIndex(l)
		if at == nil {
			break
		}
		if l[at[0]] == '}' {
			fault("}}", "letter.template.braces")
			return ps
		}
		if at[0] > 0 {
			ps = append(ps, piece{text: l[:at[0]]})
		}
		rest := l[at[1]:]
		end := strings.Index(rest, "}}")
		if end < 0 || strings.Contains(rest[:end], "{{") {
			fault("{{", "letter.template.braces")
			return ps
		}
		name := strings.TrimSpace(rest[:end])
		if !known(name) {
			fault(name, "letter.template.unknown")
		}
		ps = append(ps, piece{name: name})
		l = rest[end+2:]
	}
	if l != "" {
		ps = append(ps, piece{text: l})
	}
	return ps
}

// Uses lists the placeholders of the template, sorted, each once.
func (t *Template) Uses() []string {
	var names []string
	for _, p := range t.parts {
		for _, c := range p.pieces {
			if c.name != "" {
				names = append(names, c.name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Fill puts values in and gives the blocks of the letter. Values are text and
// nothing else: what looks like a placeholder, a list or a heading in them is
// printed as it stands. Only a value that is a paragraph of its own may hold
// empty lines; they part paragraphs. A part that stays empty is left out.
//
// Errors: Invalid with a field for each placeholder that has no value (an empty
// value is one) and for each value whose name is not in Placeholders.
func (t *Template) Fill(values map[string]string) ([]Block, error) {
	var faults []errs.Field
	for _, name := range t.Uses() {
		if _, ok := values[name]; !ok {
			faults = append(faults, errs.Field{Name: name, Key: "letter.template.value"})
		}
	}
	var strangers []string
	for name := range values {
		if !known(name) {
			strangers = append(strangers, name)
		}
	}
	slices.Sort(strangers)
	for _, name := range strangers {
		faults = append(faults, errs.Field{Name: name, Key: "letter.template.unknown"})
	}
	if len(faults) > 0 {
		return nil, errs.Invalid("letter.template.fill", faults...)
	}
	var blocks []Block
	var items []string
	flush := func() {
		if len(items) > 0 {
			blocks = append(blocks, List{Items: items})
			items = nil
		}
	}
	for _, p := range t.parts {
		var b strings.Builder
		for _, c := range p.pieces {
			if c.name == "" {
				b.WriteString(c.text)
			} else {
				b.WriteString(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(values[c.name]))
			}
		}
		text := b.String()
		switch p.kind {
		case itemPart:
			if text = oneLine(text); text != "" {
				items = append(items, text)
			}
			continue
		case headingPart:
			flush()
			if text = oneLine(text); text != "" {
				blocks = append(blocks, Heading{Level: 2, Text: text})
			}
			continue
		}
		flush()
		paragraphs := splitParagraphs(text)
		if len(p.pieces) > 1 { // a value within a sentence does not part it
			paragraphs = []string{strings.Join(paragraphs, "\n")}
		}
		for _, text := range paragraphs {
			if strings.TrimSpace(text) != "" {
				blocks = append(blocks, Paragraph{Text: text})
			}
		}
	}
	flush()
	return blocks, nil
}

// splitParagraphs cuts at empty lines and trims each line.
func splitParagraphs(s string) []string {
	var out, cur []string
	for l := range strings.SplitSeq(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			cur = append(cur, l)
		} else if len(cur) > 0 {
			out = append(out, strings.Join(cur, "\n"))
			cur = nil
		}
	}
	if len(cur) > 0 {
		out = append(out, strings.Join(cur, "\n"))
	}
	return out
}
