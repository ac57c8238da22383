package account_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"stadttor/internal/test/apptest"
)

// What a person sees of a module, and takes back by himself (mission C3).
func TestAPersonSeesWhatAModuleGotAndTakesItBack(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	const consents = "/einwilligungen"
	m := newModule(t, h, "torhausen", "basis", "profile", "email")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "substantiell")
	b.Get(h.AccountURL("kreis-musterland", consents)).Sees(200, "Einwilligungen und Verlauf").Lacks("Termine im Bürgerbüro")
	b.Get(m.begin())
	agree(b, "zustimmen")
	tok, _, _ := m.finish()

	// Agreed to, not yet used.
	b.Get(h.AccountURL("kreis-musterland", consents)).Sees(200, "Für Angebote, bei denen Sie sich mit dem Konto anmelden", "Das Angebot „Termine im Bürgerbüro (Terminwerk GmbH)“", "Stadt Torhausen", "Noch keine Verwendung.").
		Lacks("Ein einzelner Antrag", "Alle künftigen Anträge an diese Verwaltung")
	h.Clock.Advance(5 * time.Minute)
	if _, err := m.userinfo(tok); err != nil {
		t.Fatal(err)
	}
	b.Get(h.AccountURL("kreis-musterland", consents)).Sees(200, "An das Angebot „Termine im Bürgerbüro (Terminwerk GmbH)“ weitergegeben. Verantwortlich ist: Stadt Torhausen", "10:05 Uhr").
		Lacks("In den Antrag", "Noch keine Verwendung.")
	if text := b.Text(); strings.Count(text, "Angaben: Vorname, Familienname, E-Mail-Adresse") != 2 || strings.Contains(text, "Straße") {
		t.Errorf("which data: %s", text)
	}

	b.Submit(b.Form(func(f apptest.Form) bool {
		return strings.HasPrefix(f.Action, consents+"/") && strings.HasSuffix(f.Action, "/zuruecknehmen")
	}), nil)
	b.Sees(200, "Die Einwilligung gilt nicht mehr.", "Zurückgenommen am").Lacks("Für Angebote, bei denen")
	if u, err := m.userinfo(tok); err == nil {
		t.Errorf("the module still gets %v", u)
	}
	b.Get(m.begin(oauth2.SetAuthURLParam("prompt", "none")))
	if m.last.Get("error") != "consent_required" {
		t.Errorf("without asking: %v", m.last)
	}
	// Agreed again, what was given out on the consent before stays shut.
	b.Get(m.begin())
	agree(b, "zustimmen")
	if _, err := m.userinfo(tok); err == nil {
		t.Error("a new consent opens an old token")
	}
	tok, _, _ = m.finish()
	if _, err := m.userinfo(tok); err != nil {
		t.Error(err)
	}
	b.Get(h.AccountURL("kreis-musterland", consents)).Sees(200, "Für Angebote, bei denen", "Zurückgenommen am")
}
