package app

import (
	"context"
	"errors"

	"stadttor/internal/config"
	"stadttor/internal/db"
	"stadttor/internal/ident"
)

// Migrate brings the databases of an installation to this program's schema.
func Migrate(ctx context.Context, s config.Settings) error {
	realms := map[ident.RealmID]string{}
	for slug, url := range s.RealmDatabases {
		realms[ident.RealmID(slug)] = url
	}
	d, err := db.Open(ctx, db.Config{URL: s.Database, Realms: realms})
	if err != nil {
		return err
	}
	return errors.Join(d.Migrate(ctx), d.Close())
}
