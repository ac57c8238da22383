package citizen_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/errs"
	"stadttor/internal/test/apptest"
	"stadttor/internal/web/citizen"
)

// toPay sends a bulky waste order as far as the choice of methods.
func toPay(t *testing.T, b *apptest.Browser, h *apptest.House) *apptest.Browser {
	t.Helper()
	begin(b, h, "torhausen", "sperrgutabfuhr")
	toCheck(t, b, bulky).Sees(200, "Er kostet 49,00", "Abholung zahlungspflichtig bestellen")
	send(b).Sees(200, "Er geht ein, sobald 49,00", "Kreditkarte (Vorführung)", "Überweisung per Online-Banking (Vorführung)")
	sound(t, b)
	return b
}

// with hands over to a method.
func with(b *apptest.Browser, method string) *apptest.Browser {
	return b.Submit(b.Form(func(f apptest.Form) bool { return f.Values.Get("anbieter") == method }), nil)
}

// atBank presses a button of the demo bank.
func atBank(b *apptest.Browser, what string) *apptest.Browser {
	f := b.Form(func(f apptest.Form) bool {
		return f.Values.Get("wahl") == what || slices.ContainsFunc(f.Buttons, func(v url.Values) bool { return v.Get("wahl") == what })
	})
	return b.Submit(f, url.Values{"wahl": {what}})
}

func TestPaying(t *testing.T) {
	for name, c := range map[string]struct {
		at   string
		sees []string
	}{
		"paid: the application is received":         {"bezahlen", []string{"Ihr Antrag ist eingegangen", "Bezahlt: 49,00", "TOR-2026-"}},
		"refused: nothing is lost, once more":       {"fehlschlagen", []string{"Die Zahlung hat nicht geklappt", "Es wurde nichts abgebucht", "49,00 € zahlen"}},
		"broken off: nothing is lost, once more":    {"abbrechen", []string{"Die Zahlung wurde abgebrochen", "49,00 € zahlen"}},
		"under way: the person need not wait":       {"spaet", []string{"Die Zahlung ist noch nicht bestätigt", "Sie müssen nicht warten"}},
		"another amount: a human looks, not paid":   {"falscher-betrag", []string{"Diese Zahlung wird geprüft", "Zahlen Sie bitte nicht noch einmal"}},
		"told twice: received once":                 {"doppelt", []string{"Ihr Antrag ist eingegangen"}},
		"first refused, then paid: once more until": {"reihenfolge", []string{"Die Zahlung hat nicht geklappt"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := apptest.Start(t, "sqlite")
			b := toPay(t, h.Browser(), h)
			h.Working(func() { atBank(with(b, "demo-karte"), c.at) })
			b.Sees(200, c.sees...)
			sound(t, b)
		})
	}
}

func TestAFailedPaymentIsTriedAgainInAnotherWay(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := toPay(t, h.Browser(), h)
	h.Working(func() {
		atBank(with(b, "demo-karte"), "fehlschlagen").Sees(200, "Die Zahlung hat nicht geklappt")
		atBank(with(b, "demo-giro"), "bezahlen").Sees(200, "Ihr Antrag ist eingegangen")
	})
	// The old address leads to the confirmation; paying again is impossible.
	received := b.URL.Path
	b.Get("/antrag/sperrgutabfuhr").Sees(200)
	b.Get(received).Sees(200, "Bezahlt: 49,00")
}

func TestAPaymentBegunCanBeTakenUpOrGivenUp(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := toPay(t, h.Browser(), h)
	pay := b.URL.Path
	with(b, "demo-karte")
	b.Get(pay).Sees(200, "noch nicht bestätigt", "Sie haben eine Zahlung bei Kreditkarte (Vorführung) begonnen", "Zahlung fortsetzen")
	sound(t, b)
	h.Working(func() { atBank(with(b, "demo-giro"), "bezahlen").Sees(200, "Ihr Antrag ist eingegangen") })
	b.Get(pay).Sees(200, "Ihr Antrag ist eingegangen")
}

func TestWhatTheBrowserSaysIsNoPayment(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := toPay(t, h.Browser(), h)
	pay := b.URL.Path
	with(b, "demo-karte")
	b.Get(pay+"/zurueck?status=paid").Sees(200, "noch nicht bestätigt")
	b.Do(http.MethodPost, "/api/v1/zahlungen/demo-karte/"+strings.TrimPrefix(pay, "/bezahlung/"), strings.NewReader("status=paid"))
	if b.Code != http.StatusNoContent {
		t.Fatalf("a notice is answered with %d", b.Code)
	}
	b.Get(pay).Sees(200, "noch nicht bestätigt")
	b.Get("/antrag/sperrgutabfuhr/menge").Sees(200, "Ihr Antrag wartet auf die Zahlung", "Jetzt bezahlen").Lacks("Ihr Antrag ist eingegangen")
}

func TestAConfirmedPaymentThatIsNotBookedYetIsNotCalledReceived(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := toPay(t, h.Browser(), h)
	start := time.Now()
	atBank(with(b, "demo-karte"), "bezahlen") // no job runs
	b.Sees(200, "Ihre Zahlung ist bestätigt", "Stand neu laden").Lacks("Ihr Antrag ist eingegangen")
	sound(t, b)
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("the person waited %s", d)
	}
	h.Drain()
	b.Follow("Stand neu laden").Sees(200, "Ihr Antrag ist eingegangen")
}

func TestPaymentsBelongToWhoOwes(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := toPay(t, h.Browser(), h)
	guest := b.URL.String()
	// Another guest is asked to sign in: he may be a person whose session is over.
	other := h.Browser().Get(guest).Sees(200, "Wie möchten Sie sich anmelden?")
	other.SignIn("torhausen", "emeka-brandhorst", "hoch").Get(guest).Sees(404)
	other.Post(b.URL.Path, url.Values{"anbieter": {"demo-karte"}}).Sees(404)
	other.Get(guest + "/zurueck").Sees(404)
	p := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	toPay(t, p, h)
	other.Get(p.URL.String()).Sees(404)
	b.Get(p.URL.String()).Sees(200, "Wie möchten Sie sich anmelden?")
	// An unknown method and an address that is no payment.
	p.Post(p.URL.Path, url.Values{"anbieter": {"keiner"}}).Sees(404)
	p.Get("/bezahlung/unsinn").Sees(404)
	h.Browser().Get(h.URLOf("torhausen", "/bezahlung/unsinn")).Sees(404)
}

func TestPartnersOutsideAreReachedByAPageThatGoesOn(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	s := citizen.New(citizen.Config{Directory: h.Directory, Gate: h.Gate, Now: h.DB.Now})
	for to, want := range map[string]int{
		"/demo-bezahlen/x":                    http.StatusSeeOther,
		"https://zahlung.example/v?id=1&a=b":  http.StatusOK, // form-action 'self' forbids a redirect after a form
		"http://partner.localhost:9999/start": http.StatusOK,
		"http://zahlung.example/":             http.StatusServiceUnavailable,
		"javascript:alert(1)":                 http.StatusServiceUnavailable,
		"//zahlung.example/":                  http.StatusSeeOther, // SeeOther leads home
	} {
		r, err := h.Gate.Enter(httptest.NewRequest(http.MethodPost, "http://service.torhausen.localhost/bezahlung/x", nil))
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		got := http.StatusServiceUnavailable
		if err := citizen.Leave(s, w, r, to); err == nil {
			got = w.Code
		} else if !errs.Is(err, errs.KindUnavailable) {
			t.Errorf("%s: %v", to, err)
		}
		if got != want {
			t.Errorf("%s: %d, want %d", to, got, want)
		}
		if got == http.StatusOK && (w.Header().Get("Refresh") != "0; url="+to || !strings.Contains(w.Body.String(), "Weiter")) {
			t.Errorf("%s: %v", to, w.Header())
		}
		if l := w.Header().Get("Location"); strings.HasPrefix(l, "//") {
			t.Errorf("%s leads to %s", to, l)
		}
	}
}
