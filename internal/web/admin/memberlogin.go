package admin

import (
	"net/http"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// memberLogin is where an authority decides how its own staff sign in.
const memberLogin = "/verwaltung/personal/anmeldung"

// memberMethodsPage is what the authority makes of the methods for its staff.
type memberMethodsPage struct {
	Told, Refused string
	Methods       []signInMethod
}

// memberMethods serves GET /verwaltung/personal/anmeldung.
func (s *Server) memberMethods(w http.ResponseWriter, r *http.Request) error {
	return s.showMemberMethods(w, r, http.StatusOK, nil, nil, "")
}

func (s *Server) showMemberMethods(w http.ResponseWriter, r *http.Request, status int, typed *accounts.Choice, wrong []errs.Field, refused string) error {
	offers, err := s.c.Accounts.StaffOffers(r.Context(), ui.VisitOf(r).Door)
	if err != nil {
		return err
	}
	page := office.Page(r, "admin.memberlogin.title", office.NavMembers)
	page.Breadcrumb = []ui.Link{{Text: page.T("admin.members.title"), URL: "/verwaltung/personal"}}
	out := memberMethodsPage{Told: office.Told(r, page, "admin.done."), Refused: refused}
	var problems []ui.Problem
	for _, o := range offers {
		m := methodFields(page, "admin.memberlogin.", o, typed, wrong)
		problems = append(problems, m.problems()...)
		out.Methods = append(out.Methods, m)
	}
	page.Problems = len(problems)
	return ui.Render(w, r, status, memberMethodsView(page, out, problems))
}

// saveMemberMethod serves POST /verwaltung/personal/anmeldung.
func (s *Server) saveMemberMethod(w http.ResponseWriter, r *http.Request) error {
	c, err := readChoice(r)
	if err != nil {
		return err
	}
	err = s.c.Accounts.SaveStaffChoice(r.Context(), ui.Staff(r), ui.VisitOf(r).Door, c)
	switch {
	case errs.Is(err, errs.KindInvalid):
		return s.showMemberMethods(w, r, http.StatusUnprocessableEntity, &c, errs.FieldsOf(err), "")
	case errs.KeyOf(err) == "roles.last-way":
		return s.showMemberMethods(w, r, http.StatusConflict, &c, nil, ui.PageOf(r).T("roles.last-way"))
	case err != nil:
		return err
	}
	return office.Done(w, r, memberLogin, "gespeichert")
}
