package citizen

import (
	"net/http"
	"net/url"
	"strconv"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
)

// prefills reports whether something on the page may come from an account.
func prefills(p *forms.Page) bool {
	for _, f := range p.Fields {
		if f.Field.Prefill != "" {
			return true
		}
	}
	return false
}

// asksAccount reports whether the person is to be asked first whether the page
// may be filled from the account.
func (wk *work) asksAccount(p *forms.Page) bool {
	return len(wk.Fill.Known) > 0 && !wk.Fill.Asked && p.State != forms.Done && prefills(p)
}

// accountPath is the address of that question, with the page that follows.
func (wk *work) accountPath(page string) string {
	return wk.own() + "/daten-aus-konto?" + url.Values{"seite": {page}}.Encode()
}

// useView is the question whether an authority may use data of the account.
type useView struct {
	Form   string // title
	Tenant string
	For    pii.Text // whose data, when the person acts for somebody else
	Known  []useLine
	Action string
	Page   string
	Text   string // version of the text
	Back   string
	Wrong  bool
	Always ui.Field
	More   string // where consents are looked after
}

type useLine struct {
	Name   string
	Proved bool
}

// getUseAccount serves GET /antrag/{form}/entwurf/{case}/daten-aus-konto: may the authority use
// these data of the account for this application? Once only (§ 5 EGovG).
func (s *Server) getUseAccount(w http.ResponseWriter, r *http.Request) error {
	form, named := r.PathValue("form"), ident.CaseID(r.PathValue("case"))
	wk, err := s.open(r, form, named)
	if err != nil {
		return s.unopened(w, r, wk, form, named, err)
	}
	return s.showUse(w, r, &wk, r.URL.Query().Get("seite"), http.StatusOK)
}

func (s *Server) showUse(w http.ResponseWriter, r *http.Request, wk *work, to string, status int) error {
	if _, ok, err := wk.find(to); err != nil || !ok {
		to = wk.first()
	}
	if len(wk.Fill.Known) == 0 {
		return ui.SeeOther(w, r, wk.path(to)+"#inhalt")
	}
	v := ui.VisitOf(r)
	page := s.personal(r, ui.PageOf(r).T("consent.ask.title"))
	page.Breadcrumb = []ui.Link{{Text: wk.Definition.Title, URL: "/antrag/" + wk.form}}
	view := useView{Form: wk.Definition.Title, For: wk.Fill.For, Action: wk.accountPath(to), Page: to, Text: strconv.Itoa(accounts.ConsentText), Back: "/antrag/" + wk.form, Wrong: status != http.StatusOK,
		Always: ui.Field{Name: "immer", Type: ui.FieldMany, Label: page.T("consent.ask.later"), Optional: true}}
	_, view.Tenant = s.tenantPortal(r, wk.Tenant)
	view.Always.Options = []ui.Option{{Value: ui.Yes, Label: page.T("consent.ask.always", "tenant", view.Tenant)}}
	for _, a := range accounts.Attrs() {
		if use, ok := wk.Fill.Known[a]; ok {
			view.Known = append(view.Known, useLine{page.T("profile.attr." + string(a)), use == accounts.UseProof})
		}
	}
	if base := s.c.Gate.AccountBase(v.Door.Realm.ID); base != "" {
		view.More = base + "/einwilligungen"
	}
	return ui.Render(w, r, status, usePage(page, view))
}

// postUseAccount serves POST /antrag/{form}/entwurf/{case}/daten-aus-konto.
func (s *Server) postUseAccount(w http.ResponseWriter, r *http.Request) error {
	form, named := r.PathValue("form"), ident.CaseID(r.PathValue("case"))
	if err := parseForm(r); err != nil {
		return err
	}
	wk, err := s.open(r, form, named)
	if err != nil {
		return s.unopened(w, r, wk, form, named, err)
	}
	to, c := r.PostForm.Get("seite"), ui.Citizen(r)
	switch r.PostForm.Get("antwort") {
	case ui.Yes:
		text, _ := strconv.Atoi(r.PostForm.Get("fassung"))
		err = s.c.Accounts.Agree(r.Context(), c, wk.Ask, r.PostForm.Get("immer") == ui.Yes, text)
		if errs.KeyOf(err) == "consent.text-changed" {
			return s.showUse(w, r, &wk, to, http.StatusConflict)
		}
	case ui.No:
		err = s.c.Accounts.Decline(r.Context(), c, wk.Ask)
	default:
		return s.showUse(w, r, &wk, to, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	if _, ok, err := wk.find(to); err != nil || !ok {
		to = wk.first()
	}
	return ui.SeeOther(w, r, wk.path(to)+"#inhalt")
}

// sameBehalf reports whether a draft was begun for whom the person acts now.
func sameBehalf(now, begun *accounts.Mandate) bool {
	return (now == nil) == (begun == nil) && (now == nil || now.ID == begun.ID)
}

// behalfView says that a draft is for somebody else than the person acts for.
type behalfView struct {
	Form   string
	For    pii.Text // of the draft; empty: for the person
	Now    pii.Text // for whom the person acts; empty: for himself
	Action string
	New    string
}

// showBehalf asks to change sides before going on.
func (s *Server) showBehalf(w http.ResponseWriter, r *http.Request, wk *work, form string, id ident.CaseID) error {
	v := ui.VisitOf(r)
	page := s.personal(r, ui.PageOf(r).T("mandate.other.title"))
	view := behalfView{Action: "/antrag/" + form + "/entwurf/" + string(id) + "/vertretung", New: "/antrag/" + form}
	if wk.Definition != nil {
		view.Form = wk.Definition.Title
		view.Action = wk.own() + "/vertretung"
		if wk.Behalf != nil {
			view.For = wk.Behalf.Giver
		}
	}
	if v.Acting != nil {
		view.Now = v.Acting.Giver
	}
	return ui.Render(w, r, http.StatusConflict, behalfPage(page, view))
}

// postBehalf serves POST /antrag/{form}/entwurf/{case}/vertretung: act for whom the draft is.
func (s *Server) postBehalf(w http.ResponseWriter, r *http.Request) error {
	form, id, c := r.PathValue("form"), ident.CaseID(r.PathValue("case")), ui.Citizen(r)
	d, err := s.c.Cases.Draft(r.Context(), c, s.proof(r, id), id)
	if err != nil {
		return s.unopened(w, r, work{}, form, id, err)
	}
	if d.Definition.ID != form {
		return errs.NotFound("draft of this form", id)
	}
	if d.Behalf == nil {
		err = s.c.Accounts.StopActing(r.Context(), c)
	} else {
		err = s.c.Accounts.Act(r.Context(), c, d.Behalf.ID)
	}
	if err != nil {
		return err
	}
	return ui.SeeOther(w, r, "/antrag/"+form+"/"+forms.CheckPage+"?entwurf="+string(id)+"#inhalt")
}

// postEndActing serves POST /vertretung/beenden, the button on every page while
// somebody acts for somebody else.
func (s *Server) postEndActing(w http.ResponseWriter, r *http.Request) error {
	if err := s.c.Accounts.StopActing(r.Context(), ui.Citizen(r)); err != nil {
		return err
	}
	return ui.SeeOther(w, r, "/konto#inhalt")
}
