package loginstest

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// Partner is a method with somebody on the other side who can be told what to
// do.
type Partner struct {
	Method accounts.Method
	// Levels are those at which the person can sign in there, the lowest first.
	Levels []perm.Level
	// Answer plays the person at the partner's: he signs in at the level, and
	// this is what the browser brings back, state included.
	Answer func(t *testing.T, b accounts.Begun, l perm.Level) url.Values
	// BreakOff is what comes back when he changes his mind.
	BreakOff func(t *testing.T, b accounts.Begun) url.Values
	// Down lets the partner fall silent and speak again; nil for one that lives in
	// the process and has nobody to be silent.
	Down func(t *testing.T, down bool)
}

// House is a realm with two portals and an account host where one method is
// connected.
type House struct {
	*accounts.Service
	Directory  *tenancy.Directory
	Clock      *clock.Fake
	Host, A, B tenancy.Door
}

// Open builds a house in the database.
func Open(t testing.TB, d *db.DB, c *clock.Fake, methods ...accounts.Named) House {
	t.Helper()
	ctx, op := t.Context(), perm.System{Name: "test"}
	dir, err := tenancy.OpenDirectory(ctx, d, seal.Random())
	if err != nil {
		t.Fatal(err)
	}
	r, err := dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis", Name: "Kreis", Lead: "a", AccountHost: "konto.localhost"})
	if err != nil {
		t.Fatal(err)
	}
	for _, slug := range []string{"a", "b"} {
		ten, err := dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: r.ID, Slug: slug, Name: slug, Kind: tenancy.KindStadt, Sign: strings.Repeat(strings.ToUpper(slug), 3), ARS: "990010001001"})
		if err == nil {
			err = dir.SavePortal(ctx, op, ten.Scope(), tenancy.Portal{Tenant: ten.ID, Host: slug + ".localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("Portal "+slug, "")}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := dir.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	h := House{Service: accounts.New(accounts.Config{DB: d, Directory: dir, Methods: methods}), Directory: dir, Clock: c}
	h.A, _ = dir.ByHost("a.localhost")
	h.B, _ = dir.ByHost("b.localhost")
	h.Host, _ = dir.AccountDoor(r.ID)
	return h
}

// name of the connection in the suite.
const name = "pruefling"

// Run is what every sign-in method must stand. open gives a method with a fresh
// partner whose clock is c.
func Run(t *testing.T, open func(t *testing.T, c *clock.Fake) Partner) {
	for _, x := range []struct {
		rule  string
		check func(*testing.T, House, Partner)
	}{
		{"begins with one way to go and keeps little", begins},
		{"says who it is, how sure, by which means", completes},
		{"knows one person again", knowsAgain},
		{"takes no answer to another attempt", foreignAnswer},
		{"takes an answer once, also when many come at once", once},
		{"takes nothing below the level that is wanted", tooLow},
		{"takes no rubbish and repeats none of it", rubbish},
		{"hears that somebody broke off", brokenOff},
		{"says when its partner is silent", silent},
	} {
		t.Run(x.rule, func(t *testing.T) {
			c := clock.NewFake(dbtest.Start)
			p := open(t, c)
			if len(p.Levels) == 0 || !slices.IsSorted(p.Levels) {
				t.Fatal("the partner has no levels, or not the lowest first")
			}
			h := Open(t, dbtest.Open(t, "sqlite", c), c, accounts.Named{Name: name, Title: "Prüfling", Kind: "test", Method: p.Method, Citizens: true})
			x.check(t, h, p)
		})
	}
}

func (p Partner) top() perm.Level { return p.Levels[len(p.Levels)-1] }

// attempt is one as the host makes it.
func attempt(l perm.Level) accounts.Attempt {
	return accounts.Attempt{Kind: accounts.KindCitizen, Realm: "kreis", Tenant: "a", State: ident.Secret(), Back: "http://konto.localhost/anmelden/zurueck/" + name, Level: l, Lang: "de"}
}

// answered begins an attempt and lets the person sign in at a level.
func answered(t *testing.T, p Partner, wanted, at perm.Level) (accounts.Attempt, url.Values) {
	t.Helper()
	a := attempt(wanted)
	b, err := p.Method.Begin(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	a.Keep = b.Keep
	return a, p.Answer(t, b, at)
}

// browser is somebody's who signs in at a level.
func (p Partner) browser(t *testing.T, h House, at perm.Level) *Browser {
	return New(h.Service, h.Directory, func(b accounts.Begun) url.Values { return p.Answer(t, b, at) })
}

// way gives a browser on its way, with the answer of the partner, and the way's ticket.
func (p Partner) way(t *testing.T, h House, wanted, at perm.Level) (*Browser, url.Values) {
	t.Helper()
	b := p.browser(t, h, at)
	_, arrival, err := b.Begin(t.Context(), h.A, accounts.Wish{Level: wanted})
	if err != nil {
		t.Fatal(err)
	}
	begun, err := h.TryMethod(t.Context(), h.Host, b.Visitor(h.Host), Base(h.Host), arrival.Ticket, name)
	if err != nil {
		t.Fatal(err)
	}
	return b, p.Answer(t, begun, at)
}

// refused fails unless err is a refusal that says its rule and nothing of what
// came from outside.
func refused(t *testing.T, what string, err error, foreign url.Values) {
	t.Helper()
	if !errs.Is(err, errs.KindForbidden) || errs.KeyOf(err) == "" {
		t.Errorf("%s: %v", what, err)
		return
	}
	rule := accounts.RuleOf(err)
	if rule == "" || len(rule) > 80 {
		t.Errorf("%s: the rule is %q", what, rule)
	}
	for _, list := range foreign {
		for _, v := range list {
			if len(v) > 5 && strings.Contains(err.Error(), v) {
				t.Errorf("%s: the error repeats what came from outside", what)
			}
		}
	}
}

func begins(t *testing.T, _ House, p Partner) {
	for _, l := range p.Levels {
		b, err := p.Method.Begin(t.Context(), attempt(l))
		if err != nil {
			t.Fatal(err)
		}
		if (b.Redirect == "") == (b.Post == "") {
			t.Errorf("%s: not exactly one of redirect and form", l)
		}
		for _, to := range []string{b.Redirect, b.Post} {
			if u, err := url.Parse(to); err != nil || to != "" && !strings.HasPrefix(to, "/") && (u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
				t.Errorf("%s: leads to %q", l, to)
			}
		}
		if len(b.Keep) > accounts.MaxKeep {
			t.Errorf("%s: keeps %d bytes", l, len(b.Keep))
		}
		if b.Post != "" && len(b.Fields) == 0 {
			t.Errorf("%s: a form without fields", l)
		}
	}
}

func completes(t *testing.T, _ House, p Partner) {
	for _, l := range p.Levels {
		a, back := answered(t, p, l, l)
		if back.Get("state") != a.State && back.Get("RelayState") != a.State {
			t.Errorf("%s: the state did not come back", l)
		}
		who, err := p.Method.Complete(t.Context(), a, back)
		if err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		if who.Subject == "" || who.Level != l || who.Means == "" || len(who.Means) > 40 {
			t.Errorf("%s: subject given %v, level %s, means %q", l, who.Subject != "", who.Level, who.Means)
		}
		for name, v := range who.Profile {
			if !slices.Contains(accounts.Attrs(), name) || v.Level > who.Level || v.Value.Empty() {
				t.Errorf("%s: attribute %s at %s, empty %v", l, name, v.Level, v.Value.Empty())
			}
		}
	}
}

func knowsAgain(t *testing.T, h House, p Partner) {
	identities, people := map[string]bool{}, map[ident.PersonID]bool{}
	for _, l := range append(slices.Clone(p.Levels), p.Levels[0]) {
		a, back := answered(t, p, l, l)
		who, err := p.Method.Complete(t.Context(), a, back)
		if err != nil {
			t.Fatal(err)
		}
		identities[who.Issuer+" "+who.Subject] = true
		e, asked, err := p.browser(t, h, l).SignIn(t.Context(), h.A, name, l)
		if err != nil || !bool(asked) || e.Citizen.Level != l {
			t.Fatalf("%s: %v", l, err)
		}
		people[e.Citizen.Person] = true
	}
	if len(identities) != 1 || len(people) != 1 {
		t.Errorf("one person has %d identities and %d accounts", len(identities), len(people))
	}
}

func foreignAnswer(t *testing.T, h House, p Partner) {
	l := p.Levels[0]
	mine, _ := answered(t, p, l, l)
	_, back := answered(t, p, l, l)
	_, err := p.Method.Complete(t.Context(), mine, back)
	refused(t, "an answer to another attempt", err, back)
	// With my state on it, as an attacker would send it.
	_, back = answered(t, p, l, l)
	for _, k := range []string{"state", "RelayState"} {
		if back.Has(k) {
			back.Set(k, mine.State)
		}
	}
	_, err = p.Method.Complete(t.Context(), mine, back)
	refused(t, "an answer to another attempt under my state", err, back)
	// At the host: another's browser brings it.
	_, back = p.way(t, h, l, l)
	other := p.browser(t, h, l)
	if _, _, err := other.SignIn(t.Context(), h.B, name, l); err != nil {
		t.Fatal(err)
	}
	_, err = h.Answer(t.Context(), h.Host, other.Visitor(h.Host), Base(h.Host), name, back)
	refused(t, "an answer in another's browser", err, back)
}

func once(t *testing.T, h House, p Partner) {
	l := p.Levels[0]
	b, back := p.way(t, h, l, l)
	const many = 8
	var taken atomic.Int32
	var wg sync.WaitGroup
	failures := make([]error, many)
	for i := range many {
		wg.Go(func() {
			o, err := h.Answer(t.Context(), h.Host, b.Visitor(h.Host), Base(h.Host), name, maps.Clone(back))
			if err == nil && o.Secret != "" {
				taken.Add(1)
			}
			failures[i] = err
		})
	}
	wg.Wait()
	if taken.Load() != 1 {
		t.Errorf("taken %d times: %v", taken.Load(), errors.Join(failures...))
	}
	for _, err := range failures {
		if err != nil {
			refused(t, "the same answer again", err, back)
		}
	}
	// Kept as a form that came across sites: once as well.
	b, back = p.way(t, h, l, l)
	state := back.Get("state") + back.Get("RelayState")
	if err := h.Park(t.Context(), h.Host, name, state, back); err != nil {
		t.Fatal(err)
	}
	refused(t, "a second form", h.Park(t.Context(), h.Host, name, state, back), back)
	if _, err := h.Answer(t.Context(), h.Host, b.Visitor(h.Host), Base(h.Host), name, url.Values{"state": {state}}); err != nil {
		t.Errorf("a form that was kept: %v", err)
	}
}

func tooLow(t *testing.T, h House, p Partner) {
	if p.Levels[0] == p.top() {
		// One level only: more than that must be refused, too.
		if p.top() == perm.LevelHigh {
			return
		}
	}
	wanted := p.top()
	if wanted == p.Levels[0] {
		wanted++
	}
	b, back := p.way(t, h, wanted, p.Levels[0])
	o, err := h.Answer(t.Context(), h.Host, b.Visitor(h.Host), Base(h.Host), name, back)
	refused(t, "a level too low", err, back)
	if errs.KeyOf(err) != "login.level-too-low" || o.Secret != "" || o.Ticket == "" {
		t.Errorf("key %s, a session %v, a way to go on %v", errs.KeyOf(err), o.Secret != "", o.Ticket != "")
	}
}

func rubbish(t *testing.T, _ House, p Partner) {
	l := p.Levels[0]
	for what, spoil := range map[string]func(url.Values) url.Values{
		"nothing":           func(url.Values) url.Values { return url.Values{} },
		"the state alone":   func(v url.Values) url.Values { return keep(v, "state", "RelayState") },
		"everything empty":  func(v url.Values) url.Values { return each(v, func(string) string { return "" }) },
		"everything longer": func(v url.Values) url.Values { return each(v, func(s string) string { return s + s }) },
		"everything else":   func(v url.Values) url.Values { return each(v, func(string) string { return "<Zzmarke>&%00\"" }) },
		"cut in the middle": func(v url.Values) url.Values { return each(v, func(s string) string { return s[:len(s)/2] }) },
	} {
		a, back := answered(t, p, l, l)
		bad := spoil(back)
		_, err := p.Method.Complete(t.Context(), a, bad)
		refused(t, what, err, bad)
	}
}

func keep(v url.Values, names ...string) url.Values {
	out := url.Values{}
	for _, n := range names {
		if v.Has(n) {
			out[n] = v[n]
		}
	}
	return out
}

func each(v url.Values, f func(string) string) url.Values {
	out := url.Values{}
	for k, list := range v {
		for _, s := range list {
			if k != "state" && k != "RelayState" {
				s = f(s)
			}
			out.Add(k, s)
		}
	}
	return out
}

func brokenOff(t *testing.T, h House, p Partner) {
	a := attempt(p.Levels[0])
	b, err := p.Method.Begin(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	a.Keep = b.Keep
	back := p.BreakOff(t, b)
	_, err = p.Method.Complete(t.Context(), a, back)
	refused(t, "broken off", err, back)
	if key := errs.KeyOf(err); key != "login.broken-off" && key != "login.refused" {
		t.Errorf("the person reads %s", key)
	}
	// And then he signs in after all, on the same way.
	w := p.browser(t, h, p.Levels[0])
	good := w.Answer
	w.Answer = func(b accounts.Begun) url.Values { return p.BreakOff(t, b) }
	host, arrival, err := w.Begin(t.Context(), h.A, accounts.Wish{Level: p.Levels[0]})
	if err != nil {
		t.Fatal(err)
	}
	o, err := w.Try(t.Context(), host, arrival.Ticket, name)
	refused(t, "broken off on a way", err, nil)
	w.Answer = good
	if o, err = w.Try(t.Context(), host, o.Ticket, name); err != nil || o.Leave == nil {
		t.Errorf("a second try: %v", err)
	}
}

func silent(t *testing.T, h House, p Partner) {
	if p.Down == nil {
		return // it lives in the process
	}
	l := p.Levels[0]
	b, back := p.way(t, h, l, l)
	p.Down(t, true)
	if o, err := h.Answer(t.Context(), h.Host, b.Visitor(h.Host), Base(h.Host), name, back); err == nil {
		if o.Secret == "" {
			t.Error("neither a session nor an error")
		} // what came by way of the browser was enough
	} else if !errs.Is(err, errs.KindUnavailable) || o.Ticket == "" {
		t.Errorf("silent at the end: %v", err)
	}
	p.Down(t, false)
	if _, _, err := p.browser(t, h, l).SignIn(t.Context(), h.B, name, l); err != nil {
		t.Errorf("speaking again: %v", err)
	}
}
