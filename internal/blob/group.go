package blob

import "sync"

// groupSync lets those who want the same folder synced at the same time share
// one fsync: all who came before it began are served by it, who comes later
// waits for the next.
type groupSync struct {
	sync func(dir string) error

	mu      sync.Mutex // guards the rest
	running map[string]*oneSync
	waiting map[string]*oneSync // it begins when the running one has ended
}

type oneSync struct {
	done chan struct{}
	err  error
}

// do returns when a sync of the folder that began after the call has ended.
func (g *groupSync) do(dir string) error {
	g.mu.Lock()
	if w := g.waiting[dir]; w != nil {
		g.mu.Unlock()
		<-w.done
		return w.err
	}
	if g.running == nil {
		g.running, g.waiting = map[string]*oneSync{}, map[string]*oneSync{}
	}
	own := &oneSync{done: make(chan struct{})}
	if before := g.running[dir]; before != nil {
		g.waiting[dir] = own
		g.mu.Unlock()
		<-before.done
		g.mu.Lock()
		delete(g.waiting, dir) // from here on it is too late for this one
	}
	g.running[dir] = own
	g.mu.Unlock()
	own.err = g.sync(dir)
	g.mu.Lock()
	if g.running[dir] == own {
		delete(g.running, dir)
	}
	g.mu.Unlock()
	close(own.done)
	return own.err
}
