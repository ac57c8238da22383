package search

import "sort"

// correct returns the likeliest words for a misspelt one, best first.
func correct(src sources, v *Vocabulary, l *language, w string) []near {
	if len(w) < 4 || len(w) > maxDistanceLen || !letters(w) {
		return nil
	}
	lists := src.spellings(v)
	var found []near
	for _, s := range lists {
		found = s.nearest(w, tolerance(len(w)), found)
	}
	if len(found) == 0 && len(w) >= 8 {
		found = correctCompound(lists, l, w)
	}
	if len(found) == 0 {
		for _, s := range lists {
			found = s.sounding(w, found)
		}
	}
	return likeliest(found)
}

// nearest returns the words of titles and vocabulary within limit errors, best first.
func nearest(src sources, v *Vocabulary, w string, limit int) []near {
	if len(w) < 7 || len(w) > maxDistanceLen || !letters(w) {
		return nil
	}
	var found []near
	for _, s := range src.spellings(v) {
		found = s.nearest(w, limit, found)
	}
	return likeliest(found)
}

func (s sources) spellings(v *Vocabulary) []*spellings {
	lists := make([]*spellings, 0, len(s)+1)
	for _, c := range s {
		if c != nil {
			lists = append(lists, c.forms)
		}
	}
	return append(lists, v.forms)
}

// likeliest keeps the few best of the words found, each stem once.
func likeliest(found []near) []near {
	sort.Slice(found, func(i, j int) bool {
		if found[i].cost != found[j].cost {
			return found[i].cost < found[j].cost
		}
		return found[i].fold < found[j].fold
	})
	out := found[:0]
	seen := make(map[string]bool)
	for _, c := range found {
		if c.cost > found[0].cost+0.45 || len(out) == 4 {
			break
		}
		if !seen[c.stem] {
			seen[c.stem] = true
			out = append(out, c)
		}
	}
	return out
}

// correctCompound looks for a compound with one misspelt part.
func correctCompound(lists []*spellings, l *language, w string) []near {
	var out []near
	for i := 4; i <= len(w)-4; i++ {
		left, right := w[:i], w[i:]
		_, leftOK := l.partCost(left, false)
		_, rightOK := l.partCost(right, true)
		if leftOK == rightOK {
			continue
		}
		bad := left
		if leftOK {
			bad = right
		}
		if len(bad) < 5 {
			continue
		}
		var found []near
		for _, s := range lists {
			found = s.nearest(bad, tolerance(len(bad)), found)
		}
		for _, c := range found {
			if leftOK {
				c.fold, c.text = left+c.fold, left+c.text
			} else {
				c.fold, c.text = c.fold+right, c.text+right
			}
			c.stem = l.stem(c.fold)
			c.cost += 0.3
			out = append(out, c)
		}
	}
	return out
}
