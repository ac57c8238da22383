package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	rp "github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"stadttor/internal/accounts"
	"stadttor/internal/clock"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
)

// Name of this kind of connection.
const Name = "oidc"

// Config of the extension.
type Config struct {
	// Clock dates tokens; nil is the machine's.
	Clock clock.Clock
	// Transport calls providers; nil is one with time limits, TLS 1.2 and the
	// proxy of the environment. Whatever it is, it is guarded.
	Transport http.RoundTripper
	// Loopback allows plain http to this machine: demo and tests only.
	Loopback bool
}

// New gives the kind of connection. All connections made by it share the
// public metadata and keys of a provider, so making one is cheap and calls nobody.
func New(c Config) accounts.Kind {
	if c.Clock == nil {
		c.Clock = clock.System()
	}
	if c.Transport == nil {
		c.Transport = plain()
	}
	h := &house{c: c, client: c.client(), providers: map[string]*provider{}}
	return accounts.Kind{Name: Name, Title: "OpenID Connect", New: h.factory, Settings: fields()}
}

// house holds what all connections share.
type house struct {
	c      Config
	client *http.Client

	mu        sync.Mutex           // guards providers
	providers map[string]*provider // by issuer
}

// provider is what one issuer publishes. It belongs to no connection: it comes
// from the issuer's own address only.
type provider struct {
	metadata *kept[metadata]
	client   *http.Client
	clock    clock.Clock

	mu   sync.Mutex                          // guards keys
	keys map[string]*kept[[]jose.JSONWebKey] // by jwks_uri, which may change
}

func (h *house) provider(issuer string) *provider {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.providers[issuer]
	if p == nil {
		p = &provider{client: h.client, clock: h.c.Clock, keys: map[string]*kept[[]jose.JSONWebKey]{}}
		p.metadata = &kept[metadata]{clock: h.c.Clock, fetch: func(ctx context.Context) (metadata, error) {
			return fetchMetadata(ctx, h.client, issuer, h.c.Loopback)
		}}
		h.providers[issuer] = p
	}
	return p
}

func (p *provider) keysAt(address string) *kept[[]jose.JSONWebKey] {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.keys[address]
	if k == nil {
		clear(p.keys) // the address has changed: the old set is of no use
		k = &kept[[]jose.JSONWebKey]{clock: p.clock, fetch: func(ctx context.Context) ([]jose.JSONWebKey, error) {
			return fetchKeys(ctx, p.client, address)
		}}
		p.keys[address] = k
	}
	return k
}

// factory implements accounts.Factory.
func (h *house) factory(_ context.Context, raw json.RawMessage, secret func(string) (string, error)) (accounts.Method, error) {
	s, err := parseSettings(raw, h.c.Loopback)
	if err != nil {
		return nil, err
	}
	m := &Method{s: s, loopback: h.c.Loopback, client: h.client, clock: h.c.Clock, provider: h.provider(s.Issuer), tokenRules: tokenRules, answerRules: answerRules}
	if s.ClientAuth == AuthKey {
		text, err := secret(SecretKey)
		if err != nil {
			return nil, err
		}
		if m.key, err = readKey(text, s); err != nil {
			return nil, badSecret(SecretKey)
		}
		return m, nil
	}
	if m.password, err = secret(SecretPassword); err != nil {
		return nil, err
	}
	if len(m.password) < 16 || len(m.password) > 1000 {
		return nil, badSecret(SecretPassword)
	}
	return m, nil
}

func badSecret(name string) error {
	return errs.Invalid(KeySetting, errs.Field{Name: name, Key: KeySetting})
}

// Method is one connection to a provider. It implements accounts.Method and is
// safe for concurrent use.
type Method struct {
	s        Settings
	password string
	key      clientKey
	loopback bool
	client   *http.Client
	clock    clock.Clock
	provider *provider

	tokenRules  []rule[proof]
	answerRules []rule[answer]
}

// held is what Begin keeps for Complete.
type held struct {
	Issuer   string `json:"issuer"`
	Client   string `json:"client"`
	Back     string `json:"back"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	Began    int64  `json:"began"` // Unix seconds
}

// Check asks the provider for its metadata and keys, for an administrator who
// has just typed the settings. Error: Unavailable; its log text says what does
// not fit.
func (m *Method) Check(ctx context.Context) error {
	meta, err := m.meta(ctx)
	if err != nil {
		return err
	}
	keys, _, err := m.provider.keysAt(meta.jwks).get(ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		for _, alg := range meta.allowed(m.s) {
			if fitting(k, alg) {
				return nil
			}
		}
	}
	return unavailable(RuleKey, "the provider publishes no key that may be used")
}

func (m *Method) meta(ctx context.Context) (metadata, error) {
	meta, _, err := m.provider.metadata.get(ctx)
	if err != nil {
		return meta, err
	}
	if why := meta.fits(m.s); why != "" {
		return meta, unavailable(RuleDiscovery, "%s", why)
	}
	return meta, nil
}

// Begin implements accounts.Method: an authorization request with code, PKCE,
// nonce, and the level as acr (Core 3.1.2.1, RFC 7636, RFC 9700 2.1).
func (m *Method) Begin(ctx context.Context, a accounts.Attempt) (accounts.Begun, error) {
	meta, err := m.meta(ctx)
	if err != nil {
		return accounts.Begun{}, err
	}
	if !address(a.Back, m.loopback, false) || a.State == "" {
		return accounts.Begun{}, errors.New("oidc: an attempt without return page or state")
	}
	h := held{Issuer: m.s.Issuer, Client: m.s.ClientID, Back: a.Back, Nonce: ident.Secret(), Verifier: oauth2.GenerateVerifier(), Began: m.clock.Now().Unix()}
	keep, err := json.Marshal(h)
	if err != nil {
		return accounts.Begun{}, err
	}
	with := []oauth2.AuthCodeOption{rp.Nonce(h.Nonce), oauth2.S256ChallengeOption(h.Verifier), oauth2.SetAuthURLParam("response_mode", "query")}
	if a.Fresh {
		with = append(with, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	if a.Lang != "" {
		with = append(with, oauth2.SetAuthURLParam("ui_locales", a.Lang))
	}
	if acr := m.s.wanted(a.Level); len(acr) > 0 && m.s.AskLevel == AskACR {
		with = append(with, oauth2.SetAuthURLParam("acr_values", strings.Join(acr, " ")))
	} else if len(acr) > 0 && m.s.AskLevel == AskClaims {
		claims, err := json.Marshal(map[string]any{"id_token": map[string]any{"acr": map[string]any{"essential": true, "values": acr}}})
		if err != nil {
			return accounts.Begun{}, err
		}
		with = append(with, oauth2.SetAuthURLParam("claims", string(claims)))
	}
	return accounts.Begun{Redirect: m.oauth(meta, a.Back).AuthCodeURL(a.State, with...), Keep: keep}, nil
}

// oauth describes us and the provider to x/oauth2.
func (m *Method) oauth(meta metadata, back string) *oauth2.Config {
	style := oauth2.AuthStyleInParams
	if m.s.ClientAuth == AuthBasic {
		style = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{
		ClientID: m.s.ClientID, ClientSecret: m.password, RedirectURL: back, Scopes: append([]string{"openid"}, m.s.Scopes...),
		Endpoint: oauth2.Endpoint{AuthURL: meta.authorization, TokenURL: meta.token, AuthStyle: style},
	}
}

// Complete implements accounts.Method: it checks what the browser brings,
// exchanges the code and checks the ID token by every rule.
func (m *Method) Complete(ctx context.Context, a accounts.Attempt, back url.Values) (accounts.Identity, error) {
	var none accounts.Identity
	h, err := m.recall(a)
	if err != nil {
		return none, err
	}
	meta, err := m.meta(ctx)
	if err != nil {
		return none, err
	}
	said := answer{back: back, state: a.State, issuer: m.s.Issuer, issuerNeeded: meta.issParameter || m.s.RequireIss}
	for _, r := range m.answerRules {
		if why := r.check(said); why != "" {
			return none, refuse(r.name, why)
		}
	}
	if code := back.Get("error"); code != "" {
		return none, partnerError(code)
	}
	raw, access, err := m.exchange(ctx, meta, h, back.Get("code"))
	if err != nil {
		return none, err
	}
	claims, err := m.verify(ctx, meta, raw, proof{
		issuer: m.s.Issuer, client: m.s.ClientID, others: m.s.OtherAudiences, nonce: h.Nonce, accessToken: access,
		fresh: a.Fresh, began: time.Unix(h.Began, 0), now: m.clock.Now(),
	})
	if err != nil {
		return none, err
	}
	subject, _ := claims.text("sub")
	acr, _ := claims.text("acr")
	level, means := m.s.level(acr)
	if level < a.Level {
		return none, refuseAs(RuleACR, KeyTooLow, "the provider gives acr "+shown(acr)+", which is "+level.String())
	}
	sources := []object{claims}
	if m.s.Userinfo {
		info, err := m.userinfo(ctx, meta, access, subject)
		if err != nil {
			return none, err
		}
		sources = append(sources, info)
	}
	return accounts.Identity{
		Issuer: m.s.Issuer, Subject: subject, Level: level, Means: means,
		Company: m.s.company(sources...), Profile: m.s.profile(level, sources...),
	}, nil
}

// recall reads what Begin kept, and refuses an attempt that began at another
// connection.
func (m *Method) recall(a accounts.Attempt) (held, error) {
	var h held
	if err := json.Unmarshal(a.Keep, &h); err != nil || h.Nonce == "" || h.Verifier == "" || h.Began == 0 {
		return h, refuse(RuleAttempt, "nothing was kept")
	}
	if h.Issuer != m.s.Issuer || h.Client != m.s.ClientID || h.Back != a.Back {
		return h, refuse(RuleAttempt, "the attempt began at another connection")
	}
	return h, nil
}

// exchange turns the code into an ID token and an access token (Core 3.1.3).
func (m *Method) exchange(ctx context.Context, meta metadata, h held, code string) (raw, access string, err error) {
	with := []oauth2.AuthCodeOption{oauth2.VerifierOption(h.Verifier)}
	if m.s.ClientAuth == AuthKey {
		audience := m.s.Issuer
		if m.s.KeyAudience == "token_endpoint" {
			audience = meta.token
		}
		proof, err := m.key.assertion(m.s.ClientID, audience, m.clock.Now())
		if err != nil {
			return "", "", errors.New("oidc: our own assertion cannot be signed")
		}
		with = append(with, oauth2.SetAuthURLParam("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), oauth2.SetAuthURLParam("client_assertion", proof))
	}
	t, err := m.oauth(meta, h.Back).Exchange(context.WithValue(ctx, oauth2.HTTPClient, m.client), code, with...)
	var no *oauth2.RetrieveError // its text holds the body, so it is not passed on
	switch {
	case errors.As(err, &no) && no.ErrorCode == "invalid_grant":
		return "", "", refuse(RulePartner, "the provider does not take the code")
	case errors.As(err, &no):
		return "", "", unavailable(RulePartner, "the token endpoint says %s", shown(no.ErrorCode))
	case err != nil:
		return "", "", unwrapCall(err)
	}
	raw, _ = t.Extra("id_token").(string)
	if raw == "" {
		return "", "", refuse(RuleForm, "no ID token")
	}
	if kind, _ := t.Extra("token_type").(string); !strings.EqualFold(kind, "Bearer") || !token(t.AccessToken, 1, 16<<10) {
		return "", "", refuse(RuleForm, "no bearer token beside the ID token")
	}
	return raw, t.AccessToken, nil
}

// verify checks an ID token: form, key, signature, then every rule. go-oidc
// sees it too and is the second lock on signature, iss, aud and exp.
func (m *Method) verify(ctx context.Context, meta metadata, raw string, p proof) (object, error) {
	allowed := meta.allowed(m.s)
	head, claims, err := readHeader(raw, allowed)
	if err != nil {
		return nil, err
	}
	keys := &keySet{keys: m.provider.keysAt(meta.jwks), header: head}
	_, second := rp.NewVerifier(p.issuer, keys, &rp.Config{
		ClientID: p.client, SupportedSigningAlgs: allowed,
		Now: func() time.Time { return p.now.Add(-leeway) },
	}).Verify(ctx, raw)
	if keys.refused != nil {
		return nil, keys.refused
	}
	if !keys.good {
		return nil, refuse(RuleLibrary, "go-oidc does not take the token")
	}
	p.claims, p.alg = claims, head.alg
	for _, r := range m.tokenRules {
		if why := r.check(p); why != "" {
			return nil, refuse(r.name, why)
		}
	}
	if second != nil {
		return nil, refuse(RuleLibrary, "go-oidc does not take the token")
	}
	return claims, nil
}

// userinfo fetches claims; they must be of the same person (Core 5.3.2, 5.3.4).
func (m *Method) userinfo(ctx context.Context, meta metadata, access, subject string) (object, error) {
	o, _, err := getJSON(ctx, m.client, meta.userinfo, access)
	if err != nil {
		return nil, err
	}
	if sub, ok := o.text("sub"); !ok || subtle.ConstantTimeCompare([]byte(sub), []byte(subject)) != 1 {
		return nil, refuse(RuleUserinfo, "userinfo speaks of another person")
	}
	return o, nil
}
