package clocktest

import (
	"testing"
	"time"
)

func TestSleepIsNotWork(t *testing.T) {
	if took := Spent(t, func() { time.Sleep(100 * time.Millisecond) }); took > 50*time.Millisecond {
		t.Errorf("%s for a sleep", took)
	}
	if took := Spent(t, func() {
		for end := thread(t) + 20*time.Millisecond; thread(t) < end; {
		}
	}); took < 20*time.Millisecond {
		t.Errorf("%s for 20 ms of work", took)
	}
}

func TestSoonLooksAgain(t *testing.T) {
	n := 0
	Soon(t, "the third look", func() bool { n++; return n == 3 })
}
