package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"stadttor/internal/clock"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
)

// Config says where the data lie.
type Config struct {
	// URL is "sqlite:PATH" or "postgres://…".
	URL string
	// Realms gives a realm a database of its own: realm ID → URL. Realms not
	// named here lie in URL.
	Realms map[ident.RealmID]string
	// Clock is read once per transaction; nil means the system's.
	Clock clock.Clock
	// Readers bounds the connections for reading (SQLite) or all (PostgreSQL);
	// 0 means 8.
	Readers int
}

// DB is the data source: one engine, or several where realms have their own.
// It is safe for concurrent use.
type DB struct {
	clock   clock.Clock
	control engine
	realms  map[ident.RealmID]engine
	hub     *hub
}

// engine is what the two databases have in common.
type engine interface {
	io.Closer
	write(ctx context.Context, w walls, now func() time.Time, fn func(*Tx) error) ([]notice, error)
	read(ctx context.Context, w walls, now time.Time, fn func(*Tx) error) error
	migrate(ctx context.Context) error
	name() string
	check(ctx context.Context) []string
}

// Open connects, without migrating. Close it when done.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Clock == nil {
		c.Clock = clock.System()
	}
	if c.Readers == 0 {
		c.Readers = 8
	}
	d := &DB{clock: c.Clock, realms: map[ident.RealmID]engine{}, hub: newHub()}
	open := func(url string) (engine, error) {
		switch {
		case strings.HasPrefix(url, "sqlite:"):
			return openSQLite(ctx, strings.TrimPrefix(url, "sqlite:"), c.Readers)
		case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
			return openPostgres(ctx, url, c.Readers, d.hub)
		}
		return nil, errors.New(`database: want "sqlite:PATH" or "postgres://…"`)
	}
	var err error
	if d.control, err = open(c.URL); err != nil {
		return nil, err
	}
	for r, url := range c.Realms {
		e, err := open(url)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("database of realm %s: %w", r, err), d.Close())
		}
		d.realms[r] = e
	}
	return d, nil
}

// Close waits for running verbs and closes the connections.
func (d *DB) Close() error {
	err := d.control.Close()
	for _, e := range d.realms {
		err = errors.Join(err, e.Close())
	}
	d.hub.close()
	return err
}

// Now is the time a transaction would get now.
func (d *DB) Now() time.Time { return clock.Truncate(d.clock.Now()) }

// Clock is the clock that the transactions read.
func (d *DB) Clock() clock.Clock { return d.clock }

func (d *DB) engine(w walls) engine {
	if e, ok := d.realms[w.realm]; ok {
		return e
	}
	return d.control
}

// Partitions gives a realm ID for each separate database ("" for the control
// database), for work that visits all of them through Across.
func (d *DB) Partitions() []ident.RealmID {
	out := []ident.RealmID{""}
	for r := range d.realms {
		out = append(out, r)
	}
	return out
}

// InTx runs fn in a writing transaction of the scope and commits durably. fn
// may run more than once (PostgreSQL, after a serialization failure), so it
// has no effect outside the transaction but through AfterCommit and Notify.
// When InTx returns an error, nothing was written, except that after
// errs.KindUnavailable the outcome is unknown: repeat with the same
// idempotency key.
func (d *DB) InTx(ctx context.Context, s Scope, fn func(*Tx) error) error {
	w := s.walls()
	if !w.valid() {
		return errNoScope
	}
	notices, err := d.engine(w).write(ctx, w, d.Now, fn)
	if err != nil {
		return err
	}
	for _, n := range notices {
		d.hub.tell(n.topic, n.payload)
	}
	return nil
}

// View runs fn in a reading transaction of the scope, on one snapshot.
func (d *DB) View(ctx context.Context, s Scope, fn func(*Tx) error) error {
	w := s.walls()
	if !w.valid() {
		return errNoScope
	}
	return d.engine(w).read(ctx, w, d.Now(), fn)
}

// Migrate brings every database to the program's schema. It refuses a database
// that is newer than the program.
func (d *DB) Migrate(ctx context.Context) error {
	if err := d.control.migrate(ctx); err != nil {
		return err
	}
	for r, e := range d.realms {
		if err := e.migrate(ctx); err != nil {
			return fmt.Errorf("database of realm %s: %w", r, err)
		}
	}
	return nil
}

// Check looks for settings that would break the promises (durability, row-level
// security) and says them, one line each; empty means sound.
func (d *DB) Check(ctx context.Context) []string {
	out := d.control.check(ctx)
	for _, e := range d.realms {
		out = append(out, e.check(ctx)...)
	}
	return out
}

// Engine names the control database's kind: "sqlite" or "postgres".
func (d *DB) Engine() string { return d.control.name() }

// Listen gives the payloads of a topic until stop is called; an empty one says
// that some may have been missed. A slow listener loses the oldest notice, never
// blocks.
func (d *DB) Listen(topic string) (payloads <-chan string, stop func()) { return d.hub.listen(topic) }

// Follow calls f whenever a node publishes on a topic, once for a burst of
// notices, and every minute should a notice be lost, until ctx ends.
func (d *DB) Follow(ctx context.Context, topic string, f func()) {
	notices, stop := d.Listen(topic)
	defer stop()
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-notices:
			if !ok {
				return
			}
			for more := true; more; {
				select {
				case _, more = <-notices:
				default:
					more = false
				}
			}
		case <-tick.C:
		}
		f()
	}
}

// IsUnique reports whether err is the violation of a unique key.
func IsUnique(err error) bool {
	var s *sqlite.Error
	if errors.As(err, &s) {
		return s.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || s.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var p *pgconn.PgError
	return errors.As(err, &p) && p.Code == "23505"
}

func unknownOutcome(err error) error { return errs.Unavailable("error.unknown-outcome", err) }
