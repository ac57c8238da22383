package account

import (
	"net/http"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/ident"
	"stadttor/internal/web/ui"
)

func (s *Server) consentRoutes() []ui.Route {
	return []ui.Route{
		{Pattern: "GET /einwilligungen", Audience: ui.Person, Handle: s.getConsents},
		{Pattern: "POST /einwilligungen/{id}/zuruecknehmen", Audience: ui.Person, Handle: s.postWithdraw},
	}
}

// usesShown is how many lines of the history one page holds.
const usesShown = 25

// consentsView is what a person agreed to and what was made of it.
type consentsView struct {
	Told     string
	Standing []consentView
	Single   []consentView
	Modules  []consentView
	Past     []consentView
	Uses     []useView
	More     string
	First    bool
}

type consentView struct {
	Authority, What, Attrs, Given, Withdrawn string
	Withdraw                                 string // address; "" when it no longer holds
}

type useView struct {
	At        time.Time
	When      string
	Text      string
	Attrs     string
	Authority string
}

// getConsents serves GET /einwilligungen.
func (s *Server) getConsents(w http.ResponseWriter, r *http.Request) error {
	page := s.page(r, "consent.title")
	page.Nav = NavData
	c, before := ui.Citizen(r), r.URL.Query().Get("vor")
	view := consentsView{Told: toldOf(page, r), First: before == ""}
	p := page.Printer()
	uses, err := s.c.Accounts.Uses(r.Context(), c, before, usesShown+1)
	if err != nil {
		return err
	}
	titles := map[accounts.ConsentID]string{}
	for _, u := range uses {
		titles[u.Consent] = u.Title
	}
	if view.First {
		list, err := s.c.Accounts.Consents(r.Context(), c)
		if err != nil {
			return err
		}
		for _, x := range list {
			one := consentView{Authority: s.authority(x.Authority), Attrs: attrNames(page, x.Attrs), Given: p.DateTime(x.GivenAt), What: page.T("consent.what.all")}
			if t := titles[x.ID]; x.Purpose == accounts.PurposeModule {
				one.What = page.T("consent.what.module", "module", x.Form)
			} else if x.Case != "" && t != "" {
				one.What = page.T("consent.what.named", "form", t)
			} else if x.Case != "" {
				one.What = page.T("consent.what.one")
			}
			if !x.WithdrawnAt.IsZero() {
				one.Withdrawn = p.DateTime(x.WithdrawnAt)
				view.Past = append(view.Past, one)
				continue
			}
			one.Withdraw = "/einwilligungen/" + string(x.ID) + "/zuruecknehmen"
			switch {
			case x.Purpose == accounts.PurposeModule:
				view.Modules = append(view.Modules, one)
			case x.Standing():
				view.Standing = append(view.Standing, one)
			default:
				view.Single = append(view.Single, one)
			}
		}
	}
	if len(uses) > usesShown {
		uses = uses[:usesShown]
		view.More = "/einwilligungen?vor=" + uses[usesShown-1].ID + "#verlauf"
	}
	for _, u := range uses {
		x := useView{At: u.At, When: p.DateTime(u.At), Authority: s.authority(u.Authority), Attrs: attrNames(page, u.Attrs)}
		switch u.Purpose {
		case accounts.PurposeRepresented:
			x.Text = page.T("consent.use.represented", "form", u.Title, "tenant", x.Authority)
		case accounts.PurposeModule:
			x.Text = page.T("consent.use.module", "module", u.Title, "tenant", x.Authority)
		default:
			x.Text = page.T("consent.use.prefill", "form", u.Title, "tenant", x.Authority)
		}
		view.Uses = append(view.Uses, x)
	}
	return ui.Render(w, r, http.StatusOK, consentsPage(page, view))
}

func (s *Server) authority(t ident.TenantID) string {
	if d, ok := s.c.Directory.DoorOf(t); ok {
		return d.Tenant.Name
	}
	return string(t)
}

func attrNames(page ui.Page, list []accounts.Attr) string {
	names := make([]string, len(list))
	for i, a := range list {
		names[i] = page.T("profile.attr." + string(a))
	}
	return strings.Join(names, ", ")
}

// postWithdraw serves POST /einwilligungen/{id}/zuruecknehmen.
func (s *Server) postWithdraw(w http.ResponseWriter, r *http.Request) error {
	if err := s.c.Accounts.WithdrawConsent(r.Context(), ui.Citizen(r), accounts.ConsentID(r.PathValue("id"))); err != nil {
		return err
	}
	return ui.SeeOther(w, r, "/einwilligungen?meldung=zurueckgenommen#inhalt")
}
