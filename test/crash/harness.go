package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"

	"time"

	"stadttor/internal/ident"
	"stadttor/internal/test/town"
)

// Config of a run.
type Config struct {
	Place   town.Place // prepared, not open
	Cycles  int
	Clients int    // 0 means 4
	Seed    uint64 // the same seed kills at the same moments
	Early   bool   // the planted mistake
	// Stretch multiplies the time of work, for an engine or a machine that does
	// less in it; 0 means 1.
	Stretch int
	// Stop ends the run at the first cycle that found something.
	Stop bool
	// Progress is told after each cycle; may be nil.
	Progress func(r Result)
}

// Result of a run.
type Result struct {
	Cycles   int
	Acks     int      // acknowledged submissions
	Saved    int      // acknowledged steps of drafts
	Again    int      // sent once more under the same key, the answer was lost
	Found    []string // what the oracle found, at most 100; empty means sound
	Count    int      // of everything found
	Took     time.Duration
	Applied  []ack // all that was acknowledged
	Unsent   []town.Application
	Drafts   []saved
	Receipts int // after Heal
}

func (r *Result) add(found []string) {
	r.Count += len(found)
	for _, f := range found {
		if len(r.Found) < 100 {
			r.Found = append(r.Found, fmt.Sprintf("cycle %d: %s", r.Cycles, f))
		}
	}
}

// wholeEvery is how many cycles pass between looks at everything: a chain that
// breaks and a half case stay, so that each look finds what happened since.
const wholeEvery = 25

// Run kills the program again and again while it works, on the same world, and
// compares after each time.
func Run(ctx context.Context, c Config) (r Result, err error) {
	if c.Clients == 0 {
		c.Clients = 4
	}
	c.Stretch = max(c.Stretch, 1)
	start := time.Now()
	defer func() { r.Took = time.Since(start) }()
	rng := rand.New(rand.NewPCG(c.Seed, 0))
	for r.Cycles < c.Cycles {
		r.Cycles++
		o := order{Place: c.Place, Seed: rng.Uint64(), Clients: c.Clients, Drafts: r.Drafts, Waiting: r.Unsent, Early: c.Early}
		work := time.Duration(c.Stretch) * (5*time.Millisecond + time.Duration(rng.Int64N(int64(55*time.Millisecond))))
		var aim time.Duration
		if r.Cycles%2 == 0 { // half of the kills are aimed at a submission
			aim = 1 + time.Duration(rng.Int64N(int64(4*time.Millisecond)))
		}
		got, err := killed(ctx, o, work, aim)
		if err != nil {
			return r, fmt.Errorf("cycle %d: %w", r.Cycles, err)
		}
		r.take(o, got)
		found, err := compare(ctx, c.Place, got, r.Cycles%wholeEvery == 0)
		if err != nil {
			return r, fmt.Errorf("cycle %d: %w", r.Cycles, err)
		}
		r.add(append(got.failed, found...))
		if c.Progress != nil {
			c.Progress(r)
		}
		if c.Stop && r.Count > 0 {
			return r, nil
		}
	}
	found, err := compareAll(ctx, c.Place, r)
	r.add(found)
	return r, err
}

// take keeps what the next cycles have to know.
func (r *Result) take(o order, got said) {
	r.Acks += len(got.acks)
	r.Saved += got.steps
	r.Applied = append(r.Applied, got.acks...)
	done := map[ident.CaseID]bool{}
	for _, k := range got.acks {
		done[k.Case] = true
	}
	var rest []town.Application
	for _, x := range append(o.Waiting[:len(o.Waiting):len(o.Waiting)], got.filled...) {
		if !done[x.Case] {
			rest = append(rest, x)
		}
	}
	r.Again += len(o.Waiting)
	r.Unsent = rest
	for _, x := range got.filled {
		done[x.Case] = true
	}
	r.Drafts = nil
	for _, s := range o.Drafts {
		if _, later := got.last[s.Case]; !later && !done[s.Case] {
			r.Drafts = append(r.Drafts, s)
		}
	}
	for _, s := range got.last {
		if !done[s.Case] {
			r.Drafts = append(r.Drafts, s)
		}
	}
}

// said is what a child said before it was killed.
type said struct {
	acks   []ack
	filled []town.Application
	last   map[ident.CaseID]saved // the last step of each draft
	steps  int
	failed []string
}

// killed starts a child, lets it work and kills it: after work, or with aim > 0
// already so long after the first form is filled in, when it is being sent.
func killed(ctx context.Context, o order, work, aim time.Duration) (said, error) {
	cmd, out, err := start(ctx, o)
	if err != nil {
		return said{}, err
	}
	kill := func() { _ = cmd.Process.Kill() }
	got, err := listen(out, func(x report) {
		switch {
		case x.Ready:
			time.AfterFunc(work, kill) // later kills of a dead child do nothing
		case x.Filled != nil && aim > 0:
			time.AfterFunc(aim, kill)
		}
	})
	kill()
	_ = cmd.Wait() // says that it was killed
	return got, err
}

func start(ctx context.Context, o order, before ...string) (*exec.Cmd, io.Reader, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	args := append(before, self)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	// An order can be longer than one variable may be: it goes in by a pipe.
	cmd.Env = append(os.Environ(), childVariable+"=stdin")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	go func() { _, _ = in.Write(text); _ = in.Close() }()
	return cmd, out, nil
}

// errChild says that a child ended before it was ready to work.
var errChild = errors.New("the child did not come up")

// listen reads until the child is gone; heard is told each line.
func listen(out io.Reader, heard func(report)) (got said, err error) {
	got.last = map[ident.CaseID]saved{}
	lines := bufio.NewReaderSize(out, 1<<20)
	up := false
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil { // the end; a cut line is none
			if !up {
				return got, fmt.Errorf("%w: %v", errChild, got.failed)
			}
			return got, nil
		}
		var x report
		if err := json.Unmarshal(line, &x); err != nil {
			return got, fmt.Errorf("line %q: %w", line, err)
		}
		heard(x)
		switch {
		case x.Ready:
			up = true
		case x.Saved != nil:
			got.last[x.Saved.Case] = *x.Saved
			got.steps++
		case x.Filled != nil:
			got.filled = append(got.filled, *x.Filled)
		case x.Ack != nil:
			got.acks = append(got.acks, *x.Ack)
		case x.Failed != "":
			got.failed = append(got.failed, "failed: "+x.Failed)
		}
	}
}

// look opens the world as the program does and asks the oracle.
func look(ctx context.Context, p town.Place, fn func(o *oracle) error) (found []string, err error) {
	a, err := town.Open(ctx, p, town.Options{})
	if err != nil {
		return nil, fmt.Errorf("opening the world after a kill: %w", err)
	}
	o := &oracle{a: a, place: p}
	err = fn(o)
	return o.found, errors.Join(err, a.Close())
}

func compare(ctx context.Context, p town.Place, got said, whole bool) ([]string, error) {
	return look(ctx, p, func(o *oracle) error {
		for _, k := range got.acks {
			if err := o.acknowledged(ctx, k); err != nil {
				return err
			}
		}
		for _, s := range got.last {
			o.draft(ctx, s)
		}
		if whole {
			return o.whole(ctx)
		}
		return nil
	})
}

// compareAll looks at every acknowledged submission of the run once more.
func compareAll(ctx context.Context, p town.Place, r Result) ([]string, error) {
	return look(ctx, p, func(o *oracle) error {
		for _, k := range r.Applied {
			if err := o.acknowledged(ctx, k); err != nil {
				return err
			}
		}
		return o.whole(ctx)
	})
}

// shifted is the machine's clock, moved.
type shifted time.Duration

func (s shifted) Now() time.Time {
	return time.Now().UTC().Add(time.Duration(s)).Truncate(time.Microsecond)
}

// heal lets two days pass and all jobs run: then every application has its
// receipt, was handed over once, and nothing half is left.
func heal(ctx context.Context, p town.Place, r *Result) error {
	a, err := town.Open(ctx, p, town.Options{Clock: shifted(48 * time.Hour)})
	if err != nil {
		return err
	}
	o := &oracle{a: a, place: p}
	err = func() error {
		if _, err := a.Jobs.Drain(ctx); err != nil {
			return err
		}
		for _, k := range r.Applied {
			if err := o.healed(ctx, k); err != nil {
				return err
			}
		}
		if err := o.settled(ctx); err != nil {
			return err
		}
		return o.whole(ctx)
	}()
	r.Receipts = len(r.Applied)
	r.add(o.found)
	return errors.Join(err, a.Close())
}
