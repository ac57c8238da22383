package oidc

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/clock"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// world is a connection of ours and its provider.
type world struct {
	t       testing.TB
	clock   *clock.Fake
	p       *fakeProvider
	net     inMemory
	kind    accounts.Kind
	secrets map[string]string
	m       *Method
}

func honest() Settings {
	return Settings{
		Issuer: issuerA, ClientID: "stadttor", ClientAuth: AuthBasic, Means: "Konto", Scopes: []string{"profile"},
		Levels:     map[string]string{"urn:example:basis": "basis", "urn:example:substantiell": "substantiell", "urn:example:hoch": "hoch"},
		MeansByACR: map[string]string{"urn:example:hoch": "eID"},
		Profile: map[accounts.Attr]string{accounts.AttrGiven: "given_name", accounts.AttrFamily: "family_name", accounts.AttrCity: "address > locality",
			accounts.AttrBirthDate: "birthdate", accounts.AttrMail: "email"},
		ProfileLevels: map[accounts.Attr]string{accounts.AttrGiven: "hoch", accounts.AttrFamily: "substantiell", accounts.AttrMail: "basis"},
		VerifiedBy:    map[accounts.Attr]string{accounts.AttrMail: "email_verified"},
	}
}

func newWorld(t testing.TB) *world {
	c := clock.NewFake(began)
	w := &world{t: t, clock: c, p: newProvider(issuerA, c), net: inMemory{}, secrets: map[string]string{SecretPassword: "geheimnis-nur-fuer-tests"}}
	w.net[issuerA] = w.p
	w.kind = New(Config{Clock: c, Transport: w.net})
	return w
}

// connect makes a method of the settings.
func (w *world) connect(s Settings) *Method {
	w.t.Helper()
	m, err := w.try(s)
	if err != nil {
		w.t.Fatalf("settings: %v %v", err, errs.FieldsOf(err))
	}
	return m
}

func (w *world) try(s Settings) (*Method, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	m, err := w.kind.New(w.t.Context(), raw, func(name string) (string, error) {
		if v := w.secrets[name]; v != "" {
			return v, nil
		}
		return "", errs.Invalid("x", errs.Field{Name: name})
	})
	if err != nil {
		return nil, err
	}
	return m.(*Method), nil
}

func attempt() accounts.Attempt {
	return accounts.Attempt{Kind: accounts.KindCitizen, Tenant: "torhausen", State: ident.Secret(), Back: "https://konto.example/anmelden/zurueck/a", Level: perm.LevelHigh, Lang: "de"}
}

// signIn runs one attempt; tamper changes what the browser brings and the
// attempt as the host gives it back.
func (w *world) signIn(m *Method, a accounts.Attempt, tamper func(*accounts.Attempt, url.Values)) (accounts.Identity, error) {
	w.t.Helper()
	b, err := m.Begin(w.t.Context(), a)
	if err != nil {
		return accounts.Identity{}, err
	}
	if len(b.Keep) == 0 || len(b.Keep) > accounts.MaxKeep || b.Post != "" {
		w.t.Fatalf("begun: %d bytes kept", len(b.Keep))
	}
	a.Keep = b.Keep
	back := w.p.authorize(w.t, b.Redirect)
	if tamper != nil {
		tamper(&a, back)
	}
	return m.Complete(w.t.Context(), a, back)
}

// broken gives the rule that an error names.
func broken(err error) Rule {
	var r *refusal
	if errors.As(err, &r) {
		return r.rule
	}
	return Rule(fmt.Sprintf("not a refusal: %v", err))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func pemOf(t testing.TB, key any) string {
	t.Helper()
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(key))}))
}
