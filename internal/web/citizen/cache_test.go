package citizen

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

var noon = time.Date(2026, 12, 1, 11, 0, 0, 0, time.UTC)

func htmlOf(n int) rendered { return rendered{html: []byte(strings.Repeat("<p>Hund</p>", n))} }

func TestManyWhoAskAtOnceLetAPageBeRenderedOnce(t *testing.T) {
	c := newPageCache(1 << 20)
	var renders atomic.Int32
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			<-begin
			if _, err := c.get(pageKey{path: "/x"}, noon, func() (rendered, error) {
				renders.Add(1)
				time.Sleep(20 * time.Millisecond)
				return htmlOf(10), nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	close(begin)
	wg.Wait()
	if n := renders.Load(); n != 1 {
		t.Errorf("rendered %d times", n)
	}
}

func TestTheCacheStaysWithinItsBoundAndKeepsWhatIsUsed(t *testing.T) {
	c := newPageCache(100_000)
	for i := range 200 {
		if _, err := c.get(pageKey{path: "/used"}, noon, func() (rendered, error) { return htmlOf(100), nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := c.get(pageKey{path: strings.Repeat("x", i)}, noon, func() (rendered, error) { return htmlOf(100), nil }); err != nil {
			t.Fatal(err)
		}
		if c.bytes > c.max {
			t.Fatalf("%d bytes after %d pages", c.bytes, i)
		}
	}
	if c.look(pageKey{path: "/used"}) == nil || c.look(pageKey{path: ""}) != nil {
		t.Error("the page in use went, or the oldest stayed")
	}
	var sum int64
	for _, e := range c.byKey {
		sum += e.Value.(*keptPage).size()
	}
	if sum != c.bytes || len(c.byKey) != c.order.Len() {
		t.Errorf("counts %d, holds %d", c.bytes, sum)
	}
	if _, err := c.get(pageKey{path: "/giant"}, noon, func() (rendered, error) { return htmlOf(5000), nil }); err != nil || c.look(pageKey{path: "/giant"}) != nil {
		t.Error("a giant page pushed out the rest")
	}
}

func TestAPageWhoseTimeHasPassedIsServedWhileOneRendersItAnew(t *testing.T) {
	c := newPageCache(1 << 20)
	k := pageKey{path: "/x"}
	version := func(s string, until time.Time) func() (rendered, error) {
		return func() (rendered, error) { return rendered{[]byte(s), until}, nil }
	}
	if _, err := c.get(k, noon, version("alt", noon.Add(time.Minute))); err != nil {
		t.Fatal(err)
	}
	later := noon.Add(2 * time.Minute)
	inside, leave := make(chan struct{}), make(chan struct{})
	done := make(chan string)
	go func() {
		p, err := c.get(k, later, func() (rendered, error) {
			close(inside)
			<-leave
			return rendered{[]byte("neu"), time.Time{}}, nil
		})
		if err != nil {
			t.Error(err)
		}
		done <- string(p.body)
	}()
	<-inside
	p, err := c.get(k, later, version("darf nicht", time.Time{}))
	if err != nil || string(p.body) != "alt" {
		t.Errorf("waited or rendered twice: %s, %v", p.body, err)
	}
	close(leave)
	if got := <-done; got != "neu" {
		t.Errorf("got %q", got)
	}
	if p, _ := c.get(k, later, version("darf nicht", time.Time{})); string(p.body) != "neu" {
		t.Errorf("not kept: %s", p.body)
	}
}

func TestAnErrorIsNotKept(t *testing.T) {
	c := newPageCache(1 << 20)
	broken := errors.New("x")
	if _, err := c.get(pageKey{}, noon, func() (rendered, error) { return rendered{}, broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if p, err := c.get(pageKey{}, noon, func() (rendered, error) { return htmlOf(1), nil }); err != nil || len(p.body) == 0 {
		t.Error(err)
	}
}

func TestServedAsTheBrowserTakesIt(t *testing.T) {
	c := newPageCache(1 << 20)
	want := htmlOf(100).html
	for accept, coded := range map[string]string{"": "", "identity": "", "gzip, deflate, br": "br", "gzip": "gzip", "br;q=0, gzip;q=0.5": "gzip", "gzip;q=0": "", "GZIP": "gzip", "*;q=0.1": "", "br;q=x": ""} {
		p, err := c.get(pageKey{path: "/x", coding: coding(accept)}, noon, func() (rendered, error) { return rendered{html: want}, nil })
		if err != nil {
			t.Fatal(err)
		}
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/x", nil)
		p.serve(w, r, false)
		if got := w.Header().Get("Content-Encoding"); got != coded {
			t.Errorf("%q is answered with %q", accept, got)
		}
		var body io.Reader = w.Body
		switch coded {
		case "gzip":
			if body, err = gzip.NewReader(w.Body); err != nil {
				t.Fatal(err)
			}
		case "br":
			body = brotli.NewReader(w.Body)
		}
		got, err := io.ReadAll(body)
		if err != nil || string(got) != string(want) {
			t.Errorf("%q: %d bytes, %v", accept, len(got), err)
		}
		if w.Header().Get("Vary") != "Accept-Encoding, Cookie" {
			t.Error("the page would be shown after signing in")
		}
		again := httptest.NewRecorder()
		r.Header.Set("If-None-Match", "W/"+w.Header().Get("Etag"))
		p.serve(again, r, false)
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 || again.Header().Get("Content-Encoding") != "" {
			t.Errorf("%q: %d for what the browser has", accept, again.Code)
		}
		head := httptest.NewRecorder()
		p.serve(head, httptest.NewRequest(http.MethodHead, "/x", nil), true)
		if head.Body.Len() > 0 || head.Header().Get("Content-Length") == "" || head.Header().Get("Cache-Control") != "private, no-cache" {
			t.Errorf("HEAD: %v", head.Header())
		}
	}
}

func TestTextsOfEditors(t *testing.T) {
	for name, c := range map[string]struct{ got, want string }{
		"headings of editors go below the page's": {demote("<h1>A</h1><h2>B</h2><h3>C</h3>"), "<h3>A</h3><h3>B</h3><h3>C</h3>"},
		"a lead is cut at a word":                 {lead("<p>Ein langer Satz über Hunde</p>", 20), "Ein langer Satz …"},
		"a short lead stays":                      {lead("<p>Kurz &amp; gut</p>", 20), "Kurz & gut"},
		"control characters become blanks":        {cleanQuery("a\x00b\x1bc"), "a b c"},
		"broken UTF-8 becomes blanks":             {cleanQuery("h\xffund"), "h und"},
		"a long query is cut":                     {cleanQuery(strings.Repeat("ä", 1000)), strings.Repeat("ä", maxQuery)},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
	if isMarkup("nur <strong>Text</strong>") || !isMarkup("Text <ul><li>x</li></ul>") {
		t.Error("paragraphs are not told from lines")
	}
}

func FuzzCleanQuery(f *testing.F) {
	for _, s := range []string{"hund", "a\x00b", "\xff\xfe", strings.Repeat("ü", 300), "\u2028 \u00a0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cleanQuery(s)
		if strings.ContainsAny(got, "\x00\n\r\t\x7f") || len([]rune(got)) > maxQuery || cleanQuery(got) != got {
			t.Fatalf("%q becomes %q", s, got)
		}
	})
}
