package office

import (
	"net/http"
	"strings"

	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

// Keys of the navigation.
const (
	NavStart      = "start"
	NavCases      = "cases"
	NavServices   = "services"
	NavSearch     = "search"
	NavPortal     = "portal"
	NavSignIn     = "signin"
	NavParams     = "params"
	NavPayments   = "payments"
	NavJobs       = "jobs"
	NavDeliveries = "deliveries"
	NavMembers    = "members"
	NavAudit      = "audit"
	NavOutbox     = "outbox"
)

// Page starts a page of the staff side. Staff and administrators read German
// whatever the portal speaks to citizens; nothing of it is for search engines.
func Page(r *http.Request, title, nav string) ui.Page {
	v := ui.VisitOf(r)
	page := ui.PageOf(r)
	page.Lang, page.Languages = locale.German, nil
	page.Title = page.T(title)
	page.Staff, page.NoIndex, page.NoSearch = true, true, true
	page.Nav = nav
	page.Person, page.Unread, page.Acting, page.SessionEnds = v.StaffName, 0, nil, 0
	page.Portal.SignInURL = ""
	page.Portal.Nav = Nav(page.Printer(), v.Staff, page.Portal.Demo)
	return page
}

// ErrorPage frames what went wrong: for staff who are signed in, below
// /verwaltung, as a page of theirs, for all others as one of the portal.
func ErrorPage(r *http.Request) ui.Page {
	if !ui.VisitOf(r).SignedInStaff() || r.URL.Path != root && !strings.HasPrefix(r.URL.Path, root+"/") {
		return ui.PageOf(r)
	}
	return Page(r, "ui.error.internal.title", "")
}

// root is where the staff side begins.
const root = "/verwaltung"

// Nav is the navigation for what somebody may do; nothing for who is not
// signed in. demo adds the outbox of the demonstration.
func Nav(p locale.Printer, who perm.Staff, demo bool) (items []ui.NavItem) {
	if who.Staff == "" {
		return nil
	}
	add := func(may bool, key, text, url string) {
		if may {
			items = append(items, ui.NavItem{Key: key, Text: p.T(text), URL: url})
		}
	}
	add(true, NavStart, "staff.nav.start", "/verwaltung")
	add(who.May(perm.ReadCases), NavCases, "staff.nav.cases", "/verwaltung/faelle")
	add(who.Everywhere(perm.ReadPayments), NavPayments, "staff.nav.payments", "/verwaltung/zahlungen")
	add(who.May(perm.EditContent), NavServices, "staff.nav.services", "/verwaltung/leistungen")
	if who.May(perm.EditContent) {
		add(true, NavSearch, "relevance.nav", "/verwaltung/suche")
	} else {
		add(who.May(perm.EditLibrary), NavSearch, "relevance.nav", "/verwaltung/suche/verbund")
	}
	add(who.May(perm.EditPortal), NavPortal, "staff.nav.portal", "/verwaltung/portal")
	add(who.May(perm.EditPortal), NavSignIn, "staff.nav.signin", "/verwaltung/anmeldeverfahren")
	add(who.May(perm.EditForms), NavParams, "staff.nav.params", "/verwaltung/parameter")
	add(who.May(perm.GrantRoles), NavMembers, "staff.nav.members", "/verwaltung/personal")
	add(who.May(perm.ReadJobs), NavJobs, "staff.nav.jobs", "/verwaltung/auftraege")
	add(who.May(perm.ReadJobs), NavDeliveries, "staff.nav.deliveries", "/verwaltung/uebergaben")
	add(who.May(perm.ReadAudit), NavAudit, "staff.nav.audit", "/verwaltung/protokoll")
	add(demo && who.May(perm.ReadJobs), NavOutbox, "staff.nav.outbox", "/verwaltung/postausgang")
	return items
}

// Told is the sentence about what just happened, "" for none. The address
// carries a word of a closed list (?meldung=…), the sentence is the text prefix+word.
func Told(r *http.Request, page ui.Page, prefix string) string {
	word := r.URL.Query().Get("meldung")
	if !ident.Slug(word) || !page.Printer().Has(prefix+word) {
		return ""
	}
	return page.T(prefix + word)
}

// Done leads to a page of ours and lets it say what happened.
func Done(w http.ResponseWriter, r *http.Request, path, word string) error {
	return ui.SeeOther(w, r, path+"?meldung="+word+"#inhalt")
}
