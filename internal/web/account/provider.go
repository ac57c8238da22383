package account

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/provider"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
)

// providerRoutes are the addresses of the OpenID provider; none without
// Config.Provider.
func (s *Server) providerRoutes() []ui.Route {
	if s.c.Provider == nil {
		return nil
	}
	machines := ui.NewLimiter(10, 300) // a vendor's server asks for all its visitors
	return []ui.Route{
		{Pattern: "GET " + provider.PathDiscovery, Audience: ui.Public, Handle: s.serveMachine, Limit: machines},
		{Pattern: "GET " + provider.PathKeys, Audience: ui.Public, Handle: s.serveMachine, Limit: machines},
		// From a vendor's server, without cookies: the only one that foreign forms may reach.
		{Pattern: "POST " + provider.PathToken, Audience: ui.Partner, Handle: s.serveMachine, Limit: machines, MaxBody: 16 << 10},
		{Pattern: "GET " + provider.PathUserinfo, Audience: ui.Partner, Handle: s.serveMachine, Limit: machines},
		{Pattern: "POST " + provider.PathUserinfo, Audience: ui.Visitor, Handle: s.serveMachine, Limit: machines, MaxBody: 16 << 10},

		{Pattern: "GET " + provider.PathAuthorize, Audience: ui.Visitor, Handle: s.getAuthorize, Limit: s.c.Limit},
		{Pattern: "GET " + provider.PathContinue, Audience: ui.Visitor, Handle: s.getAuthorized, Limit: s.c.Limit},
		{Pattern: "GET " + provider.PathConsent, Audience: ui.Visitor, Handle: s.getRelease},
		{Pattern: "POST " + provider.PathConsent, Audience: ui.Visitor, Handle: s.postRelease, Limit: s.c.Limit},
	}
}

// serveMachine serves what the modules' servers ask for.
func (s *Server) serveMachine(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	s.c.Provider.Serve(w, r, v.Door, v.Base)
	return nil
}

// getAuthorize serves GET /openid/anmelden: a module sends somebody.
func (s *Server) getAuthorize(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	st, err := s.c.Provider.Ask(r.Context(), v.Door, s.visitor(r), v.Base, r.URL.Query())
	return s.step(w, r, st, err, true)
}

// getAuthorized serves GET /openid/weiter: back from the sign-in.
func (s *Server) getAuthorized(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	st, err := s.c.Provider.Continue(r.Context(), v.Door, s.visitor(r), v.Base, r.URL.Query().Get("anfrage"))
	return s.step(w, r, st, err, false) // a form may have led here
}

// step goes where a module's request leads: back, to the sign-in, or to the
// question.
func (s *Server) step(w http.ResponseWriter, r *http.Request, st provider.Step, err error, redirect bool) error {
	switch {
	case err != nil:
		return s.moduleProblem(w, r, err)
	case st.Redirect != "":
		return ui.GoAbroad(w, r, st.Redirect, "", redirect)
	}
	visitor := s.visitor(r)
	if st.Browser != "" {
		visitor.Browser = st.Browser
		s.c.Gate.SetCookie(w, ui.CookieLogin, st.Browser, browserLife)
	}
	query := "?" + url.Values{"anfrage": {st.Ticket}}.Encode()
	if st.Consent {
		return ui.SeeOther(w, r, provider.PathConsent+query)
	}
	v := ui.VisitOf(r)
	a, err := s.c.Accounts.ArriveAlone(r.Context(), v.Door, visitor, st.Level, st.Fresh, provider.PathContinue+query, string(v.Lang))
	if err != nil {
		return err
	}
	s.c.Gate.SetCookie(w, ui.CookieLogin, a.Browser, browserLife)
	return ui.SeeOther(w, r, wayPath("/anmelden/auswahl", a.Ticket))
}

// moduleProblems are the refusals that end here: the module is told nothing,
// because nobody knows whether it is the one.
var moduleProblems = []string{"provider.request", "provider.off", "provider.means", "provider.gone"}

func (s *Server) moduleProblem(w http.ResponseWriter, r *http.Request, err error) error {
	key := errs.KeyOf(err)
	if !errs.Is(err, errs.KindForbidden) || !slices.Contains(moduleProblems, key) {
		return err
	}
	page := s.page(r, "provider.problem.title")
	page.Languages = nil
	return ui.Render(w, r, http.StatusForbidden, ui.NotificationPage(page, ui.Notification{Lines: []string{page.T(key)}, Links: []ui.Link{{Text: page.T("provider.problem.account"), URL: "/"}}}))
}

// releaseView asks whether data may go to a module.
type releaseView struct {
	Ticket    string
	Text      string // version of what is agreed to
	Module    string
	Vendor    string
	Authority string
	Facts     []ui.Fact // what goes over
	Level     perm.Level
	Lead      string // who answers for the account
}

// getRelease serves GET /openid/freigabe.
func (s *Server) getRelease(w http.ResponseWriter, r *http.Request) error {
	v, t := ui.VisitOf(r), r.URL.Query().Get("anfrage")
	q, err := s.c.Provider.Question(r.Context(), v.Door, s.visitor(r), t)
	if err != nil {
		return s.moduleProblem(w, r, err)
	}
	page := s.page(r, "provider.consent.sign-in")
	if len(q.Scopes) > 1 {
		page.Title = page.T("provider.consent.title")
	}
	page.Languages = nil
	view := releaseView{Ticket: t, Text: strconv.Itoa(provider.ConsentText), Module: q.Client.Name, Vendor: q.Client.Vendor, Authority: q.Authority.Name, Level: q.Level, Lead: v.Door.Tenant.Name}
	for _, scope := range q.Scopes[1:] {
		f := ui.Fact{Name: page.T("provider.scope." + scope), Values: valuesOf(scope, q.Known)}
		if len(f.Values) == 0 {
			f.Values = []string{page.T("provider.consent.empty")}
		}
		view.Facts = append(view.Facts, f)
	}
	return ui.Render(w, r, http.StatusOK, releasePage(page, view))
}

// valuesOf shows what a scope would give of the person now.
func valuesOf(scope string, p accounts.Profile) (out []string) {
	add := func(attrs ...accounts.Attr) {
		line := ""
		for _, a := range attrs {
			if v := p.Text(a).Reveal(); v != "" {
				line += " " + v
			}
		}
		if line != "" {
			out = append(out, line[1:])
		}
	}
	switch scope {
	case "profile":
		add(accounts.AttrGiven, accounts.AttrFamily)
	case "email":
		add(accounts.AttrMail)
	case "address":
		add(accounts.AttrStreet, accounts.AttrHouseNumber)
		add(accounts.AttrPLZ, accounts.AttrCity)
		add(accounts.AttrCountry)
	}
	return out
}

// postRelease serves POST /openid/freigabe: yes or no.
func (s *Server) postRelease(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	v, t := ui.VisitOf(r), r.PostForm.Get("anfrage")
	var to string
	var err error
	switch r.PostForm.Get("aktion") {
	case "zustimmen":
		text, _ := strconv.Atoi(r.PostForm.Get("text"))
		to, err = s.c.Provider.Agree(r.Context(), v.Door, s.visitor(r), v.Base, t, text)
	case "ablehnen":
		to, err = s.c.Provider.Decline(r.Context(), v.Door, s.visitor(r), v.Base, t)
	default:
		return errs.Invalid("")
	}
	if errs.KeyOf(err) == "consent.text-changed" {
		return ui.SeeOther(w, r, provider.PathConsent+"?"+url.Values{"anfrage": {t}}.Encode())
	}
	if err != nil {
		return s.moduleProblem(w, r, err)
	}
	return ui.GoAbroad(w, r, to, "", false)
}
