package admin

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// grantFields are the rows in which roles are chosen for somebody.
type grantFields struct {
	Rows                   [][3]string
	Roles, Units, Services []ui.Option
	Problem                string
}

func (g grantFields) problems() []ui.Problem {
	if g.Problem == "" {
		return nil
	}
	return []ui.Problem{{Anchor: "rolle-0", Text: g.Problem}}
}

// grantFields offers the roles that the asking person may give somewhere, and
// those that are set already.
func (s *Server) grantFields(r *http.Request, own []accounts.OwnRole, f memberForm) (out grantFields, err error) {
	actor, page := ui.Staff(r), ui.PageOf(r)
	out = grantFields{Rows: append(slices.Clone(f.grants), [3]string{}), Problem: f.problems["rollen"]} // the last row is free
	if len(out.Rows) < 2 {
		out.Rows = append(out.Rows, [3]string{})
	}
	units := s.c.Directory.Units(actor.Tenant)
	offer := func(role perm.Role, rights perm.Set, title string) {
		may := actor.MayGive(perm.Grant{Role: role, Own: rights}) ||
			slices.ContainsFunc(units, func(u tenancy.Unit) bool { return actor.MayGive(perm.Grant{Role: role, Own: rights, Unit: u.ID}) })
		if may || slices.ContainsFunc(f.grants, func(g [3]string) bool { return g[0] == string(role) }) {
			out.Roles = append(out.Roles, ui.Option{Value: string(role), Label: title})
		}
	}
	for _, row := range perm.Table() {
		offer(row.Role, 0, page.T("staff.role."+string(row.Role)))
	}
	for _, x := range own {
		offer(x.Role, x.Rights, x.Title)
	}
	for _, u := range units {
		out.Units = append(out.Units, ui.Option{Value: string(u.ID), Label: u.Name})
	}
	published, err := s.c.Catalogue.Published(r.Context(), actor.Tenant)
	if err != nil {
		return out, err
	}
	for _, x := range published.Services() {
		if x.Online && x.Offered {
			out.Services = append(out.Services, ui.Option{Value: x.Slug, Label: x.Title})
		}
	}
	return out, nil
}

// readGrants reads name and roles of a posted form; problems stand in f.
func (s *Server) readGrants(r *http.Request, f *memberForm) (grants []perm.Grant, err error) {
	actor, t := ui.Staff(r), ui.PageOf(r).T
	if f.name = office.Text(r, "name"); f.name == "" && !s.isLocal(f.method) || len([]rune(f.name)) > 100 {
		f.problems["name"] = t("admin.members.namemissing")
	}
	own, err := s.c.Accounts.OwnRoles(r.Context(), actor)
	if err != nil {
		return nil, err
	}
	published, err := s.c.Catalogue.Published(r.Context(), actor.Tenant)
	if err != nil {
		return nil, err
	}
	for i := 0; r.PostForm.Has("rolle." + strconv.Itoa(i)); i++ {
		if i == maxGrantRows {
			return nil, errs.Invalid("staff.form-broken")
		}
		n := strconv.Itoa(i)
		row := [3]string{office.Text(r, "rolle."+n), office.Text(r, "stelle."+n), office.Text(r, "leistung."+n)}
		if row == [3]string{} {
			continue
		}
		f.grants = append(f.grants, row)
		g := perm.Grant{Role: perm.Role(row[0]), Unit: ident.UnitID(row[1]), Service: row[2]}
		if g.Unit != "" {
			if _, ok := s.c.Directory.Unit(actor.Tenant, g.Unit); !ok {
				f.problems["rollen"] = t("staff.unit-missing")
			}
		}
		if g.Service != "" {
			if _, ok := published.Service(g.Service); !ok {
				f.problems["rollen"] = t("admin.members.servicemissing")
			}
		}
		known := slices.ContainsFunc(own, func(x accounts.OwnRole) bool { return x.Role == g.Role })
		if !known && g.Role.Set() == 0 {
			f.problems["rollen"] = t("admin.members.rolemissing")
		}
		if !slices.Contains(grants, g) {
			grants = append(grants, g)
		}
	}
	if len(grants) == 0 && f.problems["rollen"] == "" {
		f.problems["rollen"] = t("admin.members.rolemissing")
	}
	return grants, nil
}

// refused turns a refusal into the sentence at the roles.
func (f *memberForm) refused(t func(string, ...any) string, err error) bool {
	if key := errs.KeyOf(err); errs.Is(err, errs.KindForbidden) && strings.HasPrefix(key, "roles.") {
		f.problems["rollen"] = t(key)
		return true
	}
	return false
}

// rolesOf says which roles somebody holds, each once with its units and services.
func (s *Server) rolesOf(page ui.Page, t ident.TenantID, own []accounts.OwnRole, grants []perm.Grant) (out []string) {
	for i, g := range grants {
		if i > 0 && grants[i-1].Role == g.Role {
			continue // accounts lists them by role
		}
		var where []string
		for _, x := range grants {
			if x.Role != g.Role {
				continue
			}
			var one []string
			if u, ok := s.c.Directory.Unit(t, x.Unit); ok {
				one = append(one, u.Name)
			}
			if x.Service != "" {
				one = append(one, page.T("admin.members.only", "service", x.Service))
			}
			if one != nil {
				where = append(where, strings.Join(one, ": "))
			}
		}
		name := roleName(page, own, g.Role)
		if len(where) > 0 {
			name += " (" + strings.Join(where, ", ") + ")"
		}
		out = append(out, name)
	}
	return out
}

func roleName(page ui.Page, own []accounts.OwnRole, role perm.Role) string {
	for _, x := range own {
		if x.Role == role {
			return x.Title
		}
	}
	return page.T("staff.role." + string(role))
}
