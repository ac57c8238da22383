// Package catalogue is what people read: services, facilities, contacts, life
// situations.
//
// It decides which text a citizen of a portal sees, from three layers: the
// realm's library, the tenant's own texts over it (field by field), and what
// was published of both. It decides who is responsible where a tenant does not
// offer a service itself. It never renders a page and never runs a form.
//
// Published content is compiled into immutable values in memory (View) and
// swapped as a whole; the library is held once for all tenants that inherit
// it, so memory grows with overrides, not with tenants. Other nodes hear of a
// publication by a notice and look every half minute as well.
//
// Content comes in and goes out as XZuFi 2.2 (docs/standards/xzufi.md).
package catalogue
