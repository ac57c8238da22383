package admin

import (
	"net/http"
	"slices"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// membersPage is who works here and what each role may do.
type membersPage struct {
	Told, Refused string
	Members       ui.Table
	Fields        []ui.Field // method, subject, name
	Rows          grantFields
}

// maxGrantRows bounds the rows for roles that a posted form may have.
const maxGrantRows = 100

// memberForm is what was typed.
type memberForm struct {
	method, subject, name string
	grants                [][3]string // role, unit, service, as typed
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
	own, err := s.c.Accounts.OwnRoles(r.Context(), actor)
	if err != nil {
		return err
	}
	out := membersPage{Told: office.Told(r, page, "admin.done."), Refused: refused}
	out.Members = ui.Table{ID: "personal", Caption: p.T("admin.members.caption", "n", len(list)), Empty: p.T("admin.members.none"), Columns: []ui.Column{{Title: p.T("admin.members.name")}, {Title: p.T("admin.members.roles")}, {Title: p.T("staff.col.state")}}}
	slices.SortFunc(list, func(a, b accounts.Member) int { return strings.Compare(a.Name.Reveal(), b.Name.Reveal()) })
	for _, m := range list {
		roles := s.rolesOf(page, actor.Tenant, own, m.Grants)
		state := ui.Cell{Text: p.T("admin.members.active")}
		if !m.Active {
			state.Text = p.T("admin.members.inactive")
		}
		out.Members.Rows = append(out.Members.Rows, ui.Row{Cells: []ui.Cell{{Text: m.Name.Reveal(), URL: "/verwaltung/personal/" + string(m.ID)}, {Text: orDash(strings.Join(roles, "; "))}, state}})
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
	if out.Rows, err = s.grantFields(r, own, f); err != nil {
		return err
	}
	problems := out.problems()
	page.Problems = len(problems)
	return ui.Render(w, r, status, membersView(page, out, problems))
}

func (p membersPage) problems() []ui.Problem {
	return append(ui.Problems(p.Fields), p.Rows.problems()...)
}

// saveMember serves POST /verwaltung/personal: it adds somebody, or gives who
// is there already exactly these roles.
func (s *Server) saveMember(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	t := ui.PageOf(r).T
	f := memberForm{method: office.Text(r, "weg"), subject: office.Text(r, "kennung"), problems: map[string]string{}}
	if !slices.ContainsFunc(s.c.Accounts.Methods(accounts.KindStaff, ui.VisitOf(r).Door), func(m accounts.Named) bool { return m.Name == f.method }) {
		f.problems["weg"] = t("admin.members.methodmissing")
	}
	if f.subject == "" || len(f.subject) > 200 {
		f.problems["kennung"] = t("admin.members.subjectmissing")
	}
	grants, err := s.readGrants(r, &f)
	if err != nil {
		return err
	}
	if len(f.problems) > 0 {
		return s.showMembers(w, r, http.StatusUnprocessableEntity, f, "")
	}
	_, err = s.c.Accounts.SaveStaff(r.Context(), ui.Staff(r), ui.VisitOf(r).Door.Tenant, f.method, f.subject, pii.New(f.name), grants)
	if f.refused(t, err) {
		return s.showMembers(w, r, http.StatusForbidden, f, "")
	}
	if err != nil {
		return err
	}
	return office.Done(w, r, "/verwaltung/personal", "person-gespeichert")
}
