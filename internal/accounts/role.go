package accounts

import (
	"context"
	"database/sql"
	"strings"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// ownPrefix keeps a tenant's roles apart from those of the product.
const ownPrefix = "eigen-"

// maxOwnRoles bounds how many roles a tenant makes itself.
const maxOwnRoles = 50

// OwnRole is a role that a tenant made itself: a set of the product's rights.
type OwnRole struct {
	Role    perm.Role // "" for a new one
	Title   string    // German, 2 to 60 signs
	Rights  perm.Set
	Version int64
}

// ownRoles are a tenant's own roles by name.
type ownRoles map[perm.Role]OwnRole

func (o ownRoles) set(r perm.Role) perm.Set { return o[r].Rights }

func roles(ctx context.Context, tx *db.Tx) (ownRoles, error) {
	rows, err := tx.Query(ctx, `SELECT slug,title,rights,version FROM staff_role WHERE tenant_id=$1`, string(tx.Tenant()))
	list, err := db.Collect(rows, err, func(r *sql.Rows) (x OwnRole, err error) {
		var names string
		err = r.Scan(&x.Role, &x.Title, &names, &x.Version)
		x.Rights = rightsOf(names)
		return x, err
	})
	out := ownRoles{}
	for _, x := range list {
		out[x.Role] = x
	}
	return out, err
}

// rightsOf reads rights as they are stored; one that is no more is none.
func rightsOf(names string) (out perm.Set) {
	for _, n := range strings.Fields(names) {
		out |= perm.SetOf(perm.Right(n))
	}
	return out
}

// OwnRoles lists the roles that a tenant made itself, by title. All of its
// staff may know them.
func (s *Service) OwnRoles(ctx context.Context, actor perm.Staff) (out []OwnRole, err error) {
	err = s.c.DB.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT slug FROM staff_role WHERE tenant_id=$1 ORDER BY title,slug`, string(tx.Tenant()))
		order, err := db.Collect(rows, err, func(r *sql.Rows) (x perm.Role, err error) { return x, r.Scan(&x) })
		if err != nil {
			return err
		}
		own, err := roles(ctx, tx)
		for _, x := range order {
			out = append(out, own[x])
		}
		return err
	})
	return out, err
}

// SaveOwnRole makes a role of the tenant's own or changes one; whoever holds it
// holds the new rights from his next request on. Staff with perm.GrantRoles may,
// for rights that they may give in the whole tenant. Errors: Invalid at the
// fields titel and rechte, Conflict if it was changed meanwhile, Forbidden.
func (s *Service) SaveOwnRole(ctx context.Context, actor perm.Staff, x OwnRole) (perm.Role, error) {
	x.Title = strings.Join(strings.Fields(x.Title), " ")
	if n := len([]rune(x.Title)); n < 2 || n > 60 {
		return "", errs.Invalid("roles.invalid", errs.Field{Name: "titel", Key: "roles.title-missing"})
	}
	if x.Rights == 0 {
		return "", errs.Invalid("roles.invalid", errs.Field{Name: "rechte", Key: "roles.rights-missing"})
	}
	if !actor.May(perm.GrantRoles) {
		return "", errs.Forbidden("error.forbidden")
	}
	err := s.c.DB.InTx(ctx, actor.Scope(), func(tx *db.Tx) error {
		own, err := roles(ctx, tx)
		if err != nil {
			return err
		}
		before := own[x.Role]
		if changed := before.Rights ^ x.Rights; changed != 0 && !actor.MayGive(perm.Grant{Own: changed}) {
			return errs.Forbidden("roles.not-held")
		}
		for _, g := range actor.Grants {
			if x.Role != "" && g.Role == x.Role && before.Rights != x.Rights {
				return errs.Forbidden("roles.not-own")
			}
		}
		var names []string
		for _, r := range x.Rights.Rights() {
			names = append(names, string(r))
		}
		for _, o := range own {
			if o.Title == x.Title && o.Role != x.Role {
				return errs.Invalid("roles.invalid", errs.Field{Name: "titel", Key: "roles.title-taken"})
			}
		}
		if x.Role == "" {
			if len(own) >= maxOwnRoles {
				return errs.Invalid("roles.too-many")
			}
			x.Role = perm.Role(ownPrefix + strings.ToLower(string(ident.New[ident.EntryID](tx.Now))))
			_, err = tx.Exec(ctx, `INSERT INTO staff_role (tenant_id,slug,title,rights,version,updated_at) VALUES ($1,$2,$3,$4,1,$5)`, string(tx.Tenant()), string(x.Role), x.Title, strings.Join(names, " "), db.Micros(tx.Now))
		} else {
			var n int64
			n, err = tx.Exec(ctx, `UPDATE staff_role SET title=$3, rights=$4, version=version+1, updated_at=$6 WHERE tenant_id=$1 AND slug=$2 AND version=$5`, string(tx.Tenant()), string(x.Role), x.Title, strings.Join(names, " "), x.Version, db.Micros(tx.Now))
			if err == nil && n == 0 {
				return errs.Conflict("error.changed-meanwhile")
			}
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "role.save", Object: "role:" + string(x.Role), Detail: strings.Join(names, " ")})
	})
	return x.Role, err
}

// DeleteOwnRole removes a role of the tenant's own that nobody holds. Staff with
// perm.GrantRoles may who could give it in the whole tenant. Errors: NotFound,
// Conflict (roles.in-use), Forbidden (roles.not-held).
func (s *Service) DeleteOwnRole(ctx context.Context, actor perm.Staff, role perm.Role) error {
	if !actor.May(perm.GrantRoles) {
		return errs.Forbidden("error.forbidden")
	}
	return s.c.DB.InTx(ctx, actor.Scope(), func(tx *db.Tx) error {
		own, err := roles(ctx, tx)
		if err != nil {
			return err
		}
		x, ok := own[role]
		switch {
		case !ok:
			return errs.NotFound("role", role)
		case x.Rights != 0 && !actor.MayGive(perm.Grant{Own: x.Rights}):
			return errs.Forbidden("roles.not-held")
		}
		n, err := tx.Exec(ctx, `DELETE FROM staff_role WHERE tenant_id=$1 AND slug=$2 AND NOT EXISTS (SELECT 1 FROM staff_grant WHERE tenant_id=$1 AND role=$2)`, string(tx.Tenant()), string(role))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Conflict("roles.in-use")
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "role.delete", Object: "role:" + string(role)})
	})
}
