package oidc

import (
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/loginstest"
	"stadttor/internal/clock"
	"stadttor/internal/perm"
)

// line is the way to a provider, which can be cut.
type line struct {
	http.RoundTripper
	cut atomic.Bool
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.cut.Load() {
		return nil, errors.New("cut")
	}
	return l.RoundTripper.RoundTrip(r)
}

// asksAgain reads what an authorization request says of a session over there
// (OpenID Connect Core 3.1.2.1).
func asksAgain(t *testing.T, b accounts.Begun) bool {
	t.Helper()
	q := must(url.Parse(b.Redirect)).Query()
	if (q.Get("prompt") == "login") != (q.Get("max_age") == "0") {
		t.Error("prompt and max_age say different things")
	}
	return q.Get("prompt") == "login"
}

// In memory, at the method's own provider and at another authority's.
func TestOIDCStandsTheSuite(t *testing.T) {
	loginstest.Run(t, func(t *testing.T, c *clock.Fake) loginstest.Partner {
		const issuerB = "https://anbieter-b.example"
		l := &line{RoundTripper: inMemory{}}
		kind := New(Config{Clock: c, Transport: l, Loopback: true})
		open := func(issuer string) (loginstest.Partner, func() *Method) {
			p := newProvider(issuer, c)
			p.claims["shoe_size"] = "Zzschuhgroesse"
			l.RoundTripper.(inMemory)[issuer] = p
			w := &world{t: t, clock: c, p: p, secrets: map[string]string{SecretPassword: p.password}, kind: kind}
			make := func() *Method {
				s := honest()
				s.Issuer = issuer
				return w.connect(s)
			}
			acr := map[perm.Level]string{perm.LevelBasis: "urn:example:basis", perm.LevelSubstantial: "urn:example:substantiell", perm.LevelHigh: "urn:example:hoch"}
			as := func(person string) func(*testing.T, accounts.Begun, perm.Level) url.Values {
				return func(t *testing.T, b accounts.Begun, l perm.Level) url.Values {
					return p.authorizeAs(t, b.Redirect, person, acr[l])
				}
			}
			return loginstest.Partner{Method: make(), Levels: []perm.Level{perm.LevelBasis, perm.LevelSubstantial, perm.LevelHigh},
				Answer: as("person-1"), Stranger: as("person-2"), AsksAgain: asksAgain, Strange: "Zzschuhgroesse", Staff: true,
				BreakOff: func(t *testing.T, b accounts.Begun) url.Values {
					back := p.authorize(t, b.Redirect)
					back.Del("code")
					back.Set("error", "access_denied")
					return back
				},
				Down: func(_ *testing.T, down bool) { l.cut.Store(down) },
			}, make
		}
		other, _ := open(issuerB)
		own, make := open(issuerA)
		own.Other, own.Twin = &other, make()
		return own
	})
}

// At npm oidc-provider, over HTTP.
func TestOIDCStandsTheSuiteAtARealProvider(t *testing.T) {
	t.Parallel()
	const back = "http://konto.localhost/anmelden/zurueck/pruefling"
	secrets := map[string]string{SecretPassword: "geheimnis-nur-fuer-tests"}
	client := func() map[string]any {
		return map[string]any{"client_id": "stadttor", "client_secret": secrets[SecretPassword], "token_endpoint_auth_method": AuthBasic, "redirect_uris": []string{back}}
	}
	s := partnerSettings()
	s.ClientAuth = AuthBasic
	delete(s.Profile, accounts.AttrBirthDate) // it comes all the same, and stays behind
	delete(s.ProfileLevels, accounts.AttrBirthDate)
	p, q := startPartner(t, client(), "ES256"), startPartner(t, client(), "ES256")
	// People say with their name how they sign in: nobody has a session there.
	as := func(name string) func(*testing.T, accounts.Begun, perm.Level) url.Values {
		return func(t *testing.T, b accounts.Begun, l perm.Level) url.Values {
			t.Helper()
			who := newPerson(t, name+" "+l.String())
			who.back = back
			return who.walk(b.Redirect)
		}
	}
	loginstest.Run(t, func(t *testing.T, _ *clock.Fake) loginstest.Partner {
		l := &line{RoundTripper: plain()}
		at := func(p partner) loginstest.Partner {
			p.kind = New(Config{Loopback: true, Transport: l})
			return loginstest.Partner{Method: p.connect(t, s, secrets), Levels: []perm.Level{perm.LevelBasis, perm.LevelSubstantial, perm.LevelHigh}, Answer: as("ada"), Stranger: as("eve")}
		}
		own, other := at(p), at(q)
		own.Other, own.Twin, own.AsksAgain, own.Strange = &other, p.connect(t, s, secrets), asksAgain, "1990-12-10"
		own.Down = func(_ *testing.T, down bool) { l.cut.Store(down) }
		own.BreakOff = func(t *testing.T, b accounts.Begun) url.Values {
			t.Helper()
			who := newPerson(t, "ada")
			who.back, who.abort = back, true
			return who.walk(b.Redirect)
		}
		return own
	})
}

// At LemonLDAP::NG, over HTTP: everybody has a password there, and one level.
func TestOIDCStandsTheSuiteAtLemonLDAP(t *testing.T) {
	t.Parallel()
	const back = "http://konto.localhost/anmelden/zurueck/pruefling"
	secrets := map[string]string{SecretPassword: "geheimnis-nur-fuer-tests"}
	p := startLemon(t, secrets[SecretPassword], back)
	s := lemonSettings() // the name comes all the same, and stays behind
	delete(s.Profile, accounts.AttrFamily)
	delete(s.ProfileLevels, accounts.AttrFamily)
	as := func(name string) func(*testing.T, accounts.Begun, perm.Level) url.Values {
		return func(t *testing.T, b accounts.Begun, _ perm.Level) url.Values {
			t.Helper()
			who := newPerson(t, "")
			who.back, who.fields = back, map[string]string{"user": name, "password": name}
			return who.walk(b.Redirect)
		}
	}
	loginstest.Run(t, func(t *testing.T, _ *clock.Fake) loginstest.Partner {
		l := &line{RoundTripper: plain()}
		at := p
		at.kind = New(Config{Loopback: true, Transport: l})
		return loginstest.Partner{Method: at.connect(t, s, secrets), Twin: p.connect(t, s, secrets), Levels: []perm.Level{perm.LevelBasis},
			Answer: as("dwho"), Stranger: as("rtyler"), AsksAgain: asksAgain, Strange: "Doctor Who", Down: func(_ *testing.T, down bool) { l.cut.Store(down) }}
	})
}
