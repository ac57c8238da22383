package admin_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/perm"
	"stadttor/internal/test/apptest"
	"stadttor/internal/test/htmlcheck"
)

func wellFormed(t *testing.T, b *apptest.Browser) {
	t.Helper()
	p, err := htmlcheck.Parse(bytes.NewReader(b.Body))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Findings() {
		t.Errorf("%s: %s", b.URL, f)
	}
}

func TestAnAuthorityChoosesItsSignInMethods(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignInStaff("torhausen", "torhausen-admin").Get(h.URLOf("torhausen", "/verwaltung/anmeldeverfahren"))
	b.Sees(http.StatusOK, "Demo-Anmeldung", "Sofort anhalten")
	wellFormed(t, b)
	method := func(f apptest.Form) bool { return f.Values.Get("verfahren") == "demo" }
	if b.Form(method).Values.Get("stand-demo") != "an" {
		t.Error("a method without a choice is not offered")
	}
	b.Submit(b.Form(method), url.Values{"stand-demo": {"gestoppt"}}).Sees(http.StatusUnprocessableEntity, "Schreiben Sie einen Hinweis")
	wellFormed(t, b)
	b.Submit(b.Form(method), url.Values{"stand-demo": {"unsinn"}}).Sees(http.StatusUnprocessableEntity)
	b.Get(h.URLOf("torhausen", "/verwaltung/anmeldeverfahren"))
	b.Submit(b.Form(method), url.Values{"stand-demo": {"aus"}}).Sees(http.StatusOK, "Ihre Änderungen sind gespeichert")
	x := h.Browser().Get(h.URLOf("torhausen", "/anmelden")).Sees(http.StatusOK).Lacks("Demo-Anmeldung")
	b.Submit(b.Form(func(f apptest.Form) bool { return f.Values.Get("verfahren") == "lokal" }), url.Values{"stand-lokal": {"gestoppt"}, "hinweis-lokal": {"Bis Freitag gestört."}}).Sees(http.StatusOK)
	x.Get(h.URLOf("torhausen", "/anmelden")).Sees(http.StatusOK, "Zurzeit ist keine Anmeldung möglich", "Bis Freitag gestört.")
	wellFormed(t, x)
	h.Browser().Get(h.URLOf("aulenried", "/anmelden")).Sees(http.StatusOK, "Mit „Demo-Anmeldung“ anmelden")
}

func TestWhoAdministersTheRealmSeesWhereItsPeopleSignIn(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	const path, host = "/verwaltung/anmeldeverfahren", "konto.kreis-musterland.localhost"
	h.Browser().SignInStaff("torhausen", "torhausen-admin").Get(h.URLOf("torhausen", path)).Sees(http.StatusOK).Lacks(host)
	b := h.Browser().SignInStaff("kreis-musterland", "musterland-realm-admin").Get(h.URLOf("kreis-musterland", path)).Sees(http.StatusOK, "Adresse des Bürgerkontos", host)
	wellFormed(t, b)
	realm, _ := h.Directory.RealmBySlug("kreis-musterland")
	realm.AccountHost = ""
	if err := h.Directory.SaveRealm(t.Context(), perm.System{Name: "test"}, realm); err != nil {
		t.Fatal(err)
	}
	if err := h.Directory.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.Get(h.URLOf("kreis-musterland", path)).Sees(http.StatusOK, "hat noch keine Adresse").Lacks(host)
}

func TestAMethodIsConnectedOnceForTheRealm(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	const path = "/verwaltung/anmeldeverfahren/verbund"
	// Who only administers an authority connects nothing for the realm.
	h.Browser().SignInStaff("torhausen", "torhausen-admin").Get(h.URLOf("torhausen", path)).Sees(http.StatusForbidden)
	b := h.Browser().SignInStaff("kreis-musterland", "musterland-realm-admin").Get(h.URLOf("kreis-musterland", path))
	b.Sees(http.StatusOK, "Demo-Anmeldung", "Teil des Programms", "Anschließen: OpenID Connect", "SAML 2.0")
	wellFormed(t, b)
	b.Follow("Anschließen: OpenID Connect").Sees(http.StatusOK, "Adresse des Anbieters")
	wellFormed(t, b)
	form := func(f apptest.Form) bool { return strings.HasPrefix(f.Action, path) }
	b.Submit(b.Form(form), nil).Sees(http.StatusUnprocessableEntity, "Diese Angabe fehlt")
	wellFormed(t, b)
	const secret = "ein-langes-geheimnis-zzmarke"
	full := url.Values{"name": {"kreisverwaltung"}, "titel": {"Kreis-Anmeldung"}, "hoechstens": {"substantiell"}, "reihenfolge": {"20"}, "eingeschaltet": {"ja"},
		"s.issuer": {"https://anmeldung.kreis.example"}, "s.client_id": {"stadttor"}, "s.client_auth": {"client_secret_basic"}, "s.client_secret": {secret}, "s.means": {"Kreis"}, "s.lowest_level": {"basis"},
		"s.levels": {"urn:hoch = hoch\nhttps://a.example/?x=1 = substantiell"}, "s.profile": {"given = given_name"}}
	bad := url.Values{}
	for k, v := range full {
		bad[k] = v
	}
	bad.Set("s.levels", "das ist keine Tabelle")
	b.Submit(b.Form(form), bad).Sees(http.StatusUnprocessableEntity, "Schreiben Sie je Zeile")
	if f := b.Form(form); f.Values.Get("s.client_id") != "stadttor" || f.Values.Get("s.client_secret") != "" {
		t.Error("what was typed is lost, or a secret comes back")
	}
	b.Submit(b.Form(form), full).Sees(http.StatusOK, "Ihre Änderungen sind gespeichert", "Kreis-Anmeldung", "substantiell")
	b.Follow("Kreis-Anmeldung").Sees(http.StatusOK, "Ein Wert ist gespeichert", "/anmelden/zurueck/kreisverwaltung").Lacks(secret)
	wellFormed(t, b)
	if strings.Contains(string(b.Body), secret) || strings.Contains(h.Log.String(), secret) {
		t.Error("the secret is shown")
	}
	if f := b.Form(form); f.Values.Get("s.levels") != "https://a.example/?x=1 = substantiell\r\nurn:hoch = hoch" {
		t.Errorf("the table came back as %q", f.Values.Get("s.levels"))
	}
	b.Submit(b.Form(form), url.Values{"titel": {"Anmeldung des Kreises"}}).Sees(http.StatusOK, "Anmeldung des Kreises") // the secret stays
	// It is offered on all portals, up to its level.
	h.Browser().Get(h.URLOf("torhausen", "/anmelden")).Sees(http.StatusOK, "Mit „Anmeldung des Kreises“ anmelden")
	h.Browser().Get(h.URLOf("torhausen", "/anmelden?niveau=hoch")).Sees(http.StatusOK).Lacks("Anmeldung des Kreises")
	h.Browser().Get(h.URLOf("nordhafen", "/anmelden")).Sees(http.StatusOK).Lacks("Anmeldung des Kreises")
	// A partner who is silent is said so, and the other way stays open.
	x := h.Browser().Get(h.URLOf("torhausen", "/anmelden"))
	x.Submit(x.Form(func(f apptest.Form) bool { return f.Values.Get("verfahren") == "kreisverwaltung" }), nil).Sees(http.StatusForbidden, "antwortet gerade nicht", "Mit „Demo-Anmeldung“ anmelden")
	wellFormed(t, x)
	b.Get(h.URLOf("kreis-musterland", path+"/kreisverwaltung"))
	b.Submit(b.Form(form), url.Values{"eingeschaltet": {"nein"}}).Sees(http.StatusOK, "ausgeschaltet")
	h.Browser().Get(h.URLOf("torhausen", "/anmelden")).Sees(http.StatusOK).Lacks("Anmeldung des Kreises")
	b.Get(h.URLOf("kreis-musterland", path+"/neu/oidc"))
	b.Submit(b.Form(form), url.Values{"name": {"demo"}, "titel": {"X"}, "s.issuer": full["s.issuer"], "s.client_id": {"a"}, "s.client_auth": {"client_secret_basic"}, "s.client_secret": {secret}, "s.means": {"X"}, "s.lowest_level": {"basis"}}).Sees(http.StatusConflict, "hat schon ein anderes Verfahren")
	b.Get(h.URLOf("kreis-musterland", path+"/gibtesnicht")).Sees(http.StatusNotFound)
	b.Get(h.URLOf("kreis-musterland", path+"/neu/gibtesnicht")).Sees(http.StatusNotFound)
}
