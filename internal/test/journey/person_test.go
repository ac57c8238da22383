// Package journey_test walks the whole main job over HTTP as people do, without
// JavaScript, on both engines: find a service, apply, stop and go on, pay, ask
// back and answer, decide, read the decision, hand over. After each journey the
// books add up, the chains are whole, and log and mails name nobody (sound).
package journey_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/test/apptest"
)

// person is somebody in front of a browser.
type person struct {
	*apptest.Browser
	t    testing.TB
	form string // slug of the form being filled in
}

func newPerson(t testing.TB, h *apptest.House) *person {
	return &person{Browser: h.Browser(), t: t}
}

// values are inputs as name, value, name, value; a name may come twice.
func values(kv ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		v.Add(kv[i], kv[i+1])
	}
	return v
}

// begin opens the form at a portal and starts a draft.
func (p *person) begin(h *apptest.House, tenant, form string) {
	p.t.Helper()
	p.form = form
	p.Get(h.URLOf(tenant, "/antrag/"+form)).Sees(http.StatusOK)
	p.Submit(p.Form(func(f apptest.Form) bool { return f.Method == http.MethodPost && f.Action == "/antrag/"+form }), nil)
	p.Sees(http.StatusOK)
}

// page fails unless the browser stands on the named page of the form.
func (p *person) page(name string) {
	p.t.Helper()
	p.TypeMyself()
	if got := strings.TrimPrefix(p.URL.Path, "/antrag/"+p.form+"/"); got != name {
		p.t.Fatalf("on page %q of %s, want %q: %.1500s", got, p.form, name, p.Text())
	}
}

// main is the form that the page is about.
func (p *person) main() apptest.Form {
	p.t.Helper()
	return p.Form(func(f apptest.Form) bool {
		return f.Method == http.MethodPost && strings.HasPrefix(f.Action, "/antrag/"+p.form+"/")
	})
}

// answer fills in the page and presses "Speichern und weiter". Every input must
// stand on the page.
func (p *person) answer(name string, v url.Values, files ...apptest.File) {
	p.t.Helper()
	p.page(name)
	f := p.main()
	for input := range v {
		if !slices.Contains(f.Names, input) {
			p.t.Fatalf("page %s of %s has no input %s, but %v", name, p.form, input, f.Names)
		}
	}
	for _, x := range files {
		if !slices.Contains(f.Files, x.Field) {
			p.t.Fatalf("page %s of %s has no file input %s, but %v", name, p.form, x.Field, f.Files)
		}
	}
	p.Submit(f, v, files...)
	if p.Code != http.StatusOK || p.URL.Path == "/antrag/"+p.form+"/"+name {
		p.t.Fatalf("page %s was not taken (%d): %.2500s", name, p.Code, p.Text())
	}
}

// more answers a page that comes back with an input that belongs to the answer.
func (p *person) more(name string, v url.Values, input string) {
	p.t.Helper()
	p.page(name)
	f := p.main()
	if slices.Contains(f.Names, input) {
		p.t.Fatalf("%s is asked before it applies", input)
	}
	p.Submit(f, v).Sees(http.StatusOK)
	p.page(name)
	if !slices.Contains(p.main().Names, input) {
		p.t.Fatalf("%s is not asked: %.1500s", input, p.Text())
	}
}

// press presses another button of the page than the main one.
func (p *person) press(name, value string) *apptest.Browser {
	p.t.Helper()
	f := p.main()
	if !slices.ContainsFunc(f.Buttons, func(v url.Values) bool { return v.Has(name) && v.Get(name) == value }) {
		p.t.Fatalf("no button %s=%s on %s, but %v", name, value, p.URL, f.Buttons)
	}
	return p.Submit(f, values(name, value))
}

// send presses the button of the check page; the declaration is confirmed.
func (p *person) send() {
	p.t.Helper()
	p.page("pruefen")
	p.Submit(p.main(), p.declared())
}

// declared is the declaration of the check page with its tick set.
func (p *person) declared() url.Values {
	p.t.Helper()
	f := p.main()
	for _, name := range []string{"erklaerung", "_sicher"} {
		if slices.Contains(f.Names, name) {
			return values(name, "ja")
		}
	}
	p.t.Fatalf("no declaration among %v", f.Names)
	return nil
}

// choose presses a way to pay; the browser then stands at the bank.
func (p *person) choosePayment(provider string) {
	p.t.Helper()
	p.Submit(p.Form(func(f apptest.Form) bool { return f.Values.Get("anbieter") == provider }), nil)
	p.Sees(http.StatusOK, "Demo-Bezahlseite")
}

// atBank presses a button of the bank's page.
func (p *person) atBank(choice string) {
	p.t.Helper()
	f := p.Form(func(f apptest.Form) bool { return strings.HasPrefix(f.Action, "/demo-bezahlen/") })
	if !slices.ContainsFunc(f.Buttons, func(v url.Values) bool { return v.Get("wahl") == choice }) {
		p.t.Fatalf("the bank does not offer %s: %v", choice, f.Buttons)
	}
	p.Submit(f, values("wahl", choice))
}

// linkTo gives the address of the first link to a path.
func (p *person) linkTo(path string) string {
	p.t.Helper()
	for _, l := range p.Links() {
		if l == path || strings.HasPrefix(l, path+"?") {
			return l
		}
	}
	p.t.Fatalf("no link to %s on %s: %v", path, p.URL, p.Links())
	return ""
}
