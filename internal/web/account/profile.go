package account

import (
	"net/http"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/pii"
	"stadttor/internal/standards/iban"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/credentials"
)

// NavData is the key of the pages about a person's data.
const NavData = "data"

// profileRoutes are the pages of what the account knows.
func (s *Server) profileRoutes() []ui.Route {
	return []ui.Route{
		{Pattern: "GET /daten", Audience: ui.Person, Handle: s.getProfile},
		{Pattern: "GET /daten/{part}", Audience: ui.Person, Handle: s.getProfileEdit},
		{Pattern: "POST /daten/{part}", Audience: ui.Person, Handle: s.postProfileEdit},
		{Pattern: "GET /daten/anschriften/{id}", Audience: ui.Person, Handle: s.getAddressEdit},
		{Pattern: "POST /daten/anschriften/{id}", Audience: ui.Person, Handle: s.postAddressEdit},
		{Pattern: "GET /daten/haushalt/{id}", Audience: ui.Person, Handle: s.getRelativeEdit},
		{Pattern: "POST /daten/haushalt/{id}", Audience: ui.Person, Handle: s.postRelativeEdit},
		{Pattern: "POST /daten/eintrag/{id}/entfernen", Audience: ui.Person, Handle: s.postPartRemove},
	}
}

// profileParts are the pages on which attributes are stated.
var profileParts = []struct {
	slug  string
	attrs []accounts.Attr
}{

	{"person", []accounts.Attr{accounts.AttrTitle, accounts.AttrGiven, accounts.AttrFamily, accounts.AttrBirthName, accounts.AttrBirthDate, accounts.AttrBirthPlace}},

	{"anschrift", []accounts.Attr{accounts.AttrStreet, accounts.AttrHouseNumber, accounts.AttrPLZ, accounts.AttrCity, accounts.AttrCountry}},

	{"kontakt", []accounts.Attr{accounts.AttrMail, accounts.AttrPhone, accounts.AttrIBAN, accounts.AttrVehicle}},

	{"organisation", []accounts.Attr{accounts.AttrCompany, accounts.AttrRegister}},
}

// profileView is everything the account knows of a person.
type profileView struct {
	Told      string
	Parts     []partView
	Addresses []entryView
	Relatives []entryView
	Realm     string
	Lead      string
}

type partView struct {
	Slug, Title string
	Facts       []factView
}

// factView is one attribute with how sure it is.
type factView struct {
	Name   string
	Value  pii.Text
	Proved string // level, "" for a statement
	From   string // who said so, and when
}

// entryView is one further address or person.
type entryView struct {
	Title  pii.Text
	Detail pii.Text
	URL    string
	Remove string
	More   ui.Link
}

// newPart stands in an address for an entry that is not there yet.
const newPart = "neu"

// toldOf are the messages after a change, by the word in the address.
func toldOf(page ui.Page, r *http.Request) string {
	switch r.URL.Query().Get("meldung") {
	case "gespeichert":
		return page.T("profile.told.saved")
	case "entfernt":
		return page.T("profile.told.removed")
	case "beendet":
		return page.T("mandate.told.ended")
	case "zurueckgenommen":
		return page.T("consent.told.withdrawn")
	case "angenommen":
		return page.T("mandate.told.accepted")
	case "abgelehnt":
		return page.T("mandate.told.declined")
	}
	return ""
}

// getProfile serves GET /daten.
func (s *Server) getProfile(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	page := s.page(r, "profile.title")
	page.Nav = NavData
	p, err := s.c.Accounts.Profile(r.Context(), v.Citizen)
	if err != nil {
		return err
	}
	h, err := s.c.Accounts.Household(r.Context(), v.Citizen)
	if err != nil {
		return err
	}
	view := profileView{Told: toldOf(page, r), Realm: v.Door.Realm.Name, Lead: v.Door.Tenant.Name}
	for _, part := range profileParts {
		if part.slug == "organisation" && p.Text(accounts.AttrCompany).Empty() && p.Text(accounts.AttrRegister).Empty() {
			continue
		}
		x := partView{Slug: part.slug, Title: page.T("profile.part." + part.slug)}
		for _, a := range part.attrs {
			if f, ok := p[a]; ok {
				x.Facts = append(x.Facts, s.fact(r, page, a, f))
			}
		}
		view.Parts = append(view.Parts, x)
	}
	for _, a := range h.Addresses {
		view.Addresses = append(view.Addresses, entryView{Title: pii.New(page.T("profile.use." + a.Use)), Detail: addressLine(a), URL: "/daten/anschriften/" + string(a.ID), Remove: "/daten/eintrag/" + string(a.ID) + "/entfernen"})
	}
	for _, x := range h.Relatives {
		detail := page.T("profile.relation." + x.Relation)
		if d := day(page, x.BirthDate.Reveal()); d != "" {
			detail += ", " + page.T("profile.born", "day", d)
		}
		e := entryView{Title: pii.New(x.Given.Reveal() + " " + x.Family.Reveal()), Detail: pii.New(detail), URL: "/daten/haushalt/" + string(x.ID), Remove: "/daten/eintrag/" + string(x.ID) + "/entfernen"}
		if x.Relation == "child" {
			e.More = ui.Link{Text: page.T("mandate.child.button"), URL: "/vertretungen/kind?kind=" + string(x.ID)}
		}
		view.Relatives = append(view.Relatives, e)
	}
	return ui.Render(w, r, http.StatusOK, profilePage(page, view))
}

func (s *Server) fact(r *http.Request, page ui.Page, a accounts.Attr, f accounts.Attribute) factView {
	out := factView{Name: page.T("profile.attr." + string(a)), Value: shown(page, a, f.Value)}
	from := page.T("profile.from.self")
	if f.Source != accounts.SourceSelf {
		from = s.meansTitle(r, f.Source)
	}
	when := page.Printer().Date(f.At)
	switch {
	case f.Locked():
		out.Proved = page.T("citizenform.level." + f.Level.String())
		out.From = page.T("profile.from.proved", "method", from, "level", out.Proved, "day", when)
	case f.At.IsZero():
		out.From = from
	default:
		out.From = page.T("profile.from.stated", "method", from, "day", when)
	}
	return out
}

// shown is an attribute's value as people write it.
func shown(page ui.Page, a accounts.Attr, v pii.Text) pii.Text {
	switch a {
	case accounts.AttrBirthDate:
		if d := day(page, v.Reveal()); d != "" {
			return pii.New(d)
		}
	case accounts.AttrIBAN:
		return pii.New(iban.Format(v.Reveal()))
	}
	return v
}

// day writes an ISO date, "" for none.
func day(page ui.Page, iso string) string {
	d, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return ""
	}
	return page.Printer().Date(d.Add(12 * time.Hour))
}

func addressLine(a accounts.Address) pii.Text {
	line := strings.TrimSpace(a.Street.Reveal()+" "+a.Number.Reveal()) + ", " + strings.TrimSpace(a.PLZ.Reveal()+" "+a.City.Reveal())
	if c := a.Country.Reveal(); c != "" && c != "DE" {
		line += ", " + c
	}
	return pii.New(line)
}

// editView is a page with one form.
type editView struct {
	Back, Action string
	Lead         string
	Notice       string
	Problems     []ui.Problem
	Fields       []ui.Field
	Button       string
}

// showEdit shows a page with one form, with what is wrong at its fields.
func (s *Server) showEdit(w http.ResponseWriter, r *http.Request, page ui.Page, v editView, problem error) error {
	status := http.StatusOK
	if problem != nil {
		v.Problems, status = credentials.Faults(w, &page, v.Fields, problem)
	}
	return ui.Render(w, r, status, editPage(page, v))
}

// attrTokens tell browsers what a field is about (WCAG 1.3.5).
var attrTokens = map[accounts.Attr]string{
	accounts.AttrTitle: "honorific-prefix", accounts.AttrGiven: "given-name", accounts.AttrFamily: "family-name", accounts.AttrStreet: "address-line1", accounts.AttrPLZ: "postal-code",
	accounts.AttrCity: "address-level2", accounts.AttrCountry: "country", accounts.AttrMail: "email", accounts.AttrPhone: "tel", accounts.AttrCompany: "organization",
}

var addressAttrs = []accounts.Attr{accounts.AttrStreet, accounts.AttrHouseNumber, accounts.AttrPLZ, accounts.AttrCity, accounts.AttrCountry}
