// Package office is what the two doors for the authority's own people share,
// web/staff and web/admin: the frame of their pages with a navigation by
// rights, the sentence about what just happened, reading a posted form, the
// list of a tenant's forms.
//
// It decides which entries of the navigation somebody sees. It never decides
// what he may do: that is the route's right and then the verb behind it. It
// changes nothing and serves no address.
package office
