package samlidp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"html"
	"math/big"
	"strings"
	"sync"
	"time"
)

// Namespaces, as texts have them.
const (
	NSAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	NSProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	NSDsig      = "http://www.w3.org/2000/09/xmldsig#"
	NSEnc       = "http://www.w3.org/2001/04/xmlenc#"
	NSAKDB      = "https://www.akdb.de/request/2018/09"
)

// Provider is an identity provider with a key.
type Provider struct {
	EntityID string
	SSO      string
	Key      crypto.Signer
}

// Answer is one answer in the making. The zero parts are left out.
type Answer struct {
	ID, Version, Issued, Destination, InResponseTo, Issuer string
	Status                                                 string // content of samlp:Status
	Assertion                                              Assertion
}

// Assertion is one assertion in the making; times are texts so that they can be wrong.
type Assertion struct {
	ID, Version, Issued, Issuer                                     string
	NameID, NameFormat                                              string
	Method, Recipient, InResponseTo, ConfirmationEnd                string
	NotBefore, NotOnOrAfter, Audience                               string
	Authenticated, Class                                            string
	Attributes                                                      []Attribute
	MoreSubject, MoreConfirmation, MoreConditions, MoreContext, End string // markup added at these places
}

// Attribute of an assertion. Level is akdb:TrustLevel.
type Attribute struct {
	Name, Level string
	Values      []string // escaped here
	Markup      string   // instead of values, canonical
}

// Time is how SAML writes an instant.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// For is a genuine answer to a request.
func (p *Provider) For(request, acs, audience string, now time.Time) Answer {
	return Answer{
		ID: ID(), Version: "2.0", Issued: Time(now), Destination: acs, InResponseTo: request, Issuer: p.EntityID, Status: Success,
		Assertion: Assertion{
			ID: ID(), Version: "2.0", Issued: Time(now), Issuer: p.EntityID,
			NameID: "AAdzZWNyZXQx", NameFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
			Method: "urn:oasis:names:tc:SAML:2.0:cm:bearer", Recipient: acs, InResponseTo: request, ConfirmationEnd: Time(now.Add(5 * time.Minute)),
			NotBefore: Time(now), NotOnOrAfter: Time(now.Add(5 * time.Minute)), Audience: audience,
			Authenticated: Time(now), Class: "STORK-QAA-Level-3",
		},
	}
}

// Success is the status of a successful answer.
const Success = `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode>`

// Failure is the status of a failed one.
func Failure(codes ...string) string {
	s := ""
	for i := len(codes) - 1; i >= 0; i-- {
		s = `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:` + codes[i] + `">` + s + `</samlp:StatusCode>`
	}
	return s
}

// ID is a fresh one.
func ID() string { return "_" + strings.ToLower(rand.Text()) }

// SignatureHere marks where a signature goes.
const SignatureHere = "\x00"

func attrs(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(&b, ` %s="%s"`, pairs[i], Escape(pairs[i+1]))
		}
	}
	return b.String()
}

// Escape writes a value as canonical XML does, for texts and attributes that hold no quotes.
func Escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;").Replace(s)
}

// Text is the assertion in canonical form with SignatureHere behind the Issuer.
func (a Assertion) Text() string {
	var b strings.Builder
	b.WriteString(`<saml:Assertion xmlns:saml="` + NSAssertion + `"` + attrs("ID", a.ID, "IssueInstant", a.Issued, "Version", a.Version) + `>`)
	if a.Issuer != "" {
		b.WriteString(`<saml:Issuer>` + Escape(a.Issuer) + `</saml:Issuer>`)
	}
	b.WriteString(SignatureHere + `<saml:Subject>`)
	if a.NameID != "" {
		b.WriteString(`<saml:NameID` + attrs("Format", a.NameFormat) + `>` + Escape(a.NameID) + `</saml:NameID>`)
	}
	b.WriteString(a.MoreSubject)
	if a.Method != "" {
		b.WriteString(`<saml:SubjectConfirmation` + attrs("Method", a.Method) + `><saml:SubjectConfirmationData` +
			attrs("InResponseTo", a.InResponseTo, "NotOnOrAfter", a.ConfirmationEnd, "Recipient", a.Recipient) + `></saml:SubjectConfirmationData></saml:SubjectConfirmation>`)
	}
	b.WriteString(a.MoreConfirmation + `</saml:Subject><saml:Conditions` + attrs("NotBefore", a.NotBefore, "NotOnOrAfter", a.NotOnOrAfter) + `>`)
	if a.Audience != "" {
		b.WriteString(`<saml:AudienceRestriction><saml:Audience>` + Escape(a.Audience) + `</saml:Audience></saml:AudienceRestriction>`)
	}
	b.WriteString(a.MoreConditions + `</saml:Conditions>`)
	if a.Authenticated != "" {
		b.WriteString(`<saml:AuthnStatement` + attrs("AuthnInstant", a.Authenticated) + `><saml:AuthnContext>`)
		if a.Class != "" {
			b.WriteString(`<saml:AuthnContextClassRef>` + Escape(a.Class) + `</saml:AuthnContextClassRef>`)
		}
		b.WriteString(a.MoreContext + `</saml:AuthnContext></saml:AuthnStatement>`)
	}
	if len(a.Attributes) > 0 {
		b.WriteString(`<saml:AttributeStatement>`)
		for _, t := range a.Attributes {
			b.WriteString(t.Text())
		}
		b.WriteString(`</saml:AttributeStatement>`)
	}
	return b.String() + a.End + `</saml:Assertion>`
}

// Text is the attribute in canonical form.
func (t Attribute) Text() string {
	level := ""
	if t.Level != "" {
		level = ` xmlns:akdb="` + NSAKDB + `"`
	}
	s := `<saml:Attribute` + level + attrs("Name", t.Name, "NameFormat", "urn:oasis:names:tc:SAML:2.0:attrname-format:uri", "akdb:TrustLevel", t.Level) + `>` + t.Markup
	for _, v := range t.Values {
		s += `<saml:AttributeValue>` + Escape(v) + `</saml:AttributeValue>`
	}
	return s + `</saml:Attribute>`
}

// Text is the answer around inner (an assertion, an encrypted one, or nothing)
// in canonical form with SignatureHere behind the Issuer.
func (a Answer) Text(inner string) string {
	issuer := ""
	if a.Issuer != "" {
		issuer = `<saml:Issuer xmlns:saml="` + NSAssertion + `">` + Escape(a.Issuer) + `</saml:Issuer>`
	}
	return `<samlp:Response xmlns:samlp="` + NSProtocol + `"` +
		attrs("Destination", a.Destination, "ID", a.ID, "InResponseTo", a.InResponseTo, "IssueInstant", a.Issued, "Version", a.Version) + `>` +
		issuer + SignatureHere + `<samlp:Status>` + a.Status + `</samlp:Status>` + inner + `</samlp:Response>`
}

// Unsigned takes the mark out.
func Unsigned(s string) string { return strings.Replace(s, SignatureHere, "", 1) }

// Encode is the form field.
func Encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

var keys sync.Map

// RSA is a key of this size, made once per name and process.
func RSA(name string, bits int) *rsa.PrivateKey {
	f, _ := keys.LoadOrStore(fmt.Sprint(name, bits), sync.OnceValue(func() *rsa.PrivateKey {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			panic(err)
		}
		return k
	}))
	return f.(func() *rsa.PrivateKey)()
}

// EC is a key on this curve, made once per name and process.
func EC(name string, c elliptic.Curve) *ecdsa.PrivateKey {
	f, _ := keys.LoadOrStore(name+c.Params().Name, sync.OnceValue(func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			panic(err)
		}
		return k
	}))
	return f.(func() *ecdsa.PrivateKey)()
}

// Certificate is a self-signed envelope for a key.
func Certificate(key crypto.Signer) *x509.Certificate {
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0)}
	b, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		panic(err)
	}
	c, err := x509.ParseCertificate(b)
	if err != nil {
		panic(err)
	}
	return c
}

// PEM of a certificate.
func PEM(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

// KeyPEM is a private key as PKCS #8.
func KeyPEM(key crypto.Signer) string {
	b, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b}))
}

// Metadata of the provider, as people write it: with comments and line breaks.
func (p *Provider) Metadata(signing ...crypto.Signer) string {
	if len(signing) == 0 {
		signing = []crypto.Signer{p.Key}
	}
	s := `<?xml version="1.0" encoding="UTF-8"?>
<!-- test provider -->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="` + NSDsig + `" entityID="` + html.EscapeString(p.EntityID) + `">
  <md:IDPSSODescriptor protocolSupportEnumeration="` + NSProtocol + `">
`
	for _, k := range signing {
		s += "    <md:KeyDescriptor use=\"signing\">\n      <ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n" +
			base64.StdEncoding.EncodeToString(Certificate(k).Raw) + "\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\n    </md:KeyDescriptor>\n"
	}
	return s + `    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="` + html.EscapeString(p.SSO) + `"/>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="` + html.EscapeString(p.SSO) + `"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>`
}
