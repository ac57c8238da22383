// Command crash kills the program while people apply, and looks whether
// anything that was acknowledged is lost.
//
// It starts the very program on the demonstration's world in a child, where
// many clients fill in a real form with a real file and submit it through the
// verbs; the child says what was acknowledged, the parent kills it with -9
// after 5 to 60 ms of work, opens the world again and compares: case, number,
// answers, file, jobs, audit chain; no half case; every saved step of a draft.
// Forms that were filled in and not acknowledged are sent again by the next
// child, under the same key. At the end two days pass: every application has
// its receipt and was handed over exactly once.
//
//	go run ./test/crash -cycles 5000
//	go run ./test/crash -early        # the planted mistake: must be found
//
// kill -9 does not prove that data survive a power cut: the page cache lives on.
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

func main() {
	if os.Getenv(childVariable) != "" {
		childMain()
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1)
	}
}

// childMain is the child's whole life.
func childMain() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "crash: child:", err)
		os.Exit(1)
	}
	runChild(string(text))
}

func run() error {
	c := Config{}
	flag.IntVar(&c.Cycles, "cycles", 300, "how often to kill")
	flag.IntVar(&c.Clients, "clients", 4, "clients that fill in; as many send")
	flag.IntVar(&c.Stretch, "stretch", 1, "multiplies the 5 to 60 ms of work")
	flag.Uint64Var(&c.Seed, "seed", 1, "of the moments")
	flag.BoolVar(&c.Early, "early", false, "plant the mistake: acknowledge before the commit (must be found)")
	flag.StringVar(&c.Place.Database, "database", "", "postgres://… (empty and migrated or new); default: SQLite in the folder")
	flag.StringVar(&c.Place.Dir, "dir", "", "folder of the world, kept; default: a temporary one")
	out := flag.String("out", "artifacts/crash.json", "file for the result")
	flag.Parse()
	ctx := context.Background()
	if c.Place.Dir == "" {
		dir, err := os.MkdirTemp("", "stadttor-crash-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.Place.Dir = dir
	}
	if err := town.Prepare(ctx, c.Place); err != nil {
		return err
	}
	c.Progress = func(r Result) {
		if r.Cycles%100 == 0 {
			fmt.Fprintf(os.Stderr, "%d cycles, %d acknowledged, %d found\n", r.Cycles, r.Acks, r.Count)
		}
	}
	c.Stop = c.Early
	r, err := Run(ctx, c)
	if err == nil && !c.Early {
		err = heal(ctx, c.Place, &r)
	}
	if err != nil {
		return err
	}
	fmt.Println(r)
	if err := write(*out, c, r); err != nil {
		return err
	}
	if c.Early {
		if r.Count == 0 {
			return fmt.Errorf("the planted mistake was not found in %d cycles", r.Cycles)
		}
		return nil
	}
	if r.Count > 0 {
		return fmt.Errorf("%d findings", r.Count)
	}
	return nil
}

// String is the result in a few lines.
func (r Result) String() string {
	s := fmt.Sprintf("%d kills in %.0f s: %d submissions and %d steps of drafts acknowledged, %d sent again, %d receipts and parcels after healing, %d findings",
		r.Cycles, r.Took.Seconds(), r.Acks, r.Saved, r.Again, r.Receipts, r.Count)
	if len(r.Found) > 0 {
		s += "\n  " + strings.Join(r.Found, "\n  ")
	}
	return s
}

// write leaves the result for whoever gathers them.
func write(name string, c Config, r Result) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	commit, _ := exec.Command("git", "rev-parse", "HEAD").Output() // outside of a clone it stays empty
	b, err := json.MarshalIndent(map[string]any{
		"commit": strings.TrimSpace(string(commit)), "seed": c.Seed, "cycles": r.Cycles, "acknowledged": r.Acks, "steps": r.Saved, "again": r.Again,
		"found": r.Count, "findings": r.Found, "seconds": r.Took.Seconds(), "early": c.Early, "goal": "0 lost in 300 cycles",
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(b, '\n'), 0o644)
}
