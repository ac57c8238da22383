package gv100

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"stadttor/internal/standards/ars"
)

// maxQuery bounds what of a query is read, in bytes; MaxFound what is found.
const (
	maxQuery = 120
	MaxFound = 50
)

// Find lists the municipalities that a text may mean, the largest first, at
// most limit (0 means MaxFound): a postal code, an AGS, an ARS of any length, a
// name or its beginning, a Kreis (its municipalities), a postal code and a
// name. Only if nothing has the name as it is written, misspelt ones are
// looked for; exact tells the one from the other.
func Find(q string, limit int) (found []Place, exact bool) {
	if limit <= 0 || limit > MaxFound {
		limit = MaxFound
	}
	if len(q) > maxQuery {
		q = q[:maxQuery]
	}
	digits, words := split(q)
	switch {
	case digits == "" && words == "":
		return nil, false
	case words == "":
		found, exact = byNumber(digits), true
	default:
		found, exact = register().byName(words)
		if len(digits) == 5 {
			found, exact = there(digits, found, exact)
		}
	}
	return found[:min(len(found), limit)], exact
}

// there keeps of the places those with a postal code. A code that contradicts
// the name wins: it is typed with more care.
func there(code string, named []Place, exact bool) ([]Place, bool) {
	at := ByPLZ(code)
	if len(at) == 0 {
		return named, exact
	}
	both := slices.DeleteFunc(slices.Clone(at), func(p Place) bool {
		return !slices.ContainsFunc(named, func(n Place) bool { return n.ARS == p.ARS })
	})
	if len(both) > 0 {
		return both, exact
	}
	return at, true
}

// split takes the digits and the folded words out of a query.
func split(q string) (digits, words string) {
	var d strings.Builder
	rest := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			d.WriteRune(r)
			return ' '
		}
		return r
	}, q)
	words = fold(rest)
	if words == "d" { // as in "D-52062"
		words = ""
	}
	return d.String(), words
}

func byNumber(n string) []Place {
	t := register()
	switch len(n) {
	case 5:
		if at := ByPLZ(n); len(at) > 0 {
			return at
		}
	case 8:
		if p, ok := ByAGS(n); ok {
			return []Place{p}
		}
		return nil
	case 12:
		if p, ok := At(ars.Key(n)); ok {
			return []Place{p}
		}
		return nil
	case 9:
	default:
		return nil
	}
	return t.within(ars.Key(n))
}

// within lists the places people live in whose key begins with another.
func (t *table) within(k ars.Key) []Place {
	var out []Place
	for _, p := range t.places {
		if strings.HasPrefix(string(p.ARS), string(k)) && p.Kind != Unbewohnt {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, bigger)
	return out
}

// How well a name fits: the name, with or without its addition ("Frankfurt" for
// "Frankfurt am Main"), a beginning, words of it.
const (
	fitWhole = iota
	fitBegins
	fitHolds
	fitNot
)

func (t *table) byName(q string) ([]Place, bool) {
	if at := t.ofKreis(q); len(at) > 0 {
		return at, true
	}
	best, within := fitNot, " "+q
	var out []Place
	for i := range t.names {
		f := fit(t.names[i].folded, q, within)
		if f < best {
			best, out = f, out[:0]
		}
		if f == best && f != fitNot {
			out = append(out, t.places[t.names[i].place])
		}
	}
	if best == fitNot {
		return t.misspelt(q), false
	}
	slices.SortFunc(out, bigger)
	return out, true
}

// ofKreis lists the municipalities of a Kreis that is called one in the query;
// "Göppingen" alone is the town.
func (t *table) ofKreis(q string) []Place {
	bare, called := withoutKreis(q)
	for _, n := range t.kreise {
		name, _ := withoutKreis(n.folded)
		if called && name == bare || strings.Contains(q, "kreis") && n.folded == q {
			return t.within(ars.Key(fmt.Sprintf("%05d", n.place)))
		}
	}
	return nil
}

func withoutKreis(s string) (string, bool) {
	for _, p := range [...]string{"landkreis ", "kreis "} {
		if rest, ok := strings.CutPrefix(s, p); ok {
			return rest, true
		}
	}
	return s, false
}

// fit compares a folded name with a folded query; within is the query after a blank.
func fit(name, q, within string) int {
	switch rest, ok := strings.CutPrefix(name, q); {
	case ok && (rest == "" || rest[0] == ' '):
		return fitWhole
	case ok && len(q) >= 3:
		return fitBegins
	}
	if strings.IndexByte(q, ' ') < 0 {
		if len(q) >= 4 && strings.Contains(name, within) {
			return fitHolds // "Homburg" in "Bad Homburg v.d.Höhe"
		}
		return fitNot
	}
	// Each word of the query begins a word of the name: "Frankfurt a. M.".
	left := name
	for w := range strings.FieldsSeq(q) {
		i := -1
		switch {
		case strings.HasPrefix(left, w):
			i = 0
		default:
			if i = strings.Index(left, " "+w); i >= 0 {
				i++
			}
		}
		if i < 0 {
			return fitNot
		}
		left = left[i+len(w):]
	}
	return fitHolds
}

// misspelt lists the places whose name is nearest to what was typed.
func (t *table) misspelt(q string) []Place {
	limit := tolerance(len(q))
	if limit == 0 {
		return nil
	}
	type hit struct {
		cost  int
		place int32
	}
	var hits []hit
	sig := signature(q)
	for i := range t.names {
		n := &t.names[i]
		text, s := n.folded, n.sig
		if len(text) > len(q)+limit {
			// An addition may be missing: "Frankfrut" for "Frankfurt am Main".
			head, _, cut := strings.Cut(text, " ")
			if !cut {
				continue
			}
			text, s = head, signature(head)
		}
		if len(text) > len(q)+limit || len(text)+limit < len(q) || bits.OnesCount32(s^sig) > 2*limit {
			continue
		}
		if d := distance(text, q, limit); d <= limit {
			if text[0] != q[0] {
				d++
			}
			hits = append(hits, hit{d, n.place})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), bigger(t.places[a.place], t.places[b.place]))
	})
	var out []Place
	for _, h := range hits {
		if h.cost > hits[0].cost || len(out) == MaxFound {
			break
		}
		out = append(out, t.places[h.place])
	}
	return out
}

// Match reports whether a text may mean a name, and how many errors it then
// holds: 0 for the name, its beginning or words of it, however spelt.
func Match(name, text string) (errors int, ok bool) {
	if len(text) > maxQuery {
		return 0, false
	}
	n, q := fold(name), fold(text)
	if n == "" || q == "" {
		return 0, false
	}
	if fit(n, q, " "+q) != fitNot {
		return 0, true
	}
	limit := tolerance(len(q))
	d := distance(n, q, limit)
	return d, d <= limit
}

// tolerance is the number of errors forgiven in n bytes.
func tolerance(n int) int {
	switch {
	case n < 4:
		return 0
	case n < 7:
		return 1
	case n < 14:
		return 2
	}
	return 3
}

// small are words that people write, shorten or leave out between the parts of a name.
var small = map[string]bool{
	"a": true, "am": true, "an": true, "auf": true, "b": true, "bei": true, "d": true, "dem": true, "den": true, "der": true, "die": true,
	"i": true, "im": true, "in": true, "ob": true, "o": true, "u": true, "und": true, "unter": true, "v": true, "vor": true, "vom": true, "zu": true, "zum": true,
}

// fold makes spellings equal: lower case, ä and ae to a, ß to ss, all signs to
// single blanks, without small words unless there is nothing else.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFD.String(strings.ToLower(strings.ToValidUTF8(s, " "))) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'ß':
			b.WriteString("ss")
		case unicode.IsLetter(r) || r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	all := strings.Fields(b.String())
	kept := make([]string, 0, len(all))
	for _, w := range all {
		if w == "st" || w == "skt" {
			w = "sankt"
		}
		if w = umlauts(w); !small[w] {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		kept = all
	}
	return strings.Join(kept, " ")
}

// umlauts makes ä and ae equal, and with it "Moers" and "Mörs"; not after a
// vowel or q, so that "Neuenkirchen" stays apart from "Neunkirchen".
func umlauts(w string) string {
	if !strings.Contains(w, "ae") && !strings.Contains(w, "oe") && !strings.Contains(w, "ue") {
		return w
	}
	var b strings.Builder
	for i := range len(w) {
		if w[i] == 'e' && i > 0 && strings.IndexByte("aou", w[i-1]) >= 0 && (i < 2 || strings.IndexByte("aeiouyq", w[i-2]) < 0) {
			continue
		}
		b.WriteByte(w[i])
	}
	return b.String()
}

// signature has one bit for each letter.
func signature(w string) uint32 {
	var s uint32
	for i := 0; i < len(w); i++ {
		if c := w[i]; c >= 'a' && c <= 'z' {
			s |= 1 << (c - 'a')
		} else if c != ' ' {
			s |= 1 << 26
		}
	}
	return s
}

// distance counts errors (a letter too much, missing, wrong, two swapped) up to
// limit; above it any number greater than limit.
func distance(a, b string, limit int) int {
	var rows [3][maxQuery*2 + 1]int
	if len(a) > maxQuery*2 || len(b) > maxQuery*2 {
		return limit + 1
	}
	before, last, now := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		best := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			now[j] = d
			best = min(best, d)
		}
		if best > limit {
			return limit + 1
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}
