package oidc

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// maxToken bounds an ID token in bytes.
const maxToken = 64 << 10

// header is what an ID token's protected header may say.
type header struct{ alg, kid string }

// readHeader checks the form of an ID token before anything is computed with
// it: JWS compact serialisation, canonical base64url, strict JSON on both
// sides, nothing in the header that would choose a key or a meaning for us.
func readHeader(raw string, allowed []string) (h header, claims object, err error) {
	if len(raw) > maxToken {
		return h, nil, refuse(RuleForm, "an ID token above the bound")
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return h, nil, refuse(RuleForm, "not a compact JWS")
	}
	var plain [3][]byte
	for i, p := range parts {
		// Strict refuses set padding bits; the decoder skips line breaks, so those are looked for.
		if plain[i], err = base64.RawURLEncoding.Strict().DecodeString(p); err != nil || p == "" && i < 2 || strings.ContainsAny(p, "\r\n") {
			return h, nil, refuse(RuleForm, "not canonical base64url")
		}
	}
	head, err := parseProtocol(plain[0])
	if err != nil {
		return h, nil, refuse(RuleJSON, "header: "+err.Error())
	}
	for _, name := range []string{"crit", "b64", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c"} {
		if head.has(name) {
			return h, nil, refuse(RuleHeader, "the header holds "+name)
		}
	}
	if typ, ok := head.text("typ"); head.has("typ") && (!ok || !strings.EqualFold(typ, "JWT")) {
		return h, nil, refuse(RuleHeader, "the header names another kind of token")
	}
	var ok bool
	if h.kid, ok = head.text("kid"); head.has("kid") && (!ok || h.kid == "" || len(h.kid) > 500) {
		return h, nil, refuse(RuleHeader, "kid is no text")
	}
	if h.alg, ok = head.text("alg"); !ok || !slices.Contains(allowed, h.alg) {
		return h, nil, refuse(RuleAlg, "algorithm not allowed: "+shown(h.alg))
	}
	if len(plain[2]) == 0 {
		return h, nil, refuse(RuleSignature, "no signature")
	}
	if claims, err = parseProtocol(plain[1]); err != nil {
		return h, nil, refuse(RuleJSON, "claims: "+err.Error())
	}
	return h, claims, nil
}

// keySet is go-oidc's KeySet for one token: it chooses the key, checks the
// signature, and remembers why it refused, since go-oidc flattens errors.
type keySet struct {
	keys    *kept[[]jose.JSONWebKey]
	header  header
	good    bool // the signature was checked and fits
	refused error
}

// VerifySignature implements go-oidc's KeySet.
func (s *keySet) VerifySignature(ctx context.Context, raw string) ([]byte, error) {
	payload, err := s.verify(ctx, raw)
	s.refused, s.good = err, err == nil
	return payload, err
}

func (s *keySet) verify(ctx context.Context, raw string) ([]byte, error) {
	keys, version, err := s.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	key, found, ambiguous := choose(keys, s.header)
	if !found && !ambiguous { // the provider may have changed its keys
		if younger, ok := s.keys.newer(ctx, version); ok {
			key, found, ambiguous = choose(younger, s.header)
		}
	}
	switch {
	case ambiguous:
		return nil, refuse(RuleKey, "several keys fit, and the token does not say which")
	case !found:
		return nil, refuse(RuleKey, "no key of the provider fits")
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(s.header.alg)})
	if err != nil {
		return nil, refuse(RuleForm, "go-jose cannot read the JWS")
	}
	payload, err := jws.Verify(key.Key)
	if err != nil || !saltFits(raw, s.header.alg, key.Key) {
		return nil, refuse(RuleSignature, "the signature does not fit")
	}
	return payload, nil
}

// saltFits reports whether the salt of a PSS signature is as long as the hash
// (RFC 7518 3.5); go-jose takes any length. Other algorithms have no salt.
func saltFits(raw, alg string, key any) bool {
	h, pss := map[string]crypto.Hash{"PS256": crypto.SHA256, "PS384": crypto.SHA384, "PS512": crypto.SHA512}[alg]
	if !pss {
		return true
	}
	public, ok := key.(*rsa.PublicKey)
	dot := strings.LastIndexByte(raw, '.')
	sig, err := base64.RawURLEncoding.DecodeString(raw[dot+1:])
	if !ok || err != nil {
		return false
	}
	d := h.New()
	d.Write([]byte(raw[:dot]))
	return rsa.VerifyPSS(public, h, d.Sum(nil), sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
}
