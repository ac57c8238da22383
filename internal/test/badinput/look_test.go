// Package badinput_test sends what no page of ours would send, to every route
// and as every kind of visitor, and looks at what comes back: the right status,
// a sound German page, nothing of the machine, nothing lost, nothing changed.
package badinput_test

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"stadttor/internal/test/apptest"
	"stadttor/internal/test/htmlcheck"
)

// marker is what the tests try to smuggle onto a page.
const marker = `"'><zzz onload=zzz>`

// Words that betray a program behind a page: of Go and its libraries.
var machine = []string{"runtime error", "goroutine ", ".go:", "sql: ", "SQLSTATE", "strconv.", "json: ", "multipart: ", "http: ", "mime: ", "template: ", "%!", "<nil>", "map[", "panic", "unexpected EOF", "stadttor/internal"}

// Words of an English error page, in small letters between blanks.
var english = []string{" the ", " not found ", " invalid ", " error ", " failed ", " forbidden ", " bad request ", " not allowed ", " unexpected ", " must be ", " unauthorized ", " too large "}

// oneOf finds the first of the words in a text.
func oneOf(text string, words []string) string {
	for _, w := range words {
		if strings.Contains(text, w) {
			return w
		}
	}
	return ""
}

// look is what every answer to bad input must be: no fault of ours, a sound
// German page, nothing of the machine, nothing smuggled in.
func look(t testing.TB, b *apptest.Browser, what string) {
	t.Helper()
	if b.Code >= 500 {
		t.Errorf("%s: status %d: %.300s", what, b.Code, b.Text())
		return
	}
	for name, list := range b.Header {
		if strings.Contains(name, "Zzz") || strings.Contains(strings.Join(list, ""), "<zzz") {
			t.Errorf("%s: smuggled into the header %s: %q", what, name, list)
		}
	}
	if to := b.Header.Get("Location"); to != "" {
		u, err := url.Parse(to)
		if err != nil || u.Host != "" && !strings.HasSuffix(u.Hostname(), ".localhost") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) {
			t.Errorf("%s: sent away to %q", what, to)
		}
		return
	}
	kind := b.Header.Get("Content-Type")
	if b.Code >= 400 && len(b.Body) > 0 && b.Page == nil && !strings.HasPrefix(kind, "application/problem+json") {
		t.Errorf("%s: %d is no page but %s: %.200q", what, b.Code, kind, b.Body)
	}
	if bytes.Contains(b.Body, []byte("<zzz")) && !strings.HasPrefix(kind, "application/") {
		t.Errorf("%s: what was sent stands on the page as markup", what)
	}
	if strings.HasPrefix(kind, "text/") || strings.Contains(kind, "json") {
		text := b.Text()
		if b.Page == nil {
			text = string(b.Body)
		}
		if m := oneOf(text, machine); m != "" {
			t.Errorf("%s: %q on the page: %.600s", what, m, text)
		}
		if m := oneOf(" "+strings.ToLower(text)+" ", english); m != "" && b.Code >= 400 {
			t.Errorf("%s: %q on an error page: %.600s", what, m, text)
		}
	}
	if b.Page == nil || b.Code == 421 || seen(b) {
		return
	}
	p, err := htmlcheck.Parse(bytes.NewReader(b.Body))
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	for _, f := range p.Findings() {
		t.Errorf("%s (%d): %s", what, b.Code, f)
	}
}

var (
	lookedMu sync.Mutex // guards looked
	looked   = map[string]bool{}
)

// seen reports whether a page like this one was checked before: same host,
// status and title. Checking the markup of each of thousands would take minutes.
func seen(b *apptest.Browser) bool {
	lookedMu.Lock()
	defer lookedMu.Unlock()
	title, _, _ := bytes.Cut(b.Body, []byte("</title>"))
	key := fmt.Sprint(b.URL.Hostname(), b.Code, string(title[max(0, len(title)-120):]), len(b.Body)/2000)
	old := looked[key]
	looked[key] = true
	return old
}

// calm is what the log must be after bad input.
func calm(t testing.TB, h *apptest.House) {
	t.Helper()
	log := h.Log.String()
	for _, word := range []string{"panic", `"level":"ERROR"`, `"status":5`} {
		for line := range strings.Lines(log) {
			if strings.Contains(line, word) {
				t.Errorf("log: %.1200s", line)
				break
			}
		}
	}
}
