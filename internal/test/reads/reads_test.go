package reads_test

import (
	"database/sql/driver"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"modernc.org/sqlite"

	"stadttor/internal/db"
	"stadttor/internal/test/apptest"
	"stadttor/internal/web/ui"
)

// looked counts the rows of sessions that SQLite looked at.
var looked atomic.Int64

const function = "stadttor_test_looked"

func TestMain(m *testing.M) {
	sqlite.MustRegisterScalarFunction(function, 1, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		looked.Add(1)
		return int64(1), nil
	})
	m.Run()
}

func run(t *testing.T, h *apptest.House, statements ...string) {
	t.Helper()
	if err := h.DB.InTx(t.Context(), db.Across("", "the test counts what is read"), func(tx *db.Tx) error {
		for _, q := range statements {
			if _, err := tx.Exec(t.Context(), q); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Sessions of other people, so that whoever does not go by the index looks at
// many rows, and the views that count.
var watched = []string{
	`INSERT INTO session SELECT tenant_id,randomblob(32),kind,CASE person_id WHEN '' THEN '' ELSE 'x'||i END,CASE staff_id WHEN '' THEN '' ELSE 'x'||i END,level,means,created_at,seen_at,sso,method,'x'||hex(randomblob(8)) FROM session, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<300) SELECT i FROM n)`,
	`INSERT INTO account_session SELECT realm_id,randomblob(32),'x'||i,'x'||hex(randomblob(8)),level,means,method,device,created_at,seen_at FROM account_session, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<300) SELECT i FROM n)`,
	`ALTER TABLE session RENAME TO session_rows`, `ALTER TABLE account_session RENAME TO account_session_rows`,
	`CREATE VIEW session AS SELECT * FROM session_rows WHERE ` + function + `(means)`,
	`CREATE VIEW account_session AS SELECT * FROM account_session_rows WHERE ` + function + `(means)`,
}

// more are the pages whose matter are sign-ins, with the most rows that they
// may look at: one's own list (here 2 sign-ins with 2 portals), or once more how
// young the sign-in is, by its key.
var more = map[string]int64{"GET /anmeldungen": 6, "GET /sicherheit": 6, "GET /daten-mitnehmen": 2, "GET /konto-loeschen": 2,
	"GET /verwaltung/anmeldungen": 2, "GET /verwaltung/sicherheit": 3}

func TestASignedInPageReadsItsSessionOnce(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	citizen := h.Browser().SignIn("torhausen", "mareike-sandvoss", "substantiell")
	account := h.Browser().SignIn("torhausen", "mareike-sandvoss", "substantiell").Get(h.AccountURL("kreis-musterland", "/"))
	staff := h.Browser().SignInStaff("torhausen", "torhausen-leitung")
	guest := h.Browser()
	run(t, h, watched...)

	reads := func(b *apptest.Browser, address string) int64 {
		before := looked.Load()
		b.Get(address)
		return looked.Load() - before
	}
	for _, x := range []struct {
		who    string
		b      *apptest.Browser
		routes []ui.Route
		own    ui.Audience // for these pages he must be signed in
		others []ui.Audience
		at     func(string) string
		least  int // pages of his own
	}{
		{"a citizen at a portal", citizen, h.Routes, ui.Person, []ui.Audience{ui.Public, ui.Visitor}, func(p string) string { return h.URLOf("torhausen", p) }, 2},
		{"a person at the account host", account, h.AccountRoutes, ui.Person, []ui.Audience{ui.Public, ui.Visitor}, func(p string) string { return h.AccountURL("kreis-musterland", p) }, 10},
		{"a member of staff", staff, h.Routes, ui.Office, nil, func(p string) string { return h.URLOf("torhausen", p) }, 8},
	} {
		pages, others := 0, 0
		for _, rt := range x.routes {
			path, isGet := strings.CutPrefix(rt.Pattern, "GET ")
			path = strings.TrimSuffix(path, "{$}")
			if !isGet || strings.Contains(path, "{") || rt.Audience != x.own && !slices.Contains(x.others, rt.Audience) {
				continue
			}
			n := reads(x.b.Stay(), x.at(path))
			if x.b.Code != 200 {
				continue
			}
			if rt.Audience == x.own {
				pages++
			} else {
				others++
			}
			if n > max(1, more[rt.Pattern]) || n < 1 && rt.Audience == x.own {
				t.Errorf("%s: %s looks at %d sessions", x.who, path, n)
			}
		}
		if pages < x.least || x.others != nil && others < 5 {
			t.Errorf("%s: only %d pages of his own and %d others were shown", x.who, pages, others)
		}
		t.Logf("%s: %d pages of his own, %d others", x.who, pages, others)
	}

	// Controls: nobody's page reads none, and without the index the same page
	// looks at many.
	if n := reads(guest, h.URLOf("torhausen", "/")); n != 0 || guest.Code != 200 {
		t.Errorf("a guest's page looks at %d sessions", n)
	}
	run(t, h, `CREATE TABLE session_heap AS SELECT * FROM session_rows ORDER BY random()`, `DROP VIEW session`, `CREATE VIEW session AS SELECT * FROM session_heap WHERE `+function+`(means)`)
	if n := reads(citizen, h.URLOf("torhausen", "/konto")); n < 10 || citizen.Code != 200 {
		t.Errorf("without an index: %d rows, status %d: the count is blind", n, citizen.Code)
	}
}
