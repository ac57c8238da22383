package nodes_test

import (
	"net/http"
	"strings"
	"testing"

	"stadttor/internal/test/apptest"
)

// At a load balancer each request of a sign-in may reach another node.
func TestASignInGoesOnOnTheOtherNode(t *testing.T) {
	a, b := two(t)
	onA, onB := a.Browser(), b.Browser()
	onA.Get(a.URLOf("torhausen", "/anmelden?ziel=/postfach")).Sees(http.StatusOK, "Wie möchten Sie sich anmelden?")
	// The way, begun on one node, is known on the other.
	here := onA.URL.RequestURI()
	onB.Get(b.AccountURL("kreis-musterland", "/robots.txt"))
	onB.SetCookies(onA.Cookies()...)
	onB.Get(here).Sees(http.StatusOK, "Wie möchten Sie sich anmelden?", "Serviceportal Stadt Torhausen")
	// Another browser does not stand on it.
	b.Browser().Get(b.AccountURL("kreis-musterland", here)).Sees(http.StatusForbidden, "Diese Anmeldung ist nicht mehr gültig")
	// Answered here, the answer is used up there.
	onA.Choose("mareike-sandvoss", "basis").Sees(http.StatusOK, "Postfach")
	b.Browser().Get(b.URLOf("torhausen", "/postfach")).Sees(http.StatusOK, "Wie möchten Sie sich anmelden?")
	take(onA, onB, b, "torhausen")
	onB.Get("/postfach").Sees(http.StatusOK, "Mareike")
}

func TestSigningOutEverywhereHoldsOnAllNodesAtOnce(t *testing.T) {
	a, b := two(t)
	const who = "Mareike"
	home := a.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	home.SignIn("lindenbrueck", "mareike-sandvoss", "basis") // without a question
	phone := b.Browser().SignIn("aulenried", "mareike-sandvoss", "substantiell")
	away := b.Browser()
	take(home.Get(a.URLOf("lindenbrueck", "/konto")), away, b, "lindenbrueck")
	away.Get("/konto").Sees(http.StatusOK, who)

	home.Get(a.AccountURL("kreis-musterland", "/anmeldungen")).Sees(http.StatusOK, "Wo Sie angemeldet sind", "dieses Gerät", "Serviceportal Stadt Torhausen", "Lindenbrück", "Aulenried")
	home.Submit(home.Form(func(f apptest.Form) bool { return f.Action == "/anmeldungen/beenden" }), nil).Sees(http.StatusOK, "Sie sind überall abgemeldet")
	for name, page := range map[string]*apptest.Browser{
		"the portal, on the same node":       home.Get(a.URLOf("torhausen", "/konto")),
		"the other portal, on another node":  away.Get(b.URLOf("lindenbrueck", "/konto")),
		"another device, on another node":    phone.Get(b.URLOf("aulenried", "/konto")),
		"the account host, on the same node": home.Get(a.AccountURL("kreis-musterland", "/")),
	} {
		if strings.Contains(page.Text(), who) || !strings.Contains(page.Text(), "Wie möchten Sie sich anmelden?") {
			t.Errorf("%s: still signed in at %s", name, page.URL)
		}
	}
}

func TestAStoppedMethodOpensNothingOnAnyNode(t *testing.T) {
	a, b := two(t)
	citizen := b.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	citizen.Get("/konto").Sees(http.StatusOK, "Mareike")
	admin := a.Browser().SignInStaff("torhausen", "torhausen-admin")
	admin.Get("/verwaltung/anmeldeverfahren").Sees(http.StatusOK, "Demo-Anmeldung")
	f := admin.Form(func(f apptest.Form) bool { return f.Values.Get("verfahren") == "demo" })
	admin.Submit(f, map[string][]string{"stand-demo": {"gestoppt"}, "hinweis-demo": {"Heute gestört. Bitte rufen Sie uns an."}}).Sees(http.StatusOK, "Heute gestört")
	citizen.Get(b.URLOf("torhausen", "/konto")).Sees(http.StatusOK, "Heute gestört. Bitte rufen Sie uns an.").Lacks("Mit „Demo-Anmeldung“ anmelden")
	// Another authority of the realm is not touched.
	b.Browser().SignIn("aulenried", "mareike-sandvoss", "basis").Get("/konto").Sees(http.StatusOK, "Mareike")
	f = admin.Form(func(f apptest.Form) bool { return f.Values.Get("verfahren") == "demo" })
	admin.Submit(f, map[string][]string{"stand-demo": {"an"}, "hinweis-demo": {""}}).Sees(http.StatusOK)
	citizen.Get(b.URLOf("torhausen", "/konto")).Sees(http.StatusOK, "Mareike")
}
