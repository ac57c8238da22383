package account_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"stadttor/internal/mail"
	"stadttor/internal/test/apptest"
)

const (
	address  = "kim@post.example"
	password = "vier Igel tanzen leise"
)

// newest gives the newest mail to an address, after the jobs that send it.
func newest(t *testing.T, h *apptest.House, to string) mail.Kept {
	t.Helper()
	h.Drain() // from the realm to the tenant
	h.Drain() // and out
	for _, k := range h.Outbox.List() {
		if k.To.Reveal() == to {
			return k
		}
	}
	t.Fatalf("no mail to the address asked for")
	return mail.Kept{}
}

var linkShape = regexp.MustCompile(`(?m)^http://konto\.\S+$`)

// link is where the newest mail to an address leads.
func link(t *testing.T, h *apptest.House, to string) string {
	t.Helper()
	l := linkShape.FindString(newest(t, h, to).Text)
	if l == "" {
		t.Fatal("the mail leads nowhere")
	}
	return l
}

func withMethod(name string) func(apptest.Form) bool {
	return func(f apptest.Form) bool { return f.Values.Get("verfahren") == name }
}

func posts(path string) func(apptest.Form) bool {
	return func(f apptest.Form) bool {
		return f.Method == http.MethodPost && strings.HasPrefix(strings.TrimSuffix(f.Action, "#fehler"), path) && strings.TrimSuffix(f.Action, "#fehler") == path
	}
}

// toLocal goes from a portal to the page with address and password.
func toLocal(h *apptest.House, b *apptest.Browser, tenant string) *apptest.Browser {
	b.Get(h.URLOf(tenant, "/konto"))
	return b.Submit(b.Form(withMethod("lokal")), nil).Sees(200, "Anmelden mit E-Mail-Adresse oder Passkey", "Passwort vergessen?")
}

// register makes an account from a portal and ends there signed in.
func register(t *testing.T, h *apptest.House, b *apptest.Browser, tenant, to string) {
	t.Helper()
	toLocal(h, b, tenant).Follow("Konto anlegen").Sees(200, "Konto anlegen", "Basis")
	b.Submit(b.Form(posts("/konto/anlegen")), url.Values{"mail": {to}}).Sees(200, "Sehen Sie in Ihr E-Mail-Postfach").Lacks("Zum Konto")
	b.Get(link(t, h, to)).Sees(200, "Ihre E-Mail-Adresse ist bestätigt")
	b.Submit(b.Form(posts("/konto/bestaetigen")), url.Values{"vorname": {"Kim"}, "familienname": {"Beispiel"}, "kennwort": {password}})
	b.Sees(200, "Kim Beispiel")
	if b.URL.Host != hostOf(h, tenant) || b.URL.Path != "/konto" {
		t.Fatalf("the way ended at %s", b.URL)
	}
}

func hostOf(h *apptest.House, tenant string) string {
	u, _ := url.Parse(h.URLOf(tenant, "/"))
	return u.Host
}

func TestAnAccountFromThePortalAndBackWithoutJavaScript(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		b := h.Browser()
		register(t, h, b, "torhausen", address)
		// One account for all portals.
		b.Get(h.URLOf("kreis-musterland", "/konto")).Sees(200, "Kim Beispiel")
		// Sign out, and in again: mistakes stand at the field, the address is kept,
		// the password never.
		c := h.Browser()
		toLocal(h, c, "torhausen")
		signIn := func(mail, pw string) *apptest.Browser {
			t.Helper()
			return c.Submit(c.Form(posts("/anmelden/lokal/passwort")), url.Values{"mail": {mail}, "kennwort": {pw}})
		}
		signIn("", "").Sees(422, "Geben Sie Ihre E-Mail-Adresse ein.", "Geben Sie Ihr Passwort ein.")
		signIn(address, "falsch und lang genug").Sees(422, "E-Mail-Adresse oder Passwort stimmen nicht.")
		wrong := c.Text()
		if v := c.Form(posts("/anmelden/lokal/passwort")).Values; v.Get("mail") != address || v.Get("kennwort") != "" {
			t.Errorf("kept: %q, %d signs of the password", v.Get("mail"), len(v.Get("kennwort")))
		}
		if strings.Contains(string(c.Body), "falsch und lang") {
			t.Error("the page holds the password")
		}
		signIn("niemand@post.example", "falsch und lang genug").Sees(422)
		if c.Text() != wrong {
			t.Error("an unknown address gets another page")
		}
		signIn("kein-at-zeichen", password).Sees(422, "keine vollständige E-Mail-Adresse")
		signIn(strings.ToUpper(address), password).Sees(200, "Kim Beispiel")
		if c.URL.Path != "/konto" || c.URL.Host != hostOf(h, "torhausen") {
			t.Errorf("ended at %s", c.URL)
		}
		// A mail says nothing about the person.
		k := newest(t, h, address)
		for _, mark := range []string{"Kim", "Beispiel", address, "person", "Torhausen"} {
			if strings.Contains(k.Subject+k.Text, mark) {
				t.Errorf("the mail holds %q", mark)
			}
		}
		// Nothing of it was logged.
		for _, mark := range []string{address, "Beispiel", password, "schluessel=", "versuch="} {
			if strings.Contains(h.Log.String(), mark) {
				t.Errorf("the log holds %q", mark)
			}
		}
	})
}

func TestALinkOpenedInAnotherBrowserSignsInThere(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		b := h.Browser()
		toLocal(h, b, "torhausen").Follow("Konto anlegen")
		b.Submit(b.Form(posts("/konto/anlegen")), url.Values{"mail": {address}})
		phone := h.Browser()
		phone.Get(link(t, h, address))
		form := phone.Form(posts("/konto/bestaetigen"))
		phone.Submit(form, url.Values{"vorname": {"Kim"}, "familienname": {"Beispiel"}, "kennwort": {"kurz"}}).Sees(422, "mindestens 12 Zeichen")
		phone.Submit(phone.Form(posts("/konto/bestaetigen")), url.Values{"kennwort": {password}}).Sees(200, "Ihr Bürgerkonto", "Kim Beispiel")
		b.Get(h.AccountURL("kreis-musterland", "/"))
		if b.URL.Path == "/" {
			t.Error("the browser that only asked is signed in")
		}
		// The link is used up.
		phone.Get(link(t, h, address)).Sees(403, "Dieser Link gilt nicht mehr", "Passwort vergessen")
		phone.Get(h.AccountURL("kreis-musterland", "/konto/bestaetigen?schluessel=unsinn")).Sees(403)
		phone.Get(h.AccountURL("kreis-musterland", "/konto/neues-passwort")).Sees(403)
		phone.Get(h.AccountURL("kreis-musterland", "/anmelden/lokal")).Sees(403, "Bitte beginnen Sie neu")
	})
}

func TestSecondFactorRecoveryAndChanges(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		b := h.Browser()
		register(t, h, b, "torhausen", address)
		at := func(path string) string { return h.AccountURL("kreis-musterland", path) }
		b.Get(at("/sicherheit")).Sees(200, "Sicherheit", address, "Zuletzt geändert am")
		// An app for one-time codes: the secret stands there as text as well.
		b.Follow("App für Einmalcodes einrichten").Sees(200, "Bild mit der App scannen")
		secret := regexp.MustCompile(`(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}`).FindString(b.Text())
		code := func() string {
			t.Helper()
			c, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), h.Clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if !strings.Contains(string(b.Body), "<svg") || strings.Contains(string(b.Body), `src="http`) {
			t.Error("the picture comes from elsewhere")
		}
		b.Submit(b.Form(posts("/sicherheit/app")), url.Values{"code": {"000000"}}).Sees(422, "stimmt nicht")
		b.Submit(b.Form(posts("/sicherheit/app")), url.Values{"code": {code()}}).Sees(200, "Ersatzcodes", "Bewahren Sie diese Codes sicher auf")
		codes := regexp.MustCompile(`[0-9a-z]{4}(?:-[0-9a-z]{4}){3}`).FindAllString(b.Text(), -1)
		if len(codes) != 10 {
			t.Fatalf("%d recovery codes", len(codes))
		}
		if !strings.Contains(newest(t, h, address).Subject, "Anmeldung wurde geändert") {
			t.Error("the mailbox was not told")
		}
		h.Clock.Advance(time.Minute)
		c := h.Browser()
		toLocal(h, c, "torhausen")
		c.Submit(c.Form(posts("/anmelden/lokal/passwort")), url.Values{"mail": {address}, "kennwort": {password}}).Sees(200, "Anmeldung bestätigen")
		c.Submit(c.Form(posts("/anmelden/lokal/code")), url.Values{"code": {""}}).Sees(422, "Geben Sie den Code ein.")
		c.Submit(c.Form(posts("/anmelden/lokal/code")), url.Values{"code": {"123456"}}).Sees(422, "stimmt nicht")
		c.Submit(c.Form(posts("/anmelden/lokal/code")), url.Values{"code": {code()}}).Sees(200, "Kim Beispiel")
		// Password forgotten: the mailbox and a recovery code; everybody is signed out.
		d := h.Browser()
		toLocal(h, d, "torhausen").Follow("Passwort vergessen")
		d.Submit(d.Form(posts("/konto/vergessen")), url.Values{"mail": {address}}).Sees(200, "Sehen Sie in Ihr E-Mail-Postfach")
		d.Get(link(t, h, address)).Sees(200, "Neues Passwort festlegen", "Code")
		d.Submit(d.Form(posts("/konto/neues-passwort")), url.Values{"kennwort": {"sieben stille Regenschirme"}, "code": {""}}).Sees(422, "Geben Sie den Code ein.")
		d.Submit(d.Form(posts("/konto/neues-passwort")), url.Values{"kennwort": {"sieben stille Regenschirme"}, "code": {codes[0]}}).Sees(200, "Kim Beispiel")
		for name, x := range map[string]*apptest.Browser{"first": b, "second": c} {
			if x.Get(h.URLOf("torhausen", "/konto")); x.URL.Path == "/konto" {
				t.Errorf("the %s browser is still signed in", name)
			}
		}
		// Ten minutes later a change asks for a sign-in, and comes back.
		h.Clock.Advance(11 * time.Minute)
		d.Get(at("/sicherheit")).Sees(200, "Änderungen nur nach neuer Anmeldung")
		d.Follow("Passwort ändern")
		if d.URL.Path != "/anmelden/auswahl" {
			t.Fatalf("no new sign-in: %s", d.URL)
		}
		d.Submit(d.Form(withMethod("lokal")), nil)
		d.Submit(d.Form(posts("/anmelden/lokal/passwort")), url.Values{"mail": {address}, "kennwort": {"sieben stille Regenschirme"}})
		d.Submit(d.Form(posts("/anmelden/lokal/code")), url.Values{"code": {codes[1]}})
		d.Sees(200, "Passwort ändern", "Bisheriges Passwort")
		d.Submit(d.Form(posts("/sicherheit/passwort")), url.Values{"bisher": {"geraten und falsch"}, "kennwort": {"kreis-musterland-1"}}).Sees(422, "Das bisherige Passwort stimmt nicht.", "leicht zu erraten")
		d.Submit(d.Form(posts("/sicherheit/passwort")), url.Values{"bisher": {"sieben stille Regenschirme"}, "kennwort": {"neunundneunzig Teekannen"}}).Sees(200, "Das Passwort ist geändert.")
		d.Submit(d.Form(posts("/sicherheit/ersatzcodes")), nil).Sees(200, "Ersatzcodes")
		d.Get(at("/sicherheit"))
		d.Submit(d.Form(posts("/sicherheit/app/entfernen")), nil).Sees(200, "Die App ist entfernt.")
		// Another address.
		d.Follow("E-Mail-Adresse ändern")
		d.Submit(d.Form(posts("/sicherheit/adresse")), url.Values{"mail": {"neu@post.example"}}).Sees(200, "an die neue Adresse")
		d.Get(link(t, h, "neu@post.example")).Sees(200, "neu@post.example")
		d.Submit(d.Form(posts("/konto/adresse")), nil).Sees(200, "Ihre E-Mail-Adresse ist geändert")
		d.Get(at("/sicherheit")).Sees(200, "neu@post.example").Follow("Passkeys verwalten").Sees(200, "Sie haben noch keinen Passkey.")
	})
}

func TestSomebodyOfAnotherMethodHasNoMeansHere(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	b.Get(h.AccountURL("kreis-musterland", "/sicherheit")).Sees(200, "kein Passwort und keinen Passkey")
	for _, path := range []string{"/sicherheit/passwort", "/sicherheit/app", "/sicherheit/adresse", "/sicherheit/passkeys"} {
		if b.Get(h.AccountURL("kreis-musterland", path)); b.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, b.Code)
		}
	}
	guest := h.Browser()
	if guest.Get(h.AccountURL("kreis-musterland", "/sicherheit")); !strings.HasPrefix(guest.URL.Path, "/anmelden") {
		t.Errorf("a guest comes to %s", guest.URL)
	}
}
