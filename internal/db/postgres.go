package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

const notifyChannel = "stadttor"

type postgresEngine struct {
	pool *pgxpool.Pool
	db   *sql.DB
	stop context.CancelFunc
	done chan struct{}
}

func openPostgres(ctx context.Context, url string, conns int, h *hub) (*postgresEngine, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("database: the PostgreSQL address cannot be read") // pgx would print the password
	}
	cfg.MaxConns = max(int32(conns), 4) + 1 // one listens
	cfg.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	cfg.ConnConfig.RuntimeParams["application_name"] = "stadttor"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	ping, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := pool.Ping(ping); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	lctx, stop := context.WithCancel(context.Background())
	e := &postgresEngine{pool: pool, db: stdlib.OpenDBFromPool(pool), stop: stop, done: make(chan struct{})}
	go e.listen(lctx, h)
	return e, nil
}

func (e *postgresEngine) name() string { return "postgres" }

func (e *postgresEngine) Close() error {
	e.stop()
	<-e.done
	err := e.db.Close()
	e.pool.Close()
	return err
}

// listen passes other nodes' notices on, and reconnects when the line is lost.
// Once the line stands all listeners are told to look for themselves: nobody
// heard what was said before.
func (e *postgresEngine) listen(ctx context.Context, h *hub) {
	defer close(e.done)
	for ctx.Err() == nil {
		err := func() error {
			c, err := e.pool.Acquire(ctx)
			if err != nil {
				return err
			}
			defer c.Release()
			if _, err := c.Exec(ctx, "LISTEN "+notifyChannel); err != nil {
				return err
			}
			h.tellAll()
			for {
				n, err := c.Conn().WaitForNotification(ctx)
				if err != nil {
					return err
				}
				if topic, payload, ok := strings.Cut(n.Payload, " "); ok {
					h.tell(topic, payload)
				}
			}
		}()
		if err != nil && ctx.Err() == nil {
			select {
			case <-time.After(500 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}
}

func (e *postgresEngine) write(ctx context.Context, w walls, now func() time.Time, fn func(*Tx) error) ([]notice, error) {
	var err error
	for try := range 10 {
		if try > 0 {
			time.Sleep(time.Duration(rand.IntN(1<<min(try, 6))+1) * time.Millisecond)
		}
		var tx *Tx
		tx, err = e.once(ctx, w, now(), fn, nil)
		if err == nil {
			for _, f := range tx.after {
				f()
			}
			// Notices went out with the commit and come back through LISTEN.
			return nil, nil
		}
		var p *pgconn.PgError
		if !errors.As(err, &p) || (p.Code != "40001" && p.Code != "40P01") {
			return nil, err
		}
	}
	return nil, unknownOutcome(err)
}

func (e *postgresEngine) read(ctx context.Context, w walls, now time.Time, fn func(*Tx) error) error {
	_, err := e.once(ctx, w, now, fn, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	return err
}

func (e *postgresEngine) once(ctx context.Context, w walls, now time.Time, fn func(*Tx) error, o *sql.TxOptions) (*Tx, error) {
	t, err := e.db.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { _ = t.Rollback() }()
	across := ""
	if w.across {
		across = "yes"
	}
	if _, err := t.ExecContext(ctx, `SELECT set_config('app.realm',$1,true), set_config('app.tenant',$2,true), set_config('app.person',$3,true), set_config('app.across',$4,true)`,
		string(w.realm), string(w.tenant), string(w.person), across); err != nil {
		return nil, err
	}
	tx := &Tx{Now: now, walls: w, x: t, postgres: true}
	if err := run(tx, fn); err != nil {
		return nil, err
	}
	for _, n := range tx.notices {
		if _, err := t.ExecContext(ctx, "SELECT pg_notify($1,$2)", notifyChannel, n.topic+" "+n.payload); err != nil {
			return nil, err
		}
	}
	if err := t.Commit(); err != nil {
		var p *pgconn.PgError
		if errors.As(err, &p) {
			return nil, err // the server said no: nothing was written
		}
		return nil, unknownOutcome(fmt.Errorf("commit: %w", err))
	}
	return tx, nil
}

func (e *postgresEngine) check(ctx context.Context) (out []string) {
	ask := func(q string) string {
		var s string
		if err := e.db.QueryRowContext(ctx, q).Scan(&s); err != nil {
			return err.Error()
		}
		return s
	}
	for _, x := range []struct{ what, query, want string }{
		{"fsync", "SHOW fsync", "on"}, {"full_page_writes", "SHOW full_page_writes", "on"}, {"synchronous_commit", "SHOW synchronous_commit", "on"},
		{"role passes over row-level security", "SELECT CAST(rolsuper OR rolbypassrls AS TEXT) FROM pg_roles WHERE rolname = current_user", "false"},
		{"tables of tenants without row-level security", "SELECT coalesce(string_agg(c.relname, ' ' ORDER BY c.relname), 'none') FROM pg_class c JOIN pg_namespace n ON n.oid=c.relnamespace JOIN pg_attribute a ON a.attrelid=c.oid AND a.attname='tenant_id' AND NOT a.attisdropped WHERE c.relkind='r' AND n.nspname=current_schema() AND NOT c.relforcerowsecurity AND c.relname NOT IN ('" + strings.Join(openTables, "','") + "')", "none"},
	} {
		if got := ask(x.query); got != x.want {
			out = append(out, fmt.Sprintf("postgres: %s: %s, want %s", x.what, got, x.want))
		}
	}
	return out
}
