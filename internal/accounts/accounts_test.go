package accounts_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
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
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

var op = perm.System{Name: "test"}

type house struct {
	s    *accounts.Service
	p    *demo.Provider
	dir  *tenancy.Directory
	a, b tenancy.Door
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
	r, err := dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis", Name: "Kreis", Lead: "a"})
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
		Citizens: []demo.Citizen{{Slug: "ada", Realm: "kreis", Levels: []perm.Level{perm.LevelBasis, perm.LevelHigh}, Profile: accounts.Profile{accounts.AttrGiven: {Value: pii.New("Ada")}, accounts.AttrFamily: {Value: pii.New("Zzmarke")}}}},
		Staff:    []demo.Staff{{Slug: "kai", Name: "Kai", Tenant: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	h := house{p: p, dir: dir, c: c, d: d}
	h.a, _ = dir.ByHost("a.localhost")
	h.b, _ = dir.ByHost("b.localhost")
	h.s = accounts.New(accounts.Config{DB: d, Directory: dir, Methods: []accounts.Named{{Name: demo.Name, Title: "Demo", Method: p, Citizens: true, Staff: true}}})
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

func (h house) signIn(t *testing.T, door tenancy.Door, kind, person string, level perm.Level) string {
	t.Helper()
	begun, state, err := h.s.Begin(t.Context(), door, kind, demo.Name, level, "http://x", "/konto")
	if err != nil {
		t.Fatal(err)
	}
	secret, path, err := h.s.Finish(t.Context(), door, demo.Name, state, h.choose(t, begun.Redirect, person, level))
	if err != nil || path != "/konto" {
		t.Fatal(path, err)
	}
	return secret
}

func TestSignInGivesTheConfirmedPersonOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		secret := h.signIn(t, h.a, accounts.KindCitizen, "ada", perm.LevelHigh)
		who, err := h.s.Citizen(ctx, h.a, secret)
		if err != nil || who.Guest() || who.Level != perm.LevelHigh {
			t.Fatal(who, err)
		}
		f, err := h.s.Profile(ctx, who)
		if err != nil || f.Name().Reveal() != "Ada Zzmarke" {
			t.Fatal(err)
		}
		again, err := h.s.Citizen(ctx, h.b, h.signIn(t, h.b, accounts.KindCitizen, "ada", perm.LevelBasis))
		if err != nil || again.Person != who.Person {
			t.Errorf("another account at the second portal of the realm: %v %v", again, err)
		}
		for name, x := range map[string]struct {
			door   tenancy.Door
			secret string
		}{"a cookie of another portal": {h.b, secret}, "an invented cookie": {h.a, ident.Secret()}, "an empty cookie": {h.a, ""}, "rubbish": {h.a, strings.Repeat("ä", 500)}} {
			if who, err := h.s.Citizen(ctx, x.door, x.secret); err != nil || !who.Guest() {
				t.Errorf("%s: %v %v", name, who, err)
			}
		}
		if _, _, err := h.s.Staff(ctx, h.a, secret); !errs.Is(err, errs.KindForbidden) {
			t.Error("a citizen's cookie opened the staff's door")
		}
		if err := h.s.SignOut(ctx, h.a, who, secret); err != nil {
			t.Fatal(err)
		}
		if who, _ := h.s.Citizen(ctx, h.a, secret); !who.Guest() {
			t.Error("signed out and still in")
		}
	})
}

func TestAnAttemptIsUsedOnceByTheOneWhoBegan(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		begin := func() (url.Values, string) {
			begun, state, err := h.s.Begin(ctx, h.a, accounts.KindCitizen, demo.Name, perm.LevelBasis, "http://x", "/")
			if err != nil {
				t.Fatal(err)
			}
			return h.choose(t, begun.Redirect, "ada", perm.LevelBasis), state
		}
		back, state := begin()
		for name, try := range map[string]func() error{
			"without the cookie":    func() error { _, _, err := h.s.Finish(ctx, h.a, demo.Name, "", back); return err },
			"with another's cookie": func() error { _, _, err := h.s.Finish(ctx, h.a, demo.Name, ident.Secret(), back); return err },
			"at another portal":     func() error { _, _, err := h.s.Finish(ctx, h.b, demo.Name, state, back); return err },
			"by another method":     func() error { _, _, err := h.s.Finish(ctx, h.a, "saml", state, back); return err },
		} {
			if err := try(); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
		if _, _, err := h.s.Finish(ctx, h.a, demo.Name, state, back); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.s.Finish(ctx, h.a, demo.Name, state, back); err == nil {
			t.Error("used twice")
		}
		back, state = begin()
		c.Advance(16 * time.Minute)
		if _, _, err := h.s.Finish(ctx, h.a, demo.Name, state, back); err == nil {
			t.Error("an attempt of a quarter of an hour ago was taken")
		}
		begun, state, _ := h.s.Begin(ctx, h.a, accounts.KindCitizen, demo.Name, perm.LevelHigh, "http://x", "/")
		if back := h.choose(t, begun.Redirect, "ada", perm.LevelBasis); back != nil {
			if _, _, err := h.s.Finish(ctx, h.a, demo.Name, state, back); err == nil {
				t.Error("a lower level than the service needs was taken")
			}
		}
	})
}

// TR-03160-1 table 2, to the second.
func TestSessionsEndExactlyOnTime(t *testing.T) {
	for name, x := range map[string]struct {
		level      perm.Level
		life, idle time.Duration
	}{"basis": {perm.LevelBasis, 12 * time.Hour, time.Hour}, "hoch": {perm.LevelHigh, 30 * time.Minute, 5 * time.Minute}} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
				h, ctx := build(t, d, c), t.Context()
				in := func(secret string) bool {
					who, err := h.s.Citizen(ctx, h.a, secret)
					if err != nil {
						t.Fatal(err)
					}
					return !who.Guest()
				}
				secret := h.signIn(t, h.a, accounts.KindCitizen, "ada", x.level)
				c.Advance(x.idle - time.Second)
				if !in(secret) {
					t.Error("ended a second too early")
				}
				c.Advance(x.idle)
				if in(secret) {
					t.Error("lived on after the longest pause")
				}
				secret = h.signIn(t, h.a, accounts.KindCitizen, "ada", x.level)
				start := c.Now()
				for c.Now().Add(x.idle / 2).Before(start.Add(x.life)) {
					c.Advance(x.idle / 2)
					if !in(secret) {
						t.Fatal("ended while in use")
					}
				}
				c.Set(start.Add(x.life - time.Second))
				if !in(secret) {
					t.Error("ended a second too early")
				}
				c.Set(start.Add(x.life))
				if in(secret) {
					t.Error("lived on after the longest life")
				}
			})
		})
	}
}

func TestStaffComeInWithTheirGrantsOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		begin := func() (url.Values, string) {
			begun, state, err := h.s.Begin(ctx, h.a, accounts.KindStaff, demo.Name, perm.LevelNone, "http://x", "/verwaltung")
			if err != nil {
				t.Fatal(err)
			}
			return h.choose(t, begun.Redirect, "kai", perm.LevelNone), state
		}
		back, state := begin()
		if _, _, err := h.s.Finish(ctx, h.a, demo.Name, state, back); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("somebody who is no staff came in: %v", err)
		}
		if _, err := h.s.SaveStaff(ctx, op, h.a.Tenant, demo.Name, "kai", pii.New("Kai"), []perm.Grant{{Role: perm.Caseworker, Unit: "u1"}}); err != nil {
			t.Fatal(err)
		}
		back, state = begin()
		secret, _, err := h.s.Finish(ctx, h.a, demo.Name, state, back)
		if err != nil {
			t.Fatal(err)
		}
		who, name, err := h.s.Staff(ctx, h.a, secret)
		if err != nil || name.Reveal() != "Kai" || !who.MayIn(perm.DecideCases, "u1") || who.MayIn(perm.DecideCases, "u2") {
			t.Fatal(who, err)
		}
		if _, err := h.s.SaveStaff(ctx, who, h.a.Tenant, demo.Name, "kai", name, []perm.Grant{{Role: perm.Administrator}}); !errs.Is(err, errs.KindForbidden) {
			t.Error("a caseworker made himself administrator")
		}
		admin := perm.Staff{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID, Grants: []perm.Grant{{Role: perm.Administrator}}}
		if _, err := h.s.SaveStaff(ctx, admin, h.a.Tenant, demo.Name, "kai", name, []perm.Grant{{Role: perm.Caseworker}}); !errs.Is(err, errs.KindForbidden) {
			t.Error("an administrator granted what he does not hold")
		}
		if _, err := h.s.SaveStaff(ctx, admin, h.b.Tenant, demo.Name, "kai", name, nil); !errs.Is(err, errs.KindForbidden) {
			t.Error("an administrator granted at another authority")
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
