package app

import (
	"context"
	"time"

	"stadttor/internal/catalogue"
	"stadttor/internal/clock"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/standards/plz"
	"stadttor/internal/tenancy"
)

// formSource tells cases which forms a tenant offers and what they may know:
// it joins the shelf of versions, the catalogue and the directory.
type formSource struct {
	shelf     *forms.Shelf
	catalogue *catalogue.Catalogue
	directory *tenancy.Directory
}

// Current implements cases.FormSource: a form is open where its service is offered.
func (f formSource) Current(r ident.RealmID, t ident.TenantID, form string) (*forms.Definition, bool) {
	d, ok := f.shelf.Current(r, form)
	if !ok {
		return nil, false
	}
	v, err := f.catalogue.Published(context.Background(), t)
	if err != nil {
		return nil, false
	}
	_, offered := v.ServiceOfForm(form)
	return d, offered
}

// Version implements cases.FormSource.
func (f formSource) Version(r ident.RealmID, form string, version int) (*forms.Definition, bool) {
	return f.shelf.Version(r, form, version)
}

// Env implements cases.FormSource.
func (f formSource) Env(t tenancy.Tenant, form string, now time.Time) forms.Env {
	return forms.Env{Today: now.In(clock.Berlin), Now: now.In(clock.Berlin), Params: t.Params[form], Signs: t.Plates, Places: func(code string) []forms.Place {
		var out []forms.Place
		seen := map[string]bool{}
		for _, x := range f.directory.Tenants(t.Realm) {
			for _, p := range x.Places {
				if p.PLZ == code && !seen[p.Name] {
					seen[p.Name] = true
					out = append(out, forms.Place{Name: p.Name, ARS: x.ARS, AGS: x.AGS})
				}
			}
		}
		for _, p := range plz.Lookup(code) {
			out = append(out, forms.Place{Name: p.Name, AGS: p.AGS})
		}
		return out
	}}
}

// Role implements cases.FormSource.
func (f formSource) Role(t tenancy.Tenant, form, service string) string {
	v, err := f.catalogue.Published(context.Background(), t.ID)
	if err != nil {
		return ""
	}
	if service == "" {
		service, _ = v.ServiceOfForm(form)
	}
	p, ok := v.Service(service)
	if !ok {
		return ""
	}
	return p.Role
}
