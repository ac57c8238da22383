package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/delivery"
	"stadttor/internal/delivery/deliverytest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

var op = perm.System{Name: "test"}

// town is a tenant with the feature, a partner and who builds parcels.
type town struct {
	t       *testing.T
	d       *db.DB
	c       *clock.Fake
	dir     *tenancy.Directory
	tenant  tenancy.Tenant
	svc     *delivery.Service
	runner  *jobs.Runner
	partner *partner
	number  ident.Number
	gaveUp  int
}

// partner counts what arrives.
type partner struct {
	mu      sync.Mutex
	fail    error
	arrived []delivery.Parcel
	lose    int // answers lost after the parcel was kept
}

func (p *partner) Deliver(_ context.Context, x delivery.Parcel) (delivery.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return delivery.Receipt{}, p.fail
	}
	known := false
	for _, a := range p.arrived {
		known = known || a.ID == x.ID
	}
	if !known {
		p.arrived = append(p.arrived, x)
	}
	if p.lose > 0 {
		p.lose--
		return delivery.Receipt{}, errors.New("connection lost after the effect")
	}
	return delivery.Receipt{Ref: "dms-1"}, nil
}

func (p *partner) events() (out string) {
	for _, a := range p.arrived {
		out += a.Event + " "
	}
	return out
}

func each(t *testing.T, fn func(t *testing.T, w *town)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		ctx := t.Context()
		dir, err := tenancy.OpenDirectory(ctx, d, seal.Random())
		if err != nil {
			t.Fatal(err)
		}
		r, err := dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis-musterland", Name: "Kreis Musterland"})
		if err != nil {
			t.Fatal(err)
		}
		w := &town{t: t, d: d, c: c, dir: dir, partner: &partner{}, number: ident.NewNumber("TOR", 2026)}
		if w.tenant, err = dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: r.ID, Slug: "torhausen", Name: "Stadt Torhausen", Kind: tenancy.KindStadt, Sign: "TOR", ARS: "990010001001"}); err != nil {
			t.Fatal(err)
		}
		if err := dir.SavePortal(ctx, op, w.tenant.Scope(), tenancy.Portal{Tenant: w.tenant.ID, Host: "service.torhausen.localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("Serviceportal Torhausen", "")}}); err != nil {
			t.Fatal(err)
		}
		if err := dir.Reload(ctx); err != nil {
			t.Fatal(err)
		}
		w.svc = delivery.New(delivery.Config{DB: d, Directory: dir, Connectors: map[string]delivery.Factory{
			"test": func(raw json.RawMessage) (delivery.Connector, error) {
				if string(raw) != `{"account":"torhausen"}` {
					return nil, errs.Invalid("delivery.settings")
				}
				return w.partner, nil
			},
		}})
		w.extension("test", true)
		w.runner = jobs.New(jobs.Config{DB: d})
		jobs.Outside(w.runner, "test", func(ctx context.Context, call jobs.Call, j delivery.Due) error {
			return w.svc.Send(ctx, call, w.parcel(j.Case, j.Event))
		}, func(ctx context.Context, tx *db.Tx, j delivery.Due, cause error) error {
			w.gaveUp++
			return w.svc.GiveUp(ctx, tx, j.Parcel, cause)
		})
		fn(t, w)
	})
}

func (w *town) extension(name string, on bool) {
	w.t.Helper()
	if err := w.dir.SaveExtension(w.t.Context(), op, w.tenant.Scope(), tenancy.Extension{Port: delivery.Port, Name: name, Enabled: on, Settings: []byte(`{"account":"torhausen"}`)}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) parcel(c ident.CaseID, event string) delivery.Parcel {
	return delivery.Parcel{Case: c, Number: w.number, Form: "hundesteuer-anmeldung", FormVersion: 1, Event: event, At: dbtest.Start, Files: deliverytest.Parcel().Files[:2]}
}

func (w *town) in(fn func(tx *db.Tx) error) error {
	return w.d.InTx(w.t.Context(), w.tenant.Scope(), fn)
}

func (w *town) plan(c ident.CaseID, events ...string) {
	w.t.Helper()
	for _, e := range events {
		if err := w.in(func(tx *db.Tx) error { return w.svc.Plan(w.t.Context(), tx, c, e) }); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *town) drain() {
	w.t.Helper()
	if _, err := w.runner.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// days lets all attempts of a job pass.
func (w *town) days() {
	for range 30 {
		w.drain()
		w.c.Advance(8 * time.Hour)
	}
	w.drain()
}

func (w *town) status(c ident.CaseID) (out []delivery.Status) {
	w.t.Helper()
	if err := w.d.View(w.t.Context(), w.tenant.Scope(), func(tx *db.Tx) (err error) {
		out, err = w.svc.ForCase(w.t.Context(), tx, c)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// states writes "event=state" in order.
func (w *town) states(c ident.CaseID) (out string) {
	for _, s := range w.status(c) {
		out += s.Event + "=" + s.State + " "
	}
	return out
}

func (w *town) want(c ident.CaseID, want string) {
	w.t.Helper()
	if got := w.states(c); got != want {
		w.t.Errorf("want %s, got %s", want, got)
	}
}

func (w *town) newCase() ident.CaseID { return ident.New[ident.CaseID](w.c.Now()) }

func (w *town) staff(r perm.Role, u ident.UnitID) perm.Staff {
	return perm.Staff{Realm: w.tenant.Realm, Tenant: w.tenant.ID, Staff: ident.New[ident.StaffID](w.c.Now()), Grants: []perm.Grant{{Role: r, Unit: u}}}
}

func TestAPlannedParcelArrivesOnceWithItsReceipt(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		c := w.newCase()
		w.plan(c, delivery.Submitted, delivery.Submitted)
		w.want(c, "submitted=waiting ")
		w.drain()
		w.want(c, "submitted=delivered ")
		s := w.status(c)[0]
		if s.Ref != "dms-1" || s.Attempts != 1 || s.Connector != "test" || s.Number != w.number || s.Failure != "" || !s.EndedAt.Equal(w.c.Now()) {
			t.Errorf("%+v", s)
		}
		got := w.partner.arrived
		if len(got) != 1 || got[0].ID != s.ID || got[0].Tenant != w.tenant.ID || got[0].Authority != "Stadt Torhausen" || got[0].ARS != "990010001001" {
			t.Errorf("%+v", got)
		}
		// a second run of the job, as after a lost lease
		if err := w.svc.Send(t.Context(), jobs.Call{Scope: w.tenant.Scope(), Realm: w.tenant.Realm, Tenant: w.tenant.ID}, w.parcel(c, delivery.Submitted)); err != nil || len(w.partner.arrived) != 1 {
			t.Errorf("second run: %v, %d parcels", err, len(w.partner.arrived))
		}
	})
}

func TestAPlanIsKeptOrLostWithTheVerb(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		c := w.newCase()
		if err := w.in(func(tx *db.Tx) error {
			if err := w.svc.Plan(t.Context(), tx, c, delivery.Submitted); err != nil {
				return err
			}
			return errors.New("the verb failed")
		}); err == nil {
			t.Fatal("committed")
		}
		w.drain()
		w.want(c, "")
		if len(w.partner.arrived) != 0 {
			t.Error("sent what was never decided")
		}
		if err := w.in(func(tx *db.Tx) error { return w.svc.Plan(t.Context(), tx, c, "exploded") }); err == nil {
			t.Error("an unknown event was planned")
		}
	})
}

func TestALostAnswerMakesNoSecondParcel(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		c := w.newCase()
		w.partner.lose = 3
		w.plan(c, delivery.Submitted)
		w.drain()
		if s := w.status(c)[0]; s.State != delivery.Waiting || s.Failure != "delivery.failed" || s.Attempts != 1 {
			t.Errorf("%+v", s)
		}
		w.days()
		w.want(c, "submitted=delivered ")
		if len(w.partner.arrived) != 1 || w.status(c)[0].Attempts != 4 {
			t.Errorf("%d parcels, %+v", len(w.partner.arrived), w.status(c)[0])
		}
	})
}

func TestParcelsOfACaseArriveInTheOrderOfItsEvents(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		c, other := w.newCase(), w.newCase()
		w.partner.fail = errs.Unavailable("partner.down", errors.New("503"))
		w.plan(c, delivery.Submitted)
		w.drain()
		w.plan(c, "replied:1", "replied:2", delivery.Decided)
		w.drain()
		w.partner.fail = nil
		w.plan(other, delivery.Submitted)
		w.drain()
		w.want(other, "submitted=delivered ")
		w.want(c, "submitted=waiting replied:1=waiting replied:2=waiting decided=waiting ")
		if f := w.status(c)[1].Failure; f != "delivery.earlier-waiting" {
			t.Errorf("why the second waits: %s", f)
		}
		w.days()
		w.want(c, "submitted=delivered replied:1=delivered replied:2=delivered decided=delivered ")
		if got := w.partner.events(); got != "submitted submitted replied:1 replied:2 decided " {
			t.Errorf("order: %s", got)
		}
	})
}

func TestWhatIsGivenUpIsAHumansTaskAndGoesOnAfterIt(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		c := w.newCase()
		w.partner.fail = errs.Unavailable("partner.down", errors.New("503"))
		w.plan(c, delivery.Submitted, delivery.Decided)
		w.days()
		w.want(c, "submitted=failed decided=failed ")
		if s := w.status(c); w.gaveUp != 2 || s[0].Failure != "partner.down" || s[0].Attempts != jobs.DefaultAttempts || s[1].Attempts != 0 {
			t.Errorf("gave up %d times, %+v", w.gaveUp, s)
		}
		list, err := w.svc.List(t.Context(), w.staff(perm.Administrator, ""), delivery.Failed)
		if err != nil || len(list) != 2 {
			t.Errorf("worklist: %+v %v", list, err)
		}
		w.partner.fail = nil
		first := w.status(c)[0].ID
		if err := w.in(func(tx *db.Tx) error {
			return w.svc.Resend(t.Context(), tx, w.staff(perm.Caseworker, "unit-a"), "unit-a", first)
		}); err != nil {
			t.Fatal(err)
		}
		w.drain()
		w.want(c, "submitted=delivered decided=delivered ")
		if w.partner.arrived[0].ID != first {
			t.Error("another ID after sending by hand")
		}
		if broken, err := audit.Verify(t.Context(), w.d, w.tenant.Scope(), nil); err != nil || len(broken) > 0 {
			t.Error(broken, err)
		}
	})
}

func TestADeliveredParcelStaysDelivered(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		c := w.newCase()
		w.plan(c, delivery.Submitted)
		w.drain()
		if err := w.in(func(tx *db.Tx) error {
			return w.svc.GiveUp(t.Context(), tx, w.status(c)[0].ID, errors.New("late"))
		}); err != nil {
			t.Fatal(err)
		}
		w.want(c, "submitted=delivered ")
	})
}

func TestWithoutConnectorTheCaseIsWorkedInThePortal(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		c := w.newCase()
		w.extension("test", false)
		w.plan(c, delivery.Submitted, delivery.Decided)
		w.drain()
		w.want(c, "submitted=none decided=none ")
		if len(w.partner.arrived) != 0 {
			t.Error("a switched-off connector was called")
		}
		w.extension("test", true)
		if err := w.in(func(tx *db.Tx) error {
			return w.svc.Resend(t.Context(), tx, w.staff(perm.Lead, ""), "unit-a", w.status(c)[0].ID)
		}); err != nil {
			t.Fatal(err)
		}
		w.drain()
		w.want(c, "submitted=delivered decided=none ")
	})
}

func TestAConnectorThisProgramLacksIsSaid(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		c := w.newCase()
		w.extension("test", false)
		w.extension("cmis", true)
		w.plan(c, delivery.Submitted)
		w.drain()
		if s := w.status(c)[0]; s.State != delivery.Waiting || s.Failure != "delivery.connector-unknown" {
			t.Errorf("%+v", s)
		}
	})
}

func TestWhoMaySendAgainAndSeeTheList(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		c := w.newCase()
		w.plan(c, delivery.Submitted)
		w.drain()
		id := w.status(c)[0].ID
		for _, x := range []struct {
			role         perm.Role
			unit         ident.UnitID
			resend, list bool
		}{
			{perm.Caseworker, "unit-a", true, false},
			{perm.Caseworker, "unit-b", false, false},
			{perm.Caseworker, "", true, true},
			{perm.Lead, "unit-a", true, false},
			{perm.Administrator, "", true, true},
			{perm.Auditor, "", false, true},
			{perm.Treasurer, "", false, false},
			{perm.Editor, "", false, false},
		} {
			name := fmt.Sprintf("%s of %q", x.role, x.unit)
			a := w.staff(x.role, x.unit)
			err := w.in(func(tx *db.Tx) error { return w.svc.Resend(t.Context(), tx, a, "unit-a", id) })
			if x.resend && err != nil || !x.resend && !errs.Is(err, errs.KindForbidden) {
				t.Errorf("%s sends again: %v", name, err)
			}
			if x.resend {
				if err := w.in(func(tx *db.Tx) error { return w.svc.Resend(t.Context(), tx, a, "unit-a", id) }); !errs.Is(err, errs.KindConflict) {
					t.Errorf("%s sends what waits: %v", name, err)
				}
			}
			w.drain()
			list, err := w.svc.List(t.Context(), a, "")
			if x.list && (err != nil || len(list) != 1) || !x.list && !errs.Is(err, errs.KindForbidden) {
				t.Errorf("%s lists: %v %v", name, list, err)
			}
		}
		if len(w.partner.arrived) != 1 {
			t.Errorf("%d parcels", len(w.partner.arrived))
		}
	})
}

func TestAForeignTenantSeesNoParcel(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		c := w.newCase()
		w.plan(c, delivery.Submitted)
		w.drain()
		id := w.status(c)[0].ID
		other, err := w.dir.CreateTenant(t.Context(), op, tenancy.Tenant{Realm: w.tenant.Realm, Slug: "aulenried", Name: "Aulenried", Kind: tenancy.KindGemeinde, Sign: "AUL", ARS: "990010001002"})
		if err != nil {
			t.Fatal(err)
		}
		a := perm.Staff{Realm: other.Realm, Tenant: other.ID, Grants: []perm.Grant{{Role: perm.Administrator}}}
		err = w.d.InTx(t.Context(), a.Scope(), func(tx *db.Tx) error { return w.svc.Resend(t.Context(), tx, a, "", id) })
		if !errs.Is(err, errs.KindNotFound) {
			t.Errorf("sends again: %v", err)
		}
		err = w.d.InTx(t.Context(), a.Scope(), func(tx *db.Tx) error { return w.svc.GiveUp(t.Context(), tx, id, errors.New("x")) })
		if !errs.Is(err, errs.KindNotFound) {
			t.Errorf("gives up: %v", err)
		}
		err = w.svc.Send(t.Context(), jobs.Call{Scope: other.Scope(), Realm: other.Realm, Tenant: other.ID}, w.parcel(c, delivery.Submitted))
		if !errs.Is(err, errs.KindNotFound) {
			t.Errorf("sends: %v", err)
		}
		if list, err := w.svc.List(t.Context(), a, ""); err != nil || len(list) != 0 {
			t.Errorf("lists: %v %v", list, err)
		}
	})
}

func FuzzAPlainNameIsOneName(f *testing.F) {
	for _, s := range []string{"antrag.pdf", "../x", "a/b", "nul.pdf", "COM1", ".x", "x.", "ä.pdf", "a\x00b", "parcel.json"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		p := deliverytest.Parcel()
		p.Files[0].Name = name
		if p.Check() != nil {
			return
		}
		for i, c := range []byte(name) {
			if c < '-' || c > 'z' || c == '/' || c == '\\' || c == ':' || i == 0 && c == '.' {
				t.Errorf("%q was taken", name)
			}
		}
	})
}
