package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"stadttor/internal/migrations"
)

// ErrNewer says that the database was written by a newer program.
var ErrNewer = errors.New("the database is newer than this program: downgrading is refused, install the newer program or restore a backup")

func (e *sqliteEngine) migrate(ctx context.Context) error { return e.migrating(ctx, up(ctx)) }

// migrating lends a plain handle to the same file: goose needs connections of
// its own; verbs wait meanwhile on the file lock.
func (e *sqliteEngine) migrating(_ context.Context, fn func(*goose.Provider) error) error {
	d, err := sql.Open("sqlite", "file:"+e.path+"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	d.SetMaxOpenConns(1)
	return errors.Join(provide(d, goose.DialectSQLite3, "sqlite", fn), d.Close())
}

func (e *postgresEngine) migrate(ctx context.Context) error {
	if err := e.migrating(ctx, up(ctx)); err != nil {
		return err
	}
	return e.secure(ctx)
}

// migrating connects across the walls: a migration changes rows of all tenants,
// and behind a wall it would find none and say nothing.
func (e *postgresEngine) migrating(_ context.Context, fn func(*goose.Provider) error) error {
	l, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return err
	}
	d := stdlib.OpenDB(*e.pool.Config().ConnConfig, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "SELECT set_config('app.across','yes',false)")
		return err
	}))
	return errors.Join(provide(d, goose.DialectPostgres, "postgres", fn, goose.WithSessionLocker(l)), d.Close())
}

func provide(d *sql.DB, dialect goose.Dialect, name string, fn func(*goose.Provider) error, opts ...goose.ProviderOption) error {
	p, err := goose.NewProvider(dialect, d, dialectFS{migrations.FS, tokens[name]}, opts...)
	if err != nil {
		return fmt.Errorf("reading migrations: %w", err)
	}
	return fn(p)
}

// up brings a database to the newest version that the program knows.
func up(ctx context.Context) func(*goose.Provider) error {
	return func(p *goose.Provider) error {
		have, err := p.GetDBVersion(ctx)
		if err != nil {
			return fmt.Errorf("reading the schema's version: %w", err)
		}
		sources := p.ListSources()
		if len(sources) > 0 && have > sources[len(sources)-1].Version {
			return ErrNewer
		}
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("migrating: %w", err)
		}
		return nil
	}
}

// tokens are the few words that the two engines spell differently in a
// CREATE TABLE.
var tokens = map[string]*strings.Replacer{
	"sqlite":   strings.NewReplacer("{blob}", "BLOB", "{json}", "TEXT", "{bool}", "INTEGER", "{strict}", " STRICT", "BIGINT", "INTEGER"),
	"postgres": strings.NewReplacer("{blob}", "BYTEA", "{json}", "JSONB", "{bool}", "BOOLEAN", "{strict}", ""),
}

// dialectFS fills the tokens when goose reads a file.
type dialectFS struct {
	fs  fs.FS
	rep *strings.Replacer
}

func (d dialectFS) Open(name string) (fs.File, error) {
	f, err := d.fs.Open(name)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil || st.IsDir() {
		return f, err
	}
	defer f.Close()
	b, err := fs.ReadFile(d.fs, name)
	if err != nil {
		return nil, err
	}
	text := d.rep.Replace(string(b))
	return &filled{Reader: strings.NewReader(text), info: sized{st, int64(len(text))}}, nil
}

func (d dialectFS) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(d.fs, name) }

type filled struct {
	*strings.Reader
	info fs.FileInfo
}

func (f *filled) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *filled) Close() error               { return nil }

type sized struct {
	fs.FileInfo
	n int64
}

func (s sized) Size() int64 { return s.n }

// openTables hold what is public anyway (who is on the platform) and are read
// before a scope is known.
var openTables = []string{"portal", "realm", "tenant", "unit"}

// secure puts row-level security on every table that has a wall, derived from
// its columns so that a new table cannot forget it:
//
//	tenant_id              → the scope's tenant
//	tenant_id + person_id  → the scope's tenant, or the scope's person (own rows)
//	realm_id + person_id   → the scope's realm, never a tenant; own rows only for a person
//	realm_id (no tenant)   → the scope's realm
//
// Work across the walls (Across) sees all; openTables have no wall.
func (e *postgresEngine) secure(ctx context.Context) error {
	rows, err := e.db.QueryContext(ctx, `SELECT table_name, string_agg(column_name, ',') FROM information_schema.columns
		WHERE table_schema = current_schema() AND column_name IN ('tenant_id','person_id','realm_id')
		AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = current_schema()) GROUP BY table_name`)
	if err != nil {
		return err
	}
	type wall struct{ table, cols string }
	walls, err := Collect(rows, nil, func(r *sql.Rows) (w wall, err error) { return w, r.Scan(&w.table, &w.cols) })
	if err != nil {
		return err
	}
	setting := func(s string) string { return "nullif(current_setting('app." + s + "',true),'')" }
	for _, w := range walls {
		if slices.Contains(openTables, w.table) {
			continue
		}
		has := func(c string) bool { return strings.Contains(","+w.cols+",", ","+c+",") }
		var cond string
		switch {
		case has("tenant_id") && has("person_id"):
			cond = "tenant_id = " + setting("tenant") + " OR person_id = " + setting("person")
		case has("tenant_id"):
			cond = "tenant_id = " + setting("tenant")
			if has("realm_id") {
				cond += " OR (tenant_id = '' AND realm_id = " + setting("realm") + ")"
			}
		case has("realm_id") && has("person_id"):
			cond = "realm_id = " + setting("realm") + " AND " + setting("tenant") + " IS NULL AND (" + setting("person") + " IS NULL OR person_id = " + setting("person") + ")"
		case has("realm_id"):
			cond = "realm_id = " + setting("realm")
		default:
			cond = "person_id = " + setting("person")
		}
		cond = "(" + cond + ") OR current_setting('app.across',true) = 'yes'"
		// ALTER takes a lock on the table: only where something is to do.
		var have string
		err := e.db.QueryRowContext(ctx, `SELECT coalesce(max(obj_description(c.oid)),'') FROM pg_class c JOIN pg_namespace n ON n.oid=c.relnamespace WHERE n.nspname=current_schema() AND c.relname=$1 AND c.relforcerowsecurity`, w.table).Scan(&have)
		if err != nil {
			return err
		}
		if have == cond {
			continue
		}
		for _, q := range []string{
			"ALTER TABLE " + w.table + " ENABLE ROW LEVEL SECURITY",
			"ALTER TABLE " + w.table + " FORCE ROW LEVEL SECURITY",
			"DROP POLICY IF EXISTS wall ON " + w.table,
			"CREATE POLICY wall ON " + w.table + " USING (" + cond + ") WITH CHECK (" + cond + ")",
			"COMMENT ON TABLE " + w.table + " IS '" + strings.ReplaceAll(cond, "'", "''") + "'",
		} {
			if _, err := e.db.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("securing table %s: %w", w.table, err)
			}
		}
	}
	return nil
}
