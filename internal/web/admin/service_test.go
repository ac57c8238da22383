package admin_test

import (
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/catalogue"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui/office/officetest"
)

const gartenfest = "/verwaltung/leistungen/gartenfest"

// published is what citizens of an authority read.
func published(t *testing.T, w *officetest.Town, of tenancy.Tenant, slug string) catalogue.Page {
	t.Helper()
	v, err := w.Catalogue.Published(t.Context(), of.ID)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := v.Service(slug)
	if !ok {
		t.Fatal("no service", slug)
	}
	return p
}

func TestAnEditorWordsAServiceForHisAuthority(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "editor")
	a := b.Get(gartenfest)
	officetest.WellFormed(t, "service", a)
	if !a.Has("Ein Fest im Garten", "Anmeldung: 15,00", "Veröffentlicht ist, was hier steht.", "99000000000001") || a.Value("kurztext") != "" {
		t.Fatal(a.Words())
	}
	form := a.Form(gartenfest)
	form.Set("kurztext", "Feste ab **50 Gästen** bitte anmelden.\n\n- mit Plan\n- mit Namen")
	form.Set("gebuehr.0", "Bis 100 Gäste")
	form.Set("art.0", "fest")
	form.Set("von.0", "25")
	form.Set("gebuehr.1", "Darüber")
	form.Set("art.1", "spanne")
	form.Set("von.1", "30,00")
	form.Set("bis.1", "1.000,00")
	form.Set("aktion", "entwurf")
	if a := b.Post(gartenfest, form); a.Where != gartenfest+"?meldung=entwurf-gespeichert#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	if p := published(t, w, w.Torhausen, "gartenfest"); strings.Contains(p.Short, "50") {
		t.Fatal("a draft is public")
	}
	a = b.Get(gartenfest + "?meldung=entwurf-gespeichert")
	officetest.WellFormed(t, "draft", a)
	if !a.Has("Es gibt Änderungen, die noch nicht veröffentlicht sind.", "Kurztext, Gebühren") || a.Value("kurztext") != "Feste ab **50 Gästen** bitte anmelden.\n\n- mit Plan\n- mit Namen" || a.Value("von.1") != "30,00" {
		t.Fatal(a.Words())
	}
	if a := b.Get("/verwaltung/leistungen?text=entwurf"); !a.Has("Eine Leistung", "Gartenfest", "Entwurf nicht veröffentlicht") {
		t.Error(a.Words())
	}
	form = a.Form(gartenfest)
	form.Set("aktion", "veroeffentlichen")
	if a := b.Post(gartenfest, form); a.Where != gartenfest+"?meldung=veroeffentlicht#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	p := published(t, w, w.Torhausen, "gartenfest")
	if p.Short != "<p>Feste ab <strong>50 Gästen</strong> bitte anmelden.</p><ul><li>mit Plan</li><li>mit Namen</li></ul>" || len(p.Fees) != 2 || p.Fees[0].From != 2500 || p.Fees[1].To != 100000 || p.Legal != "<p>§ 1 Festsatzung</p>" {
		t.Fatalf("%+v", p.Service)
	}
	if p := published(t, w, w.Aulenried, "gartenfest"); !strings.Contains(p.Short, "Ein Fest im Garten") {
		t.Error("the neighbour's text changed")
	}
	if a := b.Get("/verwaltung/leistungen?text=eigen"); !a.Has("Eine Leistung", "2 eigene Texte") {
		t.Error(a.Words())
	}

	// emptied again, the library's text counts
	form = b.Get(gartenfest).Form(gartenfest)
	form.Set("kurztext", "")
	form.Set("art.0", "weg")
	form.Set("art.1", "weg")
	form.Set("aktion", "veroeffentlichen")
	b.Post(gartenfest, form)
	if p := published(t, w, w.Torhausen, "gartenfest"); !strings.Contains(p.Short, "Ein Fest im Garten") || len(p.Fees) != 1 || p.Fees[0].From != 1500 {
		t.Errorf("%+v", p.Service)
	}
}

func TestScriptsNeverReachCitizens(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "editor")
	form := b.Get(gartenfest).Form(gartenfest)
	form.Set("kurztext", `<p onclick="x()">a<script>alert(1)</script><a href="javascript:x">b</a></p>`)
	form.Set("volltext", "a <script>alert(2)</script> [c](javascript:alert(3))")
	form.Set("titel", "<b>Fest</b>")
	form.Set("aktion", "veroeffentlichen")
	if a := b.Post(gartenfest, form); a.Status != 303 {
		t.Fatal(a.Status)
	}
	p := published(t, w, w.Torhausen, "gartenfest")
	for _, bad := range []string{"script", "onclick", "javascript:"} {
		if strings.Contains(p.Short, bad) || strings.Contains(p.Full, "<script") || strings.Contains(p.Full, `href="javascript`) || strings.Contains(p.Title, "<") {
			t.Errorf("%s %s %s", p.Short, p.Full, p.Title)
		}
	}
	if a := b.Get(gartenfest); strings.Contains(a.Text(), "<script>alert") || strings.Contains(a.Text(), `href="javascript`) {
		t.Error("on the editor's page")
	}
}

func TestAServiceThatSomebodyElseSavedMeanwhile(t *testing.T) {
	w, _, _ := open(t)
	mine, other := w.SignIn(w.Torhausen, "editor"), w.SignIn(w.Torhausen, "administrator")
	form := mine.Get(gartenfest).Form(gartenfest)
	theirs := other.Get(gartenfest).Form(gartenfest)
	theirs.Set("kurztext", "Der Text der anderen.")
	theirs.Set("aktion", "veroeffentlichen")
	other.Post(gartenfest, theirs)
	form.Set("kurztext", "Mein Text.")
	form.Set("aktion", "veroeffentlichen")
	a := mine.Post(gartenfest, form)
	officetest.WellFormed(t, "conflict", a)
	if a.Status != 409 || a.Value("kurztext") != "Mein Text." || !a.Has("Inzwischen gespeichert wurde", "Der Text der anderen.") {
		t.Fatal(a.Status, a.Words())
	}
	if p := published(t, w, w.Torhausen, "gartenfest"); !strings.Contains(p.Short, "der anderen") {
		t.Fatal("overwritten without a word")
	}
	again := a.Form(gartenfest)
	again.Set("aktion", "veroeffentlichen")
	if a := mine.Post(gartenfest, again); a.Status != 303 {
		t.Fatal("cannot be saved on purpose", a.Status)
	}
	if p := published(t, w, w.Torhausen, "gartenfest"); !strings.Contains(p.Short, "Mein Text") {
		t.Error(p.Short)
	}
}

func TestWrongFeesComeBackAsTyped(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "editor")
	for name, row := range map[string][4]string{
		"no amount":             {"x", "fest", "", ""},
		"no kind":               {"x", "", "5", ""},
		"words":                 {"x", "fest", "viel", ""},
		"a range backwards":     {"x", "spanne", "10", "5"},
		"an amount of nothing":  {"x", "fest", "0", ""},
		"a negative amount":     {"x", "fest", "-5", ""},
		"a range without end":   {"x", "spanne", "10", ""},
		"an invented kind":      {"x", "geschenkt", "1", ""},
		"three decimal places":  {"x", "fest", "1,234", ""},
		"an overflowing amount": {"x", "fest", strings.Repeat("9", 30), ""},
	} {
		form := b.Get(gartenfest).Form(gartenfest)
		form.Set("kurztext", "Bleibt stehen.")
		form.Set("gebuehr.0", row[0])
		form.Set("art.0", row[1])
		form.Set("von.0", row[2])
		form.Set("bis.0", row[3])
		a := b.Post(gartenfest, form)
		officetest.WellFormed(t, name, a)
		if a.Status != 422 || a.Value("kurztext") != "Bleibt stehen." || a.Value("von.0") != row[2] || !a.Has("Gebühr in Zeile 1:") {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
}

func TestSwitchingAServiceOnAndOff(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "editor")
	if a := b.Post(gartenfest+"/angebot", url.Values{"angebot": {"nein"}}); a.Where != gartenfest+"?meldung=angebot-gespeichert#inhalt" {
		t.Fatal(a.Status)
	}
	if published(t, w, w.Torhausen, "gartenfest").Offered || !published(t, w, w.Aulenried, "gartenfest").Offered {
		t.Fatal("offered by the wrong authority")
	}
	if a := b.Get("/verwaltung/leistungen?angebot=ja&q=garten"); a.Has("Gartenfest") {
		t.Error("the filter")
	}
	if a := b.Get(gartenfest); a.Value("angebot") != "nein" {
		t.Error(a.Value("angebot"))
	}
	b.Post(gartenfest+"/angebot", url.Values{"angebot": {"ja"}, "stelle": {"gibt-es-nicht"}})
	if !published(t, w, w.Torhausen, "gartenfest").Offered {
		t.Error("not switched on again")
	}
}

func TestALibraryThatChangedUnderOnesText(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "editor")
	form := b.Get(gartenfest).Form(gartenfest)
	form.Set("kurztext", "Unser Text.")
	form.Set("aktion", "veroeffentlichen")
	b.Post(gartenfest, form)
	realm, _ := w.Directory.Realm(w.Torhausen.Realm)
	library := tenancy.Layer{Realm: realm}
	d, err := w.Catalogue.Edit(t.Context(), officetest.Operator, library, "gartenfest")
	if err != nil {
		t.Fatal(err)
	}
	d.Own.Short = "<p>Neu in der Bibliothek.</p>"
	if err := w.Catalogue.Save(t.Context(), officetest.Operator, library, d.Own, d.Version, true); err != nil {
		t.Fatal(err)
	}
	if err := w.Catalogue.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := b.Get(gartenfest)
	officetest.WellFormed(t, "upstream", a)
	if !a.Has("Die Bibliothek hat diese Leistung geändert", "Neu in der Bibliothek.") || a.Value("kurztext") != "Unser Text." {
		t.Fatal(a.Words())
	}
	if a := b.Get("/verwaltung/leistungen?text=bibliothek"); !a.Has("Eine Leistung", "Bibliothek hat sich geändert") {
		t.Error(a.Words())
	}
	form = a.Form(gartenfest)
	form.Set("aktion", "veroeffentlichen")
	b.Post(gartenfest, form)
	if a := b.Get("/verwaltung/leistungen?text=bibliothek"); !a.Has("Keine Leistung passt") {
		t.Error("seen, and still told")
	}
}

func TestDraftsArePublishedTogether(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "editor")
	for _, slug := range []string{"gartenfest", "urkunde"} {
		path := "/verwaltung/leistungen/" + slug
		form := b.Get(path).Form(path)
		form.Set("kurztext", "Neu: "+slug)
		form.Set("aktion", "entwurf")
		b.Post(path, form)
	}
	if a := b.Post("/verwaltung/leistungen", nil); a.Where != "/verwaltung/leistungen?meldung=alles-veroeffentlicht#inhalt" {
		t.Fatal(a.Status)
	}
	for _, slug := range []string{"gartenfest", "urkunde"} {
		if p := published(t, w, w.Torhausen, slug); p.Short != "<p>Neu: "+slug+"</p>" {
			t.Error(p.Short)
		}
	}
}

func TestServicesAreFoundAndCutIntoPages(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "editor")
	a := b.Get("/verwaltung/leistungen?q=GARTEN")
	officetest.WellFormed(t, "search", a)
	if !a.Has("Eine Leistung", "Gartenfest") {
		t.Error(a.Words())
	}
	if a := b.Get("/verwaltung/leistungen?q=99000000000001"); !a.Has("Gartenfest") {
		t.Error("not found by its key")
	}
	for _, path := range []string{"/verwaltung/leistungen?seite=999999", "/verwaltung/leistungen?seite=-1", "/verwaltung/leistungen?q=%FF%00", "/verwaltung/leistungen?text=unsinn"} {
		if a := b.Get(path); a.Status != 200 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	for _, path := range []string{"/verwaltung/leistungen/gibt-es-nicht", "/verwaltung/leistungen/%2e%2e", "/verwaltung/leistungen/A_B"} {
		if a := b.Get(path); a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}
