package citizen_test

import (
	"bytes"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/test/apptest"
	"stadttor/internal/test/htmlcheck"
	demotown "stadttor/internal/test/town"
)

// answers are what a person types, by the name of the input.
type answers map[string][]string

func typed(kv ...string) answers {
	out := answers{}
	for i := 0; i < len(kv); i += 2 {
		out[kv[i]] = append(out[kv[i]], kv[i+1])
	}
	return out
}

func (a answers) and(kv ...string) answers {
	out := maps.Clone(a)
	maps.Copy(out, typed(kv...))
	return out
}

var (
	contact = typed("vorname", "Kim", "familienname", "Musterperson", "geburtsdatum.tag", "3", "geburtsdatum.monat", "April", "geburtsdatum.jahr", "1990",
		"email", "kim@postfach.example", "erklaerung", "ja")
	dogs = contact.and("bisherige_hunde", "0", "name", "Bello", "rasse", "Mischling", "wurfdatum.jahr", "2024", "seit.tag", "20", "seit.monat", "11", "seit.jahr", "2026",
		"gefaehrlich", "nein", "assistenzhund", "nein", "weitere", "nein", "anschrift.strasse", "Lindenweg", "anschrift.hausnummer", "12 a", "anschrift.plz", "00101", "anschrift.ort", "Torhausen",
		"zahlweise", "ueberweisung")
	bulky = contact.and("gegenstaende.sofa", "1", "gegenstaende.matratze", "2", "abholadresse.strasse", "Lindenweg", "abholadresse.hausnummer", "12", "abholadresse.plz", "00101",
		"abholadresse.ort", "Torhausen", "stellplatz", "anders", "stellplatz_text", "Im Hof links", "wunschtermin", "2027-01-12")
	bonfire = contact.and("datum.tag", "27", "datum.monat", "3", "datum.jahr", "2027", "beginn", "18:30", "ende", "23:00", "gaeste", "60", "ort_art", "beschreibung",
		"ort_beschreibung", "Wiese am Sportplatz, Flurstück 12/3", "grundstueck", "fremd", "meter_gebaeude", "500", "meter_wald", "500", "meter_strasse", "500", "hoehe", "1",
		"material", "baumschnitt", "material_erklaerung", "ja", "tierschutz", "ja", "mobil", "00000 900-104", "anschrift.strasse", "Dorfstraße", "anschrift.hausnummer", "2",
		"anschrift.plz", "00101", "anschrift.ort", "Torhausen", "vertretung", "Wiebke Beispiel", "vertretung_mobil", "00000 900-105", "loeschmittel", "loescher")
	parking = typed("gemeldet", "ja", "zone", "B", "schwer", "nein", "zulassung", "selbst", "beginn.tag", "15", "beginn.monat", "12", "beginn.jahr", "2026", "dauer", "12", "erklaerung", "ja")
	birth   = typed("hier_geboren", "ja", "fuer_wen", "selbst", "kind_vornamen", "Mareike", "kind_geburtsname", "Sandvoß", "kind_geburtsdatum.tag", "17", "kind_geburtsdatum.monat", "4",
		"kind_geburtsdatum.jahr", "1988", "zweck", "heirat", "art", "urkunde", "anzahl", "2", "erklaerung", "ja")
)

// pdf is a small sound document.
var pdf = demotown.PDF(3000, 1)

// sound fails on a page that breaks the rules of htmlcheck.
func sound(t *testing.T, b *apptest.Browser) {
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
	if p.Attr(`meta[name=robots]`, "content") != "noindex" {
		t.Errorf("%s may be indexed", b.URL)
	}
}

// page is the form with the questions of the page that is open.
func page(b *apptest.Browser) apptest.Form {
	return b.UseAccount().Form(func(f apptest.Form) bool { return slices.Contains(f.Names, "_entwurf") })
}

// fill types what the page asks for and sends it.
func fill(b *apptest.Browser, a answers, files ...apptest.File) *apptest.Browser {
	f := page(b)
	change := url.Values{}
	for name, v := range a {
		if slices.Contains(f.Names, name) {
			change[name] = v
		}
	}
	var mine []apptest.File
	for _, x := range files {
		if slices.Contains(f.Files, x.Field) {
			mine = append(mine, x)
		}
	}
	return b.Submit(f, change, mine...)
}

// begin starts a form at the tenant's portal.
func begin(b *apptest.Browser, h *apptest.House, tenant, form string) *apptest.Browser {
	b.Get(h.URLOf(tenant, "/antrag/"+form))
	return b.Submit(b.Form(func(f apptest.Form) bool { return f.Method == http.MethodPost && f.Action == "/antrag/"+form }), nil).UseAccount()
}

// toCheck answers page after page until the check page.
func toCheck(t *testing.T, b *apptest.Browser, a answers, files ...apptest.File) *apptest.Browser {
	t.Helper()
	for range 30 {
		sound(t, b)
		if strings.HasSuffix(b.URL.Path, "/pruefen") {
			return b
		}
		was := b.URL.String()
		fill(b, a, files...)
		if b.Code != http.StatusOK {
			t.Fatalf("%s: %d: %.1500s", was, b.Code, b.Text())
		}
	}
	t.Fatalf("still at %s", b.URL)
	return nil
}

// toPage answers page after page until the one with this end of its address.
func toPage(t *testing.T, b *apptest.Browser, end string, a answers, files ...apptest.File) *apptest.Browser {
	t.Helper()
	for range 30 {
		b.UseAccount()
		if strings.HasSuffix(b.URL.Path, end) {
			return b
		}
		fill(b, a, files...)
	}
	t.Fatalf("%s is never reached: %s", end, b.URL)
	return nil
}

// send presses the warning button with the declaration ticked.
func send(b *apptest.Browser) *apptest.Browser { return fill(b, typed("erklaerung", "ja")) }

func TestAGuestAppliesWithoutPaying(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	b.Get(h.URLOf("torhausen", "/antrag/hundesteuer-anmeldung")).Sees(200, "Das sollten Sie bereithalten", "etwa 8 Minuten", "Verantwortlich: Stadt Torhausen", "Hundegesetz")
	sound(t, b)
	begin(b, h, "torhausen", "hundesteuer-anmeldung").Sees(200, "Schritt 1 von 8")
	toCheck(t, b, dogs)
	b.Sees(200, "Hund 1: Bello", "Lindenweg 12 a", "Nicht angegeben", "108,00", "Mit dem Absenden stellen Sie den Antrag verbindlich bei: Stadt Torhausen")

	// Changing one answer leads straight back to the check page.
	b.Follow("Ändern Rufname").Sees(200, "Rufname")
	fill(b, typed("name", "Rex")).Sees(200, "Prüfen Sie Ihre Angaben", "Hund 1: Rex")

	// The declaration must be given.
	fill(b, typed()).Sees(422, "Fehler:", "Bitte setzen Sie den Haken")
	sound(t, b)
	send(b).Sees(200, "Ihr Antrag ist eingegangen", "TOR-2026-", "Wie es weitergeht", "Das Steueramt prüft die Anmeldung", "Ohne Konto gesendet")
	sound(t, b)
	confirmation := b.URL.String()

	b.Get(b.Link("Eingangsbestätigung herunterladen"))
	if b.Code != 200 || !bytes.HasPrefix(b.Body, []byte("%PDF-")) || !strings.HasPrefix(b.Header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("receipt: %d %v", b.Code, b.Header)
	}
	// The confirmation can be bookmarked; the draft's pages lead to it.
	b.Get(confirmation).Sees(200, "Ihr Antrag ist eingegangen")
	b.Get("/antrag/hundesteuer-anmeldung/halter").Sees(200, "Ihr Antrag ist eingegangen")
	// Nobody else sees it.
	h.Browser().Get(confirmation).Sees(200, "Wie möchten Sie sich anmelden?")
	h.Browser().SignIn("torhausen", "emeka-brandhorst", "hoch").Get(confirmation).Sees(404)
}

func TestEveryDemoFormCanBeSent(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	for form, c := range map[string]struct {
		answers
		level string // "" as a guest
		end   string
		files []apptest.File
	}{
		"hundesteuer-anmeldung": {dogs, "", "Ihr Antrag ist eingegangen", nil},
		"sperrgutabfuhr":        {bulky, "", "49,00", nil},
		"osterfeuer-anmeldung":  {bonfire, "", "Ihr Antrag ist eingegangen", []apptest.File{{Field: "einverstaendnis", Name: "ja.pdf", Body: pdf}}},
		"bewohnerparkausweis":   {parking, "substantiell", "120,00", []apptest.File{{Field: "fahrzeugschein", Name: "vorn.pdf", Body: pdf}}},
		"geburtsurkunde":        {birth, "substantiell", "22,00", nil},
	} {
		t.Run(form, func(t *testing.T) {
			b := h.Browser()
			if c.level != "" {
				b.SignIn("torhausen", "mareike-sandvoss", c.level)
			}
			begin(b, h, "torhausen", form)
			toCheck(t, b, c.answers, c.files...)
			send(b).Sees(200, c.end)
			sound(t, b)
		})
	}
}

func TestAnAddedQuestionIsAskedWithoutReproach(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "sperrgutabfuhr")
	fill(b, bulky)
	fill(b, bulky)
	without := maps.Clone(bulky)
	delete(without, "stellplatz_text")
	fill(b, without).Sees(200, "Zu Ihrer Antwort gehört noch eine Frage").Lacks("Bitte prüfen Sie")
	if b.URL.Fragment != "stellplatz_text" {
		t.Errorf("the focus goes to %q", b.URL.Fragment)
	}
	fill(b, without).Sees(422, "Bitte prüfen Sie eine Angabe")
}

func TestAWarningIsShownOnceAndThenPasses(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	fill(b, dogs)
	late := dogs.and("seit.tag", "1", "seit.monat", "9")
	fill(b, late).Sees(422, "Bitte sehen Sie eine Angabe noch einmal an", "Die Frist ist schon vorbei").Lacks("Fehler:")
	sound(t, b)
	fill(b, late).Sees(200, "Steuersatz und Befreiung")
}

func TestARepeatGroupIsFilledChangedAndEmptied(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	toPage(t, b, "/hunde", dogs).Sees(200, "Hund 1: Bello", "Möchten Sie noch einen Hund anmelden?")
	fill(b, typed()).Sees(422, "Bitte wählen Sie aus, ob Sie noch einen Hund anmelden möchten")
	sound(t, b)
	fill(b, typed("weitere", "ja")).Sees(200, "Hund 2")
	if back := b.Link("Zurück"); back != "/antrag/hundesteuer-anmeldung/hunde" {
		t.Errorf("the way back from a new entry leads to %s", back)
	}
	fill(b, dogs.and("name", "Luna"))
	toPage(t, b, "/hunde", dogs).Sees(200, "Hund 1: Bello", "Hund 2: Luna")
	f := page(b)
	b.Submit(f, url.Values{"entfernen": {"1"}}).Sees(200, "Hund 1: Luna").Lacks("Bello")
	b.Submit(page(b), url.Values{"entfernen": {"7"}}).Sees(422)
}

func TestUploadsAreListedRemovedAndServedToTheOwnerOnly(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "osterfeuer-anmeldung")
	toPage(t, b, "/einverstaendnis", bonfire).Sees(200, "Erlaubt: bis zu 2 Dateien (PDF, JPG, PNG, HEIC), jede bis 10 MB")
	b.Submit(page(b), url.Values{"_laden": {"1"}}, apptest.File{Field: "einverstaendnis", Name: "Brief März.pdf", Body: pdf}).Sees(200, "Brief-Maerz.pdf", "3 KB")
	if !strings.HasSuffix(b.URL.Path, "/einverstaendnis") {
		t.Errorf("uploading led to %s", b.URL)
	}
	file := b.Link("Brief-Maerz.pdf")
	foreign := h.Browser()
	foreign.SignIn("torhausen", "emeka-brandhorst", "hoch").Get(file).Sees(404)
	b.Submit(page(b), url.Values{"_laden": {"1"}}, apptest.File{Field: "einverstaendnis", Name: "b.pdf", Body: demotown.PDF(2000, 2)}).Sees(200, "b.pdf")
	b.Submit(page(b), url.Values{"_laden": {"1"}}, apptest.File{Field: "einverstaendnis", Name: "c.pdf", Body: demotown.PDF(2000, 3)}).Sees(422, "höchstens 2 Dateien")
	b.Get(file)
	if !bytes.Equal(b.Body, pdf) || b.Header.Get("Content-Security-Policy") != "sandbox; default-src 'none'" {
		t.Errorf("%d, %d bytes, %v", b.Code, len(b.Body), b.Header)
	}
	b.Get("/antrag/osterfeuer-anmeldung/einverstaendnis")
	id := file[strings.LastIndexByte(file, '/')+1:]
	b.Submit(page(b), url.Values{"einverstaendnis-entfernen": {id}}).Sees(200, "b.pdf").Lacks("Brief-Maerz.pdf")
	b.Get(file).Sees(404)
	// What is no document of an allowed kind is refused, whatever its name says.
	b.Get("/antrag/osterfeuer-anmeldung/einverstaendnis")
	b.Submit(page(b), url.Values{"_laden": {"1"}}, apptest.File{Field: "einverstaendnis", Name: "x.pdf", Body: []byte("MZ\x90\x00 program")}).Sees(422, "Format, das wir nicht annehmen", "b.pdf")
	sound(t, b)
	// Another way to hand the proof in.
	b.Submit(page(b), url.Values{"einverstaendnis-entfernen": {page(b).Buttons[0].Get("einverstaendnis-entfernen")}})
	b.Submit(page(b), url.Values{"einverstaendnis-statt": {"post"}}).Sees(200, "Abstände")
}

func TestTheExitPageSaysWhyNot(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "substantiell")
	begin(b, h, "torhausen", "bewohnerparkausweis")
	fill(b, typed("gemeldet", "nein")).Sees(200, "Einen Bewohnerparkausweis bekommen nur Bewohnerinnen und Bewohner", "Zurück zur Beschreibung")
	sound(t, b)
	b.Get("/antrag/bewohnerparkausweis/pruefen").Sees(200, "Einen Bewohnerparkausweis bekommen nur")
	b.Follow("Zurück").Sees(200, "Wohnen Sie im Bewohnerparkgebiet")
}

func TestAPostalCodeOfSeveralPlacesAsksWhichOne(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "sperrgutabfuhr")
	fill(b, bulky)
	fill(b, bulky)
	// A postal code that lies in several municipalities of the real list.
	several := bulky.and("abholadresse.plz", "25335", "abholadresse.ort", "Elms")
	fill(b, several).Sees(422, "gehören mehrere Orte")
	sound(t, b)
	p, _ := htmlcheck.Parse(bytes.NewReader(b.Body))
	if n := len(p.Find("select[name=abholadresse.ort] option")); n < 3 {
		t.Fatalf("%d places to choose from", n)
	}
	fill(b, several.and("abholadresse.ort", "Elmshorn")).Sees(200, "Wunschtermin")
}
