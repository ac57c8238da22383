package account

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
)

// postAnswer serves POST /anmelden/zurueck/{method}: a partner's form, sent
// across sites and so without our cookies. What it says is kept and asked for
// again by GET, with the cookies.
func (s *Server) postAnswer(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errs.Invalid("")
	}
	state := r.PostForm.Get("RelayState")
	if state == "" {
		state = r.PostForm.Get("state")
	}
	method := r.PathValue("method")
	err := s.c.Accounts.Park(r.Context(), ui.VisitOf(r).Door, method, state, r.PostForm)
	if errs.Is(err, errs.KindForbidden) {
		return s.showGone(w, r, err)
	}
	if err != nil {
		return err
	}
	return ui.SeeOther(w, r, "/anmelden/zurueck/"+url.PathEscape(method)+"?"+url.Values{"state": {state}, "form": {"1"}}.Encode())
}

// getAnswer serves GET /anmelden/zurueck/{method}: the end of a method's part.
func (s *Server) getAnswer(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.VisitOf(r), r.URL.Query()
	o, err := s.c.Accounts.Answer(r.Context(), v.Door, s.visitor(r), v.Base, r.PathValue("method"), q)
	// A redirect on to the portal is right after a partner's link, not after a form.
	return s.outcome(w, r, o, err, r.Header.Get("Sec-Fetch-Site") == "cross-site" && !q.Has("form"))
}

// outcome shows what became of an answer.
func (s *Server) outcome(w http.ResponseWriter, r *http.Request, o accounts.Outcome, err error, redirect bool) error {
	switch {
	case accounts.RefusedHere(err):
		return s.again(w, r, o.Ticket, err)
	case err != nil:
		return err
	case o.Ask:
		return ui.SeeOther(w, r, wayPath("/anmelden/verbinden", o.Ticket))
	}
	s.c.Gate.SetCookie(w, ui.CookieCitizen, o.Secret, 0)
	if o.Leave == nil {
		return ui.SeeOther(w, r, target(o.Path))
	}
	return ui.GoAbroad(w, r, s.portalReturn(o.Leave.Portal, o.Leave.State, o.Leave.Code), o.Leave.Portal.Look.Name, redirect)
}

// joinView asks whether two sign-ins are one person's.
type joinView struct {
	Ticket string
	Name   pii.Text // who is signed in
	Other  pii.Text // whom the method named
	Method string
	Back   string
}

// getJoin serves GET /anmelden/verbinden.
func (s *Server) getJoin(w http.ResponseWriter, r *http.Request) error {
	way, err := s.way(r)
	v := ui.VisitOf(r)
	if err == nil && (way.Method == "" || v.Citizen.Guest()) {
		return s.again(w, r, ticket(r), errs.Forbidden("login.attempt-gone"))
	}
	if errs.Is(err, errs.KindForbidden) {
		return s.showGone(w, r, err)
	}
	if err != nil {
		return err
	}
	page := s.page(r, "account.join.title")
	view := joinView{Ticket: ticket(r), Name: v.Name, Other: way.Waiting, Method: way.Method, Back: wayPath("/anmelden/auswahl", ticket(r))}
	for _, m := range s.c.Accounts.Methods(accounts.KindCitizen, v.Door) {
		if m.Name == way.Method {
			view.Method = m.Title
		}
	}
	return ui.Render(w, r, http.StatusOK, joinPage(page, view))
}

// postJoin serves POST /anmelden/verbinden: both are one person.
func (s *Server) postJoin(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errs.Invalid("")
	}
	o, err := s.c.Accounts.Join(r.Context(), ui.VisitOf(r).Door, s.visitor(r), r.PostForm.Get("versuch"))
	return s.outcome(w, r, o, err, false)
}

// postChange serves POST /anmelden/wechseln: who is signed in is somebody else;
// he is signed out, and the way begins anew.
func (s *Server) postChange(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errs.Invalid("")
	}
	if err := s.signOut(w, r); err != nil {
		return err
	}
	t := r.PostForm.Get("versuch")
	if strings.Trim(t, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		t = ""
	}
	return ui.SeeOther(w, r, wayPath("/anmelden/auswahl", t))
}

// signOut ends this browser's sign-in with all portals that go by it.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if secret := s.c.Gate.Secret(r, ui.CookieCitizen); secret != "" {
		if err := s.c.Accounts.SignOutHere(r.Context(), ui.VisitOf(r).Door, secret); err != nil {
			return err
		}
		s.c.Gate.SetCookie(w, ui.CookieCitizen, "", -time.Second)
	}
	return nil
}

// getDescription serves GET /anmelden/partner/{method}: what a connected partner
// has to know of us (SAML metadata, keys), for it to fetch.
func (s *Server) getDescription(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	media, body, err := s.c.Accounts.Describe(v.Door, accounts.KindCitizen, r.PathValue("method"), v.Base)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, err = w.Write(body)
	return err
}
