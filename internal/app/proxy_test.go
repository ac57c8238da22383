package app

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestOnlyOurProxiesNameTheCaller(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for name, c := range map[string]struct {
		peer, forwarded, want string
	}{
		"our proxy":                         {"10.0.0.1:5000", "203.0.113.7", "203.0.113.7:0"},
		"two of our proxies":                {"10.0.0.1:5000", "203.0.113.7, 10.0.0.2", "203.0.113.7:0"},
		"a caller who lies before it":       {"10.0.0.1:5000", "127.0.0.1, 203.0.113.7", "203.0.113.7:0"},
		"a stranger who names somebody":     {"203.0.113.9:5000", "198.51.100.1", "203.0.113.9:5000"},
		"our proxy without the header":      {"10.0.0.1:5000", "", "10.0.0.1:5000"},
		"our proxy with rubbish":            {"10.0.0.1:5000", "unbekannt", "10.0.0.1:5000"},
		"all of them ours":                  {"10.0.0.1:5000", "10.0.0.3, 10.0.0.2", "10.0.0.3:0"},
		"IPv6 caller":                       {"[::1]:5000", "2001:db8::7", "[2001:db8::7]:0"},
		"IPv4 in IPv6 of our proxy's range": {"[::ffff:10.0.0.1]:5000", "203.0.113.7", "203.0.113.7:0"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			h := fromProxy(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			h.ServeHTTP(httptest.NewRecorder(), r)
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
