package accounts

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

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
	ID      ident.StaffID
	Method  string // connection by which he signs in
	Subject pii.Text
	Name    pii.Text
	Active  bool
	LeftAt  time.Time // zero: he works here; else Method is "", Subject says nothing, Active is false
	Grants  []perm.Grant
}

// Left reports whether he works here no more.
func (m Member) Left() bool { return !m.LeftAt.IsZero() }

func namePlace(t ident.TenantID, id ident.StaffID) seal.Where {
	return seal.Where{Tenant: string(t), Table: "staff", Row: string(id), Column: "name"}
}

// SaveStaff adds a member of staff (or renames the one with the same subject)
// with exactly these grants. The operator may, and staff for what perm.MayGive
// lets them give and take; nobody changes his own. Errors: Forbidden
// (roles.not-held, roles.not-own), Invalid (roles.unknown), Conflict
// (roles.left, roles.last-administrator).
func (s *Service) SaveStaff(ctx context.Context, actor perm.Actor, t tenancy.Tenant, method, subject string, name pii.Text, list []perm.Grant) (id ident.StaffID, err error) {
	err = s.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		list, err := withRights(ctx, tx, list)
		if err != nil {
			return err
		}
		var before []perm.Grant
		var m standing
		err = tx.QueryRow(ctx, `SELECT id FROM staff WHERE tenant_id=$1 AND method=$2 AND subject=$3`, string(tx.Tenant()), method, subject).Scan(&id)
		known := err == nil
		switch {
		case known:
			if m, err = lockStaff(ctx, tx, id); err != nil {
				return err
			}
			if before, err = grants(ctx, tx, id); err != nil {
				return err
			}
		case errors.Is(err, sql.ErrNoRows):
			id = ident.New[ident.StaffID](tx.Now)
		default:
			return err
		}
		given := slices.DeleteFunc(slices.Clone(list), func(g perm.Grant) bool { return slices.Contains(before, g) })
		taken := slices.DeleteFunc(slices.Clone(before), func(g perm.Grant) bool { return slices.Contains(list, g) })
		if err := mayGrant(actor, t.ID, id, append(slices.Clone(given), taken...)); err != nil {
			return err
		}
		if m.left {
			return errs.Conflict("roles.left")
		}
		if err := keepAdministrator(ctx, tx, actor, m, list); err != nil {
			return err
		}
		if known {
			err = s.renameStaff(ctx, tx, id, name)
		} else {
			err = s.insertStaff(ctx, tx, id, method, subject, name)
		}
		if err != nil {
			return err
		}
		if err := revoke(ctx, tx, actor, id, taken); err != nil {
			return err
		}
		if err := grant(ctx, tx, actor, id, given); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "staff.save", Object: "staff:" + string(id)})
	})
	return id, err
}

// withRights gives grants with the rights of the roles that the tenant made
// itself. Errors: Invalid (roles.unknown).
func withRights(ctx context.Context, tx *db.Tx, list []perm.Grant) ([]perm.Grant, error) {
	own, err := roles(ctx, tx)
	if err != nil {
		return nil, err
	}
	list = slices.Clone(list)
	for i, g := range list {
		if list[i].Own = own.set(g.Role); list[i].Own == 0 && g.Role.Set() == 0 {
			return nil, errs.Invalid("roles.unknown")
		}
	}
	return list, nil
}

func (s *Service) insertStaff(ctx context.Context, tx *db.Tx, id ident.StaffID, method, subject string, name pii.Text) error {
	_, err := tx.Exec(ctx, `INSERT INTO staff (tenant_id,id,method,subject,name,active,created_at) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
		string(tx.Tenant()), string(id), method, subject, s.c.Directory.Key(tx.Tenant()).Seal([]byte(name.Reveal()), namePlace(tx.Tenant(), id)), true, db.Micros(tx.Now))
	return err
}

func (s *Service) renameStaff(ctx context.Context, tx *db.Tx, id ident.StaffID, name pii.Text) error {
	_, err := tx.Exec(ctx, `UPDATE staff SET name=$3 WHERE tenant_id=$1 AND id=$2`,
		string(tx.Tenant()), string(id), s.c.Directory.Key(tx.Tenant()).Seal([]byte(name.Reveal()), namePlace(tx.Tenant(), id)))
	return err
}

// grant writes what a member holds from now on, one audit entry each.
func grant(ctx context.Context, tx *db.Tx, actor perm.Actor, id ident.StaffID, list []perm.Grant) error {
	for _, g := range list {
		if _, err := tx.Exec(ctx, `INSERT INTO staff_grant (tenant_id,staff_id,role,unit_id,service,granted_by,granted_at) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
			string(tx.Tenant()), string(id), string(g.Role), string(g.Unit), g.Service, actor.Ref(), db.Micros(tx.Now)); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, actor, audit.Event{Action: "staff.grant", Object: "staff:" + string(id), Detail: detail(g)}); err != nil {
			return err
		}
	}
	return nil
}

// revoke ends what a member holds, one audit entry each.
func revoke(ctx context.Context, tx *db.Tx, actor perm.Actor, id ident.StaffID, list []perm.Grant) error {
	for _, g := range list {
		if _, err := tx.Exec(ctx, `DELETE FROM staff_grant WHERE tenant_id=$1 AND staff_id=$2 AND role=$3 AND unit_id=$4 AND service=$5`, string(tx.Tenant()), string(id), string(g.Role), string(g.Unit), g.Service); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, actor, audit.Event{Action: "staff.revoke", Object: "staff:" + string(id), Detail: detail(g)}); err != nil {
			return err
		}
	}
	return nil
}

// detail names a grant in the audit log.
func detail(g perm.Grant) string {
	return strings.TrimSpace(string(g.Role) + " " + string(g.Unit) + " " + g.Service)
}

// mayGrant: the operator may give and take everything; staff in their own
// tenant what perm.MayGive says, and never for themselves.
func mayGrant(actor perm.Actor, t ident.TenantID, whose ident.StaffID, changes []perm.Grant) error {
	switch a := actor.(type) {
	case perm.System:
		return nil
	case perm.Staff:
		switch {
		case a.Tenant != t || !a.May(perm.GrantRoles):
		case a.Staff == whose && len(changes) > 0:
			return errs.Forbidden("roles.not-own")
		case slices.ContainsFunc(changes, func(g perm.Grant) bool { return !a.MayGive(g) }):
			return errs.Forbidden("roles.not-held")
		default:
			return nil
		}
	}
	return errs.Forbidden("error.forbidden")
}

// SetActive blocks a member of staff or lets him in again; blocking ends his
// sessions at once. The operator may, and staff who could give all that he
// holds; nobody blocks himself. What he works on stays with him: a block is for
// a lost device or a suspicion and may end within the hour, and a lead can take
// each case from him (cases.Claim). Errors: NotFound, Forbidden, Conflict
// (roles.left, roles.last-administrator).
func (s *Service) SetActive(ctx context.Context, actor perm.Actor, t tenancy.Tenant, id ident.StaffID, active bool) error {
	return s.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		m, err := lockStaff(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := mayManage(ctx, tx, actor, id); err != nil {
			return err
		}
		if m.left {
			return errs.Conflict("roles.left")
		}
		action := "staff.unblock"
		if !active {
			if err := keepAdministrator(ctx, tx, actor, m, nil); err != nil {
				return err
			}
			action = "staff.block"
			if err := EndStaff(ctx, tx, id, ""); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE staff SET active=$3 WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), string(id), active); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: action, Object: "staff:" + string(id)})
	})
}

// mayManage: who could give all that a member holds may block him and help him
// to a new access; the operator may; nobody himself.
func mayManage(ctx context.Context, tx *db.Tx, actor perm.Actor, id ident.StaffID) error {
	held, err := grants(ctx, tx, id)
	if err != nil {
		return err
	}
	if a, ok := actor.(perm.Staff); ok && a.Staff == id {
		return errs.Forbidden("roles.not-own")
	}
	return mayGrant(actor, tx.Tenant(), id, held)
}

// Managed gives the subject by which a member of the scope's staff signs in by
// a method, for the verbs with which the method helps him: a lost second
// factor, another invitation. Who may manage him may. Errors: Forbidden
// (roles.not-held, roles.not-own), NotFound for a member of another method and
// for one who left.
func (s *Service) Managed(ctx context.Context, tx *db.Tx, actor perm.Actor, method string, id ident.StaffID) (subject string, err error) {
	if err := mayManage(ctx, tx, actor, id); err != nil {
		return "", err
	}
	err = tx.QueryRow(ctx, `SELECT subject FROM staff WHERE tenant_id=$1 AND id=$2 AND method=$3 AND left_at=0`+tx.ForUpdate(), string(tx.Tenant()), string(id), method).Scan(&subject)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errs.NotFound("staff", id)
	}
	return subject, err
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

// selectGrants reads grants with the rights of the roles that the tenant made itself.
const selectGrants = `SELECT g.staff_id,g.role,g.unit_id,g.service,coalesce(r.rights,'') FROM staff_grant g
	LEFT JOIN staff_role r ON r.tenant_id=g.tenant_id AND r.slug=g.role WHERE g.tenant_id=$1`

// held is a grant and who holds it.
type held struct {
	by ident.StaffID
	perm.Grant
}

func scanGrant(r *sql.Rows) (h held, err error) {
	var own string
	err = r.Scan(&h.by, &h.Role, &h.Unit, &h.Service, &own)
	h.Own = rightsOf(own)
	return h, err
}

// grants are what one member holds, by role.
func grants(ctx context.Context, tx *db.Tx, id ident.StaffID) ([]perm.Grant, error) {
	rows, err := tx.Query(ctx, selectGrants+` AND g.staff_id=$2 ORDER BY g.role,g.unit_id,g.service`, string(tx.Tenant()), string(id))
	return db.Collect(rows, err, func(r *sql.Rows) (perm.Grant, error) {
		h, err := scanGrant(r)
		return h.Grant, err
	})
}

// Members lists a tenant's staff, those who left too (Member.Left). Staff with
// perm.GrantRoles may.
func (s *Service) Members(ctx context.Context, actor perm.Staff) (out []Member, err error) {
	if !actor.May(perm.GrantRoles) {
		return nil, errs.Forbidden("error.forbidden")
	}
	return s.members(ctx, actor.Scope())
}

// MembersOf lists who works at a tenant, for the operator; that he looked is
// recorded.
func (s *Service) MembersOf(ctx context.Context, actor perm.System, t tenancy.Tenant) ([]Member, error) {
	if err := s.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		return audit.Record(ctx, tx, actor, audit.Event{Action: "staff.list", Object: "tenant:" + string(t.ID)})
	}); err != nil {
		return nil, err
	}
	list, err := s.members(ctx, t.Scope())
	return slices.DeleteFunc(list, Member.Left), err
}

// Names gives the names of a tenant's staff by ID, for worklist and history,
// also of those who left: files say who did what.
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
		rows, err := tx.Query(ctx, `SELECT id,method,subject,name,active,left_at FROM staff WHERE tenant_id=$1 ORDER BY id`, string(tx.Tenant()))
		out, err = db.Collect(rows, err, func(r *sql.Rows) (m Member, err error) {
			var sealed []byte
			var subject string
			var left int64
			if err := r.Scan(&m.ID, &m.Method, &subject, &sealed, &m.Active, &left); err != nil {
				return m, err
			}
			m.LeftAt = db.FromMicros(left)
			plain, err := s.c.Directory.Key(tx.Tenant()).Open(sealed, namePlace(tx.Tenant(), m.ID))
			m.Name, m.Subject = pii.New(string(plain)), pii.New(subject)
			return m, err
		})
		if err != nil {
			return err
		}
		rows, err = tx.Query(ctx, selectGrants+` ORDER BY g.staff_id,g.role,g.unit_id,g.service`, string(tx.Tenant()))
		all, err := db.Collect(rows, err, scanGrant)
		of := make(map[ident.StaffID][]perm.Grant, len(out))
		for _, h := range all {
			of[h.by] = append(of[h.by], h.Grant)
		}
		for i := range out {
			out[i].Grants = of[out[i].ID]
		}
		return err
	})
	return out, err
}
