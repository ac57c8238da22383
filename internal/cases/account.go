package cases

import (
	"context"

	"stadttor/internal/accounts"
	"stadttor/internal/forms"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// prefillFrom says which attribute of the account a key of forms.Env.Person means.
var prefillFrom = map[string]accounts.Attr{
	"vorname": accounts.AttrGiven, "familienname": accounts.AttrFamily, "geburtsname": accounts.AttrBirthName, "geburtsdatum": accounts.AttrBirthDate,
	"strasse": accounts.AttrStreet, "hausnummer": accounts.AttrHouseNumber, "plz": accounts.AttrPLZ, "ort": accounts.AttrCity,
	"email": accounts.AttrMail, "telefon": accounts.AttrPhone, "iban": accounts.AttrIBAN, "kennzeichen": accounts.AttrVehicle,
}

// takes lists the attributes that a form can take from an account, in the order
// in which they are shown.
func takes(def *forms.Definition) (out []accounts.Attr) {
	want := map[accounts.Attr]bool{}
	for i := range def.Steps {
		for j := range def.Steps[i].Fields {
			f := &def.Steps[i].Fields[j]
			switch {
			case f.Prefill == "":
			case f.Type == forms.AddressType:
				for _, key := range []string{"strasse", "hausnummer", "plz", "ort"} {
					want[prefillFrom[key]] = true
				}
			default:
				want[prefillFrom[f.Prefill]] = true
			}
		}
	}
	for _, a := range accounts.Attrs() {
		if want[a] {
			out = append(out, a)
		}
	}
	return out
}

// env is what the tenant and the applicant's account tell the form of a draft:
// of the account only what the person agreed to, as far as the levels of
// sign-in and attribute allow (accounts.Fill).
func (s *Service) env(ctx context.Context, c perm.Citizen, r *record, t tenancy.Tenant, def *forms.Definition) (e forms.Env, ask accounts.Ask, fill accounts.Fill, err error) {
	e = s.c.Forms.Env(t, def.ID, s.c.DB.Now())
	ask = accounts.Ask{Tenant: r.tenant, Form: def.ID, Title: def.Title, Case: r.id, Need: r.need, Attrs: takes(def)}
	if s.c.Accounts == nil || c.Guest() || r.person != c.Person || len(ask.Attrs) == 0 {
		return e, ask, fill, nil
	}
	if fill, err = s.c.Accounts.Fill(ctx, c, ask); err != nil {
		return e, ask, fill, err
	}
	e.Person, e.Proved = map[string]string{}, map[string]bool{}
	for key, a := range prefillFrom {
		switch fill.Use(a) {
		case accounts.UseProof:
			e.Proved[key] = true
			fallthrough
		case accounts.UseOffer:
			e.Person[key] = fill.Values[a].Value.Reveal()
		}
	}
	return e, ask, fill, nil
}
