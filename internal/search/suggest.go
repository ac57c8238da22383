package search

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// start is the text of a title from one of its words on; suggestions are found
// by the beginning of it. The text shares its memory with the document.
type start struct {
	text string
	doc  uint32
	at   uint8 // number of the word
}

// mostStarts is the number of words of a title at which a suggestion may begin.
const mostStarts = 8

// mostScanned bounds the work for one very short prefix.
const mostScanned = 3000

func (b *builder) starts(id uint32, d *Doc) {
	c := b.c
	text := c.docs[id].folded
	for at := 0; at < mostStarts && text != ""; at++ {
		word, rest, _ := strings.Cut(text, " ")
		if at == 0 || !b.l.stop[word] {
			c.starts = append(c.starts, start{text, id, uint8(at)})
		}
		text = rest
	}
	for i, k := range d.Keywords {
		if i == mostStarts {
			break
		}
		if f := joined(b.scan(k)); f != "" {
			c.starts = append(c.starts, start{f, id, mostStarts})
		}
	}
}

// begins are the titles that begin with a folded text.
func (c *Corpus) begins(folded string) []start {
	if folded == "" {
		return nil
	}
	from := sort.Search(len(c.starts), func(i int) bool { return c.starts[i].text >= folded })
	to := from + sort.Search(len(c.starts)-from, func(i int) bool { return !strings.HasPrefix(c.starts[from+i].text, folded) })
	return c.starts[from:to]
}

// Suggest returns documents for the beginning of a query, best first; those
// whose title has a word beginning with it come before what Search finds.
// Limit is cut to between 1 and 20. Prefixes of fewer than two letters have none.
func (v *View) Suggest(prefix string, limit int) []Suggestion {
	limit = min(max(limit, 1), 20)
	text := cut(prefix)
	folded := foldText(text)
	if utf8.RuneCountInString(folded) < 2 {
		return nil
	}
	best := topOf{most: limit}
	collect := func(c *Corpus, seen Set, pop map[uint32]float32) {
		if c == nil {
			return
		}
		begins := c.begins(folded)
		for _, s := range begins[:min(len(begins), mostScanned)] {
			if !seen.has(s.doc) {
				continue
			}
			e := &c.docs[s.doc]
			score := 1 - 0.08*float32(s.at) - 0.002*float32(len(e.folded))
			score += 0.5 * c.popularity(s.doc, pop)
			if e.key.Kind == KindService {
				score += 0.1
			}
			best.add(suggested{e, score})
		}
	}
	collect(v.library, v.seen, v.learnt.library)
	collect(v.own, nil, v.learnt.own)
	out := make([]Suggestion, 0, limit)
	has := make(map[Key]bool, limit)
	for _, f := range best.list {
		has[f.doc.key] = true
		out = append(out, Suggestion{Text: f.doc.title, Kind: f.doc.key.Kind, ID: f.doc.key.ID})
	}
	if len(folded) < 3 || len(out) == limit {
		return out
	}
	// What is being typed is not finished: no second look for other spellings of
	// words that are known, no counts, no reasons.
	q := Query{Text: text, Limit: limit}
	p := makePlan(v.sources(), q, false)
	p.most = limit
	found := top(v.ask(q, p, v.run(p)), limit)
	for _, f := range found {
		if len(out) == limit || f.score < found[0].score*lowestPart {
			break
		}
		e := &f.corpus.docs[f.doc]
		if !has[e.key] {
			has[e.key] = true
			out = append(out, Suggestion{Text: e.title, Kind: e.key.Kind, ID: e.key.ID})
		}
	}
	return out
}

// suggested is a document for a beginning, with how well it fits.
type suggested struct {
	doc   *entry
	score float32
}

func (s suggested) before(o suggested) bool {
	if s.score != o.score {
		return s.score > o.score
	}
	if s.doc.folded != o.doc.folded {
		return s.doc.folded < o.doc.folded
	}
	return s.doc.key.Kind+Kind(s.doc.key.ID) < o.doc.key.Kind+Kind(o.doc.key.ID)
}

// topOf keeps the best documents in order, each once with its best score: a
// short prefix fits thousands, of which a handful is shown.
type topOf struct {
	most int
	list []suggested
}

func (t *topOf) add(s suggested) {
	n := len(t.list)
	if n == t.most && !s.before(t.list[n-1]) {
		return
	}
	old := slices.IndexFunc(t.list, func(o suggested) bool { return o.doc == s.doc })
	switch {
	case old >= 0 && s.score <= t.list[old].score:
		return
	case old >= 0:
		t.list = slices.Delete(t.list, old, old+1)
	case n == t.most:
		t.list = t.list[:n-1]
	}
	at := sort.Search(len(t.list), func(i int) bool { return s.before(t.list[i]) })
	t.list = slices.Insert(t.list, at, s)
}
