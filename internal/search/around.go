package search

import (
	"slices"
	"strings"
)

// Bounds of looking around: meanings of a word, the best first; hits; and how
// well a hit must fit, by itself and beside the best. What fits worse helps
// nobody.
const (
	aroundConcepts = 6
	aroundHits     = 5
	aroundLeast    = 0.15
	aroundPart     = 0.5
)

// around makes another query of one that nothing answers: the other wordings of
// what its words mean. "Maulkorb" is the subject of no service, but people also
// say "Hund Maulkorb" for it, and services for dogs there are. Nil when the
// vocabulary does not know the words either.
func (p *plan) around(src sources) *plan {
	var lists [][]string
	seen := map[uint32]bool{}
	for _, s := range p.unmet {
		for _, m := range s.concepts[:min(len(s.concepts), aroundConcepts)] {
			if !seen[m.concept] {
				seen[m.concept] = true
				lists = append(lists, m.v.wordings(m.concept))
			}
		}
	}
	q := p.filter
	q.Text = ""
	if q.Limit <= 0 || q.Limit > aroundHits {
		q.Limit = aroundHits
	}
	for i := 0; len(q.Text) < MaxQueryRunes; i++ { // in turn: plans cut what is too long
		more := false
		for _, l := range lists {
			if i < len(l) {
				q.Text += l[i] + " "
				more = true
			}
		}
		if !more {
			break
		}
	}
	if strings.TrimSpace(q.Text) == "" {
		return nil
	}
	return makePlan(src, q, false)
}

// closest leaves out what does not lie near enough.
func closest(found []candidate) []candidate {
	least := max(best(found)*aroundPart, aroundLeast)
	return slices.DeleteFunc(found, func(c candidate) bool { return c.score < least })
}

// wordings are those of a concept, official names first. The words of a directed
// entry lead to its names and are nothing to each other: of it only the names.
func (v *Vocabulary) wordings(concept uint32) (out []string) {
	from, _ := slices.BinarySearchFunc(v.phrases, concept, func(p phrase, c uint32) int { return int(p.concept) - int(c) })
	for _, p := range v.phrases[from:] {
		if p.concept != concept || v.phrases[from].ask == 0 && p.ask != 0 {
			break
		}
		if !slices.Contains(out, p.text) { // compounds are there whole and in parts
			out = append(out, p.text)
		}
	}
	return out
}
