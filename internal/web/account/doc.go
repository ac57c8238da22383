// Package account is the door of a realm's account host: the one place where
// the people of the realm sign in, and where they look after their account.
//
// It decides which page an address shows and how a refusal is told. It never
// decides who somebody is (a sign-in method), whether a sign-in is taken
// (accounts) or where a portal lies (tenancy): no address that a browser brings
// is ever followed. It knows no SQL and no extension, and shows no page of a
// portal.
//
// # The way of a sign-in
//
//	GET /anmelden?portal=…     a portal sends the browser; signed in already: back at once
//	GET /anmelden/auswahl      the methods, with what the portal's authority made of them
//	POST /anmelden/auswahl     off to one of them
//	… the method's own pages, here or at a partner
//	GET|POST /anmelden/zurueck/{method}   what the partner says
//	GET /anmelden/verbinden    only for a step-up by an identity that nobody has yet
//	→ the portal's /anmelden/zurueck, which redeems the code
//
// A way is named by the ticket in ?versuch=…; it belongs to the browser whose
// cookie began it and stays open for an hour.
//
// # How to add a page
//
//  1. A file for the page (x.go, x.templ, x_test.go) with handlers on *Server and
//     a method xRoutes() []ui.Route; name it in routes.go. Audience: ui.Person for
//     pages of the account (a guest is sent to sign in and comes back),
//     ui.Visitor for pages on the way. ui.Citizen(r) is who is signed in; he
//     stands at no authority: use c.Own(), never c.Scope().
//  2. Start with s.page(r, "account.x.title"); render with ui.Render(w, r,
//     http.StatusOK, xPage(page, view)) and, in the template, @ui.Layout(page).
//  3. Texts: account.*.json in web/locale, keys "account.x.…".
//  4. To stand in the navigation: one line in nav (page.go). To stand on the
//     start page: one line in sections (home.go).
//  5. On a way: s.way(r) gives it by its ticket, visitor(s, r) the browser. A method
//     whose pages lie here begins with a redirect to its page and ends with one
//     to Attempt.Back with state: the rest is done. Where a form there ends,
//     use a redirect to a path of this host: the step to the portal is made
//     by the return page.
//  6. What the page needs beside accounts.Service comes through Config.
//
// Norms: RFC 6749 4.1 and RFC 7636 (code flow inside the house), RFC 9700
// (mix-up, login CSRF), BSI TR-03160-1 (levels, limits), TR-03172-3 A3.9.09
// (no return address of others), A3.11.
package account
