package saml

import (
	"crypto"
	"crypto/x509"
	"time"

	"github.com/beevik/etree"
)

// ReadMetadata takes a provider's entity ID, signing keys and addresses from
// its metadata: one EntityDescriptor with one IDPSSODescriptor for SAML 2.0.
// A signature on it is not checked: an administrator got the file from the
// provider and enters it, that is the anchor. Metadata that says it has expired
// is refused. Keys are checked by New, against the connection's policy.
func ReadMetadata(b []byte, now time.Time) (Partner, error) {
	var p Partner
	root, err := parseMetadata(b)
	if err != nil {
		return p, err
	}
	if !is(root, nsMetadata, "EntityDescriptor") {
		return p, refuse(RuleMetadata, "root is %s, wanted one EntityDescriptor", foreign(root.Tag))
	}
	if err := current(root, now); err != nil {
		return p, err
	}
	p.EntityID = value(root, "entityID")
	var idp *etree.Element
	for _, c := range root.ChildElements() {
		if !is(c, nsMetadata, "IDPSSODescriptor") {
			continue
		}
		if idp != nil {
			return p, refuse(RuleMetadata, "two IDPSSODescriptors")
		}
		idp = c
	}
	if idp == nil {
		return p, refuse(RuleMetadata, "no IDPSSODescriptor")
	}
	if err := current(idp, now); err != nil {
		return p, err
	}
	for _, c := range idp.ChildElements() {
		switch {
		case is(c, nsMetadata, "KeyDescriptor"):
			if use, ok := attr(c, "use"); ok && use != "signing" {
				continue
			}
			keys, err := certificateKeys(c)
			if err != nil {
				return p, err
			}
			p.Keys = append(p.Keys, keys...)
		case is(c, nsMetadata, "SingleSignOnService"):
			switch value(c, "Binding") {
			case bindingPOST:
				if p.POST == "" {
					p.POST = value(c, "Location")
				}
			case bindingRedirect:
				if p.Redirect == "" {
					p.Redirect = value(c, "Location")
				}
			}
		}
	}
	if p.EntityID == "" || len(p.Keys) == 0 || p.POST == "" && p.Redirect == "" {
		return p, refuse(RuleMetadata, "entity ID, signing certificate or address for requests is missing")
	}
	return p, nil
}

func current(e *etree.Element, now time.Time) error {
	s, ok := attr(e, "validUntil")
	if !ok {
		return nil
	}
	t, err := dateTime(s)
	if err != nil {
		return err
	}
	if !now.Before(t) {
		return refuse(RuleMetadata, "expired")
	}
	return nil
}

func certificateKeys(e *etree.Element) ([]crypto.PublicKey, error) {
	var l []crypto.PublicKey
	for _, info := range e.ChildElements() {
		if !is(info, nsDsig, "KeyInfo") {
			continue
		}
		for _, data := range info.ChildElements() {
			for _, c := range data.ChildElements() {
				if !is(c, nsDsig, "X509Certificate") {
					continue
				}
				b, err := decode64(c)
				if err != nil {
					return nil, err
				}
				cert, err := x509.ParseCertificate(b)
				if err != nil {
					return nil, refuse(RuleMetadata, "certificate")
				}
				l = append(l, cert.PublicKey)
			}
		}
	}
	return l, nil
}
