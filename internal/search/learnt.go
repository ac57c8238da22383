package search

import (
	"math"
	"slices"
	"strings"
)

// Synonym is what editors teach: a wording of citizens leads to a document, or
// to official words that are asked in its place. Exactly one of Doc and
// Official is set.
type Synonym struct {
	Words    string // all its words must stand in the query, in any order
	Doc      Key
	Official string
	Loose    bool // merely near to it
}

// Synonyms is an immutable set of them, made ready for asking; it may serve
// many views at once. Nil is the empty set.
type Synonyms struct {
	list   []synonym
	byStem map[string][]int32 // first stem to synonyms
	stems  map[string]bool    // all of them
	forms  *spellings         // for typing errors
}

type synonym struct {
	words, official string
	stems           []string // sorted, each once
	doc             Key
	loose           bool
}

// NewSynonyms makes the set. Wordings without a word in them are left out.
func NewSynonyms(list []Synonym) *Synonyms {
	s := &Synonyms{byStem: make(map[string][]int32, len(list)), stems: make(map[string]bool, len(list))}
	l := german()
	forms := newSpellings()
	for _, x := range list {
		n := synonym{words: x.Words, official: x.Official, doc: x.Doc, loose: x.Loose}
		for _, t := range l.analyse(cut(x.Words)) {
			n.stems = append(n.stems, t.stem)
			s.stems[t.stem] = true
			if !t.digit {
				forms.add(t.fold, t.stem, t.text, 0)
			}
		}
		slices.Sort(n.stems)
		n.stems = slices.Compact(n.stems)
		if len(n.stems) == 0 || (n.official == "") == (n.doc == Key{}) {
			continue
		}
		s.byStem[n.stems[0]] = append(s.byStem[n.stems[0]], int32(len(s.list)))
		s.list = append(s.list, n)
	}
	s.forms = forms.build()
	return s
}

// Len is the number of synonyms.
func (s *Synonyms) Len() int {
	if s == nil {
		return 0
	}
	return len(s.list)
}

// Learnt is what the editors and visitors of one portal taught its search.
type Learnt struct {
	Synonyms []*Synonyms
	// Popularity is how often a document was chosen; only the order of magnitude
	// counts. It takes the place of Doc.Popularity.
	Popularity map[Key]float64
}

// learnt is the same as a view keeps it.
type learnt struct {
	synonyms     []*Synonyms
	library, own map[uint32]float32 // popularity, 0 to 1; nil: as the corpus has it
}

// With returns a view that also knows what was learnt, beside the synonyms it
// knows already. The receiver is not changed. It costs memory for what was
// learnt only.
func (v *View) With(x Learnt) *View {
	w := *v
	w.learnt.synonyms = slices.Concat(v.learnt.synonyms, x.Synonyms)
	if x.Popularity == nil {
		return &w
	}
	most := 0.0
	for _, n := range x.Popularity {
		if n > most { // never true of what is no number
			most = n
		}
	}
	w.learnt.library, w.learnt.own = map[uint32]float32{}, map[uint32]float32{}
	for key, n := range x.Popularity {
		share := float32(math.Log1p(max(0, n)) / math.Log1p(most))
		if !(share > 0 && share <= 1) {
			continue
		}
		if v.library != nil {
			if d, ok := v.library.byKey[key]; ok {
				w.learnt.library[d] = share
			}
		}
		if v.own != nil {
			if d, ok := v.own.byKey[key]; ok {
				w.learnt.own[d] = share
			}
		}
	}
	return &w
}

// WithSynonyms is With for entries of the vocabulary's form: each word leads to
// each official name.
func (v *View) WithSynonyms(entries []Entry) *View {
	var list []Synonym
	for _, e := range entries {
		for _, official := range e.Official {
			for _, w := range e.Words {
				list = append(list, Synonym{Words: w, Official: official})
			}
			for _, w := range e.Loose {
				list = append(list, Synonym{Words: w, Official: official, Loose: true})
			}
		}
	}
	return v.With(Learnt{Synonyms: []*Synonyms{NewSynonyms(list)}})
}

// popularity of a document, 0 to 1.
func (c *Corpus) popularity(d uint32, pop map[uint32]float32) float32 {
	switch {
	case pop != nil:
		return pop[d]
	case c.maxPop > 0:
		return c.marks[d].pop / c.maxPop
	}
	return 0
}

// taught is a synonym that a query holds.
type taught struct {
	*synonym
	factor float32 // less than 1 after typing errors
	share  float32 // of the query's weight that the synonym explains
	rest   string  // words of the query beside it
}

// in finds the synonyms that a query holds, the most telling first.
func (s *Synonyms) in(toks []token, known func(stem string) bool) (out []taught) {
	if s.Len() == 0 {
		return nil
	}
	l := german()
	type way struct {
		token  int
		factor float32
	}
	ways := make(map[string]way, len(toks))
	var total float32
	for i, t := range toks {
		total += l.weight(t.stem)
		if s.stems[t.stem] {
			ways[t.stem] = way{i, 1}
		}
	}
	for i, t := range toks {
		if s.stems[t.stem] || t.digit || len(t.fold) < 5 || len(t.fold) > maxDistanceLen || !letters(t.fold) || known(t.stem) {
			continue
		}
		for _, c := range likeliest(s.forms.nearest(t.fold, tolerance(len(t.fold)), nil)) {
			if _, ok := ways[c.stem]; !ok {
				ways[c.stem] = way{i, 0.92 - 0.13*c.cost}
			}
		}
	}
	for stem := range ways {
		for _, n := range s.byStem[stem] {
			x := taught{synonym: &s.list[n], factor: 1}
			used := make(map[int]bool, len(x.stems))
			var covered float32
			whole := true
			for _, st := range x.stems {
				w, ok := ways[st]
				if !ok {
					whole = false
					break
				}
				if !used[w.token] {
					covered += l.weight(toks[w.token].stem)
				}
				used[w.token] = true
				x.factor = min(x.factor, w.factor)
			}
			if !whole {
				continue
			}
			var rest []string
			for i, t := range toks {
				if !used[i] && !slices.Contains(x.stems, t.stem) {
					rest = append(rest, t.text)
				}
			}
			x.rest, x.share = strings.Join(rest, " "), 1
			if len(rest) > 0 && total > 0 {
				x.share = covered / total
			}
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b taught) int {
		switch {
		case len(a.stems) != len(b.stems):
			return len(b.stems) - len(a.stems)
		case a.factor != b.factor:
			return int(1000 * (b.factor - a.factor))
		case a.words != b.words:
			return strings.Compare(a.words, b.words)
		case a.doc.ID != b.doc.ID:
			return strings.Compare(a.doc.ID, b.doc.ID)
		}
		return strings.Compare(a.official, b.official)
	})
	return out
}

// Bounds of what the synonyms of one query may cost, and what their hits are
// worth beside those of the words themselves.
const (
	maxRewrites = 3  // additional questions
	maxTaught   = 24 // documents named by editors

	rewrittenFactor, looseFactor = 0.97, 0.6
	// A document that editors gave for exactly this query comes before all that
	// its words find, also before one that has the query for its title.
	taughtExactly, taughtAhead = 1.0, 0.05
)

// ask adds what synonyms find to the candidates of the query. libraries and
// owns are the corpora in which a document is looked for; run asks once more.
func (x *learnt) ask(src sources, q Query, p *plan, found []candidate, libraries, owns []*Corpus, run func(*plan) []candidate) []candidate {
	if len(x.synonyms) == 0 {
		return found
	}
	toks := german().analyse(cut(q.Text))
	toks = toks[:min(len(toks), MaxQueryTerms)]
	known := func(stem string) bool {
		head, body := src.known(stem)
		return head+body > 0 || src.vocabulary().knows(stem)
	}
	asked, named := 0, 0
	first := max(best(found)+taughtAhead, taughtExactly)
	for _, set := range x.synonyms {
		for _, t := range set.in(toks, known) {
			if asked+named == 0 {
				p.understood(&t)
				// The synonym explains words that meant nothing: what was found without them is worth less.
				if p.lost > 0 {
					for i := range found {
						found[i].score *= p.sum / (p.sum + p.lost)
					}
				}
			}
			factor := t.factor * rewrittenFactor
			if t.loose {
				factor *= looseFactor
			}
			switch {
			case t.official == "" && named < maxTaught:
				named++
				found = merge(found, t.named(p, factor, first, libraries, owns), 1)
			case t.official != "" && asked < maxRewrites:
				asked++
				other := q
				other.Text = strings.TrimSpace(t.official + " " + t.rest)
				found = merge(found, run(makePlan(src, other, false)), factor)
			}
		}
	}
	return found
}

// understood corrects what the plan would ask back: a word that editors taught
// is no typing error, and a mistyped one has a right spelling.
func (p *plan) understood(t *taught) {
	switch {
	case t.factor == 1:
		p.corrected = ""
	case t.rest == "":
		p.corrected = t.words
	}
}

// named finds the document that a synonym names.
func (t *taught) named(p *plan, factor, first float32, libraries, owns []*Corpus) (out []candidate) {
	score := factor * t.share
	if t.rest == "" && !t.loose {
		score = t.factor * first
	}
	add := func(list []*Corpus, own bool) {
		for _, c := range list {
			if d, ok := c.byKey[t.doc]; ok {
				out = append(out, candidate{corpus: c, doc: d, own: own, score: score, via: p, taught: t.synonym})
			}
		}
	}
	add(owns, true)
	add(libraries, false)
	return out
}

// ask adds what the editors of this portal taught.
func (v *View) ask(q Query, p *plan, found []candidate) []candidate {
	if len(v.learnt.synonyms) == 0 {
		return found
	}
	src := v.sources()
	var libraries, owns []*Corpus
	if v.library != nil {
		libraries = []*Corpus{v.library}
	}
	if v.own != nil {
		owns = []*Corpus{v.own}
	}
	found = v.learnt.ask(src, q, p, found, libraries, owns, v.run)
	return slices.DeleteFunc(found, func(c candidate) bool { return !c.own && !v.seen.has(c.doc) })
}
