package accounts_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/demo"
	"stadttor/internal/accounts/loginstest"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

var op = perm.System{Name: "test"}

type house struct {
	s    *accounts.Service
	p    *demo.Provider
	dir  *tenancy.Directory
	a, b tenancy.Door
	host tenancy.Door // of the realm's accounts
	c    *clock.Fake
	d    *db.DB
}

func build(t *testing.T, d *db.DB, c *clock.Fake) house {
	t.Helper()
	ctx := t.Context()
	dir, err := tenancy.OpenDirectory(ctx, d, seal.Random())
	if err != nil {
		t.Fatal(err)
	}
	r, err := dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis", Name: "Kreis", Lead: "a", AccountHost: "konto.localhost"})
	if err != nil {
		t.Fatal(err)
	}
	for _, slug := range []string{"a", "b"} {
		ten, err := dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: r.ID, Slug: slug, Name: slug, Kind: "stadt", Sign: strings.ToUpper(slug + slug + slug), ARS: "990010001001"})
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.SavePortal(ctx, op, ten.Scope(), tenancy.Portal{Tenant: ten.ID, Host: slug + ".localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("P "+slug, "")}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := dir.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	p, err := demo.New(demo.Config{Demo: true, Clock: c, Stylesheet: func() string { return "/x.css" }, RealmOf: func(string) string { return "kreis" },
		Citizens: []demo.Citizen{{Slug: "ada", Realm: "kreis", Levels: []perm.Level{perm.LevelBasis, perm.LevelSubstantial, perm.LevelHigh}, Profile: accounts.Profile{accounts.AttrGiven: {Value: pii.New("Ada")}, accounts.AttrFamily: {Value: pii.New("Zzmarke")}}},
			{Slug: "bob", Realm: "kreis", Levels: []perm.Level{perm.LevelBasis, perm.LevelHigh}, Profile: accounts.Profile{accounts.AttrGiven: {Value: pii.New("Bob")}, accounts.AttrFamily: {Value: pii.New("Zzandere")}}}},
		Staff: []demo.Staff{{Slug: "kai", Name: "Kai", Tenant: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	h := house{p: p, dir: dir, c: c, d: d}
	h.a, _ = dir.ByHost("a.localhost")
	h.b, _ = dir.ByHost("b.localhost")
	h.host, _ = dir.AccountDoor(r.ID)
	h.s = accounts.New(accounts.Config{DB: d, Directory: dir, Methods: []accounts.Named{{Name: demo.Name, Title: "Demo", Method: p, Citizens: true, Staff: true}, {Name: "zweites", Title: "Zweites", Method: p, Citizens: true}}})
	return h
}

// choose plays the browser at the partner's page; it gives what comes back.
func (h house) choose(t *testing.T, redirect, person string, level perm.Level) url.Values {
	t.Helper()
	u, _ := url.Parse(redirect)
	form := url.Values{"versuch": {u.Query().Get("versuch")}, "person": {person}, "niveau": {level.String()}}
	r := httptest.NewRequest("POST", redirect, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.p.ServeHTTP(w, r)
	if w.Code != 303 {
		return nil
	}
	back, _ := url.Parse(w.Header().Get("Location"))
	return back.Query()
}

// browser is somebody's browser: at the partner's he is person at level.
func (h house) browser(t *testing.T, person string, level perm.Level) *loginstest.Browser {
	t.Helper()
	return loginstest.New(h.s, h.dir, func(b accounts.Begun) url.Values { return h.choose(t, b.Redirect, person, level) })
}

// signIn gives the portal session of a citizen who signs in with a new browser.
func (h house) signIn(t *testing.T, door tenancy.Door, person string, level perm.Level) string {
	t.Helper()
	e, _, err := h.browser(t, person, level).SignIn(t.Context(), door, demo.Name, level)
	if err != nil || e.ReturnPath != "/konto" {
		t.Fatal(e.ReturnPath, err)
	}
	return e.Secret
}

func (h house) citizen(t *testing.T, door tenancy.Door, secret string) perm.Citizen {
	t.Helper()
	who, err := h.s.Citizen(t.Context(), door, secret)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func TestSignInGivesTheConfirmedPersonOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		secret := h.signIn(t, h.a, "ada", perm.LevelHigh)
		who := h.citizen(t, h.a, secret)
		if who.Guest() || who.Level != perm.LevelHigh || who.Means != demo.Name {
			t.Fatal(who)
		}
		f, err := h.s.Profile(ctx, who)
		if err != nil || f.Name().Reveal() != "Ada Zzmarke" {
			t.Fatal(err)
		}
		if a := f[accounts.AttrFamily]; a.Level != perm.LevelHigh || a.Source != demo.Name || !a.At.Equal(c.Now()) {
			t.Errorf("family name: %v %s %s", a.Level, a.Source, a.At)
		}
		again := h.citizen(t, h.b, h.signIn(t, h.b, "ada", perm.LevelBasis))
		if again.Person != who.Person {
			t.Errorf("another account at the second portal of the realm: %v", again)
		}
		if f, _ := h.s.Profile(ctx, who); f[accounts.AttrFamily].Level != perm.LevelHigh {
			t.Error("a lower sign-in took away what was proved")
		}
		for name, x := range map[string]struct {
			door   tenancy.Door
			secret string
		}{"a cookie of another portal": {h.b, secret}, "an invented cookie": {h.a, ident.Secret()}, "an empty cookie": {h.a, ""}, "rubbish": {h.a, strings.Repeat("ä", 500)}} {
			if who := h.citizen(t, x.door, x.secret); !who.Guest() {
				t.Errorf("%s: %v", name, who)
			}
		}
		if _, _, err := h.s.Staff(ctx, h.a, secret); !errs.Is(err, errs.KindForbidden) {
			t.Error("a citizen's cookie opened the staff's door")
		}
		if err := h.s.SignOut(ctx, h.a, who, secret); err != nil {
			t.Fatal(err)
		}
		if who := h.citizen(t, h.a, secret); !who.Guest() {
			t.Error("signed out and still in")
		}
	})
}

func TestStaffComeInWithTheirGrantsOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		b := h.browser(t, "kai", perm.LevelNone)
		if _, _, err := b.SignInStaff(ctx, h.a, demo.Name, "/verwaltung"); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("somebody who is no staff came in: %v", err)
		}
		if _, err := h.s.SaveStaff(ctx, op, h.a.Tenant, demo.Name, "kai", pii.New("Kai"), []perm.Grant{{Role: perm.Caseworker, Unit: "u1"}}); err != nil {
			t.Fatal(err)
		}
		secret, path, err := b.SignInStaff(ctx, h.a, demo.Name, "/verwaltung/faelle")
		if err != nil || path != "/verwaltung/faelle" {
			t.Fatal(path, err)
		}
		who, name, err := h.s.Staff(ctx, h.a, secret)
		if err != nil || name.Reveal() != "Kai" || !who.MayIn(perm.DecideCases, "u1") || who.MayIn(perm.DecideCases, "u2") {
			t.Fatal(who, err)
		}
		if _, err := h.s.SaveStaff(ctx, who, h.a.Tenant, demo.Name, "kai", name, []perm.Grant{{Role: perm.Administrator}}); !errs.Is(err, errs.KindForbidden) {
			t.Error("a caseworker made himself administrator")
		}
		admin := perm.Staff{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID, Grants: []perm.Grant{{Role: perm.Administrator}}}
		if _, err := h.s.SaveStaff(ctx, admin, h.a.Tenant, demo.Name, "kai", name, []perm.Grant{{Role: perm.Auditor}}); !errs.Is(err, errs.KindForbidden) {
			t.Error("an administrator granted what he does not hold")
		}
		if _, err := h.s.SaveStaff(ctx, admin, h.b.Tenant, demo.Name, "kai", name, nil); !errs.Is(err, errs.KindForbidden) {
			t.Error("an administrator granted at another authority")
		}
	})
}

func TestOwnRolesAreDeletedByWhoCouldGiveThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		by := func(role perm.Role, unit ident.UnitID) perm.Staff {
			return perm.Staff{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID, Staff: "x", Grants: []perm.Grant{{Role: role, Unit: unit}}}
		}
		admin := by(perm.Administrator, "")
		role, err := h.s.SaveOwnRole(ctx, admin, accounts.OwnRole{Title: "Auskunft", Rights: perm.SetOf(perm.ReadPayments, perm.EditContent)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.s.SaveStaff(ctx, op, h.a.Tenant, demo.Name, "kai", pii.New("Kai"), []perm.Grant{{Role: role, Unit: "u1"}, {Role: perm.Caseworker}}); err != nil {
			t.Fatal(err)
		}
		list, err := h.s.Members(ctx, admin)
		if err != nil || len(list) != 1 || len(list[0].Grants) != 2 || !list[0].Grants[1].Own.Has(perm.EditContent) || list[0].Grants[0].Own != 0 {
			t.Fatalf("%v %+v", err, list)
		}
		for name, c := range map[string]struct {
			who  perm.Staff
			role perm.Role
			want errs.Kind
		}{
			"the lead of one office":      {by(perm.Lead, "u1"), role, errs.KindForbidden},
			"a lead who lacks its rights": {by(perm.Lead, ""), role, errs.KindForbidden},
			"a caseworker":                {by(perm.Caseworker, ""), role, errs.KindForbidden},
			"one that is not there":       {admin, "eigen-x", errs.KindNotFound},
			"one that somebody holds":     {admin, role, errs.KindConflict},
		} {
			if err := h.s.DeleteOwnRole(ctx, c.who, c.role); !errs.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.s.SaveStaff(ctx, op, h.a.Tenant, demo.Name, "kai", pii.New("Kai"), nil); err != nil {
			t.Fatal(err)
		}
		if err := h.s.DeleteOwnRole(ctx, admin, role); err != nil {
			t.Error(err)
		}
	})
}

func TestAnAttemptOfStaffIsUsedOnceByTheOneWhoBegan(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		if _, err := h.s.SaveStaff(ctx, op, h.a.Tenant, demo.Name, "kai", pii.New("Kai"), nil); err != nil {
			t.Fatal(err)
		}
		begin := func() (url.Values, string) {
			begun, cookie, err := h.s.BeginStaff(ctx, h.a, "", demo.Name, "http://x/verwaltung/anmelden/zurueck/demo", "/verwaltung")
			if err != nil {
				t.Fatal(err)
			}
			return h.choose(t, begun.Redirect, "kai", perm.LevelNone), cookie
		}
		back, cookie := begin()
		finish := func(door tenancy.Door, cookie, method string) error {
			_, _, err := h.s.FinishStaff(ctx, door, cookie, method, "", back)
			return err
		}
		for name, err := range map[string]error{
			"without the cookie":    finish(h.a, "", demo.Name),
			"with another's cookie": finish(h.a, ident.Secret(), demo.Name),
			"at another portal":     finish(h.b, cookie, demo.Name),
			"by another method":     finish(h.a, cookie, "saml"),
		} {
			if !errs.Is(err, errs.KindForbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// A partner's form comes without cookies: it is kept, the browser finishes.
		if err := h.s.ParkStaff(ctx, h.a, demo.Name, back.Get("state"), back); err != nil {
			t.Fatal(err)
		}
		if err := h.s.ParkStaff(ctx, h.a, demo.Name, back.Get("state"), back); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("a second answer to one attempt: %v", err)
		}
		if _, _, err := h.s.FinishStaff(ctx, h.a, cookie, demo.Name, "", url.Values{"state": {back.Get("state")}}); err != nil {
			t.Fatal(err)
		}
		if err := finish(h.a, cookie, demo.Name); !errs.Is(err, errs.KindForbidden) {
			t.Error("used twice")
		}
		back, cookie = begin()
		c.Advance(15 * time.Minute)
		if err := finish(h.a, cookie, demo.Name); !errs.Is(err, errs.KindForbidden) {
			t.Error("an attempt of a quarter of an hour ago was taken")
		}
	})
}

func TestReturnPathsStayInTheHouse(t *testing.T) {
	for in, want := range map[string]string{
		"/konto": "/konto", "/antrag/hund?seite=2": "/antrag/hund?seite=2", "": "/", "konto": "/", "//evil.example": "/", "/\\evil.example": "/",
		"https://evil.example": "/", "/a/../../b": "/", "/\tx": "/", "/%0d%0aSet-Cookie:x": "/%0d%0aSet-Cookie:x", "javascript:alert(1)": "/", "/" + strings.Repeat("a", 600): "/",
	} {
		if got := accounts.OwnPath(in); got != want && !(strings.HasPrefix(want, "/%0d") && !strings.ContainsAny(got, "\r\n")) {
			t.Errorf("OwnPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTheDemoRefusesToStartOutside(t *testing.T) {
	if _, err := demo.New(demo.Config{}); err == nil {
		t.Error("started")
	}
}
