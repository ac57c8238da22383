package admin

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"stadttor/internal/catalogue"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

// The frame is that of web/staff/office, which this door may not import; a
// test holds the two navigations equal.

// Keys of the navigation.
const (
	navServices   = "services"
	navPortal     = "portal"
	navParams     = "params"
	navPayments   = "payments"
	navJobs       = "jobs"
	navDeliveries = "deliveries"
	navMembers    = "members"
	navAudit      = "audit"
	navOutbox     = "outbox"
)

// frame starts a page of the staff side; title is a text key.
func frame(r *http.Request, title, current string) ui.Page {
	v := ui.VisitOf(r)
	page := ui.PageOf(r)
	page.Lang, page.Languages = locale.German, nil
	page.Title = page.T(title)
	page.Staff, page.NoIndex, page.NoSearch = true, true, true
	page.Nav = current
	page.Person, page.Unread, page.Acting, page.SessionEnds = v.StaffName, 0, nil, 0
	page.Portal.SignInURL = ""
	page.Portal.Nav = nav(page.Printer(), v.Staff, page.Portal.Demo)
	return page
}

// nav is the navigation for what somebody may do.
func nav(p locale.Printer, who perm.Staff, demo bool) (items []ui.NavItem) {
	if who.Staff == "" {
		return nil
	}
	_, allPayments := who.Units(perm.ReadPayments) // payments belong to no unit
	for _, x := range []struct {
		may            bool
		key, text, url string
	}{
		{true, "start", "staff.nav.start", "/verwaltung"},
		{who.May(perm.ReadCases), "cases", "staff.nav.cases", "/verwaltung/faelle"},
		{allPayments, navPayments, "staff.nav.payments", "/verwaltung/zahlungen"},
		{who.May(perm.EditContent), navServices, "staff.nav.services", "/verwaltung/leistungen"},
		{who.May(perm.EditPortal), navPortal, "staff.nav.portal", "/verwaltung/portal"},
		{who.May(perm.EditPortal), navParams, "staff.nav.params", "/verwaltung/parameter"},
		{who.May(perm.GrantRoles), navMembers, "staff.nav.members", "/verwaltung/personal"},
		{who.May(perm.ReadJobs), navJobs, "staff.nav.jobs", "/verwaltung/auftraege"},
		{who.May(perm.ReadJobs), navDeliveries, "staff.nav.deliveries", "/verwaltung/uebergaben"},
		{who.May(perm.ReadAudit), navAudit, "staff.nav.audit", "/verwaltung/protokoll"},
		{demo && who.May(perm.ReadJobs), navOutbox, "staff.nav.outbox", "/verwaltung/postausgang"},
	} {
		if x.may {
			items = append(items, ui.NavItem{Key: x.key, Text: p.T(x.text), URL: x.url})
		}
	}
	return items
}

// told is the sentence about what just happened, "" for none: the address
// carries a word of a closed list.
func told(r *http.Request, page ui.Page) string {
	const prefix = "admin.done."
	word := r.URL.Query().Get("meldung")
	if !ident.Slug(word) || !page.Printer().Has(prefix+word) {
		return ""
	}
	return page.T(prefix + word)
}

// done leads to a page of ours and lets it say what happened.
func done(w http.ResponseWriter, r *http.Request, path, word string) error {
	return ui.SeeOther(w, r, path+"?meldung="+word+"#inhalt")
}

// readForm reads a posted form. Broken UTF-8 becomes the replacement sign, line
// ends become "\n". Errors: TooLarge, Invalid.
func readForm(r *http.Request) error {
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(1 << 20)
	} else {
		err = r.ParseForm()
	}
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return errs.TooLarge("error.body-too-large")
	case err != nil:
		return errs.Invalid("staff.form-broken")
	}
	for _, list := range r.PostForm {
		for i, v := range list {
			if !utf8.ValidString(v) {
				v = strings.ToValidUTF8(v, "\uFFFD")
			}
			list[i] = strings.ReplaceAll(strings.ReplaceAll(v, "\r\n", "\n"), "\r", "\n")
		}
	}
	return nil
}

// text is a posted value without blanks around.
func text(r *http.Request, name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }

// formsOf lists the forms to which services of a portal lead, in their newest
// version, by title.
func formsOf(v *catalogue.View, shelf *forms.Shelf, realm ident.RealmID) (out []*forms.Definition) {
	seen := map[string]bool{}
	for _, item := range v.Services() {
		if !item.Online {
			continue
		}
		p, ok := v.Service(item.Slug)
		if !ok || p.Form == "" || seen[p.Form] {
			continue
		}
		seen[p.Form] = true
		if d, ok := shelf.Current(realm, p.Form); ok {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b *forms.Definition) int { return cmp.Compare(a.Title, b.Title) })
	return out
}
