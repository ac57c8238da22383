package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"stadttor/internal/app"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/ident"
	"stadttor/internal/test/town"
)

var (
	cycles = flag.Int("cycles", 300, "kills on SQLite; a sixth of them on PostgreSQL")
	seed   = flag.Uint64("seed", 1, "of the moments")
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		childMain()
	}
	code := m.Run()
	if dir, err := prepared(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// prepared is one world on SQLite, to be copied.
var prepared = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "stadttor-crash-")
	if err == nil {
		err = town.Prepare(context.Background(), town.Place{Dir: dir})
	}
	return dir, err
})

func world(t *testing.T) town.Place {
	t.Helper()
	from, err := prepared()
	if err != nil {
		t.Fatal(err)
	}
	to := town.Place{Dir: t.TempDir()}
	if err := town.Copy(town.Place{Dir: from}, to); err != nil {
		t.Fatal(err)
	}
	return to
}

func count(n int) int {
	if testing.Short() {
		return min(n, 20)
	}
	return n
}

func sound(t *testing.T, c Config) {
	t.Helper()
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := heal(t.Context(), c.Place, &r); err != nil {
		t.Fatal(err)
	}
	t.Log(r)
	for _, f := range r.Found {
		t.Error(f)
	}
	if r.Acks < c.Cycles/10 || r.Saved < c.Cycles || r.Again == 0 {
		t.Errorf("the run proves little: %d submissions and %d steps acknowledged, %d sent again, in %d cycles", r.Acks, r.Saved, r.Again, c.Cycles)
	}
}

func TestNothingAcknowledgedIsLostWhenTheProgramIsKilled(t *testing.T) {
	sound(t, Config{Place: world(t), Cycles: count(*cycles), Seed: *seed})
}

func TestNothingAcknowledgedIsLostOnPostgreSQL(t *testing.T) {
	if len(dbtest.Engines()) < 2 {
		t.Skip("left out on purpose")
	}
	p := town.Place{Dir: t.TempDir(), Database: dbtest.URL(t, "postgres")}
	if err := town.Prepare(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	sound(t, Config{Place: p, Cycles: count(*cycles / 6), Seed: *seed, Stretch: 4})
}

// The negative control: a harness counts only after it has caught its planted
// mistake.
func TestAnEarlyAcknowledgementIsFound(t *testing.T) {
	r, err := Run(t.Context(), Config{Place: world(t), Cycles: 200, Seed: *seed, Early: true, Stop: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.Count == 0 || !strings.Contains(r.Found[0], "lost: ") {
		t.Errorf("acknowledged before the commit, and %d kills found nothing: %v", r.Cycles, r.Found)
	}
	t.Log(r)
}

// Each damage that a crash could leave is planted; the oracle must name it.
func TestTheOracleNamesEachDamage(t *testing.T) {
	ctx := t.Context()
	master := world(t)
	x, number := sent(t, master)
	k := ack{x, number}
	if found := asked(t, master, k); len(found) != 0 {
		t.Fatalf("a sound world: %v", found)
	}
	sql := func(queries ...string) func(t *testing.T, p town.Place) {
		return func(t *testing.T, p town.Place) {
			a := open(t, p)
			defer a.Close()
			if err := a.DB.InTx(ctx, db.Across("", "planted damage"), func(tx *db.Tx) error {
				for _, q := range queries {
					q := strings.NewReplacer("{case}", "'"+string(x.Case)+"'", "{object}", "'case:"+string(x.Case)+"'").Replace(q)
					n, err := tx.Exec(ctx, q)
					if err == nil && n == 0 {
						err = fmt.Errorf("nothing was damaged by %s", q)
					}
					if err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := func(damage func(path string, b []byte) error) func(t *testing.T, p town.Place) {
		return func(t *testing.T, p town.Place) {
			names, err := filepath.Glob(filepath.Join(p.Dir, "dateien", string(x.Who.Tenant), "*", "*"))
			if err != nil || len(names) != 1 {
				t.Fatal(names, err)
			}
			b, err := os.ReadFile(names[0])
			if err == nil {
				err = damage(names[0], b)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, p town.Place)
		want   string
	}{
		{"the case is gone", sql(`DELETE FROM case_event WHERE case_id={case}`, `DELETE FROM case_document WHERE case_id={case}`, `DELETE FROM case_record WHERE id={case}`), "lost: "},
		{"the case is a draft again", sql(`UPDATE case_record SET state='draft', number='' WHERE id={case}`), "lost: "},
		{"another number", sql(`UPDATE case_record SET number='TOR-2026-0000-0000' WHERE id={case}`), "lost: "},
		{"the answers do not open", sql(`UPDATE case_record SET frozen=zeroblob(length(frozen)) WHERE id={case}`), "damaged: "},
		{"the key is another", sql(`UPDATE case_record SET sealed_key=zeroblob(length(sealed_key)) WHERE id={case}`), "damaged: "},
		{"no row of the file", sql(`DELETE FROM case_document WHERE case_id={case}`), "lost: "},
		{"no receipt job", sql(`DELETE FROM job WHERE kind='cases.Submitted'`), "receipt jobs"},
		{"no delivery job", sql(`DELETE FROM job WHERE kind='delivery.Due'`), "delivery jobs"},
		{"no parcel", sql(`DELETE FROM parcel WHERE case_id={case}`), "parcels"},
		{"no history", sql(`DELETE FROM case_event WHERE case_id={case} AND event='submit'`), "events"},
		{"no audit entry", sql(`DELETE FROM audit_entry WHERE action='case.submit' AND object={object}`), "audit entries"},
		{"an audit entry was changed", sql(`UPDATE audit_entry SET actor='system:x' WHERE action='case.answer' AND object={object} AND seq=(SELECT min(seq) FROM audit_entry WHERE action='case.answer' AND object={object})`), "broken: "},
		{"the audit head is older", sql(`UPDATE audit_head SET seq=seq-1 WHERE seq>5`), "broken: "},
		{"no file", file(func(name string, _ []byte) error { return os.Remove(name) }), "lost: "},
		{"half of the file", file(func(name string, b []byte) error { return os.Truncate(name, int64(len(b)/2)) }), "damaged: "},
		{"one bit of the file", file(func(name string, b []byte) error { b[len(b)/2] ^= 1; return os.WriteFile(name, b, 0o600) }), "damaged: "},
		{"a file of nobody", file(func(name string, b []byte) error {
			return os.WriteFile(filepath.Join(filepath.Dir(name), "00000000000000000000000000"), b, 0o600)
		}), "left: "},
		{"half a file of nobody", file(func(name string, b []byte) error {
			return os.WriteFile(filepath.Join(filepath.Dir(name), "00000000000000000000000000.abcdefgh.tmp"), b, 0o600)
		}), "left: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := town.Place{Dir: t.TempDir()}
			if err := town.Copy(master, p); err != nil {
				t.Fatal(err)
			}
			c.damage(t, p)
			found := strings.Join(asked(t, p, k), "\n")
			if !strings.Contains(found, c.want) {
				t.Errorf("want %q, the oracle says %q", c.want, found)
			}
		})
	}
}

// A saved step of a draft is an acknowledgement, too.
func TestTheOracleNamesALostDraft(t *testing.T) {
	ctx := t.Context()
	p := world(t)
	a := open(t, p)
	guests, err := town.Guests(ctx, a, 1)
	if err != nil {
		t.Fatal(err)
	}
	x, version, err := town.Start(ctx, a, guests[0], 1, fileSize)
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{a: a, place: p}
	o.draft(ctx, saved{x, "", version})
	if len(o.found) > 0 {
		t.Error(o.found)
	}
	missing := x
	missing.Case = ident.New[ident.CaseID](a.DB.Now())
	for _, s := range []saved{{x, "zeit", version + 1}, {x, town.Upload, version}, {missing, "", 1}} {
		o.found = nil
		o.draft(ctx, s)
		if len(o.found) != 1 || !strings.HasPrefix(o.found[0], "lost: ") {
			t.Errorf("%s: %v", s.Page, o.found)
		}
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

func open(t *testing.T, p town.Place) *app.App {
	t.Helper()
	a, err := town.Open(t.Context(), p, town.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// sent leaves one submission in a world.
func sent(t *testing.T, p town.Place) (town.Application, ident.Number) {
	t.Helper()
	a := open(t, p)
	guests, err := town.Guests(t.Context(), a, 1)
	if err != nil {
		t.Fatal(err)
	}
	x, err := town.Fill(t.Context(), a, guests[0], 1, fileSize)
	if err != nil {
		t.Fatal(err)
	}
	s, err := town.Send(t.Context(), a, x)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return x, s.Number
}

func asked(t *testing.T, p town.Place, k ack) []string {
	t.Helper()
	found, err := look(t.Context(), p, func(o *oracle) error {
		if err := o.acknowledged(t.Context(), k); err != nil {
			return err
		}
		return o.whole(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
