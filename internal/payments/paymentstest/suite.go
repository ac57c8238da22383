// Package paymentstest is the conformance suite of the payment port, for
// whoever writes an adapter, and a partner in memory for tests of the feature.
//
// An adapter's test gives Run a Partner: the adapter together with the other
// side of the wire (a server under test or the provider's sandbox), which the
// suite can make book things and fall silent. The suite decides nothing about
// money; it checks what payments relies on.
package paymentstest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/payments"
)

// Partner is an adapter with the other side of its wire.
type Partner interface {
	// Provider gives a fresh adapter with the same settings, as after a restart
	// or on another node.
	Provider() payments.Provider
	// Book makes the partner book something on an order for 12,50 €. ErrCannot
	// when this partner never does such a thing: it need not know every wrong
	// amount, but one of 12,49, 12,51, 0,01, 1250,00 or 11,50.
	Book(ref string, b Booking) error
	// Silence makes the partner unreachable, or reachable again.
	Silence(on bool)
}

// Booking is what happens on the partner's side.
type Booking struct {
	State    payments.State // Pending, Paid, Failed, Cancelled
	Amount   money.Amount   // what was really paid
	Currency string
	Refunded money.Amount // given back so far
}

// ErrCannot says that a partner cannot book such a thing; the check is skipped.
var ErrCannot = errors.New("this partner never does that")

// Run checks an adapter. open gives a partner without orders for each check.
func Run(t *testing.T, open func(t *testing.T) Partner) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			err := c.fn(t.Context(), open(t))
			if errors.Is(err, ErrCannot) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

type check struct {
	name string
	fn   func(ctx context.Context, p Partner) error
}

var checks = []check{
	{"an order gets a reference and an address", startGives},
	{"the same key is the same order", sameKey},
	{"the same key at the same moment is one order", sameKeyAtOnce},
	{"another key is another order", otherKey},
	{"smallest and largest amounts and texts are taken", bounds},
	{"an order without payment is not paid", unpaid},
	{"an order nobody made is unknown", unknown},
	{"every outcome is reported as it is", outcomes},
	{"the amount reported is the amount paid", trueAmount},
	{"the currency reported is the currency paid", trueCurrency},
	{"a refund is reported", refunds},
	{"a restart forgets nothing", restart},
	{"asked without reference it knows the order or none", withoutRef},
	{"a silent partner is an error, never an outcome", silent},
	{"an ended context ends the call", ended},
}

func newOrder(a money.Amount) payments.Order {
	id := ident.New[ident.PaymentID](time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC))
	return payments.Order{Key: string(id), Payment: id, Realm: "r", Tenant: "t", Provider: "p", Amount: a, Purpose: "Sperrgut TOR-2026-000001", Reference: "TOR-2026-000001",
		ReturnURL: "https://service.torhausen.example" + payments.ReturnPath(id), NotifyURL: "https://service.torhausen.example" + payments.NotifyPath("p", id)}
}

func query(o payments.Order, ref string) payments.Query {
	return payments.Query{Key: o.Key, Ref: ref, Realm: o.Realm, Tenant: o.Tenant}
}

func startGives(ctx context.Context, p Partner) error {
	s, err := p.Provider().Start(ctx, newOrder(1250))
	if err != nil {
		return err
	}
	if s.Ref == "" || len(s.Ref) > 200 {
		return fmt.Errorf("reference of %d bytes, want 1 to 200", len(s.Ref))
	}
	if !strings.HasPrefix(s.RedirectURL, "https://") && !strings.HasPrefix(s.RedirectURL, "http://") && !strings.HasPrefix(s.RedirectURL, "/") {
		return fmt.Errorf("the browser cannot go to %q", s.RedirectURL)
	}
	return nil
}

func sameKey(ctx context.Context, p Partner) error {
	o := newOrder(1250)
	a, err := p.Provider().Start(ctx, o)
	if err != nil {
		return err
	}
	b, err := p.Provider().Start(ctx, o)
	if err != nil {
		return err
	}
	if a.Ref != b.Ref {
		return fmt.Errorf("the second start made another order: %s, then %s", a.Ref, b.Ref)
	}
	return nil
}

func sameKeyAtOnce(ctx context.Context, p Partner) error {
	o := newOrder(1250)
	var mu sync.Mutex // guards refs and errList
	refs, errList := map[string]bool{}, []error{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := p.Provider().Start(ctx, o)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errList = append(errList, err)
				return
			}
			refs[s.Ref] = true
		})
	}
	wg.Wait()
	if len(refs) > 1 {
		return fmt.Errorf("eight starts at once made %d orders", len(refs))
	}
	if len(refs) == 0 {
		return errors.Join(errList...)
	}
	return nil
}

func otherKey(ctx context.Context, p Partner) error {
	a, err := p.Provider().Start(ctx, newOrder(1250))
	if err != nil {
		return err
	}
	b, err := p.Provider().Start(ctx, newOrder(1250))
	if err != nil {
		return err
	}
	if a.Ref == b.Ref {
		return fmt.Errorf("two orders have the reference %s", a.Ref)
	}
	return nil
}

func bounds(ctx context.Context, p Partner) error {
	for _, o := range []payments.Order{newOrder(1), newOrder(payments.MaxAmount)} {
		o.Purpose = "Abcdefghij-0123456789 Xyz 1"
		o.Reference = strings.Repeat("A", 36)
		if _, err := p.Provider().Start(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", o.Amount.Decimal(), err)
		}
	}
	return nil
}

func unpaid(ctx context.Context, p Partner) error {
	o := newOrder(1250)
	s, err := p.Provider().Start(ctx, o)
	if err != nil {
		return err
	}
	r, err := p.Provider().Status(ctx, query(o, s.Ref))
	if err != nil {
		return err
	}
	if r.State != payments.Begun || r.Ref != s.Ref {
		return fmt.Errorf("nobody paid, the report says %s for %q", r.State, r.Ref)
	}
	return nil
}

func unknown(ctx context.Context, p Partner) error {
	o := newOrder(1250)
	s, err := p.Provider().Start(ctx, o)
	if err != nil {
		return err
	}
	if err := p.Book(s.Ref, Booking{payments.Paid, 1250, payments.Euro, 0}); err != nil {
		return err
	}
	r, err := p.Provider().Status(ctx, query(newOrder(1250), "no-such-reference"))
	if !errors.Is(err, payments.ErrUnknown) {
		return fmt.Errorf("report %s, error %v; want ErrUnknown", r.State, err)
	}
	return nil
}

// booked starts an order, has something booked and asks for it.
func booked(ctx context.Context, p Partner, b Booking) (payments.Started, payments.Report, error) {
	o := newOrder(1250)
	s, err := p.Provider().Start(ctx, o)
	if err != nil {
		return s, payments.Report{}, err
	}
	if err := p.Book(s.Ref, b); err != nil {
		return s, payments.Report{}, err
	}
	r, err := p.Provider().Status(ctx, query(o, s.Ref))
	return s, r, err
}

func outcomes(ctx context.Context, p Partner) error {
	seen := 0
	for _, st := range []payments.State{payments.Pending, payments.Paid, payments.Failed, payments.Cancelled} {
		s, r, err := booked(ctx, p, Booking{st, 1250, payments.Euro, 0})
		if errors.Is(err, ErrCannot) && st != payments.Paid {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", st, err)
		}
		seen++
		if r.State != st || r.Ref != s.Ref {
			return fmt.Errorf("booked %s on %s, reported %s on %q", st, s.Ref, r.State, r.Ref)
		}
		if st == payments.Paid && (r.Amount != 1250 || r.Currency != payments.Euro || r.Refunded != 0) {
			return fmt.Errorf("paid 12.50 EUR, reported %s %q, refunded %s", r.Amount.Decimal(), r.Currency, r.Refunded.Decimal())
		}
	}
	if seen < 2 {
		return errors.New("a partner that can only be paid cannot be tested: let it fail or cancel")
	}
	return nil
}

func trueAmount(ctx context.Context, p Partner) error {
	seen := 0
	for _, a := range []money.Amount{1249, 1251, 1, 125000, 1150} {
		_, r, err := booked(ctx, p, Booking{payments.Paid, a, payments.Euro, 0})
		if errors.Is(err, ErrCannot) {
			continue
		}
		if err != nil {
			return err
		}
		seen++
		if r.State != payments.Paid || r.Amount != a {
			return fmt.Errorf("ordered 12.50, paid %s, reported %s %s", a.Decimal(), r.State, r.Amount.Decimal())
		}
	}
	if seen == 0 {
		return ErrCannot
	}
	return nil
}

func trueCurrency(ctx context.Context, p Partner) error {
	_, r, err := booked(ctx, p, Booking{payments.Paid, 1250, "CHF", 0})
	if err == nil && r.State == payments.Paid && r.Currency != "CHF" {
		err = fmt.Errorf("paid in CHF, reported in %q", r.Currency)
	}
	return err
}

func refunds(ctx context.Context, p Partner) error {
	seen := 0
	for _, back := range []money.Amount{250, 1250} {
		_, r, err := booked(ctx, p, Booking{payments.Paid, 1250, payments.Euro, back})
		if errors.Is(err, ErrCannot) {
			continue
		}
		if err != nil {
			return err
		}
		seen++
		if r.State != payments.Paid || r.Amount != 1250 || r.Refunded != back {
			return fmt.Errorf("%s of 12.50 given back, reported %s %s, refunded %s", back.Decimal(), r.State, r.Amount.Decimal(), r.Refunded.Decimal())
		}
	}
	if seen == 0 {
		return ErrCannot
	}
	return nil
}

func restart(ctx context.Context, p Partner) error {
	o := newOrder(1250)
	s, err := p.Provider().Start(ctx, o)
	if err != nil {
		return err
	}
	if err := p.Book(s.Ref, Booking{payments.Paid, 1250, payments.Euro, 0}); err != nil {
		return err
	}
	for range 3 {
		r, err := p.Provider().Status(ctx, query(o, s.Ref))
		if err != nil || r.State != payments.Paid {
			return fmt.Errorf("asked again: %s, %v", r.State, err)
		}
	}
	again, err := p.Provider().Start(ctx, o) // a page opened twice
	if err == nil && again.Ref != s.Ref {
		return fmt.Errorf("starting a paid order again made another: %s", again.Ref)
	}
	return nil
}

func withoutRef(ctx context.Context, p Partner) error {
	o, other := newOrder(1250), newOrder(1250)
	s, err := p.Provider().Start(ctx, o)
	if err != nil {
		return err
	}
	so, err := p.Provider().Start(ctx, other)
	if err != nil {
		return err
	}
	if err := p.Book(so.Ref, Booking{payments.Paid, 1250, payments.Euro, 0}); err != nil {
		return err
	}
	r, err := p.Provider().Status(ctx, query(o, ""))
	if errors.Is(err, payments.ErrUnknown) {
		return nil
	}
	if err == nil && (r.Ref != s.Ref || r.State == payments.Paid) {
		err = fmt.Errorf("reported another order: %s on %s", r.State, r.Ref)
	}
	return err
}

func silent(ctx context.Context, p Partner) error {
	o := newOrder(1250)
	s, err := p.Provider().Start(ctx, o)
	if err != nil {
		return err
	}
	p.Silence(true)
	defer p.Silence(false)
	if r, err := p.Provider().Status(ctx, query(o, s.Ref)); err == nil || errors.Is(err, payments.ErrUnknown) {
		return fmt.Errorf("the partner is silent, the report says %q, %v", r.State, err)
	}
	if s, err := p.Provider().Start(ctx, newOrder(1250)); err == nil {
		return fmt.Errorf("the partner is silent, the start gave %s", s.Ref)
	}
	return nil
}

func ended(ctx context.Context, p Partner) error {
	o := newOrder(1250)
	s, err := p.Provider().Start(ctx, o)
	if err != nil {
		return err
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	done := make(chan error, 1)
	go func() {
		_, err := p.Provider().Status(over, query(o, s.Ref))
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil || errors.Is(err, payments.ErrUnknown) {
			return fmt.Errorf("an ended context gave %v", err)
		}
	case <-time.After(5 * time.Second):
		return errors.New("the call went on for 5 seconds after its context ended")
	}
	return nil
}
