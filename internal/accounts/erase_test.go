package accounts

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // a second look at the file

	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// fill makes an account with something everywhere; each value carries a mark.
func (w *people) fill() (c, partner perm.Citizen) {
	w.t.Helper()
	ctx := w.t.Context()
	c = w.add(perm.LevelSubstantial, Profile{AttrGiven: {Value: pii.New("Markevorname"), Level: perm.LevelHigh}, AttrFamily: {Value: pii.New("Markefamilie"), Level: perm.LevelHigh}})
	partner = w.add(perm.LevelBasis, named("Pia", "Partner"))
	w.must(w.s.SaveOwn(ctx, c, typed("mail", "markepost@marke.example", "iban", "DE89 3704 0044 0532 0130 00", "city", "Markestadt")))
	_, err := w.s.SaveAddress(ctx, c, Address{Use: "post", Street: pii.New("Markeweg"), Number: pii.New("1"), PLZ: pii.New("00101"), City: pii.New("Markeort")})
	w.must(err)
	_, err = w.s.SaveRelative(ctx, c, Relative{Relation: "child", Given: pii.New("Markekind"), Family: pii.New("Markefamilie")})
	w.must(err)
	_, err = w.s.StateMandate(ctx, c, Statement{Kind: Guardian, Given: pii.New("Markekind"), Family: pii.New("Markefamilie"), BirthDate: pii.New("2020-05-05"), Proof: Proof{"birth", pii.New("Markeregister")}})
	w.must(err)
	id, code, err := w.s.GiveMandate(ctx, c, Grant{Proof: Proof{"notary", pii.New("Markenotar")}, EndsOn: "2027-12-31"})
	w.must(err)
	_, err = w.s.AcceptMandate(ctx, partner, code)
	w.must(err)
	w.must(w.s.Act(ctx, partner, id))
	_, err = w.s.FoundCompany(ctx, c, typed("company", "Markefirma GmbH"))
	w.must(err)
	q := w.ask(w.a.ID, perm.LevelBasis)
	w.must(w.s.Agree(ctx, c, q, true, ConsentText))
	_, err = w.s.Fill(ctx, c, q)
	w.must(err)
	return c, partner
}

func TestErasingNeedsAFreshSignInOfThisBrowser(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		ctx := t.Context()
		c, partner := w.fill()
		for name, secret := range map[string]string{"another's": w.secret[partner.Person], "none": "", "an invented one": ident.Secret()} {
			if err := w.s.Erase(ctx, c, secret); errs.KeyOf(err) != "login.fresh-needed" {
				t.Errorf("with %s: %v", name, err)
			}
			if err := w.s.Export(ctx, c, secret, &bytes.Buffer{}, nil); errs.KeyOf(err) != "login.fresh-needed" {
				t.Errorf("export with %s: %v", name, err)
			}
		}
		w.c.Advance(FreshFor + time.Second)
		if err := w.s.Erase(ctx, c, w.secret[c.Person]); errs.KeyOf(err) != "login.fresh-needed" {
			t.Errorf("with an old one: %v", err)
		}
		if _, err := w.s.Profile(ctx, c); err != nil {
			t.Error("erased all the same", err)
		}
	})
}

func TestAnErasedAccountLeavesNothingOfThePerson(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		ctx := t.Context()
		c, partner := w.fill()
		l, err := w.s.Leaving(ctx, c)
		w.must(err)
		if len(l.Companies) != 1 || l.Companies[0].Profile.Name().Reveal() != "Markefirma GmbH" || l.Mandates != 3 || !l.HasMail {
			t.Errorf("%+v", l)
		}
		w.must(w.s.Erase(ctx, c, w.secret[c.Person]))
		if _, err := w.s.Profile(ctx, c); !errs.Is(err, errs.KindNotFound) {
			t.Error("there is a profile", err)
		}
		if _, ok, _ := w.s.Acting(ctx, partner); ok {
			t.Error("somebody acts for an erased person")
		}
		list, err := w.s.Mandates(ctx, partner)
		if err != nil || len(list) != 1 || list[0].State != MandateRevoked || list[0].EndedBy != "erased" || !list[0].Giver.Empty() || !list[0].Proof.Reference.Empty() {
			t.Errorf("%+v %v", list, err)
		}
		// The ID is nowhere but in the audit log, which names no person, and in the
		// job that tells the features.
		for table, n := range w.mentions(string(c.Person)) {
			if table != "audit_entry" && table != "job" {
				t.Errorf("%s names the person %d times", table, n)
			}
		}
		if w.mentions(string(partner.Person))["account"] != 1 {
			t.Error("the search finds nobody, or somebody else was erased too")
		}
	})
}

// mentions counts the rows of each table in which a text stands.
func (w *people) mentions(text string) map[string]int {
	w.t.Helper()
	out := map[string]int{}
	w.must(w.d.View(w.t.Context(), db.Across(w.realm.ID, "test: search all tables"), func(tx *db.Tx) error {
		q := `SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'`
		if tx.ForUpdate() != "" {
			q = `SELECT tablename FROM pg_tables WHERE schemaname=current_schema()`
		}
		rows, err := tx.Query(w.t.Context(), q)
		tables, err := db.Collect(rows, err, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) })
		if err != nil {
			return err
		}
		for _, name := range tables {
			rows, err := tx.Query(w.t.Context(), `SELECT * FROM `+name)
			if err != nil {
				return err
			}
			cols, _ := rows.Columns()
			for rows.Next() {
				vals := make([]any, len(cols))
				for i := range vals {
					vals[i] = new(any)
				}
				if err := rows.Scan(vals...); err != nil {
					return err
				}
				for _, v := range vals {
					x := *(v.(*any))
					if b, ok := x.([]byte); ok {
						x = string(b)
					}
					if strings.Contains(fmt.Sprint(x), text) {
						out[name]++
						break
					}
				}
			}
			_ = rows.Close()
		}
		return nil
	}))
	return out
}

// What is sealed is unreadable once the person's key is gone: also from the
// files of the database, where a page that was freed may hold what was deleted.
func TestNoFileHoldsTheKeyOfAnErasedPerson(t *testing.T) {
	dir := t.TempDir()
	c := clock.NewFake(dbtest.Start)
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + filepath.Join(dir, "stadttor.db"), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := gather(t, d, c)
	ctx := t.Context()
	who, _ := w.fill()
	for range 20 { // pages of others around
		w.add(perm.LevelBasis, named("Nebenan", "Nachbar"))
	}
	var secrets [][]byte // what only the person's key opens, and the key itself
	w.must(d.View(ctx, w.realm.Scope(), func(tx *db.Tx) error {
		for _, q := range []string{`SELECT sealed_key FROM account WHERE person_id=$1`, `SELECT profile FROM account WHERE person_id=$1`, `SELECT sealed FROM account_part WHERE person_id=$1`,
			`SELECT sealed_key FROM account_mandate WHERE giver=$1 OR holder=$1`, `SELECT sealed FROM account_mandate WHERE giver=$1 OR holder=$1`} {
			rows, err := tx.Query(ctx, q, string(who.Person))
			list, err := db.Collect(rows, err, func(r *sql.Rows) (b []byte, err error) { return b, r.Scan(&b) })
			if err != nil {
				return err
			}
			for _, b := range list {
				secrets = append(secrets, b[:min(len(b), 24)]) // nonce and beginning: a row may be split over pages
			}
		}
		return nil
	}))
	if n := checkpointAndCount(t, ctx, dir, secrets...); len(secrets) < 9 || n < len(secrets) {
		t.Fatalf("the search is blind: %d of %d found before", n, len(secrets))
	}
	w.must(w.s.Erase(ctx, who, w.secret[who.Person]))
	sent := ""
	w.must(w.drain(func(to pii.Text, _ string) { sent = to.Reveal() }))
	if sent != "markepost@marke.example" {
		t.Errorf("the last notice went to %q", sent)
	}
	if n := checkpointAndCount(t, ctx, dir, secrets...); n > 0 {
		t.Errorf("%d times in the files after erasure", n)
	}
	if n := checkpointAndCount(t, ctx, dir, []byte("Marke"), []byte("marke"), []byte("DE89370400440532013000")); n > 0 {
		t.Errorf("%d marks in clear", n)
	}
	if n := checkpointAndCount(t, ctx, dir, []byte("Kreis")); n == 0 {
		t.Error("the search is blind")
	}
}

// drain runs the job of the last notice.
func (w *people) drain(send func(pii.Text, string)) error {
	r := jobs.New(jobs.Config{DB: w.d})
	jobs.Outside(r, "mail", func(ctx context.Context, call jobs.Call, f Farewell) error {
		return w.s.SayFarewell(ctx, call, f, func(_ context.Context, tx *db.Tx, to pii.Text, key string) error {
			if _, t := tx.Walls(); t != w.a.ID {
				w.t.Error("the notice is not queued where the accounts belong")
			}
			send(to, key)
			return nil
		})
	}, nil)
	jobs.Inside(r, "test", func(context.Context, *db.Tx, Erased) error { return nil })
	_, err := r.Drain(w.t.Context())
	return err
}

// checkpointAndCount brings the write-ahead log into the database and counts
// the texts in all files of the folder.
func checkpointAndCount(t *testing.T, ctx context.Context, dir string, texts ...[]byte) (n int) {
	t.Helper()
	raw, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "stadttor.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var busy, log, done int
	if err := raw.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil || busy != 0 {
		t.Fatal("checkpoint", busy, err)
	}
	err = filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		for _, x := range texts {
			n += bytes.Count(b, x)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
