//go:build linux

package search

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/clock/clocktest"
)

// synthetic returns n documents of German administrative text of some 1,400
// bytes each, made of the words of real catalogues.
func synthetic(t testing.TB, n int) []Doc {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var titles, vocabulary []string
	for _, f := range lines(t, "berlin.tsv") {
		titles = append(titles, f[0])
	}
	for _, f := range lines(t, "ozg.tsv") {
		titles = append(titles, f[0])
	}
	for _, f := range lines(t, "muenchen.tsv") {
		vocabulary = append(vocabulary, strings.Fields(f[2])...)
	}
	docs := make([]Doc, n)
	for i := range docs {
		var body strings.Builder
		for body.Len() < 1400 {
			// Zipf's law makes the texts repeat words as real ones do.
			k := int(float64(len(vocabulary)) * rng.Float64() * rng.Float64())
			body.WriteString(vocabulary[k])
			body.WriteByte(' ')
		}
		docs[i] = Doc{
			Kind: KindService, ID: fmt.Sprint(i), Title: titles[i%len(titles)] + " " + titles[rng.IntN(len(titles))],
			Lead: titles[rng.IntN(len(titles))], Body: body.String(), Popularity: float64(rng.IntN(1000)),
		}
	}
	return docs
}

func benchQueries(t testing.TB) []string {
	var out []string
	for _, f := range lines(t, "pairs.tsv") {
		out = append(out, f[1])
	}
	return out
}

// each times f again and again and reports percentiles of wall and processor time.
func each(b *testing.B, f func(i int)) {
	var wall, busy []time.Duration
	for i := 0; b.Loop(); i++ {
		t := time.Now()
		busy = append(busy, clocktest.Spent(b, func() { f(i) }))
		wall = append(wall, time.Since(t))
	}
	b.ReportMetric(float64(percentile(wall, 0.5).Microseconds()), "p50-µs")
	b.ReportMetric(float64(percentile(wall, 0.99).Microseconds()), "p99-µs")
	b.ReportMetric(float64(percentile(busy, 0.5).Microseconds()), "p50-cpu-µs")
	b.ReportMetric(float64(percentile(busy, 0.99).Microseconds()), "p99-cpu-µs")
}

func percentile(d []time.Duration, p float64) time.Duration {
	slices.Sort(d)
	return d[int(float64(len(d)-1)*p)]
}

func BenchmarkSearch20000(b *testing.B) {
	v := NewView(Build(synthetic(b, 20000), Options{}), nil, nil)
	queries := benchQueries(b)
	b.ResetTimer()
	// The portal always says what day it is.
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	each(b, func(i int) { v.Search(Query{Text: queries[i%len(queries)], Limit: 10, Now: now}) })
}

func BenchmarkSuggest20000(b *testing.B) {
	v := NewView(Build(synthetic(b, 20000), Options{}), nil, nil)
	queries := benchQueries(b)
	b.ResetTimer()
	each(b, func(i int) {
		q := queries[i%len(queries)]
		v.Suggest(q[:min(len(q), 2+i%6)], 8)
	})
}

func BenchmarkBuild20000(b *testing.B) {
	docs := synthetic(b, 20000)
	BuiltIn()
	var took time.Duration
	n := 0
	for b.Loop() {
		took += clocktest.Spent(b, func() { Build(docs, Options{}) })
		n++
	}
	b.ReportMetric(took.Seconds()/float64(n), "cpu-s/op")
}

// BenchmarkTenants measures the memory of all 10,953 German municipalities that
// inherit 250 services each from one library, every tenth with five own documents.
func BenchmarkTenants(b *testing.B) {
	const tenants = 10953
	docs := synthetic(b, 500)
	rng := rand.New(rand.NewPCG(3, 4))
	BuiltIn()
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		lib := Build(docs, Options{})
		views := make([]*View, tenants)
		for i := range views {
			set := lib.Select(func(Key) bool { return rng.IntN(2) == 0 })
			var own *Corpus
			if i%10 == 0 {
				own = Build(docs[i%400:i%400+5], Options{})
			}
			views[i] = NewView(lib, set, own)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
		var took []time.Duration
		for i, q := range benchQueries(b) {
			t := time.Now()
			views[(i*37)%tenants].Search(Query{Text: q})
			took = append(took, time.Since(t))
		}
		b.ReportMetric(float64(percentile(took, 0.99).Microseconds()), "p99-µs")
		runtime.KeepAlive(views)
	}
}
