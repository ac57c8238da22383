package account

import (
	"net/http"
	"net/url"
	"slices"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
)

// choices makes a choice of words that a verb knows.
func choices(page ui.Page, name, label, prefix string, values []string, chosen string) ui.Field {
	f := ui.Field{Name: name, Type: ui.FieldChoice, Label: page.T(label), Value: chosen}
	for _, v := range values {
		f.Options = append(f.Options, ui.Option{Value: v, Label: page.T(prefix + v)})
	}
	return f
}

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
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	f := r.PostForm
	_, err := s.c.Accounts.SaveAddress(r.Context(), ui.Citizen(r), accounts.Address{ID: partOf(r), Use: f.Get("use"), Street: pii.New(f.Get("street")), Number: pii.New(f.Get("houseNumber")),
		PLZ: pii.New(f.Get("plz")), City: pii.New(f.Get("city")), Country: pii.New(f.Get("country"))})
	if err != nil {
		if ui.OnPage(err) {
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
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	f := r.PostForm
	_, err := s.c.Accounts.SaveRelative(r.Context(), ui.Citizen(r), accounts.Relative{ID: partOf(r), Relation: f.Get("relation"), Given: pii.New(f.Get("given")), Family: pii.New(f.Get("family")), BirthDate: pii.New(typedDay(f, "birthDate"))})
	if err != nil {
		if ui.OnPage(err) {
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
