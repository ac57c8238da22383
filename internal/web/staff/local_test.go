package staff_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
	"stadttor/internal/test/apptest"
)

const (
	mailbox  = "dienst@post.example"
	password = "vier Igel tanzen leise"
)

var operator = perm.System{Name: "test"}

func posts(path string) func(apptest.Form) bool {
	return func(f apptest.Form) bool {
		return f.Method == http.MethodPost && strings.TrimSuffix(f.Action, "#fehler") == path
	}
}

func form(kv ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	return v
}

// invited adds somebody to torhausen's staff and gives his link.
func invited(t *testing.T, h *apptest.House) (local.Invited, tenancy.Tenant) {
	t.Helper()
	tenant, _ := h.Directory.TenantBySlug("torhausen")
	in, err := h.Local.Invite(t.Context(), operator, tenant, local.Invitation{Mail: pii.New(mailbox), Grants: []perm.Grant{{Role: perm.Caseworker}}, ByHand: true})
	if err != nil {
		t.Fatal(err)
	}
	return in, tenant
}

// mailed is where the newest mail to an address leads.
func mailed(t *testing.T, h *apptest.House, to string) string {
	t.Helper()
	h.Drain()
	h.Drain()
	for _, k := range h.Outbox.List() {
		if k.To.Reveal() == to {
			if l := regexp.MustCompile(`(?m)^http://\S+$`).FindString(k.Text); l != "" {
				return l
			}
		}
	}
	t.Fatal("no mail with a link came")
	return ""
}

// code is what an app shows for the secret on the page.
func code(t *testing.T, h *apptest.House, secret string) string {
	t.Helper()
	c, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), h.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func secretOn(b *apptest.Browser) string {
	return regexp.MustCompile(`(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}`).FindString(b.Text())
}

var codesShape = regexp.MustCompile(`[0-9a-z]{4}(?:-[0-9a-z]{4}){3}`)

func TestAnInvitedColleagueIsLetInWithTwoFactorsOnly(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		in, _ := invited(t, h)
		at := func(path string) string { return h.URLOf("torhausen", "/verwaltung"+path) }
		b := h.Browser()
		b.Get(in.Link.Reveal()).Sees(200, "Zugang zum Verwaltungsbereich anlegen", "Ihre Einladung gilt").Lacks("Konto anlegen")
		b.Submit(b.Form(posts("/verwaltung/konto/bestaetigen")), form("kennwort", "Torhausen2026")).Sees(422, "Geben Sie Ihre Vornamen ein.", "leicht zu erraten")
		b.Submit(b.Form(posts("/verwaltung/konto/bestaetigen")), form("vorname", "Juri", "familienname", "Beispiel", "kennwort", password))
		b.Sees(200, "Zweiten Faktor einrichten")
		// Nobody is let in before.
		c := h.Browser()
		if c.Get(at("/faelle")); c.URL.Path != "/verwaltung/anmelden" {
			t.Errorf("let in: %s", c.URL)
		}
		secret := secretOn(b)
		b.Submit(b.Form(posts("/verwaltung/anmelden/lokal/zweiter-faktor")), form("code", "")).Sees(422, "Geben Sie den Code ein.")
		if secretOn(b) != secret {
			t.Error("another secret after a mistake: the app shows wrong codes")
		}
		b.Submit(b.Form(posts("/verwaltung/anmelden/lokal/zweiter-faktor")), form("code", "000000")).Sees(422, "stimmt nicht")
		b.Submit(b.Form(posts("/verwaltung/anmelden/lokal/zweiter-faktor")), form("code", code(t, h, secret))).Sees(200, "Ersatzcodes")
		codes := codesShape.FindAllString(b.Text(), -1)
		if len(codes) != local.RecoveryCodes {
			t.Fatalf("%d recovery codes", len(codes))
		}
		b.Submit(b.Form(posts("/verwaltung/anmelden/lokal/weiter")), nil).Sees(200, "Guten Tag, Juri Beispiel") // added without a name
		b.Get(in.Link.Reveal()).Sees(403, "Dieser Link gilt nicht mehr", "bitten Sie um eine neue").Lacks("Konto anlegen")

		// In again: password, then the code.
		_ = mailed(t, h, mailbox) // that the second factor was set up
		h.Clock.Advance(time.Minute)
		c.Submit(c.Form(posts("/verwaltung/anmelden/lokal")), nil).Sees(200, "Anmelden mit E-Mail-Adresse oder Passkey").Lacks("Konto anlegen")
		c.Submit(c.Form(posts("/verwaltung/anmelden/lokal/passwort")), form("mail", mailbox, "kennwort", "falsch und lang genug")).Sees(422, "E-Mail-Adresse oder Passwort stimmen nicht.")
		c.Submit(c.Form(posts("/verwaltung/anmelden/lokal/passwort")), form("mail", mailbox, "kennwort", password)).Sees(200, "Anmeldung bestätigen", "Ihren Zugang zurückzusetzen")
		c.Submit(c.Form(posts("/verwaltung/anmelden/lokal/code")), form("code", code(t, h, secret))).Sees(200)
		if c.URL.Path != "/verwaltung/faelle" {
			t.Errorf("the way ended at %s", c.URL)
		}
		b.Get(at("/konto")).Follow("Meine Anmeldungen").Sees(200, "dieser Browser", "Passwort und Einmalcode")
		// Password forgotten: the mailbox and a recovery code.
		d := h.Browser()
		d.Get(at("/anmelden"))
		d.Submit(d.Form(posts("/verwaltung/anmelden/lokal")), nil).Follow("Passwort vergessen?")
		d.Submit(d.Form(posts("/verwaltung/konto/vergessen")), form("mail", mailbox)).Sees(200, "Gibt es zu der Adresse einen Zugang")
		d.Get(mailed(t, h, mailbox)).Sees(200, "Neues Passwort festlegen")
		d.Submit(d.Form(posts("/verwaltung/konto/neues-passwort")), form("code", codes[0], "kennwort", "sieben stille Regenschirme")).Sees(200, "Guten Tag, Juri Beispiel")
		for name, x := range map[string]*apptest.Browser{"first": b, "second": c} {
			if x.Get(at("/konto")); x.URL.Path == "/verwaltung/konto" {
				t.Errorf("the %s browser is still signed in", name)
			}
		}
		// Later a change asks for another sign-in and comes back.
		d.Get(at("/sicherheit")).Sees(200, mailbox)
		h.Clock.Advance(11 * time.Minute)
		d.Get(at("/sicherheit")).Follow("Passwort ändern").Sees(200, "melden Sie sich bitte noch einmal an")
		d.Submit(d.Form(posts("/verwaltung/anmelden/lokal")), nil)
		d.Submit(d.Form(posts("/verwaltung/anmelden/lokal/passwort")), form("mail", mailbox, "kennwort", "sieben stille Regenschirme"))
		d.Submit(d.Form(posts("/verwaltung/anmelden/lokal/code")), form("code", codes[1])).Sees(200, "Bisheriges Passwort")
		d.Submit(d.Form(posts("/verwaltung/sicherheit/passwort")), form("bisher", "sieben stille Regenschirme", "kennwort", "neunundneunzig Teekannen")).Sees(200, "Das Passwort ist geändert.")
		d.Submit(d.Form(posts("/verwaltung/sicherheit/app/entfernen")), nil).Sees(403, "zweiter Faktor Pflicht")
		for _, mark := range []string{mailbox, "Beispiel", "schluessel=", "versuch="} {
			if strings.Contains(h.Log.String(), mark) {
				t.Errorf("the log holds %q", mark)
			}
		}
	})
}

func TestWhereTheAuthorityOffersItNotThePagesLeadToTheChoice(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		b := h.Browser()
		b.Get(h.URLOf("kreis-musterland", "/verwaltung/anmelden")).Sees(200, "Demo-Anmeldung").Lacks("Passkey")
		for _, path := range []string{"/anmelden/lokal", "/konto/vergessen", "/konto/bestaetigen?schluessel=x", "/konto/neues-passwort"} {
			b.Get(h.URLOf("kreis-musterland", "/verwaltung"+path)).Sees(403, "Bitte wählen Sie ein anderes", "Demo-Anmeldung")
		}
		b.Post(h.URLOf("kreis-musterland", "/verwaltung/anmelden/lokal"), nil).Sees(403, "Bitte wählen Sie ein anderes")

		// The kill switch: the notice in the button's place, and everybody out.
		in, tenant := invited(t, h)
		b.Get(in.Link.Reveal())
		b.Submit(b.Form(posts("/verwaltung/konto/bestaetigen")), form("vorname", "Juri", "familienname", "Beispiel", "kennwort", password))
		b.Submit(b.Form(posts("/verwaltung/anmelden/lokal/zweiter-faktor")), form("code", code(t, h, secretOn(b))))
		b.Submit(b.Form(posts("/verwaltung/anmelden/lokal/weiter")), nil).Sees(200, "Guten Tag")
		other := h.Browser().SignInStaff("torhausen", "torhausen-admin")
		door, _ := h.Directory.DoorOf(tenant.ID)
		choose := func(c accounts.Choice) {
			t.Helper()
			if err := h.Accounts.SaveStaffChoice(t.Context(), operator, door, c); err != nil {
				t.Fatal(err)
			}
		}
		choose(accounts.Choice{Name: local.Name, Offered: true, Stopped: true, Notice: "Heute nur mit dem Hausausweis."})
		b.Get(h.URLOf("torhausen", "/verwaltung/konto")).Sees(200, "Heute nur mit dem Hausausweis.").Lacks("Weiter mit E-Mail")
		if b.URL.Path != "/verwaltung/anmelden" {
			t.Errorf("still signed in at %s", b.URL)
		}
		if other.Get(h.URLOf("torhausen", "/verwaltung/konto")); other.URL.Path != "/verwaltung/konto" {
			t.Error("sessions of another method ended too")
		}
		choose(accounts.Choice{Name: local.Name, Offered: true})
		b.Get(h.URLOf("torhausen", "/verwaltung/anmelden")).Sees(200, "Weiter mit E-Mail-Adresse und Passwort oder Passkey")
	})
}

func TestSomebodyOfAnotherMethodLooksAfterItElsewhere(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignInStaff("torhausen", "torhausen-admin")
	b.Get(h.URLOf("torhausen", "/verwaltung/sicherheit")).Sees(200, "kein Passwort und keinen Passkey")
	for _, path := range []string{"/sicherheit/passwort", "/sicherheit/app", "/sicherheit/adresse", "/sicherheit/passkeys"} {
		if b.Get(h.URLOf("torhausen", "/verwaltung"+path)); b.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, b.Code)
		}
	}
}

func TestOwnSessionsAreListedAndEnded(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		first := h.Browser().SignInStaff("torhausen", "torhausen-admin")
		h.Clock.Advance(time.Minute)
		second := h.Browser().SignInStaff("torhausen", "torhausen-admin")
		list := h.URLOf("torhausen", "/verwaltung/anmeldungen")
		second.Get(list).Sees(200, "Meine Anmeldungen", "dieser Browser")
		var ends []apptest.Form
		for _, f := range second.Forms() {
			if strings.HasPrefix(f.Action, "/verwaltung/anmeldungen/") {
				ends = append(ends, f)
			}
		}
		if len(ends) != 2 {
			t.Fatalf("%d sessions", len(ends))
		}
		second.Submit(ends[1], nil).Sees(200, "Die Anmeldung ist beendet.")
		if first.Get(list); first.URL.Path != "/verwaltung/anmelden" {
			t.Error("the other browser is still signed in")
		}
		stranger := h.Browser().SignInStaff("kreis-musterland", "musterland-realm-admin")
		if stranger.Post(h.URLOf("kreis-musterland", ends[0].Action), nil); stranger.Code != http.StatusNotFound {
			t.Errorf("somebody else's session: %d", stranger.Code)
		}
		if second.Get(list); second.URL.Path != "/verwaltung/anmeldungen" {
			t.Error("a stranger ended it")
		}
	})
}

// Whoever goes wrong in the office stays in it.
func TestErrorsOfTheOfficeAreItsPages(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignInStaff("torhausen", "torhausen-ordnungsamt")
	for path, status := range map[string]int{"/verwaltung/personal": 403, "/verwaltung/gibt-es-nicht": 404} {
		b.Get(path).Sees(status, "Angemeldet als", "Verwaltungsbereich", "Zur Startseite").Lacks("Sprache")
	}
	b.Get("/gibt-es-nicht").Sees(404).Lacks("Verwaltungsbereich")
	h.Browser().Get(h.URLOf("torhausen", "/verwaltung/gibt-es-nicht")).Sees(404).Lacks("Angemeldet als", "Verwaltungsbereich")
}
