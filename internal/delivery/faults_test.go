package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/delivery"
	"stadttor/internal/delivery/folder"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/tenancy"
)

// shaky is a partner with three faults in ten: it fails before the effect,
// after it, or keeps the parcel and answers too late.
type shaky struct {
	mu    sync.Mutex
	rnd   *rand.Rand
	well  bool
	order map[ident.CaseID][]string
	seen  map[ident.ParcelID]int
	calls int
}

func (s *shaky) Deliver(_ context.Context, p delivery.Parcel) (delivery.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	fault := s.rnd.IntN(10)
	if !s.well && fault == 0 {
		return delivery.Receipt{}, errs.Unavailable("partner.down", errors.New("503"))
	}
	if s.seen[p.ID]++; s.seen[p.ID] == 1 {
		s.order[p.Case] = append(s.order[p.Case], p.Event)
	}
	if !s.well && fault <= 2 {
		return delivery.Receipt{}, context.DeadlineExceeded
	}
	return delivery.Receipt{Ref: "dms"}, nil
}

func TestThreeFaultsInTenLoseDoubleAndDisorderNothing(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		s := &shaky{rnd: rand.New(rand.NewPCG(seed, 1)), order: map[ident.CaseID][]string{}, seen: map[ident.ParcelID]int{}}
		w.svc = delivery.New(delivery.Config{DB: w.d, Directory: w.dir, Connectors: map[string]delivery.Factory{
			"test": func(json.RawMessage) (delivery.Connector, error) { return s, nil },
		}})
		events := []string{delivery.Submitted, "replied:1", "replied:2", delivery.Decided}
		var all []ident.CaseID
		for range 30 {
			c := w.newCase()
			all = append(all, c)
			w.plan(c, events...)
		}
		for range 6 {
			w.drain()
			w.c.Advance(time.Minute)
		}
		s.mu.Lock()
		s.well = true
		s.mu.Unlock()
		for range 15 { // well again: a quarter of an hour ends all
			w.c.Advance(time.Minute)
			w.drain()
		}
		if s.calls <= 120 {
			t.Errorf("%d calls: there was no fault", s.calls)
		}
		if len(s.seen) != 120 || len(s.order) != 30 {
			t.Errorf("%d parcels of %d cases arrived", len(s.seen), len(s.order))
		}
		for _, c := range all {
			if got := strings.Join(s.order[c], " "); got != strings.Join(events, " ") {
				t.Errorf("order %s", got)
			}
			for _, x := range w.status(c) {
				if x.State != delivery.Delivered {
					t.Errorf("stuck: %+v", x)
				}
			}
		}
	})
}

func TestAParcelLiesInTheTenantsFolder(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		base := t.TempDir()
		w.svc = delivery.New(delivery.Config{DB: w.d, Directory: w.dir, Connectors: map[string]delivery.Factory{folder.Name: folder.New(folder.Config{Base: base, Clock: w.c})}})
		w.extension("test", false)
		set := func(path string) {
			b, err := json.Marshal(folder.Settings{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.dir.SaveExtension(t.Context(), op, w.tenant.Scope(), tenancy.Extension{Port: delivery.Port, Name: folder.Name, Enabled: true, Settings: b}); err != nil {
				t.Fatal(err)
			}
		}
		c := w.newCase()
		set("../elsewhere")
		w.plan(c, delivery.Submitted)
		w.drain()
		if f := w.status(c)[0].Failure; f != "delivery.folder.path-refused" {
			t.Errorf("outside the base: %s", f)
		}
		set("torhausen")
		w.c.Advance(time.Minute)
		w.drain()
		if f := w.status(c)[0].Failure; f != "delivery.folder.missing" {
			t.Errorf("not mounted: %s", f)
		}
		if err := os.Mkdir(filepath.Join(base, "torhausen"), 0o750); err != nil {
			t.Fatal(err)
		}
		w.days()
		w.want(c, "submitted=delivered ")
		dir := filepath.Join(base, "torhausen", string(w.number), string(w.status(c)[0].ID))
		for _, name := range []string{"antrag.pdf", "antrag.json", delivery.Manifest} {
			if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Size() == 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
