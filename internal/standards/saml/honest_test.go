package saml_test

import (
	"crypto"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"stadttor/internal/standards/saml"
	samlidp "stadttor/test/partners/saml"
)

// What an honest provider sends is taken: without these controls a suite that
// refuses everything would look perfect.
func TestHonestAnswersAreTaken(t *testing.T) {
	ec := func(c elliptic.Curve) crypto.Signer { return samlidp.EC("provider", c) }
	signWith := func(o samlidp.Signing) func(*live) string {
		return func(l *live) string {
			a := l.answer()
			return l.wrap(a, samlidp.Sign(a.Assertion.Text(), l.idp.Key, o))
		}
	}
	encryptWith := func(o samlidp.Encryption) func(*live) string {
		return func(l *live) string {
			a := l.answer()
			return samlidp.Encode(samlidp.Unsigned(a.Text(samlidp.Encrypt(l.signed(a), l.to, o))))
		}
	}
	plain := func(l *live) string { return l.genuine(nil) }
	pssParams := func(h string, n string) string {
		return `<pss:RSAPSSParams xmlns:pss="http://www.w3.org/2007/05/xmldsig-more#"><ds:DigestMethod Algorithm="` + h + `"></ds:DigestMethod>` +
			`<pss:MaskGenerationFunction Algorithm="http://www.w3.org/2007/05/xmldsig-more#MGF1"><ds:DigestMethod Algorithm="` + h + `"></ds:DigestMethod></pss:MaskGenerationFunction>` +
			`<pss:SaltLength>` + n + `</pss:SaltLength><pss:TrailerField>1</pss:TrailerField></pss:RSAPSSParams>`
	}
	cases := []struct {
		name   string
		policy saml.Policy
		key    crypto.Signer // of the provider, nil for the usual one
		keys   []crypto.PublicKey
		make   func(*live) string
	}{
		{name: "RSASSA-PSS with SHA-256, AES-256-GCM, RSA-OAEP with SHA-256", make: plain},
		{name: "RSASSA-PSS with SHA-384", make: signWith(samlidp.Signing{Method: samlidp.PSSSHA384, Hash: crypto.SHA384})},
		{name: "RSASSA-PSS with SHA-512 and a SHA-512 digest", make: signWith(samlidp.Signing{Method: samlidp.PSSSHA512, Hash: crypto.SHA512, Digest: samlidp.NSEnc + "sha512", DigestHash: crypto.SHA512})},
		{name: "rsa-pss without parameters is SHA-256", make: signWith(samlidp.Signing{Method: samlidp.PSSParams})},
		{name: "rsa-pss with parameters of SHA-512", make: signWith(samlidp.Signing{Method: samlidp.PSSParams, Hash: crypto.SHA512, Parameters: pssParams(samlidp.NSEnc+"sha512", "64")})},
		{name: "ECDSA on P-256", key: ec(elliptic.P256()), make: plain},
		{name: "ECDSA on P-384 with SHA-384", key: ec(elliptic.P384()), make: signWith(samlidp.Signing{Method: samlidp.ECSHA384, Hash: crypto.SHA384})},
		{name: "ECDSA on P-521 with SHA-512", key: ec(elliptic.P521()), make: signWith(samlidp.Signing{Method: samlidp.ECSHA512, Hash: crypto.SHA512})},
		{name: "RSASSA-PKCS1-v1_5 where it is switched on", policy: saml.Policy{PKCS1: true}, make: signWith(samlidp.Signing{Method: samlidp.PKCS1SHA256})},
		{name: "RSA of 2048 bit where it is switched on", policy: saml.Policy{RSA2048: true}, key: samlidp.RSA("small", 2048), make: plain},
		{name: "the second of two keys while the provider rolls over", keys: []crypto.PublicKey{evilKey().Public(), idpKey().Public()}, make: plain},
		{name: "a certificate in KeyInfo is not looked at", make: signWith(samlidp.Signing{KeyInfo: samlidp.X509(samlidp.Certificate(evilKey()))})},
		{name: "AES-128-GCM", make: encryptWith(samlidp.Encryption{Content: "aes128-gcm"})},
		{name: "AES-192-GCM", make: encryptWith(samlidp.Encryption{Content: "aes192-gcm"})},
		{name: "rsa-oaep-mgf1p with a SHA-256 digest", make: encryptWith(samlidp.Encryption{Transport: "rsa-oaep-mgf1p"})},
		{name: "rsa-oaep with SHA-512", make: encryptWith(samlidp.Encryption{Digest: "sha512"})},
		{name: "rsa-oaep-mgf1p with SHA-1 where it is switched on", policy: saml.Policy{OAEPSHA1: true}, make: encryptWith(samlidp.Encryption{Transport: "rsa-oaep-mgf1p", Digest: "sha1"})},
		{name: "rsa-oaep-mgf1p that names no digest, where SHA-1 is switched on", policy: saml.Policy{OAEPSHA1: true}, make: encryptWith(samlidp.Encryption{Transport: "rsa-oaep-mgf1p", Digest: "none"})},
		{name: "the encrypted key beside the data", make: encryptWith(samlidp.Encryption{Beside: true})},
		{name: "the encrypted key beside the data, pointed to", make: encryptWith(samlidp.Encryption{Beside: true, Pointer: "#_key"})},
		{name: "answer and assertion both signed", policy: saml.Policy{Signed: saml.SignedBoth}, make: func(l *live) string {
			a := l.answer()
			return samlidp.Encode(samlidp.Sign(a.Text(samlidp.Encrypt(l.signed(a), l.to, samlidp.Encryption{})), l.idp.Key, samlidp.Signing{}))
		}},
		{name: "only the answer signed where that is enough", policy: saml.Policy{Signed: saml.SignedEither}, make: func(l *live) string {
			a := l.answer()
			return samlidp.Encode(samlidp.Sign(a.Text(samlidp.Encrypt(samlidp.Unsigned(a.Assertion.Text()), l.to, samlidp.Encryption{})), l.idp.Key, samlidp.Signing{}))
		}},
		{name: "in clear where that is switched on", policy: saml.Policy{Clear: true}, make: func(l *live) string { a := l.answer(); return l.clear(a, l.signed(a)) }},
		{name: "an XML declaration and lines around the message", make: func(l *live) string {
			a := l.answer()
			s := samlidp.Unsigned(a.Text(samlidp.Encrypt(l.signed(a), l.to, samlidp.Encryption{})))
			return samlidp.Encode("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n" + s + "\r\n")
		}},
		{name: "base64 in lines", make: func(l *live) string {
			return regexp.MustCompile(`.{76}`).ReplaceAllString(l.genuine(nil), "$0\r\n")
		}},
		{name: "empty elements written short, attributes in another order, single quotes", policy: saml.Policy{Clear: true}, make: func(l *live) string {
			a := l.answer()
			s := strings.ReplaceAll(l.signed(a), "></saml:SubjectConfirmationData>", "/>")
			s = replace1(t, s, `Version="2.0">`, `>`)
			s = replace1(t, s, `<saml:Assertion `, `<saml:Assertion Version='2.0'   `)
			return l.clear(a, s)
		}},
		{name: "a namespace declared outside of the encrypted part", make: func(l *live) string {
			a := l.answer()
			s := replace1(t, l.signed(a), ` xmlns:saml="`+samlidp.NSAssertion+`"`, "")
			return l.wrap(a, s)
		}},
		{name: "OneTimeUse", make: func(l *live) string {
			return l.genuine(func(a *samlidp.Answer) { a.Assertion.MoreConditions = `<saml:OneTimeUse></saml:OneTimeUse>` })
		}},
		{name: "no attributes", make: func(l *live) string { return l.genuine(func(a *samlidp.Answer) { a.Assertion.Attributes = nil }) }},
		{name: "a clock that goes 59 seconds ahead", make: func(l *live) string {
			return l.genuine(func(a *samlidp.Answer) {
				late := samlidp.Time(now.Add(59 * time.Second))
				a.Issued, a.Assertion.Issued, a.Assertion.NotBefore, a.Assertion.Authenticated = late, late, late, late
			})
		}},
		{name: "a clock that goes 59 seconds behind", make: func(l *live) string {
			return l.genuine(func(a *samlidp.Answer) {
				over := samlidp.Time(now.Add(-59 * time.Second))
				a.Assertion.ConfirmationEnd, a.Assertion.NotOnOrAfter = over, over
			})
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			keys := c.keys
			if c.key != nil {
				keys = []crypto.PublicKey{c.key.Public()}
			}
			l := begin(t, config(c.policy, keys...))
			if c.key != nil {
				l.idp.Key = c.key
			}
			a, err := l.take(c.make(l))
			if err != nil {
				t.Fatal(err)
			}
			if a.Issuer != them || a.NameID.Value != "AAdzZWNyZXQx" || a.Class != "STORK-QAA-Level-3" || a.ID == "" {
				t.Errorf("read wrongly: %+v", a)
			}
			if len(a.Attributes) == 2 && (a.Attributes[0].First() != "ÄNNE" || a.Attributes[1].First() != "MUSTERMANN & SÖHNE" || a.Attributes[0].Extra["{"+samlidp.NSAKDB+"}TrustLevel"] != "HOCH") {
				t.Error("attributes read wrongly")
			}
		})
	}
}

func TestAnOldDecryptionKeyStillOpens(t *testing.T) {
	c := config(saml.Policy{})
	c.Decrypters = append([]saml.Decrypter{{Key: secondKey(), Certificate: samlidp.Certificate(secondKey())}}, c.Decrypters...)
	l := begin(t, c)
	if _, err := l.take(l.genuine(nil)); err != nil {
		t.Fatal(err)
	}
	md, err := l.conn.Metadata([]string{acs}, "")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(md), `use="encryption"`) != 1 || !strings.Contains(string(md), base64.StdEncoding.EncodeToString(c.Decrypters[0].Certificate.Raw)) {
		t.Error("metadata must hold the new encryption key only")
	}
}

func TestAFailedSignInKeepsItsStatus(t *testing.T) {
	for _, c := range []struct {
		name   string
		status string
		want   string
	}{
		{"broken off", samlidp.Failure("Responder", "AuthnFailed"), "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"},
		{"refused", samlidp.Failure("Requester", "RequestDenied"), "urn:oasis:names:tc:SAML:2.0:status:RequestDenied"},
		{"with BundID's detail", samlidp.Failure("Requester", "RequestDenied") + `<samlp:StatusDetail><akdb:StatusDetail xmlns:akdb="` + samlidp.NSAKDB + `">{"version":"1.0","errors":[]}</akdb:StatusDetail></samlp:StatusDetail>`,
			"urn:oasis:names:tc:SAML:2.0:status:RequestDenied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := begin(t, config(saml.Policy{}))
			a := l.answer()
			a.Status = c.status
			_, err := l.take(samlidp.Encode(samlidp.Unsigned(a.Text(""))))
			var r *saml.Refusal
			if saml.RuleOf(err) != saml.RuleStatus || !errors.As(err, &r) || len(r.Status) != 2 || r.Status[1] != c.want {
				t.Errorf("got %v", err)
			}
		})
	}
}
