package search

import (
	"math"
	"sort"
	"strings"
)

// plan is a query made ready for ranking: one slot for each word that matters.
type plan struct {
	slots     []slot
	places    []string // folded
	placeName []string
	digits    string  // all digits of the query, if it looks like a number or key
	folded    string  // whole query, folded
	corrected string  // query text with corrections, or empty
	season    uint64  // in which the question is asked
	persons   bool    // the query asks for a person ("Frau …")
	sum       float32 // importance of all slots
	lost      float32 // importance of words that match nothing at all
	filter    Query
	most      int    // hits that are wanted, without counts; 0: all
	unmet     []slot // words that match nothing at all
}

// slot is one word of the query with everything it may mean.
type slot struct {
	text       string
	stem       string
	corrected  []alt     // other spellings of a word that is not known
	alts       []alt     // terms that may stand for it
	parts      [][]alt   // parts of a compound; all together stand for it
	share      []float32 // importance of each part, adding up to 1
	concepts   []subject // meanings by vocabulary
	importance float32   // 0 to 1
}

// alt is a term with the strength with which it stands for a word.
type alt struct {
	stem   string
	factor float32
	note   string // how the word became this term, for explanation; empty if it is the word itself
}

// subject is a concept with the strength with which a query means it.
type subject struct {
	concept uint32
	factor  float32
	phrase  uint32
	v       *Vocabulary
}

// sources are the corpora a plan is made for; nil ones are left out.
type sources []*Corpus

func (s sources) known(stem string) (head, body int) {
	for _, c := range s {
		h, b := c.lookup(stem)
		head += len(h)
		body += len(b)
	}
	return head, body
}

// inTitle reports whether all words stand in titles or keywords of services:
// then the name of a place is also a topic.
func (s sources) inTitle(toks []token) bool {
	l := german()
	for _, t := range toks {
		if head, _ := s.known(l.stem(t.fold)); head == 0 {
			return false
		}
	}
	return true
}

func (s sources) len() int {
	n := 0
	for _, c := range s {
		n += c.Len()
	}
	return n
}

func (s sources) vocabulary() *Vocabulary {
	for _, c := range s {
		return c.vocab
	}
	return BuiltIn()
}

// makePlan reads a query. With force it looks for other spellings also of
// words that are known.
func makePlan(src sources, q Query, force bool) *plan {
	l := german()
	text := cut(q.Text)
	toks := words(text)
	p := &plan{filter: q, folded: joined(toks)}
	if len(toks) > MaxQueryTerms {
		toks = toks[:MaxQueryTerms]
	}
	for _, t := range toks {
		switch t.fold {
		case "frau", "herr", "herrn", "ansprechpartner", "ansprechpartnerin", "sachbearbeiter", "sachbearbeiterin", "mitarbeiter", "mitarbeiterin", "telefonnummer", "durchwahl":
			p.persons = true
		}
	}
	p.readDigits(text, toks)
	toks = p.readPlaces(src, toks)
	toks = joinVerbs(l.known(toks))
	kept := make([]token, 0, len(toks))
	for _, t := range toks {
		if t.stop {
			if h, _ := src.known(t.stem); h == 0 || len(toks) > 1 {
				continue
			}
		}
		if p.digits != "" && t.digit && len(t.fold) > 2 {
			continue
		}
		kept = append(kept, t)
	}
	if len(kept) == 0 && len(p.places) == 0 && p.digits == "" {
		kept = toks
	}
	p.season = seasonsAt(q.Now)
	p.fill(src, l, kept, force)
	return p
}

// readDigits takes telephone numbers and LeiKa keys, which people write with
// blanks; Germany's country code becomes the 0 with which a number is kept.
func (p *plan) readDigits(text string, toks []token) {
	var b strings.Builder
	for _, t := range toks {
		if t.digit {
			b.WriteString(t.fold)
		}
	}
	n := b.String()
	rest, ok := strings.CutPrefix(n, "0049")
	if !ok && strings.Contains(text, "+49") {
		rest, ok = strings.CutPrefix(n, "49")
	}
	if ok {
		n = "0" + strings.TrimPrefix(rest, "0")
	}
	if len(n) >= 3 {
		p.digits = n
	}
}

// readPlaces takes the names of places out of the query. A query that is
// nothing but a place keeps its words as well.
func (p *plan) readPlaces(src sources, toks []token) []token {
	out := make([]token, 0, len(toks))
	for i := 0; i < len(toks); {
		n := 0
		for width := min(4, len(toks)-i); width > 0 && n == 0; width-- {
			var name strings.Builder
			for k := range width {
				if k > 0 {
					name.WriteByte(' ')
				}
				name.WriteString(toks[i+k].fold)
			}
			for _, c := range src {
				if c == nil {
					continue
				}
				if given, ok := c.places.folded[name.String()]; ok {
					p.places = append(p.places, name.String())
					p.placeName = append(p.placeName, given)
					n = width
					if src.inTitle(toks[i : i+width]) {
						out = append(out, toks[i:i+width]...) // "Lindenbrück-Pass"
					}
					break
				}
			}
		}
		if n == 0 {
			out = append(out, toks[i])
			n = 1
		}
		i += n
	}
	if len(out) == 0 {
		return toks
	}
	return out
}

// fill makes the slots.
func (p *plan) fill(src sources, l *language, toks []token, force bool) {
	v := src.vocabulary()
	bag := v.bag()
	defer bag.free()
	join := func(stem string, factor float32, slot int) {
		bag.put(v.number(stem), factor, 1<<slot)
	}
	seen := make(map[string]bool, len(toks))
	var words []string
	changed := false
	costly := 0
	for i, t := range toks {
		words = append(words, t.text)
		if seen[t.stem] {
			continue
		}
		seen[t.stem] = true
		k := len(p.slots)
		s := slot{text: t.text}
		head, body := src.known(t.stem)
		parts := l.split(t.fold)
		inVocabulary := v.knows(t.stem)
		if head+body > 0 {
			s.alts = append(s.alts, alt{stem: t.stem, factor: 1})
		}
		join(t.stem, 1, k)
		if len(parts) > 1 {
			s.setParts(src, l, parts, 1)
			s.joinParts(src, v, l, parts, inVocabulary, func(stem string, factor float32) { join(stem, factor, k) })
		}
		s.stem = t.stem
		known := head > 0 || inVocabulary || body > 0 || len(parts) > 1 && s.anyPart()
		if len(t.fold) >= 3 && !t.digit {
			f := float32(0.5)
			if !known {
				f = 0.85
			}
			for _, stem := range prefixes(src, t.fold, t.stem) {
				if stem == t.stem {
					continue
				}
				g := f * float32(math.Sqrt(float64(len(t.stem))/float64(len(stem))))
				s.alts = append(s.alts, alt{stem, g, "Wortanfang"})
				if !known {
					join(stem, 0.8*g, k)
				}
			}
		}
		split := known && head+body == 0 && !inVocabulary // known by its parts only
		if (!known || split || force && head == 0) && !t.digit && costly < 8 {
			costly++
			var found []near
			if split && !force {
				found = nearest(src, v, t.fold, 1)
			} else {
				found = correct(src, v, l, t.fold)
			}
			for n, c := range found {
				f := 0.92 - 0.13*c.cost
				s.corrected = append(s.corrected, alt{stem: c.stem, factor: f})
				s.alts = append(s.alts, alt{c.stem, f, "statt „" + t.text + "“"})
				join(c.stem, f, k)
				if more := l.split(c.fold); len(more) > 1 && n == 0 && len(s.parts) == 0 {
					s.setParts(src, l, more, f)
					for _, part := range more {
						join(part.stem, f*0.6, k)
					}
				}
			}
			if len(found) > 0 && !known {
				words[i] = found[0].text
				changed = changed || found[0].fold != t.fold
			}
		}
		if head == 0 && !t.digit && len(t.fold) >= 4 {
			s.near(src, v, l, t, known, func(stem string, factor float32) { join(stem, factor, k) })
		}
		s.importance = importance(src, l, t.stem, head+body, len(parts) > 1)
		p.slots = append(p.slots, s)
	}
	if changed {
		p.corrected = strings.Join(words, " ")
	}
	p.mean(v, bag)
	p.drop(src)
}

// wholeWord is the least strength of a word that was not got from a compound or correction.
const wholeWord = 0.9

// mean adds the concepts of the vocabulary that the words name.
func (p *plan) mean(v *Vocabulary, bag *bag) {
	best := make([]map[uint32]subject, len(p.slots))
	bag.find(0, func(m meaning) {
		ph := &v.phrases[m.phrase]
		if ph.ask == 0 || ph.general && m.factor < wholeWord {
			return // a part of a compound is no word of the general thesaurus
		}
		f := ph.ask * m.factor
		if ph.short && foldText(ph.text) == p.folded {
			f /= collapsed // asked in these very words
		}
		for k := range p.slots {
			if m.mask&(1<<k) == 0 {
				continue
			}
			if best[k] == nil {
				best[k] = make(map[uint32]subject)
			}
			old, ok := best[k][m.concept]
			if !ok || f > old.factor || f == old.factor && m.phrase < old.phrase {
				best[k][m.concept] = subject{m.concept, f, m.phrase, v}
			}
		}
	})
	for k, found := range best {
		s := &p.slots[k]
		if found = s.hinted(v, found); len(found) == 0 {
			continue
		}
		for _, m := range found {
			s.concepts = append(s.concepts, m)
		}
		sort.Slice(s.concepts, func(i, j int) bool {
			a, b := s.concepts[i], s.concepts[j]
			if a.factor != b.factor {
				return a.factor > b.factor
			}
			return a.concept < b.concept
		})
		const most = 40
		if len(s.concepts) > most {
			s.concepts = s.concepts[:most]
		}
	}
}

// hinted adds what single words of longer wordings point to, if the word means
// nothing by itself.
func (s *slot) hinted(v *Vocabulary, found map[uint32]subject) map[uint32]subject {
	const clear, faint, least = 0.45, 1.0, 0.2
	for _, m := range found {
		if m.factor >= clear {
			return found
		}
	}
	words := []alt{{stem: s.stem, factor: 1}}
	if len(found) == 0 {
		words = append(words, s.corrected...)
	}
	for _, w := range words {
		found = w.hinted(v, found, faint*w.factor, least)
	}
	return found
}

func (w alt) hinted(v *Vocabulary, found map[uint32]subject, factor, least float32) map[uint32]subject {
	v.hints(w.stem, func(id uint32, share float32) {
		p := &v.phrases[id]
		f := p.ask * share * factor
		if f < least || f <= found[p.concept].factor {
			return
		}
		if found == nil {
			found = make(map[uint32]subject)
		}
		found[p.concept] = subject{p.concept, f, id, v}
	})
	return found
}

// near adds terms that hold the word, that it holds, or that share its root,
// for words that stand in no title.
func (s *slot) near(src sources, v *Vocabulary, l *language, t token, known bool, join func(string, float32)) {
	add := func(stem string, factor float32, note string) {
		if h, b := src.known(stem); h+b > 0 {
			s.alts = append(s.alts, alt{stem, factor, note})
		}
		join(stem, factor)
	}
	if root := l.root(t.stem); root != "" {
		add(root, 0.6, "Wortstamm")
	}
	for _, c := range src {
		for _, stem := range c.containing(l, t.stem, 12) {
			s.alts = append(s.alts, alt{stem, 0.35 + 0.4*float32(len(t.stem))/float32(len(stem)), "Wortteil"})
		}
	}
	if known || len(s.parts) > 0 || len(t.fold) < 8 {
		return
	}
	for i := 3; i <= len(t.fold)-5; i++ {
		stem := l.stem(t.fold[i:])
		if h, _ := src.known(stem); h > 0 || v.knows(stem) {
			add(stem, 0.6, "Wortteil")
			break
		}
	}
	for i := len(t.fold) - 3; i >= 5; i-- {
		stem := l.partStem(t.fold[:i])
		if h, _ := src.known(stem); h > 0 || v.knows(stem) {
			add(stem, 0.6, "Wortteil")
			break
		}
	}
}

// drop takes out slots that match nothing anywhere: they would only make all
// documents look equally bad.
func (p *plan) drop(src sources) {
	out := p.slots[:0]
	for _, s := range p.slots {
		found := len(s.alts) > 0
		for _, m := range s.concepts {
			for _, c := range src {
				found = found || len(c.about(m.concept)) > 0
			}
		}
		for _, part := range s.parts {
			found = found || len(part) > 0
		}
		if found {
			p.sum += s.importance
			out = append(out, s)
		} else {
			p.lost += s.importance
			p.unmet = append(p.unmet, s)
		}
	}
	p.slots = out
}

func (s *slot) setParts(src sources, l *language, parts []part, factor float32) {
	var sum float32
	for i, part := range parts {
		w := max(l.weight(part.stem), 0.15)
		if i == 0 {
			w *= 1.25
		}
		var alts []alt
		if h, b := src.known(part.stem); h+b > 0 {
			alts = append(alts, alt{part.stem, factor, "Wortteil"})
		}
		s.parts = append(s.parts, alts)
		s.share = append(s.share, w)
		sum += w
	}
	for i := range s.share {
		s.share[i] /= sum
	}
}

// Strengths with which a part of a compound stands for its meaning.
const (
	partMeaning      = 0.66 // first part of two
	partMeaningKnown = 0.4  // of a compound that the vocabulary knows as a whole
	laterPart        = 0.8  // the parts after the first, of that
	ofMany           = 0.75 // parts of a compound of more than two, of that
	innerCompound    = 0.85 // "Mülltonne" in "Restmülltonne"
)

// joinParts tells what the parts of a compound may mean, and the compounds within it.
func (s *slot) joinParts(src sources, v *Vocabulary, l *language, parts []part, known bool, join func(string, float32)) {
	f := float32(partMeaning)
	if known {
		f = partMeaningKnown
	}
	if len(parts) > 2 {
		f *= ofMany
	}
	for n, part := range parts {
		if n == 1 {
			f *= laterPart
		}
		join(part.stem, f)
	}
	for i := range parts {
		text := parts[i].text
		for j := i + 1; j < len(parts); j++ {
			text += parts[j].text
			if j-i == len(parts)-1 {
				continue
			}
			stem := l.stem(text)
			if h, _ := src.known(stem); h > 0 {
				s.alts = append(s.alts, alt{stem, innerCompound * 0.9, "Wortteil"})
			}
			if v.knows(stem) && !known {
				join(stem, innerCompound)
			}
		}
	}
}

// anyPart reports whether the index holds a part of the compound.
func (s *slot) anyPart() bool {
	for _, alts := range s.parts {
		if len(alts) > 0 {
			return true
		}
	}
	return false
}

// importance of a word: rare ones weigh more, generic ones little.
func importance(src sources, l *language, stem string, df int, compound bool) float32 {
	n := float64(src.len())
	idf := math.Log(1+n/(1+float64(df))) / math.Log(2+n)
	w := l.weight(stem)
	v := w * float32(0.4+0.6*min(idf, 1))
	if compound {
		v *= 1.1
	}
	return max(v, 0.05)
}

const mostPrefixes = 24

func prefixes(src sources, folded, stem string) []string {
	var out []string
	for _, c := range src {
		out = append(out, c.prefixed(folded, mostPrefixes)...)
		if stem != folded && len(stem) >= 4 && strings.HasPrefix(folded, stem) && len(out) == 0 {
			out = append(out, c.prefixed(stem, mostPrefixes)...)
		}
	}
	if len(out) > mostPrefixes {
		out = out[:mostPrefixes]
	}
	return out
}
