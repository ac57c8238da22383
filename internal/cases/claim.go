package cases

import (
	"context"

	"stadttor/internal/accounts"
	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// Claim takes a case to work on it; from eingegangen it comes into review. Staff
// with cases.work in the unit may, a lead also from another's hand. Errors:
// NotFound, Forbidden (also for who was removed meanwhile), Conflict
// "case.held-by-other" or "case.not-in-state".
func (s *Service) Claim(ctx context.Context, actor perm.Staff, id ident.CaseID) error {
	return s.work(ctx, actor, id, mayClaim, EventClaim, func(tx *db.Tx, r *record) error {
		r.holder = actor.Staff
		return accounts.AtWork(ctx, tx, actor.Staff)
	})
}

// Release gives a claimed case back to the unit. The holder may, and a lead.
// Errors: NotFound, Forbidden, Conflict.
func (s *Service) Release(ctx context.Context, actor perm.Staff, id ident.CaseID) error {
	return s.work(ctx, actor, id, mayRelease, EventRelease, func(_ *db.Tx, r *record) error {
		r.holder = ""
		return nil
	})
}

// Move hands a case to another unit of the tenant, unclaimed. The holder may, and
// a lead. Errors: NotFound also for a unit that is not the tenant's, Forbidden,
// Conflict.
func (s *Service) Move(ctx context.Context, actor perm.Staff, id ident.CaseID, to ident.UnitID) error {
	return s.work(ctx, actor, id, mayMove, EventMove, func(_ *db.Tx, r *record) error {
		if _, ok := s.c.Directory.Unit(r.tenant, to); !ok {
			return errs.NotFound("unit", to)
		}
		if to == r.unit {
			return errs.Conflict("case.same-unit")
		}
		r.unit, r.holder = to, ""
		return nil
	})
}

// Resume goes on with a case although a question was not answered. The holder
// may. Errors: NotFound, Forbidden, Conflict.
func (s *Service) Resume(ctx context.Context, actor perm.Staff, id ident.CaseID) error {
	return s.work(ctx, actor, id, mayAsk, EventResume, func(*db.Tx, *record) error { return nil })
}

// work is what the verbs of the desk have in common: load, permit, decide,
// write, record. then changes the row and writes what belongs to it, in the new
// state.
func (s *Service) work(ctx context.Context, actor perm.Staff, id ident.CaseID, may func(perm.Staff, *record) error, event Event, then func(*db.Tx, *record) error) error {
	return again(func() error {
		return s.c.DB.InTx(ctx, actor.Scope(), func(tx *db.Tx) error {
			r, err := lockRecord(ctx, tx, id)
			if err != nil {
				return err
			}
			if err := may(actor, &r); err != nil {
				return err
			}
			from := r.state
			if r.state, err = step(r.state, Clerk, event); err != nil {
				return err
			}
			if err := then(tx, &r); err != nil {
				return err
			}
			if err := putRecord(ctx, tx, &r); err != nil {
				return err
			}
			if err := addEvent(ctx, tx, &r, actor, event); err != nil {
				return err
			}
			return audit.Record(ctx, tx, actor, audit.Event{Action: "case." + string(event), Object: object(id), Detail: string(from) + ">" + string(r.state)})
		})
	})
}
