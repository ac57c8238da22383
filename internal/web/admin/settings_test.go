package admin_test

import (
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui/office/officetest"
)

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4" fill="#123456"/></svg>`

func portalOf(t *testing.T, w *officetest.Town, of tenancy.Tenant) tenancy.Portal {
	t.Helper()
	d, ok := w.Directory.DoorOf(of.ID)
	if !ok {
		t.Fatal("no portal")
	}
	return d.Portal
}

func TestThePortalGetsItsFace(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "administrator")
	a := b.Get("/verwaltung/portal")
	officetest.WellFormed(t, "portal", a)
	form := a.Form("/verwaltung/portal")
	form.Set("name", "Rathaus Torhausen")
	form.Set("opening", "Willkommen im Rathaus.")
	form.Set("light.action", "#0B6B3A")
	form.Set("imprint.provider", "Stadt Torhausen")
	form.Set("imprint.paragraphs", "Erster Absatz.\r\n\r\nZweiter Absatz.")
	form.Set("notice.title.0", "Rathaus geschlossen")
	form.Set("notice.text.0", "Am Freitag ist zu.")
	form.Set("notice.kind.0", "warning")
	form.Set("notice.until.0", "31.12.2026")
	if a := b.PostFile("/verwaltung/portal", form, "logo", "wappen.svg", []byte(svg)); a.Where != "/verwaltung/portal?meldung=gespeichert#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	p := portalOf(t, w, w.Torhausen)
	if p.Look.Name != "Rathaus Torhausen" || p.Look.Light.Action != "#0b6b3a" || !strings.Contains(p.Look.Logo, "<circle") || p.Opening != "Willkommen im Rathaus." ||
		len(p.Imprint.Paragraphs) != 2 || len(p.Notices) != 1 || p.Notices[0].Until != "2026-12-31" || p.Notices[0].Kind != "warning" || p.Host != "service.torhausen.localhost" {
		t.Fatalf("%+v", p)
	}
	a = b.Get("/verwaltung/portal?meldung=gespeichert")
	officetest.WellFormed(t, "saved", a)
	if !a.Has("Ihre Änderungen sind gespeichert", "Rathaus Torhausen", "31.12.2026") {
		t.Error(a.Words())
	}
	form = a.Form("/verwaltung/portal")
	form.Set("logo-weg", "ja")
	form.Set("notice.kind.0", "weg")
	b.Post("/verwaltung/portal", form)
	if p := portalOf(t, w, w.Torhausen); p.Look.Logo != "" || len(p.Notices) != 0 || p.Look.Name != "Rathaus Torhausen" {
		t.Errorf("%+v", p)
	}
	if portalOf(t, w, w.Aulenried).Look.Name != "Serviceportal Aulenried" {
		t.Error("the neighbour's portal changed")
	}
}

func TestColoursThatCannotBeReadAreRefusedAtTheirFields(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "administrator")
	form := b.Get("/verwaltung/portal").Form("/verwaltung/portal")
	form.Set("name", "Neuer Name")
	form.Set("light.action", "#ffff00")
	form.Set("dark.hero", "rot")
	form.Set("opening", strings.Repeat("x", 601))
	a := b.PostFile("/verwaltung/portal", form, "logo", "wappen.svg", []byte(svg))
	officetest.WellFormed(t, "refused", a)
	if a.Status != 422 || !a.Has("Helle Darstellung, Links und Knöpfe: Der Kontrast zum Seitenhintergrund ist 1,0 : 1. Nötig sind 4,5 : 1.", "mit sechs Zeichen an", "Möglich sind 600 Zeichen") {
		t.Fatal(a.Status, a.Words())
	}
	for _, anchor := range []string{`href="#light-action"`, `href="#dark-hero"`, `href="#opening"`} {
		if !strings.Contains(a.Text(), anchor) {
			t.Error("the summary does not lead to", anchor)
		}
	}
	if a.Value("name") != "Neuer Name" || a.Value("light.action") != "#ffff00" || a.Value("dark.hero") != "rot" {
		t.Error("lost what was typed")
	}
	if portalOf(t, w, w.Torhausen).Look.Name == "Neuer Name" {
		t.Fatal("saved")
	}
	again := a.Form("/verwaltung/portal") // the logo that was sent is still there
	again.Set("light.action", "#0b6b3a")
	again.Set("dark.hero", "#10261a")
	again.Set("opening", "Kurz.")
	if a := b.Post("/verwaltung/portal", again); a.Status != 303 {
		t.Fatal(a.Status, a.Words())
	}
	if p := portalOf(t, w, w.Torhausen); !strings.Contains(p.Look.Logo, "<circle") {
		t.Error("the logo got lost")
	}
}

func TestLogosThatCouldDoHarmAreRefused(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "administrator")
	for name, c := range map[string]struct{ svg, says string }{
		"a script":      {`<svg viewBox="0 0 1 1"><script>alert(1)</script></svg>`, "Skripte"},
		"a handler":     {`<svg viewBox="0 0 1 1"><g onclick="x()"/></svg>`, "Skripte"},
		"a photo":       {"\x89PNG\r\n\x1a\n", "keine SVG-Datei"},
		"no view box":   {`<svg><g/></svg>`, "keine SVG-Datei"},
		"a whole novel": {`<svg viewBox="0 0 1 1"><!--` + strings.Repeat("x", 20_000) + `--></svg>`, "größer als 16 KB"},
	} {
		form := b.Get("/verwaltung/portal").Form("/verwaltung/portal")
		a := b.PostFile("/verwaltung/portal", form, "logo", "x.svg", []byte(c.svg))
		officetest.WellFormed(t, name, a)
		if a.Status != 422 || !a.Has(c.says) || strings.Contains(a.Text(), "alert(1)") {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	form := b.Get("/verwaltung/portal").Form("/verwaltung/portal")
	form.Set("logo-neu", `<svg viewBox="0 0 1 1"><script>alert(1)</script></svg>`)
	if a := b.Post("/verwaltung/portal", form); a.Status != 422 || strings.Contains(a.Text(), "alert(1)") {
		t.Error("through the hidden field", a.Status)
	}
}

func TestThePreviewShowsColoursThatAreNotSaved(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "administrator")
	form := b.Get("/verwaltung/portal").Form("/verwaltung/portal")
	form.Set("name", "Probe")
	form.Set("light.action", "#ffff00")
	a := b.Post("/verwaltung/portal/vorschau", form)
	officetest.WellFormed(t, "preview", a)
	if a.Status != 200 || !a.Has("Probe", "So können die Farben nicht gespeichert werden") {
		t.Fatal(a.Status, a.Words())
	}
	_, rest, _ := strings.Cut(a.Text(), `href="/verwaltung/portal/vorschau.css?`)
	query, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatal("no colours")
	}
	css := b.Get("/verwaltung/portal/vorschau.css?" + strings.ReplaceAll(query, "&amp;", "&"))
	if css.Status != 200 || !strings.HasPrefix(css.Header.Get("Content-Type"), "text/css") || !strings.Contains(css.Text(), "--kern-color-action-default:#ffff00") {
		t.Fatal(css.Status, css.Text())
	}
	if portalOf(t, w, w.Torhausen).Look.Name == "Probe" {
		t.Error("the preview saved")
	}
	evil := b.Get("/verwaltung/portal/vorschau.css?" + url.Values{"light.action": {"red;}body{display:none"}}.Encode())
	if strings.Contains(evil.Text(), "display") {
		t.Error(evil.Text())
	}
}

func TestAPortalThatSomebodyElseChangedMeanwhile(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "administrator")
	mine := b.Get("/verwaltung/portal").Form("/verwaltung/portal")
	theirs := b.Get("/verwaltung/portal").Form("/verwaltung/portal")
	theirs.Set("opening", "Die anderen.")
	b.Post("/verwaltung/portal", theirs)
	mine.Set("opening", "Ich.")
	a := b.Post("/verwaltung/portal", mine)
	officetest.WellFormed(t, "conflict", a)
	if a.Status != 409 || a.Value("opening") != "Ich." || portalOf(t, w, w.Torhausen).Opening != "Die anderen." {
		t.Fatal(a.Status)
	}
	if a := b.Post("/verwaltung/portal", a.Form("/verwaltung/portal")); a.Status != 303 || portalOf(t, w, w.Torhausen).Opening != "Ich." {
		t.Error("cannot be saved on purpose", a.Status)
	}
}

const fest = "/verwaltung/parameter/gartenfest"

func TestAnAuthoritySetsWhatItsFormsAsk(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "administrator")
	if a := b.Get("/verwaltung/parameter"); !a.Has("Gartenfest anmelden", "Urkunde bestellen") {
		t.Fatal(a.Words())
	}
	a := b.Get(fest)
	officetest.WellFormed(t, "parameters", a)
	if !a.Has("Leer gilt die Vorgabe: 15,00", "Leer gilt die Vorgabe: 22.", "Stunde am Abend.", "Anger") {
		t.Fatal(a.Words())
	}
	form := a.Form(fest)
	form.Set("satz", "20")
	form.Set("laut_bis", "23")
	form.Set("platz", "Festwiese")
	form.Set("regen", "nein")
	form.Set("saison", "1.5.2027")
	form.Set("tage", "3.6.2027\n2027-05-01\n3.6.2027")
	form.Set("zonen.1.0", "B")
	form.Set("zonen.1.1", "Markt")
	form.Set("zonen.1.2", "12,50")
	form.Set("zonen.1.3", "3")
	if a := b.Post(fest, form); a.Where != fest+"?meldung=gespeichert#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	door, _ := w.Directory.DoorOf(w.Torhausen.ID)
	set := door.Tenant.Params["gartenfest"]
	if set["satz"] != 2000.0 || set["laut_bis"] != 23.0 || set["platz"] != "Festwiese" || set["regen"] != false || set["saison"] != "2027-05-01" || len(set["tage"].([]any)) != 2 || set["tage"].([]any)[0] != "2027-05-01" {
		t.Fatalf("%+v", set)
	}
	zones := set["zonen"].([]any)
	if len(zones) != 2 || zones[1].(map[string]any)["preis"] != 1250.0 || zones[0].(map[string]any)["code"] != "A" {
		t.Fatalf("%+v", zones)
	}
	a = b.Get(fest)
	if a.Value("satz") != "20,00" || a.Value("tage") != "01.05.2027\n03.06.2027" || a.Value("zonen.1.2") != "12,50" || a.Value("regen") != "nein" {
		t.Error(a.Words())
	}
	form = a.Form(fest) // an empty field is the form's own value again
	form.Set("satz", "")
	form.Set("zonen.1.0", "")
	form.Set("zonen.1.1", "")
	form.Set("zonen.1.2", "")
	form.Set("zonen.1.3", "")
	if a := b.Post(fest, form); a.Status != 303 {
		t.Fatal(a.Status)
	}
	door, _ = w.Directory.DoorOf(w.Torhausen.ID)
	if _, ok := door.Tenant.Params["gartenfest"]["satz"]; ok || len(door.Tenant.Params["gartenfest"]["zonen"].([]any)) != 1 {
		t.Errorf("%+v", door.Tenant.Params)
	}
	if door, _ := w.Directory.DoorOf(w.Aulenried.ID); len(door.Tenant.Params) != 0 {
		t.Error("the neighbour's parameters changed")
	}
}

func TestWrongParametersComeBackAsTyped(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "administrator")
	for name, c := range map[string]struct{ field, value, says string }{
		"no amount":            {"satz", "viel", "Geben Sie einen Betrag an"},
		"too high":             {"satz", "5000", "höchstens 1.000,00"},
		"no number":            {"laut_bis", "abends", "Geben Sie eine Zahl an"},
		"a number as computer": {"laut_bis", "2e1", "Geben Sie eine Zahl an"},
		"too early":            {"laut_bis", "10", "mindestens 18"},
		"no day":               {"saison", "31.2.2027", "Geben Sie Tage an, die es gibt"},
		"one wrong day of two": {"tage", "1.5.2027\nmorgen", "Geben Sie Tage an, die es gibt"},
		"a row without code":   {"zonen.1.1", "Markt", "Zeile 2"},
		"a doubled code":       {"zonen.1.0", "A", "Zeile 2"},
	} {
		form := b.Get(fest).Form(fest)
		form.Set("platz", "Bleibt stehen")
		form.Set(c.field, c.value)
		a := b.Post(fest, form)
		officetest.WellFormed(t, name, a)
		if a.Status != 422 || a.Value(c.field) != c.value || a.Value("platz") != "Bleibt stehen" || !a.Has(c.says) {
			t.Errorf("%s: %d %s", name, a.Status, a.Words())
		}
	}
	door, _ := w.Directory.DoorOf(w.Torhausen.ID)
	if len(door.Tenant.Params) != 0 {
		t.Error("saved")
	}
	if a := b.Get("/verwaltung/parameter/gibt-es-nicht"); a.Status != 404 {
		t.Error(a.Status)
	}
}

func TestParametersThatSomebodyElseChangedMeanwhile(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "administrator")
	mine := b.Get(fest).Form(fest)
	theirs := b.Get(fest).Form(fest)
	theirs.Set("platz", "Die anderen")
	b.Post(fest, theirs)
	mine.Set("platz", "Ich")
	a := b.Post(fest, mine)
	if a.Status != 409 || a.Value("platz") != "Ich" {
		t.Fatal(a.Status)
	}
	if a := b.Post(fest, a.Form(fest)); a.Status != 303 {
		t.Error("cannot be saved on purpose", a.Status)
	}
}

func TestSettingsThatTheFormDoesNotKnowStay(t *testing.T) {
	w, _, _ := open(t)
	tenant := w.Torhausen
	tenant.Params = map[string]map[string]any{"gartenfest": {"unit": "steueramt"}, "anderes": {"x": 1}}
	if err := w.Directory.SaveSettings(t.Context(), officetest.Operator, tenant); err != nil {
		t.Fatal(err)
	}
	if err := w.Directory.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := w.SignIn(w.Torhausen, "administrator")
	form := b.Get(fest).Form(fest)
	form.Set("platz", "Wiese")
	if a := b.Post(fest, form); a.Status != 303 {
		t.Fatal(a.Status, a.Words())
	}
	door, _ := w.Directory.DoorOf(w.Torhausen.ID)
	if door.Tenant.Params["gartenfest"]["unit"] != "steueramt" || door.Tenant.Params["anderes"]["x"] != 1.0 || door.Tenant.Contact != w.Torhausen.Contact {
		t.Errorf("%+v", door.Tenant.Params)
	}
}

func TestRolesAreGivenByWhoHoldsThem(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "administrator")
	a := b.Get("/verwaltung/personal")
	officetest.WellFormed(t, "members", a)
	if !a.Has("Zz ordnung", "Sachbearbeitung (Ordnungsamt)", "Über Anträge entscheiden") {
		t.Fatal(a.Words())
	}
	form := url.Values{"weg": {"demo"}, "kennung": {"neu"}, "name": {"Zz Neu"}, "rolle.0": {"editor"}, "stelle.0": {""}}
	if a := b.Post("/verwaltung/personal", form); a.Where != "/verwaltung/personal?meldung=person-gespeichert#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	if a := b.Get("/verwaltung/personal"); !a.Has("Zz Neu Redaktion aktiv") {
		t.Error(a.Words())
	}
	if a := w.SignIn(w.Aulenried, "administrator").Get("/verwaltung/personal"); a.Has("Zz Neu") {
		t.Error("another authority's people")
	}
	form.Set("rolle.0", "caseworker") // whose rights an administrator does not hold
	a = b.Post("/verwaltung/personal", form)
	officetest.WellFormed(t, "not held", a)
	if a.Status != 403 || !a.Has("Sie können nur Rechte vergeben, die Sie selbst haben.") || a.Value("kennung") != "neu" {
		t.Fatal(a.Status)
	}
	for name, change := range map[string][2]string{"no method": {"weg", ""}, "an invented method": {"weg", "x"}, "nobody": {"kennung", ""}, "no name": {"name", ""}, "no role": {"rolle.0", ""},
		"an invented role": {"rolle.0", "koenig"}, "another authority's unit": {"stelle.0", string(w.Directory.Units(w.Aulenried.ID)[0].ID)}} {
		f := url.Values{"weg": {"demo"}, "kennung": {"neu"}, "name": {"Zz Neu"}, "rolle.0": {"editor"}}
		f.Set(change[0], change[1])
		a := b.Post("/verwaltung/personal", f)
		officetest.WellFormed(t, name, a)
		if a.Status != 422 {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
}
