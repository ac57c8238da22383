package obs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/clock/clocktest"
)

// shared is a writer that a test reads while others write.
type shared struct {
	mu    sync.Mutex // guards the rest
	b     bytes.Buffer
	calls int
	err   error
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls++; s.err != nil {
		return 0, s.err
	}
	return s.b.Write(p)
}

func (s *shared) text() (string, int) { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String(), s.calls }

func TestLinesArriveWholeInOrderAndTogether(t *testing.T) {
	var w shared
	l := NewLines(&w)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				if _, err := fmt.Fprintf(l, "%d %d end\n", g, i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	text, calls := w.text()
	next := map[string]int{}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		var g string
		var i int
		if _, err := fmt.Sscanf(line, "%s %d end", &g, &i); err != nil || i != next[g] {
			t.Fatalf("%q: want number %d (%v)", line, next[g], err)
		}
		next[g]++
	}
	if len(next) != 4 || next["0"] != 500 || calls > 50 {
		t.Errorf("%v in %d calls", next, calls)
	}
}

func TestALineArrivesSoonWithoutAnother(t *testing.T) {
	var w shared
	l := NewLines(&w)
	_, _ = io.WriteString(l, "alone\n")
	clocktest.Soon(t, "the line", func() bool { text, _ := w.text(); return text == "alone\n" })
}

func TestAFullDiskIsSaid(t *testing.T) {
	w := shared{err: errors.New("no space")}
	l := NewLines(&w)
	_, _ = io.WriteString(l, "x\n")
	if err := l.Close(); err == nil {
		t.Error("silent")
	}
}

func TestARequestIsOneLineOfKnownFields(t *testing.T) {
	var w bytes.Buffer
	log := NewRequestLog(&w, "info")
	at := time.Date(2026, 12, 1, 9, 0, 0, 5000, time.UTC)
	log.Write(at, Request{ID: "i", Portal: "p", Route: "GET /x", Method: "GET", Status: 503, Duration: 1500 * time.Microsecond, Bytes: 7, Actor: "staff:1", Error: "gone \"x\"\n"})
	var got map[string]any
	if err := json.Unmarshal(w.Bytes(), &got); err != nil || strings.Count(w.String(), "\n") != 1 {
		t.Fatal(err, w.String())
	}
	want := map[string]any{"time": "2026-12-01T09:00:00.000005Z", "level": "ERROR", "msg": "request", "id": "i", "portal": "p", "route": "GET /x", "method": "GET", "status": 503., "ms": 1.5, "bytes": 7., "actor": "staff:1", "error": "gone \"x\"\n"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v", got)
	}
}

func TestForeignBytesStayOneLine(t *testing.T) {
	var w bytes.Buffer
	log := NewRequestLog(&w, "info")
	for _, s := range []string{"\n", "\"", `\`, "\x00", "\xff", "ü", "\u2028", "a\tb", ""} {
		w.Reset()
		log.Write(time.Time{}, Request{Method: s, Error: s})
		var got struct{ Method, Error string }
		if err := json.Unmarshal(w.Bytes(), &got); err != nil || strings.Count(w.String(), "\n") != 1 {
			t.Errorf("%q: %v %s", s, err, w.String())
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); got.Method != want || got.Error != want {
			t.Errorf("%q came back as %q", s, got.Method)
		}
	}
}

func TestTheLevelHoldsForRequestsToo(t *testing.T) {
	for _, c := range []struct {
		level  string
		status int
		lines  int
	}{{"info", 200, 1}, {"warn", 200, 0}, {"error", 404, 0}, {"error", 500, 1}, {"nonsense", 200, 1}} {
		var w bytes.Buffer
		NewRequestLog(&w, c.level).Write(time.Time{}, Request{Status: c.status})
		if n := strings.Count(w.String(), "\n"); n != c.lines {
			t.Errorf("%s, %d: %d lines", c.level, c.status, n)
		}
	}
}

func TestStrangeMethodsDoNotFillTheMetrics(t *testing.T) {
	m := NewMetrics("test")
	for i := range 100 {
		m.Request(Request{Route: "/", Method: fmt.Sprint("M", i), Status: 405})
	}
	m.Request(Request{Route: "GET /", Method: "GET", Status: 200})
	m.Request(Request{Route: "GET /", Method: "GET", Status: 200})
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	text := rec.Body.String()
	if n := strings.Count(text, "stadttor_request_seconds_count"); n != 2 || !strings.Contains(text, `stadttor_request_seconds_count{method="GET",route="GET /",status="200"} 2`) {
		t.Errorf("%d series:\n%s", n, text)
	}
}
