package isolation_test

import (
	"slices"
	"testing"

	"stadttor/internal/test/apptest"
	"stadttor/internal/test/isolation"
)

func TestNobodySeesOrChangesWhatIsNotHis(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		w := isolation.Build(t, h)
		found, rightly := w.Traces()
		for _, f := range found {
			t.Error("before the walk:", f)
		}
		if rightly == 0 {
			t.Error("no mark was found in the folders of the authorities: the look is blind")
		}
		for _, f := range w.Links() {
			t.Error("links:", f)
		}
		for _, what := range isolation.Unused(slices.Concat(h.Routes, h.AccountRoutes)) {
			t.Error("no route has what is explained under", what)
		}
		rep := w.Walk(h.Handler(), h.Routes)
		t.Logf("%d routes, %d actors, %d objects: %d cells, %d calls", rep.Routes, len(w.Actors), len(w.Objects), rep.Cells, rep.Calls)
		account := w.WalkAccount(h.Handler(), h.AccountRoutes)
		t.Logf("account hosts: %d routes, %d visitors: %d cells", account.Routes, len(w.Visitors), account.Cells)
		rep.Findings = append(rep.Findings, account.Findings...)
		if account.Cells < 300 || account.Routes < 15 {
			t.Errorf("only %d cells and %d routes at the account hosts: the matrix has shrunk", account.Cells, account.Routes)
		}
		for i, f := range rep.Findings {
			if i == 50 {
				t.Errorf("… and %d more", len(rep.Findings)-i)
				break
			}
			t.Error(f)
		}
		h.Drain()
		if found, _ = w.Traces(); len(found) > 50 {
			found = found[:50]
		}
		for _, f := range found {
			t.Error("after the walk:", f)
		}
		for _, o := range w.Objects {
			if rep.Shown[o] == 0 {
				t.Errorf("nobody was shown anything of %s, not even its owner: the walk is blind", o.Name)
			}
		}
		if rep.Cells < 5000 || len(w.Actors) < 20 {
			t.Errorf("only %d cells and %d actors: the matrix has shrunk", rep.Cells, len(w.Actors))
		}
	})
}
