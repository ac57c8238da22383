package saml

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Leeway is how far clocks may differ, in both directions.
const Leeway = 60 * time.Second

// Life is how long after its making an answer is looked at at all; the
// assertion's own limits may be shorter, never longer.
const Life = 10 * time.Minute

// Config is one connection to one provider.
type Config struct {
	// EntityID is our own name there: an https URL without port that never
	// changes (BundID binds its pseudonyms to the host in it).
	EntityID string
	// Signer signs requests: *rsa.PrivateKey or *ecdsa.PrivateKey.
	Signer crypto.Signer
	// SignerCertificate goes into metadata and requests; it must hold Signer's key.
	SignerCertificate *x509.Certificate
	// PKCS1Requests signs with RSASSA-PKCS1-v1_5 instead of RSASSA-PSS, for a
	// partner that cannot verify PSS.
	PKCS1Requests bool
	// Decrypters open assertions; the first is the one in our metadata, further
	// ones are being rolled over.
	Decrypters []Decrypter
	Partner    Partner
	Policy     Policy
	// Insecure takes http addresses of the partner on a loopback address, for
	// tests and the demonstration.
	Insecure bool
}

// Decrypter is a key of ours with the certificate that goes into our metadata.
type Decrypter struct {
	Key         *rsa.PrivateKey
	Certificate *x509.Certificate
}

// Partner is what we know of a provider, from its metadata.
type Partner struct {
	EntityID string
	// POST and Redirect are its addresses for requests; at least one.
	POST, Redirect string
	// Keys sign its answers; two while it rolls over. Certificates are only
	// envelopes: neither their dates nor their issuers count (SAML V2.0 Metadata
	// Interoperability Profile 2.5), what counts is that an administrator entered them.
	Keys []crypto.PublicKey
}

// Connection is a checked Config. Safe for use by several goroutines.
type Connection struct{ c Config }

// New checks the configuration; its errors are for administrators.
func New(c Config) (*Connection, error) {
	if err := goodEntityID(c.EntityID); err != nil && !c.Insecure {
		return nil, err
	}
	if c.Partner.EntityID == "" || len(c.Partner.EntityID) > 1024 {
		return nil, errors.New("saml: the provider has no entity ID")
	}
	if c.Partner.EntityID == c.EntityID {
		return nil, errors.New("saml: the provider has our own entity ID")
	}
	if c.Signer == nil {
		return nil, errors.New("saml: no key to sign requests with")
	}
	if err := c.Policy.goodKey(c.Signer.Public()); err != nil {
		return nil, fmt.Errorf("our signing key: %w", err)
	}
	if c.SignerCertificate != nil && !sameKey(c.SignerCertificate.PublicKey, c.Signer.Public()) {
		return nil, errors.New("saml: the signing certificate belongs to another key")
	}
	if len(c.Decrypters) == 0 && !c.Policy.Clear {
		return nil, errors.New("saml: no key to decrypt assertions with")
	}
	for _, d := range c.Decrypters {
		if err := c.Policy.goodKey(&d.Key.PublicKey); err != nil {
			return nil, fmt.Errorf("our decryption key: %w", err)
		}
		if d.Certificate != nil && !sameKey(d.Certificate.PublicKey, &d.Key.PublicKey) {
			return nil, errors.New("saml: the decryption certificate belongs to another key")
		}
	}
	if len(c.Partner.Keys) == 0 {
		return nil, errors.New("saml: the provider has no signing key")
	}
	for _, k := range c.Partner.Keys {
		if err := c.Policy.goodKey(k); err != nil {
			return nil, fmt.Errorf("a key of the provider: %w", err)
		}
	}
	if c.Partner.POST == "" && c.Partner.Redirect == "" {
		return nil, errors.New("saml: the provider has no address for requests")
	}
	for _, a := range []string{c.Partner.POST, c.Partner.Redirect} {
		if a == "" {
			continue
		}
		if err := goodAddress(a, c.Insecure); err != nil {
			return nil, err
		}
	}
	return &Connection{c}, nil
}

// goodEntityID holds BundID's rule: https, no port, nothing that could differ
// between two spellings.
func goodEntityID(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Port() != "" || strings.HasSuffix(u.Host, ":") || u.User != nil ||
		u.RawQuery != "" || u.Fragment != "" || u.Host != strings.ToLower(u.Host) || len(s) > 1024 {
		return fmt.Errorf("saml: our entity ID must be an https address in lower case without port: %s", foreign(s))
	}
	return nil
}

func goodAddress(s string, insecure bool) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("saml: not an address: %s", foreign(s))
	}
	local := u.Hostname() == "127.0.0.1" || u.Hostname() == "::1" || strings.HasSuffix(u.Hostname(), ".localhost") || u.Hostname() == "localhost"
	if u.Scheme == "https" || insecure && u.Scheme == "http" && local {
		return nil
	}
	return fmt.Errorf("saml: the provider's address must be https: %s", foreign(s))
}

func sameKey(a, b crypto.PublicKey) bool {
	switch a := a.(type) {
	case *rsa.PublicKey:
		return a.Equal(b)
	case *ecdsa.PublicKey:
		return a.Equal(b)
	}
	return false
}
