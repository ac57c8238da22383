package cases

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/payments"
)

// batch is how much one run of the sweep does; the next hour does the rest.
const batch = 500

// Sweep is the outside listener of the periodic job: it erases what has run out
// in one tenant and deletes files that belong to no case.
func (s *Service) Sweep(ctx context.Context, call jobs.Call, _ Sweep) error {
	scope := db.ForTenant(call.Realm, call.Tenant)
	var due []ident.CaseID
	err := s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM case_record WHERE tenant_id=$1 AND erase_at>0 AND erase_at<=$2 ORDER BY erase_at LIMIT $3`, string(tx.Tenant()), db.Micros(tx.Now), batch)
		due, err = db.Collect(rows, err, func(r *sql.Rows) (id ident.CaseID, err error) { return id, r.Scan(&id) })
		return err
	})
	if err != nil {
		return err
	}
	var failed error
	for _, id := range due {
		if err := s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error { return s.runOut(ctx, tx, id) }); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return errors.Join(failed, s.sweepFiles(ctx, scope))
}

// runOut ends one case whose period is over.
func (s *Service) runOut(ctx context.Context, tx *db.Tx, id ident.CaseID) error {
	r, err := lockRecord(ctx, tx, id)
	if err != nil {
		return err
	}
	if r.eraseAt.IsZero() || r.eraseAt.After(tx.Now) {
		return nil // touched meanwhile
	}
	if wait, err := s.stillNeeded(ctx, tx, &r); err != nil {
		return err
	} else if wait {
		r.eraseAt = tx.Now.Add(24 * time.Hour)
		return putRecord(ctx, tx, &r)
	}
	event, from := EventErase, r.state
	if to, err := step(r.state, Clock, EventExpire); err == nil {
		event, r.state = EventExpire, to
		if from == StateAwaitingPayment {
			if err := s.c.Payments.Drop(ctx, tx, id); err != nil {
				return err
			}
		}
	}
	if err := addEvent(ctx, tx, &r, system, event); err != nil {
		return err
	}
	if err := shred(ctx, tx, &r); err != nil {
		return err
	}
	return audit.Record(ctx, tx, system, audit.Event{Action: "case." + string(event), Object: object(id), Detail: string(from)})
}

// stillNeeded: money may be under way, or a parcel has not arrived.
func (s *Service) stillNeeded(ctx context.Context, tx *db.Tx, r *record) (bool, error) {
	if r.state == StateAwaitingPayment {
		list, err := s.c.Payments.ForCase(ctx, tx, r.id)
		if err != nil {
			return false, err
		}
		for _, p := range list {
			if p.State.InFlight() || p.State == payments.Paid {
				return true, nil
			}
		}
	}
	if !r.state.Received() {
		return false, nil
	}
	list, err := s.c.Delivery.ForCase(ctx, tx, r.id)
	for _, p := range list {
		if p.State == delivery.Waiting || p.State == delivery.Failed {
			return true, err
		}
	}
	return false, err
}

// shred erases a case: its key, all that was written and uploaded, and whose it
// was. Number, state, times and hash stay (TR-03172-3 A3.19.04). The files' bytes
// go with the next sweep; without the key nobody reads them.
func shred(ctx context.Context, tx *db.Tx, r *record) error {
	docs, err := listDocuments(ctx, tx, r.id)
	if err != nil {
		return err
	}
	for _, d := range docs {
		if err := dropDocument(ctx, tx, r.id, d.ID); err != nil {
			return err
		}
	}
	for _, q := range []string{
		`DELETE FROM case_behalf WHERE tenant_id=$1 AND case_id=$2`,
		`DELETE FROM case_message WHERE tenant_id=$1 AND case_id=$2`,
		`DELETE FROM case_note WHERE tenant_id=$1 AND case_id=$2`,
		`UPDATE case_event SET person_id='' WHERE tenant_id=$1 AND case_id=$2`,
		`UPDATE case_event SET actor='person:' WHERE tenant_id=$1 AND case_id=$2 AND actor LIKE 'person:%'`,
	} {
		if _, err := tx.Exec(ctx, q, string(tx.Tenant()), string(r.id)); err != nil {
			return err
		}
	}
	r.person, r.sealedKey, r.answers, r.applicant, r.frozen, r.submitKey, r.means, r.holder = "", nil, nil, nil, nil, nil, "", ""
	if r.state.Received() {
		r.secret = nil // a draft keeps its own, so that its link can say what happened
	}
	r.eraseAt, r.erasedAt = time.Time{}, tx.Now
	return putRecord(ctx, tx, r)
}

// sweepFiles deletes files that belong to no case: first the bytes, then the
// row that remembers them.
func (s *Service) sweepFiles(ctx context.Context, scope db.TenantScope) error {
	var due []ident.FileID
	var tenant ident.TenantID
	err := s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		tenant = tx.Tenant()
		rows, err := tx.Query(ctx, `SELECT file_id FROM case_leftover WHERE tenant_id=$1 AND due_at<=$2 ORDER BY due_at LIMIT $3`, string(tx.Tenant()), db.Micros(tx.Now), batch)
		due, err = db.Collect(rows, err, func(r *sql.Rows) (id ident.FileID, err error) { return id, r.Scan(&id) })
		return err
	})
	if err != nil || len(due) == 0 {
		return err
	}
	for _, id := range due {
		if err := s.c.Blobs.Delete(ctx, tenant, id); err != nil {
			return err
		}
	}
	return s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		for _, id := range due {
			if _, err := tx.Exec(ctx, `DELETE FROM case_leftover WHERE tenant_id=$1 AND file_id=$2`, string(tx.Tenant()), string(id)); err != nil {
				return err
			}
		}
		return nil
	})
}
