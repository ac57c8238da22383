package citizen

import (
	"sync"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/cases"
	"stadttor/internal/catalogue"
	"stadttor/internal/ident"
	"stadttor/internal/payments"
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
