package citizen

import (
	"encoding/base64"
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

// loginView is the choice of methods.
type loginView struct {
	Target  string
	Level   perm.Level
	Why     string // text key
	Methods []accounts.Named
	Refused bool
	TooLow  bool // signed in, but at a lower level
	Form    bool // on the way to a form: what was typed stays
}

// getLogin serves GET /anmelden.
func (s *Server) getLogin(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	return s.showLogin(w, r, http.StatusOK, loginView{Target: target(q.Get("ziel")), Level: wanted(q.Get("niveau"))})
}

func (s *Server) showLogin(w http.ResponseWriter, r *http.Request, status int, view loginView) error {
	c := ui.Citizen(r)
	if !c.Guest() && c.Level >= view.Level && !view.Refused {
		return ui.SeeOther(w, r, view.Target)
	}
	page := s.personal(r, ui.PageOf(r).T("citizenform.login.title"))
	page.Nav = ui.NavAccount
	page.Languages = languages(page.Lang, signInPath(view.Target, view.Level))
	view.Methods = s.c.Accounts.Methods(accounts.KindCitizen)
	view.TooLow = !c.Guest() && c.Level < view.Level
	view.Form = strings.HasPrefix(view.Target, "/antrag/")
	view.Why = "citizenform.login.why." + view.Level.String()
	return ui.Render(w, r, status, loginPage(page, view))
}

// loginLife is how long somebody may take at the partner's.
const loginLife = 15 * time.Minute

// postLogin serves POST /anmelden: off to the method chosen.
func (s *Server) postLogin(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := ui.VisitOf(r)
	to, level := target(r.PostForm.Get("ziel")), wanted(r.PostForm.Get("niveau"))
	begun, state, err := s.c.Accounts.Begin(r.Context(), v.Door, accounts.KindCitizen, r.PostForm.Get("verfahren"), level, v.Base, to)
	if err != nil {
		return err
	}
	// The cookie ties the attempt to this browser and remembers the way, in
	// case the method refuses.
	s.c.Gate.SetCookie(w, ui.CookieLogin, state+"."+level.String()+"."+base64.RawURLEncoding.EncodeToString([]byte(to)), loginLife)
	return s.leave(w, r, begun.Redirect)
}

// getLoginReturn serves GET /anmelden/zurueck/{method}, for citizens and staff:
// all methods know one address. An attempt that staff began leads below
// /verwaltung; a citizen's never does (target).
func (s *Server) getLoginReturn(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	state, way, citizen := strings.Cut(s.c.Gate.Secret(r, ui.CookieLogin), ".")
	s.c.Gate.SetCookie(w, ui.CookieLogin, "", -time.Second)
	level, encoded, _ := strings.Cut(way, ".")
	secret, to, err := s.c.Accounts.Finish(r.Context(), v.Door, r.PathValue("method"), state, r.URL.Query())
	if errs.Is(err, errs.KindForbidden) {
		if !citizen && state != "" {
			return ui.SeeOther(w, r, "/verwaltung/anmelden?abgelehnt=1")
		}
		b, _ := base64.RawURLEncoding.DecodeString(encoded) // a broken cookie leads to the account page
		return s.showLogin(w, r, http.StatusForbidden, loginView{Target: target(string(b)), Level: wanted(level), Refused: true})
	}
	if err != nil {
		return err
	}
	if to == "/verwaltung" || strings.HasPrefix(to, "/verwaltung/") || strings.HasPrefix(to, "/verwaltung?") {
		s.c.Gate.SetCookie(w, ui.CookieStaff, secret, 0)
		return ui.SeeOther(w, r, to)
	}
	if old := s.c.Gate.Secret(r, ui.CookieCitizen); old != "" {
		if err := s.c.Accounts.SignOut(r.Context(), v.Door, v.Citizen, old); err != nil {
			return err
		}
	}
	s.c.Gate.SetCookie(w, ui.CookieCitizen, secret, 0)
	if err := s.bring(w, r, secret, to); err != nil {
		return err
	}
	return ui.SeeOther(w, r, to)
}

// bring moves the draft from which a guest went to sign in into the account.
// Other drafts of this browser stay as they are: they may be somebody else's.
func (s *Server) bring(w http.ResponseWriter, r *http.Request, secret, to string) error {
	path, _, _ := strings.Cut(to, "?")
	parts := strings.Split(strings.TrimPrefix(path, "/antrag/"), "/")
	if !strings.HasPrefix(to, "/antrag/") || len(parts) != 3 || parts[1] != "entwurf" {
		return nil
	}
	c, err := s.c.Accounts.Citizen(r.Context(), ui.VisitOf(r).Door, secret)
	if err != nil {
		return err
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
