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
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// attempt is one as the host makes it.
func attempt(l perm.Level) accounts.Attempt {
	return accounts.Attempt{Kind: accounts.KindCitizen, Realm: "kreis", Tenant: "a", State: ident.Secret(), Back: "http://konto.localhost/anmelden/zurueck/" + name, Level: l, Lang: "de"}
}

// begun begins an attempt.
func begun(t testing.TB, m accounts.Method, a *accounts.Attempt) accounts.Begun {
	t.Helper()
	b, err := m.Begin(t.Context(), *a)
	if err != nil {
		t.Fatal(err)
	}
	a.Keep = b.Keep
	return b
}

// answered begins an attempt and lets the person sign in at a level.
func (p party) answered(t testing.TB, wanted, at perm.Level) (accounts.Attempt, url.Values) {
	t.Helper()
	a := attempt(wanted)
	return a, p.answer(begun(t, p.Method, &a), at)
}

// withState puts another state on an answer, as an attacker would.
func withState(back url.Values, state string) url.Values {
	back = maps.Clone(back)
	for _, k := range []string{"state", "RelayState"} {
		if back.Has(k) {
			back[k] = []string{state}
		}
	}
	return back
}

func stateOf(back url.Values) string { return back.Get("state") + back.Get("RelayState") }

// refused fails unless err is a refusal that says its rule and nothing of what
// came from outside.
func refused(t testing.TB, what string, err error, foreign url.Values) {
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

func begins(t testing.TB, _ House, p party) {
	for _, l := range p.Levels {
		a := attempt(l)
		b := begun(t, p.Method, &a)
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
		again := attempt(l)
		if c := begun(t, p.Method, &again); c.Redirect == b.Redirect && maps.Equal(c.Fields, b.Fields) {
			t.Errorf("%s: two attempts are alike", l)
		}
	}
}

func completes(t testing.TB, h House, p party) {
	for _, l := range p.Levels {
		for _, wanted := range slices.Compact([]perm.Level{p.Levels[0], l}) {
			a, back := p.answered(t, wanted, l)
			if stateOf(back) != a.State {
				t.Errorf("%s: the state did not come back", l)
			}
			who, err := p.Method.Complete(t.Context(), a, back)
			if err != nil {
				t.Fatalf("%s: %v", l, err)
			}
			if who.Subject == "" || who.Level != l || who.Means == "" || len(who.Means) > 40 {
				t.Errorf("%s, %s wanted: subject given %v, level %s, means %q", l, wanted, who.Subject != "", who.Level, who.Means)
			}
			for name, v := range who.Profile {
				if !slices.Contains(accounts.Attrs(), name) || v.Level > perm.LevelHigh || v.Value.Empty() {
					t.Errorf("%s: attribute %s at %s, empty %v", l, name, v.Level, v.Value.Empty())
				}
			}
		}
		// Whatever was proved at the partner's, the host takes it for no surer than
		// this sign-in (TR-03160-1 ch. 5).
		e, _, err := p.browser(h, l).SignIn(t.Context(), h.A, name, l)
		if err != nil {
			t.Fatal(err)
		}
		known, err := h.Profile(t.Context(), e.Citizen)
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range known {
			if v.Level > l {
				t.Errorf("%s: the host takes %s for %s", l, name, v.Level)
			}
		}
	}
}

func knowsAgain(t testing.TB, h House, p party) {
	identities, people := map[string]bool{}, map[ident.PersonID]bool{}
	for _, l := range append(slices.Clone(p.Levels), p.Levels[0]) {
		a, back := p.answered(t, l, l)
		who, err := p.Method.Complete(t.Context(), a, back)
		if err != nil {
			t.Fatal(err)
		}
		identities[who.Issuer+" "+who.Subject] = true
		e, asked, err := p.browser(h, l).SignIn(t.Context(), h.A, name, l)
		if err != nil || !bool(asked) || e.Citizen.Level != l {
			t.Fatalf("%s: %v", l, err)
		}
		people[e.Citizen.Person] = true
	}
	if len(identities) != 1 || len(people) != 1 {
		t.Errorf("one person has %d identities and %d accounts", len(identities), len(people))
	}
	if p.Stranger == nil {
		return
	}
	l := p.Levels[0]
	e, _, err := p.stranger(h, l).SignIn(t.Context(), h.A, name, l)
	if err != nil || people[e.Citizen.Person] {
		t.Errorf("another person is another account: %v, %v", !people[e.Citizen.Person], err)
	}
}

func onAnotherNode(t testing.TB, _ House, p party) {
	if p.Twin == nil {
		return // its partner lives in the process
	}
	a, back := p.answered(t, p.top(), p.top())
	if _, err := p.Twin.Complete(t.Context(), a, back); err != nil {
		t.Errorf("begun here, completed there: %v", err)
	}
	b := attempt(p.top())
	back = p.answer(begun(t, p.Twin, &b), p.top())
	if _, err := p.Method.Complete(t.Context(), b, back); err != nil {
		t.Errorf("begun there, completed here: %v", err)
	}
}

func asksAgain(t testing.TB, _ House, p party) {
	if p.AsksAgain == nil {
		return // it always asks
	}
	for _, fresh := range []bool{false, true} {
		a := attempt(p.Levels[0])
		a.Fresh = fresh
		b := begun(t, p.Method, &a)
		if p.AsksAgain(p.t, b) != fresh {
			t.Errorf("fresh %v: the partner is told otherwise", fresh)
		}
		if _, err := p.Method.Complete(t.Context(), a, p.answer(b, p.Levels[0])); err != nil {
			t.Errorf("fresh %v: %v", fresh, err)
		}
	}
}

func strange(t testing.TB, _ House, p party) {
	if p.Strange == "" {
		return // it has nothing more to say
	}
	a, back := p.answered(t, p.top(), p.top())
	who, err := p.Method.Complete(t.Context(), a, back)
	if err != nil {
		t.Fatal(err)
	}
	if len(who.Profile) == 0 {
		t.Error("nor any that somebody asked for")
	}
	said := who.Issuer + "\n" + who.Subject + "\n" + who.Means
	for name, v := range who.Profile {
		said += "\n" + string(name) + "\n" + v.Value.Reveal() + "\n" + v.Source
	}
	if strings.Contains(said, p.Strange) {
		t.Error("an attribute that nobody asked for went over")
	}
}

func foreignAnswer(t testing.TB, h House, p party) {
	l := p.Levels[0]
	mine, _ := p.answered(t, l, l)
	_, back := p.answered(t, l, l)
	_, err := p.Method.Complete(t.Context(), mine, back)
	refused(t, "an answer to another attempt", err, back)
	// With my state on it, as an attacker would send it.
	_, back = p.answered(t, l, l)
	back = withState(back, mine.State)
	_, err = p.Method.Complete(t.Context(), mine, back)
	refused(t, "an answer to another attempt under my state", err, back)
	// At the host: another's browser brings it.
	_, back = p.way(t, h, l, l)
	other := p.browser(h, l)
	if _, _, err := other.SignIn(t.Context(), h.B, name, l); err != nil {
		t.Fatal(err)
	}
	_, err = h.Answer(t.Context(), h.Host, other.Visitor(h.Host), Base(h.Host), name, back)
	refused(t, "an answer in another's browser", err, back)
}

// foreignConnection is the mix-up attack (RFC 9700 4.4): a partner's answer is
// brought to where another one's is expected.
func foreignConnection(t testing.TB, h House, p party) {
	l := p.Levels[0]
	b, back := p.way(t, h, l, l)
	o, err := h.Answer(t.Context(), h.Host, b.Visitor(h.Host), Base(h.Host), neighbour, back)
	refused(t, "an answer at another connection's page", err, back)
	if o.Secret != "" {
		t.Error("and it opened a session")
	}
	if p.Other == nil {
		return
	}
	theirs := attempt(l)
	begunThere := begun(t, p.Other.Method, &theirs)
	answerThere := p.Other.Answer(p.t, begunThere, l)
	mine := attempt(l)
	begun(t, p.Method, &mine)
	_, err = p.Method.Complete(t.Context(), mine, withState(answerThere, mine.State))
	refused(t, "the other partner's answer to my attempt", err, answerThere)
	kept := mine
	kept.Keep = theirs.Keep
	_, err = p.Method.Complete(t.Context(), kept, withState(answerThere, mine.State))
	refused(t, "the other connection's attempt at mine", err, answerThere)
	again := attempt(l)
	if _, err = p.Other.Method.Complete(t.Context(), again, p.Other.Answer(p.t, begun(t, p.Other.Method, &again), l)); err != nil {
		t.Errorf("control: the other connection takes its own: %v", err)
	}
}

func once(t testing.TB, h House, p party) {
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
	state := stateOf(back)
	if err := h.Park(t.Context(), h.Host, name, state, back); err != nil {
		t.Fatal(err)
	}
	refused(t, "a second form", h.Park(t.Context(), h.Host, name, state, back), back)
	if _, err := h.Answer(t.Context(), h.Host, b.Visitor(h.Host), Base(h.Host), name, url.Values{"state": {state}}); err != nil {
		t.Errorf("a form that was kept: %v", err)
	}
}

func tooLow(t testing.TB, h House, p party) {
	for wanted := p.Levels[0] + 1; wanted <= perm.LevelHigh; wanted++ {
		for _, at := range p.Levels {
			if at >= wanted {
				continue
			}
			b, back := p.way(t, h, wanted, at)
			o, err := h.Answer(t.Context(), h.Host, b.Visitor(h.Host), Base(h.Host), name, back)
			refused(t, "a level too low", err, back)
			if errs.KeyOf(err) != "login.level-too-low" || o.Secret != "" || o.Ticket == "" {
				t.Errorf("%s for %s: key %s, a session %v, a way to go on %v", at, wanted, errs.KeyOf(err), o.Secret != "", o.Ticket != "")
			}
		}
	}
}

func rubbish(t testing.TB, _ House, p party) {
	l := p.Levels[0]
	for what, spoil := range map[string]func(url.Values) url.Values{
		"nothing":           func(url.Values) url.Values { return url.Values{} },
		"the state alone":   func(v url.Values) url.Values { return keep(v, "state", "RelayState") },
		"everything empty":  func(v url.Values) url.Values { return each(v, func(string) string { return "" }) },
		"everything longer": func(v url.Values) url.Values { return each(v, func(s string) string { return s + s }) },
		"everything else":   func(v url.Values) url.Values { return each(v, func(string) string { return "<Zzmarke>&%00\"" }) },
		"cut in the middle": func(v url.Values) url.Values { return each(v, func(s string) string { return s[:len(s)/2] }) },
	} {
		a, back := p.answered(t, l, l)
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
