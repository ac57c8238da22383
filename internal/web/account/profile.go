package account

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
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

// attrField is the question for one attribute. value is what is known, typed
// what was sent and refused (nil: nothing).
func attrField(page ui.Page, a accounts.Attr, value string, typed url.Values) ui.Field {
	f := ui.Field{Name: string(a), Type: ui.FieldText, Label: page.T("profile.attr." + string(a)), Value: value, Optional: true, Autocomplete: attrTokens[a]}
	switch a {
	case accounts.AttrBirthDate:
		f.Type = ui.FieldDate
		f.Autocomplete = "bday"
		if y, m, d, ok := cutISO(value); ok {
			f.Date = ui.DateValue{Day: d, Month: m, Year: y}
		}
		f.Value = ""
		if typed != nil {
			f.Date = ui.DateValue{Day: typed.Get(f.Name + ".tag"), Month: typed.Get(f.Name + ".monat"), Year: typed.Get(f.Name + ".jahr")}
		}
		return f
	case accounts.AttrMail:
		f.Type = ui.FieldEmail
	case accounts.AttrPhone:
		f.Type = ui.FieldPhone
	case accounts.AttrIBAN:
		f.Type, f.Value = ui.FieldIBAN, iban.Format(value)
		f.Hint = page.T("profile.hint.iban")
	case accounts.AttrVehicle:
		f.Type = ui.FieldPlate
	case accounts.AttrPLZ, accounts.AttrHouseNumber:
		f.Width = 10
	case accounts.AttrCountry:
		f.Width, f.Hint = 4, page.T("profile.hint.country")
	case accounts.AttrRegister:
		f.Hint = page.T("profile.hint.register")
	}
	if typed != nil {
		f.Value = typed.Get(f.Name)
	}
	return f
}

// attrTokens tell browsers what a field is about (WCAG 1.3.5).
var attrTokens = map[accounts.Attr]string{
	accounts.AttrTitle: "honorific-prefix", accounts.AttrGiven: "given-name", accounts.AttrFamily: "family-name", accounts.AttrStreet: "address-line1", accounts.AttrPLZ: "postal-code",
	accounts.AttrCity: "address-level2", accounts.AttrCountry: "country", accounts.AttrMail: "email", accounts.AttrPhone: "tel", accounts.AttrCompany: "organization",
}

func cutISO(iso string) (y, m, d string, ok bool) {
	parts := strings.Split(iso, "-")
	if len(parts) != 3 {
		return "", "", "", false
	}
	return parts[0], strings.TrimPrefix(parts[1], "0"), strings.TrimPrefix(parts[2], "0"), true
}

// typedDay reads a date of three inputs: ISO, "" for nothing, and what cannot
// be a date for everything else.
func typedDay(form url.Values, name string) string {
	d, m, y := strings.Trim(form.Get(name+".tag"), " ."), strings.Trim(form.Get(name+".monat"), " ."), strings.TrimSpace(form.Get(name+".jahr"))
	if d+m+y == "" {
		return ""
	}
	number := func(s string, size int) string {
		if n, err := strconv.Atoi(s); err == nil && n >= 0 {
			s = strconv.Itoa(n)
			return strings.Repeat("0", max(0, size-len(s))) + s
		}
		return "?"
	}
	return number(y, 4) + "-" + number(m, 2) + "-" + number(d, 2)
}

// typedAttr is what was sent for an attribute.
func typedAttr(form url.Values, a accounts.Attr) pii.Text {
	if a == accounts.AttrBirthDate {
		return pii.New(typedDay(form, string(a)))
	}
	return pii.New(form.Get(string(a)))
}

// getProfileEdit serves GET /daten/{part}.
func (s *Server) getProfileEdit(w http.ResponseWriter, r *http.Request) error {
	return s.showProfileEdit(w, r, nil, nil)
}

func profilePart(r *http.Request) ([]accounts.Attr, error) {
	slug := r.PathValue("part")
	for _, p := range profileParts {
		if p.slug == slug {
			return p.attrs, nil
		}
	}
	return nil, errs.NotFound("part of the profile", "with this name")
}

func (s *Server) showProfileEdit(w http.ResponseWriter, r *http.Request, typed url.Values, problem error) error {
	attrs, err := profilePart(r)
	if err != nil {
		return err
	}
	p, err := s.c.Accounts.Profile(r.Context(), ui.Citizen(r))
	if err != nil {
		return err
	}
	page := s.page(r, "profile.part."+r.PathValue("part"))
	page.Nav = NavData
	v := editView{Back: "/daten", Action: r.URL.Path, Lead: page.T("profile.edit.lead"), Button: page.T("profile.save")}
	for _, a := range attrs {
		if f := p[a]; f.Locked() {
			x := s.fact(r, page, a, f)
			v.Fields = append(v.Fields, ui.Field{Name: string(a), Type: ui.FieldComputed, Label: x.Name, Value: x.Value.Reveal(), Hint: x.From})
			v.Notice = page.T("profile.edit.locked")
			continue
		}
		v.Fields = append(v.Fields, attrField(page, a, p.Text(a).Reveal(), typed))
	}
	return s.showEdit(w, r, page, v, problem)
}

// postProfileEdit serves POST /daten/{part}.
func (s *Server) postProfileEdit(w http.ResponseWriter, r *http.Request) error {
	attrs, err := profilePart(r)
	if err != nil {
		return err
	}
	if err := credentials.ReadForm(r); err != nil {
		return err
	}
	p, err := s.c.Accounts.Profile(r.Context(), ui.Citizen(r))
	if err != nil {
		return err
	}
	stated := map[accounts.Attr]pii.Text{}
	for _, a := range attrs {
		if !p[a].Locked() {
			stated[a] = typedAttr(r.PostForm, a)
		}
	}
	if err := s.c.Accounts.SaveOwn(r.Context(), ui.Citizen(r), stated); err != nil {
		if credentials.OnPage(err) {
			return s.showProfileEdit(w, r, r.PostForm, err)
		}
		return err
	}
	return ui.SeeOther(w, r, "/daten?meldung=gespeichert#inhalt")
}

// choices makes a choice of words that a verb knows.
func choices(page ui.Page, name, label, prefix string, values []string, chosen string) ui.Field {
	f := ui.Field{Name: name, Type: ui.FieldChoice, Label: page.T(label), Value: chosen}
	for _, v := range values {
		f.Options = append(f.Options, ui.Option{Value: v, Label: page.T(prefix + v)})
	}
	return f
}

var addressAttrs = []accounts.Attr{accounts.AttrStreet, accounts.AttrHouseNumber, accounts.AttrPLZ, accounts.AttrCity, accounts.AttrCountry}

// getAddressEdit serves GET /daten/anschriften/{id}; "neu" for a new one.
func (s *Server) getAddressEdit(w http.ResponseWriter, r *http.Request) error {
	return s.showAddress(w, r, nil, nil)
}

func (s *Server) showAddress(w http.ResponseWriter, r *http.Request, typed url.Values, problem error) error {
	var a accounts.Address
	if id := accounts.PartID(r.PathValue("id")); id != newPart {
		h, err := s.c.Accounts.Household(r.Context(), ui.Citizen(r))
		if err != nil {
			return err
		}
		i := slices.IndexFunc(h.Addresses, func(x accounts.Address) bool { return x.ID == id })
		if i < 0 {
			return errs.NotFound("address", "of this account")
		}
		a = h.Addresses[i]
	}
	page := s.page(r, "profile.address.title")
	page.Nav = NavData
	v := editView{Back: "/daten", Action: r.URL.Path, Lead: page.T("profile.address.lead"), Button: page.T("profile.save")}
	use := a.Use
	if typed != nil {
		use = typed.Get("use")
	}
	v.Fields = append(v.Fields, choices(page, "use", "profile.address.use", "profile.use.", accounts.AddressUses(), use))
	known := map[accounts.Attr]pii.Text{accounts.AttrStreet: a.Street, accounts.AttrHouseNumber: a.Number, accounts.AttrPLZ: a.PLZ, accounts.AttrCity: a.City, accounts.AttrCountry: a.Country}
	for _, x := range addressAttrs {
		f := attrField(page, x, known[x].Reveal(), typed)
		f.Optional = x == accounts.AttrHouseNumber || x == accounts.AttrCountry
		f.Autocomplete = "off" // not the person's usual one
		v.Fields = append(v.Fields, f)
	}
	return s.showEdit(w, r, page, v, problem)
}

// partOf is the entry that an address of a page means, "" for a new one.
func partOf(r *http.Request) accounts.PartID {
	if id := r.PathValue("id"); id != newPart {
		return accounts.PartID(id)
	}
	return ""
}

// postAddressEdit serves POST /daten/anschriften/{id}.
func (s *Server) postAddressEdit(w http.ResponseWriter, r *http.Request) error {
	if err := credentials.ReadForm(r); err != nil {
		return err
	}
	f := r.PostForm
	_, err := s.c.Accounts.SaveAddress(r.Context(), ui.Citizen(r), accounts.Address{ID: partOf(r), Use: f.Get("use"), Street: pii.New(f.Get("street")), Number: pii.New(f.Get("houseNumber")),
		PLZ: pii.New(f.Get("plz")), City: pii.New(f.Get("city")), Country: pii.New(f.Get("country"))})
	if err != nil {
		if credentials.OnPage(err) {
			return s.showAddress(w, r, f, err)
		}
		return err
	}
	return ui.SeeOther(w, r, "/daten?meldung=gespeichert#anschriften")
}

// getRelativeEdit serves GET /daten/haushalt/{id}; "neu" for a new one.
func (s *Server) getRelativeEdit(w http.ResponseWriter, r *http.Request) error {
	return s.showRelative(w, r, nil, nil)
}

func (s *Server) showRelative(w http.ResponseWriter, r *http.Request, typed url.Values, problem error) error {
	var x accounts.Relative
	if id := accounts.PartID(r.PathValue("id")); id != newPart {
		h, err := s.c.Accounts.Household(r.Context(), ui.Citizen(r))
		if err != nil {
			return err
		}
		i := slices.IndexFunc(h.Relatives, func(x accounts.Relative) bool { return x.ID == id })
		if i < 0 {
			return errs.NotFound("person of the household", "of this account")
		}
		x = h.Relatives[i]
	}
	page := s.page(r, "profile.relative.title")
	page.Nav = NavData
	v := editView{Back: "/daten", Action: r.URL.Path, Lead: page.T("profile.relative.lead"), Button: page.T("profile.save")}
	relation := x.Relation
	if typed != nil {
		relation = typed.Get("relation")
	}
	v.Fields = []ui.Field{choices(page, "relation", "profile.relative.relation", "profile.relation.", accounts.Relations(), relation),
		other(attrField(page, accounts.AttrGiven, x.Given.Reveal(), typed), false), other(attrField(page, accounts.AttrFamily, x.Family.Reveal(), typed), false), other(attrField(page, accounts.AttrBirthDate, x.BirthDate.Reveal(), typed), true)}
	return s.showEdit(w, r, page, v, problem)
}

// other is a question about somebody else: browsers must not fill in the
// person's own data.
func other(f ui.Field, optional bool) ui.Field {
	f.Autocomplete, f.Optional = "off", optional
	return f
}

// postRelativeEdit serves POST /daten/haushalt/{id}.
func (s *Server) postRelativeEdit(w http.ResponseWriter, r *http.Request) error {
	if err := credentials.ReadForm(r); err != nil {
		return err
	}
	f := r.PostForm
	_, err := s.c.Accounts.SaveRelative(r.Context(), ui.Citizen(r), accounts.Relative{ID: partOf(r), Relation: f.Get("relation"), Given: pii.New(f.Get("given")), Family: pii.New(f.Get("family")), BirthDate: pii.New(typedDay(f, "birthDate"))})
	if err != nil {
		if credentials.OnPage(err) {
			return s.showRelative(w, r, f, err)
		}
		return err
	}
	return ui.SeeOther(w, r, "/daten?meldung=gespeichert#haushalt")
}

// postPartRemove serves POST /daten/eintrag/{id}/entfernen.
func (s *Server) postPartRemove(w http.ResponseWriter, r *http.Request) error {
	if err := s.c.Accounts.RemovePart(r.Context(), ui.Citizen(r), accounts.PartID(r.PathValue("id"))); err != nil {
		return err
	}
	return ui.SeeOther(w, r, "/daten?meldung=entfernt#inhalt")
}
