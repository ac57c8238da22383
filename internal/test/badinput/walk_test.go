package badinput_test

import (
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/test/apptest"
	"stadttor/internal/web/ui"
)

// odd are values for the part of a path or of a query, as they are, before
// they are encoded.
var odd = []string{
	"", " ", ".", "..", "../../etc/passwd", "a/b", `a\b`, "%", "%2e%2e%2f", "\x00", "\n", "\r\nX-Zzz: 1", "\xc3\x28", "😀", "\u202e", "ß", "null", "undefined", "true",
	"0", "-1", "1e9", "99999999999999999999", "00000000000000000000000000", "06h31n8jg2r8s3xyzyqhdajvtw", "zzzzzzzzzzzzzzzzzzzzzzzzzz",
	"' OR '1'='1", "{{.}}", "${7*7}", marker, ";", "?", "#", "a;b=c", "//evil.example", "https://evil.example/", `/\evil.example`, "javascript:alert(1)", strings.Repeat("a", 300), strings.Repeat("ä", 3000),
}

// some is a short choice of odd, for the many POST routes.
var some = []string{"", "..", "\x00", "\xc3\x28", "-1", "99999999999999999999", "zzzzzzzzzzzzzzzzzzzzzzzzzz", marker, strings.Repeat("ä", 3000)}

// real gives a value for the parts of paths that leads far into a handler.
func (w *walk) real(pattern, name string) string {
	switch {
	case name == "form":
		return "osterfeuer-anmeldung"
	case name == "page":
		return "einverstaendnis"
	case name == "slug" && strings.Contains(pattern, "lebenslagen"):
		return "umzug"
	case name == "slug":
		return "hundesteuer-anmeldung"
	case name == "method":
		return "demo"
	case name == "provider":
		return "demo-karte"
	case name == "case" && strings.Contains(pattern, "entwurf"), name == "file" && strings.Contains(pattern, "entwurf"):
		return w.draft[name]
	case w.sent[name] != "":
		return w.sent[name]
	case name == "id":
		return w.sent["case"]
	}
	return "06h31n8jg2r8s3xyzyqhdajvtw"
}

type walk struct {
	h    *apptest.House
	sent map[string]string // a case that was sent: case, file, payment
	// draft of the same person: case and file.
	draft map[string]string
}

var parameter = regexp.MustCompile(`\{([a-z]+)(\.\.\.)?\}`)

// paths gives the addresses of a pattern with each parameter odd in turn.
func (w *walk) paths(pattern string, values []string) (out []string) {
	_, path, _ := strings.Cut(pattern, " ")
	path = strings.ReplaceAll(path, "{$}", "")
	names := parameter.FindAllStringSubmatch(path, -1)
	fill := func(at int, value string) string {
		i := -1
		return parameter.ReplaceAllStringFunc(path, func(m string) string {
			i++
			if i == at {
				return url.PathEscape(value)
			}
			return w.real(pattern, names[i][1])
		})
	}
	out = append(out, fill(-1, ""))
	for at := range names {
		for _, v := range values {
			out = append(out, fill(at, v))
		}
	}
	return out
}

// queries reads from the doors' own source which parameters they ask for.
func queries(t testing.TB) []string {
	t.Helper()
	ask := regexp.MustCompile(`\.(?:Get|Has|FormValue|Text)\((?:r, )?"([a-z_.-]+)"\)`)
	found := map[string]bool{}
	if err := filepath.WalkDir("../../web", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range ask.FindAllSubmatch(b, -1) {
			found[string(m[1])] = true
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	out := slices.Sorted(maps.Keys(found))
	if len(out) < 10 || !slices.Contains(out, "q") || !slices.Contains(out, "ziel") {
		t.Fatalf("the parameters were not found: %v", out)
	}
	return out
}

// visitors are who walks, with the audiences that are of interest to each.
type visitor struct {
	name   string
	tenant string
	b      *apptest.Browser
	sees   []ui.Audience
	odd    []string // what he tries
}

// prepare opens the world: a person with a case and a draft, and staff.
func prepare(t testing.TB, h *apptest.House) (*walk, []visitor) {
	t.Helper()
	tries := odd
	if h.DB.Engine() != "sqlite" {
		tries = some // what differs are NUL bytes and broken UTF-8 in the database's texts
	}
	w := &walk{h: h, sent: map[string]string{}, draft: map[string]string{}}
	citizen := h.Browser().SignIn("torhausen", "mareike-sandvoss", "substantiell")
	d := newDraft(t, h, citizen, "torhausen", "sperrgutabfuhr")
	d.answer(url.Values{"gegenstaende.sofa": {"1"}})
	d.answer(nil)
	d.answer(url.Values{"stellplatz": {"gehweg"}})
	d.answer(url.Values{"wunschtermin": {"2027-01-12"}})
	d.answer(nil)
	d.answer(nil)
	d.send()
	w.sent["payment"] = strings.TrimPrefix(citizen.URL.Path, "/bezahlung/")
	citizen.Get("/postfach").Sees(http.StatusOK)
	for _, l := range citizen.Links() {
		if id, ok := strings.CutPrefix(l, "/postfach/"); ok {
			w.sent["case"] = id
		}
	}
	d = newDraft(t, h, citizen, "torhausen", "osterfeuer-anmeldung")
	d.fireToFile()
	d.answerFiles(nil, apptest.File{Field: "einverstaendnis", Name: "e.pdf", Body: apptest.PDF("ja", "")})
	w.draft["case"] = d.id
	citizen.Get("/antrag/osterfeuer-anmeldung/einverstaendnis")
	for _, l := range citizen.Links() {
		if _, id, ok := strings.Cut(l, "/datei/"); ok {
			w.draft["file"] = id
		}
	}
	if w.sent["payment"] == "" || w.sent["case"] == "" || w.draft["case"] == "" || w.draft["file"] == "" {
		t.Fatalf("the world is not complete: %v %v", w.sent, w.draft)
	}
	h.Drain()
	list := []visitor{
		{"guest", "torhausen", h.Browser(), []ui.Audience{ui.Public, ui.Visitor, ui.Partner}, tries},
		{"citizen", "torhausen", citizen, []ui.Audience{ui.Visitor, ui.Person}, tries},
	}
	for _, s := range []struct{ tenant, slug string }{
		{"torhausen", "torhausen-leitung"}, {"torhausen", "torhausen-admin"}, {"torhausen", "torhausen-kasse"},
		{"kreis-musterland", "kreis-musterland-pruefung"}, {"kreis-musterland", "musterland-realm-admin"},
	} {
		list = append(list, visitor{s.slug, s.tenant, h.Browser().SignInStaff(s.tenant, s.slug), []ui.Audience{ui.Office}, some})
	}
	for i := range list {
		list[i].b.Stay()
	}
	return w, list
}

func TestEveryPageBearsOddValues(t *testing.T) {
	names := queries(t)
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		w, visitors := prepare(t, h)
		n := 0
		for _, v := range visitors {
			for _, rt := range h.Routes {
				if !strings.HasPrefix(rt.Pattern, "GET ") || !slices.Contains(v.sees, rt.Audience) {
					continue
				}
				addresses := w.paths(rt.Pattern, v.odd)
				// One parameter after the other would be thousands of requests:
				// the same odd value in all that any door asks for.
				for _, x := range v.odd {
					q := url.Values{}
					for _, name := range names {
						q.Set(name, x)
					}
					if len(q.Encode()) < 100_000 {
						addresses = append(addresses, addresses[0]+"?"+q.Encode())
					}
				}
				addresses = append(addresses, addresses[0]+"?%zz", addresses[0]+"?a;b", addresses[0]+"?"+strings.Repeat("a[", 2000), addresses[0]+"?"+strings.Repeat("q=1&", 3000), addresses[0]+"?q=%ff%fe&sprache=%00")
				for _, a := range addresses {
					v.b.Get(h.URLOf(v.tenant, a))
					look(t, v.b, v.name+" GET "+short(a))
					n++
				}
			}
		}
		t.Logf("%d requests", n)
		calm(t, h)
	})
}

func short(s string) string {
	if len(s) > 160 {
		return s[:160] + "…"
	}
	return s
}
