package app

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// fromProxy puts the caller's address into RemoteAddr where a proxy of ours
// passes the request on: the last address of X-Forwarded-For that is not a
// trusted proxy itself. From anybody else the header is ignored: whoever could
// set it could be anybody.
func fromProxy(trusted []netip.Prefix, next http.Handler) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	ours := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err == nil && ours(peer.Addr()) {
			hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
			for i := len(hops) - 1; i >= 0; i-- {
				a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
				if err != nil {
					break
				}
				if !ours(a) || i == 0 {
					r.RemoteAddr = net.JoinHostPort(a.String(), "0")
					break
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}
