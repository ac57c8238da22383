package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// index runs the search's own benchmarks (internal/search), those of questions
// on one core, and puts their figures beside the goals: percentiles of what a
// caller waits for, with the processor time of the same in the note.
func index(ctx context.Context, b *bench) error {
	binary := filepath.Join(b.dir, "search.test")
	if text, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "./internal/search").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	figures := map[string]map[string][]float64{}
	for _, x := range []struct {
		pattern, time string
		at            place
	}{
		{"^Benchmark(Search|Suggest)20000$", "3s", clientRT}, {"^BenchmarkBuild20000$", "1x", anyRT}, {"^BenchmarkTenants$", "1x", anyRT},
	} {
		cmd := exec.CommandContext(ctx, binary, "-test.run", "^$", "-test.bench", x.pattern, "-test.benchtime", x.time, "-test.count", strconv.Itoa(b.memoryRounds()))
		cmd.Dir = "internal/search"
		cmd.Stderr = os.Stderr
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := startOn(x.at, cmd); err != nil {
			return err
		}
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%w\n%s", err, out.Bytes())
		}
		for _, line := range strings.Split(out.String(), "\n") {
			f := strings.Fields(line)
			if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
				continue
			}
			name := procs.ReplaceAllString(f[0], "")
			if figures[name] == nil {
				figures[name] = map[string][]float64{}
			}
			for i := 2; i+1 < len(f); i += 2 {
				v, err := strconv.ParseFloat(f[i], 64)
				if err != nil {
					return fmt.Errorf("figure %q: %w", line, err)
				}
				figures[name][f[i+1]] = append(figures[name][f[i+1]], v)
			}
		}
	}
	for _, x := range []struct {
		name, from, metric, unit string
		per, most                float64
		also                     string // a second metric for the note
	}{
		{"search in 20,000 documents on a day, p50", "BenchmarkSearch20000", "p50-µs", "ms", 1000, 1, "p50-cpu-µs"},
		{"search in 20,000 documents on a day, p99", "BenchmarkSearch20000", "p99-µs", "ms", 1000, 5, "p99-cpu-µs"},
		{"suggestions from 20,000 documents, p99", "BenchmarkSuggest20000", "p99-µs", "ms", 1000, 2, "p99-cpu-µs"},
		{"index of 20,000 documents built", "BenchmarkBuild20000", "ns/op", "s", 1e9, 5, "cpu-s/op"},
		{"10,953 tenants × 250 inherited: memory", "BenchmarkTenants", "MB", "MB", 1, 1500, ""},
		{"10,953 tenants × 250 inherited: search, p99", "BenchmarkTenants", "p99-µs", "ms", 1000, 10, ""},
	} {
		v := figures[x.from][x.metric]
		if len(v) == 0 {
			return fmt.Errorf("%s does not report %s", x.from, x.metric)
		}
		r := Row{Name: x.name, Unit: x.unit, Most: x.most}
		for _, f := range v {
			r.Rounds = append(r.Rounds, [2]float64{f / x.per, 0})
		}
		if x.also != "" {
			per := x.per
			if x.also == "cpu-s/op" {
				per = 1
			}
			r.Note = fmt.Sprintf("%s %s of processor time", number(median(figures[x.from][x.also])/per), x.unit)
		}
		b.add(r)
	}
	return nil
}

// procs is the number of processors that the testing package appends.
var procs = regexp.MustCompile(`-\d+$`)
