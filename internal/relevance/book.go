package relevance

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"slices"
	"sync"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/search"
)

// Bounds of what is kept in memory, some 30 MB at worst. What does not fit is
// not counted: these are hints for editors, not accounts.
const (
	maxMarks         = 300_000
	maxVisits        = 50_000
	maxTallied       = 20_000 // questions, hits and votes between two writings
	questionsOfVisit = 40     // a day
	chainLength      = 8
)

// quietVisit is how long a visit may think before its questions without a
// chosen hit count as given up.
const quietVisit = 30 * time.Minute

// book counts visits in memory. A visit is all that comes from one network
// address on one day: the address is never kept, only a digest of it under a
// salt that is drawn anew each day, kept nowhere and thrown away with the day.
// People behind one address are one visit, which counts too few of them, never
// too many. Safe for concurrent use.
type book struct {
	mu     sync.Mutex // guards the rest
	day    int64
	salt   [32]byte
	marks  map[mark]struct{} // what a visit has done today
	visits map[visit]*chain
	tally  map[layerKey]*tally
	size   int // of all tallies
}

// visit is the digest of a visitor's address for one day and realm.
type visit [12]byte

// mark is the digest of what a visit did.
type mark [12]byte

// chain is what a visit asked since it last chose something.
type chain struct {
	last  time.Time
	asked int // today
	open  []question
}

// question is words asked in a layer.
type question struct {
	at    layerKey
	words string
}

// tally is what is to be added to the tables of one layer.
type tally struct {
	questions map[string]*counts
	clicks    map[search.Key]int
	votes     map[ballot]*opinion
}

type counts struct{ asked, unanswered, unclicked int }

type ballot struct {
	words string
	hit   search.Key
}

type opinion struct{ helped, failed int }

// dayOf numbers the days of Berlin since 1970.
func dayOf(t time.Time) int64 { return clock.Date(t).Unix() / 86400 }

// turn begins a new day: the salt goes, and with it every way to tell a visit
// of yesterday from one of today.
func (b *book) turn(now time.Time) {
	day := dayOf(now)
	if b.marks != nil && day == b.day {
		return
	}
	b.settle(now)
	b.day = day
	_, _ = rand.Read(b.salt[:]) // never fails (crypto/rand)
	b.marks, b.visits = map[mark]struct{}{}, map[visit]*chain{}
	if b.tally == nil {
		b.tally = map[layerKey]*tally{}
	}
}

// settle closes the visits that have been quiet for long: what they asked in
// vain is given up.
func (b *book) settle(now time.Time) {
	for id, c := range b.visits {
		if now.Sub(c.last) < quietVisit {
			continue
		}
		for _, q := range c.open {
			if n := b.counts(q); n != nil {
				n.unclicked++
			}
		}
		c.open = nil
		if now.Sub(c.last) > 24*time.Hour {
			delete(b.visits, id)
		}
	}
}

func (b *book) digest(parts ...string) (out [12]byte) {
	m := hmac.New(sha256.New, b.salt[:])
	for _, p := range parts {
		m.Write([]byte{byte(len(p)), byte(len(p) >> 8)})
		m.Write([]byte(p))
	}
	copy(out[:], m.Sum(nil))
	return out
}

func (b *book) visit(at layerKey, from netip.Prefix) visit {
	return visit(b.digest("visit", string(at.realm), from.String()))
}

// first reports whether the visit does this for the first time today.
func (b *book) first(v visit, at layerKey, what, thing string) bool {
	m := mark(b.digest(string(v[:]), string(at.tenant), what, thing))
	if _, ok := b.marks[m]; ok || len(b.marks) >= maxMarks {
		return false
	}
	b.marks[m] = struct{}{}
	return true
}

func (b *book) of(at layerKey) *tally {
	t := b.tally[at]
	if t == nil {
		t = &tally{map[string]*counts{}, map[search.Key]int{}, map[ballot]*opinion{}}
		b.tally[at] = t
	}
	return t
}

// counts gives the counters of a question, nil when the book is full.
func (b *book) counts(q question) *counts {
	t := b.of(q.at)
	n := t.questions[q.words]
	if n == nil {
		if b.size >= maxTallied {
			return nil
		}
		b.size++
		n = &counts{}
		t.questions[q.words] = n
	}
	return n
}

// asked notes a question with the number of its hits.
func (b *book) asked(at layerKey, from netip.Prefix, words string, hits int, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn(now)
	v := b.visit(at, from)
	c := b.visits[v]
	if c == nil {
		if len(b.visits) >= maxVisits {
			return
		}
		c = &chain{}
		b.visits[v] = c
	}
	c.last = now
	if c.asked >= questionsOfVisit || !b.first(v, at, "asked", words) {
		return
	}
	c.asked++
	q := question{at, words}
	n := b.counts(q)
	if n == nil {
		return
	}
	n.asked++
	if hits == 0 {
		n.unanswered++
		return
	}
	if len(c.open) < chainLength {
		c.open = append(c.open, q)
	}
}

// chose notes that a visit went to a page of the catalogue; words is the
// question whose result list it came from, "" if it is not known. Everything the
// visit asked before has found its answer by that. What was asked at another
// node, where it will seem given up, is set off against it here.
func (b *book) chose(at layerKey, from netip.Prefix, words string, hit search.Key, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn(now)
	v := b.visit(at, from)
	known := false
	if c := b.visits[v]; c != nil {
		for _, q := range c.open {
			b.first(v, q.at, "found", q.words)
			known = known || q == question{at, words}
		}
		c.open, c.last = nil, now
	}
	if words == "" {
		return
	}
	if !known && b.first(v, at, "found", words) {
		if n := b.counts(question{at, words}); n != nil {
			n.unclicked--
		}
	}
	if !b.first(v, at, "chose", string(hit.Kind)+"/"+hit.ID) {
		return
	}
	t := b.of(at)
	if _, ok := t.clicks[hit]; !ok {
		if b.size >= maxTallied {
			return
		}
		b.size++
	}
	t.clicks[hit]++
}

// judged notes a thumb for a hit, or for the whole list (zero hit).
func (b *book) judged(at layerKey, from netip.Prefix, words string, hit search.Key, helped bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn(now)
	v := b.visit(at, from)
	if c := b.visits[v]; c != nil && helped {
		c.open = slices.DeleteFunc(c.open, func(q question) bool { return q == question{at, words} })
		b.first(v, at, "found", words)
	}
	if !b.first(v, at, "judged", words+"\x00"+string(hit.Kind)+"/"+hit.ID) {
		return
	}
	t, k := b.of(at), ballot{words, hit}
	o := t.votes[k]
	if o == nil {
		if b.size >= maxTallied {
			return
		}
		b.size++
		o = &opinion{}
		t.votes[k] = o
	}
	if helped {
		o.helped++
	} else {
		o.failed++
	}
}

// take gives what was counted since the last time and begins anew.
func (b *book) take(now time.Time) map[layerKey]*tally {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn(now)
	b.settle(now)
	out := b.tally
	b.tally, b.size = map[layerKey]*tally{}, 0
	return out
}
