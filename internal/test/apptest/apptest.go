// Package apptest starts the very program that main starts, with the
// demonstration's world, a fake clock and no network but loopback, and gives a
// browser without JavaScript to walk through it.
package apptest

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/app"
	"stadttor/internal/clock"
	"stadttor/internal/config"
	"stadttor/internal/db/dbtest"
)

// House is a running program.
type House struct {
	*app.App
	Clock  *clock.Fake
	Server *httptest.Server
	Log    *Log
	Dir    string // data folder
	s      config.Settings
	t      testing.TB
}

// Log collects what the program logs, for canary tests.
type Log struct {
	mu sync.Mutex // guards b
	b  strings.Builder
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }

// String gives everything so far.
func (l *Log) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

type world struct {
	url, dir string
	err      error
}

var (
	mu     sync.Mutex // guards worlds
	worlds = map[string]world{}
)

// prepare installs the demonstration once per engine and test program.
func prepare(engine string) world {
	mu.Lock()
	defer mu.Unlock()
	if w, ok := worlds[engine]; ok {
		return w
	}
	w := world{}
	w.dir, w.err = os.MkdirTemp("", "stadttor-world-")
	if w.err == nil {
		w.url, w.err = dbtest.Prepare(engine, w.dir)
	}
	if w.err == nil {
		w.err = install(w)
	}
	worlds[engine] = w
	return w
}

func install(w world) error {
	s := settings(w.dir, w.url)
	if err := app.EnsureRootKey(s.RootKeyFile); err != nil {
		return err
	}
	a, err := open(s, clock.NewFake(dbtest.Start), io.Discard)
	if err != nil {
		return err
	}
	if err := a.InstallDemo(context.Background(), func(string, int, int) {}); err != nil {
		return err
	}
	if _, err := a.Jobs.Drain(context.Background()); err != nil {
		return err
	}
	return a.Close()
}

func settings(dir, url string) config.Settings {
	s := app.DemoSettings(dir, 0)
	s.Database = url
	s.LogLevel = "debug"
	return s
}

func open(s config.Settings, c clock.Clock, log io.Writer) (*app.App, error) {
	people, err := app.DemoPeople()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.FolderBase, 0o700); err != nil {
		return nil, err
	}
	return app.Open(context.Background(), app.Options{Settings: s, Version: "test", Log: log, Clock: c, People: people}, true)
}

// Each runs fn on every engine.
func Each(t *testing.T, fn func(t *testing.T, h *House)) {
	t.Helper()
	for _, e := range dbtest.Engines() {
		t.Run(e, func(t *testing.T) { fn(t, Start(t, e)) })
	}
}

// Start starts a fresh copy of the demonstration's world. Jobs run when Drain
// is called, not by themselves.
func Start(t testing.TB, engine string) *House {
	t.Helper()
	w := prepare(engine)
	if w.err != nil {
		t.Fatal(w.err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(w.dir)); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"schluessel/root.key"} {
		if err := os.Chmod(filepath.Join(dir, p), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := &House{Clock: clock.NewFake(dbtest.Start), Log: &Log{}, Dir: dir, s: settings(dir, dbtest.Clone(t, w.url)), t: t}
	h.open("127.0.0.1:0")
	t.Cleanup(h.close)
	return h
}

// Install installs the demonstration anew, with settings changed before the
// first start.
func Install(t testing.TB, engine string, change func(*config.Settings)) *House {
	t.Helper()
	dir := t.TempDir()
	h := &House{Clock: clock.NewFake(dbtest.Start), Log: &Log{}, Dir: dir, s: settings(dir, dbtest.URL(t, engine)), t: t}
	change(&h.s)
	if err := app.EnsureRootKey(h.s.RootKeyFile); err != nil {
		t.Fatal(err)
	}
	h.open("127.0.0.1:0")
	t.Cleanup(h.close)
	if err := h.InstallDemo(t.Context(), func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
	h.Drain()
	return h
}

// Node starts the same program once more, on the same database and files.
func (h *House) Node() *House {
	h.t.Helper()
	n := &House{Clock: h.Clock, Log: &Log{}, Dir: h.Dir, s: h.s, t: h.t}
	n.open("127.0.0.1:0")
	h.t.Cleanup(n.close)
	return n
}

// Restart stops the program and starts it again at the same address.
func (h *House) Restart() {
	h.t.Helper()
	addr := h.Server.Listener.Addr().String()
	h.close()
	h.open(addr)
}

func (h *House) close() {
	h.Server.Close()
	if err := h.App.Close(); err != nil {
		h.t.Error(err)
	}
}

func (h *House) open(addr string) {
	h.t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		h.t.Fatal(err)
	}
	h.s.PublicPort = l.Addr().(*net.TCPAddr).Port
	a, err := open(h.s, h.Clock, h.Log)
	if err != nil {
		h.t.Fatal(err)
	}
	h.App = a
	h.Server = &httptest.Server{Listener: l, Config: &http.Server{Handler: a.Handler()}}
	h.Server.Start()
}

// For is the same house for another test, whose failure is its own.
func (h *House) For(t testing.TB) *House {
	n := *h
	n.t = t
	return &n
}

// Drain runs all jobs that are due.
func (h *House) Drain() {
	h.t.Helper()
	if _, err := h.Jobs.Drain(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

// Working runs fn while jobs run in the background, as they do in the town.
func (h *House) Working(fn func()) {
	h.t.Helper()
	end, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			_, err := h.Jobs.Drain(context.Background())
			select {
			case <-end:
				ended <- err
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	defer func() {
		close(end)
		if err := <-ended; err != nil {
			h.t.Error(err)
		}
	}()
	fn()
}
