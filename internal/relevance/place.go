package relevance

import (
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// Place is where editors work: one tenant, or the whole realm (Tenant nil).
type Place struct {
	Realm  tenancy.Realm
	Tenant *tenancy.Tenant
}

func (p Place) tenant() ident.TenantID {
	if p.Tenant == nil {
		return ""
	}
	return p.Tenant.ID
}

func (p Place) scope() db.Scope {
	if p.Tenant == nil {
		return p.Realm.Scope()
	}
	return p.Tenant.Scope()
}

// object names the place in the audit log.
func (p Place) object() string {
	if p.Tenant == nil {
		return "search:" + string(p.Realm.ID)
	}
	return "search:" + p.Tenant.Slug
}

func (p Place) key() placeKey { return placeKey{p.Realm.ID, p.tenant()} }

// placeKey is a place in maps; tenant "" is the realm.
type placeKey struct {
	realm  ident.RealmID
	tenant ident.TenantID
}

// mayEdit: the operator everywhere; a tenant's staff with content.edit in
// their own tenant; staff of the realm with library.edit for the whole realm.
func mayEdit(actor perm.Actor, p Place) error {
	switch a := actor.(type) {
	case perm.System:
		return nil
	case perm.Staff:
		if p.Tenant != nil && a.Realm == p.Realm.ID && a.Tenant == p.Tenant.ID && a.May(perm.EditContent) {
			return nil
		}
		if p.Tenant == nil && a.Realm == p.Realm.ID && a.May(perm.EditLibrary) {
			return nil
		}
	}
	return errs.Forbidden("error.forbidden")
}
