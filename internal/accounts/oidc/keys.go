package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// Bounds of a provider's keys.
const (
	maxKeys    = 100
	minRSA     = 2048 // TR-02102-1 wants 3000; many providers still sign with 2048
	maxRSA     = 8192 // beyond it, checking costs too much
	minOwnRSA  = 3072 // our own key (TR-03116-4)
	minRSAExpo = 65537
)

// fetchKeys asks the provider for its keys and keeps those with which a
// signature may be checked.
func fetchKeys(ctx context.Context, c *http.Client, address string) ([]jose.JSONWebKey, error) {
	_, body, err := getJSON(ctx, c, address, "")
	if err != nil {
		return nil, err
	}
	return parseKeys(body)
}

// parseKeys reads a key set (RFC 7517 section 5). Keys that are not for
// signatures, too weak, symmetric, of an unknown kind, or published with their
// private part are left out. Error: Unavailable.
func parseKeys(body []byte) ([]jose.JSONWebKey, error) {
	o, err := parseProtocol(body)
	if err != nil {
		return nil, unavailable(RuleJSON, "the key set is no strict JSON: %v", err)
	}
	list, ok := o["keys"].([]any)
	if !ok || len(list) > maxKeys {
		return nil, unavailable(RuleKey, "no key set, or one of more than %d keys", maxKeys)
	}
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &raw); err != nil || len(raw.Keys) != len(list) {
		return nil, unavailable(RuleKey, "a key set that two readers read differently")
	}
	var keys []jose.JSONWebKey
	for i, v := range list {
		o, ok := v.(object)
		if !ok || !forSignatures(o) {
			continue
		}
		var k jose.JSONWebKey
		if k.UnmarshalJSON(raw.Keys[i]) == nil && strong(k) {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// forSignatures reports whether the key's own words allow to check signatures
// with it (RFC 7517 sections 4.2, 4.3), and that it is public.
func forSignatures(o object) bool {
	for _, private := range []string{"d", "k", "p", "q", "dp", "dq", "qi", "oth"} {
		if o.has(private) {
			return false
		}
	}
	if use, ok := o.text("use"); o.has("use") && (!ok || use != "sig") {
		return false
	}
	if o.has("key_ops") {
		ops, ok := o.texts("key_ops")
		if !ok || len(ops) != 1 || ops[0] != "verify" {
			return false
		}
	}
	return true
}

func strong(k jose.JSONWebKey) bool {
	switch p := k.Key.(type) {
	case *rsa.PublicKey:
		return p.N.BitLen() >= minRSA && p.N.BitLen() <= maxRSA && p.E >= minRSAExpo && !roca(p.N)
	case *ecdsa.PublicKey:
		return curveOf(p) != ""
	case ed25519.PublicKey:
		return len(p) == ed25519.PublicKeySize
	}
	return false
}

// roca reports whether the modulus looks like those of a widespread chip whose
// keys can be factored (CVE-2017-15361): modulo every small prime it is a power
// of 65537. One good key in some 200 million looks like it too.
func roca(n *big.Int) bool {
	for _, p := range []int64{3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167} {
		want, power := new(big.Int).Mod(n, big.NewInt(p)).Int64(), int64(1)
		for range p {
			if power == want {
				break
			}
			power = power * 65537 % p
		}
		if power != want {
			return false
		}
	}
	return true
}

// curveOf gives the one algorithm that goes with the key's curve (RFC 7518 3.4).
func curveOf(p *ecdsa.PublicKey) string {
	switch p.Curve {
	case elliptic.P256():
		return "ES256"
	case elliptic.P384():
		return "ES384"
	case elliptic.P521():
		return "ES512"
	}
	return ""
}

// fitting reports whether a signature of the algorithm may be checked with the key.
func fitting(k jose.JSONWebKey, alg string) bool {
	if k.Algorithm != "" && k.Algorithm != alg {
		return false
	}
	switch p := k.Key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		return curveOf(p) == alg
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}

// choose finds the one key for a header. A header without kid needs a provider
// with only one fitting key (Core 10.1). known is false if a younger key set
// might help.
func choose(keys []jose.JSONWebKey, h header) (key jose.JSONWebKey, found, ambiguous bool) {
	n := 0
	for _, k := range keys {
		if fitting(k, h.alg) && (h.kid == "" || k.KeyID == h.kid) {
			key = k
			n++
		}
	}
	return key, n == 1, n > 1
}
