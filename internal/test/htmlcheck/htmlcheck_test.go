package htmlcheck

import (
	"slices"
	"strings"
	"testing"
)

const good = `<!DOCTYPE html><html lang="de"><head><title>Hund anmelden</title></head><body><a href="#inhalt">Zum Inhalt</a>
<main id="inhalt"><h1>Hund</h1><h2 id="b">Name</h2><form><label for="n">Name</label><input id="n" name="n" aria-describedby="b"></form><ul><li>x</li></ul></main></body></html>`

func parse(t *testing.T, s string) Page {
	t.Helper()
	p, err := Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAGoodPageHasNoFindings(t *testing.T) {
	if f := parse(t, good).Findings(); len(f) > 0 {
		t.Fatal(f)
	}
}

func TestEachFaultIsFound(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"two h1":                        {"<h2 id", "<h1>Noch einer</h1><h2 id", "2 h1"},
		"no language":                   {` lang="de"`, "", "no lang"},
		"no title":                      {"Hund anmelden", "", "no title"},
		"the same id twice":             {"<ul>", `<ul id="b">`, `id "b"`},
		"a field without label":         {`<label for="n">Name</label>`, "", "no label"},
		"a label without words":         {"Name</label>", "</label>", "no label"},
		"a reference to nothing":        {`"b">Name`, `"c">Name`, "#b, which is not there"},
		"an anchor to nothing":          {`id="inhalt"`, "", "#inhalt leads nowhere"},
		"a level left out":              {"<h2 id=\"b\">Name</h2>", "<h4 id=\"b\">Name</h4>", "follows h1"},
		"a link without words":          {"<ul>", `<a href="/x"></a><ul>`, "no words"},
		"a refused address":             {"<ul>", `<a href="about:invalid#TemplFailedSanitizationURL">x</a><ul>`, "refused"},
		"an inline style":               {"<ul>", `<ul style="color:red">`, "has style"},
		"an inline script":              {"<ul>", `<script>x()</script><ul>`, "inline script"},
		"an event attribute":            {"<ul>", `<ul onclick="x()">`, "has onclick"},
		"an empty list":                 {"<li>x</li>", "", "empty list"},
		"something else in a list":      {"<li>x</li>", "<li>x</li><p>y</p>", "directly in"},
		"a placeholder left in a text":  {"<li>x", "<li>{name} x", "not filled in"},
		"a form's placeholder left":     {"<li>x", "<li>bis {param:bereitstellen_bis} x", "not filled in"},
		"a text key instead of a text":  {"<li>x", "<li>citizen.search.title", "not filled in"},
		"a table without headers":       {"<ul>", "<table><tr><td>1</td></tr></table><ul>", "without headers"},
		"a navigation without a name":   {"<ul>", "<nav></nav><ul>", "nav without"},
		"a picture without alternative": {"<ul>", `<img src="x"><ul>`, "without alt"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(good, c.old) {
				t.Fatalf("%q is not in the page", c.old)
			}
			found := parse(t, strings.Replace(good, c.old, c.new, 1)).Findings()
			if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, c.want) }) {
				t.Fatalf("no finding with %q in %q", c.want, found)
			}
		})
	}
}

func TestFind(t *testing.T) {
	p := parse(t, `<main id="m"><ul class="a b"><li><a href="/x" aria-current="page">Eins</a></li><li><a href="/y">Zwei</a></li></ul></main>`)
	for selector, want := range map[string]int{
		"a": 2, "main a": 2, ".a.b li": 2, "#m": 1, "a[href=/x]": 1, "[aria-current]": 1, "ul.c": 0, "li main": 0, "main ul a[href=/y]": 1,
	} {
		if n := len(p.Find(selector)); n != want {
			t.Errorf("%s finds %d, want %d", selector, n, want)
		}
	}
	if p.Text("li") != "Eins" || p.Attr("[aria-current]", "href") != "/x" {
		t.Error(p.Text("li"), p.Attr("[aria-current]", "href"))
	}
}
