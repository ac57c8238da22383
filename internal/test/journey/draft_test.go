package journey_test

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/test/apptest"
)

// begun starts the Hundesteuer and answers its first two pages.
func (p *person) begun(h *apptest.House, tenant string) {
	p.t.Helper()
	p.begin(h, tenant, "hundesteuer-anmeldung")
	p.answer("bisher", values("bisherige_hunde", "0"))
	p.answer("hunde/1", dog("Bello", "Labrador-Mix", "276098100000001"))
	p.page("hunde/1/2")
}

func (p *person) signOut() {
	p.t.Helper()
	p.Submit(p.Form(func(f apptest.Form) bool { return f.Action == "/abmelden" }), nil).Sees(http.StatusOK, "Sie sind abgemeldet")
}

func TestADraftWaitsInTheAccountOnEveryDeviceAndPortal(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.SignIn("torhausen", "mareike-sandvoss", "basis")
		p.begun(h, "torhausen")
		p.Get("/konto").Sees(http.StatusOK, "Mareike", "Hund zur Hundesteuer anmelden")
		p.signOut()
		p.Get("/antrag/hundesteuer-anmeldung/hunde/1").Lacks("Bello")
		h.Restart()
		// Another device, another portal of the Kreis, the day after.
		h.Clock.Advance(24 * time.Hour)
		q := newPerson(t, h)
		q.form = "hundesteuer-anmeldung"
		q.SignIn("lindenbrueck", "mareike-sandvoss", "basis")
		q.Get("/konto").Sees(http.StatusOK, "Hund zur Hundesteuer anmelden", "Stadt Torhausen")
		q.Follow("Weiter ausfüllen")
		// The session belongs to Lindenbrück; Torhausen learns of the sign-in from the
		// account host and goes on at the same place, without a question.
		q.page("hunde/1/2")
		q.Get("/antrag/hundesteuer-anmeldung/hunde/1")
		if f := q.main(); f.Values.Get("name") != "Bello" || f.Values.Get("seit.monat") != "11" || f.Values.Get("chip") != "276098100000001" {
			t.Errorf("the draft has lost answers: %v", f.Values)
		}
		// Somebody else sees nothing of it.
		r := newPerson(t, h)
		r.SignIn("torhausen", "emeka-brandhorst", "basis")
		r.Get("/konto").Sees(http.StatusOK).Lacks("Hund zur Hundesteuer anmelden")
		r.Get(h.URLOf("torhausen", q.URL.RequestURI())).Lacks("Bello")
		sound(t, h)
	})
}

func TestASessionThatEndedWhileTypingLosesNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.SignIn("torhausen", "mareike-sandvoss", "basis")
		p.begun(h, "torhausen")
		p.more("hunde/1/2", values("gefaehrlich", "nein"), "assistenzhund")
		p.answer("hunde/1/2", values("assistenzhund", "nein"))
		p.answer("hunde", values("weitere", "nein"))
		p.page("halter")
		h.Clock.Advance(61 * time.Minute)
		p.Submit(p.main(), who("Tollkirsche", "Ostermoor"))
		p.Sees(http.StatusForbidden, "Ihre Anmeldung ist abgelaufen")
		kept := p.main()
		if kept.Values.Get("vorname") != "Tollkirsche" || kept.Values.Get("geburtsdatum.jahr") != "1985" {
			t.Fatalf("not kept: %v", kept.Values)
		}
		// Pressed before signing in: the same page once more, nothing lost.
		p.Submit(kept, nil).Sees(http.StatusForbidden, "Ihre Anmeldung ist abgelaufen")
		kept = p.main()
		// In a second tab of the same browser.
		p.Follow("In einem neuen Tab wieder anmelden").Sees(http.StatusOK).Choose("mareike-sandvoss", "basis")
		p.Sees(http.StatusOK, "Sie sind wieder angemeldet")
		p.Submit(kept, nil).Sees(http.StatusOK)
		p.page("anschrift")
		p.Get("/antrag/hundesteuer-anmeldung/halter")
		if v := p.main().Values; v.Get("vorname") != "Tollkirsche" || v.Get("familienname") != "Ostermoor" {
			t.Errorf("not saved after all: %v", v)
		}
		sound(t, h)
	})
}

func TestAGuestGoesOnWithTheSecretLinkUploadsIncluded(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.begin(h, "torhausen", "osterfeuer-anmeldung")
		p.answer("datum", values("datum.tag", "27", "datum.monat", "3", "datum.jahr", "2027"))
		p.answer("zeit", values("beginn", "18:30", "ende", "23:00", "gaeste", "120"))
		p.more("ort", values("ort_art", "beschreibung", "grundstueck", "fremd"), "ort_beschreibung")
		p.answer("ort", values("ort_beschreibung", "Wiese am Sportplatz, Zufahrt über den Feldweg"))
		paper := apptest.PDF("Einverstanden", "")
		p.answer("einverstaendnis", nil, apptest.File{Field: "einverstaendnis", Name: "einverständnis.pdf", Body: paper})
		// Stop here: what is typed on the page is kept, complete or not.
		p.page("abstaende")
		f := p.main()
		v := values("meter_gebaeude", "160", "meter_wald", "", "_spaeter", "1")
		p.Submit(f, v).Sees(http.StatusOK, "Ihre Angaben sind gespeichert", "Link zum Weitermachen")
		link := secretLink(p)
		h.Restart()

		q := newPerson(t, h)
		q.form = "osterfeuer-anmeldung"
		q.Get(link).Sees(http.StatusOK)
		if strings.Contains(q.URL.String(), "fortsetzen") {
			t.Errorf("the secret stays in the address: %s", q.URL)
		}
		q.page("abstaende")
		if q.main().Values.Get("meter_gebaeude") != "160" {
			t.Errorf("typed and lost: %v", q.main().Values)
		}
		q.Get("/antrag/osterfeuer-anmeldung/einverstaendnis").Sees(http.StatusOK, "einverst")
		q.Follow("einverst")
		if q.Code != http.StatusOK || !bytes.Equal(q.Body, paper) {
			t.Errorf("upload on the second device: %d, %d bytes", q.Code, len(q.Body))
		}
		// Both devices go on: neither overwrites the other.
		q.Get("/antrag/osterfeuer-anmeldung/abstaende")
		q.answer("abstaende", values("meter_wald", "220", "meter_strasse", "125", "hoehe", "2,5"))
		p.Get(h.URLOf("torhausen", "/antrag/osterfeuer-anmeldung/zeit"))
		p.answer("zeit", values("gaeste", "80"))
		q.Get("/antrag/osterfeuer-anmeldung/zeit")
		if q.main().Values.Get("gaeste") != "80" {
			t.Error("the second device does not see what the first one saved")
		}
		p.Get("/antrag/osterfeuer-anmeldung/abstaende")
		if p.main().Values.Get("hoehe") != "2,5" {
			t.Errorf("the first device does not see what the second one saved: %v", p.main().Values)
		}
		// A stranger with the same address, but without the link.
		r := newPerson(t, h)
		r.Get(h.URLOf("torhausen", "/antrag/osterfeuer-anmeldung/abstaende")).Sees(http.StatusOK).Lacks("160", "Sportplatz")
		// The link opens its draft at the portal where it was made, nowhere else.
		elsewhere, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		s := newPerson(t, h)
		s.Get(h.URLOf("nordhafen", elsewhere.Path)).Sees(http.StatusNotFound).Lacks("Sportplatz")
		if strings.Contains(h.Log.String(), elsewhere.Path[strings.LastIndex(elsewhere.Path, "-")+1:]) {
			t.Error("the secret stands in the log")
		}
		sound(t, h)
	})
}

// secretLink reads the guest's link on the page about the draft.
func secretLink(p *person) string {
	p.t.Helper()
	for _, word := range strings.Fields(p.Text()) {
		if strings.Contains(word, "/antrag/fortsetzen/") {
			return word
		}
	}
	for _, f := range p.Forms() {
		for _, list := range f.Values {
			if i := slices.IndexFunc(list, func(s string) bool { return strings.Contains(s, "/antrag/fortsetzen/") }); i >= 0 {
				return list[i]
			}
		}
	}
	for _, l := range p.Links() {
		if strings.Contains(l, "/antrag/fortsetzen/") {
			return l
		}
	}
	if i := strings.Index(string(p.Body), "http://"); i >= 0 {
		for _, s := range strings.FieldsFunc(string(p.Body), func(r rune) bool { return strings.ContainsRune(`"<> `, r) }) {
			if strings.Contains(s, "/antrag/fortsetzen/") {
				return s
			}
		}
	}
	p.t.Fatalf("no link to go on with: %.2000s", p.Text())
	return ""
}

func TestAGuestTakesTheDraftIntoTheAccount(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.begun(h, "torhausen")
		p.Submit(p.main(), values("_spaeter", "1")).Sees(http.StatusOK)
		link := secretLink(p)
		p.Follow("Anmelden und im Konto speichern").Choose("mareike-sandvoss", "basis")
		p.Sees(http.StatusOK, "liegt in Ihrem Konto")
		p.Get("/konto").Sees(http.StatusOK, "Hund zur Hundesteuer anmelden")
		// The link of the guest opens nothing any more.
		q := newPerson(t, h)
		q.Get(link).Sees(http.StatusNotFound).Lacks("Bello")
		// Deleting it leaves nothing.
		p.Follow("Entwurf verwalten").Sees(http.StatusOK)
		p.Submit(p.Form(func(f apptest.Form) bool { return f.Values.Get("aktion") == "loeschen" }), nil).Sees(http.StatusOK, "Der Entwurf ist gelöscht")
		p.Get("/konto").Lacks("Hund zur Hundesteuer anmelden")
		sound(t, h)
	})
}

func TestSendingTwiceSendsOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.SignIn("torhausen", "mareike-sandvoss", "basis")
		p.begin(h, "torhausen", "hundesteuer-anmeldung")
		p.dogTax("Wiebke", "Ostermoor", "wiebke@postfach.example")
		f, v := p.main(), p.declared()
		// Four tabs of one browser press the button at once.
		var wg sync.WaitGroup
		tabs := make([]*person, 4)
		for i := range tabs {
			tabs[i] = newPerson(t, h)
			tabs[i].Get(p.URL.String())
			tabs[i].SetCookies(p.Cookies()...)
		}
		for _, tab := range tabs {
			wg.Go(func() { tab.Submit(f, v) })
		}
		wg.Wait()
		numbers := map[string]int{}
		for _, tab := range tabs {
			numbers[tab.received("Stadt Torhausen")]++
		}
		p.Submit(f, v)
		numbers[p.received("Stadt Torhausen")]++
		if len(numbers) != 1 {
			t.Errorf("one application became %v", numbers)
		}
		p.Get("/postfach").Sees(http.StatusOK)
		if n := len(number.FindAllString(p.Text(), -1)); n != 1 {
			t.Errorf("%d cases in the inbox: %.1500s", n, p.Text())
		}
		// "Zurück" in the browser, then the button once more with another key.
		stale := url.Values{}
		for k, x := range f.Values {
			stale[k] = x
		}
		stale.Set("_schluessel", strings.Repeat("a", 32))
		stale.Set("erklaerung", "ja")
		p.Post(f.Action, stale)
		p.received("Stadt Torhausen")
		sound(t, h)
	})
}

func TestAnAnswerChangedInAnotherTabIsShownBeforeSending(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.begin(h, "torhausen", "hundesteuer-anmeldung")
		p.dogTax("Wiebke", "Ostermoor", "wiebke@postfach.example")
		f, v := p.main(), p.declared()
		q := newPerson(t, h)
		q.form = p.form
		q.Get(p.URL.String())
		q.SetCookies(p.Cookies()...)
		q.Get("/antrag/hundesteuer-anmeldung/bisher")
		q.answer("bisher", values("bisherige_hunde", "1"))
		p.Submit(f, v).Sees(http.StatusConflict, "Die Angaben haben sich geändert", "288,00") // 132 and 156
		p.send()
		p.received("Stadt Torhausen")
		sound(t, h)
	})
}
