package accounts

import (
	"context"
	"database/sql"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

// StaffSignIn is a session of a member of staff as he sees it.
type StaffSignIn struct {
	Handle      string // names it in addresses, no secret
	Means       string
	Since, Seen time.Time
	Here        bool // of the browser that asks
}

// StaffSignIns lists where a member of staff is signed in, the last active
// first. secret is the cookie of the browser that asks. Only he may.
func (s *Service) StaffSignIns(ctx context.Context, actor perm.Staff, secret string) (out []StaffSignIn, err error) {
	here := string(digest(secret))
	err = s.c.DB.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id,handle,level,means,created_at,seen_at FROM session WHERE tenant_id=$1 AND kind=$2 AND staff_id=$3 ORDER BY seen_at DESC, handle`, string(tx.Tenant()), KindStaff, string(actor.Staff))
		_, err = db.Collect(rows, err, func(r *sql.Rows) (x StaffSignIn, err error) {
			var id []byte
			var level, created, seen int64
			if err := r.Scan(&id, &x.Handle, &level, &x.Means, &created, &seen); err != nil {
				return x, err
			}
			x.Since, x.Seen, x.Here = db.FromMicros(created), db.FromMicros(seen), string(id) == here
			if alive(KindStaff, perm.Level(level), x.Since, x.Seen, tx.Now) {
				out = append(out, x)
			}
			return x, nil
		})
		return err
	})
	return out, err
}

// EndStaffSession ends one of his own sessions by its handle. Only he may; a
// foreign or unknown handle is NotFound.
func (s *Service) EndStaffSession(ctx context.Context, actor perm.Staff, handle string) error {
	return s.c.DB.InTx(ctx, actor.Scope(), func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM session WHERE tenant_id=$1 AND kind=$2 AND staff_id=$3 AND handle=$4`, string(tx.Tenant()), KindStaff, string(actor.Staff), handle)
		if err == nil && n == 0 {
			err = errs.NotFound("session", handle)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "session.end", Object: actor.Ref()})
	})
}
