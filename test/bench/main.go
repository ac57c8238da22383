// Command bench measures the program against its goals and prints one table.
//
// What depends on the machine is given as a ratio to a bare baseline that runs
// in the same minutes, round by round in turn: a net/http handler that writes
// the same bytes.
// Rates of servers are requests for each second of processor time that the
// server's process used (user and system): whatever else runs on the machine
// slows both down and changes neither. Each figure is the median of the rounds.
//
//	go run ./test/bench                  everything, some ten minutes
//	go run ./test/bench -only pages      groups, separated by commas: see -help
//	go run ./test/bench -rounds 5
//	go run ./test/bench -json            the figures as JSON on standard output
//
// The figures go to artifacts/bench.json as well. A missed goal is a figure, not
// a failure: the exit status is 1 only when something could not be measured.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stadttor/internal/test/town"
)

// childVariable names the part that a child of the benchmark plays.
const childVariable = "STADTTOR_BENCH_CHILD"

// parts are what children do: each reads its order from standard input.
var parts = map[string]func(order []byte) error{
	"load":   loadChild,
	"bare":   bareChild,
	"commit": commitChild,
	"signin": signInChild,
}

func main() {
	if part := os.Getenv(childVariable); part != "" {
		order, err := io.ReadAll(os.Stdin)
		if err == nil {
			err = parts[part](order)
		}
		exit(err)
	}
	exit(run())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// bench is one run.
type bench struct {
	rounds int
	quick  bool
	dir    string // temporary
	binary string
	world  town.Place // prepared, not open
	idle   float64    // MB of the demonstration at rest, once it was measured
	rows   []Row
}

// groups in the order of the table.
var groups = []struct {
	name    string
	seconds int // on two cores with three rounds
	run     func(ctx context.Context, b *bench) error
}{
	{"pages", 100, pages}, {"search", 95, searchPages}, {"form", 65, formSteps}, {"submit", 90, submissions}, {"signin", 45, signIns},
	{"nodes", 60, nodes}, {"memory", 75, memory}, {"start", 8, starts}, {"tenants", 120, tenants}, {"transfer", 25, transfer}, {"index", 55, index},
}

func names() (out []string) {
	for _, g := range groups {
		out = append(out, g.name)
	}
	return out
}

func run() (err error) {
	b := &bench{}
	only := flag.String("only", "", "run these groups only, separated by commas: "+strings.Join(names(), " "))
	out := flag.String("out", "artifacts/bench.json", "file for the figures")
	asJSON := flag.Bool("json", false, "print the figures as JSON instead of the table")
	keep := flag.String("binary", "", "the program to measure; default: build it")
	flag.IntVar(&b.rounds, "rounds", 3, "rounds of each figure")
	flag.BoolVar(&b.quick, "quick", false, "short rounds: to try the benchmark, not the program")
	flag.Parse()
	b.rounds = max(b.rounds, 1)
	var chosen []string
	expected := 20
	for _, g := range groups {
		if *only == "" || strings.Contains(","+*only+",", ","+g.name+",") {
			chosen = append(chosen, g.name)
			expected += b.short(g.seconds) * b.rounds / 3
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("-only %s: there are %s", *only, strings.Join(names(), " "))
	}
	began := time.Now()
	fmt.Fprintf(os.Stderr, "bench: %s; some %s\n", strings.Join(chosen, " "), (time.Duration(expected) * time.Second).Round(10*time.Second))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if b.dir, err = os.MkdirTemp("", "stadttor-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if b.binary = *keep; b.binary == "" {
		b.binary = filepath.Join(b.dir, "stadttor")
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.binary, "./cmd/stadttor")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building the program: %w\n%s", err, text)
		}
	}
	b.world = town.Place{Dir: filepath.Join(b.dir, "welt")}
	if err := b.prepare(ctx); err != nil {
		return fmt.Errorf("preparing the world: %w", err)
	}
	for i, g := range groups {
		if !slices.Contains(chosen, g.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench: %s (%d of %d, after %s, load %s)\n", g.name, slices.Index(chosen, g.name)+1, len(chosen), time.Since(began).Round(time.Second), loadNow())
		if err := groups[i].run(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	m := machine()
	m.Took = time.Since(began).Round(time.Second).String()
	text, err := inJSON(m, b)
	if err != nil {
		return err
	}
	if *asJSON {
		_, err = os.Stdout.Write(text)
	} else {
		print(os.Stdout, m, b)
	}
	return errors.Join(err, os.MkdirAll(filepath.Dir(*out), 0o755), os.WriteFile(*out, text, 0o644))
}

// prepare lets the program itself make its world: the first start.
func (b *bench) prepare(ctx context.Context) error {
	if err := os.MkdirAll(b.world.Dir, 0o700); err != nil {
		return err
	}
	s, err := b.demo(ctx, b.world, anywhere)
	if err != nil {
		return err
	}
	return s.stop()
}

// copy gives a fresh copy of the world.
func (b *bench) copy(name string) (town.Place, error) { return b.copyOf(b.world, name) }

func (b *bench) copyOf(p town.Place, name string) (town.Place, error) {
	q := town.Place{Dir: filepath.Join(b.dir, name)}
	return q, town.Copy(p, q)
}

// short shortens with -quick.
func (b *bench) short(n int) int {
	if b.quick {
		return max(1, n/5)
	}
	return n
}

func inJSON(m Machine, b *bench) ([]byte, error) {
	text, err := json.MarshalIndent(struct {
		Machine Machine
		Rounds  int
		Quick   bool
		Rows    []Row
	}{m, b.rounds, b.quick, b.rows}, "", "  ")
	return append(text, '\n'), err
}
