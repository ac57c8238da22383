package cases

import (
	"context"
	"errors"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
)

// SweepPaymentNotes is the second outside listener of the periodic job: what the
// Kasse noted at the payments of a case goes once the case was erased.
func (s *Service) SweepPaymentNotes(ctx context.Context, call jobs.Call, _ Sweep) error {
	scope := db.ForTenant(call.Realm, call.Tenant)
	var failed error
	for after := ident.CaseID(""); ; {
		var page []ident.CaseID
		err := s.c.DB.View(ctx, scope, func(tx *db.Tx) (err error) {
			page, err = s.c.Payments.Noted(ctx, tx, after, batch)
			return err
		})
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, id := range page {
			failed = errors.Join(failed, s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error { return s.forgetPaymentNotes(ctx, tx, id) }))
			after = id
		}
		if len(page) < batch {
			return failed
		}
	}
}

func (s *Service) forgetPaymentNotes(ctx context.Context, tx *db.Tx, id ident.CaseID) error {
	r, err := getRecord(ctx, tx, id)
	if err != nil && !errs.Is(err, errs.KindNotFound) {
		return err
	}
	if err == nil && r.erasedAt.IsZero() {
		return nil
	}
	return s.c.Payments.ForgetNotes(ctx, tx, id)
}
