package journey_test

import (
	"bytes"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/test/apptest"
)

// number finds a case number: sign of the tenant, year, number with check digit.
var number = regexp.MustCompile(`\b[A-Z]{3}-20[0-9]{2}-[0-9A-Z]{4}-[0-9A-Z]{4}\b`)

// received reads the case number on the confirmation.
func (p *person) received(tenant string) string {
	p.t.Helper()
	p.Sees(http.StatusOK, "Ihr Antrag ist eingegangen", tenant)
	n := number.FindString(p.Text())
	if n == "" {
		p.t.Fatalf("no case number: %.1500s", p.Text())
	}
	return n
}

// receipt loads the confirmation as a PDF.
func (p *person) receipt() {
	p.t.Helper()
	link := p.Link("Eingangsbestätigung herunterladen")
	where := p.URL.String()
	p.Get(link)
	if p.Code != http.StatusOK || p.Header.Get("Content-Type") != "application/pdf" || !bytes.HasPrefix(p.Body, []byte("%PDF-")) || !bytes.Contains(p.Body[len(p.Body)-16:], []byte("%%EOF")) {
		p.t.Fatalf("the receipt is no PDF: %d %s %.60q", p.Code, p.Header.Get("Content-Type"), p.Body)
	}
	p.Get(where)
}

func TestHundesteuerForTwoDogsWithMandate(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.Get(h.URLOf("torhausen", "/")).Sees(http.StatusOK, "Torhausen")
		p.Submit(p.Form(func(f apptest.Form) bool { return f.Action == "/suche" }), values("q", "Hund anmelden")).Sees(http.StatusOK)
		p.Follow("Hundesteuer").Sees(http.StatusOK)
		p.Get(p.linkTo("/antrag/hundesteuer-anmeldung")).Sees(http.StatusOK, "Hund zur Hundesteuer anmelden", "Rasse, Wurfdatum und Chipnummer", "brauchen Sie kein Konto")
		p.begin(h, "torhausen", "hundesteuer-anmeldung")
		p.dogs()
		p.answer("halter", who("Wiebke", "Ostermoor"))
		p.answer("anschrift", address("anschrift", "Gerbergraben", "14"))
		p.answer("kontakt", values("email", "wiebke@postfach.example"))
		p.answer("zahlweise", values("zahlweise", "lastschrift"))
		p.page("lastschrift")
		// A wrong check digit is found, and what was typed stays.
		p.Submit(p.main(), values("kontoinhaber", "Wiebke Ostermoor", "iban", "DE38 9990 0001 4200 0001 37", "mandat", "ja"))
		p.Sees(http.StatusUnprocessableEntity, "IBAN")
		if f := p.main(); f.Values.Get("kontoinhaber") != "Wiebke Ostermoor" || !strings.Contains(f.Values.Get("iban"), "DE38") || f.Values.Get("mandat") != "ja" {
			t.Errorf("lost on the page that came back: %v", f.Values)
		}
		p.answer("lastschrift", values("iban", "DE39 9990 0001 4200 0001 37"))
		p.page("steuer")
		p.Sees(http.StatusOK, "240,00") // 108 for the first, 132 for the second dog in Torhausen
		p.answer("steuer", nil)
		p.page("pruefen")
		p.Sees(http.StatusOK, "Bello", "Wotan", "240,00", "Wiebke", "Ostermoor")
		p.Submit(p.main(), nil).Sees(http.StatusUnprocessableEntity) // without the tick nothing is sent
		p.send()
		p.received("Stadt Torhausen")
		h.Drain()
		p.receipt()
		sound(t, h)
	})
}

func TestSperrgutWithComputedFeeAndWishDate(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.begin(h, "torhausen", "sperrgutabfuhr")
		// Too much for one collection: the sentence names the limit of Torhausen.
		p.Submit(p.main(), values("gegenstaende.sofa", "5")).Sees(http.StatusUnprocessableEntity, "Höchstens 6 Kubikmeter")
		p.bulky("Wiebke", "Ostermoor", "wiebke@postfach.example")
		p.Sees(http.StatusOK, "41,00", "12. Januar 2027", "Zufahrt nur von Norden.", "zahlungspflichtig")
		p.send()
		p.Sees(http.StatusOK, "41,00", "Kreditkarte", "Online-Banking")
		p.choosePayment("demo-karte")
		h.Working(func() { p.atBank("bezahlen") })
		p.received("Stadt Torhausen")
		p.Sees(http.StatusOK, "Bezahlt: 41,00")
		h.Drain()
		p.receipt()
		sound(t, h)
	})
}

func TestBewohnerparkausweisNeedsAStrongerSignInAndPapers(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.SignIn("torhausen", "mareike-sandvoss", "basis")
		p.form = "bewohnerparkausweis"
		p.Get(h.URLOf("torhausen", "/antrag/bewohnerparkausweis")).Sees(http.StatusOK, "substantiell")
		if slices.ContainsFunc(p.Forms(), func(f apptest.Form) bool { return f.Method == "POST" && f.Action == "/antrag/bewohnerparkausweis" }) {
			t.Error("a session at level Basis may begin")
		}
		p.Follow("Anmelden und beginnen").Sees(http.StatusOK, "sicherere Anmeldung").Choose("mareike-sandvoss", "substantiell")
		if p.URL.Path != "/antrag/bewohnerparkausweis" {
			t.Errorf("after the sign-in at %s", p.URL)
		}
		p.begin(h, "torhausen", "bewohnerparkausweis")
		paper := apptest.PDF("Zulassungsbescheinigung Teil I", "")
		p.parking(apptest.File{Field: "fahrzeugschein", Name: "Fahrzeugschein (beide Seiten).pdf", Body: paper})
		p.Sees(http.StatusOK, "Mareike", "MUL-MS 418", "120,00", "Fahrzeugschein", "Gerbergraben")
		p.send()
		p.Sees(http.StatusOK, "120,00")
		p.choosePayment("demo-giro")
		h.Working(func() { p.atBank("bezahlen") })
		n := p.received("Stadt Torhausen")
		h.Drain()
		p.receipt()
		p.Follow("Zum Vorgang").Sees(http.StatusOK, n, "MUL-MS 418", "Bezahlt", "Eingegangen")
		p.Follow("Fahrzeugschein")
		if p.Code != http.StatusOK || !bytes.Equal(p.Body, paper) {
			t.Errorf("the upload comes back changed: %d, %d bytes instead of %d", p.Code, len(p.Body), len(paper))
		}
		sound(t, h)
	})
}

func TestOsterfeuerKnowsEasterAndItsDeadline(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.begin(h, "torhausen", "osterfeuer-anmeldung")
		p.Submit(p.main(), values("datum.tag", "1", "datum.monat", "5", "datum.jahr", "2027")).Sees(http.StatusUnprocessableEntity, "28. März 2027")
		if p.main().Values.Get("datum.monat") != "5" {
			t.Error("the wrong day is gone")
		}
		p.fire(apptest.File{Field: "einverstaendnis", Name: "einverständnis.pdf", Body: apptest.PDF("Einverstanden", "")})
		p.Sees(http.StatusOK, "27. März 2027", "Wiese am Sportplatz", "Frist").Lacks("zahlungspflichtig")
		p.send()
		p.received("Stadt Torhausen")
		sound(t, h)
		// The deadline passes while the draft lies there: nothing can be sent
		// any more, and what was typed is still there.
		h.Clock.Set(time.Date(2027, 2, 25, 9, 0, 0, 0, time.UTC))
		q := newPerson(t, h)
		q.begin(h, "torhausen", "osterfeuer-anmeldung")
		q.fire(apptest.File{Field: "einverstaendnis", Name: "e.pdf", Body: apptest.PDF("Einverstanden", "")})
		h.Clock.Set(time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC))
		f, v := q.main(), q.declared()
		q.Submit(f, v)
		q.page("datum")
		q.Sees(http.StatusOK, "weniger als 21 Tage", "Wiese am Sportplatz")
		if q.main().Values.Get("datum.tag") != "27" {
			t.Error("the day is gone")
		}
	})
}

func TestGeburtsurkundeChargesByTheCopy(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.Get(h.URLOf("torhausen", "/antrag/geburtsurkunde")).Follow("Anmelden und beginnen").Choose("emeka-brandhorst", "substantiell")
		p.begin(h, "torhausen", "geburtsurkunde")
		p.birth("3")
		p.Sees(http.StatusOK, "29,00", "15,00", "14,00", "Uferstraße") // 15 for the first, 7 for each other
		p.send()
		p.Sees(http.StatusOK, "29,00")
		p.choosePayment("demo-karte")
		h.Working(func() { p.atBank("bezahlen") })
		p.received("Stadt Torhausen")
		// Born elsewhere: the page says who does it instead and asks for nothing more.
		p.begin(h, "torhausen", "geburtsurkunde")
		p.answer("geburtsort", values("hier_geboren", "nein"))
		p.page("anderes-standesamt")
		p.Sees(http.StatusOK, "Zuständig ist das Standesamt des Geburtsorts")
		p.Get("/antrag/geburtsurkunde/pruefen")
		p.page("anderes-standesamt")
		sound(t, h)
	})
}
