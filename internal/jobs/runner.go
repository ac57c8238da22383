package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/ident"
)

// lease is how long a node may work on a job before another takes it over.
const lease = 5 * time.Minute

// Call tells an Outside handler about its run.
type Call struct {
	Scope   db.Scope // the tenant (or realm) that the job belongs to
	Realm   ident.RealmID
	Tenant  ident.TenantID
	Key     string // idempotency key: the same on every retry
	Attempt int    // 1 for the first
	Last    bool   // no further attempt follows when this one fails
}

// Config of a Runner.
type Config struct {
	DB *db.DB
	// Workers is how many jobs run at once; 0 means 4.
	Workers int
	// Log gets one line per job.
	Log *slog.Logger
	// Poll is the safety net's interval; 0 means 5 seconds.
	Poll time.Duration
}

// Runner runs jobs. Register all handlers, then Start.
type Runner struct {
	c         Config
	listeners map[string][]string // event kind → names of listeners, in order
	handlers  map[string]handler  // job kind → handler
	periodic  []periodic
	stop      context.CancelFunc
	wg        sync.WaitGroup
	observe   func(kind, result string, d time.Duration)
	slots     sync.Map // tenant+name → interval scheduled, so that the usual poll asks nothing
}

type handler struct {
	inside  func(ctx context.Context, tx *db.Tx, payload []byte) error
	outside func(ctx context.Context, c Call, payload []byte) error
	dead    func(ctx context.Context, tx *db.Tx, payload []byte, cause error) error
}

type periodic struct {
	name  string
	every time.Duration
	kind  string
}

// New makes a runner without handlers.
func New(c Config) *Runner {
	if c.Workers == 0 {
		c.Workers = 4
	}
	if c.Poll == 0 {
		c.Poll = 5 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Runner{c: c, listeners: map[string][]string{}, handlers: map[string]handler{}}
}

// Observe sets a function that is told each run's result ("done", "failed",
// "dead") and duration, for metrics.
func (r *Runner) Observe(f func(kind, result string, d time.Duration)) { r.observe = f }

func (r *Runner) add(kind, listener string, h handler) {
	name := kind + "/" + listener
	if _, ok := r.handlers[name]; ok {
		panic("jobs: two listeners named " + name)
	}
	r.handlers[name] = h
	r.listeners[kind] = append(r.listeners[kind], name)
}

// Inside registers a listener that reacts within the transaction.
func Inside[J Job](r *Runner, listener string, fn func(ctx context.Context, tx *db.Tx, j J) error) {
	var zero J
	r.add(zero.Kind(), listener, handler{inside: func(ctx context.Context, tx *db.Tx, b []byte) error {
		var j J
		if err := json.Unmarshal(b, &j); err != nil {
			return err
		}
		return fn(ctx, tx, j)
	}})
}

// Outside registers a listener that calls the world. dead may be nil; it runs
// in the transaction that gives the job up, to leave a task for a human.
func Outside[J Job](r *Runner, listener string, fn func(ctx context.Context, c Call, j J) error, dead func(ctx context.Context, tx *db.Tx, j J, cause error) error) {
	var zero J
	h := handler{outside: func(ctx context.Context, c Call, b []byte) error {
		var j J
		if err := json.Unmarshal(b, &j); err != nil {
			return err
		}
		return fn(ctx, c, j)
	}}
	if dead != nil {
		h.dead = func(ctx context.Context, tx *db.Tx, b []byte, cause error) error {
			var j J
			if err := json.Unmarshal(b, &j); err != nil {
				return err
			}
			return dead(ctx, tx, j, cause)
		}
	}
	r.add(zero.Kind(), listener, h)
}

// Start runs jobs until Stop.
func (r *Runner) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	wake, unlisten := r.c.DB.Listen(topic)
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		defer unlisten()
		tick := time.NewTicker(r.c.Poll)
		defer tick.Stop()
		for {
			if _, err := r.Drain(ctx); err != nil && ctx.Err() == nil {
				r.c.Log.Error("jobs", "error", err.Error())
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			case <-wake:
			}
		}
	}()
}

// Stop waits for the running jobs.
func (r *Runner) Stop() {
	if r.stop != nil {
		r.stop()
		r.wg.Wait()
	}
}

// Drain runs everything that is due, until nothing is; it gives the number of
// runs. Tests call it instead of Start.
func (r *Runner) Drain(ctx context.Context) (n int, err error) {
	for ctx.Err() == nil {
		if err := r.schedule(ctx); err != nil {
			return n, err
		}
		claimed := 0
		for _, part := range r.c.DB.Partitions() {
			list, err := r.claim(ctx, part)
			if err != nil {
				return n, fmt.Errorf("claiming jobs: %w", err)
			}
			claimed += len(list)
			sem := make(chan struct{}, r.c.Workers)
			var wg sync.WaitGroup
			for _, c := range list {
				sem <- struct{}{}
				wg.Go(func() { defer func() { <-sem }(); r.run(ctx, c) })
			}
			wg.Wait()
		}
		n += claimed
		if claimed == 0 {
			break
		}
	}
	return n, ctx.Err()
}

type claimed struct {
	Row
	payload []byte
}

// claim takes due jobs, one tenant after the other: the first job of every
// tenant comes before the second of any, so that a tenant with ten thousand
// jobs does not hold up a tenant with one.
func (r *Runner) claim(ctx context.Context, part ident.RealmID) (out []claimed, err error) {
	err = r.c.DB.InTx(ctx, db.Across(part, "the job queue serves all tenants in turn"), func(tx *db.Tx) error {
		out = nil
		now := db.Micros(tx.Now)
		var due int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM (SELECT 1 FROM job WHERE (state='waiting' AND run_at<=$1) OR (state='running' AND lease_until<$1) LIMIT 1) x`, now).Scan(&due); err != nil || due == 0 {
			return err
		}
		rows, err := tx.Query(ctx, `UPDATE job SET state='running', attempt=attempt+1, lease_until=$2
			WHERE (realm_id,tenant_id,id) IN (SELECT realm_id,tenant_id,id FROM job WHERE (realm_id,tenant_id,id) IN (
				SELECT realm_id,tenant_id,id FROM (
					SELECT realm_id,tenant_id,id,run_at, row_number() OVER (PARTITION BY realm_id,tenant_id ORDER BY run_at,id) AS turn
					FROM job WHERE (state='waiting' AND run_at<=$1) OR (state='running' AND lease_until<$1)
				) q ORDER BY turn, run_at LIMIT $3)
				AND ((state='waiting' AND run_at<=$1) OR (state='running' AND lease_until<$1))`+tx.SkipLocked()+`)
			RETURNING `+rowColumns+`, payload`, now, db.Micros(tx.Now.Add(lease)), r.c.Workers*4)
		out, err = db.Collect(rows, err, func(s *sql.Rows) (c claimed, err error) {
			var run, created, done int64
			err = s.Scan(&c.ID, &c.Realm, &c.Tenant, &c.Kind, &c.Key, &c.State, &c.Attempt, &c.MaxAttempts, &run, &c.LastError, &created, &done, &c.payload)
			c.CreatedAt = db.FromMicros(created)
			return c, err
		})
		return err
	})
	return out, err
}

func (c claimed) scope() db.Scope {
	switch {
	case c.Tenant != "":
		return db.ForTenant(c.Realm, c.Tenant)
	case c.Realm != "":
		return db.ForRealm(c.Realm)
	}
	return db.Across("", "jobs of the installation")
}

func (r *Runner) run(ctx context.Context, c claimed) {
	start := r.c.DB.Now()
	err := r.work(ctx, c)
	result := "done"
	if err != nil {
		result = "failed"
		if c.Attempt >= c.MaxAttempts {
			result = "dead"
		}
		// The outcome must be written even when the node is stopping.
		if ferr := r.fail(context.WithoutCancel(ctx), c, err); ferr != nil {
			r.c.Log.Error("job outcome not written", "kind", c.Kind, "job", string(c.ID), "error", ferr.Error())
		}
	}
	took := r.c.DB.Now().Sub(start)
	if r.observe != nil {
		r.observe(c.Kind, result, took)
	}
	level := slog.LevelInfo
	attrs := []any{"kind", c.Kind, "job", string(c.ID), "tenant", string(c.Tenant), "attempt", c.Attempt, "result", result, "ms", took.Milliseconds()}
	if err != nil {
		level = slog.LevelWarn
		attrs = append(attrs, "error", short(err))
	}
	r.c.Log.Log(ctx, level, "job", attrs...)
}

func (r *Runner) work(ctx context.Context, c claimed) (err error) {
	if names, ok := r.listeners[c.Kind]; ok { // an event: one row per listener
		return r.c.DB.InTx(ctx, c.scope(), func(tx *db.Tx) error {
			for _, n := range names {
				if err := insert(ctx, tx, n, c.Key, string(c.payload), tx.Now); err != nil {
					return err
				}
			}
			return r.done(ctx, tx, c)
		})
	}
	h, ok := r.handlers[c.Kind]
	switch {
	case !ok:
		// Nobody listens (yet): an event without listeners is simply over.
		return r.c.DB.InTx(ctx, c.scope(), func(tx *db.Tx) error { return r.done(ctx, tx, c) })
	case h.inside != nil:
		return r.c.DB.InTx(ctx, c.scope(), func(tx *db.Tx) error {
			if err := h.inside(ctx, tx, c.payload); err != nil {
				return err
			}
			return r.done(ctx, tx, c)
		})
	}
	call := Call{Scope: c.scope(), Realm: c.Realm, Tenant: c.Tenant, Key: c.Kind + ":" + c.Key, Attempt: c.Attempt, Last: c.Attempt >= c.MaxAttempts}
	if err := guard(ctx, func(ctx context.Context) error { return h.outside(ctx, call, c.payload) }); err != nil {
		return err
	}
	return r.c.DB.InTx(context.WithoutCancel(ctx), c.scope(), func(tx *db.Tx) error { return r.done(ctx, tx, c) })
}

// guard turns a handler's panic into a failure of this job only.
func guard(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, lease-30*time.Second)
	defer cancel()
	return fn(ctx)
}

// errLost says that the lease ended and another node holds the job now.
var errLost = errors.New("lease lost")

func (r *Runner) done(ctx context.Context, tx *db.Tx, c claimed) error {
	n, err := tx.Exec(ctx, `UPDATE job SET state='done', done_at=$4, last_error='' WHERE realm_id=$1 AND tenant_id=$2 AND id=$3 AND state='running' AND attempt=$5`,
		string(c.Realm), string(c.Tenant), string(c.ID), db.Micros(tx.Now), c.Attempt)
	if err == nil && n == 0 {
		return errLost
	}
	return err
}

func (r *Runner) fail(ctx context.Context, c claimed, cause error) error {
	if errors.Is(cause, errLost) {
		return nil
	}
	return r.c.DB.InTx(ctx, c.scope(), func(tx *db.Tx) error {
		state := Waiting
		if c.Attempt >= c.MaxAttempts {
			state = Dead
			if h := r.handlers[c.Kind]; h.dead != nil {
				if err := h.dead(ctx, tx, c.payload, cause); err != nil {
					return err
				}
			}
		}
		_, err := tx.Exec(ctx, `UPDATE job SET state=$4, run_at=$5, lease_until=0, last_error=$6 WHERE realm_id=$1 AND tenant_id=$2 AND id=$3 AND attempt=$7 AND state='running'`,
			string(c.Realm), string(c.Tenant), string(c.ID), state, db.Micros(tx.Now.Add(pause(c.Attempt))), short(cause), c.Attempt)
		return err
	})
}

// pause grows from 5 seconds to 6 hours, with a quarter of jitter.
func pause(attempt int) time.Duration {
	d := 5 * time.Second << min(attempt-1, 13)
	d = min(d, 6*time.Hour)
	return d + time.Duration(rand.Int64N(int64(d)/4+1))
}

func short(err error) string {
	s := err.Error()
	if len(s) > 500 {
		s = s[:500]
	}
	return s
}

// Every runs the job kind for each tenant once per interval, at
// a moment of the interval that differs from tenant to tenant: no stampede of
// all tenants in one minute. An interval in which no node ran is made up once.
func (r *Runner) Every(name string, every time.Duration, kind string) {
	r.periodic = append(r.periodic, periodic{name, every, kind})
}

// schedule inserts the periodic jobs of the running interval.
func (r *Runner) schedule(ctx context.Context) error {
	if len(r.periodic) == 0 {
		return nil
	}
	now := r.c.DB.Now()
	for _, part := range r.c.DB.Partitions() {
		type tenant struct{ realm, id string }
		var list []tenant
		err := r.c.DB.View(ctx, db.Across(part, "periodic jobs of all tenants"), func(tx *db.Tx) error {
			rows, err := tx.Query(ctx, `SELECT realm_id,id FROM tenant`)
			list, err = db.Collect(rows, err, func(s *sql.Rows) (t tenant, err error) { return t, s.Scan(&t.realm, &t.id) })
			return err
		})
		if err != nil {
			return err
		}
		for _, p := range r.periodic {
			for _, t := range list {
				start := now.Truncate(p.every)
				key := p.name + "@" + start.Format(time.RFC3339)
				if r.scheduled(t.id, p.name, key) {
					continue
				}
				at := start.Add(offset(t.id+p.name, p.every))
				err := r.c.DB.InTx(ctx, db.ForTenant(ident.RealmID(t.realm), ident.TenantID(t.id)), func(tx *db.Tx) error {
					return insert(ctx, tx, p.kind, key, `{"slot":"`+key+`"}`, at)
				})
				if err != nil {
					return fmt.Errorf("scheduling %s: %w", p.name, err)
				}
				r.slots.Store(t.id+"/"+p.name, key)
			}
		}
	}
	return nil
}

func (r *Runner) scheduled(tenant, name, key string) bool {
	v, ok := r.slots.Load(tenant + "/" + name)
	return ok && v == key
}

func offset(s string, every time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return time.Duration(h.Sum64() % uint64(every))
}
