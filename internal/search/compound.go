package search

import "strings"

// partKind ranks the dictionaries from which a word part may come.
type partKind uint8

const (
	partGeneral partKind = 1 + iota // third-party dictionary
	partOwn                         // words/parts.txt
)

// Words longer than this are not split: nobody writes them, and splitting is quadratic.
const maxCompound = 64

// part is one word of a compound.
type part struct {
	text string // folded, as written in the compound, joint included
	stem string
}

func (l *language) loadParts() {
	eachLine(thirdPartyFiles, "thirdparty/decompound/dictionary-de.txt", func(line string) {
		w := fold(line)
		if len(w) < 4 || !letters(w) {
			return
		}
		l.parts[l.stem(w)] = partGeneral
	})
	eachLine(wordFiles, "words/notparts.txt", func(line string) {
		for _, w := range strings.Fields(line) {
			delete(l.parts, fold(w))
			delete(l.parts, l.stem(fold(w)))
		}
	})
	eachLine(wordFiles, "words/parts.txt", func(line string) {
		for _, w := range strings.Fields(line) {
			f := fold(w)
			l.parts[l.stem(f)] = partOwn
			if len(f) > 3 {
				l.parts[f] = partOwn
			}
		}
	})
}

func letters(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return s != ""
}

// split divides a folded compound into its parts, fewest and longest first.
// It returns nil for a simple or unknown word. Joints ("s", "n", "es") stay at
// the end of a part's text and fall with the stem.
func (l *language) split(w string) []part {
	n := len(w)
	if n < 7 || n > maxCompound || !letters(w) {
		return nil
	}
	if l.simple(w) {
		return nil
	}
	type step struct {
		cost float32
		from int16
	}
	const none = float32(1e9)
	var best [maxCompound + 1]step
	for i := 1; i <= n; i++ {
		best[i].cost = none
	}
	for i := 0; i < n; i++ {
		if best[i].cost == none {
			continue
		}
		for j := i + 3; j <= n; j++ {
			if j < n && n-j < 3 {
				continue
			}
			c, ok := l.partCost(w[i:j], j == n)
			if !ok {
				continue
			}
			if c += best[i].cost; c < best[j].cost {
				best[j] = step{c, int16(i)}
			}
		}
	}
	if best[n].cost == none {
		return nil
	}
	var out []part
	for j := n; j > 0; {
		i := int(best[j].from)
		out = append(out, part{text: w[i:j], stem: l.partStem(w[i:j])})
		j = i
	}
	if len(out) < 2 {
		return nil
	}
	for a, b := 0, len(out)-1; a < b; a, b = a+1, b-1 {
		out[a], out[b] = out[b], out[a]
	}
	return out
}

// simple reports whether a word stands in the own list and is thus never split.
func (l *language) simple(w string) bool {
	return l.parts[w] == partOwn || l.parts[l.stem(w)] == partOwn && len(l.stem(w))+3 >= len(w)
}

// partCost returns the cost of a part; unknown parts are not allowed.
func (l *language) partCost(s string, last bool) (float32, bool) {
	kind := l.parts[s]
	stem := s
	if kind == 0 {
		stem = l.partStem(s)
		kind = l.parts[stem]
	}
	if kind == 0 || kind == partGeneral && len(s) < 4 {
		return 0, false
	}
	if last && len(s) > 4 && s[len(s)-1] == 's' && stem == s[:len(s)-1] && kind == partGeneral {
		return 0, false // a joint does not end a word
	}
	cost := float32(1)
	if kind == partGeneral {
		cost += 0.35
	}
	switch len(s) {
	case 3:
		cost += 0.7
	case 4:
		cost += 0.3
	case 5:
		cost += 0.1
	}
	return cost, true
}

// partStem is the stem of a part, with its joint taken off.
func (l *language) partStem(s string) string {
	stem := l.stem(s)
	if l.parts[stem] != 0 {
		return stem
	}
	if t, ok := strings.CutSuffix(s, "s"); ok && len(t) >= 3 {
		if st := l.stem(t); l.parts[st] != 0 {
			return st
		}
	}
	if st := l.stem(s + "e"); l.parts[st] != 0 {
		return st
	}
	return stem
}
