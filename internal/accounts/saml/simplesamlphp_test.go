package saml

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/perm"
	samlidp "stadttor/test/partners/saml"
)

// Whole sign-ins at SimpleSAMLphp, over HTTP, with nothing of ours in between.
// It checks the signature of our request; the control with a changed one shows
// that it does.
func TestSignInAtSimpleSAMLphp(t *testing.T) {
	for _, c := range []struct {
		name    string
		php     samlidp.PHPConfig
		binding string
		set     map[string]any
		kind    string
		rule    string
	}{
		{name: "encrypted with AES-256-GCM, by POST", php: samlidp.PHPConfig{Encrypt: true, GCM: true, SignAssertion: true}, binding: "post", kind: accounts.KindCitizen},
		{name: "encrypted, answer and assertion signed, by redirect", php: samlidp.PHPConfig{Encrypt: true, GCM: true, SignAssertion: true, SignResponse: true}, binding: "redirect", kind: accounts.KindCitizen},
		{name: "only the answer signed", php: samlidp.PHPConfig{Encrypt: true, GCM: true, SignResponse: true}, binding: "post", kind: accounts.KindCitizen, set: map[string]any{"accept_signed_answer": true}},
		{name: "in clear, for staff", php: samlidp.PHPConfig{SignAssertion: true}, binding: "post", kind: accounts.KindStaff, set: map[string]any{"accept_clear": true}},
		{name: "refused: AES-128-CBC, as it encrypts by itself", php: samlidp.PHPConfig{Encrypt: true, SignAssertion: true}, binding: "post", kind: accounts.KindCitizen, rule: "saml algorithm"},
		{name: "refused: in clear", php: samlidp.PHPConfig{SignAssertion: true}, binding: "post", kind: accounts.KindCitizen, rule: "saml unencrypted"},
		{name: "refused: nothing signed", php: samlidp.PHPConfig{Encrypt: true, GCM: true}, binding: "post", kind: accounts.KindCitizen, rule: "saml unsigned"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.php.Dir = t.TempDir()
			c.php.SP, c.php.SPBack, c.php.SPCertificate, c.php.Class = us, back, samlidp.PEM(samlidp.Certificate(ours())), "https://refeds.org/profile/mfa"
			c.php.People = map[string]map[string]string{"grete:geheim": {
				"urn:oid:0.9.2342.19200300.100.1.1": "grete", "urn:oid:2.5.4.42": "Grète Ňina", "urn:oid:2.5.4.4": "Weiß-Söhne", "urn:oid:0.9.2342.19200300.100.1.3": "grete@torhausen.example"}}
			php, err := samlidp.StartSimpleSAMLphp(c.php)
			if errors.Is(err, samlidp.ErrNotInstalled) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(php.Stop)
			m := connectWith(t, Config{Insecure: true}, example(t, "plain", &samlidp.Provider{EntityID: "x", SSO: "x", Key: ours()}, func(s map[string]any) {
				s["metadata"], s["binding"], s["entity_id"] = php.Metadata, c.binding, us
				s["accept_pkcs1"], s["sign_pkcs1"], s["accept_oaep_sha1"] = true, true, true
				for k, v := range c.set {
					s[k] = v
				}
			}))
			a := accounts.Attempt{Kind: c.kind, State: "abcdefghijklmnopqrstuvwxyz234567", Back: back, Level: perm.LevelSubstantial}
			b, err := m.Begin(context.Background(), a)
			if err != nil {
				t.Fatal(err)
			}
			a.Keep = b.Keep
			form, to, err := samlidp.SignIn(context.Background(), b.Redirect, b.Post, b.Fields, "grete", "geheim")
			if err != nil {
				t.Fatal(err)
			}
			if to != back {
				t.Fatalf("goes back to %s", to)
			}
			who, err := m.Complete(context.Background(), a, form)
			if c.rule != "" {
				if accounts.RuleOf(err) != c.rule {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if who.Issuer != php.EntityID || who.Subject != "grete" || who.Level != perm.LevelSubstantial {
				t.Errorf("%+v", who)
			}
			says(t, who, accounts.AttrGiven, "Grète Ňina", perm.LevelSubstantial)
			says(t, who, accounts.AttrFamily, "Weiß-Söhne", perm.LevelSubstantial)
			says(t, who, accounts.AttrMail, "grete@torhausen.example", perm.LevelNone)

			// Once more, for another attempt: not taken.
			again, err := m.Begin(context.Background(), a)
			if err != nil {
				t.Fatal(err)
			}
			next := a
			next.Keep = again.Keep
			if _, err := m.Complete(context.Background(), next, form); accounts.RuleOf(err) != "saml in-response" {
				t.Errorf("taken for another attempt: %v", err)
			}
			// A request that was changed on its way is not served.
			if b.Post == "" {
				b.Redirect = strings.Replace(b.Redirect, "RelayState=a", "RelayState=b", 1)
			} else {
				_, other := connectWithOther(t, php)
				b.Fields["SAMLRequest"] = other
			}
			if _, _, err := samlidp.SignIn(context.Background(), b.Redirect, b.Post, b.Fields, "grete", "geheim"); err == nil {
				t.Error("SimpleSAMLphp takes a request that we did not sign: the control does not work")
			}
		})
	}
}

// connectWithOther is a request in our name, signed with another key.
func connectWithOther(t *testing.T, php *samlidp.SimpleSAMLphp) (*Method, string) {
	t.Helper()
	key := samlidp.RSA("evil", 3072)
	raw := example(t, "plain", theirs("x"), func(s map[string]any) {
		s["metadata"], s["binding"], s["entity_id"], s["certificate"] = php.Metadata, "post", us, samlidp.PEM(samlidp.Certificate(key))
		s["accept_pkcs1"], s["sign_pkcs1"] = true, true
	})
	m, err := New(Config{Insecure: true}).New(context.Background(), raw, secrets(map[string]string{SecretSigning: samlidp.KeyPEM(key)}))
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Begin(context.Background(), accounts.Attempt{Kind: accounts.KindCitizen, State: "x", Back: back})
	if err != nil {
		t.Fatal(err)
	}
	return m.(*Method), b.Fields["SAMLRequest"]
}

func connectWith(t *testing.T, c Config, raw json.RawMessage) *Method {
	t.Helper()
	m, err := New(c).New(context.Background(), raw, secrets(oneKey()))
	if err != nil {
		t.Fatalf("%v, fields %s", err, fieldNames(err))
	}
	return m.(*Method)
}
