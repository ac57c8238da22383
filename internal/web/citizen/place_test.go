package citizen_test

import (
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/test/portals"
)

// Who lives outside the realm learns where the place lies and that this portal
// does not serve it; a name that several places have is asked about.
func TestAPlaceOutsideTheRealmIsNamed(t *testing.T) {
	w := openTown(t)
	ask := func(q string) string { return "/ort?q=" + url.QueryEscape(q) }

	p := w.page(t, portals.Kreis, ask("Aachen"), 200)
	text := p.Text("#anderswo")
	for _, want := range []string{"Aachen gehört nicht zu diesem Portal", "Städteregion Aachen", "Nordrhein-Westfalen", "verwaltung.bund.de", "Destatis"} {
		if !strings.Contains(text, want) {
			t.Errorf("Aachen: %q is missing in %q", want, text)
		}
	}
	if len(p.Find("#alle a"))+len(p.Find("#treffer a")) != 0 {
		t.Error("portals of the realm are offered for a place outside")
	}

	p = w.page(t, portals.Kreis, ask("Göpingen"), 200)
	if text := p.Text("#anderswo"); !strings.Contains(text, "Meinten Sie Göppingen?") || !strings.Contains(text, "Landkreis Göppingen") {
		t.Errorf("a misspelt name: %q", text)
	}

	p = w.page(t, portals.Kreis, ask("Neuenkirchen")+"&leistung=hund-anmelden", 200)
	links := p.Find("#anderswo li a")
	if len(links) < 5 {
		t.Fatalf("%d places to choose from", len(links))
	}
	for _, l := range links[:2] {
		href := ""
		for _, a := range l.Attr {
			if a.Key == "href" {
				href = a.Val
			}
		}
		one := w.page(t, portals.Kreis, href, 200)
		if text := one.Text("#anderswo"); !strings.Contains(text, "Neuenkirchen") || len(one.Find("#anderswo dl")) != 1 {
			t.Errorf("%s: %q", href, text)
		}
		if !strings.Contains(href, "leistung=hund-anmelden") {
			t.Errorf("the service is lost on the way: %s", href)
		}
	}

	for _, q := range []string{"?ars=999999999999", "?ars=x", "?ars=053340002002%00", "?q=%ff", "?q=" + strings.Repeat("a", 3000)} {
		if p := w.page(t, portals.Kreis, "/ort"+q, 200); len(p.Find("#anderswo")) != 0 {
			t.Errorf("%.40s: a place nobody asked for", q)
		}
	}
}
