package local

import (
	"net/netip"
	"testing"
	"time"

	"stadttor/internal/db/dbtest"
)

func TestTriesThatComeTooEarlyAreNotCounted(t *testing.T) {
	x := throttle{"x", "local.pause", 2, []time.Duration{time.Minute, time.Hour}, 24 * time.Hour}
	now := dbtest.Start
	for name, c := range map[string]struct {
		n     int64
		since time.Duration // the last try
		after int64
		wait  time.Duration
	}{
		"the first":                     {0, 0, 1, 0},
		"the second at once":            {1, 0, 2, 0},
		"the third at once":             {2, 0, 2, time.Minute},
		"a moment too early":            {2, time.Minute - 1, 2, 1},
		"at the end of the pause":       {2, time.Minute, 3, 0},
		"the next pause is longer":      {3, time.Minute, 3, 59 * time.Minute},
		"the last pause is for good":    {99, time.Hour, 100, 0},
		"forgotten after a day":         {99, 24 * time.Hour, 1, 0},
		"a clock that was set back":     {2, -time.Second, 2, time.Minute + time.Second},
		"free tries on a fast keyboard": {1, -time.Second, 2, 0},
	} {
		after, wait := x.next(c.n, now.Add(-c.since), now)
		if after != c.after || wait != c.wait {
			t.Errorf("%s: %d after %s, want %d after %s", name, after, wait, c.after, c.wait)
		}
	}
	// What the pauses add up to in a day of guessing without rest.
	n, at := int64(0), now
	guesses := 0
	for at.Before(now.Add(24 * time.Hour)) {
		last := at
		for {
			after, wait := byAccount.next(n, last, at)
			if wait == 0 {
				n = after
				guesses++
				break
			}
			at = at.Add(wait)
		}
	}
	if guesses < 40 || guesses > 100 {
		t.Errorf("%d guesses a day", guesses)
	}
}

func TestNeighboursAreCountedTogether(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		same bool
	}{
		"one IPv4 network":        {"192.0.2.1", "192.0.2.200", true},
		"two IPv4 networks":       {"192.0.2.1", "192.0.3.1", false},
		"one line's IPv6":         {"2001:db8:1:200::1", "2001:db8:1:2ff:9::1", true},
		"two lines' IPv6":         {"2001:db8:1:200::1", "2001:db8:1:300::1", false},
		"IPv4 written as IPv6":    {"::ffff:192.0.2.1", "192.0.2.7", true},
		"an address with a zone":  {"fe80::1%eth0", "fe80::1", true},
		"IPv4 and IPv6 are apart": {"192.0.2.1", "2001:db8::1", false},
	} {
		a, b := Visitor{Addr: netip.MustParseAddr(c.a)}.block(), Visitor{Addr: netip.MustParseAddr(c.b)}.block()
		if (a == b) != c.same || a == "" {
			t.Errorf("%s: %q %q", name, a, b)
		}
	}
	if (Visitor{}).block() != "" {
		t.Error("no address is one common block")
	}
}
