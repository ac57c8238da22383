package accounts_test

import (
	"testing"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/demo"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
)

const extra = "eigen"

// withExtra is the house with a second method that staff are offered only where
// their authority wants it.
func withExtra(t *testing.T, d *db.DB, c *clock.Fake) house {
	h := build(t, d, c)
	h.s = accounts.New(accounts.Config{DB: d, Directory: h.dir, Methods: []accounts.Named{
		{Name: demo.Name, Title: "Demo", Method: h.p, Citizens: true, Staff: true},
		{Name: extra, Title: "Eigen", Method: h.p, Citizens: true, Staff: true, OptIn: true}}})
	return h
}

func (h house) staff(role perm.Role) perm.Staff {
	return perm.Staff{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID, Staff: "x", Grants: []perm.Grant{{Role: role}}}
}

// enter signs kai in at the first authority; it gives his cookie.
func (h house) enter(t *testing.T, method string) (string, error) {
	t.Helper()
	begun, browser, err := h.s.BeginStaff(t.Context(), h.a, "", method, "http://x/verwaltung/anmelden/zurueck/"+method, "/verwaltung")
	if err != nil {
		return "", err
	}
	secret, _, err := h.s.FinishStaff(t.Context(), h.a, browser, method, "", h.choose(t, begun.Redirect, "kai", perm.LevelBasis))
	return secret, err
}

func TestAnAuthorityChoosesTheMethodsOfItsStaff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := withExtra(t, d, c), t.Context()
		admin := h.staff(perm.Administrator)
		on := accounts.Choice{Name: extra, Offered: true}
		stop := accounts.Choice{Name: extra, Offered: true, Stopped: true, Notice: "Heute gestört."}
		for name, x := range map[string]struct {
			actor perm.Actor
			door  tenancy.Door
			c     accounts.Choice
			kind  errs.Kind
		}{
			"a caseworker":              {h.staff(perm.Caseworker), h.a, on, errs.KindForbidden},
			"an editor of the portal":   {h.staff(perm.Editor), h.a, on, errs.KindForbidden},
			"another authority's":       {admin, h.b, on, errs.KindForbidden},
			"a citizen":                 {perm.Citizen{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID, Person: "x"}, h.a, on, errs.KindForbidden},
			"a method that is not here": {admin, h.a, accounts.Choice{Name: "gibtesnicht", Offered: true}, errs.KindNotFound},
			"stopped without a word":    {admin, h.a, accounts.Choice{Name: extra, Offered: true, Stopped: true}, errs.KindInvalid},
			"the only way in":           {admin, h.a, accounts.Choice{Name: demo.Name}, errs.KindConflict},
		} {
			if err := h.s.SaveStaffChoice(ctx, x.actor, x.door, x.c); !errs.Is(err, x.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, method := range []string{demo.Name, extra} {
			if _, err := h.s.SaveStaff(ctx, op, h.a.Tenant, method, "kai", pii.New("Kai"), nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.enter(t, extra); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("begun where nobody switched it on: %v", err)
		}
		if err := h.s.SaveStaffChoice(ctx, admin, h.a, on); err != nil {
			t.Fatal(err)
		}
		for name, choice := range map[string]accounts.Choice{"stopped": stop, "not offered": {Name: extra}} {
			kept, err := h.enter(t, demo.Name)
			if err != nil {
				t.Fatal(err)
			}
			secret, err := h.enter(t, extra)
			if err != nil {
				t.Fatal(err)
			}
			// Somebody stands at the partner's while it is stopped.
			begun, browser, err := h.s.BeginStaff(ctx, h.a, "", extra, "http://x/verwaltung/anmelden/zurueck/"+extra, "/verwaltung")
			if err != nil {
				t.Fatal(err)
			}
			if err := h.s.SaveStaffChoice(ctx, admin, h.a, choice); err != nil {
				t.Fatal(err)
			}
			if _, _, err := h.s.Staff(ctx, h.a, secret); !errs.Is(err, errs.KindForbidden) {
				t.Errorf("%s: the session lives: %v", name, err)
			}
			if _, _, err := h.s.Staff(ctx, h.a, kept); err != nil {
				t.Errorf("%s: a session by the other method ended: %v", name, err)
			}
			if _, _, err := h.s.FinishStaff(ctx, h.a, browser, extra, "", h.choose(t, begun.Redirect, "kai", perm.LevelBasis)); err == nil {
				t.Errorf("%s: who was under way came in", name)
			}
			list, err := h.s.StaffOffers(ctx, h.a)
			if err != nil || len(list) != 2 || list[1].Offered != choice.Offered || list[1].Stopped != choice.Stopped || !list[0].Offered {
				t.Errorf("%s: %+v %v", name, list, err)
			}
			if list, err := h.s.StaffOffers(ctx, h.b); err != nil || list[1].Offered || !list[0].Offered {
				t.Errorf("%s: the other authority: %+v %v", name, list, err)
			}
			if list, err := h.s.Offers(ctx, h.a, h.a.Tenant); err != nil || !list[1].Offered || list[1].Stopped {
				t.Errorf("%s: citizens: %+v %v", name, list, err)
			}
			if err := h.s.SaveStaffChoice(ctx, op, h.a, on); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.s.SaveStaffChoice(ctx, op, h.a, accounts.Choice{Name: extra}); err != nil {
			t.Error(err)
		}
		if err := h.s.SaveStaffChoice(ctx, op, h.a, accounts.Choice{Name: demo.Name}); err != nil {
			t.Errorf("the operator closes the last way: %v", err)
		}
	})
}

func TestAMethodAddsAndHelpsStaffForWhoMayGiveTheirRoles(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := withExtra(t, d, c), t.Context()
		add := func(actor perm.Actor, subject string, list ...perm.Grant) (id ident.StaffID, err error) {
			err = d.InTx(ctx, h.a.Tenant.Scope(), func(tx *db.Tx) error {
				id, err = h.s.AddStaff(ctx, tx, actor, extra, subject, pii.Text{}, list)
				return err
			})
			return id, err
		}
		editor := perm.Grant{Role: perm.Editor}
		if _, err := add(h.staff(perm.Administrator), "s1", editor); errs.KeyOf(err) != "roles.method-off" {
			t.Errorf("where it is not switched on: %v", err)
		}
		first, err := add(op, "s1", perm.Grant{Role: perm.Administrator})
		if err != nil {
			t.Fatal(err)
		}
		if list, err := h.s.StaffOffers(ctx, h.a); err != nil || !list[1].Offered {
			t.Error("the operator's invitation did not switch it on")
		}
		second, err := add(h.staff(perm.Administrator), "s2", editor)
		if err != nil {
			t.Fatal(err)
		}
		for name, x := range map[string]struct {
			actor perm.Actor
			grant perm.Grant
			key   string
		}{
			"a caseworker":         {h.staff(perm.Caseworker), editor, "error.forbidden"},
			"more than one holds":  {h.staff(perm.Administrator), perm.Grant{Role: perm.RealmAdmin}, "roles.not-held"},
			"a role of nobody":     {h.staff(perm.Administrator), perm.Grant{Role: "eigen-x"}, "roles.unknown"},
			"somebody of a realm":  {perm.Citizen{Realm: h.a.Realm.ID}, editor, "error.forbidden"},
			"staff of elsewhere":   {perm.Staff{Realm: h.b.Realm.ID, Tenant: h.b.Tenant.ID, Grants: []perm.Grant{{Role: perm.Administrator}}}, editor, "error.forbidden"},
			"an editor for others": {h.staff(perm.Editor), editor, "error.forbidden"},
		} {
			if _, err := add(x.actor, "s3", x.grant); errs.KeyOf(err) != x.key {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := h.s.SaveStaffChoice(ctx, op, h.a, accounts.Choice{Name: extra, Offered: true, Stopped: true, Notice: "Heute gestört."}); err != nil {
			t.Fatal(err)
		}
		if _, err := add(op, "s4", editor); errs.KeyOf(err) != "roles.method-off" {
			t.Errorf("an invitation undid the kill switch: %v", err)
		}
		managed := func(actor perm.Actor, method string, id ident.StaffID) (subject string, err error) {
			err = d.InTx(ctx, h.a.Tenant.Scope(), func(tx *db.Tx) error {
				subject, err = h.s.Managed(ctx, tx, actor, method, id)
				return err
			})
			return subject, err
		}
		if got, err := managed(h.staff(perm.Administrator), extra, second); err != nil || got != "s2" {
			t.Errorf("%q %v", got, err)
		}
		if _, err := managed(h.staff(perm.Lead), extra, first); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("a lead helps an administrator: %v", err)
		}
		himself := h.staff(perm.Administrator)
		himself.Staff = first
		if _, err := managed(himself, extra, first); errs.KeyOf(err) != "roles.not-own" {
			t.Errorf("himself: %v", err)
		}
		if _, err := managed(op, demo.Name, second); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("by another method: %v", err)
		}
	})
}

func TestStaffSeeAndEndTheirOwnSessionsOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := withExtra(t, d, c), t.Context()
		id, err := h.s.SaveStaff(ctx, op, h.a.Tenant, demo.Name, "kai", pii.Text{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		first, err := h.enter(t, demo.Name)
		if err != nil {
			t.Fatal(err)
		}
		c.Advance(time.Minute)
		second, err := h.enter(t, demo.Name)
		if err != nil {
			t.Fatal(err)
		}
		kai := perm.Staff{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID, Staff: id}
		list, err := h.s.StaffSignIns(ctx, kai, second)
		if err != nil || len(list) != 2 || !list[0].Here || list[1].Here || list[1].Since.After(list[0].Since) {
			t.Fatalf("%+v %v", list, err)
		}
		other := kai
		other.Staff = "somebody"
		if got, err := h.s.StaffSignIns(ctx, other, second); err != nil || len(got) != 0 {
			t.Errorf("a colleague sees %d sessions, %v", len(got), err)
		}
		for name, handle := range map[string]string{"a colleague's": list[1].Handle, "none": "", "unknown": "x"} {
			if err := h.s.EndStaffSession(ctx, other, handle); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("%s ended: %v", name, err)
			}
		}
		if err := h.s.EndStaffSession(ctx, kai, list[1].Handle); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.s.Staff(ctx, h.a, first); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("the ended session lives: %v", err)
		}
		if _, _, err := h.s.Staff(ctx, h.a, second); err != nil {
			t.Errorf("the other one is gone: %v", err)
		}
		c.Advance(2 * time.Hour)
		if list, err = h.s.StaffSignIns(ctx, kai, second); err != nil || len(list) != 0 {
			t.Errorf("what has ended by itself is listed: %+v %v", list, err)
		}
	})
}
