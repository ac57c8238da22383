package relevance

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"stadttor/internal/search"
)

var (
	noon  = time.Date(2026, 12, 1, 11, 0, 0, 0, time.UTC)
	here  = layerKey{"r", "t"}
	there = layerKey{"r", "u"}
	dog   = search.Key{Kind: search.KindService, ID: "hund"}
)

func from(n int) netip.Prefix { return netip.MustParsePrefix(fmt.Sprintf("203.0.113.%d/32", n)) }

// said gives what was counted of a question in a layer.
func said(all map[layerKey]*tally, at layerKey, words string) counts {
	if t := all[at]; t != nil {
		if n := t.questions[words]; n != nil {
			return *n
		}
	}
	return counts{}
}

func TestVisitsAreCounted(t *testing.T) {
	later := noon.Add(quietVisit + 10*time.Minute)
	for _, c := range []struct {
		rule string
		do   func(b *book)
		want counts // of "hund" here
	}{
		{"asked and chosen", func(b *book) { b.asked(here, from(1), "hund", 3, noon); b.chose(here, from(1), "hund", dog, noon) }, counts{asked: 1}},
		{"asked in vain", func(b *book) { b.asked(here, from(1), "hund", 0, noon) }, counts{asked: 1, unanswered: 1}},
		{"asked and given up", func(b *book) { b.asked(here, from(1), "hund", 3, noon) }, counts{asked: 1, unclicked: 1}},
		{"asked with other words that found", func(b *book) {
			b.asked(here, from(1), "hund", 3, noon)
			b.asked(here, from(1), "hundesteuer", 3, noon.Add(time.Minute))
			b.chose(here, from(1), "hundesteuer", dog, noon.Add(2*time.Minute))
		}, counts{asked: 1}},
		{"asked with other words, and given up both", func(b *book) {
			b.asked(here, from(1), "hund", 3, noon)
			b.asked(here, from(1), "hundesteuer", 3, noon.Add(time.Minute))
		}, counts{asked: 1, unclicked: 1}},
		{"a page that was not chosen from the list ends the search, too", func(b *book) { b.asked(here, from(1), "hund", 3, noon); b.chose(here, from(1), "", dog, noon) }, counts{asked: 1}},
		{"the same visit asks twice", func(b *book) { b.asked(here, from(1), "hund", 0, noon); b.asked(here, from(1), "hund", 0, noon) }, counts{asked: 1, unanswered: 1}},
		{"three visits", func(b *book) {
			for n := range 3 {
				b.asked(here, from(n), "hund", 0, noon)
			}
		}, counts{asked: 3, unanswered: 3}},
		{"asked at another node, chosen here", func(b *book) { b.chose(here, from(1), "hund", dog, noon) }, counts{unclicked: -1}},
		{"chosen twice after asking is found once", func(b *book) {
			b.asked(here, from(1), "hund", 3, noon)
			b.chose(here, from(1), "hund", dog, noon)
			b.chose(here, from(1), "hund", search.Key{Kind: search.KindService, ID: "2"}, noon)
		}, counts{asked: 1}},
		{"chosen after a long thought is set off", func(b *book) {
			b.asked(here, from(1), "hund", 3, noon.Add(-time.Hour))
			b.settle(noon)
			b.chose(here, from(1), "hund", dog, noon)
		}, counts{asked: 1}},
		{"another visit's choice does not help", func(b *book) { b.asked(here, from(1), "hund", 3, noon); b.chose(here, from(2), "", dog, noon) }, counts{asked: 1, unclicked: 1}},
		{"asked at another portal", func(b *book) { b.asked(there, from(1), "hund", 0, noon) }, counts{}},
		{"a thumb up is a find", func(b *book) {
			b.asked(here, from(1), "hund", 3, noon)
			b.judged(here, from(1), "hund", dog, true, noon)
		}, counts{asked: 1}},
	} {
		var b book
		c.do(&b)
		if got := said(b.take(later), here, "hund"); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.rule, got, c.want)
		}
	}
}

func TestAnswersAreTakenOnce(t *testing.T) {
	var b book
	b.asked(here, from(1), "hund", 0, noon)
	if got := b.take(noon); said(got, here, "hund").asked != 1 {
		t.Fatal(got)
	}
	b.asked(here, from(1), "hund", 0, noon)
	if got := b.take(noon); len(got) != 0 {
		t.Errorf("again: %v", got)
	}
}

func TestTheNextDayKnowsNobody(t *testing.T) {
	var b book
	b.asked(here, from(1), "hund", 3, noon)
	salt, tomorrow := b.salt, noon.Add(24*time.Hour)
	b.asked(here, from(1), "hund", 0, tomorrow)
	if b.salt == salt || len(b.marks) != 1 || len(b.visits) != 1 {
		t.Errorf("%d marks, %d visits of yesterday", len(b.marks), len(b.visits))
	}
	if got := said(b.take(tomorrow), here, "hund"); got != (counts{asked: 2, unanswered: 1, unclicked: 1}) {
		t.Errorf("%+v", got)
	}
}

// A search just before midnight can no longer be tied to its choice.
func TestWhatMidnightCutsIsNotHeldAgainstTheSearch(t *testing.T) {
	var b book
	b.asked(here, from(1), "hund", 3, time.Date(2026, 12, 1, 22, 50, 0, 0, time.UTC))
	if got := said(b.take(time.Date(2026, 12, 1, 23, 5, 0, 0, time.UTC)), here, "hund"); got.unclicked != 0 {
		t.Errorf("%+v", got)
	}
}

func TestChoicesAndThumbsCountOnceForEachVisit(t *testing.T) {
	var b book
	for range 3 {
		b.chose(here, from(1), "hund", dog, noon)
		b.judged(here, from(1), "hund", dog, false, noon)
		b.judged(here, from(1), "hund", search.Key{}, false, noon)
	}
	b.chose(here, from(2), "hund", dog, noon)
	b.chose(here, from(3), "", dog, noon) // not from a list
	b.judged(here, from(2), "hund", dog, true, noon)
	got := b.take(noon)[here]
	if got.clicks[dog] != 2 || *got.votes[ballot{"hund", dog}] != (opinion{1, 1}) || *got.votes[ballot{"hund", search.Key{}}] != (opinion{0, 1}) {
		t.Errorf("%+v", got)
	}
}

func TestOneVisitCannotFillTheBook(t *testing.T) {
	var b book
	for n := range 10_000 {
		b.asked(here, from(1), fmt.Sprint("wort ", n), 0, noon)
	}
	if got := b.take(noon)[here]; len(got.questions) != questionsOfVisit {
		t.Errorf("%d questions of one visit", len(got.questions))
	}
	for n := range maxTallied + 1000 {
		b.asked(here, netip.MustParsePrefix(fmt.Sprintf("2001:db8:%x:%x::/64", n/40/65536, n/40%65536)), fmt.Sprint("wort ", n), 0, noon)
	}
	if got := b.take(noon)[here]; len(got.questions) != maxTallied {
		t.Errorf("%d questions", len(got.questions))
	}
}
