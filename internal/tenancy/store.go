package tenancy

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
)

// CreateRealm adds a realm. The operator's commands may (perm.System).
func (d *Directory) CreateRealm(ctx context.Context, actor perm.System, r Realm) (Realm, error) {
	if !ident.Slug(r.Slug) || r.Name == "" {
		return r, errs.Invalid("tenancy.realm-incomplete")
	}
	if r.AccountHost != "" {
		if err := d.freeHost(r.AccountHost); err != nil {
			return r, err
		}
	}
	r.ID = ident.RealmID(r.Slug) // so that a configuration can name its database
	err := d.db.InTx(ctx, db.ForRealm(r.ID), func(tx *db.Tx) error {
		set, err := json.Marshal(realmSettings{r.Lead, r.AccountHost})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO realm (id,slug,name,settings,created_at) VALUES ($1,$2,$3,$4,$5)`, string(r.ID), r.Slug, r.Name, string(set), db.Micros(tx.Now)); err != nil {
			if db.IsUnique(err) {
				return errs.Conflict("tenancy.slug-taken")
			}
			return err
		}
		tx.Notify(Topic, string(r.ID))
		return audit.Record(ctx, tx, actor, audit.Event{Action: "realm.create", Object: "realm:" + string(r.ID)})
	})
	return r, err
}

// SaveRealm replaces a realm's name, lead and account host; "" takes the account
// host away. The operator's commands may. The lead stays once there is one:
// its key seals the realm's accounts. Whoever has a passkey at an account host
// that changes has to register a new one. Errors: NotFound, Invalid for a name
// or host that is none, Conflict for a host that is taken and for another lead.
func (d *Directory) SaveRealm(ctx context.Context, actor perm.System, r Realm) error {
	have, ok := d.Realm(r.ID)
	switch {
	case !ok:
		return errs.NotFound("realm", r.ID)
	case r.Name == "":
		return errs.Invalid("tenancy.realm-incomplete")
	case have.Lead != "" && r.Lead != have.Lead:
		return errs.Conflict("tenancy.lead-fixed")
	case r.AccountHost != "" && r.AccountHost != have.AccountHost:
		if err := d.freeHost(r.AccountHost); err != nil {
			return err
		}
	}
	set, err := json.Marshal(realmSettings{r.Lead, r.AccountHost})
	if err != nil {
		return err
	}
	return d.db.InTx(ctx, have.Scope(), func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE realm SET name=$2, settings=$3 WHERE id=$1`, string(tx.Realm()), r.Name, string(set)); err != nil {
			return err
		}
		tx.Notify(Topic, string(r.ID))
		return audit.Record(ctx, tx, actor, audit.Event{Action: "realm.save", Object: "realm:" + string(r.ID)})
	})
}

// freeHost reports whether a new host name can be taken.
func (d *Directory) freeHost(host string) error {
	if CleanHost(host) != host || host == "" {
		return errs.Invalid("tenancy.host-refused", errs.Field{Name: "host", Key: "tenancy.host-refused"})
	}
	s := d.cur.Load()
	_, portal := s.doors[host]
	for _, r := range s.realms {
		if r.AccountHost == host || portal {
			return errs.Conflict("tenancy.host-taken")
		}
	}
	return nil
}

// CreateTenant adds a tenant with a key of its own. The operator's commands may.
func (d *Directory) CreateTenant(ctx context.Context, actor perm.System, t Tenant) (Tenant, error) {
	if !ident.Slug(t.Slug) || t.Name == "" || len(t.Sign) != 3 || strings.ToUpper(t.Sign) != t.Sign || len(t.ARS) != 12 {
		return t, errs.Invalid("tenancy.tenant-incomplete")
	}
	err := d.db.InTx(ctx, db.ForRealm(t.Realm), func(tx *db.Tx) error {
		t.ID = ident.New[ident.TenantID](tx.Now)
		_, wrapped := d.root.NewKey(keyPlace(t.ID))
		set, err := json.Marshal(t.Settings)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO tenant (realm_id,id,slug,name,kind,sign,ars,settings,sealed_key,created_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
			string(t.Realm), string(t.ID), t.Slug, t.Name, t.Kind, t.Sign, t.ARS, string(set), wrapped, db.Micros(tx.Now)); err != nil {
			if db.IsUnique(err) {
				return errs.Conflict("tenancy.slug-taken")
			}
			return err
		}
		tx.Notify(Topic, string(t.ID))
		return audit.Record(ctx, tx, actor, audit.Event{Action: "tenant.create", Object: "tenant:" + string(t.ID)})
	})
	return t, err
}

// SaveSettings replaces a tenant's name, kind, ARS and settings; nil Params keep
// what is stored, so that nobody's fees are lost who saves them at this moment.
// Slug and sign stay, they stand in addresses and numbers. The operator may.
// Errors: Invalid, NotFound.
func (d *Directory) SaveSettings(ctx context.Context, actor perm.Actor, t Tenant) error {
	if _, ok := actor.(perm.System); !ok {
		return errs.Forbidden("error.forbidden")
	}
	if t.Name == "" || len(t.ARS) != 12 {
		return errs.Invalid("tenancy.tenant-incomplete")
	}
	return d.db.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		now, err := storedSettings(ctx, tx, t)
		if err != nil {
			return err
		}
		next := t.Settings
		if next.Params == nil {
			next.Params = now.Params
		}
		set, err := json.Marshal(next)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE tenant SET name=$3, kind=$4, ars=$5, settings=$6 WHERE realm_id=$1 AND id=$2`, string(t.Realm), string(tx.Tenant()), t.Name, t.Kind, t.ARS, string(set)); err != nil {
			return err
		}
		tx.Notify(Topic, string(t.ID))
		return audit.Record(ctx, tx, actor, audit.Event{Action: "tenant.settings", Object: "tenant:" + string(t.ID)})
	})
}

// storedSettings reads a tenant's settings for a write.
func storedSettings(ctx context.Context, tx *db.Tx, t Tenant) (s Settings, err error) {
	var text string
	err = tx.QueryRow(ctx, `SELECT settings FROM tenant WHERE realm_id=$1 AND id=$2`+tx.ForUpdate(), string(t.Realm), string(tx.Tenant())).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return s, errs.NotFound("tenant", t.ID)
	}
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal([]byte(text), &s)
}

// SaveParams replaces what a tenant sets for one form; was is what the editor
// read before. Staff with perm.EditForms and the operator may. Errors: Conflict
// if it was changed meanwhile.
func (d *Directory) SaveParams(ctx context.Context, actor perm.Actor, t Tenant, form string, was, values map[string]any) error {
	if err := mayEdit(actor, t.ID, perm.EditForms); err != nil {
		return err
	}
	before, err := json.Marshal(was)
	if err != nil {
		return err
	}
	return d.db.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		now, err := storedSettings(ctx, tx, t)
		if err != nil {
			return err
		}
		if stored, err := json.Marshal(now.Params[form]); err != nil || !bytes.Equal(stored, before) {
			return cmp.Or(err, errs.Conflict("error.changed-meanwhile"))
		}
		if now.Params == nil {
			now.Params = map[string]map[string]any{}
		}
		now.Params[form] = values
		set, err := json.Marshal(now)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE tenant SET settings=$3 WHERE realm_id=$1 AND id=$2`, string(t.Realm), string(tx.Tenant()), string(set)); err != nil {
			return err
		}
		tx.Notify(Topic, string(t.ID))
		return audit.Record(ctx, tx, actor, audit.Event{Action: "tenant.params", Object: "tenant:" + string(t.ID), Detail: form})
	})
}

func mayEdit(actor perm.Actor, t ident.TenantID, r perm.Right) error {
	switch a := actor.(type) {
	case perm.System:
		return nil
	case perm.Staff:
		if a.Tenant == t && a.May(r) {
			return nil
		}
	}
	return errs.Forbidden("error.forbidden")
}

// SavePortal adds or changes a portal. The look must pass its check (names,
// clean logo, contrast): errors come per field. p.Version is the version that
// was read (0 for a new portal). Staff with perm.EditPortal and the operator
// may. Errors: Invalid, Forbidden, Conflict if changed meanwhile or the host is taken.
func (d *Directory) SavePortal(ctx context.Context, actor perm.Actor, s db.TenantScope, p Portal) error {
	if err := mayEdit(actor, p.Tenant, perm.EditPortal); err != nil {
		return err
	}
	if fields := p.Look.Check(); len(fields) > 0 {
		return errs.Invalid("tenancy.look-refused", fields...)
	}
	if CleanHost(p.Host) != p.Host || p.Host == "" {
		return errs.Invalid("tenancy.host-refused", errs.Field{Name: "host", Key: "tenancy.host-refused"})
	}
	for _, r := range d.Realms() {
		if r.AccountHost == p.Host {
			return errs.Conflict("tenancy.host-taken")
		}
	}
	set, err := json.Marshal(p.PortalSettings)
	if err != nil {
		return err
	}
	return d.db.InTx(ctx, s, func(tx *db.Tx) error {
		if tx.Tenant() != p.Tenant {
			return errs.NotFound("portal", p.ID)
		}
		if p.Version == 0 {
			p.ID = ident.New[ident.PortalID](tx.Now)
			_, err := tx.Exec(ctx, `INSERT INTO portal (tenant_id,id,host,settings,version) VALUES ($1,$2,$3,$4,1)`, string(p.Tenant), string(p.ID), p.Host, string(set))
			if db.IsUnique(err) {
				return errs.Conflict("tenancy.host-taken")
			}
			if err != nil {
				return err
			}
		} else {
			n, err := tx.Exec(ctx, `UPDATE portal SET settings=$4, version=version+1 WHERE tenant_id=$1 AND id=$2 AND version=$3`, string(p.Tenant), string(p.ID), p.Version, string(set))
			if err != nil {
				return err
			}
			if n == 0 {
				return errs.Conflict("error.changed-meanwhile")
			}
		}
		tx.Notify(Topic, string(p.Tenant))
		return audit.Record(ctx, tx, actor, audit.Event{Action: "portal.save", Object: "portal:" + string(p.ID)})
	})
}

// SaveUnit adds a unit or changes the one with the same slug; it gives the ID.
// Staff with perm.EditContent and the operator may.
func (d *Directory) SaveUnit(ctx context.Context, actor perm.Actor, s db.TenantScope, u Unit) (ident.UnitID, error) {
	if err := mayEdit(actor, u.Tenant, perm.EditContent); err != nil {
		return "", err
	}
	if !ident.Slug(u.Slug) || u.Name == "" {
		return "", errs.Invalid("tenancy.unit-incomplete")
	}
	err := d.db.InTx(ctx, s, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, `SELECT id FROM unit WHERE tenant_id=$1 AND slug=$2`+tx.ForUpdate(), string(tx.Tenant()), u.Slug).Scan(&u.ID)
		if errors.Is(err, sql.ErrNoRows) {
			u.ID = ident.New[ident.UnitID](tx.Now)
			_, err = tx.Exec(ctx, `INSERT INTO unit (tenant_id,id,slug,name,roles) VALUES ($1,$2,$3,$4,$5)`, string(tx.Tenant()), string(u.ID), u.Slug, u.Name, strings.Join(u.Roles, ","))
		} else if err == nil {
			_, err = tx.Exec(ctx, `UPDATE unit SET name=$3, roles=$4 WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), string(u.ID), u.Name, strings.Join(u.Roles, ","))
		}
		if err != nil {
			return err
		}
		tx.Notify(Topic, string(u.Tenant))
		return audit.Record(ctx, tx, actor, audit.Event{Action: "unit.save", Object: "unit:" + string(u.ID)})
	})
	return u.ID, err
}

// Extension says which extension serves a port of a tenant, with its settings.
type Extension struct {
	Port     string // "payment", "delivery"
	Name     string // "demo", "folder"
	Position int    // order shown to people
	Enabled  bool
	Settings json.RawMessage
}

func extensionPlace(t ident.TenantID, port, name string) seal.Where {
	return seal.Where{Tenant: string(t), Table: "extension", Row: port + ":" + name, Column: "sealed"}
}

// Extensions lists the extensions of a tenant's port in their order, inside a
// verb's transaction. Features call it.
func (d *Directory) Extensions(ctx context.Context, tx *db.Tx, port string) ([]Extension, error) {
	tenant := tx.Tenant()
	key := d.Key(tenant)
	rows, err := tx.Query(ctx, `SELECT name,position,enabled,sealed FROM extension WHERE tenant_id=$1 AND port=$2 ORDER BY position,name`, string(tenant), port)
	return db.Collect(rows, err, func(r *sql.Rows) (Extension, error) {
		e := Extension{Port: port}
		var sealed []byte
		if err := r.Scan(&e.Name, &e.Position, &e.Enabled, &sealed); err != nil {
			return e, err
		}
		plain, err := key.Open(sealed, extensionPlace(tenant, port, e.Name))
		if err != nil {
			return e, fmt.Errorf("settings of extension %s/%s: %w", port, e.Name, err)
		}
		e.Settings = plain
		return e, nil
	})
}

// SaveExtension sets an extension of a tenant's port. Staff with
// perm.EditPortal and the operator may; the settings were checked by the
// extension itself before.
func (d *Directory) SaveExtension(ctx context.Context, actor perm.Actor, s db.TenantScope, e Extension) error {
	return d.db.InTx(ctx, s, func(tx *db.Tx) error {
		if err := mayEdit(actor, tx.Tenant(), perm.EditPortal); err != nil {
			return err
		}
		sealed := d.Key(tx.Tenant()).Seal(e.Settings, extensionPlace(tx.Tenant(), e.Port, e.Name))
		if _, err := tx.Exec(ctx, `INSERT INTO extension (tenant_id,port,name,position,enabled,sealed,updated_at) VALUES ($1,$2,$3,$4,$5,$6,$7)
			ON CONFLICT (tenant_id,port,name) DO UPDATE SET position=excluded.position, enabled=excluded.enabled, sealed=excluded.sealed, updated_at=excluded.updated_at`,
			string(tx.Tenant()), e.Port, e.Name, e.Position, e.Enabled, sealed, db.Micros(tx.Now)); err != nil {
			return err
		}
		tx.Notify(Topic, string(tx.Tenant()))
		return audit.Record(ctx, tx, actor, audit.Event{Action: "extension.save", Object: "extension:" + e.Port + "/" + e.Name})
	})
}
