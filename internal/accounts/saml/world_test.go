package saml

import (
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/clock"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	samlidp "stadttor/test/partners/saml"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

const (
	us   = "https://konto.kreis-musterland.example/saml"
	back = "https://konto.kreis-musterland.example/anmelden/zurueck/bundid"
)

type fixed struct{}

func (fixed) Now() time.Time { return now }

var _ clock.Clock = fixed{}

func ours() crypto.Signer { return samlidp.RSA("ours", 3072) }

var ourCertificate = sync.OnceValue(func() string { return samlidp.PEM(samlidp.Certificate(ours())) })

func theirs(name string) *samlidp.Provider {
	return &samlidp.Provider{EntityID: "https://" + name + ".example/idp", SSO: "https://" + name + ".example/sso", Key: samlidp.RSA(name, 3072)}
}

// example reads the settings of testdata for a provider, changed by hand.
func example(t testing.TB, file string, p *samlidp.Provider, change func(map[string]any)) json.RawMessage {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	m["metadata"], m["certificate"] = p.Metadata(), ourCertificate()
	if change != nil {
		change(m)
	}
	if b, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	return b
}

func secrets(m map[string]string) func(string) (string, error) {
	return func(name string) (string, error) {
		if s, ok := m[name]; ok {
			return s, nil
		}
		return "", errs.Invalid(KeySettings, errs.Field{Name: name, Key: KeySettings})
	}
}

func oneKey() map[string]string { return map[string]string{SecretSigning: samlidp.KeyPEM(ours())} }

// connect makes a method of an example.
func connect(t testing.TB, file string, p *samlidp.Provider, change func(map[string]any)) *Method {
	t.Helper()
	m, err := New(Config{Clock: fixed{}}).New(context.Background(), example(t, file, p, change), secrets(oneKey()))
	if err != nil {
		t.Fatal(err)
	}
	return m.(*Method)
}

// sign is one sign-in in the middle.
type sign struct {
	m       *Method
	p       *samlidp.Provider
	attempt accounts.Attempt
	begun   accounts.Begun
	request string // its ID
}

func begin(t testing.TB, m *Method, p *samlidp.Provider, want perm.Level) *sign {
	t.Helper()
	s := &sign{m: m, p: p, attempt: accounts.Attempt{Kind: accounts.KindCitizen, Tenant: "torhausen", State: "abcdefghijklmnopqrstuvwxyz234567", Back: back, Level: want, Lang: "de"}}
	b, err := m.Begin(context.Background(), s.attempt)
	if err != nil {
		t.Fatal(err)
	}
	s.begun, s.attempt.Keep = b, b.Keep
	var k kept
	if err := json.Unmarshal(b.Keep, &k); err != nil {
		t.Fatal(err)
	}
	s.request = k.Request
	return s
}

// answer is a genuine one.
func (s *sign) answer() samlidp.Answer { return s.p.For(s.request, back, s.m.settings.EntityID, now) }

// form is what the browser brings.
func (s *sign) form(a samlidp.Answer) url.Values {
	return url.Values{"SAMLResponse": {s.sealed(a)}, "RelayState": {s.attempt.State}}
}

func (s *sign) sealed(a samlidp.Answer) string {
	signed := samlidp.Sign(a.Assertion.Text(), s.p.Key, samlidp.Signing{})
	to := samlidp.RSA("ours", 3072)
	return samlidp.Encode(samlidp.Unsigned(a.Text(samlidp.Encrypt(signed, &to.PublicKey, samlidp.Encryption{}))))
}

func (s *sign) complete(form url.Values) (accounts.Identity, error) {
	return s.m.Complete(context.Background(), s.attempt, form)
}

// sent is the request as XML without its signature.
func (s *sign) sent(t testing.TB) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s.begun.Fields["SAMLRequest"])
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?s)<ds:Signature .*</ds:Signature>`).ReplaceAllString(string(b), "")
}

// says checks what is known of one attribute.
func says(t *testing.T, who accounts.Identity, a accounts.Attr, value string, level perm.Level) {
	t.Helper()
	got, ok := who.Profile[a]
	if value == "" {
		if ok {
			t.Errorf("%s is known", a)
		}
		return
	}
	if got.Value.Reveal() != value || got.Level != level {
		t.Errorf("%s is %q at %v, want %q at %v", a, got.Value.Reveal(), got.Level, value, level)
	}
}

func requestID(t testing.TB, keep []byte) string {
	t.Helper()
	var k kept
	if err := json.Unmarshal(keep, &k); err != nil {
		t.Fatal(err)
	}
	return k.Request
}

// jsonNames are the names of all settings.
func jsonNames() []string {
	var l []string
	for f := range reflect.TypeFor[Settings]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		l = append(l, name)
	}
	return l
}
