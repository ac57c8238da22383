package staff

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/errs"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/credentials"
	"stadttor/internal/web/ui/office"
)

// localRoutes are the pages on which staff sign in by an access of our own;
// none without Config.Local. Where the authority has not switched it on, those
// for who is not signed in lead to the choice of methods.
func (s *Server) localRoutes() []ui.Route {
	if s.c.Local == nil {
		return nil
	}
	routes := credentials.New(credentials.Config{
		Local: s.c.Local, Gate: s.c.Gate, Limit: s.c.Limit,
		Path: home, Home: home, Audience: ui.Office, Texts: "staff.local.",
		Scope:   employer,
		Page:    localPage,
		Method:  s.staffMeans,
		Holder:  s.holder,
		Begin:   s.beginLocal,
		Refused: s.refused,
	}).Routes()
	for i, rt := range routes {
		if rt.Audience == ui.Visitor {
			routes[i].Handle = s.whereOffered(rt.Handle)
		}
	}
	return routes
}

// localPage starts a page; those on which somebody looks after his own means
// lie below his account.
func localPage(r *http.Request, title string) ui.Page {
	page := office.Page(r, title, "")
	if ui.VisitOf(r).SignedInStaff() {
		page.Breadcrumb = []ui.Link{{Text: page.T("staff.account.title"), URL: home + "/konto"}}
	}
	return page
}

// employer is the scope of this portal's staff.
func employer(r *http.Request) local.Scope {
	t := ui.VisitOf(r).Door.Tenant
	return local.Staff(t.Realm, t.ID)
}

// whereOffered serves a page only where staff may sign in locally.
func (s *Server) whereOffered(h ui.Handler) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		list, err := s.c.Accounts.StaffOffers(r.Context(), ui.VisitOf(r).Door)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(o accounts.Offer) bool { return o.Name == local.Name && o.Offered && !o.Stopped }) {
			return s.refused(w, r, errs.NotFound("sign-in method", local.Name))
		}
		return h(w, r)
	}
}

// refused shows the choice of methods and why it did not go on.
func (s *Server) refused(w http.ResponseWriter, r *http.Request, err error) error {
	switch {
	case errs.Is(err, errs.KindNotFound):
		return s.showSignIn(w, r, http.StatusForbidden, home, ui.PageOf(r).T("login.not-offered"))
	case accounts.RefusedHere(err):
		return s.showSignIn(w, r, ui.StatusOf(err), home, ui.PageOf(r).T(errs.KeyOf(err)))
	}
	return err
}

// beginLocal starts a sign-in at this portal that is to go on locally.
func (s *Server) beginLocal(w http.ResponseWriter, r *http.Request) (try string, err error) {
	v := ui.VisitOf(r)
	b, browser, err := s.c.Accounts.BeginStaff(r.Context(), v.Door, s.c.Gate.Secret(r, ui.CookieLogin), local.Name, v.Base+home+"/anmelden/zurueck/"+local.Name, home)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(b.Redirect)
	if err != nil {
		return "", err
	}
	s.c.Gate.SetCookie(w, ui.CookieLogin, browser, 24*time.Hour)
	return u.Query().Get("versuch"), nil
}

// holder is who looks after his means of sign-in.
func (s *Server) holder(r *http.Request) (local.Holder, error) {
	h := local.Holder{Scope: employer(r), ID: string(ui.Staff(r).Staff), Session: s.c.Gate.Secret(r, ui.CookieStaff)}
	here, err := s.here(r)
	h.SignedIn = here.Since
	return h, err
}

// here is the session of this browser.
func (s *Server) here(r *http.Request) (accounts.StaffSignIn, error) {
	list, err := s.c.Accounts.StaffSignIns(r.Context(), ui.Staff(r), s.c.Gate.Secret(r, ui.CookieStaff))
	for _, x := range list {
		if x.Here {
			return x, nil
		}
	}
	return accounts.StaffSignIn{}, err
}

// staffMeans says by what somebody is signed in.
func (s *Server) staffMeans(r *http.Request) string {
	here, err := s.here(r)
	if err != nil || here.Means == "" {
		return ui.PageOf(r).T("staff.signins.unknown")
	}
	return s.meansTitle(r, here.Means)
}
