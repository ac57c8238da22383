package payments_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/payments"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
)

func (w *town) mustReceive(t *testing.T, id ident.PaymentID) payments.Payment {
	t.Helper()
	p, err := w.s.Receive(t.Context(), w.kasse(), id, w.inpayment())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *town) notify(t *testing.T, p payments.Payment, bank string) {
	t.Helper()
	if err := w.s.Notify(t.Context(), w.a.ID, bank, string(p.ID)); err != nil {
		t.Fatal(err)
	}
}

func TestWhatTheKasseReceivedIsPaidAndTold(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, anna)
		if s, err := w.s.Standing(t.Context(), w.kasse(), p.ID); err != nil || s.Due != 1250 || len(s.Attempts) != 1 || s.Inpayment.Way != "" {
			t.Fatalf("before: %+v %v", s, err)
		}
		got := w.mustReceive(t, p.ID)
		if got.ID == p.ID || got.Demand != p.ID || got.State != payments.Paid || got.Provider != payments.Treasury || got.Attempt != 2 || got.Amount != 1250 || got.Person != anna || !got.SettledAt.Equal(w.c.Now()) {
			t.Fatalf("%+v", got)
		}
		if again, err := w.s.Get(t.Context(), w.citizen(anna), got.ID); err != nil || again.Way != payments.WayCash || !again.ReceivedOn.Equal(clock.Date(w.c.Now())) || again.Voucher != "5.0100.000123" || len(again.Lines) != 2 {
			t.Errorf("the person sees %+v %v", again, err)
		}
		if first := w.now(t, p.ID); first.State != payments.Cancelled {
			t.Errorf("the attempt that nobody started is %s", first.State)
		}
		if a := w.account(t, got, payments.AccountOf(payments.Treasury)); a != 1250 {
			t.Errorf("the Kasse holds %s", a.Decimal())
		}
		s, err := w.s.Standing(t.Context(), w.kasse(), p.ID)
		if err != nil || s.Due != 0 || len(s.Attempts) != 2 || s.Inpayment.Staff != "s" || s.Inpayment.Note.Reveal() != "am Schalter 3" || !s.Inpayment.At.Equal(w.c.Now()) || s.Inpayment.Amount != 1250 {
			t.Errorf("after: %+v %v", s, err)
		}
		if err := errors.Join(w.check(p), w.final(p)); err != nil {
			t.Error(err)
		}
		if _, err := w.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(w.told) != 1 || w.told[0] != (payments.Settled{Payment: got.ID, Case: p.Case, State: payments.Paid}) {
			t.Errorf("told: %v", w.told)
		}
		w.logged(t, "payment.receive", "cash 12.50", got.ID)
	})
}

func TestWhatIsNotExactIsNotReceived(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, anna)
		day := clock.Date(w.c.Now())
		for name, c := range map[string]struct {
			change func(*payments.Inpayment)
			field  string // "" for: taken
		}{
			"a cent too little":                   {func(x *payments.Inpayment) { x.Amount-- }, "amount"},
			"a cent too much":                     {func(x *payments.Inpayment) { x.Amount++ }, "amount"},
			"no amount":                           {func(x *payments.Inpayment) { x.Amount = 0 }, "amount"},
			"no way":                              {func(x *payments.Inpayment) { x.Way = "" }, "way"},
			"a way of nobody's":                   {func(x *payments.Inpayment) { x.Way = "cheque" }, "way"},
			"no day":                              {func(x *payments.Inpayment) { x.Day = time.Time{} }, "day"},
			"tomorrow":                            {func(x *payments.Inpayment) { x.Day = day.AddDate(0, 0, 1) }, "day"},
			"an hour of a day":                    {func(x *payments.Inpayment) { x.Day = day.Add(-time.Hour) }, "day"},
			"the year mistyped":                   {func(x *payments.Inpayment) { x.Day = day.AddDate(-2, 0, 0) }, "day"},
			"no number of the cash system":        {func(x *payments.Inpayment) { x.Voucher = "" }, "voucher"},
			"a number of blanks":                  {func(x *payments.Inpayment) { x.Voucher = "  " }, "voucher"},
			"a number of 41 signs":                {func(x *payments.Inpayment) { x.Voucher = strings.Repeat("1", payments.MaxVoucher+1) }, "voucher"},
			"a number with a line break":          {func(x *payments.Inpayment) { x.Voucher = "1\n2" }, "voucher"},
			"a number in other signs":             {func(x *payments.Inpayment) { x.Voucher = "Ü1" }, "voucher"},
			"a number with broken UTF-8":          {func(x *payments.Inpayment) { x.Voucher = "1\xff" }, "voucher"},
			"a note of 501":                       {func(x *payments.Inpayment) { x.Note = pii.New(strings.Repeat("ü", payments.MaxNote+1)) }, "note"},
			"a note with a control character":     {func(x *payments.Inpayment) { x.Note = pii.New("a\x00") }, "note"},
			"another way, and nothing said of it": {func(x *payments.Inpayment) { x.Way, x.Note = payments.WayOther, pii.New(" ") }, "note"},
			"no note":                             {func(x *payments.Inpayment) { x.Note = pii.Text{} }, ""},
			"last week, by transfer, many a number": {func(x *payments.Inpayment) {
				x.Way, x.Day, x.Voucher = payments.WayTransfer, day.AddDate(0, 0, -7), "BK 2026/17-4"
			}, ""},
		} {
			in := w.inpayment()
			c.change(&in)
			of := p
			if c.field == "" {
				of = w.mustOwe(t, bert)
			}
			got, err := w.s.Receive(t.Context(), w.kasse(), of.ID, in)
			if c.field == "" {
				if err != nil || got.State != payments.Paid {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if f := errs.FieldsOf(err); !errs.Is(err, errs.KindInvalid) || len(f) != 1 || f[0].Name != c.field {
				t.Errorf("%s: %v %+v", name, err, f)
			}
		}
		if _, err := w.s.Receive(t.Context(), w.kasse(), p.ID, payments.Inpayment{}); len(errs.FieldsOf(err)) != 4 {
			t.Errorf("nothing typed: %+v", errs.FieldsOf(err))
		}
		if s, err := w.s.Standing(t.Context(), w.kasse(), p.ID); err != nil || s.Due != 1250 || len(s.Attempts) != 1 || s.Attempts[0].State != payments.Open {
			t.Errorf("something was written: %+v %v", s, err)
		}
		if err := w.check(p); err != nil {
			t.Error(err)
		}
	})
}

func TestWhoMayReceive(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, anna)
		for _, row := range perm.Table() {
			for _, unit := range []ident.UnitID{"", "u"} {
				if unit == "" && row.Role.Has(perm.ClearPayments) {
					continue
				}
				a := perm.Staff{Realm: w.a.Realm, Tenant: w.a.ID, Staff: "x", Grants: []perm.Grant{{Role: row.Role, Unit: unit}}}
				if _, err := w.s.Receive(t.Context(), a, p.ID, w.inpayment()); !errs.Is(err, errs.KindForbidden) {
					t.Errorf("%s in unit %q: %v", row.Role, unit, err)
				}
				_, err := w.s.Standing(t.Context(), a, p.ID)
				if may := unit == "" && row.Role.Has(perm.ReadPayments); may != (err == nil) {
					t.Errorf("%s in unit %q reads: %v", row.Role, unit, err)
				}
			}
		}
		for name, grants := range map[string][]perm.Grant{"nobody": nil, "a treasurer for one service": {{Role: perm.Treasurer, Service: "hund"}}} {
			a := perm.Staff{Realm: w.a.Realm, Tenant: w.a.ID, Staff: "x", Grants: grants}
			if _, err := w.s.Receive(t.Context(), a, p.ID, w.inpayment()); !errs.Is(err, errs.KindForbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
		other := w.kasse()
		other.Tenant = w.b.ID
		for _, in := range []payments.Inpayment{w.inpayment(), {}} { // nothing tells the foreign from what does not exist
			if _, err := w.s.Receive(t.Context(), other, p.ID, in); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("another authority's Kasse: %v", err)
			}
			for _, id := range []ident.PaymentID{"", "x", "0123456789abcdefghjkmnpqrs"} {
				if _, err := w.s.Receive(t.Context(), w.kasse(), id, in); !errs.Is(err, errs.KindNotFound) {
					t.Errorf("%q: %v", id, err)
				}
				if _, err := w.s.Standing(t.Context(), w.kasse(), id); !errs.Is(err, errs.KindNotFound) {
					t.Errorf("%q is read: %v", id, err)
				}
			}
		}
		if _, err := w.s.Standing(t.Context(), other, p.ID); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("another authority's Kasse reads: %v", err)
		}
		if got := w.now(t, p.ID); got.State != payments.Open {
			t.Errorf("somebody did it: %s", got.State)
		}
	})
}

func TestReceivingTwiceBooksOnce(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, "")
		var wg sync.WaitGroup
		ids := make([]ident.PaymentID, 6)
		for i := range ids { // pressed again and again
			wg.Go(func() {
				got, err := w.s.Receive(t.Context(), w.kasse(), p.ID, w.inpayment())
				if err != nil {
					t.Error(err)
				}
				ids[i] = got.ID
			})
		}
		wg.Wait()
		if ids[0] == "" || len(slices.Compact(ids)) != 1 {
			t.Errorf("%v", ids)
		}
		if same, err := w.s.Receive(t.Context(), w.kasse(), ids[0], w.inpayment()); err != nil || same.ID != ids[0] {
			t.Errorf("from its own page: %v", err)
		}
		colleague := w.kasse()
		colleague.Staff = "t"
		if _, err := w.s.Receive(t.Context(), colleague, p.ID, w.inpayment()); errs.KeyOf(err) != "inpayment.paid" {
			t.Errorf("a colleague: %v", err)
		}
		for name, change := range map[string]func(*payments.Inpayment){
			"another number": func(x *payments.Inpayment) { x.Voucher = "2" }, "another way": func(x *payments.Inpayment) { x.Way = payments.WayCard },
			"another day": func(x *payments.Inpayment) { x.Day = x.Day.AddDate(0, 0, -1) }, "another amount": func(x *payments.Inpayment) { x.Amount = 5 }, "nothing": func(x *payments.Inpayment) { *x = payments.Inpayment{} },
		} {
			in := w.inpayment()
			change(&in)
			if _, err := w.s.Receive(t.Context(), w.kasse(), p.ID, in); errs.KeyOf(err) != "inpayment.paid" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := errors.Join(w.check(p), w.final(p)); err != nil {
			t.Error(err)
		}
		if n := w.count(t, `SELECT count(*) FROM payment_inpayment`); n != 1 {
			t.Errorf("%d inpayments", n)
		}
	})
}

func TestNothingIsReceivedForWhatIsOwedNoMore(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		paid := w.mustOwe(t, "")
		w.mustStart(t, w.citizen(""), paid.ID, "karte")
		w.pay(t, paid, "karte", exactly)
		// The bank has the money and told nobody yet: it is asked first.
		if _, err := w.s.Receive(t.Context(), w.kasse(), paid.ID, w.inpayment()); errs.KeyOf(err) != "inpayment.paid" {
			t.Errorf("paid at the bank a minute ago: %v", err)
		}
		if got := w.now(t, paid.ID); got.State != payments.Paid {
			t.Errorf("… which is now %s", got.State)
		}
		gone := w.mustOwe(t, "")
		if err := w.d.InTx(t.Context(), w.a.Scope(), func(tx *db.Tx) error { return w.s.Drop(t.Context(), tx, gone.Case) }); err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.Receive(t.Context(), w.kasse(), gone.ID, w.inpayment()); errs.KeyOf(err) != "inpayment.dropped" {
			t.Errorf("dropped: %v", err)
		}
		for _, p := range []payments.Payment{paid, gone} {
			if err := w.check(p); err != nil {
				t.Error(err)
			}
			if s, err := w.s.Standing(t.Context(), w.kasse(), p.ID); err != nil || s.Due != 0 || s.Inpayment.Way != "" {
				t.Errorf("%+v %v", s, err)
			}
		}
	})
}

// Whatever became of the attempts before, the demand is settled; and what a
// provider takes afterwards is a second payment.
func TestMoneyThatComesLaterIsASecondPayment(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		for name, before := range map[string]func(p payments.Payment){
			"at the bank":                  func(payments.Payment) {},
			"at the bank, which is silent": func(payments.Payment) { w.banks["karte"].Silence(true) },
			"the bank has the money under way": func(p payments.Payment) {
				w.pay(t, p, "karte", paymentstest.Booking{State: payments.Pending})
				w.notify(t, p, "karte")
			},
			"refused": func(p payments.Payment) {
				w.pay(t, p, "karte", paymentstest.Booking{State: payments.Failed})
				w.notify(t, p, "karte")
			},
			"another amount, booked by hand": func(p payments.Payment) {
				w.pay(t, p, "karte", paymentstest.Booking{State: payments.Paid, Amount: 1249, Currency: "EUR"})
				w.notify(t, p, "karte")
				if err := w.s.Clear(t.Context(), w.kasse(), p.ID, clearing(w.now(t, p.ID), payments.ReasonBooked)); err != nil {
					t.Fatal(err)
				}
			},
			"expired": func(payments.Payment) {
				if err := w.pass(25 * time.Hour); err != nil {
					t.Fatal(err)
				}
			},
		} {
			p := w.mustOwe(t, anna)
			w.mustStart(t, w.citizen(anna), p.ID, "karte")
			before(p)
			got := w.mustReceive(t, p.ID)
			w.banks["karte"].Silence(false)
			if err := w.check(p); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := w.s.Start(t.Context(), w.citizen(anna), p.ID, "giro"); errs.KeyOf(err) != "payments.already-paid" {
				t.Errorf("%s: begins to pay: %v", name, err)
			}
			if _, err := w.s.Retry(t.Context(), w.citizen(anna), got.ID); errs.KeyOf(err) != "payments.already-paid" {
				t.Errorf("%s: tries again: %v", name, err)
			}
			w.pay(t, p, "karte", exactly) // the bank's page still stood open
			for range 2 {
				w.notify(t, p, "karte")
			}
			late := w.now(t, p.ID)
			if late.State == payments.Paid || late.Flag != payments.FlagSurplus || late.Kept != 1250 || w.account(t, late, payments.AccountKeeping) != -1250 {
				t.Errorf("%s: then paid at the bank: %+v", name, late)
			}
			if err := errors.Join(w.check(p), w.final(p)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := w.s.Clear(t.Context(), w.kasse(), p.ID, clearing(late, payments.ReasonReturned)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if s, err := w.s.Standing(t.Context(), w.kasse(), p.ID); err != nil || s.Due != 0 || s.Inpayment.Voucher == "" {
				t.Errorf("%s: %+v %v", name, s, err)
			}
		}
	})
}

// The Kasse and the bank confirm at the same moment, the person begins anew and
// another withdraws: one payment is booked, or none and the demand is dropped.
func TestAtTheSameMomentOneWins(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		for range 12 {
			p := w.mustOwe(t, "")
			w.mustStart(t, w.citizen(""), p.ID, "karte")
			w.pay(t, p, "karte", exactly)
			w.banks["karte"].Silence(true) // so that the Kasse does not hear of it first …
			receive := func() error {
				_, err := w.s.Receive(t.Context(), w.kasse(), p.ID, w.inpayment())
				return tolerable(err)
			}
			start := make(chan struct{})
			var wg sync.WaitGroup
			run := func(f func() error) {
				wg.Go(func() {
					<-start
					if err := f(); err != nil {
						t.Error(err)
					}
				})
			}
			run(receive)
			run(func() error {
				w.banks["karte"].Silence(false)
				return tolerable(w.s.Notify(t.Context(), w.a.ID, "karte", string(p.ID)))
			})
			run(func() error { _, err := w.s.Return(t.Context(), w.citizen(""), p.ID); return tolerable(err) })
			run(func() error { _, err := w.s.Start(t.Context(), w.citizen(""), p.ID, "giro"); return tolerable(err) })
			close(start)
			wg.Wait()
			if err := w.pass(time.Hour); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(w.check(p), w.final(p)); err != nil {
				t.Error(err)
			}
			q := w.mustOwe(t, "")
			gone := make(chan struct{})
			wg.Go(func() {
				<-gone
				if _, err := w.s.Receive(t.Context(), w.kasse(), q.ID, w.inpayment()); tolerable(err) != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				<-gone
				if err := w.d.InTx(t.Context(), w.a.Scope(), func(tx *db.Tx) error { return w.s.Drop(t.Context(), tx, q.Case) }); err != nil {
					t.Error(err)
				}
			})
			close(gone)
			wg.Wait()
			if err := w.check(q); err != nil {
				t.Error(err)
			}
		}
	})
}

// Nobody outside can say anything about what the Kasse received, and no
// extension takes its name.
func TestTheKasseIsNoProvider(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		if err := w.dir.SaveExtension(t.Context(), op, w.a.Scope(), tenancy.Extension{Port: payments.Port, Name: payments.Treasury, Enabled: true, Settings: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
		p := w.mustOwe(t, "")
		if _, err := w.s.Start(t.Context(), w.citizen(""), p.ID, payments.Treasury); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("started at the Kasse: %v", err)
		}
		got := w.mustReceive(t, p.ID)
		for _, ref := range []string{string(got.ID), got.Voucher, string(p.ID)} {
			if err := w.s.Notify(t.Context(), w.a.ID, payments.Treasury, ref); err != nil {
				t.Error(err)
			}
		}
		if back, err := w.s.Return(t.Context(), w.citizen(""), got.ID); err != nil || back.State != payments.Paid {
			t.Errorf("%s %v", back.State, err)
		}
		if asked, err := w.s.Ask(t.Context(), w.kasse(), got.ID); err != nil || asked.State != payments.Paid {
			t.Errorf("%s %v", asked.State, err)
		}
		if err := w.pass(20 * 24 * time.Hour); err != nil {
			t.Fatal(err)
		}
		if now := w.now(t, got.ID); now.State != payments.Paid || now.Flag != "" || now.Turn != 0 {
			t.Errorf("%+v", now)
		}
	})
}

func TestTheKasseFindsWhatIsOwed(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		var received ident.PaymentID
		due, found := map[ident.PaymentID]bool{}, map[ident.PaymentID]bool{}
		for i := range 5 {
			p := w.mustOwe(t, "")
			switch i {
			case 0: // nobody began to pay
				due[p.ID] = true
			case 1: // refused, and tried again
				w.mustStart(t, w.citizen(""), p.ID, "karte")
				w.pay(t, p, "karte", paymentstest.Booking{State: payments.Failed})
				w.notify(t, p, "karte")
				again, err := w.s.Retry(t.Context(), w.citizen(""), p.ID)
				if err != nil {
					t.Fatal(err)
				}
				due[again.ID] = true
			case 2:
				received = w.mustReceive(t, p.ID).ID
			case 3:
				if err := w.d.InTx(t.Context(), w.a.Scope(), func(tx *db.Tx) error { return w.s.Drop(t.Context(), tx, p.Case) }); err != nil {
					t.Fatal(err)
				}
			case 4: // two attempts, the second paid
				w.mustStart(t, w.citizen(""), p.ID, "karte")
				w.mustStart(t, w.citizen(""), p.ID, "giro")
				all, _ := w.attempts(p.Case)
				w.pay(t, all[1], "giro", exactly)
				w.notify(t, all[1], "giro")
			}
		}
		list, err := w.s.List(t.Context(), w.kasse(), payments.Filter{Due: true})
		for _, p := range list {
			found[p.ID] = true
		}
		if err != nil || len(list) != len(due) || len(found) != len(due) {
			t.Errorf("%d due, want %d: %v", len(list), len(due), err)
		}
		for id := range due {
			if !found[id] {
				t.Errorf("%s is not found", id)
			}
		}
		for ref, want := range map[string]int{"TOR-2026-000001": 8, "TOR-2026-00000": 0, "tor-2026-000001": 0, "' OR 1=1": 0, "5.0100.000123": 1, "5.0100.00012": 0} {
			list, err := w.s.List(t.Context(), w.kasse(), payments.Filter{Number: ref})
			if err != nil || len(list) != want {
				t.Errorf("%s: %d payments, want %d: %v", ref, len(list), want, err)
			}
		}
		if s, err := w.s.Standing(t.Context(), w.kasse(), received); err != nil || s.Same != 0 {
			t.Errorf("one number, one payment: %d others, %v", s.Same, err)
		}
		second, err := w.s.Receive(t.Context(), w.kasse(), w.mustOwe(t, "").ID, w.inpayment())
		if err != nil {
			t.Fatal(err)
		}
		if s, err := w.s.Standing(t.Context(), w.kasse(), second.ID); err != nil || s.Same != 1 {
			t.Errorf("the same number twice: %d others, %v", s.Same, err)
		}
		both, err := w.s.List(t.Context(), w.kasse(), payments.Filter{Number: "TOR-2026-000001", Due: true, Limit: 1})
		if err != nil || len(both) != 1 {
			t.Errorf("%d %v", len(both), err)
		}
		other := w.kasse()
		other.Tenant = w.b.ID
		if list, err := w.s.List(t.Context(), other, payments.Filter{Due: true}); err != nil || len(list) != 0 {
			t.Errorf("another authority's Kasse: %d %v", len(list), err)
		}
	})
}

func TestNotesOfTheCounterGoWithTheCaseAndAreNobodyElses(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p, q := w.mustOwe(t, anna), w.mustOwe(t, anna)
		got, kept := w.mustReceive(t, p.ID), w.mustReceive(t, q.ID)
		var b bytes.Buffer
		if err := w.s.ExportPerson(t.Context(), w.citizen(anna), func(string, time.Time) (io.Writer, error) { return &b, nil }); err != nil {
			t.Fatal(err)
		}
		var list []map[string]any
		if err := json.Unmarshal(b.Bytes(), &list); err != nil || len(list) != 4 {
			t.Errorf("%d payments, %v", len(list), err)
		}
		if s := b.String(); strings.Count(s, `"eingang_auf_dem_weg": "cash"`) != 2 || strings.Count(s, `"eingegangen_am": "`+w.inpayment().Day.Format(time.DateOnly)+`"`) != 2 || !strings.Contains(s, `"belegnummer_der_kasse": "5.0100.000123"`) || strings.Contains(s, "Schalter") {
			t.Error(s)
		}
		var noted []ident.CaseID
		if err := w.d.InTx(t.Context(), w.a.Scope(), func(tx *db.Tx) (err error) {
			for range 2 { // again finds nothing
				if err := w.s.ForgetNotes(t.Context(), tx, p.Case); err != nil {
					return err
				}
			}
			noted, err = w.s.Noted(t.Context(), tx, "", 10)
			return err
		}); err != nil || len(noted) != 1 || noted[0] != q.Case {
			t.Fatalf("%v %v", noted, err)
		}
		if s, err := w.s.Standing(t.Context(), w.kasse(), got.ID); err != nil || !s.Inpayment.Note.Empty() || s.Inpayment.Voucher == "" || s.Inpayment.Staff != "s" {
			t.Errorf("%+v %v", s, err)
		}
		w.set(t, kept, `DELETE FROM payment_inpayment WHERE payment_id<>$1`)
		w.set(t, got, `UPDATE payment_inpayment SET payment_id=$1`)
		if s, err := w.s.Standing(context.Background(), w.kasse(), got.ID); err == nil {
			t.Errorf("a moved note opens: %v", s)
		}
	})
}
