package account

import (
	"net/http"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/ident"
	"stadttor/internal/web/ui"
)

// sessionsView is where somebody is signed in.
type sessionsView struct {
	Told string // what just happened
	List []signInView
}

// signInView is one sign-in with its portals.
type signInView struct {
	Handle       string
	Title        string // device, or that it is unknown
	Here         bool
	Means, Level string
	Since, Seen  string
	Portals      []portalView
}

// portalView is a session at one portal.
type portalView struct {
	Handle, Name, URL  string
	Level, Since, Seen string
}

// getSessions serves GET /anmeldungen.
func (s *Server) getSessions(w http.ResponseWriter, r *http.Request) error {
	page := s.page(r, "account.signins.title")
	page.Nav = NavSignIns
	list, err := s.c.Accounts.SignIns(r.Context(), ui.Citizen(r), s.c.Gate.Secret(r, ui.CookieCitizen))
	if err != nil {
		return err
	}
	var view sessionsView
	if r.URL.Query().Get("meldung") == "beendet" {
		view.Told = page.T("account.signins.ended")
	}
	p := page.Printer()
	for _, x := range list {
		one := signInView{Handle: x.Handle, Title: deviceName(page, x.Device), Here: x.Here, Means: s.meansTitle(r, x.Means), Level: page.T("citizenform.level." + x.Level.String()), Since: p.DateTime(x.Since), Seen: p.DateTime(coarse(x.Seen, x.Since))}
		for _, q := range x.Portals {
			line := portalView{Handle: q.Handle, Level: page.T("citizenform.level." + q.Level.String()), Since: p.DateTime(q.Since), Seen: p.DateTime(coarse(q.Seen, q.Since))}
			line.Name, line.URL = s.portalName(q.Tenant)
			one.Portals = append(one.Portals, line)
		}
		view.List = append(view.List, one)
	}
	return ui.Render(w, r, http.StatusOK, sessionsPage(page, view))
}

// coarse is a last moment as people see it: five minutes are near enough. It is
// never before the beginning.
func coarse(t, since time.Time) time.Time {
	if t = t.Truncate(5 * time.Minute); t.Before(since) {
		return since
	}
	return t
}

// brands are how the words of accounts.DeviceOf are written.
var brands = map[string]string{"firefox": "Firefox", "edge": "Edge", "opera": "Opera", "chrome": "Chrome", "safari": "Safari",
	"iphone": "iPhone", "ipad": "iPad", "android": "Android", "windows": "Windows", "mac": "Mac", "linux": "Linux"}

// deviceName is the title of a sign-in.
func deviceName(page ui.Page, device string) string {
	browser, system, _ := strings.Cut(device, "-")
	if brands[browser] == "" || brands[system] == "" {
		return page.T("account.device.unknown")
	}
	return page.T("account.device.on", "browser", brands[browser], "system", brands[system])
}

// meansTitle is the title of the method of the same name, else the means.
func (s *Server) meansTitle(r *http.Request, means string) string {
	for _, m := range s.c.Accounts.Methods(accounts.KindCitizen, ui.VisitOf(r).Door) {
		if m.Name == means {
			return m.Title
		}
	}
	return means
}

func (s *Server) portalName(t ident.TenantID) (name, url string) {
	d, ok := s.c.Directory.DoorOf(t)
	if !ok {
		return "", ""
	}
	return d.Portal.Look.Name, s.c.Gate.Base(d.Portal) + "/"
}

// postEnd serves POST /anmeldungen/{handle}/beenden.
func (s *Server) postEnd(w http.ResponseWriter, r *http.Request) error {
	if err := s.c.Accounts.EndSession(r.Context(), ui.Citizen(r), r.PathValue("handle")); err != nil {
		return err
	}
	return ui.SeeOther(w, r, "/anmeldungen?meldung=beendet#inhalt")
}

// postEndAll serves POST /anmeldungen/beenden: signed out everywhere.
func (s *Server) postEndAll(w http.ResponseWriter, r *http.Request) error {
	if err := s.c.Accounts.EndAllSessions(r.Context(), ui.Citizen(r)); err != nil {
		return err
	}
	s.c.Gate.SetCookie(w, ui.CookieCitizen, "", -time.Second)
	return ui.SeeOther(w, r, "/abgemeldet?wo=ueberall#inhalt")
}

// postSignOut serves POST /abmelden.
func (s *Server) postSignOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.signOut(w, r); err != nil {
		return err
	}
	w.Header().Set("Clear-Site-Data", `"cache"`)
	return ui.SeeOther(w, r, "/abgemeldet#inhalt")
}

// getSignedOut serves GET /abgemeldet.
func (s *Server) getSignedOut(w http.ResponseWriter, r *http.Request) error {
	page := s.page(r, "account.signout.title")
	text := page.T("account.signout.text")
	if r.URL.Query().Get("wo") == "ueberall" {
		text = page.T("account.signout.everywhere")
	}
	links := []ui.Link{{Text: page.T("account.signout.again"), URL: "/anmelden"}}
	if name, url := s.portalName(ui.VisitOf(r).Door.Tenant.ID); url != "" {
		links = append([]ui.Link{{Text: page.T("account.gone.portal", "portal", name), URL: url}}, links...)
	}
	return ui.Render(w, r, http.StatusOK, ui.NotificationPage(page, ui.Notification{Lines: []string{text}, Links: links}))
}
