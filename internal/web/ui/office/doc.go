// Package office is the frame in which the pages for the authority's own people
// stand: a navigation by rights, the sentence about what just happened, reading
// a posted form. Both doors behind /verwaltung, web/staff and web/admin, use it.
//
// It decides which entries of the navigation somebody sees. It never decides
// what he may do: that is the route's right and then the verb behind it. It
// changes nothing and serves no address.
package office
