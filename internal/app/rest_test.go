package app

import "testing"

func TestMemoryIsGivenBackWhenItHasBecomeQuiet(t *testing.T) {
	for _, c := range []struct {
		name   string
		served []uint64 // at each tick
		want   []bool
	}{
		{"after the warm-up twice, then never again", []uint64{0, 0, 0, 0}, []bool{true, true, false, false}},
		{"not while many requests come", []uint64{500, 1000, 1500}, []bool{false, false, false}},
		{"twice after a burst", []uint64{500, 500, 500, 500}, []bool{false, true, true, false}},
		{"again after each burst", []uint64{500, 500, 1000, 1000, 1000, 1000}, []bool{false, true, false, true, true, false}},
		{"probes do not keep it busy", []uint64{2, 4, 6, 8}, []bool{true, true, false, false}},
		{"a trickle adds up", []uint64{20, 40, 60, 80, 100, 120}, []bool{true, true, true, true, false, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var q quiet
			for i, n := range c.served {
				if got := q.tidy(n); got != c.want[i] {
					t.Errorf("tick %d with %d requests: %t", i, n, got)
				}
			}
		})
	}
}

func TestASmallHeapIsNotCollectedAtEveryTurn(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 10 << 20: 400, 32 << 20: 300, 96 << 20: 100, 1 << 30: 100} {
		if got := percent(live); got != want {
			t.Errorf("%d MB live: %d %%, want %d", live>>20, got, want)
		}
	}
}
