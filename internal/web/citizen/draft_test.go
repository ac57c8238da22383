package citizen_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/test/apptest"
	"stadttor/internal/web/ui"
)

// verb presses a button of the page about a draft.
func verb(b *apptest.Browser, what string) *apptest.Browser {
	return b.Submit(b.Form(func(f apptest.Form) bool { return f.Values.Get("aktion") == what }), nil)
}

// value is what stands in an input outside of forms.
func linkOf(t *testing.T, b *apptest.Browser) string {
	t.Helper()
	body := string(b.Body)
	i := strings.Index(body, "http://service.")
	for i >= 0 {
		link, _, _ := strings.Cut(body[i:], `"`)
		if strings.Contains(link, "/antrag/fortsetzen/") {
			return link
		}
		next := strings.Index(body[i+1:], "http://service.")
		if next < 0 {
			break
		}
		i += 1 + next
	}
	t.Fatalf("no link on %s: %.1000s", b.URL, b.Text())
	return ""
}

func TestAGuestGoesOnLaterOnAnotherDevice(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	fill(b, dogs)
	// Half a page, with a mistake: everything is kept.
	fill(b, typed("name", "Bello", "wurfdatum.jahr", "bald", "_spaeter", "1")).Sees(200, "Ihre Angaben sind gespeichert", "Auf der letzten Seite fehlt noch etwas oder passt nicht", "Link zum Weitermachen", "31. Dezember 2026")
	sound(t, b)
	link := linkOf(t, b)
	if log := h.Log.String(); strings.Contains(log, link[strings.LastIndexByte(link, '/'):]) {
		t.Error("the link is in the log")
	}
	h.Restart()
	other := h.Browser().Get(link).Sees(200, "Hund 1: Bello")
	if strings.Contains(other.URL.String(), "fortsetzen") {
		t.Error("the secret stays in the address")
	}
	if f := page(other); f.Values.Get("name") != "Bello" || f.Values.Get("wurfdatum.jahr") != "bald" {
		t.Errorf("what was typed is gone: %v", f.Values)
	}
	toCheck(t, other, dogs)
	send(other).Sees(200, "Ihr Antrag ist eingegangen")
	if log := h.Log.String(); strings.Contains(log, link[strings.LastIndexByte(link, '/')+1:]) {
		t.Error("the link is in the log")
	}
	// The link now leads to the confirmation.
	h.Browser().Get(link).Sees(200, "Ihr Antrag ist eingegangen")
}

func TestForeignAndBrokenLinksOpenNothing(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	fill(b, typed("_spaeter", "1"))
	link := linkOf(t, b)
	own := b.URL.String()
	x := h.Browser()
	cut := strings.LastIndexByte(link, '-')
	for name, address := range map[string]string{
		"a wrong secret": link[:cut+1] + strings.Repeat("0", len(link)-cut-1),
		"no secret":      link[:cut],
		"another case":   strings.Replace(link, link[strings.LastIndexByte(link, '/')+1:cut], strings.Repeat("0", 26), 1),
		"nonsense":       h.URLOf("torhausen", "/antrag/fortsetzen/%00"),
		"another portal": strings.Replace(link, "torhausen", "aulenried", 1),
		"another realm":  strings.Replace(link, "torhausen", "nordhafen", 1),
		"no draft":       h.URLOf("torhausen", "/antrag/hundesteuer-anmeldung/entwurf/1"),
	} {
		x.Get(address)
		if x.Code != http.StatusNotFound {
			t.Errorf("%s: %s answers %d", name, address, x.Code)
		}
		sound(t, x)
	}
	// An address that names the draft asks a guest to sign in, for he may be its
	// owner; for everybody who is signed in as somebody else there is no draft.
	id := link[strings.LastIndexByte(link, '/')+1 : cut]
	person := h.Browser().SignIn("torhausen", "emeka-brandhorst", "hoch")
	for _, path := range []string{"/antrag/hundesteuer-anmeldung/entwurf/" + id, "/antrag/hundesteuer-anmeldung/bisher?entwurf=" + id, "/antrag/sperrgutabfuhr/entwurf/" + id,
		"/antrag/hundesteuer-anmeldung/eingegangen/" + id, "/antrag/hundesteuer-anmeldung/eingegangen/" + id + "/bestaetigung", "/antrag/hundesteuer-anmeldung/entwurf/" + id + "/datei/" + id} {
		x.Get(h.URLOf("torhausen", path)).Sees(200, "Wie möchten Sie sich anmelden?")
		person.Get(path).Sees(404)
	}
	person.Post("/antrag/hundesteuer-anmeldung/bisher", url.Values{"_entwurf": {id}, "bisherige_hunde": {"9"}}).Sees(404)
	x.Post(h.URLOf("torhausen", "/antrag/hundesteuer-anmeldung/bisher"), url.Values{"_entwurf": {id}, "bisherige_hunde": {"9"}}).Sees(404)
	x.Post(own, url.Values{"aktion": {"loeschen"}}).Sees(404)
	b.Get(own).Sees(200, "Weiter ausfüllen")
}

func TestSeveralDraftsInOneBrowserDoNotMix(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	first := page(b)
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	second := page(b)
	begin(b, h, "torhausen", "sperrgutabfuhr")
	// A page of the first that is still open in a tab is saved to the first.
	b.Submit(first, url.Values{"bisherige_hunde": {"3"}}).Sees(200, "Rufname")
	b.Submit(second, url.Values{"bisherige_hunde": {"5"}}).Sees(200, "Rufname")
	for draft, want := range map[string]string{first.Values.Get("_entwurf"): "3", second.Values.Get("_entwurf"): "5"} {
		b.Get("/antrag/hundesteuer-anmeldung/bisher?entwurf=" + draft)
		if got := page(b).Values.Get("bisherige_hunde"); got != want {
			t.Errorf("the draft %s holds %q, want %q", draft, got, want)
		}
	}
	b.Get("/antrag/hundesteuer-anmeldung").Sees(200, "Sie haben schon begonnen", "Neu beginnen")
	sound(t, b)
	if n := strings.Count(b.Text(), "Weiter ausfüllen"); n != 2 {
		t.Errorf("%d drafts are offered", n)
	}
	b.Get("/antrag/sperrgutabfuhr/gegenstaende").Sees(200, "Was sollen wir abholen?")
}

func TestADraftIsDeletedOrForgotten(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	fill(b, typed("bisherige_hunde", "1", "_spaeter", "1"))
	link := linkOf(t, b)
	verb(b, "vergessen").Sees(200, "Antrag beginnen").Lacks("Weiter ausfüllen")
	b.Get(link).Sees(200, "Rufname")
	b.Get("/antrag/hundesteuer-anmeldung/entwurf/" + page(b).Values.Get("_entwurf"))
	verb(b, "loeschen").Sees(200, "Der Entwurf ist gelöscht")
	sound(t, b)
	b.Get(link).Sees(409, "abgelaufen und gelöscht")
}

func TestAGuestMovesTheDraftIntoTheAccount(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	fill(b, typed("bisherige_hunde", "1", "_spaeter", "1")).Sees(200, "Anmelden und im Konto speichern")
	link := linkOf(t, b)
	b.Follow("Anmelden und im Konto speichern").Sees(200, "Vertrauensniveau: Basis", "Nach der Anmeldung geht es dort an derselben Stelle weiter")
	sound(t, b)
	b.Submit(b.Form(func(f apptest.Form) bool { return f.Values.Get("verfahren") != "" }), nil)
	b.Submit(b.Form(func(f apptest.Form) bool {
		return f.Values.Get("person") == "emeka-brandhorst" && f.Values.Get("niveau") == "basis"
	}), nil)
	b.Sees(200, "Der Entwurf liegt in Ihrem Konto")
	b.Get("/konto").Sees(200, "Hund zur Hundesteuer anmelden", "Weiter ausfüllen")
	h.Browser().Get(link).Sees(404) // the secret opens nothing any more
	// On another device, with the account alone; known data are filled in.
	other := h.Browser().SignIn("torhausen", "emeka-brandhorst", "basis")
	other.Get(h.URLOf("torhausen", "/konto")).Follow("Weiter ausfüllen").Sees(200, "Rufname")
	toPage(t, other, "/halter", dogs)
	if f := page(other); slices.Contains(f.Names, "familienname") {
		t.Errorf("what the sign-in proves can be typed over: %v", f.Names)
	}
	other.Sees(200, "Brandhorst", "durch Ihre Anmeldung nachgewiesen")
}

func TestASessionThatEndsInTheMiddleLosesNothing(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "substantiell")
	begin(b, h, "torhausen", "geburtsurkunde")
	toPage(t, b, "/geburt", birth)
	here := b.URL.String()
	f := page(b)
	h.Clock.Advance(31 * time.Minute) // substantial sessions end after 30 minutes (TR-03160-1)

	// Reading on: sign in, and back to the very page.
	reader := *b
	reader.Get(here).Sees(200, "Wie möchten Sie sich anmelden?", "Vertrauensniveau: substantiell")
	// Sending: what was typed is kept on the page until one is signed in again.
	b.Submit(f, url.Values{"kind_vornamen": {"Mareike Ä"}, "kind_geburtsname": {"Sandvoß"}}).Sees(403, "Ihre Anmeldung ist abgelaufen", "In einem neuen Tab wieder anmelden")
	sound(t, b)
	kept := b.Form(func(f apptest.Form) bool { return f.Values.Get("kind_vornamen") == "Mareike Ä" })
	tab := *b
	tab.Follow("In einem neuen Tab wieder anmelden")
	tab.Submit(tab.Form(func(f apptest.Form) bool { return f.Values.Get("verfahren") != "" }), nil)
	tab.Submit(tab.Form(func(f apptest.Form) bool {
		return f.Values.Get("person") == "mareike-sandvoss" && f.Values.Get("niveau") == "substantiell"
	}), nil)
	tab.Sees(200, "Sie sind wieder angemeldet")
	b.Submit(kept, nil)
	if got := page(b).Values.Get("kind_vornamen"); b.Code != 422 || got != "Mareike Ä" {
		t.Fatalf("%d, first names %q", b.Code, got)
	}
	toCheck2 := fill(b, birth)
	toCheck2.Sees(200)
}

func TestALowSessionIsLedToAHigherOneAndBack(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	b.Get("/antrag/geburtsurkunde").Sees(200, "Anmelden und beginnen", "substantiell").Lacks("Antrag beginnen")
	sound(t, b)
	b.Post("/antrag/geburtsurkunde", nil).Sees(200, "Sie sind angemeldet als Mareike Sandvoß", "brauchen Sie aber eine sicherere Anmeldung")
	sound(t, b)
	b.Submit(b.Form(func(f apptest.Form) bool { return f.Values.Get("verfahren") != "" }), nil)
	if slices.ContainsFunc(b.Forms(), func(f apptest.Form) bool { return f.Values.Get("niveau") == "basis" }) {
		t.Error("the partner offers a level that is too low")
	}
	b.Submit(b.Form(func(f apptest.Form) bool {
		return f.Values.Get("person") == "mareike-sandvoss" && f.Values.Get("niveau") == "substantiell"
	}), nil)
	b.Sees(200, "Antrag beginnen")
	if b.URL.Path != "/antrag/geburtsurkunde" {
		t.Errorf("back at %s", b.URL)
	}
}

// The promise of one account: in the middle of a form with files, the session
// that is too low is raised, and nothing of the form is lost.
func TestAStepUpInTheMiddleOfAFormWithUploadsLosesNothing(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "substantiell")
	begin(b, h, "torhausen", "bewohnerparkausweis")
	toPage(t, b, "/zulassungsbescheinigung", parking)
	fill(b, parking, apptest.File{Field: "fahrzeugschein", Name: "vorderseite.pdf", Body: pdf})
	toPage(t, b, "/pruefen", parking)
	b.Get("/antrag/bewohnerparkausweis/zulassungsbescheinigung").Sees(200, "vorderseite.pdf")
	here := b.URL.String()
	sessions := func() (portal string) {
		for _, c := range b.Cookies() {
			if c.Name == ui.CookieCitizen {
				portal = c.Value
			}
		}
		return portal
	}
	h.Clock.Advance(31 * time.Minute) // the substantial session has ended; drafts are not for Basis (TR-03172-3 A3.16)
	b.SignIn("torhausen", "mareike-sandvoss", "basis")
	low := sessions()
	b.Get(here).Sees(200, "Sie kommen von „Serviceportal Stadt Torhausen“", "Sie sind angemeldet als Mareike Sandvoß", "brauchen Sie aber eine sicherere Anmeldung", "Vertrauensniveau: substantiell")
	sound(t, b)
	way := *b
	// Going back without a sign-in says that all is kept; the way stays open.
	way.Follow("Ohne Anmeldung zurück").Sees(200, "Was Sie im Antrag gespeichert haben, bleibt erhalten")
	b.Get(here)
	b.Choose("mareike-sandvoss", "substantiell")
	if b.URL.String() != here {
		t.Fatalf("came back to %s, not to %s", b.URL, here)
	}
	b.Sees(200, "vorderseite.pdf")
	sound(t, b)
	if up := sessions(); up == low || up == "" {
		t.Error("the session has no new secret after the step-up")
	}
	// And on to the end, with the file in it.
	toCheck(t, b, parking)
	b.Sees(200, "vorderseite.pdf")
}
