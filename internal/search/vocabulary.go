package search

import (
	"bufio"
	"cmp"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sort"
	"strings"
	"sync"
)

//go:embed vocabulary/*.tsv
var vocabularyFiles embed.FS

// Entry ties words of citizens to words of the administration.
type Entry struct {
	Official []string // names under which a service may stand in a catalogue
	Words    []string // what people say for it
	Loose    []string // what is merely near to it
	// Directed entries lead from Words to Official and never back or sideways:
	// "Opa gestorben" leads to Erbschein and Bestattung, but Bestattung is no
	// other word for Erbschein.
	Directed bool
}

// Vocabulary is an immutable thesaurus, indexed for queries and for titles.
type Vocabulary struct {
	names   []string // concept to its first official name
	phrases []phrase
	stems   map[string]int32 // every stem of a wording to its number
	byStem  [][]gist         // number of a stem to phrases that need it, each under one, those that name best first
	isKey   []bool           // number of a stem: some wording hangs on it
	stemsOf []int32          // stems of all phrases, one after the other
	shares  []float32        // their weights
	holding [][]uint32       // number of any telling stem to the phrases that hold it
	forms   *spellings       // single words, for typing errors
	bags    sync.Pool        // of *bag, empty between uses
}

// phrase is one wording of a concept.
type phrase struct {
	text    string
	concept uint32
	ask     float32 // strength with which a query of these words means the concept
	name    float32 // strength with which a title of these words is the concept
	total   float32 // weight of all its stems
	from    uint32  // in Vocabulary.stemsOf and shares, up to where the next phrase begins
	key     uint16  // which of its stems it hangs on
	general bool    // from the general thesaurus
	short   bool    // only one of its words is no stop word: see collapsed
}

// draft is a phrase while the vocabulary is built.
type draft struct {
	text    string
	words   []string // stems
	weights []float32
	total   float32
	concept uint32
	ask     float32
	name    float32 // strength with which a title of these words is the concept
	key     int     // index of the key stem
	general bool
	short   bool
}

// gist is what matching needs of a phrase, in few bytes: many thousand of them
// are looked at for each document.
type gist struct {
	phrase, concept uint32
	name, total     float32
	also            int32 // another stem that it needs; the same one if there is none, -1 if it is the only one
}

// Strengths of a wording when asked and when it stands in a title.
const (
	askOfficial, nameOfficial   = 0.95, 1.0
	askWord, nameWord           = 0.95, 0.75
	askLoose, nameLoose         = 0.35, 0.25
	askThesaurus, nameThesaurus = 0.42, 0.65
)

// collapsed weakens a wording of which only one word is no stop word.
const collapsed = 0.5

// BuiltIn returns the vocabulary of the product: its own entries and the
// licensed part of OpenThesaurus. It is loaded on first use.
func BuiltIn() *Vocabulary { return builtIn() }

var builtIn = sync.OnceValue(func() *Vocabulary {
	entries, err := OwnEntries()
	if err != nil {
		panic("search: embedded vocabulary: " + err.Error())
	}
	b := newVocabularyBuilder()
	for _, e := range entries {
		b.add(e)
	}
	eachLine(thirdPartyFiles, "thirdparty/openthesaurus/synsets.txt", func(line string) {
		b.addSynset(strings.Split(line, "|"))
	})
	return b.build()
})

// OwnEntries returns the entries written for this product, without third-party words.
func OwnEntries() ([]Entry, error) {
	names, err := fs.Glob(vocabularyFiles, "vocabulary/*.tsv")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var out []Entry
	for _, name := range names {
		f, err := vocabularyFiles.Open(name)
		if err != nil {
			return nil, err
		}
		entries, err := ParseEntries(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, entries...)
	}
	return out, nil
}

// NewVocabulary returns a vocabulary of the given entries on top of base;
// base may be nil. Editors' synonyms of a realm come in here.
func NewVocabulary(base *Vocabulary, entries []Entry) *Vocabulary {
	b := newVocabularyBuilder()
	if base != nil {
		b.names = append(b.names, base.names...)
		b.again(base)
	}
	for _, e := range entries {
		b.add(e)
	}
	return b.build()
}

// ParseEntries reads entries in the product's own form, one a line: official
// names separated by bars, a tab, words separated by commas. A word after ~ is
// loose, a line beginning with > is directed, one with >> directed and loose
// throughout (kinds of things: "Klempner" to Handwerk), one with # is a comment.
// It returns an error with the number of the first line it cannot read.
func ParseEntries(r io.Reader) ([]Entry, error) {
	var out []Entry
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		var e Entry
		allLoose := false
		if rest, ok := strings.CutPrefix(line, ">"); ok {
			e.Directed = true
			line, allLoose = strings.CutPrefix(rest, ">")
		}
		official, spoken, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("line %d: no tab between official name and words", n)
		}
		e.Official = list(official, "|")
		for _, w := range list(spoken, ",") {
			if loose, ok := strings.CutPrefix(w, "~"); ok || allLoose {
				e.Loose = append(e.Loose, strings.TrimSpace(loose))
			} else {
				e.Words = append(e.Words, w)
			}
		}
		if len(e.Official) == 0 || len(e.Words)+len(e.Loose) == 0 {
			return nil, fmt.Errorf("line %d: official name or words are missing", n)
		}
		out = append(out, e)
	}
	return out, s.Err()
}

func list(s, sep string) []string {
	var out []string
	for _, w := range strings.Split(s, sep) {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// Size returns the number of concepts and of wordings.
func (v *Vocabulary) Size() (concepts, wordings int) { return len(v.names), len(v.phrases) }

type vocabularyBuilder struct {
	names   []string
	phrases []draft
}

func newVocabularyBuilder() *vocabularyBuilder { return &vocabularyBuilder{} }

// again takes the phrases of a vocabulary that is already built.
func (b *vocabularyBuilder) again(v *Vocabulary) {
	texts := make([]string, len(v.byStem))
	for text, n := range v.stems {
		texts[n] = text
	}
	b.phrases = make([]draft, len(v.phrases))
	for i, p := range v.phrases {
		stems, shares := v.stemsIn(uint32(i))
		d := draft{text: p.text, weights: shares, total: p.total, concept: p.concept, ask: p.ask, name: p.name, key: int(p.key), general: p.general, short: p.short}
		for _, n := range stems {
			d.words = append(d.words, texts[n])
		}
		b.phrases[i] = d
	}
}

func (b *vocabularyBuilder) add(e Entry) {
	if len(e.Official) == 0 {
		return
	}
	c := uint32(len(b.names))
	b.names = append(b.names, e.Official[0])
	askOff, nameWrd, nameLse := float32(askOfficial), float32(nameWord), float32(nameLoose)
	if e.Directed {
		askOff, nameWrd, nameLse = 0, 0, 0
	}
	for i, t := range e.Official {
		fade := max(1-0.03*float32(i), 0.82)
		b.wording(c, t, askOff, nameOfficial*fade)
	}
	for _, t := range e.Words {
		b.wording(c, t, askWord, nameWrd)
	}
	for _, t := range e.Loose {
		b.wording(c, t, askLoose, nameLse)
	}
}

// addSynset takes a synonym group of the general thesaurus. Long groups say
// little about each of their words and are left out.
func (b *vocabularyBuilder) addSynset(group []string) {
	const longest = 16
	if len(group) > longest {
		return
	}
	c := uint32(len(b.names))
	n := 0
	for _, t := range group {
		if strings.Contains(t, "...") || len(t) < 3 || strings.Count(t, " ") > 1 {
			continue
		}
		if n == 0 {
			b.names = append(b.names, t)
		}
		b.wording(c, t, askThesaurus, nameThesaurus)
		n++
	}
	for i := len(b.phrases) - 1; i >= 0 && b.phrases[i].concept == c; i-- {
		b.phrases[i].general = true
	}
}

func (b *vocabularyBuilder) wording(c uint32, text string, ask, name float32) {
	l := german()
	toks := l.analyse(text)
	if len(toks) == 0 {
		return
	}
	short := len(toks) == 1 && len(joinVerbs(l.stemmed(text))) > 1
	if short {
		// "zu schnell gefahren" is more than the one word that remains of it.
		ask, name = ask*collapsed, name*collapsed
	}
	p := draft{text: text, concept: c, ask: ask, name: name, short: short}
	for _, t := range toks {
		p.addStem(l, t.stem)
	}
	b.phrases = append(b.phrases, p.finish())
	if len(toks) == 1 && toks[0].stem != "" {
		if parts := l.split(toks[0].fold); len(parts) > 1 && len(parts) <= 4 {
			q := draft{text: text, concept: c, ask: ask * 0.85, name: name * 0.85}
			for _, t := range parts {
				q.addStem(l, t.stem)
			}
			if len(q.words) > 1 {
				b.phrases = append(b.phrases, q.finish())
			}
		}
	}
}

func (p *draft) addStem(l *language, stem string) {
	for _, s := range p.words {
		if s == stem {
			return
		}
	}
	w := l.weight(stem)
	p.words = append(p.words, stem)
	p.weights = append(p.weights, w)
	p.total += w
}

func (p draft) finish() draft {
	var best float32 = -1
	for i, s := range p.words {
		if v := p.weights[i]*10 + float32(len(s)); v > best {
			best, p.key = v, i
		}
	}
	return p
}

func (b *vocabularyBuilder) build() *Vocabulary {
	v := &Vocabulary{names: b.names, phrases: make([]phrase, len(b.phrases)), stems: make(map[string]int32, len(b.phrases)/2)}
	forms := newSpellings()
	var uses []int // number of a stem to the phrases it stands in
	l := german()
	for i := range b.phrases {
		p := &b.phrases[i]
		v.phrases[i] = phrase{p.text, p.concept, p.ask, p.name, p.total, uint32(len(v.stemsOf)), uint16(p.key), p.general, p.short}
		for k, w := range p.words {
			n, ok := v.stems[w]
			if !ok {
				n = int32(len(v.byStem))
				v.stems[w] = n
				v.byStem = append(v.byStem, nil)
				v.holding = append(v.holding, nil)
				v.isKey = append(v.isKey, false)
				uses = append(uses, 0)
			}
			uses[n]++
			v.isKey[n] = v.isKey[n] || k == p.key
			v.stemsOf = append(v.stemsOf, n)
			if p.weights[k] >= tellingWeight && len(p.words) > 1 {
				v.holding[n] = append(v.holding[n], uint32(i))
			}
		}
		v.shares = append(v.shares, p.weights...)
		for _, t := range words(p.text) {
			if !t.digit && len(t.fold) > 3 && !l.stop[t.fold] {
				forms.add(t.fold, l.stem(t.fold), t.text, 1)
			}
		}
	}
	v.stemsOf, v.shares = slices.Clip(v.stemsOf), slices.Clip(v.shares)
	for i, p := range v.phrases {
		under, also := v.needs(uint32(i), uses)
		v.byStem[under] = append(v.byStem[under], gist{uint32(i), p.concept, p.name, p.total, also})
	}
	for i, list := range v.byStem {
		v.byStem[i], v.holding[i] = slices.Clip(list), slices.Clip(v.holding[i])
		slices.SortStableFunc(list, func(a, b gist) int { return cmp.Compare(b.name, a.name) })
	}
	for form, stem := range l.lemma {
		forms.add(form, stem, form, 2)
	}
	for w, kind := range l.parts {
		if kind == partOwn && len(w) > 4 {
			forms.add(w, l.stem(w), w, 2)
		}
	}
	v.forms = forms.build()
	v.bags.New = func() any {
		return &bag{v: v, factor: make([]float32, len(v.byStem)), mask: make([]uint32, len(v.byStem))}
	}
	return v
}

// stemsIn returns the numbers of a phrase's stems and their weights.
func (v *Vocabulary) stemsIn(id uint32) ([]int32, []float32) {
	from, to := v.phrases[id].from, uint32(len(v.stemsOf))
	if int(id)+1 < len(v.phrases) {
		to = v.phrases[id+1].from
	}
	return v.stemsOf[from:to], v.shares[from:to]
}

// needs returns the stem under which a phrase is looked for, and another one
// that must stand there: its key, and of the stems without which enough of its
// weight cannot stand there the one that the fewest phrases share. Most texts
// hold the word "Kind", few those that make a wording of it.
func (v *Vocabulary) needs(id uint32, uses []int) (under, also int32) {
	const rounding = 0.01
	stems, shares := v.stemsIn(id)
	p := &v.phrases[id]
	key := stems[p.key]
	if len(stems) == 1 {
		return key, -1
	}
	rare := int32(-1)
	for k, n := range stems {
		if n != key && p.total-shares[k] < (enough-rounding)*p.total && (rare < 0 || uses[n] < uses[rare]) {
			rare = n
		}
	}
	switch {
	case rare < 0:
		return key, key
	case uses[rare] < uses[key]:
		return rare, key
	}
	return key, rare
}

// A word that stands in at most this many wordings tells something even without
// the rest of the wording; generic words never do.
const (
	tellingPhrases = 14
	tellingWeight  = 0.45
)

// hints calls f with the wordings of several words that hold a stem, if there
// are few of them: "Cabrio" alone still points to "Cabrio Saison".
func (v *Vocabulary) hints(stem string, f func(id uint32, share float32)) {
	n := v.number(stem)
	if n < 0 || len(v.holding[n]) > tellingPhrases {
		return
	}
	for _, id := range v.holding[n] {
		stems, shares := v.stemsIn(id)
		for k := range stems {
			if stems[k] == n {
				f(id, shares[k]/v.phrases[id].total)
			}
		}
	}
}

// number returns the number of a stem, or -1 if no wording holds it.
func (v *Vocabulary) number(stem string) int32 {
	if n, ok := v.stems[stem]; ok {
		return n
	}
	return -1
}

// knows reports whether a stem is the key of some wording.
func (v *Vocabulary) knows(stem string) bool {
	n := v.number(stem)
	return n >= 0 && v.isKey[n]
}

// bag holds the words of a query or text: for each stem of the vocabulary the
// strength with which it stands there (1 whole word, less for a part of a
// compound, 0 not at all) and the words of the query it covers.
type bag struct {
	v      *Vocabulary
	factor []float32
	mask   []uint32
	in     []int32 // stems with a factor
}

func (v *Vocabulary) bag() *bag { return v.bags.Get().(*bag) }

// free empties the bag and gives it back.
func (b *bag) free() {
	for _, n := range b.in {
		b.factor[n], b.mask[n] = 0, 0
	}
	b.in = b.in[:0]
	b.v.bags.Put(b)
}

func (b *bag) put(n int32, factor float32, mask uint32) {
	if n < 0 {
		return
	}
	if b.factor[n] == 0 {
		b.in = append(b.in, n)
	}
	b.factor[n] = max(b.factor[n], factor)
	b.mask[n] |= mask
}

// meaning is a concept found in a text.
type meaning struct {
	concept uint32
	phrase  uint32
	name    float32 // strength with which a title of these words is the concept
	factor  float32 // how fully the wording stands there, 0 to 1
	covered float32 // weight of the text's own words that it explains
	mask    uint32
}

// enough of a wording's weight must stand in the text; only generic words may be missing.
const enough = 0.72

// find calls f with all wordings of at least the given name strength that
// stand in the bag, in no particular order.
func (b *bag) find(name float32, f func(meaning)) {
	for _, n := range b.in {
		list := b.v.byStem[n]
		for i := range list {
			g := &list[i]
			if g.name < name {
				break // the others name even less
			}
			if g.also >= 0 {
				if b.factor[g.also] > 0 {
					b.match(g, f)
				}
				continue
			}
			t := b.factor[n]
			have := g.total * t
			if have < enough*0.8*g.total {
				continue
			}
			f(meaning{concept: g.concept, phrase: g.phrase, name: g.name, factor: have / g.total, covered: have, mask: b.mask[n]})
		}
	}
}

// match calls f with a wording of several words if it stands in the bag.
func (b *bag) match(g *gist, f func(meaning)) {
	var have, bare float32
	var mask uint32
	stems, shares := b.v.stemsIn(g.phrase)
	for k, n := range stems {
		if t := b.factor[n]; t > 0 {
			have += shares[k] * t
			bare += shares[k]
			mask |= b.mask[n]
		}
	}
	if bare < enough*g.total || have < enough*0.8*g.total {
		return
	}
	f(meaning{concept: g.concept, phrase: g.phrase, name: g.name, factor: have / g.total, covered: have, mask: mask})
}
