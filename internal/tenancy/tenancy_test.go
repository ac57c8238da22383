package tenancy_test

import (
	"testing"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/clock/clocktest"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

var op = perm.System{Name: "test"}

func found(t *testing.T, d *db.DB, root seal.Key) (*tenancy.Directory, tenancy.Tenant) {
	t.Helper()
	ctx := t.Context()
	dir, err := tenancy.OpenDirectory(ctx, d, root)
	if err != nil {
		t.Fatal(err)
	}
	r, err := dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis-musterland", Name: "Kreis Musterland"})
	if err != nil {
		t.Fatal(err)
	}
	ten, err := dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: r.ID, Slug: "torhausen", Name: "Stadt Torhausen", Kind: tenancy.KindStadt, Sign: "TOR", ARS: "990010001001",
		Settings: tenancy.Settings{ShortName: "Torhausen", Places: []tenancy.Place{{PLZ: "00101", Name: "Torhausen", District: "Mühlgrund"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.SavePortal(ctx, op, ten.Scope(), tenancy.Portal{Tenant: ten.ID, Host: "service.torhausen.localhost",
		PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("Serviceportal Torhausen", "")}}); err != nil {
		t.Fatal(err)
	}
	if err := dir.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	return dir, ten
}

func TestAHostOpensExactlyItsPortal(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		dir, ten := found(t, d, seal.Random())
		for host, want := range map[string]bool{
			"service.torhausen.localhost": true, "service.torhausen.localhost:8080": true, "SERVICE.Torhausen.localhost.": true,
			"": false, "localhost": false, "torhausen.localhost": false, "service.torhausen.localhost.evil.example": false, "service.torhausen.localhost:x": false,
			"service.torhausen.localhost:123456": false, "service.torhausen.localhost@evil": false, "service.torhausen.localhost/": false, "[::1]:80": false, "service.torhausen.localhost..": false, "sérvice.torhausen.localhost": false,
			"service.torhausen.localhost\x00": false, " service.torhausen.localhost": false,
		} {
			door, ok := dir.ByHost(host)
			if ok != want || (ok && door.Tenant.ID != ten.ID) {
				t.Errorf("%q: %v", host, ok)
			}
		}
	})
}

func TestAPortalIsChangedByItsOwnStaffOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		dir, ten := found(t, d, seal.Random())
		door, _ := dir.DoorOf(ten.ID)
		admin := perm.Staff{Realm: ten.Realm, Tenant: ten.ID, Grants: []perm.Grant{{Role: perm.Administrator}}}
		foreign := perm.Staff{Realm: ten.Realm, Tenant: "other", Grants: admin.Grants}
		editor := perm.Staff{Realm: ten.Realm, Tenant: ten.ID, Grants: []perm.Grant{{Role: perm.Editor}}}
		for name, a := range map[string]perm.Actor{"foreign": foreign, "editor": editor, "citizen": perm.Citizen{}} {
			if err := dir.SavePortal(t.Context(), a, ten.Scope(), door.Portal); !errs.Is(err, errs.KindForbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
		bad := door.Portal
		bad.Look.Light.Action = "#ffff00"
		if err := dir.SavePortal(t.Context(), admin, ten.Scope(), bad); !errs.Is(err, errs.KindInvalid) || len(errs.FieldsOf(err)) == 0 {
			t.Errorf("yellow on white was taken: %v", err)
		}
		if err := dir.SavePortal(t.Context(), admin, ten.Scope(), door.Portal); err != nil {
			t.Fatal(err)
		}
		if err := dir.SavePortal(t.Context(), admin, ten.Scope(), door.Portal); !errs.Is(err, errs.KindConflict) {
			t.Errorf("second editor of the same version: %v", err)
		}
	})
}

func TestPublishedChangesReachTheOtherNode(t *testing.T) {
	if len(dbtest.Engines()) < 2 {
		t.Skip("PostgreSQL left out on purpose")
	}
	url, root := dbtest.URL(t, "postgres"), seal.Random()
	open := func() *db.DB {
		d, err := db.Open(t.Context(), db.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		return d
	}
	one, ten := found(t, open(), root)
	d2 := open()
	two, err := tenancy.OpenDirectory(t.Context(), d2, root)
	if err != nil {
		t.Fatal(err)
	}
	changed := make(chan struct{}, 8)
	go two.Follow(t.Context(), nil, func() { changed <- struct{}{} })
	time.Sleep(200 * time.Millisecond) // LISTEN is on its way
	door, _ := one.DoorOf(ten.ID)
	door.Portal.Opening = "Neu"
	if err := one.SavePortal(t.Context(), op, ten.Scope(), door.Portal); err != nil {
		t.Fatal(err)
	}
	clocktest.Soon(t, "the new text on the other node", func() bool {
		door, _ := two.DoorOf(ten.ID)
		return len(changed) > 0 && door.Portal.Opening == "Neu"
	})
}

func TestSettingsOfExtensionsAreSealed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		root := seal.Random()
		dir, ten := found(t, d, root)
		if err := dir.SaveExtension(t.Context(), op, ten.Scope(), tenancy.Extension{Port: "payment", Name: "demo", Enabled: true, Settings: []byte(`{"secret":"x"}`)}); err != nil {
			t.Fatal(err)
		}
		if err := d.View(t.Context(), ten.Scope(), func(tx *db.Tx) error {
			list, err := dir.Extensions(t.Context(), tx, "payment")
			if err != nil || len(list) != 1 || string(list[0].Settings) != `{"secret":"x"}` {
				t.Error(list, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := tenancy.OpenDirectory(t.Context(), d, seal.Random()); err == nil {
			t.Error("another root key opened the tenants")
		}
	})
}

func TestAPlaceLeadsToItsPortal(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		dir, ten := found(t, d, seal.Random())
		for q, want := range map[string]int{"00101": 1, "torhausen": 1, "00101 Torhausen": 1, "muehl": 1, "Mühlgrund": 1, "stadt tor": 1, "": 0, "00199": 0, "x": 0} {
			if got := dir.AtPlace(ten.Realm, q); len(got) != want {
				t.Errorf("%q: %d doors", q, len(got))
			}
		}
		if got := dir.AtPlace("other", "00101"); len(got) != 0 {
			t.Error("another realm's place")
		}
	})
}

func TestAnAccountHostOpensTheRealmAndNoPortal(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		ctx := t.Context()
		dir, ten := found(t, d, seal.Random())
		const host = "konto.kreis-musterland.localhost"
		realm, _ := dir.Realm(ten.Realm)
		for bad, kind := range map[string]errs.Kind{"service.torhausen.localhost": errs.KindConflict, "Konto.localhost": errs.KindInvalid, "konto.localhost:80": errs.KindInvalid, "a b": errs.KindInvalid} {
			realm.AccountHost = bad
			if err := dir.SaveRealm(ctx, op, realm); !errs.Is(err, kind) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		realm.AccountHost = host
		if err := dir.SaveRealm(ctx, op, realm); err != nil {
			t.Fatal(err)
		}
		if err := dir.Reload(ctx); err != nil {
			t.Fatal(err)
		}
		// found gives the realm no lead: nobody answers for its accounts.
		if _, ok := dir.AccountByHost(host); ok {
			t.Error("an account host of a realm for which nobody answers")
		}
		if err := dir.SavePortal(ctx, op, ten.Scope(), tenancy.Portal{Tenant: ten.ID, Host: host, PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("X", "")}}); !errs.Is(err, errs.KindConflict) {
			t.Errorf("a portal took the account host: %v", err)
		}
		led, err := dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "led", Name: "Led", Lead: "vorn", AccountHost: "konto.led.localhost"})
		if err != nil {
			t.Fatal(err)
		}
		vorn, err := dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: led.ID, Slug: "vorn", Name: "Vorn", Kind: tenancy.KindStadt, Sign: "VOR", ARS: "990010001002"})
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.SavePortal(ctx, op, vorn.Scope(), tenancy.Portal{Tenant: vorn.ID, Host: "service.vorn.localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("Vorn", "")}}); err != nil {
			t.Fatal(err)
		}
		if err := dir.Reload(ctx); err != nil {
			t.Fatal(err)
		}
		for h, want := range map[string]bool{"konto.led.localhost": true, "KONTO.led.localhost:8080": true, "service.vorn.localhost": false, host: false, "konto.led.localhost.evil.example": false, "": false} {
			door, ok := dir.AccountByHost(h)
			if ok != want || ok && (!door.Account || door.Realm.ID != led.ID || door.Portal.ID != "" || door.Portal.Look.Name != "Vorn") {
				t.Errorf("%q: %v %v", h, ok, door.Portal.Host)
			}
		}
		if _, ok := dir.ByHost("konto.led.localhost"); ok {
			t.Error("the account host opens a portal")
		}
		if door, ok := dir.AccountDoor(led.ID); !ok || door.Portal.Host != "konto.led.localhost" {
			t.Error("the realm does not know its account host")
		}
		// Accounts are sealed by the lead's key: another one could open none of them.
		led.Lead = "torhausen"
		if err := dir.SaveRealm(ctx, op, led); !errs.Is(err, errs.KindConflict) {
			t.Errorf("another lead: %v", err)
		}
		if err := dir.SaveRealm(ctx, op, tenancy.Realm{ID: "nowhere", Name: "X"}); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("a realm that is not there: %v", err)
		}
	})
}

func TestATenantGetsAnotherNameAndKeepsSlugAndSign(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		ctx := t.Context()
		dir, ten := found(t, d, seal.Random())
		was := ten
		// Somebody saves a fee meanwhile: nil Params do not undo it.
		if err := dir.SaveParams(ctx, op, ten, "fest", nil, map[string]any{"satz": 5}); err != nil {
			t.Fatal(err)
		}
		ten.Slug, ten.Sign, ten.Name, ten.Kind, ten.ARS, ten.DraftDays = "anders", "XXX", "Gemeinde Torhausen", tenancy.KindGemeinde, "990010001009", 7
		for name, actor := range map[string]perm.Actor{
			"its administrator": perm.Staff{Realm: ten.Realm, Tenant: ten.ID, Grants: []perm.Grant{{Role: perm.Administrator}}},
			"nobody":            nil,
		} {
			if err := dir.SaveSettings(ctx, actor, ten); !errs.Is(err, errs.KindForbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := dir.SaveSettings(ctx, op, ten); err != nil {
			t.Fatal(err)
		}
		if err := dir.Reload(ctx); err != nil {
			t.Fatal(err)
		}
		got, ok := dir.TenantBySlug(was.Slug)
		if !ok || got.Name != ten.Name || got.Kind != ten.Kind || got.ARS != ten.ARS || got.DraftDays != 7 || got.Sign != was.Sign || got.Params["fest"]["satz"] != 5.0 {
			t.Errorf("%v %+v", ok, got)
		}
		if list := dir.Portals(ten.ID); len(list) != 1 || list[0].Tenant != ten.ID || len(dir.Portals("other")) != 0 {
			t.Errorf("portals: %+v", list)
		}
		ten.ARS = "99"
		if err := dir.SaveSettings(ctx, op, ten); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("a short ARS: %v", err)
		}
	})
}
