package account

import (
	"net/http"
	"net/url"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

// Keys of the navigation.
const (
	NavHome    = "home"
	NavSignIns = "signins"
)

// Nav is the navigation of the account host.
func Nav(p locale.Printer) []ui.NavItem {
	return []ui.NavItem{
		{Key: NavHome, Text: p.T("account.nav.home"), URL: "/"},
		{Key: NavData, Text: p.T("profile.title"), URL: "/daten"},
		{Key: NavMandates, Text: p.T("mandate.title"), URL: "/vertretungen"},
		{Key: NavSignIns, Text: p.T("account.nav.signins"), URL: "/anmeldungen"},
		{Key: NavMeans, Text: p.T("local.means.title"), URL: local.PageSecurity},
	}
}

// page starts a page of the door. All of them are somebody's own: none is for
// search engines or caches.
func (s *Server) page(r *http.Request, title string) ui.Page {
	page := ui.PageOf(r)
	page.Title, page.NoIndex, page.NoSearch = page.T(title), true, true
	q := r.URL.Query()
	for _, l := range locale.Langs {
		if l == locale.Leicht && page.Lang != locale.Leicht {
			continue
		}
		q.Set("sprache", string(l))
		page.Languages = append(page.Languages, ui.LanguageLink{Lang: l, URL: r.URL.Path + "?" + q.Encode(), Current: l == page.Lang})
	}
	return page
}

// visitor is what this browser brings.
func (s *Server) visitor(r *http.Request) accounts.Visitor {
	return accounts.Visitor{Browser: s.c.Gate.Secret(r, ui.CookieLogin), Session: s.c.Gate.Secret(r, ui.CookieCitizen), Device: accounts.DeviceOf(r.UserAgent())}
}

// ticket is the name of the way in an address or form.
func ticket(r *http.Request) string { return r.FormValue("versuch") }

// way reads where this browser stands on its way.
func (s *Server) way(r *http.Request) (accounts.Way, error) {
	return s.c.Accounts.Way(r.Context(), ui.VisitOf(r).Door, s.visitor(r), ticket(r))
}

// wayPath is the address of a page on the way.
func wayPath(path, ticket string) string {
	return path + "?" + url.Values{"versuch": {ticket}}.Encode()
}

// portalReturn is where a portal takes people back.
func (s *Server) portalReturn(p tenancy.Portal, state, code string) string {
	q := url.Values{"state": {state}}
	if code != "" {
		q.Set("code", code)
	} else {
		q.Set("abbruch", "1")
	}
	return s.c.Gate.Base(p) + "/anmelden/zurueck?" + q.Encode()
}
