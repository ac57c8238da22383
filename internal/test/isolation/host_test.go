package isolation_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/test/apptest"
)

// raw sends bytes and reads one answer; status 0 is a connection that was
// closed without one.
func raw(t *testing.T, addr, request string) (status int, head http.Header, body string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, request); err != nil {
		return 0, nil, ""
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, nil, ""
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(b)
}

// form is one way to say which portal is meant. {T} is the host of a tenant,
// {O} that of another, {P} the port. The request ends with a blank line.
type form struct {
	name, request string
	// whose portal may answer: "T", "O", or "" for none. A refusal (400, 421) is
	// right in any case but for must.
	whose string
	must  bool // it has to be answered
}

const end = "Connection: close\r\n\r\n"

func get(host string) string { return "GET /impressum HTTP/1.1\r\nHost: " + host + "\r\n" + end }

func with(header string) string {
	return "GET /impressum HTTP/1.1\r\nHost: {T}:{P}\r\n" + header + "\r\n" + end
}

func absolute(uri, host string) string {
	return "GET " + uri + " HTTP/1.1\r\nHost: " + host + "\r\n" + end
}

var forms = []form{
	// What browsers and proxies send.
	{"with port", get("{T}:{P}"), "T", true},
	{"without port", get("{T}"), "T", true},
	{"capitals", get("SERVICE.{TC}.LOCALHOST:{P}"), "T", true},
	{"header name in capitals", "GET /impressum HTTP/1.1\r\nHOST: {T}:{P}\r\n" + end, "T", true},
	{"blanks around", "GET /impressum HTTP/1.1\r\nHost:  \t{T}:{P} \t\r\n" + end, "T", true},
	{"absolute form", absolute("http://{T}:{P}/impressum", "{T}:{P}"), "T", true},
	{"HTTP/1.0 with host", "GET /impressum HTTP/1.0\r\nHost: {T}:{P}\r\n\r\n", "T", true},

	// Ports and dots.
	{"another port", get("{T}:1"), "T", false},
	{"port of TLS", get("{T}:443"), "T", false},
	{"empty port", get("{T}:"), "T", false},
	{"port too large", get("{T}:99999"), "T", false},
	{"port of words", get("{T}:http"), "T", false},
	{"negative port", get("{T}:-1"), "T", false},
	{"two ports", get("{T}:{P}:{P}"), "T", false},
	{"trailing dot", get("{T}.:{P}"), "T", false},
	{"trailing dot, no port", get("{T}."), "T", false},
	{"two trailing dots", get("{T}..:{P}"), "", false},
	{"leading dot", get(".{T}:{P}"), "", false},
	{"double dot inside", get("service..torhausen.localhost:{P}"), "", false},

	// Two answers to one question.
	{"two hosts", "GET /impressum HTTP/1.1\r\nHost: {T}:{P}\r\nHost: {O}:{P}\r\n" + end, "", false},
	{"two hosts, the other first", "GET /impressum HTTP/1.1\r\nHost: {O}:{P}\r\nHost: {T}:{P}\r\n" + end, "", false},
	{"the same host twice", "GET /impressum HTTP/1.1\r\nHost: {T}:{P}\r\nHost: {T}:{P}\r\n" + end, "T", false},
	{"list of hosts", get("{T}:{P}, {O}:{P}"), "", false},
	{"hosts with a blank", get("{T} {O}"), "", false},
	{"hosts with a semicolon", get("{T};{O}"), "", false},
	{"folded line", "GET /impressum HTTP/1.1\r\nHost: {T}:{P}\r\n {O}:{P}\r\n" + end, "", false},
	{"folded before", "GET /impressum HTTP/1.1\r\nX: y\r\n Host: {O}:{P}\r\nHost: {T}:{P}\r\n" + end, "T", false},
	{"blank before the colon", "GET /impressum HTTP/1.1\r\nHost : {O}:{P}\r\nHost: {T}:{P}\r\n" + end, "", false},
	{"bare line feed", "GET /impressum HTTP/1.1\nHost: {T}:{P}\nConnection: close\n\n", "T", false},
	{"carriage return inside", get("{T}\r{O}"), "", false},
	{"NUL inside", get("{T}\x00{O}"), "", false},
	{"absolute form, other host in the head", absolute("http://{T}:{P}/impressum", "{O}:{P}"), "T", false},
	{"absolute form of the other", absolute("http://{O}:{P}/impressum", "{T}:{P}"), "O", false},
	{"absolute form, host made up", absolute("http://{T}:{P}/impressum", "evil.example"), "T", false},
	{"absolute form of somebody else", absolute("http://evil.example/impressum", "{T}:{P}"), "", false},
	{"absolute form with TLS", absolute("https://{T}:{P}/impressum", "{O}:{P}"), "T", false},
	{"absolute form with a user", absolute("http://{O}@{T}:{P}/impressum", "{O}:{P}"), "T", false},
	{"absolute form with a user and a word", absolute("http://{O}:{P}@{T}:{P}/impressum", "{O}"), "T", false},
	{"absolute form, capitals in the scheme", absolute("HTTP://{T}:{P}/impressum", "{O}:{P}"), "T", false},
	{"absolute form without authority", absolute("http:///impressum", "{T}:{P}"), "T", false},
	{"absolute form, one slash", absolute("http:/{O}/impressum", "{T}:{P}"), "T", false},
	{"absolute form, backslashes", absolute("http:\\\\{O}\\impressum", "{T}:{P}"), "T", false},
	{"two slashes", absolute("//{O}:{P}/impressum", "{T}:{P}"), "T", false},
	{"another scheme", absolute("ftp://{O}/impressum", "{T}:{P}"), "O", false},
	{"file", absolute("file:///etc/passwd", "{T}:{P}"), "T", false},
	{"a tunnel", "CONNECT {O}:{P} HTTP/1.1\r\nHost: {T}:{P}\r\n" + end, "", false},
	{"a tunnel with a path", "CONNECT /impressum HTTP/1.1\r\nHost: {T}:{P}\r\n" + end, "T", false},
	{"asterisk", "OPTIONS * HTTP/1.1\r\nHost: {T}:{P}\r\n" + end, "T", false},

	// Names that are nearly one of ours, or none.
	{"no host", "GET /impressum HTTP/1.1\r\n" + end, "", false},
	{"no host, HTTP/1.0", "GET /impressum HTTP/1.0\r\n\r\n", "", false},
	{"empty host", get(""), "", false},
	{"made up", get("evil.example"), "", false},
	{"only the port", get(":{P}"), "", false},
	{"this machine", get("localhost:{P}"), "", false},
	{"address", get("127.0.0.1:{P}"), "", false},
	{"address, IPv6", get("[::1]:{P}"), "", false},
	{"address, unclosed", get("[::1:{P}"), "", false},
	{"address as a number", get("2130706433:{P}"), "", false},
	{"ours in brackets", get("[{T}]:{P}"), "", false},
	{"in front of ours", get("evil.{T}:{P}"), "", false},
	{"behind ours", get("{T}.evil.example:{P}"), "", false},
	{"glued to ours", get("evil{T}:{P}"), "", false},
	{"half of ours", get("torhausen.localhost:{P}"), "", false},
	{"asterisk of ours", get("*.localhost:{P}"), "", false},
	{"user before ours", get("{O}@{T}:{P}"), "", false},
	{"ours as the user", get("{T}@evil.example"), "", false},
	{"path behind ours", get("{T}/{O}"), "", false},
	{"question behind ours", get("{T}?{O}"), "", false},
	{"number sign behind ours", get("{T}#{O}"), "", false},
	{"backslash behind ours", get("{T}\\{O}"), "", false},
	{"scheme before ours", get("http://{T}"), "", false},
	{"percent signs", get("service%2E{S}%2Elocalhost:{P}"), "", false},
	{"percent letter", get("%73ervice.{S}.localhost:{P}"), "", false},
	{"umlaut", get("service.törhausen.localhost:{P}"), "", false},
	{"punycode", get("service.xn--trhausen-n4a.localhost:{P}"), "", false},
	{"wide letters", get("ｓervice.{S}.localhost:{P}"), "", false},
	{"wide dot", get("service．{S}．localhost:{P}"), "", false},
	{"soft hyphen", get("service.{S}\u00ad.localhost:{P}"), "", false},
	{"zero width", get("service\u200b.{S}.localhost:{P}"), "", false},
	{"Kelvin sign", get("service.\u212areis-musterland.localhost:{P}"), "", false},
	{"long s", get("\u017fervice.{S}.localhost:{P}"), "", false},
	{"quotes", get(`"{T}"`), "", false},
	{"markup", get("<{T}>"), "", false},
	{"underscore", get("service_.{S}.localhost"), "", false},
	{"very long", get(strings.Repeat("a", 20_000) + ".{T}"), "", false},
	{"file name", get("../../{T}"), "", false},

	// What a proxy may have said and nobody asked it to.
	{"X-Forwarded-Host", with("X-Forwarded-Host: {O}:{P}"), "T", true},
	{"X-Forwarded-Host made up", with("X-Forwarded-Host: evil.example"), "T", true},
	{"X-Forwarded-Host twice", with("X-Forwarded-Host: {O}\r\nX-Forwarded-Host: evil.example"), "T", true},
	{"X-Forwarded-Host list", with("X-Forwarded-Host: {O}, evil.example"), "T", true},
	{"Forwarded", with("Forwarded: host={O};proto=https"), "T", true},
	{"Forwarded, quoted", with(`Forwarded: for=192.0.2.1;host="{O}:{P}";proto=https`), "T", true},
	{"X-Host", with("X-Host: {O}"), "T", true},
	{"X-Forwarded-Server", with("X-Forwarded-Server: {O}"), "T", true},
	{"X-HTTP-Host-Override", with("X-HTTP-Host-Override: {O}"), "T", true},
	{"X-Original-Host", with("X-Original-Host: {O}"), "T", true},
	{"X-Original-URL", with("X-Original-URL: http://{O}/verwaltung"), "T", true},
	{"X-Rewrite-URL", with("X-Rewrite-URL: /verwaltung"), "T", true},
	{"X-Forwarded-Port and Proto", with("X-Forwarded-Port: 443\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Prefix: //evil.example"), "T", true},
	{"X-Tenant", with("X-Tenant: {OS}\r\nX-Tenant-ID: {OS}\r\nX-Realm: verbund-nordau"), "T", true},
	{"method override", with("X-HTTP-Method-Override: DELETE"), "T", true},
	{"origin and referrer of the other", with("Origin: http://{O}:{P}\r\nReferer: http://{O}:{P}/konto"), "T", true},
	{":authority", with(":authority: {O}"), "T", false},
	{"upgrade to h2c", with("Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings"), "T", false},
}

func TestNoPortalAnswersForAnother(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	addr := h.Server.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	host := func(slug string) string { return "service." + slug + ".localhost" }
	tenants := h.Directory.Tenants("")
	own := map[string]string{} // body → slug
	for _, x := range tenants {
		status, _, body := raw(t, addr, strings.NewReplacer("{T}", host(x.Slug), "{P}", port).Replace(get("{T}:{P}")))
		if status != http.StatusOK || own[body] != "" {
			t.Fatalf("%s: status %d, same page as %q", x.Slug, status, own[body])
		}
		own[body] = x.Slug
	}
	if len(forms) < 60 || len(tenants) < 13 {
		t.Fatalf("%d forms, %d tenants", len(forms), len(tenants))
	}
	answered := 0
	for i, x := range tenants {
		o := tenants[(i+1)%len(tenants)]
		if i%2 == 1 {
			o = tenants[(i+len(tenants)/2)%len(tenants)]
		}
		fill := strings.NewReplacer("{T}", host(x.Slug), "{O}", host(o.Slug), "{P}", port, "{TC}", strings.ToUpper(x.Slug), "{S}", x.Slug, "{OS}", o.Slug)
		for _, f := range forms {
			status, head, body := raw(t, addr, fill.Replace(f.request))
			report := func(format string, args ...any) {
				t.Errorf("%s, %s: %s (status %d)", x.Slug, f.name, fmt.Sprintf(format, args...), status)
			}
			whose := own[body]
			switch want := map[string]string{"T": x.Slug, "O": o.Slug}[f.whose]; {
			case whose != "" && whose != want:
				report("the portal of %s answers", whose)
			case f.must && whose != want:
				report("it is not answered")
			case whose != "":
				answered++
			case status == http.StatusOK && f.whose == "":
				report("something is served: %.200q", body)
			case status >= 500 && status != http.StatusHTTPVersionNotSupported && status != http.StatusNotImplemented:
				report("a fault")
			case f.whose == "" && !slices.Contains([]int{0, http.StatusBadRequest, http.StatusMisdirectedRequest, http.StatusMethodNotAllowed, http.StatusRequestHeaderFieldsTooLarge}, status):
				report("neither 400 nor 421")
			}
			all := body
			for name, v := range head {
				all += name + strings.Join(v, " ")
			}
			if strings.Contains(all, "evil.example") {
				report("it repeats the host made up")
			}
			if to := head.Get("Location"); to != "" {
				base, _ := url.Parse("http://" + host(x.Slug) + ":" + port)
				if u, err := base.Parse(to); err != nil || u.Host != base.Host {
					report("it leads to %s", to)
				}
			}
		}
	}
	t.Logf("%d forms for %d portals, %d answered by the right one", len(forms), len(tenants), answered)
}
