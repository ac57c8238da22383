package admin

import (
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/accounts/provider"
	"stadttor/internal/catalogue"
	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/forms"
	"stadttor/internal/mail"
	"stadttor/internal/payments"
	"stadttor/internal/relevance"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// Config of the door.
type Config struct {
	DB        *db.DB // for jobs.List and audit.List, which take a transaction
	Accounts  *accounts.Service
	Local     *local.Service    // accesses of our own for staff; nil: none
	Provider  *provider.Service // modules of vendors
	Catalogue *catalogue.Catalogue
	Forms     *forms.Shelf
	Payments  *payments.Service
	Relevance *relevance.Service
	Delivery  *delivery.Service
	Directory *tenancy.Directory
	Gate      *ui.Gate
	Now       func() time.Time
	Outbox    *mail.Outbox // the demonstration's; nil elsewhere
}

// Server is the door.
type Server struct{ c Config }

// New makes the door. Routes says what it serves.
func New(c Config) *Server { return &Server{c} }
