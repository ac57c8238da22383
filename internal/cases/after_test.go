package cases_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/cases"
	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/payments"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/perm"
)

func ident26(s string) ident.FileID { return ident.FileID(s) }

func (w *town) sweep() {
	w.t.Helper()
	for _, t := range []ident.TenantID{w.a.ID, w.b.ID} {
		w.must(w.svc.Sweep(w.t.Context(), jobs.Call{Scope: db.ForTenant(w.a.Realm, t), Realm: w.a.Realm, Tenant: t}, cases.Sweep{}))
	}
}

func TestARunOutDraftIsShredded(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		d, p := w.fillFree(w.guest())
		w.c.Advance(20 * 24 * time.Hour)
		w.page(w.guest(), p, d.ID, "fest", vals("gaeste", "41")) // touching it starts the period anew
		w.c.Advance(20 * 24 * time.Hour)
		w.sweep()
		if _, err := w.svc.Draft(ctx, w.guest(), p, d.ID); err != nil {
			t.Fatal("erased too early", err)
		}
		key := w.column("sealed_key", d.ID)
		w.c.Advance(11 * 24 * time.Hour)
		w.sweep()
		w.sweep() // the files follow
		_, err := w.svc.Draft(ctx, w.guest(), p, d.ID)
		w.want(err, errs.KindConflict, "case.expired")
		if w.blobCount() != 0 || bytes.Contains(w.dump("case_record"), key) || len(w.column("answers", d.ID)) != 0 {
			t.Error("something is left of the draft")
		}
	})
}

// column reads a column of a case as it is stored.
func (w *town) column(name string, id ident.CaseID) (b []byte) {
	w.t.Helper()
	w.must(w.d.View(w.t.Context(), db.Across("", "test"), func(tx *db.Tx) error {
		return tx.QueryRow(w.t.Context(), `SELECT `+name+` FROM case_record WHERE id=$1`, string(id)).Scan(&b)
	}))
	return b
}

func TestARunOutCaseKeepsNumberStateAndHashOnly(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		ada := w.citizen("ada", perm.LevelBasis)
		lead := w.staff("lead", perm.Lead, "")
		s, none := w.sent(ada)
		open, _ := w.sent(ada)
		w.must(w.svc.Claim(ctx, lead, s.Case))
		w.must(w.svc.Note(ctx, lead, s.Case, "x"))
		w.must(w.svc.Decide(ctx, lead, s.Case, cases.Decision{Outcome: cases.Approve, Text: "Ja."}))
		w.drain()
		before, err := w.svc.Case(ctx, lead, s.Case)
		w.must(err)
		w.c.Advance(25 * time.Hour)
		w.sweep() // a receipt that two jobs wrote at the same time
		blobs, key := w.blobCount(), w.column("sealed_key", s.Case)
		w.c.Advance(366 * 24 * time.Hour)
		w.sweep()
		w.sweep()
		m, err := w.svc.Case(ctx, lead, s.Case)
		w.must(err)
		if m.Number != s.Number || m.State != cases.StateApproved || m.Hash != before.Hash || !m.Erased {
			t.Errorf("%+v", m)
		}
		if len(m.Sections)+len(m.Messages)+len(m.Notes)+len(m.Documents) != 0 || !m.Applicant.Empty() || m.May.Note {
			t.Error("content is left")
		}
		if bytes.Contains(w.dump("case_record"), key) || bytes.Contains(w.dump("case_event"), []byte(ada.Person)) && len(w.column("person_id", s.Case)) != 0 {
			t.Error("key or person is left")
		}
		if gone := blobs - w.blobCount(); gone != 3 { // upload, receipt, decision
			t.Errorf("%d files are gone", gone)
		}
		_, err = w.svc.Read(ctx, ada, none, s.Case)
		w.want(err, errs.KindNotFound, "")
		if _, err := w.svc.Read(ctx, ada, none, open.Case); err != nil {
			t.Error("an open case was erased", err)
		}
		broken, err := audit.Verify(ctx, w.d, db.Across("", "test"), nil)
		w.must(err)
		if len(broken) > 0 {
			t.Error(broken)
		}
	})
}

func TestADiscardedDraftIsGoneAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ada := w.citizen("ada", perm.LevelSubstantial)
		d, p := w.fillFree(ada)
		w.must(w.svc.Discard(t.Context(), ada, p, d.ID))
		_, err := w.svc.Draft(t.Context(), ada, p, d.ID)
		w.want(err, errs.KindNotFound, "")
		w.sweep()
		if w.blobCount() != 0 || len(w.column("sealed_key", d.ID)) != 0 {
			t.Error("something is left")
		}
	})
}

func TestTheParcelHoldsWhatWasSubmitted(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ada := w.citizen("ada", perm.LevelBasis)
		s, none := w.sent(ada)
		w.drain()
		own, err := w.svc.Read(t.Context(), ada, none, s.Case)
		w.must(err)
		if len(w.partner.parcels) != 1 {
			t.Fatal(len(w.partner.parcels))
		}
		for _, p := range w.partner.parcels {
			sum := sha256.Sum256(p["antrag.json"])
			if hex.EncodeToString(sum[:]) != own.Hash {
				t.Error("the hash is not that of antrag.json")
			}
			if !bytes.Equal(p["Plan-vom-Garten.pdf"], pdf) || !bytes.HasPrefix(p["antrag.pdf"], []byte("%PDF")) || !bytes.Contains(p["antrag.xml"], []byte("Kanarienvogel")) || len(p) != 4 {
				t.Errorf("%d files", len(p))
			}
			if !strings.Contains(string(p["antrag.json"]), "Plan-vom-Garten.pdf") {
				t.Error("the answers name another attachment")
			}
		}
		doc, r, err := w.svc.Receipt(t.Context(), ada, none, s.Case)
		w.must(err)
		b, err := io.ReadAll(r)
		w.must(err)
		sum := sha256.Sum256(b)
		if doc.Kind != cases.KindReceipt || hex.EncodeToString(sum[:]) != doc.SHA256 {
			t.Error("the receipt is not whole")
		}
	})
}

func TestADeliveryThatIsGivenUpBecomesATaskAndCanBeSentAgain(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		w.partner.down = true
		s, _ := w.sent(w.citizen("ada", perm.LevelBasis))
		for range jobs.DefaultAttempts + 2 {
			w.drain()
			w.c.Advance(9 * time.Hour)
		}
		clerk := w.staff("clerk", perm.Caseworker, w.ordnung)
		l, err := w.svc.Worklist(ctx, clerk, cases.Filter{Tasks: true})
		w.must(err)
		if l.Total != 1 || l.Items[0].Tasks != 1 {
			t.Fatalf("%+v", l)
		}
		m, err := w.svc.Case(ctx, clerk, s.Case)
		w.must(err)
		if len(m.Tasks) != 1 || m.Tasks[0].Kind != cases.TaskDelivery || len(m.Deliveries) != 1 || m.Deliveries[0].State != delivery.Failed {
			t.Fatalf("%+v %+v", m.Tasks, m.Deliveries)
		}
		w.want(w.svc.Resend(ctx, clerk, s.Case, "not-a-parcel"), errs.KindNotFound, "")
		w.partner.down = false
		w.must(w.svc.Resend(ctx, clerk, s.Case, m.Deliveries[0].ID))
		w.drain()
		m, err = w.svc.Case(ctx, clerk, s.Case)
		w.must(err)
		if len(m.Tasks) != 0 || m.Deliveries[0].State != delivery.Delivered || len(w.partner.parcels) != 1 {
			t.Errorf("%+v %+v", m.Tasks, m.Deliveries)
		}
	})
}

func TestMoneyForAnEndedCaseIsAHumansTask(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		ada, none := w.citizen("ada", perm.LevelSubstantial), cases.Proof{}
		order := func() cases.Submission {
			d, _, err := w.svc.StartDraft(ctx, ada, "urkunde", "")
			w.must(err)
			w.page(ada, none, d.ID, "person", vals("familienname", "Kanarienvogel"))
			w.page(ada, none, d.ID, "anzahl", vals("stueck", "1"))
			s, err := w.svc.Submit(ctx, ada, d.ID, none, cases.Sending{Key: key1, Confirmed: true})
			w.must(err)
			return s
		}
		clerk := w.staff("clerk", perm.Caseworker, w.ordnung)
		pay := func(s cases.Submission) {
			o, _ := w.bank.Order(string(s.Payment))
			w.must(w.bank.Book(o.Ref, paymentstest.Booking{State: payments.Paid, Amount: 1200, Currency: "EUR"}))
			w.must(w.pay.Notify(ctx, w.a.ID, "bank", string(s.Payment)))
		}
		var s cases.Submission
		for _, c := range []struct {
			kind   cases.TaskKind
			events func()
		}{
			{cases.TaskPayment, func() { w.must(w.svc.Withdraw(ctx, ada, none, s.Case)); pay(s) }},
			// Paid, but withdrawn before the news of it arrived.
			{cases.TaskPaidLate, func() { pay(s); w.must(w.svc.Withdraw(ctx, ada, none, s.Case)) }},
		} {
			s = order()
			_, err := w.pay.Start(ctx, ada, s.Payment, "bank")
			w.must(err)
			c.events()
			w.drain()
			m, err := w.svc.Case(ctx, clerk, s.Case)
			w.must(err)
			if m.State != cases.StateWithdrawn || len(m.Tasks) != 1 || m.Tasks[0].Kind != c.kind {
				t.Errorf("%s: %s %+v", c.kind, m.State, m.Tasks)
			}
			w.must(w.svc.EndTask(ctx, clerk, s.Case, c.kind, ""))
			w.want(w.svc.EndTask(ctx, clerk, s.Case, c.kind, ""), errs.KindNotFound, "")
		}

		// One that nobody pays runs out like a draft.
		s = order()
		w.c.Advance(40 * 24 * time.Hour)
		w.sweep()
		_, err := w.svc.Read(ctx, ada, none, s.Case)
		w.want(err, errs.KindNotFound, "")
	})
}

func TestADecisionNeedsItsTextAndAKnownPlaceholder(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		s, _ := w.sent(w.citizen("ada", perm.LevelBasis))
		clerk := w.staff("clerk", perm.Caseworker, w.ordnung)
		ok := cases.Decision{Outcome: cases.ApprovePartly, Text: cases.DecisionTemplate(cases.ApprovePartly), Reason: "Darum."}
		w.want(w.svc.Decide(ctx, clerk, s.Case, ok), errs.KindConflict, "case.claim-first")
		w.must(w.svc.Claim(ctx, clerk, s.Case))
		for _, d := range []cases.Decision{{Outcome: "king", Text: "x"}, {Outcome: cases.Approve}, {Outcome: cases.Approve, Text: "{{Passwort}}"}} {
			w.want(w.svc.Decide(ctx, clerk, s.Case, d), errs.KindInvalid, "")
		}
		b, err := w.svc.Preview(ctx, clerk, s.Case, ok)
		w.must(err)
		if !bytes.HasPrefix(b, []byte("%PDF")) {
			t.Error("no PDF")
		}
		w.must(w.svc.Decide(ctx, clerk, s.Case, ok))
		w.want(w.svc.Decide(ctx, clerk, s.Case, ok), errs.KindConflict, "case.not-in-state")
		m, err := w.svc.Case(ctx, clerk, s.Case)
		w.must(err)
		if m.State != cases.StatePartly || m.DecidedAt.IsZero() || m.EraseAt.IsZero() || m.May.Decide || !m.May.Close {
			t.Errorf("%+v", m.May)
		}
	})
}
