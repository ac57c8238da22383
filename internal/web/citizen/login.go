package citizen

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/cases"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
)

// signInPath is the address of the sign-in that comes back to target.
func signInPath(target string, level perm.Level) string {
	return "/anmelden?" + url.Values{"niveau": {level.String()}, "ziel": {target}}.Encode()
}

// target is where a citizen goes after signing in: a page of the citizens'
// door, never the sign-in itself.
func target(s string) string {
	p := accounts.OwnPath(s)
	for _, not := range []string{"/verwaltung", "/anmelden/zurueck", "/abmelden", "/abgemeldet", "/api/"} {
		if p == not || strings.HasPrefix(p, strings.TrimSuffix(not, "/")+"/") {
			return "/konto"
		}
	}
	if p == "/" || p == "/anmelden" || strings.HasPrefix(p, "/anmelden?") {
		return "/konto"
	}
	return p
}

// wanted is the trust level that the sign-in must reach.
func wanted(s string) perm.Level { return max(perm.ParseLevel(s), perm.LevelBasis) }

// getLogin serves GET /anmelden: straight to the account host of the realm.
// Whoever is signed in there comes back at once.
func (s *Server) getLogin(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	to, level := target(q.Get("ziel")), wanted(q.Get("niveau"))
	v := ui.VisitOf(r)
	if !v.Citizen.Guest() && v.Citizen.Level >= level {
		return ui.SeeOther(w, r, to)
	}
	host := s.c.Gate.AccountBase(v.Door.Realm.ID)
	if host == "" {
		return errs.Unavailable("login.no-host", errors.New("the realm has no account host"))
	}
	req, browser, err := s.c.Accounts.AskHost(r.Context(), v.Door, s.c.Gate.Secret(r, ui.CookieLogin), accounts.Wish{Level: level, Lang: string(v.Lang), ReturnPath: to})
	if err != nil {
		return err
	}
	s.c.Gate.SetCookie(w, ui.CookieLogin, browser, loginLife)
	w.Header().Set("Cache-Control", "private, no-store")
	http.Redirect(w, r, host+"/anmelden?"+req.Values().Encode(), http.StatusSeeOther) // the configuration's address, not the browser's wish
	return nil
}

// loginLife is how long this browser is known to have begun a sign-in.
const loginLife = 24 * time.Hour

// getLoginReturn serves GET /anmelden/zurueck: the way back from the account
// host, with a code or without a sign-in.
func (s *Server) getLoginReturn(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.VisitOf(r), r.URL.Query()
	browser, old := s.c.Gate.Secret(r, ui.CookieLogin), s.c.Gate.Secret(r, ui.CookieCitizen)
	if !q.Has("code") {
		e, err := s.c.Accounts.BreakOff(r.Context(), v.Door, browser, q.Get("state"))
		if err == nil {
			err = errs.Forbidden("login.broken-off")
		}
		return s.unsigned(w, r, e, err)
	}
	e, err := s.c.Accounts.TakeCode(r.Context(), v.Door, browser, q.Get("state"), q.Get("code"), old)
	if err != nil {
		return s.unsigned(w, r, e, err)
	}
	s.c.Gate.SetCookie(w, ui.CookieCitizen, e.Secret, 0)
	to := target(e.ReturnPath)
	if err := s.bring(w, r, e.Citizen, to); err != nil {
		return err
	}
	return ui.SeeOther(w, r, to)
}

// unsigned says that a sign-in came to nothing, that nothing is lost, and how to
// go on. Whoever is signed in meanwhile, in another tab, just goes on.
func (s *Server) unsigned(w http.ResponseWriter, r *http.Request, e accounts.Entry, err error) error {
	if !errs.Is(err, errs.KindForbidden) {
		return err
	}
	c := ui.Citizen(r)
	if e.ReturnPath == "" && !c.Guest() {
		return ui.SeeOther(w, r, "/konto")
	}
	status, title, why := http.StatusForbidden, "citizenform.login.refused", errs.KeyOf(err)
	if why == "login.broken-off" { // the title says so already
		status, title, why = http.StatusOK, "citizenform.login.brokenoff", "citizenform.login.nothing"
	}
	to := target(e.ReturnPath)
	page := s.personal(r, ui.PageOf(r).T(title))
	page.Nav, page.Languages = ui.NavAccount, nil
	view := noticeView{Lines: []string{page.T(why)}, Links: []ui.Link{{Text: page.T("citizenform.login.again"), URL: signInPath(to, max(e.Level, perm.LevelBasis))}}}
	if strings.HasPrefix(to, "/antrag/") {
		view.Lines = append(view.Lines, page.T("citizenform.login.kept"))
		view.Links = append(view.Links, ui.Link{Text: page.T("citizenform.login.toform"), URL: to})
	}
	view.Links = append(view.Links, ui.Link{Text: page.T("citizenform.logout.home"), URL: "/"})
	return ui.Render(w, r, status, noticePage(page, view))
}

// bring moves the draft from which a guest went to sign in into the account.
// Other drafts of this browser stay as they are: they may be somebody else's.
func (s *Server) bring(w http.ResponseWriter, r *http.Request, c perm.Citizen, to string) error {
	path, _, _ := strings.Cut(to, "?")
	parts := strings.Split(strings.TrimPrefix(path, "/antrag/"), "/")
	if !strings.HasPrefix(to, "/antrag/") || len(parts) != 3 || parts[1] != "entwurf" {
		return nil
	}
	for _, h := range s.heldBy(r) {
		if string(h.id) != parts[2] {
			continue
		}
		err := s.c.Cases.Adopt(r.Context(), c, cases.Proof{Secret: h.secret}, h.id)
		if errs.Is(err, errs.KindInternal) || errs.Is(err, errs.KindUnavailable) {
			return err
		}
		if err == nil {
			s.keepHeld(w, s.without(r, h.id))
		}
	}
	return nil
}

// getLoginDone serves GET /anmelden/fertig: the end of a sign-in in a second
// tab; the first one holds what was typed.
func (s *Server) getLoginDone(w http.ResponseWriter, r *http.Request) error {
	if ui.Citizen(r).Guest() {
		return ui.SeeOther(w, r, signInPath("/anmelden/fertig", perm.LevelBasis))
	}
	page := s.personal(r, ui.PageOf(r).T("citizenform.login.done.title"))
	return ui.Render(w, r, http.StatusOK, noticePage(page, noticeView{Tone: ui.Success, Lines: []string{page.T("citizenform.login.done.text")}}))
}

// postLogout serves POST /abmelden.
func (s *Server) postLogout(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if secret := s.c.Gate.Secret(r, ui.CookieCitizen); secret != "" {
		if err := s.c.Accounts.SignOut(r.Context(), v.Door, v.Citizen, secret); err != nil {
			return err
		}
		s.c.Gate.SetCookie(w, ui.CookieCitizen, "", -time.Second)
	}
	w.Header().Set("Clear-Site-Data", `"cache"`)
	return ui.SeeOther(w, r, "/abgemeldet#inhalt")
}

// getLoggedOut serves GET /abgemeldet.
func (s *Server) getLoggedOut(w http.ResponseWriter, r *http.Request) error {
	page := s.personal(r, ui.PageOf(r).T("citizenform.logout.title"))
	return ui.Render(w, r, http.StatusOK, noticePage(page, noticeView{Tone: ui.Success, Lines: []string{page.T("citizenform.logout.text")},
		Links: []ui.Link{{Text: page.T("citizenform.logout.home"), URL: "/"}, {Text: page.T("citizenform.logout.again"), URL: "/anmelden"}}}))
}
