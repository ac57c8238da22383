package oidc

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
)

func TestSettingsThatCannotStandAreNamed(t *testing.T) {
	for field, changes := range map[string][]func(*Settings){
		"issuer": {func(s *Settings) { s.Issuer = "" }, func(s *Settings) { s.Issuer = "http://a.example" }, func(s *Settings) { s.Issuer = "https://a.example?x" },
			func(s *Settings) { s.Issuer = "https://a.example#x" }, func(s *Settings) { s.Issuer = "https://u@a.example" }, func(s *Settings) { s.Issuer = "http://127.0.0.1" },
			func(s *Settings) { s.Issuer = "https://" }, func(s *Settings) { s.Issuer = "https://:443" }, func(s *Settings) { s.Issuer = "https:a.example" }, func(s *Settings) { s.Issuer = `https://a.example\@b.example` }},
		"client_id":       {func(s *Settings) { s.ClientID = "" }, func(s *Settings) { s.ClientID = "a\nb" }},
		"client_auth":     {func(s *Settings) { s.ClientAuth = "none" }, func(s *Settings) { s.ClientAuth = "client_secret_jwt" }},
		"key_algorithm":   {func(s *Settings) { s.KeyAlgorithm = "PS256" }, func(s *Settings) { s.ClientAuth, s.KeyAlgorithm = AuthKey, "HS256" }},
		"key_audience":    {func(s *Settings) { s.KeyAudience = "https://boese.example" }},
		"scopes":          {func(s *Settings) { s.Scopes = []string{"a b"} }, func(s *Settings) { s.Scopes = []string{"openid"} }},
		"algorithms":      {func(s *Settings) { s.Algorithms = []string{"HS256"} }, func(s *Settings) { s.Algorithms = []string{"none"} }},
		"other_audiences": {func(s *Settings) { s.OtherAudiences = []string{s.ClientID} }},
		"levels": {func(s *Settings) { s.Levels = nil }, func(s *Settings) { s.Levels = map[string]string{"a": "sehr hoch"} }, func(s *Settings) { s.Levels = map[string]string{"a": "none"} },
			func(s *Settings) { s.Levels = map[string]string{"a b": "hoch"} }},
		"lowest_level":   {func(s *Settings) { s.LowestLevel = "substantiell" }, func(s *Settings) { s.LowestLevel = "hoch" }},
		"ask_level":      {func(s *Settings) { s.AskLevel = "ja" }},
		"means":          {func(s *Settings) { s.Means = "" }, func(s *Settings) { s.Means = strings.Repeat("a", 41) }},
		"means_by_acr":   {func(s *Settings) { s.MeansByACR = map[string]string{"fremd": "eID"} }},
		"profile":        {func(s *Settings) { s.Profile = map[accounts.Attr]string{"shoeSize": "x"} }, func(s *Settings) { s.Profile[accounts.AttrGiven] = "" }},
		"profile_levels": {func(s *Settings) { s.ProfileLevels[accounts.AttrPhone] = "hoch" }, func(s *Settings) { s.ProfileLevels[accounts.AttrGiven] = "none" }},
		"verified_by":    {func(s *Settings) { s.VerifiedBy[accounts.AttrPhone] = "x" }},
		"company_values": {func(s *Settings) { s.CompanyClaim = "art" }, func(s *Settings) { s.CompanyValues = []string{"firma"} }},
	} {
		for i, change := range changes {
			w, s := newWorld(t), honest()
			change(&s)
			if field == "profile" { // these hang on it
				s.ProfileLevels, s.VerifiedBy = nil, nil
			}
			_, err := w.try(s)
			if !errs.Is(err, errs.KindInvalid) || !slices.ContainsFunc(errs.FieldsOf(err), func(f errs.Field) bool { return f.Name == field }) {
				t.Errorf("%s, %d: %v %v", field, i, err, errs.FieldsOf(err))
			}
		}
	}
}

func TestSettingsAreReadStrictly(t *testing.T) {
	good, err := json.Marshal(honest())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseSettings(good, false); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"nothing":        ``,
		"null":           `null`,
		"a list":         `[]`,
		"unknown name":   strings.Replace(string(good), `"issuer"`, `"skip_checks":true,"issuer"`, 1),
		"a name twice":   strings.Replace(string(good), `"issuer"`, `"issuer":"https://b.example","issuer"`, 1),
		"other case":     strings.Replace(string(good), `"issuer"`, `"Issuer":"https://b.example","issuer"`, 1),
		"something more": string(good) + `{}`,
		"too much":       strings.TrimSuffix(string(good), "}") + strings.Repeat(" ", 64<<10) + "}",
	} {
		if _, err := parseSettings(json.RawMessage(raw), false); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecretsMustFit(t *testing.T) {
	for name, c := range map[string]struct {
		auth, secret, value, alg string
		field                    string
	}{
		"no password":            {AuthBasic, SecretKey, "x", "", SecretPassword},
		"a short password":       {AuthPost, SecretPassword, "kurz", "", SecretPassword},
		"no key":                 {AuthKey, SecretPassword, "geheimnis-nur-fuer-tests", "", SecretKey},
		"rubbish as key":         {AuthKey, SecretKey, "rubbish", "", SecretKey},
		"a public key":           {AuthKey, SecretKey, string(must(json.Marshal(map[string]any{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}))), "", SecretKey},
		"a symmetric key":        {AuthKey, SecretKey, `{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U"}`, "", SecretKey},
		"RSA of 2048 bits":       {AuthKey, SecretKey, pemOf(t, keyRSA()), "", SecretKey},
		"P-256 that signs PS256": {AuthKey, SecretKey, pemOf(t, keyP256), "PS256", SecretKey},
		"P-256 that signs ES384": {AuthKey, SecretKey, pemOf(t, keyP256), "ES384", SecretKey},
	} {
		w, s := newWorld(t), honest()
		s.ClientAuth, s.KeyAlgorithm = c.auth, c.alg
		w.secrets = map[string]string{c.secret: c.value}
		_, err := w.try(s)
		if f := errs.FieldsOf(err); !errs.Is(err, errs.KindInvalid) || len(f) != 1 || f[0].Name != c.field {
			t.Errorf("%s: %v %v", name, err, f)
		}
		if err != nil && strings.Contains(err.Error(), c.value) && len(c.value) > 3 {
			t.Errorf("%s: the error shows the secret", name)
		}
	}
}

// The example that administrators copy is the one that is tested.
func TestThePublishedExampleIsGood(t *testing.T) {
	raw, err := os.ReadFile("testdata/settings.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseSettings(raw, false); err != nil {
		t.Fatalf("%v %v", err, errs.FieldsOf(err))
	}
	doc, err := os.ReadFile("../../../docs/standards/oidc.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), strings.TrimSpace(string(raw))) {
		t.Error("docs/standards/oidc.md shows another example")
	}
	for _, f := range fields() {
		if !strings.Contains(string(doc), "`"+f.Key+"`") {
			t.Errorf("docs/standards/oidc.md does not explain %s", f.Key)
		}
	}
	for _, x := range attacks() {
		if !strings.Contains(string(doc), "| `"+string(x.rule)+"` |") {
			t.Fatalf("docs/standards/oidc.md has no row for rule %s", x.rule)
		}
	}
}

// Every setting can be typed in, and is of the kind that the page says.
func TestThePageHasEverySetting(t *testing.T) {
	full := map[string]any{}
	for _, f := range fields() {
		switch f.Type {
		case accounts.SettingLines:
			full[f.Key] = []string{}
		case accounts.SettingTable:
			full[f.Key] = map[string]string{}
		case accounts.SettingSwitch:
			full[f.Key] = true
		case accounts.SettingText:
			full[f.Key] = "x"
		}
	}
	raw := must(json.Marshal(full))
	var s Settings
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		t.Errorf("the page writes what the settings do not read: %v", err)
	}
	var names map[string]any
	b := must(json.Marshal(Settings{KeyAlgorithm: "x", KeyID: "x", KeyAudience: "x", Scopes: []string{"x"}, Algorithms: []string{"x"}, OtherAudiences: []string{"x"}, RequireIss: true, Levels: map[string]string{"x": "x"},
		LowestLevel: "x", AskLevel: "x", MeansByACR: map[string]string{"x": "x"}, Userinfo: true, Profile: map[accounts.Attr]string{"x": "x"}, ProfileLevels: map[accounts.Attr]string{"x": "x"},
		VerifiedBy: map[accounts.Attr]string{"x": "x"}, CompanyClaim: "x", CompanyValues: []string{"x"}}))
	if err := json.Unmarshal(b, &names); err != nil {
		t.Fatal(err)
	}
	for name := range names {
		if !slices.ContainsFunc(fields(), func(f accounts.Setting) bool { return f.Key == name }) {
			t.Errorf("%s cannot be typed in", name)
		}
	}
}

func TestCheckTellsAnAdministratorWhetherItWorks(t *testing.T) {
	w := newWorld(t)
	if err := w.connect(honest()).Check(t.Context()); err != nil {
		t.Error(err)
	}
	w = newWorld(t)
	w.p.published = []jose.JSONWebKey{}
	if err := w.connect(honest()).Check(t.Context()); !errs.Is(err, errs.KindUnavailable) || broken(err) != RuleKey {
		t.Error(err)
	}
	w = newWorld(t)
	s := honest()
	s.Issuer = "https://niemand.example"
	if err := w.connect(s).Check(t.Context()); !errs.Is(err, errs.KindUnavailable) || broken(err) != RuleTransport {
		t.Error(err)
	}
}
