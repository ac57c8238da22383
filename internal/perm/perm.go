// Package perm says who acts and what a role may do.
//
// It decides the kinds of actors, the trust levels (Vertrauensniveau,
// TR-03107-1, eIDAS Art. 8) and the table of roles and rights. It never loads
// anything and never decides on a single case or document: that is each
// feature's perm.go, a pure function of an actor and a loaded thing.
//
// Actors are made by the doors (from a session) and by app (System); the
// features only read them. Whoever holds an actor holds its scope.
package perm

import (
	"slices"

	"stadttor/internal/db"
	"stadttor/internal/ident"
)

// Level is a trust level. The zero value is none; an unknown text is none.
type Level uint8

// The levels of TR-03107-1 as services demand them.
const (
	LevelNone        Level = iota // no sign-in
	LevelBasis                    // normal: name and password
	LevelSubstantial              // substantiell: e.g. ELSTER certificate
	LevelHigh                     // hoch: Online-Ausweis
)

var levelNames = [...]string{"none", "basis", "substantiell", "hoch"}

func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return "none"
}

// ParseLevel reads a level's name; an unknown name is the lowest.
func ParseLevel(s string) Level {
	return Level(max(0, slices.Index(levelNames[:], s)))
}

// Actor is who does something, as the audit log names it.
type Actor interface {
	// Ref is kind:id, e.g. "staff:01h…"; never a name.
	Ref() string
}

// Citizen acts on a portal for himself: signed in (Person set) or as a guest,
// who holds nothing but the secret of a draft.
type Citizen struct {
	Realm  ident.RealmID
	Tenant ident.TenantID // of the portal where he stands
	Person ident.PersonID // "" for a guest
	Level  Level          // of the running session
	Means  string         // how he signed in, e.g. "demo"
}

// Ref implements Actor.
func (c Citizen) Ref() string {
	if c.Person == "" {
		return "guest:"
	}
	return "person:" + string(c.Person)
}

// Guest reports whether nobody is signed in.
func (c Citizen) Guest() bool { return c.Person == "" }

// Scope is the authority at whose portal he stands.
func (c Citizen) Scope() db.TenantScope { return db.ForTenant(c.Realm, c.Tenant) }

// At is the scope of another authority of the realm, to act on an own case
// there. The verb checks that the case is his.
func (c Citizen) At(t ident.TenantID) db.TenantScope { return db.ForTenant(c.Realm, t) }

// Own is everything that is his in the whole realm. Only for signed-in persons.
func (c Citizen) Own() db.PersonScope { return db.ForPerson(c.Realm, c.Person) }

// RealmScope is where accounts lie.
func (c Citizen) RealmScope() db.RealmScope { return db.ForRealm(c.Realm) }

// System is the program itself: a job, a command of the operator.
type System struct{ Name string }

// Ref implements Actor.
func (s System) Ref() string { return "system:" + s.Name }

// Staff acts for an authority, in the roles granted.
type Staff struct {
	Realm  ident.RealmID
	Tenant ident.TenantID
	Staff  ident.StaffID
	Grants []Grant
}

// Grant is a role in a unit, or in all units of the tenant (Unit ""), for one
// service (its slug) or for all (Service "").
type Grant struct {
	Role    Role
	Unit    ident.UnitID
	Service string
	// Own are the rights of a role that the tenant made itself; 0 for the
	// product's roles.
	Own Set
}

// Has reports whether the granted role includes the right.
func (g Grant) Has(r Right) bool {
	if g.Own != 0 {
		return g.Own.Has(r)
	}
	return g.Role.Has(r)
}

// Rights lists what is granted.
func (g Grant) Rights() []Right {
	if g.Own != 0 {
		return g.Own.Rights()
	}
	return g.Role.Set().Rights()
}

// covers reports whether the grant holds in a unit for a service; "" asks for
// all units, all services.
func (g Grant) covers(u ident.UnitID, service string) bool {
	return (g.Unit == "" || g.Unit == u) && (g.Service == "" || g.Service == service)
}

// Ref implements Actor.
func (s Staff) Ref() string { return "staff:" + string(s.Staff) }

// Scope is the authority that employs him.
func (s Staff) Scope() db.TenantScope { return db.ForTenant(s.Realm, s.Tenant) }

// RealmScope is the library and the administration of the realm; verbs there
// ask May(RightRealm…) first.
func (s Staff) RealmScope() db.RealmScope { return db.ForRealm(s.Realm) }

// May reports whether he holds the right in any unit, for any service.
func (s Staff) May(r Right) bool {
	return slices.ContainsFunc(s.Grants, func(g Grant) bool { return g.Has(r) })
}

// MayIn reports whether he holds the right in the unit for all services.
func (s Staff) MayIn(r Right, u ident.UnitID) bool { return s.MayAt(r, u, "") }

// MayAt reports whether he holds the right in the unit for the service (slug).
func (s Staff) MayAt(r Right, u ident.UnitID, service string) bool {
	return slices.ContainsFunc(s.Grants, func(g Grant) bool { return g.Has(r) && g.covers(u, service) })
}

// MaySome reports whether he holds the right in the unit for some service.
func (s Staff) MaySome(r Right, u ident.UnitID) bool {
	return slices.ContainsFunc(s.Grants, func(g Grant) bool { return g.Has(r) && (g.Unit == "" || g.Unit == u) })
}

// Reach is where a right holds: in a unit ("" for all), for a service ("" for all).
type Reach struct {
	Unit    ident.UnitID
	Service string
}

// Reaches lists where he holds the right; all says that it holds in every unit
// of the tenant for every service.
func (s Staff) Reaches(r Right) (out []Reach, all bool) {
	for _, g := range s.Grants {
		if x := (Reach{g.Unit, g.Service}); g.Has(r) && !slices.Contains(out, x) {
			if x == (Reach{}) {
				return nil, true
			}
			out = append(out, x)
		}
	}
	return out, false
}

// Everywhere reports whether he holds the right in all units for all services.
func (s Staff) Everywhere(r Right) bool { _, all := s.Reaches(r); return all }
