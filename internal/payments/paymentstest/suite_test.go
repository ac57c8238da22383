package paymentstest

import (
	"context"
	"testing"

	"stadttor/internal/payments"
)

func TestTheBankInMemoryPassesItsOwnSuite(t *testing.T) {
	Run(t, func(*testing.T) Partner { return NewBank("m") })
}

// faulty is a partner whose adapter has one mistake.
type faulty struct {
	*Bank
	start  func(payments.Provider, context.Context, payments.Order) (payments.Started, error)
	status func(payments.Provider, context.Context, payments.Query) (payments.Report, error)
}

func (f faulty) Provider() payments.Provider { return f }

func (f faulty) Start(ctx context.Context, o payments.Order) (payments.Started, error) {
	if f.start != nil {
		return f.start(f.Bank.Provider(), ctx, o)
	}
	return f.Bank.Provider().Start(ctx, o)
}

func (f faulty) Status(ctx context.Context, q payments.Query) (payments.Report, error) {
	if f.status != nil {
		return f.status(f.Bank.Provider(), ctx, q)
	}
	return f.Bank.Provider().Status(ctx, q)
}

func TestTheSuiteFindsPlantedMistakes(t *testing.T) {
	n := 0
	for name, f := range map[string]faulty{
		"a second order for the same key": {start: func(p payments.Provider, ctx context.Context, o payments.Order) (payments.Started, error) {
			n++
			o.Key += string(rune('a' + n%26))
			return p.Start(ctx, o)
		}},
		"the ordered amount instead of the paid one": {status: func(p payments.Provider, ctx context.Context, q payments.Query) (payments.Report, error) {
			r, err := p.Status(ctx, q)
			r.Amount = 1250
			return r, err
		}},
		"always euro": {status: func(p payments.Provider, ctx context.Context, q payments.Query) (payments.Report, error) {
			r, err := p.Status(ctx, q)
			r.Currency = payments.Euro
			return r, err
		}},
		"silence taken for failure": {status: func(p payments.Provider, ctx context.Context, q payments.Query) (payments.Report, error) {
			r, err := p.Status(ctx, q)
			if err != nil {
				return payments.Report{State: payments.Failed, Ref: q.Ref}, nil
			}
			return r, nil
		}},
		"unknown taken for pending": {status: func(p payments.Provider, ctx context.Context, q payments.Query) (payments.Report, error) {
			r, err := p.Status(ctx, q)
			if err == payments.ErrUnknown {
				return payments.Report{State: payments.Pending, Ref: q.Ref}, nil
			}
			return r, err
		}},
		"no reference in the report": {status: func(p payments.Provider, ctx context.Context, q payments.Query) (payments.Report, error) {
			r, err := p.Status(ctx, q)
			r.Ref = ""
			return r, err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range checks {
				f.Bank = NewBank("m")
				if err := c.fn(t.Context(), f); err != nil {
					t.Logf("found by %q: %v", c.name, err)
					return
				}
			}
			t.Error("no check found it")
		})
	}
}
