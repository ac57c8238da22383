package accounts_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/demo"
	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// member adds somebody to the first authority.
func (h house) member(t *testing.T, subject string, list ...perm.Grant) ident.StaffID {
	t.Helper()
	id, err := h.s.SaveStaff(t.Context(), op, h.a.Tenant, demo.Name, subject, pii.New("Zz "+subject), list)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// as is that member with what he holds.
func (h house) as(id ident.StaffID, list ...perm.Grant) perm.Staff {
	return perm.Staff{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID, Staff: id, Grants: list}
}

// found is a member as administrators see him.
func (h house) found(t *testing.T, id ident.StaffID) accounts.Member {
	t.Helper()
	list, err := h.s.Members(t.Context(), h.staff(perm.Administrator))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(m accounts.Member) bool { return m.ID == id })
	if i < 0 {
		t.Fatal("the row is gone")
	}
	return list[i]
}

// logged are the actions recorded about a member, oldest first.
func (h house) logged(t *testing.T, id ident.StaffID) (out []string) {
	t.Helper()
	if err := h.d.View(t.Context(), h.a.Tenant.Scope(), func(tx *db.Tx) error {
		list, err := audit.List(t.Context(), tx, 0, 1000)
		for _, e := range list {
			if e.Object == "staff:"+string(id) {
				out = append(out, e.Action)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(out)
	return out
}

// forgetful is a method that keeps credentials of staff itself.
type forgetful struct {
	accounts.Method
	mu     sync.Mutex
	forgot []string
}

func (f *forgetful) ForgetStaff(_ context.Context, tx *db.Tx, _ perm.Actor, subject string) error {
	_ = tx.Tenant() // panics outside a tenant's scope
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forgot = append(f.forgot, subject)
	return nil
}

var admin = perm.Grant{Role: perm.Administrator}

func TestOfWhoeverLeavesNothingButTheNameStays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		kept, other := &forgetful{Method: h.p}, &forgetful{Method: h.p}
		h.s = accounts.New(accounts.Config{DB: d, Directory: h.dir, Methods: []accounts.Named{
			{Name: demo.Name, Title: "Demo", Method: kept, Staff: true}, {Name: extra, Title: "Eigen", Method: other, Staff: true}}})
		chief := h.as(h.member(t, "chief", admin), admin)
		kai := h.member(t, "kai", perm.Grant{Role: perm.Caseworker, Unit: "u1"}, perm.Grant{Role: perm.Editor})
		mia := h.member(t, "mia", perm.Grant{Role: perm.Editor})
		secret, err := h.enter(t, demo.Name)
		if err != nil {
			t.Fatal(err)
		}
		// He stands at the partner's while he is removed.
		begun, browser, err := h.s.BeginStaff(ctx, h.a, "", demo.Name, "http://x/verwaltung/anmelden/zurueck/demo", "/verwaltung")
		if err != nil {
			t.Fatal(err)
		}
		if err := h.s.RemoveStaff(ctx, chief, h.a.Tenant, kai); err != nil {
			t.Fatal(err)
		}
		now := c.Now()
		if _, _, err := h.s.Staff(ctx, h.a, secret); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("his session lives: %v", err)
		}
		if _, _, err := h.s.FinishStaff(ctx, h.a, browser, demo.Name, "", h.choose(t, begun.Redirect, "kai", perm.LevelBasis)); errs.KeyOf(err) != "login.not-staff" {
			t.Errorf("who was under way came in: %v", err)
		}
		if _, err := h.enter(t, demo.Name); errs.KeyOf(err) != "login.not-staff" {
			t.Errorf("he signs in: %v", err)
		}
		var sessions int
		if err := d.View(ctx, h.a.Tenant.Scope(), func(tx *db.Tx) error {
			return tx.QueryRow(ctx, `SELECT count(*) FROM session WHERE tenant_id=$1 AND staff_id=$2`, string(tx.Tenant()), string(kai)).Scan(&sessions)
		}); err != nil || sessions != 0 {
			t.Errorf("%d sessions lie about, %v", sessions, err)
		}
		m := h.found(t, kai)
		if !m.Left() || !m.LeftAt.Equal(now) || m.Active || len(m.Grants) != 0 || m.Method != "" || m.Subject.Reveal() == "kai" || m.Name.Reveal() != "Zz kai" {
			t.Errorf("%+v", m)
		}
		if names, err := h.s.Names(ctx, h.as(mia)); err != nil || names[kai].Reveal() != "Zz kai" {
			t.Errorf("the files do not say who decided: %v", err)
		}
		if list, err := h.s.MembersOf(ctx, op, h.a.Tenant); err != nil || len(list) != 2 {
			t.Errorf("the operator sees %d, %v", len(list), err)
		}
		if !slices.Equal(kept.forgot, []string{"kai"}) || other.forgot != nil {
			t.Errorf("forgotten: %v, by another method %v", kept.forgot, other.forgot)
		}
		want := []string{"staff.grant", "staff.grant", "staff.save", "staff.revoke", "staff.revoke", "staff.leave"}
		if got := h.logged(t, kai); !slices.Equal(got[:3], want[:3]) || !slices.Equal(got[len(got)-3:], want[3:]) {
			t.Errorf("recorded: %v", got)
		}
		auditor := h.as("auditor", perm.Grant{Role: perm.Auditor})
		told := func() (n int) {
			t.Helper()
			rows, err := jobs.List(ctx, d, auditor, "", 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				if r.Kind == "accounts.StaffLeft" && r.Key == string(kai) {
					n++
				}
			}
			return n
		}
		if n := told(); n != 1 {
			t.Errorf("told %d times", n)
		}

		// Again is no harm, and what is over stays over.
		entries := len(h.logged(t, kai))
		if err := h.s.RemoveStaff(ctx, chief, h.a.Tenant, kai); err != nil {
			t.Errorf("again: %v", err)
		}
		if again := h.found(t, kai); told() != 1 || len(h.logged(t, kai)) != entries || !again.LeftAt.Equal(now) || len(kept.forgot) != 1 {
			t.Errorf("again changed something: %+v", again)
		}
		for name, err := range map[string]error{
			"let in again": h.s.SetActive(ctx, op, h.a.Tenant, kai, true),
			"blocked":      h.s.SetActive(ctx, op, h.a.Tenant, kai, false),
			"saved": func() error {
				_, err := h.s.SaveStaff(ctx, op, h.a.Tenant, m.Method, m.Subject.Reveal(), pii.New("Wieder da"), []perm.Grant{admin})
				return err
			}(),
		} {
			if errs.KeyOf(err) != "roles.left" || !errs.Is(err, errs.KindConflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, method := range []string{demo.Name, ""} {
			if err := d.InTx(ctx, h.a.Tenant.Scope(), func(tx *db.Tx) error {
				_, err := h.s.Managed(ctx, tx, op, method, kai)
				return err
			}); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("helped to an access by %q: %v", method, err)
			}
		}
		if m := h.found(t, kai); m.Active || len(m.Grants) != 0 || m.Name.Reveal() != "Zz kai" {
			t.Errorf("%+v", m)
		}

		// The same person comes back as somebody new, with nothing of before.
		back := h.member(t, "kai")
		if back == kai {
			t.Fatal("the old row came to life")
		}
		if secret, err = h.enter(t, demo.Name); err != nil {
			t.Fatal(err)
		}
		if who, _, err := h.s.Staff(ctx, h.a, secret); err != nil || who.Staff != back || len(who.Grants) != 0 {
			t.Errorf("%+v %v", who, err)
		}
		if err := h.s.RemoveStaff(ctx, chief, h.a.Tenant, back); err != nil {
			t.Errorf("and leaves a second time: %v", err)
		}
		if m := h.found(t, kai); !m.LeftAt.Equal(now) {
			t.Errorf("%+v", m)
		}
	})
}

func TestWhoMayRemoveWhom(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		lead := perm.Grant{Role: perm.Lead, Unit: "u1"}
		chief := h.as(h.member(t, "chief", admin), admin)
		desk := h.member(t, "desk", perm.Grant{Role: perm.Caseworker, Unit: "u1"})
		away := h.member(t, "away", perm.Grant{Role: perm.Caseworker, Unit: "u2"})
		auditor := h.member(t, "auditor", perm.Grant{Role: perm.Auditor})
		head := h.member(t, "head", lead)
		for name, x := range map[string]struct {
			actor perm.Actor
			door  string
			whom  ident.StaffID
			key   string
			kind  errs.Kind
		}{
			"himself":                            {chief, "a", chief.Staff, "roles.not-own", errs.KindForbidden},
			"a lead, somebody of another office": {h.as(head, lead), "a", away, "roles.not-held", errs.KindForbidden},
			"a lead, an administrator":           {h.as(head, lead), "a", chief.Staff, "roles.not-held", errs.KindForbidden},
			"an administrator, who audits him":   {chief, "a", auditor, "roles.not-held", errs.KindForbidden},
			"a caseworker":                       {h.as(desk, perm.Grant{Role: perm.Caseworker}), "a", away, "error.forbidden", errs.KindForbidden},
			"a citizen":                          {perm.Citizen{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID, Person: "x"}, "a", desk, "error.forbidden", errs.KindForbidden},
			"an administrator of elsewhere":      {perm.Staff{Realm: h.b.Realm.ID, Tenant: h.b.Tenant.ID, Staff: "y", Grants: []perm.Grant{admin}}, "a", desk, "error.forbidden", errs.KindForbidden},
			"… at his own authority":             {perm.Staff{Realm: h.b.Realm.ID, Tenant: h.b.Tenant.ID, Staff: "y", Grants: []perm.Grant{admin}}, "b", desk, "", errs.KindNotFound},
			"nobody":                             {chief, "a", "gibtesnicht", "", errs.KindNotFound},
		} {
			tenant := h.a.Tenant
			if x.door == "b" {
				tenant = h.b.Tenant
			}
			if err := h.s.RemoveStaff(ctx, x.actor, tenant, x.whom); !errs.Is(err, x.kind) || x.key != "" && errs.KeyOf(err) != x.key {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, id := range []ident.StaffID{chief.Staff, desk, away, auditor, head} {
			if m := h.found(t, id); m.Left() || len(m.Grants) != 1 {
				t.Errorf("a refusal changed %+v", m)
			}
		}
		if err := h.s.RemoveStaff(ctx, h.as(head, lead), h.a.Tenant, desk); err != nil {
			t.Errorf("a lead, somebody of his office: %v", err)
		}
		if err := h.s.RemoveStaff(ctx, op, h.a.Tenant, auditor); err != nil {
			t.Errorf("the operator: %v", err)
		}
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	own := func(h house, t *testing.T) perm.Grant {
		t.Helper()
		rights := perm.SetOf(perm.GrantRoles, perm.EditContent)
		role, err := h.s.SaveOwnRole(t.Context(), h.staff(perm.Administrator), accounts.OwnRole{Title: "Vertretung", Rights: rights})
		if err != nil {
			t.Fatal(err)
		}
		return perm.Grant{Role: role}
	}
	for name, x := range map[string]struct {
		others func(h house, t *testing.T) []perm.Grant // what one colleague holds
		stays  bool
	}{
		"nobody else":                               {nil, true},
		"a lead of one office is none":              {func(house, *testing.T) []perm.Grant { return []perm.Grant{{Role: perm.Lead, Unit: "u1"}} }, true},
		"an administrator for one service is none":  {func(house, *testing.T) []perm.Grant { return []perm.Grant{{Role: perm.Administrator, Service: "hund"}} }, true},
		"an editor of everything is none":           {func(house, *testing.T) []perm.Grant { return []perm.Grant{{Role: perm.Editor}} }, true},
		"a second administrator":                    {func(house, *testing.T) []perm.Grant { return []perm.Grant{admin} }, false},
		"one by a role of the authority's own":      {func(h house, t *testing.T) []perm.Grant { return []perm.Grant{own(h, t)} }, false},
		"the administration of the realm, employed": {func(house, *testing.T) []perm.Grant { return []perm.Grant{{Role: perm.RealmAdmin}} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
				h, ctx := build(t, d, c), t.Context()
				last := h.member(t, "last", admin)
				if x.others != nil {
					h.member(t, "other", x.others(h, t)...)
				}
				// Whoever asks was an administrator when his page was loaded.
				gone := h.as("gone", admin)
				save := func(actor perm.Actor, list ...perm.Grant) error {
					_, err := h.s.SaveStaff(ctx, actor, h.a.Tenant, demo.Name, "last", pii.New("Zz last"), list)
					return err
				}
				verbs := map[string]func(perm.Actor) error{
					"demoted": func(a perm.Actor) error { return save(a, perm.Grant{Role: perm.Administrator, Unit: "u1"}) },
					"blocked": func(a perm.Actor) error { return h.s.SetActive(ctx, a, h.a.Tenant, last, false) },
					"removed": func(a perm.Actor) error { return h.s.RemoveStaff(ctx, a, h.a.Tenant, last) },
				}
				if err := save(gone, admin, perm.Grant{Role: perm.Editor}); err != nil {
					t.Errorf("given more: %v", err)
				}
				for _, verb := range []string{"demoted", "blocked", "removed"} {
					err := verbs[verb](gone)
					if refused := errs.Is(err, errs.KindConflict) && errs.KeyOf(err) == "roles.last-administrator"; refused != x.stays || !refused && err != nil {
						t.Errorf("%s: %v", verb, err)
					}
					if m := h.found(t, last); x.stays && (m.Left() || !m.Active || len(m.Grants) != 2) {
						t.Errorf("%s: %+v", verb, m)
					}
					if x.stays || verb == "removed" {
						continue
					}
					if err := save(op, admin); err != nil {
						t.Fatal(err)
					}
					if err := h.s.SetActive(ctx, op, h.a.Tenant, last, true); err != nil {
						t.Fatal(err)
					}
				}
				if !x.stays {
					return
				}
				for _, verb := range []string{"demoted", "blocked", "removed"} {
					if err := verbs[verb](op); err != nil {
						t.Errorf("the operator, %s: %v", verb, err)
					}
				}
			})
		})
	}
}

// Who is blocked administers nothing: he does not count, and may be removed.
func TestABlockedAdministratorDoesNotCount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		first, second := h.member(t, "first", admin), h.member(t, "second", admin)
		if err := h.s.SetActive(ctx, h.as(first, admin), h.a.Tenant, second, false); err != nil {
			t.Fatal(err)
		}
		if err := h.s.RemoveStaff(ctx, h.as(second, admin), h.a.Tenant, first); errs.KeyOf(err) != "roles.last-administrator" {
			t.Errorf("by one who was blocked meanwhile: %v", err)
		}
		if err := h.s.RemoveStaff(ctx, h.as(first, admin), h.a.Tenant, second); err != nil {
			t.Errorf("the blocked one: %v", err)
		}
	})
}

func TestTwoAdministratorsWhoRemoveEachOtherLeaveOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		ids := []ident.StaffID{h.member(t, "first", admin), h.member(t, "second", admin)}
		for round := range 5 {
			var wg sync.WaitGroup
			var out [2]error
			for i := range ids {
				wg.Go(func() { out[i] = h.s.RemoveStaff(ctx, h.as(ids[i], admin), h.a.Tenant, ids[1-i]) })
			}
			wg.Wait()
			done := 0
			for i, err := range out {
				switch {
				case err == nil:
					done++
					ids[1-i] = h.member(t, "next"+strconv.Itoa(round), admin)
				case errs.KeyOf(err) != "roles.last-administrator":
					t.Errorf("%v", err)
				}
			}
			if done != 1 {
				t.Fatalf("%d of two went through", done)
			}
		}
	})
}
