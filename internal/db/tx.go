package db

import (
	"context"
	"database/sql"
	"fmt"
	"runtime/debug"
	"time"
)

// Tx is a running transaction in a scope. It is used by one goroutine and dies
// when the function it was given to returns.
type Tx struct {
	// Now is the verb's time: fixed when it began, UTC, microseconds.
	Now time.Time

	walls    walls
	x        runner
	postgres bool
	after    []func()
	notices  []notice
}

type runner interface {
	ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row
}

type notice struct{ topic, payload string }

// Exec runs a statement and gives the number of rows it touched.
func (tx *Tx) Exec(ctx context.Context, q string, args ...any) (int64, error) {
	res, err := tx.x.ExecContext(ctx, q, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Query runs a statement that gives rows; the caller closes them.
func (tx *Tx) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return tx.x.QueryContext(ctx, q, args...)
}

// QueryRow runs a statement that gives at most one row.
func (tx *Tx) QueryRow(ctx context.Context, q string, args ...any) *sql.Row {
	return tx.x.QueryRowContext(ctx, q, args...)
}

// ForUpdate ends a SELECT that is followed by a write of the same row:
// " FOR UPDATE" on PostgreSQL, nothing on SQLite, where there is one writer.
func (tx *Tx) ForUpdate() string {
	if tx.postgres {
		return " FOR UPDATE"
	}
	return ""
}

// SkipLocked is ForUpdate for queues: rows that another node holds are passed over.
func (tx *Tx) SkipLocked() string {
	if tx.postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// AfterCommit runs f when, and only when, the transaction is on disk. f must
// be quick and must not fail.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Notify tells all listeners of topic, on every node, when the transaction is
// committed. payload is at most 200 bytes of IDs, never personal data. A
// notice can be lost (a node that is just reconnecting): listeners poll as well.
func (tx *Tx) Notify(topic, payload string) {
	for _, n := range tx.notices {
		if n.topic == topic && n.payload == payload {
			return
		}
	}
	tx.notices = append(tx.notices, notice{topic, payload})
}

// run calls fn and turns a panic into an error, so that one verb's bug does not
// take the shared writer down.
func run(tx *Tx, fn func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(tx)
}

// Collect reads all rows with scan and closes them.
func Collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Micros is how an instant is stored: microseconds since 1970, 0 for none.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros reads what Micros stored.
func FromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// In writes "($from,$from+1,…)" for n list parameters; n is at least 1.
func In(from, n int) string {
	b := []byte{'('}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, "$%d", from+i)
	}
	return string(append(b, ')'))
}
