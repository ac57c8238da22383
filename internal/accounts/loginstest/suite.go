package loginstest

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
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
	// BreakOff is what comes back when he changes his mind; nil for a partner whose
	// pages offer no way to do so.
	BreakOff func(t *testing.T, b accounts.Begun) url.Values
	// Down lets the partner fall silent and speak again; nil for one that lives in
	// the process and has nobody to be silent.
	Down func(t *testing.T, down bool)
	// Stranger is Answer of another person; nil if there is one only.
	Stranger func(t *testing.T, b accounts.Begun, l perm.Level) url.Values
	// Twin is the same connection on another node, made of the same settings; nil
	// for a method whose partner lives in the process.
	Twin accounts.Method
	// Other is a connection of the same kind to another partner, as another
	// authority has it: Method and Answer. nil if a kind has one partner only.
	Other *Partner
	// AsksAgain reads from what Begin gave whether the partner must ask the person
	// although he is signed in there; nil for a partner that always asks.
	AsksAgain func(t *testing.T, b accounts.Begun) bool
	// Staff says that members of staff can sign in there too, at whichever portal.
	Staff bool
	// Strange is the value of an attribute that the partner sends and nobody asked
	// for; "" if it sends none.
	Strange string
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

// Names of the connections in the suite. The neighbour is Partner.Other, or the
// same method under another name.
const (
	name      = "pruefling"
	neighbour = "nachbar"
)

// check is one rule; t hears what is broken.
type check struct {
	rule  string
	check func(testing.TB, House, party)
}

var rules = []check{
	{"begins with one way to go and keeps little", begins},
	{"says who it is, how sure, by which means", completes},
	{"knows one person again, and two apart", knowsAgain},
	{"keeps nothing in its process", onAnotherNode},
	{"demands that somebody is asked again when the host does", asksAgain},
	{"passes on no attribute that nobody asked for", strange},
	{"takes no answer to another attempt", foreignAnswer},
	{"takes no answer for another connection", foreignConnection},
	{"takes an answer once, also when many come at once", once},
	{"takes no answer that comes late", late},
	{"takes nothing below the level that is wanted", tooLow},
	{"takes no rubbish and repeats none of it", rubbish},
	{"hears that somebody broke off", brokenOff},
	{"says when its partner is silent", silent},
	{"a step-up keeps the person and ends the session before", stepUp},
	{"a stranger's step-up changes nobody's session", strangerStepsUp},
	{"stopped by an authority, it opens nothing there", stopped},
	{"staff of one authority are not let in at another", staffElsewhere},
}

// party is a partner whose pages are played for one test.
type party struct {
	Partner
	t *testing.T
}

func (p party) answer(b accounts.Begun, l perm.Level) url.Values { return p.Answer(p.t, b, l) }

// Run is what every sign-in method must stand. open gives a method with a fresh
// partner whose clock is c.
func Run(t *testing.T, open func(t *testing.T, c *clock.Fake) Partner) {
	for _, x := range rules {
		t.Run(x.rule, func(t *testing.T) { x.run(t, t, open, nil) })
	}
}

// run tries one rule with a partner of its own and tells hears what is broken.
// spoil breaks the house before; nil leaves it as it is.
func (x check) run(t *testing.T, hears testing.TB, open func(t *testing.T, c *clock.Fake) Partner, spoil func(*db.DB, *House)) {
	c := clock.NewFake(dbtest.Start)
	p := party{open(t, c), t}
	if len(p.Levels) == 0 || !slices.IsSorted(p.Levels) {
		t.Fatal("the partner has no levels, or not the lowest first")
	}
	methods := []accounts.Named{
		{Name: name, Title: "Prüfling", Kind: "test", Method: p.Method, Citizens: true, Staff: true},
		{Name: neighbour, Title: "Nachbar", Kind: "test", Method: p.Method, Citizens: true},
	}
	if p.Other != nil {
		methods[1].Method = p.Other.Method
	}
	d := dbtest.Open(t, "sqlite", c)
	h := Open(t, d, c, methods...)
	if spoil != nil {
		spoil(d, &h)
	}
	x.check(hears, h, p)
}

func (p party) top() perm.Level { return p.Levels[len(p.Levels)-1] }
