package badinput_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/clock/clocktest"
	"stadttor/internal/db"
	"stadttor/internal/test/apptest"
	"stadttor/internal/web/ui"
)

func TestAHostThatIsNotOursIsMisdirected(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		for _, host := range []string{"evil.example", "localhost", "127.0.0.1", "[::1]", "torhausen.localhost", "service.torhausen.localhost.evil.example", "evil.service.torhausen.localhost", "service.torhausen.localhost@evil.example",
			"service.torhausen", ".", "service..localhost", strings.Repeat("a", 300) + ".localhost", "service.torhausen.localhost:99999999", "xn--zzz.localhost", "%", "<zzz>"} {
			for _, path := range []string{"/", "/leistungen", "/verwaltung", "/api/v1/services", "/assets/x.css", "/demo-anmeldung", "/favicon.ico"} {
				b := h.Browser().Stay()
				b.Do(http.MethodGet, h.URLOf("torhausen", path), nil, "Host", host, "X-Forwarded-Host", "service.torhausen.localhost", "Forwarded", "host=service.torhausen.localhost")
				if b.Code == http.StatusBadRequest && b.Page == nil {
					continue // net/http itself refuses what can be no host
				}
				look(t, b, "host "+host)
				if b.Code != http.StatusMisdirectedRequest && !strings.HasPrefix(host, "service.torhausen.localhost:") {
					t.Errorf("%s%s: %d", host, path, b.Code)
				}
				if b.Code == http.StatusMisdirectedRequest && (!strings.Contains(b.Text(), "kein Serviceportal") || strings.Contains(b.Text(), "evil")) {
					t.Errorf("%s: %s", host, b.Text())
				}
			}
		}
		for _, host := range []string{"SERVICE.Torhausen.LOCALHOST", "service.torhausen.localhost:1"} {
			b := h.Browser().Stay()
			if b.Do(http.MethodGet, h.URLOf("torhausen", "/"), nil, "Host", host); b.Code != http.StatusOK {
				t.Errorf("%s: %d", host, b.Code)
			}
		}
		calm(t, h)
	})
}

func TestTricksWithPathsLeadNowhere(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		for path, want := range map[string][]int{
			"/%2e%2e/%2e%2e/etc/passwd":                      {404},
			"/assets/../../etc/passwd":                       {404, 301, 307},
			"/assets/%2e%2e/%2e%2e/app.go":                   {404},
			"/assets/..%2f..%2fapp.go":                       {404},
			"/assets/%00":                                    {404},
			"/assets/t/..%2fx.css":                           {200, 404}, // an old address of the look gives the look of today
			"/assets/":                                       {404},
			"//leistungen":                                   {301, 307, 404},
			"//evil.example/%2e%2e":                          {301, 307, 404},
			"/leistungen//hundesteuer-anmeldung":             {301, 307, 404},
			"/leistungen/":                                   {404},
			"/leistungen/hundesteuer-anmeldung/":             {404},
			"/leistungen;jsessionid=1":                       {404},
			"/leistungen/hundesteuer-anmeldung;a=b":          {404},
			"/leistungen/%00":                                {404},
			"/leistungen/hundesteuer-anmeldung%00.html":      {404},
			"/leistungen/%c3%28":                             {404},
			"/Leistungen":                                    {404},
			"/leistungen/Hundesteuer-Anmeldung":              {404, 301, 308},
			"/verwaltung/../leistungen":                      {301, 307, 200},
			"/verwaltung/%2e%2e/leistungen":                  {404, 301, 307, 303},
			"/antrag/..%2f..%2fverwaltung":                   {404},
			"/antrag/hundesteuer-anmeldung/../../verwaltung": {301, 307, 404},
			"/.git/config":                                   {404},
			"/.env":                                          {404},
			"/wp-login.php":                                  {404},
			"/metrics":                                       {404},
			"/healthz":                                       {404},
			"/readyz":                                        {404},
			"/debug/pprof/":                                  {404},
			"/api/v1/":                                       {404},
			"/api/v2/services":                               {404},
			"/demo-bezahlen/":                                {404},
			"/demo-bezahlen/%2e%2e":                          {404},
			"/demo-anmeldung?versuch=%00":                    {404},
			"/demo-anmeldung/x":                              {404},
			"/" + strings.Repeat("a/", 3000):                 {404},
			"/" + strings.Repeat("%2f", 3000):                {404},
		} {
			b := h.Browser().Stay()
			b.Get(h.URLOf("torhausen", path))
			look(t, b, "GET "+short(path))
			if !slices.Contains(want, b.Code) {
				t.Errorf("%s: %d, want %v", short(path), b.Code, want)
			}
		}
		calm(t, h)
	})
}

func TestOtherMethodsAreNoWayIn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		w, visitors := prepare(t, h)
		before := state(t, h)
		for _, v := range visitors {
			patterns := map[string]bool{}
			for _, rt := range h.Routes {
				if !slices.Contains(v.sees, rt.Audience) {
					continue
				}
				path := w.paths(rt.Pattern, nil)[0]
				if patterns[path] {
					continue
				}
				patterns[path] = true
				for _, m := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, http.MethodTrace, "PROPFIND", "GET2", "get"} {
					v.b.Do(m, h.URLOf(v.tenant, path), nil, "Sec-Fetch-Site", "same-origin", "X-HTTP-Method-Override", "POST")
					look(t, v.b, m+" "+path)
					if strings.HasPrefix(path, "/api/") && v.b.Code >= 400 {
						continue // problem details of the interface for programs
					}
					if v.b.Code != http.StatusMethodNotAllowed || v.b.Header.Get("Allow") == "" {
						t.Errorf("%s: %s %s answers %d and allows %q", v.name, m, path, v.b.Code, v.b.Header.Get("Allow"))
					}
				}
			}
		}
		if after := state(t, h); after != before {
			t.Errorf("something changed: %s, before %s", after, before)
		}
		calm(t, h)
	})
}

// state counts what a verb would have changed.
func state(t testing.TB, h *apptest.House) string {
	t.Helper()
	var out []string
	for _, part := range h.DB.Partitions() {
		if err := h.DB.View(context.Background(), db.Across(part, "a test counts"), func(tx *db.Tx) error {
			for _, table := range []string{"audit_entry", "case_record", "case_message", "case_note", "case_document", "payment", "ledger_entry", "session", "staff", "portal", "extension"} {
				var n int
				if err := tx.QueryRow(context.Background(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
					return fmt.Errorf("%s: %w", table, err)
				}
				out = append(out, fmt.Sprintf("%s %d", table, n))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Join(out, ", ")
}

// Every verb refuses a request that began on another site, whoever is signed in.
func TestPostsFromOtherSitesAreRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		w, visitors := prepare(t, h)
		before := state(t, h)
		n := 0
		for _, v := range visitors {
			for _, rt := range h.Routes {
				if !strings.HasPrefix(rt.Pattern, "POST ") || rt.Audience == ui.Partner {
					continue
				}
				path := w.paths(rt.Pattern, nil)[0]
				for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}, {"Origin", h.URLOf("lindenbrueck", "")}} {
					v.b.Do(http.MethodPost, h.URLOf(v.tenant, path), strings.NewReader("text=x&aktion=loeschen&sicher=ja"), append(header, "Content-Type", "application/x-www-form-urlencoded")...)
					look(t, v.b, "POST "+path)
					if n++; v.b.Code != http.StatusForbidden {
						t.Errorf("%s: POST %s with %v answers %d", v.name, path, header, v.b.Code)
					}
				}
			}
		}
		if after := state(t, h); after != before {
			t.Errorf("something changed: %s, before %s", after, before)
		}
		t.Logf("%d requests", n)
		calm(t, h)
	})
}

// Bodies that no form of ours sends.
func bodies(t testing.TB) map[string]struct {
	kind string
	body []byte
} {
	t.Helper()
	form := func(fields, files int) (string, []byte) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for i := range fields {
			_ = w.WriteField(fmt.Sprintf("f%d", i), "x")
		}
		for i := range files {
			p, _ := w.CreateFormFile(fmt.Sprintf("d%d", i), "x.pdf")
			_, _ = p.Write([]byte("%PDF-"))
		}
		_ = w.Close()
		return w.FormDataContentType(), b.Bytes()
	}
	many, manyBody := form(10_000, 0)
	manyFiles, manyFilesBody := form(0, 10_000)
	ok, okBody := form(2, 1)
	const urlencoded = "application/x-www-form-urlencoded"
	return map[string]struct {
		kind string
		body []byte
	}{
		"nothing":                    {urlencoded, nil},
		"no content type":            {"", []byte("a=b")},
		"a broken content type":      {"multipart/form-data; boundary=", []byte("a=b")},
		"multipart without boundary": {"multipart/form-data", []byte("--x\r\n")},
		"JSON":                       {"application/json", []byte(`{"text":"x","a":{"b":[1,2`)},
		"XML with an entity":         {"text/xml", []byte(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`)},
		"broken percent signs":       {urlencoded, []byte("text=%zz&%%%=1&a=%")},
		"broken UTF-8":               {urlencoded, []byte("text=%ff%fe%c3%28&vorname=%ed%a0%80&ziel=%ff&stelle=%fe")},
		"control characters":         {urlencoded, []byte("text=a%00b%07%1b[31m&ziel=%0d%0aX-Zzz:1&vorname=%00")},
		"markup":                     {urlencoded, []byte("text=" + url.QueryEscape(marker) + "&ziel=" + url.QueryEscape(marker) + "&vorname=" + url.QueryEscape(marker) + "&begruendung=" + url.QueryEscape(marker) + "&name=" + url.QueryEscape(marker))},
		"another site as the way":    {urlencoded, []byte("ziel=https://evil.example/&verfahren=demo&niveau=basis")},
		"negative and huge numbers":  {urlencoded, []byte("_stand=-1&frist.tag=-5&frist.monat=99999999999999999999&frist.jahr=1e9&seite=-1&fassung=99999999999999999999&version=-9223372036854775809&entfernen=-1")},
		"the same field 5,000 times": {urlencoded, []byte(strings.Repeat("text=x&", 5000))},
		"20,000 fields":              {urlencoded, []byte(strings.Repeat("a=&b=&", 10000))},
		"deep names":                 {urlencoded, []byte("a" + strings.Repeat("[b]", 5000) + "=1&x." + strings.Repeat("y.", 5000) + "=2")},
		"a text of 1.5 MB":           {urlencoded, []byte("text=" + strings.Repeat("x", 1_500_000))},
		"10,000 parts":               {many, manyBody},
		"10,000 files":               {manyFiles, manyFilesBody},
		"a file nobody asked for":    {ok, okBody},
		"parts that break off":       {ok, okBody[:len(okBody)-20]},
	}
}

func TestVerbsBearBodiesThatNoFormSends(t *testing.T) {
	all := bodies(t)
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		w, visitors := prepare(t, h)
		n := 0
		for _, v := range visitors {
			for _, rt := range h.Routes {
				if !strings.HasPrefix(rt.Pattern, "POST ") || !slices.Contains(v.sees, rt.Audience) || strings.HasSuffix(rt.Pattern, "/abmelden") {
					continue
				}
				path := w.paths(rt.Pattern, nil)[0]
				for name, x := range all {
					if len(x.body) > 200_000 && (v.name != "citizen" && v.name != "torhausen-leitung" && v.name != "torhausen-admin" || h.DB.Engine() != "sqlite") {
						continue // size is refused before any database hears of it
					}
					header := []string{"Sec-Fetch-Site", "same-origin"}
					if x.kind != "" {
						header = append(header, "Content-Type", x.kind)
					}
					v.b.Do(http.MethodPost, h.URLOf(v.tenant, path), bytes.NewReader(x.body), header...)
					look(t, v.b, v.name+" POST "+path+" with "+name)
					n++
				}
				for _, a := range w.paths(rt.Pattern, some)[1:] {
					v.b.Post(h.URLOf(v.tenant, a), url.Values{"text": {"x"}})
					look(t, v.b, v.name+" POST "+short(a))
					n++
				}
			}
		}
		t.Logf("%d requests", n)
		calm(t, h)
		h.Drain()
		calm(t, h)
	})
}

func TestCookiesOfRubbishMakeAGuest(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		mine := h.Browser().SignIn("torhausen", "mareike-sandvoss", "substantiell")
		staff := h.Browser().SignInStaff("torhausen", "torhausen-leitung")
		secret := func(b *apptest.Browser, name string) string {
			for _, c := range b.Cookies() {
				if c.Name == name {
					return c.Value
				}
			}
			t.Fatalf("no cookie %s", name)
			return ""
		}
		values := []string{"", "x", strings.Repeat("a", 32), strings.Repeat("0", 3000), "%00", "%ff%fe", "<zzz>", "..", "a.b.c~d.e.f~~", strings.Repeat("hundesteuer-anmeldung.00000000000000000000000000."+strings.Repeat("a", 32)+"~", 20),
			secret(staff, "dienst"), secret(mine, "sitzung") + "x"}
		for _, name := range []string{"sitzung", "dienst", "anmeldung", "entwurf", "sprache", "__Host-sitzung", "unbekannt"} {
			for _, v := range values {
				for _, path := range []string{"/", "/konto", "/postfach", "/antrag/hundesteuer-anmeldung", "/antrag/hundesteuer-anmeldung/bisher", "/anmelden/zurueck?state=x&code=y", "/verwaltung/faelle", "/suche?q=hund"} {
					if name == "dienst" && v == secret(staff, "dienst") {
						continue // that is whose it is
					}
					b := h.Browser().Stay()
					b.Do(http.MethodGet, h.URLOf("torhausen", path), nil, "Cookie", name+"="+v)
					look(t, b, "cookie "+name+"="+short(v)+" on "+path)
					if strings.Contains(b.Text(), "Mareike") || (path == "/konto" || path == "/postfach" || path == "/verwaltung/faelle") && b.Code != http.StatusSeeOther {
						t.Errorf("cookie %s=%s on %s: %d", name, short(v), path, b.Code)
					}
				}
			}
		}
		// The session of another portal opens nothing, neither in the realm nor outside.
		for _, tenant := range []string{"lindenbrueck", "nordhafen"} {
			for _, name := range []string{"sitzung", "dienst"} {
				owner := mine
				if name == "dienst" {
					owner = staff
				}
				b := h.Browser().Stay()
				b.Do(http.MethodGet, h.URLOf(tenant, "/konto"), nil, "Cookie", name+"="+secret(owner, name))
				if b.Code != http.StatusSeeOther {
					t.Errorf("%s of torhausen at %s: %d", name, tenant, b.Code)
				}
				b.Do(http.MethodGet, h.URLOf(tenant, "/verwaltung/faelle"), nil, "Cookie", name+"="+secret(owner, name))
				if b.Code != http.StatusSeeOther {
					t.Errorf("%s of torhausen at %s: %d", name, tenant, b.Code)
				}
			}
		}
		mine.Get("/konto").Sees(http.StatusOK, "Mareike")
		calm(t, h)
	})
}

// Requests that a browser would never write, through the program's own
// listener with its own limits.
func TestRawRequestsAreRefusedAndTheProgramLivesOn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		public, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		management, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- h.Serve(ctx, public, management) }()
		const host = "Host: service.torhausen.localhost\r\n"
		for name, x := range map[string]struct {
			raw  string
			want []int
		}{
			"sound":                         {"GET / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{200}},
			"HTTP/1.0 with a host":          {"GET / HTTP/1.0\r\n" + host + "\r\n", []int{200}},
			"no host":                       {"GET / HTTP/1.1\r\n\r\n", []int{400}},
			"HTTP/1.0 without host":         {"GET / HTTP/1.0\r\n\r\n", []int{421}},
			"two hosts":                     {"GET / HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n", []int{400}},
			"a host in the line":            {"GET http://evil.example/ HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{421, 400}},
			"a header of 64 KB":             {"GET / HTTP/1.1\r\n" + host + "X: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", []int{431}},
			"5,000 headers":                 {"GET / HTTP/1.1\r\n" + host + strings.Repeat("X: a\r\n", 10_000) + "\r\n", []int{431}},
			"a path of 64 KB":               {"GET /" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\n" + host + "\r\n", []int{431, 414, 400}},
			"a header with a line break":    {"GET / HTTP/1.1\r\n" + host + "X: a\rb\r\n\r\n", []int{400}},
			"a NUL in the path":             {"GET /\x00 HTTP/1.1\r\n" + host + "\r\n", []int{400}},
			"a blank in the path":           {"GET /a b HTTP/1.1\r\n" + host + "\r\n", []int{400}},
			"no HTTP":                       {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", []int{400, 0}},
			"a star":                        {"OPTIONS * HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{200, 400, 404}},
			"CONNECT":                       {"CONNECT evil.example:443 HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{421, 404, 400}},
			"two lengths":                   {"POST /verwaltung/anmelden/demo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 5\r\n\r\na=bcd", []int{400}},
			"a length below nothing":        {"POST /verwaltung/anmelden/demo HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", []int{400}},
			"a length beyond everything":    {"POST /verwaltung/anmelden/demo HTTP/1.1\r\n" + host + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9223372036854775807\r\nConnection: close\r\n\r\n", []int{413}},
			"length and chunks":             {"POST /verwaltung/anmelden/demo HTTP/1.1\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n", []int{400, 404, 422, 303}},
			"chunks of nonsense":            {"POST /verwaltung/anmelden/demo HTTP/1.1\r\n" + host + "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n", []int{400, 422}},
			"an expectation nobody fulfils": {"GET / HTTP/1.1\r\n" + host + "Expect: cake\r\n\r\n", []int{417}},
			"a range beyond the file":       {"GET /robots.txt HTTP/1.1\r\n" + host + "Range: bytes=999999-\r\nConnection: close\r\n\r\n", []int{200, 416}},
			"an encoding nobody knows":      {"GET / HTTP/1.1\r\n" + host + "Accept-Encoding: zzz;q=99, *;q=-1, gzip;q=x\r\nConnection: close\r\n\r\n", []int{200}},
			"a condition of rubbish":        {"GET / HTTP/1.1\r\n" + host + "If-None-Match: \"\x80\", W/, *x\r\nIf-Modified-Since: gestern\r\nConnection: close\r\n\r\n", []int{200, 400}},
		} {
			status, text := raw(t, public.Addr().String(), x.raw)
			if !slices.Contains(x.want, status) {
				t.Errorf("%s: %d, want %v: %.200s", name, status, x.want, text)
			}
			if strings.Contains(text, "evil.example") || strings.Contains(text, "goroutine") {
				t.Errorf("%s: %.400s", name, text)
			}
		}
		if status, _ := raw(t, management.Addr().String(), "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); status != http.StatusOK {
			t.Errorf("not ready any more: %d", status)
		}
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		calm(t, h)
	})
}

// raw sends bytes as they are; status 0 means that no answer came.
func raw(t testing.TB, addr, s string) (int, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(clocktest.Patience)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(c, s) }()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}
