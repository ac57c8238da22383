package app

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
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
	// headroom is what the heap may grow by between two collections, in bytes,
	// even where little is live: else a small installation spends a third of its
	// processor time under load on collecting a little often.
	headroom = 96 << 20
)

// rest gives memory back in quiet moments until ctx ends. A burst of requests
// never waits for it: the collection runs beside them. It begins when the
// warm-up is over.
func (a *App) rest(ctx context.Context) {
	roomy()
	debug.FreeOSMemory()
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
		roomy()
	}
}

// roomy sets the collector to the headroom. Who sets GOGC knows better;
// GOMEMLIMIT bounds it in any case.
func roomy() {
	if os.Getenv("GOGC") != "" {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if live[0].Value.Kind() == metrics.KindUint64 {
		debug.SetGCPercent(percent(live[0].Value.Uint64()))
	}
}

// percent is the collector's setting for a live heap of so many bytes: the
// usual 100 where that is the headroom or more, and never above 400.
func percent(live uint64) int {
	return int(min(max(headroom*100/max(live, 1), 100), 400))
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
