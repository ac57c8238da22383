package tenancy

import (
	"slices"
	"strings"

	"stadttor/internal/ident"
	"stadttor/internal/standards/ars"
	"stadttor/internal/standards/gv100"
)

// AtPlace lists the doors of a realm whose tenant holds a place: q is a postal
// code, a place or district name or its beginning, both, an AGS or an ARS. One
// code or name may lie in several tenants. Misspelt names count only if nothing
// has the name as written. The Kreis is not among them: it is everybody's.
func (d *Directory) AtPlace(r ident.RealmID, q string) (out []Door) {
	a := readPlace(q)
	s := d.cur.Load()
	best := noPlace
	for _, t := range s.tenants {
		if t.Realm != r || t.Kind == KindKreis {
			continue
		}
		door, ok := s.byTenant[t.ID]
		if !ok {
			continue
		}
		c := a.cost(t)
		if c < best {
			best, out = c, out[:0]
		}
		if c == best && c < noPlace {
			out = append(out, door)
		}
	}
	return out
}

// asked is what somebody typed for a place.
type asked struct{ number, name string }

func readPlace(q string) asked {
	var a asked
	rest := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			a.number += string(r)
			return ' '
		}
		return r
	}, q[:min(len(q), 200)])
	a.name = strings.Join(strings.Fields(rest), " ")
	return a
}

// Costs of taking a tenant for a place: a number alone contradicts a name less
// than a name contradicts a number.
const (
	otherName   = 10
	otherNumber = 20
	noPlace     = 1000
)

// cost says how badly a tenant fits, noPlace if it does not at all.
func (a asked) cost(t Tenant) int {
	name := noPlace
	try := func(s string) {
		if n, ok := gv100.Match(s, a.name); ok {
			name = min(name, n)
		}
	}
	try(t.ShortName)
	try(t.Name)
	number := a.number != "" && (a.number == t.ARS || a.number == t.AGS)
	for _, p := range t.Places {
		try(p.Name)
		try(p.District)
		number = number || a.number != "" && p.PLZ == a.number
	}
	switch {
	case number && (a.name == "" || name < noPlace):
		return min(name, otherName-1) * min(len(a.name), 1)
	case number:
		return otherName
	case name == noPlace:
		return noPlace
	case a.number != "":
		return otherNumber + name
	}
	return name
}

// Step is one area on the way from a place to the whole country, with the
// tenant of the realm that answers for it, if there is one.
type Step struct {
	gv100.Area
	Door Door
	Ours bool // Door is set
}

// Responsible walks from a place (a key of twelve digits) over 9, 5, 3 and 2
// digits to the Bund and says who of the realm answers at each step. Areas that
// neither the register nor a tenant names have no name.
func (d *Directory) Responsible(r ident.RealmID, place ars.Key) []Step {
	s := d.cur.Load()
	steps := responsible(s.tenants, r, place)
	for i := range steps {
		if steps[i].Ours {
			steps[i].Door, steps[i].Ours = s.byTenant[steps[i].Door.Tenant.ID]
		}
	}
	return steps
}

// responsible is the rule: a tenant answers for the area its own key names. A
// city without Kreis has the key of a Kreis filled up with zeros and answers at
// both steps.
func responsible(tenants []Tenant, r ident.RealmID, place ars.Key) []Step {
	var out []Step
	for _, a := range gv100.Walk(place) {
		step := Step{Area: a}
		i := slices.IndexFunc(tenants, func(t Tenant) bool {
			if t.Realm != r {
				return false
			}
			own := ars.Key(t.ARS)
			if a.Level == ars.LevelGemeinde {
				return own == a.Key && t.Kind != KindKreis
			}
			return a.Level != ars.LevelBund && own.Canonical() == a.Key
		})
		if i >= 0 {
			step.Door.Tenant, step.Ours = tenants[i], true
			if step.Name == "" {
				step.Name = tenants[i].Name
			}
		}
		out = append(out, step)
	}
	return out
}
