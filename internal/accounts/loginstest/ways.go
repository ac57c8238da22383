package loginstest

import (
	"net/url"
	"testing"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// browser is somebody's who signs in at a level.
func (p party) browser(h House, at perm.Level) *Browser {
	return New(h.Service, h.Directory, func(b accounts.Begun) url.Values { return p.answer(b, at) })
}

// stranger is the browser of somebody else.
func (p party) stranger(h House, at perm.Level) *Browser {
	return New(h.Service, h.Directory, func(b accounts.Begun) url.Values { return p.Stranger(p.t, b, at) })
}

// tried gives a browser on its way from a portal and what the method began there.
func (p party) tried(t testing.TB, h House, portal tenancy.Door, wanted, at perm.Level) (*Browser, accounts.Begun) {
	t.Helper()
	b := p.browser(h, at)
	_, arrival, err := b.Begin(t.Context(), portal, accounts.Wish{Level: wanted})
	if err != nil {
		t.Fatal(err)
	}
	begun, err := h.TryMethod(t.Context(), h.Host, b.Visitor(h.Host), Base(h.Host), arrival.Ticket, name)
	if err != nil {
		t.Fatal(err)
	}
	return b, begun
}

// way gives a browser on its way, with the answer of the partner.
func (p party) way(t testing.TB, h House, wanted, at perm.Level) (*Browser, url.Values) {
	t.Helper()
	b, begun := p.tried(t, h, h.A, wanted, at)
	return b, p.answer(begun, at)
}

// person is who stands at a portal with a session's secret, "" for a guest.
func person(t testing.TB, h House, door tenancy.Door, secret string) perm.Citizen {
	t.Helper()
	c, err := h.Citizen(t.Context(), door, secret)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func late(t testing.TB, h House, p party) {
	l := p.Levels[0]
	b, back := p.way(t, h, l, l)
	h.Clock.Advance(16 * time.Minute)
	o, err := h.Answer(t.Context(), h.Host, b.Visitor(h.Host), Base(h.Host), name, back)
	refused(t, "after a quarter of an hour", err, back)
	if o.Secret != "" || o.Ticket == "" {
		t.Fatalf("a session %v, a way to go on %v", o.Secret != "", o.Ticket != "")
	}
	if o, err = b.Try(t.Context(), h.Host, o.Ticket, name); err != nil || o.Leave == nil {
		t.Errorf("a second try on the same way: %v", err)
	}
}

func brokenOff(t testing.TB, h House, p party) {
	if p.BreakOff == nil {
		return // its pages offer no way to do so
	}
	for _, l := range p.Levels {
		a := attempt(l)
		back := p.BreakOff(p.t, begun(t, p.Method, &a))
		who, err := p.Method.Complete(t.Context(), a, back)
		refused(t, "broken off", err, back)
		if key := errs.KeyOf(err); key != "login.broken-off" || who.Subject != "" {
			t.Errorf("the person reads %s, somebody is signed in %v", key, who.Subject != "")
		}
	}
	// Nobody breaks off for another.
	theirs := attempt(p.Levels[0])
	back := p.BreakOff(p.t, begun(t, p.Method, &theirs))
	mine := attempt(p.Levels[0])
	begun(t, p.Method, &mine)
	_, err := p.Method.Complete(t.Context(), mine, back)
	refused(t, "another's breaking off", err, back)
	// And then he signs in after all, on the same way.
	w := p.browser(h, p.Levels[0])
	good := w.Answer
	w.Answer = func(b accounts.Begun) url.Values { return p.BreakOff(p.t, b) }
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

func silent(t testing.TB, h House, p party) {
	if p.Down == nil {
		return // it lives in the process
	}
	l := p.Levels[0]
	b, back := p.way(t, h, l, l)
	p.Down(p.t, true)
	o, err := h.Answer(t.Context(), h.Host, b.Visitor(h.Host), Base(h.Host), name, back)
	p.Down(p.t, false)
	if err == nil {
		if o.Secret == "" {
			t.Error("neither a session nor an error")
		} // what came by way of the browser was enough
	} else if !errs.Is(err, errs.KindUnavailable) || o.Ticket == "" {
		t.Errorf("silent at the end: %v", err)
	}
	if _, _, err := p.browser(h, l).SignIn(t.Context(), h.B, name, l); err != nil {
		t.Errorf("speaking again: %v", err)
	}
}

func stepUp(t testing.TB, h House, p party) {
	at := p.Levels[0]
	b := New(h.Service, h.Directory, func(begun accounts.Begun) url.Values { return p.answer(begun, at) })
	before, _, err := b.SignIn(t.Context(), h.A, name, at)
	if err != nil {
		t.Fatal(err)
	}
	sso := b.Session[h.Host.Portal.Host]
	at = p.top()
	after, asked, err := b.Go(t.Context(), h.A, name, accounts.Wish{Level: at, Fresh: true})
	if err != nil {
		t.Fatal(err)
	}
	if !asked || after.Citizen.Person != before.Citizen.Person || after.Citizen.Level != at {
		t.Errorf("asked %v, the same person %v, level %s", asked, after.Citizen.Person == before.Citizen.Person, after.Citizen.Level)
	}
	if after.Secret == before.Secret || b.Session[h.Host.Portal.Host] == sso {
		t.Error("a session kept its name")
	}
	if !person(t, h, h.A, before.Secret).Guest() {
		t.Error("the portal session before still opens")
	}
	if c, err := h.AccountCitizen(t.Context(), h.Host, sso); err != nil || !c.Guest() {
		t.Errorf("the account session before still opens: %v", err)
	}
	// Raised here, raised at the other portal, without being asked.
	next, asked, err := b.SignIn(t.Context(), h.B, name, at)
	if err != nil || bool(asked) || next.Citizen.Person != after.Citizen.Person || next.Citizen.Level != at {
		t.Errorf("the other portal: asked %v, level %s, %v", asked, next.Citizen.Level, err)
	}
}

func strangerStepsUp(t testing.TB, h House, p party) {
	if p.Stranger == nil {
		return // there is one person only
	}
	l := p.Levels[0]
	if _, _, err := p.stranger(h, l).SignIn(t.Context(), h.B, name, l); err != nil { // known here
		t.Fatal(err)
	}
	b := p.browser(h, l)
	mine, _, err := b.SignIn(t.Context(), h.A, name, l)
	if err != nil {
		t.Fatal(err)
	}
	b.Answer = p.stranger(h, l).Answer
	_, _, err = b.Go(t.Context(), h.A, name, accounts.Wish{Level: l, Fresh: true})
	refused(t, "another account's person in this browser", err, nil)
	if c := person(t, h, h.A, b.Session[h.A.Portal.Host]); c.Person != mine.Citizen.Person || c.Guest() {
		t.Error("the session is not the person's any more")
	}
}

func stopped(t testing.TB, h House, p party) {
	l := p.Levels[0]
	signedIn := p.browser(h, l)
	e, _, err := signedIn.SignIn(t.Context(), h.A, name, l)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []accounts.Choice{{Name: name, Offered: true, Stopped: true, Notice: "Zurzeit gestört."}, {Name: name, Notice: "Nicht mehr."}} {
		b, back := p.way(t, h, l, l)
		if err := h.SaveChoice(t.Context(), perm.System{Name: "test"}, h.A, c); err != nil {
			t.Fatal(err)
		}
		o, err := h.Answer(t.Context(), h.Host, b.Visitor(h.Host), Base(h.Host), name, back)
		refused(t, "stopped meanwhile", err, back)
		if o.Secret != "" {
			t.Error("an attempt that was running opened a session")
		}
		if !person(t, h, h.A, e.Secret).Guest() {
			t.Error("a session that came by it still opens")
		}
		if _, _, err := p.browser(h, l).SignIn(t.Context(), h.A, name, l); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("a new attempt: %v", err)
		}
		if _, _, err := p.browser(h, l).SignIn(t.Context(), h.B, name, l); err != nil {
			t.Errorf("at the other authority: %v", err)
		}
		if err := h.SaveChoice(t.Context(), perm.System{Name: "test"}, h.A, accounts.Choice{Name: name, Offered: true}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := p.browser(h, l).SignIn(t.Context(), h.A, name, l); err != nil {
		t.Errorf("offered again: %v", err)
	}
}

func staffElsewhere(t testing.TB, h House, p party) {
	if !p.Staff {
		return // it knows citizens only
	}
	begin := func() (cookie string, back url.Values) {
		b, cookie, err := h.BeginStaff(t.Context(), h.A, "", name, Base(h.A)+"/verwaltung/anmelden/zurueck/"+name, "/verwaltung")
		if err != nil {
			t.Fatal(err)
		}
		return cookie, p.answer(b, p.top())
	}
	cookie, back := begin()
	secret, _, err := h.FinishStaff(t.Context(), h.B, cookie, name, "", back)
	refused(t, "an answer at another authority's portal", err, back)
	unknown := accounts.RuleOf(err)
	// At the right portal the same answer is looked at: nobody works there, and
	// whoever is signed in over there is no member of staff by that.
	other, _, err := h.FinishStaff(t.Context(), h.A, cookie, name, "", back)
	if !errs.Is(err, errs.KindForbidden) || accounts.RuleOf(err) == unknown || secret != "" || other != "" {
		t.Errorf("at the right portal: %v, sessions %v %v", err, secret != "", other != "")
	}
	if _, _, err = h.FinishStaff(t.Context(), h.A, cookie, name, "", back); accounts.RuleOf(err) != unknown {
		t.Errorf("a second time: %v", err)
	}
}
