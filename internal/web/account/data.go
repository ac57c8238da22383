package account

import (
	"net/http"
	"net/url"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
)

func (s *Server) dataRoutes() []ui.Route {
	return []ui.Route{
		{Pattern: "GET /daten-mitnehmen", Audience: ui.Person, Handle: s.getExport},
		{Pattern: "POST /daten-mitnehmen", Audience: ui.Person, Handle: s.postExport, Limit: s.c.Limit},
		{Pattern: "GET /konto-loeschen", Audience: ui.Person, Handle: s.getErase},
		{Pattern: "POST /konto-loeschen", Audience: ui.Person, Handle: s.postErase, Limit: s.c.Limit},
		{Pattern: "GET /konto-geloescht", Audience: ui.Visitor, Handle: s.getErased},
	}
}

// freshPath is the sign-in that comes back to a page that needs a fresh one.
func freshPath(back string, level perm.Level) string {
	return "/anmelden?" + url.Values{"frisch": {"1"}, "ziel": {back}, "niveau": {level.String()}}.Encode()
}

// needed is the highest level that one of the person's cases asks for.
func (s *Server) needed(r *http.Request) (l perm.Level, running, drafts int, err error) {
	c := ui.Citizen(r)
	in, err := s.c.Cases.Inbox(r.Context(), c)
	if err != nil {
		return l, 0, 0, err
	}
	for _, e := range in.Cases {
		l = max(l, e.Need)
		if e.State.Open() {
			running++
		}
	}
	list, err := s.c.Cases.Drafts(r.Context(), c)
	for _, d := range list {
		l = max(l, d.Need)
	}
	return l, running, len(list), err
}

// exportView is the page before the download.
type exportView struct {
	Fresh  bool
	SignIn string // the usual level, fresh
	Higher string // level that some cases ask for, "" when the session has it
	Raise  string // where to sign in for it
}

// getExport serves GET /daten-mitnehmen.
func (s *Server) getExport(w http.ResponseWriter, r *http.Request) error {
	return s.showExport(w, r, http.StatusOK)
}

func (s *Server) showExport(w http.ResponseWriter, r *http.Request, status int) error {
	c := ui.Citizen(r)
	page := s.page(r, "owndata.export.title")
	page.Nav = NavData
	err := s.c.Accounts.Fresh(r.Context(), c, s.c.Gate.Secret(r, ui.CookieCitizen))
	if err != nil && errs.KeyOf(err) != "login.fresh-needed" {
		return err
	}
	level, _, _, nerr := s.needed(r)
	if nerr != nil {
		return nerr
	}
	view := exportView{Fresh: err == nil, SignIn: freshPath("/daten-mitnehmen", max(level, c.Level))}
	if level > c.Level {
		view.Higher, view.Raise = page.T("citizenform.level."+level.String()), freshPath("/daten-mitnehmen", level)
	}
	return ui.Render(w, r, status, exportPage(page, view))
}

// exportTime is how long a download may take.
const exportTime = 30 * time.Minute

// postExport serves POST /daten-mitnehmen: the ZIP, streamed.
func (s *Server) postExport(w http.ResponseWriter, r *http.Request) error {
	c, secret := ui.Citizen(r), s.c.Gate.Secret(r, ui.CookieCitizen)
	if err := s.c.Accounts.Fresh(r.Context(), c, secret); err != nil {
		if errs.KeyOf(err) == "login.fresh-needed" {
			return s.showExport(w, r, http.StatusForbidden)
		}
		return err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(s.c.Now().Add(exportTime)) // where the connection has none there is nothing to extend
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="meine-daten.zip"`)
	h.Set("Cache-Control", "private, no-store")
	out := &counted{w: w}
	err := s.c.Accounts.Export(r.Context(), c, secret, out, s.c.Exporters)
	if err != nil && out.n > 0 {
		panic(http.ErrAbortHandler) // the download breaks off; the browser says so
	}
	if err != nil {
		h.Del("Content-Type")
		h.Del("Content-Disposition")
	}
	return err
}

// counted knows whether something was sent.
type counted struct {
	w http.ResponseWriter
	n int
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += n
	return n, err
}

// eraseView is what deleting the account means.
type eraseView struct {
	Fresh     bool
	SignIn    string
	Drafts    int
	Running   int
	Mandates  int
	Companies []pii.Text
	HasMail   bool
	Confirm   ui.Field
	Problems  []ui.Problem
}

// getErase serves GET /konto-loeschen.
func (s *Server) getErase(w http.ResponseWriter, r *http.Request) error {
	return s.showErase(w, r, http.StatusOK, false)
}

func (s *Server) showErase(w http.ResponseWriter, r *http.Request, status int, missing bool) error {
	c := ui.Citizen(r)
	page := s.page(r, "owndata.erase.title")
	page.Nav = NavData
	err := s.c.Accounts.Fresh(r.Context(), c, s.c.Gate.Secret(r, ui.CookieCitizen))
	if err != nil && errs.KeyOf(err) != "login.fresh-needed" {
		return err
	}
	view := eraseView{Fresh: err == nil, SignIn: freshPath("/konto-loeschen", c.Level), Confirm: ui.Field{Name: "sicher", Type: ui.FieldConsent, Label: page.T("owndata.erase.sure"), Statement: page.T("owndata.erase.statement")}}
	if _, view.Running, view.Drafts, err = s.needed(r); err != nil {
		return err
	}
	l, err := s.c.Accounts.Leaving(r.Context(), c)
	if err != nil {
		return err
	}
	view.Mandates, view.HasMail = l.Mandates, l.HasMail
	for _, x := range l.Companies {
		view.Companies = append(view.Companies, x.Profile.Text(accounts.AttrCompany))
	}
	if missing {
		view.Confirm.Problem = page.T("owndata.erase.confirm")
		view.Problems = ui.Problems([]ui.Field{view.Confirm})
		page.Problems = len(view.Problems)
	}
	return ui.Render(w, r, status, erasePage(page, view))
}

// postErase serves POST /konto-loeschen.
func (s *Server) postErase(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	if r.PostForm.Get("sicher") != ui.Yes {
		return s.showErase(w, r, http.StatusUnprocessableEntity, true)
	}
	err := s.c.Accounts.Erase(r.Context(), ui.Citizen(r), s.c.Gate.Secret(r, ui.CookieCitizen))
	if errs.KeyOf(err) == "login.fresh-needed" {
		return s.showErase(w, r, http.StatusForbidden, false)
	}
	if err != nil {
		return err
	}
	s.c.Gate.SetCookie(w, ui.CookieCitizen, "", -time.Second)
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return ui.SeeOther(w, r, "/konto-geloescht#inhalt")
}

// getErased serves GET /konto-geloescht.
func (s *Server) getErased(w http.ResponseWriter, r *http.Request) error {
	page := s.page(r, "owndata.erased.title")
	v := ui.Notification{Lines: []string{page.T("owndata.erased.text"), page.T("owndata.erased.cases")}}
	if name, url := s.portalName(ui.VisitOf(r).Door.Tenant.ID); url != "" {
		v.Links = []ui.Link{{Text: page.T("account.gone.portal", "portal", name), URL: url}}
	}
	return ui.Render(w, r, http.StatusOK, ui.NotificationPage(page, v))
}
