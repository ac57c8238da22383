package catalogue

import (
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"stadttor/internal/ident"
	"stadttor/internal/search"
	"stadttor/internal/tenancy"
)

// View is what the citizens of one portal read: immutable, in memory.
type View struct {
	Version int64
	Tenant  tenancy.Tenant

	realm      *library
	own        map[string]*entry // service ID → the tenant's wording, merged; nil entry: unchanged
	extra      []*entry          // services that only this tenant has
	offers     map[string]offer
	facilities []Facility
	contacts   []Contact
	search     func() *search.View // built once; the first call waits
	learnt     func(ident.RealmID, ident.TenantID) *search.Learnt
	laid       atomic.Pointer[laid] // the search with what was learnt last
}

// laid is a search with what was learnt over it.
type laid struct {
	learnt *search.Learnt
	view   *search.View
}

type offer struct {
	unit    string // facility slug
	offered bool
}

// entry is a service with its place in the alphabet.
type entry struct {
	s    Service
	sort []byte
	mine map[string]bool
}

// library is what all tenants of a realm share; held once.
type library struct {
	realm      tenancy.Realm
	version    int64
	entries    []*entry // in alphabetical order
	byID       map[string]*entry
	bySlug     map[string]*entry
	situations []Situation
	corpus     func() *search.Corpus // built once; the first call waits
	offers     atomic.Pointer[offers]
}

// offers says which tenants of a realm offer a service of the library. It is
// read again whenever one of them publishes, for all of them point there.
type offers struct {
	by map[string][]ident.TenantID
	at int64 // sum of the tenants' versions when it was read
}

// Page is a service as a portal shows it.
type Page struct {
	Service
	Offered bool
	Unit    *Facility       // the unit in charge, nil if unknown
	Own     map[string]bool // fields that are the tenant's own words
	// Elsewhere lists tenants of the realm that do it, where this one does not.
	Elsewhere []ident.TenantID
}

// Item is a line in a list of services.
type Item struct {
	ID, Slug, Title, Short string
	LeiKa                  string
	Online                 bool
	Offered                bool
	Level                  string
	Situations             []string // shared: not to be changed
}

func sortKey(s string) []byte {
	var b collate.Buffer
	return slices.Clone(collate.New(language.German).KeyFromString(&b, s))
}

// each calls fn for every service of the portal, unordered between library and
// own services.
func (v *View) each(fn func(*entry)) {
	for _, e := range v.realm.entries {
		if o := v.own[e.s.ID]; o != nil {
			fn(o)
		} else {
			fn(e)
		}
	}
	for _, e := range v.extra {
		fn(e)
	}
}

func (v *View) item(e *entry) Item {
	return Item{ID: e.s.ID, Slug: e.s.Slug, Title: e.s.Title, Short: e.s.Short, LeiKa: e.s.LeiKa, Online: e.s.Form != "" || e.s.FormURL != "", Offered: v.offered(e), Level: e.s.Level, Situations: e.s.Situations}
}

func (v *View) offered(e *entry) bool {
	if o, ok := v.offers[e.s.ID]; ok {
		return o.offered
	}
	return v.realm.byID[e.s.ID] == nil // an own service without a word is offered
}

// Services lists all services in alphabetical order.
func (v *View) Services() []Item {
	all := make([]*entry, 0, len(v.realm.entries)+len(v.extra))
	v.each(func(e *entry) { all = append(all, e) })
	if len(v.own)+len(v.extra) > 0 {
		slices.SortStableFunc(all, func(a, b *entry) int { return slices.Compare(a.sort, b.sort) })
	}
	out := make([]Item, len(all))
	for i, e := range all {
		out[i] = v.item(e)
	}
	return out
}

// Letter gives the letter of the A–Z list under which a title stands: umlauts
// with their vowel, everything else under "0–9".
func Letter(title string) string {
	r, _ := utf8.DecodeRuneInString(strings.ToUpper(strings.TrimSpace(title)))
	switch r {
	case 'Ä':
		return "A"
	case 'Ö':
		return "O"
	case 'Ü':
		return "U"
	}
	if r >= 'A' && r <= 'Z' {
		return string(r)
	}
	return "0–9"
}

func (v *View) bySlug(slug string) *entry {
	if e := v.realm.bySlug[slug]; e != nil {
		if o := v.own[e.s.ID]; o != nil {
			return o
		}
		return e
	}
	for _, e := range v.extra {
		if e.s.Slug == slug {
			return e
		}
	}
	return nil
}

// Service gives a service's page.
func (v *View) Service(slug string) (Page, bool) {
	e := v.bySlug(slug)
	if e == nil {
		return Page{}, false
	}
	p := Page{Service: e.s, Own: e.mine}
	p.Offered, p.Unit, p.Elsewhere = v.charge(e)
	return p, true
}

// charge says whether the portal's tenant offers a service and who is in
// charge: its unit, or the other tenants of the realm that do it.
func (v *View) charge(e *entry) (offered bool, unit *Facility, elsewhere []ident.TenantID) {
	if !v.offered(e) {
		return false, nil, v.realm.offers.Load().by[e.s.ID]
	}
	if o, ok := v.offers[e.s.ID]; ok && o.unit != "" {
		unit = v.facility(o.unit)
	}
	if unit == nil && e.s.Role != "" {
		for i := range v.facilities {
			if slices.Contains(v.facilities[i].Roles, e.s.Role) {
				return true, &v.facilities[i], nil
			}
		}
	}
	return true, unit, nil
}

// Charge is who is in charge of a service, by its identifier: the tenant's
// unit, or the other tenants of the realm that offer it where this one does not.
func (v *View) Charge(id string) (unit *Facility, elsewhere []ident.TenantID) {
	if e := v.byID(id); e != nil {
		_, unit, elsewhere = v.charge(e)
	}
	return unit, elsewhere
}

func (v *View) byID(id string) *entry {
	if e := v.own[id]; e != nil {
		return e
	}
	if e := v.realm.byID[id]; e != nil {
		return e
	}
	for _, e := range v.extra {
		if e.s.ID == id {
			return e
		}
	}
	return nil
}

// ItemByID gives the list line of a service by its identifier.
func (v *View) ItemByID(id string) (Item, bool) {
	if e := v.byID(id); e != nil {
		return v.item(e), true
	}
	return Item{}, false
}

// Situations lists the life situations in their order.
func (v *View) Situations() []Situation { return v.realm.situations }

// Situation gives a life situation and its services in alphabetical order.
func (v *View) Situation(slug string) (Situation, []Item, bool) {
	for _, s := range v.realm.situations {
		if s.Slug != slug {
			continue
		}
		var all []*entry
		v.each(func(e *entry) {
			if slices.Contains(e.s.Situations, slug) {
				all = append(all, e)
			}
		})
		slices.SortStableFunc(all, func(a, b *entry) int { return slices.Compare(a.sort, b.sort) })
		out := make([]Item, len(all))
		for i, e := range all {
			out[i] = v.item(e)
		}
		return s, out, true
	}
	return Situation{}, nil, false
}

// Facilities lists the tenant's facilities by name.
func (v *View) Facilities() []Facility { return v.facilities }

func (v *View) facility(slug string) *Facility {
	for i := range v.facilities {
		if v.facilities[i].Slug == slug {
			return &v.facilities[i]
		}
	}
	return nil
}

// Facility gives a facility with its contacts and the services offered there.
func (v *View) Facility(slug string) (f Facility, people []Contact, services []Item, ok bool) {
	p := v.facility(slug)
	if p == nil {
		return f, nil, nil, false
	}
	for _, c := range v.contacts {
		if c.Facility == slug {
			people = append(people, c)
		}
	}
	var all []*entry
	v.each(func(e *entry) {
		if o := v.offers[e.s.ID]; o.offered && o.unit == slug {
			all = append(all, e)
		}
	})
	slices.SortStableFunc(all, func(a, b *entry) int { return slices.Compare(a.sort, b.sort) })
	for _, e := range all {
		services = append(services, v.item(e))
	}
	return *p, people, services, true
}

// Contact gives a contact and his facility.
func (v *View) Contact(slug string) (Contact, Facility, bool) {
	for _, c := range v.contacts {
		if c.Slug == slug {
			var f Facility
			if p := v.facility(c.Facility); p != nil {
				f = *p
			}
			return c, f, true
		}
	}
	return Contact{}, Facility{}, false
}

// Contacts lists the contacts by family name.
func (v *View) Contacts() []Contact { return v.contacts }

// UnitOf gives the slug of the unit in charge of a service, "" if nobody is.
func (v *View) UnitOf(serviceSlug string) string {
	if p, ok := v.Service(serviceSlug); ok && p.Unit != nil {
		return p.Unit.Slug
	}
	return ""
}

// ServiceOfForm gives the slug of the service to which a form belongs.
func (v *View) ServiceOfForm(form string) (slug string, offered bool) {
	v.each(func(e *entry) {
		if e.s.Form == form && (slug == "" || !offered) {
			slug, offered = e.s.Slug, v.offered(e)
		}
	})
	return slug, offered
}

// Search answers a query over services, facilities, contacts and situations.
func (v *View) Search(q search.Query) search.Result { return v.Index().Search(q) }

// Suggest completes what is being typed.
func (v *View) Suggest(prefix string, limit int) []search.Suggestion {
	return v.Index().Suggest(prefix, limit)
}

// Index is the portal's search with all that was learnt, to ask several portals
// at once and to measure quality.
func (v *View) Index() *search.View {
	base := v.search()
	if v.learnt == nil {
		return base
	}
	x := v.learnt(v.realm.realm.ID, v.Tenant.ID)
	if l := v.laid.Load(); l != nil && l.learnt == x {
		return l.view
	}
	l := &laid{x, base.With(*x)}
	v.laid.Store(l)
	return l.view
}

// Untaught is the portal's search without anything learnt, to try drafts on.
func (v *View) Untaught() *search.View { return v.search() }
