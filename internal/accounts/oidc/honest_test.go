package oidc

import (
	"crypto"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

func TestAnHonestProviderSignsIn(t *testing.T) {
	w := newWorld(t)
	w.p.claims = map[string]any{"given_name": "Ada", "family_name": "Zzmarke", "address": map[string]any{"locality": "Torhausen"}, "birthdate": "1815-12-10", "email": "ada@post.example", "email_verified": true}
	m := w.connect(honest())
	who, err := w.signIn(m, attempt(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if who.Issuer != issuerA || who.Subject != "person-1" || who.Level != perm.LevelHigh || who.Means != "eID" || who.Company {
		t.Errorf("%+v", who)
	}
	for a, want := range map[accounts.Attr]struct {
		value string
		level perm.Level
	}{
		accounts.AttrGiven:     {"Ada", perm.LevelHigh},
		accounts.AttrFamily:    {"Zzmarke", perm.LevelSubstantial},
		accounts.AttrCity:      {"Torhausen", perm.LevelNone},
		accounts.AttrBirthDate: {"1815-12-10", perm.LevelNone},
		accounts.AttrMail:      {"ada@post.example", perm.LevelBasis},
	} {
		if got := who.Profile[a]; got.Value.Reveal() != want.value || got.Level != want.level {
			t.Errorf("%s: %v at %v", a, got.Value.Reveal() == want.value, got.Level)
		}
	}
}

func TestEveryAlgorithmOfTheListIsTaken(t *testing.T) {
	for alg, key := range map[string]crypto.Signer{"RS256": keyRSA(), "RS384": keyRSA(), "RS512": keyRSA(), "PS256": keyRSA(), "PS384": keyRSA(), "PS512": keyRSA(), "ES256": keyP256, "ES384": keyP384, "EdDSA": keyEd} {
		t.Run(alg, func(t *testing.T) {
			w := newWorld(t)
			w.p.use(key, "neu", alg)
			if _, err := w.signIn(w.connect(honest()), attempt(), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheRequestAsksForLevelAndFreshness(t *testing.T) {
	w := newWorld(t)
	ask := func(s Settings, a accounts.Attempt) url.Values {
		b, err := w.connect(s).Begin(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(b.Redirect)
		return u.Query()
	}
	a := attempt()
	a.Level = perm.LevelSubstantial
	q := ask(honest(), a)
	if q.Get("acr_values") != "urn:example:substantiell urn:example:hoch" || q.Has("prompt") || q.Has("max_age") || q.Get("ui_locales") != "de" || q.Get("redirect_uri") != a.Back {
		t.Errorf("%v", q)
	}
	a.Fresh = true
	s := honest()
	s.AskLevel = AskClaims
	q = ask(s, a)
	if q.Get("prompt") != "login" || q.Get("max_age") != "0" || q.Has("acr_values") || q.Get("claims") != `{"id_token":{"acr":{"essential":true,"values":["urn:example:substantiell","urn:example:hoch"]}}}` {
		t.Errorf("%v", q)
	}
	s.AskLevel = AskNone
	if q = ask(s, a); q.Has("acr_values") || q.Has("claims") {
		t.Errorf("%v", q)
	}
}

func TestEveryWayToProveWhoWeAre(t *testing.T) {
	jwk := must(json.Marshal(jose.JSONWebKey{Key: keyP256b}))
	for name, c := range map[string]struct {
		auth    string
		secrets map[string]string
	}{
		"secret in the header":    {AuthBasic, map[string]string{SecretPassword: "geheimnis-nur-fuer-tests"}},
		"secret in the form":      {AuthPost, map[string]string{SecretPassword: "geheimnis-nur-fuer-tests"}},
		"signed with RSA (PEM)":   {AuthKey, map[string]string{SecretKey: pemOf(t, keyRSA3072())}},
		"signed with P-256 (JWK)": {AuthKey, map[string]string{SecretKey: string(jwk)}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.secrets = c.secrets
			s := honest()
			s.ClientAuth = c.auth
			m := w.connect(s)
			if c.auth == AuthKey {
				w.p.knowsKey(t, s, c.secrets)
			}
			if _, err := w.signIn(m, attempt(), nil); err != nil {
				t.Fatal(err)
			}
			// Control: the provider does look.
			w.p.password, w.p.clientKeys = "anders", jose.JSONWebKeySet{}
			if _, err := w.signIn(m, attempt(), nil); !errs.Is(err, errs.KindUnavailable) {
				t.Errorf("a provider that does not know us: %v", err)
			}
		})
	}
}

// Somebody may take minutes at the provider's.
func TestTheTimeAtTheProvidersCounts(t *testing.T) {
	for name, c := range map[string]struct {
		signedIn time.Duration // after the attempt began
		want     Rule
	}{
		"at the end":             {4 * time.Minute, ""},
		"at the beginning":       {0, ""},
		"before it began":        {-6 * time.Second, RuleAuthTime},
		"long before it began":   {-time.Hour, RuleAuthTime},
		"after the token's time": {6 * time.Minute, RuleAuthTime},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			m, a := w.connect(honest()), attempt()
			a.Fresh = true
			b, err := m.Begin(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			a.Keep = b.Keep
			w.clock.Advance(4 * time.Minute)
			w.p.mint = claim("auth_time", began.Add(c.signedIn).Unix())
			_, err = m.Complete(t.Context(), a, w.p.authorize(t, b.Redirect))
			if (err == nil) != (c.want == "") || err != nil && broken(err) != c.want {
				t.Error(err)
			}
		})
	}
}

func TestLevelsComeFromTheTableOnly(t *testing.T) {
	for name, c := range map[string]struct {
		acr    string
		lowest string
		want   perm.Level
		means  string
	}{
		"in the table":               {"urn:example:substantiell", "", perm.LevelSubstantial, "Konto"},
		"in the table with a name":   {"urn:example:hoch", "", perm.LevelHigh, "eID"},
		"unknown is none":            {"urn:example:sehr-hoch", "", perm.LevelNone, "Konto"},
		"unknown is basis if said":   {"urn:example:sehr-hoch", "basis", perm.LevelBasis, "Konto"},
		"missing is none":            {"", "", perm.LevelNone, "Konto"},
		"missing is basis if said":   {"", "basis", perm.LevelBasis, "Konto"},
		"another case is unknown":    {"URN:EXAMPLE:HOCH", "basis", perm.LevelBasis, "Konto"},
		"the level's name is no acr": {"hoch", "basis", perm.LevelBasis, "Konto"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.p.acr = c.acr
			s := honest()
			s.LowestLevel = c.lowest
			a := attempt()
			a.Level = perm.LevelNone
			who, err := w.signIn(w.connect(s), a, nil)
			if err != nil || who.Level != c.want || who.Means != c.means {
				t.Errorf("%v %q %v", who.Level, who.Means, err)
			}
			if got := who.Profile[accounts.AttrGiven].Level; got != c.want {
				t.Errorf("an attribute at %v after a sign-in at %v", got, c.want)
			}
		})
	}
}

func TestWhatIsNoAttributeIsLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		claim string
		value any
		want  bool
	}{
		"a date":                        {"birthdate", "1990-02-28", true},
		"a year alone":                  {"birthdate", "1990", false},
		"a date without a year":         {"birthdate", "0000-02-28", false},
		"a day that is none":            {"birthdate", "1990-02-30", false},
		"a number":                      {"given_name", 7, false},
		"a list":                        {"given_name", []string{"Ada"}, false},
		"an object":                     {"given_name", map[string]any{"de": "Ada"}, false},
		"too long":                      {"given_name", strings.Repeat("a", maxValue+1), false},
		"as long as may be":             {"given_name", strings.Repeat("ä", maxValue), true},
		"a line break":                  {"given_name", "Ada\nEva", false},
		"a direction mark":              {"given_name", "Ada\u202eEva", false},
		"a blank at the end":            {"given_name", "Ada ", false},
		"letters of DIN 91379":          {"given_name", "Čeněk C̨", true},
		"a mail address nobody checked": {"email", "ada@post.example", true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.p.claims = map[string]any{c.claim: c.value}
			who, err := w.signIn(w.connect(honest()), attempt(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if (len(who.Profile) == 1) != c.want {
				t.Errorf("kept: %v", len(who.Profile))
			}
			if who.Profile[accounts.AttrMail].Level != perm.LevelNone {
				t.Error("an unchecked address counts as proved")
			}
		})
	}
}

func TestUserinfoAddsAndTheTokenWins(t *testing.T) {
	w := newWorld(t)
	w.p.claims = map[string]any{"given_name": "Ada"}
	w.p.info = map[string]any{"given_name": "Eva", "family_name": "Zzmarke", "art": "firma"}
	s := honest()
	s.Userinfo, s.CompanyClaim, s.CompanyValues = true, "art", []string{"firma", "verein"}
	who, err := w.signIn(w.connect(s), attempt(), nil)
	if err != nil || who.Profile.Name().Reveal() != "Ada Zzmarke" || !who.Company {
		t.Errorf("%v company %v", err, who.Company)
	}
}

func TestClocksMayDifferByAMinute(t *testing.T) {
	for name, change := range map[string]func(c map[string]any, now int64){
		"ended 59 s ago":          func(c map[string]any, now int64) { c["iat"], c["exp"] = now-60, now-59 },
		"valid in 60 s":           func(c map[string]any, now int64) { c["nbf"] = now + 60 },
		"a clock 60 s late":       func(c map[string]any, now int64) { c["iat"], c["auth_time"] = now-60, now-60 },
		"a clock 60 s early":      func(c map[string]any, now int64) { c["iat"], c["auth_time"] = now+60, now+60 },
		"asked this very moment":  func(c map[string]any, now int64) { c["auth_time"] = now - 5 },
		"seconds with a fraction": func(c map[string]any, now int64) { c["exp"] = json.Number("1795262700.5") },
		"one audience as a list":  func(c map[string]any, now int64) { c["aud"] = []string{"stadttor"} },
		"azp is ourselves":        func(c map[string]any, now int64) { c["azp"] = "stadttor" },
		"no at_hash":              func(c map[string]any, now int64) { delete(c, "at_hash") },
		"claims we do not know":   func(c map[string]any, now int64) { c["https://anbieter.example/x"] = []any{1, nil, true} },
		"distributed claims": func(c map[string]any, now int64) {
			c["_claim_names"] = map[string]any{"x": "s"}
			c["_claim_sources"] = map[string]any{"s": map[string]any{"endpoint": "https://fremd.example/x"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.p.mint = func(m *minted) { change(m.claims, began.Unix()) }
			a := attempt()
			a.Fresh = true
			if _, err := w.signIn(w.connect(honest()), a, nil); err != nil {
				t.Error(err)
			}
		})
	}
}
