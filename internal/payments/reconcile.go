package payments

import (
	"context"
	"errors"
	"strings"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/jobs"
)

// stopAsking bounds how long a provider is asked: a transfer may take days.
const stopAsking = 14 * 24 * time.Hour

// pause is how long the job waits before it asks for the n-th time: one minute,
// doubled up to six hours.
func pause(n int) time.Duration {
	return min(time.Minute<<min(max(n-1, 0), 9), 6*time.Hour)
}

// Reconcile is the job that asks for a payment whose notice never came: while
// it is at a provider, and after it ended unpaid for three times ExpireAfter,
// because money may come late. After ExpireAfter with nothing paid the attempt
// expires; one that is still under way, or whose provider is silent, is flagged
// and asked for on. Registered with jobs.Outside; GiveUp is its end.
func (s *Service) Reconcile(ctx context.Context, call jobs.Call, j Check) error {
	if j.Turn == 0 {
		return s.c.DB.InTx(ctx, call.Scope, func(tx *db.Tx) error { return s.expireOpen(ctx, tx, j) })
	}
	_, err := s.confirm(ctx, call.Scope, j.Payment, func(ctx context.Context, tx *db.Tx, p Payment, r Report, silent error) (Payment, error) {
		if silent != nil && !errors.Is(silent, ErrUnknown) {
			s.c.Log.Warn("payment not confirmed", "tenant", string(p.Tenant), "payment", string(p.ID), "turn", j.Turn, "error", silent.Error())
		}
		return s.due(ctx, tx, p, j, r, silent)
	})
	if errs.Is(err, errs.KindNotFound) {
		return nil
	}
	return err
}

// due follows the time that has passed since the start, then plans the next turn.
func (s *Service) due(ctx context.Context, tx *db.Tx, p Payment, j Check, r Report, silent error) (Payment, error) {
	age := tx.Now.Sub(p.StartedAt)
	if age >= s.c.ExpireAfter && p.State.InFlight() && !p.keeps() {
		nothing := errors.Is(silent, ErrUnknown) || (silent == nil && r.State == Begun && r.Ref == p.Ref)
		e, legal := step(p.State, Expired, BySystem)
		v, before := verdict{}, p.Flag
		if nothing && legal {
			v.edge = e
			p.State, p.SettledAt = e.To, tx.Now
			if p.Flag == FlagSlow {
				p.Flag = ""
			}
			p.Fact = stands(p, v)
		} else {
			value := string(p.State)
			if age > stopAsking {
				value = stopped
			}
			if v = late(p, value); v.flag != "" {
				p.Flag, p.FlagNo, p.Fact = v.flag, p.FlagNo+1, v.fact
			}
		}
		if !v.empty() {
			if err := put(ctx, tx, p); err != nil {
				return p, err
			}
			if err := s.tell(ctx, tx, p, v, before, string(p.State)); err != nil {
				return p, err
			}
		}
	}
	limit := stopAsking
	if p.State.Over() {
		limit = 3 * s.c.ExpireAfter
	}
	if p.State == Paid || p.keeps() || age > limit {
		return p, nil
	}
	if j.Turn > p.Turn {
		p.Turn = j.Turn
		if err := put(ctx, tx, p); err != nil {
			return p, err
		}
	}
	at := tx.Now.Add(pause(j.Turn + 1))
	// One turn falls on the deadline itself, so that nobody waits six hours more.
	if deadline := p.StartedAt.Add(s.c.ExpireAfter); tx.Now.Before(deadline) && at.After(deadline) {
		at = deadline
	}
	return p, jobs.InsertAt(ctx, tx, Check{Payment: p.ID, Turn: j.Turn + 1}, at)
}

// stopped is the fact of FlagSlow when nobody asks the provider any more.
const stopped = "stopped"

// late flags an attempt that is still under way. Where a human has settled what
// the provider reports, that is no news; that he waited for the provider is,
// once its state is another or the asking ends.
func late(p Payment, value string) verdict {
	v := raise(p, FlagSlow, value)
	if p.Flag != "" || p.Fact != "" && !strings.HasPrefix(p.Fact, string(FlagSlow)+":") {
		v.flag = ""
	}
	return v
}

// expireOpen ends an attempt that nobody started.
func (s *Service) expireOpen(ctx context.Context, tx *db.Tx, j Check) error {
	all, i, err := s.attempts(ctx, tx, j.Payment)
	if errs.Is(err, errs.KindNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p := all[i]
	if p.State != Open {
		return nil
	}
	e, _ := step(Open, Expired, BySystem)
	p.State, p.SettledAt = e.To, tx.Now
	if err := put(ctx, tx, p); err != nil {
		return err
	}
	return s.tell(ctx, tx, p, verdict{edge: e}, "", string(Open)+">"+string(Expired))
}

// GiveUp runs when the job itself died (database, panic): a human has to look.
func (s *Service) GiveUp(ctx context.Context, tx *db.Tx, j Check, _ error) error {
	all, i, err := s.attempts(ctx, tx, j.Payment)
	if errs.Is(err, errs.KindNotFound) {
		return nil
	}
	if err != nil || all[i].State == Paid || all[i].Flag != "" {
		return err
	}
	p := all[i]
	p.Flag, p.FlagNo, p.Fact = FlagSlow, p.FlagNo+1, string(FlagSlow)+":"+stopped
	if err := put(ctx, tx, p); err != nil {
		return err
	}
	return s.tell(ctx, tx, p, verdict{flag: FlagSlow}, "", string(FlagSlow))
}
