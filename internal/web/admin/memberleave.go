package admin

import (
	"net/http"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// memberLeavePage is what the end of somebody's work here means.
type memberLeavePage struct {
	Refused string
	URL     string // of the person
	Self    bool   // nobody removes himself: no form
	Local   bool   // his access is one of our own
	Active  bool   // he could be blocked instead
	Confirm ui.Field
}

// memberLeave serves GET /verwaltung/personal/{id}/beschaeftigungsende.
func (s *Server) memberLeave(w http.ResponseWriter, r *http.Request) error {
	m, err := s.findMember(r)
	if err != nil {
		return err
	}
	if m.Left() {
		return ui.SeeOther(w, r, memberURL(m))
	}
	return s.showMemberLeave(w, r, http.StatusOK, m, "", "")
}

func (s *Server) showMemberLeave(w http.ResponseWriter, r *http.Request, status int, m accounts.Member, problem, refused string) error {
	page := office.Page(r, "admin.leave.title", office.NavMembers)
	accesses, err := s.accesses(r)
	if err != nil {
		return err
	}
	name := accesses.name(page, m)
	page.Breadcrumb = []ui.Link{{Text: page.T("admin.members.title"), URL: "/verwaltung/personal"}, {Text: name, URL: memberURL(m)}}
	page.Detail = name
	out := memberLeavePage{Refused: refused, URL: memberURL(m), Self: m.ID == ui.Staff(r).Staff, Local: s.isLocal(m.Method), Active: m.Active,
		Confirm: ui.Field{Name: "sicher", Type: ui.FieldConsent, Label: page.T("admin.leave.sure", "name", name), Statement: page.T("admin.leave.statement"), Problem: problem}}
	if out.Self {
		out.Refused = page.T("roles.not-own")
	}
	problems := ui.Problems([]ui.Field{out.Confirm})
	page.Problems = len(problems)
	return ui.Render(w, r, status, memberLeaveView(page, out, problems))
}

// removeMember serves POST /verwaltung/personal/{id}/beschaeftigungsende.
func (s *Server) removeMember(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	m, err := s.findMember(r)
	if err != nil {
		return err
	}
	if office.Text(r, "sicher") != ui.Yes {
		return s.showMemberLeave(w, r, http.StatusUnprocessableEntity, m, ui.PageOf(r).T("admin.leave.confirm"), "")
	}
	err = s.c.Accounts.RemoveStaff(r.Context(), ui.Staff(r), ui.VisitOf(r).Door.Tenant, m.ID)
	if sentence := refusedSentence(ui.PageOf(r), err); sentence != "" {
		return s.showMemberLeave(w, r, ui.StatusOf(err), m, "", sentence)
	}
	if err != nil {
		return err
	}
	return office.Done(w, r, "/verwaltung/personal", "beschaeftigung-beendet")
}

func memberURL(m accounts.Member) string { return "/verwaltung/personal/" + string(m.ID) }

// refusedSentence says why a change of somebody is not for this actor, or not
// now; "" for any other error and for none.
func refusedSentence(page ui.Page, err error) string {
	switch key := errs.KeyOf(err); key {
	case "roles.not-own", "roles.not-held", "roles.last-administrator", "roles.left":
		return page.T(key)
	}
	return ""
}
