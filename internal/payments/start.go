package payments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
)

// patience bounds one call to a provider: a person waits for it.
const patience = 20 * time.Second

// Start hands what is owed to the provider that the person chose and gives the
// address to which the browser goes. id may be any attempt of the demand: the
// running one goes on, and where all have ended unpaid a new one is opened.
// Choosing another provider gives the running attempt up, unless its provider
// already has money under way.
//
// The person who owes may; for a guest's payment the caller has checked the
// proof. Errors: NotFound (payment, provider), Conflict (payments.already-paid,
// payments.in-progress, payments.dropped), Unavailable when the provider does
// not answer: try again, it is not charged twice.
func (s *Service) Start(ctx context.Context, actor perm.Citizen, id ident.PaymentID, provider string) (redirectURL string, err error) {
	scope, err := s.reach(ctx, actor, id)
	if err != nil {
		return "", err
	}
	if err := s.leave(ctx, scope, id, provider); err != nil {
		return "", err
	}
	var p Payment
	var call Provider
	err = s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error { // intend
		if call, err = s.provider(ctx, tx, provider, false); err != nil {
			return err
		}
		p, err = s.intend(ctx, tx, actor, id, provider)
		return err
	})
	if err != nil {
		return "", err
	}
	started, err := s.call(ctx, actor, p, call)
	if err != nil {
		return "", err
	}
	err = s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error { // settle
		now, err := s.get(ctx, tx, p.ID)
		switch {
		case err != nil:
			return err
		case now.Ref == started.Ref && !now.State.Over():
			return nil
		case now.State == Paid:
			return errs.Conflict("payments.already-paid")
		case now.State.Over():
			return errs.Conflict("payments.in-progress")
		}
		n, err := tx.Exec(ctx, `UPDATE payment SET ref=$3 WHERE tenant_id=$1 AND id=$2 AND (ref='' OR ref=$3) AND state IN ('started','pending')`, string(p.Tenant), string(p.ID), started.Ref)
		if err != nil {
			return fmt.Errorf("provider %s gave payment %s a reference that is taken: %w", provider, p.ID, err)
		}
		if n == 0 {
			return errs.Unavailable("payments.provider-silent", fmt.Errorf("provider %s gave payment %s a second reference", provider, p.ID))
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return started.RedirectURL, nil
}

// leave asks the provider of a running attempt before the person turns to
// another one.
func (s *Service) leave(ctx context.Context, scope db.TenantScope, id ident.PaymentID, provider string) error {
	var cur Payment
	err := s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		p, err := s.get(ctx, tx, id)
		if err != nil {
			return err
		}
		cur, err = s.scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM payment WHERE tenant_id=$1 AND demand_id=$2 AND state IN ('started','pending')`, string(tx.Tenant()), string(p.Demand)))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	// Without a reference nobody was ever sent to its page.
	if err != nil || cur.ID == "" || cur.Provider == provider || cur.Ref == "" {
		return err
	}
	_, err = s.confirm(ctx, scope, cur.ID, nil)
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	if err != nil {
		return errs.Unavailable("payments.provider-silent", err)
	}
	return nil
}

// intend brings the demand's running attempt to the provider, in the
// transaction before the call.
func (s *Service) intend(ctx context.Context, tx *db.Tx, actor perm.Citizen, id ident.PaymentID, provider string) (Payment, error) {
	p, err := s.running(ctx, tx, actor, id)
	if err != nil {
		return Payment{}, err
	}
	switch {
	case p.State == Pending:
		return Payment{}, errs.Conflict("payments.in-progress")
	case p.State == Begun && p.Provider == provider:
		return p, nil
	case p.State == Begun:
		e, _ := step(Begun, Cancelled, ByCitizen)
		p.State, p.SettledAt = e.To, tx.Now
		if err := put(ctx, tx, p); err != nil {
			return Payment{}, err
		}
		if err := audit.Record(ctx, tx, actor, audit.Event{Action: "payment." + e.Event, Object: "payment:" + string(p.ID), Detail: p.Provider + ">" + provider}); err != nil {
			return Payment{}, err
		}
		if p, err = s.again(ctx, tx, p); err != nil {
			return Payment{}, err
		}
	}
	e, _ := step(Open, Begun, ByCitizen)
	p.State, p.Provider, p.StartedAt = e.To, provider, tx.Now
	if err := put(ctx, tx, p); err != nil {
		return Payment{}, err
	}
	if err := audit.Record(ctx, tx, actor, audit.Event{Action: "payment." + e.Event, Object: "payment:" + string(p.ID), Detail: provider}); err != nil {
		return Payment{}, err
	}
	return p, jobs.InsertAt(ctx, tx, Check{Payment: p.ID, Turn: 1}, tx.Now.Add(pause(1)))
}

// running gives the attempt of a demand that is open or at a provider; where
// all have ended unpaid it opens a new one.
func (s *Service) running(ctx context.Context, tx *db.Tx, actor perm.Citizen, id ident.PaymentID) (Payment, error) {
	all, i, err := s.attempts(ctx, tx, id)
	if err != nil {
		return Payment{}, err
	}
	if err := mayPay(actor, all[i]); err != nil {
		return Payment{}, err
	}
	for _, p := range all {
		if p.State == Paid {
			return Payment{}, errs.Conflict("payments.already-paid")
		}
	}
	gone, err := dropped(ctx, tx, all[i].Demand)
	if err != nil {
		return Payment{}, err
	}
	if gone {
		return Payment{}, errs.Conflict("payments.dropped")
	}
	last := all[len(all)-1]
	if !last.State.Over() {
		return last, nil
	}
	return s.again(ctx, tx, last)
}

// again opens the next attempt after last.
func (s *Service) again(ctx context.Context, tx *db.Tx, last Payment) (Payment, error) {
	p := last.next(tx.Now)
	return p, s.open(ctx, tx, p)
}

// next is a fresh attempt of the same demand.
func (p Payment) next(now time.Time) Payment {
	return Payment{Tenant: p.Tenant, ID: ident.New[ident.PaymentID](now), Demand: p.Demand, Case: p.Case, Person: p.Person,
		Amount: p.Amount, Purpose: p.Purpose, Reference: p.Reference, Lines: p.Lines, State: Open, Attempt: p.Attempt + 1, CreatedAt: now}
}

// Retry opens a new attempt after one that ended unpaid, or gives the running
// one. Who may and the errors: as Start.
func (s *Service) Retry(ctx context.Context, actor perm.Citizen, id ident.PaymentID) (p Payment, err error) {
	scope, err := s.reach(ctx, actor, id)
	if err != nil {
		return Payment{}, err
	}
	err = s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		p, err = s.running(ctx, tx, actor, id)
		return err
	})
	return p, err
}

// call tells the provider, with no transaction open.
func (s *Service) call(ctx context.Context, actor perm.Citizen, p Payment, call Provider) (Started, error) {
	base := s.c.BaseURL(p.Tenant)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	got, err := call.Start(ctx, Order{Key: string(p.ID), Payment: p.ID, Realm: actor.Realm, Tenant: p.Tenant, Provider: p.Provider, Amount: p.Amount, Purpose: p.Purpose, Reference: p.Reference,
		ReturnURL: base + ReturnPath(p.ID), NotifyURL: base + NotifyPath(p.Provider, p.ID)})
	if err == nil && (got.Ref == "" || len(got.Ref) > 200 || !goodRedirect(got.RedirectURL)) {
		err = errors.New("its answer has no reference or no address to go to")
	}
	if err != nil {
		return Started{}, errs.Unavailable("payments.provider-silent", fmt.Errorf("starting payment %s at %s: %w", p.ID, p.Provider, err))
	}
	return got, nil
}

// goodRedirect takes absolute https addresses, paths on the own portal, and
// http on this machine (providers under test).
func goodRedirect(s string) bool {
	u, err := url.Parse(s)
	if err != nil || strings.ContainsAny(s, "\\\r\n\t ") {
		return false
	}
	switch u.Scheme {
	case "https":
		return u.Host != "" && u.User == nil
	case "http":
		h := u.Hostname()
		return u.User == nil && (h == "localhost" || h == "127.0.0.1" || h == "::1" || strings.HasSuffix(h, ".localhost"))
	}
	return u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(s, "//")
}

// reach finds the authority of a payment that a citizen names: his own ones in
// the whole realm, a guest's at the portal where he stands.
func (s *Service) reach(ctx context.Context, actor perm.Citizen, id ident.PaymentID) (scope db.TenantScope, err error) {
	scope = actor.Scope()
	if !ident.Valid(id) {
		return scope, errs.NotFound("payment", "with that ID")
	}
	if !actor.Guest() {
		err = s.c.DB.View(ctx, actor.Own(), func(tx *db.Tx) error {
			var t ident.TenantID
			err := tx.QueryRow(ctx, `SELECT tenant_id FROM payment WHERE id=$1 AND person_id=$2`, string(id), string(tx.Person())).Scan(&t)
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			scope = actor.At(t)
			return err
		})
		if err != nil {
			return scope, err
		}
	}
	return scope, s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		p, err := s.get(ctx, tx, id)
		if err != nil {
			return err
		}
		return mayPay(actor, p)
	})
}
