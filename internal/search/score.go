package search

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
)

// Bonuses added to a score between 0 and 1.
const (
	bonusExact = 0.40 // the query is the title
	// A life situation leads on to services; it does not push them down.
	bonusExactSituation = 0.05
	bonusBegins         = 0.03  // the title begins with the query
	bonusPopularity     = 0.05  // for the most popular document; logarithmic below
	bonusOnline         = 0.012 // on-line first among equals
	bonusService        = 0.02  // services before offices and people, unless a person is asked for
	bonusPerson         = 0.15
	bonusPlace          = 0.12
	// A second way to the same document adds this part of the weaker one.
	secondWay = 0.2
	// A word that is met in several ways may count more than once, up to this.
	overfull = 1.35
	// A word of running text that stands in one document only weighs this much more.
	rareBody = 0.6
	// Hits below this score, or this part of the best, are not shown.
	lowest, lowestPart = 0.045, 0.2
	// A compound whose parts all stand in a document, or only some.
	allParts, someParts = 1.0, 0.62
	// A word counts as covered from this quality on.
	coveredFrom = 0.3
	weakResult  = 0.3
)

// scratch holds one number for each document of a corpus while it is ranked.
// Between uses all numbers are zero.
type scratch struct {
	slot, direct, part, parts, total, cover []float32
	mask                                    []uint8
	inSlot, inPart, inParts, touched        []uint32
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (s *scratch) size(n int) {
	if len(s.slot) >= n {
		return
	}
	s.slot, s.direct, s.part, s.parts = make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	s.total, s.cover = make([]float32, n), make([]float32, n)
	s.mask = make([]uint8, n)
}

// candidate is a document with its score.
type candidate struct {
	corpus *Corpus
	doc    uint32
	own    bool
	score  float32
	via    *plan    // by which it was found
	taught *synonym // by which editors led to it, nil if it was found by its words
}

// score ranks all documents of the corpus into s.total and s.cover.
func (c *Corpus) score(p *plan, s *scratch) {
	s.size(len(c.docs))
	for i := range p.slots {
		sl := &p.slots[i]
		for _, a := range sl.alts {
			head, body := c.lookup(a.stem)
			s.inSlot = most(s.direct, s.inSlot, head, a.factor)
			s.inSlot = most(s.direct, s.inSlot, body, a.factor*rarity(len(body)+len(head)))
		}
		if len(sl.parts) > 1 {
			c.scoreParts(sl, s)
		}
		for _, d := range s.inSlot {
			s.slot[d] = s.direct[d]
			s.direct[d] = 0
		}
		for _, m := range sl.concepts {
			s.inSlot = more(s.slot, s.inSlot, c.about(m.concept), m.factor)
		}
		s.closeSlot(sl.importance)
	}
	c.scorePlaces(p, s)
	c.scoreDigits(p, s)
}

// rarity raises a word of running text that stands in few documents: if it
// stands in one only, it says nearly as much as a keyword.
func rarity(df int) float32 {
	return 1 + rareBody*max(0, 1-float32(math.Log2(float64(1+df)))/5)
}

// most keeps the best quality of each document, and appends those that had none to touched.
func most(into []float32, touched []uint32, posts []posting, factor float32) []uint32 {
	f := factor / full
	for _, post := range posts {
		x := float32(post.q) * f
		if old := into[post.doc]; old == 0 {
			touched = append(touched, post.doc)
			into[post.doc] = x
		} else if x > old {
			into[post.doc] = x
		}
	}
	return touched
}

// more does the same for meanings, of which the weaker ones count a little too.
func more(into []float32, touched []uint32, posts []posting, factor float32) []uint32 {
	for _, post := range posts {
		x := post.quality() * factor
		switch old := into[post.doc]; {
		case old == 0:
			touched = append(touched, post.doc)
			into[post.doc] = x
		case x > old:
			into[post.doc] = x + secondWay*old
		default:
			into[post.doc] = old + secondWay*x*0.5
		}
	}
	return touched
}

func (c *Corpus) scoreParts(sl *slot, s *scratch) {
	all := uint8(1)<<min(len(sl.parts), 8) - 1
	for k, alts := range sl.parts {
		for _, a := range alts {
			head, body := c.lookup(a.stem)
			s.inPart = most(s.part, s.inPart, head, a.factor)
			s.inPart = most(s.part, s.inPart, body, a.factor)
		}
		for _, d := range s.inPart {
			if s.parts[d] == 0 {
				s.inParts = append(s.inParts, d)
			}
			s.parts[d] += sl.share[k] * s.part[d]
			s.mask[d] |= 1 << min(k, 7)
			s.part[d] = 0
		}
		s.inPart = s.inPart[:0]
	}
	for _, d := range s.inParts {
		x := s.parts[d] * someParts
		if s.mask[d] == all {
			x = s.parts[d] * allParts
		} else if bits.OnesCount8(s.mask[d]) > 1 {
			x = s.parts[d] * (someParts + allParts) / 2
		}
		if s.direct[d] == 0 {
			s.inSlot = append(s.inSlot, d)
		}
		s.direct[d] = max(s.direct[d], x)
		s.parts[d], s.mask[d] = 0, 0
	}
	s.inParts = s.inParts[:0]
}

func (s *scratch) closeSlot(importance float32) {
	slot, total, cover, touched := s.slot, s.total, s.cover, s.touched
	for _, d := range s.inSlot {
		v := min(slot[d], overfull)
		slot[d] = 0
		if v <= 0 {
			continue
		}
		if total[d] == 0 {
			touched = append(touched, d)
		}
		total[d] += importance * v
		cover[d] += importance * min(1, v/coveredFrom)
	}
	s.inSlot, s.touched = s.inSlot[:0], touched
}

// scorePlaces finds documents by place if the query names nothing else.
func (c *Corpus) scorePlaces(p *plan, s *scratch) {
	if len(p.slots) > 0 || p.digits != "" {
		return
	}
	for _, name := range p.places {
		for _, d := range c.atPlace[name] {
			s.reach(d, 0.5)
		}
	}
}

// scoreDigits finds documents by telephone number or LeiKa key.
func (c *Corpus) scoreDigits(p *plan, s *scratch) {
	if p.digits == "" {
		return
	}
	n := len(p.digits)
	// "241 432-0" is the switchboard of all that have 241 432-….
	board, isBoard := strings.CutSuffix(p.digits, "0")
	isBoard = isBoard && n >= 6
	for _, ph := range c.phones {
		switch {
		case ph.number == p.digits:
			s.reach(ph.doc, 1)
		case strings.HasSuffix(ph.number, p.digits), strings.HasPrefix(ph.number, p.digits):
			s.reach(ph.doc, 0.6+0.3*float32(n)/float32(len(ph.number)+1))
		case n >= 5 && strings.Contains(ph.number, p.digits), isBoard && strings.HasPrefix(ph.number, board):
			s.reach(ph.doc, 0.5)
		}
	}
	if n >= 5 {
		for _, k := range c.leika {
			if strings.HasPrefix(k.key, p.digits) {
				s.reach(k.doc, 0.6+0.4*float32(n)/float32(max(len(k.key), n)))
			}
		}
	}
}

// reach gives a document at least this score, whatever the words say.
func (s *scratch) reach(d uint32, v float32) {
	if s.total[d] == 0 {
		s.touched = append(s.touched, d)
	}
	s.total[d] = max(s.total[d], v)
	s.cover[d] = max(s.cover[d], v)
}

// collect turns the numbers into candidates and clears them.
// pop is the portal's own popularity of documents; nil takes the corpus's.
func (c *Corpus) collect(p *plan, s *scratch, seen Set, own bool, pop map[uint32]float32, out []candidate) []candidate {
	sum := p.sum
	if sum == 0 || p.digits != "" && len(p.slots) == 0 {
		sum = 1
	}
	if len(s.touched) == 0 {
		return out
	}
	begins := c.begins(p.folded)
	for _, b := range begins {
		switch {
		case b.at > 0: // a later word
		case len(b.text) == len(p.folded):
			s.mask[b.doc] = titleIs
		default:
			s.mask[b.doc] = titleBegins
		}
	}
	total, cover := s.total, s.cover
	high := s.touched[:0] // those that may be shown
	var top float32
	for _, d := range s.touched {
		v := min(total[d]/sum, overfull) * (0.5 + 0.5*min(cover[d]/sum, 1))
		total[d], cover[d] = 0, 0
		if v >= lowest && seen.has(d) {
			total[d] = v
			high = append(high, d)
			top = max(top, v)
		}
	}
	floor := max(lowest, top*lowestPart)
	bar := max(floor, p.bar(high, total))
	n := 0
	for _, d := range high {
		if total[d] >= bar {
			n++
		}
	}
	out = slices.Grow(out, n)
	for _, d := range high {
		if v := total[d]; v >= bar || v >= floor && s.mask[d] != 0 {
			out = append(out, candidate{corpus: c, doc: d, own: own, score: v + c.bonus(p, d, s.mask[d], pop), via: p})
		}
		total[d] = 0
	}
	s.touched = s.touched[:0]
	for _, b := range begins {
		s.mask[b.doc] = 0
	}
	return out
}

// bar is what the words alone must be worth if bonuses (those for the title
// aside) shall lift a document among the most that are wanted.
func (p *plan) bar(docs []uint32, total []float32) float32 {
	if p.most == 0 || len(docs) <= p.most {
		return 0
	}
	const rounding = 0.001
	scores := make([]float32, len(docs))
	for i, d := range docs {
		scores[i] = total[d]
	}
	bar := nth(scores, p.most) - bonusPopularity - bonusOnline - seasonBonus - rounding
	if p.persons {
		bar -= bonusPerson
	} else {
		bar -= bonusService
	}
	if len(p.places) > 0 {
		bar -= bonusPlace
	}
	return bar
}

// How the title of a document fits the whole query; 0 if it does not.
const (
	titleBegins = 1 + iota
	titleIs
)

// bonus is what a document gets whatever the words.
func (c *Corpus) bonus(p *plan, d uint32, title uint8, pop map[uint32]float32) float32 {
	m := &c.marks[d]
	b := bonusPopularity * c.popularity(d, pop)
	if m.online {
		b += bonusOnline
	}
	switch {
	case p.persons && m.kind == isPerson:
		b += bonusPerson
	case !p.persons && m.kind == isService:
		b += bonusService
	}
	switch {
	case title == titleIs && m.kind == isSituation:
		b += bonusExactSituation
	case title == titleIs:
		b += bonusExact
	case title == titleBegins:
		b += bonusBegins
	}
	for _, name := range p.places {
		if slices.Contains(c.atPlace[name], d) {
			b += bonusPlace
			break
		}
	}
	if m.seasons&p.season != 0 {
		b += seasonBonus
	}
	return b
}
