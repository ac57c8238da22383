package app

import (
	"net/http"

	"stadttor/internal/errs"
	"stadttor/internal/web/citizen"
	"stadttor/internal/web/ui"
)

var errCrossOrigin = errs.Forbidden("error.cross-origin")

// doors builds all doors. routes are what people and partners reach, handlers
// what serves itself (the API).
func (a *App) doors(e ui.Errors) (routes []ui.Route, handlers map[string]http.Handler, err error) {
	handlers = map[string]http.Handler{}
	c := citizen.New(citizen.Config{Catalogue: a.Catalogue, Directory: a.Directory, Gate: a.Gate, Now: a.DB.Now})
	routes = append(routes, c.Routes()...)
	return routes, handlers, nil
}
