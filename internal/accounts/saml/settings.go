package saml

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/url"
	"slices"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/standards/saml"
)

// Names of secrets, stored apart from the settings: private keys as PEM
// (PKCS #8, PKCS #1 or SEC 1).
const (
	SecretSigning    = "signing_key"        // signs our requests; RSA from 3072 bit or P-256, P-384, P-521
	SecretDecryption = "decryption_key"     // opens assertions, RSA; not set: the signing key
	SecretOld        = "decryption_key_old" // the one before, while the provider changes over
)

// Settings of one connection, as an administrator writes them. Examples:
// testdata/*.json and docs/standards/saml.md.
type Settings struct {
	// Profile is one of bundid, osi, ekona, plain.
	Profile string `json:"profile"`
	// EntityID is our name at the provider: https, lower case, no port. It never
	// changes: BundID's pseudonyms hang on its host.
	EntityID string `json:"entity_id"`
	// Metadata of the provider, as XML.
	Metadata string `json:"metadata"`
	// Certificate of the signing key, PEM; for metadata and requests.
	Certificate string `json:"certificate"`
	// DecryptionCertificate, PEM; "" where one key does both.
	DecryptionCertificate string `json:"decryption_certificate,omitempty"`
	// Binding is "post" (the default) or "redirect", for requests.
	Binding string `json:"binding,omitempty"`
	// Subject is the attribute that knows the person; "" is the profile's own
	// (BundID: bPK2, the others: the persistent NameID).
	Subject string `json:"subject,omitempty"`

	// Organization, ServiceID (BMI-ID) and BackURL are shown by BundID.
	Organization string `json:"organization,omitempty"`
	ServiceID    string `json:"service_id,omitempty"`
	BackURL      string `json:"back_url,omitempty"`
	// Methods are the means that BundID may offer; none: all.
	Methods []string `json:"methods,omitempty"`
	// Request are the attributes to ask BundID for; Required those without which
	// it refuses the person.
	Request  []accounts.Attr `json:"request,omitempty"`
	Required []accounts.Attr `json:"required,omitempty"`

	// Attributes is the map from our attributes to the provider's names (osi, plain).
	Attributes map[accounts.Attr]string `json:"attributes,omitempty"`
	// Proved are the attributes that the provider proves at the level of the sign-in (osi, plain).
	Proved []accounts.Attr `json:"proved,omitempty"`
	// Levels is the table from class to level (plain): basis, substantiell, hoch.
	Levels map[string]string `json:"levels,omitempty"`
	// Classes is what to ask for so that a level is reached (plain): level to class.
	Classes map[string]string `json:"classes,omitempty"`
	// Means names the way of signing in (osi, plain), at most 40 bytes.
	Means string `json:"means,omitempty"`
	// CompanyAttribute tells organisations from people by CompanyValues (plain).
	CompanyAttribute string   `json:"company_attribute,omitempty"`
	CompanyValues    []string `json:"company_values,omitempty"`

	// PKCS1, RSA2048 and OAEPSHA1 take what TR-03116-4 leaves behind.
	PKCS1    bool `json:"accept_pkcs1,omitempty"`
	RSA2048  bool `json:"accept_rsa2048,omitempty"`
	OAEPSHA1 bool `json:"accept_oaep_sha1,omitempty"`
	// PKCS1Requests signs our requests the old way too.
	PKCS1Requests bool `json:"sign_pkcs1,omitempty"`
	// Clear takes assertions that are not encrypted (plain, staff only).
	Clear bool `json:"accept_clear,omitempty"`
	// EitherSigned takes a signature of the answer for one of the assertion (plain).
	EitherSigned bool `json:"accept_signed_answer,omitempty"`
	// Test takes test accounts of ELSTER.
	Test bool `json:"test,omitempty"`
}

// fields are the settings as the administrators' page draws them.
func fields() []accounts.Setting {
	return []accounts.Setting{
		{Key: "profile", Label: "Art des Kontos", Hint: "bundid (BundID, BayernID), osi (Servicekonten mit eIDAS-Niveaus), ekona (Mein Unternehmenskonto) oder plain.", Type: accounts.SettingText, Need: true},
		{Key: "entity_id", Label: "Kennung des Portals beim Anbieter", Hint: "entityID: eine https-Adresse in Kleinbuchstaben ohne Port. Sie darf sich nie mehr ändern: An ihr hängen die Kennungen der Personen.", Type: accounts.SettingText, Need: true},
		{Key: "metadata", Label: "Metadaten des Anbieters", Hint: "Der XML-Text mit EntityDescriptor, wie ihn der Anbieter ausgibt.", Type: accounts.SettingLong, Need: true},
		{Key: "certificate", Label: "Eigenes Zertifikat", Hint: "PEM, passend zum privaten Schlüssel. Es steht in den eigenen Metadaten.", Type: accounts.SettingLong, Need: true},
		{Key: SecretSigning, Label: "Privater Schlüssel", Hint: "PEM: RSA ab 3072 Bit oder P-256, P-384, P-521.", Type: accounts.SettingSecret, Need: true},
		{Key: "decryption_certificate", Label: "Zertifikat zum Verschlüsseln", Hint: "PEM. Leer: dasselbe wie oben.", Type: accounts.SettingLong},
		{Key: SecretDecryption, Label: "Schlüssel zum Entschlüsseln", Hint: "PEM, RSA ab 3072 Bit. Leer: derselbe wie oben.", Type: accounts.SettingSecret},
		{Key: SecretOld, Label: "Bisheriger Schlüssel zum Entschlüsseln", Hint: "Nur während eines Schlüsselwechsels.", Type: accounts.SettingSecret},
		{Key: "binding", Label: "Weg der Anfrage", Hint: "post (üblich) oder redirect.", Type: accounts.SettingText},
		{Key: "subject", Label: "Angabe, die eine Person wiedererkennt", Hint: "Leer: bei BundID bPK2, sonst die dauerhafte NameID.", Type: accounts.SettingText},
		{Key: "organization", Label: "Name der Behörde auf der Anmeldeseite", Hint: "Nur BundID: OrganizationDisplayName.", Type: accounts.SettingText},
		{Key: "service_id", Label: "BMI-ID", Hint: "Nur BundID: OnlineServiceId, zum Beispiel BMI-0000.", Type: accounts.SettingText},
		{Key: "back_url", Label: "Adresse für „Zurück“", Hint: "Nur BundID: eine https-Adresse des Kontohauses.", Type: accounts.SettingText},
		{Key: "methods", Label: "Angebotene Wege", Hint: "Nur BundID, eine Zeile je Weg: eID, Elster, Benutzername, eIDAS, FINK, Diia, Authega. Leer: alle.", Type: accounts.SettingLines},
		{Key: "request", Label: "Angeforderte Angaben", Hint: "Nur BundID, eine Zeile je Angabe: given, family, birthDate … Leer: Name, Geburt, Anschrift, E-Mail.", Type: accounts.SettingLines},
		{Key: "required", Label: "Unbedingt nötige Angaben", Hint: "Nur BundID. Fehlt eine davon, bricht die Anmeldung dort ab.", Type: accounts.SettingLines},
		{Key: "attributes", Label: "Angaben zur Person", Hint: "Nur osi und plain, eine Zeile je Angabe: given = Name des Attributs.", Type: accounts.SettingTable},
		{Key: "proved", Label: "Geprüfte Angaben", Hint: "Nur osi und plain, eine Zeile je Angabe: Sie gelten auf dem Niveau der Anmeldung als nachgewiesen.", Type: accounts.SettingLines},
		{Key: "levels", Label: "Vertrauensniveaus", Hint: "Nur plain, eine Zeile je AuthnContextClassRef: Wert = basis, substantiell oder hoch.", Type: accounts.SettingTable},
		{Key: "classes", Label: "Verlangte Klassen", Hint: "Nur plain: substantiell = AuthnContextClassRef.", Type: accounts.SettingTable},
		{Key: "means", Label: "Name der Anmeldung", Hint: "Steht als Nachweis beim Antrag. Nur osi und plain.", Type: accounts.SettingText},
		{Key: "company_attribute", Label: "Woran erkennt man Organisationskonten?", Hint: "Nur plain: Name des Attributs.", Type: accounts.SettingText},
		{Key: "company_values", Label: "Werte für Organisationskonten", Hint: "Eine Zeile je Wert.", Type: accounts.SettingLines},
		{Key: "accept_pkcs1", Label: "Unterschriften nach PKCS #1 v1.5 annehmen", Hint: "Nur wenn der Anbieter noch kein RSASSA-PSS oder ECDSA kann.", Type: accounts.SettingSwitch},
		{Key: "accept_rsa2048", Label: "RSA-Schlüssel ab 2048 Bit annehmen", Hint: "TR-03116-4 verlangt 3072.", Type: accounts.SettingSwitch},
		{Key: "accept_oaep_sha1", Label: "Verschlüsselung RSA-OAEP mit SHA-1 annehmen", Hint: "Die Voreinstellung vieler Anbieter.", Type: accounts.SettingSwitch},
		{Key: "sign_pkcs1", Label: "Anfragen nach PKCS #1 v1.5 unterschreiben", Hint: "Nur wenn der Anbieter RSASSA-PSS nicht prüfen kann.", Type: accounts.SettingSwitch},
		{Key: "accept_clear", Label: "Unverschlüsselte Antworten annehmen", Hint: "Nur plain und nur für Beschäftigte.", Type: accounts.SettingSwitch},
		{Key: "accept_signed_answer", Label: "Unterschrift der Antwort genügt", Hint: "Nur plain: Die Zusicherung darin muss dann nicht selbst unterschrieben sein.", Type: accounts.SettingSwitch},
		{Key: "test", Label: "Testkonten annehmen", Hint: "Nur ekona und nie im Betrieb.", Type: accounts.SettingSwitch},
	}
}

// parseSettings reads the settings. Errors are Invalid with the names of the
// settings as fields.
func parseSettings(raw json.RawMessage, insecure bool) (Settings, error) {
	var s Settings
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if len(raw) > 2<<20 || d.Decode(&s) != nil || d.More() {
		return s, invalid("settings")
	}
	s.EntityID, s.Binding = strings.TrimSpace(s.EntityID), either(s.Binding, "post")
	if wrong := s.wrong(insecure); len(wrong) > 0 {
		return s, invalid(wrong...)
	}
	return s, nil
}

func invalid(names ...string) error {
	var fields []errs.Field
	for _, n := range names {
		fields = append(fields, errs.Field{Name: n, Key: KeySettings})
	}
	return errs.Invalid(KeySettings, fields...)
}

// wrong lists the settings that cannot stand.
func (s Settings) wrong(insecure bool) (wrong []string) {
	check := func(name string, ok bool) {
		if !ok && !slices.Contains(wrong, name) {
			wrong = append(wrong, name)
		}
	}
	_, known := profiles[s.Profile]
	check("profile", known)
	bund, mapped, plain := s.Profile == ProfileBundID, s.Profile == ProfileOSI || s.Profile == ProfilePlain, s.Profile == ProfilePlain
	check("entity_id", line(s.EntityID, 1024))
	check("metadata", s.Metadata != "" && len(s.Metadata) <= 1<<20)
	check("binding", s.Binding == "post" || s.Binding == "redirect")
	check("subject", s.Subject == "" || line(s.Subject, 256))
	check("organization", bund == (s.Organization != "") && len(s.Organization) <= 200 && !strings.ContainsAny(s.Organization, "\r\n\t"))
	check("service_id", bund == (s.ServiceID != "") && (s.ServiceID == "" || line(s.ServiceID, 60)))
	check("back_url", s.BackURL == "" || bund && address(s.BackURL, insecure))
	for _, m := range s.Methods {
		check("methods", bund && slices.Contains(akdbMethods, m))
	}
	for _, a := range s.Request {
		_, ok := bundIDNames[a]
		check("request", bund && ok)
	}
	for _, a := range s.Required {
		check("required", bund && (slices.Contains(s.Request, a) || len(s.Request) == 0 && slices.Contains(bundIDDefault, a)))
	}
	for a, name := range s.Attributes {
		check("attributes", mapped && slices.Contains(accounts.Attrs(), a) && line(name, 256))
	}
	for _, a := range s.Proved {
		// Contact data are never proved by a sign-in.
		check("proved", mapped && (s.Attributes[a] != "" || a == accounts.AttrHouseNumber) && a.Kind() == accounts.OfIdentity)
	}
	for class, l := range s.Levels {
		check("levels", plain && line(class, 256) && perm.ParseLevel(l) >= perm.LevelBasis)
	}
	for l, class := range s.Classes {
		check("classes", plain && line(class, 256) && perm.ParseLevel(l) >= perm.LevelBasis)
	}
	check("means", s.Means == "" || mapped && len(s.Means) <= 40 && !strings.ContainsAny(s.Means, "\r\n\t"))
	check("company_attribute", s.CompanyAttribute == "" || plain && line(s.CompanyAttribute, 256))
	check("company_values", (len(s.CompanyValues) > 0) == (s.CompanyAttribute != ""))
	check("accept_clear", !s.Clear || plain)
	check("accept_signed_answer", !s.EitherSigned || plain)
	check("test", !s.Test || s.Profile == ProfileEkona)
	return wrong
}

// line is a technical name: printable ASCII without blanks.
func line(s string, most int) bool {
	return s != "" && len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func address(s string, insecure bool) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && u.User == nil && len(s) <= 500 && (u.Scheme == "https" || insecure && u.Scheme == "http")
}

func (s Settings) signed() saml.Signed {
	if s.EitherSigned {
		return saml.SignedEither
	}
	return saml.SignedAssertion
}

func (s Settings) levels() map[string]perm.Level {
	m := map[string]perm.Level{}
	for class, l := range s.Levels {
		m[class] = perm.ParseLevel(l)
	}
	return m
}

func (s Settings) request() map[perm.Level]string {
	m := map[perm.Level]string{}
	for l, class := range s.Classes {
		m[perm.ParseLevel(l)] = class
	}
	return m
}

// connection makes the engine's configuration.
func (s Settings) connection(p profile, secret func(string) (string, error), insecure bool, now time.Time) (*saml.Connection, error) {
	c := saml.Config{
		EntityID: s.EntityID, PKCS1Requests: s.PKCS1Requests, Insecure: insecure,
		Policy: saml.Policy{PKCS1: s.PKCS1, RSA2048: s.RSA2048, OAEPSHA1: s.OAEPSHA1, Clear: s.Clear, Signed: p.signed},
	}
	var err error
	if c.Partner, err = saml.ReadMetadata([]byte(s.Metadata), now); err != nil {
		return nil, invalid("metadata")
	}
	switch {
	case s.Binding == "redirect" && c.Partner.Redirect != "":
		c.Partner.POST = ""
	case s.Binding == "post" && c.Partner.POST != "":
		c.Partner.Redirect = ""
	default:
		return nil, invalid("binding")
	}
	pemText, err := secret(SecretSigning)
	if err != nil {
		return nil, err
	}
	if c.Signer = privateKey(pemText); c.Signer == nil {
		return nil, invalid(SecretSigning)
	}
	if c.SignerCertificate = certificate(s.Certificate); c.SignerCertificate == nil {
		return nil, invalid("certificate")
	}
	var wrong string
	if c.Decrypters, wrong, err = s.decrypters(c, secret); err != nil {
		return nil, err
	}
	if wrong != "" {
		return nil, invalid(wrong)
	}
	conn, err := saml.New(c)
	if err != nil {
		return nil, settingsError{err}
	}
	return conn, nil
}

// decrypters are the key that opens assertions and the one before it.
func (s Settings) decrypters(c saml.Config, secret func(string) (string, error)) (list []saml.Decrypter, wrong string, err error) {
	switch text, err := secret(SecretDecryption); {
	case err == nil:
		k, ok := privateKey(text).(*rsa.PrivateKey)
		if !ok {
			return nil, SecretDecryption, nil
		}
		cert := certificate(s.DecryptionCertificate)
		if cert == nil {
			return nil, "decryption_certificate", nil
		}
		list = append(list, saml.Decrypter{Key: k, Certificate: cert})
	case !errs.Is(err, errs.KindInvalid):
		return nil, "", err
	default:
		if k, ok := c.Signer.(*rsa.PrivateKey); ok {
			list = append(list, saml.Decrypter{Key: k, Certificate: c.SignerCertificate})
		} else if !s.Clear {
			return nil, SecretDecryption, nil
		}
	}
	switch text, err := secret(SecretOld); {
	case err == nil:
		k, ok := privateKey(text).(*rsa.PrivateKey)
		if !ok {
			return nil, SecretOld, nil
		}
		list = append(list, saml.Decrypter{Key: k})
	case !errs.Is(err, errs.KindInvalid):
		return nil, "", err
	}
	return list, "", nil
}

// settingsError is what the engine found wrong; the administrator reads the
// general text, the log the reason.
type settingsError struct{ error }

func (e settingsError) Unwrap() []error { return []error{invalid("settings"), e.error} }

func certificate(text string) *x509.Certificate {
	b, rest := pem.Decode([]byte(text))
	if b == nil || b.Type != "CERTIFICATE" || strings.TrimSpace(string(rest)) != "" {
		return nil
	}
	c, err := x509.ParseCertificate(b.Bytes)
	if err != nil {
		return nil
	}
	return c
}

func privateKey(text string) crypto.Signer {
	b, _ := pem.Decode([]byte(text))
	if b == nil {
		return nil
	}
	if k, err := x509.ParsePKCS8PrivateKey(b.Bytes); err == nil {
		s, _ := k.(crypto.Signer)
		return s
	}
	if k, err := x509.ParsePKCS1PrivateKey(b.Bytes); err == nil {
		return k
	}
	if k, err := x509.ParseECPrivateKey(b.Bytes); err == nil {
		return k
	}
	return nil
}

func either(s, standard string) string {
	if s == "" {
		return standard
	}
	return s
}
