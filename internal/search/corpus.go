package search

import (
	"cmp"
	"slices"
	"strings"
)

// Corpus is an immutable index over documents, safe for concurrent use.
type Corpus struct {
	docs     []entry
	marks    []mark // of the same documents
	byKey    map[Key]uint32
	terms    []term            // by their text
	quick    map[string]uint32 // text to term, for large corpora only
	postings []posting         // of all terms, then of all concepts
	concepts []concept         // by their number
	forms    *spellings
	starts   []start
	phones   []phone
	leika    []leika
	places   *placeNames
	atPlace  map[string][]uint32
	vocab    *Vocabulary
	maxPop   float32
}

// entry is what is kept of a document.
type entry struct {
	key        Key
	title      string
	folded     string // folded title
	situations []string
}

// mark is what ranking asks of each document found, in few bytes: it looks at
// thousands for a query.
type mark struct {
	seasons  uint64  // of which the title speaks
	pop      float32 // logarithm of Doc.Popularity
	kind     uint8   // in kinds; 0 for others
	online   bool
	situated bool // has life situations
}

var kinds = [...]Kind{isService: KindService, isPerson: KindPerson, isFacility: KindFacility, isSituation: KindSituation}

const (
	isService = 1 + iota
	isPerson
	isFacility
	isSituation
)

// term is a word of the index. Its postings lie in Corpus.postings, those of
// titles and keywords from head on, those of texts from body to end, each
// sorted by document. One slice for all keeps the many small corpora small.
type term struct {
	text             string
	head, body, last uint32
}

// concept is a subject of documents; its postings lie in Corpus.postings.
type concept struct {
	number      uint32
	first, last uint32
}

// largeCorpus is the number of terms from which a map pays.
const largeCorpus = 4096

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
	inOfficialName // of the LeiKa
	inName         // of a concept that is this document's subject
)

// Len returns the number of documents.
func (c *Corpus) Len() int {
	if c == nil {
		return 0
	}
	return len(c.docs)
}

// lookup returns the postings of a stem in titles and keywords, and in texts.
func (c *Corpus) lookup(stem string) (head, body []posting) {
	if c == nil {
		return nil, nil
	}
	var t *term
	if c.quick != nil {
		i, ok := c.quick[stem]
		if !ok {
			return nil, nil
		}
		t = &c.terms[i]
	} else {
		i, ok := c.search(stem)
		if !ok {
			return nil, nil
		}
		t = &c.terms[i]
	}
	return c.postings[t.head:t.body], c.postings[t.body:t.last]
}

// search returns where a text stands among the terms, or would stand.
func (c *Corpus) search(text string) (int, bool) {
	return slices.BinarySearchFunc(c.terms, text, func(t term, s string) int { return strings.Compare(t.text, s) })
}

// about returns the documents that are about a concept.
func (c *Corpus) about(number uint32) []posting {
	if c == nil {
		return nil
	}
	i, ok := slices.BinarySearchFunc(c.concepts, number, func(k concept, n uint32) int { return cmp.Compare(k.number, n) })
	if !ok {
		return nil
	}
	return c.postings[c.concepts[i].first:c.concepts[i].last]
}

// prefixed returns the terms of titles and keywords that begin with prefix, at most limit.
func (c *Corpus) prefixed(prefix string, limit int) []string {
	if c == nil {
		return nil
	}
	i, _ := c.search(prefix)
	var out []string
	for ; i < len(c.terms) && len(out) < limit; i++ {
		t := &c.terms[i]
		if !strings.HasPrefix(t.text, prefix) {
			break
		}
		if t.body > t.head {
			out = append(out, t.text)
		}
	}
	return out
}

// containing returns compounds in titles and keywords that begin or end with
// the stem, at most limit; the rest must be a word, so that "einsam" is not in "gemeinsam".
func (c *Corpus) containing(l *language, stem string, limit int) []string {
	if len(stem) < 4 {
		return nil
	}
	var out []string
	for i := range c.terms {
		t := c.terms[i].text
		if len(t) < len(stem)+3 || c.terms[i].body == c.terms[i].head {
			continue
		}
		rest, ok := strings.CutSuffix(t, stem)
		if !ok {
			rest, ok = strings.CutPrefix(t, stem)
		}
		if !ok {
			continue
		}
		if _, ok := l.partCost(rest, false); ok {
			if out = append(out, t); len(out) == limit {
				break
			}
		}
	}
	return out
}
