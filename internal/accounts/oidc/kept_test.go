package oidc

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"stadttor/internal/clock"
	"stadttor/internal/clock/clocktest"
	"stadttor/internal/errs"
)

// A crowd, a provider that is down, and tokens with invented key IDs: none of
// them makes us call a provider more than once in keepPause.
func TestUnknownKeyIDsDoNotMakeUsCall(t *testing.T) {
	w := newWorld(t)
	m := w.connect(honest())
	if _, err := w.signIn(m, attempt(), nil); err != nil {
		t.Fatal(err)
	}
	w.p.mint = head("kid", "erfunden")
	for range 50 {
		if _, err := w.signIn(m, attempt(), nil); broken(err) != RuleKey {
			t.Fatal(err)
		}
	}
	if n := w.p.count("/jwks"); n != 1 {
		t.Errorf("%d calls within the pause", n)
	}
	for range 5 {
		w.clock.Advance(keepPause)
		for range 10 {
			if _, err := w.signIn(m, attempt(), nil); broken(err) != RuleKey {
				t.Fatal(err)
			}
		}
	}
	if n := w.p.count("/jwks"); n != 6 {
		t.Errorf("%d calls in five pauses", n)
	}
}

func TestANewKeyIsFoundAtOnce(t *testing.T) {
	w := newWorld(t)
	m := w.connect(honest())
	if _, err := w.signIn(m, attempt(), nil); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(keepPause)
	w.p.use(keyEd, "k2", "EdDSA")
	if _, err := w.signIn(m, attempt(), nil); err != nil {
		t.Errorf("after the provider changed its key: %v", err)
	}
}

func TestAKeyThatIsTakenBackEnds(t *testing.T) {
	w := newWorld(t)
	m := w.connect(honest())
	if _, err := w.signIn(m, attempt(), nil); err != nil {
		t.Fatal(err)
	}
	w.p.published = []jose.JSONWebKey{}
	w.clock.Advance(keepFresh) // the next sign-in starts the call, the one after it sees the new set
	_, _ = w.signIn(m, attempt(), nil)
	clocktest.Soon(t, "the second call", func() bool { return w.p.count("/jwks") == 2 })
	clocktest.Soon(t, "the new keys", func() bool { _, err := w.signIn(m, attempt(), nil); return broken(err) == RuleKey })
}

func TestAProviderThatIsDownIsBridged(t *testing.T) {
	w := newWorld(t)
	m := w.connect(honest())
	if _, err := w.signIn(m, attempt(), nil); err != nil {
		t.Fatal(err)
	}
	w.p.keySet = func() any { return "kaputt" }
	w.clock.Advance(keepStale - time.Second)
	if _, err := w.signIn(m, attempt(), nil); err != nil {
		t.Errorf("within a day: %v", err)
	}
	clocktest.Soon(t, "the second call", func() bool { return w.p.count("/jwks") == 2 })
	w.clock.Advance(keepPause)
	if _, err := w.signIn(m, attempt(), nil); !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("after a day: %v", err)
	}
	w.p.keySet = nil
	if _, err := w.signIn(m, attempt(), nil); !errs.Is(err, errs.KindUnavailable) {
		t.Error("asked again within the pause")
	}
	w.clock.Advance(keepPause)
	if _, err := w.signIn(m, attempt(), nil); err != nil {
		t.Errorf("up again: %v", err)
	}
}

func TestACrowdMakesOneCall(t *testing.T) {
	var calls atomic.Int32
	c := clock.NewFake(began)
	release := make(chan struct{})
	k := &kept[int]{clock: c, fetch: func(context.Context) (int, error) {
		calls.Add(1)
		<-release
		return 7, nil
	}}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if v, _, err := k.get(t.Context()); err != nil || v != 7 {
				t.Error(v, err)
			}
		})
	}
	time.Sleep(10 * time.Millisecond)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := k.get(gone); !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("one who went away: %v", err)
	}
	close(release)
	wg.Wait()
	if calls.Load() != 1 {
		t.Errorf("%d calls", calls.Load())
	}
}

func TestAFailedCallIsNotRepeatedAtOnce(t *testing.T) {
	calls := 0
	c := clock.NewFake(began)
	down := errors.New("down")
	k := &kept[int]{clock: c, fetch: func(context.Context) (int, error) { calls++; return 0, down }}
	for range 10 {
		if _, _, err := k.get(t.Context()); !errors.Is(err, down) {
			t.Fatal(err)
		}
	}
	if _, ok := k.newer(t.Context(), 0); ok {
		t.Error("something newer than nothing")
	}
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
	c.Advance(-time.Hour) // the machine's clock was set back
	_, _, _ = k.get(t.Context())
	if calls != 2 {
		t.Errorf("%d calls after the clock went back", calls)
	}
}
