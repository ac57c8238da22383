package tenancy

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/seal"
)

// Topic is the change notice that makes every node read the directory again.
const Topic = "tenancy"

// Directory answers who is who, from memory. Safe for concurrent use.
type Directory struct {
	db   *db.DB
	root seal.Key
	cur  atomic.Pointer[snapshot]
}

type snapshot struct {
	realms   []Realm
	tenants  []Tenant
	portals  []Portal
	doors    map[string]Door
	accounts map[string]Door         // account hosts
	byTenant map[ident.TenantID]Door // the first portal of a tenant
	bySlug   map[string]Tenant
	realm    map[ident.RealmID]Realm
	units    map[ident.TenantID][]Unit
	keys     map[ident.TenantID]seal.Key
}

// OpenDirectory reads everything once. Follow keeps it current.
func OpenDirectory(ctx context.Context, d *db.DB, root seal.Key) (*Directory, error) {
	dir := &Directory{db: d, root: root}
	return dir, dir.Reload(ctx)
}

// Follow reads the directory again whenever a node publishes a change (and
// every minute, should a notice be lost), until ctx ends. changed is told after
// each reload; nil is fine.
func (d *Directory) Follow(ctx context.Context, log *slog.Logger, changed func()) {
	d.db.Follow(ctx, Topic, func() {
		if err := d.Reload(ctx); err != nil {
			log.Error("directory not reloaded", "error", err.Error())
			return
		}
		if changed != nil {
			changed()
		}
	})
}

// Reload reads everything and swaps it in.
func (d *Directory) Reload(ctx context.Context) error {
	s := &snapshot{doors: map[string]Door{}, accounts: map[string]Door{}, byTenant: map[ident.TenantID]Door{}, bySlug: map[string]Tenant{}, realm: map[ident.RealmID]Realm{}, units: map[ident.TenantID][]Unit{}, keys: map[ident.TenantID]seal.Key{}}
	for _, part := range d.db.Partitions() {
		if err := d.read(ctx, part, s); err != nil {
			return fmt.Errorf("reading the directory: %w", err)
		}
	}
	slices.SortFunc(s.realms, func(a, b Realm) int { return strings.Compare(a.Name, b.Name) })
	for _, r := range s.realms {
		s.realm[r.ID] = r
	}
	byID := map[ident.TenantID]Tenant{}
	for _, t := range s.tenants {
		s.bySlug[t.Slug] = t
		byID[t.ID] = t
	}
	for _, p := range s.portals {
		t := byID[p.Tenant]
		door := Door{Realm: s.realm[t.Realm], Tenant: t, Portal: p}
		s.doors[p.Host] = door
		if _, ok := s.byTenant[t.ID]; !ok {
			s.byTenant[t.ID] = door
		}
	}
	for _, r := range s.realms {
		door, ok := s.byTenant[s.bySlug[r.Lead].ID]
		_, taken := s.doors[r.AccountHost] // the portal was there first
		if r.AccountHost == "" || !ok || taken || door.Realm.ID != r.ID {
			continue
		}
		door.Account, door.Portal.ID, door.Portal.Host = true, "", r.AccountHost
		s.accounts[r.AccountHost] = door
	}
	d.cur.Store(s)
	return nil
}

// read adds what one database holds.
func (d *Directory) read(ctx context.Context, part ident.RealmID, s *snapshot) error {
	return d.db.View(ctx, db.Across(part, "the directory knows every door"), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id,slug,name,settings FROM realm ORDER BY name`)
		realms, err := db.Collect(rows, err, func(r *sql.Rows) (x Realm, err error) {
			var set []byte
			if err = r.Scan(&x.ID, &x.Slug, &x.Name, &set); err != nil {
				return x, err
			}
			var rs realmSettings
			err = json.Unmarshal(set, &rs)
			x.Lead, x.AccountHost = rs.Lead, rs.AccountHost
			return x, err
		})
		if err != nil {
			return err
		}
		s.realms = append(s.realms, realms...)
		old := d.cur.Load()
		rows, err = tx.Query(ctx, `SELECT realm_id,id,slug,name,kind,sign,ars,settings,sealed_key FROM tenant ORDER BY kind='kreis' DESC, name`)
		tenants, err := db.Collect(rows, err, func(r *sql.Rows) (x Tenant, err error) {
			var set, key []byte
			if err = r.Scan(&x.Realm, &x.ID, &x.Slug, &x.Name, &x.Kind, &x.Sign, &x.ARS, &set, &key); err != nil {
				return x, err
			}
			if old != nil && old.keys[x.ID].Ready() {
				s.keys[x.ID] = old.keys[x.ID]
			} else if s.keys[x.ID], err = d.root.OpenKey(key, keyPlace(x.ID)); err != nil {
				return x, fmt.Errorf("key of tenant %s: %w (is this the root key of this database?)", x.Slug, err)
			}
			return x, json.Unmarshal(set, &x.Settings)
		})
		if err != nil {
			return err
		}
		s.tenants = append(s.tenants, tenants...)
		rows, err = tx.Query(ctx, `SELECT tenant_id,id,host,version,settings FROM portal ORDER BY host`)
		portals, err := db.Collect(rows, err, func(r *sql.Rows) (x Portal, err error) {
			var set []byte
			if err = r.Scan(&x.Tenant, &x.ID, &x.Host, &x.Version, &set); err != nil {
				return x, err
			}
			return x, json.Unmarshal(set, &x.PortalSettings)
		})
		if err != nil {
			return err
		}
		s.portals = append(s.portals, portals...)
		rows, err = tx.Query(ctx, `SELECT tenant_id,id,slug,name,roles FROM unit ORDER BY name`)
		_, err = db.Collect(rows, err, func(r *sql.Rows) (x Unit, err error) {
			var roles string
			err = r.Scan(&x.Tenant, &x.ID, &x.Slug, &x.Name, &roles)
			if roles != "" {
				x.Roles = strings.Split(roles, ",")
			}
			s.units[x.Tenant] = append(s.units[x.Tenant], x)
			return x, err
		})
		return err
	})
}

type realmSettings struct {
	Lead        string `json:"lead"`
	AccountHost string `json:"account_host,omitempty"`
}

func keyPlace(t ident.TenantID) seal.Where {
	return seal.Where{Tenant: string(t), Table: "tenant", Row: string(t), Column: "sealed_key"}
}

// ByHost finds the door of a Host header.
func (d *Directory) ByHost(host string) (Door, bool) {
	door, ok := d.cur.Load().doors[CleanHost(host)]
	return door, ok
}

// AccountByHost finds the account host of a Host header.
func (d *Directory) AccountByHost(host string) (Door, bool) {
	door, ok := d.cur.Load().accounts[CleanHost(host)]
	return door, ok
}

// AccountDoor gives the account host of a realm.
func (d *Directory) AccountDoor(r ident.RealmID) (Door, bool) {
	s := d.cur.Load()
	door, ok := s.accounts[s.realm[r].AccountHost]
	return door, ok
}

// DoorOf gives the (first) portal of a tenant.
func (d *Directory) DoorOf(t ident.TenantID) (Door, bool) {
	door, ok := d.cur.Load().byTenant[t]
	return door, ok
}

// Portals lists a tenant's portals by host.
func (d *Directory) Portals(t ident.TenantID) (out []Portal) {
	for _, p := range d.cur.Load().portals {
		if p.Tenant == t {
			out = append(out, p)
		}
	}
	return out
}

// Key gives the tenant's key. It panics for an unknown tenant: callers have
// the ID from a scope.
func (d *Directory) Key(t ident.TenantID) seal.Key {
	k := d.cur.Load().keys[t]
	if !k.Ready() {
		panic("tenancy: key of an unknown tenant")
	}
	return k
}

// Realms lists all realms by name.
func (d *Directory) Realms() []Realm { return d.cur.Load().realms }

// Realm finds a realm.
func (d *Directory) Realm(id ident.RealmID) (Realm, bool) {
	r, ok := d.cur.Load().realm[id]
	return r, ok
}

// RealmBySlug finds a realm.
func (d *Directory) RealmBySlug(slug string) (Realm, bool) {
	for _, r := range d.cur.Load().realms {
		if r.Slug == slug {
			return r, true
		}
	}
	return Realm{}, false
}

// TenantBySlug finds a tenant.
func (d *Directory) TenantBySlug(slug string) (Tenant, bool) {
	t, ok := d.cur.Load().bySlug[slug]
	return t, ok
}

// Tenants lists a realm's tenants, the Kreis first, then by name; realm "" for all.
func (d *Directory) Tenants(r ident.RealmID) []Tenant {
	all := d.cur.Load().tenants
	if r == "" {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(t Tenant) bool { return t.Realm != r })
}

// Units lists a tenant's units by name.
func (d *Directory) Units(t ident.TenantID) []Unit { return d.cur.Load().units[t] }

// Unit finds a unit of a tenant.
func (d *Directory) Unit(t ident.TenantID, id ident.UnitID) (Unit, bool) {
	for _, u := range d.Units(t) {
		if u.ID == id {
			return u, true
		}
	}
	return Unit{}, false
}

// UnitFor finds the unit of a tenant that serves a role.
func (d *Directory) UnitFor(t ident.TenantID, role string) (Unit, bool) {
	for _, u := range d.Units(t) {
		if slices.Contains(u.Roles, role) {
			return u, true
		}
	}
	return Unit{}, false
}

// ErrHost says that no portal has the host.
var ErrHost = errs.NotFound("portal", "of this host")
