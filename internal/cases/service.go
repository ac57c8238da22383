package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/singleflight"

	"stadttor/internal/accounts"
	"stadttor/internal/blob"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/payments"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// FormSource gives the forms that are published.
type FormSource interface {
	// Current is the newest version that the tenant offers.
	Current(r ident.RealmID, t ident.TenantID, form string) (*forms.Definition, bool)
	// Version is a version that was published once.
	Version(r ident.RealmID, form string, version int) (*forms.Definition, bool)
	// Env is what the tenant tells the form: its parameters, places, the day.
	Env(t tenancy.Tenant, form string, now time.Time) forms.Env
	// Role names what a unit must be in charge of to work on the form's cases
	// (tenancy.Unit.Roles), "" if it is not known.
	Role(t tenancy.Tenant, form, service string) string
}

// Config of a Service.
type Config struct {
	DB        *db.DB
	Directory *tenancy.Directory
	Blobs     blob.Store
	Forms     FormSource
	Payments  *payments.Service
	Delivery  *delivery.Service
	// Accounts fills drafts from the applicant's account and says on whose
	// behalf somebody acts. Nil: neither.
	Accounts *accounts.Service
	// Scan looks for malware in an upload before it is taken; an error of kind
	// Invalid refuses the file, any other makes the upload fail. Nil: none.
	Scan func(ctx context.Context, r io.Reader) error
}

// Service is the feature. Safe for concurrent use.
type Service struct {
	c        Config
	receipts singleflight.Group // by case: the job and the delivery both ask for it at once
}

// New makes the service.
func New(c Config) *Service { return &Service{c: c} }

// errStale says that the row was changed between reading and writing.
var errStale = errors.New("row changed meanwhile")

// tries is how often a verb starts again when its row was changed meanwhile.
const tries = 8

// again runs fn until it is not stale; then the case is Conflict.
func again(fn func() error) error {
	for range tries {
		if err := fn(); !errors.Is(err, errStale) {
			return err
		}
	}
	return errs.Conflict("case.changed")
}

func (s *Service) tenant(t ident.TenantID) (tenancy.Tenant, error) {
	d, ok := s.c.Directory.DoorOf(t)
	if !ok {
		return tenancy.Tenant{}, errs.NotFound("tenant", t)
	}
	return d.Tenant, nil
}

// definition is the version that a case answers. A version that is gone is a
// Conflict: the draft stays, the person is told.
func (s *Service) definition(realm ident.RealmID, r *record) (*forms.Definition, error) {
	def, ok := s.c.Forms.Version(realm, r.form, r.formVersion)
	if !ok {
		return nil, errs.Conflict("case.form-gone")
	}
	return def, nil
}

// unitFor finds who is responsible at submission: the unit that serves the
// form's role, or the one that the tenant names in the form's parameter "unit".
func (s *Service) unitFor(t tenancy.Tenant, form, service string) ident.UnitID {
	roles := []string{s.c.Forms.Role(t, form, service), form}
	if name, ok := t.Params[form]["unit"].(string); ok {
		roles = append([]string{name}, roles...)
	}
	for _, role := range roles {
		if role == "" {
			continue
		}
		if u, ok := s.c.Directory.UnitFor(t.ID, role); ok {
			return u.ID
		}
	}
	return ""
}

// key opens the key of a case. An erased case has none: NotFound.
func (s *Service) key(r *record) (seal.Key, error) {
	if len(r.sealedKey) == 0 {
		return seal.Key{}, errs.NotFound("content of case", r.id)
	}
	k, err := s.c.Directory.Key(r.tenant).OpenKey(r.sealedKey, keyPlace(r))
	if err != nil {
		return k, fmt.Errorf("key of case %s: %w", r.id, err)
	}
	return k, nil
}

func keyPlace(r *record) seal.Where { return r.place("sealed_key") }

func (r *record) place(column string) seal.Where {
	return seal.Where{Tenant: string(r.tenant), Table: "case_record", Row: string(r.id), Column: column}
}

func sealJSON(k seal.Key, v any, w seal.Where) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("sealing %s.%s: %w", w.Table, w.Column, err)
	}
	return k.Seal(b, w), nil
}

func openJSON(k seal.Key, sealed []byte, w seal.Where, v any) error {
	if len(sealed) == 0 {
		return nil
	}
	b, err := k.Open(sealed, w)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return fmt.Errorf("opening %s.%s of %s: %w", w.Table, w.Column, w.Row, err)
	}
	return nil
}

// locate finds the scope in which a citizen's case lies: the portal's tenant for
// a guest, any tenant of the realm for a signed-in person.
func (s *Service) locate(ctx context.Context, c perm.Citizen, id ident.CaseID) (db.TenantScope, error) {
	if !ident.Valid(id) {
		return db.TenantScope{}, errs.NotFound("case", id)
	}
	if c.Guest() {
		return c.Scope(), nil
	}
	var t ident.TenantID
	err := s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) (err error) {
		t, err = tenantOfOwn(ctx, tx, id)
		return err
	})
	if errs.Is(err, errs.KindNotFound) {
		return c.Scope(), nil // perhaps a guest's draft whose secret he holds
	}
	return c.At(t), err
}

// view loads a citizen's case in a reading transaction and permits.
func (s *Service) view(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID) (r record, scope db.TenantScope, err error) {
	if scope, err = s.locate(ctx, c, id); err != nil {
		return r, scope, err
	}
	err = s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		if r, err = getRecord(ctx, tx, id); err != nil {
			return err
		}
		return mayUse(c, p, &r)
	})
	return r, scope, err
}

func today(now time.Time) time.Time { return clock.Date(now) }

func days(n int, or int) int {
	if n > 0 {
		return n
	}
	return or
}

func after(now time.Time, d int) time.Time { return clock.EndOf(today(now).AddDate(0, 0, d)) }

func draftDays(t tenancy.Tenant) int { return days(t.DraftDays, 30) }
