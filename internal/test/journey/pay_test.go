package journey_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/test/apptest"
)

// ordered sends a Sperrgut and stands before the choice of how to pay.
func ordered(t testing.TB, h *apptest.House) *person {
	t.Helper()
	p := newPerson(t, h)
	p.begin(h, "torhausen", "sperrgutabfuhr")
	p.bulky("Wiebke", "Ostermoor", "wiebke@postfach.example")
	p.send()
	p.Sees(http.StatusOK, "Ihr Antrag ist gespeichert", "41,00")
	return p
}

// bank lets the demo's bank send the notices that are due, and the jobs run.
func bank(t testing.TB, h *apptest.House, later time.Duration) {
	t.Helper()
	h.Clock.Advance(later)
	if err := h.Bank.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.Drain()
}

// number of rows that answer a question about the whole installation.
func count(t testing.TB, h *apptest.House, q string, args ...any) (n int) {
	t.Helper()
	for _, part := range h.DB.Partitions() {
		var some int
		if err := h.DB.View(context.Background(), db.Across(part, "a test counts"), func(tx *db.Tx) error {
			return tx.QueryRow(context.Background(), q, args...).Scan(&some)
		}); err != nil {
			t.Fatal(err)
		}
		n += some
	}
	return n
}

func TestPaidIsWhatTheBankConfirmsHoweverItBehaves(t *testing.T) {
	const received = "Ihr Antrag ist eingegangen"
	for _, c := range []struct {
		name, choice string
		at           string // what the person sees on coming back; "" if the browser stays at the bank
		later        []time.Duration
		then         string // what the person sees in the end
		bookings     int    // of money that came in
	}{
		{"paid at once", "bezahlen", received, []time.Duration{0}, received, 1},
		{"paid, told three times", "doppelt", received, []time.Duration{0, 3 * time.Second, time.Hour}, received, 1},
		{"paid, told half a minute late", "spaet", "noch nicht bestätigt", []time.Duration{10 * time.Second, 25 * time.Second}, received, 1},
		{"told failed, then paid", "reihenfolge", "Die Zahlung hat nicht geklappt", []time.Duration{time.Second, 6 * time.Second}, received, 1},
		{"paid, the browser never comes back", "ohne-rueckkehr", "", []time.Duration{3 * time.Second}, received, 1},
		{"paid, neither browser nor notice", "stumm", "", []time.Duration{70 * time.Second}, received, 1},
		{"another amount", "falscher-betrag", "Diese Zahlung wird geprüft", []time.Duration{time.Second, time.Hour}, "Diese Zahlung wird geprüft", 0},
		{"cancelled", "abbrechen", "Die Zahlung wurde abgebrochen", []time.Duration{time.Second, time.Hour}, "Die Zahlung wurde abgebrochen", 0},
		{"refused", "fehlschlagen", "Die Zahlung hat nicht geklappt", []time.Duration{time.Second, time.Hour}, "Die Zahlung hat nicht geklappt", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			apptest.Each(t, func(t *testing.T, h *apptest.House) {
				p := ordered(t, h)
				pay := p.URL.Path
				p.Get(pay+"/zurueck").Sees(http.StatusOK, "Ihr Antrag ist gespeichert") // coming back proves nothing
				p.choosePayment("demo-karte")
				h.Working(func() { p.atBank(c.choice) })
				if c.at == "" {
					p.Sees(http.StatusOK, "Demo-Bank")
				} else {
					p.Sees(http.StatusOK, c.at)
				}
				for _, d := range c.later {
					bank(t, h, d)
				}
				p.Get(pay).Sees(http.StatusOK, c.then)
				if c.then == received {
					p.received("Stadt Torhausen")
				} else {
					p.Lacks("eingegangen am", "Eingangsbestätigung")
				}
				if n := count(t, h, `SELECT count(*) FROM ledger_entry WHERE account='forderung' AND amount<0`); n != c.bookings {
					t.Errorf("money came in %d times, want %d", n, c.bookings)
				}
				if n := count(t, h, `SELECT count(*) FROM case_record WHERE state='submitted'`); n != c.bookings {
					t.Errorf("%d cases received, want %d", n, c.bookings)
				}
				sound(t, h)
			})
		})
	}
}

func TestAfterAFailureOneTriesAgainAnotherWay(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := ordered(t, h)
		p.choosePayment("demo-karte")
		p.atBank("abbrechen")
		p.Sees(http.StatusOK, "Die Zahlung wurde abgebrochen", "Es wurde nichts abgebucht")
		p.choosePayment("demo-karte")
		p.atBank("fehlschlagen")
		p.Sees(http.StatusOK, "Die Zahlung hat nicht geklappt")
		// A second window with the same page, opened before the payment.
		q := newPerson(t, h)
		q.Get(h.URLOf("torhausen", "/"))
		q.SetCookies(p.Cookies()...)
		q.Get(p.URL.String())
		p.choosePayment("demo-giro")
		h.Working(func() { p.atBank("bezahlen") })
		p.received("Stadt Torhausen")
		q.Submit(q.Form(func(f apptest.Form) bool { return f.Values.Get("anbieter") == "demo-karte" }), nil)
		q.received("Stadt Torhausen")
		bank(t, h, time.Hour)
		if n := count(t, h, `SELECT count(*) FROM ledger_entry WHERE account='forderung' AND amount<0`); n != 1 {
			t.Errorf("money came in %d times", n)
		}
		sound(t, h)
	})
}

// A notice says only which payment it speaks of: whoever sends one, as often
// and in whatever order, can make nothing paid.
func TestNoticesFromAnybodyProveNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := ordered(t, h)
		p.choosePayment("demo-karte")
		ref := strings.TrimPrefix(p.URL.Path, "/demo-bezahlen/")
		pay := regexp.MustCompile(`/bezahlung/[0-9a-z]+`)
		stranger := newPerson(t, h)
		for range 3 {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				stranger.Do(method, h.URLOf("torhausen", "/api/v1/zahlungen/demo-karte/"+ref+"?state=paid&amount=4100"), strings.NewReader(`{"state":"paid"}`), "Sec-Fetch-Site", "cross-site", "Content-Type", "application/json")
				if stranger.Code != http.StatusNoContent {
					t.Errorf("%s: %d", method, stranger.Code)
				}
			}
		}
		h.Drain()
		if n := count(t, h, `SELECT count(*) FROM case_record WHERE state='submitted'`); n != 0 {
			t.Error("received without money")
		}
		// Whoever tries references learns nothing of which there are.
		for _, path := range []string{"/api/v1/zahlungen/demo-karte/no-such-payment", "/api/v1/zahlungen/no-such-bank/" + ref} {
			if stranger.Get(path); stranger.Code != http.StatusNoContent {
				t.Errorf("%s: %d", path, stranger.Code)
			}
		}
		// Nor can a stranger look at the payment or go on with it.
		if path := pay.FindString(string(p.Body)); path != "" {
			stranger.Get(h.URLOf("torhausen", path)).Lacks("41,00")
		}
		p.atBank("abbrechen")
		stranger.Get(p.URL.String()).Sees(http.StatusOK, "Anmelden").Lacks("41,00")
		sound(t, h)
	})
}
