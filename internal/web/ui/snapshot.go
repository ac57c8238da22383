package ui

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/a-h/templ"
	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

// SnapshotPage is a public page rendered and compressed once, when its content
// is published. It holds nothing personal: signed-in people get a page of
// their own through Render. Immutable and safe for concurrent use.
type SnapshotPage struct {
	Body, Gzip, Br []byte
	ETag           string // without quotes; changes with the body
}

// snapshotCache: five minutes everywhere, then stale for a day at most while
// the cache fetches anew (ux.md 3.3, GOV.UK RFC 144).
const snapshotCache = "public, max-age=300, stale-while-revalidate=86400"

// NewSnapshot renders and compresses a page. Brotli runs at level 6: a portal
// publishes hundreds of pages at once.
func NewSnapshot(ctx context.Context, page templ.Component) (SnapshotPage, error) {
	var plain, gz, br bytes.Buffer
	if err := page.Render(ctx, &plain); err != nil {
		return SnapshotPage{}, err
	}
	gw, err := gzip.NewWriterLevel(&gz, 7)
	if err != nil {
		return SnapshotPage{}, err
	}
	bw := brotli.NewWriterLevel(&br, 6)
	for _, w := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{gw, bw} {
		if _, err := w.Write(plain.Bytes()); err != nil {
			return SnapshotPage{}, err
		}
		if err := w.Close(); err != nil {
			return SnapshotPage{}, err
		}
	}
	sum := sha256.Sum256(plain.Bytes())
	return SnapshotPage{
		Body: bytes.Clone(plain.Bytes()), Gzip: bytes.Clone(gz.Bytes()), Br: bytes.Clone(br.Bytes()),
		ETag: hex.EncodeToString(sum[:8]),
	}, nil
}

// ServeHTTP sends the page with status 200, or 304 when the browser has it.
// It must not be wrapped in Compress: it is compressed already.
func (s SnapshotPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", snapshotCache)
	serveVariants(w, r, s.ETag, s.Body, s.Gzip, s.Br)
}

// Size is the memory the page holds, in bytes.
func (s SnapshotPage) Size() int { return len(s.Body) + len(s.Gzip) + len(s.Br) }
