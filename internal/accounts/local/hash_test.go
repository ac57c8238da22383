package local

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stadttor/internal/errs"
	"stadttor/internal/pii"
)

var cheap = Params{Memory: 64, Time: 1, Threads: 1}

func TestAPasswordOpensOnlyWithItself(t *testing.T) {
	h, ctx := newHasher(cheap, 2, 2, time.Second), t.Context()
	x, err := h.make(ctx, pii.New("vier Igel tanzen"))
	if err != nil {
		t.Fatal(err)
	}
	x, err = parseHash(x.text())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		password string
		stored   hashed
		want     bool
	}{
		"itself":                           {"vier Igel tanzen", x, true},
		"the same in another Unicode form": {"vier Ｉgel tanzen", x, true},
		"another":                          {"vier Igel tanzten", x, false},
		"empty":                            {"", x, false},
		"nobody's":                         {"vier Igel tanzen", hashed{}, false},
	} {
		if got, err := h.check(ctx, pii.New(c.password), c.stored); err != nil || got != c.want {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	again, _ := h.make(ctx, pii.New("vier Igel tanzen"))
	if string(again.text()) == string(x.text()) {
		t.Error("equal passwords must not look equal")
	}
}

func TestStoredCostsDecideWhetherToHashAnew(t *testing.T) {
	want := StandardParams()
	for name, c := range map[string]struct {
		p      Params
		weaker bool
	}{
		"the same":     {want, false},
		"less memory":  {Params{want.Memory / 2, 1, 2}, true},
		"fewer passes": {Params{want.Memory, 0, 2}, true},
		"more memory":  {Params{want.Memory * 2, 1, 2}, false},
		"other lanes":  {Params{want.Memory, 1, 1}, true},
	} {
		if c.p.weaker(want) != c.weaker {
			t.Error(name)
		}
	}
	if !want.valid() || (Params{Memory: 4 << 20, Time: 1, Threads: 1}).valid() {
		t.Error("bounds of stored costs")
	}
}

// Never more computations at once than slots, and who waits too long or finds
// the queue full is told so instead of taking memory.
func TestHashingIsBounded(t *testing.T) {
	h := newHasher(cheap, 2, 3, 20*time.Millisecond)
	var leaves []func()
	for range 2 {
		leave, err := h.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	if _, err := h.enter(t.Context()); !errs.Is(err, errs.KindUnavailable) || errs.KeyOf(err) != "local.busy" {
		t.Errorf("waited for ever: %v", err)
	}
	long := newHasher(cheap, 1, 2, time.Minute)
	free, err := long.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { _, _ = long.enter(ctx) })
	}
	for len(long.queue) < 3 {
		time.Sleep(time.Millisecond)
	}
	if _, err := long.enter(t.Context()); !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("the queue has no end: %v", err)
	}
	cancel()
	wg.Wait()
	free()
	for _, leave := range leaves {
		leave()
	}
	if len(h.queue)+len(h.slots)+len(long.queue)+len(long.slots) != 0 {
		t.Error("places were lost")
	}
	var now, most atomic.Int64
	many := newHasher(cheap, 2, 50, time.Minute)
	for range 20 {
		wg.Go(func() {
			leave, err := many.enter(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Millisecond)
			now.Add(-1)
			leave()
		})
	}
	wg.Wait()
	if most.Load() > 2 {
		t.Errorf("%d at once", most.Load())
	}
}

func FuzzStoredPasswords(f *testing.F) {
	x := hashed{cheap, make([]byte, saltLength), make([]byte, hashLength)}
	f.Add(string(x.text()))
	for _, s := range []string{"", "$", "$$$$$", "$argon2id$v=19$m=65536,t=1,p=2$AAAA$AAAA", "$argon2i$v=19$m=64,t=1,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=4294967295,t=1,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, err := parseHash([]byte(s))
		if err == nil && (string(x.text()) != s || !x.valid()) {
			t.Errorf("%q", s)
		}
	})
}
