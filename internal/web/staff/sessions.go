package staff

import (
	"net/http"

	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// signInLine is one of somebody's sessions.
type signInLine struct {
	Handle, Means, When string
	Here                bool
}

// signIns serves GET /verwaltung/anmeldungen: where I am signed in.
func (s *Server) signIns(w http.ResponseWriter, r *http.Request) error {
	list, err := s.c.Accounts.StaffSignIns(r.Context(), ui.Staff(r), s.c.Gate.Secret(r, ui.CookieStaff))
	if err != nil {
		return err
	}
	page := office.Page(r, "staff.signins.title", "")
	page.Breadcrumb = []ui.Link{{Text: page.T("staff.account.title"), URL: home + "/konto"}}
	var lines []signInLine
	for _, x := range list {
		lines = append(lines, signInLine{Handle: x.Handle, Means: x.Means, Here: x.Here, When: page.T("staff.signins.when", "since", page.Printer().DateTime(x.Since), "seen", page.Printer().DateTime(x.Seen))})
	}
	return ui.Render(w, r, http.StatusOK, signInsView(page, office.Told(r, page, "staff.done."), lines))
}

// endSignIn serves POST /verwaltung/anmeldungen/{handle}/beenden.
func (s *Server) endSignIn(w http.ResponseWriter, r *http.Request) error {
	if err := s.c.Accounts.EndStaffSession(r.Context(), ui.Staff(r), r.PathValue("handle")); err != nil {
		return err
	}
	return office.Done(w, r, home+"/anmeldungen", "anmeldung-beendet")
}
