// Package apptest starts the very program that main starts, with the
// demonstration's world, a fake clock and no network but loopback, and gives a
// browser without JavaScript to walk through it.
package apptest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

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
	h := &House{Clock: clock.NewFake(dbtest.Start), Log: &Log{}, Dir: dir, t: t}
	h.open(dbtest.Clone(t, w.url))
	t.Cleanup(func() {
		h.Server.Close()
		if err := h.App.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *House) open(url string) {
	h.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	s := settings(h.Dir, url)
	s.PublicPort = l.Addr().(*net.TCPAddr).Port
	a, err := open(s, h.Clock, h.Log)
	if err != nil {
		h.t.Fatal(err)
	}
	h.App = a
	h.Server = &httptest.Server{Listener: l, Config: &http.Server{Handler: a.Handler()}}
	h.Server.Start()
}

// Drain runs all jobs that are due.
func (h *House) Drain() {
	h.t.Helper()
	if _, err := h.Jobs.Drain(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

// Browser walks through the portals as a person without JavaScript does: it
// keeps cookies, follows redirects and fills in forms.
type Browser struct {
	h    *House
	c    *http.Client
	Page *html.Node // of the last answer, nil if it was no HTML
	Body []byte
	URL  *url.URL
	Code int
}

// Browser opens a new one, without any cookie.
func (h *House) Browser() *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	addr := h.Server.Listener.Addr().String()
	tr := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr) // every .localhost is here
	}}
	h.t.Cleanup(tr.CloseIdleConnections)
	return &Browser{h: h, c: &http.Client{Jar: jar, Transport: tr, Timeout: 30 * time.Second}}
}

// URLOf gives an address on a tenant's portal.
func (h *House) URLOf(tenant, path string) string {
	_, port, _ := net.SplitHostPort(h.Server.Listener.Addr().String())
	return fmt.Sprintf("http://service.%s.localhost:%s%s", tenant, port, path)
}

// Get opens an address; a path stays on the last page's host.
func (b *Browser) Get(address string) *Browser {
	b.h.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.resolve(address), nil)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return b.do(req)
}

// Post sends a form's values to an address, as a browser on the same site does.
func (b *Browser) Post(address string, values url.Values) *Browser {
	b.h.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.resolve(address), strings.NewReader(values.Encode()))
	if err != nil {
		b.h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(req)
}

func (b *Browser) resolve(address string) string {
	if b.URL == nil {
		return address
	}
	u, err := b.URL.Parse(address)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return u.String()
}

func (b *Browser) do(req *http.Request) *Browser {
	b.h.t.Helper()
	resp, err := b.c.Do(req)
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer resp.Body.Close()
	if b.Body, err = io.ReadAll(resp.Body); err != nil {
		b.h.t.Fatal(err)
	}
	b.Code, b.URL, b.Page = resp.StatusCode, resp.Request.URL, nil
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		if b.Page, err = html.Parse(strings.NewReader(string(b.Body))); err != nil {
			b.h.t.Fatal(err)
		}
	}
	return b
}

// SignIn signs a citizen in at the tenant's portal through the demo's partner.
func (b *Browser) SignIn(tenant, person, level string) *Browser {
	b.h.t.Helper()
	return b.choose(b.h.URLOf(tenant, "/anmelden"), person, level)
}

// SignInStaff signs a member of staff in at the tenant's portal.
func (b *Browser) SignInStaff(tenant, person string) *Browser {
	b.h.t.Helper()
	return b.choose(b.h.URLOf(tenant, "/verwaltung/anmelden"), person, "")
}

func (b *Browser) choose(address, person, level string) *Browser {
	b.h.t.Helper()
	b.Get(address)
	f := b.Form(func(f Form) bool {
		return strings.Contains(f.Action, "anmelden") && f.Method == http.MethodPost
	})
	b.Submit(f, nil)
	f = b.Form(func(f Form) bool {
		return f.Values.Get("person") == person && (level == "" || f.Values.Get("niveau") == level)
	})
	b.Submit(f, nil)
	if b.Code >= 400 {
		b.h.t.Fatalf("sign-in of %s ended at %s with %d", person, b.URL.Path, b.Code)
	}
	return b
}

// Form is a form on the page with what it would send.
type Form struct {
	Action, Method string
	Values         url.Values
	Buttons        []url.Values
}

// Forms lists the page's forms.
func (b *Browser) Forms() (out []Form) {
	var walk func(n *html.Node, f *Form)
	walk = func(n *html.Node, f *Form) {
		if n.Type == html.ElementNode {
			switch n.Data {
			case "form":
				g := Form{Action: attr(n, "action"), Method: strings.ToUpper(attr(n, "method")), Values: url.Values{}}
				if g.Method == "" {
					g.Method = http.MethodGet
				}
				for c := n.FirstChild; c != nil; c = c.NextSibling {
					walk(c, &g)
				}
				out = append(out, g)
				return
			case "input", "textarea", "select", "button":
				if f != nil {
					f.field(n)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, f)
		}
	}
	if b.Page != nil {
		walk(b.Page, nil)
	}
	return out
}

func (f *Form) field(n *html.Node) {
	name := attr(n, "name")
	if name == "" {
		return
	}
	switch {
	case n.Data == "button":
		f.Buttons = append(f.Buttons, url.Values{name: {attr(n, "value")}})
	case n.Data == "textarea":
		f.Values.Add(name, Text(n))
	case n.Data == "select":
		first, chosen := "", ""
		var walk func(*html.Node)
		walk = func(o *html.Node) {
			if o.Type == html.ElementNode && o.Data == "option" {
				if first == "" {
					first = attr(o, "value")
				}
				if has(o, "selected") {
					chosen = attr(o, "value")
				}
			}
			for c := o.FirstChild; c != nil; c = c.NextSibling {
				walk(c)
			}
		}
		walk(n)
		if chosen == "" {
			chosen = first
		}
		f.Values.Add(name, chosen)
	case attr(n, "type") == "submit":
		f.Buttons = append(f.Buttons, url.Values{name: {attr(n, "value")}})
	case attr(n, "type") == "radio" || attr(n, "type") == "checkbox":
		if has(n, "checked") {
			f.Values.Add(name, attr(n, "value"))
		}
	case attr(n, "type") != "file":
		f.Values.Add(name, attr(n, "value"))
	}
}

// Form finds the first form for which ok is true; the test fails without one.
func (b *Browser) Form(ok func(Form) bool) Form {
	b.h.t.Helper()
	for _, f := range b.Forms() {
		if ok(f) {
			return f
		}
	}
	b.h.t.Fatalf("no such form on %s (%d): %.2000s", b.URL, b.Code, b.Text())
	return Form{}
}

// Submit sends a form with changed values; a value nil removes the field.
func (b *Browser) Submit(f Form, change url.Values) *Browser {
	b.h.t.Helper()
	v := url.Values{}
	for k, x := range f.Values {
		v[k] = x
	}
	for k, x := range change {
		if x == nil {
			v.Del(k)
		} else {
			v[k] = x
		}
	}
	action := f.Action
	if action == "" {
		action = b.URL.Path
	}
	if f.Method == http.MethodGet {
		return b.Get(action + "?" + v.Encode())
	}
	return b.Post(action, v)
}

// Text is what a person reads on the page.
func (b *Browser) Text() string {
	if b.Page == nil {
		return string(b.Body)
	}
	return Text(b.Page)
}

// Text is the text below a node, white space folded.
func Text(n *html.Node) string {
	var w strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			w.WriteString(n.Data)
			w.WriteByte(' ')
		}
		if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style") {
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(w.String()), " ")
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
