package oidc

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"stadttor/internal/clock"
	"stadttor/internal/ident"
)

// fakeProvider is an OpenID provider in memory that is honest until a test
// changes one of its hooks. It checks what an honest provider checks: client,
// return address, verifier.
type fakeProvider struct {
	issuer, client, password string
	clock                    clock.Clock
	key                      any // signs ID tokens
	kid, alg                 string
	acr                      string // of each sign-in
	audience                 string // of our proof; "" is the issuer
	claims                   map[string]any
	info                     map[string]any // userinfo beside sub
	published                []jose.JSONWebKey
	clientKeys               jose.JSONWebKeySet // for private_key_jwt

	metadata func(map[string]any)
	keySet   func() any // instead of published
	mint     func(*minted)
	answer   func(map[string]any) // of the token endpoint
	serve    func(w http.ResponseWriter, r *http.Request) bool

	mu    sync.Mutex // guards the rest
	codes map[string]url.Values
	calls map[string]int
	last  string // the last ID token
}

// minted is an ID token before it is signed.
type minted struct {
	header, claims         map[string]any
	rawHeader, rawClaims   []byte // instead of the maps
	key                    any
	alg                    string // how it is signed, whatever the header says
	signature              func([]byte) []byte
	whole                  func(string) string
	request                url.Values // the authorization request
	previous, access, code string
}

// Keys are made once: RSA keys take long.
var (
	keyP256, _          = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	keyP256b, _         = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	keyP384, _          = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	_, keyEd, _         = ed25519.GenerateKey(rand.Reader)
	keyRSA              = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 2048); return k })
	keyRSAOther         = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 2048); return k })
	keyRSA3072          = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 3072); return k })
	errNotOffered error = fmt.Errorf("no such key")
)

const issuerA = "https://anbieter-a.example"

func newProvider(issuer string, c clock.Clock) *fakeProvider {
	p := &fakeProvider{
		issuer: issuer, client: "stadttor", password: "geheimnis-nur-fuer-tests", clock: c, key: keyP256, kid: "k1", alg: "ES256", acr: "urn:example:hoch",
		claims: map[string]any{"given_name": "Ada", "family_name": "Zzmarke"},
		codes:  map[string]url.Values{}, calls: map[string]int{},
	}
	p.published = []jose.JSONWebKey{{Key: keyP256.Public(), KeyID: "k1", Use: "sig", Algorithm: "ES256"}}
	return p
}

// use lets the provider sign with another key.
func (p *fakeProvider) use(key crypto.Signer, kid, alg string) {
	p.key, p.kid, p.alg = key, kid, alg
	p.published = []jose.JSONWebKey{{Key: key.Public(), KeyID: kid, Use: "sig"}}
}

// knowsKey tells the provider the public key of a connection.
func (p *fakeProvider) knowsKey(t testing.TB, s Settings, secrets map[string]string) {
	t.Helper()
	public, err := ClientKeys(must(json.Marshal(s)), func(name string) (string, error) { return secrets[name], nil })
	if err != nil || json.Unmarshal(public, &p.clientKeys) != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(public), `"d"`) || strings.Contains(string(public), `"p"`) {
		t.Fatal("the public key set holds a private part")
	}
}

// authorize plays the person who signs in: it gives what comes back.
func (p *fakeProvider) authorize(t testing.TB, redirect string) url.Values {
	t.Helper()
	return p.authorizeAs(t, redirect, "", "")
}

// authorizeAs plays somebody by his subject who signs in with an acr; "" is
// what the provider gives to everybody.
func (p *fakeProvider) authorizeAs(t testing.TB, redirect, person, acr string) url.Values {
	t.Helper()
	u, err := url.Parse(redirect)
	if err != nil || !strings.HasPrefix(redirect, p.issuer+"/authorize?") {
		t.Fatalf("sent to %s", redirect)
	}
	q := u.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": p.client, "code_challenge_method": "S256", "response_mode": "query"} {
		if q.Get(name) != want {
			t.Fatalf("%s = %q", name, q.Get(name))
		}
	}
	if q.Get("state") == "" || len(q.Get("nonce")) < 32 || len(q.Get("code_challenge")) != 43 || !slices.Contains(strings.Fields(q.Get("scope")), "openid") {
		t.Fatalf("the request lacks something: %v", q)
	}
	code := ident.Secret()
	q["person"], q["acr"] = []string{person}, []string{acr}
	p.mu.Lock()
	p.codes[code] = q
	p.mu.Unlock()
	return url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.issuer}}
}

func (p *fakeProvider) count(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[path]
}

func (p *fakeProvider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.calls[r.URL.Path]++
	p.mu.Unlock()
	if p.serve != nil && p.serve(w, r) {
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		m := map[string]any{
			"issuer": p.issuer, "authorization_endpoint": p.issuer + "/authorize", "token_endpoint": p.issuer + "/token", "userinfo_endpoint": p.issuer + "/userinfo", "jwks_uri": p.issuer + "/jwks",
			"response_types_supported": []string{"code"}, "code_challenge_methods_supported": []string{"S256"}, "authorization_response_iss_parameter_supported": true,
			"id_token_signing_alg_values_supported": Algorithms(), "token_endpoint_auth_methods_supported": []string{AuthBasic, AuthPost, AuthKey},
		}
		if p.metadata != nil {
			p.metadata(m)
		}
		send(w, m)
	case "/jwks":
		if p.keySet != nil {
			send(w, p.keySet())
			return
		}
		send(w, jose.JSONWebKeySet{Keys: p.published})
	case "/token":
		p.token(w, r)
	case "/userinfo":
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer zugang-") {
			http.Error(w, "", http.StatusUnauthorized)
			return
		}
		out := map[string]any{"sub": "person-1"}
		maps.Copy(out, p.info)
		send(w, out)
	default:
		http.NotFound(w, r)
	}
}

func (p *fakeProvider) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	deny := func(code string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":%q}`, code)
	}
	if !p.known(r) {
		deny("invalid_client")
		return
	}
	p.mu.Lock()
	q, ok := p.codes[r.Form.Get("code")]
	delete(p.codes, r.Form.Get("code"))
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.Form.Get("code_verifier")))
	if !ok || r.Form.Get("grant_type") != "authorization_code" || r.Form.Get("redirect_uri") != q.Get("redirect_uri") || base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") {
		deny("invalid_grant")
		return
	}
	access := "zugang-" + ident.Secret()
	raw, err := p.idToken(q, access)
	if err != nil {
		deny("server_error")
		return
	}
	out := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": raw}
	if p.answer != nil {
		p.answer(out)
	}
	send(w, out)
}

// known checks who asks (Core 9).
func (p *fakeProvider) known(r *http.Request) bool {
	if id, pw, ok := r.BasicAuth(); ok {
		return id == p.client && pw == p.password
	}
	if a := r.Form.Get("client_assertion"); a != "" {
		jws, err := jose.ParseSigned(a, []jose.SignatureAlgorithm{jose.ES256, jose.PS256})
		if err != nil || r.Form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || r.Form.Has("client_secret") {
			return false
		}
		keys := p.clientKeys.Key(jws.Signatures[0].Header.KeyID)
		if len(keys) != 1 {
			return false
		}
		body, err := jws.Verify(keys[0])
		var c struct {
			Iss, Sub, Aud, Jti string
			Exp                int64
		}
		return err == nil && json.Unmarshal(body, &c) == nil && c.Iss == p.client && c.Sub == p.client && c.Aud == cmp.Or(p.audience, p.issuer) && c.Jti != "" && c.Exp > p.clock.Now().Unix()
	}
	return r.Form.Get("client_id") == p.client && r.Form.Get("client_secret") == p.password
}

func (p *fakeProvider) idToken(q url.Values, access string) (string, error) {
	now := p.clock.Now().Unix()
	p.mu.Lock()
	m := &minted{key: p.key, alg: p.alg, request: q, access: access, previous: p.last,
		header: map[string]any{"alg": p.alg, "kid": p.kid, "typ": "JWT"},
		claims: map[string]any{"iss": p.issuer, "sub": "person-1", "aud": p.client, "exp": now + 300, "iat": now, "auth_time": now, "nonce": q.Get("nonce"), "at_hash": halfHash(p.alg, access)},
	}
	p.mu.Unlock()
	if acr := cmp.Or(q.Get("acr"), p.acr); acr != "" {
		m.claims["acr"] = acr
	}
	if person := q.Get("person"); person != "" {
		m.claims["sub"] = person
	}
	maps.Copy(m.claims, p.claims)
	if p.mint != nil {
		p.mint(m)
	}
	raw, err := m.sign()
	p.mu.Lock()
	p.last = raw
	p.mu.Unlock()
	return raw, err
}

func (m *minted) sign() (string, error) {
	if m.rawHeader == nil {
		m.rawHeader, _ = json.Marshal(m.header)
	}
	if m.rawClaims == nil {
		m.rawClaims, _ = json.Marshal(m.claims)
	}
	b64 := base64.RawURLEncoding
	in := b64.EncodeToString(m.rawHeader) + "." + b64.EncodeToString(m.rawClaims)
	sig, err := signature(m.alg, m.key, []byte(in))
	if err != nil {
		return "", err
	}
	if m.signature != nil {
		sig = m.signature(sig)
	}
	out := in + "." + b64.EncodeToString(sig)
	if m.whole != nil {
		out = m.whole(out)
	}
	return out, nil
}

// signature signs as the algorithm says, forbidden ones too.
func signature(alg string, key any, in []byte) ([]byte, error) {
	if strings.EqualFold(alg, "none") {
		return nil, nil
	}
	if alg == "EdDSA" {
		return ed25519.Sign(key.(ed25519.PrivateKey), in), nil
	}
	var h crypto.Hash
	var mac func() hash.Hash
	switch alg[2:5] {
	case "256":
		h, mac = crypto.SHA256, sha256.New
	case "384":
		h, mac = crypto.SHA384, sha512.New384
	default:
		h, mac = crypto.SHA512, sha512.New
	}
	if alg[:2] == "HS" {
		m := hmac.New(mac, key.([]byte))
		m.Write(in)
		return m.Sum(nil), nil
	}
	d := h.New()
	d.Write(in)
	sum := d.Sum(nil)
	switch alg[:2] {
	case "RS":
		return rsa.SignPKCS1v15(rand.Reader, key.(*rsa.PrivateKey), h, sum)
	case "PS":
		salt := rsa.PSSSaltLengthEqualsHash
		if strings.HasSuffix(alg, "with short salt") {
			salt = 1 // 0 stands for automatic
		}
		return rsa.SignPSS(rand.Reader, key.(*rsa.PrivateKey), h, sum, &rsa.PSSOptions{SaltLength: salt})
	case "ES":
		k := key.(*ecdsa.PrivateKey)
		r, s, err := ecdsa.Sign(rand.Reader, k, sum)
		if err != nil {
			return nil, err
		}
		n := (k.Curve.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, n)), s.FillBytes(make([]byte, n))...), nil
	}
	return nil, errNotOffered
}

func send(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if raw, ok := v.(string); ok {
		_, _ = w.Write([]byte(raw))
		return
	}
	_ = json.NewEncoder(w).Encode(v)
}

// inMemory is a network of providers without sockets, by origin.
type inMemory map[string]http.Handler

func (n inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	h := n[r.URL.Scheme+"://"+r.URL.Host]
	if h == nil {
		return nil, fmt.Errorf("no such host")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

var began = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
