package provider

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// Step is what a browser does next on a module's request.
type Step struct {
	Redirect string // back to the module, with a code or an error
	Ticket   string // else: the request goes on under this name
	Browser  string // to be set as sign-in cookie; "" to leave it
	SignIn   bool   // the person must sign in, or again
	Level    perm.Level
	Fresh    bool // even though somebody is signed in
	Consent  bool // the person is to be asked
}

// request is a row of provider_request.
type request struct {
	id           []byte
	client       string
	redirect     string
	scopes       []string
	state, nonce string
	challenge    string
	level        perm.Level
	after        time.Time // the sign-in must not be older; zero: any
	ask, none    bool
}

type kept struct {
	State string `json:"s"`
	Nonce string `json:"n"`
}

// Ask takes the request of a module. issuer is the address of the account host.
// Errors that nobody may be redirected for are Forbidden: "provider.request" for
// a client or an address that is not registered, "provider.off" for a client
// that is switched off, "provider.means" for a sign-in that its authority does
// not take; all others are a redirect.
func (s *Service) Ask(ctx context.Context, door tenancy.Door, v accounts.Visitor, issuer string, q url.Values) (st Step, err error) {
	a, wrong := parseAsk(q)
	c, _, err := s.allowed(ctx, door, a.client)
	if err != nil {
		return st, err
	}
	if len(q["client_id"]) != 1 || len(q["redirect_uri"]) != 1 || !slices.Contains(c.Redirects, a.redirect) {
		return st, s.refused(ctx, door, "redirect address", errs.Forbidden("provider.request"))
	}
	r := request{client: c.Key, redirect: a.redirect, scopes: a.scopes, state: a.state, nonce: a.nonce, challenge: a.challenge, level: max(a.level, c.Level), ask: a.ask, none: a.none}
	if wrong == nil && slices.ContainsFunc(a.scopes[1:], func(x string) bool { return !slices.Contains(c.Scopes, x) }) {
		wrong = refuse(string(oidc.InvalidScope), "not registered")
	}
	if wrong != nil {
		return s.back(ctx, door, issuer, r, wrong)
	}
	now := s.c.DB.Now()
	if a.limited {
		r.after = now.Add(-a.maxAge)
	}
	if a.login {
		r.after = now
	}
	if st, err = s.next(ctx, door, v, issuer, &r); err != nil || st.Redirect != "" {
		return st, err
	}
	st.Ticket, st.Browser = ident.Secret(), v.Browser
	if len(v.Browser) != len(st.Ticket) {
		st.Browser = ident.Secret()
	}
	return st, s.keep(ctx, door, st, r)
}

// allowed finds a client that may ask now.
func (s *Service) allowed(ctx context.Context, door tenancy.Door, key string) (c Client, t tenancy.Tenant, err error) {
	if c, t, err = s.client(ctx, door.Realm.ID, key); errs.Is(err, errs.KindNotFound) {
		return c, t, s.refused(ctx, door, "unknown client", errs.Forbidden("provider.request"))
	}
	if err == nil && !c.Enabled {
		return c, t, s.refused(ctx, door, "client off", errs.Forbidden("provider.off"))
	}
	return c, t, err
}

// refused writes the audit entry of a request that was refused, by its rule.
func (s *Service) refused(ctx context.Context, door tenancy.Door, rule string, err error) error {
	noted := s.c.DB.InTx(context.WithoutCancel(ctx), door.Realm.Scope(), func(tx *db.Tx) error {
		return audit.Record(ctx, tx, perm.System{Name: "openid"}, audit.Event{Action: "module.refuse", Object: "realm:" + string(door.Realm.ID), Outcome: "refused", Detail: rule})
	})
	return errors.Join(err, noted)
}

// back sends an error to the module.
func (s *Service) back(ctx context.Context, door tenancy.Door, issuer string, r request, err error) (Step, error) {
	var x *refusal
	if !errors.As(err, &x) {
		return Step{}, err
	}
	if err := s.refused(ctx, door, x.code, nil); err != nil {
		return Step{}, err
	}
	return Step{Redirect: answer(issuer, r, url.Values{"error": {x.code}, "error_description": {x.text}})}, nil
}

// answer is the module's address with what we say, state and issuer (RFC 9207).
func answer(issuer string, r request, v url.Values) string {
	u, err := url.Parse(r.redirect)
	if err != nil { // it was registered
		return ""
	}
	q := u.Query()
	for k := range v {
		q.Set(k, v.Get(k))
	}
	q.Set("iss", issuer)
	if r.state != "" {
		q.Set("state", r.state)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func (s *Service) keep(ctx context.Context, door tenancy.Door, st Step, r request) error {
	key, err := s.realmKey(door.Realm)
	if err != nil {
		return err
	}
	b, err := json.Marshal(kept{r.state, r.nonce})
	if err != nil {
		return err
	}
	id := digest(st.Ticket)
	sealed := key.Seal(b, place(door.Realm.ID, "provider_request", id, "sealed"))
	return s.c.DB.InTx(ctx, door.Realm.Scope(), func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM provider_request WHERE realm_id=$1 AND expires_at<$2`, string(tx.Realm()), db.Micros(tx.Now)); err != nil {
			return err
		}
		var after int64
		if !r.after.IsZero() {
			after = db.Micros(r.after)
		}
		_, err := tx.Exec(ctx, `INSERT INTO provider_request (realm_id,id,browser,client_id,redirect_uri,scopes,sealed,challenge,level,signed_after,ask,created_at,expires_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)`,
			string(tx.Realm()), id, digest(st.Browser), r.client, r.redirect, words(r.scopes), sealed, r.challenge, int64(r.level), after, r.ask, db.Micros(tx.Now), db.Micros(tx.Now.Add(requestLife)))
		return err
	})
}

// load reads a request by its ticket; it is this browser's or does not exist.
// Errors: Forbidden "provider.gone".
func (s *Service) load(ctx context.Context, door tenancy.Door, v accounts.Visitor, ticket string) (r request, err error) {
	key, err := s.realmKey(door.Realm)
	if err != nil {
		return r, err
	}
	var sealed []byte
	err = s.c.DB.View(ctx, door.Realm.Scope(), func(tx *db.Tx) error {
		var scopes string
		var level, after int64
		err := tx.QueryRow(ctx, `SELECT id,client_id,redirect_uri,scopes,sealed,challenge,level,signed_after,ask FROM provider_request WHERE realm_id=$1 AND id=$2 AND browser=$3 AND expires_at>$4`,
			string(tx.Realm()), digest(ticket), digest(v.Browser), db.Micros(tx.Now)).Scan(&r.id, &r.client, &r.redirect, &scopes, &sealed, &r.challenge, &level, &after, &r.ask)
		r.scopes, r.level = fields(scopes), perm.Level(level)
		if after != 0 {
			r.after = db.FromMicros(after)
		}
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return r, errs.Forbidden("provider.gone")
	}
	if err != nil {
		return r, err
	}
	b, err := key.Open(sealed, place(door.Realm.ID, "provider_request", r.id, "sealed"))
	if err != nil {
		return r, err
	}
	var k kept
	err = json.Unmarshal(b, &k)
	r.state, r.nonce = k.State, k.Nonce
	return r, err
}

// Continue goes on with a request after a sign-in. Errors as of Ask, and
// Forbidden "provider.gone" for a ticket that is unknown, too old, used or
// another browser's.
func (s *Service) Continue(ctx context.Context, door tenancy.Door, v accounts.Visitor, issuer, ticket string) (st Step, err error) {
	r, err := s.load(ctx, door, v, ticket)
	if err != nil {
		return st, err
	}
	st, err = s.next(ctx, door, v, issuer, &r)
	if err == nil && st.Redirect == "" {
		st.Ticket = ticket
	}
	return st, err
}

// next decides what a request still needs: a sign-in, a consent, or nothing, and
// then hands out a code.
func (s *Service) next(ctx context.Context, door tenancy.Door, v accounts.Visitor, issuer string, r *request) (st Step, err error) {
	c, t, err := s.allowed(ctx, door, r.client)
	if err != nil {
		return st, err
	}
	x, in, err := s.current(ctx, door, v.Session)
	if err != nil {
		return st, err
	}
	r.level = max(r.level, c.Level) // it may have been raised meanwhile
	old := in && !r.after.IsZero() && x.at.Before(r.after)
	if !in || old || x.Level < r.level {
		if r.none {
			return s.back(ctx, door, issuer, *r, refuse(string(oidc.LoginRequired), "nobody is signed in as asked for"))
		}
		return Step{SignIn: true, Level: r.level, Fresh: old}, nil
	}
	if ok, err := s.takes(ctx, door, t, x.method); err != nil || !ok {
		if err != nil {
			return st, err
		}
		return st, s.refused(ctx, door, "means not taken", errs.Forbidden("provider.means"))
	}
	agreed, err := s.agreed(ctx, x, c, r.scopes)
	if err != nil {
		return st, err
	}
	if r.ask || agreed == "" {
		if r.none {
			return s.back(ctx, door, issuer, *r, refuse("consent_required", "the person was not asked yet"))
		}
		return Step{Consent: true}, nil
	}
	code, err := s.handOut(ctx, door, x, c, *r, agreed)
	if err != nil {
		return st, err
	}
	return Step{Redirect: answer(issuer, *r, url.Values{"code": {code}})}, nil
}

func fields(s string) []string {
	var out []string
	for _, x := range scopes {
		if slices.Contains(strings.Fields(s), x.name) {
			out = append(out, x.name)
		}
	}
	return out
}
