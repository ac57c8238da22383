package demo

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/money"
	"stadttor/internal/payments"
)

// notice is something the bank will do to an order: book a state, then tell.
type notice struct {
	At    int64          `json:"at"`            // microseconds
	Set   payments.State `json:"set,omitempty"` // booked before the portal is told; "" for nothing
	Tries int            `json:"tries,omitempty"`
}

func (o order) next() int64 {
	var at int64
	for _, n := range o.Notices {
		if at == 0 || n.At < at {
			at = n.At
		}
	}
	return at
}

// behaviour is one thing the bank can do with an order.
type behaviour struct {
	Value, Label, Hint string
	primary            bool
	set                payments.State // booked at once
	then               []notice       // At is the delay
	back               bool           // the browser returns
	wrong              bool           // another amount is paid
}

func after(d time.Duration, s payments.State) notice { return notice{At: d.Microseconds(), Set: s} }

// behaviours, in the order of the page.
var behaviours = []behaviour{
	{Value: "bezahlen", Label: "Bezahlen", primary: true, set: payments.Paid, then: []notice{after(0, "")}, back: true},
	{Value: "abbrechen", Label: "Abbrechen", set: payments.Cancelled, then: []notice{after(0, "")}, back: true},
	{Value: "fehlschlagen", Label: "Fehlschlagen", Hint: "Die Bank lehnt ab.", set: payments.Failed, then: []notice{after(0, "")}, back: true},
	{Value: "spaet", Label: "Bezahlt, aber Meldung kommt 30 Sekunden später", Hint: "Bis dahin heißt es: in Bearbeitung.", set: payments.Pending, then: []notice{after(30*time.Second, payments.Paid)}, back: true},
	{Value: "doppelt", Label: "Bezahlt, Meldung doppelt", set: payments.Paid, then: []notice{after(0, ""), after(0, ""), after(3*time.Second, "")}, back: true},
	{Value: "reihenfolge", Label: "Meldungen in falscher Reihenfolge", Hint: "Erst „fehlgeschlagen“, fünf Sekunden später „bezahlt“.", set: payments.Failed, then: []notice{after(0, ""), after(5*time.Second, payments.Paid)}, back: true},
	{Value: "ohne-rueckkehr", Label: "Zahlt, Browser kehrt nie zurück", set: payments.Paid, then: []notice{after(2*time.Second, "")}},
	{Value: "stumm", Label: "Zahlt, aber weder Browser noch Meldung kommen an", Hint: "Das Portal fragt nach einer Minute selbst nach.", set: payments.Paid},
	{Value: "falscher-betrag", Label: "Bezahlt einen falschen Betrag", Hint: "Gilt nicht als bezahlt. Die Kasse muss es prüfen.", set: payments.Paid, then: []notice{after(0, "")}, back: true, wrong: true},
}

var errOver = errors.New("the order is over")

// behave does to an order what was chosen on the page.
func (h behaviour) behave(o *order, now time.Time) error {
	if o.State != payments.Begun {
		return errOver
	}
	o.book(h.set, now)
	if h.wrong {
		o.Paid = other(o.Amount)
	}
	for _, n := range h.then {
		n.At += db.Micros(now)
		o.Notices = append(o.Notices, n)
	}
	return nil
}

// other is an amount that is not a.
func other(a money.Amount) money.Amount {
	if a > 100 {
		return a - 100
	}
	return a + 100
}

func (o *order) book(s payments.State, now time.Time) {
	o.State, o.Booked = s, now
	if s == payments.Paid && o.Paid == 0 {
		o.Paid = o.Amount
	}
}

// giveBack refunds a paid order and tells.
func giveBack(o *order, now time.Time) error {
	if o.State != payments.Paid || o.Refunded == o.Paid {
		return errOver
	}
	o.Refunded = o.Paid
	o.Notices = append(o.Notices, notice{At: db.Micros(now)})
	return nil
}

// Run sends the bank's notices until ctx ends.
func (b *Bank) Run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if err := b.Tick(ctx); err != nil && ctx.Err() == nil {
			b.c.Log.Error("demo bank", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-b.wake:
		}
	}
}

// Tick sends the notices that are due.
func (b *Bank) Tick(ctx context.Context) error {
	for _, part := range b.c.DB.Partitions() {
		var due []order
		err := b.c.DB.View(ctx, db.Across(part, why), func(tx *db.Tx) error {
			rows, err := tx.Query(ctx, `SELECT `+columns+` FROM demo_payment WHERE notice_at>0 AND notice_at<=$1 ORDER BY notice_at LIMIT 100`, db.Micros(tx.Now))
			due, err = db.Collect(rows, err, func(r *sql.Rows) (order, error) { return scan(r) })
			return err
		})
		if err != nil {
			return err
		}
		for _, o := range due {
			if err := b.send(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// send books what is due for an order, tells the portal once for each notice,
// and repeats what the portal did not take after ten seconds, ten times.
func (b *Bank) send(ctx context.Context, o order) error {
	var mine []notice
	o, err := b.change(ctx, o, func(o *order, now time.Time) error {
		mine = nil
		var rest []notice
		for _, n := range o.Notices {
			if n.At > db.Micros(now) {
				rest = append(rest, n)
				continue
			}
			if n.Set != "" {
				o.book(n.Set, now)
				n.Set = ""
			}
			mine = append(mine, n)
			// Kept until it is delivered: a restart in between repeats it.
			if n.Tries++; n.Tries < 10 {
				n.At = db.Micros(now.Add(10 * time.Second))
				rest = append(rest, n)
			}
		}
		o.Notices = rest
		return nil
	})
	if err != nil {
		return err
	}
	taken := 0
	for range mine {
		if err := b.c.Notify(ctx, o.Tenant, o.Provider, o.Ref); err != nil {
			b.c.Log.Warn("demo bank: notice not taken", "ref", o.Key, "error", err.Error())
			continue
		}
		taken++
	}
	if taken < len(mine) {
		return nil
	}
	_, err = b.change(ctx, o, func(o *order, _ time.Time) error {
		var rest []notice
		for _, n := range o.Notices {
			if n.Tries == 0 {
				rest = append(rest, n)
			}
		}
		o.Notices = rest
		return nil
	})
	return err
}
