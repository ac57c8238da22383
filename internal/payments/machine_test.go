package payments_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/money"
	"stadttor/internal/payments"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/pii"
)

// step is one event of a history; N picks among what there is.
type step struct {
	Op string
	N  int
}

func (s step) String() string { return fmt.Sprintf("%s(%d)", s.Op, s.N) }

// histories of one demand: what persons, banks, the network and time do to it.
var histories = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
	return step{
		Op: rapid.SampledFrom([]string{"start", "start", "start", "lost-start", "pay", "pay", "pay", "pay-wrong", "pay-francs", "fail", "cancel", "pend", "refund",
			"notify", "notify", "notify", "notify-ref", "notify-foreign", "notify-other-tenant", "notify-other-bank", "return", "return", "silence", "speak", "wait", "wait-long", "drop", "clear", "clear", "clear-stale", "receive", "receive-wrong"}).Draw(t, "op"),
		N: rapid.IntRange(0, 5).Draw(t, "n"),
	}
}), 4, 22)

// kept are histories of money for which nothing is owed any more: the Kasse
// settles it, the bank gives it back, in parts or whole, and everybody tells
// everything twice.
var kept = rapid.Custom(func(t *rapid.T) []step {
	more := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{Op: rapid.SampledFrom([]string{"clear", "clear", "refund", "refund", "notify", "notify", "return", "wait", "wait-long", "clear-stale", "start", "receive"}).Draw(t, "op"), N: rapid.IntRange(0, 5).Draw(t, "n")}
	}), 4, 14).Draw(t, "more")
	return append([]step{{"start", 0}, {"drop", 0}, {"pay", 0}}, more...)
})

// counter are histories of a demand that is paid at the counter while attempts
// at banks are under way.
var counter = rapid.Custom(func(t *rapid.T) []step {
	draw := func(most int, ops ...string) []step {
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{Op: rapid.SampledFrom(ops).Draw(t, "op"), N: rapid.IntRange(0, 5).Draw(t, "n")}
		}), 0, most).Draw(t, "more")
	}
	h := append([]step{{"start", 0}}, draw(3, "start", "pend", "fail", "notify", "silence", "pay", "pay-wrong")...)
	h = append(h, step{"receive", 0})
	return append(h, draw(12, "receive", "receive-wrong", "pay", "pay", "pay-wrong", "notify", "notify", "return", "start", "refund", "clear", "wait", "wait-long", "drop", "silence", "speak")...)
})

var names = []string{"karte", "giro"}

// play lives through a history and says what promise was broken, or nil.
func (w *town) play(h []step) error {
	ctx := context.Background()
	for _, b := range w.banks {
		b.Silence(false)
	}
	first, err := w.owe("")
	if err != nil {
		return err
	}
	waited := time.Duration(0)
	for i, s := range h {
		all, err := w.attempts(first.Case)
		if err != nil {
			return err
		}
		p := all[s.N%len(all)]
		name := names[s.N%2]
		if err := w.do(ctx, s, all, p, name, &waited); err != nil {
			return fmt.Errorf("step %d %s: %w", i, s, err)
		}
		if err := w.check(first); err != nil {
			return fmt.Errorf("after step %d %s: %w", i, s, err)
		}
	}
	for _, b := range w.banks {
		b.Silence(false)
	}
	if err := w.pass(25 * time.Hour); err != nil {
		return err
	}
	if err := w.check(first); err != nil {
		return fmt.Errorf("a day later: %w", err)
	}
	return w.final(first)
}

// tolerable are the refusals that a person or a provider meets in such a history.
func tolerable(err error) error {
	switch errs.KindOf(err) {
	case errs.KindConflict, errs.KindUnavailable, errs.KindNotFound:
		return nil
	}
	return err
}

func (w *town) do(ctx context.Context, s step, all []payments.Payment, p payments.Payment, name string, waited *time.Duration) error {
	// change books something on the order of p, as far as a real bank would:
	// what is paid stays paid.
	change := func(b paymentstest.Booking) error {
		bank, ok := w.banks[p.Provider]
		if !ok {
			return nil
		}
		o, ok := bank.Order(string(p.ID))
		if !ok || o.State == payments.Paid {
			return nil
		}
		return bank.Book(o.Ref, b)
	}
	switch s.Op {
	case "start":
		_, err := w.s.Start(ctx, w.citizen(""), p.ID, name)
		return tolerable(err)
	case "lost-start":
		w.banks[name].LoseAnswer()
		_, err := w.s.Start(ctx, w.citizen(""), p.ID, name)
		return tolerable(err)
	case "pay":
		return change(paymentstest.Booking{State: payments.Paid, Amount: 1250, Currency: "EUR"})
	case "pay-wrong":
		return change(paymentstest.Booking{State: payments.Paid, Amount: []money.Amount{1249, 1251, 125000, 1, 125, 0}[s.N], Currency: "EUR"})
	case "pay-francs":
		return change(paymentstest.Booking{State: payments.Paid, Amount: 1250, Currency: "CHF"})
	case "fail":
		return change(paymentstest.Booking{State: payments.Failed})
	case "cancel":
		return change(paymentstest.Booking{State: payments.Cancelled})
	case "pend":
		return change(paymentstest.Booking{State: payments.Pending})
	case "refund":
		if bank, ok := w.banks[p.Provider]; ok {
			if o, ok := bank.Order(string(p.ID)); ok && o.State == payments.Paid && o.Booking.Amount == 1250 {
				b := o.Booking
				b.Refunded = min(1250, b.Refunded+[]money.Amount{1250, 1250, 625, 250, 1, 1249}[s.N])
				return bank.Book(o.Ref, b)
			}
		}
		return nil
	case "notify":
		return tolerable(w.s.Notify(ctx, w.a.ID, p.Provider, string(p.ID)))
	case "notify-ref":
		return tolerable(w.s.Notify(ctx, w.a.ID, p.Provider, p.Ref))
	case "notify-foreign":
		return w.s.Notify(ctx, w.a.ID, name, "0123456789abcdefghjkmnpqrs")
	case "notify-other-tenant":
		return w.s.Notify(ctx, w.b.ID, p.Provider, string(p.ID))
	case "notify-other-bank":
		if p.Provider == name {
			return nil
		}
		return w.s.Notify(ctx, w.a.ID, name, string(p.ID))
	case "return":
		_, err := w.s.Return(ctx, w.citizen(""), p.ID)
		return err
	case "silence", "speak":
		w.banks[name].Silence(s.Op == "silence")
		return nil
	case "wait":
		return w.pass(time.Minute << s.N)
	case "wait-long":
		if *waited > 20*time.Hour { // the bank's silence does not outlast our asking
			return nil
		}
		*waited += time.Duration(s.N) * 4 * time.Hour
		return w.pass(time.Duration(s.N) * 4 * time.Hour)
	case "clear":
		for _, x := range all { // who looks asks the bank first
			if _, err := w.s.Ask(ctx, w.kasse(), x.ID); tolerable(err) != nil {
				return err
			}
		}
		all, err := w.attempts(p.Case)
		if err != nil {
			return err
		}
		for _, x := range all { // whatever the history left for a human, rarely the one that was picked
			if x.Flag != "" {
				return w.clear(ctx, x, s.N)
			}
		}
		return nil
	case "clear-stale":
		c := payments.Clearing{Flag: payments.FlagSurplus, Number: p.FlagNo + 1, Reason: payments.ReasonReturned, Note: pii.New("zu spät")}
		if err := w.s.Clear(ctx, w.kasse(), p.ID, c); errs.KeyOf(err) != "clearing.changed" {
			return fmt.Errorf("%w: closed what nobody was shown: %w", errViolated, err)
		}
		return nil
	case "receive":
		if s.N > 2 { // seldom enough that banks have their turn
			return nil
		}
		in := w.inpayment()
		in.Way = payments.Ways()[s.N]
		for range 1 + s.N%2 { // pressed twice
			got, err := w.s.Receive(ctx, w.kasse(), p.ID, in)
			if err != nil {
				return tolerable(err)
			}
			if got.State != payments.Paid || got.Provider != payments.Treasury || got.Case != p.Case {
				return fmt.Errorf("%w: received, and it is %s at %s", errViolated, got.State, got.Provider)
			}
		}
		return nil
	case "receive-wrong":
		in := w.inpayment()
		in.Amount = []money.Amount{1249, 1251, 125000, 1, -1250, 0}[s.N]
		if _, err := w.s.Receive(ctx, w.kasse(), p.ID, in); !errs.Is(err, errs.KindInvalid) && !errs.Is(err, errs.KindConflict) {
			return fmt.Errorf("%w: %s was received: %w", errViolated, in.Amount.Decimal(), err)
		}
		return nil
	case "drop":
		if s.N > 0 { // rarely
			return nil
		}
		return w.d.InTx(ctx, w.a.Scope(), func(tx *db.Tx) error { return w.s.Drop(ctx, tx, p.Case) })
	}
	return fmt.Errorf("no such step")
}

// clear has the Kasse look at what is flagged and find one of the fitting things.
func (w *town) clear(ctx context.Context, p payments.Payment, n int) error {
	fit := payments.Reasons(p.Flag)
	if len(fit) == 0 {
		return nil
	}
	c := payments.Clearing{Flag: p.Flag, Number: p.FlagNo, Reason: fit[n%len(fit)], Note: pii.New("angesehen")}
	for range 1 + n%2 { // pressed twice
		if err := w.s.Clear(ctx, w.kasse(), p.ID, c); err != nil {
			return err
		}
	}
	now, err := w.s.Get(ctx, w.kasse(), p.ID)
	if err == nil && (now.Flag != "" || now.State != p.State) {
		err = fmt.Errorf("%w: cleared, and it is %s %q after %s %q", errViolated, now.State, now.Flag, p.State, p.Flag)
	}
	return err
}

// check holds after every step.
func (w *town) check(first payments.Payment) error {
	ctx := context.Background()
	all, err := w.attempts(first.Case)
	if err != nil {
		return err
	}
	paid := 0
	for _, p := range all {
		if p.State != payments.Paid {
			continue
		}
		paid++
		if p.Provider == payments.Treasury {
			if p.Amount != first.Amount || p.Way == "" || p.Voucher == "" || p.Ref != "" {
				return fmt.Errorf("%w: attempt %d was received as %+v", errViolated, p.Attempt, p)
			}
			continue
		}
		o, ok := w.banks[p.Provider].Order(string(p.ID))
		if !ok || o.State != payments.Paid || o.Booking.Amount != p.Amount || o.Currency != payments.Euro || o.Ref != p.Ref || o.Tenant != p.Tenant {
			return fmt.Errorf("%w: attempt %d counts as paid, the bank has %s %s %s", errViolated, p.Attempt, o.State, o.Booking.Amount.Decimal(), o.Currency)
		}
	}
	if paid > 1 {
		return fmt.Errorf("%w: the demand is paid %d times", errViolated, paid)
	}
	entries, err := w.s.Entries(ctx, w.kasse(), first.Case, 1000)
	if err != nil {
		return err
	}
	sum, account := map[string]money.Amount{}, map[string]money.Amount{}
	payed, droppedOnes := 0, 0
	for _, e := range entries {
		sum[e.Booking] += e.Amount
		account[e.Account] += e.Amount
		if e.Account == payments.AccountClaim && strings.HasPrefix(e.Booking, "payment:") {
			payed++
		}
		if e.Account == payments.AccountClaim && strings.HasPrefix(e.Booking, "dropped:") {
			droppedOnes++
		}
	}
	for _, p := range all {
		if err := w.kept(p, entries); err != nil {
			return err
		}
	}
	for b, n := range sum {
		if n != 0 {
			return fmt.Errorf("%w: booking %s sums to %d", errViolated, b, n)
		}
	}
	if payed != paid {
		return fmt.Errorf("%w: %d payments, %d bookings of it", errViolated, paid, payed)
	}
	owed := first.Amount
	if paid+droppedOnes > 0 {
		owed = 0
	}
	var balance money.Amount
	if err := w.d.View(ctx, w.a.Scope(), func(tx *db.Tx) (err error) {
		balance, err = w.s.Balance(ctx, tx, first.Case)
		return err
	}); err != nil {
		return err
	}
	if balance != owed || account[payments.AccountClaim] != owed {
		return fmt.Errorf("%w: %s is owed, the ledger says %s", errViolated, owed.Decimal(), balance.Decimal())
	}
	return nil
}

// kept holds of the money that nothing was owed for: it leaves the account in
// which it is kept once, by the Kasse's hand or by the provider's.
func (w *town) kept(p payments.Payment, entries []payments.Entry) error {
	var keeping, outside money.Amount
	for _, e := range entries {
		switch {
		case e.Payment != p.ID:
		case e.Account == payments.AccountKeeping:
			keeping -= e.Amount
		case e.Account == payments.AccountOutside:
			outside -= e.Amount
		}
	}
	past, err := w.s.Clearings(context.Background(), w.kasse(), p.ID)
	if err != nil {
		return err
	}
	settled := false
	for _, c := range past {
		settled = settled || c.Flag == payments.FlagSurplus
	}
	switch {
	case settled && keeping != 0, keeping < 0, keeping > p.Amount:
		return fmt.Errorf("%w: attempt %d: %s is kept, settled %v", errViolated, p.Attempt, keeping.Decimal(), settled)
	case outside < 0, outside > p.Amount, !settled && outside != 0:
		return fmt.Errorf("%w: attempt %d: %s was settled outside, settled %v", errViolated, p.Attempt, outside.Decimal(), settled)
	}
	return nil
}

// final holds when a day has passed in which the banks answered.
func (w *town) final(first payments.Payment) error {
	all, err := w.attempts(first.Case)
	if err != nil {
		return err
	}
	entries, err := w.s.Entries(context.Background(), w.kasse(), first.Case, 1000)
	if err != nil {
		return err
	}
	held, want := map[string]money.Amount{}, map[string]money.Amount{}
	for _, e := range entries {
		held[e.Account] += e.Amount
	}
	for _, p := range all {
		if p.State.InFlight() && p.Flag == "" && p.Fact == "" && p.Kept == 0 { // a fact that stands was cleared by a human
			return fmt.Errorf("%w: attempt %d is neither decided nor flagged after a day", errViolated, p.Attempt)
		}
		if p.Provider == payments.Treasury && p.State == payments.Paid {
			want[payments.AccountOf(payments.Treasury)] += p.Amount
		}
		bank, ok := w.banks[p.Provider]
		if !ok {
			continue
		}
		o, _ := bank.Order(string(p.ID))
		if o.State != payments.Paid {
			continue
		}
		exact := o.Booking.Amount == p.Amount && o.Currency == payments.Euro
		switch {
		case exact && p.State != payments.Paid && p.Kept == 0:
			return fmt.Errorf("%w: the bank was paid for attempt %d, here it is %s %s", errViolated, p.Attempt, p.State, p.Flag)
		case !exact && p.Flag == "" && p.Fact == "":
			return fmt.Errorf("%w: the bank was paid wrongly for attempt %d, nobody was told", errViolated, p.Attempt)
		}
		if exact {
			want[payments.AccountOf(p.Provider)] += o.Booking.Amount - p.Refunded
		}
	}
	for _, n := range append(slices.Clone(names), payments.Treasury) {
		a := payments.AccountOf(n)
		if held[a] != want[a] {
			return fmt.Errorf("%w: %s holds %s, the ledger says %s", errViolated, n, want[a].Decimal(), held[a].Decimal())
		}
	}
	return nil
}

func TestNoHistoryPaysTwiceOrUnpaid(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		w := newTown(t, d, c)
		paid := 0
		rapid.Check(t, func(t *rapid.T) {
			h := histories.Draw(t, "history")
			if err := w.play(h); err != nil {
				t.Fatal(err)
			}
		})
		for _, e := range w.told {
			if e.State == payments.Paid {
				paid++
			}
		}
		kinds := map[payments.Flag]int{}
		for _, f := range w.flags {
			kinds[f.Flag]++
		}
		received := w.count(t, `SELECT count(*) FROM payment WHERE provider='kasse'`)
		t.Logf("%d attempts ended, %d paid, of these %d at the Kasse, flagged: %v", len(w.told), paid, received, kinds)
		if paid == received || len(kinds) == 0 {
			t.Error("the histories reach too little")
		}
	})
}

func TestKeptMoneyLeavesTheLedgerOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		w := newTown(t, d, c)
		twice := 0
		rapid.Check(t, func(t *rapid.T) {
			h := kept.Draw(t, "history")
			if err := w.play(h); err != nil {
				t.Fatal(err)
			}
		})
		for _, f := range w.flags {
			if f.Flag == payments.FlagRefund {
				twice++ // settled by the Kasse, and given back by the bank
			}
		}
		t.Logf("%d cleared, %d flagged, of these %d given back twice", len(w.done), len(w.flags), twice)
		if len(w.done) == 0 || twice == 0 {
			t.Error("the histories reach too little")
		}
	})
}

// What was paid at the counter and at a bank as well is booked once and kept once.
func TestWhatTheKasseReceivedIsBookedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		w := newTown(t, d, c)
		rapid.Check(t, func(t *rapid.T) {
			h := counter.Draw(t, "history")
			if err := w.play(h); err != nil {
				t.Fatal(err)
			}
		})
		received := w.count(t, `SELECT count(*) FROM payment WHERE provider='kasse'`)
		twice := w.count(t, `SELECT count(*) FROM payment p JOIN payment o ON o.demand_id=p.demand_id WHERE p.provider='kasse' AND o.kept>0`)
		t.Logf("%d received, %d of them paid at a bank, too", received, twice)
		if received == 0 || twice == 0 {
			t.Error("the histories reach too little")
		}
	})
}

// The machine is worth something only if it finds mistakes.
func TestTheMachineFindsPlantedMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		plant func(*payments.Service)
		keys  bool // the unique keys are in place
		in    *rapid.Generator[[]step]
	}{
		"amount check off":                     {payments.PlantNoAmountCheck, true, histories},
		"currency check off":                   {payments.PlantNoCurrencyCheck, true, histories},
		"settled money is forgotten":           {payments.PlantForgetsReturned, true, kept},
		"state forgotten, unique keys dropped": {payments.PlantForgetful, false, histories},
	} {
		t.Run(name, func(t *testing.T) {
			clk := clock.NewFake(dbtest.Start)
			w := newTown(t, dbtest.Open(t, "sqlite", clk), clk)
			c.plant(w.s)
			if !c.keys {
				w.dropKeys(t)
			}
			for seed := range 200 {
				h := c.in.Example(seed)
				err := w.play(h)
				if err != nil {
					t.Logf("found in history %d: %v", seed, err)
					return
				}
			}
			t.Error("200 histories did not find it")
		})
	}
}

// With the keys in place the second booking of the same money is refused by the
// database, whatever the program forgot.
func TestTheUniqueKeysAloneHoldASecondBooking(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		w := newTown(t, d, c)
		payments.PlantForgetful(w.s)
		p, err := w.owe("")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.Start(t.Context(), w.citizen(""), p.ID, "karte"); err != nil {
			t.Fatal(err)
		}
		o, _ := w.banks["karte"].Order(string(p.ID))
		if err := w.banks["karte"].Book(o.Ref, paymentstest.Booking{State: payments.Paid, Amount: 1250, Currency: "EUR"}); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Notify(t.Context(), w.a.ID, "karte", o.Ref); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Notify(t.Context(), w.a.ID, "karte", o.Ref); err == nil {
			t.Error("the planted mistake was not planted: the second notice booked nothing and failed nowhere")
		}
		if err := w.check(p); err != nil {
			t.Error(err)
		}
	})
}

// dropKeys rebuilds the tables without what makes a booking unique.
func (w *town) dropKeys(t *testing.T) {
	t.Helper()
	err := w.d.InTx(t.Context(), db.Across("", "a test drops keys"), func(tx *db.Tx) error {
		for _, q := range []string{"DROP INDEX payment_paid_once", "ALTER TABLE ledger_entry RENAME TO ledger_old",
			"CREATE TABLE ledger_entry (tenant_id TEXT, booking TEXT, account TEXT, amount INTEGER, demand_id TEXT, case_id TEXT, payment_id TEXT, at INTEGER)"} {
			if _, err := tx.Exec(t.Context(), q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
