package delivery

import (
	"strconv"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/tenancy"
)

// States of a parcel.
const (
	Waiting   = "waiting"
	Delivered = "delivered"
	Failed    = "failed"
	None      = "none" // the tenant has no connector
)

// Config of a Service.
type Config struct {
	DB        *db.DB
	Directory *tenancy.Directory
	// Connectors are the extensions of the port by name.
	Connectors map[string]Factory
}

// Service is the feature.
type Service struct{ c Config }

// New makes the service.
func New(c Config) *Service { return &Service{c} }

// Status is where a parcel stands.
type Status struct {
	ID        ident.ParcelID
	Case      ident.CaseID
	Number    ident.Number // "" before the first attempt
	Event     string
	State     string
	Attempts  int    // calls of a connector so far
	Connector string // the one that was called last, e.g. "folder"
	Failure   string // text key of the last failure, "" if none
	Ref       string // of the receipt
	PlannedAt time.Time
	TriedAt   time.Time // zero before the first attempt
	EndedAt   time.Time // delivered, given up or found without connector
}

// Due is the job that asks who builds parcels to build this one and Send it.
type Due struct {
	Parcel ident.ParcelID `json:"parcel"`
	Case   ident.CaseID   `json:"case"`
	Event  string         `json:"event"`
	Round  int            `json:"round"` // grows with each Resend
}

// Kind implements jobs.Job.
func (Due) Kind() string { return "delivery.Due" }

// Key implements jobs.Job.
func (d Due) Key() string { return string(d.Parcel) + "." + strconv.Itoa(d.Round) }
