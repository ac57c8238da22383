package paymentstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"stadttor/internal/payments"
)

// Bank is a partner in memory. Safe for concurrent use.
type Bank struct {
	mu     sync.Mutex // guards all below
	name   string
	orders map[string]*Order // by key
	silent bool
	lose   bool
	anyRef bool
	serial int
}

// Order is the bank's record.
type Order struct {
	payments.Order
	Ref string
	Booking
}

// NewBank makes a bank; name begins its references.
func NewBank(name string) *Bank { return &Bank{name: name, orders: map[string]*Order{}} }

var errSilent = errors.New("the bank does not answer")

// Factory is the bank's payments.Factory; it takes no settings.
func (b *Bank) Factory(json.RawMessage) (payments.Provider, error) { return b.Provider(), nil }

// Provider implements Partner.
func (b *Bank) Provider() payments.Provider { return wire{b} }

// Silence implements Partner.
func (b *Bank) Silence(on bool) { b.mu.Lock(); b.silent = on; b.mu.Unlock() }

// LoseAnswer makes the bank take the next order and its answer get lost.
func (b *Bank) LoseAnswer() { b.mu.Lock(); b.lose = true; b.mu.Unlock() }

// AnyRef makes the bank answer for an order under whatever reference it is
// asked, with its own; or take it exactly again.
func (b *Bank) AnyRef(on bool) { b.mu.Lock(); b.anyRef = on; b.mu.Unlock() }

// Book implements Partner.
func (b *Bank) Book(ref string, x Booking) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range b.orders {
		if o.Ref == ref {
			o.Booking = x
			return nil
		}
	}
	return fmt.Errorf("no order %s", ref)
}

// Order gives the record of a key.
func (b *Bank) Order(key string) (Order, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.orders[key]
	if !ok {
		return Order{}, false
	}
	return *o, true
}

type wire struct{ b *Bank }

func (w wire) Start(ctx context.Context, in payments.Order) (payments.Started, error) {
	w.b.mu.Lock()
	defer w.b.mu.Unlock()
	if ctx.Err() != nil || w.b.silent {
		return payments.Started{}, errors.Join(errSilent, ctx.Err())
	}
	o, ok := w.b.orders[in.Key]
	if !ok {
		w.b.serial++
		o = &Order{Order: in, Ref: fmt.Sprintf("%s-%06d", w.b.name, w.b.serial), Booking: Booking{State: payments.Begun}}
		w.b.orders[in.Key] = o
	}
	if w.b.lose {
		w.b.lose = false
		return payments.Started{}, errSilent
	}
	return payments.Started{Ref: o.Ref, RedirectURL: "https://bank.example/" + o.Ref}, nil
}

func (w wire) Status(ctx context.Context, q payments.Query) (payments.Report, error) {
	w.b.mu.Lock()
	defer w.b.mu.Unlock()
	if ctx.Err() != nil || w.b.silent {
		return payments.Report{}, errors.Join(errSilent, ctx.Err())
	}
	o, ok := w.b.orders[q.Key]
	if !ok || o.Tenant != q.Tenant || (q.Ref != "" && q.Ref != o.Ref && !w.b.anyRef) {
		return payments.Report{}, payments.ErrUnknown
	}
	return payments.Report{State: o.State, Amount: o.Booking.Amount, Currency: o.Currency, Refunded: o.Refunded, Ref: o.Ref}, nil
}
