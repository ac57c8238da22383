package oidc

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"slices"
	"testing"

	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

// What a provider does not say is what the standards say it means.
func TestMetadataThatSayLittle(t *testing.T) {
	for name, c := range map[string]struct {
		leaveOut string
		settings func(*Settings)
		want     Rule
	}{
		"no algorithms named":                        {"id_token_signing_alg_values_supported", func(*Settings) {}, ""},
		"no methods named: the secret in the header": {"token_endpoint_auth_methods_supported", func(*Settings) {}, ""},
		"no methods named: not in the form":          {"token_endpoint_auth_methods_supported", func(s *Settings) { s.ClientAuth = AuthPost }, RuleDiscovery},
		"no userinfo":                                {"userinfo_endpoint", func(*Settings) {}, ""},
		"no userinfo, which the settings want":       {"userinfo_endpoint", askInfo, RuleDiscovery},
		"nothing said of RFC 9207":                   {"authorization_response_iss_parameter_supported", func(*Settings) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := newWorld(t), honest()
			meta(c.leaveOut, nil)(w.p)
			c.settings(&s)
			_, err := w.signIn(w.connect(s), attempt(), nil)
			if (err == nil) != (c.want == "") || err != nil && (broken(err) != c.want || !errs.Is(err, errs.KindUnavailable)) {
				t.Error(err)
			}
		})
	}
}

func TestKeysInEveryWriting(t *testing.T) {
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	for name, c := range map[string]struct{ key, alg, want string }{
		"PKCS 8, RSA":       {pemOf(t, keyRSA3072()), "", "PS256"},
		"PKCS 1, RSA":       {block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(keyRSA3072())), "RS256", "RS256"},
		"SEC 1, P-384":      {block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(keyP384))), "", "ES384"},
		"PKCS 8, P-256":     {pemOf(t, keyP256), "ES256", "ES256"},
		"PKCS 8, Ed25519":   {pemOf(t, keyEd), "", "EdDSA"},
		"with line at end":  {pemOf(t, keyP256) + "\n\n", "", "ES256"},
		"two keys":          {pemOf(t, keyP256) + pemOf(t, keyP384), "", ""},
		"a public key":      {block("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(keyP256.Public()))), "", ""},
		"rubbish in armour": {block("PRIVATE KEY", []byte("rubbish")), "", ""},
	} {
		k, err := readKey(c.key, Settings{KeyAlgorithm: c.alg})
		if string(k.alg) != c.want && c.want != "" || (err == nil) != (c.want != "") {
			t.Errorf("%s: %v %v", name, k.alg, err)
		}
	}
	named, err := readKey(pemOf(t, keyP256), Settings{KeyID: "unser"})
	if err != nil || named.key.KeyID != "unser" {
		t.Error(named.key.KeyID, err)
	}
	mark, err := readKey(pemOf(t, keyP256), Settings{})
	if err != nil || len(mark.key.KeyID) != 43 {
		t.Error("no RFC 7638 thumbprint", err)
	}
	if _, err := ClientKeys(json.RawMessage(`{}`), nil); !errs.Is(err, errs.KindInvalid) {
		t.Error(err)
	}
}

func TestWeakKeysAreNotKept(t *testing.T) {
	if roca(keyRSA().N) {
		t.Error("a good key looks broken")
	}
	if curveOf(&ecdsa.PublicKey{}) != "" {
		t.Error("a key without curve")
	}
}

func TestTheLowestLevelThatSufficesIsAskedFirst(t *testing.T) {
	s := Settings{Levels: map[string]string{"c": "hoch", "b": "hoch", "a": "substantiell", "z": "basis"}}
	for at, want := range map[perm.Level][]string{perm.LevelNone: {"z", "a", "b", "c"}, perm.LevelBasis: {"z", "a", "b", "c"}, perm.LevelSubstantial: {"a", "b", "c"}, perm.LevelHigh: {"b", "c"}} {
		if got := s.wanted(at); !slices.Equal(got, want) {
			t.Errorf("%v: %v", at, got)
		}
	}
}

// Some providers know only their token endpoint as audience.
func TestTheAudienceOfOurProof(t *testing.T) {
	w, s := newWorld(t), honest()
	w.secrets = map[string]string{SecretKey: pemOf(t, keyP256b)}
	s.ClientAuth, s.KeyAudience = AuthKey, "token_endpoint"
	w.p.knowsKey(t, s, w.secrets)
	if _, err := w.signIn(w.connect(s), attempt(), nil); broken(err) != RulePartner {
		t.Errorf("a provider that wants its issuer: %v", err)
	}
	w.p.audience = issuerA + "/token"
	if _, err := w.signIn(w.connect(s), attempt(), nil); err != nil {
		t.Error(err)
	}
}

func TestAnAttemptNeedsAReturnPage(t *testing.T) {
	w := newWorld(t)
	m := w.connect(honest())
	for _, back := range []string{"", "/anmelden/zurueck/a", "http://konto.example/x", "javascript:x"} {
		a := attempt()
		a.Back = back
		if _, err := m.Begin(t.Context(), a); err == nil {
			t.Errorf("%q is taken", back)
		}
	}
}
