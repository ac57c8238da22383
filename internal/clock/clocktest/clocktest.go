// Package clocktest waits and measures in tests so that a busy machine changes
// no result.
//
// It decides how long a test waits for what another goroutine or node does, and
// what a bound on work is measured in: processor time, not the clock on the
// wall. How fast something is on an idle machine, `make bench` says.
package clocktest

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Patience is how long Soon waits: half of the minute after which listeners look
// by themselves (db.Follow), so that a lost notice is not taken for a slow one.
const Patience = 30 * time.Second

// Soon waits until ok says yes and fails the test when that never happens.
func Soon(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, Patience)
		}
	}
}

// Spent is the processor time that f takes on its own thread: what it costs on
// one core, also while other programs use the machine. What f leaves to other
// goroutines is not counted.
func Spent(t testing.TB, f func()) time.Duration {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began := thread(t)
	f()
	return thread(t) - began
}

func thread(t testing.TB) time.Duration {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ts.Nano())
}
