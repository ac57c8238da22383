package staff

import (
	"net/http"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

const home = "/verwaltung"

// loginPage offers the ways to sign in.
type loginPage struct {
	Methods       []accounts.Named
	Target        string // where to go afterwards
	Told, Refused string
}

// signIn serves GET /verwaltung/anmelden.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	if ui.VisitOf(r).SignedInStaff() {
		return ui.SeeOther(w, r, target(r.URL.Query().Get("ziel")))
	}
	return s.showSignIn(w, r, http.StatusOK, target(r.URL.Query().Get("ziel")), "")
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request, status int, to, refused string) error {
	page := office.Page(r, "staff.login.title", "")
	return ui.Render(w, r, status, loginView(page, loginPage{Methods: s.c.Accounts.Methods(accounts.KindStaff), Target: to, Told: office.Told(r, page, "staff.done."), Refused: refused}))
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
	v := ui.VisitOf(r)
	begun, state, err := s.c.Accounts.Begin(r.Context(), v.Door, accounts.KindStaff, r.PathValue("method"), perm.LevelBasis, v.Base+home, target(office.Text(r, "ziel")))
	if err != nil {
		return err
	}
	s.c.Gate.SetCookie(w, ui.CookieLogin, state, 0)
	w.Header().Set("Cache-Control", "private, no-store")
	http.Redirect(w, r, begun.Redirect, http.StatusSeeOther) // the partner's address, not the browser's wish
	return nil
}

// finish serves GET /verwaltung/anmelden/zurueck/{method}.
func (s *Server) finish(w http.ResponseWriter, r *http.Request) error {
	state := s.c.Gate.Secret(r, ui.CookieLogin)
	s.c.Gate.SetCookie(w, ui.CookieLogin, "", -1)
	secret, path, err := s.c.Accounts.Finish(r.Context(), ui.VisitOf(r).Door, r.PathValue("method"), state, r.URL.Query())
	if errs.Is(err, errs.KindForbidden) {
		page := ui.PageOf(r)
		return s.showSignIn(w, r, http.StatusForbidden, home, page.T(errs.KeyOf(err)))
	}
	if err != nil {
		return err
	}
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
