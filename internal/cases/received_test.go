package cases_test

import (
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/cases"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/jobs"
	"stadttor/internal/payments"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// waiting gives a case that waits for its payment of 12,00 €.
func (w *town) waiting(c perm.Citizen, key string) cases.Submission {
	w.t.Helper()
	ctx := w.t.Context()
	d, _, err := w.svc.StartDraft(ctx, c, "urkunde", "")
	w.must(err)
	w.page(c, cases.Proof{}, d.ID, "person", vals("familienname", "Kanarienvogel"))
	w.page(c, cases.Proof{}, d.ID, "anzahl", vals("stueck", "1"))
	s, err := w.svc.Submit(ctx, c, d.ID, cases.Proof{}, cases.Sending{Key: key, Confirmed: true})
	w.must(err)
	if s.State != cases.StateAwaitingPayment || s.Fee != 1200 {
		w.t.Fatalf("%+v", s)
	}
	return s
}

func (w *town) atTheCounter(s cases.Submission) error {
	_, err := w.pay.Receive(w.t.Context(), w.cashier(), s.Payment, payments.Inpayment{Way: payments.WayCard, Amount: s.Fee, Day: clock.Date(w.c.Now()), Voucher: "Q-17", Note: pii.New("Canarina Kanarienvogel am Schalter")})
	return err
}

// receiptText is the receipt as one reads it.
func (w *town) receiptText(c perm.Citizen, s cases.Submission) string {
	w.t.Helper()
	_, body, err := w.svc.Receipt(w.t.Context(), c, cases.Proof{}, s.Case)
	w.must(err)
	defer body.Close()
	cmd := exec.CommandContext(w.t.Context(), "pdftotext", "-", "-")
	cmd.Stdin = body
	out, err := cmd.Output()
	w.must(err)
	return strings.Join(strings.Fields(strings.ReplaceAll(string(out), "\u00a0", " ")), " ")
}

func TestWhatTheKasseReceivedLetsTheCaseGoOn(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		ada := w.citizen("ada", perm.LevelSubstantial)
		s := w.waiting(ada, key1)
		w.must(w.atTheCounter(s))
		w.drain()
		own, err := w.svc.Read(ctx, ada, cases.Proof{}, s.Case)
		w.must(err)
		if own.State != cases.StateSubmitted || own.SubmittedAt.IsZero() || own.DueAt.IsZero() || !own.EraseAt.IsZero() {
			t.Errorf("%s %v %v", own.State, own.SubmittedAt, own.EraseAt)
		}
		if last := own.History[len(own.History)-1]; last.Event != cases.EventReceive || last.Text != "Ihre Zahlung ist bei der Kasse eingegangen. Ihr Antrag ist eingegangen." || last.Actor != "" && strings.HasPrefix(last.Actor, "staff:") {
			t.Errorf("%+v", last)
		}
		if text := w.receiptText(ada, s); !strings.Contains(text, "Ihre Zahlung über 12,00 € ist am "+clock.Date(w.c.Now()).Format("2.")) || !strings.Contains(text, "bei der Kasse eingegangen: mit Karte am Schalter.") || strings.Contains(text, "Q-17") {
			t.Error(text)
		}
		clerk := w.staff("clerk", perm.Caseworker, w.ordnung)
		m, err := w.svc.Case(ctx, clerk, s.Case)
		w.must(err)
		if len(m.Deliveries) != 1 || m.Deliveries[0].State != delivery.Delivered || len(m.Tasks) != 0 || m.History[len(m.History)-1].Text != "Die Zahlung ist bei der Kasse eingegangen. Der Antrag ist eingegangen." {
			t.Errorf("%+v %+v", m.Deliveries, m.Tasks)
		}
		// The same news once more moves nothing.
		paid := own.Payments[len(own.Payments)-1]
		w.must(w.d.InTx(ctx, w.a.Scope(), func(tx *db.Tx) error {
			return w.svc.Paid(ctx, tx, payments.Settled{Payment: paid.ID, Case: s.Case, State: payments.Paid})
		}))
		again, err := w.svc.Read(ctx, ada, cases.Proof{}, s.Case)
		w.must(err)
		if len(again.History) != len(own.History) {
			t.Errorf("told twice: %+v", again.History)
		}
	})
}

func TestAPaymentByAProviderIsConfirmedOnTheReceipt(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ada := w.citizen("ada", perm.LevelSubstantial)
		s := w.waiting(ada, key1)
		_, err := w.pay.Start(t.Context(), ada, s.Payment, "bank")
		w.must(err)
		w.report(s, paymentstest.Booking{State: payments.Paid, Amount: 1200, Currency: "EUR"})
		w.drain()
		if text := w.receiptText(ada, s); !strings.Contains(text, "Ihre Zahlung über 12,00 € ist am") || !strings.Contains(text, "bestätigt worden.") || strings.Contains(text, "Kasse eingegangen") {
			t.Error(text)
		}
	})
}

// The provider and the Kasse confirm at the same moment: the case goes on once,
// and the other money is told to the Kasse.
func TestTheCaseGoesOnOnceWhoeverConfirms(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		ada := w.citizen("ada", perm.LevelSubstantial)
		for i := range 6 {
			s := w.waiting(ada, key1+string(rune('a'+i)))
			_, err := w.pay.Start(ctx, ada, s.Payment, "bank")
			w.must(err)
			o, _ := w.bank.Order(string(s.Payment))
			w.must(w.bank.Book(o.Ref, paymentstest.Booking{State: payments.Paid, Amount: 1200, Currency: "EUR"}))
			w.bank.Silence(true) // the Kasse does not hear of it
			var wg sync.WaitGroup
			start := make(chan struct{})
			for _, f := range []func() error{
				func() error { return w.atTheCounter(s) },
				func() error { w.bank.Silence(false); return w.pay.Notify(ctx, w.a.ID, "bank", string(s.Payment)) },
				func() error { _, err := w.pay.Return(ctx, ada, s.Payment); return err },
			} {
				wg.Go(func() {
					<-start
					if err := f(); err != nil && !errs.Is(err, errs.KindConflict) && !errs.Is(err, errs.KindUnavailable) {
						t.Error(err)
					}
				})
			}
			close(start)
			wg.Wait()
			w.drain()
			w.c.Advance(time.Hour)
			w.drain()
			own, err := w.svc.Read(ctx, ada, cases.Proof{}, s.Case)
			w.must(err)
			moved, paid, surplus := 0, 0, 0
			for _, l := range own.History {
				if l.Event == cases.EventPay || l.Event == cases.EventReceive {
					moved++
				}
			}
			received := false
			for _, p := range own.Payments {
				if p.State == payments.Paid {
					paid++
					received = p.Provider == payments.Treasury
				}
				if p.Flag == payments.FlagSurplus {
					surplus++
				}
			}
			if own.State != cases.StateSubmitted || moved != 1 || paid != 1 || (surplus == 1) != received {
				t.Errorf("%s, moved %d times, %d paid, %d to give back, at the Kasse %v", own.State, moved, paid, surplus, received)
			}
			m, err := w.svc.Case(ctx, w.staff("clerk", perm.Caseworker, w.ordnung), s.Case)
			w.must(err)
			if len(m.Deliveries) != 1 {
				t.Errorf("%d parcels", len(m.Deliveries))
			}
		}
	})
}

func TestACaseThatEndedTakesNoMoneyAtTheCounter(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ada := w.citizen("ada", perm.LevelSubstantial)
		s := w.waiting(ada, key1)
		w.must(w.svc.Withdraw(t.Context(), ada, cases.Proof{}, s.Case))
		w.want(w.atTheCounter(s), errs.KindConflict, "inpayment.dropped")
		late := w.waiting(ada, key1+"2")
		w.c.Advance(400 * 24 * time.Hour)
		w.must(w.d.InTx(t.Context(), w.a.Scope(), func(tx *db.Tx) error { return jobs.Insert(t.Context(), tx, cases.Sweep{Slot: "late"}) }))
		w.drain()
		w.want(w.atTheCounter(late), errs.KindConflict, "inpayment.dropped")
	})
}

// The note at the counter goes when the case is erased.
func TestTheNoteOfTheCounterGoesWithTheCase(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		jobs.Outside(w.runner, "notes", w.svc.SweepPaymentNotes, nil)
		ada := w.citizen("ada", perm.LevelSubstantial)
		s := w.waiting(ada, key1)
		w.must(w.atTheCounter(s))
		w.drain()
		w.must(w.svc.Withdraw(ctx, ada, cases.Proof{}, s.Case))
		note := func(want bool) {
			t.Helper()
			x, err := w.pay.Standing(ctx, w.cashier(), s.Payment)
			w.must(err)
			if x.Inpayment.Note.Empty() == want || x.Inpayment.Voucher != "Q-17" {
				t.Errorf("%+v, note wanted %v", x.Inpayment, want)
			}
		}
		note(true)
		w.c.Advance(400 * 24 * time.Hour)
		for _, slot := range []string{"cases", "notes"} {
			w.must(w.d.InTx(ctx, w.a.Scope(), func(tx *db.Tx) error { return jobs.Insert(ctx, tx, cases.Sweep{Slot: slot}) }))
			w.drain()
			w.c.Advance(24 * time.Hour)
		}
		note(false)
	})
}
