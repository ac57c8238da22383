package payments

import (
	"context"
	"errors"
	"fmt"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
)

// confirm asks the provider what became of a payment and follows its answer.
// It is the only way by which a provider's payment becomes paid. after, where given, runs
// in the settling transaction with the payment as it then is and the provider's
// error; without it an error of the provider is returned.
func (s *Service) confirm(ctx context.Context, scope db.Scope, id ident.PaymentID, after func(ctx context.Context, tx *db.Tx, p Payment, r Report, silent error) (Payment, error)) (Payment, error) {
	var p Payment
	var call Provider
	var q Query
	err := s.c.DB.View(ctx, scope, func(tx *db.Tx) (err error) {
		if p, err = s.get(ctx, tx, id); err != nil || !p.hasProvider() {
			return err
		}
		q = Query{Key: string(p.ID), Ref: p.Ref, Realm: tx.Realm(), Tenant: p.Tenant}
		call, err = s.provider(ctx, tx, p.Provider, true)
		return err
	})
	if err != nil {
		return p, err
	}
	if !p.hasProvider() {
		return p, nil
	}
	ask, cancel := context.WithTimeout(ctx, patience)
	r, silent := call.Status(ask, q)
	cancel()
	if silent == nil && !r.says() {
		silent = errors.New("its answer has no state that is known")
	}
	if silent != nil {
		silent = fmt.Errorf("asking %s for payment %s: %w", p.Provider, id, silent)
		if after == nil {
			return p, silent
		}
	}
	err = s.c.DB.InTx(ctx, scope, func(tx *db.Tx) (err error) {
		if silent == nil {
			p, err = s.settle(ctx, tx, id, r)
		} else {
			p, err = s.get(ctx, tx, id)
		}
		if err == nil && after != nil {
			p, err = after(ctx, tx, p, r, silent)
		}
		return err
	})
	return p, err
}

func (r Report) says() bool {
	switch r.State {
	case Begun, Pending, Paid, Failed, Cancelled:
		return len(r.Ref) <= 200
	}
	return false
}

// settle follows a report.
func (s *Service) settle(ctx context.Context, tx *db.Tx, id ident.PaymentID, r Report) (Payment, error) {
	all, i, err := s.attempts(ctx, tx, id) // load
	if err != nil {
		return Payment{}, err
	}
	p := all[i]
	f := facts{payment: p}
	if f.satisfied, err = dropped(ctx, tx, p.Demand); err != nil {
		return p, err
	}
	for j, other := range all {
		f.satisfied = f.satisfied || (j != i && other.State == Paid)
	}
	if p.Returned > 0 {
		if f.awaited, err = awaited(ctx, tx, id); err != nil {
			return p, err
		}
	}
	v := s.judge(f, r) // decide
	if p.Ref == "" && v.flag != FlagReference {
		p.Ref = r.Ref
	}
	if v.edge != (Edge{}) && (v.edge.To == Paid || p.Flag == FlagSlow) {
		p.Flag = ""
	}
	p.Fact = stands(p, v)
	if v.empty() && p.Ref == all[i].Ref && p.Fact == all[i].Fact {
		return p, nil
	}
	if v.book == bookSurplus { // write
		p.Kept = p.Amount
	}
	if v.book != "" {
		if err := book(ctx, tx, p, v.book); err != nil {
			return p, err
		}
	}
	detail := string(v.flag)
	if v.edge != (Edge{}) {
		detail = string(p.State) + ">" + string(v.edge.To)
		p.State = v.edge.To
		if p.State.Over() {
			p.SettledAt = tx.Now
		}
	}
	if v.flag != "" {
		p.Flag, p.FlagNo = v.flag, p.FlagNo+1
	}
	if v.refund != 0 {
		p.Refunded += v.refund
		if detail == "" {
			detail = "refund"
		}
		if err := bookRefunded(ctx, tx, p, v.from, v.refund); err != nil {
			return p, err
		}
	}
	if err := put(ctx, tx, p); err != nil {
		return p, err
	}
	if p.State == Paid && v.edge != (Edge{}) {
		if err := supersede(ctx, tx, all, p.ID); err != nil {
			return p, err
		}
	}
	if v.empty() {
		return p, nil
	}
	return p, s.tell(ctx, tx, p, v, all[i].Flag, detail)
}

// supersede ends the other attempts that nobody has started.
func supersede(ctx context.Context, tx *db.Tx, all []Payment, paid ident.PaymentID) error {
	for _, o := range all {
		if e, ok := step(o.State, Cancelled, BySystem); ok && o.ID != paid {
			o.State, o.SettledAt = e.To, tx.Now
			if err := put(ctx, tx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell records and reports what a verdict did; before is the flag until then.
func (s *Service) tell(ctx context.Context, tx *db.Tx, p Payment, v verdict, before Flag, detail string) error {
	action := "payment.refund"
	switch {
	case v.edge != (Edge{}):
		action = "payment." + v.edge.Event
	case v.flag != "":
		action = "payment.flag"
	}
	if err := audit.Record(ctx, tx, self, audit.Event{Action: action, Object: "payment:" + string(p.ID), Detail: detail}); err != nil {
		return err
	}
	if v.flag != "" {
		if err := jobs.Insert(ctx, tx, Flagged{p.ID, p.Case, v.flag, p.FlagNo}); err != nil {
			return err
		}
	}
	if before != "" && p.Flag == "" {
		if err := jobs.Insert(ctx, tx, Cleared{p.ID, p.Case, p.FlagNo}); err != nil {
			return err
		}
	}
	if v.edge != (Edge{}) && p.State.Over() {
		return jobs.Insert(ctx, tx, Settled{p.ID, p.Case, p.State})
	}
	return nil
}

// word reports whether s can be a reference or a name of ours or a provider's:
// 1 to most printable ASCII signs. Nothing else is asked of the database.
func word(s string, most int) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= most
}

// Notify takes a provider's notice: a hint only, the provider is asked. ref is
// our payment ID or the provider's reference. Duplicates, a wrong order, old
// and foreign references do no harm. Anybody may call it, so it says nothing
// about what it found: an unknown reference is no error. Errors: NotFound for
// an unknown tenant, Unavailable when the provider does not answer, so that a
// provider that repeats its notices does so.
func (s *Service) Notify(ctx context.Context, t ident.TenantID, provider, ref string) error {
	scope, err := s.scope(t)
	if err != nil {
		return err
	}
	if !word(ref, 200) || !word(provider, 100) {
		return nil
	}
	var p Payment
	err = s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		p, err = s.find(ctx, tx, provider, ref)
		return err
	})
	if errs.Is(err, errs.KindNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.confirm(ctx, scope, p.ID, nil)
	switch {
	case errors.Is(err, ErrUnknown), errs.Is(err, errs.KindNotFound):
		return nil
	case err != nil:
		s.c.Log.Warn("payment notice not confirmed", "tenant", string(t), "payment", string(p.ID), "error", err.Error())
		return errs.Unavailable("payments.provider-silent", err)
	}
	return nil
}

// Return is what the page calls when the browser comes back. That proves
// nothing: the provider is asked. When it does not answer, the payment is given
// as it stands. Who may: as Start.
func (s *Service) Return(ctx context.Context, actor perm.Citizen, id ident.PaymentID) (Payment, error) {
	scope, err := s.reach(ctx, actor, id)
	if err != nil {
		return Payment{}, err
	}
	return s.confirm(ctx, scope, id, func(_ context.Context, _ *db.Tx, p Payment, _ Report, silent error) (Payment, error) {
		if silent != nil && !errors.Is(silent, ErrUnknown) {
			s.c.Log.Warn("payment not confirmed at return", "tenant", string(p.Tenant), "payment", string(p.ID), "error", silent.Error())
		}
		return p, nil
	})
}

// Ask has the provider asked now, for the Kasse that looks into a flagged
// payment. Staff with perm.ReadPayments in all units may: it changes only what
// the provider confirms. Errors: NotFound, Forbidden, Unavailable when the
// provider does not answer or does not know the order.
func (s *Service) Ask(ctx context.Context, actor perm.Staff, id ident.PaymentID) (Payment, error) {
	if err := mayRead(actor); err != nil {
		return Payment{}, err
	}
	p, err := s.confirm(ctx, actor.Scope(), id, nil)
	if err != nil && !errs.Is(err, errs.KindNotFound) {
		err = errs.Unavailable("payments.provider-silent", err)
	}
	return p, err
}
