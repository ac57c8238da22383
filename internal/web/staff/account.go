package staff

import (
	"net/http"

	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// account serves GET /verwaltung/konto: who I am and what I may do.
func (s *Server) account(w http.ResponseWriter, r *http.Request) error {
	page := office.Page(r, "staff.account.title", "")
	actor := ui.Staff(r)
	var rows []ui.Fact
	for _, g := range actor.Grants {
		where := page.T("staff.account.everywhere")
		if u, ok := s.c.Directory.Unit(actor.Tenant, g.Unit); ok {
			where = u.Name
		}
		rows = append(rows, ui.Fact{Name: page.T("staff.role." + string(g.Role)), Values: []string{where}})
	}
	return ui.Render(w, r, http.StatusOK, accountView(page, rows, s.c.Local != nil))
}
