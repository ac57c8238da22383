package accounts

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// Choice is what a tenant made of a method that is connected in its realm, for
// citizens or for its own staff. Without one it offers the method (Named.OptIn
// aside).
type Choice struct {
	Name    string
	Offered bool
	// Stopped is the kill switch: the notice stands in the button's place, and
	// sessions that came by the method are not taken at this portal.
	Stopped bool
	Notice  string // shown to people, at most 300 characters; also above a button that works
}

// Offer is a method with what the tenant made of it.
type Offer struct {
	Named
	Offered, Stopped bool
	Notice           string
}

// Offers lists the methods connected for citizens of the realm with what the
// tenant made of them. door may be a portal or the account host.
func (s *Service) Offers(ctx context.Context, door tenancy.Door, t tenancy.Tenant) ([]Offer, error) {
	return s.offers(ctx, KindCitizen, door, t)
}

// StaffOffers lists the methods connected for the staff of the door's authority
// with what it made of them.
func (s *Service) StaffOffers(ctx context.Context, door tenancy.Door) ([]Offer, error) {
	return s.offers(ctx, KindStaff, door, door.Tenant)
}

// choiceTable is where an authority's choices for citizens or staff lie.
func choiceTable(kind string) string {
	if kind == KindStaff {
		return "staff_sign_in_choice"
	}
	return "sign_in_choice"
}

func (s *Service) offers(ctx context.Context, kind string, door tenancy.Door, t tenancy.Tenant) (out []Offer, err error) {
	err = s.c.DB.View(ctx, t.Scope(), func(tx *db.Tx) error {
		out, err = s.offersIn(ctx, tx, kind, door)
		return err
	})
	return out, err
}

// offersIn is offers in the caller's transaction of the tenant.
func (s *Service) offersIn(ctx context.Context, tx *db.Tx, kind string, door tenancy.Door) (out []Offer, err error) {
	chosen := map[string]Choice{}
	rows, err := tx.Query(ctx, `SELECT name,offered,stopped,notice FROM `+choiceTable(kind)+` WHERE tenant_id=$1`, string(tx.Tenant()))
	_, err = db.Collect(rows, err, func(r *sql.Rows) (c Choice, err error) {
		err = r.Scan(&c.Name, &c.Offered, &c.Stopped, &c.Notice)
		chosen[c.Name] = c
		return c, err
	})
	if err != nil {
		return nil, err
	}
	for _, m := range s.Methods(kind, door) {
		c, ok := chosen[m.Name]
		if !ok {
			c = Choice{Name: m.Name, Offered: kind == KindCitizen || !m.OptIn}
		}
		out = append(out, Offer{m, c.Offered, c.Stopped, c.Notice})
	}
	return out, nil
}

// takes reports whether a tenant takes sessions that came by a method.
func (s *Service) takes(ctx context.Context, t tenancy.Tenant, method string) (ok bool, err error) {
	ok = true
	err = s.c.DB.View(ctx, t.Scope(), func(tx *db.Tx) error {
		var offered, stopped bool
		err := tx.QueryRow(ctx, `SELECT offered,stopped FROM sign_in_choice WHERE tenant_id=$1 AND name=$2`, string(tx.Tenant()), method).Scan(&offered, &stopped)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		ok = offered && !stopped
		return err
	})
	return ok, err
}

// maxNotice bounds Choice.Notice, in characters.
const maxNotice = 300

// SaveChoice sets what a tenant makes of a method for citizens. Its staff with
// perm.EditPortal may, and the operator. A method that is not offered any more,
// or stopped, opens no session at this portal from this moment on, on all
// nodes. Errors: Forbidden, NotFound for a method that is not connected,
// Invalid for a notice that is too long or missing with a stopped method.
func (s *Service) SaveChoice(ctx context.Context, actor perm.Actor, door tenancy.Door, c Choice) error {
	return s.saveChoice(ctx, actor, KindCitizen, perm.EditPortal, door, c, func(*db.Tx) error { return nil })
}

// saveChoice writes a choice; after goes on in its transaction.
func (s *Service) saveChoice(ctx context.Context, actor perm.Actor, kind string, right perm.Right, door tenancy.Door, c Choice, after func(tx *db.Tx) error) error {
	switch a := actor.(type) {
	case perm.System:
	case perm.Staff:
		if a.Tenant != door.Tenant.ID || !a.May(right) {
			return errs.Forbidden("error.forbidden")
		}
	default:
		return errs.Forbidden("error.forbidden")
	}
	if _, err := s.method(kind, door, c.Name); err != nil {
		return err
	}
	c.Notice = strings.TrimSpace(c.Notice)
	if len([]rune(c.Notice)) > maxNotice {
		return errs.Invalid("", errs.Field{Name: "hinweis-" + c.Name, Key: "login.notice-long", Args: []any{"n", maxNotice}})
	}
	if c.Stopped && c.Notice == "" {
		return errs.Invalid("", errs.Field{Name: "hinweis-" + c.Name, Key: "login.notice-missing"})
	}
	return s.c.DB.InTx(ctx, door.Tenant.Scope(), func(tx *db.Tx) error {
		if err := putChoice(ctx, tx, kind, c); err != nil {
			return err
		}
		detail := "offered"
		switch {
		case c.Stopped:
			detail = "stopped"
		case !c.Offered:
			detail = "not offered"
		}
		if kind == KindStaff {
			detail += " staff"
		}
		if err := after(tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "sign-in.choose", Object: "method:" + c.Name, Detail: detail})
	})
}

func putChoice(ctx context.Context, tx *db.Tx, kind string, c Choice) error {
	_, err := tx.Exec(ctx, `INSERT INTO `+choiceTable(kind)+` (tenant_id,name,offered,stopped,notice,updated_at) VALUES ($1,$2,$3,$4,$5,$6)
		ON CONFLICT (tenant_id,name) DO UPDATE SET offered=excluded.offered, stopped=excluded.stopped, notice=excluded.notice, updated_at=excluded.updated_at`,
		string(tx.Tenant()), c.Name, c.Offered, c.Stopped, c.Notice, db.Micros(tx.Now))
	return err
}
