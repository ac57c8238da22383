package accounts

import (
	"context"
	"slices"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
)

// SaveStaffChoice sets what an authority makes of a method for its own staff.
// Those of them with perm.GrantRoles may, and the operator. A method that is
// not offered any more, or stopped, ends the sessions that came by it at once.
// Errors: as SaveChoice; Conflict "roles.last-way" for staff who close the only
// way in (the operator may).
func (s *Service) SaveStaffChoice(ctx context.Context, actor perm.Actor, door tenancy.Door, c Choice) error {
	return s.saveChoice(ctx, actor, KindStaff, perm.GrantRoles, door, c, func(tx *db.Tx) error {
		if c.Offered && !c.Stopped {
			return nil
		}
		if _, ok := actor.(perm.Staff); ok {
			list, err := s.offersIn(ctx, tx, KindStaff, door)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(list, Offer.open) {
				return errs.Conflict("roles.last-way")
			}
		}
		_, err := tx.Exec(ctx, `DELETE FROM session WHERE tenant_id=$1 AND kind=$2 AND method=$3`, string(tx.Tenant()), KindStaff, c.Name)
		return err
	})
}

// open reports whether the method can be used.
func (o Offer) open() bool { return o.Offered && !o.Stopped }

// staffMethod finds a method that is offered to the door's staff.
func (s *Service) staffMethod(ctx context.Context, door tenancy.Door, name string) (m Named, err error) {
	err = s.c.DB.View(ctx, door.Tenant.Scope(), func(tx *db.Tx) error { return s.staffOffered(ctx, tx, door, name) })
	if err != nil {
		return m, err
	}
	return s.method(KindStaff, door, name)
}

// staffOffered fails with NotFound for a method that the door's staff may not
// use now.
func (s *Service) staffOffered(ctx context.Context, tx *db.Tx, door tenancy.Door, name string) error {
	list, err := s.offersIn(ctx, tx, KindStaff, door)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(o Offer) bool { return o.Name == name && o.open() }) {
		return errs.NotFound("sign-in method", "that is offered here")
	}
	return nil
}

// AddStaff adds a member to the staff of the scope's tenant with these grants,
// inside the verb with which a method invites him. Who may is said at
// SaveStaff. A method that the authority has not switched on for its staff is
// refused (Conflict "roles.method-off"); the operator switches it on thereby,
// unless it was stopped. Further errors: Forbidden, Invalid (roles.unknown).
func (s *Service) AddStaff(ctx context.Context, tx *db.Tx, actor perm.Actor, method, subject string, name pii.Text, list []perm.Grant) (id ident.StaffID, err error) {
	t := tx.Tenant()
	if err := mayGrant(actor, t, "", nil); err != nil {
		return "", err
	}
	offers, err := s.offersIn(ctx, tx, KindStaff, tenancy.Door{Tenant: tenancy.Tenant{ID: t}})
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(offers, func(o Offer) bool { return o.Name == method })
	_, operator := actor.(perm.System)
	switch {
	case i < 0 || offers[i].Stopped || !offers[i].Offered && !operator:
		return "", errs.Conflict("roles.method-off")
	case !offers[i].Offered:
		if err := putChoice(ctx, tx, KindStaff, Choice{Name: method, Offered: true}); err != nil {
			return "", err
		}
		if err := audit.Record(ctx, tx, actor, audit.Event{Action: "sign-in.choose", Object: "method:" + method, Detail: "offered staff"}); err != nil {
			return "", err
		}
	}
	if list, err = withRights(ctx, tx, list); err != nil {
		return "", err
	}
	if err := mayGrant(actor, t, "", list); err != nil {
		return "", err
	}
	id = ident.New[ident.StaffID](tx.Now)
	if err := s.insertStaff(ctx, tx, id, method, subject, name); err != nil {
		return "", err
	}
	if err := grant(ctx, tx, actor, id, list); err != nil {
		return "", err
	}
	return id, audit.Record(ctx, tx, actor, audit.Event{Action: "staff.save", Object: "staff:" + string(id)})
}
