package ui

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"

	"github.com/a-h/templ"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled bounds the buffers that are kept: one giant list must not stay in memory.
const maxPooled = 512 << 10

// Render writes a component as an HTML page. It renders to a buffer first, so
// that an error while rendering leaves the response untouched. A page that
// sets no Cache-Control of its own is private and not cached.
func Render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer func() {
		if buf.Cap() <= maxPooled {
			buffers.Put(buf)
		}
	}()
	if err := page.Render(r.Context(), buf); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-store")
	}
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, _ = w.Write(buf.Bytes()) // the client is gone: nobody to tell
	return nil
}

// SeeOther answers a successful POST: 303 to a path of this host. Anything
// that is not a local path leads to the start page, so that no parameter can
// send people elsewhere.
func SeeOther(w http.ResponseWriter, r *http.Request, path string) error {
	if !localPath(path) {
		path = "/"
	}
	w.Header().Set("Cache-Control", "private, no-store")
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// localPath accepts "/a/b?c#d", not "//host", "/\host" or "https://host".
func localPath(p string) bool {
	if len(p) == 0 || p[0] != '/' {
		return false
	}
	if len(p) > 1 && (p[1] == '/' || p[1] == '\\') {
		return false
	}
	for i := 0; i < len(p); i++ {
		if p[i] < 0x20 || p[i] == 0x7f || p[i] == '\\' {
			return false
		}
	}
	return true
}
