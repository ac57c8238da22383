package admin_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/perm"
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
	if !a.Has("Zz ordnung", "Sachbearbeitung (Ordnungsamt)") {
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
	form.Set("rolle.0", "auditor") // who is to audit administrators, they do not appoint
	a = b.Post("/verwaltung/personal", form)
	officetest.WellFormed(t, "not held", a)
	if a.Status != 403 || !a.Has("Sie können nur Rechte vergeben und nehmen") || a.Value("kennung") != "neu" {
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

func TestAPersonsRolesAndAccessAreChangedOnHisPage(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "administrator")
	page := func(name string) string {
		for _, m := range members(t, w) {
			if m.Name.Reveal() == name {
				return "/verwaltung/personal/" + string(m.ID)
			}
		}
		t.Fatal(name)
		return ""
	}
	steuer := page("Zz steuer")
	a := b.Get(steuer)
	officetest.WellFormed(t, "member", a)
	if !a.Has("Zz steuer", "Sachbearbeitung (Steueramt)") {
		t.Fatal(a.Words())
	}
	unit := string(w.Directory.Units(w.Torhausen.ID)[0].ID)
	form := a.Form(steuer)
	form.Set("rolle.0", "citizen-office")
	form.Set("stelle.0", unit)
	form.Set("leistung.0", "gartenfest")
	if a := b.Post(steuer, form); a.Where != steuer+"?meldung=person-gespeichert#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	if a := b.Get(steuer); !a.Has("Bürgerbüro", "nur gartenfest") {
		t.Error(a.Words())
	}
	form.Set("leistung.0", "gibt-es-nicht")
	a = b.Post(steuer, form)
	officetest.WellFormed(t, "unknown service", a)
	if a.Status != 422 || !a.Has("Diese Leistung gibt es hier nicht.") {
		t.Error(a.Status)
	}

	var units []string
	for _, u := range w.Directory.Units(w.Torhausen.ID) {
		units = append(units, string(u.ID))
	}
	form = url.Values{"name": {"Zz steuer"}}
	for i := range 6 { // more than the page has rows at first
		role, n := []string{"caseworker", "citizen-office"}[i%2], strconv.Itoa(i)
		form.Set("rolle."+n, role)
		form.Set("stelle."+n, units[i/2%len(units)])
		form.Set("leistung."+n, []string{"", "gartenfest"}[i/4])
	}
	if a := b.Post(steuer, form); a.Where != steuer+"?meldung=person-gespeichert#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	given := func() int {
		for _, m := range members(t, w) {
			if m.Name.Reveal() == "Zz steuer" {
				return len(m.Grants)
			}
		}
		return -1
	}
	if n := given(); n != 6 {
		t.Fatalf("%d of 6 roles were taken", n)
	}
	if a := b.Post(steuer, b.Get(steuer).Form(steuer)); a.Where != steuer+"?meldung=person-gespeichert#inhalt" || given() != 6 {
		t.Errorf("saving what the page shows changes the roles: %d", given())
	}
	form = url.Values{"name": {"Zz steuer"}, "rolle.0": {"caseworker"}, "rolle.1": {""}, "stelle.1": {units[0]}}
	if a := b.Post(steuer, form); a.Status != 422 || given() != 6 {
		t.Errorf("a unit without a role: %d", a.Status)
	}

	editor, works := page("Zz editor"), w.SignIn(w.Torhausen, "editor")
	if a := works.Get("/verwaltung/leistungen"); a.Status != 200 {
		t.Fatal(a.Status)
	}
	if a := b.Post(editor+"/sperre", url.Values{"aktion": {"sperren"}}); a.Where != editor+"?meldung=person-gesperrt#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	if a := works.Get("/verwaltung/leistungen"); a.Status != 303 {
		t.Errorf("a blocked person still works: %d", a.Status)
	}
	if a := b.Get(editor); !a.Has("gesperrt", "Zugang freigeben") {
		t.Error(a.Words())
	}
	if a := b.Post(editor+"/sperre", url.Values{"aktion": {"freigeben"}}); a.Where != editor+"?meldung=person-freigegeben#inhalt" {
		t.Error(a.Status)
	}
	if a := b.Post(editor+"/sperre", url.Values{"aktion": {"x"}}); a.Status != 422 {
		t.Error(a.Status)
	}

	own := page("Zz administrator")
	if a := b.Get(own); !a.Has("kann nur jemand anderes ändern") {
		t.Error("one's own page offers to change oneself")
	}
	a = b.Post(own, url.Values{"name": {"Zz administrator"}, "rolle.0": {"administrator"}, "rolle.1": {"caseworker"}})
	officetest.WellFormed(t, "self", a)
	if a.Status != 403 {
		t.Errorf("an administrator made himself caseworker: %d", a.Status)
	}
	if a := b.Post(own+"/sperre", url.Values{"aktion": {"sperren"}}); a.Status != 403 {
		t.Errorf("blocked himself: %d", a.Status)
	}
	if a := b.Post(page("Zz auditor")+"/sperre", url.Values{"aktion": {"sperren"}}); a.Status != 403 {
		t.Errorf("an administrator blocked who audits him: %d", a.Status)
	}
	if a := b.Get("/verwaltung/personal/gibt-es-nicht"); a.Status != 404 {
		t.Error(a.Status)
	}
}

func members(t *testing.T, w *officetest.Town) []accounts.Member {
	t.Helper()
	list, err := w.Accounts.Members(t.Context(), perm.Staff{Realm: w.Torhausen.Realm, Tenant: w.Torhausen.ID, Staff: "x", Grants: []perm.Grant{{Role: perm.Administrator}}})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestATenantMakesRolesOfItsOwn(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "administrator")
	a := b.Get("/verwaltung/rollen")
	officetest.WellFormed(t, "roles", a)
	if !a.Has("Über Anträge entscheiden", "Noch keine eigenen Rollen.") {
		t.Fatal(a.Words())
	}
	officetest.WellFormed(t, "new role", b.Get("/verwaltung/rollen/neu"))
	for name, c := range map[string]struct {
		form   url.Values
		status int
		text   string
	}{
		"no name":                  {url.Values{"rechte": {"content.edit"}}, 422, "Geben Sie der Rolle einen Namen"},
		"no right":                 {url.Values{"titel": {"Zz Leer"}}, 422, "mindestens ein Recht"},
		"an invented right":        {url.Values{"titel": {"Zz Leer"}, "rechte": {"world.rule"}}, 422, "mindestens ein Recht"},
		"a right he may not give":  {url.Values{"titel": {"Zz Prüf"}, "rechte": {"audit.read"}}, 403, "Sie können nur Rechte vergeben"},
		"… also beside one he may": {url.Values{"titel": {"Zz Prüf"}, "rechte": {"content.edit", "library.edit"}}, 403, "Sie können nur Rechte vergeben"},
	} {
		a := b.Post("/verwaltung/rollen/neu", c.form)
		officetest.WellFormed(t, name, a)
		if a.Status != c.status || !a.Has(c.text) || a.Value("titel") != c.form.Get("titel") {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	a = b.Post("/verwaltung/rollen/neu", url.Values{"titel": {"Zz Auskunft"}, "rechte": {"payments.read", "content.edit"}})
	role, _, ok := strings.Cut(a.Where, "?")
	if a.Status != 303 || !ok {
		t.Fatal(a.Status, a.Words())
	}
	first := b.Get(role)
	officetest.WellFormed(t, "role", first)
	if a := b.Post("/verwaltung/rollen/neu", url.Values{"titel": {"Zz Auskunft"}, "rechte": {"cases.read"}}); a.Status != 422 || !a.Has("So heißt hier schon eine andere Rolle.") {
		t.Error("two roles of one name", a.Status)
	}

	slug := role[strings.LastIndex(role, "/")+1:]
	if a := b.Post("/verwaltung/personal", url.Values{"weg": {"demo"}, "kennung": {"nobody"}, "name": {"Zz nobody"}, "rolle.0": {slug}}); a.Status != 303 {
		t.Fatal(a.Status, a.Words())
	}
	clerk := w.SignIn(w.Torhausen, "nobody")
	if a := clerk.Get("/verwaltung/leistungen"); a.Status != 200 {
		t.Errorf("the role does not hold: %d", a.Status)
	}
	if a := clerk.Get("/verwaltung/portal"); a.Status != 403 {
		t.Errorf("the role holds too much: %d", a.Status)
	}
	if a := b.Get("/verwaltung/personal"); !a.Has("Zz nobody Zz Auskunft aktiv") {
		t.Error(a.Words())
	}
	less := first.Form(role)
	less["rechte"] = []string{"payments.read"}
	if a := b.Post(role, less); a.Status != 303 {
		t.Fatal(a.Status, a.Words())
	}
	if a := clerk.Get("/verwaltung/leistungen"); a.Status != 403 {
		t.Errorf("what was taken from the role is still held: %d", a.Status)
	}
	if a := b.Post(role, less); a.Status != 409 {
		t.Errorf("an old page overwrote a newer one: %d", a.Status)
	}
	if a := b.Post(role, url.Values{"aktion": {"loeschen"}}); a.Status != 409 || !a.Has("Jemand hat diese Rolle noch.") {
		t.Errorf("a role in use was deleted: %d", a.Status)
	}
	if a := w.SignIn(w.Aulenried, "administrator").Get(role); a.Status != 404 {
		t.Errorf("another authority's role: %d", a.Status)
	}
	if a := b.Post("/verwaltung/personal", url.Values{"weg": {"demo"}, "kennung": {"nobody"}, "name": {"Zz nobody"}, "rolle.0": {"editor"}}); a.Status != 303 {
		t.Fatal(a.Status)
	}
	if a := b.Post(role, url.Values{"aktion": {"loeschen"}}); a.Where != "/verwaltung/rollen?meldung=rolle-geloescht#inhalt" {
		t.Error(a.Status, a.Words())
	}
}
