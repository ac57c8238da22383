package nodes_test

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/clock/clocktest"
	"stadttor/internal/config"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/ident"
	"stadttor/internal/test/apptest"
)

const nordau = ident.RealmID("verbund-nordau")

// A realm with a database of its own: everything that belongs to it lies there,
// and only who is on the platform lies in the control database.
func TestARealmWithADatabaseOfItsOwn(t *testing.T) {
	for _, engine := range dbtest.Engines() {
		t.Run(engine, func(t *testing.T) {
			h := apptest.Install(t, engine, func(s *config.Settings) {
				s.RealmDatabases = map[string]string{string(nordau): dbtest.URL(t, engine)}
			})
			if got := h.DB.Partitions(); !slices.Contains(got, nordau) || len(got) != 2 {
				t.Fatalf("partitions %v", got)
			}
			// A person of the Verbund applies and pays, and the office decides.
			b := h.Browser().SignIn("nordhafen", "joris-tietjenhoff", "basis")
			b.Get("/antrag/sperrgutabfuhr").Sees(http.StatusOK)
			b.Submit(b.Form(func(f apptest.Form) bool { return f.Method == http.MethodPost && f.Action == "/antrag/sperrgutabfuhr" }), nil)
			page(b, url.Values{"gegenstaende.sofa": {"1"}})
			page(b, nil)
			page(b, url.Values{"stellplatz": {"gehweg"}})
			page(b, url.Values{"wunschtermin": {"2027-01-13"}})
			page(b, nil)
			page(b, nil)
			b.Submit(form(b, "_schluessel"), url.Values{"erklaerung": {"ja"}}).Sees(http.StatusOK, "Ihr Antrag ist gespeichert")
			b.Submit(b.Form(func(f apptest.Form) bool { return f.Values.Get("anbieter") == "demo-karte" }), nil)
			h.Working(func() {
				b.Submit(b.Form(func(f apptest.Form) bool { return strings.HasPrefix(f.Action, "/demo-bezahlen/") }), url.Values{"wahl": {"bezahlen"}})
			})
			b.Sees(http.StatusOK, "Ihr Antrag ist eingegangen")
			n := number.FindString(b.Text())
			if err := h.Bank.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			h.Drain()
			clerk := h.Browser().SignInStaff("nordhafen", "nordhafen-leitung")
			clerk.Get("/verwaltung/faelle").Sees(http.StatusOK, n).Follow(n).Sees(http.StatusOK, "Tietjenhoff")
			clerk.Submit(clerk.Form(func(f apptest.Form) bool { return strings.HasSuffix(f.Action, "/uebernehmen") }), nil).Sees(http.StatusOK)
			clerk.Submit(clerk.Form(func(f apptest.Form) bool { return strings.Contains(f.Action, "/rueckfrage") }), url.Values{"text": {"Wie breit ist die Einfahrt?"}}).Sees(http.StatusOK)
			h.Drain()
			b.SignIn("auental", "joris-tietjenhoff", "basis").Get("/postfach").Sees(http.StatusOK, n)
			// Somebody of the Kreis applies, too.
			k := h.Browser()
			draft(k, h, "torhausen")
			rest(k)
			k.Submit(form(k, "_schluessel"), url.Values{"erklaerung": {"ja"}}).Sees(http.StatusOK, "Ihr Antrag ist eingegangen")
			h.Drain()

			var tenants []string
			for _, x := range h.Directory.Tenants(nordau) {
				tenants = append(tenants, string(x.ID))
			}
			// Who is on the platform: read before a realm is known.
			public := []string{"realm", "tenant", "portal", "unit"}
			for table, cols := range walls(t, h, "") {
				if slices.Contains(public, table) {
					continue
				}
				if n := rows(t, h, "", table, cols, tenants); n > 0 {
					t.Errorf("the control database holds %d rows of the realm in %s", n, table)
				}
			}
			for table, cols := range walls(t, h, nordau) {
				mine, all := rows(t, h, nordau, table, cols, tenants), everything(t, h, nordau, table)
				if mine != all {
					t.Errorf("the realm's database holds %d rows of others in %s", all-mine, table)
				}
			}
			for _, table := range []string{"case_record", "case_event", "account", "session", "payment", "ledger_entry", "parcel", "audit_entry", "job", "form_version"} {
				if everything(t, h, nordau, table) == 0 {
					t.Errorf("nothing of %s in the realm's database", table)
				}
			}
			if everything(t, h, "", "case_record") != 1 || everything(t, h, nordau, "case_record") != 1 {
				t.Error("the cases do not lie where they belong")
			}
			// Kept over a restart, and sound.
			h.Restart()
			h.Browser().SignIn("auental", "joris-tietjenhoff", "basis").Get("/postfach").Sees(http.StatusOK, n)
			checks, err := h.Examine(t.Context(), func(int) {})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range checks {
				for _, f := range c.Findings {
					if !strings.Contains(f, "fsync") && !strings.Contains(f, "full_page_writes") && !strings.Contains(f, "MB free") {
						t.Errorf("%s: %s", c.Name, f)
					}
				}
			}
			for line := range strings.Lines(h.Log.String()) {
				if strings.Contains(line, `"level":"ERROR"`) {
					t.Errorf("log: %.600s", line)
				}
			}
		})
	}
}

// Notices travel through the realm's own database, too.
func TestTheOtherNodeHearsOfARealmWithADatabaseOfItsOwn(t *testing.T) {
	if len(dbtest.Engines()) < 2 {
		t.Skip("PostgreSQL left out on purpose")
	}
	a := apptest.Install(t, "postgres", func(s *config.Settings) {
		s.RealmDatabases = map[string]string{string(nordau): dbtest.URL(t, "postgres")}
	})
	b := a.Node()
	a.App.Start()
	b.App.Start()
	const path = "/leistungen/hundesteuer-anmeldung"
	reader := b.Browser()
	reader.Get(b.URLOf("nordhafen", path)).Sees(http.StatusOK).Lacks("Zwergpinscher")
	editor := a.Browser().SignInStaff("nordhafen", "nordhafen-redaktion")
	editor.Get("/verwaltung" + path).Sees(http.StatusOK)
	editor.Submit(form(editor, "kurztext"), url.Values{"kurztext": {"Jeder Zwergpinscher zählt."}, "aktion": {"veroeffentlichen"}}).Sees(http.StatusOK)
	clocktest.Soon(t, "the text", has(reader, b, "nordhafen", path, "Jeder Zwergpinscher zählt."))
	admin := a.Browser().SignInStaff("nordhafen", "nordhafen-admin")
	admin.Get("/verwaltung/portal").Sees(http.StatusOK)
	admin.Submit(form(admin, "claim"), url.Values{"name": {"Hafenportal"}}).Sees(http.StatusOK)
	clocktest.Soon(t, "the name", has(reader, b, "nordhafen", "/", "Hafenportal"))
}

// walls lists the tables of a database with those of their columns that say
// whose a row is.
func walls(t *testing.T, h *apptest.House, part ident.RealmID) map[string][]string {
	t.Helper()
	q := `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema=current_schema() AND column_name IN ('tenant_id','realm_id')`
	if h.DB.Engine() == "sqlite" {
		q = `SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type='table' AND p.name IN ('tenant_id','realm_id')`
	}
	out := map[string][]string{}
	if err := h.DB.View(t.Context(), db.Across(part, "a test looks where rows lie"), func(tx *db.Tx) error {
		list, err := tx.Query(t.Context(), q)
		_, err = db.Collect(list, err, func(r *sql.Rows) (struct{}, error) {
			var table, col string
			err := r.Scan(&table, &col)
			out[table] = append(out[table], col)
			return struct{}{}, err
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(out) < 15 {
		t.Fatalf("only %d tables with a wall", len(out))
	}
	return out
}

// rows counts the rows of the realm and its tenants.
func rows(t *testing.T, h *apptest.House, part ident.RealmID, table string, cols, tenants []string) int {
	t.Helper()
	var or []string
	if slices.Contains(cols, "realm_id") {
		or = append(or, "realm_id='"+string(nordau)+"'")
	}
	if slices.Contains(cols, "tenant_id") {
		or = append(or, "tenant_id IN ('"+strings.Join(tenants, "','")+"')")
	}
	return ask(t, h, part, "SELECT count(*) FROM "+table+" WHERE "+strings.Join(or, " OR "))
}

func everything(t *testing.T, h *apptest.House, part ident.RealmID, table string) int {
	t.Helper()
	return ask(t, h, part, "SELECT count(*) FROM "+table)
}

func ask(t *testing.T, h *apptest.House, part ident.RealmID, q string) (n int) {
	t.Helper()
	if err := h.DB.View(context.Background(), db.Across(part, "a test counts"), func(tx *db.Tx) error {
		return tx.QueryRow(context.Background(), q).Scan(&n)
	}); err != nil {
		t.Fatal(q, err)
	}
	return n
}
