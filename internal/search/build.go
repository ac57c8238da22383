package search

import (
	"math"
	"slices"
	"strings"
)

// Options of Build. The zero value is good.
type Options struct {
	Synonyms *Vocabulary // nil means BuiltIn
	Places   []string    // place names of the realm, kept apart from topics
}

// Build indexes documents. Of documents with the same key the last one counts.
// It never fails: what cannot be searched is merely not found.
func Build(docs []Doc, o Options) *Corpus {
	b := builder{l: german(), words: make(map[string]token), infos: make(map[string]*info), terms: make(map[string]uint32), forms: newSpellings()}
	c := &Corpus{
		byKey:   make(map[Key]uint32, len(docs)),
		atPlace: make(map[string][]uint32),
		places:  placeNamesOf(o.Places),
		vocab:   o.Synonyms,
	}
	if c.vocab == nil {
		c.vocab = BuiltIn()
	}
	b.c = c
	b.best = make([]float32, len(c.vocab.names))
	last := make(map[Key]int, len(docs))
	for i, d := range docs {
		last[Key{d.Kind, d.ID}] = i
	}
	c.docs, c.marks = make([]entry, 0, len(last)), make([]mark, 0, len(last))
	for i := range docs {
		if last[Key{docs[i].Kind, docs[i].ID}] == i {
			b.add(&docs[i])
		}
	}
	b.finish()
	return c
}

// Qualities of a match by place, before the share of the title it explains.
const (
	qTitle, qTitlePart     = 1.0, 0.72
	qKeyword, qKeywordPart = 0.93, 0.55
	qLead, qLeadPart       = 0.45, 0.24
	qBody, qBodyPart       = 0.25, 0.10
	// A title word explains at least this part of its quality; the rest is the
	// share of the title it makes up, so that "Personalausweis" comes before
	// "Verlust des Personalausweises".
	titleFloor = 0.74
)

type builder struct {
	c      *Corpus
	l      *language
	forms  *spellingsBuilder
	heads  notes // of the document at hand
	bodies notes
	words  map[string]token // as written
	toks   []token          // of the text at hand
	infos  map[string]*info // by folded word and stem
	best   []float32        // concept to its strength in the document at hand
	about  []uint32         // concepts with a strength

	terms map[string]uint32
	texts []string // of the terms

	// By document; invert.go turns them over.
	titles, running, subjects [][]mention
	page                      []mention // they are cut from
}

// info is what a word means to the index.
type info struct {
	piece
	parts []piece
}

type piece struct {
	text  string // folded
	term  uint32 // of the index
	stem  int32  // of the vocabulary, or -1
	count uint16 // within the text at hand
}

// notes keep the best quality of each term in the document at hand.
type notes struct {
	best []uint32 // term to quality and reason, 0 if absent
	in   []uint32
}

func (n *notes) note(term uint32, q float32, why reason) {
	for int(term) >= len(n.best) {
		n.best = append(n.best, make([]uint32, len(n.best)+1024)...)
	}
	v := uint32(q*full)<<8 | uint32(why)
	if n.best[term] == 0 {
		n.in = append(n.in, term)
	}
	n.best[term] = max(n.best[term], v)
}

func (n *notes) get(term uint32) uint32 {
	if int(term) < len(n.best) {
		return n.best[term]
	}
	return 0
}

func (n *notes) clear() {
	for _, t := range n.in {
		n.best[t] = 0
	}
	n.in = n.in[:0]
}

func (b *builder) term(text string) uint32 {
	if id, ok := b.terms[text]; ok {
		return id
	}
	id := uint32(len(b.texts))
	text = strings.Clone(text)
	b.terms[text] = id
	b.texts = append(b.texts, text)
	return id
}

// scan returns the words of a text, valid until the next call.
func (b *builder) scan(text string) []token {
	b.toks = scan(b.toks[:0], text, b.read)
	return b.toks
}

// analyse does the same as [language.analyse], with what the index knows of each word.
func (b *builder) analyse(text string) []token {
	toks := b.l.telling(b.scan(text))
	for i := range toks {
		if t := &toks[i]; t.info == nil {
			t.info = b.inform(t)
		}
	}
	return toks
}

// read looks at each word only once, as often as it is written.
func (b *builder) read(word string) token {
	if t, ok := b.words[word]; ok {
		return t
	}
	word = strings.Clone(word)
	t := newToken(word)
	b.l.know(&t)
	t.info = b.inform(&t)
	b.words[word] = t
	return t
}

// inform returns what a word means, the same for all its spellings.
func (b *builder) inform(t *token) *info {
	key := t.fold
	if !strings.HasPrefix(t.fold, t.stem) {
		key = t.fold + " " + t.stem
	}
	in, ok := b.infos[key]
	if !ok {
		in = &info{piece: b.piece(t.fold, t.stem)}
		for _, p := range b.l.split(t.fold) {
			in.parts = append(in.parts, b.piece(p.text, p.stem))
		}
		b.infos[strings.Clone(key)] = in
	}
	return in
}

func (b *builder) piece(text, stem string) piece {
	return piece{text: strings.Clone(text), term: b.term(stem), stem: b.c.vocab.number(stem)}
}

func (b *builder) add(d *Doc) {
	c := b.c
	id := uint32(len(c.docs))
	e := entry{
		key:    Key{d.Kind, d.ID},
		title:  d.Title,
		folded: joined(b.scan(d.Title)),
	}
	m := mark{
		seasons:  seasonsIn(e.folded),
		pop:      float32(math.Log1p(max(0, d.Popularity))),
		kind:     uint8(max(0, slices.Index(kinds[:], d.Kind))),
		online:   d.Online,
		situated: len(d.Situations) > 0,
	}
	if math.IsNaN(float64(m.pop)) || math.IsInf(float64(m.pop), 0) {
		m.pop = 0
	}
	c.maxPop = max(c.maxPop, m.pop)
	for _, s := range d.Situations {
		e.situations = append(e.situations, strings.Clone(s))
	}
	c.docs, c.marks = append(c.docs, e), append(c.marks, m)
	c.byKey[e.key] = id
	b.heads.clear()
	b.bodies.clear()
	for _, k := range b.about {
		b.best[k] = 0
	}
	b.about = b.about[:0]

	if d.Kind == KindPerson {
		b.name(d.Title)
	} else {
		b.title(d.Title)
	}
	for _, k := range d.Keywords {
		b.keyword(k, asKeyword)
	}
	for _, k := range leikaKeys(d.LeiKa) {
		if n, ok := officialNameOf(k); ok {
			b.keyword(n.name, asOfficialName)
			b.keyword(n.ozg, asOfficialGroup)
		}
	}
	b.text(d.Lead, qLead, qLeadPart, subjectLead, inLead)
	b.text(d.Body, qBody, qBodyPart, subjectBody, inBody)

	list := b.mentions(len(b.heads.in))
	for _, t := range b.heads.in {
		v := b.heads.best[t]
		list = append(list, mention{t, uint16(v >> 8), reason(v)})
	}
	b.titles = append(b.titles, list)
	list = b.mentions(len(b.bodies.in))
	for _, t := range b.bodies.in {
		if b.heads.get(t) == 0 {
			v := b.bodies.best[t]
			list = append(list, mention{t, uint16(v >> 8), reason(v)})
		}
	}
	b.running = append(b.running, list)
	list = b.mentions(len(b.about))
	for _, k := range b.about {
		list = append(list, mention{k, uint16(b.best[k] * full), inName})
	}
	b.subjects = append(b.subjects, list)
	for _, p := range d.Places {
		if f := joined(b.scan(p)); f != "" {
			c.atPlace[f] = append(c.atPlace[f], id)
		}
	}
	if n := digitsOf(d.Phone); len(n) >= 3 {
		c.phones = append(c.phones, phone{n, id})
	}
	for _, k := range leikaKeys(d.LeiKa) {
		c.leika = append(c.leika, leika{k, id})
	}
	b.starts(id, d)
}

// Strengths with which a concept named in a place is the document's subject.
const (
	subjectKeyword = 0.7
	subjectLead    = 0.36
	subjectBody    = 0.2
	subjectFloor   = 0.7 // of a title that says more than the concept
)

// subject ties the document at hand to a concept.
func (b *builder) subject(concept uint32, q float32) {
	if q < 0.06 || q <= b.best[concept] {
		return
	}
	if b.best[concept] == 0 {
		b.about = append(b.about, concept)
	}
	b.best[concept] = min(q, 1)
}

func (b *builder) title(text string) {
	toks := b.analyse(text)
	var total float32
	for _, t := range toks {
		total += b.l.weight(t.stem)
	}
	total = max(total, 0.3)
	v := b.c.vocab
	bag := v.bag()
	defer bag.free()
	for _, t := range toks {
		in := t.info
		share := titleFloor + (1-titleFloor)*b.l.weight(t.stem)/total
		b.heads.note(in.term, qTitle*share, inTitle)
		b.forms.add(t.fold, t.stem, t.text, 0)
		bag.put(in.stem, 1, 0)
		for k, p := range in.parts {
			q := float32(qTitlePart)
			if k > 0 {
				q -= 0.08
			}
			b.heads.note(p.term, q*share, inTitlePart)
			bag.put(p.stem, 0.8, 0)
			if len(p.text) > 4 {
				b.forms.add(p.text, b.texts[p.term], p.text, 1)
			}
		}
	}
	bag.find(0.01, func(m meaning) {
		fit := min(m.covered/total, 1)
		b.subject(m.concept, m.name*m.factor*(subjectFloor+(1-subjectFloor)*fit))
	})
}

// name notes the name of a person: no compounds ("Sommerfeld"), no concepts ("Kaiser").
func (b *builder) name(text string) {
	for _, t := range b.analyse(text) {
		b.heads.note(t.info.term, qTitle, inTitle)
		b.forms.add(t.fold, t.stem, t.text, 0)
	}
}

// standing says how much the words of a keyword count.
type standing struct {
	whole, part, subject float32
	why, whyPart         reason
}

var (
	asKeyword       = standing{qKeyword, qKeywordPart, subjectKeyword, inKeyword, inKeywordPart}
	asOfficialName  = standing{0.6, 0.35, 0.6, inOfficialName, inOfficialName}
	asOfficialGroup = standing{0.4, 0.22, 0.35, inOfficialName, inOfficialName}
)

func (b *builder) keyword(text string, as standing) {
	toks := b.analyse(text)
	var total float32
	for _, t := range toks {
		total += b.l.weight(t.stem)
	}
	total = max(total, 0.3)
	v := b.c.vocab
	bag := v.bag()
	defer bag.free()
	for _, t := range toks {
		in := t.info
		share := 0.6 + 0.4*b.l.weight(t.stem)/total
		b.heads.note(in.term, as.whole*share, as.why)
		b.forms.add(t.fold, t.stem, t.text, 0)
		bag.put(in.stem, 1, 0)
		for _, p := range in.parts {
			b.heads.note(p.term, as.part*share, as.whyPart)
			bag.put(p.stem, 0.6, 0)
		}
	}
	bag.find(0.01, func(m meaning) {
		b.subject(m.concept, as.subject*m.name*m.factor)
	})
}

// text notes the words of running text and the concepts it names.
func (b *builder) text(s string, whole, partly, subject float32, why reason) {
	if s == "" {
		return
	}
	toks := b.analyse(s)
	for i := range toks {
		toks[i].info.count++
	}
	v := b.c.vocab
	bag := v.bag()
	defer bag.free()
	for i := range toks {
		t := &toks[i]
		in, n := t.info, t.info.count
		if n == 0 || t.digit && len(t.fold) < 3 {
			continue
		}
		in.count = 0
		often := min(1+0.25*float32(n-1), 1.6)
		b.bodies.note(in.term, whole*often, why)
		bag.put(in.stem, 1, 0)
		for _, p := range in.parts {
			b.bodies.note(p.term, partly*often, why)
			bag.put(p.stem, 0.7, 0)
		}
	}
	for i := range toks {
		toks[i].info.count = 0
	}
	bag.find(0.6, func(m meaning) {
		b.subject(m.concept, subject*m.name*m.factor)
	})
}
