package search

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"sort"
	"strings"
)

// Pair is a query with the titles that answer it, for measuring quality.
type Pair struct {
	Query string
	Want  []string // a hit is right if its title contains one of these, spelling made equal
	Group string   // free word by which the report is split
}

// Report tells how well a view answers a set of pairs. All figures are 0 to 1.
type Report struct {
	Figures
	Groups map[string]Figures
	Misses []Miss // pairs without a right hit on the first page, then those found late; worst first
	Ranks  []int  // of the first right hit of each pair, in their order; 0 if not among ten
}

// Figures of a set of pairs.
type Figures struct {
	Pairs    int
	Success1 float64 // a right hit stands first
	Success5 float64 // a right hit stands among the first five
	MRR      float64 // mean of 1/rank of the first right hit among ten
	NDCG     float64 // of the first ten hits, right or wrong
}

// Miss is a pair that was not answered by the first hit.
type Miss struct {
	Pair
	Rank int      // of the first right hit, 0 if not among ten
	Got  []string // titles of the first three hits
}

const judged = 10 // hits that are looked at

// Evaluate asks all pairs and sums up. It changes nothing.
func Evaluate(v *View, pairs []Pair) Report {
	r := Report{Groups: make(map[string]Figures)}
	for _, p := range pairs {
		want := make([]string, 0, len(p.Want))
		for _, w := range p.Want {
			if f := foldText(w); f != "" {
				want = append(want, f)
			}
		}
		rank, right := 0, 0
		var gain float64
		var got []string
		for i, h := range v.Search(Query{Text: p.Query, Limit: judged}).Hits {
			title := v.title(Key{h.Kind, h.ID}, h.Own)
			if i < 3 {
				got = append(got, title)
			}
			if !answers(foldText(title), want) {
				continue
			}
			right++
			gain += 1 / math.Log2(float64(i)+2)
			if rank == 0 {
				rank = i + 1
			}
		}
		var ideal float64
		for i := range max(right, 1) {
			ideal += 1 / math.Log2(float64(i)+2)
		}
		g := r.Groups[p.Group]
		r.Figures.count(rank, gain/ideal)
		g.count(rank, gain/ideal)
		r.Groups[p.Group] = g
		r.Ranks = append(r.Ranks, rank)
		if rank != 1 {
			r.Misses = append(r.Misses, Miss{p, rank, got})
		}
	}
	r.Figures.mean()
	for name, g := range r.Groups {
		g.mean()
		r.Groups[name] = g
	}
	sort.SliceStable(r.Misses, func(i, j int) bool { return r.Misses[i].late() > r.Misses[j].late() })
	return r
}

func answers(title string, want []string) bool {
	for _, w := range want {
		if strings.Contains(title, w) {
			return true
		}
	}
	return false
}

func (m *Miss) late() int {
	if m.Rank == 0 {
		return judged + 1
	}
	return m.Rank
}

func (f *Figures) count(rank int, ndcg float64) {
	f.Pairs++
	f.NDCG += ndcg
	if rank == 0 {
		return
	}
	f.MRR += 1 / float64(rank)
	if rank == 1 {
		f.Success1++
	}
	if rank <= 5 {
		f.Success5++
	}
}

func (f *Figures) mean() {
	if f.Pairs == 0 {
		return
	}
	n := float64(f.Pairs)
	f.Success1 /= n
	f.Success5 /= n
	f.MRR /= n
	f.NDCG /= n
}

// ParsePairs reads pairs, one a line: query, tab, accepted titles separated by
// bars, and optionally another tab and a group. Lines beginning with # are
// comments. It returns an error with the number of the first line it cannot read.
func ParsePairs(r io.Reader) ([]Pair, error) {
	var out []Pair
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimRight(s.Text(), "\r")
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) < 2 || strings.TrimSpace(f[0]) == "" {
			return nil, fmt.Errorf("line %d: want query, tab, titles", n)
		}
		p := Pair{Query: strings.TrimSpace(f[0]), Want: list(f[1], "|"), Group: "alle"}
		if len(f) > 2 && strings.TrimSpace(f[2]) != "" {
			p.Group = strings.TrimSpace(f[2])
		}
		if len(p.Want) == 0 {
			return nil, fmt.Errorf("line %d: no title", n)
		}
		out = append(out, p)
	}
	return out, s.Err()
}

// String prints the report as text for a terminal, a bar for each group.
func (r Report) String() string {
	var b strings.Builder
	line := func(name string, f Figures) {
		bar := strings.Repeat("█", int(f.Success5*20+0.5))
		fmt.Fprintf(&b, "%-14s %5d  s@1 %.3f  s@5 %.3f  MRR %.3f  nDCG %.3f  %s\n", name, f.Pairs, f.Success1, f.Success5, f.MRR, f.NDCG, bar)
	}
	line("gesamt", r.Figures)
	names := make([]string, 0, len(r.Groups))
	for n := range r.Groups {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		line(n, r.Groups[n])
	}
	return b.String()
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
