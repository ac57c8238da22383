package staff_test

import (
	"net/url"
	"testing"

	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office/officetest"
)

func TestStaffSignInAndOut(t *testing.T) {
	w := open(t)
	b := w.Browser(w.Torhausen)
	if a := b.Get("/verwaltung/faelle?wer=ich"); a.Status != 303 || a.Where != "/verwaltung/anmelden?ziel=%2Fverwaltung%2Ffaelle%3Fwer%3Dich" {
		t.Fatal("a stranger is not sent to the sign-in", a.Status, a.Where)
	}
	a := b.Get("/verwaltung/anmelden?ziel=%2Fverwaltung%2Ffaelle%3Fwer%3Dich")
	officetest.WellFormed(t, "sign-in", a)
	if a.Status != 200 || a.Value("ziel") != "/verwaltung/faelle?wer=ich" || !a.Has("Demo-Anmeldung") {
		t.Fatal(a.Status, a.Words())
	}
	if a := b.SignIn("caseworker", "/verwaltung/faelle?wer=ich"); a.Status != 303 || a.Where != "/verwaltung/faelle?wer=ich" {
		t.Fatal("not led where one wanted to go", a.Status, a.Where)
	}
	if b.Cookie(ui.CookieStaff) == "" || b.Cookie(ui.CookieLogin) != "" {
		t.Fatal("cookies after the sign-in")
	}
	if a := b.Get("/verwaltung/anmelden"); a.Where != "/verwaltung" {
		t.Error("who is signed in is asked again", a.Where)
	}
	a = b.Get("/verwaltung/konto")
	officetest.WellFormed(t, "account", a)
	if !a.Has("Zz caseworker", "Sachbearbeitung", "in allen Stellen") {
		t.Error(a.Words())
	}
	secret := b.Cookie(ui.CookieStaff)
	if a := b.Post("/verwaltung/abmelden", nil); a.Where != "/verwaltung/anmelden?meldung=abgemeldet#inhalt" || b.Cookie(ui.CookieStaff) != "" {
		t.Fatal("sign-out", a.Where)
	}
	if a := b.Get("/verwaltung/anmelden?meldung=abgemeldet"); !a.Has("Sie sind abgemeldet.") {
		t.Error(a.Words())
	}
	door, _ := w.Directory.DoorOf(w.Torhausen.ID)
	if _, _, err := w.Accounts.Staff(t.Context(), door, secret); err == nil {
		t.Error("the session lives on after the sign-out")
	}
	if a := b.Post("/verwaltung/abmelden", nil); a.Status != 303 {
		t.Error("signing out twice is an error", a.Status)
	}
}

func TestASignInThatIsNotOnesOwnIsRefused(t *testing.T) {
	w := open(t)
	b := w.Browser(w.Torhausen)
	b.Post("/verwaltung/anmelden/demo", nil)
	for name, path := range map[string]string{
		"no state":           "/verwaltung/anmelden/zurueck/demo",
		"an invented state":  "/verwaltung/anmelden/zurueck/demo?state=abc&code=def",
		"own state, no code": "/verwaltung/anmelden/zurueck/demo?state=" + b.Cookie(ui.CookieLogin) + "&code=def",
	} {
		a := b.Get(path)
		if a.Status != 403 || b.Cookie(ui.CookieStaff) != "" {
			t.Errorf("%s: %d", name, a.Status)
		}
		officetest.WellFormed(t, name, a)
		b.Post("/verwaltung/anmelden/demo", nil)
	}
	if a := b.Post("/verwaltung/anmelden/erfunden", nil); a.Status != 404 {
		t.Error("an unknown method", a.Status)
	}
}

func TestAReturnAddressStaysOnTheStaffSide(t *testing.T) {
	w := open(t)
	for wish, want := range map[string]string{
		"/verwaltung/faelle":          "/verwaltung/faelle",
		"/verwaltung":                 "/verwaltung",
		"/konto":                      "/verwaltung",
		"https://boese.example/":      "/verwaltung",
		"//boese.example/verwaltung/": "/verwaltung",
		"/verwaltung/../konto":        "/verwaltung",
		"/verwaltung/anmelden":        "/verwaltung",
		"/verwaltungen":               "/verwaltung",
	} {
		if a := w.Browser(w.Torhausen).Get("/verwaltung/anmelden?" + url.Values{"ziel": {wish}}.Encode()); a.Value("ziel") != want {
			t.Errorf("%s: %s", wish, a.Value("ziel"))
		}
	}
}

func TestACookieOfAnotherAuthorityOpensNothing(t *testing.T) {
	w := open(t)
	here := w.SignIn(w.Torhausen, "caseworker")
	there := w.Browser(w.Aulenried)
	there.Take(ui.CookieStaff, here.Cookie(ui.CookieStaff))
	if a := there.Get("/verwaltung"); a.Status != 303 {
		t.Fatal(a.Status)
	}
}
