package local

import (
	"context"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/pii"
)

// BeginPasskey starts to add a passkey. Errors: NotFound, Forbidden
// "local.fresh", Conflict when there are too many.
func (s *Service) BeginPasskey(ctx context.Context, h Holder) (c Ceremony, err error) {
	err = s.change(ctx, h, func(tx *db.Tx, r room, a account) error {
		c, err = r.challenge(ctx, tx, "add:"+string(a.id), a.id, a.mail)
		return err
	})
	return c, err
}

// AddPasskey ends BeginPasskey with the browser's answer. codes are recovery
// codes, where the account had none. Errors: Forbidden "local.passkey.refused",
// Conflict for a key that is known, Invalid for the name.
func (s *Service) AddPasskey(ctx context.Context, h Holder, ceremony string, answer []byte, name pii.Text) (codes []pii.Text, err error) {
	if name, err = cleanPasskeyName(name); err != nil {
		return nil, err
	}
	err = s.change(ctx, h, func(tx *db.Tx, r room, a account) error {
		codes, err = r.addPasskey(ctx, tx, a, "add:"+string(a.id), ceremony, answer, name)
		return err
	})
	return codes, err
}

// addPasskey takes the browser's answer to a ceremony into an account.
func (r room) addPasskey(ctx context.Context, tx *db.Tx, a account, bound, ceremony string, answer []byte, name pii.Text) (codes []pii.Text, err error) {
	c, err := r.credential(ctx, tx, bound, ceremony, a.id, answer)
	if err != nil {
		return nil, err
	}
	if err := r.putPasskey(ctx, tx, a.id, c, name); err != nil {
		return nil, err
	}
	if codes, err = r.firstCodes(ctx, tx, a.id); err != nil {
		return nil, err
	}
	return codes, r.changed(ctx, tx, a, "passkey-on")
}

// RenamePasskey gives one of the holder's passkeys another name. Errors:
// NotFound, Invalid, Forbidden "local.fresh".
func (s *Service) RenamePasskey(ctx context.Context, h Holder, id string, name pii.Text) error {
	name, err := cleanPasskeyName(name)
	if err != nil {
		return err
	}
	return s.change(ctx, h, func(tx *db.Tx, r room, a account) error {
		n, err := tx.Exec(ctx, `UPDATE local_passkey SET name=$5 WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3 AND id=$4`,
			string(r.Realm), string(r.Tenant), string(a.id), id, r.key.Seal([]byte(name.Reveal()), r.place("local_passkey", id, "name")))
		if err == nil && n == 0 {
			return errs.NotFound("passkey", "of this account")
		}
		if err != nil {
			return err
		}
		return r.record(ctx, tx, a, audit.Event{Action: "local.change", Detail: "passkey-name"})
	})
}

// RemovePasskey deletes one of the holder's passkeys. Errors: NotFound,
// Forbidden "local.fresh", "local.last" for the only way in,
// "local.factor.needed" for the only second factor of staff.
func (s *Service) RemovePasskey(ctx context.Context, h Holder, id string) error {
	return s.change(ctx, h, func(tx *db.Tx, r room, a account) error {
		n, err := tx.Exec(ctx, `DELETE FROM local_passkey WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3 AND id=$4`, string(r.Realm), string(r.Tenant), string(a.id), id)
		switch {
		case err != nil:
			return err
		case n == 0:
			return errs.NotFound("passkey", "of this account")
		case a.passkeys == 1 && a.password.sum == nil:
			return errs.Forbidden("local.last")
		case a.passkeys == 1 && r.Staff() && !a.totp:
			return errs.Forbidden("local.factor.needed")
		}
		return r.changed(ctx, tx, a, "passkey-off")
	})
}
