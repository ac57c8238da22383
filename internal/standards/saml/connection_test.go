package saml_test

import (
	"crypto"
	"encoding/base64"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"stadttor/internal/clock/clocktest"
	"stadttor/internal/standards/saml"
	samlidp "stadttor/test/partners/saml"
)

func TestConnectionsThatMustNotBe(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*saml.Config)
	}{
		{"our entity ID without https", func(c *saml.Config) { c.EntityID = "http://konto.example/saml" }},
		{"our entity ID with a port", func(c *saml.Config) { c.EntityID = "https://konto.example:443/saml" }},
		{"our entity ID in capitals", func(c *saml.Config) { c.EntityID = "https://Konto.example/saml" }},
		{"our entity ID is the provider's", func(c *saml.Config) { c.Partner.EntityID = c.EntityID }},
		{"no signing key", func(c *saml.Config) { c.Signer = nil }},
		{"the certificate of another key", func(c *saml.Config) { c.SignerCertificate = samlidp.Certificate(evilKey()) }},
		{"no decryption key", func(c *saml.Config) { c.Decrypters = nil }},
		{"an RSA key of the provider with 2048 bit", func(c *saml.Config) { c.Partner.Keys = []crypto.PublicKey{samlidp.RSA("small", 2048).Public()} }},
		{"an RSA key of the provider with 1024 bit, although small ones are switched on", func(c *saml.Config) {
			c.Policy.RSA2048 = true
			c.Partner.Keys = []crypto.PublicKey{samlidp.RSA("tiny", 1024).Public()}
		}},
		{"one good and one small key", func(c *saml.Config) { c.Partner.Keys = append(c.Partner.Keys, samlidp.RSA("small", 2048).Public()) }},
		{"no key of the provider", func(c *saml.Config) { c.Partner.Keys = nil }},
		{"a provider reached without TLS", func(c *saml.Config) { c.Partner.POST = "http://idp.example/sso" }},
		{"a script as address", func(c *saml.Config) { c.Partner.POST = "javascript:alert(1)" }},
		{"no address", func(c *saml.Config) { c.Partner.POST = "" }},
		{"a small decryption key", func(c *saml.Config) { c.Decrypters[0] = saml.Decrypter{Key: samlidp.RSA("small", 2048)} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := config(saml.Policy{})
			c.change(&k)
			if _, err := saml.New(k); err == nil {
				t.Error("taken")
			}
		})
	}
}

func TestMetadataOfAProvider(t *testing.T) {
	idp := &samlidp.Provider{EntityID: them, SSO: "https://idp.example/sso?a=1&b=2", Key: idpKey()}
	good := idp.Metadata(idpKey(), evilKey())
	p, err := saml.ReadMetadata([]byte(good), now)
	if err != nil {
		t.Fatal(err)
	}
	if p.EntityID != them || p.POST != idp.SSO || p.Redirect != idp.SSO || len(p.Keys) != 2 {
		t.Errorf("read wrongly: %+v", p)
	}
	for _, c := range []struct{ name, old, repl string }{
		{"expired", ` entityID=`, ` validUntil="2026-11-22T10:00:00Z" entityID=`},
		{"a DOCTYPE", `<md:EntityDescriptor`, `<!DOCTYPE x><md:EntityDescriptor`},
		{"keys for encryption only", `use="signing"`, `use="encryption"`},
		{"no address", `SingleSignOnService`, `ArtifactResolutionService`},
		{"a service provider", `IDPSSODescriptor`, `SPSSODescriptor`},
		{"several entities", `EntityDescriptor`, `EntitiesDescriptor`},
		{"a broken certificate", "<ds:X509Certificate>\n", "<ds:X509Certificate>\nAAAA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := saml.ReadMetadata([]byte(strings.ReplaceAll(good, c.old, c.repl)), now); err == nil {
				t.Error("taken")
			}
		})
	}
	if _, err := saml.ReadMetadata([]byte(strings.Replace(good, ` entityID=`, ` validUntil="2026-11-22T10:00:01Z" entityID=`, 1)), now); err != nil {
		t.Errorf("not yet expired: %v", err)
	}
}

func TestOurMetadata(t *testing.T) {
	l := begin(t, config(saml.Policy{}))
	b, err := l.conn.Metadata([]string{acs, acs + "2"}, saml.FormatTransient)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		XMLName    xml.Name   `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
		EntityID   string     `xml:"entityID,attr"`
		Attrs      []xml.Attr `xml:",any,attr"`
		Descriptor struct {
			Signed   string `xml:"AuthnRequestsSigned,attr"`
			Want     string `xml:"WantAssertionsSigned,attr"`
			Protocol string `xml:"protocolSupportEnumeration,attr"`
			Keys     []struct {
				Use     string     `xml:"use,attr"`
				Cert    string     `xml:"KeyInfo>X509Data>X509Certificate"`
				Methods []struct{} `xml:"EncryptionMethod"`
			} `xml:"KeyDescriptor"`
			NameID string `xml:"NameIDFormat"`
			ACS    []struct {
				Binding, Location, Index, IsDefault string
			} `xml:"AssertionConsumerService"`
		} `xml:"SPSSODescriptor"`
	}
	if err := xml.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	s := d.Descriptor
	if d.EntityID != us || s.Signed != "true" || s.Want != "true" || len(s.Keys) != 2 || s.Keys[0].Use != "signing" || s.Keys[1].Use != "encryption" || len(s.ACS) != 2 || s.NameID != saml.FormatTransient {
		t.Errorf("%s", b)
	}
	if len(s.Keys[0].Methods)+len(s.Keys[1].Methods) > 0 {
		t.Error("BundID wants no algorithms in metadata")
	}
	for _, a := range d.Attrs {
		if a.Name.Local == "ID" || a.Name.Local == "validUntil" || a.Name.Local == "cacheDuration" {
			t.Errorf("BundID wants no %s in metadata", a.Name.Local)
		}
	}
}

func TestTheRequestSaysWhatWasAsked(t *testing.T) {
	conn, err := saml.New(config(saml.Policy{}))
	if err != nil {
		t.Fatal(err)
	}
	sent, err := conn.Request(saml.Ask{ACS: acs, RelayState: "zustand", ForceAuthn: true, NameID: saml.FormatPersistent, Classes: []string{"a", "b"},
		Extensions: []saml.Element{{NS: "urn:x", Prefix: "x", Name: "Ask", Attrs: [][2]string{{"Version", "2"}}, Children: []saml.Element{{NS: "urn:x", Prefix: "x", Name: "In", Text: "<&>"}}}}}, now)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := base64.StdEncoding.DecodeString(sent.Fields["SAMLRequest"])
	s := signatureIn.ReplaceAllString(string(b), "[signature]")
	want := `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" AssertionConsumerServiceURL="` + acs + `" Destination="https://idp.example/sso" ForceAuthn="true" ID="` + sent.ID +
		`" IssueInstant="2026-11-22T10:00:00Z" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Version="2.0"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">` + us +
		`</saml:Issuer>[signature]<samlp:Extensions><x:Ask xmlns:x="urn:x" Version="2"><x:In>&lt;&amp;&gt;</x:In></x:Ask></samlp:Extensions>` +
		`<samlp:NameIDPolicy AllowCreate="true" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"></samlp:NameIDPolicy>` +
		`<samlp:RequestedAuthnContext Comparison="minimum"><saml:AuthnContextClassRef xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">a</saml:AuthnContextClassRef>` +
		`<saml:AuthnContextClassRef xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">b</saml:AuthnContextClassRef></samlp:RequestedAuthnContext></samlp:AuthnRequest>`
	if s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if sent.Post != "https://idp.example/sso" || sent.Fields["RelayState"] != "zustand" || sent.Redirect != "" {
		t.Errorf("%+v", sent)
	}
	if _, err := conn.Request(saml.Ask{ACS: acs, RelayState: strings.Repeat("x", 81)}, now); err == nil {
		t.Error("a relay state of 81 bytes")
	}
}

// Bytes that are made to cost time cost little of it.
func TestHostileMessagesAreCheap(t *testing.T) {
	l := begin(t, config(saml.Policy{Clear: true, Signed: saml.SignedEither}))
	a := l.answer()
	fill := func(s string) string { // as much of it as the size allows, as attribute values
		return strings.Repeat(s, (saml.MaxBytes-8192)/len(s))
	}
	prefixes := ""
	for i := range 39 {
		prefixes += ` xmlns:p` + string(rune('a'+i%26)) + string(rune('a'+i/26)) + `="urn:` + string(rune('a'+i%26)) + `"`
	}
	for name, markup := range map[string]string{
		"many small elements": strings.Repeat("<saml:AttributeValue></saml:AttributeValue>", 3900),
		"deep elements":       fill(strings.Repeat("<x>", 20) + strings.Repeat("</x>", 20)),
		"namespaces":          strings.Repeat("<x"+prefixes+"></x>", 240),
		"characters to write": "<saml:AttributeValue>" + fill("&amp;") + "</saml:AttributeValue>",
		"an endless name":     "<" + fill("a") + "/>",
	} {
		t.Run(name, func(t *testing.T) {
			a.Assertion.Attributes = []samlidp.Attribute{{Name: "urn:oid:2.5.4.4", Markup: markup}}
			raw := l.clear(a, l.signed(a))
			if d := clocktest.Spent(t, func() { _, _ = l.take(raw) }); d > 2*time.Second {
				t.Errorf("%v for %d bytes", d, len(raw))
			} else {
				t.Logf("%v for %d characters", d, len(raw))
			}
		})
	}
}
