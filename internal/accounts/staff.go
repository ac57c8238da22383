package accounts

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// Member is a member of staff as administrators see it.
type Member struct {
	ID     ident.StaffID
	Name   pii.Text
	Active bool
	Grants []perm.Grant
}

func namePlace(t ident.TenantID, id ident.StaffID) seal.Where {
	return seal.Where{Tenant: string(t), Table: "staff", Row: string(id), Column: "name"}
}

// SaveStaff adds a member of staff (or renames the one with the same subject)
// with exactly these grants. The operator may, and administrators for what
// they hold themselves: nobody grants a right that he does not hold.
func (s *Service) SaveStaff(ctx context.Context, actor perm.Actor, t tenancy.Tenant, method, subject string, name pii.Text, grants []perm.Grant) (id ident.StaffID, err error) {
	if err := mayGrant(actor, t.ID, grants); err != nil {
		return "", err
	}
	err = s.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, `SELECT id FROM staff WHERE tenant_id=$1 AND method=$2 AND subject=$3`+tx.ForUpdate(), string(tx.Tenant()), method, subject).Scan(&id)
		key := s.c.Directory.Key(t.ID)
		if errors.Is(err, sql.ErrNoRows) {
			id = ident.New[ident.StaffID](tx.Now)
			_, err = tx.Exec(ctx, `INSERT INTO staff (tenant_id,id,method,subject,name,active,created_at) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
				string(tx.Tenant()), string(id), method, subject, key.Seal([]byte(name.Reveal()), namePlace(t.ID, id)), true, db.Micros(tx.Now))
		} else if err == nil {
			_, err = tx.Exec(ctx, `UPDATE staff SET name=$3 WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), string(id), key.Seal([]byte(name.Reveal()), namePlace(t.ID, id)))
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM staff_grant WHERE tenant_id=$1 AND staff_id=$2`, string(tx.Tenant()), string(id)); err != nil {
			return err
		}
		for _, g := range grants {
			if _, err := tx.Exec(ctx, `INSERT INTO staff_grant (tenant_id,staff_id,role,unit_id,granted_by,granted_at) VALUES ($1,$2,$3,$4,$5,$6)`,
				string(tx.Tenant()), string(id), string(g.Role), string(g.Unit), actor.Ref(), db.Micros(tx.Now)); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "staff.save", Object: "staff:" + string(id)})
	})
	return id, err
}

// mayGrant: the operator may grant everything; staff with roles.grant may
// grant, in their own tenant, only roles all of whose rights they hold.
func mayGrant(actor perm.Actor, t ident.TenantID, grants []perm.Grant) error {
	switch a := actor.(type) {
	case perm.System:
		return nil
	case perm.Staff:
		if a.Tenant != t || !a.May(perm.GrantRoles) {
			break
		}
		for _, g := range grants {
			for _, row := range perm.Table() {
				if row.Role == g.Role && slices.ContainsFunc(row.Rights, func(r perm.Right) bool { return !a.MayIn(r, g.Unit) }) {
					return errs.Forbidden("roles.not-held")
				}
			}
		}
		return nil
	}
	return errs.Forbidden("error.forbidden")
}

// staffBySubject finds an active member; anybody else is refused.
func (s *Service) staffBySubject(ctx context.Context, t tenancy.Tenant, method, subject string) (id ident.StaffID, err error) {
	err = s.c.DB.View(ctx, t.Scope(), func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, `SELECT id FROM staff WHERE tenant_id=$1 AND method=$2 AND subject=$3 AND active`, string(tx.Tenant()), method, subject).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.Forbidden("login.not-staff")
		}
		return err
	})
	return id, err
}

func (s *Service) loadStaff(ctx context.Context, t tenancy.Tenant, id ident.StaffID) (a perm.Staff, name pii.Text, err error) {
	a = perm.Staff{Realm: t.Realm, Tenant: t.ID, Staff: id}
	err = s.c.DB.View(ctx, t.Scope(), func(tx *db.Tx) error {
		var sealed []byte
		err := tx.QueryRow(ctx, `SELECT name FROM staff WHERE tenant_id=$1 AND id=$2 AND active`, string(tx.Tenant()), string(id)).Scan(&sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.Forbidden("login.needed")
		}
		if err != nil {
			return err
		}
		plain, err := s.c.Directory.Key(t.ID).Open(sealed, namePlace(t.ID, id))
		if err != nil {
			return err
		}
		name = pii.New(string(plain))
		a.Grants, err = grants(ctx, tx, id)
		return err
	})
	return a, name, err
}

func grants(ctx context.Context, tx *db.Tx, id ident.StaffID) ([]perm.Grant, error) {
	rows, err := tx.Query(ctx, `SELECT role,unit_id FROM staff_grant WHERE tenant_id=$1 AND staff_id=$2 ORDER BY role,unit_id`, string(tx.Tenant()), string(id))
	return db.Collect(rows, err, func(r *sql.Rows) (g perm.Grant, err error) { return g, r.Scan(&g.Role, &g.Unit) })
}

// Members lists a tenant's staff. Staff with perm.GrantRoles may.
func (s *Service) Members(ctx context.Context, actor perm.Staff) (out []Member, err error) {
	if !actor.May(perm.GrantRoles) {
		return nil, errs.Forbidden("error.forbidden")
	}
	return s.members(ctx, actor.Scope())
}

// Names gives the names of a tenant's staff by ID, for worklist and history.
// Every member of staff may know his colleagues.
func (s *Service) Names(ctx context.Context, actor perm.Staff) (map[ident.StaffID]pii.Text, error) {
	list, err := s.members(ctx, actor.Scope())
	out := make(map[ident.StaffID]pii.Text, len(list))
	for _, m := range list {
		out[m.ID] = m.Name
	}
	return out, err
}

func (s *Service) members(ctx context.Context, scope db.TenantScope) (out []Member, err error) {
	err = s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id,name,active FROM staff WHERE tenant_id=$1 ORDER BY id`, string(tx.Tenant()))
		out, err = db.Collect(rows, err, func(r *sql.Rows) (m Member, err error) {
			var sealed []byte
			if err := r.Scan(&m.ID, &sealed, &m.Active); err != nil {
				return m, err
			}
			plain, err := s.c.Directory.Key(tx.Tenant()).Open(sealed, namePlace(tx.Tenant(), m.ID))
			m.Name = pii.New(string(plain))
			return m, err
		})
		if err != nil {
			return err
		}
		for i := range out {
			if out[i].Grants, err = grants(ctx, tx, out[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}
