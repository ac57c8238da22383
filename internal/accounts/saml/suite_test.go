package saml

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/loginstest"
	"stadttor/internal/clock"
	"stadttor/internal/perm"
	samlidp "stadttor/test/partners/saml"
)

const suiteBack = "http://konto.localhost/anmelden/zurueck/pruefling"

// requestOf is an AuthnRequest as its provider gets it by POST.
func requestOf(t *testing.T, b accounts.Begun) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(b.Fields["SAMLRequest"])
	if err != nil || len(raw) == 0 {
		t.Fatal("no request", err)
	}
	return string(raw)
}

func forced(t *testing.T, b accounts.Begun) bool {
	t.Helper()
	return strings.Contains(requestOf(t, b), ` ForceAuthn="true"`)
}

var requestOwnID = regexp.MustCompile(` ID="([^"]*)"`)

// With a provider in the process, as BundID answers, and another authority's.
func TestSAMLStandsTheSuite(t *testing.T) {
	classes := map[perm.Level]string{perm.LevelBasis: "STORK-QAA-Level-1", perm.LevelSubstantial: "STORK-QAA-Level-3", perm.LevelHigh: "STORK-QAA-Level-4"}
	means := map[perm.Level]string{perm.LevelBasis: "Benutzername", perm.LevelSubstantial: "Elster", perm.LevelHigh: "eID"}
	loginstest.Run(t, func(t *testing.T, c *clock.Fake) loginstest.Partner {
		open := func(name string) (loginstest.Partner, func() accounts.Method) {
			idp := theirs(name)
			make := func() accounts.Method {
				m, err := New(Config{Clock: c, Insecure: true}).New(t.Context(), example(t, "bundid", idp, nil), secrets(oneKey()))
				if err != nil {
					t.Fatal(err)
				}
				return m
			}
			form := func(t *testing.T, b accounts.Begun, change func(*samlidp.Answer)) url.Values {
				t.Helper()
				a := idp.For(requestOwnID.FindStringSubmatch(requestOf(t, b))[1], returnOf(t, b), us, c.Now())
				change(&a)
				inner := ""
				if a.Status == samlidp.Success {
					to := samlidp.RSA("ours", 3072)
					inner = samlidp.Encrypt(samlidp.Sign(a.Assertion.Text(), idp.Key, samlidp.Signing{}), &to.PublicKey, samlidp.Encryption{})
				}
				return url.Values{"SAMLResponse": {samlidp.Encode(samlidp.Unsigned(a.Text(inner)))}, "RelayState": {b.Fields["RelayState"]}}
			}
			as := func(bpk string) func(*testing.T, accounts.Begun, perm.Level) url.Values {
				return func(t *testing.T, b accounts.Begun, l perm.Level) url.Values {
					t.Helper()
					return form(t, b, func(a *samlidp.Answer) {
						a.Assertion.Class = classes[l]
						a.Assertion.Attributes = []samlidp.Attribute{
							{Name: oidBPK2, Values: []string{bpk}}, {Name: oidProvedBy, Values: []string{means[l]}},
							{Name: "urn:oid:2.5.4.42", Level: "HOCH", Values: []string{"ÄNNE"}}, {Name: "urn:oid:2.5.4.4", Level: "NORMAL", Values: []string{"ZZMARKE"}},
							{Name: "urn:oid:1.3.6.1.4.1.25484.494450.99", Values: []string{"Zzschuhgroesse"}}, // an OID that is in no interface description
						}
					})
				}
			}
			return loginstest.Partner{Method: make(), Levels: []perm.Level{perm.LevelBasis, perm.LevelSubstantial, perm.LevelHigh}, Strange: "Zzschuhgroesse", Staff: true,
				Answer: as("BF:1"), Stranger: as("BF:2"),
				BreakOff: func(t *testing.T, b accounts.Begun) url.Values {
					return form(t, b, func(a *samlidp.Answer) { a.Status = samlidp.Failure("Responder", "AuthnFailed") })
				},
			}, make
		}
		other, _ := open("nachbar")
		own, make := open("bund")
		own.Other, own.Twin = &other, make()
		return own
	})
}

// returnOf is where a request wants its answer.
func returnOf(t *testing.T, b accounts.Begun) string {
	t.Helper()
	m := regexp.MustCompile(` AssertionConsumerServiceURL="([^"]*)"`).FindStringSubmatch(requestOf(t, b))
	if m == nil {
		t.Fatal("the request names no return page")
	}
	return m[1]
}

// At SimpleSAMLphp, over HTTP: a directory of an office, which knows one level
// and has no button to break off.
func TestSAMLStandsTheSuiteAtSimpleSAMLphp(t *testing.T) {
	t.Parallel()
	php, err := samlidp.StartSimpleSAMLphp(samlidp.PHPConfig{
		Dir: t.TempDir(), Encrypt: true, GCM: true, SignAssertion: true, SP: us, SPBack: suiteBack, SPCertificate: samlidp.PEM(samlidp.Certificate(ours())), Class: "https://refeds.org/profile/mfa",
		People: map[string]map[string]string{
			"grete:geheim": {"urn:oid:0.9.2342.19200300.100.1.1": "grete", "urn:oid:2.5.4.42": "Grète", "urn:oid:2.5.4.4": "Weiß-Söhne", "urn:oid:2.5.4.20": "00000 123-456"},
			"oskar:geheim": {"urn:oid:0.9.2342.19200300.100.1.1": "oskar", "urn:oid:2.5.4.42": "Oskar", "urn:oid:2.5.4.4": "Zzfremd"},
		}})
	if errors.Is(err, samlidp.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(php.Stop)
	as := func(name string) func(*testing.T, accounts.Begun, perm.Level) url.Values {
		return func(t *testing.T, b accounts.Begun, _ perm.Level) url.Values {
			t.Helper()
			form, to, err := samlidp.SignIn(context.Background(), b.Redirect, b.Post, b.Fields, name, "geheim")
			if err != nil || to != suiteBack {
				t.Fatal(to, err)
			}
			return form
		}
	}
	loginstest.Run(t, func(t *testing.T, _ *clock.Fake) loginstest.Partner {
		make := func() accounts.Method {
			return connectWith(t, Config{Insecure: true}, example(t, "plain", theirs("x"), func(s map[string]any) {
				s["metadata"], s["binding"], s["entity_id"] = php.Metadata, "post", us
				s["accept_pkcs1"], s["sign_pkcs1"], s["accept_oaep_sha1"] = true, true, true
			}))
		}
		// The neighbour is a provider in the process with the same settings.
		idp := theirs("nachbar")
		other := connectWith(t, Config{Insecure: true}, example(t, "plain", idp, func(s map[string]any) { s["binding"], s["entity_id"] = "post", us }))
		return loginstest.Partner{Method: make(), Twin: make(), Levels: []perm.Level{perm.LevelSubstantial}, Answer: as("grete"), Stranger: as("oskar"), AsksAgain: forced, Strange: "00000 123-456",
			Other: &loginstest.Partner{Method: other, Answer: func(t *testing.T, b accounts.Begun, _ perm.Level) url.Values {
				t.Helper()
				var k kept
				if err := json.Unmarshal(b.Keep, &k); err != nil {
					t.Fatal(err)
				}
				a := idp.For(k.Request, suiteBack, us, clock.System().Now())
				a.Assertion.Class = "https://refeds.org/profile/mfa"
				a.Assertion.Attributes = []samlidp.Attribute{{Name: "urn:oid:0.9.2342.19200300.100.1.1", Values: []string{"grete"}}}
				to := samlidp.RSA("ours", 3072)
				return url.Values{"RelayState": {b.Fields["RelayState"]}, "SAMLResponse": {samlidp.Encode(samlidp.Unsigned(a.Text(samlidp.Encrypt(samlidp.Sign(a.Assertion.Text(), idp.Key, samlidp.Signing{}), &to.PublicKey, samlidp.Encryption{}))))}}
			}}}
	})
}
