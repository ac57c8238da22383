package cases_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"stadttor/internal/cases"
	"stadttor/internal/errs"
	"stadttor/internal/payments"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/perm"
)

func TestTheWholeLifeOfACase(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		ada := w.citizen("ada", perm.LevelBasis)
		s, none := w.sent(ada)
		if s.State != cases.StateSubmitted || !strings.HasPrefix(string(s.Number), "TOR-2026-") || s.Payment != "" {
			t.Fatalf("%+v", s)
		}
		w.drain()

		clerk := w.staff("clerk", perm.Caseworker, w.ordnung)
		list, err := w.svc.Worklist(ctx, clerk, cases.Filter{})
		w.must(err)
		if list.Total != 1 || list.Items[0].Applicant.Reveal() != "Canarina Kanarienvogel" || list.Items[0].Number != s.Number {
			t.Fatalf("%+v", list)
		}
		w.want(w.svc.Ask(ctx, clerk, s.Case, "Frage"), errs.KindConflict, "case.claim-first")
		w.must(w.svc.Claim(ctx, clerk, s.Case))
		w.must(w.svc.Note(ctx, clerk, s.Case, "interner CANARY-NOTE"))
		w.must(w.svc.Ask(ctx, clerk, s.Case, "Wie laut wird es?"))
		w.drain()

		in, err := w.svc.Inbox(ctx, ada)
		w.must(err)
		if in.Unread != 1 || in.Asked != 1 || len(in.Cases) != 1 {
			t.Fatalf("%+v", in)
		}
		own, err := w.svc.Read(ctx, ada, none, s.Case)
		w.must(err)
		if !own.May.Reply || own.Messages[0].Text.Reveal() != "Wie laut wird es?" || len(own.Sections) == 0 {
			t.Fatalf("%+v", own)
		}
		for _, l := range own.History {
			if strings.Contains(l.Text, "Vermerk") || strings.HasPrefix(l.Actor, "staff:") {
				t.Errorf("the applicant reads of internal things: %q", l.Text)
			}
		}
		w.must(w.svc.Reply(ctx, ada, none, s.Case, "Sehr leise.", []cases.Upload{{Name: "Mess.pdf", Body: bytes.NewReader(pdf)}}))
		w.must(w.svc.Decide(ctx, clerk, s.Case, cases.Decision{Outcome: cases.Approve, Text: cases.DecisionTemplate(cases.Approve), Reason: "Alles gut.", By: "Sachgebiet Feste"}))
		w.drain()

		in, err = w.svc.Inbox(ctx, ada)
		w.must(err)
		if in.Unread != 1 || in.Cases[0].State != cases.StateApproved {
			t.Fatalf("%+v", in)
		}
		own, err = w.svc.Read(ctx, ada, none, s.Case)
		w.must(err)
		kinds := map[cases.DocumentKind]int{}
		for _, d := range own.Documents {
			kinds[d.Kind]++
			doc, r, err := w.svc.Document(ctx, ada, none, s.Case, d.ID)
			w.must(err)
			b, err := io.ReadAll(r)
			w.must(err)
			w.must(r.Close())
			if int64(len(b)) != doc.Size || doc.Type == "application/pdf" && !bytes.HasPrefix(b, []byte("%PDF")) {
				t.Errorf("%s: %d bytes of %d", doc.Kind, len(b), doc.Size)
			}
		}
		if kinds[cases.KindUpload] != 1 || kinds[cases.KindReceipt] != 1 || kinds[cases.KindReply] != 1 || kinds[cases.KindDecision] != 1 {
			t.Errorf("%v", kinds)
		}
		in, err = w.svc.Inbox(ctx, ada)
		w.must(err)
		if in.Unread != 0 {
			t.Error("reading was not recorded")
		}
		m, err := w.svc.Case(ctx, clerk, s.Case)
		w.must(err)
		var words []string
		for _, l := range m.History {
			words = append(words, string(l.Event))
		}
		if got := strings.Join(words, " "); got != "submit claim note ask reply approve read_decision" {
			t.Errorf("history: %s", got)
		}
		if len(m.Notes) != 1 || m.Hash != own.Hash || len(m.Hash) != 64 || m.Applicant.Reveal() == "" {
			t.Errorf("%+v", m)
		}
		if got := strings.Join(w.partner.events, " "); got != "submitted replied decided" {
			t.Errorf("delivered: %s", got)
		}
		if got := strings.Join(w.told, " "); got != "cases.Submitted cases.Asked cases.Decided" {
			t.Errorf("told: %s", got)
		}
		w.must(w.svc.Close(ctx, clerk, s.Case))
		w.want(w.svc.Withdraw(ctx, ada, none, s.Case), errs.KindConflict, "case.not-in-state")
	})
}

func TestAFeeIsPaidBeforeTheApplicationIsReceived(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		ada := w.citizen("ada", perm.LevelSubstantial)
		d, _, err := w.svc.StartDraft(ctx, ada, "urkunde", "")
		w.must(err)
		none := cases.Proof{}
		w.page(ada, none, d.ID, "person", vals("familienname", "Kanarienvogel"))
		w.page(ada, none, d.ID, "anzahl", vals("stueck", "2"))
		s, err := w.svc.Submit(ctx, ada, d.ID, none, cases.Sending{Key: key1, Confirmed: true})
		w.must(err)
		if s.State != cases.StateAwaitingPayment || s.Fee != 2400 || s.Payment == "" {
			t.Fatalf("%+v", s)
		}
		clerk := w.staff("clerk", perm.Caseworker, w.ordnung)
		if list, err := w.svc.Worklist(ctx, clerk, cases.Filter{}); err != nil || list.Total != 0 {
			t.Error("unpaid application in the worklist", err)
		}
		_, err = w.svc.Case(ctx, clerk, s.Case)
		w.want(err, errs.KindNotFound, "")
		w.want(func() error { _, _, err := w.svc.Receipt(ctx, ada, none, s.Case); return err }(), errs.KindNotFound, "")

		_, err = w.pay.Start(ctx, ada, s.Payment, "bank")
		w.must(err)
		o, _ := w.bank.Order(string(s.Payment))
		w.must(w.bank.Book(o.Ref, paymentstest.Booking{State: payments.Paid, Amount: 2400, Currency: "EUR"}))
		w.must(w.pay.Notify(ctx, w.a.ID, "bank", string(s.Payment)))
		w.drain()
		own, err := w.svc.Read(ctx, ada, none, s.Case)
		w.must(err)
		if own.State != cases.StateSubmitted || len(own.Payments) != 1 || len(own.Lines) != 1 || own.Level != perm.LevelSubstantial {
			t.Errorf("%+v", own)
		}
		again, err := w.svc.Submit(ctx, ada, d.ID, none, cases.Sending{Key: key1, Confirmed: true})
		w.must(err)
		if again.Number != s.Number || again.Payment != s.Payment {
			t.Errorf("%+v", again)
		}
	})
}
