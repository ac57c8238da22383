package admin_test

import (
	"strings"
	"testing"

	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/mail"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui/office/officetest"
)

func TestEveryListIsAWholePageEvenWhenEmpty(t *testing.T) {
	w, _, _ := open(t)
	for role, paths := range map[string][]string{
		"administrator": {"/verwaltung/leistungen", "/verwaltung/leistungen/gartenfest", "/verwaltung/portal", "/verwaltung/parameter", "/verwaltung/parameter/gartenfest", "/verwaltung/personal", "/verwaltung/auftraege", "/verwaltung/uebergaben", "/verwaltung/postausgang"},
		"treasurer":     {"/verwaltung/zahlungen", "/verwaltung/zahlungen/buchungen"},
		"auditor":       {"/verwaltung/protokoll"},
	} {
		b := w.SignIn(w.Aulenried, role)
		for _, p := range paths {
			a := b.Get(p)
			if a.Status != 200 {
				t.Errorf("%s: %d", p, a.Status)
			}
			officetest.WellFormed(t, p, a)
		}
	}
}

func TestTheLogShowsWhoDidWhatInOnesOwnAuthority(t *testing.T) {
	w, _, _ := open(t)
	sent := w.Sent(w.Torhausen, w.Person("canarina"))
	w.Drain()
	auditor := w.SignIn(w.Torhausen, "auditor")
	a := auditor.Get("/verwaltung/protokoll")
	officetest.WellFormed(t, "log", a)
	if !a.Has("Antrag abgesendet", "Zz auditor", "Angemeldet", "Übergabe versucht", "Person …") || strings.Contains(a.Text(), "Kanarienvogel") {
		t.Fatal(a.Words())
	}
	if !strings.Contains(a.Text(), string(sent.Case)) {
		t.Error("the case is not named")
	}
	if a := w.SignIn(w.Aulenried, "auditor").Get("/verwaltung/protokoll"); a.Has("Antrag abgesendet") || strings.Contains(a.Text(), string(sent.Case)) {
		t.Error("another authority's log")
	}
	for range 110 {
		w.SignIn(w.Torhausen, "auditor")
	}
	a = auditor.Get("/verwaltung/protokoll")
	if a.Has("Antrag abgesendet") || !a.Has("Ältere anzeigen") {
		t.Fatal("the log is not cut into pages")
	}
	for older := ""; !a.Has("Antrag abgesendet"); a = auditor.Get(older) {
		_, rest, ok := strings.Cut(a.Text(), `href="/verwaltung/protokoll?vor=`)
		if !ok {
			t.Fatal("no way to the older entries")
		}
		n, _, _ := strings.Cut(rest, `"`)
		older = "/verwaltung/protokoll?vor=" + n
	}
}

func TestJobsSayWhyAndStartAgain(t *testing.T) {
	w, _, _ := open(t)
	w.Partner.Fail(true)
	w.Sent(w.Torhausen, w.Person("canarina"))
	w.Drain()
	b := w.SignIn(w.Torhausen, "administrator")
	a := b.Get("/verwaltung/auftraege?zustand=waiting")
	officetest.WellFormed(t, "jobs", a)
	if !a.Has("Übergabe an das Fachverfahren", "partner is down", "Wartet: 1", "Jetzt noch einmal") {
		t.Fatal(a.Words())
	}
	path := retryPath(t, a)
	w.Partner.Fail(false)
	if a := w.SignIn(w.Torhausen, "auditor").Post(path, nil); a.Status != 403 {
		t.Error("an auditor may look, not act", a.Status)
	}
	if a := w.SignIn(w.Aulenried, "administrator").Post(path, nil); a.Status != 404 {
		t.Error("a job of another authority", a.Status)
	}
	if a := b.Post(path, nil); a.Where != "/verwaltung/auftraege?meldung=auftrag-wiederholt#inhalt" {
		t.Fatal(a.Status)
	}
	w.Drain()
	if w.Partner.Got() != 1 {
		t.Error("it did not run again")
	}
	a = b.Post(path, nil)
	officetest.WellFormed(t, "done already", a)
	if a.Status != 409 || !a.Has("Dieser Auftrag läuft gerade oder ist schon erledigt.") {
		t.Error(a.Status)
	}
	if a := b.Get("/verwaltung/auftraege"); !a.Has("Wartet: 0") {
		t.Error(a.Words())
	}
}

func retryPath(t *testing.T, a officetest.Answer) string {
	t.Helper()
	for _, part := range strings.Split(a.Text(), `"`) {
		if strings.HasSuffix(part, "/wiederholen") {
			return part
		}
	}
	t.Fatal("no button")
	return ""
}

func TestTheKasseSeesPaymentsAndBothSidesOfTheLedger(t *testing.T) {
	w, _, _ := open(t)
	canarina := w.Person("canarina")
	sent := w.Owed(canarina)
	if _, err := w.Payments.Start(t.Context(), canarina, sent.Payment, "bank"); err != nil {
		t.Fatal(err)
	}
	p, err := w.Payments.Get(t.Context(), canarina, sent.Payment)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Bank.Book(p.Ref, paymentstest.Booking{State: "paid", Amount: p.Amount, Currency: "EUR"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Payments.Return(t.Context(), canarina, sent.Payment); err != nil {
		t.Fatal(err)
	}
	b := w.SignIn(w.Torhausen, "treasurer")
	a := b.Get("/verwaltung/zahlungen?zustand=paid")
	officetest.WellFormed(t, "payments", a)
	if !a.Has("24,00", "Bezahlt", string(sent.Number)) {
		t.Fatal(a.Words())
	}
	if a := b.Get("/verwaltung/zahlungen?zustand=open"); a.Has("24,00") {
		t.Error("the filter by state")
	}
	if a := b.Get("/verwaltung/zahlungen?pruefen=ja"); a.Has("24,00") {
		t.Error("the filter by flag")
	}
	a = b.Get("/verwaltung/zahlungen/buchungen?vorgang=" + string(sent.Case))
	officetest.WellFormed(t, "ledger", a)
	if !a.Has("4 Zeilen", "Forderungen 0,00", "Verrechnung bank 24,00", "Erträge -24,00", "Soll", "Haben") && !a.Has("4 Zeilen", "Forderungen 0,00", "Verrechnung bank 24,00", "Erträge −24,00") {
		t.Fatal(a.Words())
	}
	for name, a := range map[string]officetest.Answer{
		"another authority's Kasse":          w.SignIn(w.Aulenried, "treasurer").Get("/verwaltung/zahlungen"),
		"another authority's ledger":         w.SignIn(w.Aulenried, "treasurer").Get("/verwaltung/zahlungen/buchungen?vorgang=" + string(sent.Case)),
		"a lead of one unit sees no payment": w.SignIn(w.Torhausen, "ordnung-leitung").Get("/verwaltung/zahlungen"),
	} {
		if a.Has("24,00") {
			t.Error(name)
		}
	}
}

func TestDeliveriesAreListedByState(t *testing.T) {
	w, _, _ := open(t)
	sent := w.Sent(w.Torhausen, w.Person("canarina"))
	w.Drain()
	b := w.SignIn(w.Torhausen, "administrator")
	a := b.Get("/verwaltung/uebergaben?zustand=delivered")
	officetest.WellFormed(t, "deliveries", a)
	if !a.Has(string(sent.Number), "Antrag mit Anlagen", "partner", "eingang-1") || strings.Contains(a.Text(), "/verwaltung/faelle/") {
		t.Fatal(a.Words())
	}
	if a := b.Get("/verwaltung/uebergaben?zustand=failed"); a.Has(string(sent.Number)) {
		t.Error("the filter")
	}
	if a := w.SignIn(w.Aulenried, "administrator").Get("/verwaltung/uebergaben"); a.Has(string(sent.Number)) {
		t.Error("another authority's deliveries")
	}
}

func TestMailsOfTheDemonstrationCanBeRead(t *testing.T) {
	w, _, out := open(t)
	server, err := out.Server("post@stadttor.example")
	if err != nil {
		t.Fatal(err)
	}
	post := mail.New(mail.Config{DB: w.DB, Directory: w.Directory, Server: server, BaseURL: func(ident.TenantID) string { return "https://service.torhausen.example" }})
	post.Register(w.Jobs)
	if err := w.DB.InTx(t.Context(), w.Torhausen.Scope(), func(tx *db.Tx) error {
		return post.Queue(t.Context(), tx, mail.Message{Template: mail.Inbox, To: pii.New("canarina@postfach.example"), Lang: "de", Key: "test"})
	}); err != nil {
		t.Fatal(err)
	}
	w.Drain()
	b := w.SignIn(w.Torhausen, "administrator")
	a := b.Get("/verwaltung/postausgang")
	officetest.WellFormed(t, "outbox", a)
	kept := out.List()
	if len(kept) != 1 || !a.Has("Eine E-Mail", "canarina@postfach.example", kept[0].Subject) {
		t.Fatal(len(kept), a.Words())
	}
	a = b.Get("/verwaltung/postausgang/" + kept[0].ID)
	officetest.WellFormed(t, "mail", a)
	if a.Status != 200 || !a.Has(kept[0].Subject, "canarina@postfach.example", "Rohfassung") {
		t.Fatal(a.Words())
	}
	if a := b.Get("/verwaltung/postausgang/nichts"); a.Status != 404 {
		t.Error(a.Status)
	}
}
