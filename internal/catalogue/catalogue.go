package catalogue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/search"
	"stadttor/internal/tenancy"
)

// Topic is the change notice of a publication.
const Topic = "catalogue"

// Config of the feature.
type Config struct {
	DB        *db.DB
	Directory *tenancy.Directory
	// Vocabulary for the search; nil means the built-in one.
	Vocabulary *search.Vocabulary
	// Learnt is what editors and visitors taught the search of a tenant's
	// portal; nil: nothing. It is asked for each question; while it gives the
	// same pointer nothing has changed.
	Learnt func(ident.RealmID, ident.TenantID) *search.Learnt
}

// Catalogue is the feature.
type Catalogue struct {
	c    Config
	live live
}

// New makes the feature with empty views; Load fills them.
func New(c Config) *Catalogue { return &Catalogue{c: c} }

// mayEdit: the operator everywhere; a tenant's staff with content.edit in
// their own tenant; the library needs library.edit and a tenant of the realm.
func mayEdit(actor perm.Actor, t tenancy.Layer) error {
	switch a := actor.(type) {
	case perm.System:
		return nil
	case perm.Staff:
		if t.Tenant != nil && a.Tenant == t.Tenant.ID && a.May(perm.EditContent) {
			return nil
		}
		if t.Tenant == nil && a.Realm == t.Realm.ID && a.May(perm.EditLibrary) {
			return nil
		}
	}
	return errs.Forbidden("error.forbidden")
}

// kinds of rows.
const (
	kindService   = "service"
	kindFacility  = "facility"
	kindContact   = "contact"
	kindSituation = "situation"
	kindOnline    = "onlineservice"
)

type object struct {
	Kind, ID, Slug   string
	Draft, Published string
	Hash, Upstream   string
	Version          int64
}

// outcome of a write.
type outcome string

const (
	taken     outcome = "taken"
	changed   outcome = "changed"
	unchanged outcome = "unchanged"
)

// put writes the working copy of an object; publish makes it what citizens read.
func put(ctx context.Context, tx *db.Tx, t tenancy.Layer, kind, id, slug string, v any, publish bool) (outcome, error) {
	hash, b, err := hashOf(v)
	if err != nil {
		return "", err
	}
	var old object
	err = tx.QueryRow(ctx, `SELECT hash, published, version FROM catalogue_object WHERE tenant_id=$1 AND realm_id=$2 AND kind=$3 AND id=$4`+tx.ForUpdate(),
		string(t.TenantID()), string(t.Realm.ID), kind, id).Scan(&old.Hash, &old.Published, &old.Version)
	published := old.Published
	if publish {
		published = string(b)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		var upstream string
		if t.Tenant != nil {
			err := tx.QueryRow(ctx, `SELECT hash FROM catalogue_object WHERE tenant_id='' AND realm_id=$1 AND kind=$2 AND id=$3`, string(t.Realm.ID), kind, id).Scan(&upstream)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return "", err
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO catalogue_object (tenant_id,realm_id,kind,id,slug,draft,published,hash,upstream,version,updated_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,1,$10)`,
			string(t.TenantID()), string(t.Realm.ID), kind, id, slug, string(b), published, hash, upstream, db.Micros(tx.Now))
		return taken, err
	case err != nil:
		return "", err
	case old.Hash == hash && (!publish || old.Published == string(b)):
		return unchanged, nil
	}
	_, err = tx.Exec(ctx, `UPDATE catalogue_object SET slug=$5, draft=$6, published=$7, hash=$8, version=version+1, updated_at=$9 WHERE tenant_id=$1 AND realm_id=$2 AND kind=$3 AND id=$4`,
		string(t.TenantID()), string(t.Realm.ID), kind, id, slug, string(b), published, hash, db.Micros(tx.Now))
	return changed, err
}

// bump tells all nodes that something was published.
func bump(ctx context.Context, tx *db.Tx, t tenancy.Layer) error {
	_, err := tx.Exec(ctx, `INSERT INTO catalogue_version (tenant_id,realm_id,version) VALUES ($1,$2,1) ON CONFLICT (tenant_id,realm_id) DO UPDATE SET version=catalogue_version.version+1`,
		string(t.TenantID()), string(t.Realm.ID))
	tx.Notify(Topic, string(t.Realm.ID)+"/"+string(t.TenantID()))
	return err
}

// Publish makes every working copy of the layer what citizens read. Editors
// may, in their own house.
func (c *Catalogue) Publish(ctx context.Context, actor perm.Actor, t tenancy.Layer) error {
	if err := mayEdit(actor, t); err != nil {
		return err
	}
	return c.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE catalogue_object SET published=draft, version=version+1, updated_at=$3 WHERE tenant_id=$1 AND realm_id=$2 AND published<>draft`, string(t.TenantID()), string(t.Realm.ID), db.Micros(tx.Now)); err != nil {
			return err
		}
		if err := bump(ctx, tx, t); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "catalogue.publish", Object: "catalogue:" + t.Realm.Slug})
	})
}

// Draft is a service as the layer's editors have it, with what it inherits.
type Draft struct {
	Own      Service // what the layer itself wrote
	Library  Service // what it inherits; zero for the library itself
	Version  int64   // of the own text, 0 if there is none yet
	Upstream bool    // the library changed since the own text was made
	Offered  bool
	Unit     string // slug of the unit through which it is offered
}

// Edit reads a service for its editors. Editors may, in their own house.
func (c *Catalogue) Edit(ctx context.Context, actor perm.Actor, t tenancy.Layer, slug string) (d Draft, err error) {
	if err := mayEdit(actor, t); err != nil {
		return d, err
	}
	err = c.c.DB.View(ctx, t.Scope(), func(tx *db.Tx) error {
		read := func(tenant, by, what string) (o object, err error) {
			err = tx.QueryRow(ctx, `SELECT id,draft,hash,upstream,version FROM catalogue_object WHERE tenant_id=$1 AND realm_id=$2 AND kind='service' AND `+by+`=$3`, tenant, string(t.Realm.ID), what).
				Scan(&o.ID, &o.Draft, &o.Hash, &o.Upstream, &o.Version)
			if errors.Is(err, sql.ErrNoRows) {
				err = nil
			}
			return o, err
		}
		library, err := read("", "slug", slug)
		if err != nil {
			return err
		}
		var own object
		switch {
		case t.Tenant == nil:
			own, library = library, object{}
		case library.ID != "":
			own, err = read(string(t.Tenant.ID), "id", library.ID)
		default:
			own, err = read(string(t.Tenant.ID), "slug", slug)
		}
		if err != nil {
			return err
		}
		if own.ID == "" && library.ID == "" {
			return errs.NotFound("service", slug)
		}
		for _, x := range []struct {
			o   object
			dst *Service
		}{{own, &d.Own}, {library, &d.Library}} {
			if x.o.Draft != "" {
				if err := json.Unmarshal([]byte(x.o.Draft), x.dst); err != nil {
					return err
				}
			}
		}
		d.Version, d.Upstream = own.Version, own.ID != "" && library.ID != "" && own.Upstream != library.Hash
		id := library.ID
		if id == "" {
			id = own.ID
		}
		if d.Own.ID == "" {
			d.Own.ID, d.Own.Slug = id, slug
		}
		if t.Tenant != nil {
			err := tx.QueryRow(ctx, `SELECT offered,unit_slug FROM catalogue_offer WHERE tenant_id=$1 AND realm_id=$2 AND service_id=$3`, string(t.Tenant.ID), string(t.Realm.ID), id).Scan(&d.Offered, &d.Unit)
			if errors.Is(err, sql.ErrNoRows) {
				d.Offered = library.ID == "" // own services are offered
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	return d, err
}

// Save writes the layer's own text of a service and publishes it if asked.
// version is the one that Edit gave. Errors: Forbidden, Conflict if changed
// meanwhile.
func (c *Catalogue) Save(ctx context.Context, actor perm.Actor, t tenancy.Layer, s Service, version int64, publish bool) error {
	if err := mayEdit(actor, t); err != nil {
		return err
	}
	clean(&s)
	return c.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		var have int64
		err := tx.QueryRow(ctx, `SELECT version FROM catalogue_object WHERE tenant_id=$1 AND realm_id=$2 AND kind='service' AND id=$3`+tx.ForUpdate(), string(t.TenantID()), string(t.Realm.ID), s.ID).Scan(&have)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if have != version {
			return errs.Conflict("error.changed-meanwhile")
		}
		if _, err := put(ctx, tx, t, kindService, s.ID, s.Slug, s, publish); err != nil {
			return err
		}
		if t.Tenant != nil { // the editor has seen the library's present text
			if _, err := tx.Exec(ctx, `UPDATE catalogue_object SET upstream=coalesce((SELECT l.hash FROM catalogue_object l WHERE l.tenant_id='' AND l.realm_id=$2 AND l.kind='service' AND l.id=$3),'') WHERE tenant_id=$1 AND realm_id=$2 AND kind='service' AND id=$3`,
				string(t.TenantID()), string(t.Realm.ID), s.ID); err != nil {
				return err
			}
		}
		if publish {
			if err := bump(ctx, tx, t); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "catalogue.save", Object: "service:" + s.Slug, Detail: fmt.Sprintf("publish=%t", publish)})
	})
}

// SetOffer switches a service on or off for a tenant. Editors of the tenant may.
func (c *Catalogue) SetOffer(ctx context.Context, actor perm.Actor, t tenancy.Layer, serviceID, unitSlug string, offered bool) error {
	if err := mayEdit(actor, t); err != nil {
		return err
	}
	if t.Tenant == nil {
		return errs.Invalid("catalogue.offer-needs-tenant")
	}
	return c.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		if _, err := putOffer(ctx, tx, t, serviceID, unitSlug, offered); err != nil {
			return err
		}
		if err := bump(ctx, tx, t); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "catalogue.offer", Object: "service:" + serviceID, Detail: fmt.Sprintf("offered=%t", offered)})
	})
}

func putOffer(ctx context.Context, tx *db.Tx, t tenancy.Layer, serviceID, unitSlug string, offered bool) (int64, error) {
	return tx.Exec(ctx, `INSERT INTO catalogue_offer (tenant_id,realm_id,service_id,unit_slug,offered,updated_at) VALUES ($1,$2,$3,$4,$5,$6)
		ON CONFLICT (tenant_id,realm_id,service_id) DO UPDATE SET unit_slug=excluded.unit_slug, offered=excluded.offered, updated_at=excluded.updated_at
		WHERE catalogue_offer.unit_slug<>excluded.unit_slug OR catalogue_offer.offered<>excluded.offered`,
		string(t.TenantID()), string(t.Realm.ID), serviceID, unitSlug, offered, db.Micros(tx.Now))
}

// SaveSituations replaces the realm's life situations. The operator and
// library editors may.
func (c *Catalogue) SaveSituations(ctx context.Context, actor perm.Actor, r tenancy.Realm, list []Situation) error {
	t := tenancy.Layer{Realm: r}
	if err := mayEdit(actor, t); err != nil {
		return err
	}
	return c.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		for _, s := range list {
			if !ident.Slug(s.Slug) || s.Name == "" {
				return errs.Invalid("catalogue.situation-incomplete")
			}
			if _, err := put(ctx, tx, t, kindSituation, s.Slug, s.Slug, s, true); err != nil {
				return err
			}
		}
		if err := bump(ctx, tx, t); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "catalogue.situations", Object: "realm:" + string(r.ID)})
	})
}
