package provider

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/crypto"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// at is where a request of a machine came in.
type at struct {
	door   tenancy.Door
	issuer string
}

type atKey struct{}

func (s *Service) endpoints() http.Handler {
	e := func(path string) *op.Endpoint { return op.NewEndpoint(path) }
	return op.RegisterServer(machine{s: s}, op.Endpoints{Token: e(PathToken), Userinfo: e(PathUserinfo), JwksURI: e(PathKeys)},
		op.WithServerCORSOptions(nil), op.WithFallbackLogger(slog.New(slog.DiscardHandler)))
}

// Serve answers discovery, keys, token and userinfo at an account host; issuer is
// its address. What is asked by the address where a secret or a token belongs
// into the body or a header is refused, and so is a parameter given twice.
func (s *Service) Serve(w http.ResponseWriter, r *http.Request, door tenancy.Door, issuer string) {
	w.Header().Set("Cache-Control", "no-store")
	scheme := `Basic realm="openid"`
	if r.URL.Path == PathUserinfo {
		scheme = `Bearer error="invalid_token"`
	}
	w = &challenger{ResponseWriter: w, scheme: scheme}
	once := true
	if r.Method == http.MethodPost {
		if err := r.ParseForm(); err != nil {
			once = false
		}
		for _, v := range r.PostForm {
			once = once && len(v) == 1
		}
	}
	if r.URL.RawQuery != "" || !once {
		op.WriteError(w, r, oidc.ErrInvalidRequest().WithDescription("parameters in the address, twice or unreadable"), slog.New(slog.DiscardHandler))
		return
	}
	s.http.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), atKey{}, at{door, issuer})))
}

// challenger adds the challenge that a 401 needs (RFC 6749 5.2, RFC 6750 3).
type challenger struct {
	http.ResponseWriter
	scheme string
}

// WriteHeader implements http.ResponseWriter.
func (c *challenger) WriteHeader(status int) {
	if status == http.StatusUnauthorized {
		c.Header().Set("WWW-Authenticate", c.scheme)
	}
	c.ResponseWriter.WriteHeader(status)
}

// machine answers what zitadel/oidc has parsed. What it does not implement is
// answered as unsupported.
type machine struct {
	op.UnimplementedServer
	s *Service
}

// fail hides an error of ours from the module.
func (m machine) fail(what string, err error) error {
	if errs.Is(err, errs.KindUnavailable) {
		return op.NewStatusError(oidc.ErrServerError(), http.StatusServiceUnavailable)
	}
	m.s.c.Log.Error(what, "error", err.Error())
	return op.NewStatusError(oidc.ErrServerError(), http.StatusInternalServerError)
}

// discovery is the metadata with what the library has no field for.
type discovery struct {
	oidc.DiscoveryConfiguration
	IssInAnswer bool `json:"authorization_response_iss_parameter_supported"`
	Claims      bool `json:"claims_parameter_supported"`
	RequestURI  bool `json:"request_uri_parameter_supported"`
}

// Discovery implements op.Server.
func (m machine) Discovery(ctx context.Context, _ *op.Request[struct{}]) (*op.Response, error) {
	issuer := ctx.Value(atKey{}).(at).issuer
	d := discovery{IssInAnswer: true}
	d.DiscoveryConfiguration = oidc.DiscoveryConfiguration{
		Issuer: issuer, AuthorizationEndpoint: issuer + PathAuthorize, TokenEndpoint: issuer + PathToken, UserinfoEndpoint: issuer + PathUserinfo, JwksURI: issuer + PathKeys,
		ScopesSupported: append([]string{oidc.ScopeOpenID}, Scopes()...), ResponseTypesSupported: []string{string(oidc.ResponseTypeCode)}, ResponseModesSupported: []string{string(oidc.ResponseModeQuery)},
		GrantTypesSupported: []oidc.GrantType{oidc.GrantTypeCode}, SubjectTypesSupported: []string{"pairwise"}, IDTokenSigningAlgValuesSupported: []string{string(jose.RS256)},
		TokenEndpointAuthMethodsSupported: []oidc.AuthMethod{oidc.AuthMethodBasic, oidc.AuthMethodPost}, CodeChallengeMethodsSupported: []oidc.CodeChallengeMethod{oidc.CodeChallengeMethodS256},
		ClaimsSupported: []string{"sub", "acr", "auth_time", "name", "given_name", "family_name", "email", "email_verified", "address", "claims_loa"},
	}
	for _, x := range levels {
		d.ACRValuesSupported = append(d.ACRValuesSupported, x.acr)
	}
	return op.NewResponse(&d), nil
}

// Keys implements op.Server.
func (m machine) Keys(ctx context.Context, _ *op.Request[struct{}]) (*op.Response, error) {
	list, err := m.s.keys(ctx, ctx.Value(atKey{}).(at).door.Realm)
	if err != nil {
		return nil, m.fail("reading keys of the provider", err)
	}
	set := jose.JSONWebKeySet{}
	for _, k := range list {
		set.Keys = append(set.Keys, jose.JSONWebKey{KeyID: k.id, Algorithm: string(jose.RS256), Use: oidc.KeyUseSignature, Key: &k.key.PublicKey})
	}
	return op.NewResponse(set), nil
}

// VerifyClient implements op.Server: by the client's secret and nothing else.
func (m machine) VerifyClient(ctx context.Context, r *op.Request[op.ClientCredentials]) (op.Client, error) {
	here := ctx.Value(atKey{}).(at)
	c, _, err := m.s.client(ctx, here.door.Realm.ID, r.Data.ClientID)
	if err != nil && !errs.Is(err, errs.KindNotFound) {
		return nil, m.fail("reading a client", err)
	}
	if err != nil || !c.Enabled || r.Data.ClientAssertion != "" || !c.knows(r.Data.ClientSecret) {
		if err := m.s.refused(ctx, here.door, "client secret", nil); err != nil {
			return nil, m.fail("noting a refusal", err)
		}
		return nil, op.NewStatusError(oidc.ErrInvalidClient(), http.StatusUnauthorized)
	}
	return registered{c}, nil
}

// CodeExchange implements op.Server.
func (m machine) CodeExchange(ctx context.Context, r *op.ClientRequest[oidc.AccessTokenRequest]) (*op.Response, error) {
	here, c := ctx.Value(atKey{}).(at), r.Client.(registered).Client
	keys, err := m.s.keys(ctx, here.door.Realm)
	if err != nil {
		return nil, m.fail("reading keys of the provider", err)
	}
	g, rule, err := m.s.redeem(ctx, here.door, c, r.Data.Code, r.Data.RedirectURI, r.Data.CodeVerifier)
	if err != nil {
		return nil, m.fail("redeeming a code", err)
	}
	if rule != "" {
		return nil, oidc.ErrInvalidGrant()
	}
	key, err := m.s.realmKey(here.door.Realm)
	if err != nil {
		return nil, m.fail("key of the realm", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: keys[0].key, KeyID: keys[0].id}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, m.fail("signing", err)
	}
	hash, err := oidc.ClaimHash(g.token, jose.RS256)
	if err != nil {
		return nil, m.fail("signing", err)
	}
	claims := oidc.IDTokenClaims{AccessTokenHash: hash, TokenClaims: oidc.TokenClaims{Issuer: here.issuer, Subject: subject(key, c, g.person), Audience: oidc.Audience{c.Key},
		Expiration: oidc.FromTime(g.now.Add(tokenLife)), IssuedAt: oidc.FromTime(g.now), AuthTime: oidc.FromTime(g.signedAt), Nonce: g.nonce, AuthenticationContextClassReference: ACR(g.level)}}
	token, err := crypto.Sign(&claims, signer)
	if err != nil {
		return nil, m.fail("signing", err)
	}
	return op.NewResponse(&oidc.AccessTokenResponse{AccessToken: g.token, TokenType: oidc.BearerToken, ExpiresIn: uint64(tokenLife / time.Second), IDToken: token, Scope: g.scopes}), nil
}

// UserInfo implements op.Server: what the person agreed to and has not taken
// back. The first answer to a token is noted in the person's history.
func (m machine) UserInfo(ctx context.Context, r *op.Request[oidc.UserInfoRequest]) (*op.Response, error) {
	here := ctx.Value(atKey{}).(at)
	u, ok, err := m.s.userinfo(ctx, here.door, r.Data.AccessToken)
	if err != nil {
		return nil, m.fail("reading userinfo", err)
	}
	if !ok {
		return nil, op.NewStatusError(oidc.ErrAccessDenied().WithDescription("invalid_token"), http.StatusUnauthorized)
	}
	return op.NewResponse(u), nil
}

func (s *Service) userinfo(ctx context.Context, door tenancy.Door, token string) (u *oidc.UserInfo, ok bool, err error) {
	var person ident.PersonID
	var client, scopes, consent string
	var session, code []byte
	var level int64
	err = s.c.DB.View(ctx, door.Realm.Scope(), func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT person_id,client_id,scopes,consent_id,session_id,code_id,level FROM provider_token WHERE realm_id=$1 AND id=$2 AND expires_at>$3`, string(tx.Realm()), digest(token), db.Micros(tx.Now)).
			Scan(&person, &client, &scopes, &consent, &session, &code, &level)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	c, _, err := s.client(ctx, door.Realm.ID, client)
	if errs.Is(err, errs.KindNotFound) || err == nil && !c.Enabled {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	who := perm.Citizen{Realm: door.Realm.ID, Person: person, Level: perm.Level(level)}
	p, err := s.c.Accounts.Profile(ctx, who)
	if errs.Is(err, errs.KindNotFound) { // deleted meanwhile
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	key, err := s.realmKey(door.Realm)
	if err != nil {
		return nil, false, err
	}
	granted := fields(scopes)
	err = s.c.DB.InTx(ctx, who.Own(), func(tx *db.Tx) error {
		u, ok = &oidc.UserInfo{Subject: subject(key, c, person)}, false
		if in, err := signedIn(ctx, tx, session); err != nil || !in {
			return err
		}
		if consent == nothing {
			ok = true
			return nil
		}
		back, err := withdrawn(ctx, tx, consent)
		if err != nil || back {
			return err
		}
		id, agreed, err := consentOf(ctx, tx, c)
		if err != nil || id == "" {
			return err
		}
		ok = true
		claims(u, p, granted, agreed, who.Level)
		var names []string
		for _, a := range attrsOf(granted) {
			if _, known := p[a]; known && containsAttr(agreed, a) {
				names = append(names, string(a))
			}
		}
		if len(names) == 0 {
			return nil
		}
		_, err = tx.Exec(ctx, `INSERT INTO account_use (realm_id,person_id,id,authority,purpose,form,title,case_id,consent_id,attributes,at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)
			ON CONFLICT (realm_id,person_id,case_id,consent_id,attributes) DO NOTHING`,
			string(tx.Realm()), string(tx.Person()), ident.New[string](tx.Now), string(c.Tenant), accounts.PurposeModule, string(c.ID), c.title(), handOver(code), id, strings.Join(names, ","), db.Micros(tx.Now))
		return err
	})
	return u, ok, err
}

func containsAttr(list []accounts.Attr, a accounts.Attr) bool {
	for _, x := range list {
		if x == a {
			return true
		}
	}
	return false
}

// handOver names one hand-over in the history, so that each is one line.
func handOver(code []byte) string { return "module:" + oidc.NewSHACodeChallenge(string(code))[:22] }

// registered is a client as the library asks about it.
type registered struct{ Client }

// GetID implements op.Client, as all methods below do.
func (r registered) GetID() string                       { return r.Key }
func (r registered) RedirectURIs() []string              { return r.Redirects }
func (r registered) PostLogoutRedirectURIs() []string    { return nil }
func (r registered) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (r registered) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethodBasic }
func (r registered) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (r registered) GrantTypes() []oidc.GrantType                                 { return []oidc.GrantType{oidc.GrantTypeCode} }
func (r registered) LoginURL(string) string                                       { return PathContinue }
func (r registered) AccessTokenType() op.AccessTokenType                          { return op.AccessTokenTypeBearer }
func (r registered) IDTokenLifetime() time.Duration                               { return tokenLife }
func (r registered) DevMode() bool                                                { return false }
func (r registered) RestrictAdditionalIdTokenScopes() func([]string) []string     { return none }
func (r registered) RestrictAdditionalAccessTokenScopes() func([]string) []string { return none }
func (r registered) IsScopeAllowed(string) bool                                   { return false }
func (r registered) IDTokenUserinfoClaimsAssertion() bool                         { return false }
func (r registered) ClockSkew() time.Duration                                     { return 0 }

func none([]string) []string { return nil }
