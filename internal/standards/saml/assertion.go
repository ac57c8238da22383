package saml

import (
	"slices"
	"time"

	"github.com/beevik/etree"
)

const confirmBearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

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
			if t != c.c.EntityID {
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
