package payments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/tenancy"
)

// Config of the Service.
type Config struct {
	DB        *db.DB
	Directory *tenancy.Directory
	// Providers are the installed extensions by name.
	Providers map[string]Factory
	// BaseURL gives the portal's address without a slash at the end, from the
	// configuration, never from a request: "https://service.….de".
	BaseURL func(ident.TenantID) string
	// ExpireAfter is how long an attempt may stand at a provider with nothing
	// paid; 0 means 24 hours.
	ExpireAfter time.Duration
	// OpenFor is how long an attempt waits for its start; 0 means 14 days.
	OpenFor time.Duration
	// Log gets one line when a provider cannot be asked; nil means none.
	Log *slog.Logger
}

// Service is the feature. Safe for concurrent use.
type Service struct {
	c     Config
	judge func(facts, Report) verdict // judge; tests plant mistakes here
}

// New makes the service.
func New(c Config) *Service {
	if c.ExpireAfter == 0 {
		c.ExpireAfter = 24 * time.Hour
	}
	if c.OpenFor == 0 {
		c.OpenFor = 14 * 24 * time.Hour
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{c: c, judge: judge}
}

// scope finds the scope of a tenant named by a door.
func (s *Service) scope(t ident.TenantID) (db.TenantScope, error) {
	door, ok := s.c.Directory.DoorOf(t)
	if !ok {
		return db.TenantScope{}, errs.NotFound("tenant", t)
	}
	return door.Tenant.Scope(), nil
}

// Methods lists what the tenant offers, in its order: the person chooses.
// Anybody may ask.
func (s *Service) Methods(ctx context.Context, t ident.TenantID) (out []Method, err error) {
	scope, err := s.scope(t)
	if err != nil {
		return nil, err
	}
	var list []tenancy.Extension
	err = s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		list, err = s.c.Directory.Extensions(ctx, tx, Port)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		p, err := s.make(e)
		if err != nil {
			if !errors.Is(err, errOff) {
				s.c.Log.Error("payment provider not usable", "tenant", string(t), "provider", e.Name, "error", err.Error())
			}
			continue
		}
		m := Method{Provider: e.Name, Title: e.Name}
		if n, ok := p.(Titled); ok {
			m.Title, m.Hint = n.Title()
		}
		out = append(out, m)
	}
	return out, nil
}

var errOff = errors.New("not enabled")

func (s *Service) make(e tenancy.Extension) (Provider, error) {
	f, ok := s.c.Providers[e.Name]
	switch {
	case !e.Enabled, e.Name == Treasury:
		return nil, errOff
	case !ok:
		return nil, fmt.Errorf("payment provider %s is not installed", e.Name)
	}
	return f(e.Settings)
}

// provider makes the tenant's provider of that name. asking says that a payment
// is already there: a provider switched off meanwhile is still asked.
func (s *Service) provider(ctx context.Context, tx *db.Tx, name string, asking bool) (Provider, error) {
	list, err := s.c.Directory.Extensions(ctx, tx, Port)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if e.Name == name {
			e.Enabled = e.Enabled || asking
			p, err := s.make(e)
			if errors.Is(err, errOff) {
				break
			}
			return p, err
		}
	}
	return nil, errs.NotFound("payment provider", name)
}
