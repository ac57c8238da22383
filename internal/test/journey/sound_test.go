package journey_test

import (
	"context"
	"strings"
	"testing"

	"stadttor/internal/db"
	"stadttor/internal/test/apptest"
)

// sound is what holds after every journey: nothing waits, nothing broke, the
// chains are whole, the books add up, nothing personal in log or mail.
func sound(t *testing.T, h *apptest.House) {
	t.Helper()
	h.Drain()
	ctx := context.Background()
	checks, err := h.Examine(ctx, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		for _, f := range c.Findings {
			// The tests' server runs without them (dbtest), and with little disk.
			if !strings.Contains(f, "fsync") && !strings.Contains(f, "full_page_writes") && !strings.Contains(f, "MB free") {
				t.Errorf("%s: %s", c.Name, f)
			}
		}
	}
	for _, part := range h.DB.Partitions() {
		if err := h.DB.View(ctx, db.Across(part, "the test adds up the books"), func(tx *db.Tx) error {
			var bookings, uneven, dead, late int
			if err := tx.QueryRow(ctx, `SELECT count(*), coalesce(sum(CASE WHEN total<>0 OR entries<>2 THEN 1 ELSE 0 END),0) FROM (SELECT sum(amount) AS total, count(*) AS entries FROM ledger_entry GROUP BY tenant_id, booking) x`).Scan(&bookings, &uneven); err != nil {
				return err
			}
			if uneven > 0 {
				t.Errorf("%d of %d bookings have not two sides that add up to nothing", uneven, bookings)
			}
			if err := tx.QueryRow(ctx, `SELECT count(*) FROM job WHERE state='dead'`).Scan(&dead); err != nil {
				return err
			}
			if dead > 0 {
				t.Errorf("%d jobs were given up", dead)
			}
			if err := tx.QueryRow(ctx, `SELECT count(*) FROM job WHERE state IN ('waiting','running') AND run_at<=$1`, db.Micros(tx.Now)).Scan(&late); err != nil {
				return err
			}
			if late > 0 {
				t.Errorf("%d jobs are due and did not run", late)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	log := h.Log.String()
	for _, word := range []string{"panic", `"level":"ERROR"`, "runtime error"} {
		if i := strings.Index(log, word); i >= 0 {
			t.Errorf("the log says %s: %.600s", word, log[max(0, i-200):])
		}
	}
	private(t, "log", log)
	for _, m := range h.Outbox.List() {
		private(t, "mail", m.Subject+"\n"+m.Text)
	}
}

// private fails if what people typed stands in something that is not theirs.
func private(t *testing.T, where, text string) {
	t.Helper()
	for _, canary := range []string{"Ostermoor", "Wiebke", "Sandvoß", "Sandvoss", "sandvoss@", "Brandhorst", "Dirksen", "Gerbergraben", "Bello", "Wotan", "MUL-MS", "DE39 9990", "DE3999", "276098100000001", "postfach.example", "Sportplatz", "00000 900-104", "Fahrzeugschein (beide", "Tollkirsche"} {
		if i := strings.Index(text, canary); i >= 0 {
			t.Errorf("%s holds %q: %.200s", where, canary, text[max(0, i-100):])
		}
	}
}
