package admin

import (
	"net/http"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// memberPage is one person who works here.
type memberPage struct {
	Told, Refused string
	URL           string
	Lines         []ui.Fact
	Active, Self  bool
	Left          bool // he works here no more: nothing can be changed
	Name          ui.Field
	Rows          grantFields
	access
}

func (s *Server) findMember(r *http.Request) (m accounts.Member, err error) {
	list, err := s.c.Accounts.Members(r.Context(), ui.Staff(r))
	for _, x := range list {
		if string(x.ID) == r.PathValue("id") {
			return x, nil
		}
	}
	if err == nil {
		err = errs.NotFound("staff", "asked for")
	}
	return m, err
}

// member serves GET /verwaltung/personal/{id}.
func (s *Server) member(w http.ResponseWriter, r *http.Request) error {
	m, err := s.findMember(r)
	if err != nil {
		return err
	}
	return s.showMember(w, r, http.StatusOK, m, memberFormOf(m), "")
}

func (s *Server) showMember(w http.ResponseWriter, r *http.Request, status int, m accounts.Member, f memberForm, refused string) error {
	actor := ui.Staff(r)
	page := office.Page(r, "admin.members.title", office.NavMembers)
	page.Breadcrumb = []ui.Link{{Text: page.Title, URL: "/verwaltung/personal"}}
	accesses, err := s.accesses(r)
	if err != nil {
		return err
	}
	page.Title, page.Detail = accesses.name(page, m), page.Title
	own, err := s.c.Accounts.OwnRoles(r.Context(), actor)
	if err != nil {
		return err
	}
	out := memberPage{Told: office.Told(r, page, "admin.done."), Refused: refused, URL: memberURL(m), Active: m.Active, Self: m.ID == actor.Staff, Left: m.Left(),
		Name: ui.Field{Name: "name", Type: ui.FieldText, Label: page.T("admin.members.name"), Value: f.name, Problem: f.problems["name"], Autocomplete: "off"}}
	if out.Left {
		out.Lines = []ui.Fact{{Name: page.T("staff.col.state"), Values: []string{accesses.state(page, m)}}}
		return ui.Render(w, r, status, memberView(page, out, nil))
	}
	method := m.Method
	for _, x := range s.c.Accounts.Methods(accounts.KindStaff, ui.VisitOf(r).Door) {
		if x.Name == m.Method {
			method = x.Title
		}
	}
	subject := ui.Fact{Name: page.T("admin.members.subject"), Values: []string{m.Subject.Reveal()}}
	if s.isLocal(m.Method) {
		out.access = s.accessView(page, m, accesses, f)
		subject = ui.Fact{Name: page.T("local.mail.label"), Values: []string{orDash(accesses[m.Subject.Reveal()].Mail.Reveal())}}
	}
	out.Lines = []ui.Fact{{Name: page.T("admin.members.method"), Values: []string{method}}, subject,
		{Name: page.T("staff.col.state"), Values: []string{accesses.state(page, m)}}, {Name: page.T("admin.members.roles"), Values: []string{orDash(strings.Join(s.rolesOf(page, actor.Tenant, own, m.Grants), "; "))}}}
	if out.Rows, err = s.grantFields(r, own, f); err != nil {
		return err
	}
	problems := append(ui.Problems([]ui.Field{out.Name}), out.Rows.problems()...)
	problems = append(problems, ui.Problems([]ui.Field{out.Mail})...)
	if out.Self { // the page has no form then
		out.Refused, problems = out.Rows.Problem, nil
	}
	page.Problems = len(problems)
	return ui.Render(w, r, status, memberView(page, out, problems))
}

// saveRoles serves POST /verwaltung/personal/{id}: exactly these roles.
func (s *Server) saveRoles(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	m, err := s.findMember(r)
	if err != nil {
		return err
	}
	f := memberForm{method: m.Method, problems: map[string]string{}}
	grants, err := s.readGrants(r, &f)
	if err != nil {
		return err
	}
	if len(f.problems) > 0 {
		return s.showMember(w, r, http.StatusUnprocessableEntity, m, f, "")
	}
	_, err = s.c.Accounts.SaveStaff(r.Context(), ui.Staff(r), ui.VisitOf(r).Door.Tenant, m.Method, m.Subject.Reveal(), pii.New(f.name), grants)
	if f.refused(ui.PageOf(r).T, err) {
		return s.showMember(w, r, http.StatusForbidden, m, f, "")
	}
	if sentence := refusedSentence(ui.PageOf(r), err); sentence != "" {
		return s.showMember(w, r, ui.StatusOf(err), m, f, sentence)
	}
	if err != nil {
		return err
	}
	return office.Done(w, r, memberURL(m), "person-gespeichert")
}

// block serves POST /verwaltung/personal/{id}/sperre: aktion=sperren|freigeben.
func (s *Server) block(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	m, err := s.findMember(r)
	if err != nil {
		return err
	}
	active := office.Text(r, "aktion") == "freigeben"
	if !active && office.Text(r, "aktion") != "sperren" {
		return errs.Invalid("staff.form-broken")
	}
	err = s.c.Accounts.SetActive(r.Context(), ui.Staff(r), ui.VisitOf(r).Door.Tenant, m.ID, active)
	word := "person-gesperrt"
	if active {
		word = "person-freigegeben"
	}
	return s.helped(w, r, m, word, err)
}
