package local

import (
	"context"
	"errors"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/perm"
)

const sweepEvery = time.Hour

// keepThrottle is how long counts are kept: longer than any is remembered.
const keepThrottle = 48 * time.Hour

// sweep deletes what has expired, of the tenant's staff and of the realm's
// citizens (whose rows a tenant's scope reaches: nothing in them is a
// tenant's).
func (s *Service) sweep(ctx context.Context, tx *db.Tx, _ Sweep) error {
	realm, tenant := tx.Walls()
	for _, t := range []string{string(tenant), ""} {
		for _, table := range []string{"local_try", "local_link", "local_ceremony"} {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE realm_id=$1 AND tenant_id=$2 AND expires_at<$3`, string(realm), t, db.Micros(tx.Now)); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM local_throttle WHERE realm_id=$1 AND tenant_id=$2 AND last<$3`, string(realm), t, db.Micros(tx.Now.Add(-keepThrottle))); err != nil {
			return err
		}
	}
	return nil
}

// Erase deletes a holder's local account with everything in it, in the
// transaction that deletes the holder's account of the realm (or membership).
// actor is who deletes. Nothing to delete is no error.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, actor perm.Actor, x Scope, holder string) error {
	r, err := s.room(x)
	if err != nil {
		return err
	}
	if holder == "" {
		return nil
	}
	for { // one, or several that were joined
		a, err := r.ofHolder(ctx, tx, Holder{Scope: x, ID: holder})
		if errors.Is(err, errNobody) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.erase(ctx, tx, a.id); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, actor, audit.Event{Action: "local.erase", Object: "local:" + string(a.id)}); err != nil {
			return err
		}
	}
}

func (r room) erase(ctx context.Context, tx *db.Tx, id AccountID) error {
	for _, q := range []string{
		`DELETE FROM local_totp WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`,
		`DELETE FROM local_recovery_code WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`,
		`DELETE FROM local_passkey WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`,
		`DELETE FROM local_try WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`,
		`DELETE FROM local_link WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`,
		`DELETE FROM local_account WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`,
	} {
		if _, err := tx.Exec(ctx, q, string(r.Realm), string(r.Tenant), string(id)); err != nil {
			return err
		}
	}
	return nil
}
