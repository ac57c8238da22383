package db

import (
	"context"

	"github.com/pressly/goose/v3"
)

// MigrateDownTo takes migrations back, for tests of what the next ones make of
// rows that are there.
func MigrateDownTo(ctx context.Context, d *DB, version int64) error {
	return d.control.(interface {
		migrating(context.Context, func(*goose.Provider) error) error
	}).migrating(ctx, func(p *goose.Provider) error {
		_, err := p.DownTo(ctx, version)
		return err
	})
}
