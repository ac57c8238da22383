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

// today is the day of receipt as one types it in the town of the tests.
func today(w *officetest.Town, form url.Values) {
	now := w.Clock.Now()
	form.Set("tag.tag", now.Format("2"))
	form.Set("tag.monat", now.Format("1"))
	form.Set("tag.jahr", now.Format("2006"))
}

func TestTheKasseFindsACaseByItsNumberAndReceivesItsMoney(t *testing.T) {
	w, _, _ := open(t)
	canarina := w.Person("canarina")
	sent, other := w.Owed(canarina), w.Owed(canarina)
	b := w.SignIn(w.Torhausen, "treasurer")
	path := "/verwaltung/zahlungen/" + string(sent.Payment)
	a := b.Get("/verwaltung/zahlungen?forderung=offen")
	officetest.WellFormed(t, "what is owed", a)
	if !a.Has(string(sent.Number), string(other.Number), "2 Zahlungen") {
		t.Fatal(a.Words())
	}
	typed := strings.ToLower(strings.ReplaceAll(string(sent.Number), "-", " "))
	if a = b.Get("/verwaltung/zahlungen?q=" + url.QueryEscape(typed)); !a.Has(string(sent.Number), "Eine Zahlung") || a.Has(string(other.Number)) || !strings.Contains(a.Text(), path) {
		t.Fatal(a.Words())
	}
	for _, q := range []string{string(sent.Number)[:12], "nichts", "\x00\xff", strings.Repeat("ü", 200)} {
		if a := b.Get("/verwaltung/zahlungen?q=" + url.QueryEscape(q)); a.Status != 200 || !a.Has("Zu dieser Nummer gibt es keine Zahlung.") {
			t.Errorf("%q: %d %s", q, a.Status, a.Words())
		}
	}

	a = b.Get(path)
	officetest.WellFormed(t, "owed", a)
	if !a.Has("Zahlung ist auf anderem Weg eingegangen", "Gefordert sind 24,00", "Belegnummer im Kassenverfahren", "Bar am Schalter") || a.Has("Beim Zahlungsdienst nachfragen", "Ein Versuch ist noch offen", "Eingang bei der Kasse") {
		t.Fatal(a.Words())
	}
	form := a.Form(path + "/eingang")
	a = b.Post(path+"/eingang", form)
	officetest.WellFormed(t, "nothing said", a)
	if a.Status != 422 || !a.Has("Wählen Sie aus, wie das Geld gekommen ist.", "Gefordert sind genau 24,00", "Geben Sie den Tag des Eingangs an", "unter der der Eingang in Ihrem Kassenverfahren steht") {
		t.Fatal(a.Status, a.Words())
	}
	form.Set("weg", "transfer")
	form.Set("betrag", "23,99")
	today(w, form)
	form.Set("tag.jahr", "2031")
	form.Set("beleg", "BK 2026/17")
	form.Set("vermerk", "Zweite <b>Überweisung</b>,\r\ndie erste kam zurück.")
	a = b.Post(path+"/eingang", form)
	officetest.WellFormed(t, "not so", a)
	if a.Status != 422 || !a.Has("Gefordert sind genau 24,00", "Der Tag liegt in der Zukunft.") || a.Has("Wählen Sie aus, wie") || a.Value("weg") != "transfer" || a.Value("betrag") != "23,99" || a.Value("tag.jahr") != "2031" || a.Value("beleg") != "BK 2026/17" || !strings.Contains(a.Value("vermerk"), "die erste kam zurück.") {
		t.Fatal(a.Status, a.Words())
	}
	for _, day := range []string{"31.2.2026", "0.1.2026", "1.13.2026", "x.1.2026", "1.1.26", "1.1.99999"} {
		p := strings.Split(day, ".")
		form.Set("tag.tag", p[0])
		form.Set("tag.monat", p[1])
		form.Set("tag.jahr", p[2])
		if a := b.Post(path+"/eingang", form); a.Status != 422 || !a.Has("Geben Sie den Tag des Eingangs an") {
			t.Errorf("%s: %d", day, a.Status)
		}
	}
	today(w, form)
	form.Set("betrag", "24,00 €")
	var at string
	for range 2 { // pressed twice
		if a = b.Post(path+"/eingang", form); !strings.HasSuffix(a.Where, "?meldung=eingegangen#inhalt") || at != "" && a.Where != at {
			t.Fatal(a.Status, a.Where, a.Words())
		}
		at = a.Where
	}
	a = b.Get(strings.TrimSuffix(at, "#inhalt"))
	officetest.WellFormed(t, "received", a)
	if !a.Has("Der Eingang ist bestätigt.", "Bezahlt", "Eingang bei der Kasse", "Überweisung auf ein Konto der Verwaltung", "BK 2026/17", "<b>Überweisung</b>", "Zz treasurer", "Kasse (Schalter und Konten)", "2 Versuche", "Abgebrochen") || a.Has("Zahlung ist auf anderem Weg eingegangen", "Beim Zahlungsdienst nachfragen") {
		t.Fatal(a.Words())
	}
	if a := b.Get(path); !a.Has("Eingang bei der Kasse", "BK 2026/17") || a.Has("Zahlung ist auf anderem Weg eingegangen") {
		t.Error(a.Words())
	}
	if a := b.Get("/verwaltung/zahlungen?forderung=offen"); !a.Has(string(other.Number), "Eine Zahlung") || a.Has(string(sent.Number)) {
		t.Error(a.Words())
	}
	if a := b.Get("/verwaltung/zahlungen?zustand=paid"); !a.Has(string(sent.Number), "Kasse") {
		t.Error(a.Words())
	}
	if a := b.Get("/verwaltung/zahlungen/buchungen?vorgang=" + string(sent.Case)); !a.Has("Forderungen 0,00", "Kasse (Schalter und Konten) 24,00") {
		t.Error(a.Words())
	}
	// The same number once more is shown where it stands.
	again := b.Get("/verwaltung/zahlungen/" + string(other.Payment)).Form("/verwaltung/zahlungen/" + string(other.Payment) + "/eingang")
	for name, v := range form {
		again[name] = v
	}
	a = b.Post("/verwaltung/zahlungen/"+string(other.Payment)+"/eingang", again)
	a = b.Get(strings.TrimSuffix(a.Where, "#inhalt"))
	officetest.WellFormed(t, "the same number twice", a)
	if !a.Has("Unter dieser Belegnummer steht noch eine weitere Zahlung.") || !strings.Contains(a.Text(), "/verwaltung/zahlungen?q=BK+2026%2F17") {
		t.Error(a.Words())
	}
	if a := b.Get("/verwaltung/zahlungen?q=BK+2026%2F17"); !a.Has("2 Zahlungen", string(sent.Number), string(other.Number)) {
		t.Error(a.Words())
	}
	w.Drain()
	if own, err := w.Cases.Read(t.Context(), canarina, cases.Proof{}, sent.Case); err != nil || own.State != cases.StateSubmitted {
		t.Error(own.State, err)
	}
	log := w.SignIn(w.Torhausen, "auditor").Get("/verwaltung/protokoll")
	if !log.Has("Zahlung bei der Kasse eingegangen", "transfer 24.00") || log.Has("kam zurück") {
		t.Error(log.Words())
	}
}

func TestTheKasseIsToldWhatHappenedMeanwhile(t *testing.T) {
	w, _, _ := open(t)
	canarina := w.Person("canarina")
	sent := begun(t, w)
	b := w.SignIn(w.Torhausen, "treasurer")
	path := "/verwaltung/zahlungen/" + string(sent.Payment)
	a := b.Get(path)
	officetest.WellFormed(t, "begun", a)
	if !a.Has("Ein Versuch ist noch offen", "Beim Zahlungsdienst nachfragen") {
		t.Fatal(a.Words())
	}
	form := a.Form(path + "/eingang")
	form.Set("weg", "cash")
	form.Set("betrag", "24")
	form.Set("beleg", "1")
	today(w, form)
	o, _ := w.Bank.Order(string(sent.Payment))
	if err := w.Bank.Book(o.Ref, paymentstest.Booking{State: payments.Paid, Amount: 2400, Currency: "EUR"}); err != nil {
		t.Fatal(err)
	}
	a = b.Post(path+"/eingang", form)
	officetest.WellFormed(t, "paid meanwhile", a)
	if a.Status != 409 || !a.Has("Diese Forderung ist inzwischen bezahlt.", "Bezahlt") || a.Has("Zahlung ist auf anderem Weg eingegangen") {
		t.Fatal(a.Status, a.Words())
	}
	gone := w.Owed(canarina)
	path = "/verwaltung/zahlungen/" + string(gone.Payment)
	if err := w.Cases.Withdraw(t.Context(), canarina, cases.Proof{}, gone.Case); err != nil {
		t.Fatal(err)
	}
	a = b.Post(path+"/eingang", form)
	officetest.WellFormed(t, "withdrawn meanwhile", a)
	if a.Status != 409 || !a.Has("Diese Forderung besteht nicht mehr", "Geben Sie das Geld zurück.") {
		t.Fatal(a.Status, a.Words())
	}
}

func TestMoneyIsReceivedByItsOwnKasseOnly(t *testing.T) {
	w, _, _ := open(t)
	sent := w.Owed(w.Person("canarina"))
	path := "/verwaltung/zahlungen/" + string(sent.Payment)
	form := url.Values{"weg": {"cash"}, "betrag": {"24,00"}, "beleg": {"1"}}
	today(w, form)
	for name, c := range map[string]struct {
		b         *officetest.Browser
		get, post int
	}{
		"another authority's Kasse": {w.SignIn(w.Aulenried, "treasurer"), 404, 404},
		"an auditor reads":          {w.SignIn(w.Torhausen, "auditor"), 200, 403},
		"a lead of all units reads": {w.SignIn(w.Torhausen, "lead"), 200, 403},
		"a lead of one unit":        {w.SignIn(w.Torhausen, "ordnung-leitung"), 403, 403},
		"a caseworker":              {w.SignIn(w.Torhausen, "ordnung"), 403, 403},
		"an administrator":          {w.SignIn(w.Torhausen, "administrator"), 403, 403},
		"nobody":                    {w.Browser(w.Torhausen), 303, 403},
	} {
		if a := c.b.Get(path); a.Status != c.get || c.get == 200 && a.Has("Zahlung ist auf anderem Weg eingegangen") {
			t.Errorf("%s reads: %d", name, a.Status)
		}
		if a := c.b.Post(path+"/eingang", form); a.Status != c.post {
			t.Errorf("%s posts: %d", name, a.Status)
		}
	}
	if p, err := w.Payments.Get(t.Context(), w.Person("canarina"), sent.Payment); err != nil || p.State != payments.Open {
		t.Error(p.State, err)
	}
}
