package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"stadttor/internal/accounts/local"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/test/apptest"
	"stadttor/internal/test/town"
)

// leave takes somebody from the list to the page that ends his work here.
func leave(t *testing.T, b *apptest.Browser, list, name string) (person string) {
	t.Helper()
	person = b.Get(list).Follow(name).Sees(200, "Beschäftigungsende").URL.Path
	wellFormed(t, b)
	b.Follow("Zugang entfernen").Sees(200, name, "Das geschieht sofort", "Das bleibt", "lässt sich nicht rückgängig machen")
	wellFormed(t, b)
	return person
}

// removes sends the page's form.
func removes(b *apptest.Browser, person string, kv ...string) *apptest.Browser {
	return b.Submit(b.Form(posts(person+"/beschaeftigungsende")), values(kv...))
}

func TestWhoeverLeavesIsRemovedByAnAdministrator(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		at := func(path string) string { return h.URLOf("torhausen", "/verwaltung"+path) }
		admin := h.Browser().SignInStaff("torhausen", "torhausen-admin")
		admin.Get(at("/personal"))
		admin.Submit(admin.Form(posts("/verwaltung/personal")), values("weg", local.Name, "kennung", colleague, "rolle.0", string(perm.Editor))).Sees(200)
		link, _ := mailed(t, h, colleague)
		juri := makeAccess(t, h, link)
		_, _ = mailed(t, h, colleague) // that something was changed
		h.Clock.Advance(time.Second)
		juri.Get(at("/leistungen")).Sees(200)

		person := leave(t, admin, at("/personal"), "Juri Beispiel")
		admin.Sees(200, "Passwort, Passkeys und Ersatzcodes").Lacks("Konto der Person beim Anmeldedienst")
		removes(admin, person).Sees(422, "Bitte bestätigen Sie")
		wellFormed(t, admin)
		juri.Get(at("/leistungen")).Sees(200)
		removes(admin, person, "sicher", "ja").Sees(200, "Der Zugang ist entfernt.").Lacks("Juri Beispiel", colleague)
		wellFormed(t, admin)
		if juri.Get(at("/leistungen")); juri.URL.Path != "/verwaltung/anmelden" {
			t.Error("still signed in")
		}
		juri.Submit(juri.Form(posts("/verwaltung/anmelden/lokal")), nil)
		juri.Submit(juri.Form(posts("/verwaltung/anmelden/lokal/passwort")), values("mail", colleague, "kennwort", secretly)).Sees(422, "stimmen nicht")

		// Who left is found by the filter; nothing can be done for him any more.
		admin.Get(at("/personal?personen=ausgeschieden")).Sees(200, "Eine ausgeschiedene Person", "Juri Beispiel", "ausgeschieden am").Lacks("Person aufnehmen", "Theda Janßen-Abel", colleague)
		wellFormed(t, admin)
		admin.Follow("Juri Beispiel").Sees(200, "ausgeschieden am", "nehmen Sie sie neu auf").Lacks("Zugang sperren", "Zugang entfernen", "Rollen ändern", colleague)
		wellFormed(t, admin)
		if admin.Get(at(strings.TrimPrefix(person, "/verwaltung") + "/beschaeftigungsende")); admin.URL.Path != person {
			t.Errorf("the page of the end stands at %s", admin.URL.Path)
		}
		for path, x := range map[string]struct {
			form   []string
			status int
		}{
			"":                     {[]string{"name", "Wieder Da", "rolle.0", string(perm.Administrator)}, http.StatusConflict},
			"/sperre":              {[]string{"aktion", "freigeben"}, http.StatusConflict},
			"/einladung":           {[]string{"mail", colleague}, http.StatusNotFound},
			"/zugang":              {nil, http.StatusNotFound},
			"/beschaeftigungsende": {[]string{"sicher", "ja"}, http.StatusSeeOther},
		} {
			if admin.Stay().Post(at(strings.TrimPrefix(person, "/verwaltung")+path), values(x.form...)); admin.Code != x.status {
				t.Errorf("%s: %d, want %d", path, admin.Code, x.status)
			}
		}

		// Back after a while: the address is free, he is somebody new.
		admin = h.Browser().SignInStaff("torhausen", "torhausen-admin")
		admin.Get(at("/personal"))
		admin.Submit(admin.Form(posts("/verwaltung/personal")), values("weg", local.Name, "kennung", colleague, "rolle.0", string(perm.Editor))).Sees(200, "Die Einladung ist unterwegs.")
		link, _ = mailed(t, h, colleague)
		makeAccess(t, h, link).Get(at("/leistungen")).Sees(200)
		if admin.Get(at("/personal")).Follow("Juri Beispiel"); admin.URL.Path == person {
			t.Error("the old row came to life")
		}
	})
}

func TestCasesOfWhoeverLeavesAreFoundByColleagues(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		at := func(path string) string { return h.URLOf("torhausen", "/verwaltung"+path) }
		tenant, _ := h.Directory.TenantBySlug("torhausen")
		x, err := town.Fill(t.Context(), h.App, perm.Citizen{Realm: tenant.Realm, Tenant: tenant.ID}, 7, 2_000)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := town.Send(t.Context(), h.App, x)
		if err != nil {
			t.Fatal(err)
		}
		h.Drain()
		file := at("/faelle/" + string(sent.Case))
		clerk, lead := h.Browser().SignInStaff("torhausen", "torhausen-ordnungsamt"), h.Browser().SignInStaff("torhausen", "torhausen-leitung")
		clerk.Get(file)
		clerk.Submit(clerk.Form(posts("/verwaltung/faelle/"+string(sent.Case)+"/uebernehmen")), nil).Sees(200)
		lead.Get(file).Sees(200, "Emre Şimşekler")

		admin := h.Browser().SignInStaff("torhausen", "torhausen-admin")
		person := leave(t, admin, at("/personal"), "Emre Şimşekler")
		admin.Sees(200, "Konto der Person beim Anmeldedienst").Lacks("Passkeys")
		removes(admin, person, "sicher", "ja").Sees(200, "Offene Vorgänge der Person gehen an ihre Stelle zurück.")
		h.Drain()
		h.Drain()
		lead.Get(file).Sees(200, "Der Vorgang wurde wieder freigegeben.", "Emre Şimşekler", "noch niemand")
		wellFormed(t, lead)
		if clerk.Get(file); clerk.URL.Path != "/verwaltung/anmelden" {
			t.Error("still signed in")
		}
		h.Browser().SignInStaff("kreis-musterland", "musterland-realm-admin").Get(h.URLOf("kreis-musterland", person)).Sees(404)
	})
}

func TestWhoIsNotRemovedIsToldWhy(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		at := func(path string) string { return h.URLOf("torhausen", "/verwaltung"+path) }
		member := func(name string) (id ident.StaffID) {
			t.Helper()
			tenant, _ := h.Directory.TenantBySlug("torhausen")
			list, err := h.Accounts.MembersOf(t.Context(), perm.System{Name: "test"}, tenant)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				if m.Name.Reveal() == name {
					id = m.ID
				}
			}
			return id
		}
		chief := "/personal/" + string(member("Cem Erkılıç"))
		admin := h.Browser().SignInStaff("torhausen", "torhausen-admin")
		admin.Get(at(chief+"/beschaeftigungsende")).Sees(200, "kann nur jemand anderes ändern").Lacks("endgültig entfernen")
		wellFormed(t, admin)
		admin.Post(at(chief+"/beschaeftigungsende"), values("sicher", "ja")).Sees(403, "kann nur jemand anderes ändern")
		wellFormed(t, admin)
		lead := h.Browser().SignInStaff("torhausen", "torhausen-leitung")
		lead.Post(at(chief+"/beschaeftigungsende"), values("sicher", "ja")).Sees(403, "nur Rechte vergeben und nehmen")
		wellFormed(t, lead)
		for name, x := range map[string][]string{"without a word": {}, "with another one": {"sicher", "nein"}} {
			admin.Post(at("/personal/"+string(member("Theda Janßen-Abel"))+"/beschaeftigungsende"), values(x...)).Sees(422, "Bitte bestätigen Sie")
			if member("Theda Janßen-Abel") == "" {
				t.Errorf("removed %s", name)
			}
		}
		if member("Cem Erkılıç") == "" {
			t.Error("removed all the same")
		}
	})
}
