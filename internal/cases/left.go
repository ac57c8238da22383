package cases

import (
	"context"
	"database/sql"
	"errors"

	"stadttor/internal/accounts"
	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
)

// StaffLeft is the outside listener of accounts.StaffLeft: each case that he
// holds and that is not decided goes back to its unit, where colleagues find it
// unclaimed in the worklist. What is decided stays his: closing it needs no
// claim, and the holder says who decided. One case is one transaction, so that
// nobody waits behind a hundred of them; running it again finds nothing left to
// do. A member who is only blocked keeps his cases (accounts.SetActive).
func (s *Service) StaffLeft(ctx context.Context, call jobs.Call, e accounts.StaffLeft) error {
	if e.Staff == "" {
		return nil // nobody holds what is unclaimed
	}
	scope := db.ForTenant(call.Realm, call.Tenant)
	var list []ident.CaseID
	err := s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM case_record WHERE tenant_id=$1 AND state IN ('submitted','in_review','question') AND holder=$2 ORDER BY id`, string(tx.Tenant()), string(e.Staff))
		list, err = db.Collect(rows, err, func(r *sql.Rows) (id ident.CaseID, err error) { return id, r.Scan(&id) })
		return err
	})
	for _, id := range list {
		err = errors.Join(err, again(func() error {
			return s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error { return handBack(ctx, tx, e.Staff, id) })
		}))
	}
	return err
}

// handBack releases one case, if he still holds it and it is still open.
func handBack(ctx context.Context, tx *db.Tx, by ident.StaffID, id ident.CaseID) error {
	r, err := lockRecord(ctx, tx, id)
	if err != nil || r.holder != by || !can(r.state, Clerk, EventRelease) {
		return err
	}
	from := r.state
	if r.state, err = step(r.state, Clerk, EventRelease); err != nil {
		return err
	}
	r.holder = ""
	if err := putRecord(ctx, tx, &r); err != nil {
		return err
	}
	if err := addEvent(ctx, tx, &r, system, EventRelease); err != nil {
		return err
	}
	return audit.Record(ctx, tx, system, audit.Event{Action: "case." + string(EventRelease), Object: object(id), Detail: string(from) + ">" + string(r.state) + " staff left"})
}
