package relevance

import (
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// object names the layer in the audit log.
func object(p tenancy.Layer) string {
	if p.Tenant == nil {
		return "search:" + string(p.Realm.ID)
	}
	return "search:" + p.Tenant.Slug
}

func keyOf(p tenancy.Layer) layerKey { return layerKey{p.Realm.ID, p.TenantID()} }

// layerKey is a layer in maps; tenant "" is the realm.
type layerKey struct {
	realm  ident.RealmID
	tenant ident.TenantID
}

// mayEdit: the operator everywhere; a tenant's staff with content.edit in
// their own tenant; staff of the realm with library.edit for the whole realm.
func mayEdit(actor perm.Actor, p tenancy.Layer) error {
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
