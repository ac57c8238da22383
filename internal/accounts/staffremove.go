package accounts

import (
	"context"
	"fmt"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// StaffLeft is the event that a member of staff works here no more. Features
// hand on what lies with him.
type StaffLeft struct {
	Staff ident.StaffID `json:"staff"`
}

// Kind implements jobs.Job.
func (StaffLeft) Kind() string { return "accounts.StaffLeft" }

// Key implements jobs.Job.
func (e StaffLeft) Key() string { return string(e.Staff) }

// StaffForgetter is what a sign-in method can do besides: forget the
// credentials of a member of staff who leaves, inside the transaction (of the
// tenant's scope) that removes him. A method whose credentials lie elsewhere, in
// the directory of the authority, has nothing to forget.
type StaffForgetter interface {
	ForgetStaff(ctx context.Context, tx *db.Tx, actor perm.Actor, subject string) error
}

// RemoveStaff ends somebody's work for an authority: his roles, sessions and
// credentials go, and what his method knew him by, so that whoever comes back is
// somebody new. His row stays, with the sealed name: the history of a case says
// who took it up, asked, decided and made it known (§ 41 VwVfG), a decision names
// who made it (§ 37 Abs. 3 VwVfG), and history and audit log hold his ID alone.
// The operator may, and staff who could take all that he holds; nobody removes
// himself. Features hear of StaffLeft. Removing him again changes nothing.
// Errors: NotFound, Forbidden (roles.not-held, roles.not-own), Conflict
// (roles.last-administrator).
func (s *Service) RemoveStaff(ctx context.Context, actor perm.Actor, t tenancy.Tenant, id ident.StaffID) error {
	return s.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		m, err := lockStaff(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := mayManage(ctx, tx, actor, id); err != nil || m.left {
			return err
		}
		if err := keepAdministrator(ctx, tx, actor, m, nil); err != nil {
			return err
		}
		list, err := grants(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := revoke(ctx, tx, actor, id, list); err != nil {
			return err
		}
		if err := EndStaff(ctx, tx, id, ""); err != nil {
			return err
		}
		for _, x := range s.c.Methods {
			if f, ok := x.Method.(StaffForgetter); ok && x.Name == m.method {
				if err := f.ForgetStaff(ctx, tx, actor, m.subject); err != nil {
					return fmt.Errorf("forgetting credentials of %s: %w", x.Name, err)
				}
			}
		}
		// No method is called "", so nothing of what a method says leads to this row.
		if _, err := tx.Exec(ctx, `UPDATE staff SET method='', subject=id, active=$3, left_at=$4 WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), string(id), false, db.Micros(tx.Now)); err != nil {
			return err
		}
		if err := jobs.Insert(ctx, tx, StaffLeft{id}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "staff.leave", Object: "staff:" + string(id)})
	})
}
