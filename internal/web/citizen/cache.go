package citizen

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/singleflight"

	"stadttor/internal/ident"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

// pageKey is everything a public page is made of.
type pageKey struct {
	portal ident.PortalID
	view   int64  // version of the published catalogue
	look   int64  // version of the portal
	epoch  uint64 // of the realm's directory
	lang   locale.Lang
	path   string // of a page that exists, with its known variant: never a foreign query
	coding string // "", "gzip" or "br": only what is asked for is kept
}

// keptPage is one rendered page in one coding. Immutable but for refreshing.
type keptPage struct {
	key    pageKey
	body   []byte
	header pageHeader
	until  time.Time  // when it stops being true; zero: never
	fresh  sync.Mutex // held by the one who renders it again
}

// pageHeader are the header values as shared slices: no allocation per
// request. Never changed.
type pageHeader struct{ etag, length, cache, coding []string }

// pageCache keeps pages by use, bounded in bytes. Safe for concurrent use.
type pageCache struct {
	max    int64
	flight singleflight.Group

	mu    sync.Mutex // guards the rest; held for look-ups only
	byKey map[pageKey]*list.Element
	order *list.List // of *keptPage, the last used in front
	bytes int64
	hits  int64
	fills int64
}

func newPageCache(max int64) *pageCache {
	return &pageCache{max: max, byKey: map[pageKey]*list.Element{}, order: list.New()}
}

// overhead of a page beside its body: key, list element, map entry, headers.
const overhead = 700

func (p *keptPage) size() int64 { return int64(len(p.body)+len(p.key.path)) + overhead }

func (c *pageCache) look(k pageKey) *keptPage {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[k]
	if e == nil {
		return nil
	}
	c.hits++
	c.order.MoveToFront(e)
	return e.Value.(*keptPage)
}

func (c *pageCache) put(p *keptPage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fills++
	if p.size() > c.max/8 {
		return // one giant page must not push out the rest
	}
	if old := c.byKey[p.key]; old != nil {
		c.bytes -= old.Value.(*keptPage).size()
		c.order.Remove(old)
	}
	c.byKey[p.key] = c.order.PushFront(p)
	c.bytes += p.size()
	for c.bytes > c.max {
		last := c.order.Back()
		gone := c.order.Remove(last).(*keptPage)
		delete(c.byKey, gone.key)
		c.bytes -= gone.size()
	}
}

// rendered is what a page's code gives: HTML and until when it is true.
type rendered struct {
	html  []byte
	until time.Time
}

// get gives a page from memory, else renders it: once, however many ask. A
// page whose time has passed is served on while one request renders it anew.
func (c *pageCache) get(k pageKey, now time.Time, render func() (rendered, error)) (*keptPage, error) {
	p := c.look(k)
	if p != nil {
		if p.until.IsZero() || now.Before(p.until) || !p.fresh.TryLock() {
			return p, nil
		}
		defer p.fresh.Unlock()
	}
	v, err, _ := c.flight.Do(fmt.Sprintf("%+v", k), func() (any, error) {
		r, err := render()
		if err != nil {
			return nil, err
		}
		p, err := newPage(k, r)
		if err != nil {
			return nil, err
		}
		c.put(p)
		return p, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*keptPage), nil
}

var (
	gzipWriters = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, 7); return w }}
	brWriters   = sync.Pool{New: func() any { return brotli.NewWriterOptions(nil, brotli.WriterOptions{Quality: 6, LGWin: 18}) }}
)

func newPage(k pageKey, r rendered) (*keptPage, error) {
	sum := sha256.Sum256(r.html)
	tag := hex.EncodeToString(sum[:8])
	p := &keptPage{key: k, body: r.html, until: r.until}
	var err error
	switch k.coding {
	case "gzip":
		w := gzipWriters.Get().(*gzip.Writer)
		p.body, err = compress(w, r.html)
		gzipWriters.Put(w)
	case "br":
		w := brWriters.Get().(*brotli.Writer)
		p.body, err = compress(w, r.html)
		brWriters.Put(w)
	}
	if err != nil {
		return nil, err
	}
	if k.coding != "" {
		tag += "-" + k.coding
		p.header.coding = []string{k.coding}
	}
	p.header.etag = []string{`"` + tag + `"`}
	p.header.length = []string{strconv.Itoa(len(p.body))}
	p.header.cache = cacheForDay
	if !r.until.IsZero() {
		p.header.cache = cacheMinute
	}
	return p, nil
}

func compress(w interface {
	Reset(io.Writer)
	io.WriteCloser
}, b []byte) ([]byte, error) {
	var out bytes.Buffer
	w.Reset(&out)
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	err := w.Close()
	return bytes.Clone(out.Bytes()), err
}

// Header values as shared slices. Five minutes everywhere, then stale for a
// day at most while the browser fetches anew; a page that says whether an
// office is open now lives a minute. Pages vary by cookie: who signs in or
// chooses a language must not see the page from before.
var (
	cacheForDay = []string{"public, max-age=300, stale-while-revalidate=86400"}
	cacheMinute = []string{"public, max-age=60"}
	cacheOwn    = []string{"private, no-cache"}
	varyBoth    = []string{"Accept-Encoding, Cookie"}
	typeHTML    = []string{"text/html; charset=utf-8"}
)

// serve sends the page, or 304 when the browser has it. own: the answer sets a
// cookie, so no shared cache may keep it.
func (p *keptPage) serve(w http.ResponseWriter, r *http.Request, own bool) {
	h := w.Header()
	h["Etag"], h["Vary"], h["Cache-Control"] = p.header.etag, varyBoth, p.header.cache
	if own {
		h["Cache-Control"] = cacheOwn
	}
	if match := r.Header.Get("If-None-Match"); match != "" && (match == "*" || strings.Contains(match, p.header.etag[0])) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h["Content-Type"], h["Content-Length"] = typeHTML, p.header.length
	if p.header.coding != nil {
		h["Content-Encoding"] = p.header.coding
		w = ui.Compressed(w)
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(p.body) // the client is gone: nobody to tell
	}
}

// coding picks from Accept-Encoding (RFC 9110 12.5.3): brotli, gzip or plain.
func coding(accept string) string {
	best := ""
	for accept != "" {
		var item string
		item, accept, _ = strings.Cut(accept, ",")
		name, params, _ := strings.Cut(item, ";")
		if q, found := strings.CutPrefix(strings.TrimSpace(params), "q="); found {
			if weight, err := strconv.ParseFloat(q, 64); err != nil || weight <= 0 {
				continue
			}
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "br":
			return "br"
		case "gzip":
			best = "gzip"
		}
	}
	return best
}
