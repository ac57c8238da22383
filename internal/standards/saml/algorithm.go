package saml

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of the allow-list
	_ "crypto/sha512"
	"math/big"
	"strconv"

	"github.com/beevik/etree"
)

// Policy says what a connection takes beyond the strict profile. The zero value
// is TR-03116-4: RSASSA-PSS with RSA of 3072 bit and more or ECDSA, AES-GCM,
// RSA-OAEP with SHA-2, and assertions that are signed themselves and encrypted.
// Nothing here ever allows SHA-1 signatures, CBC, 3DES, RSA 1.5 key transport,
// MACs or unsigned assertions.
type Policy struct {
	// PKCS1 takes RSASSA-PKCS1-v1_5 with SHA-2 signatures, which BundID's own
	// sample still has and SimpleSAMLphp only knows.
	PKCS1 bool
	// RSA2048 takes RSA keys from 2048 bit, ours and theirs.
	RSA2048 bool
	// OAEPSHA1 takes RSA-OAEP with SHA-1 as digest, the default of most products.
	OAEPSHA1 bool
	// Clear takes an assertion that is not encrypted. TR-03172-3 A3.10.01
	// forbids it for citizens; a town hall's own directory may need it.
	Clear bool
	// Signed says which signature is demanded.
	Signed Signed
}

// Signed says where the provider must have signed. A signature that is there is
// always checked, demanded or not.
type Signed uint8

// What must be signed.
const (
	SignedAssertion Signed = iota // the assertion itself (inside the encryption)
	SignedEither                  // the assertion or the whole answer (ekona signs the answer)
	SignedBoth
)

// Signature algorithms.
const (
	algRSASHA256   = nsDsigMoreOld + "rsa-sha256"
	algRSASHA384   = nsDsigMoreOld + "rsa-sha384"
	algRSASHA512   = nsDsigMoreOld + "rsa-sha512"
	algECDSASHA256 = nsDsigMoreOld + "ecdsa-sha256"
	algECDSASHA384 = nsDsigMoreOld + "ecdsa-sha384"
	algECDSASHA512 = nsDsigMoreOld + "ecdsa-sha512"
	algPSSSHA256   = nsDsigMore + "sha256-rsa-MGF1"
	algPSSSHA384   = nsDsigMore + "sha384-rsa-MGF1"
	algPSSSHA512   = nsDsigMore + "sha512-rsa-MGF1"
	algPSS         = nsDsigMore + "rsa-pss" // with RSAPSSParams
	algMGF1        = nsDsigMore + "MGF1"    // in RSAPSSParams
	nsDsigMoreOld  = "http://www.w3.org/2001/04/xmldsig-more#"
	algEnveloped   = nsDsig + "enveloped-signature"
	digSHA1        = nsDsig + "sha1"
	digSHA256      = nsEnc + "sha256"
	digSHA384      = nsDsigMoreOld + "sha384"
	digSHA512      = nsEnc + "sha512"
	minRSA         = 3072
	minRSASwitched = 2048
	maxRSA         = 8192
)

type family uint8

const (
	familyPKCS1 family = iota
	familyPSS
	familyECDSA
)

type method struct {
	family family
	hash   crypto.Hash
}

var methods = map[string]method{
	algRSASHA256:   {familyPKCS1, crypto.SHA256},
	algRSASHA384:   {familyPKCS1, crypto.SHA384},
	algRSASHA512:   {familyPKCS1, crypto.SHA512},
	algPSSSHA256:   {familyPSS, crypto.SHA256},
	algPSSSHA384:   {familyPSS, crypto.SHA384},
	algPSSSHA512:   {familyPSS, crypto.SHA512},
	algECDSASHA256: {familyECDSA, crypto.SHA256},
	algECDSASHA384: {familyECDSA, crypto.SHA384},
	algECDSASHA512: {familyECDSA, crypto.SHA512},
}

var digests = map[string]crypto.Hash{digSHA256: crypto.SHA256, digSHA384: crypto.SHA384, digSHA512: crypto.SHA512}

// signatureMethod reads a SignatureMethod: only what is on the list, with no
// parameter but those of rsa-pss, whose hash, mask and salt must agree.
func (p Policy) signatureMethod(e *etree.Element) (method, error) {
	alg := value(e, "Algorithm")
	kids, err := children(e)
	if err != nil {
		return method{}, err
	}
	m, ok := methods[alg]
	switch {
	case alg == algPSS:
		if m, err = pssParameters(kids); err != nil {
			return method{}, err
		}
	case !ok:
		return method{}, refuse(RuleAlgorithm, "signature %s", foreign(alg))
	case len(kids) > 0: // HMACOutputLength and kin
		return method{}, refuse(RuleAlgorithm, "parameter of %s", foreign(alg))
	}
	if m.family == familyPKCS1 && !p.PKCS1 {
		return method{}, refuse(RuleAlgorithm, "signature %s is not switched on", foreign(alg))
	}
	return m, nil
}

// pssParameters reads RSAPSSParams (RFC 9231 2.3.10); without them it is
// SHA-256 throughout.
func pssParameters(kids []*etree.Element) (method, error) {
	m := method{familyPSS, crypto.SHA256}
	if len(kids) == 0 {
		return m, nil
	}
	if len(kids) > 1 || !is(kids[0], nsDsigMore, "RSAPSSParams") {
		return m, refuse(RuleAlgorithm, "parameter of rsa-pss")
	}
	params, err := children(kids[0])
	if err != nil {
		return m, err
	}
	mask, salt := crypto.SHA256, m.hash.Size()
	seen := map[string]bool{}
	for i, c := range params {
		if seen[c.Tag] {
			return m, refuse(RuleAlgorithm, "parameter of rsa-pss twice")
		}
		seen[c.Tag] = true
		switch {
		case is(c, nsDsig, "DigestMethod") && i == 0:
			h, err := digest(c)
			if err != nil {
				return m, err
			}
			m.hash = h
			salt = h.Size()
		case is(c, nsDsigMore, "MaskGenerationFunction") && value(c, "Algorithm") == algMGF1:
			in := c.ChildElements()
			if len(in) != 1 || !is(in[0], nsDsig, "DigestMethod") {
				return m, refuse(RuleAlgorithm, "mask of rsa-pss")
			}
			if mask, err = digest(in[0]); err != nil {
				return m, err
			}
		case is(c, nsDsigMore, "SaltLength"):
			t, err := text(c)
			if err != nil {
				return m, err
			}
			if salt, err = strconv.Atoi(t); err != nil {
				return m, refuse(RuleAlgorithm, "salt of rsa-pss")
			}
		case is(c, nsDsigMore, "TrailerField"):
			if t, err := text(c); err != nil || t != "1" {
				return m, refuse(RuleAlgorithm, "trailer of rsa-pss")
			}
		default:
			return m, refuse(RuleAlgorithm, "parameter of rsa-pss")
		}
	}
	if mask != m.hash || salt != m.hash.Size() {
		return m, refuse(RuleAlgorithm, "rsa-pss mixes hashes or has another salt")
	}
	return m, nil
}

// digest reads a DigestMethod.
func digest(e *etree.Element) (crypto.Hash, error) {
	if len(e.ChildElements()) > 0 {
		return 0, refuse(RuleAlgorithm, "parameter of a digest")
	}
	h, ok := digests[value(e, "Algorithm")]
	if !ok {
		return 0, refuse(RuleAlgorithm, "digest %s", foreign(value(e, "Algorithm")))
	}
	return h, nil
}

// goodKey reports whether the key is one that the policy takes.
func (p Policy) goodKey(k crypto.PublicKey) error {
	switch k := k.(type) {
	case *rsa.PublicKey:
		least := minRSA
		if p.RSA2048 {
			least = minRSASwitched
		}
		if n := k.N.BitLen(); n < least || n > maxRSA {
			return refuse(RuleAlgorithm, "RSA key of %d bit", n)
		}
		if k.E < 65537 {
			return refuse(RuleAlgorithm, "RSA exponent %d", k.E)
		}
		return nil
	case *ecdsa.PublicKey:
		switch k.Curve.Params().Name {
		case "P-256", "P-384", "P-521":
			return nil
		}
	}
	return refuse(RuleAlgorithm, "key of type %T", k)
}

// verify checks a signature over sum with one key; false also if the key is of
// another family.
func (m method) verify(key crypto.PublicKey, sum, sig []byte) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		switch m.family {
		case familyPKCS1:
			return rsa.VerifyPKCS1v15(k, m.hash, sum, sig) == nil
		case familyPSS:
			return rsa.VerifyPSS(k, m.hash, sum, sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: m.hash}) == nil
		}
	case *ecdsa.PublicKey:
		if m.family != familyECDSA {
			return false
		}
		n := (k.Curve.Params().BitSize + 7) / 8 // XML Signature 1.1, 6.4.3: r and s side by side
		if len(sig) != 2*n {
			return false
		}
		return ecdsa.Verify(k, sum, new(big.Int).SetBytes(sig[:n]), new(big.Int).SetBytes(sig[n:]))
	}
	return false
}

func sum(h crypto.Hash, b []byte) []byte {
	d := h.New()
	d.Write(b)
	return d.Sum(nil)
}
