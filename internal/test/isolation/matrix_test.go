package isolation_test

import (
	"testing"

	"stadttor/internal/test/apptest"
	"stadttor/internal/test/isolation"
)

func TestNobodySeesOrChangesWhatIsNotHis(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		w := isolation.Build(t, h)
		for _, f := range w.Traces() {
			t.Error("before the walk:", f)
		}
		rep := w.Walk(h.Handler(), h.Routes)
		t.Logf("%d routes, %d actors, %d objects: %d cells, %d calls", rep.Routes, len(w.Actors), len(w.Objects), rep.Cells, rep.Calls)
		for i, f := range rep.Findings {
			if i == 50 {
				t.Errorf("… and %d more", len(rep.Findings)-i)
				break
			}
			t.Error(f)
		}
		h.Drain()
		for _, f := range w.Traces() {
			t.Error("after the walk:", f)
		}
		if rep.Cells < 5000 || len(w.Actors) < 20 {
			t.Errorf("only %d cells and %d actors: the matrix has shrunk", rep.Cells, len(w.Actors))
		}
	})
}
