package provider

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"slices"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// ConsentText is the version of the text that a person agrees to (locale keys
// "provider.consent.…"). Whoever changes the text's meaning raises it.
const ConsentText = 1

// Question is what the person is asked.
type Question struct {
	Client    Client
	Authority tenancy.Tenant
	Scopes    []string         // openid first
	Known     accounts.Profile // what would go over now, each at most as sure as the sign-in
	Level     perm.Level
}

// Question reads what a request asks of the person who is signed in. Errors as
// of Continue.
func (s *Service) Question(ctx context.Context, door tenancy.Door, v accounts.Visitor, ticket string) (q Question, err error) {
	r, c, t, x, err := s.asked(ctx, door, v, ticket)
	if err != nil {
		return q, err
	}
	q = Question{Client: c, Authority: t, Scopes: r.scopes, Known: accounts.Profile{}, Level: x.Level}
	p, err := s.c.Accounts.Profile(ctx, x.Citizen)
	for _, a := range attrsOf(r.scopes) {
		if at, ok := p.At(x.Level)[a]; ok {
			q.Known[a] = at
		}
	}
	return q, err
}

// asked reads a request whose person is signed in as it needs.
func (s *Service) asked(ctx context.Context, door tenancy.Door, v accounts.Visitor, ticket string) (r request, c Client, t tenancy.Tenant, x signIn, err error) {
	if r, err = s.load(ctx, door, v, ticket); err != nil {
		return r, c, t, x, err
	}
	if c, t, err = s.allowed(ctx, door, r.client); err != nil {
		return r, c, t, x, err
	}
	x, in, err := s.current(ctx, door, v.Session)
	if err == nil && (!in || x.Level < max(r.level, c.Level) || !r.after.IsZero() && x.at.Before(r.after)) {
		err = errs.Forbidden("provider.gone")
	}
	if err != nil {
		return r, c, t, x, err
	}
	ok, err := s.takes(ctx, door, t, x.method)
	if err == nil && !ok {
		err = s.refused(ctx, door, "means not taken", errs.Forbidden("provider.means"))
	}
	return r, c, t, x, err
}

// nothing stands for the consent of a person of whom no data go over.
const nothing = "-"

// agreed finds the consent that covers the scopes: its ID, "" for none. Where no
// data go over, nothing is kept, and the person is asked at each sign-in.
func (s *Service) agreed(ctx context.Context, x signIn, c Client, granted []string) (id string, err error) {
	want := attrsOf(granted)
	if len(want) == 0 {
		return "", nil
	}
	err = s.c.DB.View(ctx, x.Own(), func(tx *db.Tx) error {
		var have []accounts.Attr
		id, have, err = consentOf(ctx, tx, c)
		if err == nil && slices.ContainsFunc(want, func(a accounts.Attr) bool { return !slices.Contains(have, a) }) {
			id = ""
		}
		return err
	})
	return id, err
}

// withdrawn reports whether the scope's person took this very consent back. One
// that was replaced by a wider one is not.
func withdrawn(ctx context.Context, tx *db.Tx, id string) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM account_consent WHERE realm_id=$1 AND person_id=$2 AND id=$3 AND withdrawn_at<>0`, string(tx.Realm()), string(tx.Person()), id).Scan(&n)
	return n > 0, err
}

// consentOf reads what the scope's person lets a client have; "" for nothing.
func consentOf(ctx context.Context, tx *db.Tx, c Client) (id string, attrs []accounts.Attr, err error) {
	var list string
	err = tx.QueryRow(ctx, `SELECT id,attributes FROM account_consent WHERE realm_id=$1 AND person_id=$2 AND authority=$3 AND purpose=$4 AND case_id=$5 AND withdrawn_at=0 AND text_version=$6`,
		string(tx.Realm()), string(tx.Person()), string(c.Tenant), accounts.PurposeModule, string(c.ID), ConsentText).Scan(&id, &list)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, nil
	}
	for a := range strings.SplitSeq(list, ",") {
		attrs = append(attrs, accounts.Attr(a))
	}
	return id, attrs, err
}

// Agree notes the person's consent and hands out a code: the answer is the
// address to go to. The consent holds for this client, for what was asked for
// now, until it is withdrawn (accounts.WithdrawConsent). text is the version that
// was shown. Errors: as of Continue; Invalid "consent.text-changed".
func (s *Service) Agree(ctx context.Context, door tenancy.Door, v accounts.Visitor, issuer, ticket string, text int) (to string, err error) {
	if text != ConsentText {
		return "", errs.Invalid("consent.text-changed")
	}
	r, c, _, x, err := s.asked(ctx, door, v, ticket)
	if err != nil {
		return "", err
	}
	id := nothing
	if want := attrsOf(r.scopes); len(want) > 0 {
		err = s.c.DB.InTx(ctx, x.Own(), func(tx *db.Tx) error {
			_, have, err := consentOf(ctx, tx, c)
			if err != nil {
				return err
			}
			var names []string // what was agreed to before stays
			for _, a := range accounts.Attrs() {
				if slices.Contains(want, a) || slices.Contains(have, a) {
					names = append(names, string(a))
				}
			}
			id = ident.New[string](tx.Now)
			// One that was taken back stays in the person's list and opens nothing any
			// more; the one that holds is replaced.
			if _, err := tx.Exec(ctx, `UPDATE account_consent SET case_id=id WHERE realm_id=$1 AND person_id=$2 AND authority=$3 AND case_id=$4 AND withdrawn_at<>0`, string(tx.Realm()), string(x.Person), string(c.Tenant), string(c.ID)); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `DELETE FROM account_consent WHERE realm_id=$1 AND person_id=$2 AND authority=$3 AND case_id=$4`, string(tx.Realm()), string(tx.Person()), string(c.Tenant), string(c.ID)); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO account_consent (realm_id,person_id,id,authority,purpose,form,case_id,attributes,text_version,level,given_at,withdrawn_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,0)`,
				string(tx.Realm()), string(tx.Person()), id, string(c.Tenant), accounts.PurposeModule, c.title(), string(c.ID), strings.Join(names, ","), ConsentText, int64(x.Level), db.Micros(tx.Now)); err != nil {
				return err
			}
			return audit.Record(ctx, tx, x.Citizen, audit.Event{Action: "consent.give", Object: "consent:" + id, Detail: "client " + string(c.ID)})
		})
		if err != nil {
			return "", err
		}
	}
	code, err := s.handOut(ctx, door, x, c, r, id)
	if err != nil {
		return "", err
	}
	return answer(issuer, r, url.Values{"code": {code}}), nil
}

// Decline ends a request without a code: the answer is the address to go to, with
// access_denied. Whoever is not signed in may decline too. Errors: as of
// Continue.
func (s *Service) Decline(ctx context.Context, door tenancy.Door, v accounts.Visitor, issuer, ticket string) (to string, err error) {
	r, err := s.load(ctx, door, v, ticket)
	if err != nil {
		return "", err
	}
	c, _, err := s.allowed(ctx, door, r.client)
	if err != nil {
		return "", err
	}
	err = s.c.DB.InTx(ctx, door.Realm.Scope(), func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM provider_request WHERE realm_id=$1 AND id=$2`, string(tx.Realm()), r.id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, perm.System{Name: "openid"}, audit.Event{Action: "module.decline", Object: "client:" + string(c.ID)})
	})
	return answer(issuer, r, url.Values{"error": {string(oidc.AccessDenied)}}), err
}
