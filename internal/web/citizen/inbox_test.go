package citizen_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/cases"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/test/apptest"
	"stadttor/internal/test/htmlcheck"
)

// desk is a member of staff of a tenant who may work on every case.
func desk(t *testing.T, h *apptest.House, tenant string) perm.Staff {
	t.Helper()
	x, ok := h.Directory.TenantBySlug(tenant)
	if !ok {
		t.Fatal(tenant)
	}
	grants := []perm.Grant{{Role: perm.Lead}}
	id, err := h.Accounts.SaveStaff(t.Context(), perm.System{Name: "test"}, x, "demo", "leitung-im-test", pii.New("Ela Muster"), grants)
	if err != nil {
		t.Fatal(err)
	}
	return perm.Staff{Realm: x.Realm, Tenant: x.ID, Staff: id, Grants: grants}
}

// applied sends a bonfire as a signed-in person; it gives the case.
func applied(t *testing.T, b *apptest.Browser, h *apptest.House, tenant string) ident.CaseID {
	t.Helper()
	begin(b, h, tenant, "osterfeuer-anmeldung")
	toCheck(t, b, bonfire, apptest.File{Field: "einverstaendnis", Name: "ja.pdf", Body: pdf})
	send(b).Sees(200, "Ihr Antrag ist eingegangen", "In Ihrem Postfach")
	h.Drain()
	return ident.CaseID(b.URL.Path[strings.LastIndexByte(b.URL.Path, '/')+1:])
}

func TestTheInboxShowsCasesOfAllPortals(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	for _, tenant := range []string{"torhausen", "lindenbrueck"} {
		b.SignIn(tenant, "mareike-sandvoss", "basis")
		applied(t, b, h, tenant)
	}
	begin(b, h, "lindenbrueck", "hundesteuer-anmeldung")
	b.SignIn("aulenried", "mareike-sandvoss", "basis")
	b.Get("/postfach").Sees(200, "Stadt Torhausen", "Lindenbrück", "TOR-2026-", "Eingegangen", "Ein angefangener Antrag ist noch nicht abgesendet", "aus allen Portalen im Verbund „Kreis Musterland“")
	sound(t, b)
	b.Get("/konto").Sees(200, "Angemeldet als Mareike Sandvoß", "Ihre eigene Angabe", "17. April 1988", "Gerbergraben 14, 00101 Torhausen", "Hund zur Hundesteuer anmelden")
	sound(t, b)
	// A draft is filled in at the portal of its authority.
	b.Follow("Weiter ausfüllen").Sees(200, "Schritt 1 von 8")
	if b.URL.Hostname() != "service.lindenbrueck.localhost" {
		t.Errorf("the draft leads to %s", b.URL)
	}
	// Where there is no session yet, one is signed in on the way, without a question.
	other := h.Browser().SignIn("aulenried", "mareike-sandvoss", "basis")
	other.Get("/konto").Follow("Weiter ausfüllen").Sees(200, "Schritt 1 von 8")
	// Another person has another inbox, another realm another account.
	h.Browser().SignIn("torhausen", "emeka-brandhorst", "basis").Get("/postfach").Sees(200, "Hier ist noch nichts")
	h.Browser().SignIn("nordhafen", "joris-tietjenhoff", "basis").Get("/postfach").Sees(200, "Hier ist noch nichts")
}

func TestQuestionAnswerDecision(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	id := applied(t, b, h, "torhausen")
	staff := desk(t, h, "torhausen")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(h.Cases.Claim(t.Context(), staff, id))
	must(h.Cases.Ask(t.Context(), staff, id, "Wie hoch wird der Haufen?\n\nBitte senden Sie ein Foto."))

	b.Get("/konto").Sees(200, "Eine Rückfrage wartet auf Ihre Antwort", "1 ungelesene Nachricht")
	b.Get("/postfach").Sees(200, "Wartet auf Sie", "Rückfrage an Sie", "Eine neue Nachricht")
	sound(t, b)
	b.Get("/postfach/"+string(id)).Sees(200, "Die Behörde hat eine Rückfrage", "Wie hoch wird der Haufen?", "Neu", "Was Sie abgesendet haben", "ja.pdf", "Eingangsbestätigung herunterladen")
	sound(t, b)
	b.Get("/postfach").Lacks("Eine neue Nachricht") // read
	b.Get("/postfach/" + string(id))

	reply := func() apptest.Form {
		return b.Form(func(f apptest.Form) bool { return strings.Contains(f.Action, "/antwort") })
	}
	b.Submit(reply(), nil).Sees(422, "Fehler:")
	sound(t, b)
	b.Submit(reply(), url.Values{"antwort": {"Zwei Meter."}}, apptest.File{Field: "dateien", Name: "x.exe", Body: []byte("MZ\x90\x00")}).Sees(422)
	sound(t, b)
	if got := reply().Values.Get("antwort"); got != "Zwei Meter." {
		t.Errorf("the text is gone: %q", got)
	}
	b.Submit(reply(), url.Values{"antwort": {"Zwei Meter."}}, apptest.File{Field: "dateien", Name: "Foto.pdf", Body: pdf}).Sees(200, "Ihre Antwort ist angekommen", "Zwei Meter.", "Foto.pdf", "In Bearbeitung")
	sound(t, b)
	b.Get(b.Link("Foto.pdf"))
	if !bytes.Equal(b.Body, pdf) {
		t.Errorf("%d bytes came back", len(b.Body))
	}
	// A second answer has no question.
	b.Get("/postfach/" + string(id))
	b.Post("/postfach/"+string(id)+"/antwort", url.Values{"antwort": {"Noch etwas."}}).Sees(409)

	must(h.Cases.Decide(t.Context(), staff, id, cases.Decision{Outcome: cases.Approve, Text: cases.DecisionTemplate(cases.Approve), Reason: "Die Abstände werden eingehalten."}))
	h.Drain()
	b.Get("/postfach/"+string(id)).Sees(200, "Bewilligt", "Bescheid", "Ihr Antrag wurde bewilligt.").Lacks("Antrag zurückziehen")
	sound(t, b)
	p, _ := htmlcheck.Parse(bytes.NewReader(b.Body))
	b.Get(p.Attr("#bescheid .p-files a", "href"))
	if !bytes.HasPrefix(b.Body, []byte("%PDF-")) {
		t.Errorf("no letter: %d %.80q", b.Code, b.Body)
	}
}

func TestAnApplicationIsWithdrawnAfterASecondThought(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	id := applied(t, b, h, "torhausen")
	b.Get("/postfach/"+string(id)).Follow("Antrag zurückziehen").Sees(200, "Das lässt sich nicht rückgängig machen")
	sound(t, b)
	f := b.Form(func(f apptest.Form) bool { return strings.Contains(f.Action, "zurueckziehen") })
	b.Submit(f, nil).Sees(422, "Bestätigen Sie, dass Sie den Antrag zurückziehen wollen.")
	sound(t, b)
	b.Submit(f, url.Values{"sicher": {"ja"}}).Sees(200, "Ihr Antrag ist zurückgezogen", "Zurückgezogen")
	b.Get("/postfach/" + string(id) + "/zurueckziehen")
	if strings.HasSuffix(b.URL.Path, "zurueckziehen") {
		t.Error("it can be withdrawn again")
	}
	b.Get("/antrag/osterfeuer-anmeldung/eingegangen/"+string(id)).Sees(200, "Ihr Antrag ist eingegangen", "Stand heute: Zurückgezogen")
}

func TestCasesOfOthersDoNotExist(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	id := applied(t, b, h, "torhausen")
	b.Get("/postfach/" + string(id))
	file := b.Link("ja.pdf")
	other := h.Browser().SignIn("torhausen", "emeka-brandhorst", "hoch")
	for _, path := range []string{"/postfach/" + string(id), file, "/postfach/" + string(id) + "/zurueckziehen", "/postfach/unsinn", "/postfach/" + strings.Repeat("0", 26)} {
		other.Get(path).Sees(404)
		sound(t, other)
	}
	other.Post("/postfach/"+string(id)+"/zurueckziehen", url.Values{"sicher": {"ja"}}).Sees(404)
	other.Post("/postfach/"+string(id)+"/antwort", url.Values{"antwort": {"x"}}).Sees(404)
	// Who is not signed in is asked to, and changes nothing.
	guest := h.Browser().Get(h.URLOf("torhausen", "/postfach/"+string(id))).Sees(200, "Wie möchten Sie sich anmelden?")
	guest.Post(h.URLOf("torhausen", "/postfach/"+string(id)+"/zurueckziehen"), url.Values{"sicher": {"ja"}}).Sees(403)
	b.Get("/postfach/"+string(id)).Sees(200, "Eingegangen")
}

func TestACaseOfAHigherLevelAsksForIt(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "substantiell")
	begin(b, h, "torhausen", "geburtsurkunde")
	toCheck(t, b, birth)
	h.Working(func() {
		atBank(with(send(b), "demo-karte"), "bezahlen").Sees(200, "Ihr Antrag ist eingegangen")
	})
	low := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	low.Get("/postfach").Sees(200, "Geburtsurkunde")
	low.Follow("Geburtsurkunde").Sees(200, "Gebraucht wird das Vertrauensniveau: substantiell")
	sound(t, low)
	b.Get("/postfach").Follow("Geburtsurkunde").Sees(200, "Bezahlt", "22,00", "Vertrauensniveau beim Absenden")
	sound(t, b)
}

func TestPagesSpeakEveryLanguage(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	id := applied(t, b, h, "torhausen")
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	draft := page(b).Values.Get("_entwurf")
	toPay(t, b, h)
	pay := b.URL.Path
	for lang, word := range map[string]string{"de": "Speichern und weiter", "en": "Save and continue", "de-leicht": "Später weiter-machen"} {
		b.Get(h.URLOf("torhausen", "/antrag/hundesteuer-anmeldung/bisher?sprache="+lang)).Sees(200, word)
		for _, path := range []string{"/konto", "/postfach", "/postfach/" + string(id), "/postfach/" + string(id) + "/zurueckziehen", "/antrag/hundesteuer-anmeldung", "/antrag/hundesteuer-anmeldung/bisher",
			"/antrag/hundesteuer-anmeldung/entwurf/" + draft, "/antrag/osterfeuer-anmeldung/eingegangen/" + string(id), pay, "/anmelden?niveau=hoch", "/abgemeldet"} {
			b.Get(h.URLOf("torhausen", path))
			if b.Code != 200 || strings.Contains(b.Text(), "citizenform.") || strings.Contains(b.Text(), "account.") {
				t.Errorf("%s %s: %d, or a text is missing", lang, path, b.Code)
			}
			sound(t, b)
		}
	}
}
