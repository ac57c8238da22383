package ui

import (
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"stadttor/internal/tenancy"
)

//go:embed all:dist
var dist embed.FS

// assetFiles is what web/build.mjs left in dist, read once at start.
type assetFiles struct {
	byName map[string]string // "portal.css" → "/assets/portal.0123456789ab.css"
	byPath map[string]assetFile
	icons  map[string]string // name → path data
}

type assetFile struct {
	contentType, etag string
	plain, br, gz     []byte
}

var assets = loadAssets(dist)

func (a assetFiles) icon(name string) string { return a.icons[name] }

// ErrNoAssets is what CheckAssets reports when the binary was built without
// the npm step.
var ErrNoAssets = errors.New(`the style sheet, fonts and icons are missing from this binary: run "make assets" and build again`)

// CheckAssets says whether the front-end files are in the binary. The program
// calls it at the start; tests without it still render, without look.
func CheckAssets() error {
	if len(assets.byPath) == 0 {
		return ErrNoAssets
	}
	return nil
}

// Asset is the address of an asset by its plain name ("portal.css"); the
// plain address when the build step was left out.
func Asset(name string) string {
	if url, ok := assets.byName[name]; ok {
		return url
	}
	return "/assets/" + name
}

func loadAssets(fsys fs.FS) assetFiles {
	a := assetFiles{byName: map[string]string{}, byPath: map[string]assetFile{}, icons: map[string]string{}}
	raw, err := fs.ReadFile(fsys, "dist/manifest.json")
	if err != nil {
		return a
	}
	var manifest struct {
		Files map[string]struct{ File, SHA256 string }
		Icons map[string]string
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return a
	}
	for name, f := range manifest.Files {
		body, err := fs.ReadFile(fsys, "dist/"+f.File)
		if err != nil || len(f.SHA256) < 12 {
			continue
		}
		file := assetFile{contentType: contentType(f.File), etag: f.SHA256[:12], plain: body}
		file.br, _ = fs.ReadFile(fsys, "dist/"+f.File+".br")
		file.gz, _ = fs.ReadFile(fsys, "dist/"+f.File+".gz")
		a.byName[name] = "/assets/" + f.File
		a.byPath["/assets/"+f.File] = file
		if path.Ext(name) == ".txt" {
			a.byPath["/assets/"+name] = file // licence texts keep a readable address
		}
	}
	a.icons = manifest.Icons
	return a
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}

const immutable = "public, max-age=31536000, immutable"

// AssetHandler serves GET /assets/…: hashed names for ever, the licence texts
// for an hour, brotli or gzip as the browser asks; missing answers for a name
// that no file has.
func AssetHandler(missing http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := assets.byPath[r.URL.Path]
		if !ok {
			missing.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.contentType)
		if strings.Contains(path.Base(r.URL.Path), f.etag) {
			h.Set("Cache-Control", immutable)
		} else {
			h.Set("Cache-Control", "public, max-age=3600")
		}
		serveVariants(w, r, f.etag, f.plain, f.gz, f.br)
	})
}

// LookCSSPath is the address of a portal's token file.
func LookCSSPath(l tenancy.Look) string { return "/assets/t/" + l.CSSHash() + ".css" }

// ServeLookCSS serves GET /assets/t/{hash}.css for the portal of the request.
// After a change of the look an old address still answers with the new
// colours, but is cached for a minute only.
func ServeLookCSS(w http.ResponseWriter, r *http.Request, l tenancy.Look) {
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	if r.URL.Path == LookCSSPath(l) {
		h.Set("Cache-Control", immutable)
	} else {
		h.Set("Cache-Control", "public, max-age=60")
	}
	serveVariants(w, r, l.CSSHash(), l.CSS(), nil, nil)
}

// serveVariants sends the smallest variant that the browser takes, or 304.
// Content-Type and Cache-Control are set by the caller.
func serveVariants(w http.ResponseWriter, r *http.Request, etag string, plain, gz, br []byte) {
	h := w.Header()
	body, encoding := plain, ""
	accept := r.Header.Get("Accept-Encoding")
	switch {
	case br != nil && accepts(accept, "br"):
		body, encoding = br, "br"
	case gz != nil && accepts(accept, "gzip"):
		body, encoding = gz, "gzip"
	}
	if br != nil || gz != nil {
		h.Set("Vary", "Accept-Encoding")
	}
	tag := `"` + etag + `"`
	if encoding != "" {
		tag = `"` + etag + "-" + encoding + `"`
		h.Set("Content-Encoding", encoding)
	}
	h.Set("ETag", tag)
	if matches(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		h.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client is gone: nobody to tell
	}
}

// accepts reads Accept-Encoding (RFC 9110 12.5.3): the coding is listed and
// not refused with q=0.
func accepts(header, coding string) bool {
	for header != "" {
		var item string
		item, header, _ = strings.Cut(header, ",")
		name, params, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, found := strings.CutPrefix(strings.TrimSpace(params), "q=")
		if !found {
			return true
		}
		weight, err := strconv.ParseFloat(q, 64)
		return err == nil && weight > 0
	}
	return false
}

// matches reads If-None-Match with weak comparison (RFC 9110 13.1.2).
func matches(header, tag string) bool {
	if header == "" {
		return false
	}
	if strings.TrimSpace(header) == "*" {
		return true
	}
	for header != "" {
		var item string
		item, header, _ = strings.Cut(header, ",")
		if strings.TrimPrefix(strings.TrimSpace(item), "W/") == tag {
			return true
		}
	}
	return false
}
