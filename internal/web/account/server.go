package account

import (
	"context"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/accounts/provider"
	"stadttor/internal/cases"
	"stadttor/internal/ident"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// Config of the door.
type Config struct {
	Accounts  *accounts.Service
	Local     *local.Service    // accounts of our own; nil: none
	Provider  *provider.Service // OpenID provider for modules; nil: none
	Cases     *cases.Service    // what an export and a deletion speak of
	Exporters []accounts.Exporter
	// Services are those that a mandate can be limited to, by slug; nil: mandates
	// are for all.
	Services  func(context.Context, ident.RealmID) []ui.Option
	Directory *tenancy.Directory
	Gate      *ui.Gate
	Now       func() time.Time
	// Limit of requests that begin or end a sign-in, by address; nil for the
	// usual one: two a second, a hundred at once (a school class behind one
	// address).
	Limit *ui.Limiter
}

// Server is the door.
type Server struct{ c Config }

// New makes the door. Routes says what it serves.
func New(c Config) *Server {
	if c.Limit == nil {
		c.Limit = ui.NewLimiter(2, 100)
	}
	return &Server{c}
}
