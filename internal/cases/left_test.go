package cases_test

import (
	"slices"
	"sync"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/audit"
	"stadttor/internal/cases"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
)

// held are the cases in the worklist with this holder, and the last event of each.
func (w *town) held(as perm.Staff, by ident.StaffID) map[ident.CaseID]cases.Event {
	w.t.Helper()
	list, err := w.svc.Worklist(w.t.Context(), as, cases.Filter{})
	w.must(err)
	out := map[ident.CaseID]cases.Event{}
	for _, e := range list.Items {
		if e.Holder == by {
			m, err := w.svc.Case(w.t.Context(), as, e.ID)
			w.must(err)
			out[e.ID] = m.History[len(m.History)-1].Event
		}
	}
	return out
}

func TestWhatWhoeverLeavesHeldGoesBackToItsUnit(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		jobs.Outside(w.runner, "cases", w.svc.StaffLeft, nil)
		kai, mia := w.staff("kai", perm.Caseworker, w.ordnung), w.staff("mia", perm.Caseworker, w.ordnung)
		ada := w.citizen("ada", perm.LevelBasis)
		take := func(by perm.Staff) ident.CaseID {
			t.Helper()
			s, _ := w.sent(ada)
			w.must(w.svc.Claim(ctx, by, s.Case))
			return s.Case
		}
		review, asked, decided, hers := take(kai), take(kai), take(kai), take(mia)
		w.must(w.svc.Ask(ctx, kai, asked, "Wie laut wird es?"))
		w.must(w.svc.Decide(ctx, kai, decided, cases.Decision{Outcome: cases.Approve, Text: cases.DecisionTemplate(cases.Approve), Reason: "Alles gut.", By: "Sachgebiet Feste"}))
		waiting, _ := w.sent(ada)
		w.drain()

		// A block may be over in an hour: nothing moves.
		w.must(w.acc.SetActive(ctx, op, w.a, kai.Staff, false))
		w.drain()
		if got := w.held(mia, kai.Staff); len(got) != 3 {
			t.Errorf("blocked, he holds %v", got)
		}
		w.must(w.acc.SetActive(ctx, op, w.a, kai.Staff, true))

		w.must(w.acc.RemoveStaff(ctx, op, w.a, kai.Staff))
		w.drain()
		if got := w.held(mia, kai.Staff); len(got) != 1 || got[decided] == "" {
			t.Errorf("he holds %v, want what he decided", got)
		}
		free := w.held(mia, "")
		if len(free) != 3 || free[review] != cases.EventRelease || free[asked] != cases.EventRelease || free[waiting.Case] != cases.EventSubmit {
			t.Errorf("unclaimed: %v", free)
		}
		if got := w.held(mia, mia.Staff); len(got) != 1 || got[hers] != cases.EventClaim {
			t.Errorf("a colleague holds %v", got)
		}
		m, err := w.svc.Case(ctx, mia, asked)
		w.must(err)
		last := m.History[len(m.History)-1]
		if m.State != cases.StateQuestion || !m.May.Claim || last.Actor != "system:cases" || last.Text == "" {
			t.Errorf("%s %+v %+v", m.State, m.May, last)
		}
		for _, l := range m.History[:len(m.History)-1] {
			if l.Event == cases.EventAsk && l.Actor != kai.Ref() {
				t.Errorf("the history forgot who asked: %+v", l)
			}
		}
		w.must(w.svc.Claim(ctx, mia, review))

		// The same news twice, and for another authority, moves nothing.
		before := w.released()
		if before != 2 {
			t.Errorf("%d releases in the log", before)
		}
		w.must(w.svc.StaffLeft(ctx, jobs.Call{Realm: w.a.Realm, Tenant: w.a.ID}, accounts.StaffLeft{Staff: kai.Staff}))
		w.must(w.svc.StaffLeft(ctx, jobs.Call{Realm: w.b.Realm, Tenant: w.b.ID}, accounts.StaffLeft{Staff: mia.Staff}))
		w.must(w.svc.StaffLeft(ctx, jobs.Call{Realm: w.a.Realm, Tenant: w.a.ID}, accounts.StaffLeft{}))
		if got := w.held(mia, mia.Staff); len(got) != 2 || w.released() != before {
			t.Errorf("she holds %v", got)
		}
		w.want(w.svc.Release(ctx, kai, hers), errs.KindForbidden, "")
	})
}

func TestNobodyClaimsOnTheWayOut(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		jobs.Outside(w.runner, "cases", w.svc.StaffLeft, nil)
		kai, mia := w.staff("kai", perm.Caseworker, w.ordnung), w.staff("mia", perm.Caseworker, w.ordnung)
		ada := w.citizen("ada", perm.LevelBasis)
		var list []ident.CaseID
		for range 8 {
			s, _ := w.sent(ada)
			list = append(list, s.Case)
		}
		var wg sync.WaitGroup
		for i, id := range list[1:] {
			wg.Go(func() {
				if i == 3 {
					w.must(w.acc.RemoveStaff(ctx, op, w.a, kai.Staff))
				}
				if err := w.svc.Claim(ctx, kai, id); err != nil && !errs.Is(err, errs.KindForbidden) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.want(w.svc.Claim(ctx, kai, list[0]), errs.KindForbidden, "login.needed")
		w.drain()
		if got := w.held(mia, kai.Staff); len(got) > 0 {
			t.Errorf("who was removed holds %v", got)
		}
		w.must(w.svc.Claim(ctx, mia, list[0]))
	})
}

// released counts the releases in the first authority's log.
func (w *town) released() (n int) {
	w.t.Helper()
	w.must(w.d.View(w.t.Context(), w.a.Scope(), func(tx *db.Tx) error {
		list, err := audit.List(w.t.Context(), tx, 0, 1000)
		n = len(slices.DeleteFunc(list, func(e audit.Entry) bool { return e.Action != "case.release" || e.Actor != "system:cases" }))
		return err
	}))
	return n
}
