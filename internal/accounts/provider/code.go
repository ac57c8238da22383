package provider

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// handOut makes a code for who is signed in and ends the request: two pages of
// one browser get one code.
func (s *Service) handOut(ctx context.Context, door tenancy.Door, x signIn, c Client, r request, consent string) (code string, err error) {
	key, err := s.realmKey(door.Realm)
	if err != nil {
		return "", err
	}
	code = ident.Secret()
	id := digest(code)
	nonce := key.Seal([]byte(r.nonce), place(door.Realm.ID, "provider_code", id, "nonce"))
	err = s.c.DB.InTx(ctx, x.Own(), func(tx *db.Tx) error {
		if len(r.id) > 0 {
			n, err := tx.Exec(ctx, `DELETE FROM provider_request WHERE realm_id=$1 AND id=$2`, string(tx.Realm()), r.id)
			if err != nil {
				return err
			}
			if n == 0 {
				return errs.Forbidden("provider.gone")
			}
		}
		if ok, err := signedIn(ctx, tx, x.id); err != nil || !ok {
			return errors.Join(err, errs.Forbidden("provider.gone"))
		}
		if _, err := tx.Exec(ctx, `INSERT INTO provider_code (realm_id,id,person_id,client_id,redirect_uri,challenge,nonce,scopes,consent_id,session_id,level,means,signed_at,expires_at,used_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,0)`,
			string(tx.Realm()), id, string(x.Person), c.Key, r.redirect, r.challenge, nonce, words(r.scopes), consent, x.id, int64(x.Level), x.Means, db.Micros(x.at), db.Micros(tx.Now.Add(codeLife))); err != nil {
			return err
		}
		return audit.Record(ctx, tx, x.Citizen, audit.Event{Action: "module.sign-in", Object: "client:" + string(c.ID), Detail: x.Level.String() + " " + words(r.scopes)})
	})
	return code, err
}

// grant is a code that was redeemed, with its access token.
type grant struct {
	person   ident.PersonID
	token    string
	nonce    string
	scopes   []string
	level    perm.Level
	signedAt time.Time
	now      time.Time
}

// redeem takes a code of a client that has proved who it is. A code is there
// once, whoever brings it: refused, it is used up as well. rule names why, "" for
// granted.
func (s *Service) redeem(ctx context.Context, door tenancy.Door, c Client, code, redirect, verifier string) (g grant, rule string, err error) {
	key, err := s.realmKey(door.Realm)
	if err != nil {
		return g, "", err
	}
	id, token := digest(code), ident.Secret()
	err = s.c.DB.InTx(ctx, door.Realm.Scope(), func(tx *db.Tx) error {
		g, rule = grant{}, ""
		// Used codes stay as long as their tokens.
		if _, err := tx.Exec(ctx, `DELETE FROM provider_code WHERE realm_id=$1 AND expires_at<$2`, string(tx.Realm()), db.Micros(tx.Now.Add(-tokenLife))); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM provider_token WHERE realm_id=$1 AND expires_at<$2`, string(tx.Realm()), db.Micros(tx.Now)); err != nil {
			return err
		}
		var client, to, challenge, scopes, consent string
		var nonce, session []byte
		var level, signed, expires, used int64
		err := tx.QueryRow(ctx, `SELECT person_id,client_id,redirect_uri,challenge,nonce,scopes,consent_id,session_id,level,signed_at,expires_at,used_at FROM provider_code WHERE realm_id=$1 AND id=$2`+tx.ForUpdate(), string(tx.Realm()), id).
			Scan(&g.person, &client, &to, &challenge, &nonce, &scopes, &consent, &session, &level, &signed, &expires, &used)
		if errors.Is(err, sql.ErrNoRows) {
			rule = "unknown code"
			return s.note(ctx, tx, c, rule)
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE provider_code SET used_at=$3 WHERE realm_id=$1 AND id=$2`, string(tx.Realm()), id, db.Micros(tx.Now)); err != nil {
			return err
		}
		var standing int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM account_session WHERE realm_id=$1 AND id=$2 AND person_id=$3`, string(tx.Realm()), session, string(g.person)).Scan(&standing); err != nil {
			return err
		}
		switch {
		case used != 0: // RFC 6749 4.1.2: what came of it before is taken back
			rule = "code used twice"
			if _, err := tx.Exec(ctx, `DELETE FROM provider_token WHERE realm_id=$1 AND code_id=$2`, string(tx.Realm()), id); err != nil {
				return err
			}
		case expires <= db.Micros(tx.Now):
			rule = "old code"
		case client != c.Key:
			rule = "code of another client"
		case to != redirect:
			rule = "redirect address"
		case !verifies(challenge, verifier):
			rule = "verifier"
		case standing == 0:
			rule = "signed out meanwhile"
		}
		if rule != "" {
			return s.note(ctx, tx, c, rule)
		}
		plain, err := key.Open(nonce, place(door.Realm.ID, "provider_code", id, "nonce"))
		if err != nil {
			return err
		}
		g.token, g.nonce, g.scopes, g.level, g.signedAt, g.now = token, string(plain), fields(scopes), perm.Level(level), db.FromMicros(signed), tx.Now
		if _, err = tx.Exec(ctx, `INSERT INTO provider_token (realm_id,id,code_id,person_id,client_id,scopes,consent_id,session_id,level,expires_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
			string(tx.Realm()), digest(token), id, string(g.person), c.Key, scopes, consent, session, level, db.Micros(tx.Now.Add(tokenLife))); err != nil {
			return err
		}
		return audit.Record(ctx, tx, perm.System{Name: "openid"}, audit.Event{Action: "module.token", Object: "client:" + string(c.ID)})
	})
	return g, rule, err
}

// note writes the audit entry of what a client was refused.
func (s *Service) note(ctx context.Context, tx *db.Tx, c Client, rule string) error {
	return audit.Record(ctx, tx, perm.System{Name: "openid"}, audit.Event{Action: "module.refuse", Object: "client:" + string(c.ID), Outcome: "refused", Detail: rule})
}

// verifies: RFC 7636 4.6, with a verifier of the length and letters of 4.1.
func verifies(challenge, verifier string) bool {
	if len(verifier) < 43 || len(verifier) > 128 || !printable(verifier) {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(oidc.NewSHACodeChallenge(verifier)), []byte(challenge)) == 1
}
