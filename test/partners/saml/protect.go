package samlidp

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"io"
	"regexp"
	"strings"
)

// Signing says how to sign. The zero value is what TR-03116-4 wants.
type Signing struct {
	Method     string // URI; "" = RSASSA-PSS or ECDSA with SHA-256, by the key
	Parameters string // content of SignatureMethod
	Hash       crypto.Hash
	Digest     string // URI, "" = SHA-256
	DigestHash crypto.Hash
	C14N       string // URI of CanonicalizationMethod and the second transform
	URI        string // "" = "#" + the ID of the element, "-" = empty
	Transforms string // instead of the two
	KeyInfo    string // content of KeyInfo, canonical
	References string // in front of the Reference
	Secret     []byte // HMAC with this instead of a key
	Salt       int    // of PSS, 0 = as long as the hash
	Object     string // behind KeyInfo
}

// The methods by their endings.
const (
	PKCS1SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	PSSSHA256   = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
	PSSSHA384   = "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1"
	PSSSHA512   = "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1"
	PSSParams   = "http://www.w3.org/2007/05/xmldsig-more#rsa-pss"
	ECSHA256    = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
	ECSHA384    = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
	ECSHA512    = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"
	PKCS1SHA1   = NSDsig + "rsa-sha1"
	HMACSHA256  = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
	ExcC14N     = "http://www.w3.org/2001/10/xml-exc-c14n#"
	SHA256      = NSEnc + "sha256"
	SHA1        = NSDsig + "sha1"
	Enveloped   = NSDsig + "enveloped-signature"
)

var firstID = regexp.MustCompile(`ID="([^"]*)"`)

// Sign puts a signature at the mark of a canonical text.
func Sign(s string, key crypto.Signer, o Signing) string {
	return strings.Replace(s, SignatureHere, Signature(Unsigned(s), key, o), 1)
}

// Signature is the element over a canonical text without signature.
func Signature(s string, key crypto.Signer, o Signing) string {
	if o.Method == "" {
		o.Method = PSSSHA256
		if _, ok := key.(*ecdsa.PrivateKey); ok {
			o.Method = ECSHA256
		}
	}
	if o.Hash == 0 {
		o.Hash = crypto.SHA256
	}
	if o.Digest == "" {
		o.Digest, o.DigestHash = SHA256, crypto.SHA256
	}
	if o.C14N == "" {
		o.C14N = ExcC14N
	}
	switch o.URI {
	case "-":
		o.URI = ""
	case "":
		o.URI = "#" + firstID.FindStringSubmatch(s)[1]
	}
	if o.Transforms == "" {
		o.Transforms = `<ds:Transform Algorithm="` + Enveloped + `"></ds:Transform><ds:Transform Algorithm="` + o.C14N + `"></ds:Transform>`
	}
	info := `><ds:CanonicalizationMethod Algorithm="` + o.C14N + `"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="` + o.Method + `">` + o.Parameters + `</ds:SignatureMethod>` +
		o.References + `<ds:Reference URI="` + o.URI + `"><ds:Transforms>` + o.Transforms + `</ds:Transforms><ds:DigestMethod Algorithm="` + o.Digest + `"></ds:DigestMethod><ds:DigestValue>` +
		b64(hash(o.DigestHash, s)) + `</ds:DigestValue></ds:Reference></ds:SignedInfo>`
	v := o.value(key, `<ds:SignedInfo xmlns:ds="`+NSDsig+`"`+info)
	info2 := ""
	if o.KeyInfo != "" {
		info2 = `<ds:KeyInfo>` + o.KeyInfo + `</ds:KeyInfo>`
	}
	return `<ds:Signature xmlns:ds="` + NSDsig + `"><ds:SignedInfo` + info + `<ds:SignatureValue>` + b64(v) + `</ds:SignatureValue>` + info2 + o.Object + `</ds:Signature>`
}

// X509 is the content of KeyInfo with a certificate.
func X509(c *x509.Certificate) string {
	return `<ds:X509Data><ds:X509Certificate>` + b64(c.Raw) + `</ds:X509Certificate></ds:X509Data>`
}

func (o Signing) value(key crypto.Signer, info string) []byte {
	if o.Secret != nil {
		m := hmac.New(crypto.SHA256.New, o.Secret)
		_, _ = io.WriteString(m, info)
		return m.Sum(nil)
	}
	h := hash(o.Hash, info)
	var opts crypto.SignerOpts = o.Hash
	if strings.Contains(o.Method, "MGF1") || strings.HasSuffix(o.Method, "rsa-pss") {
		salt := o.Salt
		if salt == 0 {
			salt = rsa.PSSSaltLengthEqualsHash
		}
		opts = &rsa.PSSOptions{SaltLength: salt, Hash: o.Hash}
	}
	if k, ok := key.(*ecdsa.PrivateKey); ok {
		r, s, err := ecdsa.Sign(rand.Reader, k, h)
		if err != nil {
			panic(err)
		}
		n := (k.Curve.Params().BitSize + 7) / 8
		out := make([]byte, 2*n)
		r.FillBytes(out[:n])
		s.FillBytes(out[n:])
		return out
	}
	v, err := key.Sign(rand.Reader, h, opts)
	if err != nil {
		panic(err)
	}
	return v
}

func hash(h crypto.Hash, s string) []byte {
	d := h.New()
	_, _ = io.WriteString(d, s)
	return d.Sum(nil)
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// Encryption says how to encrypt. The zero value is AES-256-GCM under
// xmlenc11 RSA-OAEP with SHA-256 for digest and mask.
type Encryption struct {
	Content   string // ending of the URI: aes128-gcm, aes192-gcm, aes256-gcm, aes256-cbc, tripledes-cbc
	Transport string // rsa-oaep, rsa-oaep-mgf1p, rsa-1_5
	Digest    string // sha1, sha256, "" = sha256; "none" leaves it out
	Beside    bool   // the key stands behind EncryptedData
	Pointer   string // URI of a RetrievalMethod
	Type      string // of EncryptedData, "" = Element
	Parameter string // further content of the key's EncryptionMethod
	Break     bool   // flip a bit of the ciphertext
	Twice     bool   // two encrypted keys
	Reference bool   // CipherReference instead of CipherValue
}

// Encrypt wraps a text in EncryptedAssertion.
func Encrypt(s string, to *rsa.PublicKey, o Encryption) string {
	if o.Content == "" {
		o.Content = "aes256-gcm"
	}
	if o.Transport == "" {
		o.Transport = "rsa-oaep"
	}
	if o.Digest == "" {
		o.Digest = "sha256"
	}
	if o.Type == "" {
		o.Type = NSEnc + "Element"
	}
	size := map[string]int{"aes128-gcm": 16, "aes192-gcm": 24, "aes256-gcm": 32, "aes256-cbc": 32, "aes128-cbc": 16, "tripledes-cbc": 24}[o.Content]
	key := random(size)
	ns := "http://www.w3.org/2009/xmlenc11#"
	var ct []byte
	switch {
	case strings.HasSuffix(o.Content, "gcm"):
		block, err := aes.NewCipher(key)
		check(err)
		g, err := cipher.NewGCM(block)
		check(err)
		iv := random(12)
		ct = g.Seal(iv, iv, []byte(s), nil)
	default:
		ns = NSEnc
		block, err := aes.NewCipher(key)
		if o.Content == "tripledes-cbc" {
			block, err = des.NewTripleDESCipher(key)
		}
		check(err)
		n := block.BlockSize()
		pad := n - len(s)%n
		plain := append([]byte(s), make([]byte, pad)...)
		plain[len(plain)-1] = byte(pad)
		iv := random(n)
		ct = append(iv, make([]byte, len(plain))...)
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(ct[n:], plain)
	}
	if o.Break {
		ct[len(ct)/2] ^= 1
	}
	var wrapped []byte
	var err error
	method := NSEnc + o.Transport
	parameters := o.Parameter
	digestURI := map[string]string{"sha1": SHA1, "sha256": SHA256, "sha512": NSEnc + "sha512"}[o.Digest]
	if digestURI != "" {
		parameters = `<ds:DigestMethod` + o.declare("ds", NSDsig) + ` Algorithm="` + digestURI + `"></ds:DigestMethod>` + parameters
	}
	h := map[string]crypto.Hash{"none": crypto.SHA1, "sha1": crypto.SHA1, "sha256": crypto.SHA256, "sha512": crypto.SHA512}[o.Digest]
	switch o.Transport {
	case "rsa-oaep":
		method = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
		if o.Digest != "none" {
			parameters += `<xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1` + o.Digest + `"></xenc11:MGF>`
		}
		wrapped, err = rsa.EncryptOAEP(h.New(), rand.Reader, to, key, nil)
	case "rsa-oaep-mgf1p":
		wrapped, err = rsa.EncryptOAEPWithOptions(rand.Reader, to, key, &rsa.OAEPOptions{Hash: h, MGFHash: crypto.SHA1})
	default:
		parameters = ""
		wrapped, err = rsa.EncryptPKCS1v15(rand.Reader, to, key)
	}
	check(err)
	ek := `<xenc:EncryptedKey` + o.declare("xenc", NSEnc) + ` Id="_key"><xenc:EncryptionMethod Algorithm="` + method + `">` + parameters + `</xenc:EncryptionMethod>` +
		`<xenc:CipherData><xenc:CipherValue>` + b64(wrapped) + `</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>`
	inside, beside := ek, ""
	if o.Beside {
		inside, beside = "", ek
	}
	if o.Twice {
		inside += strings.Replace(ek, `"_key"`, `"_key2"`, 1)
	}
	if o.Pointer != "" {
		inside = `<ds:RetrievalMethod Type="` + NSEnc + `EncryptedKey" URI="` + o.Pointer + `"></ds:RetrievalMethod>` + inside
	}
	value := `<xenc:CipherValue>` + b64(ct) + `</xenc:CipherValue>`
	if o.Reference {
		value = `<xenc:CipherReference URI="http://127.0.0.1:9/secret"></xenc:CipherReference>`
	}
	return `<saml:EncryptedAssertion xmlns:saml="` + NSAssertion + `"><xenc:EncryptedData xmlns:xenc="` + NSEnc + `" Type="` + o.Type + `"><xenc:EncryptionMethod Algorithm="` + ns + o.Content + `"></xenc:EncryptionMethod>` +
		`<ds:KeyInfo xmlns:ds="` + NSDsig + `">` + inside + `</ds:KeyInfo><xenc:CipherData>` + value + `</xenc:CipherData></xenc:EncryptedData>` + beside + `</saml:EncryptedAssertion>`
}

// declare is a namespace declaration, where none stands around it.
func (o Encryption) declare(prefix, ns string) string {
	if !o.Beside {
		return ""
	}
	return ` xmlns:` + prefix + `="` + ns + `"`
}

func random(n int) []byte {
	b := make([]byte, n)
	_, err := rand.Read(b)
	check(err)
	return b
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

var _ = sha1.New
