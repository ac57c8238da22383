package saml

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	samlidp "stadttor/test/partners/saml"
)

// Attacks on what a profile makes of a genuine answer and on the way between
// attempt and answer; those on the answer itself are in standards/saml.
func TestEverySignInThatMustNotBeIsRefused(t *testing.T) {
	bund := func(t *testing.T, want perm.Level) *sign {
		p := theirs("bund")
		return begin(t, connect(t, "bundid", p, nil), p, want)
	}
	good := func(s *sign) samlidp.Answer {
		a := s.answer()
		a.Assertion.Class = "STORK-QAA-Level-4"
		a.Assertion.Attributes = bundIDAttributes("eID", "STORK-QAA-Level-4")
		return a
	}
	company := func(t *testing.T, test string, change func(*samlidp.Answer)) (*sign, url.Values) {
		p := theirs("elster")
		s := begin(t, connect(t, "ekona", p, nil), p, perm.LevelBasis)
		a := s.answer()
		persistent(&a)
		a.Assertion.Attributes = elsterAccount(test)
		if change != nil {
			change(&a)
		}
		return s, s.form(a)
	}
	for _, c := range []struct {
		name, rule, key string
		make            func(t *testing.T) (*sign, url.Values)
	}{
		{"a lower class than demanded", "saml level", KeyTooLow, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelHigh)
			a := good(s)
			a.Assertion.Class = "STORK-QAA-Level-3"
			return s, s.form(a)
		}},
		{"a class that nobody knows where substantiell is demanded", "saml level", KeyTooLow, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelSubstantial)
			a := good(s)
			a.Assertion.Class = "STORK-QAA-Level-99"
			return s, s.form(a)
		}},
		{"a high class by password", "saml level", KeyTooLow, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelSubstantial)
			a := good(s)
			a.Assertion.Attributes = bundIDAttributes("Benutzername", "STORK-QAA-Level-4")
			return s, s.form(a)
		}},
		{"the class of another kind of provider", "saml level", KeyTooLow, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelHigh)
			a := good(s)
			a.Assertion.Class = "http://eidas.europa.eu/LoA/high"
			return s, s.form(a)
		}},
		{"no pseudonym", "saml subject", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			a := good(s)
			a.Assertion.Attributes = a.Assertion.Attributes[1:]
			return s, s.form(a)
		}},
		{"two pseudonyms", "saml subject", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			a := good(s)
			a.Assertion.Attributes[0].Values = []string{"a", "b"}
			return s, s.form(a)
		}},
		{"the pseudonym given twice under two names", "saml attribute", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			a := good(s)
			a.Assertion.Attributes = append(a.Assertion.Attributes, samlidp.Attribute{Name: strings.Replace(oidBPK2, "oid:", "oid: ", 1), Values: []string{"b"}})
			return s, s.form(a)
		}},
		{"a pseudonym with a line break", "saml subject", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			a := good(s)
			a.Assertion.Attributes[0].Values = []string{"a\nb"}
			return s, s.form(a)
		}},
		{"the friendly name of the pseudonym instead of its name", "saml subject", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			a := good(s)
			a.Assertion.Attributes[0].Name = "bPK2"
			return s, s.form(a)
		}},
		{"a test account of ELSTER", "saml test-account", KeyRefused, func(t *testing.T) (*sign, url.Values) { return company(t, "true", nil) }},
		{"a test account said in another word", "saml test-account", KeyRefused, func(t *testing.T) (*sign, url.Values) { return company(t, "1", nil) }},
		{"an account of which it is not said clearly", "saml test-account", KeyRefused, func(t *testing.T) (*sign, url.Values) { return company(t, "", nil) }},
		{"a company known by a transient name", "saml subject", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			return company(t, "false", func(a *samlidp.Answer) {
				a.Assertion.NameFormat = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
			})
		}},
		{"a company known by a name of no format", "saml subject", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			return company(t, "false", func(a *samlidp.Answer) { a.Assertion.NameFormat = "" })
		}},
		{"a company that ELSTER did not ask anew", "saml fresh", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			return company(t, "false", func(a *samlidp.Answer) { a.Assertion.Authenticated = samlidp.Time(now.Add(-3 * 60e9)) })
		}},
		{"another relay state", "saml relay-state", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			f := s.form(good(s))
			f.Set("RelayState", "zyxwvutsrqponmlkjihgfedcba765432")
			return s, f
		}},
		{"no relay state", "saml form", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			f := s.form(good(s))
			f.Del("RelayState")
			return s, f
		}},
		{"two answers in one form", "saml form", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			f := s.form(good(s))
			f.Add("SAMLResponse", f.Get("SAMLResponse"))
			return s, f
		}},
		{"an artifact to be fetched", "saml form", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			f := s.form(good(s))
			f.Set("SAMLart", "AAQAAMh48")
			return s, f
		}},
		{"nothing at all", "saml form", KeyRefused, func(t *testing.T) (*sign, url.Values) { return bund(t, perm.LevelBasis), url.Values{} }},
		{"the answer to an older attempt of the same person", "saml in-response", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			old, s := bund(t, perm.LevelBasis), bund(t, perm.LevelBasis)
			return s, old.form(good(old))
		}},
		{"an attempt without what was kept", "saml attempt", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			f := s.form(good(s))
			s.attempt.Keep = nil
			return s, f
		}},
		{"an attempt that began under another name of ours", "saml attempt", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			f := s.form(good(s))
			s.m = connect(t, "bundid", s.p, func(m map[string]any) { m["entity_id"] = "https://konto.other.example/saml" })
			return s, f
		}},
		{"an answer at the return page of another method", "saml destination", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			f := s.form(good(s))
			s.attempt.Back = strings.Replace(back, "bundid", "ekona", 1)
			return s, f
		}},
		{"mix-up: the provider of another authority answers in its own name", "saml issuer", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			s.p = theirs("other")
			return s, s.form(good(s))
		}},
		{"mix-up: the provider of another authority answers in the name of ours", "saml signature", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			s.p = &samlidp.Provider{EntityID: s.p.EntityID, Key: theirs("other").Key}
			return s, s.form(good(s))
		}},
		{"mix-up: an answer of our provider, at a connection to another one", "saml in-response", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			q := theirs("other")
			o := begin(t, connect(t, "bundid", q, nil), q, perm.LevelBasis)
			return o, s.form(good(s))
		}},
		{"mix-up: the same request ID, another provider", "saml issuer", KeyRefused, func(t *testing.T) (*sign, url.Values) {
			s := bund(t, perm.LevelBasis)
			f := s.form(good(s))
			q := theirs("other")
			o := begin(t, connect(t, "bundid", q, nil), q, perm.LevelBasis)
			o.attempt.Keep = s.attempt.Keep
			return o, f
		}},
		{"broken off", "saml status", KeyBrokenOff, failed("Responder", "AuthnFailed")},
		{"refused by the provider", "saml status", KeyBrokenOff, failed("Requester", "RequestDenied")},
		{"a level that the provider cannot give", "saml status", KeyTooLow, failed("Responder", "NoAuthnContext")},
		{"a request that the provider does not like", "saml status", KeyRefused, failed("Requester", "InvalidNameIDPolicy")},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, f := c.make(t)
			who, err := s.complete(f)
			if err == nil || who.Subject != "" || who.Level != perm.LevelNone || len(who.Profile) > 0 {
				t.Fatalf("let in: %+v", who)
			}
			if accounts.RuleOf(err) != c.rule || errs.KeyOf(err) != c.key || !errs.Is(err, errs.KindForbidden) {
				t.Errorf("refused by %q with %q: %v", accounts.RuleOf(err), errs.KeyOf(err), err)
			}
			if strings.Contains(err.Error(), "MÜLLER") || strings.Contains(err.Error(), "BF:") {
				t.Errorf("the error tells personal data: %v", err)
			}
		})
	}
}

func failed(codes ...string) func(*testing.T) (*sign, url.Values) {
	return func(t *testing.T) (*sign, url.Values) {
		p := theirs("bund")
		s := begin(t, connect(t, "bundid", p, nil), p, perm.LevelBasis)
		a := s.answer()
		a.Status = samlidp.Failure(codes...)
		return s, url.Values{"SAMLResponse": {samlidp.Encode(samlidp.Unsigned(a.Text("")))}, "RelayState": {s.attempt.State}}
	}
}

func TestAFaultOfTheProviderIsNobodysRefusal(t *testing.T) {
	s, f := failed("Responder")(t)
	if _, err := s.complete(f); !errs.Is(err, errs.KindUnavailable) || errs.KeyOf(err) != KeyUnavailable {
		t.Errorf("%v", err)
	}
}

func TestTheLogHasBundIDsCodesAndNotItsMessages(t *testing.T) {
	p := theirs("bund")
	s := begin(t, connect(t, "bundid", p, nil), p, perm.LevelBasis)
	a := s.answer()
	a.Status = samlidp.Failure("Requester", "RequestDenied") + `</samlp:Status><samlp:Status>` // replaced below
	text := samlidp.Unsigned(a.Text(""))
	text = strings.Replace(text, `</samlp:Status><samlp:Status>`, `<samlp:StatusDetail><akdb:StatusDetail xmlns:akdb="`+samlidp.NSAKDB+`">`+
		`{"version":"1.0","errors":[{"code":"IDP_REQUIRED_ATTRIBUTES_MISSING","message":"Anna Muster"},{"code":"Anna Muster","message":""}]}</akdb:StatusDetail></samlp:StatusDetail>`, 1)
	_, err := s.complete(url.Values{"SAMLResponse": {samlidp.Encode(text)}, "RelayState": {s.attempt.State}})
	if errs.KeyOf(err) != KeyBrokenOff || !strings.Contains(err.Error(), "IDP_REQUIRED_ATTRIBUTES_MISSING") || strings.Contains(err.Error(), "Anna") || strings.Contains(accounts.RuleOf(err), "IDP") {
		t.Errorf("%v", err)
	}
}

// TR-03172-3 A3.10.01: citizens come with encrypted assertions or not at all.
func TestInClearIsForStaffOnly(t *testing.T) {
	p := theirs("plain")
	m := connect(t, "plain", p, func(m map[string]any) { m["binding"], m["accept_clear"] = "post", true })
	if _, err := m.Begin(context.Background(), accounts.Attempt{Kind: accounts.KindCitizen, State: "x", Back: back}); !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("a citizen begins: %v", err)
	}
	if _, err := m.Complete(context.Background(), accounts.Attempt{Kind: accounts.KindCitizen, State: "x", Back: back}, url.Values{}); accounts.RuleOf(err) != "saml unencrypted" {
		t.Errorf("a citizen completes: %v", err)
	}
	a := accounts.Attempt{Kind: accounts.KindStaff, State: "x", Back: back}
	b, err := m.Begin(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	s := &sign{m: m, p: p, attempt: a, begun: b}
	s.attempt.Keep = b.Keep
	s.request = requestID(t, b.Keep)
	w := s.answer()
	w.Assertion.Attributes = []samlidp.Attribute{{Name: "urn:oid:0.9.2342.19200300.100.1.1", Values: []string{"grete"}}}
	who, err := s.complete(url.Values{"SAMLResponse": {samlidp.Encode(samlidp.Unsigned(w.Text(samlidp.Sign(w.Assertion.Text(), p.Key, samlidp.Signing{}))))}, "RelayState": {"x"}})
	if err != nil || who.Subject != "grete" {
		t.Errorf("%+v, %v", who, err)
	}
}

func TestAFreshSignInIsAskedFor(t *testing.T) {
	p := theirs("bund")
	m := connect(t, "bundid", p, nil)
	b, err := m.Begin(context.Background(), accounts.Attempt{Kind: accounts.KindCitizen, State: "x", Back: back, Fresh: true})
	if err != nil {
		t.Fatal(err)
	}
	s := &sign{m: m, p: p, begun: b, request: requestID(t, b.Keep), attempt: accounts.Attempt{Kind: accounts.KindCitizen, State: "x", Back: back, Keep: b.Keep}}
	if !strings.Contains(s.sent(t), `ForceAuthn="true"`) {
		t.Error("not asked for")
	}
	a := s.answer()
	a.Assertion.Attributes = bundIDAttributes("eID", "STORK-QAA-Level-4")
	a.Assertion.Authenticated = samlidp.Time(now.Add(-61e9))
	if _, err := s.complete(s.form(a)); accounts.RuleOf(err) != "saml fresh" {
		t.Errorf("an older session is taken: %v", err)
	}
	a.Assertion.Authenticated = samlidp.Time(now)
	if _, err := s.complete(s.form(a)); err != nil {
		t.Error(err)
	}
}

func TestSettingsThatCannotStand(t *testing.T) {
	p := theirs("bund")
	type change = func(map[string]any)
	set := func(k string, v any) change { return func(m map[string]any) { m[k] = v } }
	for _, c := range []struct {
		name, file, field string
		change            change
	}{
		{"no profile", "bundid", "profile", set("profile", "")},
		{"an unknown profile", "bundid", "profile", set("profile", "facebook")},
		{"an unknown setting", "bundid", "settings", set("accept_sha1", true)},
		{"BundID without BMI-ID", "bundid", "service_id", set("service_id", "")},
		{"BundID without the authority's name", "bundid", "organization", set("organization", "")},
		{"a means that BundID does not have", "bundid", "methods", set("methods", []string{"Passkey"})},
		{"an attribute that BundID does not have", "bundid", "request", set("request", []string{"iban"})},
		{"required but not requested", "bundid", "required", set("required", []string{"title"})},
		{"a script as address back", "bundid", "back_url", set("back_url", "javascript:alert(1)")},
		{"BundID in clear", "bundid", "accept_clear", set("accept_clear", true)},
		{"BundID with only the answer signed", "bundid", "accept_signed_answer", set("accept_signed_answer", true)},
		{"test accounts of BundID", "bundid", "test", set("test", true)},
		{"no metadata", "bundid", "metadata", set("metadata", "")},
		{"metadata that are none", "bundid", "metadata", set("metadata", "<x/>")},
		{"no certificate", "bundid", "certificate", set("certificate", "")},
		{"another key's certificate", "bundid", "settings", set("certificate", samlidp.PEM(samlidp.Certificate(samlidp.RSA("other", 3072))))},
		{"our name with a port", "bundid", "settings", set("entity_id", "https://konto.example:8443/saml")},
		{"our name without TLS", "bundid", "settings", set("entity_id", "http://konto.example/saml")},
		{"a level that does not exist", "plain", "levels", set("levels", map[string]string{"urn:x": "sehr hoch"})},
		{"a level for nothing", "plain", "levels", set("levels", map[string]string{"": "hoch"})},
		{"contact data as proved", "plain", "proved", set("proved", []string{"mail"})},
		{"proved but not mapped", "plain", "proved", set("proved", []string{"birthDate"})},
		{"an attribute that we do not have", "plain", "attributes", set("attributes", map[string]string{"shoeSize": "x"})},
		{"levels of our own for BundID", "bundid", "levels", set("levels", map[string]string{"STORK-QAA-Level-1": "hoch"})},
		{"an attribute map of our own for BundID", "bundid", "attributes", set("attributes", map[string]string{"given": "x"})},
		{"another way", "bundid", "binding", set("binding", "artifact")},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(Config{Clock: fixed{}}).New(context.Background(), example(t, c.file, p, c.change), secrets(oneKey()))
			if !errs.Is(err, errs.KindInvalid) || !strings.Contains(fieldNames(err), c.field) {
				t.Errorf("%v, fields %s", err, fieldNames(err))
			}
		})
	}
	for name, s := range map[string]map[string]string{
		"no key": {}, "a key that is none": {SecretSigning: "x"}, "a small key": {SecretSigning: samlidp.KeyPEM(samlidp.RSA("small", 2048))},
		"a decryption key without certificate": {SecretSigning: samlidp.KeyPEM(ours()), SecretDecryption: samlidp.KeyPEM(samlidp.RSA("other", 3072))},
		"an old key that is none":              {SecretSigning: samlidp.KeyPEM(ours()), SecretOld: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(Config{Clock: fixed{}}).New(context.Background(), example(t, "bundid", p, nil), secrets(s)); !errs.Is(err, errs.KindInvalid) {
				t.Errorf("%v", err)
			}
		})
	}
	down := errors.New("the vault is shut")
	if _, err := New(Config{Clock: fixed{}}).New(context.Background(), example(t, "bundid", p, nil), func(n string) (string, error) {
		if n == SecretSigning {
			return samlidp.KeyPEM(ours()), nil
		}
		return "", down
	}); !errors.Is(err, down) {
		t.Errorf("a vault that is shut counts as a key that is not set: %v", err)
	}
}

func TestEverySettingHasAField(t *testing.T) {
	drawn := map[string]bool{}
	for _, f := range New(Config{}).Settings {
		drawn[f.Key] = true
	}
	for _, file := range []string{"bundid", "osi", "ekona", "plain"} {
		s, err := parseSettings(example(t, file, theirs("bund"), nil), false)
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		_ = s
	}
	for _, name := range jsonNames() {
		if !drawn[name] {
			t.Errorf("the administrators' page does not show %s", name)
		}
	}
}

func fieldNames(err error) string {
	var l []string
	for _, f := range errs.FieldsOf(err) {
		l = append(l, f.Name)
	}
	return strings.Join(l, ",")
}
