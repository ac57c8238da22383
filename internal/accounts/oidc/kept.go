package oidc

import (
	"context"
	"sync"
	"time"

	"stadttor/internal/clock"
)

// How long what a provider publishes is used.
const (
	keepFresh = 15 * time.Minute // no question asked
	keepStale = 24 * time.Hour   // still used, while one call in the background fetches it anew
	keepPause = 10 * time.Second // at least between two tries, whoever asks for them
)

// kept is a public document of a provider in memory. At most one call is under
// way at any time, and at most one starts in keepPause: neither a crowd nor
// tokens with invented key IDs make us call more often.
type kept[T any] struct {
	fetch func(context.Context) (T, error)
	clock clock.Clock

	mu      sync.Mutex // guards the rest
	value   T
	version int       // 0: nothing yet
	at      time.Time // when value came
	tried   time.Time // when the last try began
	failed  error     // how the last try ended
	running chan struct{}
}

// get gives the document, from memory where possible. Error: that of the fetch.
func (k *kept[T]) get(ctx context.Context) (T, int, error) {
	k.mu.Lock()
	age := k.clock.Now().Sub(k.at)
	if k.version > 0 && age < keepStale {
		if age >= keepFresh {
			k.start(ctx)
		}
		defer k.mu.Unlock()
		return k.value, k.version, nil
	}
	k.start(ctx)
	return k.wait(ctx)
}

// newer gives a document younger than the version that the caller found
// lacking. ok is false if there is none to be had now.
func (k *kept[T]) newer(ctx context.Context, version int) (value T, ok bool) {
	k.mu.Lock()
	if k.version > version {
		defer k.mu.Unlock()
		return k.value, true
	}
	k.start(ctx)
	value, now, err := k.wait(ctx)
	return value, err == nil && now > version
}

// start begins a fetch unless one runs or the last one is too recent. The
// caller holds mu.
func (k *kept[T]) start(ctx context.Context) {
	now := k.clock.Now()
	if since := now.Sub(k.tried); k.running != nil || since >= 0 && since < keepPause {
		return
	}
	k.tried, k.running = now, make(chan struct{})
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	go func() {
		defer cancel()
		value, err := k.fetch(own)
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.failed = err; err == nil {
			k.value, k.at = value, k.clock.Now()
			k.version++
		}
		close(k.running)
		k.running = nil
	}()
}

// wait lets go of mu and waits for the fetch that runs, if one does.
func (k *kept[T]) wait(ctx context.Context) (value T, version int, err error) {
	if running := k.running; running != nil {
		k.mu.Unlock()
		select {
		case <-running:
		case <-ctx.Done():
			return value, 0, unavailable(RuleTransport, "given up waiting")
		}
		k.mu.Lock()
	}
	defer k.mu.Unlock()
	if k.failed != nil {
		return value, 0, k.failed
	}
	return k.value, k.version, nil
}
