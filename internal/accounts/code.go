package accounts

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/tenancy"
)

// codeLife is how long a code may be on its way (RFC 6749 4.1.2 allows ten
// minutes; ours is redeemed by the same program).
const codeLife = time.Minute

// handOut makes a code that opens a portal session from an account session.
func handOut(ctx context.Context, tx *db.Tx, portal, challenge string, sso []byte) (code string, err error) {
	if _, err := tx.Exec(ctx, `DELETE FROM account_code WHERE realm_id=$1 AND expires_at<$2`, string(tx.Realm()), db.Micros(tx.Now)); err != nil {
		return "", err
	}
	code = ident.Secret()
	_, err = tx.Exec(ctx, `INSERT INTO account_code (realm_id,id,portal,challenge,session_id,expires_at) VALUES ($1,$2,$3,$4,$5,$6)`,
		string(tx.Realm()), digest(code), portal, challenge, sso, db.Micros(tx.Now.Add(codeLife)))
	return code, err
}

// redeem takes a code: it is there once, whoever brings it.
func (s *Service) redeem(ctx context.Context, door tenancy.Door, code, verifier string) (person ident.PersonID, sso []byte, err error) {
	if !isSecret(code) {
		return "", nil, Refused("login.refused", "malformed code")
	}
	var refused error // kept apart: a code that is refused must stay used up
	err = s.c.DB.InTx(ctx, door.Realm.Scope(), func(tx *db.Tx) error {
		var portal, challenge string
		var expires int64
		err := tx.QueryRow(ctx, `DELETE FROM account_code WHERE realm_id=$1 AND id=$2 RETURNING portal,challenge,session_id,expires_at`, string(tx.Realm()), digest(code)).Scan(&portal, &challenge, &sso, &expires)
		refused = nil
		switch {
		case errors.Is(err, sql.ErrNoRows):
			refused = Refused("login.refused", "unknown code")
			return nil
		case err != nil:
			return err
		case expires <= db.Micros(tx.Now):
			refused = Refused("login.refused", "old code")
			return nil
		case portal != door.Portal.Host:
			refused = Refused("login.refused", "code of another portal")
			return nil
		case subtle.ConstantTimeCompare([]byte(challenge), []byte(challengeOf(verifier))) != 1:
			refused = Refused("login.refused", "verifier")
			return nil
		}
		x, ok, err := getSSO(ctx, tx, sso, "")
		if err == nil && !ok {
			refused = Refused("login.refused", "signed out meanwhile")
		}
		person = x.Person
		return err
	})
	return person, sso, errors.Join(err, refused)
}
