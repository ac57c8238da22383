package badinput_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/test/apptest"
)

// draft is a form being filled in.
type draft struct {
	*apptest.Browser
	t    testing.TB
	form string
	id   string
}

func newDraft(t testing.TB, h *apptest.House, b *apptest.Browser, tenant, form string) *draft {
	t.Helper()
	d := &draft{Browser: b, t: t, form: form}
	b.Get(h.URLOf(tenant, "/antrag/"+form)).Sees(http.StatusOK)
	b.Submit(b.Form(func(f apptest.Form) bool { return f.Method == http.MethodPost && f.Action == "/antrag/"+form }), nil).Sees(http.StatusOK)
	d.id = d.main().Values.Get("_entwurf")
	return d
}

// main is the form of the page.
func (d *draft) main() apptest.Form {
	d.t.Helper()
	d.UseAccount()
	return d.Form(func(f apptest.Form) bool {
		return f.Method == http.MethodPost && strings.HasPrefix(f.Action, "/antrag/"+d.form+"/")
	})
}

// answer fills in the page; it must be taken.
func (d *draft) answer(v url.Values) { d.t.Helper(); d.answerFiles(v) }

func (d *draft) answerFiles(v url.Values, files ...apptest.File) {
	d.t.Helper()
	before := d.URL.Path
	d.Submit(d.main(), v, files...)
	if d.Code != http.StatusOK || d.URL.Path == before {
		d.t.Fatalf("%s was not taken (%d): %.1500s", before, d.Code, d.Text())
	}
}

func (d *draft) send() {
	d.t.Helper()
	d.Submit(d.main(), url.Values{"erklaerung": {"ja"}}).Sees(http.StatusOK)
}

// fireToFile fills in the Osterfeuer up to the page with the upload.
func (d *draft) fireToFile() {
	d.t.Helper()
	d.answer(url.Values{"datum.tag": {"27"}, "datum.monat": {"3"}, "datum.jahr": {"2027"}})
	d.answer(url.Values{"beginn": {"18:30"}, "ende": {"23:00"}, "gaeste": {"120"}})
	d.Submit(d.main(), url.Values{"ort_art": {"beschreibung"}, "grundstueck": {"fremd"}}).Sees(http.StatusOK)
	d.answer(url.Values{"ort_beschreibung": {"Wiese am Sportplatz"}})
}
