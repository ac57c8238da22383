package letter

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"stadttor/internal/errs"
)

func TestFillMakesTheBlocksOfALetter(t *testing.T) {
	values := map[string]string{
		"Anrede": "Sehr geehrte Frau Beispiel", "Vorgangsnummer": "TH-1", "Betrag": "84,00 €", "Frist": "",
		"Begründung": "Erstens.\n\nZweitens: {{Betrag}}\n- kein Punkt\r\n# keine Überschrift", "Name": "Ada\n\nBeispiel",
	}
	for _, c := range []struct {
		rule, src string
		want      []Block
	}{
		{"empty lines part paragraphs", "Eins.\n\n \nZwei.", []Block{Paragraph{"Eins."}, Paragraph{"Zwei."}}},
		{"a line feed stays in its paragraph", "Eins\r\nZwei", []Block{Paragraph{"Eins\nZwei"}}},
		{"values stand where their names stood", "{{Anrede}},\n\nzu {{ Vorgangsnummer }}: {{Betrag}}.", []Block{Paragraph{"Sehr geehrte Frau Beispiel,"}, Paragraph{"zu TH-1: 84,00 €."}}},
		{"a hyphen makes a list, also below a sentence", "Wir brauchen:\n- A\n- {{Betrag}}\nDanke.", []Block{Paragraph{"Wir brauchen:"}, List{Items: []string{"A", "84,00 €"}}, Paragraph{"Danke."}}},
		{"a list survives an empty line", "- A\n\n- B", []Block{List{Items: []string{"A", "B"}}}},
		{"a sharp makes a heading", "# Begründung\nText", []Block{Heading{2, "Begründung"}, Paragraph{"Text"}}},
		{"a value alone may hold paragraphs, but is never mark-up", "{{Begründung}}", []Block{Paragraph{"Erstens."}, Paragraph{"Zweitens: {{Betrag}}\n- kein Punkt\n# keine Überschrift"}}},
		{"a value within a sentence parts nothing", "Für {{Name}}.", []Block{Paragraph{"Für Ada\nBeispiel."}}},
		{"a value in a list item stays one item", "- {{Begründung}}", []Block{List{Items: []string{"Erstens. Zweitens: {{Betrag}} - kein Punkt # keine Überschrift"}}}},
		{"what stays empty is left out", "A\n\n{{Frist}}\n\n- {{Frist}}\n\n# {{Frist}}\n\nB", []Block{Paragraph{"A"}, Paragraph{"B"}}},
		{"one brace is a character", "a { b } c", []Block{Paragraph{"a { b } c"}}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			tpl, err := ParseTemplate(c.src)
			if err != nil {
				t.Fatal(err, errs.FieldsOf(err))
			}
			got, err := tpl.Fill(values)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %#v\nwant %#v", got, c.want)
			}
		})
	}
}

func TestATemplateWithAFaultIsRefusedAndTheFaultNamed(t *testing.T) {
	for _, c := range []struct {
		rule, src, name, key string
		line                 int
	}{
		{"an unknown placeholder", "ok\n{{Vorgangsnumer}}", "Vorgangsnumer", "letter.template.unknown", 2},
		{"upper and lower case count", "{{vorgangsnummer}}", "vorgangsnummer", "letter.template.unknown", 1},
		{"code is an unknown placeholder", "{{if .Name}}", "if .Name", "letter.template.unknown", 1},
		{"an empty placeholder", "{{}}", "", "letter.template.unknown", 1},
		{"an open placeholder", "a {{Name", "{{", "letter.template.braces", 1},
		{"a placeholder over two lines", "{{Na\nme}}", "{{", "letter.template.braces", 1},
		{"a placeholder in a placeholder", "{{ {{Name}} }}", "{{", "letter.template.braces", 1},
		{"a closing without an opening", "a}} b", "}}", "letter.template.braces", 1},
		{"a character that no typeface holds", "\n\nGut 🦄", "🦄", "letter.template.character", 3},
		{"a control character", "a\x07", "U+0007", "letter.template.character", 1},
		{"a change of direction", "a\u202eb", "U+202E", "letter.template.character", 1},
		{"broken UTF-8", "a\xff", "UTF-8", "letter.template.encoding", 0},
	} {
		t.Run(c.rule, func(t *testing.T) {
			_, err := ParseTemplate(c.src)
			fields := errs.FieldsOf(err)
			if !errs.Is(err, errs.KindInvalid) || len(fields) == 0 {
				t.Fatalf("error %v", err)
			}
			if fields[0].Name != c.name || fields[0].Key != c.key {
				t.Errorf("field %q %q", fields[0].Name, fields[0].Key)
			}
			if c.line > 0 && fields[0].Args[0] != c.line {
				t.Errorf("line %v, want %d", fields[0].Args, c.line)
			}
		})
	}
	if _, err := ParseTemplate(strings.Repeat("x", MaxTemplate+1)); !errs.Is(err, errs.KindTooLarge) {
		t.Errorf("too long: %v", err)
	}
}

func TestFillNamesEachValueThatIsMissingOrStrange(t *testing.T) {
	tpl, err := ParseTemplate("{{Name}} {{Frist}} {{Name}}")
	if err != nil {
		t.Fatal(err)
	}
	if got := tpl.Uses(); !reflect.DeepEqual(got, []string{"Frist", "Name"}) {
		t.Errorf("Uses: %v", got)
	}
	_, err = tpl.Fill(map[string]string{"Name": "x", "Farbe": "y"})
	fields := errs.FieldsOf(err)
	if len(fields) != 2 || fields[0].Name != "Frist" || fields[1].Name != "Farbe" {
		t.Errorf("fields %v", fields)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"", "Text", "{{Name}}", "- a\n- b", "# {{Leistung}}\n\nx", "{{", "}}{{", "{{{{Name}}}}", "\x00", "\xc3", "a\r\rb", "- \n# \n-", "\u202e", "ẞ🦄"} {
		f.Add(s, "Wert\n\n{{Name}}")
	}
	f.Fuzz(func(t *testing.T, src, value string) {
		tpl, err := ParseTemplate(src)
		if err != nil {
			if !errs.Is(err, errs.KindInvalid) && !errs.Is(err, errs.KindTooLarge) {
				t.Fatalf("kind of %v", err)
			}
			return
		}
		values := map[string]string{}
		for _, name := range tpl.Uses() {
			if !known(name) {
				t.Fatalf("%q passed", name)
			}
			values[name] = value
		}
		blocks, err := tpl.Fill(values)
		if err != nil {
			t.Fatal(err)
		}
		if len(src)+len(value)*len(tpl.parts) > 20000 {
			return
		}
		var b bytes.Buffer
		if err := Render(&b, Letter{Title: "x", Sender: Sender{Name: "y"}, Blocks: blocks}); err != nil {
			t.Fatal(err)
		}
	})
}
