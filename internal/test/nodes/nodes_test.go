// Package nodes_test starts the program twice on one PostgreSQL and looks what
// each node knows of the other's work, and once with a database of its own for
// a realm. Jobs, listeners and the bank run by themselves here, as in a town.
package nodes_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"stadttor/internal/app/demo"
	"stadttor/internal/clock/clocktest"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/perm"
	"stadttor/internal/test/apptest"
)

// two starts the program twice on one PostgreSQL, with everything that runs by
// itself.
func two(t *testing.T) (a, b *apptest.House) {
	t.Helper()
	if len(dbtest.Engines()) < 2 {
		t.Skip("PostgreSQL left out on purpose")
	}
	a = apptest.Start(t, "postgres")
	b = a.Node()
	a.App.Start()
	b.App.Start()
	return a, b
}

// has tells whether a page of a node says something.
func has(b *apptest.Browser, h *apptest.House, tenant, path, text string) func() bool {
	return func() bool { return strings.Contains(b.Get(h.URLOf(tenant, path)).Sees(http.StatusOK).Text(), text) }
}

// form finds the form with an input of this name.
func form(b *apptest.Browser, input string) apptest.Form {
	return b.UseAccount().Form(func(f apptest.Form) bool { return f.Method == http.MethodPost && slices.Contains(f.Names, input) })
}

// take brings a browser's cookies to the other node: a load balancer in front
// would send its next request there.
func take(from, to *apptest.Browser, h *apptest.House, tenant string) {
	to.Get(h.URLOf(tenant, "/impressum"))
	to.SetCookies(from.Cookies()...)
}

func TestAPublishedTextIsOnTheOtherNode(t *testing.T) {
	a, b := two(t)
	reader := b.Browser()
	const path = "/leistungen/hundesteuer-anmeldung"
	reader.Get(b.URLOf("torhausen", path)).Sees(http.StatusOK).Lacks("Zwergpinscher")
	reader.Get(b.URLOf("lindenbrueck", path)).Sees(http.StatusOK)
	editor := a.Browser().SignInStaff("torhausen", "torhausen-redaktion")
	editor.Get("/verwaltung" + path).Sees(http.StatusOK)
	f := form(editor, "kurztext")
	editor.Submit(f, url.Values{"kurztext": {"Jeder Zwergpinscher zählt."}, "aktion": {"veroeffentlichen"}}).Sees(http.StatusOK)
	clocktest.Soon(t, "the text", has(reader, b, "torhausen", path, "Jeder Zwergpinscher zählt."))
	clocktest.Soon(t, "the search", has(reader, b, "torhausen", "/suche?q=zwergpinscher", "Hund"))
	reader.Get(b.URLOf("lindenbrueck", path)).Lacks("Zwergpinscher")
}

func TestAPortalsLookIsOnTheOtherNode(t *testing.T) {
	a, b := two(t)
	reader := b.Browser()
	reader.Get(b.URLOf("torhausen", "/")).Sees(http.StatusOK, "Serviceportal Stadt Torhausen")
	admin := a.Browser().SignInStaff("torhausen", "torhausen-admin")
	admin.Get("/verwaltung/portal").Sees(http.StatusOK)
	f := form(admin, "claim")
	admin.Submit(f, url.Values{"name": {"Rathaus Torhausen"}, "claim": {"Immer offen"}}).Sees(http.StatusOK)
	clocktest.Soon(t, "the name", has(reader, b, "torhausen", "/", "Rathaus Torhausen"))
	clocktest.Soon(t, "the name on a page that was kept", has(reader, b, "torhausen", "/leistungen", "Immer offen"))
}

func TestANewVersionOfAFormIsOnTheOtherNode(t *testing.T) {
	a, b := two(t)
	reader := b.Browser()
	reader.Get(b.URLOf("torhausen", "/antrag/osterfeuer-anmeldung")).Sees(http.StatusOK, "Osterfeuer anmelden")
	texts, err := demo.ReadForms()
	if err != nil {
		t.Fatal(err)
	}
	realm, _ := a.Directory.RealmBySlug("kreis-musterland")
	for _, text := range texts {
		if bytes.Contains(text, []byte(`"id": "osterfeuer-anmeldung"`)) {
			next := bytes.Replace(text, []byte(`"version": 1`), []byte(`"version": 2`), 1)
			next = bytes.Replace(next, []byte(`"title": "Osterfeuer anmelden"`), []byte(`"title": "Feuer zu Ostern anmelden"`), 1)
			if findings, err := a.Shelf.Publish(t.Context(), perm.System{Name: "test"}, realm.Scope(), next); err != nil {
				t.Fatal(err, findings)
			}
		}
	}
	clocktest.Soon(t, "the form", has(reader, b, "torhausen", "/antrag/osterfeuer-anmeldung", "Feuer zu Ostern anmelden"))
}

func TestASessionLivesAndDiesOnAllNodes(t *testing.T) {
	a, b := two(t)
	onA, onB := a.Browser().SignIn("torhausen", "mareike-sandvoss", "basis"), b.Browser()
	take(onA, onB, b, "torhausen")
	onB.Get("/konto").Sees(http.StatusOK, "Mareike")
	onB.Submit(onB.Form(func(f apptest.Form) bool { return f.Action == "/abmelden" }), nil).Sees(http.StatusOK)
	clocktest.Soon(t, "the end of the session", func() bool {
		return !strings.Contains(onA.Get(a.URLOf("torhausen", "/konto")).Text(), "Mareike")
	})
	clerk, other := a.Browser().SignInStaff("torhausen", "torhausen-ordnungsamt"), b.Browser()
	take(clerk, other, b, "torhausen")
	other.Get("/verwaltung/faelle").Sees(http.StatusOK)
	if strings.HasSuffix(other.URL.Path, "/anmelden") {
		t.Error("staff's session is not known on the other node")
	}
}

// draft begins an Osterfeuer and fills in its first pages.
func draft(b *apptest.Browser, h *apptest.House, tenant string) {
	b.Get(h.URLOf(tenant, "/antrag/osterfeuer-anmeldung"))
	b.Submit(b.Form(func(f apptest.Form) bool {
		return f.Method == http.MethodPost && f.Action == "/antrag/osterfeuer-anmeldung"
	}), nil)
	page(b, url.Values{"datum.tag": {"27"}, "datum.monat": {"3"}, "datum.jahr": {"2027"}})
	page(b, url.Values{"beginn": {"18:30"}, "ende": {"23:00"}, "gaeste": {"120"}})
	page(b, url.Values{"ort_art": {"beschreibung"}, "grundstueck": {"eigen"}})
	page(b, url.Values{"ort_beschreibung": {"Wiese am Sportplatz"}})
}

// rest fills in the other pages and stands on the check page.
func rest(b *apptest.Browser) {
	page(b, url.Values{"meter_gebaeude": {"200"}, "meter_wald": {"220"}, "meter_strasse": {"125"}, "hoehe": {"2,5"}})
	page(b, url.Values{"material": {"baumschnitt"}, "material_erklaerung": {"ja"}, "tierschutz": {"ja"}})
	page(b, url.Values{"vorname": {"Ole"}, "familienname": {"Dirksen"}, "geburtsdatum.tag": {"5"}, "geburtsdatum.monat": {"6"}, "geburtsdatum.jahr": {"1971"}, "mobil": {"00000 900-104"}})
	page(b, url.Values{"anschrift.strasse": {"Dorfstraße"}, "anschrift.hausnummer": {"2"}, "anschrift.plz": {"00101"}, "anschrift.ort": {"Torhausen"}, "email": {"ole@postfach.example"}})
	page(b, url.Values{"vertretung": {"Wiebke Dirksen"}, "vertretung_mobil": {"00000 900-105"}, "loeschmittel": {"wasserfass"}})
}

func page(b *apptest.Browser, v url.Values) { b.Submit(form(b, "_entwurf"), v).Sees(http.StatusOK) }

var number = regexp.MustCompile(`\b[A-Z]{3}-20[0-9]{2}-[0-9A-Z]{4}-[0-9A-Z]{4}\b`)

func TestADraftGoesOnAndIsSentOnceAcrossNodes(t *testing.T) {
	a, b := two(t)
	onA, onB := a.Browser(), b.Browser()
	draft(onA, a, "torhausen")
	take(onA, onB, b, "torhausen")
	onB.Get("/antrag/osterfeuer-anmeldung/abstaende").Sees(http.StatusOK, "Wiese am Sportplatz")
	rest(onB)
	if !strings.HasSuffix(onB.URL.Path, "/pruefen") {
		t.Fatalf("at %s", onB.URL)
	}
	onA.Get("/antrag/osterfeuer-anmeldung/pruefen").Sees(http.StatusOK, "Dirksen", "2,5")
	// The button, pressed on both nodes at once, with the same key.
	f := form(onB, "_schluessel")
	sent := url.Values{"erklaerung": {"ja"}}
	var wg sync.WaitGroup
	for range 3 {
		for _, x := range []*apptest.Browser{onA, onB} {
			wg.Go(func() { x.Submit(f, sent) })
		}
		wg.Wait()
	}
	na, nb := number.FindString(onA.Text()), number.FindString(onB.Text())
	if na == "" || na != nb {
		t.Errorf("numbers %q and %q: %.600s", na, nb, onA.Text())
	}
}

func TestEveryJobRunsOnceOnOneOfTheNodes(t *testing.T) {
	a, b := two(t)
	houses := []*apptest.House{a, b}
	numbers := make([]string, 8)
	var wg sync.WaitGroup
	for i := range numbers {
		h := houses[i%2]
		x := h.Browser()
		wg.Go(func() {
			draft(x, h, "torhausen")
			rest(x)
			x.Submit(form(x, "_schluessel"), url.Values{"erklaerung": {"ja"}}).Sees(http.StatusOK)
			numbers[i] = number.FindString(x.Text())
		})
	}
	wg.Wait()
	waiting := func() (n int) {
		if err := a.DB.View(t.Context(), db.Across("", "a test counts"), func(tx *db.Tx) error {
			return tx.QueryRow(context.Background(), `SELECT count(*) FROM job WHERE state<>'done' AND run_at<=$1`, db.Micros(tx.Now)).Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	clocktest.Soon(t, "the end of all jobs", func() bool { return waiting() == 0 })
	for _, n := range numbers {
		found, err := filepath.Glob(filepath.Join(a.Dir, "ausgang", "torhausen", n, "*"))
		if err != nil || len(found) != 1 {
			t.Errorf("%q: %d parcels, %v", n, len(found), err)
		}
	}
	if n := len(a.Outbox.List()) + len(b.Outbox.List()); n != len(numbers) {
		t.Errorf("%d mails for %d applications", n, len(numbers))
	}
	for i, h := range houses {
		for line := range strings.Lines(h.Log.String()) {
			if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, `"result":"failed"`) {
				t.Errorf("node %d: %.600s", i, line)
			}
		}
	}
	ran := func(h *apptest.House) int { return strings.Count(h.Log.String(), `"result":"done"`) }
	t.Logf("jobs on the nodes: %d and %d", ran(a), ran(b))
	checks, err := a.Examine(t.Context(), func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if c.Name == "audit" && len(c.Findings) > 0 {
			t.Error(c.Findings)
		}
	}
}

// A node that dies in the middle is no harm: the other one goes on.
func TestANodeThatStopsLeavesNothingBehind(t *testing.T) {
	a, b := two(t)
	onA := a.Browser()
	draft(onA, a, "torhausen")
	a.Restart() // without its jobs: as a node that is being replaced
	onB := b.Browser()
	take(onA, onB, b, "torhausen")
	onB.Get("/antrag/osterfeuer-anmeldung/abstaende")
	rest(onB)
	onB.Submit(form(onB, "_schluessel"), url.Values{"erklaerung": {"ja"}}).Sees(http.StatusOK, "Ihr Antrag ist eingegangen")
	n := number.FindString(onB.Text())
	clocktest.Soon(t, "the parcel", func() bool {
		found, _ := filepath.Glob(filepath.Join(a.Dir, "ausgang", "torhausen", n, "*", "parcel.json"))
		return len(found) == 1
	})
	if _, err := os.Stat(filepath.Join(a.Dir, "ausgang", "torhausen", n)); err != nil {
		t.Error(err)
	}
}
