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
		if f := foldText(k); f != "" {
			c.starts = append(c.starts, start{f, id, mostStarts})
		}
	}
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
		i := sort.Search(len(c.starts), func(i int) bool { return c.starts[i].text >= folded })
		for n := 0; i < len(c.starts) && n < mostScanned && strings.HasPrefix(c.starts[i].text, folded); i, n = i+1, n+1 {
			s := c.starts[i]
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
	for _, h := range v.Search(Query{Text: text, Limit: limit}).Hits {
		k := Key{h.Kind, h.ID}
		if len(out) == limit {
			break
		}
		if !has[k] {
			has[k] = true
			out = append(out, Suggestion{Text: v.title(k, h.Own), Kind: k.Kind, ID: k.ID})
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

func (v *View) title(k Key, own bool) string {
	c := v.library
	if own {
		c = v.own
	}
	if id, ok := c.byKey[k]; ok {
		return c.docs[id].title
	}
	return ""
}
