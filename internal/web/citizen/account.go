package citizen

import (
	"net/http"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
)

// accountView is everything about the person in one place.
type accountView struct {
	Name   pii.Text
	Level  string // of this session
	Facts  []attribute
	Drafts []draftLine
	Cases  []inboxLine
	More   int // cases that are not shown here
	Unread int
	Asked  int
	Realm  string
	Lead   string // who answers for the account
	Host   string // address where the account is looked after, "" for none
}

// attribute is one part of the profile with how sure it is.
type attribute struct {
	Name     string
	Value    pii.Text
	Verified string // name of the level at which it was proved, "" for what was only stated
}

// shownCases is how many cases the account page shows.
const shownCases = 5

// getAccount serves GET /konto.
func (s *Server) getAccount(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	page := s.personal(r, ui.PageOf(r).T("citizenform.account.title"))
	page.Nav = ui.NavAccount
	f, err := s.c.Accounts.Profile(r.Context(), v.Citizen)
	if err != nil && !errs.Is(err, errs.KindNotFound) {
		return err
	}
	view := accountView{Name: f.Name(), Level: page.T("citizenform.level." + v.Citizen.Level.String()), Facts: attributes(page, f), Realm: v.Door.Realm.Name, Host: s.c.Gate.AccountBase(v.Door.Realm.ID)}
	if t, ok := s.c.Directory.TenantBySlug(v.Door.Realm.Lead); ok {
		view.Lead = t.Name
	}
	drafts, err := s.c.Cases.Drafts(r.Context(), v.Citizen)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		base, name := s.tenantPortal(r, d.Tenant)
		line := draftLine{Title: d.Title, Where: name, For: behalfOf(page, d), At: d.UpdatedAt, Until: d.ExpiresAt,
			URL: "/antrag/" + d.Form + "/" + forms.CheckPage + "?entwurf=" + string(d.ID), Own: "/antrag/" + d.Form + "/entwurf/" + string(d.ID)}
		if base != "" { // another portal has a session of its own
			line.URL, line.Own = base+signInPath(line.URL, wanted(d.Need.String())), base+signInPath(line.Own, wanted(d.Need.String()))
		}
		view.Drafts = append(view.Drafts, line)
	}
	in, err := s.c.Cases.Inbox(r.Context(), v.Citizen)
	if err != nil {
		return err
	}
	page.Unread = in.Unread
	view.Unread, view.Asked = in.Unread, in.Asked
	for _, e := range in.Cases {
		if len(view.Cases) == shownCases {
			view.More = len(in.Cases) - shownCases
			break
		}
		view.Cases = append(view.Cases, s.inboxLine(page, e))
	}
	return ui.Render(w, r, http.StatusOK, accountPage(page, view))
}

// attributes lists what the account holds; a line of several attributes is as
// sure as the least of them.
func attributes(page ui.Page, f accounts.Profile) (out []attribute) {
	add := func(key string, text func(accounts.Profile) string, of ...accounts.Attr) {
		line, known := attribute{Name: page.T(key), Value: pii.New(text(f))}, false
		level := perm.LevelHigh
		for _, a := range of {
			if v, ok := f[a]; ok {
				level, known = min(level, v.Level), true
			}
		}
		if !known || line.Value.Empty() {
			return
		}
		if level > perm.LevelBasis {
			line.Verified = page.T("citizenform.level." + level.String())
		}
		out = append(out, line)
	}
	plain := func(of ...accounts.Attr) func(accounts.Profile) string {
		return func(f accounts.Profile) string {
			var parts []string
			for _, a := range of {
				parts = append(parts, f.Text(a).Reveal())
			}
			return joinNonEmpty(" ", parts...)
		}
	}
	one := func(key string, a accounts.Attr) { add(key, plain(a), a) }
	add("citizenform.account.name", plain(accounts.AttrTitle, accounts.AttrGiven, accounts.AttrFamily), accounts.AttrTitle, accounts.AttrGiven, accounts.AttrFamily)
	one("citizenform.account.birthname", accounts.AttrBirthName)
	add("citizenform.account.birthdate", func(f accounts.Profile) string {
		day, ok := dayOf(f.Text(accounts.AttrBirthDate).Reveal())
		if !ok {
			return ""
		}
		return page.Printer().Date(day)
	}, accounts.AttrBirthDate)
	one("citizenform.account.birthplace", accounts.AttrBirthPlace)
	add("citizenform.account.address", func(f accounts.Profile) string {
		return joinNonEmpty(", ", plain(accounts.AttrStreet, accounts.AttrHouseNumber)(f), plain(accounts.AttrPLZ, accounts.AttrCity)(f))
	}, accounts.AttrStreet, accounts.AttrHouseNumber, accounts.AttrPLZ, accounts.AttrCity)
	one("citizenform.account.mail", accounts.AttrMail)
	one("citizenform.account.phone", accounts.AttrPhone)
	return out
}

// tenantPortal is the address and name of a tenant's portal; the address is empty
// for the portal where the person stands.
func (s *Server) tenantPortal(r *http.Request, t ident.TenantID) (base, name string) {
	d, ok := s.c.Directory.DoorOf(t)
	if !ok {
		return "", ""
	}
	if t != ui.VisitOf(r).Door.Tenant.ID {
		base = s.c.Gate.Base(d.Portal)
	}
	return base, d.Tenant.Name
}
