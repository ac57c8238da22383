package account_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"stadttor/internal/accounts"
	"stadttor/internal/db"
	"stadttor/internal/perm"
	"stadttor/internal/test/apptest"
)

// module is a vendor's module: a relying party on go-oidc and x/oauth2, which
// nobody here wrote.
type module struct {
	t        *testing.T
	h        *apptest.House
	ctx      context.Context
	provider *oidc.Provider
	oauth2.Config
	last     url.Values // what came back to its address
	verifier string
}

const registration = "/verwaltung/fachmodule"

var shown = regexp.MustCompile(`client_id ([a-z-]+\.[0-9a-z]+) client_secret ([0-9a-z]{32})`)

// newModule registers a module at an authority, by its administration page, and
// reads the provider's metadata as every relying party does.
func newModule(t *testing.T, h *apptest.House, tenant, level string, scopes ...string) *module {
	t.Helper()
	m := &module{t: t, h: h}
	back := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { m.last = r.URL.Query() }))
	t.Cleanup(back.Close)
	_, port, _ := net.SplitHostPort(back.Listener.Addr().String())
	m.RedirectURL = "http://fachmodul.localhost:" + port + "/zurueck"
	b := h.Browser().SignInStaff(tenant, tenant+"-admin").Get(h.URLOf(tenant, registration)).Sees(200, "Fachmodule anderer Hersteller")
	b.Submit(b.Form(posts(registration)), url.Values{"name": {"Termine im Bürgerbüro"}, "betreiber": {"Terminwerk GmbH"}, "adressen": {m.RedirectURL}, "daten": scopes, "niveau": {level}})
	b.Sees(200, "Das Geheimnis sehen Sie nur jetzt", "Termine im Bürgerbüro")
	found := shown.FindStringSubmatch(b.Text())
	if found == nil {
		t.Fatalf("no secret: %s", b.Text())
	}
	m.ClientID, m.ClientSecret = found[1], found[2]
	b.Get(h.URLOf(tenant, registration)).Sees(200, m.ClientID).Lacks(m.ClientSecret)

	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, _ := net.SplitHostPort(addr)
		return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
	}
	tr := &http.Transport{DialContext: dial}
	t.Cleanup(tr.CloseIdleConnections)
	m.ctx = oidc.ClientContext(t.Context(), &http.Client{Transport: tr, Timeout: 20 * time.Second})
	var err error
	if m.provider, err = oidc.NewProvider(m.ctx, h.AccountURL("kreis-musterland", "")); err != nil {
		t.Fatal(err)
	}
	m.Endpoint = m.provider.Endpoint()
	m.Scopes = append([]string{oidc.ScopeOpenID}, scopes...)
	return m
}

// begin is the address to which the module sends somebody.
func (m *module) begin(more ...oauth2.AuthCodeOption) string {
	m.last, m.verifier = nil, oauth2.GenerateVerifier()
	return m.AuthCodeURL("zustand", append([]oauth2.AuthCodeOption{oidc.Nonce("einmal"), oauth2.S256ChallengeOption(m.verifier)}, more...)...)
}

// code is what came back, after state and issuer were compared.
func (m *module) code() string {
	m.t.Helper()
	if m.last.Get("state") != "zustand" || m.last.Get("iss") != m.h.AccountURL("kreis-musterland", "") || m.last.Get("code") == "" {
		m.t.Fatalf("came back: %v", m.last)
	}
	return m.last.Get("code")
}

// finish exchanges the code and verifies the ID token as go-oidc does.
func (m *module) finish() (*oauth2.Token, *oidc.IDToken, map[string]any) {
	m.t.Helper()
	tok, err := m.Exchange(m.ctx, m.code(), oauth2.VerifierOption(m.verifier))
	if err != nil {
		m.t.Fatal(err)
	}
	raw, _ := tok.Extra("id_token").(string)
	id, err := m.provider.Verifier(&oidc.Config{ClientID: m.ClientID, Now: m.h.Clock.Now}).Verify(m.ctx, raw)
	if err != nil {
		m.t.Fatal(err)
	}
	if err := id.VerifyAccessToken(tok.AccessToken); err != nil || id.Nonce != "einmal" {
		m.t.Fatalf("at_hash %v, nonce %q", err, id.Nonce)
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		m.t.Fatal(err)
	}
	return tok, id, claims
}

func (m *module) userinfo(tok *oauth2.Token) (map[string]any, error) {
	u, err := m.provider.UserInfo(m.ctx, oauth2.StaticTokenSource(tok))
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	return out, u.Claims(&out)
}

// agree says yes or no on the page that asks.
func agree(b *apptest.Browser, word string) *apptest.Browser {
	f := b.Form(posts("/openid/freigabe"))
	return b.Submit(f, url.Values{"aktion": {word}})
}

func TestAModuleSignsAPersonIn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		m := newModule(t, h, "torhausen", "basis", "profile", "email")
		b := h.Browser().Get(m.begin()).Choose("mareike-sandvoss", "substantiell")
		b.Sees(200, "Daten an ein Angebot Ihrer Verwaltung geben?", "Termine im Bürgerbüro", "Terminwerk GmbH", "Stadt Torhausen", "Mareike Sandvoß", "Ablehnen")
		if agree(b, "zustimmen"); b.URL.Path != "/zurueck" {
			t.Fatalf("%s: %s", b.URL, b.Text())
		}
		tok, id, claims := m.finish()
		if claims["acr"] != "http://eidas.europa.eu/LoA/substantial" || int64(claims["auth_time"].(float64)) != h.Clock.Now().Unix() || claims["given_name"] != nil {
			t.Errorf("%v", claims)
		}
		u, err := m.userinfo(tok)
		if err != nil {
			t.Fatal(err)
		}
		loa, _ := u["claims_loa"].(map[string]any)
		if u["sub"] != id.Subject || u["given_name"] != "Mareike" || u["email"] == nil || u["email_verified"] == true || u["address"] != nil || loa["given_name"] != "http://eidas.europa.eu/LoA/substantial" || loa["email"] != nil {
			t.Errorf("%v", u)
		}
		if _, err := m.userinfo(tok); err != nil {
			t.Errorf("asked twice: %v", err)
		}

		// The second time nobody is asked, and the answer is given without a page.
		b.Get(m.begin(oauth2.SetAuthURLParam("prompt", "none")))
		_, again, _ := m.finish()
		if again.Subject != id.Subject {
			t.Error("one person has two names in one module")
		}
		other := newModule(t, h, "torhausen", "basis")
		b.Get(other.begin()).Sees(200, "Bei einem Angebot Ihrer Verwaltung anmelden?", "gehen nicht über")
		agree(b, "zustimmen")
		tok, id, _ = other.finish()
		if id.Subject == again.Subject {
			t.Error("two modules can compare a person")
		}
		if u, err := other.userinfo(tok); err != nil || len(u) != 1 {
			t.Errorf("without scopes: %v %v", u, err)
		}
		for _, secret := range []string{"Sandvoß", tok.AccessToken, m.ClientSecret, "zustand", "einmal"} {
			if strings.Contains(h.Log.String(), secret) {
				t.Errorf("%q stands in the log", secret)
			}
		}
	})
}

func TestTheLevelThatIsNeededLeadsToAStepUp(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	m := newModule(t, h, "torhausen", "basis", "profile")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	b.Get(m.begin(oauth2.SetAuthURLParam("acr_values", "urn:unknown http://eidas.europa.eu/LoA/substantial"))).Sees(200, "Gebraucht wird das Vertrauensniveau: substantiell")
	agree(b.Choose("mareike-sandvoss", "substantiell"), "zustimmen")
	if _, _, claims := m.finish(); claims["acr"] != "http://eidas.europa.eu/LoA/substantial" {
		t.Errorf("%v", claims["acr"])
	}
	// A module that is registered for more gets more without asking.
	strict := newModule(t, h, "torhausen", "hoch", "profile")
	b.Get(strict.begin()).Sees(200, "Gebraucht wird das Vertrauensniveau: hoch")
	b.Get(strict.begin(oauth2.SetAuthURLParam("prompt", "none")))
	if strict.last.Get("error") != "login_required" {
		t.Errorf("%v", strict.last)
	}
}

func TestPromptAndMaxAgeAreKept(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	m := newModule(t, h, "torhausen", "basis", "profile")
	with := func(k, v string) oauth2.AuthCodeOption { return oauth2.SetAuthURLParam(k, v) }
	b := h.Browser().Get(m.begin(with("prompt", "none")))
	if m.last.Get("error") != "login_required" || m.last.Get("state") != "zustand" {
		t.Fatalf("%v", m.last)
	}
	b.SignIn("torhausen", "mareike-sandvoss", "basis")
	if b.Get(m.begin(with("prompt", "none"))); m.last.Get("error") != "consent_required" {
		t.Fatalf("%v", m.last)
	}
	if b.Get(m.begin()).Sees(200, "Ablehnen"); agree(b, "ablehnen") != nil && m.last.Get("error") != "access_denied" {
		t.Fatalf("%v", m.last)
	}
	b.Get(m.begin())
	agree(b, "zustimmen")
	_, first, _ := m.finish()
	h.Clock.Advance(10 * time.Minute)
	b.Get(m.begin(with("max_age", "3600")))
	m.finish()
	b.Get(m.begin(with("max_age", "300"))).Sees(200, "noch einmal anmelden")
	h.Clock.Advance(time.Second)
	b.Choose("mareike-sandvoss", "basis")
	_, second, claims := m.finish()
	if second.Subject != first.Subject || int64(claims["auth_time"].(float64)) != h.Clock.Now().Unix() {
		t.Errorf("%v", claims)
	}
	h.Clock.Advance(time.Second)
	b.Get(m.begin(with("prompt", "login"))).Sees(200, "noch einmal anmelden")
	h.Clock.Advance(time.Second)
	b.Choose("mareike-sandvoss", "basis")
	m.finish()
	b.Get(m.begin(with("prompt", "consent"))).Sees(200, "Ablehnen")
}

func TestWhatAModuleMustNotSendIsRefused(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	m := newModule(t, h, "torhausen", "basis", "profile")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	for _, c := range []struct{ name, param, value, want string }{ // want "": told to nobody but the person
		{"another address", "redirect_uri", "https://boese.example/zurueck", ""},
		{"a longer address", "redirect_uri", m.RedirectURL + "/", ""},
		{"an escaped address", "redirect_uri", strings.Replace(m.RedirectURL, "zurueck", "%7Aurueck", 1), ""},
		{"no address", "redirect_uri", "", ""},
		{"an unknown client", "client_id", "torhausen.01aaaaaaaaaaaaaaaaaaaaaaaa", ""},
		{"no client", "client_id", "", ""},
		{"no PKCE", "code_challenge", "", "invalid_request"},
		{"plain PKCE", "code_challenge_method", "plain", "invalid_request"},
		{"no PKCE method", "code_challenge_method", "", "invalid_request"},
		{"the implicit flow", "response_type", "id_token token", "unsupported_response_type"},
		{"the hybrid flow", "response_type", "code id_token", "unsupported_response_type"},
		{"an answer in the fragment", "response_mode", "fragment", "invalid_request"},
		{"an unknown scope", "scope", "openid profile admin", "invalid_scope"},
		{"a scope that is not registered", "scope", "openid email", "invalid_scope"},
		{"offline access", "scope", "openid offline_access", "invalid_scope"},
		{"no openid", "scope", "profile", "invalid_scope"},
		{"a request object", "request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"},
		{"a request by address", "request_uri", "https://boese.example/r", "request_uri_not_supported"},
		{"an unknown prompt", "prompt", "create", "invalid_request"},
		{"none with login", "prompt", "none login", "invalid_request"},
		{"no age", "max_age", "-1", "invalid_request"},
		{"a nonce of another alphabet", "nonce", "ä", "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, _ := url.Parse(m.begin())
			q := u.Query()
			if q.Set(c.param, c.value); c.value == "" {
				q.Del(c.param)
			}
			u.RawQuery = q.Encode()
			b.Get(u.String())
			if c.want == "" {
				if b.Sees(http.StatusForbidden, "Es sind keine Daten übergegangen"); m.last != nil {
					t.Errorf("the module was told: %v", m.last)
				}
			} else if m.last.Get("error") != c.want || m.last.Get("code") != "" || m.last.Get("state") != "zustand" {
				t.Errorf("%v", m.last)
			}
		})
	}
	t.Run("a parameter twice", func(t *testing.T) {
		if b.Get(m.begin() + "&scope=openid"); m.last.Get("error") != "invalid_request" {
			t.Errorf("%v", m.last)
		}
		b.Get(m.begin() + "&redirect_uri=" + url.QueryEscape(m.RedirectURL)).Sees(http.StatusForbidden)
	})
	t.Run("somebody else's ticket", func(t *testing.T) {
		b.Get(m.begin()).Sees(200, "Ablehnen")
		h.Browser().SignIn("torhausen", "emeka-brandhorst", "basis").Get(b.URL.String()).Sees(http.StatusForbidden, "gilt nicht mehr")
	})
}

// withdraw takes every consent back, as the person does.
func withdraw(t *testing.T, h *apptest.House) {
	t.Helper()
	var c perm.Citizen
	var id string
	err := h.DB.View(t.Context(), db.Across("", "test: who agreed"), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT realm_id,person_id,id FROM account_consent WHERE purpose='module' AND withdrawn_at=0`).Scan(&c.Realm, &c.Person, &id)
	})
	if err == nil {
		err = h.Accounts.WithdrawConsent(t.Context(), c, accounts.ConsentID(id))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// post sends a token request and gives status and error.
func (m *module) post(change func(url.Values, *http.Request)) (int, map[string]any) {
	m.t.Helper()
	v := url.Values{"grant_type": {"authorization_code"}, "code": {m.last.Get("code")}, "redirect_uri": {m.RedirectURL}, "code_verifier": {m.verifier}}
	r, _ := http.NewRequestWithContext(m.ctx, http.MethodPost, m.Endpoint.TokenURL, nil)
	r.SetBasicAuth(m.ClientID, m.ClientSecret)
	change(v, r)
	body := strings.NewReader(v.Encode())
	q, err := http.NewRequestWithContext(m.ctx, http.MethodPost, r.URL.String(), body)
	if err != nil {
		m.t.Fatal(err)
	}
	q.Header = r.Header
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := m.ctx.Value(oauth2.HTTPClient).(*http.Client).Do(q)
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	out := map[string]any{}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		m.t.Fatal(err)
	}
	return resp.StatusCode, out
}

func TestWhatAModulesServerMustNotSendIsRefused(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	m := newModule(t, h, "torhausen", "basis", "profile")
	other := newModule(t, h, "lindenbrueck", "basis", "profile")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis").Get(m.begin())
	agree(b, "zustimmen")
	fresh := func() { b.Get(m.begin()); m.code() }
	for _, c := range []struct {
		name   string
		change func(url.Values, *http.Request)
		status int
		want   string
	}{
		{"a wrong secret", func(_ url.Values, r *http.Request) { r.SetBasicAuth(m.ClientID, strings.Repeat("a", 32)) }, 401, "invalid_client"},
		{"no secret", func(v url.Values, r *http.Request) { r.Header.Del("Authorization"); v.Set("client_id", m.ClientID) }, 401, "invalid_client"},
		{"another client's code", func(_ url.Values, r *http.Request) { r.SetBasicAuth(other.ClientID, other.ClientSecret) }, 400, "invalid_grant"},
		{"another address", func(v url.Values, _ *http.Request) { v.Set("redirect_uri", other.RedirectURL) }, 400, "invalid_grant"},
		{"another verifier", func(v url.Values, _ *http.Request) { v.Set("code_verifier", oauth2.GenerateVerifier()) }, 400, "invalid_grant"},
		{"no verifier", func(v url.Values, _ *http.Request) { v.Del("code_verifier") }, 400, "invalid_grant"},
		{"the challenge as verifier", func(v url.Values, _ *http.Request) {
			d := sha256.Sum256([]byte(m.verifier))
			v.Set("code_verifier", base64.RawURLEncoding.EncodeToString(d[:]))
		}, 400, "invalid_grant"},
		{"an unknown code", func(v url.Values, _ *http.Request) { v.Set("code", strings.Repeat("a", 32)) }, 400, "invalid_grant"},
		{"the code twice", func(v url.Values, _ *http.Request) { v.Add("code", v.Get("code")) }, 400, "invalid_request"},
		{"the secret in the address", func(_ url.Values, r *http.Request) { r.URL.RawQuery = "client_secret=" + m.ClientSecret }, 400, "invalid_request"},
		{"client credentials", func(v url.Values, _ *http.Request) { v.Set("grant_type", "client_credentials") }, 400, "unauthorized_client"},
		{"a refresh token", func(v url.Values, _ *http.Request) { v.Set("grant_type", "refresh_token") }, 400, "unauthorized_client"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fresh()
			if status, out := m.post(c.change); status != c.status || out["error"] != c.want || out["id_token"] != nil {
				t.Errorf("%d %v", status, out)
			}
		})
	}
	same := func(url.Values, *http.Request) {}
	t.Run("a code after 60 seconds", func(t *testing.T) {
		fresh()
		h.Clock.Advance(time.Minute)
		if status, out := m.post(same); status != 400 || out["error"] != "invalid_grant" {
			t.Errorf("%d %v", status, out)
		}
	})
	t.Run("a code twice takes its token back", func(t *testing.T) {
		fresh()
		tok, _, _ := m.finish()
		if status, out := m.post(same); status != 400 || out["error"] != "invalid_grant" {
			t.Errorf("%d %v", status, out)
		}
		if _, err := m.userinfo(tok); err == nil {
			t.Error("the token goes on")
		}
	})
	t.Run("a token after ten minutes", func(t *testing.T) {
		fresh()
		tok, _, _ := m.finish()
		h.Clock.Advance(10 * time.Minute)
		if _, err := m.userinfo(tok); err == nil {
			t.Error("the token goes on")
		}
	})
	t.Run("a consent that was taken back", func(t *testing.T) {
		fresh()
		tok, _, _ := m.finish()
		withdraw(t, h)
		if u, err := m.userinfo(tok); err == nil {
			t.Errorf("the token goes on: %v", u)
		}
		b.Get(m.begin()).Sees(200, "Ablehnen")
		agree(b, "zustimmen")
	})
	t.Run("a person who signed out", func(t *testing.T) {
		fresh()
		tok, _, _ := m.finish()
		b.Get(m.begin())
		b.Get(h.AccountURL("kreis-musterland", "/"))
		b.Post("/abmelden", url.Values{})
		if status, _ := m.post(same); status != 400 {
			t.Error("the code goes on")
		}
		if _, err := m.userinfo(tok); err == nil {
			t.Error("the token goes on")
		}
		b.SignIn("torhausen", "mareike-sandvoss", "basis")
	})
	admin := h.Browser().SignInStaff("torhausen", "torhausen-admin")
	press := func(word string) {
		admin.Get(h.URLOf("torhausen", registration))
		admin.Submit(admin.Form(func(f apptest.Form) bool { return strings.HasPrefix(f.Action, registration+"/") }), url.Values{"aktion": {word}}).Sees(200)
	}
	t.Run("a client that was switched off", func(t *testing.T) {
		fresh()
		tok, _, _ := m.finish()
		b.Get(m.begin())
		press("abschalten")
		if status, out := m.post(same); status != 401 || out["error"] != "invalid_client" {
			t.Errorf("%d %v", status, out)
		}
		if _, err := m.userinfo(tok); err == nil {
			t.Error("the token goes on")
		}
		b.Get(m.begin()).Sees(http.StatusForbidden, "abgeschaltet")
		press("einschalten")
		fresh()
		m.finish()
	})
	t.Run("the secret of before", func(t *testing.T) {
		fresh()
		press("geheimnis")
		if status, _ := m.post(same); status != 401 {
			t.Error("two secrets are good")
		}
	})
	t.Run("a client that is gone", func(t *testing.T) {
		press("loeschen")
		b.Get(m.begin()).Sees(http.StatusForbidden, "keinem Angebot")
	})
}

// Keys change before they end, and what the old one signed can be verified
// until its tokens have ended.
func TestKeysChangeWithoutAGap(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	m := newModule(t, h, "torhausen", "basis")
	kids := func() (out []string) {
		resp, err := m.ctx.Value(oauth2.HTTPClient).(*http.Client).Get(h.AccountURL("kreis-musterland", "/openid/schluessel"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var set struct{ Keys []map[string]any }
		if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
			t.Fatal(err)
		}
		for _, k := range set.Keys {
			if k["d"] != nil || k["alg"] != "RS256" || k["use"] != "sig" {
				t.Fatalf("published: %v", k)
			}
			out = append(out, k["kid"].(string))
		}
		return out
	}
	first := kids()
	if len(first) != 1 {
		t.Fatal(first)
	}
	h.Clock.Advance(84 * 24 * time.Hour)
	both := kids()
	if len(both) != 2 || both[0] != first[0] {
		t.Fatalf("the next key is not there in time, or signs too early: %v after %v", both, first)
	}
	h.Clock.Advance(6*24*time.Hour + time.Minute)
	if now := kids(); len(now) != 2 || now[0] != both[1] {
		t.Fatalf("after the change: %v, before: %v", now, both)
	}
	h.Clock.Advance(2 * time.Hour)
	if now := kids(); len(now) != 1 || now[0] != both[1] {
		t.Fatalf("the old key stays: %v", now)
	}
}
