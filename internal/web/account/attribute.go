package account

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/pii"
	"stadttor/internal/standards/iban"
	"stadttor/internal/web/ui"
)

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
	if err := ui.ReadForm(r); err != nil {
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
		if ui.OnPage(err) {
			return s.showProfileEdit(w, r, r.PostForm, err)
		}
		return err
	}
	return ui.SeeOther(w, r, "/daten?meldung=gespeichert#inhalt")
}
