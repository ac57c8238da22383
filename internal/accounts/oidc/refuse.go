package oidc

import (
	"fmt"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
)

// Rule names a check, in logs and in docs/standards/oidc.md.
type Rule string

// The rules. Each has at least one attack in attacks_test.go that only it stops.
const (
	RuleAttempt   Rule = "attempt"   // what Begin kept is whole and belongs to this provider, client and return page
	RuleState     Rule = "state"     // the answer belongs to the attempt
	RuleShape     Rule = "shape"     // one value for each parameter, a code and nothing that the code flow does not have
	RuleMixUp     Rule = "mix-up"    // iss of the answer is our provider (RFC 9207)
	RulePartner   Rule = "partner"   // the provider itself said no
	RuleTransport Rule = "transport" // https, no redirect, bounded, JSON
	RuleDiscovery Rule = "discovery" // metadata is the provider's own and fits
	RuleForm      Rule = "form"      // compact JWS, canonical base64url, bounded
	RuleJSON      Rule = "json"      // strict JSON, no name twice, no name in other case
	RuleHeader    Rule = "header"    // typ, crit and keys in the header
	RuleAlg       Rule = "alg"       // allow-list
	RuleKey       Rule = "key"       // exactly one fitting key of the provider
	RuleSignature Rule = "signature"
	RuleLibrary   Rule = "library" // go-oidc, as second lock behind iss, aud, exp
	RuleIss       Rule = "iss"
	RuleSub       Rule = "sub"
	RuleAud       Rule = "aud"
	RuleAzp       Rule = "azp"
	RuleExp       Rule = "exp"
	RuleIat       Rule = "iat"
	RuleNbf       Rule = "nbf"
	RuleNonce     Rule = "nonce"
	RuleAtHash    Rule = "at_hash"
	RuleAuthTime  Rule = "auth_time"
	RuleKind      Rule = "kind" // an ID token, not a logout token or security event
	RuleACR       Rule = "acr"
	RuleUserinfo  Rule = "userinfo"
)

// Text keys of the calm pages; the host's locale files hold the sentences.
const (
	KeyRefused     = "login.refused"          // the answer did not prove anything
	KeyCancelled   = "login.broken-off"       // the person broke off at the provider
	KeyTooLow      = "login.level-too-low"    // signed in, but below what is needed
	KeyUnavailable = "login.method-silent"    // the provider does not answer, or not usably
	KeySettings    = "login.settings-refused" // administration: the settings cannot be read
	KeySetting     = "login.setting-refused"  // administration: one setting or secret does not fit
)

// refusal is a broken rule. The log gets all of it; the audit entry gets the
// rule's name alone (accounts.RuleOf).
type refusal struct {
	rule Rule
	why  string
	err  error // kind and text key
}

func (r *refusal) Error() string {
	return "oidc: rule " + string(r.rule) + ": " + r.why + ": " + r.err.Error()
}

func (r *refusal) Unwrap() error { return r.err }

// refuse gives an error of kind Forbidden. why goes to the log and holds no
// value of a claim but, made harmless by shown, an algorithm, acr or error code.
func refuse(rule Rule, why string) error { return refuseAs(rule, KeyRefused, why) }

func refuseAs(rule Rule, key, why string) error {
	return &refusal{rule: rule, why: why, err: accounts.Refused(key, "oidc "+string(rule))}
}

// unavailable gives an error of kind Unavailable: the provider cannot be
// reached, or what it says of itself cannot be used.
func unavailable(rule Rule, format string, args ...any) error {
	return &refusal{rule: rule, why: fmt.Sprintf(format, args...), err: errs.Unavailable(KeyUnavailable, nil)}
}

// shown makes a foreign technical value (an algorithm, an acr, an error code)
// fit for one line of a log.
func shown(s string) string {
	if s == "" {
		return "(none)"
	}
	if len(s) > 100 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:/._#-+") != "" {
		return "(unprintable)"
	}
	return s
}
