package payments_test

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/payments"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

func clearing(p payments.Payment, r payments.Reason) payments.Clearing {
	return payments.Clearing{Flag: p.Flag, Number: p.FlagNo, Reason: r, Note: pii.New("Mit der Bank telefoniert.")}
}

// flagged gives a payment with this flag, as it comes about.
func (w *town) flagged(t *testing.T, f payments.Flag) payments.Payment {
	t.Helper()
	p := w.mustOwe(t, anna)
	w.mustStart(t, w.citizen(anna), p.ID, "karte")
	notify := func() {
		t.Helper()
		if err := w.s.Notify(t.Context(), w.a.ID, "karte", string(p.ID)); err != nil {
			t.Fatal(err)
		}
	}
	switch f {
	case payments.FlagAmount:
		w.pay(t, p, "karte", paymentstest.Booking{State: payments.Paid, Amount: 1249, Currency: "EUR"})
	case payments.FlagCurrency:
		w.pay(t, p, "karte", paymentstest.Booking{State: payments.Paid, Amount: 1250, Currency: "CHF"})
	case payments.FlagReference:
		// The answer speaks of an order that is not the one begun here.
		w.set(t, p, `UPDATE payment SET ref='other-'||id WHERE id=$1`)
		w.banks["karte"].AnyRef(true)
	case payments.FlagSurplus:
		if err := w.d.InTx(t.Context(), w.a.Scope(), func(tx *db.Tx) error { return w.s.Drop(t.Context(), tx, p.Case) }); err != nil {
			t.Fatal(err)
		}
		w.pay(t, p, "karte", exactly)
	case payments.FlagReversed:
		w.pay(t, p, "karte", exactly)
		notify()
		w.pay(t, p, "karte", paymentstest.Booking{State: payments.Failed})
	case payments.FlagRefund:
		w.pay(t, p, "karte", paymentstest.Booking{State: payments.Paid, Amount: 1250, Currency: "EUR", Refunded: 1251})
		notify()
	case payments.FlagSlow:
		w.pay(t, p, "karte", paymentstest.Booking{State: payments.Pending})
		if err := w.pass(25 * time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	notify()
	got := w.now(t, p.ID)
	if got.Flag != f || got.FlagNo != 1 {
		t.Fatalf("flag %q number %d, want %q", got.Flag, got.FlagNo, f)
	}
	return got
}

// set changes a payment past the program.
func (w *town) set(t *testing.T, p payments.Payment, q string) {
	t.Helper()
	if err := w.d.InTx(t.Context(), db.Across("", "a test sets the scene"), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), q, string(p.ID))
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// account sums an account over a payment.
func (w *town) account(t *testing.T, p payments.Payment, name string) (sum money.Amount) {
	t.Helper()
	list, err := w.s.Entries(t.Context(), w.kasse(), p.Case, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Payment == p.ID && e.Account == name {
			sum += e.Amount
		}
	}
	return sum
}

func TestEachFlagIsClosedByWhatFitsItAndByNothingElse(t *testing.T) {
	all := []payments.Reason{payments.ReasonReturned, payments.ReasonProvider, payments.ReasonBooked, payments.ReasonCorrected, payments.ReasonError, payments.ReasonPursued, payments.ReasonRefund, payments.ReasonWait}
	fits := map[payments.Flag]string{
		payments.FlagAmount:    "returned booked provider-corrected provider-error",
		payments.FlagCurrency:  "returned booked provider-corrected provider-error",
		payments.FlagReference: "provider-corrected provider-error",
		payments.FlagSurplus:   "returned returned-provider booked", // the money is in the ledger and has to leave it
		payments.FlagReversed:  "pursued provider-corrected provider-error",
		payments.FlagRefund:    "refund-right returned provider-corrected provider-error",
		payments.FlagSlow:      "wait provider-corrected provider-error",
	}
	if len(fits) != len(payments.Flags()) {
		t.Fatal("a flag is missing")
	}
	each(t, func(t *testing.T, w *town) {
		for _, f := range payments.Flags() {
			p := w.flagged(t, f)
			before, err := w.s.Entries(t.Context(), w.kasse(), p.Case, 1000)
			if err != nil {
				t.Fatal(err)
			}
			closed := false
			for _, r := range append(all, "", "king") {
				fit := slices.Contains(strings.Fields(fits[f]), string(r))
				if fit && closed {
					p = w.flagged(t, f)
				}
				err := w.s.Clear(t.Context(), w.kasse(), p.ID, clearing(p, r))
				if !fit && closed {
					continue // whatever it is, nothing is open any more
				}
				got := w.now(t, p.ID)
				switch {
				case fit && (err != nil || got.Flag != "" || got.State != p.State):
					t.Errorf("%s by %s: %v, now %s %q", f, r, err, got.State, got.Flag)
				case !fit && (!errs.Is(err, errs.KindInvalid) || got.Flag != f):
					t.Errorf("%s by %q: %v", f, r, err)
				}
				closed = closed || fit
				if !fit {
					continue
				}
				past, err := w.s.Clearings(t.Context(), w.kasse(), p.ID)
				if err != nil || len(past) != 1 || past[0].Flag != f || past[0].Reason != r || past[0].Note.Reveal() != "Mit der Bank telefoniert." || past[0].Staff != "s" || !past[0].At.Equal(w.c.Now()) || past[0].Fact == "" {
					t.Errorf("%s by %s is remembered as %+v %v", f, r, past, err)
				}
				after, err := w.s.Entries(t.Context(), w.kasse(), p.Case, 1000)
				if err != nil {
					t.Fatal(err)
				}
				switch more := len(after) - len(before); {
				case f == payments.FlagSurplus:
					if more != 2 || w.account(t, p, payments.AccountKeeping) != 0 || w.account(t, p, payments.AccountOutside) != -1250 || past[0].Booked != 1250 {
						t.Errorf("%s by %s: %d entries, kept %s", f, r, more, w.account(t, p, payments.AccountKeeping).Decimal())
					}
				case more != 0:
					t.Errorf("%s by %s books something", f, r)
				}
				if f != payments.FlagReference {
					continue
				}
				w.banks["karte"].AnyRef(false)
			}
		}
	})
}

// The same fact does not come back at each turn of the job; a new one does.
func TestWhatWasClearedComesBackByANewFactOnly(t *testing.T) {
	type rule struct {
		flag   payments.Flag
		reason payments.Reason
		then   []paymentstest.Booking // reported one after the other; none: time passes
		pass   time.Duration
		want   payments.Flag
		state  payments.State
	}
	wrong := func(a money.Amount) paymentstest.Booking {
		return paymentstest.Booking{State: payments.Paid, Amount: a, Currency: "EUR"}
	}
	refunded := func(a money.Amount) paymentstest.Booking { b := exactly; b.Refunded = a; return b }
	failed, pending, begun := paymentstest.Booking{State: payments.Failed}, paymentstest.Booking{State: payments.Pending}, paymentstest.Booking{State: payments.Begun}
	const booked, wait, returned, provider, pursued, right = payments.ReasonBooked, payments.ReasonWait, payments.ReasonReturned, payments.ReasonProvider, payments.ReasonPursued, payments.ReasonRefund
	rules := map[string]rule{
		"the wrong amount, told again":                        {flag: payments.FlagAmount, reason: booked, then: []paymentstest.Booking{wrong(1249)}, state: payments.Begun},
		"… day after day":                                     {flag: payments.FlagAmount, reason: booked, pass: 15 * 24 * time.Hour, state: payments.Begun},
		"… another wrong amount":                              {flag: payments.FlagAmount, reason: booked, then: []paymentstest.Booking{wrong(1251)}, want: payments.FlagAmount, state: payments.Begun},
		"… in another currency":                               {flag: payments.FlagAmount, reason: booked, then: []paymentstest.Booking{{State: payments.Paid, Amount: 1249, Currency: "CHF"}}, want: payments.FlagCurrency, state: payments.Begun},
		"… and the same amount after something else was said": {flag: payments.FlagAmount, reason: booked, then: []paymentstest.Booking{begun, wrong(1249)}, want: payments.FlagAmount, state: payments.Begun},
		"… and at last the right one":                         {flag: payments.FlagAmount, reason: payments.ReasonCorrected, then: []paymentstest.Booking{exactly}, state: payments.Paid},
		"francs, told again":                                  {flag: payments.FlagCurrency, reason: returned, then: []paymentstest.Booking{{State: payments.Paid, Amount: 1250, Currency: "CHF"}}, state: payments.Begun},
		"kept money, told again":                              {flag: payments.FlagSurplus, reason: returned, then: []paymentstest.Booking{exactly, exactly}, state: payments.Begun},
		"… nothing happens for days":                          {flag: payments.FlagSurplus, reason: returned, pass: 15 * 24 * time.Hour, state: payments.Begun},
		"… given back by the provider as announced":           {flag: payments.FlagSurplus, reason: provider, then: []paymentstest.Booking{refunded(1250)}, state: payments.Begun},
		"… given back by the provider on top of the Kasse":    {flag: payments.FlagSurplus, reason: returned, then: []paymentstest.Booking{refunded(1250)}, want: payments.FlagRefund, state: payments.Begun},
		"… given back although it was booked by hand":         {flag: payments.FlagSurplus, reason: booked, then: []paymentstest.Booking{refunded(500)}, want: payments.FlagRefund, state: payments.Begun},
		"… then said never to have been paid":                 {flag: payments.FlagSurplus, reason: returned, then: []paymentstest.Booking{failed}, want: payments.FlagReversed, state: payments.Begun},
		"a reversal, told again":                              {flag: payments.FlagReversed, reason: pursued, then: []paymentstest.Booking{failed}, state: payments.Paid},
		"… paid again, then reversed again":                   {flag: payments.FlagReversed, reason: pursued, then: []paymentstest.Booking{exactly, failed}, want: payments.FlagReversed, state: payments.Paid},
		"a refund too large, told again":                      {flag: payments.FlagRefund, reason: right, then: []paymentstest.Booking{refunded(1251)}, state: payments.Paid},
		"… larger still":                                      {flag: payments.FlagRefund, reason: right, then: []paymentstest.Booking{refunded(1252)}, want: payments.FlagRefund, state: payments.Paid},
		"still pending a week later":                          {flag: payments.FlagSlow, reason: wait, pass: 7 * 24 * time.Hour, state: payments.Pending},
		"… told so":                                           {flag: payments.FlagSlow, reason: wait, then: []paymentstest.Booking{pending}, state: payments.Pending},
		"… when nobody asks any more":                         {flag: payments.FlagSlow, reason: wait, pass: 15 * 24 * time.Hour, want: payments.FlagSlow, state: payments.Pending},
		"… paid meanwhile":                                    {flag: payments.FlagSlow, reason: wait, then: []paymentstest.Booking{exactly}, state: payments.Paid},
		"… failed meanwhile, and paid after all":              {flag: payments.FlagSlow, reason: wait, then: []paymentstest.Booking{failed, exactly}, state: payments.Paid},
	}
	each(t, func(t *testing.T, w *town) {
		for name, c := range rules {
			p := w.flagged(t, c.flag)
			if err := w.s.Clear(t.Context(), w.kasse(), p.ID, clearing(p, c.reason)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, b := range c.then {
				w.pay(t, p, "karte", b)
				for range 2 { // notices come twice
					if err := w.s.Notify(t.Context(), w.a.ID, "karte", string(p.ID)); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := w.pass(c.pass); err != nil {
				t.Fatal(err)
			}
			got := w.now(t, p.ID)
			number := 1
			if c.want != "" {
				number = 2
			}
			if _, err := w.jobs.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if told := slices.Contains(w.flags, payments.Flagged{Payment: p.ID, Case: p.Case, Flag: c.want, Number: 2}); told != (c.want != "") {
				t.Errorf("%s: told %v", name, told)
			}
			if got.Flag != c.want || got.State != c.state || got.FlagNo != number {
				t.Errorf("%s: %s flag %q number %d, want %s %q %d", name, got.State, got.Flag, got.FlagNo, c.state, c.want, number)
			}
			if c.flag == payments.FlagSurplus && w.account(t, p, payments.AccountKeeping) != 0 {
				t.Errorf("%s: %s is kept", name, w.account(t, p, payments.AccountKeeping).Decimal())
			}
			if held := w.account(t, p, payments.AccountOf("karte")); c.flag == payments.FlagSurplus && held != 1250-got.Refunded {
				t.Errorf("%s: the bank's account says %s", name, held.Decimal())
			}
		}
	})
}

func TestWhoMayClearAFlag(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.flagged(t, payments.FlagAmount)
		for _, row := range perm.Table() {
			for _, unit := range []ident.UnitID{"", "u"} {
				if unit == "" && row.Role.Has(perm.ClearPayments) {
					if row.Role != perm.Treasurer {
						t.Errorf("%s closes what the Kasse has to look at", row.Role)
					}
					continue
				}
				a := perm.Staff{Realm: w.a.Realm, Tenant: w.a.ID, Staff: "x", Grants: []perm.Grant{{Role: row.Role, Unit: unit}}}
				if err := w.s.Clear(t.Context(), a, p.ID, clearing(p, payments.ReasonBooked)); !errs.Is(err, errs.KindForbidden) {
					t.Errorf("%s in unit %q: %v", row.Role, unit, err)
				}
				_, err := w.s.Clearings(t.Context(), a, p.ID)
				if may := unit == "" && row.Role.Has(perm.ReadPayments); may != (err == nil) {
					t.Errorf("%s in unit %q reads: %v", row.Role, unit, err)
				}
			}
		}
		one := perm.Staff{Realm: w.a.Realm, Tenant: w.a.ID, Staff: "x", Grants: []perm.Grant{{Role: perm.Treasurer, Service: "hund"}}}
		if err := w.s.Clear(t.Context(), one, p.ID, clearing(p, payments.ReasonBooked)); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("a treasurer for one service: %v", err)
		}
		other := w.kasse()
		other.Tenant = w.b.ID
		// Nothing tells the foreign from what does not exist, however wrong the form.
		for _, c := range []payments.Clearing{clearing(p, payments.ReasonBooked), {}} {
			if err := w.s.Clear(t.Context(), other, p.ID, c); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("another authority's Kasse: %v", err)
			}
			for _, id := range []ident.PaymentID{"", "x", "0123456789abcdefghjkmnpqrs"} {
				if err := w.s.Clear(t.Context(), w.kasse(), id, c); !errs.Is(err, errs.KindNotFound) {
					t.Errorf("%q: %v", id, err)
				}
			}
		}
		if _, err := w.s.Clearings(t.Context(), other, p.ID); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("another authority's Kasse reads: %v", err)
		}
		if got := w.now(t, p.ID); got.Flag != payments.FlagAmount {
			t.Errorf("somebody closed it: %q", got.Flag)
		}
	})
}

func TestAFlagIsClosedAsItWasShown(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.flagged(t, payments.FlagAmount)
		shown := clearing(p, payments.ReasonBooked)
		w.pay(t, p, "karte", paymentstest.Booking{State: payments.Paid, Amount: 1251, Currency: "EUR"})
		if err := w.s.Notify(t.Context(), w.a.ID, "karte", string(p.ID)); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Clear(t.Context(), w.kasse(), p.ID, shown); errs.KeyOf(err) != "clearing.changed" {
			t.Errorf("another amount meanwhile: %v", err)
		}
		p = w.now(t, p.ID)
		if p.FlagNo != 2 || p.Reported() != "1251" {
			t.Fatalf("%d %s", p.FlagNo, p.Reported())
		}
		shown = clearing(p, payments.ReasonBooked)
		for name, change := range map[string]func(*payments.Clearing){
			"no note":            func(c *payments.Clearing) { c.Note = pii.New(" \n") },
			"a note of 501":      func(c *payments.Clearing) { c.Note = pii.New(strings.Repeat("ü", payments.MaxNote+1)) },
			"control characters": func(c *payments.Clearing) { c.Note = pii.New("a\x00b") },
			"broken UTF-8":       func(c *payments.Clearing) { c.Note = pii.New("a\xffb") },
			"no reason":          func(c *payments.Clearing) { c.Reason = "" },
		} {
			c := shown
			change(&c)
			if err := w.s.Clear(t.Context(), w.kasse(), p.ID, c); !errs.Is(err, errs.KindInvalid) || len(errs.FieldsOf(err)) != 1 {
				t.Errorf("%s: %v", name, err)
			}
		}
		shown.Note = pii.New(strings.Repeat("ü", payments.MaxNote-2) + "\nx")
		var wg sync.WaitGroup
		for range 4 { // pressed again and again
			wg.Go(func() {
				if err := w.s.Clear(t.Context(), w.kasse(), p.ID, shown); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		colleague := w.kasse()
		colleague.Staff = "t"
		if err := w.s.Clear(t.Context(), colleague, p.ID, shown); errs.KeyOf(err) != "clearing.changed" {
			t.Errorf("a colleague, after it was closed: %v", err)
		}
		otherwise := shown
		otherwise.Reason = payments.ReasonReturned
		if err := w.s.Clear(t.Context(), w.kasse(), p.ID, otherwise); errs.KeyOf(err) != "clearing.changed" {
			t.Errorf("closed so, then otherwise: %v", err)
		}
		past, err := w.s.Clearings(t.Context(), w.kasse(), p.ID)
		if err != nil || len(past) != 1 || past[0].Number != 2 || past[0].Reported() != "1251" {
			t.Errorf("%+v %v", past, err)
		}
		if _, err := w.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(w.done) != 1 || w.done[0] != (payments.Cleared{Payment: p.ID, Case: p.Case, Number: 2}) {
			t.Errorf("told: %v", w.done)
		}
		w.logged(t, "payment.clear", "amount>booked", p.ID)
	})
}

func TestAFlagThatGoesByItselfIsToldToo(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		for _, f := range []payments.Flag{payments.FlagAmount, payments.FlagSlow} {
			w.done = nil
			p := w.flagged(t, f)
			w.pay(t, p, "karte", exactly)
			if err := w.s.Notify(t.Context(), w.a.ID, "karte", string(p.ID)); err != nil {
				t.Fatal(err)
			}
			if _, err := w.jobs.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := w.now(t, p.ID); got.State != payments.Paid || got.Flag != "" || len(w.done) != 1 || w.done[0].Payment != p.ID {
				t.Errorf("%s: %s %q, told %v", f, got.State, got.Flag, w.done)
			}
		}
	})
}

func TestOfKeptMoneyOnlyWhatIsLeftIsSettled(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		for refunded, left := range map[money.Amount]money.Amount{0: 1250, 500: 750, 1250: 0} {
			p := w.flagged(t, payments.FlagSurplus)
			b := exactly
			b.Refunded = refunded
			w.pay(t, p, "karte", b)
			if err := w.s.Notify(t.Context(), w.a.ID, "karte", string(p.ID)); err != nil {
				t.Fatal(err)
			}
			p = w.now(t, p.ID)
			if err := w.s.Clear(t.Context(), w.kasse(), p.ID, clearing(p, payments.ReasonReturned)); err != nil {
				t.Fatal(err)
			}
			if k, o := w.account(t, p, payments.AccountKeeping), w.account(t, p, payments.AccountOutside); k != 0 || o != -left {
				t.Errorf("%d given back before: kept %d, outside %d", refunded, k, o)
			}
		}
	})
}

func TestNotesGoWithTheCaseAndDoNotMove(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p, q := w.flagged(t, payments.FlagAmount), w.flagged(t, payments.FlagCurrency)
		for _, x := range []payments.Payment{p, q} {
			if err := w.s.Clear(t.Context(), w.kasse(), x.ID, clearing(x, payments.ReasonBooked)); err != nil {
				t.Fatal(err)
			}
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
		past, err := w.s.Clearings(t.Context(), w.kasse(), p.ID)
		if err != nil || len(past) != 1 || !past[0].Note.Empty() || past[0].Reason != payments.ReasonBooked || past[0].Staff != "s" {
			t.Errorf("%+v %v", past, err)
		}
		w.set(t, q, `UPDATE payment_clearing SET payment_id='`+string(p.ID)+`', flag_no=2 WHERE payment_id=$1`)
		if past, err := w.s.Clearings(t.Context(), w.kasse(), p.ID); err == nil {
			t.Errorf("a moved note opens: %v", past)
		}
	})
}

func TestAPersonTakesAlongWhatWasFoundAndNoNote(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.flagged(t, payments.FlagAmount)
		w.mustOwe(t, anna)
		if err := w.s.Clear(t.Context(), w.kasse(), p.ID, clearing(p, payments.ReasonBooked)); err != nil {
			t.Fatal(err)
		}
		export := func(who ident.PersonID) (out string) {
			t.Helper()
			var b bytes.Buffer
			if err := w.s.ExportPerson(t.Context(), w.citizen(who), func(string, time.Time) (io.Writer, error) { return &b, nil }); err != nil {
				t.Fatal(err)
			}
			var list []map[string]any
			if err := json.Unmarshal(b.Bytes(), &list); err != nil || who == anna && len(list) != 2 {
				t.Errorf("%d payments, %v", len(list), err)
			}
			return b.String()
		}
		if s := export(anna); strings.Count(s, `"pruefungen"`) != 1 || !strings.Contains(s, `"anlass": "amount"`) || !strings.Contains(s, `"ergebnis": "booked"`) || strings.Contains(s, "telefoniert") {
			t.Error(s)
		}
		if s := export(bert); strings.Contains(s, "amount") {
			t.Error("somebody else's: " + s)
		}
	})
}
