package saml

import (
	"crypto"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"github.com/beevik/etree"
)

// signatureOf finds the one signature that e carries: a direct child, right
// behind the Issuer as the schema wants it. nil if there is none.
func signatureOf(e *etree.Element) (*etree.Element, error) {
	var found *etree.Element
	for i, c := range e.ChildElements() {
		if !is(c, nsDsig, "Signature") {
			continue
		}
		if found != nil {
			return nil, refuse(RuleStructure, "two signatures in %s", foreign(e.Tag))
		}
		if i != 1 || !is(e.ChildElements()[0], nsAssertion, "Issuer") {
			return nil, refuse(RuleStructure, "signature not behind the Issuer")
		}
		found = c
	}
	return found, nil
}

// verify checks the signature of e and gives back the element read anew from
// the bytes that were signed, without the signature. keys are the provider's
// configured keys; what stands in KeyInfo is not looked at.
func (p Policy) verify(e, signature *etree.Element, keys []crypto.PublicKey) (*etree.Element, error) {
	id := value(e, "ID")
	if id == "" {
		return nil, refuse(RuleReference, "%s has no ID", foreign(e.Tag))
	}
	kids, err := children(signature)
	if err != nil {
		return nil, err
	}
	if len(kids) < 2 || len(kids) > 3 || !is(kids[0], nsDsig, "SignedInfo") || !is(kids[1], nsDsig, "SignatureValue") ||
		len(kids) == 3 && !is(kids[2], nsDsig, "KeyInfo") {
		return nil, refuse(RuleStructure, "parts of Signature")
	}

	// 1. SignedInfo: its canonical form is what the key signed, and from here on
	// only that form is read.
	prefixes, err := c14nMethod(first(kids[0], "CanonicalizationMethod"))
	if err != nil {
		return nil, err
	}
	info, err := canonical(kids[0], prefixes)
	if err != nil {
		return nil, err
	}
	signed, err := reread(info, prefixes)
	if err != nil {
		return nil, err
	}
	r, err := p.readSignedInfo(signed, prefixes)
	if err != nil {
		return nil, err
	}
	if r.uri != "#"+id {
		return nil, refuse(RuleReference, "covers another element than its parent")
	}
	sig, err := decode64(kids[1])
	if err != nil {
		return nil, err
	}
	good := false
	s := sum(r.method.hash, info)
	for _, k := range keys {
		if p.goodKey(k) == nil && r.method.verify(k, s, sig) {
			good = true
		}
	}
	if !good {
		return nil, refuse(RuleSignature, "no configured key made it")
	}

	// 2. The element without its signature.
	c := e.Copy()
	declare(c, scopeOf(e))
	if removed := c.RemoveChildAt(indexOf(e, signature)); !is(asElement(removed), nsDsig, "Signature") {
		return nil, refuse(RuleStructure, "signature lost")
	}
	b, err := canonical(c, r.prefixes)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(sum(r.hash, b), r.digest) != 1 {
		return nil, refuse(RuleDigest, "%s is not what was signed", foreign(e.Tag))
	}
	return reread(b, r.prefixes)
}

type reference struct {
	method   method
	uri      string
	prefixes string
	hash     crypto.Hash
	digest   []byte
}

// readSignedInfo takes exactly one form: exclusive c14n, one listed method, one
// Reference with the two transforms that SAML allows, in their order.
func (p Policy) readSignedInfo(e *etree.Element, prefixes string) (reference, error) {
	var r reference
	kids, err := children(e)
	if err != nil {
		return r, err
	}
	if len(kids) != 3 || !is(kids[0], nsDsig, "CanonicalizationMethod") || !is(kids[1], nsDsig, "SignatureMethod") || !is(kids[2], nsDsig, "Reference") {
		return r, refuse(RuleReference, "parts of SignedInfo")
	}
	if again, err := c14nMethod(kids[0]); err != nil || again != prefixes {
		return r, refuse(RuleReference, "canonicalization")
	}
	if r.method, err = p.signatureMethod(kids[1]); err != nil {
		return r, err
	}
	ref := kids[2]
	uri, ok := attr(ref, "URI")
	if !ok || len(uri) < 2 {
		return r, refuse(RuleReference, "no URI")
	}
	r.uri = uri
	parts, err := children(ref)
	if err != nil {
		return r, err
	}
	if len(parts) != 3 || !is(parts[0], nsDsig, "Transforms") || !is(parts[1], nsDsig, "DigestMethod") || !is(parts[2], nsDsig, "DigestValue") {
		return r, refuse(RuleReference, "parts of Reference")
	}
	steps, err := children(parts[0])
	if err != nil {
		return r, err
	}
	if len(steps) != 2 || !is(steps[0], nsDsig, "Transform") || !is(steps[1], nsDsig, "Transform") ||
		value(steps[0], "Algorithm") != algEnveloped || len(steps[0].Child) > 0 {
		return r, refuse(RuleReference, "transforms")
	}
	if r.prefixes, err = c14nMethod(steps[1]); err != nil {
		return r, err
	}
	if r.hash, err = digest(parts[1]); err != nil {
		return r, err
	}
	if r.digest, err = decode64(parts[2]); err != nil {
		return r, err
	}
	return r, nil
}

// c14nMethod reads a CanonicalizationMethod or Transform: exclusive, without
// comments, at most with a list of prefixes.
func c14nMethod(e *etree.Element) (prefixes string, err error) {
	if e == nil || value(e, "Algorithm") != nsExcC14N {
		return "", refuse(RuleReference, "canonicalization other than exclusive without comments")
	}
	kids, err := children(e)
	if err != nil {
		return "", err
	}
	switch {
	case len(kids) == 0:
		return "", nil
	case len(kids) > 1 || !is(kids[0], nsExcC14N, "InclusiveNamespaces") || len(kids[0].Child) > 0:
		return "", refuse(RuleReference, "parameter of the canonicalization")
	}
	list := strings.Fields(value(kids[0], "PrefixList"))
	if len(list) > maxPrefixes {
		return "", refuse(RuleSize, "prefix list")
	}
	for _, p := range list {
		if p != "#default" && !name(p) {
			return "", refuse(RuleReference, "prefix list")
		}
	}
	return strings.Join(list, " "), nil
}

// first is the first child of this name in the namespace of XML Signature.
func first(e *etree.Element, tag string) *etree.Element {
	for _, c := range e.ChildElements() {
		if is(c, nsDsig, tag) {
			return c
		}
	}
	return nil
}

func indexOf(e, child *etree.Element) int {
	for i, t := range e.Child {
		if t == etree.Token(child) {
			return i
		}
	}
	return -1
}

func asElement(t etree.Token) *etree.Element { e, _ := t.(*etree.Element); return e }

// decode64 reads base64 with line breaks and blanks, as XML allows.
func decode64(e *etree.Element) ([]byte, error) {
	t, err := text(e)
	if err != nil {
		return nil, err
	}
	return base64Bytes(t)
}

func base64Bytes(t string) ([]byte, error) {
	t = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n':
			return -1
		}
		return r
	}, t)
	b, err := base64.StdEncoding.Strict().DecodeString(t)
	if err != nil || len(b) == 0 {
		return nil, refuse(RuleEncoding, "base64")
	}
	return b, nil
}
