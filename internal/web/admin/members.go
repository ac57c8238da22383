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
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// membersPage is who works here and what each role may do.
type membersPage struct {
	Told, Refused string
	Members       ui.Table
	Fields        []ui.Field           // method, subject, name
	Grants        [grantRows][2]string // role, unit, as typed
	Roles, Units  []ui.Option
	GrantProblem  string
	Rights        ui.Table
}

// grantRows is how many roles can be given at once.
const grantRows = 4

// memberForm is what was typed.
type memberForm struct {
	method, subject, name string
	grants                [grantRows][2]string // role, unit
	problems              map[string]string
}

// members serves GET /verwaltung/personal.
func (s *Server) members(w http.ResponseWriter, r *http.Request) error {
	f := memberForm{}
	if m := s.c.Accounts.Methods(accounts.KindStaff, ui.VisitOf(r).Door); len(m) == 1 {
		f.method = m[0].Name
	}
	return s.showMembers(w, r, http.StatusOK, f, "")
}

func (s *Server) showMembers(w http.ResponseWriter, r *http.Request, status int, f memberForm, refused string) error {
	actor := ui.Staff(r)
	list, err := s.c.Accounts.Members(r.Context(), actor)
	if err != nil {
		return err
	}
	page := office.Page(r, "admin.members.title", office.NavMembers)
	p := page.Printer()
	out := membersPage{Told: office.Told(r, page, "admin.done."), Refused: refused, Rights: rightsTable(page), GrantProblem: f.problems["rollen"]}
	out.Members = ui.Table{ID: "personal", Caption: p.T("admin.members.caption", "n", len(list)), Empty: p.T("admin.members.none"), Columns: []ui.Column{{Title: p.T("admin.members.name")}, {Title: p.T("admin.members.roles")}, {Title: p.T("staff.col.state")}}}
	slices.SortFunc(list, func(a, b accounts.Member) int { return strings.Compare(a.Name.Reveal(), b.Name.Reveal()) })
	for _, m := range list {
		roles := s.rolesOf(page, actor.Tenant, m.Grants)
		state := ui.Cell{Text: p.T("admin.members.active")}
		if !m.Active {
			state.Text = p.T("admin.members.inactive")
		}
		out.Members.Rows = append(out.Members.Rows, ui.Row{Cells: []ui.Cell{{Text: m.Name.Reveal()}, {Text: orDash(strings.Join(roles, "; "))}, state}})
	}
	method := ui.Field{Name: "weg", Type: ui.FieldSelect, Label: p.T("admin.members.method"), Value: f.method, Problem: f.problems["weg"]}
	for _, m := range s.c.Accounts.Methods(accounts.KindStaff, ui.VisitOf(r).Door) {
		method.Options = append(method.Options, ui.Option{Value: m.Name, Label: m.Title})
	}
	out.Fields = []ui.Field{
		method,
		{Name: "kennung", Type: ui.FieldText, Label: p.T("admin.members.subject"), Hint: p.T("admin.members.subjecthint"), Value: f.subject, Problem: f.problems["kennung"], Autocomplete: "off"},
		{Name: "name", Type: ui.FieldText, Label: p.T("admin.members.name"), Value: f.name, Problem: f.problems["name"], Autocomplete: "off"},
	}
	out.Grants = f.grants
	for _, x := range grantable(actor) {
		out.Roles = append(out.Roles, ui.Option{Value: string(x), Label: p.T("staff.role." + string(x))})
	}
	for _, u := range s.c.Directory.Units(actor.Tenant) {
		out.Units = append(out.Units, ui.Option{Value: string(u.ID), Label: u.Name})
	}
	problems := out.problems()
	page.Problems = len(problems)
	return ui.Render(w, r, status, membersView(page, out, problems))
}

// rolesOf says which roles somebody holds, each once with its units.
func (s *Server) rolesOf(page ui.Page, t ident.TenantID, grants []perm.Grant) (out []string) {
	for i, g := range grants {
		if i > 0 && grants[i-1].Role == g.Role {
			continue // accounts lists them by role
		}
		var units []string
		for _, x := range grants {
			if u, ok := s.c.Directory.Unit(t, x.Unit); ok && x.Role == g.Role {
				units = append(units, u.Name)
			}
		}
		name := page.T("staff.role." + string(g.Role))
		if len(units) > 0 {
			name += " (" + strings.Join(units, ", ") + ")"
		}
		out = append(out, name)
	}
	return out
}

func (p membersPage) problems() []ui.Problem {
	out := ui.Problems(p.Fields)
	if p.GrantProblem != "" {
		out = append(out, ui.Problem{Anchor: "rolle-0", Text: p.GrantProblem})
	}
	return out
}

// grantable are the roles of which somebody holds every right; accounts decides again.
func grantable(actor perm.Staff) (out []perm.Role) {
	for _, row := range perm.Table() {
		if !slices.ContainsFunc(row.Rights, func(x perm.Right) bool { return !actor.May(x) }) {
			out = append(out, row.Role)
		}
	}
	return out
}

// rightsTable shows the table of roles as the program has it.
func rightsTable(page ui.Page) ui.Table {
	t := ui.Table{ID: "rechte", Caption: page.T("admin.rights.caption"), Columns: []ui.Column{{Title: page.T("admin.rights.right")}}}
	var rights []perm.Right
	for _, row := range perm.Table() {
		t.Columns = append(t.Columns, ui.Column{Title: page.T("staff.role." + string(row.Role))})
		for _, x := range row.Rights {
			if !slices.Contains(rights, x) {
				rights = append(rights, x)
			}
		}
	}
	for _, x := range rights {
		cells := []ui.Cell{{Text: page.T("admin.right." + strings.ReplaceAll(string(x), ".", "-"))}}
		for _, row := range perm.Table() {
			c := ui.Cell{Text: "–"}
			if row.Role.Has(x) {
				c.Text = page.T("ui.yes")
			}
			cells = append(cells, c)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return t
}

// saveMember serves POST /verwaltung/personal: it adds somebody, or gives who
// is there already exactly these roles.
func (s *Server) saveMember(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	actor, t := ui.Staff(r), ui.PageOf(r).T
	f := memberForm{method: office.Text(r, "weg"), subject: office.Text(r, "kennung"), name: office.Text(r, "name"), problems: map[string]string{}}
	if !slices.ContainsFunc(s.c.Accounts.Methods(accounts.KindStaff, ui.VisitOf(r).Door), func(m accounts.Named) bool { return m.Name == f.method }) {
		f.problems["weg"] = t("admin.members.methodmissing")
	}
	if f.subject == "" || len(f.subject) > 200 {
		f.problems["kennung"] = t("admin.members.subjectmissing")
	}
	if f.name == "" || len([]rune(f.name)) > 100 {
		f.problems["name"] = t("admin.members.namemissing")
	}
	var grants []perm.Grant
	for i := range f.grants {
		n := strconv.Itoa(i)
		f.grants[i] = [2]string{office.Text(r, "rolle."+n), office.Text(r, "stelle."+n)}
		if f.grants[i][0] == "" {
			continue
		}
		g := perm.Grant{Role: perm.Role(f.grants[i][0]), Unit: ident.UnitID(f.grants[i][1])}
		if g.Unit != "" {
			if _, ok := s.c.Directory.Unit(actor.Tenant, g.Unit); !ok {
				f.problems["rollen"] = t("staff.unit-missing")
			}
		}
		if !slices.ContainsFunc(perm.Table(), func(row perm.Row) bool { return row.Role == g.Role }) {
			f.problems["rollen"] = t("admin.members.rolemissing")
		}
		if !slices.Contains(grants, g) {
			grants = append(grants, g)
		}
	}
	if len(grants) == 0 && f.problems["rollen"] == "" {
		f.problems["rollen"] = t("admin.members.rolemissing")
	}
	if len(f.problems) > 0 {
		return s.showMembers(w, r, http.StatusUnprocessableEntity, f, "")
	}
	_, err := s.c.Accounts.SaveStaff(r.Context(), actor, ui.VisitOf(r).Door.Tenant, f.method, f.subject, pii.New(f.name), grants)
	if errs.Is(err, errs.KindForbidden) && errs.KeyOf(err) == "roles.not-held" {
		f.problems["rollen"] = t("roles.not-held")
		return s.showMembers(w, r, http.StatusForbidden, f, "")
	}
	if err != nil {
		return err
	}
	return office.Done(w, r, "/verwaltung/personal", "person-gespeichert")
}
