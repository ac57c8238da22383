// Package erasure_test takes everything of a person out of the whole program and
// then deletes the account: the export holds every mark of the person and no
// other's, and afterwards nothing opens, names or holds the person any more
// (Art. 15, 17 and 20 DSGVO).
package erasure_test

import (
	"archive/zip"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // a second look at the file

	"stadttor/internal/cases"
	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/test/apptest"
	"stadttor/internal/test/isolation"
)

const realm = "kreis-musterland"

func owner(w *isolation.Town) ident.PersonID {
	for _, a := range w.Actors {
		if a.Name == "owner" {
			return a.Person
		}
	}
	return ""
}

// text gives what of an export a person reads: files inside PDFs too.
func text(t *testing.T, b []byte) (out string, names []string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatalf("%v: %.200s", err, b)
	}
	var all bytes.Buffer
	for _, f := range z.File {
		names = append(names, f.Name)
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&all, f.Name)
		all.Write(body)
		if strings.HasSuffix(f.Name, ".pdf") { // poppler-utils: `make setup`
			c := exec.CommandContext(t.Context(), "pdftotext", "-", "-")
			c.Stdin = bytes.NewReader(body)
			if out, err := c.Output(); err == nil {
				all.Write(out)
			}
		}
	}
	return strings.ToLower(all.String()), names
}

func TestTheExportHoldsEveryMarkOfThePersonAndNoOthers(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		w := isolation.Build(t, h)
		b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "hoch")
		b.Get(h.AccountURL(realm, "/daten-mitnehmen"))
		b.Submit(b.Form(func(f apptest.Form) bool { return f.Action == "/daten-mitnehmen" }), nil)
		all, names := text(t, b.Body)
		own, others := w.Words(owner(w))
		missing := 0
		for _, x := range own {
			if !strings.Contains(all, x) {
				missing++
				t.Errorf("%s is missing", x)
			}
		}
		for _, x := range others {
			if strings.Contains(all, x) {
				t.Errorf("%s is somebody else's, or the office's own", x)
			}
		}
		if len(own) < 50 || len(others) < 50 {
			t.Errorf("%d own marks and %d others: the look is blind", len(own), len(others))
		}
		if t.Failed() {
			t.Logf("%d of %d missing in %v", missing, len(own), names)
		}
	})
}

func TestAfterDeletionNothingOpensNamesOrHoldsThePerson(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		ctx := t.Context()
		w := isolation.Build(t, h)
		h.Drain()
		me := owner(w)
		keys := keysOf(t, h, me)
		sqlite := fileOf(t, h)
		if sqlite != "" {
			if n := count(t, ctx, sqlite, keys...); len(keys) < 20 || n < len(keys) {
				t.Fatalf("the look is blind: %d of %d keys found before", n, len(keys))
			}
		}
		drafts := 0
		for _, o := range w.Objects {
			if o.Person == me && o.Number == "" {
				drafts++
				for _, f := range o.Files {
					if !there(h, f) {
						t.Fatal("an upload of a draft is not where it is looked for")
					}
				}
			}
		}
		if drafts == 0 {
			t.Fatal("no draft to look after")
		}
		b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
		b.Get(h.AccountURL(realm, "/konto-loeschen"))
		b.Submit(b.Form(func(f apptest.Form) bool {
			return f.Action == "/konto-loeschen#fehler" || f.Action == "/konto-loeschen"
		}), url.Values{"sicher": {"ja"}}).Sees(200, "Ihr Konto ist gelöscht")
		h.Drain()
		h.Clock.Advance(49 * time.Hour)
		for _, x := range h.Directory.Tenants("") {
			if err := h.DB.InTx(ctx, x.Scope(), func(tx *db.Tx) error { return jobs.Insert(ctx, tx, cases.Sweep{Slot: "after"}) }); err != nil {
				t.Fatal(err)
			}
		}
		h.Drain()
		for table, n := range mentions(t, h, string(me)) {
			if table != "audit_entry" && table != "job" { // a random ID, and nobody knows whose
				t.Errorf("%s names the person %d times", table, n)
			}
		}
		if mentions(t, h, "audit_entry")["goose_db_version"] > 0 || len(mentions(t, h, realm)) == 0 {
			t.Error("the look is blind")
		}
		for _, o := range w.Objects {
			if o.Person != me {
				continue
			}
			if o.Number == "" {
				for _, f := range o.Files {
					if there(h, f) {
						t.Error("an upload of a draft is still there")
					}
				}
			} else if o.Received && !w.Opens(o) {
				t.Errorf("%s: the authority lost the application", o.Name)
			}
		}
		if sqlite == "" {
			return // PostgreSQL's files are the operator's: see ADR 0023
		}
		if n := count(t, ctx, sqlite, keys...); n > 0 {
			t.Errorf("%d keys of the person are still in the files", n)
		}
		own, _ := w.Words(me)
		var marks [][]byte
		for _, x := range own {
			marks = append(marks, []byte(x), []byte(strings.ToUpper(x[:1])+x[1:]))
		}
		if n := count(t, ctx, sqlite, marks...); n > 0 {
			t.Errorf("%d marks in clear in the database", n)
		}
		if err := filepath.WalkDir(h.Dir, func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || strings.Contains(p, "postausgang") || strings.Contains(p, "ausgang") { // what has been handed over is the authority's
				return err
			}
			raw, err := os.ReadFile(p)
			if os.IsNotExist(err) {
				return nil
			}
			for _, m := range marks {
				if bytes.Contains(raw, m) {
					t.Errorf("%s holds %s", filepath.Base(p), m)
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// keysOf gives the beginnings of all wrapped keys and sealed rows that must go:
// of the account and of drafts.
func keysOf(t *testing.T, h *apptest.House, p ident.PersonID) (out [][]byte) {
	t.Helper()
	err := h.DB.View(t.Context(), db.Across("", "the test looks at everything"), func(tx *db.Tx) error {
		for _, q := range []string{`SELECT sealed_key FROM account WHERE person_id=$1`, `SELECT profile FROM account WHERE person_id=$1`, `SELECT sealed FROM account_part WHERE person_id=$1`,
			`SELECT sealed_key FROM account_mandate WHERE holder=$1 OR giver=$1`, `SELECT sealed FROM account_mandate WHERE holder=$1 OR giver=$1`,
			`SELECT sealed_key FROM case_record WHERE person_id=$1 AND state='draft'`} {
			rows, err := tx.Query(t.Context(), q, string(p))
			list, err := db.Collect(rows, err, func(r *sql.Rows) (b []byte, err error) { return b, r.Scan(&b) })
			if err != nil {
				return err
			}
			for _, b := range list {
				if len(b) > 24 {
					out = append(out, b[:24])
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// fileOf is the folder of an SQLite database, "" for PostgreSQL.
func fileOf(t *testing.T, h *apptest.House) (dir string) {
	t.Helper()
	_ = h.DB.View(t.Context(), db.Across("", "the test looks at everything"), func(tx *db.Tx) error {
		if tx.ForUpdate() != "" {
			return nil
		}
		return tx.QueryRow(t.Context(), `SELECT file FROM pragma_database_list WHERE name='main'`).Scan(&dir)
	})
	return dir
}

// count brings the write-ahead log in and counts texts in the database's files.
func count(t *testing.T, ctx context.Context, file string, texts ...[]byte) (n int) {
	t.Helper()
	raw, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var busy, log, done int
	if err := raw.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil || busy != 0 {
		t.Fatal("checkpoint", busy, err)
	}
	for _, p := range []string{file, file + "-wal", file + "-shm"} {
		b, err := os.ReadFile(p)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, x := range texts {
			n += bytes.Count(b, x)
		}
	}
	return n
}

// there reports whether a file lies in the store.
func there(h *apptest.House, id ident.FileID) (found bool) {
	_ = filepath.WalkDir(h.Dir, func(p string, _ fs.DirEntry, _ error) error {
		found = found || filepath.Base(p) == string(id)
		return nil
	})
	return found
}

// mentions counts the rows of each table in which a text stands.
func mentions(t *testing.T, h *apptest.House, what string) map[string]int {
	t.Helper()
	out := map[string]int{}
	err := h.DB.View(t.Context(), db.Across("", "the test looks at everything"), func(tx *db.Tx) error {
		q := `SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'`
		if tx.ForUpdate() != "" {
			q = `SELECT tablename FROM pg_tables WHERE schemaname=current_schema()`
		}
		rows, err := tx.Query(t.Context(), q)
		tables, err := db.Collect(rows, err, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) })
		if err != nil {
			return err
		}
		for _, table := range tables {
			rows, err := tx.Query(t.Context(), `SELECT * FROM `+table)
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
					if strings.Contains(fmt.Sprint(x), what) {
						out[table]++
						break
					}
				}
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
