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
	Name     pii.Text
	Level    string // of this session
	Facts    []attribute
	Drafts   []draftLine
	Cases    []inboxLine
	More     int // cases that are not shown here
	Unread   int
	Asked    int
	Realm    string
	Lead     string // who answers for the account
	Verified string
}

// attribute is one part of the profile with how sure it is.
type attribute struct {
	Name     string
	Value    pii.Text
	Verified bool // confirmed by the sign-in method, not just stated
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
	view := accountView{Name: f.Name(), Level: page.T("citizenform.level." + v.Citizen.Level.String()), Facts: attributes(page, f), Realm: v.Door.Realm.Name,
		Verified: page.T("citizenform.level." + f.Verified.String())}
	if t, ok := s.c.Directory.TenantBySlug(v.Door.Realm.Lead); ok {
		view.Lead = t.Name
	}
	drafts, err := s.c.Cases.Drafts(r.Context(), v.Citizen)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		base, name := s.tenantPortal(r, d.Tenant)
		line := draftLine{Title: d.Title, Where: name, At: d.UpdatedAt, Until: d.ExpiresAt,
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

// attributes lists what the account holds. Names, birth and address come from
// the sign-in method; contact data are the person's own statement.
func attributes(page ui.Page, f accounts.Profile) (out []attribute) {
	sure := f.Verified > perm.LevelBasis
	add := func(key string, verified bool, values ...pii.Text) {
		text := ""
		for _, v := range values {
			if !v.Empty() {
				if text != "" {
					text += " "
				}
				text += v.Reveal()
			}
		}
		if text != "" {
			out = append(out, attribute{page.T(key), pii.New(text), verified})
		}
	}
	add("citizenform.account.name", sure, f.Title, f.Given, f.Family)
	add("citizenform.account.birthname", sure, f.BirthName)
	if day, ok := dayOf(f.BirthDate.Reveal()); ok {
		add("citizenform.account.birthdate", sure, pii.New(page.Printer().Date(day)))
	}
	add("citizenform.account.birthplace", sure, f.BirthPlace)
	address := pii.New(joinNonEmpty(", ", joinNonEmpty(" ", f.Street.Reveal(), f.HouseNumber.Reveal()), joinNonEmpty(" ", f.PLZ.Reveal(), f.City.Reveal())))
	add("citizenform.account.address", sure, address)
	add("citizenform.account.mail", false, f.Mail)
	add("citizenform.account.phone", false, f.Phone)
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
