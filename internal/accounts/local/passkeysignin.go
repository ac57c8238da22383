package local

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"stadttor/internal/accounts"
	"stadttor/internal/audit"
	"stadttor/internal/db"
)

// BeginPasskeySignIn starts a sign-in with a passkey, at StagePassword or as
// second factor at StageCode. Error: Forbidden "local.try.gone".
func (s *Service) BeginPasskeySignIn(ctx context.Context, x Scope, secret string) (c Ceremony, err error) {
	r, err := s.room(x)
	if err != nil {
		return c, err
	}
	w, err := r.relyingParty()
	if err != nil {
		return c, err
	}
	err = s.c.DB.InTx(ctx, x.db(), func(tx *db.Tx) error {
		t, err := r.getTry(ctx, tx, secret, StagePassword, StageCode)
		if err != nil {
			return err
		}
		options, data, err := w.BeginDiscoverableLogin()
		if err != nil {
			return fmt.Errorf("passkey sign-in: %w", err)
		}
		c, err = r.putCeremony(ctx, tx, "sign-in:"+t.id, data, options.Response)
		return err
	})
	return c, err
}

// SignInPasskey ends BeginPasskeySignIn with the browser's answer. It is never
// slowed down by others' tries. Errors: Forbidden "local.passkey.refused"
// (unknown key, wrong answer, a counter that went back: a copied key), Forbidden
// "local.try.gone".
func (s *Service) SignInPasskey(ctx context.Context, x Scope, secret, ceremony string, answer []byte) (next Next, err error) {
	r, err := s.room(x)
	if err != nil {
		return next, err
	}
	w, err := r.relyingParty()
	if err != nil {
		return next, err
	}
	parsed, parseErr := parseAssertion(answer)
	var refused error
	err = s.c.DB.InTx(ctx, x.db(), func(tx *db.Tx) error {
		next, refused = Next{}, nil
		t, err := r.getTry(ctx, tx, secret, StagePassword, StageCode)
		if err != nil {
			return err
		}
		data, err := r.useCeremony(ctx, tx, ceremony, "sign-in:"+t.id)
		if err != nil {
			return err
		}
		if parseErr != nil {
			refused = errPasskey(parseErr)
			return nil // the challenge stays used
		}
		var id string
		var of AccountID
		err = tx.QueryRow(ctx, `SELECT id,account_id FROM local_passkey WHERE realm_id=$1 AND tenant_id=$2 AND credential_id=$3`+tx.ForUpdate(),
			string(r.Realm), string(r.Tenant), parsed.RawID).Scan(&id, &of)
		if errors.Is(err, sql.ErrNoRows) || err == nil && t.account != "" && t.account != of {
			refused = errPasskey(nil)
			return r.record(ctx, tx, account{}, audit.Event{Action: "local.sign-in", Outcome: "refused", Detail: "passkey"})
		}
		if err != nil {
			return err
		}
		a, err := r.byID(ctx, tx, of)
		if err != nil {
			return err
		}
		keys, err := r.keys(ctx, tx, of)
		if err != nil {
			return err
		}
		_, c, err := w.ValidatePasskeyLogin(func(rawID, handle []byte) (webauthn.User, error) {
			if !bytes.Equal(handle, []byte(of)) {
				return nil, protocol.ErrBadRequest
			}
			return owner{of, a.mail, keys}, nil
		}, data, parsed)
		if err != nil {
			refused = errPasskey(err)
			return r.record(ctx, tx, a, audit.Event{Action: "local.sign-in", Outcome: "refused", Detail: "passkey"})
		}
		if c.Authenticator.CloneWarning {
			refused = accounts.Refused("local.passkey.copied", "passkey: counter")
			return r.record(ctx, tx, a, audit.Event{Action: "local.sign-in", Outcome: "refused", Detail: "passkey counter"})
		}
		b, err := json.Marshal(c)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE local_passkey SET credential=$4, used_at=$5 WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`,
			string(r.Realm), string(r.Tenant), id, r.key.Seal(b, r.place("local_passkey", id, "credential")), db.Micros(tx.Now)); err != nil {
			return err
		}
		next, err = r.signed(ctx, tx, t, a, MeansPasskey, true)
		return err
	})
	if err == nil {
		err = refused
	}
	return next, err
}
