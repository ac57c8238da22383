package isolation

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"stadttor/internal/web/ui"
)

// Finding is a cell of the matrix that is not as it must be.
type Finding struct {
	Pattern, Actor, Object string
	What                   string
}

func (f Finding) String() string {
	return f.Pattern + " by " + f.Actor + " on " + f.Object + ": " + f.What
}

// Report of a walk.
type Report struct {
	Findings []Finding
	Routes   int
	Cells    int // route × actor × object
	Calls    int
	// Shown counts how often marks or the number of an object were seen by those
	// who may: where it is zero the walk was blind.
	Shown map[*Object]int
}

// Walk goes through the matrix of the portals. h is what serves, routes the
// registry; both are the program's own or have a planted mistake.
func (w *Town) Walk(h http.Handler, routes []ui.Route) Report { return w.walk(h, routes, w.Actors) }

// WalkAccount goes through the matrix of the account hosts.
func (w *Town) WalkAccount(h http.Handler, routes []ui.Route) Report {
	return w.walk(h, routes, w.Visitors)
}

func (w *Town) walk(h http.Handler, routes []ui.Route, actors []*Actor) Report {
	x := &walk{w: w, h: h, twins: map[string]answer{}}
	x.Routes, x.Shown = len(routes), map[*Object]int{}
	var gets, posts, ends []*row
	for _, rt := range routes {
		r := x.row(rt)
		switch {
		case r == nil:
		case strings.Contains(rt.Pattern, "abmelden") || strings.HasSuffix(rt.Pattern, "/beenden") || strings.HasSuffix(rt.Pattern, "/wechseln"):
			ends = append(ends, r) // the session is over afterwards
		case r.method == http.MethodPost:
			posts = append(posts, r)
		default:
			gets = append(gets, r)
		}
	}
	x.look()
	for _, r := range gets {
		for _, a := range actors {
			x.foreign(r, a)
		}
		x.unchanged(r, nil)
	}
	for _, r := range posts {
		for _, a := range actors {
			if x.foreign(r, a) {
				x.unchanged(r, a)
			}
		}
	}
	for _, r := range gets {
		for _, a := range actors {
			x.own(r, a)
		}
	}
	for _, r := range append(posts, ends...) {
		for _, a := range actors {
			x.own(r, a)
		}
	}
	x.Calls = w.calls
	return x.Report
}

// row is a route, taken apart.
type row struct {
	ui.Route
	method, path string
	slots        []slot
	things       bool // it names somebody's thing
	lists        bool // … only as a filter of a list
}

type walk struct {
	Report
	w     *Town
	h     http.Handler
	state map[string]string
	twins map[string]answer // of what does not exist
}

func (x *walk) find(r *row, a *Actor, object, format string, args ...any) {
	x.Findings = append(x.Findings, Finding{r.Pattern, a.Name, object, fmt.Sprintf(format, args...)})
}

func (x *walk) row(rt ui.Route) *row {
	method, path, ok := strings.Cut(rt.Pattern, " ")
	if !ok {
		method, path = http.MethodGet, rt.Pattern
	}
	r := &row{Route: rt, method: method, path: path}
	var missing string
	if r.slots, missing = slots(path); missing != "" {
		x.Findings = append(x.Findings, Finding{rt.Pattern, "nobody", "none", "nobody says what the parameter " + missing + " is: add it to params in param.go"})
		return nil
	}
	r.lists = true
	for _, s := range r.slots {
		if s.invent != nil {
			r.things = true
			r.lists = r.lists && s.query
		}
	}
	return r
}

// guard is what the audience lets happen before anything of the route runs.
type guard uint8

const (
	passes guard = iota
	signsIn
	isRefused
)

func (r *row) guard(a *Actor) guard {
	switch {
	case r.Audience == ui.Person && a.Person == "":
		return signsIn
	case r.Audience == ui.Office && !a.staff():
		return signsIn
	case r.Audience == ui.Office && r.Right != "" && !a.may(r.Right):
		return isRefused
	}
	return passes
}

// try is one way to call a route: values for its slots from objects.
type try struct {
	values []string
	from   []*Object // per slot; nil for what is public
	sees   bool
}

// tries gives the ways to call a route: each object with all its parts, and
// parts of one under another.
func (x *walk) tries(r *row, a *Actor) (out []try) {
	if !r.things {
		t := try{sees: true}
		for _, s := range r.slots {
			t.values, t.from = append(t.values, s.values(nil)[0]), append(t.from, nil)
		}
		return []try{t}
	}
	for _, o := range x.w.Objects {
		for _, p := range x.w.Objects {
			whole := o == p
			if !whole && !(r.mixes() && a.Sees(o)) { // of what he does not see no part is his
				continue
			}
			all := []try{{sees: true}}
			seen := 0
			for _, s := range r.slots {
				src := o
				if s.invent != nil {
					if seen++; seen > 1 {
						src = p // the second thing comes from the other object
					}
				}
				list := s.values(src)
				var next []try
				for _, t := range all {
					for _, v := range list {
						n := try{append(t.values[:len(t.values):len(t.values)], v), append(t.from[:len(t.from):len(t.from)], src), t.sees && whole}
						if s.invent == nil {
							n.from[len(n.from)-1] = nil
						} else if s.seen != nil {
							n.sees = n.sees && s.seen(a, src)
						} else {
							n.sees = n.sees && a.Sees(src)
						}
						next = append(next, n)
					}
				}
				all = next
			}
			if !whole && len(all) > 2 {
				all = all[:2] // two parts of a foreign thing say as much as ten
			}
			out = append(out, all...)
		}
	}
	return out
}

// mixes reports whether a route names two things of which one lies in the other.
func (r *row) mixes() bool {
	n := 0
	for _, s := range r.slots {
		if s.invent != nil && !s.query {
			n++
		}
	}
	return n > 1
}

// invented is the same call with things that nobody has. A thing that the actor
// sees stays, so that a part of it is what does not exist.
func (t try) invented(r *row, a *Actor) []string {
	out := make([]string, len(t.values))
	for i, s := range r.slots {
		out[i] = t.values[i]
		if s.invent != nil && !(r.mixes() && i == t.first(r) && a.Sees(t.from[i])) {
			out[i] = s.invent()
		}
	}
	return out
}

func (t try) first(r *row) int {
	for i, s := range r.slots {
		if s.invent != nil {
			return i
		}
	}
	return -1
}

func (t try) name() string {
	var out []string
	for _, o := range t.from {
		if o != nil && (len(out) == 0 || out[len(out)-1] != o.Name) {
			out = append(out, o.Name)
		}
	}
	if len(out) == 0 {
		return "nobody's"
	}
	return strings.Join(out, " with a part of ")
}

// forms gives what a POST carries; a GET carries nothing.
func (r *row) forms(t try) []url.Values {
	if r.method != http.MethodPost {
		return []url.Values{nil}
	}
	out := []url.Values{{}}
	o := t.object()
	for _, f := range bodies[r.path] {
		if o != nil || !r.things {
			if o == nil {
				o = &Object{}
			}
			out = append(out, f(o))
		}
	}
	return out
}

func (t try) object() *Object {
	for _, o := range t.from {
		if o != nil {
			return o
		}
	}
	return nil
}

// swap puts invented things into what a POST carries.
func swap(v url.Values, old, new []string) url.Values {
	out := url.Values{}
	for k, list := range v {
		for _, s := range list {
			for i := range old {
				if s == old[i] {
					s = new[i]
				}
			}
			out.Add(k, s)
		}
	}
	return out
}

// foreign tries what the actor must not see: it looks like nothing, and stays
// as it was.
func (x *walk) foreign(r *row, a *Actor) (called bool) {
	guard := r.guard(a)
	tries := x.tries(r, a)
	if guard != passes { // nothing of the address is looked at
		tries = tries[:min(len(tries), 3)]
	}
	for _, t := range tries {
		if guard == passes && (t.sees || !r.things) {
			continue
		}
		if !r.things && (r.Audience != ui.Office && r.Audience != ui.Person) {
			continue
		}
		x.Cells++
		called = true
		for _, body := range r.forms(t) {
			got := x.w.call(x.h, a, r.method, address(r.path, r.slots, t.values), body)
			x.scan(r, a, t, got)
			switch guard {
			case signsIn:
				x.sentAway(r, a, t, got)
			case isRefused:
				if got.status != http.StatusForbidden {
					x.find(r, a, t.name(), "status %d without the right %s", got.status, r.Right)
				}
			default:
				x.hidden(r, a, t, body, got)
			}
		}
	}
	return called
}

// sentAway: whoever is not signed in is asked to, whatever the address names.
func (x *walk) sentAway(r *row, a *Actor, t try, got answer) {
	want := http.StatusSeeOther
	if r.method == http.MethodPost {
		want = http.StatusForbidden
	}
	if got.status != want || got.status == http.StatusSeeOther && !strings.Contains(got.head, "anmelden?ziel=") {
		x.find(r, a, t.name(), "status %d without a session", got.status)
	}
}

// hidden: the answer is that for something that does not exist.
func (x *walk) hidden(r *row, a *Actor, t try, body url.Values, got answer) {
	invented := t.invented(r, a)
	path, carried := address(r.path, r.slots, invented), swap(body, t.values, invented)
	key := a.Name + r.method + tokens.ReplaceAllString(path+"?"+carried.Encode(), "#")
	if r.mixes() {
		key += strings.Join(invented[:t.first(r)+1], "/") // what he sees is in it
	}
	twin, ok := x.twins[key]
	if !ok {
		twin = x.w.call(x.h, a, r.method, path, carried).plain(invented)
		x.twins[key] = twin
	}
	if what := got.plain(t.values).unlike(twin); what != "" {
		x.find(r, a, t.name(), "%s (body %v)", what, body)
		return
	}
	// What he is led to or told instead is the same as for nothing; shown he is
	// nothing at all. A list may be shown without it, and to a partner nobody
	// says whether there is such a payment.
	if got.status < 300 && !r.lists && r.Audience != ui.Partner {
		x.find(r, a, t.name(), "status %d for what he may not see", got.status)
	}
}

// own tries what the actor may see: it must be there.
func (x *walk) own(r *row, a *Actor) {
	if r.guard(a) != passes {
		return
	}
	for _, t := range x.tries(r, a) {
		if !t.sees {
			continue
		}
		x.Cells++
		got := x.w.call(x.h, a, r.method, address(r.path, r.slots, t.values), url.Values{})
		x.scan(r, a, t, got)
		absent := absent[r.path]
		if r.things && r.method == http.MethodGet && !r.there(got.status) && (absent == nil || !absent(t.object())) {
			x.find(r, a, t.name(), "status %d for his own", got.status)
		}
	}
}

// there are the statuses by which the owner sees that the thing exists: shown,
// led on, or not possible now.
func (r *row) there(status int) bool {
	switch status {
	case http.StatusOK, http.StatusNoContent, http.StatusSeeOther, http.StatusConflict:
		return true
	}
	return false
}

// absent says of what an object has nothing although it is there itself.
var absent = map[string]func(o *Object) bool{
	"/antrag/{form}/eingegangen/{case}/bestaetigung": func(o *Object) bool { return !o.Received }, // no receipt yet
}

// scan looks for faults of the program and for marks of others.
func (x *walk) scan(r *row, a *Actor, t try, got answer) {
	switch {
	case got.panic != "":
		x.find(r, a, t.name(), "panic: %s", got.panic)
	case got.status >= 500 && got.status != http.StatusServiceUnavailable:
		x.find(r, a, t.name(), "status %d", got.status)
	}
	text := got.head + "\n" + got.body
	for _, m := range sign.FindAllString(text, -1) {
		k, ok := x.w.Marks.by[strings.ToLower(m)]
		if ok && a.reads(k) {
			x.Shown[k.of]++
		}
		if !ok || a.reads(k) || k.kind == mailbox && strings.HasPrefix(r.path, "/verwaltung/postausgang") && r.guard(a) == passes {
			continue
		}
		x.find(r, a, t.name(), "shows %q of %s", m, k.of.Name)
		return
	}
	asked := strings.Join(t.values, " ") + a.Cookie // what he brings may come back
	for id, o := range x.w.Marks.ids {
		if id == string(o.Number) && a.Sees(o) && strings.Contains(text, id) {
			x.Shown[o]++
		}
		if !a.knows(o) && !strings.Contains(asked, id) && strings.Contains(text, id) {
			x.find(r, a, t.name(), "shows the identifier %q of %s", id, o.Name)
			return
		}
	}
}

// Unused names what param.go explains and no route has: an address that was
// renamed would otherwise lose its row without a sound.
func Unused(routes []ui.Route) (out []string) {
	have, paths := map[string]bool{}, map[string]bool{}
	for _, rt := range routes {
		_, path, _ := strings.Cut(rt.Pattern, " ")
		paths[path] = true
		last := ""
		for part := range strings.SplitSeq(path, "/") {
			if m := braces.FindStringSubmatch(part); m != nil {
				have[last+"/"+m[1]] = true
			} else if part != "" {
				last = part
			}
		}
	}
	for key := range params {
		if !have[key] {
			out = append(out, "params: "+key)
		}
	}
	for path := range queries {
		if !paths[path] {
			out = append(out, "queries: "+path)
		}
	}
	for path := range bodies {
		if !paths[path] {
			out = append(out, "bodies: "+path)
		}
	}
	for path := range absent {
		if !paths[path] {
			out = append(out, "absent: "+path)
		}
	}
	return out
}
