package db

import (
	"errors"

	"stadttor/internal/ident"
)

// Scope says on whose behalf the database is read or written. Only this
// package makes scopes, so that a query without one does not compile.
type Scope interface{ walls() walls }

type walls struct {
	realm  ident.RealmID
	tenant ident.TenantID
	person ident.PersonID
	across bool
}

// TenantScope is the work of one authority.
type TenantScope struct{ w walls }

// PersonScope is one citizen's own things in all tenants of the realm.
type PersonScope struct{ w walls }

// RealmScope is the shared library, the accounts and the administration of a
// realm.
type RealmScope struct{ w walls }

// crossing is work across realms or tenants, made by Across only.
type crossing struct{ w walls }

func (s TenantScope) walls() walls { return s.w }
func (s PersonScope) walls() walls { return s.w }
func (s RealmScope) walls() walls  { return s.w }
func (s crossing) walls() walls    { return s.w }

// ForTenant opens the scope of a tenant. Called by tenancy (host → portal →
// tenant) and by perm.
func ForTenant(r ident.RealmID, t ident.TenantID) TenantScope {
	return TenantScope{walls{realm: r, tenant: t}}
}

// ForPerson opens the scope of a citizen in a realm. Called by perm.
func ForPerson(r ident.RealmID, p ident.PersonID) PersonScope {
	return PersonScope{walls{realm: r, person: p}}
}

// ForRealm opens the scope of a realm.
func ForRealm(r ident.RealmID) RealmScope { return RealmScope{walls{realm: r}} }

// Across opens a scope over all tenants of the database that holds realm r
// ("" for the control database). reason is not empty; it says in the source
// why the wall is crossed (jobs, doctor, migrations, realm statistics).
func Across(r ident.RealmID, reason string) Scope {
	if reason == "" {
		panic("db.Across without a reason")
	}
	return crossing{walls{realm: r, across: true}}
}

var errNoScope = errors.New("database used without a scope")

func (w walls) valid() bool {
	return w.across || (w.realm != "" && !(w.tenant != "" && w.person != ""))
}

// Tenant gives the scope's tenant. It panics in a scope that has none: a store
// function of tenant data called from elsewhere is a bug, and InTx turns the
// panic into an internal error that is logged.
func (tx *Tx) Tenant() ident.TenantID {
	if tx.walls.tenant == "" {
		panic("store function of a tenant called outside a TenantScope")
	}
	return tx.walls.tenant
}

// Person gives the scope's person; it panics in a scope that has none.
func (tx *Tx) Person() ident.PersonID {
	if tx.walls.person == "" {
		panic("store function of a person called outside a PersonScope")
	}
	return tx.walls.person
}

// Realm gives the scope's realm; it panics in a crossing without one.
func (tx *Tx) Realm() ident.RealmID {
	if tx.walls.realm == "" {
		panic("store function of a realm called outside a realm")
	}
	return tx.walls.realm
}

// Crossing reports whether the transaction may see all tenants.
func (tx *Tx) Crossing() bool { return tx.walls.across }

// Walls gives the realm and tenant of the scope, "" where it has none: for the
// ground packages (audit, jobs) that keep rows on every level.
func (tx *Tx) Walls() (ident.RealmID, ident.TenantID) { return tx.walls.realm, tx.walls.tenant }
