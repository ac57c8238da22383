package staff

import (
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/cases"
	"stadttor/internal/catalogue"
	"stadttor/internal/forms"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// Config of the door.
type Config struct {
	Accounts  *accounts.Service
	Local     *local.Service // accesses of our own; nil: none
	Cases     *cases.Service
	Catalogue *catalogue.Catalogue
	Forms     *forms.Shelf
	Directory *tenancy.Directory
	Gate      *ui.Gate
	Now       func() time.Time
	// Limit of requests that begin or end a sign-in, by address; nil for the
	// usual one: two a second, a hundred at once (a town hall behind one address).
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
