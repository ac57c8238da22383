package saml_test

import (
	"crypto"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"stadttor/internal/standards/saml"
	samlidp "stadttor/test/partners/saml"
)

// vector is one forged or misdirected answer to a live request. Whoever made it
// knows the request's ID and all public keys; where the name says "genuine" he
// also holds a genuine signed assertion.
type vector struct {
	name   string
	rule   saml.Rule
	policy saml.Policy
	fresh  bool
	make   func(t *testing.T, l *live) string
}

var clearly = saml.Policy{Clear: true}
var eitherClear = saml.Policy{Clear: true, Signed: saml.SignedEither}

// changed is a genuine answer but for what the provider itself said: it is
// signed and encrypted after the change, so only the rules on content can
// refuse it.
func changed(f func(*samlidp.Answer)) func(*testing.T, *live) string {
	return func(_ *testing.T, l *live) string { return l.genuine(f) }
}

// signing is a genuine assertion signed in another way.
func signing(o samlidp.Signing) func(*testing.T, *live) string {
	return func(_ *testing.T, l *live) string {
		a := l.answer()
		return l.wrap(a, samlidp.Sign(a.Assertion.Text(), l.idp.Key, o))
	}
}

// encrypting is a genuine assertion encrypted in another way.
func encrypting(o samlidp.Encryption) func(*testing.T, *live) string {
	return func(_ *testing.T, l *live) string {
		a := l.answer()
		return samlidp.Encode(samlidp.Unsigned(a.Text(samlidp.Encrypt(l.signed(a), l.to, o))))
	}
}

// tampered changes the text of a genuine signed assertion and encrypts it to us.
func tampered(old, repl string) func(*testing.T, *live) string {
	return func(t *testing.T, l *live) string {
		a := l.answer()
		return l.wrap(a, replace1(t, l.signed(a), old, repl))
	}
}

// around changes the text of the whole message around a genuine assertion.
func around(old, repl string) func(*testing.T, *live) string {
	return func(t *testing.T, l *live) string {
		a := l.answer()
		return samlidp.Encode(replace1(t, samlidp.Unsigned(a.Text(samlidp.Encrypt(l.signed(a), l.to, samlidp.Encryption{}))), old, repl))
	}
}

// bytes changes the message as bytes.
func asBytes(f func(string) string) func(*testing.T, *live) string {
	return func(t *testing.T, l *live) string {
		a := l.answer()
		return samlidp.Encode(f(samlidp.Unsigned(a.Text(samlidp.Encrypt(l.signed(a), l.to, samlidp.Encryption{})))))
	}
}

// wrapping gives the parts of a wrapping attack: a genuine signed assertion, the
// same without its signature, the signature, and the attacker's own assertion
// with another ID.
func wrapping(f func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string) func(*testing.T, *live) string {
	return func(t *testing.T, l *live) string {
		a := l.answer()
		genuine := l.signed(a)
		sig := signatureIn.FindString(genuine)
		b := a
		b.Assertion.ID, b.Assertion.NameID = samlidp.ID(), "admin"
		return f(t, l, a, genuine, strings.Replace(genuine, sig, "", 1), sig, samlidp.Unsigned(b.Assertion.Text()))
	}
}

var signatureIn = regexp.MustCompile(`(?s)<ds:Signature .*</ds:Signature>`)

// into puts text in front of the end tag of an element.
func into(t *testing.T, s, tag, add string) string {
	return replace1(t, s, "</"+tag+">", add+"</"+tag+">")
}

func vectors() []vector {
	day := 24 * time.Hour
	at := func(d time.Duration) string { return samlidp.Time(now.Add(d)) }
	certificate := samlidp.Certificate(samlidp.RSA("provider", 3072))
	spki, _ := x509.MarshalPKIXPublicKey(idpKey().Public())
	list := []vector{
		// Signature: who signed, with what, over what.
		{name: "an assertion without signature", rule: saml.RuleUnsigned, make: func(_ *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, samlidp.Unsigned(a.Assertion.Text()))
		}},
		{name: "an assertion in clear without signature", rule: saml.RuleUnencrypted, make: func(_ *testing.T, l *live) string {
			a := l.answer()
			return l.clear(a, samlidp.Unsigned(a.Assertion.Text()))
		}},
		{name: "an unsigned assertion where neither is signed", policy: eitherClear, rule: saml.RuleUnsigned, make: func(_ *testing.T, l *live) string {
			a := l.answer()
			return l.clear(a, samlidp.Unsigned(a.Assertion.Text()))
		}},
		{name: "a genuine signed assertion in clear", rule: saml.RuleUnencrypted, make: func(_ *testing.T, l *live) string { a := l.answer(); return l.clear(a, l.signed(a)) }},
		{name: "only the answer signed where the assertion must be", rule: saml.RuleUnsigned, make: func(_ *testing.T, l *live) string {
			a := l.answer()
			return samlidp.Encode(samlidp.Sign(a.Text(samlidp.Encrypt(samlidp.Unsigned(a.Assertion.Text()), l.to, samlidp.Encryption{})), l.idp.Key, samlidp.Signing{}))
		}},
		{name: "only the assertion signed where both must be", policy: saml.Policy{Signed: saml.SignedBoth}, rule: saml.RuleUnsigned, make: changed(nil)},
		{name: "the answer signed by a stranger, the assertion genuine", rule: saml.RuleSignature, make: func(_ *testing.T, l *live) string {
			a := l.answer()
			return samlidp.Encode(samlidp.Sign(a.Text(samlidp.Encrypt(l.signed(a), l.to, samlidp.Encryption{})), evilKey(), samlidp.Signing{}))
		}},
		{name: "signed by a stranger", rule: saml.RuleSignature, make: func(_ *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, samlidp.Sign(a.Assertion.Text(), evilKey(), samlidp.Signing{}))
		}},
		{name: "signed by a stranger whose certificate stands in KeyInfo", rule: saml.RuleSignature, make: func(_ *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, samlidp.Sign(a.Assertion.Text(), evilKey(), samlidp.Signing{KeyInfo: samlidp.X509(samlidp.Certificate(evilKey()))}))
		}},
		{name: "signed by a stranger with the provider's certificate in KeyInfo", rule: saml.RuleSignature, make: func(_ *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, samlidp.Sign(a.Assertion.Text(), evilKey(), samlidp.Signing{KeyInfo: samlidp.X509(certificate)}))
		}},
		{name: "signed with our own key", rule: saml.RuleSignature, make: func(_ *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, samlidp.Sign(a.Assertion.Text(), signingKey(), samlidp.Signing{}))
		}},
		{name: "RSA with SHA-1", policy: saml.Policy{PKCS1: true}, rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Method: samlidp.PKCS1SHA1, Hash: crypto.SHA1})},
		{name: "a digest with SHA-1", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Digest: samlidp.SHA1, DigestHash: crypto.SHA1})},
		{name: "a digest with MD5 by name", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Digest: "http://www.w3.org/2001/04/xmldsig-more#md5", DigestHash: crypto.SHA256})},
		{name: "RSASSA-PKCS1-v1_5 where it is not switched on", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Method: samlidp.PKCS1SHA256})},
		{name: "rsa-pss with SHA-1 as mask", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Method: samlidp.PSSParams,
			Parameters: `<pss:RSAPSSParams xmlns:pss="http://www.w3.org/2007/05/xmldsig-more#"><pss:MaskGenerationFunction Algorithm="http://www.w3.org/2007/05/xmldsig-more#MGF1"><ds:DigestMethod Algorithm="` + samlidp.SHA1 + `"></ds:DigestMethod></pss:MaskGenerationFunction></pss:RSAPSSParams>`})},
		{name: "rsa-pss with another hash as mask", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Method: samlidp.PSSParams,
			Parameters: `<pss:RSAPSSParams xmlns:pss="http://www.w3.org/2007/05/xmldsig-more#"><pss:MaskGenerationFunction Algorithm="http://www.w3.org/2007/05/xmldsig-more#MGF1"><ds:DigestMethod Algorithm="` + samlidp.NSEnc + `sha512"></ds:DigestMethod></pss:MaskGenerationFunction></pss:RSAPSSParams>`})},
		{name: "rsa-pss with a salt of no length", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Method: samlidp.PSSParams,
			Parameters: `<pss:RSAPSSParams xmlns:pss="http://www.w3.org/2007/05/xmldsig-more#"><pss:SaltLength>0</pss:SaltLength></pss:RSAPSSParams>`})},
		{name: "RSASSA-PSS with a short salt", rule: saml.RuleSignature, make: signing(samlidp.Signing{Salt: 8})},
		{name: "RSASSA-PSS declared as PKCS1", policy: saml.Policy{PKCS1: true}, rule: saml.RuleSignature, make: func(t *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, replace1(t, l.signed(a), samlidp.PSSSHA256, samlidp.PKCS1SHA256))
		}},
		{name: "an ECDSA method on an RSA key", rule: saml.RuleSignature, make: signing(samlidp.Signing{Method: samlidp.ECSHA256})},
		{name: "HMAC with the provider's certificate as secret", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Method: samlidp.HMACSHA256, Secret: certificate.Raw})},
		{name: "HMAC with the provider's public key as secret", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Method: samlidp.HMACSHA256, Secret: spki})},
		{name: "HMAC with the certificate's PEM as secret", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Method: samlidp.HMACSHA256, Secret: []byte(samlidp.PEM(certificate))})},
		{name: "HMAC cut to no bits", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Method: samlidp.HMACSHA256, Secret: []byte("x"), Parameters: `<ds:HMACOutputLength>0</ds:HMACOutputLength>`})},
		{name: "a truncation parameter on a real method", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Parameters: `<ds:HMACOutputLength>8</ds:HMACOutputLength>`})},
		{name: "the method none", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Method: "none"})},
		{name: "a method with a blank at the end", rule: saml.RuleAlgorithm, make: signing(samlidp.Signing{Method: samlidp.PSSSHA256 + " "})},
		{name: "an empty signature value", rule: saml.RuleEncoding, make: func(t *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, regexp.MustCompile(`<ds:SignatureValue>[^<]*`).ReplaceAllString(l.signed(a), "<ds:SignatureValue>"))
		}},
		{name: "a signature of nothing but zeros", rule: saml.RuleSignature, make: func(t *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, regexp.MustCompile(`<ds:SignatureValue>[^<]*`).ReplaceAllString(l.signed(a), "<ds:SignatureValue>"+strings.Repeat("A", 512)))
		}},
		{name: "another NameID after signing", rule: saml.RuleDigest, make: tampered("AAdzZWNyZXQx", "admin")},
		{name: "a higher level after signing", rule: saml.RuleDigest, make: tampered("STORK-QAA-Level-3", "STORK-QAA-Level-4")},
		{name: "another attribute value after signing", rule: saml.RuleDigest, make: tampered("ÄNNE", "EVA")},
		{name: "another trust level of an attribute after signing", rule: saml.RuleDigest, make: tampered(`akdb:TrustLevel="HOCH"`, `akdb:TrustLevel="NORMAL"`)},
		{name: "a blank more after signing", rule: saml.RuleDigest, make: tampered("<saml:Subject>", "<saml:Subject> ")},
		{name: "the trust level's namespace changed after signing", rule: saml.RuleDigest, make: tampered(samlidp.NSAKDB, samlidp.NSAKDB+"/evil")},
		{name: "content and digest changed together", rule: saml.RuleSignature, make: func(t *testing.T, l *live) string {
			a := l.answer()
			sig := signatureIn.FindString(l.signed(a))
			a.Assertion.NameID = "admin"
			bare := samlidp.Unsigned(a.Assertion.Text())
			other := regexp.MustCompile(`<ds:DigestValue>[^<]*`).FindString(samlidp.Signature(bare, evilKey(), samlidp.Signing{}))
			sig = regexp.MustCompile(`<ds:DigestValue>[^<]*`).ReplaceAllLiteralString(sig, other)
			return l.wrap(a, strings.Replace(a.Assertion.Text(), samlidp.SignatureHere, sig, 1))
		}},
		{name: "a comment in DigestValue that hides the changed one", rule: saml.RuleForbidden, make: tampered("<ds:DigestValue>", "<ds:DigestValue>AAAA<!-- -->")},
		{name: "two DigestValues", rule: saml.RuleReference, make: tampered("</ds:DigestValue>", "</ds:DigestValue><ds:DigestValue>AAAA</ds:DigestValue>")},
		{name: "two SignedInfos", rule: saml.RuleStructure, make: tampered("<ds:SignatureValue>", `<ds:SignedInfo></ds:SignedInfo><ds:SignatureValue>`)},
		{name: "a reference to the whole document", rule: saml.RuleReference, make: signing(samlidp.Signing{URI: "-"})},
		{name: "a reference by xpointer", rule: saml.RuleReference, make: signing(samlidp.Signing{URI: "#xpointer(/)"})},
		{name: "a reference to somewhere outside", rule: saml.RuleReference, make: signing(samlidp.Signing{URI: "http://127.0.0.1:9/"})},
		{name: "a reference to another element", rule: saml.RuleReference, make: signing(samlidp.Signing{URI: "#_another"})},
		{name: "two references", rule: saml.RuleReference, make: signing(samlidp.Signing{References: `<ds:Reference URI="#_another"><ds:Transforms></ds:Transforms><ds:DigestMethod Algorithm="` + samlidp.SHA256 + `"></ds:DigestMethod><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>`})},
		{name: "an XSLT transform", rule: saml.RuleReference, make: signing(samlidp.Signing{Transforms: `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"></ds:Transform><ds:Transform Algorithm="` + samlidp.ExcC14N + `"></ds:Transform>`})},
		{name: "an XPath transform that leaves something out", rule: saml.RuleReference, make: signing(samlidp.Signing{Transforms: `<ds:Transform Algorithm="` + samlidp.Enveloped + `"></ds:Transform><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>not(ancestor-or-self::saml:Subject)</ds:XPath></ds:Transform>`})},
		{name: "only the enveloped transform", rule: saml.RuleReference, make: signing(samlidp.Signing{Transforms: `<ds:Transform Algorithm="` + samlidp.Enveloped + `"></ds:Transform>`})},
		{name: "three transforms", rule: saml.RuleReference, make: signing(samlidp.Signing{Transforms: `<ds:Transform Algorithm="` + samlidp.Enveloped + `"></ds:Transform><ds:Transform Algorithm="` + samlidp.ExcC14N + `"></ds:Transform><ds:Transform Algorithm="` + samlidp.ExcC14N + `"></ds:Transform>`})},
		{name: "inclusive canonicalization", rule: saml.RuleReference, make: signing(samlidp.Signing{C14N: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"})},
		{name: "canonicalization with comments", rule: saml.RuleReference, make: signing(samlidp.Signing{C14N: samlidp.ExcC14N + "WithComments"})},
		{name: "an Object in the signature", rule: saml.RuleStructure, make: signing(samlidp.Signing{Object: `<ds:Object></ds:Object>`})},
		{name: "two signatures", rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.wrap(a, replace1(t, genuine, sig, sig+sig))
		})},
		{name: "the signature at the end", rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.wrap(a, into(t, bare, "saml:Assertion", sig))
		})},
		{name: "the signature deeper in the assertion", rule: saml.RuleUnsigned, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.wrap(a, into(t, bare, "saml:Subject", sig))
		})},
		{name: "ECDSA in DER instead of side by side", policy: saml.Policy{}, rule: saml.RuleSignature, make: func(t *testing.T, l *live) string {
			*l = *begin(t, config(saml.Policy{}, samlidp.EC("provider", elliptic.P256()).Public()))
			l.idp.Key = samlidp.EC("provider", elliptic.P256())
			a := l.answer()
			s := l.signed(a)
			m := regexp.MustCompile(`<ds:SignatureValue>([^<]*)`).FindStringSubmatch(s)
			raw, _ := base64.StdEncoding.DecodeString(m[1])
			der, _ := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
			return l.wrap(a, replace1(t, s, m[1], base64.StdEncoding.EncodeToString(der)))
		}},
		{name: "ECDSA with r and s zero", rule: saml.RuleSignature, make: func(t *testing.T, l *live) string {
			*l = *begin(t, config(saml.Policy{}, samlidp.EC("provider", elliptic.P256()).Public()))
			l.idp.Key = samlidp.EC("provider", elliptic.P256())
			a := l.answer()
			return l.wrap(a, regexp.MustCompile(`<ds:SignatureValue>[^<]*`).ReplaceAllString(l.signed(a), "<ds:SignatureValue>"+base64.StdEncoding.EncodeToString(make([]byte, 64))))
		}},

		// Wrapping, numbered as usual; with assertions in clear, which is where they bite.
		{name: "XSW1: the signed answer inside the signature of a forged one", policy: eitherClear, rule: saml.RuleStructure, make: xswResponse(func(genuine, sig, evil string) string {
			return strings.Replace(evil, samlidp.SignatureHere, strings.Replace(sig, "</ds:Signature>", genuine+"</ds:Signature>", 1), 1)
		})},
		{name: "XSW2: the signed answer beside its detached signature", policy: eitherClear, rule: saml.RuleStructure, make: xswResponse(func(genuine, sig, evil string) string {
			return strings.Replace(evil, samlidp.SignatureHere, genuine+sig, 1)
		})},
		{name: "XSW3: a forged assertion before the genuine one", policy: clearly, rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, evil+genuine)
		})},
		{name: "XSW3, the other way round", policy: clearly, rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, genuine+evil)
		})},
		{name: "XSW4: the genuine assertion inside a forged one", policy: clearly, rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, into(t, evil, "saml:Assertion", genuine))
		})},
		{name: "XSW5: a forged assertion with the genuine signature, the genuine one behind", policy: clearly, rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, replace1(t, evil, "</saml:Issuer>", "</saml:Issuer>"+sig)+bare)
		})},
		{name: "XSW6: the genuine assertion inside the signature of a forged one", policy: clearly, rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, replace1(t, evil, "</saml:Issuer>", "</saml:Issuer>"+into(t, sig, "ds:Signature", bare)))
		})},
		{name: "XSW7: the genuine assertion in Extensions", policy: clearly, rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return samlidp.Encode(replace1(t, samlidp.Unsigned(a.Text(evil)), "<samlp:Status>", "<samlp:Extensions>"+genuine+"</samlp:Extensions><samlp:Status>"))
		})},
		{name: "XSW8: the genuine assertion in Object of the signature", policy: clearly, rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, replace1(t, evil, "</saml:Issuer>", "</saml:Issuer>"+into(t, sig, "ds:Signature", `<ds:Object>`+bare+`</ds:Object>`)))
		})},
		{name: "wrapping into KeyInfo", policy: clearly, rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, replace1(t, evil, "</saml:Issuer>", "</saml:Issuer>"+into(t, sig, "ds:Signature", `<ds:KeyInfo>`+bare+`</ds:KeyInfo>`)))
		})},
		{name: "wrapping into StatusDetail", policy: clearly, rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return samlidp.Encode(into(t, samlidp.Unsigned(a.Text(evil)), "samlp:Status", "<samlp:StatusDetail>"+genuine+"</samlp:StatusDetail>"))
		})},
		{name: "wrapping into Advice", policy: clearly, rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, replace1(t, evil, "</saml:Conditions>", "</saml:Conditions><saml:Advice>"+genuine+"</saml:Advice>"))
		})},
		{name: "wrapping into an attribute value", policy: clearly, rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, replace1(t, evil, "<saml:AttributeValue>ÄNNE", "<saml:AttributeValue>"+genuine))
		})},
		{name: "a forged assertion with the genuine one's ID and signature", policy: clearly, rule: saml.RuleDigest, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			evil = regexp.MustCompile(` ID="[^"]*"`).ReplaceAllString(evil, ` ID="`+a.Assertion.ID+`"`)
			return l.clear(a, replace1(t, evil, "</saml:Issuer>", "</saml:Issuer>"+sig))
		})},
		{name: "a forged assertion with the genuine signature and its own ID", policy: clearly, rule: saml.RuleReference, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, replace1(t, evil, "</saml:Issuer>", "</saml:Issuer>"+sig))
		})},
		{name: "a forged assertion under another namespace's name", policy: clearly, rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, strings.Replace(genuine, `xmlns:saml="`+samlidp.NSAssertion+`"`, `xmlns:saml="urn:evil"`, 1))
		})},
		{name: "the assertion's signature claimed for the answer", policy: eitherClear, rule: saml.RuleReference, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return samlidp.Encode(strings.Replace(a.Text(evil), samlidp.SignatureHere, sig, 1))
		})},
		{name: "answer and forged assertion share the ID that is signed", policy: eitherClear, rule: saml.RuleDuplicateID, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			a.ID = a.Assertion.ID
			return samlidp.Encode(strings.Replace(a.Text(genuine), samlidp.SignatureHere, "", 1))
		})},
		{name: "XSW3 with both assertions encrypted", rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, strings.ReplaceAll(samlidp.Encrypt(evil, l.to, samlidp.Encryption{}), `"_key"`, `"_evil"`)+samlidp.Encrypt(genuine, l.to, samlidp.Encryption{}))
		})},
		{name: "a forged assertion in clear beside the encrypted one", rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.clear(a, evil+samlidp.Encrypt(genuine, l.to, samlidp.Encryption{}))
		})},
		{name: "XSW4 encrypted", rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.wrap(a, into(t, evil, "saml:Assertion", genuine))
		})},
		{name: "XSW6 encrypted", rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.wrap(a, replace1(t, evil, "</saml:Issuer>", "</saml:Issuer>"+into(t, sig, "ds:Signature", bare)))
		})},
		{name: "XSW8 encrypted", rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.wrap(a, replace1(t, evil, "</saml:Issuer>", "</saml:Issuer>"+into(t, sig, "ds:Signature", `<ds:Object>`+bare+`</ds:Object>`)))
		})},
		{name: "two assertions in one encryption", rule: saml.RuleSyntax, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.wrap(a, evil+genuine)
		})},
		{name: "a whole answer in the encryption", rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.wrap(a, samlidp.Unsigned(a.Text(genuine)))
		})},
		{name: "an encrypted assertion in the encryption", rule: saml.RuleStructure, make: wrapping(func(t *testing.T, l *live, a samlidp.Answer, genuine, bare, sig, evil string) string {
			return l.wrap(a, samlidp.Encrypt(genuine, l.to, samlidp.Encryption{}))
		})},

		// Encryption.
		{name: "AES-256-CBC", rule: saml.RuleAlgorithm, make: encrypting(samlidp.Encryption{Content: "aes256-cbc"})},
		{name: "Triple DES", rule: saml.RuleAlgorithm, make: encrypting(samlidp.Encryption{Content: "tripledes-cbc"})},
		{name: "RSA 1.5 key transport", rule: saml.RuleAlgorithm, make: encrypting(samlidp.Encryption{Transport: "rsa-1_5"})},
		{name: "RSA-OAEP with SHA-1 where it is not switched on", rule: saml.RuleAlgorithm, make: encrypting(samlidp.Encryption{Transport: "rsa-oaep-mgf1p", Digest: "sha1"})},
		{name: "RSA-OAEP that names no digest", rule: saml.RuleAlgorithm, make: encrypting(samlidp.Encryption{Transport: "rsa-oaep", Digest: "none"})},
		{name: "an OAEP label", rule: saml.RuleAlgorithm, make: encrypting(samlidp.Encryption{Parameter: `<xenc:OAEPparams>AAAA</xenc:OAEPparams>`})},
		{name: "a flipped bit in the ciphertext", rule: saml.RuleDecryption, make: encrypting(samlidp.Encryption{Break: true})},
		{name: "encrypted for somebody else", rule: saml.RuleDecryption, make: func(_ *testing.T, l *live) string {
			a := l.answer()
			return samlidp.Encode(samlidp.Unsigned(a.Text(samlidp.Encrypt(l.signed(a), &secondKey().PublicKey, samlidp.Encryption{}))))
		}},
		{name: "a content key of the wrong length", rule: saml.RuleDecryption, make: around("aes256-gcm", "aes128-gcm")},
		{name: "two encrypted keys", rule: saml.RuleStructure, make: encrypting(samlidp.Encryption{Twice: true})},
		{name: "a pointer to another key", rule: saml.RuleStructure, make: encrypting(samlidp.Encryption{Beside: true, Pointer: "#_other"})},
		{name: "a pointer to a key elsewhere on the net", rule: saml.RuleStructure, make: encrypting(samlidp.Encryption{Beside: true, Pointer: "http://127.0.0.1:9/key"})},
		{name: "a ciphertext to be fetched", rule: saml.RuleStructure, make: encrypting(samlidp.Encryption{Reference: true})},
		{name: "encrypted content instead of an element", rule: saml.RuleStructure, make: encrypting(samlidp.Encryption{Type: samlidp.NSEnc + "Content"})},

		// XML tricks.
		{name: "a comment that cuts the NameID", rule: saml.RuleForbidden, make: tampered("AAdzZWNyZXQx", "AAd<!-- -->zZWNyZXQx")},
		{name: "a comment that cuts the NameID, in clear", policy: clearly, rule: saml.RuleForbidden, make: func(t *testing.T, l *live) string {
			a := l.answer()
			return l.clear(a, replace1(t, l.signed(a), "AAdzZWNyZXQx", "AAd<!-- -->zZWNyZXQx"))
		}},
		{name: "a comment around the assertion", rule: saml.RuleForbidden, make: around("<samlp:Status>", "<!-- --><samlp:Status>")},
		{name: "a processing instruction in the NameID", rule: saml.RuleForbidden, make: tampered("AAdzZWNyZXQx", "AAd<?x?>zZWNyZXQx")},
		{name: "CDATA in the NameID", rule: saml.RuleForbidden, make: tampered("AAdzZWNyZXQx", "<![CDATA[AAdzZWNyZXQx]]>")},
		{name: "a DOCTYPE", rule: saml.RuleForbidden, make: asBytes(func(s string) string { return `<!DOCTYPE samlp:Response>` + s })},
		{name: "a DOCTYPE inside the encryption", rule: saml.RuleForbidden, make: func(_ *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, `<!DOCTYPE saml:Assertion [<!ATTLIST saml:Assertion ID ID #IMPLIED>]>`+l.signed(a))
		}},
		{name: "an external entity", rule: saml.RuleForbidden, make: asBytes(func(s string) string {
			return `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + strings.Replace(s, them, "&x;", 1)
		})},
		{name: "a billion laughs", rule: saml.RuleForbidden, make: asBytes(func(s string) string {
			d := `<!DOCTYPE r [<!ENTITY a "ha">`
			for c := 'b'; c < 'k'; c++ {
				d += `<!ENTITY ` + string(c) + ` "` + strings.Repeat("&"+string(c-1)+";", 10) + `">`
			}
			return d + "]>" + strings.Replace(s, them, "&j;", 1)
		})},
		{name: "an entity that nobody declared", rule: saml.RuleSyntax, make: around(">"+them+"<", ">&idp;<")},
		{name: "a declared encoding other than UTF-8", rule: saml.RuleEncoding, make: asBytes(func(s string) string { return `<?xml version="1.0" encoding="ISO-8859-1"?>` + s })},
		{name: "UTF-7 declared", rule: saml.RuleEncoding, make: asBytes(func(s string) string { return `<?xml version="1.0" encoding="UTF-7"?>` + s })},
		{name: "XML 1.1", rule: saml.RuleEncoding, make: asBytes(func(s string) string { return `<?xml version="1.1"?>` + s })},
		{name: "UTF-16", rule: saml.RuleEncoding, make: asBytes(func(s string) string {
			b := []byte{0xff, 0xfe}
			for _, u := range utf16.Encode([]rune(s)) {
				b = append(b, byte(u), byte(u>>8))
			}
			return string(b)
		})},
		{name: "UTF-16 without mark", rule: saml.RuleEncoding, make: asBytes(func(s string) string {
			var b []byte
			for _, u := range utf16.Encode([]rune(s)) {
				b = append(b, byte(u), byte(u>>8))
			}
			return string(b)
		})},
		{name: "broken UTF-8", rule: saml.RuleEncoding, make: around("<samlp:Status>", "\xc3\x28<samlp:Status>")},
		{name: "an overlong form of <", rule: saml.RuleEncoding, make: around("<samlp:Status>", "\xc0\xbc<samlp:Status>")},
		{name: "a NUL", rule: saml.RuleEncoding, make: tampered("AAdzZWNyZXQx", "AAd\x00zZWNyZXQx")},
		{name: "a reference to NUL", rule: saml.RuleSyntax, make: tampered("AAdzZWNyZXQx", "AAd&#0;zZWNyZXQx")},
		{name: "two documents in one", rule: saml.RuleSyntax, make: asBytes(func(s string) string { return s + s })},
		{name: "text behind the document", rule: saml.RuleSyntax, make: asBytes(func(s string) string { return s + "x" })},
		{name: "text between the parts", rule: saml.RuleStructure, make: around("<samlp:Status>", "x<samlp:Status>")},
		{name: "an attribute given twice", rule: saml.RuleSyntax, make: around(` Destination="`, ` Destination="https://evil.example/" Destination="`)},
		{name: "an attribute given twice by two prefixes", rule: saml.RuleSyntax, make: around(`<samlp:Status>`, `<samlp:Status xmlns:a="urn:x" xmlns:b="urn:x" a:k="1" b:k="2">`)},
		{name: "an undeclared prefix", rule: saml.RuleSyntax, make: around(`<samlp:Status>`, `<samlp:Status evil:k="1">`)},
		{name: "the prefix xml declared anew", rule: saml.RuleSyntax, make: around(`<samlp:Status>`, `<samlp:Status xmlns:xml="urn:evil">`)},
		{name: "xml:id", rule: saml.RuleSyntax, make: around(`<samlp:Status>`, `<samlp:Status xml:id="_x">`)},
		{name: "xml:base", rule: saml.RuleSyntax, make: around(`<samlp:Status>`, `<samlp:Status xml:base="https://evil.example/">`)},
		{name: "a name with two colons", rule: saml.RuleSyntax, make: around(`<samlp:Status>`, `<samlp:Status samlp:a:b="x">`)},
		{name: "a name that begins with a colon", rule: saml.RuleSyntax, make: around(`<samlp:Status>`, `<:x></:x><samlp:Status>`)},
		{name: "an end tag of another name", rule: saml.RuleSyntax, make: around(`</samlp:Status>`, `</samlp:State>`)},
		{name: "the answer in another namespace", rule: saml.RuleStructure, make: around(samlidp.NSProtocol, "urn:oasis:names:tc:SAML:1.0:protocol")},
		{name: "an AuthnRequest sent back", rule: saml.RuleStructure, make: func(_ *testing.T, l *live) string { return l.sent.Fields["SAMLRequest"] }},
		{name: "an assertion without an answer around it", policy: clearly, rule: saml.RuleStructure, make: func(_ *testing.T, l *live) string { return samlidp.Encode(l.signed(l.answer())) }},
		{name: "10,000 elements", rule: saml.RuleSize, make: around("<samlp:Status>", "<samlp:Extensions>"+strings.Repeat("<samlp:a/>", 10000)+"</samlp:Extensions><samlp:Status>")},
		{name: "a depth of 10,000", rule: saml.RuleSize, make: around("<samlp:Status>", strings.Repeat("<samlp:a>", 10000)+"<samlp:Status>")},
		{name: "200 attributes", rule: saml.RuleSize, make: around("<samlp:Status>", "<samlp:Status"+manyAttributes(200)+">")},
		{name: "more than 256 KiB", rule: saml.RuleSize, make: around("<samlp:Status>", strings.Repeat(" ", 257<<10)+"<samlp:Status>")},
		{name: "10 MiB", rule: saml.RuleSize, make: func(*testing.T, *live) string { return strings.Repeat("A", 10<<20) }},
		{name: "no base64", rule: saml.RuleEncoding, make: func(*testing.T, *live) string { return "<samlp:Response/>" }},
		{name: "nothing", rule: saml.RuleEncoding, make: func(*testing.T, *live) string { return "" }},
		{name: "base64 of nothing", rule: saml.RuleSyntax, make: func(*testing.T, *live) string { return samlidp.Encode(" ") }},

		// Who it is for and from.
		{name: "an answer of another provider", rule: saml.RuleIssuer, make: func(_ *testing.T, l *live) string {
			l.idp = &samlidp.Provider{EntityID: "https://other.example/idp", Key: evilKey()}
			return l.genuine(nil)
		}},
		{name: "another provider that claims to be ours", rule: saml.RuleSignature, make: func(_ *testing.T, l *live) string {
			l.idp = &samlidp.Provider{EntityID: them, Key: evilKey()}
			return l.genuine(nil)
		}},
		{name: "an assertion of another issuer", rule: saml.RuleIssuer, make: changed(func(a *samlidp.Answer) { a.Assertion.Issuer = "https://other.example/idp" })},
		{name: "an answer of another issuer around a genuine assertion", rule: saml.RuleIssuer, make: changed(func(a *samlidp.Answer) { a.Issuer = "https://other.example/idp" })},
		{name: "an answer without issuer", rule: saml.RuleIssuer, make: changed(func(a *samlidp.Answer) { a.Issuer = "" })},
		{name: "an assertion without issuer", rule: saml.RuleStructure, make: changed(func(a *samlidp.Answer) { a.Assertion.Issuer = "" })},
		{name: "an issuer with a blank at the end", rule: saml.RuleIssuer, make: changed(func(a *samlidp.Answer) { a.Assertion.Issuer += " " })},
		{name: "an issuer of another format", rule: saml.RuleIssuer, make: func(t *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, samlidp.Sign(replace1(t, a.Assertion.Text(), "<saml:Issuer>", `<saml:Issuer Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">`), l.idp.Key, samlidp.Signing{}))
		}},
		{name: "another destination", rule: saml.RuleDestination, make: changed(func(a *samlidp.Answer) { a.Destination = "https://other.example/acs" })},
		{name: "no destination", rule: saml.RuleDestination, make: changed(func(a *samlidp.Answer) { a.Destination = "" })},
		{name: "our address with a slash more as destination", rule: saml.RuleDestination, make: changed(func(a *samlidp.Answer) { a.Destination += "/" })},
		{name: "our address in capitals as destination", rule: saml.RuleDestination, make: changed(func(a *samlidp.Answer) { a.Destination = strings.ToUpper(a.Destination) })},
		{name: "another recipient", rule: saml.RuleRecipient, make: changed(func(a *samlidp.Answer) { a.Assertion.Recipient = "https://other.example/acs" })},
		{name: "no recipient", rule: saml.RuleRecipient, make: changed(func(a *samlidp.Answer) { a.Assertion.Recipient = "" })},
		{name: "another audience", rule: saml.RuleAudience, make: changed(func(a *samlidp.Answer) { a.Assertion.Audience = "https://other.example/saml" })},
		{name: "no audience", rule: saml.RuleAudience, make: changed(func(a *samlidp.Answer) { a.Assertion.Audience = "" })},
		{name: "an audience that begins like us", rule: saml.RuleAudience, make: changed(func(a *samlidp.Answer) { a.Assertion.Audience += ".evil.example" })},
		{name: "two audiences", rule: saml.RuleAudience, make: changed(func(a *samlidp.Answer) {
			a.Assertion.Audience = ""
			a.Assertion.MoreConditions = `<saml:AudienceRestriction><saml:Audience>` + us + `</saml:Audience><saml:Audience>https://other.example/</saml:Audience></saml:AudienceRestriction>`
		})},
		{name: "two restrictions of the audience", rule: saml.RuleAudience, make: changed(func(a *samlidp.Answer) {
			a.Assertion.MoreConditions = `<saml:AudienceRestriction><saml:Audience>` + us + `</saml:Audience></saml:AudienceRestriction>`
		})},
		{name: "unsolicited", rule: saml.RuleInResponse, make: changed(func(a *samlidp.Answer) { a.InResponseTo, a.Assertion.InResponseTo = "", "" })},
		{name: "an unsolicited answer around an assertion for our request", rule: saml.RuleInResponse, make: changed(func(a *samlidp.Answer) { a.InResponseTo = "" })},
		{name: "an answer to another request around an assertion for ours", rule: saml.RuleInResponse, make: changed(func(a *samlidp.Answer) { a.InResponseTo = "_other" })},
		{name: "an answer to another request (replay)", rule: saml.RuleInResponse, make: changed(func(a *samlidp.Answer) { a.InResponseTo, a.Assertion.InResponseTo = "_other", "_other" })},
		{name: "the assertion of another request in an answer to ours", rule: saml.RuleInResponse, make: changed(func(a *samlidp.Answer) { a.Assertion.InResponseTo = "_other" })},
		{name: "the assertion of no request in an answer to ours", rule: saml.RuleInResponse, make: changed(func(a *samlidp.Answer) { a.Assertion.InResponseTo = "" })},

		// Time.
		{name: "made in the future", rule: saml.RuleInstant, make: changed(func(a *samlidp.Answer) { a.Issued = at(61 * time.Second) })},
		{name: "made long ago", rule: saml.RuleInstant, make: changed(func(a *samlidp.Answer) { a.Issued = at(-12 * time.Minute) })},
		{name: "an assertion made in the future", rule: saml.RuleInstant, make: changed(func(a *samlidp.Answer) { a.Assertion.Issued = at(61 * time.Second) })},
		{name: "an assertion made yesterday that lasts for a year", rule: saml.RuleInstant, make: changed(func(a *samlidp.Answer) {
			a.Assertion.Issued, a.Assertion.NotOnOrAfter, a.Assertion.ConfirmationEnd = at(-day), at(365*day), at(365*day)
		})},
		{name: "a time with an offset", rule: saml.RuleInstant, make: changed(func(a *samlidp.Answer) { a.Assertion.Issued = "2026-11-22T11:00:00+01:00" })},
		{name: "a time without zone", rule: saml.RuleInstant, make: changed(func(a *samlidp.Answer) { a.Assertion.Issued = "2026-11-22T10:00:00" })},
		{name: "no time", rule: saml.RuleInstant, make: changed(func(a *samlidp.Answer) { a.Assertion.Issued = "" })},
		{name: "the 31st of November", rule: saml.RuleInstant, make: changed(func(a *samlidp.Answer) { a.Assertion.ConfirmationEnd = "2026-11-31T10:00:00Z" })},
		{name: "expired exactly at the leeway", rule: saml.RuleExpired, make: changed(func(a *samlidp.Answer) { a.Assertion.NotOnOrAfter = at(-60 * time.Second) })},
		{name: "a confirmation that is over", rule: saml.RuleExpired, make: changed(func(a *samlidp.Answer) { a.Assertion.ConfirmationEnd = at(-60 * time.Second) })},
		{name: "a confirmation without end", rule: saml.RuleExpired, make: changed(func(a *samlidp.Answer) { a.Assertion.ConfirmationEnd = "" })},
		{name: "conditions without end", rule: saml.RuleExpired, make: changed(func(a *samlidp.Answer) { a.Assertion.NotOnOrAfter = "" })},
		{name: "not yet valid", rule: saml.RuleNotYet, make: changed(func(a *samlidp.Answer) { a.Assertion.NotBefore = at(61 * time.Second) })},
		{name: "authenticated in the future", rule: saml.RuleInstant, make: changed(func(a *samlidp.Answer) { a.Assertion.Authenticated = at(61 * time.Second) })},
		{name: "a session of the day before although a fresh one was demanded", fresh: true, rule: saml.RuleFresh, make: changed(func(a *samlidp.Answer) { a.Assertion.Authenticated = at(-61 * time.Second) })},
		{name: "a session that is over", rule: saml.RuleExpired, make: func(t *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, samlidp.Sign(replace1(t, a.Assertion.Text(), `<saml:AuthnStatement AuthnInstant="`+at(0)+`"`, `<saml:AuthnStatement AuthnInstant="`+at(0)+`" SessionNotOnOrAfter="`+at(-61*time.Second)+`"`), l.idp.Key, samlidp.Signing{}))
		}},

		// What it says.
		{name: "an answer of version 1.1", rule: saml.RuleVersion, make: changed(func(a *samlidp.Answer) { a.Version = "1.1" })},
		{name: "an assertion of version 1.1", rule: saml.RuleVersion, make: changed(func(a *samlidp.Answer) { a.Assertion.Version = "1.1" })},
		{name: "a genuine assertion in a failed answer", rule: saml.RuleStatus, make: changed(func(a *samlidp.Answer) { a.Status = samlidp.Failure("Responder", "AuthnFailed") })},
		{name: "success inside of a failure", rule: saml.RuleStatus, make: changed(func(a *samlidp.Answer) { a.Status = samlidp.Failure("Responder", "Success") })},
		{name: "a failure inside of success", rule: saml.RuleStructure, make: changed(func(a *samlidp.Answer) { a.Status = samlidp.Failure("Success", "AuthnFailed") })},
		{name: "success without assertion", rule: saml.RuleStructure, make: func(_ *testing.T, l *live) string { return samlidp.Encode(samlidp.Unsigned(l.answer().Text(""))) }},
		{name: "no status", rule: saml.RuleStructure, make: around(`<samlp:Status>`+samlidp.Success+`</samlp:Status>`, "")},
		{name: "two statuses", rule: saml.RuleStructure, make: around(`</samlp:Status>`, `</samlp:Status><samlp:Status>`+samlidp.Success+`</samlp:Status>`)},
		{name: "no NameID", rule: saml.RuleSubject, make: changed(func(a *samlidp.Answer) { a.Assertion.NameID = "" })},
		{name: "two NameIDs", rule: saml.RuleSubject, make: changed(func(a *samlidp.Answer) { a.Assertion.MoreSubject = `<saml:NameID>admin</saml:NameID>` })},
		{name: "a NameID with an element in it", rule: saml.RuleStructure, make: func(t *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, samlidp.Sign(replace1(t, a.Assertion.Text(), "AAdzZWNyZXQx", "admin<saml:x>AAdzZWNyZXQx</saml:x>"), l.idp.Key, samlidp.Signing{}))
		}},
		{name: "holder of key", rule: saml.RuleSubject, make: changed(func(a *samlidp.Answer) { a.Assertion.Method = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key" })},
		{name: "sender vouches", rule: saml.RuleSubject, make: changed(func(a *samlidp.Answer) { a.Assertion.Method = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches" })},
		{name: "no confirmation", rule: saml.RuleSubject, make: changed(func(a *samlidp.Answer) { a.Assertion.Method = "" })},
		{name: "two confirmations", rule: saml.RuleSubject, make: changed(func(a *samlidp.Answer) {
			a.Assertion.MoreConfirmation = `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"></saml:SubjectConfirmation>`
		})},
		{name: "NotBefore in a bearer confirmation", rule: saml.RuleSubject, make: func(t *testing.T, l *live) string {
			a := l.answer()
			return l.wrap(a, samlidp.Sign(replace1(t, a.Assertion.Text(), `<saml:SubjectConfirmationData InResponseTo="`+l.sent.ID+`"`, `<saml:SubjectConfirmationData InResponseTo="`+l.sent.ID+`" NotBefore="`+at(0)+`"`), l.idp.Key, samlidp.Signing{}))
		}},
		{name: "a condition that nobody knows", rule: saml.RuleCondition, make: changed(func(a *samlidp.Answer) { a.Assertion.MoreConditions = `<saml:Condition></saml:Condition>` })},
		{name: "no statement of authentication", rule: saml.RuleAuthn, make: changed(func(a *samlidp.Answer) { a.Assertion.Authenticated = "" })},
		{name: "two statements of authentication, a low and a high one", rule: saml.RuleAuthn, make: changed(func(a *samlidp.Answer) {
			a.Assertion.End = `<saml:AuthnStatement AuthnInstant="` + at(0) + `"><saml:AuthnContext><saml:AuthnContextClassRef>STORK-QAA-Level-4</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`
		})},
		{name: "no class of authentication", rule: saml.RuleAuthn, make: changed(func(a *samlidp.Answer) { a.Assertion.Class = "" })},
		{name: "two classes of authentication", rule: saml.RuleAuthn, make: changed(func(a *samlidp.Answer) {
			a.Assertion.MoreContext = `<saml:AuthnContextClassRef>STORK-QAA-Level-4</saml:AuthnContextClassRef>`
		})},
		{name: "an attribute twice", rule: saml.RuleAttribute, make: changed(func(a *samlidp.Answer) {
			a.Assertion.Attributes = append(a.Assertion.Attributes, samlidp.Attribute{Name: "urn:oid:2.5.4.4", Values: []string{"EVA"}})
		})},
		{name: "an attribute twice, once with a blank in its name", rule: saml.RuleAttribute, make: changed(func(a *samlidp.Answer) {
			a.Assertion.Attributes = append(a.Assertion.Attributes, samlidp.Attribute{Name: "urn:oid: 2.5.4.4", Values: []string{"EVA"}})
		})},
		{name: "an encrypted attribute", rule: saml.RuleAttribute, make: changed(func(a *samlidp.Answer) {
			a.Assertion.Attributes = nil
			a.Assertion.End = `<saml:AttributeStatement><saml:EncryptedAttribute></saml:EncryptedAttribute></saml:AttributeStatement>`
		})},
		{name: "two statements of attributes", rule: saml.RuleAuthn, make: changed(func(a *samlidp.Answer) {
			a.Assertion.End = `<saml:AttributeStatement></saml:AttributeStatement>`
		})},
		{name: "a statement of authorisation", rule: saml.RuleStructure, make: changed(func(a *samlidp.Answer) {
			a.Assertion.End = `<saml:AuthzDecisionStatement></saml:AuthzDecisionStatement>`
		})},
	}
	return list
}

// xswResponse is a wrapping attack on a signed answer: f gets the genuine
// answer without its signature, the signature, and a forged answer with the mark.
func xswResponse(f func(genuine, sig, evil string) string) func(*testing.T, *live) string {
	return func(_ *testing.T, l *live) string {
		a := l.answer()
		genuine := samlidp.Sign(a.Text(samlidp.Unsigned(a.Assertion.Text())), l.idp.Key, samlidp.Signing{})
		sig := signatureIn.FindString(genuine)
		b := a
		b.ID, b.Assertion.ID, b.Assertion.NameID = samlidp.ID(), samlidp.ID(), "admin"
		return samlidp.Encode(f(strings.Replace(genuine, sig, "", 1), sig, b.Text(samlidp.Unsigned(b.Assertion.Text()))))
	}
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" a" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + `="1"`)
	}
	return b.String()
}

func TestEveryAttackIsRefused(t *testing.T) {
	list := vectors()
	if len(list) < 200 {
		t.Fatalf("%d vectors; some got lost", len(list))
	}
	for _, v := range list {
		t.Run(v.name, func(t *testing.T) {
			l := begin(t, config(v.policy))
			raw := v.make(t, l)
			l.want.Fresh = v.fresh
			a, err := l.take(raw)
			if err == nil || a != nil {
				t.Fatal("taken")
			}
			var r *saml.Refusal
			if !errors.As(err, &r) {
				t.Fatalf("not a refusal: %v", err)
			}
			if r.Rule != v.rule {
				t.Errorf("refused for another reason: %v, want %s", err, v.rule)
			}
			for _, secret := range []string{"ÄNNE", "MUSTERMANN", "AAdzZWNyZXQx", "admin"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells personal data: %v", err)
				}
			}
		})
	}
}

// A genuine answer is taken for the request it answers and for no other one.
func TestAGenuineAnswerFitsOneRequestOnly(t *testing.T) {
	l := begin(t, config(saml.Policy{}))
	raw := l.genuine(nil)
	if _, err := l.take(raw); err != nil {
		t.Fatal(err)
	}
	again := begin(t, config(saml.Policy{}))
	if _, err := again.take(raw); saml.RuleOf(err) != saml.RuleInResponse {
		t.Errorf("replayed to another request: %v", err)
	}
	l.want.RequestID = ""
	if _, err := l.take(raw); saml.RuleOf(err) != saml.RuleInResponse {
		t.Errorf("without a request: %v", err)
	}
}
