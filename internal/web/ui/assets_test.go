package ui

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/a-h/templ"
	"github.com/andybalholm/brotli"

	"stadttor/internal/tenancy"
)

// built is what build.mjs leaves, in small: the tests do not need npm.
func built() assetFiles {
	css := []byte("body{}")
	sum := sha256.Sum256(css)
	hash := hex.EncodeToString(sum[:])
	file := "portal." + hash[:12] + ".css"
	return loadAssets(fstest.MapFS{
		"dist/manifest.json":   {Data: []byte(`{"files":{"portal.css":{"file":"` + file + `","sha256":"` + hash + `"},"gone.js":{"file":"gone.1.js","sha256":"` + hash + `"}},"icons":{"home":"M0 0"}}`)},
		"dist/" + file:         {Data: css},
		"dist/" + file + ".br": {Data: []byte("br")},
		"dist/" + file + ".gz": {Data: []byte("gz")},
	})
}

// with serves the test with the given assets.
func with(t *testing.T, a assetFiles) {
	t.Helper()
	before := assets
	assets = a
	t.Cleanup(func() { assets = before })
}

func TestABinaryWithoutAssetsSaysWhichTargetIsMissing(t *testing.T) {
	with(t, loadAssets(fstest.MapFS{"dist/.gitkeep": {}}))
	if err := CheckAssets(); err == nil || !strings.Contains(err.Error(), "make assets") {
		t.Fatalf("CheckAssets() = %v", err)
	}
	if got := Asset("portal.css"); got != "/assets/portal.css" {
		t.Fatalf("Asset = %q", got)
	}
	var buf bytes.Buffer
	if err := Icon("home").Render(context.Background(), &buf); err != nil || buf.Len() != 0 {
		t.Fatalf("icon without assets: %q, %v", buf.String(), err)
	}
}

func TestAssetsAreServedForEverInTheSmallestForm(t *testing.T) {
	with(t, built())
	if err := CheckAssets(); err != nil {
		t.Fatal(err)
	}
	url := Asset("portal.css")
	tag := url[len("/assets/portal.") : len(url)-len(".css")]
	for name, c := range map[string]struct {
		path, accept, match string
		status              int
		body, encoding      string
	}{
		"brotli first":               {url, "gzip, deflate, br", "", 200, "br", "br"},
		"gzip where brotli is not":   {url, "gzip", "", 200, "gz", "gzip"},
		"plain for old clients":      {url, "", "", 200, "body{}", ""},
		"q=0 is a refusal":           {url, "br;q=0, gzip;q=0.5", "", 200, "gz", "gzip"},
		"a browser that has it":      {url, "br", `"` + tag + `-br"`, 304, "", ""},
		"a weak tag counts too":      {url, "br", `"x", W/"` + tag + `-br"`, 304, "", ""},
		"the tag of another variant": {url, "br", `"` + tag + `-gzip"`, 200, "br", "br"},
		"an unknown file":            {"/assets/portal.000000000000.css", "br", "", 404, "404 page not found\n", ""},
		"a way out of the folder":    {"/assets/../manifest.json", "", "", 404, "404 page not found\n", ""},
		"a file the manifest lacks":  {"/assets/gone.1.js", "", "", 404, "404 page not found\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.URL.Path = c.path
			r.Header.Set("Accept-Encoding", c.accept)
			r.Header.Set("If-None-Match", c.match)
			w := httptest.NewRecorder()
			AssetHandler(http.NotFoundHandler()).ServeHTTP(w, r)
			if w.Code != c.status || w.Body.String() != c.body || w.Header().Get("Content-Encoding") != c.encoding {
				t.Fatalf("%d %q %q", w.Code, w.Body, w.Header().Get("Content-Encoding"))
			}
			if c.status < 400 && (w.Header().Get("Cache-Control") != immutable || w.Header().Get("Vary") != "Accept-Encoding") {
				t.Fatalf("%v", w.Header())
			}
		})
	}
}

func TestTheBuiltAssetsAreWhatTheManifestSays(t *testing.T) {
	a := loadAssets(dist)
	if len(a.byPath) == 0 {
		t.Skip("built without the npm step: make assets")
	}
	for path, f := range a.byPath {
		sum := sha256.Sum256(f.plain)
		if !strings.HasPrefix(hex.EncodeToString(sum[:]), f.etag) {
			t.Errorf("%s: hash differs", path)
		}
		if f.contentType == "" {
			t.Errorf("%s: no content type", path)
		}
		for encoding, packed := range map[string][]byte{"br": f.br, "gzip": f.gz} {
			if packed != nil && !bytes.Equal(unpack(t, encoding, packed), f.plain) {
				t.Errorf("%s: the %s twin differs", path, encoding)
			}
		}
	}
	for _, name := range []string{"portal.css", "portal.js", "theme.js", "fira-sans-400.woff2", "fira-sans-600.woff2", "licences.txt"} {
		if a.byName[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	if n := len(a.byPath[a.byName["portal.css"]].br); n > 26_000 {
		t.Errorf("style sheet: %d bytes brotli, budget 26000", n)
	}
}

func unpack(t *testing.T, encoding string, packed []byte) []byte {
	t.Helper()
	var r io.Reader = brotli.NewReader(bytes.NewReader(packed))
	if encoding == "gzip" {
		g, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		r = g
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Every icon that code names is in the list, and the list holds each name once.
func TestIconsInUseAreInTheList(t *testing.T) {
	raw, err := os.ReadFile("icons/icons.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, line := range strings.Split(string(raw), "\n") {
		name, _, _ := strings.Cut(line, "#")
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if listed[name] {
			t.Errorf("%s is listed twice", name)
		}
		listed[name] = true
	}
	use := regexp.MustCompile(`\bIcon(?:Large)?\("([a-z_]+)"\)|\bIcon: +"([a-z_]+)"`)
	found := 0
	err = filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !(strings.HasSuffix(path, ".templ") || strings.HasSuffix(path, ".go")) || strings.HasSuffix(path, "_templ.go") {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range use.FindAllStringSubmatch(string(body), -1) {
			found++
			if name := m[1] + m[2]; !listed[name] {
				t.Errorf("%s uses the icon %s, which icons.txt lacks", path, name)
			}
		}
		return nil
	})
	if err != nil || found < 20 {
		t.Fatalf("%d uses found: the search is broken (%v)", found, err)
	}
	for _, tone := range []Tone{Info, Success, Warning, Danger} {
		if !listed[toneIcon(tone)] {
			t.Errorf("no icon for tone %s", tone)
		}
	}
}

func TestLookCSSIsCachedByItsContent(t *testing.T) {
	look := tenancy.DefaultLook("Portal", "")
	for path, want := range map[string]string{LookCSSPath(look): immutable, "/assets/t/000000000000.css": "public, max-age=60"} {
		w := httptest.NewRecorder()
		ServeLookCSS(w, httptest.NewRequest("GET", path, nil), look)
		if w.Code != 200 || w.Header().Get("Cache-Control") != want || !strings.Contains(w.Body.String(), "--kern-color-action-default:#2044aa") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}

// The contrast check of tenancy computes against the colours of the style sheet.
func TestPageColoursAreThoseOfTheStyleSheet(t *testing.T) {
	css, err := os.ReadFile("css/portal/10-tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	values := func(token string) []string {
		var out []string
		for _, m := range regexp.MustCompile(token+`:(#[0-9a-f]{6});`).FindAllStringSubmatch(string(css), -1) {
			out = append(out, m[1])
		}
		return out
	}
	for token, want := range map[string][2]string{
		"--p-bg":      {tenancy.LightPage.Background, tenancy.DarkPage.Background},
		"--p-surface": {tenancy.LightPage.Surface, tenancy.DarkPage.Surface},
		"--p-text":    {tenancy.LightPage.Text, tenancy.DarkPage.Text},
	} {
		got := values(token)
		// light; dark by device; dark by choice
		if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[1] {
			t.Errorf("%s: style sheet %v, tenancy %v", token, got, want)
		}
	}
}

// Fixed colours of the two schemes keep their contrast, whatever a tenant chooses.
func TestFixedColoursKeepTheirContrast(t *testing.T) {
	css, err := os.ReadFile("css/portal/10-tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	schemes := regexp.MustCompile(`color-scheme:(light|dark);([^}]*)`).FindAllStringSubmatch(string(css), -1)
	if len(schemes) != 3 {
		t.Fatalf("%d schemes", len(schemes))
	}
	for _, s := range schemes {
		token := map[string]string{}
		for _, m := range regexp.MustCompile(`(--[a-z-]+):(#[0-9a-f]{6});`).FindAllStringSubmatch(s[2], -1) {
			token[m[1]] = m[2]
		}
		for _, pair := range []struct {
			fg, bg string
			need   float64
		}{
			{"--p-muted", "--p-bg", 4.5}, {"--p-muted", "--p-surface", 4.5}, {"--p-muted", "--p-raised", 4.5},
			{"--p-text", "--p-field", 4.5}, {"--p-danger", "--p-bg", 4.5}, {"--p-danger", "--p-surface", 4.5},
			{"--p-success", "--kern-color-feedback-success-background", 4.5},
			{"--p-text", "--kern-color-feedback-danger-background", 4.5}, {"--p-text", "--kern-color-feedback-warning-background", 4.5},
			{"--p-line-strong", "--p-field", 3}, {"--p-line-strong", "--p-bg", 3}, {"--p-line-strong", "--p-surface", 3},
		} {
			if have, ok := tenancy.Contrast(token[pair.fg], token[pair.bg]); !ok || have < pair.need {
				t.Errorf("%s: %s on %s is %.2f, want %.1f", s[1], pair.fg, pair.bg, have, pair.need)
			}
		}
	}
}

func TestSnapshotPagesAreServedAsAsked(t *testing.T) {
	body := strings.Repeat("<p>Hundesteuer anmelden</p>", 200)
	s, err := NewSnapshot(context.Background(), templ.Raw(body))
	if err != nil {
		t.Fatal(err)
	}
	for accept, want := range map[string]string{"gzip, br": "br", "gzip": "gzip", "": "", "zstd": ""} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		got := w.Body.Bytes()
		if w.Header().Get("Content-Encoding") != want || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Fatalf("%q: %v", accept, w.Header())
		}
		if want != "" {
			got = unpack(t, want, got)
		}
		if string(got) != body {
			t.Fatalf("%q: other body", accept)
		}
		if cc := w.Header().Get("Cache-Control"); !strings.HasPrefix(cc, "public, max-age=300, stale-while-revalidate=") {
			t.Fatalf("Cache-Control %q", cc)
		}
		again := httptest.NewRequest("GET", "/", nil)
		again.Header.Set("Accept-Encoding", accept)
		again.Header.Set("If-None-Match", w.Header().Get("ETag"))
		w2 := httptest.NewRecorder()
		s.ServeHTTP(w2, again)
		if w2.Code != http.StatusNotModified || w2.Body.Len() != 0 || w2.Header().Get("Cache-Control") == "" {
			t.Fatalf("%q: %d %v", accept, w2.Code, w2.Header())
		}
	}
	other, err := NewSnapshot(context.Background(), templ.Raw(body+" "))
	if err != nil {
		t.Fatal(err)
	}
	if other.ETag == s.ETag {
		t.Fatal("two pages, one tag")
	}
	if s.Size() != len(s.Body)+len(s.Gzip)+len(s.Br) || len(s.Br) >= len(s.Body) {
		t.Fatalf("size %d, br %d", s.Size(), len(s.Br))
	}
}

func TestCompressLeavesSnapshotsAlone(t *testing.T) {
	s, err := NewSnapshot(context.Background(), templ.Raw(strings.Repeat("x", 5000)))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		h    http.Handler
		want string
	}{
		"a snapshot stays brotli": {s, "br"},
		"a dynamic page is packed": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = Render(w, r, 200, templ.Raw(strings.Repeat("<p>y</p>", 2000)))
		}), "gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := Compress(c.h)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Accept-Encoding", "gzip, br")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header().Get("Content-Encoding"); got != c.want {
				t.Fatalf("Content-Encoding %q, want %q", got, c.want)
			}
			if cl := w.Header().Get("Content-Length"); c.want == "gzip" && cl != "" {
				t.Fatalf("Content-Length of the unpacked page left: %s", cl)
			}
		})
	}
}
