// Package clock is the only place besides db that reads the time, and the only
// one that turns legal time into instants.
//
// It decides what "today" is for a German authority (Europe/Berlin, TR-03172-3
// A3.2.07: gesetzliche Zeit) and how instants are stored (UTC, microseconds).
// It never sleeps and never schedules.
package clock

import (
	"sync"
	"time"
	_ "time/tzdata" // the binary runs on machines without a zone file
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Berlin is legal time in Germany.
var Berlin = mustLoad("Europe/Berlin")

func mustLoad(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // tzdata is linked in
	}
	return l
}

type system struct{}

func (system) Now() time.Time { return Truncate(time.Now()) }

// System is the machine's clock.
func System() Clock { return system{} }

// Truncate brings an instant to the precision in which both databases store it.
func Truncate(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Date is a calendar day in legal time, midnight UTC of that day's number so
// that days can be compared and subtracted without a switch of summer time.
func Date(t time.Time) time.Time {
	y, m, d := t.In(Berlin).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// EndOf gives the last instant of the legal day on which a deadline falls: a
// period that ends on a day ends with its last moment (§ 188 BGB).
func EndOf(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, Berlin).Add(-time.Microsecond).UTC()
}

// Fake is a clock that a test moves.
type Fake struct {
	mu  sync.Mutex // guards now
	now time.Time
}

// NewFake starts a fake clock at t.
func NewFake(t time.Time) *Fake { return &Fake{now: Truncate(t)} }

// Now gives the time at which the test left the clock.
func (f *Fake) Now() time.Time { f.mu.Lock(); defer f.mu.Unlock(); return f.now }

// Advance moves the clock on.
func (f *Fake) Advance(d time.Duration) { f.mu.Lock(); f.now = f.now.Add(d); f.mu.Unlock() }

// Set moves the clock to t.
func (f *Fake) Set(t time.Time) { f.mu.Lock(); f.now = Truncate(t); f.mu.Unlock() }
