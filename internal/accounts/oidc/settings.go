package oidc

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

// Ways in which we prove to the provider who we are (OpenID Connect Core 9).
// Public clients are not offered: we can keep a secret.
const (
	AuthBasic = "client_secret_basic"
	AuthPost  = "client_secret_post"
	AuthKey   = "private_key_jwt"
)

// Names of secrets, stored apart from the settings.
const (
	SecretPassword = "client_secret" // for AuthBasic and AuthPost: 16 to 1,000 bytes
	SecretKey      = "client_key"    // for AuthKey: private key, PEM or JWK
)

// Ways to ask for a level.
const (
	AskACR    = "acr_values" // the default
	AskClaims = "claims"     // claims parameter, acr as essential (Core 5.5.1.1)
	AskNone   = "none"
)

// Settings of one connection, as an administrator writes them. The example in
// docs/standards/oidc.md is testdata/settings.json.
type Settings struct {
	// Issuer is the provider's address, exactly as its metadata and tokens say
	// it: https, no query. At most 500 bytes.
	Issuer   string `json:"issuer"`
	ClientID string `json:"client_id"`
	// ClientAuth is one of AuthBasic, AuthPost, AuthKey.
	ClientAuth string `json:"client_auth"`
	// KeyAlgorithm signs with SecretKey: one of Algorithms(). "" goes by the key:
	// PS256, ES256, ES384, ES512 or EdDSA.
	KeyAlgorithm string `json:"key_algorithm,omitempty"`
	// KeyID is the kid under which the provider knows our key; "" is its
	// RFC 7638 thumbprint.
	KeyID string `json:"key_id,omitempty"`
	// KeyAudience is "issuer" (the default: no provider can use our assertion at
	// another) or "token_endpoint" for a provider that knows only that.
	KeyAudience string `json:"key_audience,omitempty"`
	// Scopes besides openid.
	Scopes []string `json:"scopes,omitempty"`
	// Algorithms narrows the allow-list for ID tokens; empty is all of Algorithms().
	Algorithms []string `json:"algorithms,omitempty"`
	// OtherAudiences may stand in aud beside ourselves. Empty is the rule.
	OtherAudiences []string `json:"other_audiences,omitempty"`
	// RequireIss demands iss in every answer (RFC 9207) even if the metadata do
	// not announce it.
	RequireIss bool `json:"require_iss,omitempty"`
	// Levels is the whole table from acr to trust level: basis, substantiell, hoch.
	Levels map[string]string `json:"levels,omitempty"`
	// LowestLevel is what an acr that the table does not know, or none, is worth:
	// "none" (the default: refused) or "basis".
	LowestLevel string `json:"lowest_level,omitempty"`
	// AskLevel is one of AskACR, AskClaims, AskNone.
	AskLevel string `json:"ask_level,omitempty"`
	// Means names the way of signing in, as evidence: "Passwort". 1 to 40 bytes.
	Means string `json:"means"`
	// MeansByACR names it where the acr says more: "eID".
	MeansByACR map[string]string `json:"means_by_acr,omitempty"`
	// Userinfo says that claims are fetched from the userinfo endpoint too. The
	// ID token wins where both speak.
	Userinfo bool `json:"userinfo,omitempty"`
	// Profile says in which claim an attribute stands; names inside one another
	// are joined by ">": "address > locality".
	Profile map[accounts.Attr]string `json:"profile,omitempty"`
	// ProfileLevels says how well the provider proved an attribute: basis,
	// substantiell, hoch; missing is not at all. Never more than the sign-in.
	ProfileLevels map[accounts.Attr]string `json:"profile_levels,omitempty"`
	// VerifiedBy names a claim that must be true, else the attribute counts as
	// not proved: "email_verified".
	VerifiedBy map[accounts.Attr]string `json:"verified_by,omitempty"`
	// CompanyClaim is a claim that tells organisations from people, and
	// CompanyValues what it holds for organisations. "" is: only people.
	CompanyClaim  string   `json:"company_claim,omitempty"`
	CompanyValues []string `json:"company_values,omitempty"`
}

// Algorithms is the allow-list for ID tokens (RFC 7518, RFC 8037): asymmetric
// ones with SHA-2. Neither none nor HS* is ever taken.
func Algorithms() []string {
	return []string{"PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "RS256", "RS384", "RS512"}
}

// parseSettings reads the settings of a connection and fills what was left
// out. Error: Invalid, with the names of the settings as fields.
func parseSettings(raw json.RawMessage, loopback bool) (Settings, error) {
	var s Settings
	unreadable := errs.Invalid(KeySettings, errs.Field{Name: "settings", Key: KeySettings})
	if len(raw) > 64<<10 {
		return s, unreadable
	}
	if _, err := parseObject(raw); err != nil {
		return s, unreadable
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if d.Decode(&s) != nil {
		return s, unreadable
	}
	s.AskLevel = either(s.AskLevel, AskACR)
	s.KeyAudience = either(s.KeyAudience, "issuer")
	s.LowestLevel = either(s.LowestLevel, perm.LevelNone.String())
	if len(s.Algorithms) == 0 {
		s.Algorithms = Algorithms()
	}
	if wrong := s.wrong(loopback); len(wrong) > 0 {
		return s, errs.Invalid(KeySetting, wrong...)
	}
	return s, nil
}

// wrong lists the settings that cannot stand.
func (s Settings) wrong(loopback bool) (wrong []errs.Field) {
	check := func(name string, ok bool) {
		if !ok {
			wrong = append(wrong, errs.Field{Name: name, Key: KeySetting})
		}
	}
	check("issuer", address(s.Issuer, loopback, false) && len(s.Issuer) <= 500)
	check("client_id", token(s.ClientID, 1, 255))
	check("client_auth", slices.Contains([]string{AuthBasic, AuthPost, AuthKey}, s.ClientAuth))
	check("key_algorithm", s.KeyAlgorithm == "" || s.ClientAuth == AuthKey && slices.Contains(Algorithms(), s.KeyAlgorithm))
	check("key_id", s.KeyID == "" || s.ClientAuth == AuthKey && token(s.KeyID, 1, 200))
	check("key_audience", s.KeyAudience == "issuer" || s.KeyAudience == "token_endpoint")
	check("scopes", len(s.Scopes) <= 30 && all(s.Scopes, func(x string) bool { return token(x, 1, 100) && !strings.ContainsAny(x, ` "\`) && x != "openid" }))
	check("algorithms", all(s.Algorithms, func(x string) bool { return slices.Contains(Algorithms(), x) }))
	check("other_audiences", len(s.OtherAudiences) <= 10 && all(s.OtherAudiences, func(x string) bool { return token(x, 1, 500) && x != s.ClientID }))
	check("lowest_level", s.LowestLevel == "none" || s.LowestLevel == "basis")
	check("ask_level", slices.Contains([]string{AskACR, AskClaims, AskNone}, s.AskLevel))
	check("means", means(s.Means))
	check("levels", len(s.Levels) <= 30 && (len(s.Levels) > 0 || s.LowestLevel == "basis"))
	for acr, level := range s.Levels {
		check("levels", token(acr, 1, 255) && !strings.Contains(acr, " ") && perm.ParseLevel(level) >= perm.LevelBasis)
	}
	for acr, m := range s.MeansByACR {
		check("means_by_acr", s.Levels[acr] != "" && means(m))
	}
	for a, claim := range s.Profile {
		check("profile", slices.Contains(accounts.Attrs(), a) && path(claim) != nil)
	}
	for a, level := range s.ProfileLevels {
		check("profile_levels", s.Profile[a] != "" && perm.ParseLevel(level) >= perm.LevelBasis)
	}
	for a, claim := range s.VerifiedBy {
		check("verified_by", s.Profile[a] != "" && path(claim) != nil)
	}
	check("company_claim", s.CompanyClaim == "" || path(s.CompanyClaim) != nil)
	check("company_values", (s.CompanyClaim == "") == (len(s.CompanyValues) == 0) && len(s.CompanyValues) <= 20)
	return wrong
}

func means(s string) bool { return s != "" && len(s) <= 40 }

func either(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func all[T any](list []T, ok func(T) bool) bool {
	return !slices.ContainsFunc(list, func(x T) bool { return !ok(x) })
}

// path reads a way to a claim: 1 to 4 names of 1 to 200 bytes; nil if it is none.
func path(s string) []string {
	p := strings.Split(s, ">")
	for i := range p {
		if p[i] = strings.TrimSpace(p[i]); p[i] == "" || len(p[i]) > 200 || i > 3 {
			return nil
		}
	}
	return p
}

// token reports whether s is shortest to longest bytes of printable ASCII.
func token(s string, shortest, longest int) bool {
	if len(s) < shortest || len(s) > longest {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// address reports whether s is an absolute address that we may call: https, or
// plain http on the machine itself where loopback allows it (demo, tests).
func address(s string, loopback, query bool) bool {
	u, err := url.Parse(s)
	if err != nil || !token(s, 8, 2000) || strings.ContainsAny(s, ` \#`) || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return false
	}
	if !query && strings.Contains(s, "?") {
		return false
	}
	return u.Scheme == "https" || loopback && u.Scheme == "http" && onThisMachine(u.Hostname())
}

func onThisMachine(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
