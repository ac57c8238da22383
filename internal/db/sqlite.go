package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver

	"golang.org/x/sys/unix"
)

// maxBatch bounds how many verbs share one commit: beyond some hundred the
// fsync is paid for and waiting only adds latency.
const maxBatch = 256

type sqliteEngine struct {
	path    string
	lock    *os.File // held while open: one process per file
	writer  *sql.DB
	wconn   *cachedConn // used by the writer goroutine only
	readers chan *cachedConn
	rdb     *sql.DB
	queue   chan *verb
	done    chan struct{}
	closing sync.RWMutex // held for reading while a verb is being queued
	closed  bool
}

// verb is one waiting InTx.
type verb struct {
	ctx   context.Context
	walls walls
	now   func() time.Time
	fn    func(*Tx) error
	tx    *Tx
	err   error
	done  chan struct{}
}

func openSQLite(ctx context.Context, path string, readers int) (*sqliteEngine, error) {
	if path == "" {
		return nil, errors.New(`database: "sqlite:" needs a path`)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of %s: %w", path, err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("%s is in use by another process: stop it first, or use PostgreSQL for several nodes", path)
	}
	dsn := func(mode string) string {
		q := url.Values{"_pragma": {"busy_timeout(10000)", "foreign_keys(1)", "journal_mode(WAL)", "synchronous(FULL)", "temp_store(MEMORY)", "cache_size(-16000)", "secure_delete(1)"}}
		if mode == "read" {
			q.Add("_pragma", "query_only(1)")
		}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	}
	e := &sqliteEngine{path: path, lock: lock, queue: make(chan *verb, 1024), done: make(chan struct{}), readers: make(chan *cachedConn, readers)}
	if e.writer, err = sql.Open("sqlite", dsn("write")); err != nil {
		return nil, err
	}
	e.writer.SetMaxOpenConns(1)
	wc, err := e.writer.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	e.wconn = &cachedConn{c: wc}
	if e.rdb, err = sql.Open("sqlite", dsn("read")); err != nil {
		return nil, err
	}
	for range readers {
		c, err := e.rdb.Conn(ctx)
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", path, err)
		}
		e.readers <- &cachedConn{c: c}
	}
	go e.loop()
	return e, nil
}

func (e *sqliteEngine) name() string { return "sqlite" }

// Close lets queued verbs finish, then closes the file.
func (e *sqliteEngine) Close() error {
	e.closing.Lock()
	if e.closed {
		e.closing.Unlock()
		return nil
	}
	e.closed = true
	close(e.queue)
	e.closing.Unlock()
	<-e.done
	e.wconn.close()
	for range cap(e.readers) {
		(<-e.readers).close()
	}
	return errors.Join(e.rdb.Close(), e.writer.Close(), e.lock.Close())
}

func (e *sqliteEngine) write(ctx context.Context, w walls, now func() time.Time, fn func(*Tx) error) ([]notice, error) {
	v := &verb{ctx: ctx, walls: w, now: now, fn: fn, done: make(chan struct{})}
	e.closing.RLock()
	if e.closed {
		e.closing.RUnlock()
		return nil, sql.ErrConnDone
	}
	e.queue <- v
	e.closing.RUnlock()
	<-v.done // not ctx.Done: an outcome that is coming must not be called unknown
	if v.err != nil {
		return nil, v.err
	}
	for _, f := range v.tx.after {
		f()
	}
	return v.tx.notices, nil
}

// loop is the one writer: it takes what waits, commits it together, tells all.
func (e *sqliteEngine) loop() {
	defer close(e.done)
	for v := range e.queue {
		e.batch(v)
	}
}

func (e *sqliteEngine) batch(first *verb) {
	ctx := context.Background()
	ran := make([]*verb, 0, 8)
	tell := func() {
		for _, v := range ran {
			close(v.done)
		}
	}
	fail := func(err error) {
		_, _ = e.wconn.ExecContext(ctx, "ROLLBACK")
		for _, v := range ran {
			if v.err == nil {
				v.err = unknownOutcome(err)
			}
		}
	}
	if _, err := e.wconn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		ran = append(ran, first)
		fail(fmt.Errorf("begin: %w", err))
		tell()
		return
	}
	succeeded := false
	for v := first; v != nil; {
		ran = append(ran, v)
		ok, err := e.runOne(v)
		if err != nil { // the whole transaction is gone (disk full, I/O error)
			fail(err)
			tell()
			return
		}
		succeeded = succeeded || ok
		v = nil
		if len(ran) < maxBatch {
			select {
			case v = <-e.queue: // nil when closed
			default:
			}
		}
	}
	end := "COMMIT"
	if !succeeded {
		end = "ROLLBACK"
	}
	if _, err := e.wconn.ExecContext(ctx, end); err != nil {
		fail(fmt.Errorf("commit: %w", err))
	}
	tell()
}

// runOne runs a verb in its savepoint. ok says that it wants to be committed;
// err that the surrounding transaction can no longer be trusted.
func (e *sqliteEngine) runOne(v *verb) (ok bool, err error) {
	ctx := context.Background()
	if v.err = v.ctx.Err(); v.err != nil {
		return false, nil
	}
	if _, err := e.wconn.ExecContext(ctx, "SAVEPOINT verb"); err != nil {
		return false, err
	}
	v.tx = &Tx{Now: v.now(), walls: v.walls, x: detached{e.wconn}}
	v.err = run(v.tx, v.fn)
	if v.err != nil {
		if _, err := e.wconn.ExecContext(ctx, "ROLLBACK TO verb"); err != nil {
			return false, err
		}
	}
	if _, err := e.wconn.ExecContext(ctx, "RELEASE verb"); err != nil {
		return false, err
	}
	return v.err == nil, nil
}

// detached keeps a caller's cancellation away from the shared transaction: an
// interrupt in the middle of one verb would abort its neighbours too.
type detached struct{ r runner }

func (d detached) ExecContext(ctx context.Context, q string, a ...any) (sql.Result, error) {
	return d.r.ExecContext(context.WithoutCancel(ctx), q, a...)
}
func (d detached) QueryContext(ctx context.Context, q string, a ...any) (*sql.Rows, error) {
	return d.r.QueryContext(context.WithoutCancel(ctx), q, a...)
}
func (d detached) QueryRowContext(ctx context.Context, q string, a ...any) *sql.Row {
	return d.r.QueryRowContext(context.WithoutCancel(ctx), q, a...)
}

func (e *sqliteEngine) read(ctx context.Context, w walls, now time.Time, fn func(*Tx) error) error {
	var c *cachedConn
	select {
	case c = <-e.readers:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { e.readers <- c }()
	if _, err := c.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	// Rolled back with a context that lives, else the connection stays inside.
	defer func() { _, _ = c.ExecContext(context.Background(), "ROLLBACK") }()
	return run(&Tx{Now: now, walls: w, x: c}, fn)
}

func (e *sqliteEngine) check(ctx context.Context) (out []string) {
	for q, want := range map[string]string{"PRAGMA journal_mode": "wal", "PRAGMA synchronous": "2", "PRAGMA foreign_keys": "1", "PRAGMA quick_check(1)": "ok"} {
		c := <-e.readers
		var got string
		err := c.c.QueryRowContext(ctx, q).Scan(&got)
		e.readers <- c
		if err != nil || got != want {
			out = append(out, fmt.Sprintf("%s: %s is %q, want %q (%v)", e.path, q, got, want, err))
		}
	}
	return out
}

// cachedConn keeps its prepared statements: on SQLite compiling a statement
// costs more than running it.
type cachedConn struct {
	c     *sql.Conn
	stmts map[string]*sql.Stmt
}

func (c *cachedConn) prepare(ctx context.Context, q string) (*sql.Stmt, error) {
	if s, ok := c.stmts[q]; ok {
		return s, nil
	}
	s, err := c.c.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	if c.stmts == nil || len(c.stmts) > 500 { // texts with list parameters vary
		for _, old := range c.stmts {
			_ = old.Close()
		}
		c.stmts = map[string]*sql.Stmt{}
	}
	c.stmts[q] = s
	return s, nil
}

func (c *cachedConn) ExecContext(ctx context.Context, q string, a ...any) (sql.Result, error) {
	s, err := c.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, a...)
}

func (c *cachedConn) QueryContext(ctx context.Context, q string, a ...any) (*sql.Rows, error) {
	s, err := c.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, a...)
}

func (c *cachedConn) QueryRowContext(ctx context.Context, q string, a ...any) *sql.Row {
	s, err := c.prepare(ctx, q)
	if err != nil {
		return c.c.QueryRowContext(ctx, q, a...) // says the same error when scanned
	}
	return s.QueryRowContext(ctx, a...)
}

func (c *cachedConn) close() {
	for _, s := range c.stmts {
		_ = s.Close()
	}
	_ = c.c.Close()
}
