package saml_test

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/standards/saml"
	samlidp "stadttor/test/partners/saml"
)

const (
	us   = "https://konto.kreis-musterland.example/saml"
	acs  = "https://konto.kreis-musterland.example/anmelden/zurueck/bundid"
	them = "https://idp.example/idp"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// live is a request of ours that waits for its answer, and everything a forger
// could dream of: the provider's key, our public keys, the request's ID.
type live struct {
	conn *saml.Connection
	idp  *samlidp.Provider
	sent saml.Sent
	to   *rsa.PublicKey
	want saml.Expected
}

func idpKey() crypto.Signer      { return samlidp.RSA("provider", 3072) }
func evilKey() crypto.Signer     { return samlidp.RSA("evil", 3072) }
func ourKey() *rsa.PrivateKey    { return samlidp.RSA("our encryption", 3072) }
func signingKey() crypto.Signer  { return samlidp.EC("our signing", elliptic.P256()) }
func secondKey() *rsa.PrivateKey { return samlidp.RSA("our second", 3072) }

var certificates sync.Map

// certificate is samlidp.Certificate, made once per key.
func certificate(k crypto.Signer) *x509.Certificate {
	c, ok := certificates.Load(k)
	if !ok {
		c, _ = certificates.LoadOrStore(k, samlidp.Certificate(k))
	}
	return c.(*x509.Certificate)
}

func config(p saml.Policy, keys ...crypto.PublicKey) saml.Config {
	if len(keys) == 0 {
		keys = []crypto.PublicKey{idpKey().Public()}
	}
	return saml.Config{
		EntityID: us, Signer: signingKey(), SignerCertificate: certificate(signingKey()),
		Decrypters: []saml.Decrypter{{Key: ourKey(), Certificate: certificate(ourKey())}},
		Partner:    saml.Partner{EntityID: them, POST: "https://idp.example/sso", Keys: keys},
		Policy:     p,
	}
}

func begin(t testing.TB, c saml.Config) *live {
	t.Helper()
	conn, err := saml.New(c)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := conn.Request(saml.Ask{ACS: acs, RelayState: "s", NameID: saml.FormatTransient, Classes: []string{"STORK-QAA-Level-3"}}, now)
	if err != nil {
		t.Fatal(err)
	}
	return &live{
		conn: conn, idp: &samlidp.Provider{EntityID: them, SSO: "https://idp.example/sso", Key: idpKey()}, sent: sent, to: &ourKey().PublicKey,
		want: saml.Expected{RequestID: sent.ID, Issued: sent.Issued, ACS: acs},
	}
}

// answer is a genuine one, not yet signed.
func (l *live) answer() samlidp.Answer {
	a := l.idp.For(l.sent.ID, acs, us, now)
	a.Assertion.Attributes = []samlidp.Attribute{
		{Name: "urn:oid:2.5.4.42", Level: "HOCH", Values: []string{"ÄNNE"}},
		{Name: "urn:oid:2.5.4.4", Level: "HOCH", Values: []string{"MUSTERMANN & SÖHNE"}},
	}
	return a
}

// signed is the assertion with the provider's signature.
func (l *live) signed(a samlidp.Answer) string {
	return samlidp.Sign(a.Assertion.Text(), l.idp.Key, samlidp.Signing{})
}

// wrap encrypts an assertion's text and puts the answer around it.
func (l *live) wrap(a samlidp.Answer, assertion string) string {
	return samlidp.Encode(samlidp.Unsigned(a.Text(samlidp.Encrypt(assertion, l.to, samlidp.Encryption{}))))
}

// clear puts the answer around an assertion in clear.
func (l *live) clear(a samlidp.Answer, assertion string) string {
	return samlidp.Encode(samlidp.Unsigned(a.Text(assertion)))
}

// genuine is a whole genuine answer, after change had a hand in it and before
// it was signed and encrypted.
func (l *live) genuine(change func(*samlidp.Answer)) string {
	a := l.answer()
	if change != nil {
		change(&a)
	}
	return l.wrap(a, l.signed(a))
}

func (l *live) take(raw string) (*saml.Assertion, error) { return l.conn.Response(raw, l.want, now) }

// replace1 is strings.Replace of something that must be there.
func replace1(t testing.TB, s, old, repl string) string {
	t.Helper()
	if !strings.Contains(s, old) {
		t.Fatalf("%q is not there", old)
	}
	return strings.Replace(s, old, repl, 1)
}
