package staff

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

const home = "/verwaltung"

// loginPage offers the ways to sign in.
type loginPage struct {
	Methods       []accounts.Offer
	Fresh         bool   // somebody is signed in and shall sign in once more
	Target        string // where to go afterwards
	Told, Refused string
}

// signIn serves GET /verwaltung/anmelden.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	if ui.VisitOf(r).SignedInStaff() && r.URL.Query().Get("frisch") == "" {
		return ui.SeeOther(w, r, target(r.URL.Query().Get("ziel")))
	}
	return s.showSignIn(w, r, http.StatusOK, target(r.URL.Query().Get("ziel")), "")
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request, status int, to, refused string) error {
	v := ui.VisitOf(r)
	offers, err := s.c.Accounts.StaffOffers(r.Context(), v.Door)
	if err != nil {
		return err
	}
	page := office.Page(r, "staff.login.title", "")
	return ui.Render(w, r, status, loginView(page, loginPage{Methods: slices.DeleteFunc(offers, func(o accounts.Offer) bool { return !o.Offered }),
		Fresh: v.SignedInStaff(), Target: to, Told: office.Told(r, page, "staff.done."), Refused: refused}))
}

// target keeps a wish for a return address inside the staff side.
func target(wish string) string {
	if p := accounts.OwnPath(wish); p == home || strings.HasPrefix(p, home+"/") && !strings.HasPrefix(p, home+"/anmelden") {
		return p
	}
	return home
}

// begin serves POST /verwaltung/anmelden/{method}: it sends the browser to the
// partner, who sends it back to finish.
func (s *Server) begin(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	v, method := ui.VisitOf(r), r.PathValue("method")
	back := v.Base + home + "/anmelden/zurueck/" + url.PathEscape(method)
	b, browser, err := s.c.Accounts.BeginStaff(r.Context(), v.Door, s.c.Gate.Secret(r, ui.CookieLogin), method, back, target(office.Text(r, "ziel")))
	if accounts.RefusedHere(err) {
		return s.showSignIn(w, r, ui.StatusOf(err), target(office.Text(r, "ziel")), ui.PageOf(r).T(errs.KeyOf(err)))
	}
	if connected := func(m accounts.Named) bool { return m.Name == method }; errs.Is(err, errs.KindNotFound) && slices.ContainsFunc(s.c.Accounts.Methods(accounts.KindStaff, v.Door), connected) {
		return s.refused(w, r, err) // stopped since the page was shown
	}
	if err != nil {
		return err
	}
	s.c.Gate.SetCookie(w, ui.CookieLogin, browser, 24*time.Hour)
	return ui.GoToMethod(w, r, b)
}

// answer serves POST /verwaltung/anmelden/zurueck/{method}: a partner's form,
// sent across sites and so without our cookies. It is kept and asked for again
// by GET, with the cookies.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	state := r.PostForm.Get("RelayState")
	if state == "" {
		state = r.PostForm.Get("state")
	}
	err := s.c.Accounts.ParkStaff(r.Context(), ui.VisitOf(r).Door, r.PathValue("method"), state, r.PostForm)
	if errs.Is(err, errs.KindForbidden) {
		return s.showSignIn(w, r, http.StatusForbidden, home, ui.PageOf(r).T(errs.KeyOf(err)))
	}
	if err != nil {
		return err
	}
	return ui.SeeOther(w, r, home+"/anmelden/zurueck/"+url.PathEscape(r.PathValue("method"))+"?"+url.Values{"state": {state}}.Encode())
}

// finish serves GET /verwaltung/anmelden/zurueck/{method}.
func (s *Server) finish(w http.ResponseWriter, r *http.Request) error {
	secret, path, err := s.c.Accounts.FinishStaff(r.Context(), ui.VisitOf(r).Door, s.c.Gate.Secret(r, ui.CookieLogin), r.PathValue("method"), s.c.Gate.Secret(r, ui.CookieStaff), r.URL.Query())
	if accounts.RefusedHere(err) {
		return s.showSignIn(w, r, ui.StatusOf(err), home, ui.PageOf(r).T(errs.KeyOf(err)))
	}
	if err != nil {
		return err
	}
	s.c.Gate.SetCookie(w, ui.CookieLogin, "", -1)
	s.c.Gate.SetCookie(w, ui.CookieStaff, secret, 0)
	return ui.SeeOther(w, r, target(path))
}

// signOut serves POST /verwaltung/abmelden; whoever is signed out already
// comes to the same page.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if v.SignedInStaff() {
		if err := s.c.Accounts.SignOut(r.Context(), v.Door, v.Staff, s.c.Gate.Secret(r, ui.CookieStaff)); err != nil {
			return err
		}
	}
	s.c.Gate.SetCookie(w, ui.CookieStaff, "", -1)
	return office.Done(w, r, home+"/anmelden", "abgemeldet")
}

// description serves GET /verwaltung/anmelden/partner/{method}: what the partner
// by which the authority's staff sign in has to know of us.
func (s *Server) description(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	media, body, err := s.c.Accounts.Describe(v.Door, accounts.KindStaff, r.PathValue("method"), v.Base+home)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, err = w.Write(body)
	return err
}
