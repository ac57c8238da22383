package staff_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/cases"
	"stadttor/internal/ident"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui/office/officetest"
)

func at(id ident.CaseID) string { return "/verwaltung/faelle/" + string(id) }

// The whole way of a case through the desk: found, claimed, asked, answered,
// decided with a letter, closed; the applicant reads what was written.
func TestACaseFromTheWorklistToTheDecision(t *testing.T) {
	w := open(t)
	canarina := w.Person("canarina")
	sent := w.Sent(w.Torhausen, canarina)
	w.Drain()
	b := w.SignIn(w.Torhausen, "ordnung")

	a := b.Get("/verwaltung")
	officetest.WellFormed(t, "first page", a)
	if !a.Has("Guten Tag, Zz ordnung", "Neu eingegangen", "Vorgänge") || a.Has("Portal Farben") {
		t.Error(a.Words())
	}
	a = b.Get("/verwaltung/faelle?zustand=submitted")
	officetest.WellFormed(t, "worklist", a)
	if !a.Has("Ein Vorgang", string(sent.Number), "Canarina Kanarienvogel", "Gartenfest anmelden", "Ordnungsamt", "frei") {
		t.Fatal(a.Words())
	}

	page := at(sent.Case)
	a = b.Get(page)
	officetest.WellFormed(t, "case", a)
	if a.Status != 200 || !a.Has("Zahl der Gäste", "40", "Plan-fuer-Sued.pdf", "Eingegangen", "Vorgang übernehmen", "Der Antrag ist eingegangen.", "Antrag mit Anlagen", "Übergeben") {
		t.Fatal(a.Status, a.Words())
	}
	if a := b.Get(page + "/entscheidung"); a.Status != 409 || !a.Has("Übernehmen Sie den Vorgang") {
		t.Error("decided without a claim", a.Status)
	}
	if a := b.Post(page+"/uebernehmen", nil); a.Where != page+"?meldung=uebernommen#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	if a := b.Get(page + "?meldung=uebernommen"); !a.Has("Sie bearbeiten jetzt diesen Vorgang.", "In Bearbeitung", "Der Vorgang wurde übernommen.") {
		t.Error(a.Words())
	}

	if a := b.Post(page+"/vermerk", url.Values{"text": {"Anruf\nim Rathaus <b>heute</b>"}}); a.Status != 303 {
		t.Fatal(a.Words())
	}
	if a := b.Post(page+"/rueckfrage", url.Values{"text": {"Wie laut wird es?"}}); a.Where != page+"?meldung=gefragt#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	own, err := w.Cases.Inbox(t.Context(), canarina)
	if err != nil || len(own.Cases) != 1 || !own.Cases[0].Asked {
		t.Fatal(own, err)
	}
	if err := w.Cases.Reply(t.Context(), canarina, cases.Proof{}, sent.Case, "Leise.", nil); err != nil {
		t.Fatal(err)
	}
	a = b.Get(page)
	officetest.WellFormed(t, "case with messages", a)
	if !a.Has("Wie laut wird es?", "Leise.", "Rathaus <b>heute</b>", "Noch nicht gelesen") {
		t.Fatal(a.Words())
	}

	a = b.Get(page + "/entscheidung?ergebnis=approved")
	officetest.WellFormed(t, "decision", a)
	if a.Status != 200 || a.Value("ergebnis") != "approved" || a.Value("text") != cases.DecisionTemplate(cases.Approve) || a.Value("unterschrift") != "Zz ordnung" || !a.Has("{{Anrede}}") {
		t.Fatal(a.Status, a.Words())
	}
	form := a.Form(page + "/entscheidung")
	form.Set("begruendung", "Der Garten ist groß genug.")
	a = b.Post(page+"/vorschau", form)
	if a.Status != 200 || a.Header.Get("Content-Type") != "application/pdf" || !bytes.HasPrefix(a.Body, []byte("%PDF-")) || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "inline") {
		t.Fatal(a.Status, a.Header)
	}
	if a := b.Post(page+"/entscheidung", form); a.Where != page+"?meldung=entschieden#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	w.Drain()
	a = b.Get(page)
	if !a.Has("Bewilligt", "bescheid.pdf", "Der Antrag wurde bewilligt.", "Vorgang abschließen") || a.Has("Entscheiden") {
		t.Fatal(a.Words())
	}
	read, err := w.Cases.Read(t.Context(), canarina, cases.Proof{}, sent.Case)
	if err != nil || read.State != cases.StateApproved || len(read.Messages) != 3 {
		t.Fatal(read.State, err)
	}
	if a := b.Post(page+"/abschliessen", nil); a.Status != 303 {
		t.Fatal(a.Words())
	}
	if a := b.Get(page); !a.Has("Abgeschlossen") || a.Has("Entscheiden") {
		t.Error(a.Words())
	}
	if a := b.Get("/verwaltung/faelle"); a.Has(string(sent.Number)) {
		t.Error("a closed case is in the worklist")
	}
	if a := b.Get("/verwaltung/faelle?zustand=closed"); !a.Has(string(sent.Number)) {
		t.Error("a closed case is not found by its state")
	}
}

func TestWhatWasTypedSurvivesARefusal(t *testing.T) {
	w := open(t)
	sent := w.Sent(w.Torhausen, w.Person("canarina"))
	page := at(sent.Case)
	mine, other := w.SignIn(w.Torhausen, "ordnung"), w.SignIn(w.Torhausen, "ordnung-leitung")
	mine.Post(page+"/uebernehmen", nil)

	t.Run("an empty note is an error at its field", func(t *testing.T) {
		a := mine.Post(page+"/vermerk", url.Values{"text": {"  "}})
		officetest.WellFormed(t, "empty note", a)
		if a.Status != 422 || !a.Has("Bitte prüfen Sie eine Angabe", "Schreiben Sie einen Text.") {
			t.Fatal(a.Status, a.Words())
		}
	})
	t.Run("no unit chosen", func(t *testing.T) {
		a := mine.Post(page+"/abgeben", nil)
		officetest.WellFormed(t, "no unit", a)
		if a.Status != 422 || !a.Has("Wählen Sie eine Stelle aus.") {
			t.Fatal(a.Status)
		}
	})
	t.Run("a decision with holes", func(t *testing.T) {
		a := mine.Post(page+"/entscheidung", url.Values{"text": {"{{Anrede}}\n\n{{Unsinn}} {{Frist}}"}, "begruendung": {"Weil es so ist."}, "frist.tag": {"31"}, "frist.monat": {"2"}, "frist.jahr": {"2027"}})
		officetest.WellFormed(t, "holes", a)
		if a.Status != 422 || !a.Has("Wählen Sie aus, wie Sie entscheiden.", "Den Platzhalter Unsinn gibt es nicht.", "Geben Sie einen Tag an, den es gibt") {
			t.Fatal(a.Status, a.Words())
		}
		if a.Value("begruendung") != "Weil es so ist." || !strings.Contains(a.Value("text"), "{{Unsinn}}") || a.Value("frist.tag") != "31" {
			t.Error("lost what was typed")
		}
	})
	t.Run("a placeholder without its value", func(t *testing.T) {
		a := mine.Post(page+"/entscheidung", url.Values{"ergebnis": {"rejected"}, "text": {cases.DecisionTemplate(cases.Reject) + "\n\nBis {{Frist}}."}})
		if a.Status != 422 || !a.Has("Schreiben Sie eine Begründung", "Geben Sie den letzten Tag der Frist an") {
			t.Fatal(a.Status, a.Words())
		}
		if a := mine.Post(page+"/vorschau", url.Values{"ergebnis": {"rejected"}, "text": {""}}); a.Status != 422 || !a.Has("Schreiben Sie einen Text.") {
			t.Error("preview without a text", a.Status)
		}
	})
	t.Run("a text is suggested for the chosen outcome", func(t *testing.T) {
		a := mine.Post(page+"/entscheidung", url.Values{"ergebnis": {"rejected"}, "text": {"alt"}, "begruendung": {"Zu laut."}, "aktion": {"vorschlag"}})
		officetest.WellFormed(t, "suggestion", a)
		if a.Status != 200 || a.Value("text") != cases.DecisionTemplate(cases.Reject) || a.Value("begruendung") != "Zu laut." || a.Value("ergebnis") != "rejected" {
			t.Fatal(a.Status, a.Value("text"))
		}
	})
	t.Run("another took the case meanwhile", func(t *testing.T) {
		if a := other.Post(page+"/uebernehmen", nil); a.Status != 303 {
			t.Fatal(a.Status)
		}
		a := mine.Post(page+"/rueckfrage", url.Values{"text": {"Meine lange Frage"}})
		officetest.WellFormed(t, "conflict", a)
		if a.Status != 409 || !strings.Contains(a.Text(), "Meine lange Frage") || !a.Has("Übernehmen Sie den Vorgang, bevor Sie ihn bearbeiten.") {
			t.Fatal(a.Status, a.Words())
		}
		a = mine.Post(page+"/entscheidung", url.Values{"ergebnis": {"approved"}, "text": {"Mein langer Bescheid"}})
		officetest.WellFormed(t, "decision conflict", a)
		if a.Status != 409 || a.Value("text") != "Mein langer Bescheid" || !a.Has("Der Bescheid wurde nicht versandt.") {
			t.Fatal(a.Status, a.Words())
		}
	})
	t.Run("broken signs and a text beyond the bounds", func(t *testing.T) {
		if a := mine.Post(page+"/vermerk", url.Values{"text": {"a\xff\xfeb\x00"}}); a.Status != 422 {
			t.Error(a.Status)
		}
		if a := mine.Post(page+"/vermerk", url.Values{"text": {strings.Repeat("a", 10_001)}}); a.Status != 422 || !a.Has("Höchstens 10.000 Zeichen") {
			t.Error(a.Status)
		}
		if a := mine.Post(page+"/vermerk", url.Values{"text": {strings.Repeat("a", 600_000)}}); a.Status != 413 {
			t.Error(a.Status)
		}
	})
}

func TestOthersCasesDoNotExist(t *testing.T) {
	w := open(t)
	sent := w.Sent(w.Torhausen, w.Person("canarina"))
	w.Drain()
	foreign := w.Sent(w.Aulenried, w.Person("canarina"))
	w.Drain()
	page := at(sent.Case)
	var file string
	for _, part := range strings.Split(w.SignIn(w.Torhausen, "ordnung").Get(page).Text(), `"`) {
		if strings.HasPrefix(part, page+"/dateien/") {
			file = part
		}
	}
	if file == "" {
		t.Fatal("no file on the page")
	}
	for who, b := range map[string]*officetest.Browser{
		"staff of another authority": w.SignIn(w.Aulenried, "caseworker"),
		"staff of another unit":      w.SignIn(w.Torhausen, "steuer"),
	} {
		for _, path := range []string{page, page + "/entscheidung", file} {
			if a := b.Get(path); a.Status != 404 || bytes.Contains(a.Body, []byte("Kanarienvogel")) {
				t.Errorf("%s: GET %s: %d", who, path, a.Status)
			}
		}
		for _, verb := range []string{"uebernehmen", "freigeben", "vermerk", "rueckfrage", "fortsetzen", "abschliessen", "uebergabe", "aufgabe", "entscheidung", "vorschau"} {
			form := url.Values{"text": {"Text"}, "ergebnis": {"approved"}, "art": {"delivery-failed"}, "bezug": {"x"}, "paket": {"x"}}
			if a := b.Post(page+"/"+verb, form); a.Status != 404 {
				t.Errorf("%s: POST %s: %d", who, verb, a.Status)
			}
		}
		if a := b.Get("/verwaltung/faelle?q=" + string(sent.Number)); a.Has("Kanarienvogel") {
			t.Errorf("%s finds it in the worklist", who)
		}
	}
	b := w.SignIn(w.Torhausen, "ordnung")
	for name, path := range map[string]string{"a case of another authority": at(foreign.Case), "no ID": "/verwaltung/faelle/abc", "an ID of nothing": at("00000000000000000000000000"),
		"a file of another case": at(sent.Case) + "/dateien/00000000000000000000000000", "a file without ID": at(sent.Case) + "/dateien/x"} {
		if a := b.Get(path); a.Status != 404 {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	units := w.Directory.Units(w.Aulenried.ID)
	b.Post(page+"/uebernehmen", nil)
	if a := b.Post(page+"/abgeben", url.Values{"stelle": {string(units[0].ID)}}); a.Status != 422 {
		t.Error("moved to a unit of another authority", a.Status)
	}
}

func TestFilesAreSavedNeverShown(t *testing.T) {
	w := open(t)
	sent := w.Sent(w.Torhausen, w.Person("canarina"))
	b := w.SignIn(w.Torhausen, "ordnung")
	page := b.Get(at(sent.Case))
	found := 0
	for _, part := range strings.Split(page.Text(), `"`) {
		if !strings.HasPrefix(part, at(sent.Case)+"/dateien/") {
			continue
		}
		found++
		a := b.Get(part)
		if a.Status != 200 || !bytes.Equal(a.Body, officetest.PDF) {
			t.Fatal(a.Status, len(a.Body))
		}
		h := a.Header
		if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") != "application/pdf" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Cache-Control") != "private, no-store" {
			t.Error(h)
		}
	}
	if found != 1 {
		t.Fatal(found, "files")
	}
}

func TestMovingACaseAndFindingItAgain(t *testing.T) {
	w := open(t)
	sent := w.Sent(w.Torhausen, w.Person("canarina"))
	page := at(sent.Case)
	b := w.SignIn(w.Torhausen, "ordnung")
	b.Post(page+"/uebernehmen", nil)
	if a := b.Post(page+"/abgeben", url.Values{"stelle": {string(w.Steuer)}}); a.Where != "/verwaltung/faelle?meldung=abgegeben#inhalt" {
		t.Fatal("left on a page that one may no longer read", a.Status, a.Where)
	}
	if a := w.SignIn(w.Torhausen, "steuer").Get("/verwaltung/faelle?wer=frei"); !a.Has(string(sent.Number), "Steueramt") {
		t.Error(a.Words())
	}
	all := w.SignIn(w.Torhausen, "caseworker")
	for query, want := range map[string]bool{
		"":                             true,
		"?q=" + string(sent.Number):    true,
		"?q=TOR":                       true,
		"?q=AUL":                       false,
		"?stelle=" + string(w.Steuer):  true,
		"?stelle=" + string(w.Ordnung): false,
		"?formular=gartenfest":         true,
		"?formular=urkunde":            false,
		"?wer=ich":                     false,
		"?zustand=in_review":           true,
		"?zustand=submitted":           false,
		"?zustand=unsinn&seite=-7":     true, // what is not known counts as not said
		"?dringend=frist":              false,
		"?dringend=aufgabe":            false,
		"?q=%FF%00":                    true, // nothing is left of it
	} {
		a := all.Get("/verwaltung/faelle" + query)
		officetest.WellFormed(t, query, a)
		if a.Status != 200 || a.Has(string(sent.Number), "Kanarienvogel") != want {
			t.Errorf("%s: %d, found %t", query, a.Status, !want)
		}
	}
}

func TestWhatTheProgramGaveUpOnIsATask(t *testing.T) {
	w := open(t)
	w.Partner.Fail(true)
	sent := w.Sent(w.Torhausen, w.Person("canarina"))
	for range 20 { // until the job is given up
		w.Drain()
		w.Clock.Advance(7 * 3600e9)
	}
	b := w.SignIn(w.Torhausen, "ordnung")
	if a := b.Get("/verwaltung/faelle?dringend=aufgabe"); !a.Has(string(sent.Number), "eine Aufgabe offen") {
		t.Fatal(a.Words())
	}
	a := b.Get(at(sent.Case))
	officetest.WellFormed(t, "with task", a)
	if !a.Has("Die Übergabe an das Fachverfahren ist endgültig gescheitert.", "Gescheitert", "Erneut übergeben") {
		t.Fatal(a.Words())
	}
	w.Partner.Fail(false)
	form := a.Form(at(sent.Case) + "/uebergabe")
	if a := b.Post(at(sent.Case)+"/uebergabe", form); a.Where != at(sent.Case)+"?meldung=uebergabe-gestartet#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	w.Drain()
	if a := b.Get(at(sent.Case)); !a.Has("Empfangskennung eingang-1") || a.Has("endgültig gescheitert") {
		t.Error(a.Words())
	}
	if a := b.Post(at(sent.Case)+"/aufgabe", url.Values{"art": {"delivery-failed"}, "bezug": {"nichts"}}); a.Status != 404 {
		t.Error("a task that is none", a.Status)
	}
}

func TestPaymentsStandAtTheCase(t *testing.T) {
	w := open(t)
	canarina := w.Person("canarina")
	sent := w.Owed(canarina)
	b := w.SignIn(w.Torhausen, "ordnung")
	if a := b.Get(at(sent.Case)); a.Status != 404 {
		t.Fatal("an application is seen before it is paid", a.Status)
	}
	start, err := w.Payments.Start(t.Context(), canarina, sent.Payment, "bank")
	if err != nil {
		t.Fatal(start, err)
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
	w.Drain()
	a := b.Get(at(sent.Case))
	officetest.WellFormed(t, "paid case", a)
	if a.Status != 200 || !a.Has("24,00", "Bezahlt", "Die Zahlung ist bestätigt.", "Summe") {
		t.Fatal(a.Status, a.Words())
	}
}

// Who applied without signing in has no inbox: the page says that the letter
// goes by post, and offers no question.
func TestAGuestGetsTheLetterByPost(t *testing.T) {
	w := open(t)
	sent := w.Sent(w.Torhausen, perm.Citizen{Realm: w.Torhausen.Realm, Tenant: w.Torhausen.ID})
	page := at(sent.Case)
	b := w.SignIn(w.Torhausen, "ordnung")
	b.Post(page+"/uebernehmen", nil)
	a := b.Get(page)
	officetest.WellFormed(t, "guest's case", a)
	if !a.Has("Die Person hat kein Postfach.") || strings.Contains(a.Text(), "/rueckfrage") {
		t.Fatal(a.Words())
	}
	if a := b.Post(page+"/rueckfrage", url.Values{"text": {"Wie laut?"}}); a.Status != 409 || !strings.Contains(a.Text(), "Wie laut?") {
		t.Error(a.Status)
	}
	form := b.Get(page + "/entscheidung?ergebnis=approved").Form(page + "/entscheidung")
	form.Set("begruendung", "Passt.")
	a = b.Get(page + "/entscheidung")
	officetest.WellFormed(t, "guest's decision", a)
	if !a.Has("senden Sie ihn mit der Post") || a.Has("in das Postfach") {
		t.Error(a.Words())
	}
	if a := b.Post(page+"/entscheidung", form); a.Where != page+"?meldung=entschieden-post#inhalt" {
		t.Fatal(a.Status, a.Where)
	}
}
