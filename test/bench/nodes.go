package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the bare engine

	"stadttor/internal/app"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
	"stadttor/internal/test/town"
)

// nodes measures how soon what one node publishes is seen at another one, in a
// browser and by the search, on one PostgreSQL. The bare baseline writes a row,
// notifies and reads the row again when the notice has come.
func nodes(ctx context.Context, b *bench) (err error) {
	p := town.Place{Dir: filepath.Join(b.dir, "knoten")}
	if p.Database, err = dbtest.Prepare("postgres", ""); err != nil {
		return fmt.Errorf("PostgreSQL (make setup installs it): %w", err)
	}
	if err := town.Prepare(ctx, p); err != nil {
		return err
	}
	var both []*app.App
	defer func() {
		for _, a := range both {
			err = errors.Join(err, a.Close())
		}
	}()
	for range 2 {
		a, err := town.Open(ctx, p, town.Options{})
		if err != nil {
			return err
		}
		both = append(both, a)
		if err := a.Warm(ctx); err != nil {
			return err
		}
		a.Start()
	}
	if err := pause(ctx, 2*time.Second); err != nil { // what a start begins is over
		return err
	}
	r := Row{Name: "published at one node, read and found at the other, slowest", Unit: "ms", Most: 1000}
	n := b.short(30)
	for round := range b.rounds {
		var took []float64
		for i := range n {
			t, err := publish(ctx, both[0], both[1], fmt.Sprintf("krixel%c%c%c", 'a'+round, 'a'+i/26, 'a'+i%26))
			if err != nil {
				return err
			}
			took = append(took, t)
		}
		base, err := notices(ctx, p.Database, n)
		if err != nil {
			return err
		}
		r.Rounds = append(r.Rounds, [2]float64{slices.Max(took), base})
	}
	r.Note = fmt.Sprintf("of %d texts in each round; bare: NOTIFY to LISTEN and one read", n)
	b.add(r)
	return nil
}

// publish changes a text at one node and waits until the other shows it on the
// service's page and finds it: milliseconds from when the editor was told that it
// is published.
func publish(ctx context.Context, at, other *app.App, word string) (float64, error) {
	const slug = "hundesteuer-anmeldung"
	realm, found := at.Directory.RealmBySlug("kreis-musterland")
	tenant, too := at.Directory.TenantBySlug("torhausen")
	if !found || !too {
		return 0, errors.New("the demonstration has no Torhausen")
	}
	editor, t := perm.System{Name: "bench"}, tenancy.Layer{Realm: realm, Tenant: &tenant}
	d, err := at.Catalogue.Edit(ctx, editor, t, slug)
	if err != nil {
		return 0, err
	}
	d.Own.Short = "<p>Für " + word + " und andere Hunde.</p>"
	if err := at.Catalogue.Save(ctx, editor, t, d.Own, d.Version, true); err != nil {
		return 0, err
	}
	published := time.Now()
	for looks := 0; ; looks++ {
		if shows(other, looks, "/leistungen/"+slug, slug, word) && shows(other, looks, "/suche?q="+url.QueryEscape(word), slug, word) {
			return milliseconds(time.Since(published)), nil
		}
		if time.Since(published) > time.Minute {
			return 0, errors.New("the other node does not show it within a minute")
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return 0, err
		}
	}
}

// shows reports whether a page of Torhausen holds the word, and a result page
// the service as well.
func shows(a *app.App, looks int, path, slug, word string) bool {
	r := httptest.NewRequest(http.MethodGet, "http://"+hosts[1]+path, nil)
	r.RemoteAddr = fmt.Sprintf("127.1.%d.%d:1234", looks/250%250, looks%250+1) // as different people do: the program counts what comes from one
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	text := w.Body.String()
	return w.Code == http.StatusOK && strings.Contains(text, word) && strings.Contains(text, "/leistungen/"+slug)
}

// notices gives the slowest of n bare notices, in milliseconds.
func notices(ctx context.Context, address string, n int) (slowest float64, err error) {
	ear, err := pgx.Connect(ctx, address)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, ear.Close(ctx)) }()
	mouth, err := sql.Open("pgx", address)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, mouth.Close()) }()
	if _, err := ear.Exec(ctx, "LISTEN bench"); err != nil {
		return 0, err
	}
	if _, err := mouth.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS bench_notice (n INTEGER)"); err != nil {
		return 0, err
	}
	for i := range n {
		tx, err := mouth.BeginTx(ctx, nil)
		if err != nil {
			return 0, err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO bench_notice VALUES ($1)", i)
		if err == nil {
			_, err = tx.ExecContext(ctx, "SELECT pg_notify('bench','x')")
		}
		if err = errors.Join(err, tx.Commit()); err != nil {
			return 0, err
		}
		sent := time.Now()
		if _, err := ear.WaitForNotification(ctx); err != nil {
			return 0, err
		}
		var got int
		if err := ear.QueryRow(ctx, "SELECT n FROM bench_notice WHERE n=$1 LIMIT 1", i).Scan(&got); err != nil {
			return 0, err
		}
		slowest = max(slowest, milliseconds(time.Since(sent)))
	}
	return slowest, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
