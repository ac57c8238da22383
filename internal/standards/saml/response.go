package saml

import (
	"crypto/rsa"
	"encoding/base64"
	"slices"
	"time"

	"github.com/beevik/etree"
)

const (
	formatEntity    = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
	confirmBearer   = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
	statusSuccess   = "urn:oasis:names:tc:SAML:2.0:status:Success"
	maxStatusCodes  = 4
	maxAudienceSize = 1024
)

// Expected is what we know of the request that is answered.
type Expected struct {
	RequestID string
	Issued    time.Time // of the request
	ACS       string    // our address, to which the answer had to be sent
	Fresh     bool      // we demanded that the person is asked again
}

// Assertion is what the provider vouches for, read from signed bytes. Its
// values are personal data.
type Assertion struct {
	ID     string
	Issuer string
	NameID NameID
	// Authenticated is when the person was asked.
	Authenticated time.Time
	// Class is the AuthnContextClassRef as it stands there.
	Class string
	// NotOnOrAfter is when the confirmation ends.
	NotOnOrAfter time.Time
	Attributes   []Attribute
}

// NameID is the provider's name for the subject.
type NameID struct{ Value, Format, Qualifier, SPQualifier string }

// Attribute is one attribute; no two have the same Name.
type Attribute struct {
	Name         string
	FriendlyName string
	// Extra holds the attributes of the element in foreign namespaces, by
	// "{namespace}name": BundID's trust level.
	Extra  map[string]string
	Values []Value
}

// Value is a text or a tree.
type Value struct {
	Name  string // of the element, "AttributeValue" on top
	Text  string // "" if there are parts
	Nil   bool   // xsi:nil
	Extra map[string]string
	Parts []Value
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

// assertion reads an assertion whose bytes are proved.
func (c *Connection) assertion(e *etree.Element, want Expected, now time.Time) (*Assertion, error) {
	if value(e, "Version") != "2.0" {
		return nil, refuse(RuleVersion, "Assertion")
	}
	a := &Assertion{ID: value(e, "ID"), Issuer: c.c.Partner.EntityID}
	if !xmlID.MatchString(a.ID) {
		return nil, refuse(RuleDuplicateID, "Assertion without ID")
	}
	if err := instant(e, now); err != nil {
		return nil, err
	}
	kids, err := children(e)
	if err != nil {
		return nil, err
	}
	if kids, err = c.issuer(kids); err != nil {
		return nil, err
	}
	if len(kids) < 2 || !is(kids[0], nsAssertion, "Subject") || !is(kids[1], nsAssertion, "Conditions") {
		return nil, refuse(RuleStructure, "Subject and Conditions")
	}
	if err := a.subject(kids[0], want, now); err != nil {
		return nil, err
	}
	if err := c.conditions(kids[1], now); err != nil {
		return nil, err
	}
	authn, attributes := 0, 0
	for _, k := range kids[2:] {
		switch {
		case is(k, nsAssertion, "AuthnStatement"):
			authn++
			if err := a.authn(k, want, now); err != nil {
				return nil, err
			}
		case is(k, nsAssertion, "AttributeStatement"):
			attributes++
			if err := a.attributes(k); err != nil {
				return nil, err
			}
		default:
			return nil, refuse(RuleStructure, "%s in Assertion", foreign(k.Tag))
		}
	}
	if authn != 1 || attributes > 1 {
		return nil, refuse(RuleAuthn, "%d statements of authentication, %d of attributes", authn, attributes)
	}
	return a, nil
}

// subject wants one name and one bearer confirmation for this request.
func (a *Assertion) subject(e *etree.Element, want Expected, now time.Time) error {
	kids, err := children(e)
	if err != nil {
		return err
	}
	if len(kids) != 2 || !is(kids[0], nsAssertion, "NameID") || !is(kids[1], nsAssertion, "SubjectConfirmation") {
		return refuse(RuleSubject, "not one NameID and one SubjectConfirmation")
	}
	n := kids[0]
	t, err := text(n)
	if err != nil {
		return err
	}
	a.NameID = NameID{t, value(n, "Format"), value(n, "NameQualifier"), value(n, "SPNameQualifier")}
	if t == "" || len(t) > 256 {
		return refuse(RuleSubject, "NameID empty or too long")
	}
	if value(kids[1], "Method") != confirmBearer {
		return refuse(RuleSubject, "confirmation %s", foreign(value(kids[1], "Method")))
	}
	kids, err = children(kids[1])
	if err != nil {
		return err
	}
	if len(kids) != 1 || !is(kids[0], nsAssertion, "SubjectConfirmationData") {
		return refuse(RuleSubject, "parts of SubjectConfirmation")
	}
	d := kids[0]
	if value(d, "Recipient") != want.ACS {
		return refuse(RuleRecipient, "SubjectConfirmationData")
	}
	if value(d, "InResponseTo") != want.RequestID {
		return refuse(RuleInResponse, "SubjectConfirmationData")
	}
	if _, ok := attr(d, "NotBefore"); ok { // profiles 4.1.4.2
		return refuse(RuleSubject, "NotBefore in a bearer confirmation")
	}
	if a.NotOnOrAfter, err = until(d, now); err != nil {
		return err
	}
	return nil
}

// until reads NotOnOrAfter, which must be there and not be over.
func until(e *etree.Element, now time.Time) (time.Time, error) {
	s, ok := attr(e, "NotOnOrAfter")
	if !ok {
		return time.Time{}, refuse(RuleExpired, "%s has no end", foreign(e.Tag))
	}
	t, err := dateTime(s)
	if err != nil {
		return t, err
	}
	if !now.Before(t.Add(Leeway)) {
		return t, refuse(RuleExpired, "%s", foreign(e.Tag))
	}
	return t, nil
}

// conditions wants a time window around now and exactly us as the audience.
func (c *Connection) conditions(e *etree.Element, now time.Time) error {
	if _, err := until(e, now); err != nil {
		return err
	}
	if s, ok := attr(e, "NotBefore"); ok {
		t, err := dateTime(s)
		if err != nil {
			return err
		}
		if now.Add(Leeway).Before(t) {
			return refuse(RuleNotYet, "Conditions")
		}
	}
	kids, err := children(e)
	if err != nil {
		return err
	}
	restrictions := 0
	for _, k := range kids {
		switch {
		case is(k, nsAssertion, "AudienceRestriction"):
			restrictions++
			audiences, err := children(k)
			if err != nil {
				return err
			}
			if len(audiences) != 1 || !is(audiences[0], nsAssertion, "Audience") {
				return refuse(RuleAudience, "%d audiences", len(audiences))
			}
			t, err := text(audiences[0])
			if err != nil {
				return err
			}
			if t != c.c.EntityID || len(t) > maxAudienceSize {
				return refuse(RuleAudience, "made for somebody else")
			}
		case is(k, nsAssertion, "OneTimeUse"), is(k, nsAssertion, "ProxyRestriction"): // we use it once and hand nothing on
		default: // core 2.5.1: a condition that is not understood makes it invalid
			return refuse(RuleCondition, "%s", foreign(k.Tag))
		}
	}
	if restrictions != 1 {
		return refuse(RuleAudience, "%d restrictions", restrictions)
	}
	return nil
}

func (a *Assertion) authn(e *etree.Element, want Expected, now time.Time) error {
	var err error
	if a.Authenticated, err = dateTime(value(e, "AuthnInstant")); err != nil {
		return err
	}
	if a.Authenticated.After(now.Add(Leeway)) {
		return refuse(RuleInstant, "AuthnInstant")
	}
	if want.Fresh && a.Authenticated.Before(want.Issued.Add(-Leeway)) {
		return refuse(RuleFresh, "authenticated before the request")
	}
	if s, ok := attr(e, "SessionNotOnOrAfter"); ok {
		t, err := dateTime(s)
		if err != nil {
			return err
		}
		if !now.Before(t.Add(Leeway)) {
			return refuse(RuleExpired, "SessionNotOnOrAfter")
		}
	}
	kids, err := children(e)
	if err != nil {
		return err
	}
	if len(kids) > 0 && is(kids[0], nsAssertion, "SubjectLocality") {
		kids = kids[1:]
	}
	if len(kids) != 1 || !is(kids[0], nsAssertion, "AuthnContext") {
		return refuse(RuleAuthn, "not one AuthnContext")
	}
	kids, err = children(kids[0])
	if err != nil {
		return err
	}
	for i, k := range kids {
		switch {
		case is(k, nsAssertion, "AuthnContextClassRef") && i == 0:
			if a.Class, err = text(k); err != nil {
				return err
			}
		case is(k, nsAssertion, "AuthenticatingAuthority"): // whom a proxy asked; not looked at
		default:
			return refuse(RuleAuthn, "%s in AuthnContext", foreign(k.Tag))
		}
	}
	if a.Class == "" || len(a.Class) > 256 {
		return refuse(RuleAuthn, "no AuthnContextClassRef")
	}
	return nil
}

func (a *Assertion) attributes(e *etree.Element) error {
	kids, err := children(e)
	if err != nil {
		return err
	}
	for _, k := range kids {
		if !is(k, nsAssertion, "Attribute") {
			return refuse(RuleAttribute, "%s", foreign(k.Tag))
		}
		// BundID's own table prints some names with a blank in them, and
		// implementations copied it.
		n := slices.DeleteFunc([]rune(value(k, "Name")), func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' })
		t := Attribute{Name: string(n), FriendlyName: value(k, "FriendlyName"), Extra: extra(k)}
		if t.Name == "" || len(t.Name) > 256 || slices.ContainsFunc(a.Attributes, func(o Attribute) bool { return o.Name == t.Name }) {
			return refuse(RuleAttribute, "without name, or twice")
		}
		values, err := children(k)
		if err != nil {
			return err
		}
		for _, v := range values {
			if !is(v, nsAssertion, "AttributeValue") {
				return refuse(RuleAttribute, "%s in Attribute", foreign(v.Tag))
			}
			t.Values = append(t.Values, readValue(v))
		}
		a.Attributes = append(a.Attributes, t)
	}
	return nil
}

func readValue(e *etree.Element) Value {
	v := Value{Name: e.Tag, Extra: extra(e)}
	switch v.Extra["{http://www.w3.org/2001/XMLSchema-instance}nil"] {
	case "true", "1":
		v.Nil = true
	}
	for _, c := range e.ChildElements() {
		v.Parts = append(v.Parts, readValue(c))
	}
	if len(v.Parts) == 0 {
		v.Text, _ = text(e) // without children there is only text
	}
	return v
}

func extra(e *etree.Element) map[string]string {
	var m map[string]string
	for _, a := range e.Attr {
		if a.Space == "" || a.Space == "xmlns" {
			continue
		}
		if m == nil {
			m = map[string]string{}
		}
		uri, _ := lookup(scopeOf(e), a.Space)
		m["{"+uri+"}"+a.Key] = a.Value
	}
	return m
}

// First is the first text of the attribute, "" if there is none.
func (t Attribute) First() string {
	if len(t.Values) == 0 {
		return ""
	}
	return t.Values[0].Text
}

// Encode is the form in which a message travels in a form field.
func Encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
