package admin

import (
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"stadttor/internal/accounts"
	"stadttor/internal/ident"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// membersPage is who works here, or who left.
type membersPage struct {
	Told, Refused string
	Members       ui.Table
	Fields        []ui.Field // method, subject, name
	Rows          grantFields
	Invite        bool // an access of our own can be chosen
	Left          bool // lists who left; nobody is added there
}

// maxGrantRows bounds the rows for roles that a posted form may have.
const maxGrantRows = 100

// memberForm is what was typed.
type memberForm struct {
	method, subject, name string
	mail                  string      // of another invitation
	grants                [][3]string // role, unit, service, as typed
	problems              map[string]string
}

// members serves GET /verwaltung/personal.
func (s *Server) members(w http.ResponseWriter, r *http.Request) error {
	f := memberForm{}
	methods, err := s.methods(r)
	if err != nil {
		return err
	}
	if len(methods) == 1 {
		f.method = methods[0].Name
	}
	return s.showMembers(w, r, http.StatusOK, f, "")
}

// methods are those by which the authority's staff may sign in now.
func (s *Server) methods(r *http.Request) ([]accounts.Offer, error) {
	list, err := s.c.Accounts.StaffOffers(r.Context(), ui.VisitOf(r).Door)
	return slices.DeleteFunc(list, func(o accounts.Offer) bool { return !o.Offered }), err
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
	out := membersPage{Told: office.Told(r, page, "admin.done."), Refused: refused, Left: r.Method == http.MethodGet && r.URL.Query().Get("personen") == leftMembers}
	accesses, err := s.accesses(r)
	if err != nil {
		return err
	}
	out.Members = s.membersTable(page, actor.Tenant, own, accesses, list, out.Left)
	method := ui.Field{Name: "weg", Type: ui.FieldSelect, Label: p.T("admin.members.method"), Value: f.method, Problem: f.problems["weg"]}
	methods, err := s.methods(r)
	if err != nil {
		return err
	}
	subject := ui.Field{Name: "kennung", Type: ui.FieldText, Label: p.T("admin.members.subject"), Hint: p.T("admin.members.subjecthint"), Value: f.subject, Problem: f.problems["kennung"], Autocomplete: "off"}
	for _, m := range methods {
		method.Options = append(method.Options, ui.Option{Value: m.Name, Label: m.Title})
		if s.isLocal(m.Name) {
			out.Invite = true
			subject.Label, subject.Hint = p.T("admin.members.subjectormail"), p.T("admin.members.subjectormailhint", "method", m.Title)
		}
	}
	out.Fields = []ui.Field{
		method,
		subject,
		{Name: "name", Type: ui.FieldText, Label: p.T("admin.members.name"), Value: f.name, Problem: f.problems["name"], Autocomplete: "off"},
	}
	if out.Rows, err = s.grantFields(r, own, f); err != nil {
		return err
	}
	problems := out.problems()
	page.Problems = len(problems)
	return ui.Render(w, r, status, membersView(page, out, problems))
}

// leftMembers is the word in the address for those who left.
const leftMembers = "ausgeschieden"

// membersTable lists who works here, or who left, by name.
func (s *Server) membersTable(page ui.Page, t ident.TenantID, own []accounts.OwnRole, accesses accesses, list []accounts.Member, left bool) ui.Table {
	p := page.Printer()
	all := len(list)
	list = slices.DeleteFunc(list, func(m accounts.Member) bool { return m.Left() != left })
	names := collate.New(language.German)
	slices.SortStableFunc(list, func(a, b accounts.Member) int {
		return names.CompareString(accesses.name(page, a), accesses.name(page, b))
	})
	out := ui.Table{ID: "personal", Caption: p.T("admin.members.caption", "n", len(list)), Empty: p.T("admin.members.none"), Columns: []ui.Column{{Title: p.T("admin.members.name")}, {Title: p.T("admin.members.roles")}, {Title: p.T("staff.col.state")}}}
	filter := ui.Filter{Name: "personen", Label: p.T("admin.leave.filter"), Options: []ui.Option{{Label: p.T("admin.leave.here")}, {Value: leftMembers, Label: p.T("admin.leave.gone")}}}
	if left {
		filter.Value, out.Caption, out.Empty = leftMembers, p.T("admin.leave.caption", "n", len(list)), p.T("admin.leave.none")
		out.Columns = []ui.Column{out.Columns[0], out.Columns[2]} // roles have ended
	}
	if left || len(list) < all {
		out.FilterURL, out.Filters = "/verwaltung/personal", []ui.Filter{filter}
	}
	for _, m := range list {
		cells := []ui.Cell{{Text: accesses.name(page, m), URL: memberURL(m)}, {Text: orDash(strings.Join(s.rolesOf(page, t, own, m.Grants), "; "))}, {Text: accesses.state(page, m)}}
		if left {
			cells = slices.Delete(cells, 1, 2)
		}
		out.Rows = append(out.Rows, ui.Row{Cells: cells})
	}
	return out
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
	methods, err := s.methods(r)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(methods, func(m accounts.Offer) bool { return m.Name == f.method }) {
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
	done := "person-gespeichert"
	if s.isLocal(f.method) {
		done = "person-eingeladen"
		err = s.invite(r, f, grants)
		if f.mailRefused(ui.PageOf(r).Printer(), err) {
			return s.showMembers(w, r, ui.StatusOf(err), f, "")
		}
	} else {
		_, err = s.c.Accounts.SaveStaff(r.Context(), ui.Staff(r), ui.VisitOf(r).Door.Tenant, f.method, f.subject, pii.New(f.name), grants)
	}
	if f.refused(t, err) {
		return s.showMembers(w, r, http.StatusForbidden, f, "")
	}
	if sentence := refusedSentence(ui.PageOf(r), err); sentence != "" {
		return s.showMembers(w, r, ui.StatusOf(err), f, sentence)
	}
	if err != nil {
		return err
	}
	return office.Done(w, r, "/verwaltung/personal", done)
}
