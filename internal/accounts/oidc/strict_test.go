package oidc

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestSeconds(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "1795262400": 1795262400, "1795262400.75": 1795262400, "253402300799": 253402300799,
		"-0": -1, "-1": -1, "1e9": -1, "1E9": -1, "1.5e9": -1, "253402300800": -1, "99999999999999999999": -1, `"1795262400"`: -1, "true": -1, "null": -1, "[1]": -1} {
		o, err := parseObject([]byte(`{"exp":` + in + `}`))
		if err != nil {
			t.Fatal(in, err)
		}
		got, ok := o.seconds("exp")
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%s: %d", in, got)
		}
	}
}

func TestPaths(t *testing.T) {
	o, err := parseObject([]byte(`{"a":{"b":{"c":"x"}},"https://a.example/b":"y","n":null}`))
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]any{"a > b > c": "x", "https://a.example/b": "y", "n": nil, "n > b": nil, "a>x>c": nil, "a > b > c > d": nil} {
		if got := o.at(path(p)); got != want {
			t.Errorf("%s: %v", p, got)
		}
	}
	for _, p := range []string{"", " ", "a >", "> a", "a > > b", "a>b>c>d>e", strings.Repeat("a", 201)} {
		if path(p) != nil {
			t.Errorf("%q is a path", p)
		}
	}
}

// Whatever the strict parser takes, encoding/json (and with it go-oidc and
// x/oauth2) must read in the same way, for every name that counts.
func FuzzStrictJSON(f *testing.F) {
	for _, s := range []string{`{}`, `{"sub":"a","aud":["x","y"],"exp":1795262400,"address":{"locality":"ä"}}`, `{"sub":"a","SUB":"b"}`, `{"sub":"a","\u0073ub":"b"}`,
		`{"ſub":"a"}`, `{"a":"\ud800"}`, `{"a":"\ud83d\ude00"}`, `{"a":[1,{"b":[]}]}`, `[1]`, `{"a":1}{}`, "\ufeff{}", `{"exp":1e9}`, `{"a":"\u0000"}`, "{\"a\":\"\xff\"}", `{"":""}`, `{"İss":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := parseProtocol(b)
		if err != nil {
			return
		}
		var all map[string]any
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if err := d.Decode(&all); err != nil {
			t.Fatalf("taken, and encoding/json refuses: %v", err)
		}
		if !reflect.DeepEqual(plainOf(o), any(all)) {
			t.Fatal("two readers read two things")
		}
		var tok struct {
			Iss, Sub, Nonce, Acr, Azp json.RawMessage
			AtHash                    json.RawMessage `json:"at_hash"`
			IDToken                   json.RawMessage `json:"id_token"`
		}
		if json.Unmarshal(b, &tok) != nil {
			return
		}
		for name, raw := range map[string]json.RawMessage{"iss": tok.Iss, "sub": tok.Sub, "nonce": tok.Nonce, "acr": tok.Acr, "azp": tok.Azp, "at_hash": tok.AtHash, "id_token": tok.IDToken} {
			var v any
			d := json.NewDecoder(bytes.NewReader(raw))
			d.UseNumber()
			if len(raw) > 0 && d.Decode(&v) == nil && !reflect.DeepEqual(v, plainOf(o[name])) {
				t.Fatalf("%s: a struct reads another value than the strict parser", name)
			}
			if len(raw) > 0 && !o.has(name) {
				t.Fatalf("%s: a struct reads what the strict parser does not have", name)
			}
		}
	})
}

// plainOf gives the value with ordinary maps.
func plainOf(v any) any {
	switch v := v.(type) {
	case object:
		m := map[string]any{}
		for k, x := range v {
			m[k] = plainOf(x)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, x := range v {
			l[i] = plainOf(x)
		}
		return l
	}
	return v
}

// FuzzToken feeds readHeader and the rules with foreign tokens: no panic, and
// nothing gets through that nobody signed.
func FuzzToken(f *testing.F) {
	f.Add("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, raw string) {
		h, claims, err := readHeader(raw, Algorithms())
		if err != nil {
			if broken(err) == "" {
				t.Fatal("a refusal without rule")
			}
			return
		}
		for _, r := range tokenRules {
			_ = r.check(proof{claims: claims, alg: h.alg, issuer: issuerA, client: "stadttor", nonce: "n", now: began, began: began})
		}
	})
}

// FuzzKeys: no key set makes us panic or keep a key that may not check signatures.
func FuzzKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"oct","k":"AA"},null,1]}`))
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		keys, err := parseKeys(b)
		if err != nil {
			return
		}
		for _, k := range keys {
			if !k.IsPublic() || !k.Valid() {
				t.Fatal("a key that is not public")
			}
		}
	})
}
