package saml

import (
	"crypto/rsa"
	"encoding/base64"
	"time"

	"github.com/beevik/etree"
)

const (
	formatEntity   = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
	statusSuccess  = "urn:oasis:names:tc:SAML:2.0:status:Success"
	maxStatusCodes = 4
)

// Expected is what we know of the request that is answered.
type Expected struct {
	RequestID string
	Issued    time.Time // of the request
	ACS       string    // our address, to which the answer had to be sent
	Fresh     bool      // we demanded that the person is asked again
}

// Response reads an answer: raw is the form field SAMLResponse. The error is a
// *Refusal. now is the clock's.
func (c *Connection) Response(raw string, want Expected, now time.Time) (*Assertion, error) {
	if len(raw) > MaxBytes/3*4+MaxBytes/16 {
		return nil, refuse(RuleSize, "%d characters", len(raw))
	}
	b, err := base64Bytes(raw)
	if err != nil {
		return nil, err
	}
	root, err := parse(b, nil)
	if err != nil {
		return nil, err
	}
	if err := shape(root, nsProtocol, "Response"); err != nil {
		return nil, err
	}
	signed := false
	signature, err := signatureOf(root)
	if err != nil {
		return nil, err
	}
	if signature != nil {
		if root, err = c.c.Policy.verify(root, signature, c.c.Partner.Keys); err != nil {
			return nil, err
		}
		signed = true
	}
	envelope, err := c.envelope(root, want, now)
	if err != nil {
		return nil, err
	}

	var a *etree.Element
	switch {
	case is(envelope, nsAssertion, "EncryptedAssertion"):
		plain, err := c.c.Policy.decrypt(envelope, c.keys())
		if err != nil {
			return nil, err
		}
		if a, err = parse(plain, scopeOf(envelope)); err != nil {
			return nil, err
		}
		if err := shape(a, nsAssertion, "Assertion"); err != nil {
			return nil, err
		}
	case c.c.Policy.Clear:
		a = envelope
	default:
		return nil, refuse(RuleUnencrypted, "the assertion is not encrypted")
	}

	signature, err = signatureOf(a)
	if err != nil {
		return nil, err
	}
	if signature != nil {
		if a, err = c.c.Policy.verify(a, signature, c.c.Partner.Keys); err != nil {
			return nil, err
		}
	}
	if !c.c.Policy.Signed.enough(signed, signature != nil) {
		return nil, refuse(RuleUnsigned, "what must be signed is not")
	}
	return c.assertion(a, want, now)
}

func (s Signed) enough(response, assertion bool) bool {
	switch s {
	case SignedAssertion:
		return assertion
	case SignedEither:
		return response || assertion
	}
	return response && assertion
}

func (c *Connection) keys() []*rsa.PrivateKey {
	var l []*rsa.PrivateKey
	for _, d := range c.c.Decrypters {
		l = append(l, d.Key)
	}
	return l
}

// shape holds the whole tree before anything is read from it: there is one
// message, at most one assertion and one signature for each of the two, no
// place (Object, Advice, Extensions) to hide a second.
func shape(root *etree.Element, ns, tag string) error {
	if !is(root, ns, tag) {
		return refuse(RuleStructure, "root is %s", foreign(root.Tag))
	}
	assertions := count(root, nsAssertion, "Assertion") + count(root, nsAssertion, "EncryptedAssertion")
	most := 1
	if tag == "Response" {
		most += count(root, nsAssertion, "Assertion")
	}
	switch {
	case assertions > 1:
		return refuse(RuleStructure, "%d assertions", assertions)
	case count(root, ns, tag) > 1:
		return refuse(RuleStructure, "%s in itself", foreign(tag))
	case count(root, nsDsig, "Signature") > most:
		return refuse(RuleStructure, "more signatures than signed things")
	case count(root, nsDsig, "Object")+count(root, nsDsig, "Manifest") > 0:
		return refuse(RuleStructure, "Object in a signature")
	}
	return nil
}

// envelope checks the message around the assertion and gives back the one
// Assertion or EncryptedAssertion.
func (c *Connection) envelope(root *etree.Element, want Expected, now time.Time) (*etree.Element, error) {
	if value(root, "Version") != "2.0" {
		return nil, refuse(RuleVersion, "Response")
	}
	if !xmlID.MatchString(value(root, "ID")) {
		return nil, refuse(RuleDuplicateID, "Response without ID")
	}
	if value(root, "Destination") != want.ACS || want.ACS == "" {
		return nil, refuse(RuleDestination, "Response")
	}
	if value(root, "InResponseTo") != want.RequestID || want.RequestID == "" {
		return nil, refuse(RuleInResponse, "Response")
	}
	if err := instant(root, now); err != nil {
		return nil, err
	}
	kids, err := children(root)
	if err != nil {
		return nil, err
	}
	kids, err = c.issuer(kids)
	if err != nil {
		return nil, err
	}
	if len(kids) > 0 && is(kids[0], nsDsig, "Signature") {
		kids = kids[1:] // cannot be: verified elements lost theirs, others have none
	}
	if len(kids) > 0 && is(kids[0], nsProtocol, "Extensions") {
		kids = kids[1:]
	}
	if len(kids) == 0 || !is(kids[0], nsProtocol, "Status") {
		return nil, refuse(RuleStructure, "no Status")
	}
	if err := status(kids[0]); err != nil {
		return nil, err
	}
	kids = kids[1:]
	if len(kids) != 1 || !is(kids[0], nsAssertion, "Assertion") && !is(kids[0], nsAssertion, "EncryptedAssertion") {
		return nil, refuse(RuleStructure, "not exactly one assertion")
	}
	return kids[0], nil
}

// issuer takes the Issuer off the front, which must be the provider.
func (c *Connection) issuer(kids []*etree.Element) ([]*etree.Element, error) {
	if len(kids) == 0 || !is(kids[0], nsAssertion, "Issuer") {
		return nil, refuse(RuleIssuer, "no Issuer")
	}
	t, err := text(kids[0])
	if err != nil {
		return nil, err
	}
	if f, ok := attr(kids[0], "Format"); ok && f != formatEntity {
		return nil, refuse(RuleIssuer, "format %s", foreign(f))
	}
	for _, k := range []string{"NameQualifier", "SPNameQualifier", "SPProvidedID"} {
		if _, ok := attr(kids[0], k); ok {
			return nil, refuse(RuleIssuer, "qualified")
		}
	}
	if t != c.c.Partner.EntityID {
		return nil, refuse(RuleIssuer, "another provider")
	}
	return kids[1:], nil
}

// status is nil for Success, else a Refusal with the codes.
func status(e *etree.Element) error {
	var codes []string
	kids, err := children(e)
	if err != nil {
		return err
	}
	if len(kids) == 0 || !is(kids[0], nsProtocol, "StatusCode") {
		return refuse(RuleStructure, "no StatusCode")
	}
	for s := kids[0]; s != nil; {
		codes = append(codes, value(s, "Value"))
		in, err := children(s)
		if err != nil {
			return err
		}
		if len(codes) > maxStatusCodes || len(in) > 1 || len(in) == 1 && !is(in[0], nsProtocol, "StatusCode") {
			return refuse(RuleStructure, "StatusCode")
		}
		s = nil
		if len(in) == 1 {
			s = in[0]
		}
	}
	if codes[0] == statusSuccess {
		if len(codes) > 1 {
			return refuse(RuleStructure, "success with a second code")
		}
		return nil
	}
	r := &Refusal{Rule: RuleStatus, Status: codes}
	for _, k := range kids[1:] {
		if in := k.ChildElements(); is(k, nsProtocol, "StatusDetail") && len(in) == 1 {
			if t, err := text(in[0]); err == nil && len(t) <= 4<<10 {
				r.StatusDetail = t
			}
		}
	}
	for i, code := range codes {
		if i > 0 {
			r.Detail += " "
		}
		r.Detail += foreign(code)
	}
	return r
}

func instant(e *etree.Element, now time.Time) error {
	t, err := dateTime(value(e, "IssueInstant"))
	if err != nil {
		return err
	}
	if t.After(now.Add(Leeway)) || t.Before(now.Add(-Life-Leeway)) {
		return refuse(RuleInstant, "%s", foreign(e.Tag))
	}
	return nil
}

// dateTime reads xs:dateTime in UTC, as SAML core 1.3.3 wants it.
func dateTime(s string) (time.Time, error) {
	if len(s) > 40 || len(s) < 20 || s[len(s)-1] != 'Z' {
		return time.Time{}, refuse(RuleInstant, "not a time in UTC")
	}
	t, err := time.Parse("2006-01-02T15:04:05.999999999Z", s)
	if err != nil {
		return time.Time{}, refuse(RuleInstant, "not a time in UTC")
	}
	return t, nil
}

// Encode is the form in which a message travels in a form field.
func Encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
