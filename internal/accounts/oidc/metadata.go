package oidc

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// metadata is what a provider says of itself (OpenID Connect Discovery 1.0
// section 3, RFC 8414), as far as we use it.
type metadata struct {
	issuer, authorization, token, userinfo, jwks string
	algorithms                                   []string // nil: not said
	methods                                      []string // nil: not said, which means client_secret_basic
	issParameter                                 bool     // RFC 9207
}

// fetchMetadata asks the provider. The document must name exactly the issuer it
// was asked for, offer the code flow and S256, and lead to https only. go-oidc's
// own discovery is not used: it reads without bound, takes names in any case
// and puts the body into its errors.
func fetchMetadata(ctx context.Context, c *http.Client, issuer string, loopback bool) (metadata, error) {
	var m metadata
	o, _, err := getJSON(ctx, c, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", "")
	if err != nil {
		return m, err
	}
	text := func(name string) string { s, _ := o.text(name); return s }
	m = metadata{issuer: text("issuer"), authorization: text("authorization_endpoint"), token: text("token_endpoint"), userinfo: text("userinfo_endpoint"), jwks: text("jwks_uri")}
	if m.issuer != issuer {
		return m, unavailable(RuleDiscovery, "the metadata name another issuer")
	}
	for _, a := range []string{m.authorization, m.token, m.jwks} {
		if !address(a, loopback, true) {
			return m, unavailable(RuleDiscovery, "an endpoint is missing or not https")
		}
	}
	if o.has("userinfo_endpoint") && !address(m.userinfo, loopback, true) {
		return m, unavailable(RuleDiscovery, "the userinfo endpoint is not https")
	}
	// Each list that is there must be one, and must hold what we need.
	for _, need := range []struct{ name, value string }{
		{"response_types_supported", "code"},
		{"response_modes_supported", "query"},
		{"code_challenge_methods_supported", "S256"},
	} {
		list, ok := o.texts(need.name)
		if o.has(need.name) && (!ok || !slices.Contains(list, need.value)) {
			return m, unavailable(RuleDiscovery, "%s does not hold %s", need.name, need.value)
		}
	}
	for name, into := range map[string]*[]string{"id_token_signing_alg_values_supported": &m.algorithms, "token_endpoint_auth_methods_supported": &m.methods} {
		list, ok := o.texts(name)
		if o.has(name) && !ok {
			return m, unavailable(RuleDiscovery, "%s is no list", name)
		}
		*into = list
	}
	for _, never := range []string{"require_pushed_authorization_requests", "require_signed_request_object"} {
		if v, _ := o[never].(bool); v {
			return m, unavailable(RuleDiscovery, "the provider demands %s, which we do not offer", never)
		}
	}
	m.issParameter, _ = o["authorization_response_iss_parameter_supported"].(bool)
	return m, nil
}

// fits says why a connection's settings and the provider do not go together,
// "" if they do.
func (m metadata) fits(s Settings) string {
	methods := m.methods
	if methods == nil {
		methods = []string{AuthBasic}
	}
	if !slices.Contains(methods, s.ClientAuth) {
		return "the provider does not offer " + s.ClientAuth
	}
	if len(m.allowed(s)) == 0 {
		return "the provider signs with no algorithm that is allowed"
	}
	if s.Userinfo && m.userinfo == "" {
		return "the provider has no userinfo endpoint"
	}
	return ""
}

// allowed is the allow-list for this provider's ID tokens.
func (m metadata) allowed(s Settings) []string {
	if m.algorithms == nil {
		return s.Algorithms
	}
	return slices.DeleteFunc(slices.Clone(s.Algorithms), func(a string) bool { return !slices.Contains(m.algorithms, a) })
}
