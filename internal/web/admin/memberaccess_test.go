package admin_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"stadttor/internal/accounts/local"
	"stadttor/internal/perm"
	"stadttor/internal/test/apptest"
)

const (
	colleague = "juri@post.example"
	secretly  = "vier Igel tanzen leise"
)

func posts(path string) func(apptest.Form) bool {
	return func(f apptest.Form) bool {
		return f.Method == http.MethodPost && strings.TrimSuffix(f.Action, "#fehler") == path
	}
}

func values(kv ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	return v
}

// mailed is where the newest mail to an address leads, and its subject.
func mailed(t *testing.T, h *apptest.House, to string) (link, subject string) {
	t.Helper()
	h.Drain()
	h.Drain()
	for _, k := range h.Outbox.List() {
		if k.To.Reveal() == to {
			return regexp.MustCompile(`(?m)^http://\S+$`).FindString(k.Text), k.Subject
		}
	}
	t.Fatal("no mail came")
	return "", ""
}

// makeAccess follows an invitation to its end: password, app, codes.
func makeAccess(t *testing.T, h *apptest.House, link string) *apptest.Browser {
	t.Helper()
	b := h.Browser()
	b.Get(link).Sees(200, "Ihre Einladung gilt")
	b.Submit(b.Form(posts("/verwaltung/konto/bestaetigen")), values("vorname", "Juri", "familienname", "Beispiel", "kennwort", secretly))
	return enrol(t, h, b)
}

func enrol(t *testing.T, h *apptest.House, b *apptest.Browser) *apptest.Browser {
	t.Helper()
	b.Sees(200, "Zweiten Faktor einrichten")
	secret := regexp.MustCompile(`(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}`).FindString(b.Text())
	c, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), h.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.Submit(b.Form(posts("/verwaltung/anmelden/lokal/zweiter-faktor")), values("code", c)).Sees(200, "Ersatzcodes")
	return b.Submit(b.Form(posts("/verwaltung/anmelden/lokal/weiter")), nil).Sees(200, "Guten Tag")
}

func TestAnAdministratorInvitesAndHelps(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		at := func(path string) string { return h.URLOf("torhausen", "/verwaltung"+path) }
		admin := h.Browser().SignInStaff("torhausen", "torhausen-admin")
		admin.Get(at("/personal")).Sees(200, "Kennung oder E-Mail-Adresse", "laden Sie jemanden ein")
		add := func(kv ...string) *apptest.Browser {
			t.Helper()
			admin.Get(at("/personal"))
			return admin.Submit(admin.Form(posts("/verwaltung/personal")), values(append([]string{"weg", local.Name, "rolle.0", string(perm.Editor)}, kv...)...))
		}
		add("kennung", "kein-at").Sees(422, "keine vollständige E-Mail-Adresse")
		add("kennung", colleague).Sees(200, "Die Einladung ist unterwegs.", "eingeladen, Link gilt bis", colleague)
		add("kennung", colleague).Sees(409, "schon eine Einladung, die noch gilt")
		add("kennung", "andere@post.example", "rolle.0", string(perm.RealmAdmin)).Sees(403)
		first, _ := mailed(t, h, colleague)

		// He missed it: another one, and the first is void.
		h.Clock.Advance(73 * time.Hour)
		admin = h.Browser().SignInStaff("torhausen", "torhausen-admin")
		admin.Get(at("/personal")).Sees(200, "Einladung abgelaufen").Follow("Noch ohne Namen")
		page := admin.URL.Path
		admin.Submit(admin.Form(posts(page+"/einladung")), values("mail", "kein-at")).Sees(422, "keine vollständige E-Mail-Adresse")
		admin.Submit(admin.Form(posts(page+"/einladung")), values("mail", colleague)).Sees(200, "Die Einladung ist unterwegs.", colleague)
		if strings.Contains(string(admin.Body), "schluessel=") {
			t.Error("the administrator sees the link")
		}
		link, _ := mailed(t, h, colleague)
		h.Browser().Get(first).Sees(403, "Dieser Link gilt nicht mehr")
		b := makeAccess(t, h, link)
		b.Get(at("/leistungen")).Sees(200) // his role
		admin.Get(at("/personal")).Sees(200, "Juri Beispiel").Follow("Juri Beispiel").Sees(200, colleague, "aktiv").Lacks("Noch einmal einladen")

		// He lost his phone.
		_, _ = mailed(t, h, colleague) // that something was changed
		h.Clock.Advance(time.Second)
		admin.Submit(admin.Form(posts(page+"/zugang")), nil).Sees(200, "Der Zugang ist zurückgesetzt.", "Zugang noch nicht fertig")
		if b.Get(at("/leistungen")); b.URL.Path != "/verwaltung/anmelden" {
			t.Error("still signed in")
		}
		link, subject := mailed(t, h, colleague)
		if !strings.Contains(subject, "zurückgesetzt") {
			t.Errorf("the mail says %q", subject)
		}
		b.Submit(b.Form(posts("/verwaltung/anmelden/lokal")), nil)
		b.Submit(b.Form(posts("/verwaltung/anmelden/lokal/passwort")), values("mail", colleague, "kennwort", secretly)).Sees(422, "stimmen nicht")
		b.Get(link).Sees(200, "Neues Passwort festlegen").Lacks("16 Zeichen")
		b.Submit(b.Form(posts("/verwaltung/konto/neues-passwort")), values("kennwort", "sieben stille Regenschirme"))
		enrol(t, h, b)
		b.Get(at("/leistungen")).Sees(200)
		h.Browser().SignInStaff("torhausen", "torhausen-admin").Get(at(strings.TrimPrefix(page, "/verwaltung"))).Sees(200, "aktiv")

		// Nobody resets what he could not give, nor somebody of elsewhere.
		for who, x := range map[string]struct {
			tenant string
			status int
		}{"torhausen-ordnungsamt": {"torhausen", 403}, "musterland-realm-admin": {"kreis-musterland", 404}} {
			c := h.Browser().SignInStaff(x.tenant, who)
			for _, act := range []string{"/zugang", "/einladung"} {
				if c.Post(h.URLOf(x.tenant, page+act), values("mail", "fremd@post.example")); c.Code != x.status {
					t.Errorf("%s%s: %d, want %d", who, act, c.Code, x.status)
				}
			}
		}
		if b.Get(at("/leistungen")); b.URL.Path != "/verwaltung/leistungen" {
			t.Error("a stranger reset it")
		}
	})
}

func TestAnAuthorityDecidesHowItsStaffSignsIn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		at := func(path string) string { return h.URLOf("kreis-musterland", "/verwaltung"+path) }
		admin := h.Browser().SignInStaff("kreis-musterland", "musterland-realm-admin")
		admin.Get(at("/personal")).Sees(200).Lacks("laden Sie jemanden ein")
		if admin.Post(at("/personal"), values("weg", local.Name, "kennung", colleague, "rolle.0", string(perm.Editor))); admin.Code != http.StatusUnprocessableEntity {
			t.Errorf("invited where it is not switched on: %d", admin.Code)
		}
		admin.Get(at("/personal")).Follow("Wie sich Ihr Personal anmeldet").Sees(200, "Demo-Anmeldung", "E-Mail-Adresse und Passwort oder Passkey")
		set := func(method, state, notice string) *apptest.Browser {
			t.Helper()
			f := admin.Form(func(f apptest.Form) bool { return f.Values.Get("verfahren") == method })
			return admin.Submit(f, values("stand-"+method, state, "hinweis-"+method, notice))
		}
		if f := admin.Form(func(f apptest.Form) bool { return f.Values.Get("verfahren") == local.Name }); f.Values.Get("stand-"+local.Name) != "aus" {
			t.Error("switched on by itself")
		}
		set("demo", "aus", "").Sees(409, "der einzige Weg")
		admin.Get(at("/personal/anmeldung"))
		set(local.Name, "gestoppt", "").Sees(422, "Schreiben Sie einen Hinweis")
		set(local.Name, "an", "").Sees(200)
		h.Browser().Get(at("/anmelden")).Sees(200, "Weiter mit E-Mail-Adresse und Passwort oder Passkey")
		// Citizens are asked nothing of it.
		door, _ := h.Directory.ByHost("service.kreis-musterland.localhost")
		offers, err := h.Accounts.Offers(t.Context(), door, door.Tenant)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range offers {
			if o.Name == local.Name && (o.Stopped || !o.Offered) {
				t.Error("the choice for staff became one for citizens")
			}
		}
	})
}
