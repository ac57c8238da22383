package audit_test

import (
	"fmt"
	"sync"
	"testing"

	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/perm"
)

func record(t *testing.T, d *db.DB, s db.Scope, n int) {
	t.Helper()
	for i := range n {
		if err := d.InTx(t.Context(), s, func(tx *db.Tx) error {
			return audit.Record(t.Context(), tx, perm.System{Name: "test"}, audit.Event{Action: "case.decide", Object: fmt.Sprint("case:", i)})
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryTamperingIsSeen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		a, all := db.ForTenant("r", "a"), db.Across("", "test")
		record(t, d, a, 20)
		record(t, d, db.ForTenant("r", "b"), 5)
		record(t, d, db.ForRealm("r"), 3)
		if broken, err := audit.Verify(t.Context(), d, all, nil); err != nil || len(broken) > 0 {
			t.Fatal(broken, err)
		}
		for name, q := range map[string]string{
			"changed object":      `UPDATE audit_entry SET object='case:x' WHERE tenant_id='a' AND seq=7`,
			"changed actor":       `UPDATE audit_entry SET actor='staff:x' WHERE tenant_id='a' AND seq=1`,
			"changed time":        `UPDATE audit_entry SET at=at+1 WHERE tenant_id='a' AND seq=20`,
			"deleted in between":  `DELETE FROM audit_entry WHERE tenant_id='a' AND seq=9`,
			"cut at the end":      `DELETE FROM audit_entry WHERE tenant_id='a' AND seq>15`,
			"moved to tenant b":   `UPDATE audit_entry SET tenant_id='b', seq=6 WHERE tenant_id='a' AND seq=20`,
			"head forgotten":      `DELETE FROM audit_head WHERE tenant_id='a'`,
			"head set back":       `UPDATE audit_head SET seq=19 WHERE tenant_id='a'`,
			"hash made to fit it": `UPDATE audit_entry SET object='case:x', hash=prev_hash WHERE tenant_id='a' AND seq=20`,
		} {
			t.Run(name, func(t *testing.T) {
				// Tampering happens in a transaction that is thrown away.
				err := d.InTx(t.Context(), all, func(tx *db.Tx) error {
					if _, err := tx.Exec(t.Context(), q); err != nil {
						return err
					}
					return errThrow
				})
				if err != errThrow {
					t.Fatal(err)
				}
				tampered := func(x func(*db.Tx) error) error { return d.InTx(t.Context(), all, x) }
				var saved []string
				if err := tampered(func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), q); return err }); err != nil {
					t.Fatal(err)
				}
				if saved, err = audit.Verify(t.Context(), d, all, nil); err != nil || len(saved) == 0 {
					t.Errorf("not seen (%v)", err)
				}
				restore(t, d)
			})
		}
	})
}

var errThrow = fmt.Errorf("thrown away")

// restore empties the log and writes it anew.
func restore(t *testing.T, d *db.DB) {
	t.Helper()
	if err := d.InTx(t.Context(), db.Across("", "test"), func(tx *db.Tx) error {
		for _, q := range []string{"DELETE FROM audit_entry", "DELETE FROM audit_head"} {
			if _, err := tx.Exec(t.Context(), q); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	record(t, d, db.ForTenant("r", "a"), 20)
	record(t, d, db.ForTenant("r", "b"), 5)
	record(t, d, db.ForRealm("r"), 3)
}

func TestManyAtOnceGiveOneChain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { record(t, d, db.ForTenant("r", "a"), 5) })
		}
		wg.Wait()
		broken, err := audit.Verify(t.Context(), d, db.Across("", "test"), nil)
		if err != nil || len(broken) > 0 {
			t.Fatal(broken, err)
		}
		_ = d.View(t.Context(), db.ForTenant("r", "a"), func(tx *db.Tx) error {
			list, err := audit.List(t.Context(), tx, 0, 1000)
			if err != nil || len(list) != 100 {
				t.Error(len(list), err)
			}
			return nil
		})
	})
}
