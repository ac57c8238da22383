package saml

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// NameID formats one may ask for.
const (
	FormatTransient  = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
	FormatPersistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
)

const bindingPOST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
const bindingRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"

// Ask is what a request asks for.
type Ask struct {
	ACS        string // our address for the answer
	RelayState string // comes back unchanged; at most 80 bytes (bindings 3.4.3)
	ForceAuthn bool   // the person is to be asked again
	NameID     string // format, "" for any
	// Classes are the AuthnContextClassRefs of which one must be reached at
	// least (Comparison "minimum"); nil asks for nothing.
	Classes []string
	// Extensions stand in samlp:Extensions.
	Extensions []Element
}

// Element is XML to be written. A Prefix is declared where it is first used.
type Element struct {
	NS, Prefix, Name string
	Attrs            [][2]string // without namespace
	Text             string
	Children         []Element
}

// Sent is a request as the browser carries it.
type Sent struct {
	ID     string
	Issued time.Time
	// Redirect is the address for a GET, or Post that for a POST of Fields.
	Redirect string
	Post     string
	Fields   map[string]string
}

// Request makes a signed AuthnRequest: by POST (BundID's preference) where the
// provider has an address for it, else by redirect with a detached signature.
func (c *Connection) Request(a Ask, now time.Time) (Sent, error) {
	if len(a.RelayState) > 80 {
		return Sent{}, errors.New("saml: relay state longer than 80 bytes")
	}
	s := Sent{ID: "_" + strings.ToLower(rand.Text()), Issued: now.UTC().Truncate(time.Second)}
	to := c.c.Partner.POST
	if to == "" {
		to = c.c.Partner.Redirect
	}
	e := c.authnRequest(s, a, to)
	if c.c.Partner.POST != "" {
		if err := c.sign(e); err != nil {
			return Sent{}, err
		}
		b, err := canonical(e, "")
		if err != nil {
			return Sent{}, err
		}
		s.Post = to
		s.Fields = map[string]string{"SAMLRequest": Encode(b)}
		if a.RelayState != "" {
			s.Fields["RelayState"] = a.RelayState
		}
		return s, nil
	}
	b, err := canonical(e, "")
	if err != nil {
		return Sent{}, err
	}
	s.Redirect, err = c.redirect(to, b, a.RelayState)
	return s, err
}

func (c *Connection) authnRequest(s Sent, a Ask, to string) *etree.Element {
	e := etree.NewElement("samlp:AuthnRequest")
	e.CreateAttr("xmlns:samlp", nsProtocol)
	e.CreateAttr("xmlns:saml", nsAssertion)
	e.CreateAttr("ID", s.ID)
	e.CreateAttr("Version", "2.0")
	e.CreateAttr("IssueInstant", s.Issued.Format("2006-01-02T15:04:05Z"))
	e.CreateAttr("Destination", to)
	if a.ForceAuthn {
		e.CreateAttr("ForceAuthn", "true")
	}
	e.CreateAttr("ProtocolBinding", bindingPOST)
	e.CreateAttr("AssertionConsumerServiceURL", a.ACS)
	e.CreateElement("saml:Issuer").SetText(c.c.EntityID)
	if len(a.Extensions) > 0 {
		x := e.CreateElement("samlp:Extensions")
		for _, n := range a.Extensions {
			n.write(x, map[string]string{})
		}
	}
	p := e.CreateElement("samlp:NameIDPolicy")
	if a.NameID != "" {
		p.CreateAttr("Format", a.NameID)
	}
	p.CreateAttr("AllowCreate", "true")
	if len(a.Classes) > 0 {
		r := e.CreateElement("samlp:RequestedAuthnContext")
		r.CreateAttr("Comparison", "minimum")
		for _, class := range a.Classes {
			r.CreateElement("saml:AuthnContextClassRef").SetText(class)
		}
	}
	return e
}

func (n Element) write(parent *etree.Element, scope map[string]string) {
	e := parent.CreateElement(n.Prefix + ":" + n.Name)
	if scope[n.Prefix] != n.NS {
		e.CreateAttr("xmlns:"+n.Prefix, n.NS)
		scope = clone(scope)
		scope[n.Prefix] = n.NS
	}
	for _, a := range n.Attrs {
		e.CreateAttr(a[0], a[1])
	}
	if n.Text != "" {
		e.SetText(n.Text)
	}
	for _, c := range n.Children {
		c.write(e, scope)
	}
}

// sign puts an enveloped signature behind the Issuer.
func (c *Connection) sign(e *etree.Element) error {
	b, err := canonical(e, "")
	if err != nil {
		return err
	}
	alg, m, err := c.signing()
	if err != nil {
		return err
	}
	sig := etree.NewElement("ds:Signature")
	sig.CreateAttr("xmlns:ds", nsDsig)
	info := sig.CreateElement("ds:SignedInfo")
	info.CreateElement("ds:CanonicalizationMethod").CreateAttr("Algorithm", nsExcC14N)
	info.CreateElement("ds:SignatureMethod").CreateAttr("Algorithm", alg)
	ref := info.CreateElement("ds:Reference")
	ref.CreateAttr("URI", "#"+value(e, "ID"))
	t := ref.CreateElement("ds:Transforms")
	t.CreateElement("ds:Transform").CreateAttr("Algorithm", algEnveloped)
	t.CreateElement("ds:Transform").CreateAttr("Algorithm", nsExcC14N)
	ref.CreateElement("ds:DigestMethod").CreateAttr("Algorithm", digSHA256)
	ref.CreateElement("ds:DigestValue").SetText(Encode(sum(crypto.SHA256, b)))
	b, err = canonical(info, "")
	if err != nil {
		return err
	}
	raw, err := m.sign(c.c.Signer, b)
	if err != nil {
		return err
	}
	sig.CreateElement("ds:SignatureValue").SetText(Encode(raw))
	if c.c.SignerCertificate != nil {
		sig.AddChild(keyInfo(c.c.SignerCertificate.Raw))
	}
	e.InsertChildAt(1, sig)
	return nil
}

func keyInfo(certificate []byte) *etree.Element {
	k := etree.NewElement("ds:KeyInfo")
	k.CreateElement("ds:X509Data").CreateElement("ds:X509Certificate").SetText(Encode(certificate))
	return k
}

// signing chooses the method for our key.
func (c *Connection) signing() (string, method, error) {
	alg := ""
	switch k := c.c.Signer.Public().(type) {
	case *rsa.PublicKey:
		alg = algPSSSHA256
		if c.c.PKCS1Requests {
			alg = algRSASHA256
		}
	case *ecdsa.PublicKey:
		switch k.Curve.Params().Name {
		case "P-256":
			alg = algECDSASHA256
		case "P-384":
			alg = algECDSASHA384
		case "P-521":
			alg = algECDSASHA512
		}
	}
	m, ok := methods[alg]
	if !ok {
		return "", m, fmt.Errorf("saml: cannot sign with %T", c.c.Signer.Public())
	}
	return alg, m, nil
}

// sign signs b; ECDSA values come side by side as XML Signature wants them.
func (m method) sign(key crypto.Signer, b []byte) ([]byte, error) {
	s := sum(m.hash, b)
	switch m.family {
	case familyPSS:
		return key.Sign(rand.Reader, s, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: m.hash})
	case familyPKCS1:
		return key.Sign(rand.Reader, s, m.hash)
	}
	k, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("saml: cannot sign with %T", key)
	}
	r, t, err := ecdsa.Sign(rand.Reader, k, s)
	if err != nil {
		return nil, err
	}
	n := (k.Curve.Params().BitSize + 7) / 8
	out := make([]byte, 2*n)
	r.FillBytes(out[:n])
	t.FillBytes(out[n:])
	return out, nil
}

// redirect is the HTTP-Redirect binding (bindings 3.4.4): deflated, and signed
// over the query as it is sent.
func (c *Connection) redirect(to string, message []byte, relay string) (string, error) {
	var z bytes.Buffer
	w, err := flate.NewWriter(&z, flate.DefaultCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(message); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	alg, m, err := c.signing()
	if err != nil {
		return "", err
	}
	query := "SAMLRequest=" + url.QueryEscape(Encode(z.Bytes()))
	if relay != "" {
		query += "&RelayState=" + url.QueryEscape(relay)
	}
	query += "&SigAlg=" + url.QueryEscape(alg)
	raw, err := m.sign(c.c.Signer, []byte(query))
	if err != nil {
		return "", err
	}
	query += "&Signature=" + url.QueryEscape(Encode(raw))
	if strings.Contains(to, "?") {
		return to + "&" + query, nil
	}
	return to + "?" + query, nil
}

// Metadata is what the provider's administrator needs of us: entity ID, keys,
// the addresses to which answers go. Without ID, validUntil and algorithm
// lists, as BundID asks; unsigned, because it is handed over by hand.
func (c *Connection) Metadata(acs []string, nameID string) ([]byte, error) {
	if c.c.SignerCertificate == nil {
		return nil, errors.New("saml: metadata needs the certificate of the signing key")
	}
	d := etree.NewElement("md:EntityDescriptor")
	d.CreateAttr("xmlns:md", nsMetadata)
	d.CreateAttr("xmlns:ds", nsDsig)
	d.CreateAttr("entityID", c.c.EntityID)
	sp := d.CreateElement("md:SPSSODescriptor")
	sp.CreateAttr("AuthnRequestsSigned", "true")
	sp.CreateAttr("WantAssertionsSigned", strconv.FormatBool(c.c.Policy.Signed != SignedEither))
	sp.CreateAttr("protocolSupportEnumeration", nsProtocol)
	add := func(use string, certificate []byte) {
		k := sp.CreateElement("md:KeyDescriptor")
		k.CreateAttr("use", use)
		k.AddChild(keyInfo(certificate))
	}
	add("signing", c.c.SignerCertificate.Raw)
	for _, k := range c.c.Decrypters {
		if k.Certificate == nil {
			return nil, errors.New("saml: metadata needs the certificate of the decryption key")
		}
		add("encryption", k.Certificate.Raw)
		break // the first is the one to use; others only open what is still on its way
	}
	if nameID != "" {
		sp.CreateElement("md:NameIDFormat").SetText(nameID)
	}
	for i, a := range acs {
		s := sp.CreateElement("md:AssertionConsumerService")
		s.CreateAttr("Binding", bindingPOST)
		s.CreateAttr("Location", a)
		s.CreateAttr("index", strconv.Itoa(i))
		if i == 0 {
			s.CreateAttr("isDefault", "true")
		}
	}
	b, err := canonical(d, "")
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), b...), nil
}
