package app

import (
	"bytes"
	"context"
	"encoding/json"

	"stadttor/internal/app/realmfile"
	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

// ExportRealm describes a realm as ImportRealms takes it: with tenants, portals,
// units, life situations and the current version of each form. Settings of
// extensions are left out, they may be secret. The operator's commands may; it
// is recorded. Errors: NotFound.
func (a *App) ExportRealm(ctx context.Context, actor perm.System, slug string) (realmfile.Description, error) {
	d := realmfile.Description{Format: realmfile.Format}
	r, ok := a.Directory.RealmBySlug(slug)
	if !ok {
		return d, errs.NotFound("realm", slug)
	}
	out := realmfile.Realm{Slug: r.Slug, Name: r.Name, Lead: r.Lead, AccountHost: r.AccountHost}
	for _, f := range a.Shelf.Forms(r.ID) {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(f); err != nil {
			return d, err
		}
		out.Forms = append(out.Forms, realmfile.Form{Text: b.Bytes()})
	}
	var err error
	if out.Situations.List, err = a.situationsOf(ctx, r.ID); err != nil {
		return d, err
	}
	for _, t := range a.Directory.Tenants(r.ID) {
		x := realmfile.Tenant{Slug: t.Slug, Name: t.Name, Kind: t.Kind, Sign: t.Sign, ARS: t.ARS, Settings: t.Settings}
		for _, p := range a.Directory.Portals(t.ID) {
			x.Portals = append(x.Portals, realmfile.Portal{Host: p.Host, PortalSettings: p.PortalSettings})
		}
		for _, u := range a.Directory.Units(t.ID) {
			x.Units = append(x.Units, realmfile.Unit{Slug: u.Slug, Name: u.Name, Roles: u.Roles})
		}
		list, err := a.extensionsOf(ctx, t)
		if err != nil {
			return d, err
		}
		for _, e := range list {
			x.Extensions = append(x.Extensions, realmfile.Extension{Port: e.Port, Name: e.Name, Enabled: e.Enabled, Position: e.Position})
		}
		out.Tenants = append(out.Tenants, x)
	}
	d.Realms = []realmfile.Realm{out}
	return d, a.DB.InTx(ctx, r.Scope(), func(tx *db.Tx) error {
		return audit.Record(ctx, tx, actor, audit.Event{Action: "realm.export", Object: "realm:" + string(r.ID)})
	})
}
