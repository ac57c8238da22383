package citizen

import (
	"net/http"
	"time"

	"stadttor/internal/cases"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
)

// introView is the page before the first question.
type introView struct {
	Form     *forms.Definition
	Intro    []string
	Needs    []string
	Legal    []string
	Service  string // slug
	Deadline string
	Level    perm.Level
	SignIn   string // where to sign in first; "" when the session is good enough
	Optional string // where to sign in if one likes
	Drafts   []draftLine
	Online   bool // paid on-line
	Tenant   string
	Deleted  bool
	Action   string
}

// draftLine is a draft to go on with.
type draftLine struct {
	Title, Where string
	For          string // "" for the person's own
	At, Until    time.Time
	URL          string
	Own          string // page about the draft
}

// behalfOf says for whom a draft was begun. The name is shown to a session that
// may open the draft.
func behalfOf(page ui.Page, d cases.DraftEntry) string {
	switch {
	case !d.Behalf:
		return ""
	case d.For.Empty():
		return page.T("citizenform.draft.behalf")
	}
	return page.T("citizenform.draft.for", "name", d.For.Reveal())
}

// getFormIntro serves GET /antrag/{form}: what the form asks, what it needs,
// why, and at which trust level.
func (s *Server) getFormIntro(w http.ResponseWriter, r *http.Request) error {
	v, form := ui.VisitOf(r), r.PathValue("form")
	def, ok := s.c.Forms.Current(v.Door.Realm.ID, v.Door.Tenant.ID, form)
	if !ok {
		return errs.NotFound("form", "offered here")
	}
	page := s.personal(r, def.Title)
	page.Nav = ui.NavServices
	env := s.c.Forms.Env(v.Door.Tenant, form, s.c.Now())
	look := def.Look(forms.Answers{}, env)
	view := introView{Form: def, Intro: look.Texts(def.Intro), Needs: look.Texts(def.Needs), Legal: look.Texts(def.Legal), Service: serviceOf(r, def), Deadline: def.DeadlineText(forms.Answers{}, env), Level: perm.ParseLevel(string(def.Level)), Online: def.Payment,
		Tenant: v.Door.Tenant.Name, Deleted: r.URL.Query().Get("geloescht") != "", Action: "/antrag/" + form}
	here := view.Action
	if view.Service != "" {
		here += "?leistung=" + view.Service
		page.Breadcrumb = []ui.Link{{Text: page.T("ui.nav.services"), URL: "/leistungen"}}
	}
	switch {
	case v.Citizen.Level < view.Level:
		view.SignIn = signInPath(here, view.Level)
	case v.Citizen.Guest():
		view.Optional = signInPath(here, perm.LevelBasis)
	}
	var err error
	if view.Drafts, err = s.begun(r, form); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, introPage(page, view))
}

// serviceOf is the service from which the person came, if the form is for it.
func serviceOf(r *http.Request, def *forms.Definition) string {
	want := r.FormValue("leistung")
	if ident.Slug(want) {
		return want
	}
	if len(def.Services) == 1 {
		return def.Services[0]
	}
	return ""
}

// begun lists what this person has begun of a form at this portal.
func (s *Server) begun(r *http.Request, form string) (out []draftLine, err error) {
	v := ui.VisitOf(r)
	list, err := s.c.Cases.Drafts(r.Context(), v.Citizen)
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		if d.Form == form && d.Tenant == v.Door.Tenant.ID && d.Need <= v.Citizen.Level {
			out = append(out, draftLine{Title: d.Title, For: behalfOf(ui.PageOf(r), d), At: d.UpdatedAt, Until: d.ExpiresAt, URL: "/antrag/" + form + "/" + forms.CheckPage + "?entwurf=" + string(d.ID), Own: "/antrag/" + form + "/entwurf/" + string(d.ID)})
		}
	}
	held := s.heldBy(r)
	for i := len(held) - 1; i >= 0; i-- {
		h := held[i]
		if h.form != form {
			continue
		}
		d, err := s.c.Cases.Draft(r.Context(), v.Citizen, cases.Proof{Secret: h.secret}, h.id)
		if err != nil {
			if errs.Is(err, errs.KindInternal) || errs.Is(err, errs.KindUnavailable) {
				return nil, err
			}
			continue // sent, deleted or of a version that is gone
		}
		out = append(out, draftLine{Title: d.Definition.Title, At: d.UpdatedAt, Until: d.ExpiresAt, URL: "/antrag/" + form + "/" + forms.CheckPage + "?entwurf=" + string(h.id), Own: "/antrag/" + form + "/entwurf/" + string(h.id)})
	}
	return out, nil
}

// postFormStart serves POST /antrag/{form}: begin a draft.
func (s *Server) postFormStart(w http.ResponseWriter, r *http.Request) error {
	form := r.PathValue("form")
	if err := parseForm(r); err != nil {
		return err
	}
	v := ui.VisitOf(r)
	service := ""
	if def, ok := s.c.Forms.Current(v.Door.Realm.ID, v.Door.Tenant.ID, form); ok {
		service = serviceOf(r, def)
	}
	d, secret, err := s.c.Cases.StartDraft(r.Context(), v.Citizen, form, service)
	if errs.KeyOf(err) == "case.level-needed" {
		return ui.SeeOther(w, r, signInPath("/antrag/"+form, higher(r, s.level(r, form))))
	}
	if err != nil {
		return err
	}
	if secret != "" {
		s.hold(w, r, held{form, d.ID, secret})
	}
	return ui.SeeOther(w, r, "/antrag/"+form+"/"+firstOpen(d)+"#inhalt")
}
