package citizen

import (
	"sync"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/cases"
	"stadttor/internal/catalogue"
	"stadttor/internal/ident"
	"stadttor/internal/payments"
	"stadttor/internal/relevance"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// Config of the door.
type Config struct {
	Catalogue *catalogue.Catalogue
	Directory *tenancy.Directory
	Gate      *ui.Gate
	Now       func() time.Time
	// For applications, accounts and the inbox.
	Accounts *accounts.Service
	Cases    *cases.Service
	Forms    cases.FormSource
	Payments *payments.Service
	// Relevance counts what is asked and chosen; nil: nobody counts.
	Relevance *relevance.Service
	// SignIns limits sign-ins that one address begins or ends; nil for the usual
	// one: two a second, a hundred at once (a school class behind one address).
	SignIns *ui.Limiter
	// CacheBytes bounds the memory of rendered pages; 0 means 32 MiB.
	CacheBytes int64
}

// Server is the door.
type Server struct {
	c     Config
	cache *pageCache

	mu     sync.Mutex // guards epochs
	epochs map[ident.RealmID]uint64
}

const defaultCache = 32 << 20

// New makes the door. Routes says what it serves.
func New(c Config) *Server {
	if c.SignIns == nil {
		c.SignIns = ui.NewLimiter(2, 100)
	}
	if c.CacheBytes <= 0 {
		c.CacheBytes = defaultCache
	}
	s := &Server{c: c, cache: newPageCache(c.CacheBytes)}
	s.DirectoryChanged()
	return s
}

// KeptPages is the number of rendered pages in memory, for operators and tests.
func (s *Server) KeptPages() int {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	return len(s.cache.byKey)
}
