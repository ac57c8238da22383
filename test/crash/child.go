package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"

	"stadttor/internal/app"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/test/town"
)

// childVariable holds the order of a child, as JSON. It is known to this
// harness only, never to the program.
const childVariable = "STADTTOR_CRASH_CHILD"

// order says what a child does until it is killed.
type order struct {
	Place   town.Place
	Seed    uint64
	Clients int // that fill in; as many send
	// Drafts are those that children before have begun: they are taken up where
	// they were saved last.
	Drafts []saved
	// Waiting are filled in forms of children before: not sent, or sent without
	// an answer. They are sent first, under the same keys.
	Waiting []town.Application
	// Early is the planted mistake: Submit is acknowledged when it is called,
	// not when it returned.
	Early bool
	// Once sends one application and ends, for the sweep over system calls.
	Once bool
}

// report is one line that a child writes.
type report struct {
	Ready  bool              `json:",omitempty"`
	Saved  *saved            `json:",omitempty"` // a step of a draft is durable
	Filled *town.Application `json:",omitempty"` // all pages are
	Ack    *ack              `json:",omitempty"` // the submission is
	Failed string            `json:",omitempty"` // something that must not happen
}

type saved struct {
	town.Application
	Page    string
	Version int64
}

type ack struct {
	town.Application
	Number ident.Number // "" when acknowledged early: it is not known yet
}

// reporter writes whole lines, each in one call, so that a kill cuts none.
type reporter struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

func (r *reporter) say(x report) {
	b, err := json.Marshal(x)
	if err != nil {
		panic(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = r.w.Write(append(b, '\n')) // the reader is gone: so is the run
}

// runChild does what the order says; it ends by being killed, or by itself when
// the order says Once.
func runChild(text string) {
	r := &reporter{w: os.Stdout}
	if err := child(r, text); err != nil {
		r.say(report{Failed: err.Error()})
		os.Exit(1)
	}
	os.Exit(0)
}

func child(r *reporter, text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	ctx := context.Background()
	a, err := town.Open(ctx, o.Place, town.Options{})
	if err != nil {
		return fmt.Errorf("opening the program after a kill: %w", err)
	}
	guests, err := town.Guests(ctx, a, 3)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(o.Seed, 1))
	if o.Once {
		r.say(report{Ready: true})
		s, err := begin(ctx, a, r, guests[0], rng.Uint64())
		if err == nil {
			err = fill(ctx, a, r, s)
		}
		if err == nil {
			err = send(ctx, a, r, s.Application, o.Early)
		}
		return err
	}
	// Receipts and parcels are written meanwhile, as they would be. What Start
	// does besides (following other nodes, search) has nothing to lose.
	a.Jobs.Start()
	drafts := make(chan saved, len(o.Drafts))
	for _, s := range o.Drafts {
		drafts <- s
	}
	full := make(chan town.Application, 10_000)
	for _, x := range o.Waiting {
		full <- x
	}
	r.say(report{Ready: true})
	for range o.Clients {
		seed := rng.Uint64()
		go func() {
			rng := rand.New(rand.NewPCG(seed, 2))
			for {
				var s saved
				var err error
				select {
				case s = <-drafts:
				default:
					s, err = begin(ctx, a, r, person(a, rng, guests), rng.Uint64())
				}
				if err == nil {
					err = fill(ctx, a, r, s)
				}
				if err != nil {
					r.say(report{Failed: err.Error()})
					continue
				}
				full <- s.Application
			}
		}()
		go func() {
			for x := range full {
				if err := send(ctx, a, r, x, o.Early); err != nil {
					r.say(report{Failed: err.Error()})
				}
			}
		}()
	}
	select {} // until the kill
}

// fileSize is that of the goal: 100 KB.
const fileSize = 100 << 10

// person is a guest or, as often, somebody signed in.
func person(a *app.App, rng *rand.Rand, guests []perm.Citizen) perm.Citizen {
	who := guests[rng.IntN(len(guests))]
	if rng.IntN(2) == 0 {
		who.Person, who.Level, who.Means = ident.New[ident.PersonID](a.DB.Now()), perm.LevelBasis, "demo"
	}
	return who
}

func begin(ctx context.Context, a *app.App, r *reporter, who perm.Citizen, seed uint64) (saved, error) {
	x, version, err := town.Start(ctx, a, who, seed, fileSize)
	if err != nil {
		return saved{}, err
	}
	s := saved{x, "", version}
	r.say(report{Saved: &s})
	return s, nil
}

// fill fills the pages in that come after the one that was saved last.
func fill(ctx context.Context, a *app.App, r *reporter, s saved) error {
	pages := town.Pages(a.DB.Now(), s.Mark())
	from := slices.IndexFunc(pages, func(p town.Page) bool { return p.Name == s.Page }) + 1
	for _, p := range pages[from:] {
		if p.File {
			// Perhaps the upload was saved and nobody was told.
			d, err := a.Cases.Draft(ctx, s.Who, s.Proof, s.Case)
			if err != nil {
				return fmt.Errorf("taking draft %s up: %w", s.Case, err)
			}
			if len(d.Answers.Files()) > 0 {
				continue
			}
		}
		version, err := town.Answer(ctx, a, s.Application, p)
		if err != nil {
			return fmt.Errorf("draft %s: %w", s.Case, err)
		}
		r.say(report{Saved: &saved{s.Application, p.Name, version}})
	}
	r.say(report{Filled: &s.Application})
	return nil
}

func send(ctx context.Context, a *app.App, r *reporter, x town.Application, early bool) error {
	if early {
		r.say(report{Ack: &ack{Application: x}})
	}
	s, err := town.Send(ctx, a, x)
	if err != nil {
		return fmt.Errorf("submitting case %s: %w", x.Case, err)
	}
	if !early {
		r.say(report{Ack: &ack{x, s.Number}})
	}
	return nil
}

// mark is how the sections of a case show an application's number of guests.
func mark(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return strconv.Itoa(n/1000) + "." + fmt.Sprintf("%03d", n%1000)
}
