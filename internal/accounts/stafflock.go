package accounts

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// standing is a member's row as far as the verbs that change him ask.
type standing struct {
	id              ident.StaffID
	method, subject string
	active, left    bool
}

// lockStaff reads a member for a verb that changes what he may do. With him it
// locks all who hold something in the whole tenant, in one order: so two
// administrators who remove each other at one moment do it one after the other,
// and the second sees what the first did. Errors: NotFound.
func lockStaff(ctx context.Context, tx *db.Tx, id ident.StaffID) (m standing, err error) {
	rows, err := tx.Query(ctx, `SELECT id,method,subject,active,left_at FROM staff WHERE tenant_id=$1 AND (id=$2 OR active AND EXISTS
		(SELECT 1 FROM staff_grant g WHERE g.tenant_id=staff.tenant_id AND g.staff_id=staff.id AND g.unit_id='' AND g.service='')) ORDER BY id`+tx.ForUpdate(), string(tx.Tenant()), string(id))
	list, err := db.Collect(rows, err, func(r *sql.Rows) (x standing, err error) {
		var left int64
		err = r.Scan(&x.id, &x.method, &x.subject, &x.active, &left)
		x.left = left > 0
		return x, err
	})
	if err != nil {
		return m, err
	}
	i := slices.IndexFunc(list, func(x standing) bool { return x.id == id })
	if i < 0 {
		return m, errs.NotFound("staff", id)
	}
	return list[i], nil
}

// administers reports whether these grants let somebody give and take roles in
// the whole tenant.
func administers(list []perm.Grant) bool { return perm.Staff{Grants: list}.Everywhere(perm.GrantRoles) }

// keepAdministrator refuses to leave a tenant without an active member who
// administers it: nobody there could let anybody in again. after is what m holds
// when the verb is through, nothing for one who is blocked or removed. It needs
// lockStaff before. The operator is not refused: he can add one. Errors:
// Conflict (roles.last-administrator).
func keepAdministrator(ctx context.Context, tx *db.Tx, actor perm.Actor, m standing, after []perm.Grant) error {
	if _, ok := actor.(perm.System); ok || !m.active || administers(after) {
		return nil
	}
	rows, err := tx.Query(ctx, selectGrants+` AND g.unit_id='' AND g.service='' AND EXISTS (SELECT 1 FROM staff s WHERE s.tenant_id=g.tenant_id AND s.id=g.staff_id AND s.active)`, string(tx.Tenant()))
	list, err := db.Collect(rows, err, scanGrant)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(h held) bool { return !h.Has(perm.GrantRoles) })
	of := func(h held) bool { return h.by == m.id }
	if slices.ContainsFunc(list, of) && !slices.ContainsFunc(list, func(h held) bool { return !of(h) }) {
		return errs.Conflict("roles.last-administrator")
	}
	return nil
}

// AtWork refuses who was blocked or removed since his session was read. A verb
// that gives him something to keep asks it in its own transaction: a removal
// waits for it or is seen by it, and what hands his things back comes later.
// Errors: Forbidden (login.needed).
func AtWork(ctx context.Context, tx *db.Tx, id ident.StaffID) error {
	var active bool
	err := tx.QueryRow(ctx, `SELECT active FROM staff WHERE tenant_id=$1 AND id=$2`+tx.ForUpdate(), string(tx.Tenant()), string(id)).Scan(&active)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !active {
		return errs.Forbidden("login.needed")
	}
	return err
}
