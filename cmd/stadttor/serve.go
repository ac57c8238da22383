package main

import (
	"context"
	"errors"
	"net"
	"os"

	"stadttor/internal/app"
	"stadttor/internal/config"
	"stadttor/internal/seal"
)

// configured are the flags of every verb that works on an installation.
type configured struct {
	Config string `type:"path" placeholder:"FILE" help:"Settings (TOML). Every setting also as STADTTOR_… in the environment, which wins."`
}

func (c configured) settings() (config.Settings, error) {
	s, err := config.Load(c.Config, os.LookupEnv)
	if err != nil {
		return s, usage{err}
	}
	return s, nil
}

type serveCmd struct {
	configured
}

// Help is shown by stadttor serve --help.
func (serveCmd) Help() string {
	return "Several nodes: start the same binary with the same settings on one PostgreSQL.\n\nSettings:\n" + config.Help() + "\nExample:\n  database = \"postgres://stadttor@db.example/stadttor\"\n  data = \"/var/lib/stadttor/files\"\n  root_key_file = \"/run/credentials/stadttor.key\""
}

// Run serves until a signal comes.
func (c *serveCmd) Run(ctx context.Context) error {
	s, err := c.settings()
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, app.Options{Settings: s, Version: version, Log: os.Stderr}, false)
	if err != nil {
		return err
	}
	defer a.Close()
	for _, f := range a.DB.Check(ctx) {
		a.Log.Warn("setting weakens a promise, see stadttor doctor", "finding", f)
	}
	public, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return err
	}
	management, err := net.Listen("tcp", s.Management)
	if err != nil {
		return err
	}
	a.Start()
	a.Log.Info("serving", "listen", s.Listen, "management", s.Management, "tenants", len(a.Directory.Tenants("")), "version", version)
	return errors.Join(a.Serve(ctx, public, management), a.Close())
}

type migrateCmd struct {
	configured
	NewRootKey bool `help:"Make the root key first (refused if the file exists). Keep a copy where the database's backups are not."`
}

// Run migrates.
func (c *migrateCmd) Run(ctx context.Context) error {
	s, err := c.settings()
	if err != nil {
		return err
	}
	if c.NewRootKey {
		if _, err := seal.NewRoot(s.RootKeyFile); err != nil {
			return err
		}
	}
	return app.Migrate(ctx, s)
}
