package search

import (
	"strconv"
	"strings"
	"sync"
	"time"
)

// season raises documents with a word in their title during part of the year.
type season struct {
	bit      uint64 // in a set of seasons
	stem     string
	easter   bool // from and to are days from Easter Sunday
	from, to int  // otherwise month*100 + day, may run over the end of the year
}

// seasonBonus is added to the score of a document that is in season: enough to
// order near equals, too little to bring up what was not asked for.
const seasonBonus = 0.05

var seasons = sync.OnceValue(func() []season {
	var out []season
	l := german()
	eachLine(wordFiles, "words/seasons.tsv", func(line string) {
		f := strings.Split(line, "\t")
		if len(f) != 3 {
			panic("search: words/seasons.tsv: " + line)
		}
		if len(out) == 64 {
			panic("search: words/seasons.tsv: more than 64 lines")
		}
		s := season{bit: 1 << len(out), stem: l.stem(fold(f[0]))}
		s.from, s.easter = seasonDay(f[1])
		s.to, _ = seasonDay(f[2])
		out = append(out, s)
	})
	return out
})

// seasonDay reads "12-01" (month and day) or "E-42" (days from Easter).
func seasonDay(s string) (day int, easter bool) {
	if rest, ok := strings.CutPrefix(s, "E"); ok {
		n, err := strconv.Atoi(rest)
		if err != nil {
			panic("search: words/seasons.tsv: " + s)
		}
		return n, true
	}
	m, d, _ := strings.Cut(s, "-")
	month, err1 := strconv.Atoi(m)
	dom, err2 := strconv.Atoi(d)
	if err1 != nil || err2 != nil {
		panic("search: words/seasons.tsv: " + s)
	}
	return month*100 + dom, false
}

// seasonsIn returns the seasons of which a folded title speaks.
func seasonsIn(folded string) (set uint64) {
	for _, s := range seasons() {
		if strings.Contains(folded, s.stem) {
			set |= s.bit
		}
	}
	return set
}

// seasonsAt returns the seasons of a day; none of the zero time.
func seasonsAt(now time.Time) (set uint64) {
	if now.IsZero() {
		return 0
	}
	y, m, d := now.Date()
	today := int(m)*100 + d
	fromEaster := int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(easter(y)).Hours() / 24)
	for _, s := range seasons() {
		var in bool
		switch {
		case s.easter:
			in = fromEaster >= s.from && fromEaster <= s.to
		case s.from <= s.to:
			in = today >= s.from && today <= s.to
		default:
			in = today >= s.from || today <= s.to
		}
		if in {
			set |= s.bit
		}
	}
	return set
}

// easter returns Easter Sunday of a year by Gauß' rule as completed by
// H. Lichtenberg (1997), valid for the Gregorian calendar.
func easter(year int) time.Time {
	k := year / 100
	m := 15 + (3*k+3)/4 - (8*k+13)/25
	s := 2 - (3*k+3)/4
	a := year % 19
	d := (19*a + m) % 30
	r := (d + a/11) / 29
	og := 21 + d - r
	sz := 7 - (year+year/4+s)%7
	oe := 7 - (og-sz)%7
	return time.Date(year, time.March, og+oe, 0, 0, 0, 0, time.UTC)
}
