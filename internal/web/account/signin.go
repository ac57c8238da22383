package account

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

// target is a page of the account host to come back to: its own pages only,
// never one of the sign-in.
func target(wish string) string {
	p := accounts.OwnPath(wish)
	for _, not := range []string{"/anmelden", "/abmelden", "/abgemeldet"} {
		if p == not || strings.HasPrefix(p, not+"/") || strings.HasPrefix(p, not+"?") {
			return "/"
		}
	}
	return p
}

// getArrive serves GET /anmelden: from a portal with its request, or by
// somebody who came here alone (?ziel=…).
func (s *Server) getArrive(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.VisitOf(r), r.URL.Query()
	var a accounts.Arrival
	var err error
	if q.Has("portal") {
		var req accounts.Request
		if req, err = accounts.ParseRequest(q); err == nil {
			a, err = s.c.Accounts.Arrive(r.Context(), v.Door, s.visitor(r), req)
		}
	} else {
		to, level := target(q.Get("ziel")), max(perm.ParseLevel(q.Get("niveau")), perm.LevelBasis)
		fresh := q.Has("frisch") // before a change of means of sign-in
		if !v.Citizen.Guest() && v.Citizen.Level >= level && !fresh {
			return ui.SeeOther(w, r, to)
		}
		a, err = s.c.Accounts.ArriveAlone(r.Context(), v.Door, s.visitor(r), level, fresh, to, string(v.Lang))
	}
	if errs.Is(err, errs.KindForbidden) {
		return s.showGone(w, r, err)
	}
	if err != nil {
		return err
	}
	if l, ok := locale.Parse(q.Get("sprache")); ok {
		http.SetCookie(w, &http.Cookie{Name: ui.CookieLang, Value: string(l), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: s.c.Gate.Secure, SameSite: http.SameSiteLaxMode})
	}
	if a.Leave != nil {
		return ui.GoAbroad(w, r, s.portalReturn(a.Leave.Portal, a.Leave.State, a.Leave.Code), "", true)
	}
	s.c.Gate.SetCookie(w, ui.CookieLogin, a.Browser, browserLife)
	return ui.SeeOther(w, r, wayPath("/anmelden/auswahl", a.Ticket))
}

// browserLife is how long a browser is known to have begun a sign-in.
const browserLife = 24 * time.Hour

// choiceView is the choice of methods.
type choiceView struct {
	Ticket  string
	From    string // name of the portal, "" for none
	Back    string // address that leads there without a sign-in
	Level   perm.Level
	Name    pii.Text // who is signed in, for a step-up
	TooLow  bool     // he is, at a lower level
	Problem string   // what went wrong, a sentence
	Offers  []accounts.Offer
	None    bool // nothing of it can be used
	Lead    string
	Realm   string
}

// problems are the refusals that the page may explain, by the word in its
// address.
var problems = []string{"login.refused", "login.broken-off", "login.level-too-low", "login.method-silent", "login.other-person", "login.attempt-gone", "login.not-offered"}

// getChoice serves GET /anmelden/auswahl.
func (s *Server) getChoice(w http.ResponseWriter, r *http.Request) error {
	way, err := s.way(r)
	if errs.Is(err, errs.KindForbidden) {
		return s.showGone(w, r, err)
	}
	if err != nil {
		return err
	}
	v := ui.VisitOf(r)
	page := s.page(r, "account.signin.title")
	page.Detail, page.Portal.SignInURL = page.T("citizenform.level."+way.Level.String()), ""
	view := choiceView{Ticket: ticket(r), Level: way.Level, Name: v.Name, TooLow: v.Citizen.Level < way.Level, Back: "/", Lead: v.Door.Tenant.Name, Realm: v.Door.Realm.Name}
	at := v.Door.Tenant
	if way.Portal.Portal.Host != "" {
		at = way.Portal.Tenant
		view.From, view.Back = way.Portal.Portal.Look.Name, wayPath("/anmelden/abbrechen", view.Ticket)
	}
	if view.Offers, err = s.c.Accounts.Offers(r.Context(), v.Door, at); err != nil {
		return err
	}
	view.Offers = slices.DeleteFunc(view.Offers, func(o accounts.Offer) bool { return !o.Offered || !o.Reaches(way.Level) })
	view.None = !slices.ContainsFunc(view.Offers, func(o accounts.Offer) bool { return !o.Stopped })
	status := http.StatusOK
	if key := "login." + r.URL.Query().Get("fehler"); slices.Contains(problems, key) {
		view.Problem, status = page.T(key), http.StatusForbidden
		page.Problems = 1
	}
	return ui.Render(w, r, status, choicePage(page, view))
}

// again leads back to the choice and says why.
func (s *Server) again(w http.ResponseWriter, r *http.Request, ticket string, err error) error {
	key := errs.KeyOf(err)
	if !slices.Contains(problems, key) {
		key = "login.refused"
	}
	if ticket == "" {
		return s.showGone(w, r, err)
	}
	return ui.SeeOther(w, r, wayPath("/anmelden/auswahl", ticket)+"&fehler="+strings.TrimPrefix(key, "login.")+"#fehler")
}

// postChoice serves POST /anmelden/auswahl: off to the method.
func (s *Server) postChoice(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errs.Invalid("")
	}
	v := ui.VisitOf(r)
	b, err := s.c.Accounts.TryMethod(r.Context(), v.Door, s.visitor(r), v.Base, r.PostForm.Get("versuch"), r.PostForm.Get("verfahren"))
	switch {
	case err == nil:
		return ui.GoToMethod(w, r, b)
	case errs.KeyOf(err) == "login.attempt-gone":
		return s.showGone(w, r, err)
	case accounts.RefusedHere(err):
		return s.again(w, r, r.PostForm.Get("versuch"), err)
	}
	return err
}

// getBreakOff serves GET /anmelden/abbrechen: back to the portal, where nothing
// is lost.
func (s *Server) getBreakOff(w http.ResponseWriter, r *http.Request) error {
	way, err := s.way(r)
	if errs.Is(err, errs.KindForbidden) {
		return s.showGone(w, r, err)
	}
	if err != nil {
		return err
	}
	if way.Portal.Portal.Host == "" {
		return ui.SeeOther(w, r, "/abgemeldet")
	}
	return ui.GoAbroad(w, r, s.portalReturn(way.Portal.Portal, way.State, ""), "", true)
}

// showGone says that a sign-in cannot go on, and how to begin anew.
func (s *Server) showGone(w http.ResponseWriter, r *http.Request, err error) error {
	page := s.page(r, "account.gone.title")
	page.Languages = nil
	text := page.T("login.attempt-gone")
	if errs.KeyOf(err) == "login.request" {
		text = page.T("login.request")
	}
	links := []ui.Link{{Text: page.T("account.gone.again"), URL: "/anmelden"}}
	if d, ok := s.c.Directory.DoorOf(ui.VisitOf(r).Door.Tenant.ID); ok {
		links = append(links, ui.Link{Text: page.T("account.gone.portal", "portal", d.Portal.Look.Name), URL: s.c.Gate.Base(d.Portal) + "/"})
	}
	return ui.Render(w, r, http.StatusForbidden, ui.NotificationPage(page, ui.Notification{Lines: []string{text}, Links: links}))
}
