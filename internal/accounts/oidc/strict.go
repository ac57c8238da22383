package oidc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a JSON document from outside.
const (
	maxDepth   = 12
	maxMembers = 5000 // names and values of the whole document
)

// object is a JSON object that was read strictly. Values are string, bool, nil,
// json.Number, object and []any.
type object map[string]any

// parseProtocol reads a token's part or an answer of a provider: parseObject,
// and at the top no name of the protocols in another spelling ("ISS", "ſub":
// encoding/json takes both for the real one).
func parseProtocol(b []byte) (object, error) {
	o, err := parseObject(b)
	if err != nil {
		return nil, err
	}
	for name := range o {
		if low := fold(name); low != name && slices.Contains(knownNames, low) {
			return nil, errors.New("a known name in another spelling")
		}
	}
	return o, nil
}

// parseObject reads one JSON object as RFC 8259 allows it and as all readers
// understand it: valid UTF-8, no name twice at any depth, no two names that
// differ in case only, no half surrogate pairs, nothing behind the end.
func parseObject(b []byte) (object, error) {
	if !utf8.Valid(b) {
		return nil, errors.New("not UTF-8")
	}
	if !json.Valid(b) {
		return nil, errors.New("not JSON")
	}
	p := strictParser{d: json.NewDecoder(bytes.NewReader(b)), left: maxMembers}
	p.d.UseNumber()
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	o, ok := v.(object)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	if _, err := p.d.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value")
	}
	return o, nil
}

type strictParser struct {
	d    *json.Decoder
	left int
}

func (p *strictParser) value(depth int) (any, error) {
	if p.left--; p.left < 0 {
		return nil, errors.New("too many values")
	}
	if depth > maxDepth {
		return nil, errors.New("too deep")
	}
	t, err := p.d.Token()
	if err != nil {
		return nil, errors.New("not JSON")
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return p.object(depth)
		}
		return p.array(depth)
	case string:
		return t, wellFormed(t)
	default:
		return t, nil
	}
}

func (p *strictParser) object(depth int) (object, error) {
	o, folded := object{}, map[string]bool{}
	for p.d.More() {
		t, err := p.d.Token()
		if err != nil {
			return nil, errors.New("not JSON")
		}
		name, ok := t.(string)
		if !ok {
			return nil, errors.New("not JSON")
		}
		if err := wellFormed(name); err != nil {
			return nil, err
		}
		low := fold(name)
		if _, twice := o[name]; twice {
			return nil, errors.New("a name stands twice")
		}
		if folded[low] {
			return nil, errors.New("two names differ in case only")
		}
		if o[name], err = p.value(depth + 1); err != nil {
			return nil, err
		}
		folded[low] = true
	}
	_, err := p.d.Token()
	return o, err
}

func (p *strictParser) array(depth int) ([]any, error) {
	list := []any{}
	for p.d.More() {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := p.d.Token()
	return list, err
}

// wellFormed refuses what encoding/json made of half a surrogate pair, and NUL.
func wellFormed(s string) error {
	if strings.ContainsRune(s, utf8.RuneError) || strings.ContainsRune(s, 0) {
		return errors.New("a character that cannot be")
	}
	return nil
}

// fold brings a name to the form in which encoding/json compares names: simple
// case folding, so that the long s and the Kelvin sign count as s and k.
func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// knownNames are the names that this package or its libraries look for at the
// top of a token, header, key set, metadata, token answer or userinfo and on
// which a decision depends.
var knownNames = []string{
	"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "acr", "amr", "at_hash", "c_hash", "auth_time", "events", "cnf", "sub_jwk", "_claim_names", "_claim_sources",
	"alg", "typ", "cty", "kid", "crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c",
	"keys", "access_token", "id_token", "token_type", "error",
	"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "response_types_supported", "response_modes_supported",
	"id_token_signing_alg_values_supported", "code_challenge_methods_supported", "token_endpoint_auth_methods_supported",
	"authorization_response_iss_parameter_supported", "require_pushed_authorization_requests", "require_signed_request_object",
}

// text gives a member that is a string; ok is false if it is missing or
// something else.
func (o object) text(name string) (s string, ok bool) {
	s, ok = o[name].(string)
	return s, ok
}

// has says whether the member is there, whatever it holds.
func (o object) has(name string) bool { _, ok := o[name]; return ok }

// seconds gives a NumericDate (RFC 7519 section 2) in whole seconds, from 0 to
// the year 9999. A quoted number or one with an exponent is none.
func (o object) seconds(name string) (int64, bool) {
	n, ok := o[name].(json.Number)
	if !ok {
		return 0, false
	}
	whole, fraction, _ := strings.Cut(n.String(), ".")
	if strings.Trim(fraction, "0123456789") != "" {
		return 0, false
	}
	v, err := strconv.ParseInt(whole, 10, 64)
	return v, err == nil && v >= 0 && v < 253402300800 && !strings.HasPrefix(whole, "-")
}

// texts gives a member that is a list of strings.
func (o object) texts(name string) (list []string, ok bool) {
	raw, ok := o[name].([]any)
	if !ok {
		return nil, false
	}
	for _, v := range raw {
		s, ok := v.(string)
		if !ok {
			return nil, false
		}
		list = append(list, s)
	}
	return list, true
}

// at follows a path of names; nil if it leads nowhere.
func (o object) at(path []string) any {
	var v any = o
	for _, name := range path {
		in, ok := v.(object)
		if !ok {
			return nil
		}
		v = in[name]
	}
	return v
}
