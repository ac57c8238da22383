package payments_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/payments"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

var op = perm.System{Name: "test"}

// town is two tenants of a realm that offer two banks, and the service.
type town struct {
	d      *db.DB
	c      *clock.Fake
	dir    *tenancy.Directory
	a, b   tenancy.Tenant
	banks  map[string]*paymentstest.Bank
	s      *payments.Service
	jobs   *jobs.Runner
	told   []payments.Settled
	flags  []payments.Flagged
	done   []payments.Cleared
	serial int
}

func newTown(t testing.TB, d *db.DB, c *clock.Fake) *town {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w := &town{d: d, c: c, banks: map[string]*paymentstest.Bank{"karte": paymentstest.NewBank("karte"), "giro": paymentstest.NewBank("giro")}}
	var err error
	w.dir, err = tenancy.OpenDirectory(ctx, d, seal.Random())
	must(err)
	r, err := w.dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis-musterland", Name: "Kreis Musterland"})
	must(err)
	found := func(slug, name, sign, ars string) tenancy.Tenant {
		x, err := w.dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: r.ID, Slug: slug, Name: name, Kind: tenancy.KindStadt, Sign: sign, ARS: ars})
		must(err)
		must(w.dir.SavePortal(ctx, op, x.Scope(), tenancy.Portal{Tenant: x.ID, Host: "service." + slug + ".localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("Serviceportal", "")}}))
		must(w.dir.Reload(ctx))
		for i, n := range []string{"karte", "giro"} {
			must(w.dir.SaveExtension(ctx, op, x.Scope(), tenancy.Extension{Port: payments.Port, Name: n, Position: i, Enabled: true, Settings: []byte(`{}`)}))
		}
		return x
	}
	w.a = found("torhausen", "Stadt Torhausen", "TOR", "990010001001")
	w.b = found("birkenrode", "Stadt Birkenrode", "BIR", "990010001002")
	must(w.dir.Reload(ctx))
	w.s = payments.New(payments.Config{DB: d, Directory: w.dir,
		Providers: map[string]payments.Factory{"karte": w.banks["karte"].Factory, "giro": w.banks["giro"].Factory},
		BaseURL:   func(ident.TenantID) string { return "https://service.torhausen.example" }})
	w.jobs = jobs.New(jobs.Config{DB: d, Workers: 1})
	jobs.Outside(w.jobs, "payments", w.s.Reconcile, w.s.GiveUp)
	jobs.Inside(w.jobs, "test", func(_ context.Context, _ *db.Tx, j payments.Settled) error {
		w.told = append(w.told, j)
		return nil
	})
	jobs.Inside(w.jobs, "test", func(_ context.Context, _ *db.Tx, j payments.Flagged) error {
		w.flags = append(w.flags, j)
		return nil
	})
	jobs.Inside(w.jobs, "test", func(_ context.Context, _ *db.Tx, j payments.Cleared) error {
		w.done = append(w.done, j)
		return nil
	})
	return w
}

// owe opens a demand of 12,50 € in a new case.
func (w *town) owe(person ident.PersonID) (payments.Payment, error) {
	var p payments.Payment
	err := w.d.InTx(context.Background(), w.a.Scope(), func(tx *db.Tx) (err error) {
		p, err = w.s.Open(context.Background(), tx, payments.Demand{Case: ident.New[ident.CaseID](tx.Now), Person: person, Amount: 1250, Purpose: "Sperrgut TOR-2026-000001", Reference: "TOR-2026-000001",
			Lines: []payments.Line{{Text: "Anfahrt", Amount: 1000}, {Text: "Kühlschrank", Amount: 250}}})
		return err
	})
	return p, err
}

func (w *town) citizen(p ident.PersonID) perm.Citizen {
	return perm.Citizen{Realm: w.a.Realm, Tenant: w.a.ID, Person: p}
}

// pass lets time go by in steps of at most five hours, with the jobs running.
func (w *town) pass(d time.Duration) error {
	for d > 0 {
		n := min(d, 5*time.Hour)
		d -= n
		w.c.Advance(n)
		if _, err := w.jobs.Drain(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

func (w *town) kasse() perm.Staff {
	return perm.Staff{Realm: w.a.Realm, Tenant: w.a.ID, Staff: "s", Grants: []perm.Grant{{Role: perm.Treasurer}}}
}

// inpayment is what the Kasse says when 12,50 € were received today.
func (w *town) inpayment() payments.Inpayment {
	return payments.Inpayment{Way: payments.WayCash, Amount: 1250, Day: clock.Date(w.c.Now()), Voucher: "5.0100.000123", Note: pii.New("am Schalter 3")}
}

// count answers a question about all tenants.
func (w *town) count(t testing.TB, q string, args ...any) (n int) {
	t.Helper()
	if err := w.d.View(context.Background(), db.Across("", "a test counts"), func(tx *db.Tx) error {
		return tx.QueryRow(context.Background(), q, args...).Scan(&n)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func (w *town) attempts(c ident.CaseID) (out []payments.Payment, err error) {
	err = w.d.View(context.Background(), w.a.Scope(), func(tx *db.Tx) error {
		out, err = w.s.ForCase(context.Background(), tx, c)
		return err
	})
	return out, err
}

var errViolated = errors.New("violated")

// logged fails unless the treasurer has exactly one entry of an action.
func (w *town) logged(t testing.TB, action, detail string, of ident.PaymentID) {
	t.Helper()
	n := 0
	if err := w.d.View(t.Context(), w.a.Scope(), func(tx *db.Tx) error {
		list, err := audit.List(t.Context(), tx, 0, 100)
		for _, e := range list {
			if e.Action == action {
				n++
				if e.Detail != detail || e.Actor != "staff:s" || e.Object != "payment:"+string(of) {
					t.Errorf("%+v", e)
				}
			}
		}
		return err
	}); err != nil || n != 1 {
		t.Errorf("%d entries of %s in the log, %v", n, action, err)
	}
}
