package citizen

import (
	"encoding/json"
	"hash/fnv"

	"stadttor/internal/ident"
)

// DirectoryChanged makes pages that name other tenants of a realm (addresses,
// places, portals) be rendered again if something about the realm changed. The
// program calls it after each reload of the directory; a reload that brought
// nothing new costs no page.
func (s *Server) DirectoryChanged() {
	epochs := map[ident.RealmID]uint64{}
	for _, r := range s.c.Directory.Realms() {
		h := fnv.New64a()
		enc := json.NewEncoder(h)
		_ = enc.Encode(r) // plain values into a hash: nothing can fail
		for _, t := range s.c.Directory.Tenants(r.ID) {
			_ = enc.Encode(t)
			if d, ok := s.c.Directory.DoorOf(t.ID); ok {
				_ = enc.Encode(d.Portal)
			}
		}
		epochs[r.ID] = h.Sum64()
	}
	s.mu.Lock()
	s.epochs = epochs
	s.mu.Unlock()
}

func (s *Server) epoch(r ident.RealmID) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epochs[r]
}
