package blob

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stadttor/internal/ident"
)

func TestASharedSyncBeganAfterWhoeverItServes(t *testing.T) {
	var clock, syncs, ended atomic.Int64 // ended: when the last sync that is over began
	var overlap atomic.Bool
	var one sync.Mutex
	g := groupSync{sync: func(string) error {
		began := clock.Add(1)
		if !one.TryLock() {
			overlap.Store(true)
			return nil
		}
		defer one.Unlock()
		syncs.Add(1)
		time.Sleep(200 * time.Microsecond)
		ended.Store(began)
		return nil
	}}
	var wg sync.WaitGroup
	const callers, each = 32, 20
	for range callers {
		wg.Go(func() {
			for range each {
				asked := clock.Add(1)
				if err := g.do("a"); err != nil {
					t.Error(err)
				}
				if ended.Load() < asked {
					t.Error("served by a sync that had begun before")
				}
			}
		})
	}
	wg.Wait()
	if n := syncs.Load(); overlap.Load() || n >= callers*each/2 {
		t.Errorf("%d syncs for %d callers, two at once: %v", n, callers*each, overlap.Load())
	}
	if len(g.running)+len(g.waiting) > 0 {
		t.Error("something is left over")
	}
}

func TestAllWhoShareASyncHearThatItFailed(t *testing.T) {
	full := errors.New("disk full")
	g := groupSync{sync: func(string) error { time.Sleep(time.Millisecond); return full }}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := g.do("a"); !errors.Is(err, full) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestNoFileIsDurableBeforeItsFolder(t *testing.T) {
	d, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var mu sync.Mutex
	synced := map[string]bool{}
	d.syncs.sync = func(dir string) error {
		err := d.syncNow(dir)
		names, _ := filepath.Glob(filepath.Join(d.root.Name(), dir, "*"))
		time.Sleep(time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		for _, n := range names {
			synced[n] = true
		}
		return err
	}
	now := time.Unix(1e9, 0)
	tenant := ident.New[ident.TenantID](now)
	put := func(id ident.FileID) error {
		_, err := d.Put(t.Context(), tenant, id, func(w io.Writer) error { _, err := io.WriteString(w, "x"); return err })
		return err
	}
	var wg sync.WaitGroup
	for range 64 {
		a := ident.New[ident.FileID](now)
		b := ident.New[ident.FileID](now)
		for _, id := range []ident.FileID{a, b[:24] + a[24:]} { // two in one new folder
			wg.Go(func() {
				if err := put(id); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for p := filepath.Join(d.root.Name(), string(tenant), string(id[24:]), string(id)); p != d.root.Name(); p = filepath.Dir(p) {
					if !synced[p] {
						t.Errorf("%s is not synced in its folder", p[len(d.root.Name()):])
					}
				}
			})
		}
	}
	wg.Wait()
	// Somebody takes the tenant's folder away: the second try makes it anew.
	if err := os.RemoveAll(filepath.Join(d.root.Name(), string(tenant))); err != nil {
		t.Fatal(err)
	}
	id := ident.New[ident.FileID](now)
	_ = put(id)
	if err := put(id); err != nil {
		t.Error(err)
	}
}
