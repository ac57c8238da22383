package citizen_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/test/apptest"
	"stadttor/internal/web/ui"
)

func TestSigningInComesBackToOwnPagesOnly(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	for wish, want := range map[string]string{
		"/postfach":                   "/postfach",
		"/antrag/sperrgutabfuhr?a=b":  "/antrag/sperrgutabfuhr",
		"":                            "/konto",
		"https://boese.example/":      "/konto",
		"//boese.example/":            "/konto",
		"/\\boese.example/":           "/konto",
		"/anmelden?ziel=/anmelden":    "/konto",
		"/verwaltung/x":               "/konto",
		"/anmelden/zurueck/demo?x=1":  "/konto",
		"/api/v1/services":            "/konto",
		"javascript:alert(1)":         "/konto",
		"/postfach\r\nSet-Cookie:a=b": "/konto",
	} {
		b := h.Browser()
		b.Get(h.URLOf("torhausen", "/anmelden?"+url.Values{"ziel": {wish}}.Encode())).Sees(200, "Wie möchten Sie sich anmelden?")
		b.Submit(b.Form(func(f apptest.Form) bool { return f.Values.Get("verfahren") != "" }), nil)
		b.Submit(b.Form(func(f apptest.Form) bool { return f.Values.Get("person") == "emeka-brandhorst" }), nil)
		if b.URL.Path != want || b.URL.Hostname() != "service.torhausen.localhost" {
			t.Errorf("%q led to %s", wish, b.URL)
		}
	}
}

func TestASignInThatIsRefusedSaysSoAndKeepsTheWay(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	method := func(f apptest.Form) bool { return f.Values.Get("verfahren") != "" }
	b.Get(h.URLOf("torhausen", "/anmelden?ziel=/postfach&niveau=hoch")).Sees(200, "Online-Ausweis", "Sie kommen von „Serviceportal Stadt Torhausen“")
	sound(t, b)
	b.Submit(b.Form(method), nil)
	b.Submit(b.Form(func(f apptest.Form) bool { return len(f.Buttons) > 0 && f.Buttons[0].Get("abbruch") != "" }), url.Values{"abbruch": {"1"}})
	b.Sees(403, "Die Anmeldung hat nicht geklappt", "Sie haben die Anmeldung abgebrochen", "Vertrauensniveau: hoch")
	sound(t, b)
	// The way is as it was.
	b.Submit(b.Form(method), nil)
	b.Submit(b.Form(func(f apptest.Form) bool {
		return f.Values.Get("person") == "mareike-sandvoss" && f.Values.Get("niveau") == "hoch"
	}), nil).Sees(200, "Postfach")
	if b.URL.Path != "/postfach" {
		t.Errorf("the way is forgotten: %s", b.URL)
	}
	// Without the cookie of the attempt nobody is let in, whatever he brings.
	for _, query := range []string{"", "?state=x&code=y", "?state=" + strings.Repeat("a", 32) + "&code=" + strings.Repeat("b", 32), "?state=" + strings.Repeat("a", 32)} {
		x := h.Browser().Get(h.URLOf("torhausen", "/anmelden/zurueck"+query)).Sees(403, "Die Anmeldung hat nicht geklappt")
		sound(t, x)
	}
}

func TestGoingBackFromTheSignInLosesNothing(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	fill(b, typed("bisherige_hunde", "1", "_spaeter", "1")).Sees(200, "Anmelden und im Konto speichern")
	b.Follow("Anmelden und im Konto speichern").Sees(200, "Wie möchten Sie sich anmelden?")
	b.Follow("Ohne Anmeldung zurück").Sees(200, "Sie haben die Anmeldung abgebrochen", "Was Sie im Antrag gespeichert haben, bleibt erhalten")
	sound(t, b)
	if b.URL.Hostname() != "service.torhausen.localhost" {
		t.Fatalf("went to %s", b.URL)
	}
	b.Follow("Zurück zum Antrag").Sees(200, "Weiter ausfüllen")
}

func TestEachSignInHasAFreshSecretAndSigningOutEndsIt(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	session := func(b *apptest.Browser) string {
		for _, c := range b.Cookies() {
			if c.Name == ui.CookieCitizen {
				return c.Value
			}
		}
		return ""
	}
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	first := session(b)
	b.Get("/anmelden?niveau=hoch")
	b.Submit(b.Form(func(f apptest.Form) bool { return f.Values.Get("verfahren") != "" }), nil)
	b.Submit(b.Form(func(f apptest.Form) bool {
		return f.Values.Get("person") == "mareike-sandvoss" && f.Values.Get("niveau") == "hoch"
	}), nil)
	second := session(b)
	if first == "" || second == "" || first == second {
		t.Fatalf("secrets %q and %q", first, second)
	}
	// The old one is over.
	old := h.Browser().Get(h.URLOf("torhausen", "/"))
	old.SetCookies(&http.Cookie{Name: ui.CookieCitizen, Value: first, Path: "/"})
	old.Get("/konto").Sees(200, "Wie möchten Sie sich anmelden?")
	old.Get(h.URLOf("torhausen", "/"))

	b.Get("/konto").Sees(200, "Vertrauensniveau dieser Anmeldung: hoch")
	b.Submit(b.Form(func(f apptest.Form) bool { return f.Action == "/abmelden" }), nil).Sees(200, "Sie sind abgemeldet")
	sound(t, b)
	if session(b) != "" {
		t.Error("the cookie stays")
	}
	old.SetCookies(&http.Cookie{Name: ui.CookieCitizen, Value: second, Path: "/"})
	old.Get("/konto").Sees(200, "Wie möchten Sie sich anmelden?")
}
