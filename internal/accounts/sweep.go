package accounts

import (
	"context"
	"slices"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
)

// Sweep is the periodic job of each tenant (Service.Sweep): what has ended is
// deleted.
type Sweep struct {
	Slot string `json:"slot"`
}

// Kind implements jobs.Job.
func (Sweep) Kind() string { return "accounts.Sweep" }

// Key implements jobs.Job.
func (e Sweep) Key() string { return e.Slot }

// longest is the longest life and pause that any session has.
func longest() limit {
	x := staffLimit
	for l := perm.LevelBasis; l <= perm.LevelHigh; l++ {
		y := limits(KindCitizen, l)
		x = limit{max(x.life, y.life), max(x.idle, y.idle)}
	}
	return x
}

// Sweep deletes sessions, attempts and codes that have ended, of the tenant and,
// for the tenant that answers for the accounts, of its realm. Nothing of it
// opens anything any more: it is data that nobody needs.
func (s *Service) Sweep(ctx context.Context, call jobs.Call, _ Sweep) error {
	x := longest()
	clear := func(tx *db.Tx, key, tenantOrRealm string, tables ...string) error {
		born, seen := db.Micros(tx.Now.Add(-x.life)), db.Micros(tx.Now.Add(-x.idle))
		for _, t := range tables {
			var err error
			if slices.Contains([]string{"session", "account_session"}, t) {
				_, err = tx.Exec(ctx, `DELETE FROM `+t+` WHERE `+key+`=$1 AND (created_at<=$2 OR seen_at<=$3)`, tenantOrRealm, born, seen)
			} else {
				_, err = tx.Exec(ctx, `DELETE FROM `+t+` WHERE `+key+`=$1 AND expires_at<$2`, tenantOrRealm, db.Micros(tx.Now))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.c.DB.InTx(ctx, db.ForTenant(call.Realm, call.Tenant), func(tx *db.Tx) error {
		return clear(tx, "tenant_id", string(tx.Tenant()), "session", "login_attempt")
	}); err != nil {
		return err
	}
	door, ok := s.c.Directory.AccountDoor(call.Realm)
	if !ok || door.Tenant.ID != call.Tenant {
		return nil
	}
	return s.c.DB.InTx(ctx, db.ForRealm(call.Realm), func(tx *db.Tx) error {
		return clear(tx, "realm_id", string(tx.Realm()), "account_session", "account_attempt", "account_code")
	})
}

// sweepEvery is how long what has ended may lie about.
const sweepEvery = time.Hour

// Subscribe tells the runner what the feature listens to by itself.
func (s *Service) Subscribe(r *jobs.Runner) {
	jobs.Outside(r, "accounts", s.Sweep, nil)
	r.Every("accounts", sweepEvery, Sweep{}.Kind())
}
