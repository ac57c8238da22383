package admin

import (
	"strings"
	"testing"

	"stadttor/internal/standards/xzufi"
)

func TestEditorsWriteWithoutHTML(t *testing.T) {
	for name, c := range map[string]struct{ text, html string }{
		"nothing stays nothing":                {" \n ", ""},
		"words become a paragraph":             {"Ein Satz.", "<p>Ein Satz.</p>"},
		"empty lines part paragraphs":          {"Eins.\n\n\nZwei.", "<p>Eins.</p><p>Zwei.</p>"},
		"a line end stays a line end":          {"Eins\nZwei", "<p>Eins<br>Zwei</p>"},
		"a list":                               {"Bringen Sie mit:\n- Ausweis\n- Foto\nFertig.", "<p>Bringen Sie mit:</p><ul><li>Ausweis</li><li>Foto</li></ul><p>Fertig.</p>"},
		"steps":                                {"1. Antrag\n2. Prüfung", "<ol><li>Antrag</li><li>Prüfung</li></ol>"},
		"headings":                             {"# Wer?\nAlle.\n## Ausnahmen", "<h3>Wer?</h3><p>Alle.</p><h4>Ausnahmen</h4>"},
		"strong, emphasis, links":              {"**Nur** *persönlich*, siehe [hier](https://a.example/x?y=1&z=2)", `<p><strong>Nur</strong> <em>persönlich</em>, siehe <a href="https://a.example/x?y=1&amp;z=2">hier</a></p>`},
		"signs without a partner stay":         {"5 * 3 und [offen", "<p>5 * 3 und [offen</p>"},
		"a backslash takes the meaning":        {`\*nicht\* \[so\]`, "<p>*nicht* [so]</p>"},
		"angle brackets are words":             {"a < b & c > d", "<p>a &lt; b &amp; c &gt; d</p>"},
		"HTML passes as it is":                 {"<p>H<sub>2</sub>O</p>", "<p>H<sub>2</sub>O</p>"},
		"a year at the start is no list":       {"2027 wird neu gebaut", "<p>2027 wird neu gebaut</p>"},
		"a day at the start is no list":        {"31.12.2027 ist Schluss", "<p>31.12.2027 ist Schluss</p>"},
		"an address with blanks is no address": {"[x](a b)", "<p>[x](a b)</p>"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := toHTML(c.text); got != c.html {
				t.Errorf("got  %s\nwant %s", got, c.html)
			}
		})
	}
}

func TestStoredTextsComeBackToTheEditor(t *testing.T) {
	for name, c := range map[string]struct {
		html, text string
		ok         bool
	}{
		"paragraphs and a list":    {"<p>Sie brauchen:</p>\n<ul>\n<li>Ausweis</li><li><p>Foto</p></li></ul>", "Sie brauchen:\n\n- Ausweis\n- Foto", true},
		"bare words":               {"Das kostet 5 &euro;.", "Das kostet 5 €.", true},
		"b and i":                  {"<p><b>Wichtig</b>: <i>sofort</i></p>", "**Wichtig**: *sofort*", true},
		"signs are guarded":        {"<p>- kein Punkt</p><p># keine Überschrift</p><p>3. nicht</p>", "\\- kein Punkt\n\n\\# keine Überschrift\n\n3\\. nicht", true},
		"a list in a list is HTML": {"<ul><li>a<ul><li>b</li></ul></li></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>", false},
		"a formula is HTML":        {"<p>m<sup>2</sup></p>", "<p>m<sup>2</sup></p>", false},
		"h2 is HTML":               {"<h2>Titel</h2>", "<h2>Titel</h2>", false},
		"a link":                   {`<p><a href="https://a.example/b_(c)">Seite</a></p>`, "[Seite](https://a.example/b_%28c%29)", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := toMarkup(c.html)
			if got != c.text || ok != c.ok {
				t.Errorf("got %q %v, want %q %v", got, ok, c.text, c.ok)
			}
		})
	}
}

// Whatever an editor types is, once stored and sanitised, shown to him again
// as something that stores the same: saving without a change changes nothing.
func FuzzMarkupIsStable(f *testing.F) {
	for _, s := range []string{"Eins.\n\n- a\n- b", "**x** *y* [z](https://a.example)", `\* \\ \[`, "* * **", "[a](b)(c)", "# h\n## i\n1. j", "a\\", "***x***", "[**a**](u) *[b](v)*", "<p>x</p>", "< p >", "&amp; &lt;p&gt;", "\u00a0- x", "**a*b**c*", "]([x](y)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 5000 || strings.ContainsRune(text, 0) {
			return
		}
		stored := xzufi.SanitizeHTML(toHTML(text))
		shown, _ := toMarkup(stored)
		again := xzufi.SanitizeHTML(toHTML(shown))
		if canonical(again) != canonical(stored) {
			t.Errorf("typed %q\nstored %q\nshown %q\nagain %q", text, stored, shown, again)
		}
	})
}
