package saml

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/sha1" // only as OAEP digest behind Policy.OAEPSHA1, and as the fixed mask of rsa-oaep-mgf1p

	"github.com/beevik/etree"
)

// Encryption algorithms.
const (
	encAES128GCM = nsEnc11 + "aes128-gcm"
	encAES192GCM = nsEnc11 + "aes192-gcm"
	encAES256GCM = nsEnc11 + "aes256-gcm"
	encOAEPMGF1P = nsEnc + "rsa-oaep-mgf1p"
	encOAEP      = nsEnc11 + "rsa-oaep"
	encElement   = nsEnc + "Element"
	encKeyType   = nsEnc + "EncryptedKey"
)

var contentKeys = map[string]int{encAES128GCM: 16, encAES192GCM: 24, encAES256GCM: 32}

var masks = map[string]crypto.Hash{
	nsEnc11 + "mgf1sha1":   crypto.SHA1,
	nsEnc11 + "mgf1sha256": crypto.SHA256,
	nsEnc11 + "mgf1sha384": crypto.SHA384,
	nsEnc11 + "mgf1sha512": crypto.SHA512,
}

var _ = sha1.New // crypto.SHA1 must be linked in

// decrypt opens an EncryptedAssertion: one EncryptedData, one EncryptedKey
// (inside KeyInfo or beside it), AES-GCM under RSA-OAEP. Every failure of the
// cryptography itself is one and the same refusal.
func (p Policy) decrypt(e *etree.Element, keys []*rsa.PrivateKey) ([]byte, error) {
	kids, err := children(e)
	if err != nil {
		return nil, err
	}
	if len(kids) == 0 || len(kids) > 2 || !is(kids[0], nsEnc, "EncryptedData") || len(kids) == 2 && !is(kids[1], nsEnc, "EncryptedKey") {
		return nil, refuse(RuleStructure, "parts of EncryptedAssertion")
	}
	data := kids[0]
	if t, ok := attr(data, "Type"); ok && t != encElement {
		return nil, refuse(RuleStructure, "EncryptedData of type %s", foreign(t))
	}
	parts, err := children(data)
	if err != nil {
		return nil, err
	}
	if len(parts) != 3 || !is(parts[0], nsEnc, "EncryptionMethod") || !is(parts[1], nsDsig, "KeyInfo") || !is(parts[2], nsEnc, "CipherData") {
		return nil, refuse(RuleStructure, "parts of EncryptedData")
	}
	alg := value(parts[0], "Algorithm")
	size, ok := contentKeys[alg]
	if !ok || len(parts[0].ChildElements()) > 0 {
		return nil, refuse(RuleAlgorithm, "encryption %s", foreign(alg))
	}
	wrapped, err := encryptedKey(parts[1], kids[1:])
	if err != nil {
		return nil, err
	}
	opts, key, err := p.keyTransport(wrapped)
	if err != nil {
		return nil, err
	}
	ct, err := cipherValue(parts[2])
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if p.goodKey(&k.PublicKey) != nil {
			continue
		}
		cek, err := k.Decrypt(nil, key, opts)
		if err != nil || len(cek) != size {
			continue
		}
		if plain, ok := open(cek, ct); ok {
			return plain, nil
		}
	}
	return nil, refuse(RuleDecryption, "cannot be opened")
}

// encryptedKey finds the one EncryptedKey in KeyInfo or beside the data.
func encryptedKey(info *etree.Element, beside []*etree.Element) (*etree.Element, error) {
	kids, err := children(info)
	if err != nil {
		return nil, err
	}
	var found []*etree.Element
	pointer := ""
	for _, k := range kids {
		switch {
		case is(k, nsEnc, "EncryptedKey"):
			found = append(found, k)
		case is(k, nsDsig, "RetrievalMethod"):
			if t, ok := attr(k, "Type"); ok && t != encKeyType || len(k.ChildElements()) > 0 || pointer != "" {
				return nil, refuse(RuleStructure, "RetrievalMethod")
			}
			pointer = value(k, "URI")
		default:
			return nil, refuse(RuleStructure, "%s in KeyInfo of EncryptedData", foreign(k.Tag))
		}
	}
	found = append(found, beside...)
	if len(found) != 1 {
		return nil, refuse(RuleStructure, "%d encrypted keys", len(found))
	}
	if pointer != "" && pointer != "#"+value(found[0], "Id") {
		return nil, refuse(RuleStructure, "RetrievalMethod points elsewhere")
	}
	return found[0], nil
}

// keyTransport reads how the key was wrapped, and the wrapped bytes.
func (p Policy) keyTransport(e *etree.Element) (*rsa.OAEPOptions, []byte, error) {
	kids, err := children(e)
	if err != nil {
		return nil, nil, err
	}
	var method, data *etree.Element
	for _, k := range kids {
		switch {
		case is(k, nsEnc, "EncryptionMethod") && method == nil:
			method = k
		case is(k, nsEnc, "CipherData") && data == nil:
			data = k
		case is(k, nsDsig, "KeyInfo"), is(k, nsEnc, "ReferenceList"), is(k, nsEnc, "CarriedKeyName"): // says for whom; not looked at
		default:
			return nil, nil, refuse(RuleStructure, "%s in EncryptedKey", foreign(k.Tag))
		}
	}
	if method == nil || data == nil {
		return nil, nil, refuse(RuleStructure, "parts of EncryptedKey")
	}
	alg := value(method, "Algorithm")
	if alg != encOAEP && alg != encOAEPMGF1P {
		return nil, nil, refuse(RuleAlgorithm, "key transport %s", foreign(alg))
	}
	o := &rsa.OAEPOptions{Hash: crypto.SHA1, MGFHash: crypto.SHA1} // what the norm takes where nothing is said
	seen := map[string]bool{}
	parts, err := children(method)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range parts {
		if seen[c.Tag] {
			return nil, nil, refuse(RuleAlgorithm, "parameter of the key transport twice")
		}
		seen[c.Tag] = true
		switch {
		case is(c, nsDsig, "DigestMethod"):
			if value(c, "Algorithm") == digSHA1 {
				continue
			}
			if o.Hash, err = digest(c); err != nil {
				return nil, nil, err
			}
		case is(c, nsEnc11, "MGF") && alg == encOAEP:
			h, ok := masks[value(c, "Algorithm")]
			if !ok {
				return nil, nil, refuse(RuleAlgorithm, "mask %s", foreign(value(c, "Algorithm")))
			}
			o.MGFHash = h
		default: // OAEPparams, KeySize
			return nil, nil, refuse(RuleAlgorithm, "parameter of the key transport")
		}
	}
	if o.Hash == crypto.SHA1 && !p.OAEPSHA1 {
		return nil, nil, refuse(RuleAlgorithm, "key transport with SHA-1 is not switched on")
	}
	b, err := cipherValue(data)
	return o, b, err
}

func cipherValue(e *etree.Element) ([]byte, error) {
	kids, err := children(e)
	if err != nil {
		return nil, err
	}
	if len(kids) != 1 || !is(kids[0], nsEnc, "CipherValue") { // CipherReference would make us fetch something
		return nil, refuse(RuleStructure, "parts of CipherData")
	}
	return decode64(kids[0])
}

// open is AES-GCM as XML Encryption 1.1, 5.2.4 has it: 96 bit IV in front, 128
// bit tag at the end, no additional data.
func open(key, ct []byte) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	g, err := cipher.NewGCM(block)
	if err != nil || len(ct) < g.NonceSize()+g.Overhead() {
		return nil, false
	}
	plain, err := g.Open(nil, ct[:g.NonceSize()], ct[g.NonceSize():], nil)
	return plain, err == nil
}
