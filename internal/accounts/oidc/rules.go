package oidc

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"slices"
	"strings"
	"time"
)

// leeway is how far a provider's clock may be off.
const leeway = 60 * time.Second

// askedSlack is how much earlier than the attempt somebody may have signed in
// to count as asked again: seconds are rounded, and some providers take a
// sign-in of this very moment for a new one.
const askedSlack = 5 * time.Second

// proof is an ID token whose signature is good, beside what it has to prove.
type proof struct {
	claims      object
	alg         string
	issuer      string
	client      string
	others      []string  // audiences allowed beside client
	nonce       string    // sent with this attempt
	accessToken string    // came with the ID token
	fresh       bool      // the person was to be asked again
	began       time.Time // when the attempt began
	now         time.Time
}

func (p proof) seconds(name string) (time.Time, bool) {
	s, ok := p.claims.seconds(name)
	return time.Unix(s, 0), ok
}

// asked is when the attempt began by the provider's own clock: as long before
// the token was issued as by ours. So the clocks need not agree.
func (p proof) asked() time.Time {
	iat, _ := p.seconds("iat")
	return iat.Add(-p.now.Sub(p.began))
}

// rule is one check; it says what is wrong, or "".
type rule[T any] struct {
	name  Rule
	check func(T) string
}

// tokenRules is everything an ID token has to satisfy beside its form and
// signature (OpenID Connect Core 3.1.3.7). Each stands alone, so that a test
// can leave one out and see an attack get through.
var tokenRules = []rule[proof]{
	{RuleKind, func(p proof) string {
		// A logout token or security event of the same provider is signed with
		// the same keys (Back-Channel Logout 2.4, RFC 8417). A token bound to a key
		// (cnf) or self-issued is no bearer's proof.
		for _, name := range []string{"events", "cnf", "sub_jwk"} {
			if p.claims.has(name) {
				return "the token holds " + name
			}
		}
		return ""
	}},
	{RuleIss, func(p proof) string {
		if iss, ok := p.claims.text("iss"); !ok || iss != p.issuer {
			return "issued by another provider"
		}
		return ""
	}},
	{RuleSub, func(p proof) string {
		sub, ok := p.claims.text("sub")
		if !ok || !token(sub, 1, 255) || strings.TrimSpace(sub) != sub { // Core 2: at most 255 ASCII characters
			return "no usable subject"
		}
		return ""
	}},
	{RuleAud, func(p proof) string {
		list, ok := p.claims.texts("aud")
		if one, single := p.claims.text("aud"); single {
			list, ok = []string{one}, true
		}
		if !ok || !slices.Contains(list, p.client) {
			return "not for us"
		}
		for i, a := range list {
			if a != p.client && !slices.Contains(p.others, a) || slices.Contains(list[:i], a) {
				return "for others too"
			}
		}
		return ""
	}},
	{RuleAzp, func(p proof) string {
		list, _ := p.claims.texts("aud")
		azp, ok := p.claims.text("azp")
		if p.claims.has("azp") && (!ok || azp != p.client) || len(list) > 1 && !ok {
			return "issued to another party"
		}
		return ""
	}},
	{RuleExp, func(p proof) string {
		exp, ok := p.seconds("exp")
		if !ok || p.now.After(exp.Add(leeway)) {
			return "over"
		}
		if iat, ok := p.seconds("iat"); ok && !exp.After(iat) {
			return "over before it began"
		}
		return ""
	}},
	{RuleIat, func(p proof) string {
		iat, ok := p.seconds("iat")
		switch {
		case !ok || iat.After(p.now.Add(leeway)):
			return "issued in the future, or nobody says when"
		case iat.Before(p.began.Add(-leeway)):
			return "issued before this attempt began"
		}
		return ""
	}},
	{RuleNbf, func(p proof) string {
		if nbf, ok := p.seconds("nbf"); p.claims.has("nbf") && (!ok || nbf.After(p.now.Add(leeway))) {
			return "not valid yet"
		}
		return ""
	}},
	{RuleNonce, func(p proof) string {
		nonce, ok := p.claims.text("nonce")
		if !ok || p.nonce == "" || subtle.ConstantTimeCompare([]byte(nonce), []byte(p.nonce)) != 1 {
			return "made for another attempt"
		}
		return ""
	}},
	{RuleAtHash, func(p proof) string {
		want, ok := p.claims.text("at_hash")
		if p.claims.has("at_hash") && (!ok || subtle.ConstantTimeCompare([]byte(want), []byte(halfHash(p.alg, p.accessToken))) != 1) {
			return "the access token is not the one of this ID token"
		}
		return ""
	}},
	{RuleAuthTime, func(p proof) string {
		at, ok := p.seconds("auth_time")
		switch {
		case p.claims.has("auth_time") && (!ok || at.After(p.now.Add(leeway))):
			return "signed in at no possible time"
		case p.fresh && !ok:
			return "the person was to be asked again, and the provider does not say when that was"
		case p.fresh && (at.Before(p.began.Add(-leeway)) || p.asked().After(at.Add(askedSlack))):
			return "the person was not asked again"
		}
		return ""
	}},
	{RuleACR, func(p proof) string {
		if _, ok := p.claims.text("acr"); p.claims.has("acr") && !ok {
			return "acr is no text"
		}
		return ""
	}},
}

// halfHash is at_hash (Core 3.1.3.6): the left half of the hash that goes with
// the signature's algorithm. EdDSA goes with SHA-512 (Ed25519).
func halfHash(alg, accessToken string) string {
	var h hash.Hash
	switch {
	case strings.HasSuffix(alg, "256"):
		h = sha256.New()
	case strings.HasSuffix(alg, "384"):
		h = sha512.New384()
	default:
		h = sha512.New()
	}
	h.Write([]byte(accessToken))
	sum := h.Sum(nil)
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
