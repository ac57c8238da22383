package search

import (
	"math"
	"slices"
	"sort"
	"strings"
)

// Options of Build. The zero value is good.
type Options struct {
	Synonyms *Vocabulary // nil means BuiltIn
	Places   []string    // place names of the realm, kept apart from topics
}

// Corpus is an immutable index over documents, safe for concurrent use.
type Corpus struct {
	docs     []entry
	byKey    map[Key]uint32
	terms    map[string]uint32
	list     []term
	sorted   []uint32 // terms of titles and keywords by their text, for prefixes
	concepts map[uint32][]posting
	forms    *spellings
	starts   []start
	phones   []phone
	leika    []leika
	places   map[string]string // folded name to name as given
	atPlace  map[string][]uint32
	vocab    *Vocabulary
	maxPop   float32
}

// entry is what is kept of a document.
type entry struct {
	key        Key
	title      string
	folded     string // folded title
	pop        float32
	online     bool
	situations []string
}

// term is a word of the index. Postings are sorted by document.
type term struct {
	text string
	head []posting // title and keywords
	body []posting // lead and body
}

// posting says how well a word describes a document.
type posting struct {
	doc uint32
	q   uint16 // quality, 0 to 65535
	why reason
}

const full = 65535

func (p posting) quality() float32 { return float32(p.q) / full }

// reason says where a word stands.
type reason uint8

const (
	inTitle reason = iota + 1
	inTitlePart
	inKeyword
	inKeywordPart
	inLead
	inBody
	inName // of a concept that is this document's subject
)

// Qualities of a match by place, before the share of the title it explains.
const (
	qTitle, qTitlePart     = 1.0, 0.72
	qKeyword, qKeywordPart = 0.93, 0.55
	qLead, qLeadPart       = 0.36, 0.22
	qBody, qBodyPart       = 0.17, 0.10
	// A title word explains at least this part of its quality; the rest is the
	// share of the title it makes up, so that "Personalausweis" comes before
	// "Verlust des Personalausweises".
	titleFloor = 0.74
)

// Build indexes documents. Of documents with the same key the last one counts.
// It never fails: what cannot be searched is merely not found.
func Build(docs []Doc, o Options) *Corpus {
	b := builder{l: german(), heads: make(map[uint32]uint64), bodies: make(map[uint32]uint64), splits: make(map[string][]part)}
	c := &Corpus{
		byKey:    make(map[Key]uint32, len(docs)),
		terms:    make(map[string]uint32, 16*len(docs)+16),
		concepts: make(map[uint32][]posting),
		atPlace:  make(map[string][]uint32),
		vocab:    o.Synonyms,
	}
	if c.vocab == nil {
		c.vocab = BuiltIn()
	}
	b.c = c
	b.forms = newSpellings()
	if len(o.Places) > 0 {
		c.places = make(map[string]string, len(o.Places))
		for _, p := range o.Places {
			if f := foldText(p); f != "" {
				c.places[f] = p
			}
		}
	}
	last := make(map[Key]int, len(docs))
	for i, d := range docs {
		last[Key{d.Kind, d.ID}] = i
	}
	for i := range docs {
		if last[Key{docs[i].Kind, docs[i].ID}] == i {
			b.add(&docs[i])
		}
	}
	b.finish()
	return c
}

// Len returns the number of documents.
func (c *Corpus) Len() int {
	if c == nil {
		return 0
	}
	return len(c.docs)
}

type builder struct {
	c      *Corpus
	l      *language
	forms  *spellingsBuilder
	heads  map[uint32]uint64 // of the document at hand: term to quality bits and reason
	bodies map[uint32]uint64
	splits map[string][]part
	gap    []uint32
}

// note keeps the better quality of a term in the document at hand.
func note(m map[uint32]uint64, id uint32, q float32, why reason) {
	v := uint64(q*full)<<8 | uint64(why)
	if m[id] < v {
		m[id] = v
	}
}

func (b *builder) term(text string) uint32 {
	if id, ok := b.c.terms[text]; ok {
		return id
	}
	id := uint32(len(b.c.list))
	text = strings.Clone(text)
	b.c.terms[text] = id
	b.c.list = append(b.c.list, term{text: text})
	return id
}

func (b *builder) split(w string) []part {
	if len(w) < 7 {
		return nil
	}
	if p, ok := b.splits[w]; ok {
		return p
	}
	p := b.l.split(w)
	if len(b.splits) < 200000 {
		b.splits[w] = p
	}
	return p
}

func (b *builder) add(d *Doc) {
	c := b.c
	id := uint32(len(c.docs))
	e := entry{
		key:    Key{d.Kind, d.ID},
		title:  d.Title,
		folded: foldText(d.Title),
		online: d.Online,
		pop:    float32(math.Log1p(max(0, d.Popularity))),
	}
	if math.IsNaN(float64(e.pop)) || math.IsInf(float64(e.pop), 0) {
		e.pop = 0
	}
	c.maxPop = max(c.maxPop, e.pop)
	for _, s := range d.Situations {
		e.situations = append(e.situations, strings.Clone(s))
	}
	c.docs = append(c.docs, e)
	c.byKey[e.key] = id
	clear(b.heads)
	clear(b.bodies)

	title := b.l.analyse(d.Title)
	bag, total := b.title(title)
	for _, k := range d.Keywords {
		b.keyword(k)
	}
	lead := b.text(d.Lead, qLead, qLeadPart, inLead)
	body := b.text(d.Body, qBody, qBodyPart, inBody)
	b.subjects(id, bag, total, d.Keywords, lead, body)

	for t, v := range b.heads {
		c.list[t].head = append(c.list[t].head, posting{id, uint16(v >> 8), reason(v)})
	}
	for t, v := range b.bodies {
		if b.heads[t] == 0 {
			c.list[t].body = append(c.list[t].body, posting{id, uint16(v >> 8), reason(v)})
		}
	}
	for _, p := range d.Places {
		if f := foldText(p); f != "" {
			c.atPlace[f] = append(c.atPlace[f], id)
		}
	}
	if n := digitsOf(d.Phone); len(n) >= 3 {
		c.phones = append(c.phones, phone{n, id})
	}
	for _, k := range strings.FieldsFunc(d.LeiKa, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		if n := digitsOf(k); len(n) >= 5 {
			c.leika = append(c.leika, leika{n, id})
		}
	}
	b.starts(id, d)
}

// title notes the words of a title and returns them as a bag for the subjects.
func (b *builder) title(toks []token) (bag map[string]bagTerm, total float32) {
	bag = make(map[string]bagTerm, 2*len(toks))
	for _, t := range toks {
		total += b.l.weight(t.stem)
	}
	total = max(total, 0.3)
	for _, t := range toks {
		w := b.l.weight(t.stem)
		share := titleFloor + (1-titleFloor)*w/total
		note(b.heads, b.term(t.stem), qTitle*share, inTitle)
		b.forms.add(t.fold, t.stem, t.text, 0)
		put(bag, t.stem, 1)
		parts := b.split(t.fold)
		for i, p := range parts {
			q := float32(qTitlePart)
			if i > 0 {
				q -= 0.08
			}
			note(b.heads, b.term(p.stem), q*share, inTitlePart)
			put(bag, p.stem, 0.8)
			if len(p.text) > 4 {
				b.forms.add(p.text, p.stem, p.text, 1)
			}
		}
	}
	return bag, total
}

func put(bag map[string]bagTerm, stem string, factor float32) {
	if bag[stem].factor < factor {
		bag[stem] = bagTerm{factor: factor}
	}
}

func (b *builder) keyword(text string) {
	toks := b.l.analyse(text)
	var total float32
	for _, t := range toks {
		total += b.l.weight(t.stem)
	}
	total = max(total, 0.3)
	for _, t := range toks {
		share := 0.6 + 0.4*b.l.weight(t.stem)/total
		note(b.heads, b.term(t.stem), qKeyword*share, inKeyword)
		b.forms.add(t.fold, t.stem, t.text, 0)
		for _, p := range b.split(t.fold) {
			note(b.heads, b.term(p.stem), qKeywordPart*share, inKeywordPart)
		}
	}
}

// text notes the words of running text and returns its stems.
func (b *builder) text(s string, whole, partly float32, why reason) map[string]bagTerm {
	if s == "" {
		return nil
	}
	toks := b.l.analyse(s)
	bag := make(map[string]bagTerm, len(toks))
	count := make(map[string]int, len(toks))
	for _, t := range toks {
		if !t.digit || len(t.fold) > 2 {
			count[t.stem]++
			put(bag, t.stem, 1)
		}
	}
	for _, t := range toks {
		n := count[t.stem]
		if n <= 0 {
			continue
		}
		count[t.stem] = 0
		often := min(1+0.25*float32(n-1), 1.6)
		note(b.bodies, b.term(t.stem), whole*often, why)
		for _, p := range b.split(t.fold) {
			note(b.bodies, b.term(p.stem), partly*often, why)
			put(bag, p.stem, 0.7)
		}
	}
	return bag
}

// subjects ties the document to the concepts of the vocabulary that its title,
// keywords or texts name.
func (b *builder) subjects(id uint32, title map[string]bagTerm, total float32, keywords []string, lead, body map[string]bagTerm) {
	best := make(map[uint32]float32)
	set := func(concept uint32, q float32) {
		if q >= 0.06 && q > best[concept] {
			best[concept] = min(q, 1)
		}
	}
	v := b.c.vocab
	for _, m := range v.find(title, b.l.weight) {
		p := &v.phrases[m.phrase]
		fit := min(m.covered/total, 1)
		set(m.concept, p.name*m.factor*(0.62+0.38*fit))
	}
	for _, k := range keywords {
		bag := make(map[string]bagTerm)
		for _, t := range b.l.analyse(k) {
			put(bag, t.stem, 1)
			for _, p := range b.split(t.fold) {
				put(bag, p.stem, 0.6)
			}
		}
		for _, m := range v.find(bag, b.l.weight) {
			set(m.concept, 0.7*v.phrases[m.phrase].name*m.factor)
		}
	}
	for _, f := range []struct {
		bag map[string]bagTerm
		q   float32
	}{{lead, 0.3}, {body, 0.13}} {
		for _, m := range v.find(f.bag, b.l.weight) {
			if p := &v.phrases[m.phrase]; p.name >= 0.6 {
				set(m.concept, f.q*p.name*m.factor)
			}
		}
	}
	for concept, q := range best {
		b.c.concepts[concept] = append(b.c.concepts[concept], posting{id, uint16(q * full), inName})
	}
}

func (b *builder) finish() {
	c := b.c
	for id := range c.list {
		t := &c.list[id]
		t.head = slices.Clip(t.head)
		t.body = slices.Clip(t.body)
		if len(t.head) > 0 {
			c.sorted = append(c.sorted, uint32(id))
		}
	}
	sort.Slice(c.sorted, func(i, j int) bool { return c.list[c.sorted[i]].text < c.list[c.sorted[j]].text })
	c.forms = b.forms.build()
	sort.Slice(c.starts, func(i, j int) bool {
		a, b := c.starts[i], c.starts[j]
		if a.text != b.text {
			return a.text < b.text
		}
		return a.doc < b.doc
	})
}

// lookup returns the term of a stem, or nil.
func (c *Corpus) lookup(stem string) *term {
	if c == nil {
		return nil
	}
	id, ok := c.terms[stem]
	if !ok {
		return nil
	}
	return &c.list[id]
}

// prefixed returns the terms of titles and keywords that begin with prefix, at most limit.
func (c *Corpus) prefixed(prefix string, limit int) []string {
	if c == nil {
		return nil
	}
	i := sort.Search(len(c.sorted), func(i int) bool { return c.list[c.sorted[i]].text >= prefix })
	var out []string
	for ; i < len(c.sorted) && len(out) < limit; i++ {
		t := c.list[c.sorted[i]].text
		if !strings.HasPrefix(t, prefix) {
			break
		}
		out = append(out, t)
	}
	return out
}

// phone is the number of a document, digits only.
type phone struct {
	number string
	doc    uint32
}

// leika is the service key of a document, digits only.
type leika struct {
	key string
	doc uint32
}

func digitsOf(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= '0' && c <= '9' {
			b.WriteByte(c)
		}
	}
	return b.String()
}
