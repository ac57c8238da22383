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
	byStem  [][]gist         // number of a key stem to phrases, those that name best first
	stemsOf []int32          // stems of all gists, one after the other
	shares  []float32        // their weights
	holding [][]uint32       // number of any telling stem to the phrases that hold it
	forms   *spellings       // single words, for typing errors
	bags    sync.Pool        // of *bag, empty between uses
}

// phrase is one wording of a concept.
type phrase struct {
	text     string
	concept  uint32
	ask      float32 // strength with which a query of these words means the concept
	total    float32 // weight of all its stems
	from, to uint32  // in Vocabulary.stemsOf and shares
	general  bool    // from the general thesaurus
	short    bool    // only one of its words is no stop word: see collapsed
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
	from, to        uint32 // in Vocabulary.stemsOf and shares
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
	for key, list := range v.byStem {
		for _, g := range list {
			p := v.phrases[g.phrase]
			d := draft{text: p.text, weights: v.shares[p.from:p.to], total: p.total, concept: p.concept, ask: p.ask, name: g.name, general: p.general, short: p.short}
			for i, n := range v.stemsOf[p.from:p.to] {
				d.words = append(d.words, texts[n])
				if int(n) == key {
					d.key = i
				}
			}
			b.phrases[g.phrase] = d
		}
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
	short := len(toks) == 1 && len(l.joinVerbs(l.stemmed(text))) > 1
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
	l := german()
	for i := range b.phrases {
		p := &b.phrases[i]
		from := uint32(len(v.stemsOf))
		for k, w := range p.words {
			n, ok := v.stems[w]
			if !ok {
				n = int32(len(v.byStem))
				v.stems[w] = n
				v.byStem = append(v.byStem, nil)
				v.holding = append(v.holding, nil)
			}
			v.stemsOf = append(v.stemsOf, n)
			if p.weights[k] >= tellingWeight && len(p.words) > 1 {
				v.holding[n] = append(v.holding[n], uint32(i))
			}
		}
		v.shares = append(v.shares, p.weights...)
		to, key := uint32(len(v.stemsOf)), v.stemsOf[int(from)+p.key]
		v.phrases[i] = phrase{p.text, p.concept, p.ask, p.total, from, to, p.general, p.short}
		v.byStem[key] = append(v.byStem[key], gist{uint32(i), p.concept, p.name, p.total, from, to})
		for _, t := range words(p.text) {
			if !t.digit && len(t.fold) > 3 && !l.stop[t.fold] {
				forms.add(t.fold, l.stem(t.fold), t.text, 1)
			}
		}
	}
	v.stemsOf, v.shares = slices.Clip(v.stemsOf), slices.Clip(v.shares)
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
		p := &v.phrases[id]
		for k := p.from; k < p.to; k++ {
			if v.stemsOf[k] == n {
				f(id, v.shares[k]/p.total)
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
	return n >= 0 && len(v.byStem[n]) > 0
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
	v := b.v
	for _, n := range b.in {
		for i := range v.byStem[n] {
			g := &v.byStem[n][i]
			if g.name < name {
				break // the others name even less
			}
			var have, bare, covered float32
			var mask uint32
			shares := v.shares[g.from:g.to]
			for k, s := range v.stemsOf[g.from:g.to] {
				t := b.factor[s]
				if t == 0 {
					continue
				}
				w := shares[k]
				have += w * t
				bare += w
				covered += t * w
				mask |= b.mask[s]
			}
			if bare < enough*g.total || have < enough*0.8*g.total {
				continue
			}
			f(meaning{concept: g.concept, phrase: g.phrase, name: g.name, factor: have / g.total, covered: covered, mask: mask})
		}
	}
}
