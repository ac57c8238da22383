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
	sig     []signature
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
	s.sig = make([]signature, len(s.words))
	for i, w := range s.words {
		for len(s.byStart) <= len(w.fold) {
			s.byStart = append(s.byStart, int32(i))
		}
		s.sig[i] = sign(w.fold)
		if code := cologne(w.fold); len(code) > 1 {
			s.sounds = append(s.sounds, sound{code, int32(i)})
		}
	}
	slices.SortStableFunc(s.sounds, func(a, b sound) int { return strings.Compare(a.code, b.code) })
	s.sounds = slices.Clip(s.sounds)
	return s
}

// signature has one bit for each letter of a word, and 32 bits higher one for
// each that it has twice.
type signature uint64

const once = 1<<32 - 1

func sign(w string) signature {
	var s signature
	for i := 0; i < len(w); i++ {
		bit := signature(1) << 26
		if c := w[i]; c >= 'a' && c <= 'z' {
			bit = 1 << (c - 'a')
		}
		s |= bit | (s&bit)<<32
	}
	return s
}

// within reports whether words of these signatures may lie within limit errors.
// An error brings in at most one letter and takes out at most one; it costs at
// least cheapOther, or cheapDouble if the letter stood there already.
func (s signature) within(o signature, limit int) bool { return s.lacks(o, limit) && o.lacks(s, limit) }

func (s signature) lacks(o signature, limit int) bool {
	more := uint64(o &^ s)
	other, double := bits.OnesCount64(more&once), bits.OnesCount64(more&^once)
	return float32(other)*cheapOther+float32(double)*cheapDouble <= float32(limit)+slack
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
	sig := sign(w)
	from, to := s.span(len(w)-limit, len(w)+limit)
	for i := from; i < to; i++ {
		if !sig.within(s.sig[i], limit) {
			continue
		}
		d, ok := distance(w, s.words[i].fold, limit)
		if !ok {
			continue
		}
		c := s.words[i]
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

// Costs of errors.
const (
	cheapOther  = 0.8  // the least of an error that brings in another letter
	cheapDouble = 0.6  // of a letter doubled, or a double one left out
	slack       = 0.01 // for sums of them
)

// distance is the edit distance with transpositions (optimal string alignment)
// between two folded words, up to limit errors. Errors of the hand weigh less:
// a neighbour on the keyboard, a doubled letter.
func distance(a, b string, limit int) (float32, bool) {
	if len(a) > maxDistanceLen || len(b) > maxDistanceLen || a == "" || b == "" {
		return 0, false
	}
	// Letters that stand farther apart in the two words cost more than the bound.
	bound := float32(limit) + slack
	apart := int(bound / cheapDouble)
	if len(a)-len(b) > apart || len(b)-len(a) > apart {
		return 0, false
	}
	const far = float32(1e9)
	var rows [3][maxDistanceLen + 1]float32
	prev2, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := 0; j <= len(b); j++ {
		prev[j] = float32(j)
	}
	for i := 1; i <= len(a); i++ {
		from, to := max(1, i-apart), min(len(b), i+apart)
		cur[from-1] = far
		if from == 1 {
			cur[0] = float32(i)
		}
		if to == i+apart {
			prev[to] = far
		}
		low := cur[from-1]
		for j := from; j <= to; j++ {
			v := prev[j-1]
			if a[i-1] != b[j-1] {
				v += swapCost(a[i-1], b[j-1])
			}
			drop := float32(1)
			if i > 1 && a[i-1] == a[i-2] {
				drop = cheapDouble
			}
			if x := prev[j] + drop; x < v {
				v = x
			}
			add := float32(1)
			if j > 1 && b[j-1] == b[j-2] {
				add = cheapDouble
			}
			if x := cur[j-1] + add; x < v {
				v = x
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				if x := prev2[j-2] + cheapOther; x < v {
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
		return cheapOther
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
