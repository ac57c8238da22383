package town

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"stadttor/internal/app"
	"stadttor/internal/clock"
)

// Place says where a world lies.
type Place struct {
	Dir      string // files, key, outgoing folder; and the database unless named
	Database string // "" for SQLite in Dir, else as in the settings
}

// Options of Open.
type Options struct {
	Clock clock.Clock // nil: the machine's
	Log   io.Writer   // nil: nothing is kept
	Port  int         // shown in addresses; 0 for none
}

// Open opens the program on a world, without starting its jobs.
func Open(ctx context.Context, p Place, o Options) (*app.App, error) {
	s := app.DemoSettings(p.Dir, o.Port)
	if p.Database != "" {
		s.Database = p.Database
	}
	if err := app.EnsureRootKey(s.RootKeyFile); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.FolderBase, 0o700); err != nil {
		return nil, err
	}
	people, err := app.DemoPeople()
	if err != nil {
		return nil, err
	}
	return app.Open(ctx, app.Options{Settings: s, Version: "test", Log: o.Log, Clock: o.Clock, People: people}, true)
}

// Prepare puts the demonstration's data in and closes again.
func Prepare(ctx context.Context, p Place) error {
	a, err := Open(ctx, p, Options{})
	if err != nil {
		return err
	}
	return errors.Join(a.InstallDemo(ctx, func(string, int, int) {}), a.Close())
}

// Copy copies a world that nobody has open. Only worlds on SQLite can be copied.
func Copy(from, to Place) error {
	if from.Database != "" || to.Database != "" {
		return errors.New("only a world on SQLite can be copied")
	}
	if err := os.CopyFS(to.Dir, os.DirFS(from.Dir)); err != nil {
		return err
	}
	key := filepath.Join(to.Dir, "schluessel", "root.key")
	if err := os.Chmod(key, 0o600); err != nil {
		return fmt.Errorf("key of the copy: %w", err)
	}
	return nil
}
