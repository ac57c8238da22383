package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stadttor/internal/app/realmfile"
	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/payments"
	"stadttor/internal/tenancy"
)

func (im *realmImport) tenant(r realmfile.Realm, t realmfile.Tenant, at string) error {
	if im.barred["realm "+r.Slug] {
		im.barred["tenant "+t.Slug] = true
		im.refuse("tenant", t.Slug, at, "its realm was refused")
		return nil
	}
	l := RealmLine{Kind: "tenant", ID: t.Slug, Path: at}
	want := tenancy.Tenant{Realm: ident.RealmID(r.Slug), Slug: t.Slug, Name: t.Name, Kind: t.Kind, Sign: t.Sign, ARS: t.ARS, Settings: t.Settings}
	have, there := im.a.Directory.TenantBySlug(t.Slug)
	if there && have.Realm != want.Realm {
		im.barred["tenant "+t.Slug] = true
		im.refuse("tenant", t.Slug, at, "slug: a tenant of the realm "+string(have.Realm)+" has it")
		return nil
	}
	write := func() error { _, err := im.a.Directory.CreateTenant(im.ctx, im.actor, want); return err }
	var differs []string
	if there {
		old, err := differences(tenantFields(have), tenantFields(want))
		if err != nil {
			return err
		}
		differs = old
		want.ID = have.ID
		write = func() error {
			next := want
			next.Params = nil // those that are stored stay: each form's are an object of their own
			return im.a.Directory.SaveSettings(im.ctx, im.actor, next)
		}
	} else {
		im.fresh["tenant "+t.Slug] = true
	}
	l.Outcome, l.Why = judge(there, im.o.Replace, differs)
	err := im.put(l, func() error {
		if there && have.Sign != want.Sign {
			return refused("sign", "stays "+have.Sign+": it stands in numbers that people have")
		}
		for _, x := range im.a.Directory.Tenants(want.Realm) {
			if x.Slug != t.Slug && x.Sign == t.Sign {
				return refused("sign", x.Slug+" has it")
			}
		}
		if there {
			return nil // its parameters are objects of their own
		}
		for _, form := range slices.Sorted(maps.Keys(t.Settings.Params)) {
			if err := im.checkParams(r, form, t.Settings.Params[form]); err != nil {
				return err
			}
		}
		return nil
	}, write)
	im.bar("tenant " + t.Slug)
	return err
}

// tenantFields are what a tenant is compared by: all but the parameters.
func tenantFields(t tenancy.Tenant) any {
	t.Params = nil
	if len(t.Places) == 0 {
		t.Places = nil
	}
	return struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
		Sign string `json:"sign"`
		ARS  string `json:"ars"`
		tenancy.Settings
	}{t.Name, t.Kind, t.Sign, t.ARS, t.Settings}
}

// parts are what belongs to a tenant.
func (im *realmImport) parts(r realmfile.Realm, t realmfile.Tenant, at string) error {
	if im.barred["tenant "+t.Slug] {
		const why = "its tenant was refused"
		for i, p := range t.Portals {
			im.refuse("portal", p.Host, fmt.Sprintf("%s.portals[%d]", at, i), why)
		}
		for i, u := range t.Units {
			im.refuse("unit", t.Slug+"/"+u.Slug, fmt.Sprintf("%s.units[%d]", at, i), why)
		}
		for i, e := range t.Extensions {
			im.refuse("extension", t.Slug+"/"+e.Name, fmt.Sprintf("%s.extensions[%d]", at, i), why)
		}
		return nil
	}
	tenant, _ := im.a.Directory.TenantBySlug(t.Slug) // in a dry run there may be none yet
	for i, p := range t.Portals {
		if err := im.portal(tenant, p, fmt.Sprintf("%s.portals[%d]", at, i)); err != nil {
			return err
		}
	}
	for i, u := range t.Units {
		if err := im.unit(tenant, t.Slug, u, fmt.Sprintf("%s.units[%d]", at, i)); err != nil {
			return err
		}
	}
	if !im.fresh["tenant "+t.Slug] {
		if err := im.params(r, tenant, t, at); err != nil {
			return err
		}
	}
	return im.extensions(tenant, t, at)
}

func (im *realmImport) portal(t tenancy.Tenant, p realmfile.Portal, at string) error {
	l := RealmLine{Kind: "portal", ID: p.Host, Path: at}
	logo, unclean := p.Look.Logo, error(nil)
	if logo != "" {
		if logo, unclean = tenancy.CleanLogo([]byte(p.Look.Logo)); unclean == nil {
			p.Look.Logo = logo
		}
	}
	next := tenancy.Portal{Tenant: t.ID, Host: p.Host, PortalSettings: p.PortalSettings}
	door, there := im.a.Directory.ByHost(p.Host)
	there = there && door.Tenant.ID == t.ID
	var differs []string
	if there {
		next.ID, next.Version = door.Portal.ID, door.Portal.Version
		var err error
		if differs, err = differences(door.Portal.PortalSettings, next.PortalSettings); err != nil {
			return err
		}
	}
	l.Outcome, l.Why = judge(there, im.o.Replace, differs)
	return im.put(l, func() error {
		if unclean != nil {
			return refused("look.logo", unclean.Error())
		}
		if fields := next.Look.Check(); len(fields) > 0 {
			for i := range fields {
				fields[i].Name = "look." + fields[i].Name
			}
			return errs.Invalid("tenancy.look-refused", fields...)
		}
		return im.freeHost("host", p.Host, t.ID)
	}, func() error {
		return im.a.Directory.SavePortal(im.ctx, im.actor, t.Scope(), next)
	})
}

func (im *realmImport) unit(t tenancy.Tenant, tenant string, u realmfile.Unit, at string) error {
	l := RealmLine{Kind: "unit", ID: tenant + "/" + u.Slug, Path: at}
	units := im.a.Directory.Units(t.ID)
	i := slices.IndexFunc(units, func(x tenancy.Unit) bool { return x.Slug == u.Slug })
	var differs []string
	if i >= 0 && units[i].Name != u.Name {
		differs = append(differs, "name")
	}
	if i >= 0 && !slices.Equal(units[i].Roles, u.Roles) {
		differs = append(differs, "roles")
	}
	l.Outcome, l.Why = judge(i >= 0, im.o.Replace, differs)
	return im.put(l, nil, func() error {
		_, err := im.a.Directory.SaveUnit(im.ctx, im.actor, t.Scope(), tenancy.Unit{Tenant: t.ID, Slug: u.Slug, Name: u.Name, Roles: u.Roles})
		return err
	})
}

// params of a tenant that is there, form by form: administrators change them by
// pages.
func (im *realmImport) params(r realmfile.Realm, t tenancy.Tenant, f realmfile.Tenant, at string) error {
	for _, form := range slices.Sorted(maps.Keys(f.Settings.Params)) {
		have, there := t.Params[form]
		want := f.Settings.Params[form]
		differs, err := differences(have, want)
		if err != nil {
			return err
		}
		l := RealmLine{Kind: "params", ID: t.Slug + "/" + form, Path: at + ".settings.params." + form}
		l.Outcome, l.Why = judge(there, im.o.Replace, differs)
		if err := im.put(l, func() error { return im.checkParams(r, form, want) }, func() error {
			return im.a.Directory.SaveParams(im.ctx, im.actor, t, form, have, want)
		}); err != nil {
			return err
		}
	}
	return nil
}

// extensions are tried before they are stored: one that the program does not
// have, or whose settings it refuses, is not taken. Values of settings are
// never shown.
func (im *realmImport) extensions(t tenancy.Tenant, f realmfile.Tenant, at string) error {
	have := map[string]tenancy.Extension{}
	if t.ID != "" && len(f.Extensions) > 0 {
		list, err := im.a.extensionsOf(im.ctx, t)
		if err != nil {
			return err
		}
		for _, e := range list {
			have[e.Port+"/"+e.Name] = e
		}
	}
	for i, e := range f.Extensions {
		old, there := have[e.Port+"/"+e.Name]
		next := tenancy.Extension{Port: e.Port, Name: e.Name, Position: cmp.Or(e.Position, i+1), Enabled: e.Enabled, Settings: e.Settings}
		if next.Settings == nil {
			next.Settings = old.Settings
		}
		var differs []string
		if there {
			if old.Enabled != next.Enabled {
				differs = append(differs, "enabled")
			}
			if old.Position != next.Position {
				differs = append(differs, "position")
			}
			keys, err := differences(old.Settings, next.Settings)
			if err != nil {
				return err
			}
			for _, k := range keys {
				differs = append(differs, "settings."+k)
			}
		}
		l := RealmLine{Kind: "extension", ID: f.Slug + "/" + e.Name, Path: fmt.Sprintf("%s.extensions[%d]", at, i)}
		l.Outcome, l.Why = judge(there, im.o.Replace, differs)
		if err := im.put(l, func() error { return im.a.tryExtension(next) }, func() error {
			return im.a.Directory.SaveExtension(im.ctx, im.actor, t.Scope(), next)
		}); err != nil {
			return err
		}
	}
	return nil
}

// extensionsOf lists what serves the ports of a tenant, with its settings.
func (a *App) extensionsOf(ctx context.Context, t tenancy.Tenant) (out []tenancy.Extension, err error) {
	err = a.DB.View(ctx, t.Scope(), func(tx *db.Tx) error {
		for _, port := range []string{payments.Port, delivery.Port} {
			list, err := a.Directory.Extensions(ctx, tx, port)
			if err != nil {
				return err
			}
			out = append(out, list...)
		}
		return nil
	})
	return out, err
}

// tryExtension asks an extension whether it takes its settings.
func (a *App) tryExtension(e tenancy.Extension) error {
	if e.Settings == nil {
		return refused("settings", "missing, and there are none yet (an export leaves them out)")
	}
	var err error
	var known []string
	switch e.Port {
	case payments.Port:
		all := a.providers()
		known = slices.Sorted(maps.Keys(all))
		if f, ok := all[e.Name]; ok {
			_, err = f(e.Settings)
			known = nil
		}
	case delivery.Port:
		all := a.connectors()
		known = slices.Sorted(maps.Keys(all))
		if f, ok := all[e.Name]; ok {
			_, err = f(e.Settings)
			known = nil
		} else if len(all) == 0 {
			return refused("name", "no connector is allowed: folder_base is not set")
		}
	}
	switch {
	case err != nil && errs.KindOf(err) == errs.KindInternal:
		return refused("settings", "refused by the extension") // its words may quote them
	case err != nil:
		return err
	case known != nil || e.Port != payments.Port && e.Port != delivery.Port:
		return refused("name", "not installed; there are: "+cmp.Or(strings.Join(known, ", "), "none"))
	}
	return nil
}
