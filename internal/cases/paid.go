package cases

import (
	"context"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/payments"
	"stadttor/internal/perm"
)

var system = perm.System{Name: "cases"}

// Paid takes in that a payment attempt ended (payments.Settled). Money that a
// provider or the Kasse confirmed makes the application received; an attempt that
// failed leaves the case waiting, the person may try again. Money for a case that
// has ended, or a second payment, becomes a task for a human.
func (s *Service) Paid(ctx context.Context, tx *db.Tx, e payments.Settled) error {
	if e.State != payments.Paid {
		return nil
	}
	r, err := lockRecord(ctx, tx, e.Case)
	if err != nil {
		return err
	}
	event, err := s.howPaid(ctx, tx, r.id, e.Payment)
	if err != nil {
		return err
	}
	to, err := step(r.state, Treasury, event)
	if err != nil {
		if r.state == StateWithdrawn || r.state == StateExpired || r.state == StateClosed {
			return addTask(ctx, tx, r.id, TaskPaidLate, string(e.Payment))
		}
		return nil // received already: the same news twice
	}
	from := r.state
	r.state = to
	received(&r, tx.Now)
	if err := putRecord(ctx, tx, &r); err != nil {
		return err
	}
	if err := addEvent(ctx, tx, &r, system, event); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, system, audit.Event{Action: "case.paid", Object: object(r.id), Detail: string(from) + ">" + string(to)}); err != nil {
		return err
	}
	return s.tellSubmitted(ctx, tx, &r)
}

// howPaid tells how a payment stands in the history.
func (s *Service) howPaid(ctx context.Context, tx *db.Tx, id ident.CaseID, of ident.PaymentID) (Event, error) {
	list, err := s.c.Payments.ForCase(ctx, tx, id)
	for _, p := range list {
		if p.ID == of && p.Provider == payments.Treasury {
			return EventReceive, err
		}
	}
	return EventPay, err
}

// PaymentFlagged takes in that a payment needs a human (payments.Flagged): money
// to give back, a wrong amount, a provider that stays silent.
func (s *Service) PaymentFlagged(ctx context.Context, tx *db.Tx, e payments.Flagged) error {
	return s.followFlag(ctx, tx, e.Case, e.Payment)
}

// PaymentCleared takes in that the Kasse closed what was flagged, or that it is
// in doubt no more (payments.Cleared): the task ends.
func (s *Service) PaymentCleared(ctx context.Context, tx *db.Tx, e payments.Cleared) error {
	return s.followFlag(ctx, tx, e.Case, e.Payment)
}

// followFlag has a case show a task exactly while its payment is flagged. It
// looks at the payment as it is now, because events arrive in any order.
func (s *Service) followFlag(ctx context.Context, tx *db.Tx, id ident.CaseID, of ident.PaymentID) error {
	r, err := lockRecord(ctx, tx, id)
	if err != nil {
		return err
	}
	list, err := s.c.Payments.ForCase(ctx, tx, r.id)
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.ID == of && p.Flag != "" {
			return addTask(ctx, tx, r.id, TaskPayment, string(of))
		}
	}
	_, err = endTasks(ctx, tx, r.id, TaskPayment, string(of))
	return err
}
