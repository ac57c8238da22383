package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
)

type happened struct {
	ID string `json:"id"`
}

func (happened) Kind() string  { return "test.Happened" }
func (h happened) Key() string { return h.ID }

func insert(t *testing.T, d *db.DB, s db.Scope, ids ...string) {
	t.Helper()
	if err := d.InTx(t.Context(), s, func(tx *db.Tx) error {
		for _, id := range ids {
			if err := jobs.Insert(t.Context(), tx, happened{id}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func drain(t *testing.T, r *jobs.Runner) {
	t.Helper()
	if _, err := r.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

var tenantA, tenantB = db.ForTenant("r", "a"), db.ForTenant("r", "b")

func TestEachListenerHearsEachEventOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		r := jobs.New(jobs.Config{DB: d})
		var mu sync.Mutex
		heard := map[string]int{}
		hear := func(s string) { mu.Lock(); heard[s]++; mu.Unlock() }
		jobs.Inside(r, "one", func(ctx context.Context, tx *db.Tx, h happened) error { hear("one " + h.ID); return nil })
		jobs.Outside(r, "two", func(ctx context.Context, c jobs.Call, h happened) error {
			hear("two " + h.ID + " " + c.Key)
			return nil
		}, nil)
		insert(t, d, tenantA, "x", "x", "y")
		insert(t, d, tenantA, "x")
		drain(t, r)
		drain(t, r)
		want := map[string]int{"one x": 1, "one y": 1, "two x test.Happened/two:x": 1, "two y test.Happened/two:y": 1}
		if fmt.Sprint(heard) != fmt.Sprint(want) {
			t.Errorf("heard %v", heard)
		}
	})
}

func TestAJobOfAFailedVerbDoesNotExist(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		r := jobs.New(jobs.Config{DB: d})
		jobs.Inside(r, "l", func(context.Context, *db.Tx, happened) error { t.Error("ran"); return nil })
		_ = d.InTx(t.Context(), tenantA, func(tx *db.Tx) error { _ = jobs.Insert(t.Context(), tx, happened{"x"}); return errors.New("no") })
		drain(t, r)
	})
}

func TestFailuresPauseLongerAndEndWithAHuman(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		r := jobs.New(jobs.Config{DB: d})
		tries, gaveUp, last := 0, 0, time.Time{}
		var gaps []time.Duration
		ok := false
		jobs.Outside(r, "l", func(_ context.Context, call jobs.Call, _ happened) error {
			tries++
			if ok {
				return nil
			}
			if !last.IsZero() {
				gaps = append(gaps, c.Now().Sub(last))
			}
			last = c.Now()
			if call.Attempt == 3 {
				panic("a panic is a failure like any other")
			}
			return errors.New("partner is away")
		}, func(context.Context, *db.Tx, happened, error) error { gaveUp++; return nil })
		insert(t, d, tenantA, "x")
		for range 2000 {
			drain(t, r)
			if gaveUp > 0 {
				break
			}
			c.Advance(gap(len(gaps)))
		}
		if tries != jobs.DefaultAttempts || gaveUp != 1 {
			t.Fatalf("%d tries, gave up %d times", tries, gaveUp)
		}
		if gaps[0] > time.Minute || gaps[len(gaps)-1] < time.Hour {
			t.Errorf("pauses do not grow: %v", gaps)
		}
		boss := perm.Staff{Realm: "r", Tenant: "a", Grants: []perm.Grant{{Role: perm.Administrator}}}
		list, err := jobs.List(t.Context(), d, boss, jobs.Dead, 10)
		if err != nil || len(list) != 1 || list[0].LastError != "partner is away" {
			t.Fatal(list, err)
		}
		if err := jobs.Retry(t.Context(), d, perm.Staff{Realm: "r", Tenant: "b", Grants: boss.Grants}, list[0].ID); err == nil {
			t.Error("another tenant's administrator restarted it")
		}
		if err := jobs.Retry(t.Context(), d, perm.Staff{Realm: "r", Tenant: "a"}, list[0].ID); err == nil {
			t.Error("somebody without the right restarted it")
		}
		ok = true
		if err := jobs.Retry(t.Context(), d, boss, list[0].ID); err != nil {
			t.Fatal(err)
		}
		drain(t, r)
		if n, _ := jobs.Counts(t.Context(), d, boss); n[jobs.Done] != 2 || n[jobs.Dead] != 0 {
			t.Errorf("%v", n)
		}
	})
}

func gap(n int) time.Duration {
	if n < 8 {
		return 5 * time.Second
	}
	return 30 * time.Minute
}

func TestABusyTenantDoesNotHoldUpTheOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		r := jobs.New(jobs.Config{DB: d, Workers: 1})
		var order []string
		jobs.Outside(r, "l", func(_ context.Context, c jobs.Call, h happened) error {
			order = append(order, string(c.Tenant))
			return nil
		}, nil)
		var many []string
		for i := range 60 {
			many = append(many, fmt.Sprint("m", i))
		}
		insert(t, d, tenantA, many...)
		insert(t, d, tenantB, "one")
		drain(t, r)
		for i, s := range order {
			if s == "b" {
				if i > 8 {
					t.Errorf("tenant b waited for %d jobs of tenant a", i)
				}
				return
			}
		}
		t.Error("tenant b never ran")
	})
}

func TestTwoNodesShareTheWork(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		var mu sync.Mutex
		ran := map[string]int{}
		var ids []string
		for i := range 100 {
			ids = append(ids, fmt.Sprint(i))
		}
		insert(t, d, tenantA, ids...)
		var wg sync.WaitGroup
		for range 3 {
			r := jobs.New(jobs.Config{DB: d})
			jobs.Outside(r, "l", func(_ context.Context, _ jobs.Call, h happened) error {
				mu.Lock()
				ran[h.ID]++
				mu.Unlock()
				return nil
			}, nil)
			wg.Go(func() { drain(t, r) })
		}
		wg.Wait()
		for _, id := range ids {
			if ran[id] != 1 {
				t.Errorf("job %s ran %d times", id, ran[id])
			}
		}
	})
}

func TestPeriodicJobsAreSpreadAndNotDoubled(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		ctx := t.Context()
		if err := d.InTx(ctx, db.Across("", "test"), func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO realm (id,slug,name,settings,created_at) VALUES ('r','r','r','{}',0)`)
			for i := 0; err == nil && i < 30; i++ {
				_, err = tx.Exec(ctx, `INSERT INTO tenant (realm_id,id,slug,name,kind,sign,ars,settings,created_at) VALUES ('r',$1,$1,$1,'stadt','AAA','','{}',0)`, fmt.Sprint("t", i))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		at := map[time.Time]int{}
		runs := 0
		var mu sync.Mutex
		var rs []*jobs.Runner
		for range 2 {
			r := jobs.New(jobs.Config{DB: d})
			jobs.Inside(r, "l", func(_ context.Context, _ *db.Tx, h happened) error {
				mu.Lock()
				at[c.Now().Truncate(time.Minute)]++
				runs++
				mu.Unlock()
				return nil
			})
			r.Every("sweep", time.Hour, happened{}.Kind())
			rs = append(rs, r)
		}
		c.Set(c.Now().Truncate(time.Hour))
		for range 60 {
			for _, r := range rs {
				drain(t, r)
			}
			c.Advance(time.Minute - time.Millisecond)
		}
		if runs < 25 || runs > 32 || len(at) < 10 {
			t.Errorf("%d runs in %d different minutes, want one for each of 30 tenants", runs, len(at))
		}
	})
}
