package account

import (
	"net/http"
	"net/url"
	"slices"

	"stadttor/internal/accounts"
	"stadttor/internal/ident"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
)

func (s *Server) companyRoutes() []ui.Route {
	return []ui.Route{
		{Pattern: "GET /organisationen", Audience: ui.Person, Handle: s.getCompanies},
		{Pattern: "GET /organisationen/neu", Audience: ui.Person, Handle: s.getFound},
		{Pattern: "POST /organisationen/neu", Audience: ui.Person, Handle: s.postFound, Limit: s.c.Limit},
		{Pattern: "GET /organisationen/{id}", Audience: ui.Person, Handle: s.getCompany},
		{Pattern: "GET /organisationen/{id}/daten", Audience: ui.Person, Handle: s.getCompanyEdit},
		{Pattern: "POST /organisationen/{id}/daten", Audience: ui.Person, Handle: s.postCompanyEdit},
		{Pattern: "GET /organisationen/{id}/einladen", Audience: ui.Person, Handle: s.getInviteMember},
		{Pattern: "POST /organisationen/{id}/einladen", Audience: ui.Person, Handle: s.postInviteMember, Limit: s.c.Limit},
		{Pattern: "POST /organisationen/{id}/mitglieder/{mandate}/entfernen", Audience: ui.Person, Handle: s.postMemberRemove},
	}
}

// companiesView lists the organisations that a person may act for.
type companiesView struct{ List []companyLine }

type companyLine struct {
	Name pii.Text
	Role string
	URL  string // owners only
}

// getCompanies serves GET /organisationen.
func (s *Server) getCompanies(w http.ResponseWriter, r *http.Request) error {
	page := s.page(r, "company.title")
	page.Nav = NavMandates
	list, err := s.c.Accounts.Companies(r.Context(), ui.Citizen(r))
	if err != nil {
		return err
	}
	var view companiesView
	for _, x := range list {
		line := companyLine{Name: x.Profile.Name(), Role: page.T("mandate.role." + x.Role)}
		if x.Role == accounts.RoleOwner {
			line.URL = "/organisationen/" + string(x.ID)
		}
		view.List = append(view.List, line)
	}
	return ui.Render(w, r, http.StatusOK, companiesPage(page, view))
}

// getFound serves GET /organisationen/neu.
func (s *Server) getFound(w http.ResponseWriter, r *http.Request) error {
	return s.showCompanyForm(w, r, "company.found.title", accounts.Profile{}, nil, nil)
}

func (s *Server) showCompanyForm(w http.ResponseWriter, r *http.Request, title string, p accounts.Profile, typed url.Values, problem error) error {
	page := s.page(r, title)
	page.Nav = NavMandates
	v := editView{Back: "/organisationen", Action: r.URL.Path, Lead: page.T("company.found.lead"), Button: page.T("profile.save")}
	for _, a := range accounts.CompanyAttrs() {
		if f := p[a]; f.Locked() {
			x := s.fact(r, page, a, f)
			v.Fields = append(v.Fields, ui.Field{Name: string(a), Type: ui.FieldComputed, Label: x.Name, Value: x.Value.Reveal(), Hint: x.From})
			continue
		}
		f := attrField(page, a, p.Text(a).Reveal(), typed)
		f.Optional = a != accounts.AttrCompany
		if a != accounts.AttrCompany {
			f.Autocomplete = "off"
		}
		v.Fields = append(v.Fields, f)
	}
	return s.showEdit(w, r, page, v, problem)
}

func typedCompany(form url.Values, p accounts.Profile) map[accounts.Attr]pii.Text {
	out := map[accounts.Attr]pii.Text{}
	for _, a := range accounts.CompanyAttrs() {
		if !p[a].Locked() {
			out[a] = typedAttr(form, a)
		}
	}
	return out
}

// postFound serves POST /organisationen/neu.
func (s *Server) postFound(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	id, err := s.c.Accounts.FoundCompany(r.Context(), ui.Citizen(r), typedCompany(r.PostForm, accounts.Profile{}))
	if err != nil {
		if ui.OnPage(err) {
			return s.showCompanyForm(w, r, "company.found.title", accounts.Profile{}, r.PostForm, err)
		}
		return err
	}
	return ui.SeeOther(w, r, "/organisationen/"+string(id)+"?meldung=gespeichert#inhalt")
}

// companyView is an organisation as its owners see it.
type companyView struct {
	Told    string
	Facts   []factView
	Members []mandateView
	Edit    string
	Invite  string
}

// getCompany serves GET /organisationen/{id}.
func (s *Server) getCompany(w http.ResponseWriter, r *http.Request) error {
	id := ident.PersonID(r.PathValue("id"))
	x, err := s.c.Accounts.Company(r.Context(), ui.Citizen(r), id)
	if err != nil {
		return err
	}
	page := s.page(r, "company.one.title")
	page.Nav, page.Title = NavMandates, x.Profile.Name().Reveal()
	base := "/organisationen/" + string(id)
	view := companyView{Told: toldOf(page, r), Edit: base + "/daten", Invite: base + "/einladen"}
	for _, a := range accounts.CompanyAttrs() {
		if f, ok := x.Profile[a]; ok {
			view.Facts = append(view.Facts, s.fact(r, page, a, f))
		}
	}
	now := s.c.Now()
	for _, m := range x.Members {
		open := m.Holds(now) || m.State == accounts.MandateInvited && now.Before(m.CodeUntil)
		if !open {
			continue
		}
		line := s.mandate(r, page, m, now)
		line.End = base + "/mitglieder/" + string(m.ID) + "/entfernen"
		view.Members = append(view.Members, line)
	}
	return ui.Render(w, r, http.StatusOK, companyPage(page, view))
}

// getCompanyEdit serves GET /organisationen/{id}/daten.
func (s *Server) getCompanyEdit(w http.ResponseWriter, r *http.Request) error {
	x, err := s.c.Accounts.Company(r.Context(), ui.Citizen(r), ident.PersonID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.showCompanyForm(w, r, "company.edit.title", x.Profile, nil, nil)
}

// postCompanyEdit serves POST /organisationen/{id}/daten.
func (s *Server) postCompanyEdit(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	id := ident.PersonID(r.PathValue("id"))
	x, err := s.c.Accounts.Company(r.Context(), ui.Citizen(r), id)
	if err != nil {
		return err
	}
	if err := s.c.Accounts.SaveCompany(r.Context(), ui.Citizen(r), id, typedCompany(r.PostForm, x.Profile)); err != nil {
		if ui.OnPage(err) {
			return s.showCompanyForm(w, r, "company.edit.title", x.Profile, r.PostForm, err)
		}
		return err
	}
	return ui.SeeOther(w, r, "/organisationen/"+string(id)+"?meldung=gespeichert#inhalt")
}

// getInviteMember serves GET /organisationen/{id}/einladen.
func (s *Server) getInviteMember(w http.ResponseWriter, r *http.Request) error {
	return s.showInvite(w, r, url.Values{}, nil)
}

func (s *Server) showInvite(w http.ResponseWriter, r *http.Request, typed url.Values, problem error) error {
	id := ident.PersonID(r.PathValue("id"))
	x, err := s.c.Accounts.Company(r.Context(), ui.Citizen(r), id)
	if err != nil {
		return err
	}
	page := s.page(r, "company.invite.title")
	page.Nav = NavMandates
	v := editView{Back: "/organisationen/" + string(id), Action: r.URL.Path, Lead: page.T("company.invite.lead", "name", x.Profile.Name().Reveal()), Notice: page.T("mandate.give.notice"), Button: page.T("mandate.give.button")}
	v.Fields = append(v.Fields, choices(page, "role", "company.role", "mandate.role.", []string{accounts.RoleEmployee, accounts.RoleOwner}, typed.Get("role")))
	v.Fields = append(v.Fields, s.scopeFields(r, page, typed, page.T("company.invite.endshint"), true)...)
	return s.showEdit(w, r, page, v, problem)
}

// postInviteMember serves POST /organisationen/{id}/einladen.
func (s *Server) postInviteMember(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	id, f := ident.PersonID(r.PathValue("id")), r.PostForm
	services := slices.Clone(f["services"])
	if f.Get("role") == accounts.RoleOwner {
		services = nil // an owner may do everything
	}
	_, code, err := s.c.Accounts.InviteMember(r.Context(), ui.Citizen(r), id, f.Get("role"), services, typedDay(f, "ends"))
	if err != nil {
		if ui.OnPage(err) {
			return s.showInvite(w, r, f, err)
		}
		return err
	}
	return s.showCode(w, r, code, "/organisationen/"+string(id))
}

// postMemberRemove serves POST /organisationen/{id}/mitglieder/{mandate}/entfernen.
func (s *Server) postMemberRemove(w http.ResponseWriter, r *http.Request) error {
	id := ident.PersonID(r.PathValue("id"))
	if err := s.c.Accounts.RemoveMember(r.Context(), ui.Citizen(r), id, accounts.MandateID(r.PathValue("mandate"))); err != nil {
		return err
	}
	return ui.SeeOther(w, r, "/organisationen?meldung=entfernt#inhalt")
}
