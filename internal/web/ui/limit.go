package ui

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxAddresses bounds the memory of the limiter: some 2 MB. The address that
// was quiet longest is forgotten first.
const maxAddresses = 20_000

// Limiter counts requests by address: a host (IPv4) or a /64 (IPv6); behind a
// proxy the program has put the caller's into RemoteAddr. Each node counts for
// itself. Safe for concurrent use.
type Limiter struct {
	rate  rate.Limit
	burst int

	mu    sync.Mutex // guards the rest
	by    map[netip.Prefix]*list.Element
	order *list.List // of *caller, the last seen in front
}

type caller struct {
	from  netip.Prefix
	count *rate.Limiter
}

// NewLimiter lets an address make burst requests at once and perSecond more each
// second.
func NewLimiter(perSecond float64, burst int) *Limiter {
	return &Limiter{rate: rate.Limit(perSecond), burst: burst, by: map[netip.Prefix]*list.Element{}, order: list.New()}
}

// Allow counts a request and says whether it may pass. An address that cannot be
// read shares one count with all others of its kind.
func (l *Limiter) Allow(remote string, now time.Time) bool {
	from := Network(remote)
	l.mu.Lock()
	e := l.by[from]
	if e == nil {
		e = l.order.PushFront(&caller{from, rate.NewLimiter(l.rate, l.burst)})
		l.by[from] = e
		if l.order.Len() > maxAddresses {
			gone := l.order.Remove(l.order.Back()).(*caller)
			delete(l.by, gone.from)
		}
	} else {
		l.order.MoveToFront(e)
	}
	c := e.Value.(*caller).count
	l.mu.Unlock()
	return c.AllowN(now, 1)
}

// Network is the address that is counted: a host of IPv4, a /64 of IPv6; the zero
// prefix when it cannot be read.
func Network(remote string) netip.Prefix {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	a := ap.Addr().Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
