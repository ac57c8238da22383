package admin_test

import (
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/cases"
	"stadttor/internal/payments"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/web/ui/office/officetest"
)

// told makes the bank book something on a payment and tell it.
func told(t *testing.T, w *officetest.Town, sent cases.Submission, b paymentstest.Booking) {
	t.Helper()
	o, ok := w.Bank.Order(string(sent.Payment))
	if !ok {
		t.Fatal("the bank has no such order")
	}
	if err := w.Bank.Book(o.Ref, b); err != nil {
		t.Fatal(err)
	}
	if err := w.Payments.Notify(t.Context(), w.Torhausen.ID, "bank", string(sent.Payment)); err != nil {
		t.Fatal(err)
	}
}

func begun(t *testing.T, w *officetest.Town) cases.Submission {
	t.Helper()
	canarina := w.Person("canarina")
	sent := w.Owed(canarina)
	if _, err := w.Payments.Start(t.Context(), canarina, sent.Payment, "bank"); err != nil {
		t.Fatal(err)
	}
	return sent
}

func TestTheKasseLooksAtAPaymentAndSaysWhatItFound(t *testing.T) {
	w, _, _ := open(t)
	sent := begun(t, w)
	told(t, w, sent, paymentstest.Booking{State: payments.Paid, Amount: 2399, Currency: "EUR"})
	b := w.SignIn(w.Torhausen, "treasurer")
	path := "/verwaltung/zahlungen/" + string(sent.Payment)
	if a := b.Get("/verwaltung/zahlungen?pruefen=ja"); !a.Has("Der bestätigte Betrag weicht ab.") || !strings.Contains(a.Text(), path) {
		t.Fatal(a.Words())
	}
	a := b.Get(path)
	officetest.WellFormed(t, "flagged", a)
	if !a.Has(string(sent.Number), "24,00", "Der bestätigte Betrag weicht ab.", "Gemeldet: 23,99", "gilt deshalb nicht als bezahlt", "bank-000001", "Forderungen", "Was hat die Prüfung ergeben?", "von Hand gebucht") || a.Has("Bisherige Prüfungen") {
		t.Fatal(a.Words())
	}
	form := a.Form(path)
	a = b.Post(path, form)
	officetest.WellFormed(t, "nothing said", a)
	if a.Status != 422 || !a.Has("Wählen Sie aus, was Ihre Prüfung ergeben hat.", "Schreiben Sie kurz auf") {
		t.Fatal(a.Status, a.Words())
	}
	form.Set("ergebnis", "booked")
	form.Set("notiz", strings.Repeat("x", 501))
	if a = b.Post(path, form); a.Status != 422 || !a.Has("höchstens 500 Zeichen") || a.Value("ergebnis") != "booked" || len(a.Value("notiz")) != 501 {
		t.Fatal(a.Status, a.Words())
	}
	form.Set("notiz", "Mit der Bank <b>telefoniert</b>,\r\n1 Cent fehlt.")
	told(t, w, sent, paymentstest.Booking{State: payments.Paid, Amount: 2401, Currency: "EUR"})
	a = b.Post(path, form)
	officetest.WellFormed(t, "changed meanwhile", a)
	if a.Status != 409 || !a.Has("Inzwischen steht hier etwas anderes.", "Gemeldet: 24,01") || !strings.Contains(a.Value("notiz"), "1 Cent fehlt.") {
		t.Fatal(a.Status, a.Words())
	}
	form = a.Form(path)
	form.Set("ergebnis", "booked")
	for range 2 { // pressed twice
		if a = b.Post(path, form); a.Where != path+"?meldung=geprueft#inhalt" {
			t.Fatal(a.Status, a.Words())
		}
	}
	a = b.Get(path + "?meldung=geprueft")
	officetest.WellFormed(t, "cleared", a)
	if !a.Has("Die Prüfung ist vermerkt.", "Bisherige Prüfungen", "Eine Prüfung", "Zz treasurer", "Das Geld wurde von Hand gebucht.", "<b>telefoniert</b>", "Gemeldet: 24,01") || a.Has("Was hat die Prüfung ergeben?") || len(a.Form(path)) > 0 {
		t.Fatal(a.Words())
	}
	if a := b.Get("/verwaltung/zahlungen?pruefen=ja"); !a.Has("Keine Zahlungen.") {
		t.Error(a.Words())
	}
	log := w.SignIn(w.Torhausen, "auditor").Get("/verwaltung/protokoll")
	if !log.Has("Auffällige Zahlung als geprüft vermerkt", "amount>booked") || log.Has("telefoniert") {
		t.Error(log.Words())
	}
}

func TestKeptMoneyIsShownAsSettled(t *testing.T) {
	w, _, _ := open(t)
	sent := begun(t, w)
	canarina := w.Person("canarina")
	if err := w.Cases.Withdraw(t.Context(), canarina, cases.Proof{}, sent.Case); err != nil {
		t.Fatal(err)
	}
	told(t, w, sent, paymentstest.Booking{State: payments.Paid, Amount: 2400, Currency: "EUR"})
	b := w.SignIn(w.Torhausen, "treasurer")
	path := "/verwaltung/zahlungen/" + string(sent.Payment)
	a := b.Get(path)
	officetest.WellFormed(t, "kept", a)
	if !a.Has("Das Geld ist zu erstatten.", "werden 24,00", "Verwahrgeld (zu erstatten)") || a.Has("Außerhalb der Plattform geregelt") {
		t.Fatal(a.Words())
	}
	form := a.Form(path)
	form.Set("ergebnis", "returned")
	form.Set("notiz", "Überwiesen.")
	b.Post(path, form)
	a = b.Get(path)
	officetest.WellFormed(t, "settled", a)
	if !a.Has("Zahlung ohne Forderung geregelt", "Außerhalb der Plattform geregelt", "Aus dem Verwahrgeld gebucht: 24,00") {
		t.Fatal(a.Words())
	}
	a = b.Get("/verwaltung/zahlungen/buchungen?vorgang=" + string(sent.Case))
	if !a.Has("Verwahrgeld (zu erstatten) 0,00") {
		t.Fatal(a.Words())
	}
}

func TestTheKasseAsksTheProviderFromThePage(t *testing.T) {
	w, _, _ := open(t)
	sent := begun(t, w)
	b := w.SignIn(w.Torhausen, "treasurer")
	path := "/verwaltung/zahlungen/" + string(sent.Payment)
	o, _ := w.Bank.Order(string(sent.Payment))
	if err := w.Bank.Book(o.Ref, paymentstest.Booking{State: payments.Paid, Amount: 2400, Currency: "EUR"}); err != nil {
		t.Fatal(err)
	}
	w.Bank.Silence(true)
	a := b.Post(path+"/nachfragen", nil)
	officetest.WellFormed(t, "silent", a)
	if a.Status != 503 || !a.Has("antwortet gerade nicht", "Begonnen") {
		t.Fatal(a.Status, a.Words())
	}
	w.Bank.Silence(false)
	if a = b.Post(path+"/nachfragen", nil); a.Where != path+"?meldung=nachgefragt#inhalt" {
		t.Fatal(a.Status)
	}
	if a = b.Get(path + "?meldung=nachgefragt"); !a.Has("Der Zahlungsdienst hat geantwortet.", "Bezahlt") {
		t.Error(a.Words())
	}
}

func TestAPaymentIsClosedByItsOwnKasseOnly(t *testing.T) {
	w, _, _ := open(t)
	sent := begun(t, w)
	told(t, w, sent, paymentstest.Booking{State: payments.Paid, Amount: 2399, Currency: "EUR"})
	path := "/verwaltung/zahlungen/" + string(sent.Payment)
	form := url.Values{"anlass": {"amount"}, "nummer": {"1"}, "ergebnis": {"booked"}, "notiz": {"x"}}
	for name, c := range map[string]struct {
		b         *officetest.Browser
		get, post int
	}{
		"another authority's Kasse": {w.SignIn(w.Aulenried, "treasurer"), 404, 404},
		"an auditor reads":          {w.SignIn(w.Torhausen, "auditor"), 200, 403},
		"a lead of all units reads": {w.SignIn(w.Torhausen, "lead"), 200, 403},
		"a lead of one unit":        {w.SignIn(w.Torhausen, "ordnung-leitung"), 403, 403},
		"an administrator":          {w.SignIn(w.Torhausen, "administrator"), 403, 403},
		"nobody":                    {w.Browser(w.Torhausen), 303, 403},
	} {
		a := c.b.Get(path)
		if a.Status != c.get || c.get == 200 && (a.Has("Was hat die Prüfung ergeben?", "Beim Zahlungsdienst nachfragen") || !a.Has("Gemeldet: 23,99")) {
			t.Errorf("%s reads: %d", name, a.Status)
		}
		for _, to := range []string{path, path + "/nachfragen"} {
			if a := c.b.Post(to, form); a.Status != c.post {
				t.Errorf("%s posts: %d", name, a.Status)
			}
		}
	}
	if p, err := w.Payments.Get(t.Context(), w.Person("canarina"), sent.Payment); err != nil || p.Flag != payments.FlagAmount {
		t.Error(p.Flag, err)
	}
}
