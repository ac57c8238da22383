package delivery

import (
	"context"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// GiveUp marks a parcel as failed, in the transaction that gives its job up, so
// that it appears in the worklist. A parcel that arrived meanwhile stays
// delivered.
func (s *Service) GiveUp(ctx context.Context, tx *db.Tx, id ident.ParcelID, cause error) error {
	x, err := find(ctx, tx, id, "", "", tx.ForUpdate())
	if err != nil {
		return err
	}
	if x.ID == "" {
		return errs.NotFound("parcel", id)
	}
	if x.State != Waiting {
		return nil
	}
	x.State, x.Failure, x.EndedAt = Failed, failure(cause), tx.Now
	if err := put(ctx, tx, x); err != nil {
		return err
	}
	return audit.Record(ctx, tx, system, audit.Event{Action: "delivery.give-up", Object: "parcel:" + string(id), Outcome: "failed", Detail: x.Failure})
}

// Resend sends a parcel again under the same ID, inside the caller's
// transaction: a new job Due is inserted. Staff with perm.SendDelivery in unit
// may; the caller says which unit answers for the case. Errors: NotFound,
// Forbidden, Conflict while it is waiting anyway.
func (s *Service) Resend(ctx context.Context, tx *db.Tx, actor perm.Staff, unit ident.UnitID, id ident.ParcelID) error {
	x, err := find(ctx, tx, id, "", "", tx.ForUpdate())
	if err != nil {
		return err
	}
	if x.ID == "" {
		return errs.NotFound("parcel", id)
	}
	if err := mayResend(actor, unit); err != nil {
		return err
	}
	if x.State == Waiting {
		return errs.Conflict("delivery.still-waiting")
	}
	from := x.State
	if err := restart(ctx, tx, x); err != nil {
		return err
	}
	return audit.Record(ctx, tx, actor, audit.Event{Action: "delivery.resend", Object: "parcel:" + string(id), Detail: from + ">" + Waiting})
}
