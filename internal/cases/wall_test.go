package cases_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/cases"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

func TestForeignPersonsFindNothing(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		ada, bob := w.citizen("ada", perm.LevelHigh), w.citizen("bob", perm.LevelHigh)
		draft, _ := w.fillFree(ada)
		s, none := w.sent(ada)
		w.drain()
		own, err := w.svc.Read(ctx, ada, none, s.Case)
		w.must(err)
		far := w.guest()
		far.Tenant = w.b.ID
		for who, c := range map[string]perm.Citizen{"another person": bob, "a guest": w.guest(), "a guest of another tenant": far} {
			for _, p := range []cases.Proof{{}, {Secret: "guessed"}} {
				for verb, err := range map[string]error{
					"draft":       third(w.svc.Draft(ctx, c, p, draft.ID)),
					"answer":      fourth(w.svc.Answer(ctx, c, draft.ID, p, cases.Sent{Page: "fest", Values: vals("gaeste", "1")})),
					"add file":    fourth(w.svc.AddFile(ctx, c, draft.ID, p, cases.Upload{Page: "plan", Field: "lageplan", Name: "x", Body: bytes.NewReader(pdf)})),
					"remove file": w.svc.RemoveFile(ctx, c, draft.ID, p, ident.FileID(draft.Answers.Files()[0].ID)),
					"submit":      third(w.svc.Submit(ctx, c, draft.ID, p, cases.Sending{Key: key1, Confirmed: true})),
					"discard":     w.svc.Discard(ctx, c, p, draft.ID),
					"read":        third(w.svc.Read(ctx, c, p, s.Case)),
					"reply":       w.svc.Reply(ctx, c, p, s.Case, "x", nil),
					"withdraw":    w.svc.Withdraw(ctx, c, p, s.Case),
					"receipt":     fourth(w.svc.Receipt(ctx, c, p, s.Case)),
					"document":    fourth(w.svc.Document(ctx, c, p, s.Case, own.Documents[0].ID)),
				} {
					if !errs.Is(err, errs.KindNotFound) {
						t.Errorf("%s: %s: %v", who, verb, err)
					}
				}
			}
		}
		if err := w.svc.Adopt(ctx, bob, cases.Proof{}, draft.ID); !errs.Is(err, errs.KindNotFound) {
			t.Error("adopted a foreign draft", err)
		}
		in, err := w.svc.Inbox(ctx, bob)
		w.must(err)
		list, err := w.svc.Drafts(ctx, bob)
		w.must(err)
		if len(in.Cases)+len(list) != 0 {
			t.Error("another person's inbox is not empty")
		}
		if d, err := w.svc.Draft(ctx, ada, none, draft.ID); err != nil || d.Version != draft.Version {
			t.Error("a refused verb changed the draft", err)
		}
	})
}

func third[A any](_ A, err error) error          { return err }
func fourth[A, B any](_ A, _ B, err error) error { return err }

func TestForeignStaffFindNothing(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		s, none := w.sent(w.citizen("ada", perm.LevelBasis))
		w.drain()
		own, err := w.svc.Read(ctx, w.citizen("ada", perm.LevelBasis), none, s.Case)
		w.must(err)
		other := w.staff("lead", perm.Lead, "")
		other.Tenant = w.b.ID
		for who, a := range map[string]perm.Staff{"another unit": w.staff("clerk", perm.Caseworker, w.steuer), "another tenant": other, "an administrator": w.staff("admin", perm.Administrator, "")} {
			d := cases.Decision{Outcome: cases.Approve, Text: "Ja."}
			for verb, err := range map[string]error{
				"case": third(w.svc.Case(ctx, a, s.Case)), "claim": w.svc.Claim(ctx, a, s.Case), "release": w.svc.Release(ctx, a, s.Case), "move": w.svc.Move(ctx, a, s.Case, w.steuer),
				"note": w.svc.Note(ctx, a, s.Case, "x"), "ask": w.svc.Ask(ctx, a, s.Case, "x"), "resume": w.svc.Resume(ctx, a, s.Case), "preview": third(w.svc.Preview(ctx, a, s.Case, d)),
				"decide": w.svc.Decide(ctx, a, s.Case, d), "close": w.svc.Close(ctx, a, s.Case), "file": fourth(w.svc.Attachment(ctx, a, s.Case, own.Documents[0].ID)),
				"end task": w.svc.EndTask(ctx, a, s.Case, cases.TaskDelivery, ""), "resend": w.svc.Resend(ctx, a, s.Case, "x"),
			} {
				if !errs.Is(err, errs.KindNotFound) {
					t.Errorf("%s: %s: %v", who, verb, err)
				}
			}
		}
	})
}

// The worklist and the single case follow the same rule, for every kind of staff
// and every state.
func TestListAndSingleReadAgree(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		clerk := w.staff("clerk", perm.Caseworker, "")
		ada := w.citizen("ada", perm.LevelSubstantial)
		var all []ident.CaseID
		for i := range 5 {
			s, _ := w.sent(ada)
			all = append(all, s.Case)
			if i > 0 {
				w.must(w.svc.Claim(ctx, clerk, s.Case))
			}
			switch i {
			case 2:
				w.must(w.svc.Move(ctx, clerk, s.Case, w.steuer))
			case 3:
				w.must(w.svc.Decide(ctx, clerk, s.Case, cases.Decision{Outcome: cases.Reject, Text: "Nein."}))
				w.must(w.svc.Close(ctx, clerk, s.Case))
			case 4:
				w.must(w.svc.Withdraw(ctx, ada, cases.Proof{}, s.Case))
			}
		}
		draft, _ := w.fillFree(ada)
		far := ada
		far.Tenant = w.b.ID
		there, _ := w.sent(far)
		all = append(all, draft.ID, there.Case)
		lead := w.staff("lead", perm.Lead, "")
		foreign := lead
		foreign.Tenant = w.b.ID
		two := w.staff("two", perm.Caseworker, w.steuer)
		two.Grants = append(two.Grants, perm.Grant{Role: perm.Caseworker, Unit: w.ordnung})
		for name, a := range map[string]perm.Staff{"all units": clerk, "lead": lead, "one unit": w.staff("o", perm.Caseworker, w.ordnung), "another unit": w.staff("s", perm.Caseworker, w.steuer), "two units": two, "another tenant": foreign} {
			listed := map[ident.CaseID]bool{}
			for _, f := range []cases.Filter{{}, {State: cases.StateClosed}} {
				l, err := w.svc.Worklist(ctx, a, f)
				w.must(err)
				for _, e := range l.Items {
					listed[e.ID] = true
				}
			}
			for _, id := range all {
				_, err := w.svc.Case(ctx, a, id)
				if (err == nil) != listed[id] {
					t.Errorf("%s: listed %v, opened %v", name, listed[id], err)
				}
			}
		}
		for _, a := range []perm.Staff{w.staff("t", perm.Treasurer, ""), w.staff("a", perm.Administrator, "")} {
			_, err := w.svc.Worklist(ctx, a, cases.Filter{})
			w.want(err, errs.KindForbidden, "")
		}
	})
}

func TestTheWorklistIsNarrowedByItsFilter(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		clerk := w.staff("clerk", perm.Caseworker, w.ordnung)
		var all []cases.Submission
		for range cases.PageSize + 2 {
			s, _ := w.sent(w.citizen("ada", perm.LevelBasis))
			all = append(all, s)
			w.c.Advance(time.Minute)
		}
		w.must(w.svc.Claim(ctx, clerk, all[0].Case))
		w.c.Advance(40 * 24 * time.Hour)
		late, _ := w.sent(w.citizen("bob", perm.LevelBasis))
		for name, c := range map[string]struct {
			f     cases.Filter
			total int
			items int
		}{
			"everything, first page": {cases.Filter{}, len(all) + 1, cases.PageSize},
			"second page":            {cases.Filter{Page: 2}, len(all) + 1, 3},
			"a page beyond the end":  {cases.Filter{Page: 99}, len(all) + 1, 3},
			"mine":                   {cases.Filter{Mine: true}, 1, 1},
			"unclaimed":              {cases.Filter{Unclaimed: true}, len(all), cases.PageSize},
			"a state":                {cases.Filter{State: cases.StateInReview}, 1, 1},
			"overdue":                {cases.Filter{Overdue: true}, len(all), cases.PageSize},
			"a number":               {cases.Filter{Text: strings.ToLower(strings.ReplaceAll(string(late.Number), "-", " "))}, 1, 1},
			"the start of a number":  {cases.Filter{Text: "tor-2026"}, len(all), cases.PageSize},
			"no such number":         {cases.Filter{Text: "%"}, 0, 0},
			"another form":           {cases.Filter{Form: "urkunde"}, 0, 0},
			"another unit":           {cases.Filter{Unit: w.steuer}, 0, 0},
			"tasks":                  {cases.Filter{Tasks: true}, 0, 0},
		} {
			l, err := w.svc.Worklist(ctx, clerk, c.f)
			w.must(err)
			if l.Total != c.total || len(l.Items) != c.items {
				t.Errorf("%s: %d of %d", name, len(l.Items), l.Total)
			}
		}
		l, err := w.svc.Worklist(ctx, clerk, cases.Filter{})
		w.must(err)
		if l.Items[0].ID != all[0].Case || !slices.IsSortedFunc(l.Items, func(a, b cases.Entry) int { return a.SubmittedAt.Compare(b.SubmittedAt) }) {
			t.Error("the oldest does not come first")
		}
	})
}

// raw runs SQL beside the service, as a thief or a careless hand would.
func (w *town) raw(q string, args ...any) {
	w.t.Helper()
	w.must(w.d.InTx(w.t.Context(), db.Across("", "test"), func(tx *db.Tx) error {
		_, err := tx.Exec(w.t.Context(), q, args...)
		return err
	}))
}

func TestARowMovedToAnotherTenantDoesNotOpen(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		s, _ := w.sent(w.citizen("ada", perm.LevelBasis))
		w.drain()
		thief := w.staff("lead", perm.Lead, "")
		thief.Tenant = w.b.ID
		w.raw(`INSERT INTO case_record SELECT $1,id,person_id,secret,form,form_version,service,title,unit_id,number,state,holder,need,level,means,sealed_key,answers,applicant,frozen,hash,fee_cents,submit_key,days,created_at,updated_at,submitted_at,decided_at,due_at,erase_at,erased_at,version FROM case_record WHERE id=$2`, string(w.b.ID), string(s.Case))
		if _, err := w.svc.Case(ctx, thief, s.Case); err == nil {
			t.Error("a case opened in another tenant")
		}
		l, err := w.svc.Worklist(ctx, thief, cases.Filter{})
		w.must(err)
		if len(l.Items) != 1 || !l.Items[0].Broken || !l.Items[0].Applicant.Empty() {
			t.Error("a moved row shows its applicant or hides the list")
		}

		// Within a tenant: a column swapped with another case's does not open either.
		other, _ := w.sent(w.citizen("bob", perm.LevelBasis))
		w.raw(`UPDATE case_record SET frozen=(SELECT frozen FROM case_record WHERE tenant_id=$1 AND id=$2) WHERE tenant_id=$1 AND id=$3`, string(w.a.ID), string(s.Case), string(other.Case))
		if _, err := w.svc.Case(ctx, w.staff("lead", perm.Lead, ""), other.Case); err == nil {
			t.Error("a swapped column opened")
		}
	})
}

func TestNothingAPersonWroteLiesInTheClear(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		ada := w.citizen("ada", perm.LevelBasis)
		clerk := w.staff("clerk", perm.Caseworker, w.ordnung)
		s, none := w.sent(ada)
		w.must(w.svc.Claim(ctx, clerk, s.Case))
		w.must(w.svc.Note(ctx, clerk, s.Case, "CANARY-NOTE"))
		w.must(w.svc.Ask(ctx, clerk, s.Case, "CANARY-QUESTION"))
		w.must(w.svc.Reply(ctx, ada, none, s.Case, "CANARY-ANSWER", []cases.Upload{{Name: "CANARY-NAME.pdf", Body: bytes.NewReader(pdf)}}))
		w.must(w.svc.Decide(ctx, clerk, s.Case, cases.Decision{Outcome: cases.Reject, Text: "{{Begründung}}", Reason: "CANARY-REASON"}))
		w.drain()
		marks := []string{"CANARY", "Kanarienvogel", "Canarina"}
		look := func(where string, b []byte) {
			for _, m := range marks {
				if bytes.Contains(b, []byte(m)) {
					t.Errorf("%s holds %s", where, m)
				}
			}
		}
		w.walk(look)
		for _, table := range []string{"case_record", "case_message", "case_note", "case_document", "case_event", "case_task", "case_leftover", "job", "audit_entry", "payment", "parcel"} {
			look("table "+table, w.dump(table))
		}
	})
}

// dump gives every value of a table.
func (w *town) dump(table string) (out []byte) {
	w.t.Helper()
	w.must(w.d.View(w.t.Context(), db.Across("", "test"), func(tx *db.Tx) error {
		rows, err := tx.Query(w.t.Context(), `SELECT * FROM `+table)
		_, err = db.Collect(rows, err, func(r *sql.Rows) (struct{}, error) {
			cols, err := r.Columns()
			if err != nil {
				return struct{}{}, err
			}
			vals := make([]any, len(cols))
			for i := range vals {
				vals[i] = new(any)
			}
			err = r.Scan(vals...)
			for _, v := range vals {
				if b, ok := (*v.(*any)).([]byte); ok {
					out = append(out, b...)
				} else {
					out = fmt.Append(out, *v.(*any))
				}
				out = append(out, '\n')
			}
			return struct{}{}, err
		})
		return err
	}))
	return out
}

func TestADraftSurvivesARestart(t *testing.T) {
	for _, e := range dbtest.Engines() {
		t.Run(e, func(t *testing.T) {
			url, c := dbtest.URL(t, e), clock.NewFake(dbtest.Start)
			open := func() *db.DB {
				d, err := db.Open(t.Context(), db.Config{URL: url, Clock: c, Readers: 4})
				if err != nil {
					t.Fatal(err)
				}
				if err := d.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				return d
			}
			d := open()
			w := found(t, d, c)
			draft, p := w.fillFree(w.guest())
			w.must(d.Close())
			w.d = open()
			t.Cleanup(func() { _ = w.d.Close() })
			w.reopen()
			again, err := w.svc.Draft(t.Context(), w.guest(), p, draft.ID)
			w.must(err)
			if again.Version != draft.Version || again.Answers["vorname"].Text != "Canarina" || len(again.Answers.Files()) != 1 {
				t.Error("the draft is not what it was")
			}
			s, err := w.svc.Submit(t.Context(), w.guest(), draft.ID, p, cases.Sending{Key: key1, Confirmed: true})
			w.must(err)
			w.drain()
			own, err := w.svc.Read(t.Context(), w.guest(), p, s.Case)
			w.must(err)
			if len(own.Documents) != 2 {
				t.Error("upload and receipt are not there", len(own.Documents))
			}
		})
	}
}
