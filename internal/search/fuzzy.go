package search

import (
	"math/bits"
	"slices"
	"sort"
	"strings"
)

// spellings is a list of words with their stems, made for finding the nearest
// to a misspelt one by a linear scan: a signature of the letters drops nearly
// all words before the edit distance is computed.
type spellings struct {
	words   []spelling
	sig     []uint32
	byStart []int32 // index of the first word of each length; words are sorted by length
	sounds  []sound // by their code
}

// sound is the Kölner Phonetik code of a word.
type sound struct {
	code string
	word int32
}

type spelling struct {
	fold, stem, text string
	far              uint8 // 0 stands in a title, 1 in the vocabulary, 2 in a word list
}

type spellingsBuilder struct{ seen map[string]spelling }

func newSpellings() *spellingsBuilder {
	return &spellingsBuilder{seen: make(map[string]spelling)}
}

func (b *spellingsBuilder) add(folded, stem, text string, far uint8) {
	if old, ok := b.seen[folded]; ok && old.far <= far {
		return
	}
	b.seen[folded] = spelling{folded, stem, text, far}
}

func (b *spellingsBuilder) build() *spellings {
	s := &spellings{words: make([]spelling, 0, len(b.seen))}
	for _, w := range b.seen {
		s.words = append(s.words, w)
	}
	sort.Slice(s.words, func(i, j int) bool {
		a, b := s.words[i], s.words[j]
		if len(a.fold) != len(b.fold) {
			return len(a.fold) < len(b.fold)
		}
		return a.fold < b.fold
	})
	s.sig = make([]uint32, len(s.words))
	for i, w := range s.words {
		for len(s.byStart) <= len(w.fold) {
			s.byStart = append(s.byStart, int32(i))
		}
		s.sig[i] = signature(w.fold)
		if code := cologne(w.fold); len(code) > 1 {
			s.sounds = append(s.sounds, sound{code, int32(i)})
		}
	}
	slices.SortStableFunc(s.sounds, func(a, b sound) int { return strings.Compare(a.code, b.code) })
	s.sounds = slices.Clip(s.sounds)
	return s
}

// signature has one bit for each letter of the word.
func signature(w string) uint32 {
	var s uint32
	for i := 0; i < len(w); i++ {
		if c := w[i]; c >= 'a' && c <= 'z' {
			s |= 1 << (c - 'a')
		} else {
			s |= 1 << 26
		}
	}
	return s
}

// near is a word of a list with its distance from the one asked for.
type near struct {
	spelling
	cost float32
}

// tolerance is the number of errors accepted in a word of n letters.
func tolerance(n int) int {
	switch {
	case n < 4:
		return 0
	case n < 7:
		return 1
	case n < 13:
		return 2
	}
	return 3
}

// nearest appends the words within limit errors of w to out.
func (s *spellings) nearest(w string, limit int, out []near) []near {
	if s == nil || limit == 0 || len(s.words) == 0 {
		return out
	}
	sig := signature(w)
	from, to := s.span(len(w)-limit, len(w)+limit)
	for i := from; i < to; i++ {
		if bits.OnesCount32(s.sig[i]^sig) > 2*limit {
			continue
		}
		c := s.words[i]
		d, ok := distance(w, c.fold, limit)
		if !ok {
			continue
		}
		d += 0.12 * float32(c.far)
		if c.fold[0] != w[0] {
			d += 0.5
		}
		out = append(out, near{c, d})
	}
	return out
}

func (s *spellings) span(short, long int) (int, int) {
	short = max(short, 1)
	if short >= len(s.byStart) {
		return 0, 0
	}
	to := len(s.words)
	if long+1 < len(s.byStart) {
		to = int(s.byStart[long+1])
	}
	return int(s.byStart[short]), to
}

// sounding appends the words that sound like w (Kölner Phonetik) to out.
func (s *spellings) sounding(w string, out []near) []near {
	if s == nil {
		return out
	}
	code := cologne(w)
	at, _ := slices.BinarySearchFunc(s.sounds, code, func(x sound, code string) int { return strings.Compare(x.code, code) })
	for ; at < len(s.sounds) && s.sounds[at].code == code; at++ {
		c := s.words[s.sounds[at].word]
		d, ok := distance(w, c.fold, max(2, len(w)/3))
		if !ok {
			continue
		}
		out = append(out, near{c, 1 + d/2 + 0.12*float32(c.far)})
	}
	return out
}

// maxDistanceLen bounds the words compared; longer ones are not corrected.
const maxDistanceLen = 48

// distance is the edit distance with transpositions (optimal string alignment)
// between two folded words, up to limit errors. Errors of the hand weigh less:
// a neighbour on the keyboard, a doubled letter.
func distance(a, b string, limit int) (float32, bool) {
	if len(a) > maxDistanceLen || len(b) > maxDistanceLen || a == "" || b == "" {
		return 0, false
	}
	var rows [3][maxDistanceLen + 1]float32
	prev2, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := 0; j <= len(b); j++ {
		prev[j] = float32(j)
	}
	bound := float32(limit) + 0.01
	for i := 1; i <= len(a); i++ {
		cur[0] = float32(i)
		low := cur[0]
		for j := 1; j <= len(b); j++ {
			v := prev[j-1]
			if a[i-1] != b[j-1] {
				v += swapCost(a[i-1], b[j-1])
			}
			drop := float32(1)
			if i > 1 && a[i-1] == a[i-2] {
				drop = 0.6
			}
			if x := prev[j] + drop; x < v {
				v = x
			}
			add := float32(1)
			if j > 1 && b[j-1] == b[j-2] {
				add = 0.6
			}
			if x := cur[j-1] + add; x < v {
				v = x
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				if x := prev2[j-2] + 0.8; x < v {
					v = x
				}
			}
			cur[j] = v
			low = min(low, v)
		}
		if low > bound {
			return 0, false
		}
		prev2, prev, cur = prev, cur, prev2
	}
	d := prev[len(b)]
	return d, d <= bound
}

// swapCost is the cost of writing one letter for another.
func swapCost(a, b byte) float32 {
	if a >= 'a' && a <= 'z' && b >= 'a' && b <= 'z' && keyboard[a-'a']&(1<<(b-'a')) != 0 {
		return 0.8
	}
	return 1
}

// keyboard holds the neighbours of each letter on a German keyboard, and pairs
// that are often mistaken by ear (d-t, b-p, g-k, v-f, c-k, s-z, i-y).
var keyboard = func() (k [26]uint32) {
	rows := [...]string{"qwertzuiop", "asdfghjkl", "yxcvbnm"}
	link := func(a, b byte) {
		k[a-'a'] |= 1 << (b - 'a')
		k[b-'a'] |= 1 << (a - 'a')
	}
	for r, row := range rows {
		for i := range row {
			if i > 0 {
				link(row[i], row[i-1])
			}
			if r > 0 {
				above := rows[r-1]
				for _, j := range [...]int{i, i + 1} {
					if j < len(above) {
						link(row[i], above[j])
					}
				}
			}
		}
	}
	for _, p := range [...]string{"dt", "bp", "gk", "vf", "ck", "sz", "iy", "vw", "ea", "td"} {
		link(p[0], p[1])
	}
	return k
}()
