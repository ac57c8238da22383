package staff

import (
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/cases"
	"stadttor/internal/catalogue"
	"stadttor/internal/forms"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// Config of the door.
type Config struct {
	Accounts  *accounts.Service
	Cases     *cases.Service
	Catalogue *catalogue.Catalogue
	Forms     *forms.Shelf
	Directory *tenancy.Directory
	Gate      *ui.Gate
	Now       func() time.Time
}

// Server is the door.
type Server struct{ c Config }

// New makes the door. Routes says what it serves.
func New(c Config) *Server { return &Server{c} }
