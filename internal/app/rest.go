package app

import (
	"context"
	"runtime/debug"
	"time"
)

// The runtime keeps what a burst of work needed, in case the next one needs it.
// On a machine that a Kommune shares with other programs that is a waste: after
// the warm-up and whenever it has become quiet the memory goes back.
const (
	// quietFor is how long few requests must come.
	quietFor = 10 * time.Second
	// quietBelow is the number of requests in that time which are still few: a
	// probe now and then, one person reading.
	quietBelow = 50
	// tidyings follow each burst: buffers kept for reuse fall out of their pools
	// with the second collection only.
	tidyings = 2
)

// rest gives memory back in quiet moments until ctx ends. A burst of requests
// never waits for it: the collection runs beside them.
func (a *App) rest(ctx context.Context) {
	tick := time.NewTicker(quietFor)
	defer tick.Stop()
	var q quiet
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if q.tidy(a.served.Load()) {
			debug.FreeOSMemory()
		}
	}
}

// quiet knows when to tidy up. The zero value begins with a warm-up behind it.
type quiet struct {
	seen  uint64 // requests at the last tick
	clean uint64 // requests when all was tidy
	done  int    // tidyings since the last burst
}

// tidy is asked once per quietFor with the number of requests so far. Pure.
func (q *quiet) tidy(served uint64) bool {
	few := served-q.seen < quietBelow
	q.seen = served
	if !few {
		q.done = 0
		return false
	}
	if served-q.clean >= quietBelow { // many few requests add up
		q.clean, q.done = served, 0
	}
	if q.done == tidyings {
		return false
	}
	q.done++
	return true
}
