package ui

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

// Audience says for whom a route is. It is the first, coarse guard; the verb
// behind it decides again on the very object.
type Audience uint8

// The audiences.
const (
	Public  Audience = iota // everybody; no personal data
	Visitor                 // everybody, personal for who is signed in or holds a draft
	Person                  // signed-in citizens
	Office                  // staff with Route.Right ("" for any staff)
	Partner                 // call-backs of providers: no session, cross-site by nature
)

func (a Audience) String() string {
	return [...]string{"public", "visitor", "person", "office", "partner"}[a]
}

// Route is one line of a door's routes.go: everything that can be reached is
// registered here, and the isolation test walks the registry.
type Route struct {
	Pattern  string // of http.ServeMux: "GET /leistungen/{slug}"
	Audience Audience
	Right    perm.Right // Office only
	Handle   Handler
	// MaxBody bounds the request in bytes; 0 means 1 MiB.
	MaxBody int64
	// Limit of requests from one address, shared by the routes that name the
	// same one; nil for none. Beyond it: 429.
	Limit *Limiter
}

// defaultBody is enough for any page of a form without files.
const defaultBody = 1 << 20

// Mount registers routes. Nothing of a route runs before its audience is
// checked.
func Mount(mux *http.ServeMux, e Errors, routes []Route) {
	for _, rt := range routes {
		limit := rt.MaxBody
		if limit == 0 {
			limit = defaultBody
		}
		mux.Handle(rt.Pattern, e.Handle(func(w http.ResponseWriter, r *http.Request) error {
			if !legible(r.URL.Path) {
				return errs.NotFound("page", r.Method)
			}
			v := VisitOf(r)
			if rt.Limit != nil && !rt.Limit.Allow(r.RemoteAddr, v.gate.Now()) {
				return errs.Limited("")
			}
			switch rt.Audience {
			case Person:
				if v.Citizen.Guest() {
					if r.Method == http.MethodGet || r.Method == http.MethodHead {
						return SeeOther(w, r, "/anmelden?ziel="+url.QueryEscape(r.URL.RequestURI()))
					}
					return errs.Forbidden("login.needed")
				}
			case Office:
				if !v.SignedInStaff() {
					if r.Method == http.MethodGet || r.Method == http.MethodHead {
						return SeeOther(w, r, "/verwaltung/anmelden?ziel="+url.QueryEscape(r.URL.RequestURI()))
					}
					return errs.Forbidden("login.needed")
				}
				if rt.Right != "" && !v.Staff.May(rt.Right) {
					return errs.Forbidden("error.forbidden")
				}
			}
			if r.ContentLength > limit {
				return errs.TooLarge("error.body-too-large")
			}
			if r.Body != nil {
				r.Body = http.MaxBytesReader(w, r.Body, limit)
			}
			return rt.Handle(w, r)
		}))
	}
}

// legible reports whether a path can name anything of ours: UTF-8 without
// control characters. Nothing else reaches a handler, nor a database that would
// refuse it.
func legible(path string) bool {
	return utf8.ValidString(path) && !strings.ContainsFunc(path, unicode.IsControl)
}
