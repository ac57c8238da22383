package accounts_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/demo"
	"stadttor/internal/accounts/loginstest"
	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
)

func TestOneSignInIsGoodForAllPortals(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		b := h.browser(t, "ada", perm.LevelBasis)
		one, asked, err := b.SignIn(ctx, h.a, demo.Name, perm.LevelBasis)
		if err != nil || !bool(asked) {
			t.Fatal(asked, err)
		}
		c.Advance(time.Minute)
		two, asked, err := b.SignIn(ctx, h.b, demo.Name, perm.LevelBasis)
		if err != nil || bool(asked) {
			t.Fatalf("asked again at the second portal: %v", err)
		}
		if one.Secret == two.Secret || one.Citizen.Person != two.Citizen.Person || two.Citizen.Tenant != h.b.Tenant.ID {
			t.Error("not the same person with a session of its own")
		}
		host, err := h.s.AccountCitizen(ctx, h.host, b.Session["konto.localhost"])
		if err != nil || host.Person != one.Citizen.Person || host.Tenant != "" {
			t.Error(host, err)
		}
		if who := h.citizen(t, h.a, b.Session["konto.localhost"]); !who.Guest() {
			t.Error("the account host's secret opens a portal")
		}
		if who, _ := h.s.AccountCitizen(ctx, h.host, one.Secret); !who.Guest() {
			t.Error("a portal's secret opens the account host")
		}
		if _, asked, err = b.Go(ctx, h.b, demo.Name, accounts.Wish{Level: perm.LevelBasis, Fresh: true}); err != nil || !bool(asked) {
			t.Errorf("not asked for something sensitive: %v", err)
		}
	})
}

func TestAStepUpAsksAgainAndEndsTheOldSecrets(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		b := h.browser(t, "ada", perm.LevelBasis)
		first, _, err := b.SignIn(ctx, h.a, demo.Name, perm.LevelBasis)
		if err != nil {
			t.Fatal(err)
		}
		other, _, err := b.SignIn(ctx, h.b, demo.Name, perm.LevelBasis)
		if err != nil {
			t.Fatal(err)
		}
		account := b.Session["konto.localhost"]
		b.Answer = h.browser(t, "ada", perm.LevelHigh).Answer
		c.Advance(10 * time.Minute)
		up, asked, err := b.SignIn(ctx, h.a, demo.Name, perm.LevelHigh)
		if err != nil || !bool(asked) || up.Citizen.Level != perm.LevelHigh || up.Citizen.Person != first.Citizen.Person {
			t.Fatal(asked, up.Citizen, err)
		}
		if !h.citizen(t, h.a, first.Secret).Guest() {
			t.Error("the portal's old secret lives on")
		}
		if who, _ := h.s.AccountCitizen(ctx, h.host, account); !who.Guest() {
			t.Error("the account host's old secret lives on")
		}
		if who := h.citizen(t, h.b, other.Secret); who.Guest() || who.Level != perm.LevelBasis {
			t.Errorf("the other portal's session: %v", who)
		}
		// What came from the sign-in before ends with the new one.
		if err := h.s.SignOut(ctx, h.a, up.Citizen, up.Secret); err != nil {
			t.Fatal(err)
		}
		for name, guest := range map[string]bool{"the portal": h.citizen(t, h.a, up.Secret).Guest(), "the other portal": h.citizen(t, h.b, other.Secret).Guest()} {
			if !guest {
				t.Errorf("%s: still in after signing out", name)
			}
		}
	})
}

// TR-03160-1 table 2, to the second, on both sides of each limit; life and pause
// count over the account host and all portals together.
func TestSessionsEndExactlyOnTime(t *testing.T) {
	for name, x := range map[string]struct {
		level      perm.Level
		life, idle time.Duration
	}{"basis": {perm.LevelBasis, 12 * time.Hour, time.Hour}, "substantiell": {perm.LevelSubstantial, 2 * time.Hour, 30 * time.Minute}, "hoch": {perm.LevelHigh, 30 * time.Minute, 5 * time.Minute}} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
				h, ctx := build(t, d, c), t.Context()
				b := h.browser(t, "ada", x.level)
				signIn := func(door tenancy.Door) bool {
					t.Helper()
					_, asked, err := b.SignIn(ctx, door, demo.Name, x.level)
					if err != nil {
						t.Fatal(err)
					}
					return bool(asked)
				}
				in := func(door tenancy.Door) bool { return !h.citizen(t, door, b.Session[door.Portal.Host]).Guest() }
				host := func() bool {
					who, err := h.s.AccountCitizen(ctx, h.host, b.Session["konto.localhost"])
					if err != nil {
						t.Fatal(err)
					}
					return !who.Guest()
				}
				// The longest pause.
				signIn(h.a)
				c.Advance(x.idle - time.Second)
				if !in(h.a) || !host() {
					t.Error("ended a second too early")
				}
				c.Advance(x.idle) // it was used a second before
				if in(h.a) || host() {
					t.Error("lived on after the longest pause")
				}
				// A pause here is none while one is busy there.
				signIn(h.a)
				signIn(h.b)
				for range 3 {
					c.Advance(x.idle - time.Second)
					if !in(h.b) {
						t.Fatal("ended while in use")
					}
				}
				if !in(h.a) || !host() {
					t.Error("a pause at one portal ended what was in use at another")
				}
				// What has ended is not woken by what goes on elsewhere.
				c.Advance(x.idle)
				if in(h.b) || in(h.a) || host() {
					t.Error("woken")
				}
				// The longest life, counted from the sign-in, wherever it began.
				signIn(h.a)
				start := c.Now()
				for c.Now().Add(x.idle / 2).Before(start.Add(x.life / 2)) {
					c.Advance(x.idle / 2)
					if !in(h.a) {
						t.Fatal("ended while in use")
					}
				}
				if signIn(h.b) {
					t.Error("asked again although signed in")
				}
				for c.Now().Add(x.idle / 2).Before(start.Add(x.life)) {
					c.Advance(x.idle / 2)
					if !in(h.b) {
						t.Fatal("ended while in use")
					}
				}
				c.Set(start.Add(x.life - time.Second))
				if !in(h.a) || !in(h.b) || !host() {
					t.Error("ended a second too early")
				}
				c.Set(start.Add(x.life))
				if in(h.a) || in(h.b) || host() {
					t.Error("lived on after the longest life")
				}
				if !signIn(h.b) {
					t.Error("a sign-in that was over opened a portal")
				}
			})
		})
	}
}

func TestACodeOpensOnePortalOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		b := h.browser(t, "ada", perm.LevelBasis)
		if _, _, err := b.SignIn(ctx, h.a, demo.Name, perm.LevelBasis); err != nil {
			t.Fatal(err)
		}
		leave := func(door tenancy.Door) *accounts.Leave {
			t.Helper()
			_, a, err := b.Begin(ctx, door, accounts.Wish{ReturnPath: "/postfach"})
			if err != nil || a.Leave == nil {
				t.Fatal(err)
			}
			return a.Leave
		}
		take := func(door tenancy.Door, browser, state, code string) error {
			e, err := h.s.TakeCode(ctx, door, browser, state, code, "")
			if err == nil != (e.Secret != "") {
				t.Fatal("a secret beside an error, or none without")
			}
			return err
		}
		cookie := b.Login["a.localhost"]
		for name, try := range map[string]func() error{
			"without the cookie":        func() error { l := leave(h.a); return take(h.a, "", l.State, l.Code) },
			"in another browser":        func() error { l := leave(h.a); return take(h.a, ident.Secret(), l.State, l.Code) },
			"at another portal":         func() error { l := leave(h.a); return take(h.b, b.Login["b.localhost"], l.State, l.Code) },
			"with another state":        func() error { l := leave(h.a); return take(h.a, cookie, ident.Secret(), l.Code) },
			"a code of another attempt": func() error { l, m := leave(h.a), leave(h.a); return take(h.a, cookie, l.State, m.Code) },
			"a code of another portal":  func() error { l, m := leave(h.b), leave(h.a); return take(h.a, cookie, m.State, l.Code) },
			"an invented code":          func() error { l := leave(h.a); return take(h.a, cookie, l.State, ident.Secret()) },
			"no code":                   func() error { l := leave(h.a); return take(h.a, cookie, l.State, "") },
			"after a minute":            func() error { l := leave(h.a); c.Advance(time.Minute); return take(h.a, cookie, l.State, l.Code) },
			"after signing out everywhere": func() error {
				l := leave(h.a)
				who, err := h.s.AccountCitizen(ctx, h.host, b.Session["konto.localhost"])
				if err == nil {
					err = h.s.EndAllSessions(ctx, who)
				}
				if err != nil {
					t.Fatal(err)
				}
				err = take(h.a, cookie, l.State, l.Code)
				if _, _, e := b.SignIn(ctx, h.a, demo.Name, perm.LevelBasis); e != nil { // for the next rows
					t.Fatal(e)
				}
				return err
			},
		} {
			if err := try(); !errs.Is(err, errs.KindForbidden) || accounts.RuleOf(err) == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		l := leave(h.a)
		c.Advance(time.Minute - time.Second)
		if err := take(h.a, cookie, l.State, l.Code); err != nil {
			t.Fatal(err)
		}
		if err := take(h.a, cookie, l.State, l.Code); !errs.Is(err, errs.KindForbidden) {
			t.Error("used twice")
		}
	})
}

// What stands in the address can be changed on the way: by the person himself
// who wants less than the service asks for, or for a mix-up of two portals.
func TestAPortalTakesNothingButWhatItAskedFor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		b := h.browser(t, "ada", perm.LevelBasis)
		if _, _, err := b.SignIn(ctx, h.b, demo.Name, perm.LevelBasis); err != nil {
			t.Fatal(err)
		}
		for name, x := range map[string]struct {
			change func(*accounts.Request)
			rule   string
		}{
			"a lower level than it asked for":   {func(r *accounts.Request) { r.Level = perm.LevelBasis }, "level too low"},
			"a code made out to another portal": {func(r *accounts.Request) { r.Level, r.Portal = perm.LevelBasis, "b.localhost" }, "code of another portal"},
		} {
			req, cookie, err := h.s.AskHost(ctx, h.a, "", accounts.Wish{Level: perm.LevelHigh})
			if err != nil {
				t.Fatal(err)
			}
			x.change(&req)
			a, err := h.s.Arrive(ctx, h.host, b.Visitor(h.host), req)
			if err != nil || a.Leave == nil {
				t.Fatal(a, err)
			}
			if e, err := h.s.TakeCode(ctx, h.a, cookie, a.Leave.State, a.Leave.Code, ""); !errs.Is(err, errs.KindForbidden) || accounts.RuleOf(err) != x.rule || e.Secret != "" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// yes is a method that always says the same.
type yes struct{ who accounts.Identity }

func (yes) Begin(_ context.Context, a accounts.Attempt) (accounts.Begun, error) {
	return accounts.Begun{Redirect: "/ja?" + url.Values{"state": {a.State}}.Encode()}, nil
}

func (y yes) Complete(context.Context, accounts.Attempt, url.Values) (accounts.Identity, error) {
	return y.who, nil
}

func TestTheHostHoldsWhatAMethodSaysAgainstItsOwnRules(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		ctx := t.Context()
		who := accounts.Identity{Subject: "1", Level: perm.LevelHigh, Means: "Ja", Profile: accounts.Profile{accounts.AttrGiven: {Value: pii.New("Ada"), Level: perm.LevelHigh}}}
		low, none := who, who
		low.Level, none.Subject = perm.LevelBasis, ""
		h := loginstest.Open(t, d, c,
			accounts.Named{Name: "gut", Method: yes{who}, Citizens: true}, accounts.Named{Name: "niedrig", Method: yes{low}, Citizens: true},
			accounts.Named{Name: "niemand", Method: yes{none}, Citizens: true}, accounts.Named{Name: "gedeckelt", Method: yes{who}, Citizens: true, MaxLevel: perm.LevelSubstantial})
		back := func(b accounts.Begun) url.Values { u, _ := url.Parse(b.Redirect); return u.Query() }
		try := func(method string, level perm.Level, pause time.Duration) (accounts.Entry, error) {
			t.Helper()
			b := loginstest.New(h.Service, h.Directory, func(x accounts.Begun) url.Values { c.Advance(pause); return back(x) })
			e, _, err := b.Go(ctx, h.A, method, accounts.Wish{Level: level})
			if err != nil && b.Session["konto.localhost"] != "" {
				t.Errorf("%s was refused, with a session at the account host", method)
			}
			return e, err
		}
		for name, x := range map[string]struct {
			method string
			level  perm.Level
			pause  time.Duration
			rule   string // "" for taken
			got    perm.Level
		}{
			"as wanted":                         {"gut", perm.LevelHigh, 0, "", perm.LevelHigh},
			"more than wanted":                  {"gut", perm.LevelBasis, 0, "", perm.LevelHigh},
			"less than wanted":                  {"niedrig", perm.LevelSubstantial, 0, "level too low", 0},
			"nobody":                            {"niemand", perm.LevelBasis, 0, "no subject", 0},
			"never above its cap":               {"gedeckelt", perm.LevelBasis, 0, "", perm.LevelSubstantial},
			"a second before it is too late":    {"gut", perm.LevelBasis, 15*time.Minute - time.Second, "", perm.LevelHigh},
			"at the moment at which it is late": {"gut", perm.LevelBasis, 15 * time.Minute, "old attempt", 0},
		} {
			e, err := try(x.method, x.level, x.pause)
			if accounts.RuleOf(err) != x.rule || (err == nil) != (x.rule == "") || e.Citizen.Level != x.got {
				t.Errorf("%s: level %s, %v", name, e.Citizen.Level, err)
			}
			if err == nil {
				if f, err := h.Profile(ctx, e.Citizen); err != nil || f[accounts.AttrGiven].Level > perm.LevelHigh {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if _, err := try("gedeckelt", perm.LevelHigh, 0); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("a method below the level that is wanted was begun: %v", err)
		}
	})
}

func TestWhatHasEndedIsNotWokenByALowerSession(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		b := h.browser(t, "ada", perm.LevelBasis)
		if _, _, err := b.SignIn(ctx, h.b, demo.Name, perm.LevelBasis); err != nil {
			t.Fatal(err)
		}
		b.Answer = h.browser(t, "ada", perm.LevelHigh).Answer
		if _, _, err := b.SignIn(ctx, h.a, demo.Name, perm.LevelHigh); err != nil {
			t.Fatal(err)
		}
		c.Advance(6 * time.Minute) // longer than the pause of "hoch", shorter than that of "Basis"
		if h.citizen(t, h.b, b.Session["b.localhost"]).Guest() {
			t.Fatal("the lower session ended with the higher one")
		}
		if !h.citizen(t, h.a, b.Session["a.localhost"]).Guest() {
			t.Error("the high session was woken")
		}
		if who, _ := h.s.AccountCitizen(ctx, h.host, b.Session["konto.localhost"]); !who.Guest() {
			t.Error("the high sign-in was woken")
		}
		// In the list the portal stands without the sign-in that it came from.
		who := h.citizen(t, h.b, b.Session["b.localhost"])
		list, err := h.s.SignIns(ctx, who, "")
		if err != nil || len(list) != 1 || list[0].Handle != "" || len(list[0].Portals) != 1 {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func TestAnAnswerIsTakenOnceFromTheBrowserThatBegan(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		b := h.browser(t, "ada", perm.LevelBasis)
		begin := func() (ticket string, back url.Values) {
			t.Helper()
			_, a, err := b.Begin(ctx, h.a, accounts.Wish{Level: perm.LevelBasis})
			if err != nil {
				t.Fatal(err)
			}
			begun, err := h.s.TryMethod(ctx, h.host, b.Visitor(h.host), "http://konto.localhost", a.Ticket, demo.Name)
			if err != nil {
				t.Fatal(err)
			}
			return a.Ticket, h.choose(t, begun.Redirect, "ada", perm.LevelBasis)
		}
		answer := func(v accounts.Visitor, method string, back url.Values) error {
			o, err := h.s.Answer(ctx, h.host, v, "http://konto.localhost", method, back)
			if err == nil != (o.Secret != "") {
				t.Fatal("a secret beside an error, or none without")
			}
			return err
		}
		for name, try := range map[string]func(url.Values) error{
			"without the cookie":   func(back url.Values) error { return answer(accounts.Visitor{}, demo.Name, back) },
			"in another browser":   func(back url.Values) error { return answer(accounts.Visitor{Browser: ident.Secret()}, demo.Name, back) },
			"by another method":    func(back url.Values) error { return answer(b.Visitor(h.host), "zweites", back) },
			"by an unknown method": func(back url.Values) error { return answer(b.Visitor(h.host), "gibtesnicht", back) },
			"with an invented state": func(back url.Values) error {
				back.Set("state", ident.Secret())
				return answer(b.Visitor(h.host), demo.Name, back)
			},
			"without a state": func(back url.Values) error { back.Del("state"); return answer(b.Visitor(h.host), demo.Name, back) },
			"after a quarter of an hour": func(back url.Values) error {
				c.Advance(15 * time.Minute)
				return answer(b.Visitor(h.host), demo.Name, back)
			},
		} {
			_, back := begin()
			if err := try(back); !errs.Is(err, errs.KindForbidden) || accounts.RuleOf(err) == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		// A partner's form comes without cookies: it is kept, the browser asks.
		_, back := begin()
		if err := h.s.Park(ctx, h.host, demo.Name, back.Get("state"), back); err != nil {
			t.Fatal(err)
		}
		if err := h.s.Park(ctx, h.host, demo.Name, back.Get("state"), back); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("a second answer to one try: %v", err)
		}
		if err := h.s.Park(ctx, h.host, "zweites", back.Get("state"), back); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("an answer for another method: %v", err)
		}
		bare := url.Values{"state": {back.Get("state")}}
		if err := answer(accounts.Visitor{Browser: ident.Secret()}, demo.Name, bare); !errs.Is(err, errs.KindForbidden) {
			t.Error("a kept answer was taken by another browser")
		}
		if err := answer(b.Visitor(h.host), demo.Name, bare); err != nil {
			t.Fatal(err)
		}
		if err := answer(b.Visitor(h.host), demo.Name, bare); !errs.Is(err, errs.KindForbidden) {
			t.Error("used twice")
		}
		// Every refusal stands in the realm's audit log, with the rule and nothing else.
		var rules []string
		if err := d.View(ctx, h.a.Realm.Scope(), func(tx *db.Tx) error {
			list, err := audit.List(ctx, tx, 0, 1000)
			for _, e := range list {
				if e.Action == "sign-in.refuse" {
					rules = append(rules, e.Detail)
					if e.Outcome != "refused" || e.Detail == "" || strings.Contains(e.Detail, "Zzmarke") {
						t.Errorf("%+v", e)
					}
				}
			}
			return err
		}); err != nil || len(rules) < 10 {
			t.Errorf("%d refusals in the log, %v", len(rules), err)
		}
	})
}

func TestARefusedTryLeavesTheWayOpen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		b := h.browser(t, "ada", perm.LevelHigh)
		host, a, err := b.Begin(ctx, h.a, accounts.Wish{Level: perm.LevelHigh, ReturnPath: "/postfach"})
		if err != nil {
			t.Fatal(err)
		}
		good := b.Answer
		b.Answer = func(x accounts.Begun) url.Values { back := good(x); back.Set("code", "abbruch"); return back }
		o, err := b.Try(ctx, host, a.Ticket, demo.Name)
		if errs.KeyOf(err) != "login.broken-off" || o.Ticket == "" || o.Ticket == a.Ticket {
			t.Fatal(o, err)
		}
		if _, err := h.s.Way(ctx, host, b.Visitor(host), a.Ticket); !errs.Is(err, errs.KindForbidden) {
			t.Error("the old ticket still opens the way")
		}
		if _, err := h.s.Way(ctx, host, accounts.Visitor{Browser: ident.Secret()}, o.Ticket); !errs.Is(err, errs.KindForbidden) {
			t.Error("another browser stands on the way")
		}
		b.Answer = good
		o, err = b.Try(ctx, host, o.Ticket, demo.Name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := b.Return(ctx, h.a, o.Leave)
		if err != nil || e.ReturnPath != "/postfach" || e.Citizen.Level != perm.LevelHigh {
			t.Fatal(e, err)
		}
	})
}

func TestRequestsThatNoPortalSendsAreRefused(t *testing.T) {
	good := accounts.Request{Portal: "a.localhost", State: ident.Secret(), Challenge: strings.Repeat("A", 43), Level: perm.LevelBasis}
	if _, err := accounts.ParseRequest(good.Values()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(url.Values){
		"no portal":                    func(v url.Values) { v.Del("portal") },
		"no state":                     func(v url.Values) { v.Del("state") },
		"a state of other signs":       func(v url.Values) { v.Set("state", strings.Repeat("Ä", 16)) },
		"a state too short":            func(v url.Values) { v.Set("state", "abc") },
		"no challenge":                 func(v url.Values) { v.Del("challenge") },
		"a challenge in the clear":     func(v url.Values) { v.Set("challenge", "plain") },
		"a challenge with a wrong end": func(v url.Values) { v.Set("challenge", strings.Repeat("A", 42)+"B") },
		"two portals":                  func(v url.Values) { v.Add("portal", "b.localhost") },
		"two states":                   func(v url.Values) { v.Add("state", ident.Secret()) },
	} {
		v := good.Values()
		change(v)
		if _, err := accounts.ParseRequest(v); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := clock.NewFake(dbtest.Start)
	h := build(t, dbtest.Open(t, "sqlite", c), c)
	far, err := h.dir.CreateRealm(t.Context(), op, tenancy.Realm{Slug: "fern", Name: "Fern", Lead: "fern", AccountHost: "konto.fern.localhost"})
	if err != nil {
		t.Fatal(err)
	}
	ten, err := h.dir.CreateTenant(t.Context(), op, tenancy.Tenant{Realm: far.ID, Slug: "fern", Name: "Fern", Kind: tenancy.KindStadt, Sign: "FER", ARS: "990010001009"})
	if err == nil {
		err = h.dir.SavePortal(t.Context(), op, ten.Scope(), tenancy.Portal{Tenant: ten.ID, Host: "fern.localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("Fern", "")}})
	}
	if err == nil {
		err = h.dir.Reload(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, portal := range map[string]string{"a portal of another realm": "fern.localhost", "a foreign host": "boese.example", "the account host": "konto.localhost", "other letters": "A.localhost", "an address": "http://a.localhost", "a port": "a.localhost:80", "a path": "a.localhost/x"} {
		r := good
		r.Portal = portal
		if a, err := h.s.Arrive(t.Context(), h.host, accounts.Visitor{}, r); !errs.Is(err, errs.KindForbidden) || a.Ticket != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSomebodyElsesIdentityNeverEntersARunningSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		h.signIn(t, h.a, "bob", perm.LevelHigh) // Bob has an account
		b := h.browser(t, "ada", perm.LevelBasis)
		ada, _, err := b.SignIn(ctx, h.a, demo.Name, perm.LevelBasis)
		if err != nil {
			t.Fatal(err)
		}
		b.Answer = h.browser(t, "bob", perm.LevelHigh).Answer
		if _, _, err := b.SignIn(ctx, h.a, demo.Name, perm.LevelHigh); errs.KeyOf(err) != "login.other-person" {
			t.Fatalf("Bob stepped up Ada's sign-in: %v", err)
		}
		if who := h.citizen(t, h.a, ada.Secret); who.Person != ada.Citizen.Person || who.Level != perm.LevelBasis {
			t.Error("Ada's session changed")
		}
		// An identity that nobody has yet: the person says whether both are one.
		b.Answer = h.browser(t, "ada", perm.LevelHigh).Answer
		host, a, err := b.Begin(ctx, h.a, accounts.Wish{Level: perm.LevelHigh})
		if err != nil {
			t.Fatal(err)
		}
		o, err := b.Try(ctx, host, a.Ticket, "zweites")
		if err != nil || !o.Ask || o.Secret != "" {
			t.Fatal(o, err)
		}
		w, err := h.s.Way(ctx, host, b.Visitor(host), o.Ticket)
		if err != nil || w.Waiting.Reveal() != "Ada Zzmarke" || w.Method != "zweites" {
			t.Fatal(w, err)
		}
		if _, err := h.s.Join(ctx, host, accounts.Visitor{Browser: b.Login["konto.localhost"]}, o.Ticket); !errs.Is(err, errs.KindForbidden) {
			t.Error("joined without the session that is joined to")
		}
		o, err = b.Try(ctx, host, o.Ticket, "zweites")
		if err != nil || !o.Ask {
			t.Fatal(o, err)
		}
		ticket := o.Ticket
		if o, err = h.s.Join(ctx, host, b.Visitor(host), ticket); err != nil || o.Leave == nil {
			t.Fatal(o, err)
		}
		if _, err := h.s.Join(ctx, host, b.Visitor(host), ticket); !errs.Is(err, errs.KindForbidden) {
			t.Error("joined twice")
		}
		b.Session["konto.localhost"] = o.Secret
		e, err := b.Return(ctx, h.a, o.Leave)
		if err != nil || e.Citizen.Person != ada.Citizen.Person || e.Citizen.Level != perm.LevelHigh {
			t.Fatal(e, err)
		}
		// From now on the second way leads into the same account.
		fresh := h.browser(t, "ada", perm.LevelBasis)
		again, _, err := fresh.SignIn(ctx, h.b, "zweites", perm.LevelBasis)
		if err != nil || again.Citizen.Person != ada.Citizen.Person {
			t.Error(again, err)
		}
	})
}

func TestWhereOneIsSignedInAndHowItEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		home, phone := h.browser(t, "ada", perm.LevelBasis), h.browser(t, "ada", perm.LevelBasis)
		sign := func(b *loginstest.Browser, door tenancy.Door) accounts.Entry {
			t.Helper()
			e, _, err := b.SignIn(ctx, door, demo.Name, perm.LevelBasis)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		sign(home, h.a)
		sign(home, h.b)
		c.Advance(time.Minute)
		e := sign(phone, h.a)
		bob := h.citizen(t, h.a, h.signIn(t, h.a, "bob", perm.LevelBasis))
		list := func(b *loginstest.Browser) []accounts.SignIn {
			t.Helper()
			out, err := h.s.SignIns(ctx, e.Citizen, b.Session["konto.localhost"])
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		got := list(home)
		if len(got) != 2 || !got[0].Here || got[1].Here || len(got[0].Portals) != 2 || len(got[1].Portals) != 1 || got[0].Means != demo.Name {
			t.Fatalf("%+v", got)
		}
		if _, err := h.s.SignIns(ctx, perm.Citizen{Realm: h.a.Realm.ID}, ""); !errs.Is(err, errs.KindForbidden) {
			t.Error("a guest has a list")
		}
		for name, handle := range map[string]string{"another's portal": got[0].Portals[0].Handle, "another's sign-in": got[0].Handle, "nothing": "", "invented": "x"} {
			if err := h.s.EndSession(ctx, bob, handle); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// One portal alone: the others and the sign-in stay.
		i := 0
		if got[0].Portals[0].Tenant != h.b.Tenant.ID {
			i = 1
		}
		if err := h.s.EndSession(ctx, e.Citizen, got[0].Portals[i].Handle); err != nil {
			t.Fatal(err)
		}
		if !h.citizen(t, h.b, home.Session["b.localhost"]).Guest() || h.citizen(t, h.a, home.Session["a.localhost"]).Guest() {
			t.Error("not exactly one portal ended")
		}
		// A sign-in with its portals: the other device stays.
		if err := h.s.EndSession(ctx, e.Citizen, got[0].Handle); err != nil {
			t.Fatal(err)
		}
		if !h.citizen(t, h.a, home.Session["a.localhost"]).Guest() || h.citizen(t, h.a, phone.Session["a.localhost"]).Guest() {
			t.Error("not exactly one device ended")
		}
		sign(home, h.b)
		if err := h.s.EndAllSessions(ctx, e.Citizen); err != nil {
			t.Fatal(err)
		}
		for _, b := range []*loginstest.Browser{home, phone} {
			for _, door := range []tenancy.Door{h.a, h.b} {
				if !h.citizen(t, door, b.Session[door.Portal.Host]).Guest() {
					t.Error("signed out everywhere and still in at", door.Portal.Host)
				}
			}
			if who, _ := h.s.AccountCitizen(ctx, h.host, b.Session["konto.localhost"]); !who.Guest() {
				t.Error("signed out everywhere and still in at the account host")
			}
		}
		if h.citizen(t, h.a, h.signIn(t, h.a, "bob", perm.LevelBasis)).Guest() {
			t.Error("somebody else was signed out")
		}
	})
}

func TestATenantChoosesItsMethods(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		admin := perm.Staff{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID, Grants: []perm.Grant{{Role: perm.Administrator}}}
		stop := accounts.Choice{Name: demo.Name, Offered: true, Stopped: true, Notice: "Heute gestört."}
		for name, x := range map[string]struct {
			actor perm.Actor
			door  tenancy.Door
			c     accounts.Choice
			kind  errs.Kind
		}{
			"a caseworker":              {perm.Staff{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID, Grants: []perm.Grant{{Role: perm.Caseworker}}}, h.a, stop, errs.KindForbidden},
			"another authority's":       {admin, h.b, stop, errs.KindForbidden},
			"a citizen":                 {perm.Citizen{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID, Person: "x"}, h.a, stop, errs.KindForbidden},
			"a method that is not here": {admin, h.a, accounts.Choice{Name: "gibtesnicht", Offered: true}, errs.KindNotFound},
			"stopped without a word":    {admin, h.a, accounts.Choice{Name: demo.Name, Offered: true, Stopped: true, Notice: " "}, errs.KindInvalid},
			"too many words":            {admin, h.a, accounts.Choice{Name: demo.Name, Offered: true, Notice: strings.Repeat("ä", 301)}, errs.KindInvalid},
		} {
			if err := h.s.SaveChoice(ctx, x.actor, x.door, x.c); !errs.Is(err, x.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		b := h.browser(t, "ada", perm.LevelBasis)
		for _, door := range []tenancy.Door{h.a, h.b} {
			if _, _, err := b.SignIn(ctx, door, demo.Name, perm.LevelBasis); err != nil {
				t.Fatal(err)
			}
		}
		for name, choice := range map[string]accounts.Choice{"stopped": stop, "not offered": {Name: demo.Name}} {
			if err := h.s.SaveChoice(ctx, admin, h.a, choice); err != nil {
				t.Fatal(err)
			}
			if !h.citizen(t, h.a, b.Session["a.localhost"]).Guest() {
				t.Errorf("%s: a session by the method is taken", name)
			}
			if h.citizen(t, h.b, b.Session["b.localhost"]).Guest() {
				t.Errorf("%s: the other portal is touched", name)
			}
			// The sign-in at the account host opens no session there either, and the
			// method cannot be begun; another one can.
			host, a, err := b.Begin(ctx, h.a, accounts.Wish{Level: perm.LevelBasis})
			if err != nil || a.Leave != nil {
				t.Fatalf("%s: %v %v", name, a.Leave, err)
			}
			if _, err := b.Try(ctx, host, a.Ticket, demo.Name); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("%s: begun all the same: %v", name, err)
			}
			list, err := h.s.Offers(ctx, h.host, h.a.Tenant)
			if err != nil || len(list) != 2 || list[0].Offered != choice.Offered || list[0].Stopped != choice.Stopped || !list[1].Offered {
				t.Errorf("%s: %+v %v", name, list, err)
			}
			if err := h.s.SaveChoice(ctx, admin, h.a, accounts.Choice{Name: demo.Name, Offered: true}); err != nil {
				t.Fatal(err)
			}
			if h.citizen(t, h.a, b.Session["a.localhost"]).Guest() {
				t.Errorf("%s: not taken again after all is well", name)
			}
		}
	})
}

func TestWhatHasEndedIsDeleted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		count := func() (out [5]int) {
			t.Helper()
			if err := d.View(ctx, db.Across("", "the test counts"), func(tx *db.Tx) error {
				for i, table := range []string{"session", "account_session", "login_attempt", "account_attempt", "account_code"} {
					if err := tx.QueryRow(ctx, `SELECT count(*) FROM `+table).Scan(&out[i]); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			return out
		}
		sweep := func() {
			t.Helper()
			for _, door := range []tenancy.Door{h.a, h.b} {
				if err := h.s.Sweep(ctx, jobs.Call{Realm: door.Realm.ID, Tenant: door.Tenant.ID}, accounts.Sweep{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		b := h.browser(t, "ada", perm.LevelBasis)
		for _, door := range []tenancy.Door{h.a, h.b} {
			if _, _, err := b.SignIn(ctx, door, demo.Name, perm.LevelBasis); err != nil {
				t.Fatal(err)
			}
		}
		if _, a, err := b.Begin(ctx, h.a, accounts.Wish{}); err != nil || a.Leave == nil { // a code that nobody fetches
			t.Fatal(err)
		}
		if _, a, err := h.browser(t, "bob", perm.LevelBasis).Begin(ctx, h.b, accounts.Wish{}); err != nil || a.Ticket == "" { // a way that nobody goes
			t.Fatal(err)
		}
		if sweep(); count() != [5]int{2, 1, 2, 1, 1} {
			t.Errorf("what still lives: %v", count())
		}
		c.Advance(time.Minute + time.Second)
		if sweep(); count() != [5]int{2, 1, 2, 1, 0} {
			t.Errorf("after the code's minute: %v", count())
		}
		c.Advance(time.Hour + 15*time.Minute)
		if sweep(); count() != [5]int{} {
			t.Errorf("after all has ended: %v", count())
		}
	})
}

func TestDeviceWordsAreCoarse(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0":                                       "firefox-windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0":  "edge-windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":  "safari-mac",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/60": "safari-iphone",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36":               "chrome-android",
		"curl/8.0": "", "": "", "<script>": "", "Firefox/ Zzmarke": "",
	} {
		if got := accounts.DeviceOf(agent); got != want {
			t.Errorf("%q: %q", agent, got)
		}
	}
}
