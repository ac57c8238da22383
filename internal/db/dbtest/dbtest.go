// Package dbtest gives each test a fresh, migrated database, on both engines.
//
// It starts one PostgreSQL server per test program (from the Debian package,
// as an unprivileged user, on loopback, without fsync: durability is tested
// elsewhere) and makes each database from a migrated template. Where no server
// is installed the PostgreSQL half fails, it is not skipped: `make setup`
// installs it. STADTTOR_TEST_POSTGRES=skip leaves it out on purpose.
package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"stadttor/internal/clock"
	"stadttor/internal/db"
)

// Start is the time at which the fake clock of Each stands: a Tuesday in
// winter, 10 o'clock in Berlin.
var Start = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// Engines names the engines that tests run on.
func Engines() []string {
	if os.Getenv("STADTTOR_TEST_POSTGRES") == "skip" {
		return []string{"sqlite"}
	}
	return []string{"sqlite", "postgres"}
}

// Each runs fn once on every engine with a fresh database and a fake clock.
func Each(t *testing.T, fn func(t *testing.T, d *db.DB, c *clock.Fake)) {
	t.Helper()
	for _, e := range Engines() {
		t.Run(e, func(t *testing.T) {
			c := clock.NewFake(Start)
			fn(t, Open(t, e, c), c)
		})
	}
}

// Open gives a fresh migrated database on the engine; it is closed with the test.
func Open(t testing.TB, engine string, c clock.Clock) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: URL(t, engine), Clock: c, Readers: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return d
}

var serial atomic.Int64

// URL gives the address of a fresh migrated database.
func URL(t testing.TB, engine string) string {
	t.Helper()
	if engine == "sqlite" {
		b, err := migrated()
		if err != nil {
			t.Fatal(err)
		}
		return "sqlite:" + file(t, b)
	}
	s, err := server()
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	name := fmt.Sprintf("t%d", serial.Add(1))
	if err := s.copy(name, "migrated"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.exec("DROP DATABASE " + name + " WITH (FORCE)") })
	return s.url("stadttor", name)
}

// Empty gives the address of a database without any table.
func Empty(t testing.TB, engine string) string {
	t.Helper()
	if engine == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "stadttor.db")
	}
	s, err := server()
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	name := fmt.Sprintf("e%d", serial.Add(1))
	if err := s.exec("CREATE DATABASE " + name + " TEMPLATE template0 OWNER stadttor"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.exec("DROP DATABASE " + name + " WITH (FORCE)") })
	return s.url("stadttor", name)
}

type pg struct {
	port int
	mu   sync.Mutex // one CREATE DATABASE at a time: they wait for the template
	root *sql.DB
	life *os.File // closes with this program
}

func (s *pg) url(role, name string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", role, s.port, name)
}

func (s *pg) copy(name, template string) error {
	return s.exec("CREATE DATABASE " + name + " TEMPLATE " + template + " OWNER stadttor STRATEGY FILE_COPY")
}

func (s *pg) exec(q string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.root.Exec(q)
	return err
}

// migrated is what the file of a migrated SQLite database holds: to migrate is
// half the time of many a test.
var migrated = sync.OnceValues(func() (b []byte, err error) {
	dir, err := os.MkdirTemp("", "stadttor-sqlite-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "migrated.db")
	d, err := db.Open(context.Background(), db.Config{URL: "sqlite:" + path})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(d.Migrate(context.Background()), d.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// file writes the file of a database for one test.
func file(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stadttor.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var server = sync.OnceValues(startServer)

func startServer() (*pg, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "stadttor-pg-")
	if err != nil {
		return nil, err
	}
	cred, err := credential(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "--no-sync", "-A", "trust", "-U", "root", "-E", "UTF8", "--locale=C.UTF-8")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	initdb.Dir = dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	// A shell stands between: whatever ends this program closes its standard
	// input, and it stops the server and takes the folder away.
	stdin, life, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c := exec.Command("sh", "-c", `dir=$1; shift; "$@" & server=$!; cat >/dev/null; kill -QUIT $server; wait $server; rm -rf "$dir"`, "sh", dir,
		filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-k", dir, "-c", "listen_addresses=127.0.0.1",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300", "-c", "shared_buffers=32MB",
		// Most of what it does here is to make databases.
		"-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "autovacuum=off", "-c", "checkpoint_timeout=1h", "-c", "max_wal_size=4GB")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Setsid: true}
	c.Stdin, c.Stdout, c.Stderr, c.Dir = stdin, log, log, dir
	if err := errors.Join(c.Start(), stdin.Close(), log.Close()); err != nil {
		return nil, err
	}
	s := &pg{port: port, life: life}
	if s.root, err = sql.Open("pgx", s.url("root", "postgres")); err != nil {
		return nil, err
	}
	s.root.SetMaxOpenConns(2)
	for range 100 {
		if err = s.root.Ping(); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		b, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("server does not answer: %w\n%s", err, b)
	}
	for _, q := range []string{"CREATE ROLE stadttor LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB", "CREATE DATABASE migrated TEMPLATE template0 OWNER stadttor"} {
		if err := s.exec(q); err != nil {
			return nil, err
		}
	}
	d, err := db.Open(context.Background(), db.Config{URL: s.url("stadttor", "migrated")})
	if err != nil {
		return nil, err
	}
	return s, errors.Join(d.Migrate(context.Background()), d.Close())
}

// binaries finds the newest installed server: Debian keeps it off the PATH.
func binaries() (string, error) {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres"); len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(p), nil
	}
	return "", errors.New("no server is installed: run `make setup` (Debian package postgresql), or set STADTTOR_TEST_POSTGRES=skip")
}

// credential picks an unprivileged user: PostgreSQL refuses to run as root.
func credential(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
		}
	}
	return nil, errors.New("neither user postgres nor nobody exists")
}

// Clone copies a database that no connection holds; from was given by URL or
// Prepare. On SQLite the file is copied.
func Clone(t testing.TB, from string) string {
	t.Helper()
	if path, ok := strings.CutPrefix(from, "sqlite:"); ok {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return "sqlite:" + file(t, b)
	}
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("c%d", serial.Add(1))
	if err := s.copy(name, strings.TrimPrefix(u.Path, "/")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.exec("DROP DATABASE " + name + " WITH (FORCE)") })
	return s.url("stadttor", name)
}

// Prepare gives an empty migrated database that lives as long as the test
// program, to be filled once and cloned. dir is for SQLite's file.
func Prepare(engine, dir string) (string, error) {
	if engine == "sqlite" {
		return "sqlite:" + filepath.Join(dir, "stadttor.db"), nil
	}
	s, err := server()
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("p%d", serial.Add(1))
	return s.url("stadttor", name), s.copy(name, "migrated")
}
