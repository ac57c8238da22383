package admin

import (
	"net/http"

	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// citizenHelp is where the administration of the realm helps somebody who has
// lost his second factor.
const citizenHelp = "/verwaltung/anmeldehilfe"

// helpRoutes: none without accounts of our own.
func (s *Server) helpRoutes() []ui.Route {
	if s.c.Local == nil {
		return nil
	}
	return []ui.Route{
		{Pattern: "GET " + citizenHelp, Audience: ui.Office, Right: perm.AdministerAll, Handle: s.help},
		{Pattern: "POST " + citizenHelp, Audience: ui.Office, Right: perm.AdministerAll, Handle: s.postHelp},
	}
}

// help serves GET /verwaltung/anmeldehilfe.
func (s *Server) help(w http.ResponseWriter, r *http.Request) error {
	return s.showHelp(w, r, http.StatusOK, nil)
}

func (s *Server) showHelp(w http.ResponseWriter, r *http.Request, status int, wrong []errs.Field) error {
	page := office.Page(r, "admin.help.title", office.NavSignIn)
	page.Breadcrumb = []ui.Link{{Text: page.T("admin.signin.title"), URL: "/verwaltung/anmeldeverfahren"}}
	fields := []ui.Field{
		{Name: "mail", Type: ui.FieldEmail, Label: page.T("local.mail.label"), Value: office.Text(r, "mail"), Autocomplete: "off"},
		{Name: "vorname", Type: ui.FieldText, Label: page.T("local.name.given"), Hint: page.T("admin.help.card"), Value: office.Text(r, "vorname"), Autocomplete: "off"},
		{Name: "familienname", Type: ui.FieldText, Label: page.T("local.name.family"), Value: office.Text(r, "familienname"), Autocomplete: "off"},
	}
	for i := range fields {
		for _, f := range wrong {
			if f.Name == fields[i].Name {
				fields[i].Problem = ui.ProblemText(page.Printer(), f)
			}
		}
	}
	problems := ui.Problems(fields)
	page.Problems = len(problems)
	return ui.Render(w, r, status, helpView(page, office.Told(r, page, "admin.done."), fields, problems))
}

// postHelp serves POST /verwaltung/anmeldehilfe.
func (s *Server) postHelp(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	err := s.c.Local.ResetPerson(r.Context(), ui.Staff(r), pii.New(office.Text(r, "mail")), pii.New(office.Text(r, "vorname")), pii.New(office.Text(r, "familienname")))
	if errs.Is(err, errs.KindInvalid) {
		return s.showHelp(w, r, http.StatusUnprocessableEntity, errs.FieldsOf(err))
	}
	if err != nil {
		return err
	}
	return office.Done(w, r, citizenHelp, "konto-zurueckgesetzt")
}
