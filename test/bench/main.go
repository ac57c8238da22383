// Command bench measures the program against its goals and prints one table.
//
// What depends on the machine is given as a ratio to a bare baseline that runs
// in the same minutes, round by round in turn: a net/http handler that writes
// the same bytes.
// Rates of servers are requests for each second of processor time that the
// server's process used (user and system): whatever else runs on the machine
// slows both down and changes neither. Each figure is the median of the rounds.
//
//	go run ./test/bench                  everything, some minutes
//	go run ./test/bench -only pages      one group: pages search form
//	go run ./test/bench -rounds 5
//
// The figures go to artifacts/bench.json as well. The exit status is 1 when a
// goal is missed.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"stadttor/internal/test/town"
)

// childVariable names the part that a child of the benchmark plays.
const childVariable = "STADTTOR_BENCH_CHILD"

// parts are what children do: each reads its order from standard input.
var parts = map[string]func(order []byte) error{
	"load": loadChild,
	"bare": bareChild,
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
	rows   []Row
}

// groups in the order of the table.
var groups = []struct {
	name string
	run  func(ctx context.Context, b *bench) error
}{
	{"pages", pages}, {"search", searchPages}, {"form", formSteps},
}

func run() error {
	b := &bench{}
	only := flag.String("only", "", "run these groups only, separated by commas")
	out := flag.String("out", "artifacts/bench.json", "file for the figures")
	keep := flag.String("binary", "", "the program to measure; default: build it")
	flag.IntVar(&b.rounds, "rounds", 3, "rounds of each figure")
	flag.BoolVar(&b.quick, "quick", false, "short rounds: to try the benchmark, not the program")
	flag.Parse()
	b.rounds = max(b.rounds, 1)
	ctx := context.Background()
	var err error
	if b.dir, err = os.MkdirTemp("", "stadttor-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if b.binary = *keep; b.binary == "" {
		b.binary = filepath.Join(b.dir, "stadttor")
		build := exec.Command("go", "build", "-trimpath", "-o", b.binary, "./cmd/stadttor")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building the program: %w\n%s", err, text)
		}
	}
	b.world = town.Place{Dir: filepath.Join(b.dir, "welt")}
	if err := b.prepare(ctx); err != nil {
		return fmt.Errorf("preparing the world: %w", err)
	}
	for _, g := range groups {
		if *only != "" && !strings.Contains(","+*only+",", ","+g.name+",") {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench: %s …\n", g.name)
		if err := g.run(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	m := machine()
	print(os.Stdout, m, b)
	if err := save(*out, m, b); err != nil {
		return err
	}
	for _, r := range b.rows {
		if r.Verdict() == bad {
			return fmt.Errorf("a goal is missed")
		}
	}
	return nil
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
func (b *bench) copy(name string) (town.Place, error) {
	p := town.Place{Dir: filepath.Join(b.dir, name)}
	return p, town.Copy(b.world, p)
}

// short shortens with -quick.
func (b *bench) short(n int) int {
	if b.quick {
		return max(1, n/5)
	}
	return n
}

func save(name string, m Machine, b *bench) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(struct {
		Machine Machine
		Rounds  int
		Quick   bool
		Rows    []Row
	}{m, b.rounds, b.quick, b.rows}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644)
}
