package provider

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"stadttor/internal/perm"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// ask is an authorization request as parsed.
type ask struct {
	client, redirect string
	scopes           []string // openid first
	state, nonce     string
	challenge        string
	level            perm.Level // by acr_values, LevelNone for no wish
	maxAge           time.Duration
	limited          bool // maxAge is set
	login, none, ask bool // prompt
}

// Bounds of what a module may send along.
const (
	maxState = 1024
	maxNonce = 256
)

// refusal is an error that goes back to the module.
type refusal struct{ code, text string }

func (r *refusal) Error() string { return r.code + ": " + r.text }

func refuse(code, text string) error { return &refusal{code, text} }

// known are the parameters that we read; one of them twice is refused (RFC 6749
// 3.1), all others are ignored.
var known = []string{"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
	"acr_values", "max_age", "prompt", "request", "request_uri", "registration"}

// parseAsk reads an authorization request. client and redirect are read first:
// they say whom an error may be told. err is a *refusal.
func parseAsk(q url.Values) (a ask, err error) {
	a.client, a.redirect, a.state = q.Get("client_id"), q.Get("redirect_uri"), q.Get("state")
	if len(a.state) > maxState || !printable(a.state) {
		a.state = ""
		return a, refuse(string(oidc.InvalidRequest), "state")
	}
	for _, k := range known {
		if len(q[k]) > 1 {
			return a, refuse(string(oidc.InvalidRequest), k+" twice")
		}
	}
	for _, x := range []struct{ param, code string }{{"request", "request_not_supported"}, {"request_uri", "request_uri_not_supported"}, {"registration", "registration_not_supported"}} {
		if q.Has(x.param) {
			return a, refuse(x.code, x.param)
		}
	}
	switch q.Get("response_type") {
	case string(oidc.ResponseTypeCode):
	case "":
		return a, refuse(string(oidc.InvalidRequest), "response_type missing")
	default:
		return a, refuse("unsupported_response_type", "code only")
	}
	if m := q.Get("response_mode"); m != "" && m != string(oidc.ResponseModeQuery) {
		return a, refuse(string(oidc.InvalidRequest), "response_mode")
	}
	if q.Get("code_challenge_method") != string(oidc.CodeChallengeMethodS256) {
		return a, refuse(string(oidc.InvalidRequest), "PKCE with S256 is required")
	}
	a.challenge = q.Get("code_challenge")
	if b, err := base64.RawURLEncoding.Strict().DecodeString(a.challenge); err != nil || len(b) != sha256.Size {
		return a, refuse(string(oidc.InvalidRequest), "code_challenge")
	}
	if a.nonce = q.Get("nonce"); len(a.nonce) > maxNonce || !printable(a.nonce) {
		return a, refuse(string(oidc.InvalidRequest), "nonce")
	}
	wanted := strings.Fields(q.Get("scope"))
	if !slices.Contains(wanted, oidc.ScopeOpenID) {
		return a, refuse(string(oidc.InvalidScope), "openid missing")
	}
	for _, x := range scopes { // in our order, each once
		if slices.Contains(wanted, x.name) {
			a.scopes = append(a.scopes, x.name)
		}
	}
	if slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(a.scopes, w) }) {
		return a, refuse(string(oidc.InvalidScope), "unknown scope")
	}
	for _, v := range strings.Fields(q.Get("acr_values")) { // in order of preference; unknown ones are skipped (Core 3.1.2.1)
		if l, ok := levelOf(v); ok {
			a.level = l
			break
		}
	}
	if v := q.Get("max_age"); v != "" {
		n, err := strconv.ParseUint(v, 10, 31)
		if err != nil {
			return a, refuse(string(oidc.InvalidRequest), "max_age")
		}
		a.maxAge, a.limited = time.Duration(n)*time.Second, true
	}
	prompts := strings.Fields(q.Get("prompt"))
	for _, p := range prompts {
		switch p {
		case oidc.PromptNone:
			if a.none = true; len(prompts) > 1 {
				return a, refuse(string(oidc.InvalidRequest), "prompt")
			}
		case oidc.PromptLogin, oidc.PromptSelectAccount:
			a.login = true
		case oidc.PromptConsent:
			a.ask = true
		default:
			return a, refuse(string(oidc.InvalidRequest), "prompt")
		}
	}
	return a, nil
}

// printable: what may stand in an address and come back unchanged (RFC 6749
// appendix A.5).
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
