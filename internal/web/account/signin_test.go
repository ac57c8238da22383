package account_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"stadttor/internal/ident"
	"stadttor/internal/test/apptest"
	"stadttor/internal/test/htmlcheck"
	"stadttor/internal/web/ui"
)

const musterland = "kreis-musterland"

func method(name string) func(apptest.Form) bool {
	return func(f apptest.Form) bool { return f.Values.Get("verfahren") == name }
}

func person(slug, level string) func(apptest.Form) bool {
	return func(f apptest.Form) bool {
		return f.Values.Get("person") == slug && f.Values.Get("niveau") == level
	}
}

func soundPage(t *testing.T, b *apptest.Browser) {
	t.Helper()
	p, err := htmlcheck.Parse(bytes.NewReader(b.Body))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Findings() {
		t.Errorf("%s: %s", b.URL, f)
	}
	if b.Header.Get("Cache-Control") != "private, no-store" || p.Attr(`meta[name=robots]`, "content") != "noindex" {
		t.Errorf("%s may be kept or indexed: %q", b.URL, b.Header.Get("Cache-Control"))
	}
}

func cookie(b *apptest.Browser, name string) string {
	for _, c := range b.Cookies() {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func TestTheAccountHostIsNoPortal(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	for _, path := range []string{"/suche", "/leistungen", "/konto", "/postfach", "/verwaltung", "/verwaltung/anmelden", "/api/v1/services", "/impressum", "/demo-bank"} {
		if b.Get(h.AccountURL(musterland, path)); b.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, b.Code)
		}
	}
	for _, path := range []string{"/anmeldungen", "/anmelden/auswahl", "/anmelden/verbinden"} {
		if b.Get(h.URLOf("torhausen", path)); b.Code != http.StatusNotFound {
			t.Errorf("a portal has %s: %d", path, b.Code)
		}
	}
	b.Get(h.AccountURL(musterland, "/robots.txt")).Sees(http.StatusOK, "Disallow: /")
	b.Get(h.AccountURL(musterland, "/.well-known/security.txt")).Sees(http.StatusOK, "Canonical: http://konto.kreis-musterland.localhost", "Contact: http://service.kreis-musterland.localhost", "Expires: 2027-")
	b.Get(h.AccountURL(musterland, "/")).Sees(http.StatusOK, "Wie möchten Sie sich anmelden?", "Bürgerkonto")
	soundPage(t, b)
	if !strings.HasPrefix(b.Link("Impressum"), "http://service.kreis-musterland.localhost") {
		t.Error("the imprint is not the portal's of the authority that answers for the accounts")
	}
}

func TestSigningInAtTheAccountHostItself(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	for wish, want := range map[string]string{"/anmeldungen": "/anmeldungen", "": "/", "https://boese.example/": "/", "//boese.example": "/", "/anmelden/auswahl?versuch=x": "/", "/abmelden": "/", "/\\boese.example": "/"} {
		b := h.Browser().Get(h.AccountURL(musterland, "/anmelden?"+url.Values{"ziel": {wish}}.Encode())).Sees(http.StatusOK, "Wie möchten Sie sich anmelden?")
		b.Choose("mareike-sandvoss", "basis")
		if b.URL.Path != want || b.URL.Hostname() != "konto.kreis-musterland.localhost" {
			t.Errorf("%q led to %s", wish, b.URL)
		}
	}
}

func TestAWayBelongsToTheBrowserThatBeganIt(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().Get(h.URLOf("torhausen", "/anmelden"))
	way := b.URL.RequestURI()
	for name, path := range map[string]string{
		"another browser's way":    way,
		"an invented way":          "/anmelden/auswahl?versuch=" + ident.Secret(),
		"no way":                   "/anmelden/auswahl",
		"breaking off another's":   strings.Replace(way, "auswahl", "abbrechen", 1),
		"joining on another's":     strings.Replace(way, "auswahl", "verbinden", 1),
		"an answer out of nowhere": "/anmelden/zurueck/demo?state=" + ident.Secret() + "&code=" + ident.Secret(),
		"an answer without state":  "/anmelden/zurueck/demo",
		"an unknown method":        "/anmelden/zurueck/gibtesnicht?state=" + ident.Secret(),
		"a request of nobody":      "/anmelden?portal=boese.example&state=" + ident.Secret() + "&challenge=" + strings.Repeat("A", 43),
		"half a request":           "/anmelden?portal=service.torhausen.localhost",
	} {
		x := h.Browser().Get(h.AccountURL(musterland, path))
		if x.Code != http.StatusForbidden || !strings.Contains(x.Text(), "Diese Anmeldung ist nicht mehr gültig") {
			t.Errorf("%s: %d %.300s", name, x.Code, x.Text())
		}
		soundPage(t, x)
		if strings.Contains(string(x.Body), "boese.example") {
			t.Errorf("%s: what came from outside stands on the page", name)
		}
	}
	// After an hour it is over for its own browser, too.
	h.Clock.Advance(time.Hour)
	b.Get(way).Sees(http.StatusForbidden, "Diese Anmeldung ist nicht mehr gültig", "Neu anmelden")
}

func TestAPartnersFormComesAcrossSitesWithoutCookies(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().Get(h.URLOf("torhausen", "/anmelden?ziel=/postfach"))
	b.Submit(b.Form(method("demo")), nil)
	b.Stay().Submit(b.Form(person("mareike-sandvoss", "basis")), nil)
	u, err := url.Parse(b.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	// The partner's page sends it as a form, from its own site.
	form := url.Values{"RelayState": {u.Query().Get("state")}, "state": {u.Query().Get("state")}, "code": {u.Query().Get("code")}}
	cross := func(body url.Values) *apptest.Browser {
		return h.Browser().Stay().Do(http.MethodPost, h.AccountURL(musterland, u.Path), strings.NewReader(body.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site", "Origin", "https://partner.example")
	}
	x := cross(form)
	if x.Code != http.StatusSeeOther || x.Header.Get("Location") == "" || cookie(x, ui.CookieCitizen) != "" || strings.Contains(x.Header.Get("Location"), form.Get("code")) {
		t.Fatalf("%d %s", x.Code, x.Header.Get("Location"))
	}
	if again := cross(form); again.Code != http.StatusForbidden {
		t.Errorf("a second form: %d", again.Code)
	}
	if y := cross(url.Values{"RelayState": {ident.Secret()}, "SAMLResponse": {"x"}}); y.Code != http.StatusForbidden {
		t.Errorf("a form of nobody's: %d", y.Code)
	}
	if y := cross(url.Values{"RelayState": {u.Query().Get("state")}, "SAMLResponse": {strings.Repeat("x", 2<<20)}}); y.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a form of 2 MiB: %d", y.Code)
	}
	// Somebody else's browser cannot fetch it; the one that began can.
	h.Browser().Get(h.AccountURL(musterland, x.Header.Get("Location"))).Sees(http.StatusForbidden)
	b.Get(h.AccountURL(musterland, x.Header.Get("Location"))).Sees(http.StatusOK, "Sie werden weitergeleitet", "Serviceportal Stadt Torhausen")
	soundPage(t, b)
	h.Browser().Get(h.AccountURL(musterland, x.Header.Get("Location"))).Sees(http.StatusForbidden)
	if to, ok := strings.CutPrefix(b.Header.Get("Refresh"), "0; url="); !ok || !strings.HasPrefix(to, h.URLOf("torhausen", "/anmelden/zurueck?")) {
		t.Errorf("leads to %q", b.Header.Get("Refresh"))
	}
	// No other form may come from elsewhere.
	other := h.Browser().Do(http.MethodPost, h.AccountURL(musterland, "/anmelden/auswahl"), strings.NewReader("verfahren=demo"), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site", "Origin", "https://partner.example")
	other.Sees(http.StatusForbidden, "nicht von einer Seite dieses Portals")
}

func TestTheListOfSignIns(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	b.SignIn("lindenbrueck", "mareike-sandvoss", "basis")
	other := h.Browser().SignIn("aulenried", "mareike-sandvoss", "hoch")
	b.Get(h.AccountURL(musterland, "/")).Sees(http.StatusOK, "Ihr Bürgerkonto", "Mareike Sandvoß", "Vertrauensniveau: Basis")
	soundPage(t, b)
	b.Follow("Wo Sie angemeldet sind").Sees(http.StatusOK, "dieses Gerät", "Serviceportal Stadt Torhausen", "Lindenbrück", "Aulenried", "Vertrauensniveau: hoch", "Unbekanntes Gerät", "Demo-Anmeldung")
	soundPage(t, b)
	// One portal alone.
	end := func(words string) apptest.Form {
		return b.Form(func(f apptest.Form) bool {
			return strings.HasPrefix(f.Action, "/anmeldungen/") && strings.HasSuffix(f.Action, "/beenden") && f.Action == words
		})
	}
	var portals []string
	for _, f := range b.Forms() {
		if strings.HasPrefix(f.Action, "/anmeldungen/0") {
			portals = append(portals, f.Action)
		}
	}
	if len(portals) != 5 { // two portals and their sign-in, one portal and its sign-in
		t.Fatalf("%d sign-ins can be ended", len(portals))
	}
	b.Submit(end(portals[0]), nil).Sees(http.StatusOK, "Die Anmeldung ist beendet")
	soundPage(t, b)
	// The other device, from here.
	b.Submit(end(portals[len(portals)-1]), nil).Sees(http.StatusOK, "Die Anmeldung ist beendet").Lacks("Aulenried")
	other.Get(h.URLOf("aulenried", "/konto")).Sees(http.StatusOK, "Wie möchten Sie sich anmelden?")
	b.Post(h.AccountURL(musterland, "/anmeldungen/gibtesnicht/beenden"), nil).Sees(http.StatusNotFound)
	// Signing out here ends the portals of this browser.
	b.Get(h.AccountURL(musterland, "/"))
	b.Submit(b.Form(func(f apptest.Form) bool { return f.Action == "/abmelden" }), nil).Sees(http.StatusOK, "Sie sind abgemeldet")
	soundPage(t, b)
	for _, tenant := range []string{"torhausen", "lindenbrueck"} {
		b.Get(h.URLOf(tenant, "/konto")).Sees(http.StatusOK, "Wie möchten Sie sich anmelden?")
	}
	b.Get(h.AccountURL(musterland, "/anmeldungen")).Sees(http.StatusOK, "Wie möchten Sie sich anmelden?")
}

func TestPagesOfTheSignInSpeakEveryLanguage(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	b.Get(h.URLOf("torhausen", "/anmelden?niveau=hoch"))
	way := b.URL.RequestURI()
	for _, lang := range []string{"de", "en", "de-leicht"} {
		for _, path := range []string{"/", "/anmeldungen", "/abgemeldet", "/abgemeldet?wo=ueberall", way, way + "&fehler=refused", "/anmelden/auswahl"} {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			b.Get(h.AccountURL(musterland, path+sep+"sprache="+lang))
			if b.Code >= 500 || b.Code == http.StatusNotFound || strings.Contains(b.Text(), "account.") || strings.Contains(b.Text(), "login.") {
				t.Errorf("%s %s: %d, or a text is missing", lang, path, b.Code)
			}
			soundPage(t, b)
		}
	}
}

func TestOneAddressCannotBeginForEver(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().Stay()
	limited := 0
	for range 120 {
		if b.Get(h.AccountURL(musterland, "/anmelden")); b.Code == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited != 20 {
		t.Errorf("%d of 120 requests at once were refused, want 20", limited)
	}
	h.Clock.Advance(time.Second)
	for i, want := range []int{http.StatusSeeOther, http.StatusSeeOther, http.StatusTooManyRequests} {
		if b.Get(h.AccountURL(musterland, "/anmelden")); b.Code != want {
			t.Errorf("request %d after a second: %d", i+1, b.Code)
		}
	}
}
