package saml

import (
	"strings"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/perm"
	samlidp "stadttor/test/partners/saml"
)

func bundIDAttributes(means, qaa string) []samlidp.Attribute {
	oid := func(a accounts.Attr, level string, v ...string) samlidp.Attribute {
		return samlidp.Attribute{Name: bundIDNames[a], Level: level, Values: v}
	}
	return []samlidp.Attribute{
		{Name: oidBPK2, Values: []string{"BF:o3ZhZGVhbGluZ3N0ZXN0"}},
		{Name: oidProvedBy, Values: []string{means}},
		{Name: "urn:oid: 1.2.40.0.10.2.1.1.261.94", Values: []string{qaa}}, // with the blank of the official table
		oid(accounts.AttrGiven, "HOCH", "ÄNNE LUÍS"),
		oid(accounts.AttrFamily, "Hoch", "MÜLLER-ÇELİK"),
		oid(accounts.AttrTitle, "NORMAL", "DR."),
		oid(accounts.AttrBirthDate, "SUBSTANTIELL", "1964-08-12"),
		oid(accounts.AttrBirthPlace, "Niedrig", "KÖLN"),
		oid(accounts.AttrBirthName, "GANZ NEU", "GABLER"),
		oid(accounts.AttrStreet, "Substantiell", " HEIDESTRAẞE 17 "),
		oid(accounts.AttrPLZ, "UNTERGEORDNET", "51147"),
		oid(accounts.AttrCity, "Basisregistrierung", "KÖLN"),
		oid(accounts.AttrCountry, "", "D"),
		oid(accounts.AttrMail, "HOCH", "aenne@post.example"),
		oid(accounts.AttrPhone, "", "+49 00000 123456"),
	}
}

func TestBundIDEachAttributeHasItsOwnLevel(t *testing.T) {
	p := theirs("bund")
	s := begin(t, connect(t, "bundid", p, nil), p, perm.LevelSubstantial)
	a := s.answer()
	a.Assertion.Class = "STORK-QAA-Level-4"
	a.Assertion.Attributes = bundIDAttributes("eID", "STORK-QAA-Level-4")
	who, err := s.complete(s.form(a))
	if err != nil {
		t.Fatal(err)
	}
	if who.Issuer != p.EntityID || who.Subject != "BF:o3ZhZGVhbGluZ3N0ZXN0" || who.Level != perm.LevelHigh || who.Means != "eID" || who.Company {
		t.Errorf("who: %+v", who)
	}
	says(t, who, accounts.AttrGiven, "ÄNNE LUÍS", perm.LevelHigh)
	says(t, who, accounts.AttrFamily, "MÜLLER-ÇELİK", perm.LevelHigh)
	says(t, who, accounts.AttrTitle, "DR.", perm.LevelBasis)
	says(t, who, accounts.AttrBirthDate, "1964-08-12", perm.LevelSubstantial)
	says(t, who, accounts.AttrBirthPlace, "KÖLN", perm.LevelBasis)
	says(t, who, accounts.AttrBirthName, "GABLER", perm.LevelNone)
	says(t, who, accounts.AttrStreet, "HEIDESTRAẞE", perm.LevelSubstantial)
	says(t, who, accounts.AttrHouseNumber, "17", perm.LevelSubstantial)
	says(t, who, accounts.AttrPLZ, "51147", perm.LevelNone)
	says(t, who, accounts.AttrCity, "KÖLN", perm.LevelNone)
	says(t, who, accounts.AttrCountry, "DE", perm.LevelNone) // no mark at all
	says(t, who, accounts.AttrMail, "aenne@post.example", perm.LevelNone)
}

// The level is the lowest of what class, level attribute and means say.
func TestBundIDLevels(t *testing.T) {
	for _, c := range []struct {
		class, qaa, means string
		want              perm.Level
		evidence          string
	}{
		{"STORK-QAA-Level-1", "STORK-QAA-Level-1", "Benutzername", perm.LevelBasis, "Passwort"},
		{"STORK-QAA-Level-2", "STORK-QAA-Level-2", "eIDAS", perm.LevelBasis, "eIDAS"},
		{"STORK-QAA-Level-3", "STORK-QAA-Level-3", "Elster", perm.LevelSubstantial, "ELSTER"},
		{"STORK-QAA-Level-4", "STORK-QAA-Level-4", "eID", perm.LevelHigh, "eID"},
		{"STORK-QAA-Level-4", "STORK-QAA-Level-3", "eID", perm.LevelSubstantial, "eID"},
		{"STORK-QAA-Level-4", "STORK-QAA-Level-9", "eID", perm.LevelBasis, "eID"},
		{"STORK-QAA-Level-4", "STORK-QAA-Level-4", "Elster", perm.LevelSubstantial, "ELSTER"},
		{"STORK-QAA-Level-4", "STORK-QAA-Level-4", "Benutzername", perm.LevelBasis, "Passwort"},
		{"STORK-QAA-Level-4", "STORK-QAA-Level-4", "Telepathie", perm.LevelHigh, "BundID"},
		{"STORK-QAA-Level-5", "STORK-QAA-Level-4", "eID", perm.LevelBasis, "eID"},
		{"stork-qaa-level-4", "STORK-QAA-Level-4", "eID", perm.LevelBasis, "eID"},
		{"STORK-QAA-Level-4 ", "STORK-QAA-Level-4", "eID", perm.LevelBasis, "eID"},
		{"http://eidas.europa.eu/LoA/high", "", "eID", perm.LevelBasis, "eID"},
	} {
		t.Run(c.class+" "+c.qaa+" "+c.means, func(t *testing.T) {
			p := theirs("bund")
			s := begin(t, connect(t, "bundid", p, nil), p, perm.LevelNone)
			a := s.answer()
			a.Assertion.Class = c.class
			a.Assertion.Attributes = bundIDAttributes(c.means, c.qaa)
			who, err := s.complete(s.form(a))
			if err != nil {
				t.Fatal(err)
			}
			if who.Level != c.want || who.Means != c.evidence {
				t.Errorf("%v by %s, want %v by %s", who.Level, who.Means, c.want, c.evidence)
			}
		})
	}
}

func TestTheRequestToBundID(t *testing.T) {
	p := theirs("bund")
	s := begin(t, connect(t, "bundid", p, func(m map[string]any) { m["back_url"] = "https://konto.kreis-musterland.example/anmelden" }), p, perm.LevelHigh)
	got := s.sent(t)
	want := `<samlp:Extensions><akdb:AuthenticationRequest xmlns:akdb="https://www.akdb.de/request/2018/09" EnableStatusDetail="true" Version="2">` +
		`<akdb:AuthnMethods><akdb:Benutzername><akdb:Enabled>true</akdb:Enabled></akdb:Benutzername><akdb:eID><akdb:Enabled>true</akdb:Enabled></akdb:eID><akdb:Elster><akdb:Enabled>true</akdb:Enabled></akdb:Elster></akdb:AuthnMethods>` +
		`<akdb:RequestedAttributes><akdb:RequestedAttribute Name="urn:oid:1.3.6.1.4.1.25484.494450.3" RequiredAttribute="true"></akdb:RequestedAttribute>` +
		`<akdb:RequestedAttribute Name="urn:oid:1.3.6.1.4.1.25484.494450.2"></akdb:RequestedAttribute><akdb:RequestedAttribute Name="urn:oid:1.2.40.0.10.2.1.1.261.94"></akdb:RequestedAttribute>` +
		`<akdb:RequestedAttribute Name="urn:oid:2.5.4.42"></akdb:RequestedAttribute><akdb:RequestedAttribute Name="urn:oid:2.5.4.4" RequiredAttribute="true"></akdb:RequestedAttribute>` +
		`<akdb:RequestedAttribute Name="urn:oid:1.2.40.0.10.2.1.1.55"></akdb:RequestedAttribute><akdb:RequestedAttribute Name="urn:oid:2.5.4.16"></akdb:RequestedAttribute>` +
		`<akdb:RequestedAttribute Name="urn:oid:2.5.4.17"></akdb:RequestedAttribute><akdb:RequestedAttribute Name="urn:oid:2.5.4.7"></akdb:RequestedAttribute>` +
		`<akdb:RequestedAttribute Name="urn:oid:0.9.2342.19200300.100.1.3"></akdb:RequestedAttribute></akdb:RequestedAttributes>` +
		`<akdb:DisplayInformation><classic-ui:Version xmlns:classic-ui="https://www.akdb.de/request/2018/09/classic-ui/v1"><classic-ui:OrganizationDisplayName>Kreis Musterland</classic-ui:OrganizationDisplayName>` +
		`<classic-ui:Lang>de</classic-ui:Lang><classic-ui:BackURL>https://konto.kreis-musterland.example/anmelden</classic-ui:BackURL><classic-ui:OnlineServiceId>BMI-0000</classic-ui:OnlineServiceId></classic-ui:Version></akdb:DisplayInformation>` +
		`</akdb:AuthenticationRequest></samlp:Extensions>`
	if !strings.Contains(got, "</saml:Issuer>"+want+"<samlp:NameIDPolicy") {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !strings.Contains(got, `<samlp:RequestedAuthnContext Comparison="minimum"><saml:AuthnContextClassRef xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">STORK-QAA-Level-4</saml:AuthnContextClassRef>`) {
		t.Errorf("the level is not asked for: %s", got)
	}
	if strings.Contains(got, "ForceAuthn") {
		t.Error("asked anew although nobody wanted that")
	}
	if s.begun.Post != p.SSO || s.begun.Fields["RelayState"] != s.attempt.State || len(s.begun.Keep) > accounts.MaxKeep {
		t.Errorf("begun: %+v", s.begun)
	}
}

func TestTheLevelAskedForIsTheLowestThatIsEnough(t *testing.T) {
	p := theirs("bund")
	for level, class := range map[perm.Level]string{perm.LevelNone: "STORK-QAA-Level-1", perm.LevelBasis: "STORK-QAA-Level-1", perm.LevelSubstantial: "STORK-QAA-Level-3", perm.LevelHigh: "STORK-QAA-Level-4"} {
		if s := begin(t, connect(t, "bundid", p, nil), p, level); !strings.Contains(s.sent(t), ">"+class+"<") {
			t.Errorf("%v: %s", level, s.sent(t))
		}
	}
	p = theirs("osi")
	if s := begin(t, connect(t, "osi", p, nil), p, perm.LevelSubstantial); !strings.Contains(s.sent(t), ">http://eidas.europa.eu/LoA/substantial<") {
		t.Error(s.sent(t))
	}
}

func TestOSISpeaksInEIDASLevels(t *testing.T) {
	for class, want := range map[string]perm.Level{
		"http://eidas.europa.eu/LoA/low": perm.LevelBasis, "http://eidas.europa.eu/LoA/substantial": perm.LevelSubstantial, "http://eidas.europa.eu/LoA/high": perm.LevelHigh,
		"http://eidas.europa.eu/LoA/HIGH": perm.LevelBasis, "http://eidas.europa.eu/NotNotified/LoA/high": perm.LevelBasis, "STORK-QAA-Level-4": perm.LevelBasis,
	} {
		t.Run(class, func(t *testing.T) {
			p := theirs("osi")
			s := begin(t, connect(t, "osi", p, nil), p, perm.LevelNone)
			a := s.answer()
			a.Assertion.Class = class
			a.Assertion.Attributes = []samlidp.Attribute{
				{Name: eidasNatural + "PersonIdentifier", Values: []string{"DE/DE/0123"}},
				{Name: eidasNatural + "CurrentFamilyName", Level: "HOCH", Values: []string{"Šimić"}},
			}
			who, err := s.complete(s.form(a))
			if err != nil {
				t.Fatal(err)
			}
			if who.Level != want || who.Subject != "DE/DE/0123" || who.Means != "Servicekonto" {
				t.Errorf("%+v", who)
			}
			says(t, who, accounts.AttrFamily, "Šimić", want)
		})
	}
}

func elsterAccount(test string) []samlidp.Attribute {
	one := func(name, v string) samlidp.Attribute { return samlidp.Attribute{Name: name, Values: []string{v}} }
	return []samlidp.Attribute{
		one("IstTestkonto", test), one("DatenkranzTyp", "StNr"),
		one("ElsterVertrauensniveauIdentifizierung", "hoch"), one("ElsterVertrauensniveauAuthentifizierung", "substanziell"),
		one("Firmenname", "Weberei Grün & Söhne GmbH"), one("Registerart", "HRB"), one("Registernummer", "00000"), one("Registergericht", "Musterstadt"),
		one("HandelndePersonVorname", "Maré"), one("HandelndePersonNachname", "Renièr"), one("Geburtsdatum", "01.02.1989"),
		{Name: "Unternehmensanschrift", Markup: `<saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="ekona:AdresseType"><ekona:Typ xmlns:ekona="http://www.elster.de/schema/ekona/saml/extensions">Inland</ekona:Typ>` +
			`<ekona:Strasse xmlns:ekona="http://www.elster.de/schema/ekona/saml/extensions">Theaterstraße</ekona:Strasse><ekona:Hausnummer xmlns:ekona="http://www.elster.de/schema/ekona/saml/extensions">58 b</ekona:Hausnummer>` +
			`<ekona:PLZ xmlns:ekona="http://www.elster.de/schema/ekona/saml/extensions">90762</ekona:PLZ><ekona:Ort xmlns:ekona="http://www.elster.de/schema/ekona/saml/extensions">Fürth</ekona:Ort>` +
			`<ekona:Land xmlns:ekona="http://www.elster.de/schema/ekona/saml/extensions">DE</ekona:Land></saml:AttributeValue>`},
	}
}

func persistent(a *samlidp.Answer) {
	a.Assertion.NameID, a.Assertion.NameFormat = "du-0123456789", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
}

func TestMeinUnternehmenskonto(t *testing.T) {
	p := theirs("elster")
	s := begin(t, connect(t, "ekona", p, nil), p, perm.LevelSubstantial)
	if r := s.sent(t); !strings.Contains(r, `ForceAuthn="true"`) || !strings.Contains(r, "nameid-format:persistent") || strings.Contains(r, "RequestedAuthnContext") {
		t.Errorf("request: %s", r)
	}
	a := s.answer()
	persistent(&a)
	a.Assertion.Class = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
	a.Assertion.Attributes = elsterAccount("false")
	// The answer is signed, the assertion is not.
	to := samlidp.RSA("ours", 3072)
	f := s.form(a)
	f.Set("SAMLResponse", samlidp.Encode(samlidp.Sign(a.Text(samlidp.Encrypt(samlidp.Unsigned(a.Assertion.Text()), &to.PublicKey, samlidp.Encryption{})), p.Key, samlidp.Signing{})))
	who, err := s.complete(f)
	if err != nil {
		t.Fatal(err)
	}
	if !who.Company || who.Level != perm.LevelSubstantial || who.Means != "ELSTER" || who.Subject != "du-0123456789" {
		t.Errorf("%+v", who)
	}
	for attr, v := range map[accounts.Attr]string{
		accounts.AttrCompany: "Weberei Grün & Söhne GmbH", accounts.AttrRegister: "HRB 00000, Musterstadt", accounts.AttrGiven: "Maré", accounts.AttrFamily: "Renièr", accounts.AttrBirthDate: "1989-02-01",
		accounts.AttrStreet: "Theaterstraße", accounts.AttrHouseNumber: "58 b", accounts.AttrPLZ: "90762", accounts.AttrCity: "Fürth", accounts.AttrCountry: "DE",
	} {
		says(t, who, attr, v, perm.LevelSubstantial)
	}
}

func TestELSTERLevels(t *testing.T) {
	for _, c := range []struct {
		identified, authenticated string
		want                      perm.Level
	}{
		{"substanziell", "substanziell", perm.LevelSubstantial}, {"HOCH", "substantiell", perm.LevelSubstantial}, {"hoch", "hoch", perm.LevelHigh},
		{"hoch", "normal", perm.LevelBasis}, {"niedrig", "hoch", perm.LevelBasis}, {"", "hoch", perm.LevelBasis}, {"hoch", "sehr hoch", perm.LevelBasis},
	} {
		t.Run(c.identified+"/"+c.authenticated, func(t *testing.T) {
			p := theirs("elster")
			s := begin(t, connect(t, "ekona", p, nil), p, perm.LevelNone)
			a := s.answer()
			persistent(&a)
			a.Assertion.Attributes = elsterAccount("false")
			a.Assertion.Attributes[2].Values, a.Assertion.Attributes[3].Values = []string{c.identified}, []string{c.authenticated}
			who, err := s.complete(s.form(a))
			if err != nil || who.Level != c.want {
				t.Errorf("%v, %v", who.Level, err)
			}
		})
	}
}

func TestAPlainProviderProvesWhatTheSettingsSay(t *testing.T) {
	p := theirs("plain")
	m := connect(t, "plain", p, func(m map[string]any) { m["binding"] = "post" })
	s := begin(t, m, p, perm.LevelSubstantial)
	if !strings.Contains(s.sent(t), ">https://refeds.org/profile/mfa<") {
		t.Error(s.sent(t))
	}
	a := s.answer()
	a.Assertion.Class = "https://refeds.org/profile/mfa"
	a.Assertion.Attributes = []samlidp.Attribute{
		{Name: "urn:oid:0.9.2342.19200300.100.1.1", Values: []string{"grete"}}, {Name: "urn:oid:2.5.4.42", Values: []string{"Grete"}},
		{Name: "urn:oid:0.9.2342.19200300.100.1.3", Values: []string{"grete@torhausen.example"}}, {Name: "kind", Values: []string{"organisation"}}, {Name: "unknown", Values: []string{"x"}},
	}
	who, err := s.complete(s.form(a))
	if err != nil {
		t.Fatal(err)
	}
	if who.Subject != "grete" || who.Level != perm.LevelSubstantial || who.Means != "Verzeichnisdienst" || !who.Company {
		t.Errorf("%+v", who)
	}
	says(t, who, accounts.AttrGiven, "Grete", perm.LevelSubstantial)
	says(t, who, accounts.AttrMail, "grete@torhausen.example", perm.LevelNone)
	r := begin(t, connect(t, "plain", p, nil), p, perm.LevelBasis)
	if r.begun.Post != "" || !strings.HasPrefix(r.begun.Redirect, p.SSO+"?SAMLRequest=") || !strings.Contains(r.begun.Redirect, "&Signature=") {
		t.Errorf("redirect: %+v", r.begun)
	}
}

// What is not a value that we keep is left out, and the rest stays.
func TestValuesThatAreLeftOut(t *testing.T) {
	for name, values := range map[string][]string{
		"another script": {"Иван"}, "a control character": {"A\u0085B"}, "a right-to-left mark": {"A\u202eB"}, "two values": {"ANNA", "EVA"}, "none": nil, "an empty one": {" "}, "far too long": {strings.Repeat("A", 5000)},
	} {
		t.Run(name, func(t *testing.T) {
			p := theirs("bund")
			s := begin(t, connect(t, "bundid", p, nil), p, perm.LevelBasis)
			a := s.answer()
			a.Assertion.Attributes = bundIDAttributes("eID", "STORK-QAA-Level-4")
			a.Assertion.Attributes[3].Values = values
			who, err := s.complete(s.form(a))
			if err != nil {
				t.Fatal(err)
			}
			says(t, who, accounts.AttrGiven, "", 0)
			says(t, who, accounts.AttrFamily, "MÜLLER-ÇELİK", perm.LevelHigh)
		})
	}
	p := theirs("bund")
	s := begin(t, connect(t, "bundid", p, nil), p, perm.LevelBasis)
	a := s.answer()
	a.Assertion.Attributes = bundIDAttributes("eID", "STORK-QAA-Level-4")
	a.Assertion.Attributes[3].Values, a.Assertion.Attributes[6].Values = []string{"A\u0308NNE"}, []string{"1964-00-00"}
	who, err := s.complete(s.form(a))
	if err != nil {
		t.Fatal(err)
	}
	says(t, who, accounts.AttrGiven, "ÄNNE", perm.LevelHigh) // the same name, composed
	says(t, who, accounts.AttrBirthDate, "", 0)
}

func TestStreetAndNumberInOneLine(t *testing.T) {
	for line, want := range map[string][2]string{
		"HEIDESTRAẞE 17": {"HEIDESTRAẞE", "17"}, "Hauptstr. 17 a": {"Hauptstr.", "17 a"}, "Am Markt 3-5": {"Am Markt", "3-5"}, "Straße des 17. Juni 135": {"Straße des 17. Juni", "135"},
		"Am Markt": {"Am Markt", ""}, "Schloss": {"Schloss", ""}, "Platz der Einheit 1 / 2": {"Platz der Einheit 1 /", "2"}, "17": {"17", ""}, "": {"", ""}, "C 4, 12": {"C 4,", "12"},
	} {
		street, number := splitAddress(line)
		if street != want[0] || number != want[1] {
			t.Errorf("%q is %q, %q", line, street, number)
		}
	}
}
