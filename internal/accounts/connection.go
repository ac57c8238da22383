package accounts

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// Topic is the change notice that makes every node read the connections again.
const Topic = "sign-in"

// Connection is a method as administrators see it: one partner that was
// connected, for the citizens of a realm or for the staff of a tenant.
type Connection struct {
	Tenant      ident.TenantID // "" for the citizens of the realm
	Name, Title string         // Title at most 80 characters
	Kind        string
	MaxLevel    perm.Level // cap; LevelNone: what the method says
	Position    int        // order in which methods are offered
	Enabled     bool
	Settings    json.RawMessage
	Secrets     []string // names of those that are set; their values never leave
	Problem     string   // why no method could be made of it, for administrators; "" when all is well
	Own         bool     // part of the program, not to be changed
}

// sealedSettings is what of a connection is sealed.
type sealedSettings struct {
	Settings json.RawMessage
	Secrets  map[string]string
}

// connections are the methods of all realms, immutable, swapped as a whole.
type connections struct {
	citizens map[ident.RealmID][]Named
	staff    map[ident.TenantID][]Named
	made     map[string]made
}

type made struct {
	stamp   string // of the row that it was made from
	method  Method
	problem string
}

// Reload reads the connections and makes the methods that are new or changed.
// A method that cannot be made is offered all the same and says so when it is
// used: a partner's outage must not hide the others.
func (s *Service) Reload(ctx context.Context) error {
	old := s.made.Load()
	next := &connections{map[ident.RealmID][]Named{}, map[ident.TenantID][]Named{}, map[string]made{}}
	for _, part := range s.c.DB.Partitions() {
		err := s.c.DB.View(ctx, db.Across(part, "the sign-in methods of all realms are made once"), func(tx *db.Tx) error {
			rows, err := tx.Query(ctx, `SELECT realm_id,tenant_id,name,kind,title,max_level,enabled,sealed,updated_at FROM sign_in_connection ORDER BY realm_id,tenant_id,position,name`)
			_, err = db.Collect(rows, err, func(r *sql.Rows) (_ struct{}, err error) {
				var realm ident.RealmID
				var tenant ident.TenantID
				var n Named
				var level, stamp int64
				var enabled bool
				var sealed []byte
				if err := r.Scan(&realm, &tenant, &n.Name, &n.Kind, &n.Title, &level, &enabled, &sealed, &stamp); err != nil || !enabled {
					return struct{}{}, err
				}
				n.MaxLevel, n.Citizens, n.Staff = perm.Level(level), tenant == "", tenant != ""
				id := string(realm) + "/" + string(tenant) + "/" + n.Name
				m, ok := old.made[id]
				if at := fmt.Sprint(n.Kind, stamp); !ok || m.stamp != at || m.problem != "" {
					m = s.make(ctx, realm, tenant, n, sealed)
					m.stamp = at
				}
				next.made[id] = m
				if n.Method = m.method; n.Citizens {
					next.citizens[realm] = append(next.citizens[realm], n)
				} else {
					next.staff[tenant] = append(next.staff[tenant], n)
				}
				return struct{}{}, nil
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("reading sign-in connections: %w", err)
		}
	}
	s.made.Store(next)
	return nil
}

func (s *Service) make(ctx context.Context, realm ident.RealmID, tenant ident.TenantID, n Named, sealed []byte) made {
	set, err := s.openSettings(realm, tenant, n.Name, sealed)
	if err == nil {
		var m Method
		if m, err = s.build(ctx, n.Kind, set); err == nil {
			return made{method: m}
		}
	}
	if s.c.Log != nil {
		s.c.Log.Error("sign-in method not made", "realm", string(realm), "tenant", string(tenant), "method", n.Name, "error", err.Error())
	}
	return made{method: broken{err}, problem: err.Error()}
}

// Broken names the connections of which no method could be made, with the
// reason: for the operator. It changes nothing.
func (s *Service) Broken() (out []string) {
	made := s.made.Load().made
	for _, id := range slices.Sorted(maps.Keys(made)) {
		if p := made[id].problem; p != "" {
			out = append(out, "sign-in method "+id+": "+p)
		}
	}
	return out
}

// build makes a method of settings, or says what is wrong with them.
func (s *Service) build(ctx context.Context, kind string, set sealedSettings) (Method, error) {
	i := slices.IndexFunc(s.c.Kinds, func(k Kind) bool { return k.Name == kind })
	if i < 0 {
		return nil, errs.Invalid("login.kind-unknown", errs.Field{Name: "art", Key: "login.kind-unknown"})
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return s.c.Kinds[i].New(ctx, set.Settings, func(name string) (string, error) {
		if v := set.Secrets[name]; v != "" {
			return v, nil
		}
		return "", errs.Invalid("login.secret-missing", errs.Field{Name: name, Key: "login.secret-missing"})
	})
}

// broken stands for a method that could not be made.
type broken struct{ err error }

func (b broken) Begin(context.Context, Attempt) (Begun, error) {
	return Begun{}, errs.Unavailable("login.method-silent", b.err)
}

func (b broken) Complete(context.Context, Attempt, url.Values) (Identity, error) {
	return Identity{}, errs.Unavailable("login.method-silent", b.err)
}

// Follow reads the connections again whenever a node publishes a change (and
// every minute, should a notice be lost), until ctx ends.
func (s *Service) Follow(ctx context.Context, log *slog.Logger) {
	s.c.DB.Follow(ctx, Topic, func() {
		if err := s.Reload(ctx); err != nil && ctx.Err() == nil {
			log.Error("sign-in connections not reloaded", "error", err.Error())
		}
	})
}

// Methods lists what is connected for the citizens of a realm or the staff of a
// tenant, in the order in which it is offered.
func (s *Service) Methods(kind string, door tenancy.Door) (out []Named) {
	for _, m := range s.c.Methods {
		if (kind == KindStaff && m.Staff) || (kind == KindCitizen && m.Citizens) {
			out = append(out, m)
		}
	}
	if kind == KindStaff {
		return append(out, s.made.Load().staff[door.Tenant.ID]...)
	}
	return append(out, s.made.Load().citizens[door.Realm.ID]...)
}

func (s *Service) method(kind string, door tenancy.Door, name string) (Named, error) {
	for _, m := range s.Methods(kind, door) {
		if m.Name == name {
			return m, nil
		}
	}
	return Named{}, errs.NotFound("sign-in method", "of this name")
}

// Kinds lists what can be connected.
func (s *Service) Kinds() []Kind { return s.c.Kinds }

// Connections lists the connections for the citizens of the realm, or for the
// staff of the actor's own tenant. Staff with perm.AdministerAll may see the
// realm's, with perm.GrantRoles the tenant's.
func (s *Service) Connections(ctx context.Context, actor perm.Staff, staff bool) (out []Connection, err error) {
	scope, tenant, err := mayConnect(actor, staff)
	if err != nil {
		return nil, err
	}
	for _, m := range s.c.Methods {
		if (staff && m.Staff) || (!staff && m.Citizens) {
			out = append(out, Connection{Tenant: tenant, Name: m.Name, Title: m.Title, Kind: m.Kind, MaxLevel: m.MaxLevel, Enabled: true, Own: true})
		}
	}
	err = s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT name,kind,title,max_level,position,enabled,sealed FROM sign_in_connection WHERE realm_id=$1 AND tenant_id=$2 ORDER BY position,name`, string(actor.Realm), string(tenant))
		list, err := db.Collect(rows, err, func(r *sql.Rows) (c Connection, err error) {
			var sealed []byte
			var level int64
			c.Tenant = tenant
			if err := r.Scan(&c.Name, &c.Kind, &c.Title, &level, &c.Position, &c.Enabled, &sealed); err != nil {
				return c, err
			}
			c.MaxLevel = perm.Level(level)
			set, err := s.openSettings(actor.Realm, tenant, c.Name, sealed)
			c.Settings, c.Secrets = set.Settings, slices.Sorted(maps.Keys(set.Secrets))
			if m, ok := s.made.Load().made[string(actor.Realm)+"/"+string(tenant)+"/"+c.Name]; ok {
				c.Problem = m.problem
			}
			return c, err
		})
		out = append(out, list...)
		return err
	})
	return out, err
}

// mayConnect: who decides how people sign in decides who they are. For the
// citizens of a realm its administrators may, for the staff of a tenant those
// who grant roles there.
func mayConnect(actor perm.Staff, staff bool) (db.Scope, ident.TenantID, error) {
	switch {
	case staff && actor.May(perm.GrantRoles):
		return actor.Scope(), actor.Tenant, nil
	case !staff && actor.May(perm.AdministerAll):
		return actor.RealmScope(), "", nil
	}
	return nil, "", errs.Forbidden("error.forbidden")
}

// SaveConnection connects a method or changes it; c.Tenant says for whom (the
// actor's own tenant, or "" for the citizens of the realm). A secret that is
// not in secrets stays, one that is "" is forgotten. The method is made first:
// settings that its kind refuses are Invalid with fields. Switching a
// connection off ends the sessions that came by it. Errors: Invalid, Forbidden,
// Conflict for a name that the program or another kind has.
func (s *Service) SaveConnection(ctx context.Context, actor perm.Staff, c Connection, secrets map[string]string) error {
	scope, tenant, err := mayConnect(actor, c.Tenant != "")
	if err != nil {
		return err
	}
	if c.Tenant != tenant {
		return errs.NotFound("tenant", c.Tenant)
	}
	var bad []errs.Field
	if !ident.Slug(c.Name) || len(c.Name) > 40 {
		bad = append(bad, errs.Field{Name: "name", Key: "login.name-refused"})
	}
	if c.Title = strings.TrimSpace(c.Title); c.Title == "" || len([]rune(c.Title)) > 80 {
		bad = append(bad, errs.Field{Name: "titel", Key: "login.title-refused"})
	}
	if len(c.Settings) > 256<<10 || !json.Valid(c.Settings) {
		bad = append(bad, errs.Field{Name: "einstellungen", Key: "login.settings-refused"})
	}
	if len(bad) > 0 {
		return errs.Invalid("", bad...)
	}
	if slices.ContainsFunc(s.c.Methods, func(m Named) bool { return m.Name == c.Name }) {
		return errs.Conflict("login.name-taken")
	}
	set := sealedSettings{c.Settings, map[string]string{}}
	var wasOn bool
	err = s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		var sealed []byte
		var kind string
		err := tx.QueryRow(ctx, `SELECT kind,enabled,sealed FROM sign_in_connection WHERE realm_id=$1 AND tenant_id=$2 AND name=$3`, string(actor.Realm), string(tenant), c.Name).Scan(&kind, &wasOn, &sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil && kind != c.Kind {
			return errs.Conflict("login.name-taken")
		}
		if err != nil {
			return err
		}
		old, err := s.openSettings(actor.Realm, tenant, c.Name, sealed)
		set.Secrets = old.Secrets
		return err
	})
	if err != nil {
		return err
	}
	if set.Secrets == nil {
		set.Secrets = map[string]string{}
	}
	for name, v := range secrets {
		if set.Secrets[name] = v; v == "" {
			delete(set.Secrets, name)
		}
	}
	if _, err := s.build(ctx, c.Kind, set); err != nil && (c.Enabled || errs.Is(err, errs.KindInvalid)) {
		return err
	}
	b, err := json.Marshal(set)
	if err != nil {
		return err
	}
	key, err := s.connectionKey(actor.Realm, tenant)
	if err != nil {
		return err
	}
	err = s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO sign_in_connection (realm_id,tenant_id,name,kind,title,max_level,position,enabled,sealed,updated_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)
			ON CONFLICT (realm_id,tenant_id,name) DO UPDATE SET title=excluded.title, max_level=excluded.max_level, position=excluded.position, enabled=excluded.enabled, sealed=excluded.sealed, updated_at=excluded.updated_at`,
			string(actor.Realm), string(tenant), c.Name, c.Kind, c.Title, int64(c.MaxLevel), c.Position, c.Enabled, key.Seal(b, connectionPlace(actor.Realm, tenant, c.Name)), db.Micros(tx.Now)); err != nil {
			return err
		}
		tx.Notify(Topic, c.Name)
		return audit.Record(ctx, tx, actor, audit.Event{Action: "sign-in.connect", Object: "method:" + c.Name, Detail: c.Kind + " " + onOff(c.Enabled)})
	})
	if err == nil && wasOn && !c.Enabled {
		err = s.endByMethod(ctx, actor.Realm, tenant, c.Name)
	}
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// endByMethod ends all sessions that came by a method.
func (s *Service) endByMethod(ctx context.Context, realm ident.RealmID, tenant ident.TenantID, method string) error {
	tenants := s.c.Directory.Tenants(realm)
	if tenant == "" {
		if err := s.c.DB.InTx(ctx, db.ForRealm(realm), func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM account_session WHERE realm_id=$1 AND method=$2`, string(tx.Realm()), method)
			return err
		}); err != nil {
			return err
		}
	}
	kind := KindCitizen
	if tenant != "" {
		kind = KindStaff
	}
	for _, t := range tenants {
		if tenant != "" && t.ID != tenant {
			continue
		}
		if err := s.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM session WHERE tenant_id=$1 AND kind=$2 AND method=$3`, string(tx.Tenant()), kind, method)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func connectionPlace(r ident.RealmID, t ident.TenantID, name string) seal.Where {
	return seal.Where{Tenant: string(r) + "/" + string(t), Table: "sign_in_connection", Row: name, Column: "sealed"}
}

func (s *Service) connectionKey(r ident.RealmID, t ident.TenantID) (seal.Key, error) {
	if t != "" {
		return s.c.Directory.Key(t), nil
	}
	realm, ok := s.c.Directory.Realm(r)
	if !ok {
		return seal.Key{}, errs.NotFound("realm", r)
	}
	return s.realmKey(realm)
}

func (s *Service) openSettings(r ident.RealmID, t ident.TenantID, name string, sealed []byte) (set sealedSettings, err error) {
	key, err := s.connectionKey(r, t)
	if err != nil {
		return set, err
	}
	b, err := key.Open(sealed, connectionPlace(r, t, name))
	if err != nil {
		return set, fmt.Errorf("settings of sign-in method %s: %w", name, err)
	}
	return set, json.Unmarshal(b, &set)
}
