package local

import (
	"context"

	"stadttor/internal/db"
)

// SweepNow runs the periodic job.
func (s *Service) SweepNow(ctx context.Context, tx *db.Tx) error { return s.sweep(ctx, tx, Sweep{}) }

// WithParams is the same service with other costs: a node after an upgrade.
func (s *Service) WithParams(p Params) *Service {
	c := s.c
	c.Params = p
	return New(c)
}
