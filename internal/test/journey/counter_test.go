package journey_test

import (
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/test/apptest"
)

// receives has the Kasse find a case by its number and confirm that its money
// came at the counter.
func (p *person) receives(h *apptest.House, tenant, number, amount string) {
	p.t.Helper()
	p.Get(h.URLOf(tenant, "/verwaltung/zahlungen?q="+url.QueryEscape(strings.ToLower(number)))).Sees(http.StatusOK, number, "Eine Zahlung")
	p.Follow(number).Sees(http.StatusOK, "Zahlung ist auf anderem Weg eingegangen", amount)
	day := h.Clock.Now()
	p.verb("eingang", values("weg", "cash", "betrag", amount, "tag.tag", day.Format("2"), "tag.monat", day.Format("1"), "tag.jahr", day.Format("2006"), "beleg", "Q 2027/118"))
}

func TestWhoeverPaysAtTheCounterIsServed(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.SignIn("torhausen", "mareike-sandvoss", "basis")
		p.begin(h, "torhausen", "sperrgutabfuhr")
		p.bulky("Wiebke", "Ostermoor", "wiebke@postfach.example")
		p.send()
		p.Sees(http.StatusOK, "Ihr Antrag ist gespeichert", "41,00")
		pay := p.URL.String()
		n := number.FindString(p.Text())
		h.Drain()
		if dirs := parcels(t, h, "torhausen", n); len(dirs) != 0 {
			t.Fatalf("handed over before it was paid: %v", dirs)
		}

		clerk, kasse := newPerson(t, h), newPerson(t, h)
		clerk.SignInStaff("torhausen", "torhausen-baubetriebshof")
		clerk.Get(h.URLOf("torhausen", "/verwaltung/faelle")).Sees(http.StatusOK).Lacks(n)
		kasse.SignInStaff("torhausen", "torhausen-kasse")
		kasse.Get(h.URLOf("torhausen", "/verwaltung/zahlungen?forderung=offen")).Sees(http.StatusOK, n)
		kasse.receives(h, "torhausen", n, "41,00")
		kasse.Sees(http.StatusOK, "Der Eingang ist bestätigt", "Bar am Schalter", "Q 2027/118")
		kasse.Get(h.URLOf("torhausen", "/verwaltung/zahlungen?forderung=offen")).Sees(http.StatusOK).Lacks(n)
		h.Drain()

		// The unit has the case and the parcel, the person has it in the inbox.
		clerk.open(h, "torhausen", n)
		clerk.Sees(http.StatusOK, "Ostermoor", "Die Zahlung ist bei der Kasse eingegangen.")
		if files := parcels(t, h, "torhausen", n)["submitted"]; !slices.Contains(files, "antrag.json") || !slices.Contains(files, "antrag.pdf") {
			t.Errorf("handed over: %v", files)
		}
		p.Get(pay)
		p.received("Stadt Torhausen")
		p.Sees(http.StatusOK, "Ihre Zahlung über 41,00", "bei der Kasse eingegangen").Lacks("Jetzt bezahlen", "zahlen mit", "Demo-")
		p.Get(p.Link("Eingangsbestätigung herunterladen"))
		cmd := exec.CommandContext(t.Context(), "pdftotext", "-", "-") // poppler-utils: `make setup`
		cmd.Stdin = strings.NewReader(string(p.Body))
		out, err := cmd.Output()
		if text := strings.Join(strings.Fields(string(out)), " "); err != nil || !strings.Contains(text, "bei der Kasse eingegangen: bar am Schalter.") || !strings.Contains(text, n) {
			t.Errorf("the receipt: %v %.900s", err, text)
		}
		p.Get(h.URLOf("torhausen", "/postfach")).Sees(http.StatusOK, n)
		p.Follow("Sperr").Sees(http.StatusOK, "Ihre Zahlung ist am", "bei der Kasse eingegangen", "Ihre Zahlung ist bei der Kasse eingegangen. Ihr Antrag ist eingegangen.").Lacks("Jetzt bezahlen", "Q 2027/118")

		// Who goes to pay all the same is not let.
		p.Post(pay, values("anbieter", "demo-karte"))
		p.received("Stadt Torhausen")
		if got := count(t, h, `SELECT count(*) FROM ledger_entry WHERE account='forderung' AND amount<0`); got != 1 {
			t.Errorf("money came in %d times", got)
		}
		sound(t, h)
	})
}

// A guest stands at the bank's page, pays at the counter, and the bank takes the
// money as well: the case goes on once, and the Kasse is told to give it back.
func TestPaidAtTheCounterAndAtTheBank(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := ordered(t, h)
		n := number.FindString(p.Text())
		p.choosePayment("demo-karte")
		kasse := newPerson(t, h)
		kasse.SignInStaff("torhausen", "torhausen-kasse")
		kasse.receives(h, "torhausen", n, "41,00")
		kasse.Sees(http.StatusOK, "Der Eingang ist bestätigt")
		h.Drain()
		h.Working(func() { p.atBank("bezahlen") })
		p.received("Stadt Torhausen")
		bank(t, h, 10*time.Minute)
		kasse.Get(h.URLOf("torhausen", "/verwaltung/zahlungen?pruefen=ja")).Sees(http.StatusOK, n, "Das Geld ist zu erstatten")
		if got := count(t, h, `SELECT count(*) FROM ledger_entry WHERE account='forderung' AND amount<0`); got != 1 {
			t.Errorf("money came in %d times", got)
		}
		if got := count(t, h, `SELECT count(*) FROM case_event WHERE event IN ('pay','receive')`); got != 1 {
			t.Errorf("the case went on %d times", got)
		}
		if got := len(parcels(t, h, "torhausen", n)); got != 1 {
			t.Errorf("%d parcels", got)
		}
		sound(t, h)
	})
}
