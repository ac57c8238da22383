package payments

import (
	"context"
	"database/sql"
	"errors"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/money"
	"stadttor/internal/perm"
)

var self = perm.System{Name: "payments"}

// Open demands an amount in a case, inside the tenant's transaction of the
// caller, who has checked who may. The same demand (case and reference) opened
// again gives its newest attempt. Errors: Invalid for an amount, reference or
// lines out of bounds, Conflict when the reference stands for another amount.
func (s *Service) Open(ctx context.Context, tx *db.Tx, d Demand) (Payment, error) {
	d.Purpose = Purpose(d.Purpose)
	if err := d.check(); err != nil {
		return Payment{}, err
	}
	old, err := s.scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM payment WHERE tenant_id=$1 AND case_id=$2 AND reference=$3 ORDER BY attempt DESC LIMIT 1`, string(tx.Tenant()), string(d.Case), d.Reference))
	switch {
	case err == nil && old.Amount == d.Amount && old.Person == d.Person:
		return old, nil
	case err == nil:
		return Payment{}, errs.Conflict("payments.other-demand")
	case !errors.Is(err, sql.ErrNoRows):
		return Payment{}, err
	}
	p := Payment{Tenant: tx.Tenant(), ID: ident.New[ident.PaymentID](tx.Now), Case: d.Case, Person: d.Person, Amount: d.Amount, Purpose: d.Purpose, Reference: d.Reference, Lines: d.Lines,
		State: Open, Attempt: 1, CreatedAt: tx.Now}
	p.Demand = p.ID
	if err := book(ctx, tx, p, bookDemand); err != nil {
		return Payment{}, err
	}
	return p, s.open(ctx, tx, p)
}

// open adds an attempt and has it ended when nobody starts it.
func (s *Service) open(ctx context.Context, tx *db.Tx, p Payment) error {
	if err := s.add(ctx, tx, p); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, self, audit.Event{Action: "payment.open", Object: "payment:" + string(p.ID), Detail: p.Amount.Decimal()}); err != nil {
		return err
	}
	return jobs.InsertAt(ctx, tx, Check{Payment: p.ID}, tx.Now.Add(s.c.OpenFor))
}

func (d Demand) check() error {
	var sum money.Amount
	for _, l := range d.Lines {
		var err error
		if sum, err = money.Add(sum, l.Amount); err != nil {
			return errs.Invalid("payments.amount")
		}
	}
	switch {
	case d.Amount < 1 || d.Amount > MaxAmount, len(d.Lines) > 0 && sum != d.Amount, len(d.Lines) > 99:
		return errs.Invalid("payments.amount")
	case d.Case == "", len(d.Reference) == 0, len(d.Reference) > 36, d.Purpose == "":
		return errs.Invalid("payments.reference")
	}
	return nil
}

// Drop takes back what a case still owes (the applicant withdrew), inside the
// tenant's transaction of the caller. What is paid stays paid; what is paid
// later is flagged as money to give back.
func (s *Service) Drop(ctx context.Context, tx *db.Tx, c ident.CaseID) error {
	if err := lock(ctx, tx, `case_id=$2`, string(c)); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM payment WHERE tenant_id=$1 AND case_id=$2 ORDER BY demand_id,attempt`+tx.ForUpdate(), string(tx.Tenant()), string(c))
	all, err := db.Collect(rows, err, func(r *sql.Rows) (Payment, error) { return s.scan(r) })
	if err != nil {
		return err
	}
	paid := map[ident.PaymentID]bool{}
	for _, p := range all {
		paid[p.Demand] = paid[p.Demand] || p.State == Paid
	}
	for _, p := range all {
		if paid[p.Demand] {
			continue
		}
		if p.Attempt == 1 {
			gone, err := dropped(ctx, tx, p.Demand)
			if err != nil {
				return err
			}
			if gone {
				paid[p.Demand] = true
				continue
			}
			if err := book(ctx, tx, p, bookDropped); err != nil {
				return err
			}
			if err := audit.Record(ctx, tx, self, audit.Event{Action: "payment.drop", Object: "payment:" + string(p.ID), Detail: p.Amount.Decimal()}); err != nil {
				return err
			}
		}
		if e, ok := step(p.State, Cancelled, BySystem); ok {
			p.State, p.SettledAt = e.To, tx.Now
			if err := put(ctx, tx, p); err != nil {
				return err
			}
		}
	}
	return nil
}
