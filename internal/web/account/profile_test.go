package account_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/test/apptest"
	"stadttor/internal/test/htmlcheck"
)

const realm = "kreis-musterland"

func vals(kv ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		v.Add(kv[i], kv[i+1])
	}
	return v
}

// sound fails on a page that breaks the rules of htmlcheck or may be kept.
func sound(t *testing.T, b *apptest.Browser) *apptest.Browser {
	t.Helper()
	p, err := htmlcheck.Parse(bytes.NewReader(b.Body))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Findings() {
		t.Errorf("%s: %s", b.URL, f)
	}
	if got := b.Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("%s: Cache-Control %q", b.URL, got)
	}
	return b
}

// at signs somebody in and opens a page of the account host.
func at(h *apptest.House, person, level, path string) *apptest.Browser {
	b := h.Browser().SignIn("torhausen", person, level)
	return b.Get(h.AccountURL(realm, path))
}

func has(name string) func(apptest.Form) bool {
	return func(f apptest.Form) bool { return slices.Contains(f.Names, name) }
}

func TestSomebodyStatesAndChangesOwnData(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := at(h, "mareike-sandvoss", "basis", "/daten")
	sound(t, b).Sees(200, "Meine Daten", "Sandvoß", "nachgewiesen am", "Kreis Musterland", "DE39 9990 0001 4200 0001 37", "17. April 1988")
	sound(t, b.Follow("Ändern Person")).Sees(200, "Nachgewiesene Angaben ändern sich nur")
	if f := b.Form(has("birthName")); slices.Contains(f.Names, "family") {
		t.Error("a proved name can be typed over")
	}
	b.Submit(b.Form(has("birthName")), vals("birthName", "Wölk")).Sees(200, "Gespeichert.", "Wölk", "Ihre eigene Angabe, vom 1. Dezember 2026")
	b.Follow("Ändern Kontakt, Bank und Fahrzeug")
	f := b.Form(has("iban"))
	b.Submit(f, vals("iban", "DE39 9990 0001 4200 0001 38", "phone", "drei")).Sees(422, "In der IBAN ist ein Tippfehler", "Telefonnummer mit Ziffern")
	sound(t, b)
	if f = b.Form(has("iban")); f.Values.Get("iban") != "DE39 9990 0001 4200 0001 38" || f.Values.Get("phone") != "drei" {
		t.Errorf("what was typed is gone: %v", f.Values)
	}
	b.Submit(f, vals("iban", "de39 9990 0001 4200 0001 37", "phone", "00000 123-456")).Sees(200, "Gespeichert.", "00000 123-456")
	// A posted value for a proved attribute changes nothing.
	b.Post("/daten/person", vals("family", "Erfunden", "birthName", "Wölk")).Sees(200, "Sandvoß").Lacks("Erfunden")
	sound(t, b.Follow("Anschrift hinzufügen"))
	b.Submit(b.Form(has("use")), vals("plz", "1")).Sees(422, "Bitte wählen Sie etwas aus", "fünf Ziffern", "Bitte füllen Sie dieses Feld aus")
	b.Submit(b.Form(has("use")), vals("use", "work", "street", "Amtsweg", "houseNumber", "3", "plz", "00101", "city", "Torhausen")).Sees(200, "Amtsweg 3, 00101 Torhausen", "Arbeit oder Betrieb")
	sound(t, b.Follow("Person hinzufügen"))
	b.Submit(b.Form(has("relation")), vals("relation", "child", "given", "Kim", "family", "Sandvoß", "birthDate.tag", "31", "birthDate.monat", "2", "birthDate.jahr", "2020")).Sees(422, "Dieses Datum gibt es nicht")
	if f = b.Form(has("relation")); f.Values.Get("birthDate.tag") != "31" || f.Values.Get("relation") != "child" {
		t.Errorf("what was typed is gone: %v", f.Values)
	}
	b.Submit(f, vals("birthDate.tag", "5.", "birthDate.monat", "05")).Sees(200, "Kim Sandvoß", "geboren am 5. Mai 2020")
	entry := b.Link("Ändern Kim Sandvoß")
	own := *b
	sound(t, own.Follow("Vertretung eintragen Kim Sandvoß")).Sees(200, "Ein Kind vertreten")
	if f = own.Form(has("proof")); f.Values.Get("given") != "Kim" || f.Values.Get("birthDate.jahr") != "2020" {
		t.Errorf("the child of the household is typed anew: %v", f.Values)
	}
	other := at(h, "emeka-brandhorst", "basis", entry)
	other.Sees(404)
	other.Get(h.AccountURL(realm, "/daten")).Sees(200).Lacks("Kim Sandvoß", "Amtsweg")
	b.Submit(b.Form(func(f apptest.Form) bool { return strings.HasSuffix(f.Action, "/entfernen") }), nil).Sees(200, "Entfernt.").Lacks("Amtsweg")
	h.Browser().Get(h.AccountURL(realm, "/daten")).Sees(200, "Wie möchten Sie sich anmelden?").Lacks("Sandvoß")
}

func begin(b *apptest.Browser, h *apptest.House, tenant, form string) *apptest.Browser {
	b.Get(h.URLOf(tenant, "/antrag/"+form))
	return b.Submit(b.Form(func(f apptest.Form) bool { return f.Method == http.MethodPost && f.Action == "/antrag/"+form }), nil)
}

func TestAFormTakesDataOnlyWithConsentAndTheHistorySaysSo(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	begin(b, h, "torhausen", "osterfeuer-anmeldung")
	for !strings.HasSuffix(b.URL.Path, "/daten-aus-konto") {
		if b.Code != 200 || strings.HasSuffix(b.URL.Path, "/pruefen") {
			t.Fatalf("never asked: %s %d", b.URL, b.Code)
		}
		f := b.Form(has("_entwurf"))
		was := b.URL.String()
		answers := vals("datum.tag", "27", "datum.monat", "3", "datum.jahr", "2027", "beginn", "18:30", "ende", "23:00", "gaeste", "60", "ort_art", "beschreibung", "ort_beschreibung", "Wiese am Sportplatz",
			"grundstueck", "eigen", "meter_gebaeude", "500", "meter_wald", "500", "meter_strasse", "500", "hoehe", "1", "material", "baumschnitt", "material_erklaerung", "ja", "tierschutz", "ja")
		for name := range answers {
			if !slices.Contains(f.Names, name) {
				delete(answers, name)
			}
		}
		b.Submit(f, answers)
		if b.URL.String() == was && b.Code == 422 {
			t.Fatalf("page not taken: %.1500s", b.Text())
		}
	}
	sound(t, b).Sees(200, "Daten aus Ihrem Konto verwenden?", "Osterfeuer anmelden", "Stadt Torhausen", "Familienname", "nachgewiesen", "eigene Angabe")
	b.Submit(b.Form(has("fassung")), nil).Sees(422, "Bitte wählen Sie")
	b.Submit(b.Form(has("fassung")), vals("antwort", "ja", "immer", "ja")).Sees(200, "Sandvoß", "durch Ihre Anmeldung nachgewiesen")
	if f := b.Form(has("_entwurf")); slices.Contains(f.Names, "familienname") || f.Values.Get("mobil") != "00000 900-101" {
		t.Errorf("locked or filled wrongly: %v %v", f.Names, f.Values)
	}
	b.Get(h.AccountURL(realm, "/einwilligungen"))
	sound(t, b).Sees(200, "Stadt Torhausen", "Alle künftigen Anträge an diese Verwaltung", "In den Antrag „Osterfeuer anmelden“ an Stadt Torhausen übernommen", "1. Dezember 2026")
	withdraw := b.Form(func(f apptest.Form) bool { return strings.HasSuffix(f.Action, "/zuruecknehmen") })
	at(h, "emeka-brandhorst", "basis", "/einwilligungen").Sees(200, "Noch keine Verwendung").Post(withdraw.Action, nil).Sees(404)
	b.Submit(withdraw, nil).Sees(200, "Die Einwilligung gilt nicht mehr", "Zurückgenommen am")
	b.Post(withdraw.Action, nil).Sees(409, "schon zurückgenommen")
	begin(b, h, "torhausen", "sperrgutabfuhr")
	for range 6 {
		if strings.HasSuffix(b.URL.Path, "/daten-aus-konto") {
			break
		}
		if f := b.Form(has("_entwurf")); slices.Contains(f.Names, "gegenstaende.sofa") {
			b.Submit(f, vals("gegenstaende.sofa", "1"))
		} else {
			b.Submit(f, nil)
		}
	}
	b.Submit(b.Form(has("fassung")), vals("antwort", "nein")).Sees(200, "Angaben aus meinem Konto übernehmen")
	b.Get(h.AccountURL(realm, "/einwilligungen")).Sees(200).Lacks("Sperrgut")
}

var codeShape = regexp.MustCompile(`[0-9A-Z]{4}(-[0-9A-Z]{4}){3}`)

func TestSomebodyActsForAChildAndEveryPageSaysSo(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := at(h, "mareike-sandvoss", "basis", "/vertretungen")
	sound(t, b).Sees(200, "Vertretungen", "Zurzeit handeln Sie für niemanden.")
	sound(t, b.Follow("Ein Kind vertreten")).Sees(200, "endet von selbst mit dem 18. Geburtstag", "Nur für bestimmte Leistungen?")
	b.Submit(b.Form(has("proof")), vals("given", "Kim", "birthDate.tag", "5", "birthDate.monat", "5", "birthDate.jahr", "1999")).Sees(422, "Bitte füllen Sie dieses Feld aus", "Bitte wählen Sie etwas aus")
	sound(t, b)
	b.Submit(b.Form(has("proof")), vals("family", "Sandvoß", "proof", "birth")).Sees(422, "schon volljährig")
	b.Submit(b.Form(has("proof")), vals("birthDate.jahr", "2020", "reference", "G 12/2020")).Sees(200, "Kim Sandvoß", "Gilt bis", "4. Mai 2038", "Eigene Angabe, die Verwaltung prüft den Nachweis", "Geburtsurkunde oder Geburtsregister (G 12/2020)")
	sound(t, b)
	act := b.Form(func(f apptest.Form) bool { return strings.HasSuffix(f.Action, "/handeln") })
	at(h, "emeka-brandhorst", "hoch", "/vertretungen").Post(act.Action, nil).Sees(404)
	b.Submit(act, nil).Sees(200, "Sie handeln für", "Kim Sandvoß")
	sound(t, b)
	for _, page := range []string{h.AccountURL(realm, "/daten"), h.URLOf("torhausen", "/"), h.URLOf("torhausen", "/leistungen"), h.URLOf("torhausen", "/konto"), h.URLOf("lindenbrueck", "/konto"), h.URLOf("torhausen", "/gibt-es-nicht")} {
		if b.Get(page); !strings.Contains(b.Text(), "Kim Sandvoß") || !slices.ContainsFunc(b.Forms(), func(f apptest.Form) bool { return f.Action == "/vertretung/beenden" }) {
			t.Errorf("%s does not say for whom one acts", page)
		}
	}
	begin(b, h, "torhausen", "osterfeuer-anmeldung").Sees(200, "Kim Sandvoß")
	draft := b.URL.String()
	b.Submit(b.Form(func(f apptest.Form) bool { return f.Action == "/vertretung/beenden" }), nil).Sees(200).Lacks("Sie handeln für")
	sound(t, b.Get(h.URLOf("torhausen", "/konto"))).Sees(200, "Für Kim Sandvoß", "Zuletzt bearbeitet")
	b.Get(h.URLOf("torhausen", "/antrag/osterfeuer-anmeldung")).Sees(200, "Für Kim Sandvoß", "Zuletzt bearbeitet")
	sound(t, b.Get(draft)).Sees(409, "Für wen ist dieser Antrag?", "für Kim Sandvoß begonnen", "Gerade handeln Sie für sich selbst")
	b.Submit(b.Form(func(f apptest.Form) bool { return strings.HasSuffix(f.Action, "/vertretung") }), nil).Sees(200, "Sie handeln für", "Kim Sandvoß")
	b.Get(h.AccountURL(realm, "/vertretungen"))
	sound(t, b.Follow("Beenden Kim Sandvoß")).Sees(200, "Die Vertretung endet sofort")
	b.Submit(b.Form(func(f apptest.Form) bool {
		return strings.HasSuffix(f.Action, "/beenden") && f.Action != "/vertretung/beenden"
	}), nil).Sees(200, "Die Vertretung ist beendet", "beendet am 1. Dezember 2026").Lacks("Sie handeln für Kim")
}

func TestAMandateIsHandedOverOnPaper(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	giver := at(h, "heinrich-uphues", "basis", "/vertretungen/erteilen")
	sound(t, giver).Sees(200, "nicht per E-Mail")
	giver.Submit(giver.Form(has("proof")), vals("proof", "power", "ends.tag", "31", "ends.monat", "12", "ends.jahr", "2040")).Sees(422, "höchstens fünf Jahre")
	giver.Submit(giver.Form(has("proof")), vals("ends.jahr", "2028")).Sees(200, "Ihr Code", "Nicht per E-Mail")
	sound(t, giver)
	code := codeShape.FindString(giver.Text())
	if code == "" {
		t.Fatalf("no code: %s", giver.Text())
	}
	holder := at(h, "dilara-kocabiyik", "basis", "/vertretungen/code")
	sound(t, holder)
	holder.Submit(holder.Form(has("code")), vals("code", "AAAA-BBBB-CCCC-DDDD")).Sees(422, "Dieser Code gilt nicht")
	if f := holder.Form(has("code")); f.Values.Get("code") != "AAAA-BBBB-CCCC-DDDD" {
		t.Error("what was typed is gone")
	}
	holder.Submit(holder.Form(has("code")), vals("code", strings.ToLower(strings.ReplaceAll(code, "-", " ")))).Sees(200, "Vertretung annehmen?", "Heinrich Uphues")
	sound(t, holder)
	holder.Submit(holder.Form(func(f apptest.Form) bool { return strings.HasSuffix(f.Action, "/annehmen") }), nil).Sees(200, "Angenommen", "Von beiden Seiten bestätigt", "31. Dezember 2028")
	giver.Get("/vertretungen").Sees(200, "Dilara", "gültig")
	at(h, "emeka-brandhorst", "basis", "/vertretungen/code").Post("/vertretungen/code", vals("code", code)).Sees(422, "Dieser Code gilt nicht")
	if strings.Contains(giver.URL.String()+holder.URL.String(), strings.ToLower(code[:4])) || strings.Contains(h.Log.String(), code) {
		t.Error("the code stands in an address or in the log")
	}
	for _, m := range h.Outbox.List() {
		if codeShape.MatchString(m.Text) {
			t.Error("the code went by mail")
		}
	}
}

func TestAnOrganisationIsLookedAfterByItsOwners(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	olga := at(h, "mareike-sandvoss", "basis", "/organisationen/neu")
	sound(t, olga)
	olga.Submit(olga.Form(has("company")), vals("register", "HRB 1", "plz", "12")).Sees(422, "Bitte prüfen")
	olga.Submit(olga.Form(has("company")), vals("company", "Garten GmbH", "plz", "00101")).Sees(200, "Garten GmbH", "Mareike Sandvoß", "Verantwortliche Person")
	sound(t, olga)
	company := olga.URL.Path
	sound(t, olga.Follow("Jemanden einladen"))
	olga.Submit(olga.Form(has("role")), vals("role", "employee")).Sees(200, "Ihr Code")
	code := codeShape.FindString(olga.Text())
	emil := at(h, "emeka-brandhorst", "basis", "/vertretungen/code")
	emil.Submit(emil.Form(has("code")), vals("code", code)).Sees(200, "Garten GmbH")
	emil.Submit(emil.Form(func(f apptest.Form) bool { return strings.HasSuffix(f.Action, "/annehmen") }), nil).Sees(200, "Garten GmbH")
	sound(t, emil.Get("/organisationen")).Sees(200, "Beschäftigte Person")
	emil.Get(company).Sees(404)
	sound(t, olga.Get(company)).Sees(200, "Emeka Brandhorst")
	olga.Submit(olga.Form(func(f apptest.Form) bool {
		return strings.Contains(f.Action, "/mitglieder/") && f.Method == http.MethodPost
	}), nil)
	emil.Get("/organisationen").Sees(200)
	olga.Get(company)
	last := olga.Form(func(f apptest.Form) bool { return strings.Contains(f.Action, "/mitglieder/") })
	if strings.Count(olga.Text(), "gültig") == 1 {
		olga.Submit(last, nil).Sees(409, "mindestens eine verantwortliche Person")
	}
	sound(t, olga.Get(company).Follow("Daten der Organisation ändern"))
	olga.Submit(olga.Form(has("company")), vals("company", "")).Sees(422)
	olga.Submit(olga.Form(has("company")), vals("company", "Garten und Söhne GmbH")).Sees(200, "Garten und Söhne GmbH")
}

// unzip reads an archive.
func unzip(t *testing.T, b []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatalf("%v: %.300s", err, b)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(text)
	}
	return out
}

func TestEverythingIsTakenAlongWithAFreshSignInOnly(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		b := at(h, "mareike-sandvoss", "basis", "/daten-mitnehmen")
		sound(t, b).Sees(200, "ZIP-Datei herunterladen")
		b.Submit(b.Form(func(f apptest.Form) bool { return f.Action == "/daten-mitnehmen" }), nil)
		if b.Code != 200 || b.Header.Get("Content-Type") != "application/zip" || !strings.Contains(b.Header.Get("Content-Disposition"), "meine-daten.zip") || b.Header.Get("Cache-Control") != "private, no-store" {
			t.Fatalf("%d %v", b.Code, b.Header)
		}
		files := unzip(t, b.Body)
		if !strings.Contains(files["konto/angaben.json"], "Sandvoß") || !strings.Contains(files["konto/anmeldungen.json"], "Stadt Torhausen") || files["zahlungen/zahlungen.json"] == "" || files["LIESMICH.txt"] == "" {
			t.Errorf("%v", files)
		}
		h.Clock.Advance(11 * time.Minute)
		sound(t, b.Get(h.AccountURL(realm, "/daten-mitnehmen"))).Sees(200, "Dafür müssen Sie sich noch einmal anmelden").Lacks("ZIP-Datei herunterladen")
		b.Post("/daten-mitnehmen", nil).Sees(403, "noch einmal anmelden")
		b.Follow("Noch einmal anmelden").Sees(200, "Wie möchten Sie sich anmelden?")
		b.Choose("mareike-sandvoss", "basis").Sees(200, "ZIP-Datei herunterladen")
	})
}

func TestAnAccountIsDeletedForGood(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		b := at(h, "mareike-sandvoss", "basis", "/konto-loeschen")
		sound(t, b).Sees(200, "Das wird sofort gelöscht", "Das bleibt, weil das Gesetz es verlangt", "Zahlungen in den Büchern der Kasse", "letzte Nachricht")
		b.Submit(b.Form(has("sicher")), nil).Sees(422, "Bitte bestätigen Sie")
		sound(t, b)
		portal := *b
		portal.Get(h.URLOf("lindenbrueck", "/konto")).Sees(200, "Mareike Sandvoß")
		b.Submit(b.Form(has("sicher")), vals("sicher", "ja")).Sees(200, "Ihr Konto ist gelöscht")
		sound(t, b)
		for _, x := range []string{h.URLOf("torhausen", "/konto"), h.URLOf("lindenbrueck", "/konto"), h.AccountURL(realm, "/daten")} {
			if b.Get(x); strings.Contains(b.Text(), "Mareike") {
				t.Errorf("%s still knows her", x)
			}
		}
		m := newest(t, h, "mareike.sandvoss@postfach.example")
		if !strings.Contains(m.Text, "wurde gelöscht") || strings.Contains(m.Text, "Mareike") || strings.Contains(m.Text, "Sandvo") {
			t.Errorf("the last notice says: %s", m.Text)
		}
		again := at(h, "mareike-sandvoss", "basis", "/einwilligungen")
		again.Sees(200, "Noch keine Verwendung") // a new account: nothing of the old one
	})
}
