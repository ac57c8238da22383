package saml_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stadttor/internal/standards/saml"
	samlidp "stadttor/test/partners/saml"
)

// Programs that nobody here wrote: xmlsec1 (Debian xmlsec1), xmllint
// (libxml2-utils) and openssl.

func tool(t *testing.T, name, pkg string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed (Debian package %s, scripts/setup)", name, pkg)
	}
	return p
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(name), strings.Join(args, " "), err, errs.String(), out.String())
	}
	return out.String()
}

func file(t *testing.T, content string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "saml") // t.TempDir has the test's name in it, and xmlsec1 cuts at commas
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := filepath.Join(dir, "f")
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func request(t *testing.T, c saml.Config) string {
	t.Helper()
	l := begin(t, c)
	b, err := base64.StdEncoding.DecodeString(l.sent.Fields["SAMLRequest"])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestXmlsecVerifiesOurRequests(t *testing.T) {
	xmlsec := tool(t, "xmlsec1", "xmlsec1")
	for _, c := range []struct {
		name  string
		key   crypto.Signer
		pkcs1 bool
	}{
		{"RSASSA-PKCS1-v1_5", samlidp.RSA("our signing", 3072), true},
		{"ECDSA on P-256", samlidp.EC("our signing", elliptic.P256()), false},
		{"ECDSA on P-384", samlidp.EC("our signing", elliptic.P384()), false},
		{"ECDSA on P-521", samlidp.EC("our signing", elliptic.P521()), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := config(saml.Policy{})
			k.Signer, k.SignerCertificate, k.PKCS1Requests = c.key, samlidp.Certificate(c.key), c.pkcs1
			r := request(t, k)
			verify := func(s string) error {
				return exec.Command(xmlsec, "--verify", "--id-attr:ID", samlidp.NSProtocol+":AuthnRequest", "--pubkey-cert-pem", file(t, samlidp.PEM(k.SignerCertificate)), file(t, s)).Run()
			}
			if err := verify(r); err != nil {
				t.Fatalf("xmlsec1 refuses our request: %v\n%s", err, r)
			}
			if verify(replace1(t, r, "STORK-QAA-Level-3", "STORK-QAA-Level-1")) == nil {
				t.Error("xmlsec1 takes a changed request: the control does not work")
			}
		})
	}
}

// xmlsec1 of Debian 12 knows no RSASSA-PSS, so canonical form and signature are
// checked by xmllint and openssl.
func TestOpensslVerifiesOurPSSRequests(t *testing.T) {
	xmllint, openssl := tool(t, "xmllint", "libxml2-utils"), tool(t, "openssl", "openssl")
	k := config(saml.Policy{})
	key := samlidp.RSA("our signing", 3072)
	k.Signer, k.SignerCertificate = key, samlidp.Certificate(key)
	r := request(t, k)
	sig := signatureIn.FindString(r)
	info := regexp.MustCompile(`<ds:SignedInfo>.*</ds:SignedInfo>`).FindString(sig)
	info = strings.Replace(info, "<ds:SignedInfo>", `<ds:SignedInfo xmlns:ds="`+samlidp.NSDsig+`">`, 1)
	if !strings.Contains(info, samlidp.PSSSHA256) {
		t.Fatalf("not signed with PSS: %s", info)
	}
	canonical := strings.TrimSuffix(run(t, xmllint, "--exc-c14n", file(t, info)), "\n")
	value, _ := base64.StdEncoding.DecodeString(regexp.MustCompile(`<ds:SignatureValue>([^<]*)`).FindStringSubmatch(sig)[1])
	public := run(t, openssl, "x509", "-in", file(t, samlidp.PEM(k.SignerCertificate)), "-pubkey", "-noout")
	run(t, openssl, "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sigopt", "rsa_mgf1_md:sha256",
		"-verify", file(t, public), "-signature", file(t, string(value)), file(t, canonical))
	body := strings.TrimSuffix(run(t, xmllint, "--exc-c14n", file(t, strings.Replace(r, sig, "", 1))), "\n")
	sum := sha256.Sum256([]byte(body))
	if !strings.Contains(info, base64.StdEncoding.EncodeToString(sum[:])) {
		t.Error("the digest is not that of libxml2's canonical form")
	}
}

func TestOpensslVerifiesOurRedirects(t *testing.T) {
	openssl := tool(t, "openssl", "openssl")
	k := config(saml.Policy{})
	key := samlidp.RSA("our signing", 3072)
	k.Signer, k.SignerCertificate = key, samlidp.Certificate(key)
	k.Partner.POST, k.Partner.Redirect = "", "https://idp.example/sso?tenant=1"
	l := begin(t, k)
	u, err := url.Parse(l.sent.Redirect)
	if err != nil || l.sent.Post != "" || u.Query().Get("tenant") != "1" || u.Query().Get("RelayState") != "s" {
		t.Fatalf("%s, %v", l.sent.Redirect, err)
	}
	signed, rest, _ := strings.Cut(strings.TrimPrefix(u.RawQuery, "tenant=1&"), "&Signature=")
	value, err := url.QueryUnescape(rest)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := base64.StdEncoding.DecodeString(value)
	public := run(t, openssl, "x509", "-in", file(t, samlidp.PEM(k.SignerCertificate)), "-pubkey", "-noout")
	run(t, openssl, "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-verify", file(t, public), "-signature", file(t, string(raw)), file(t, signed))
	z, _ := base64.StdEncoding.DecodeString(u.Query().Get("SAMLRequest"))
	message, err := io.ReadAll(flate.NewReader(bytes.NewReader(z)))
	if err != nil || !strings.Contains(string(message), `ID="`+l.sent.ID+`"`) || strings.Contains(string(message), "Signature") {
		t.Errorf("%s, %v", message, err)
	}
}

// Answers that xmlsec1 signed and encrypted.
func TestAnswersMadeByXmlsec(t *testing.T) {
	xmlsec := tool(t, "xmlsec1", "xmlsec1")
	template := func(method, transform string) string {
		return `<ds:Signature xmlns:ds="` + samlidp.NSDsig + `"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="` + samlidp.ExcC14N + `"/><ds:SignatureMethod Algorithm="` + method + `"/>` +
			`<ds:Reference URI="#_a"><ds:Transforms><ds:Transform Algorithm="` + samlidp.Enveloped + `"/><ds:Transform Algorithm="` + samlidp.ExcC14N + `">` + transform + `</ds:Transform></ds:Transforms>` +
			`<ds:DigestMethod Algorithm="` + samlidp.SHA256 + `"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/></ds:Signature>`
	}
	encryption := func(content string) string {
		return `<xenc:EncryptedData xmlns:xenc="` + samlidp.NSEnc + `" Type="` + samlidp.NSEnc + `Element"><xenc:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#` + content + `"/>` +
			`<ds:KeyInfo xmlns:ds="` + samlidp.NSDsig + `"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="` + samlidp.NSEnc + `rsa-oaep-mgf1p"/><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>` +
			`<xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>`
	}
	inclusive := `<ec:InclusiveNamespaces xmlns:ec="` + samlidp.ExcC14N + `" PrefixList="xs"/>`
	for _, c := range []struct {
		name, method, transform, content, session string
		key                                       crypto.Signer
	}{
		{"RSA-SHA256, AES-256-GCM", samlidp.PKCS1SHA256, "", "aes256-gcm", "aes-256", samlidp.RSA("provider", 3072)},
		{"RSA-SHA256 with inclusive namespaces like BundID's sample, AES-128-GCM", samlidp.PKCS1SHA256, inclusive, "aes128-gcm", "aes-128", samlidp.RSA("provider", 3072)},
		{"ECDSA-SHA256, AES-192-GCM", samlidp.ECSHA256, "", "aes192-gcm", "aes-192", samlidp.EC("provider", elliptic.P256())},
		{"ECDSA-SHA512 on P-521, AES-256-GCM", samlidp.ECSHA512, inclusive, "aes256-gcm", "aes-256", samlidp.EC("provider", elliptic.P521())},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := begin(t, config(saml.Policy{PKCS1: true, OAEPSHA1: true}, c.key.Public()))
			a := l.answer()
			a.Assertion.ID = "_a"
			// As a Shibboleth-like provider writes it: namespaces around, types on values, line breaks.
			s := strings.ReplaceAll(a.Assertion.Text(), `<saml:AttributeValue>`, `<saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">`)
			s = strings.Replace(s, samlidp.SignatureHere, template(c.method, c.transform), 1)
			s = strings.Replace(s, "<saml:Conditions", "\n   <saml:Conditions", 1)
			s = strings.Replace(s, `<saml:Assertion `, `<saml:Assertion xmlns:xs="http://www.w3.org/2001/XMLSchema" `, 1)
			signed := run(t, xmlsec, "--sign", "--id-attr:ID", samlidp.NSAssertion+":Assertion", "--privkey-pem", file(t, samlidp.KeyPEM(c.key)), file(t, s))
			signed = regexp.MustCompile(`^<\?xml[^>]*>\s*`).ReplaceAllString(signed, "")
			whole := samlidp.Unsigned(a.Text(`<saml:EncryptedAssertion xmlns:saml="` + samlidp.NSAssertion + `">` + strings.TrimSpace(signed) + `</saml:EncryptedAssertion>`))
			out := run(t, xmlsec, "--encrypt", "--pubkey-cert-pem", file(t, samlidp.PEM(samlidp.Certificate(ourKey()))), "--session-key", c.session,
				"--xml-data", file(t, whole), "--node-name", samlidp.NSAssertion+":Assertion", file(t, encryption(c.content)))
			if strings.Contains(out, "AAdzZWNyZXQx") {
				t.Fatal("not encrypted")
			}
			got, err := l.take(samlidp.Encode(out))
			if err != nil {
				t.Fatalf("%v\n%s", err, signed)
			}
			if got.NameID.Value != "AAdzZWNyZXQx" || got.Attributes[1].First() != "MUSTERMANN & SÖHNE" {
				t.Errorf("read wrongly: %+v", got)
			}
		})
	}
}

// What xmlsec1 opens is what we wrote: the partner of our own tests encrypts as
// others do, so the honest controls mean something.
func TestXmlsecOpensWhatOurPartnerEncrypts(t *testing.T) {
	xmlsec := tool(t, "xmlsec1", "xmlsec1")
	l := begin(t, config(saml.Policy{OAEPSHA1: true}))
	a := l.answer()
	s := samlidp.Encrypt(l.signed(a), &ourKey().PublicKey, samlidp.Encryption{Transport: "rsa-oaep-mgf1p", Digest: "sha1"})
	out := run(t, xmlsec, "--decrypt", "--privkey-pem", file(t, samlidp.KeyPEM(ourKey())), file(t, s))
	if !strings.Contains(out, "AAdzZWNyZXQx") {
		t.Error("not opened")
	}
}
