package db_test

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/clock/clocktest"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
)

func insertRealm(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, `INSERT INTO realm (id,slug,name,settings,created_at) VALUES ($1,$1,$1,'{}',$2)`, id, db.Micros(tx.Now))
	return err
}

func count(t *testing.T, d *db.DB, s db.Scope, q string, args ...any) (n int) {
	t.Helper()
	if err := d.View(t.Context(), s, func(tx *db.Tx) error { return tx.QueryRow(t.Context(), q, args...).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAVerbIsAllOrNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		ctx, s := t.Context(), db.Across("", "test")
		boom := errors.New("boom")
		hook := 0
		for name, fn := range map[string]func(tx *db.Tx) error{
			"error": func(tx *db.Tx) error { tx.AfterCommit(func() { hook++ }); _ = insertRealm(ctx, tx, "a"); return boom },
			"panic": func(tx *db.Tx) error { _ = insertRealm(ctx, tx, "b"); panic("x") },
			"sql":   func(tx *db.Tx) error { _ = insertRealm(ctx, tx, "c"); _, err := tx.Exec(ctx, "NONSENSE"); return err },
		} {
			if err := d.InTx(ctx, s, fn); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if n := count(t, d, s, "SELECT count(*) FROM realm"); n != 0 || hook != 0 {
			t.Errorf("%d rows, %d hooks of failed verbs", n, hook)
		}
		if err := d.InTx(ctx, s, func(tx *db.Tx) error {
			tx.AfterCommit(func() { hook++ })
			if !tx.Now.Equal(dbtest.Start) {
				t.Errorf("tx.Now is %s", tx.Now)
			}
			return insertRealm(ctx, tx, "d")
		}); err != nil || hook != 1 {
			t.Fatalf("%v, hook %d", err, hook)
		}
		err := d.InTx(ctx, s, func(tx *db.Tx) error { return insertRealm(ctx, tx, "d") })
		if !db.IsUnique(err) {
			t.Errorf("duplicate key not recognised: %v", err)
		}
	})
}

func TestManyVerbsAtOnceAreAllKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		ctx, s := t.Context(), db.Across("", "test")
		var wg sync.WaitGroup
		var mu sync.Mutex
		acked := 0
		for i := range 300 {
			wg.Go(func() {
				err := d.InTx(ctx, s, func(tx *db.Tx) error {
					if err := insertRealm(ctx, tx, fmt.Sprintf("r%d", i)); err != nil {
						return err
					}
					if i%3 == 0 {
						return errors.New("this one not")
					}
					return nil
				})
				if err == nil {
					mu.Lock()
					acked++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if n := count(t, d, s, "SELECT count(*) FROM realm"); n != 200 || acked != 200 {
			t.Errorf("%d rows, %d acknowledged, want 200", n, acked)
		}
	})
}

func TestACancelledVerbDoesNotHurtItsNeighbours(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		s := db.Across("", "test")
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%5)*100*time.Microsecond)
				defer cancel()
				_ = d.InTx(ctx, s, func(tx *db.Tx) error { return insertRealm(ctx, tx, fmt.Sprintf("c%d", i)) })
				if err := d.InTx(t.Context(), s, func(tx *db.Tx) error { return insertRealm(t.Context(), tx, fmt.Sprintf("k%d", i)) }); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := count(t, d, s, "SELECT count(*) FROM realm WHERE id LIKE 'k%'"); n != 200 {
			t.Errorf("%d of 200 neighbours kept", n)
		}
	})
}

func TestTheZeroScopeIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		for _, s := range []db.Scope{db.TenantScope{}, db.PersonScope{}, db.RealmScope{}} {
			if d.InTx(t.Context(), s, func(*db.Tx) error { return nil }) == nil || d.View(t.Context(), s, func(*db.Tx) error { return nil }) == nil {
				t.Errorf("%T zero value taken", s)
			}
		}
		err := d.View(t.Context(), db.ForRealm("r"), func(tx *db.Tx) error { tx.Tenant(); return nil })
		if err == nil {
			t.Error("a tenant's store ran in a RealmScope")
		}
		if err := d.View(t.Context(), db.Across("", "test"), func(tx *db.Tx) error { return insertRealm(t.Context(), tx, "x") }); err == nil {
			t.Error("a View wrote")
		}
	})
}

// The second lock alone, without any WHERE: PostgreSQL shows and takes only
// the scope's rows.
func TestRowLevelSecurityIsTheSecondLock(t *testing.T) {
	if len(dbtest.Engines()) < 2 {
		t.Skip("PostgreSQL left out on purpose")
	}
	d := dbtest.Open(t, "postgres", clock.NewFake(dbtest.Start))
	ctx := t.Context()
	put := func(s db.Scope, realm, tenant, id string) error {
		return d.InTx(ctx, s, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO job (realm_id,tenant_id,id,kind,unique_key,payload,state,attempt,max_attempts,run_at,lease_until,last_error,created_at,done_at)
				VALUES ($1,$2,$3,'k',$3,'{}','waiting',0,1,0,0,'',0,0)`, realm, tenant, id)
			return err
		})
	}
	a, b := db.ForTenant("r", "a"), db.ForTenant("r", "b")
	if err := put(a, "r", "a", "1"); err != nil {
		t.Fatal(err)
	}
	if put(a, "r", "b", "2") == nil {
		t.Error("tenant a wrote a row of tenant b")
	}
	const q = "SELECT count(*) FROM job"
	for name, c := range map[string]struct {
		s    db.Scope
		want int
	}{"own": {a, 1}, "foreign tenant": {b, 0}, "person": {db.ForPerson("r", "p"), 0}, "realm": {db.ForRealm("r"), 0}, "across": {db.Across("", "test"), 1}} {
		if n := count(t, d, c.s, q); n != c.want {
			t.Errorf("%s sees %d rows, want %d", name, n, c.want)
		}
	}
	// The server of the tests runs without fsync and full_page_writes; nothing
	// else is to be said, until a table is planted that nobody secured.
	if out := d.Check(ctx); len(out) != 2 || !strings.Contains(out[0], "fsync") || !strings.Contains(out[1], "full_page_writes") {
		t.Error(out)
	}
	if err := d.InTx(ctx, db.Across("", "test"), func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "CREATE TABLE planted (tenant_id TEXT NOT NULL)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if out := d.Check(ctx); len(out) != 3 || !strings.Contains(out[2], "planted") {
		t.Error(out)
	}
}

func TestNoticesArriveAfterTheCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		ctx := t.Context()
		got, stop := d.Listen("published")
		defer stop()
		time.Sleep(100 * time.Millisecond) // LISTEN is on its way
		_ = d.InTx(ctx, db.Across("", "test"), func(tx *db.Tx) error { tx.Notify("published", "no"); return errors.New("x") })
		if err := d.InTx(ctx, db.Across("", "test"), func(tx *db.Tx) error { tx.Notify("published", "yes"); return nil }); err != nil {
			t.Fatal(err)
		}
		for p := ""; p == ""; { // empty: the line stands
			select {
			case p = <-got:
				if p != "yes" && p != "" {
					t.Errorf("got %q", p)
				}
			case <-time.After(clocktest.Patience):
				t.Fatal("nothing came")
			}
		}
	})
}

func TestListenersLookForThemselvesAfterTheLineWasLost(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		if d.Engine() != "postgres" {
			t.Skip("no line to lose")
		}
		got, stop := d.Listen("published")
		defer stop()
		for lost, late := 0, time.After(20*time.Second); ; {
			if err := d.InTx(t.Context(), db.Across("", "test"), func(tx *db.Tx) error {
				return tx.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname=current_database() AND query LIKE 'LISTEN %' AND pid<>pg_backend_pid()`).Scan(&lost)
			}); err != nil {
				t.Fatal(err)
			}
			if lost > 0 {
				break
			}
			select {
			case <-late:
				t.Fatal("nobody listens")
			case <-time.After(50 * time.Millisecond):
			}
		}
		for len(got) > 0 {
			<-got // from the first line
		}
		select {
		case p := <-got:
			if p != "" {
				t.Errorf("got %q", p)
			}
		case <-time.After(clocktest.Patience):
			t.Error("nobody was told")
		}
	})
}

func TestFollowersHearOfABurstAndEndWithTheirContext(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		ctx, cancel := context.WithCancel(t.Context())
		heard, ended := make(chan bool, 100), make(chan bool)
		go func() {
			d.Follow(ctx, "published", func() { heard <- true })
			close(ended)
		}()
		time.Sleep(100 * time.Millisecond) // LISTEN is on its way
		for range 10 {
			if err := d.InTx(t.Context(), db.Across("", "test"), func(tx *db.Tx) error { tx.Notify("published", "yes"); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-heard:
		case <-time.After(clocktest.Patience):
			t.Error("nothing was heard")
		}
		cancel()
		select {
		case <-ended:
		case <-time.After(clocktest.Patience):
			t.Error("goes on after its end")
		}
		if n := len(heard); n > 10 { // and one for the line
			t.Errorf("%d calls for a burst of ten", n+1)
		}
	})
}

func TestOneProcessPerFile(t *testing.T) {
	url := dbtest.URL(t, "sqlite")
	d, err := db.Open(t.Context(), db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(t.Context(), db.Config{URL: url}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second opener got %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err = db.Open(t.Context(), db.Config{URL: url}); err != nil {
		t.Fatal(err)
	}
	_ = d.Close()
	if err := d.InTx(t.Context(), db.Across("", "test"), func(*db.Tx) error { return nil }); err == nil {
		t.Error("a closed database took a verb")
	}
}

func TestARealmMayHaveItsOwnDatabase(t *testing.T) {
	for _, e := range dbtest.Engines() {
		t.Run(e, func(t *testing.T) {
			d, err := db.Open(t.Context(), db.Config{URL: dbtest.URL(t, e), Realms: map[ident.RealmID]string{"own": dbtest.Empty(t, e)}})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := d.InTx(t.Context(), db.ForRealm("own"), func(tx *db.Tx) error { return insertRealm(t.Context(), tx, "own") }); err != nil {
				t.Fatal(err)
			}
			if n := count(t, d, db.Across("", "test"), "SELECT count(*) FROM realm"); n != 0 {
				t.Error("the row went to the shared database")
			}
			if n := count(t, d, db.Across("own", "test"), "SELECT count(*) FROM realm"); n != 1 {
				t.Error("the row is not in the realm's database")
			}
		})
	}
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		ctx := t.Context()
		if err := d.InTx(ctx, db.Across("", "test"), func(tx *db.Tx) error {
			is := "TRUE"
			if d.Engine() == "sqlite" {
				is = "1"
			}
			_, err := tx.Exec(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, "+is+")")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := d.Migrate(ctx); !errors.Is(err, db.ErrNewer) {
			t.Errorf("got %v", err)
		}
	})
}

// The walls must not hide rows from a migration: 0022 numbers the flags of
// payments that are there.
func TestAMigrationReachesTheRowsOfEveryTenant(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		ctx := t.Context()
		if err := db.MigrateDownTo(ctx, d, 21); err != nil {
			t.Fatal(err)
		}
		for _, tenant := range []string{"a", "b"} {
			if err := d.InTx(ctx, db.ForTenant("r", ident.TenantID(tenant)), func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO payment (tenant_id,id,demand_id,attempt,case_id,person_id,amount,purpose,reference,lines,state,provider,ref,flag,refunded,turn,created_at,started_at,settled_at)
					VALUES ($1,'p','p',1,'c','',1250,'','',$2,'paid','karte','x','surplus',0,0,0,0,0)`, tenant, []byte{})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, db.Across("", "test"), `SELECT count(*) FROM payment WHERE flag_no=1 AND kept=1250`); n != 2 {
			t.Errorf("%d of 2 rows were reached", n)
		}
	})
}

// Both engines have the same tables with the same columns.
func TestSchemasAreEqual(t *testing.T) {
	if len(dbtest.Engines()) < 2 {
		t.Skip("PostgreSQL left out on purpose")
	}
	queries := map[string]string{
		"sqlite":   `SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type='table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose%'`,
		"postgres": `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE 'goose%'`,
	}
	got := map[string]string{}
	for e, q := range queries {
		d := dbtest.Open(t, e, nil)
		var cols []string
		if err := d.View(t.Context(), db.Across("", "test"), func(tx *db.Tx) error {
			rows, err := tx.Query(t.Context(), q)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var s string
				if err := rows.Scan(&s); err != nil {
					return err
				}
				cols = append(cols, s)
			}
			return rows.Err()
		}); err != nil {
			t.Fatal(err)
		}
		sort.Strings(cols)
		got[e] = strings.Join(cols, "\n")
	}
	if got["sqlite"] != got["postgres"] || len(got["sqlite"]) < 100 {
		t.Errorf("sqlite:\n%s\npostgres:\n%s", got["sqlite"], got["postgres"])
	}
}

func TestAFullDiskIsSaidAndSurvived(t *testing.T) {
	url := dbtest.URL(t, "sqlite")
	d, err := db.Open(t.Context(), db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, s := t.Context(), db.Across("", "test")
	// max_page_count makes SQLite answer SQLITE_FULL as a full disk does.
	if err := d.InTx(ctx, s, func(tx *db.Tx) error {
		var n int
		return tx.QueryRow(ctx, "PRAGMA max_page_count = 1").Scan(&n)
	}); err != nil {
		t.Fatal(err)
	}
	var full error
	acked := 0
	for i := range 200 {
		err := d.InTx(ctx, s, func(tx *db.Tx) error { return insertRealm(ctx, tx, fmt.Sprintf("%d-%s", i, strings.Repeat("x", 2000))) })
		if err != nil {
			full = err
			break
		}
		acked++
	}
	if full == nil {
		t.Fatal("the disk never got full")
	}
	_ = d.InTx(ctx, s, func(tx *db.Tx) error {
		var n int
		return tx.QueryRow(ctx, "PRAGMA max_page_count = 1000000").Scan(&n)
	})
	if err := d.InTx(ctx, s, func(tx *db.Tx) error { return insertRealm(ctx, tx, "after") }); err != nil {
		t.Errorf("not back after space came: %v (full was %v, kind %v)", err, full, errs.KindOf(full))
	}
	if n := count(t, d, s, "SELECT count(*) FROM realm"); n != acked+1 {
		t.Errorf("%d rows, %d acknowledged", n, acked+1)
	}
}
