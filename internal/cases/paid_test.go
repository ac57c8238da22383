package cases_test

import (
	"testing"
	"time"

	"stadttor/internal/cases"
	"stadttor/internal/db"
	"stadttor/internal/jobs"
	"stadttor/internal/payments"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// cashier is the treasurer of the first authority.
func (w *town) cashier() perm.Staff { return w.staff("kasse", perm.Treasurer, "") }

// report makes the bank book something on a case's payment and tell it.
func (w *town) report(s cases.Submission, b paymentstest.Booking) payments.Payment {
	w.t.Helper()
	o, ok := w.bank.Order(string(s.Payment))
	if !ok {
		w.t.Fatal("the bank has no such order")
	}
	w.must(w.bank.Book(o.Ref, b))
	w.must(w.pay.Notify(w.t.Context(), w.a.ID, "bank", string(s.Payment)))
	p, err := w.pay.Get(w.t.Context(), w.cashier(), s.Payment)
	w.must(err)
	return p
}

// dropped gives a withdrawn case with a payment that was begun before.
func (w *town) dropped(c perm.Citizen) cases.Submission {
	w.t.Helper()
	ctx := w.t.Context()
	d, _, err := w.svc.StartDraft(ctx, c, "urkunde", "")
	w.must(err)
	w.page(c, cases.Proof{}, d.ID, "person", vals("familienname", "Kanarienvogel"))
	w.page(c, cases.Proof{}, d.ID, "anzahl", vals("stueck", "1"))
	s, err := w.svc.Submit(ctx, c, d.ID, cases.Proof{}, cases.Sending{Key: key1, Confirmed: true})
	w.must(err)
	_, err = w.pay.Start(ctx, c, s.Payment, "bank")
	w.must(err)
	w.must(w.svc.Withdraw(ctx, c, cases.Proof{}, s.Case))
	return s
}

func (w *town) look(p payments.Payment, r payments.Reason) {
	w.t.Helper()
	w.must(w.pay.Clear(w.t.Context(), w.cashier(), p.ID, payments.Clearing{Flag: p.Flag, Number: p.FlagNo, Reason: r, Note: pii.New("Canarina Kanarienvogel angerufen")}))
}

func TestACaseShowsATaskWhileItsPaymentIsFlagged(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		jobs.Inside(w.runner, "cases", w.svc.PaymentCleared)
		s := w.dropped(w.citizen("ada", perm.LevelSubstantial))
		clerk := w.staff("clerk", perm.Caseworker, w.ordnung)
		tasks := func(what string, want int) {
			t.Helper()
			m, err := w.svc.Case(ctx, clerk, s.Case)
			w.must(err)
			l, err := w.svc.Worklist(ctx, clerk, cases.Filter{Tasks: true})
			w.must(err)
			if len(m.Tasks) != want || l.Total != min(want, 1) {
				t.Errorf("%s: %d tasks, %d in the list", what, len(m.Tasks), l.Total)
			}
		}
		paid := paymentstest.Booking{State: payments.Paid, Amount: 1200, Currency: "EUR"}
		p := w.report(s, paid)
		w.drain()
		tasks("money to give back", 1)
		w.look(p, payments.ReasonReturned)
		w.drain()
		tasks("settled", 0)
		w.report(s, paid)
		w.drain()
		tasks("told again", 0)
		paid.Refunded = 1200
		p = w.report(s, paid)
		w.drain()
		tasks("given back by the bank, too", 1)
		// The news that it is settled overtakes the news that it was flagged.
		w.look(p, payments.ReasonRefund)
		w.drain()
		w.must(w.d.InTx(ctx, w.a.Scope(), func(tx *db.Tx) error {
			return w.svc.PaymentFlagged(ctx, tx, payments.Flagged{Payment: p.ID, Case: s.Case, Flag: p.Flag, Number: p.FlagNo})
		}))
		tasks("late news", 0)
	})
}

func TestWhatTheKasseNotedGoesWithTheCase(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		jobs.Outside(w.runner, "notes", w.svc.SweepPaymentNotes, nil)
		ada := w.citizen("ada", perm.LevelSubstantial)
		old := w.dropped(ada)
		w.look(w.report(old, paymentstest.Booking{State: payments.Paid, Amount: 1200, Currency: "EUR"}), payments.ReasonReturned)
		notes := func(what string, s cases.Submission, want bool) {
			t.Helper()
			list, err := w.pay.Clearings(ctx, w.cashier(), s.Payment)
			w.must(err)
			if len(list) != 1 || list[0].Note.Empty() == want || list[0].Reason != payments.ReasonReturned {
				t.Errorf("%s: %d clearings, note there %v", what, len(list), !want)
			}
		}
		sweep := func(slot string) {
			w.must(w.d.InTx(ctx, w.a.Scope(), func(tx *db.Tx) error { return jobs.Insert(ctx, tx, cases.Sweep{Slot: slot}) }))
			w.drain()
		}
		sweep("at once")
		notes("a case that is kept", old, true)
		w.c.Advance(400 * 24 * time.Hour)
		young := w.dropped(ada)
		w.look(w.report(young, paymentstest.Booking{State: payments.Paid, Amount: 1200, Currency: "EUR"}), payments.ReasonReturned)
		sweep("cases")
		w.c.Advance(24 * time.Hour)
		sweep("notes") // both listeners of one job run in any order
		notes("a case that was erased", old, false)
		notes("a younger one", young, true)
	})
}
