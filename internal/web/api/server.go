package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"stadttor/internal/catalogue"
	"stadttor/internal/errs"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// Config of the door.
type Config struct {
	Catalogue *catalogue.Catalogue
	Directory *tenancy.Directory
	Now       func() time.Time
	// Rate is how many requests an address may make in a second, Burst how many
	// at once; 0 means 1,000 and 20,000. An address is a host (IPv4) or a /64
	// (IPv6); behind a proxy the program has put the caller's into RemoteAddr.
	Rate, Burst int
	// Version of the program, for the description.
	Version string
}

// Server is the door.
type Server struct {
	c     Config
	mux   *http.ServeMux
	limit *ui.Limiter
}

// New makes the door.
func New(c Config) *Server {
	if c.Rate <= 0 {
		c.Rate = 1000
	}
	if c.Burst <= 0 {
		c.Burst = 20 * c.Rate
	}
	s := &Server{c: c, mux: http.NewServeMux(), limit: ui.NewLimiter(float64(c.Rate), c.Burst)}
	config := huma.DefaultConfig("Stadttor", c.Version)
	config.Info.Description = "Leistungen, Einrichtungen und Suche eines Serviceportals. Alle Texte sind veröffentlicht; eine Anmeldung ist nicht nötig."
	config.Info.License = &huma.License{Name: "EUPL-1.2", Identifier: "EUPL-1.2"}
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/api/v1/openapi", "", ""
	config.CreateHooks = nil // no links to schemas in the answers
	config.Transformers = []huma.Transformer{inGerman}
	a := humago.New(s.mux, config)
	s.search(a)
	s.services(a)
	s.mux.HandleFunc("GET "+formSchema, schema)
	return s
}

// Routes is every address of the door.
func (s *Server) Routes() []ui.Route {
	get := func(pattern string) ui.Route {
		return ui.Route{Pattern: "GET " + pattern, Audience: ui.Public, Handle: s.serve}
	}
	return []ui.Route{
		get("/api/v1/search"),
		get("/api/v1/services"),
		get("/api/v1/services/{slug}"),
		get("/api/v1/openapi.json"),
		get(formSchema),
		{Pattern: "/api/", Audience: ui.Public, Handle: s.serve}, // everything else: 404 or 405 as problem details
	}
}

type visitKey struct{}

// visit is the portal asked; the gate found it.
func visit(ctx context.Context) *ui.Visit { return ctx.Value(visitKey{}).(*ui.Visit) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	if !s.limit.Allow(r.RemoteAddr, s.c.Now()) {
		w.Header().Set("Retry-After", "1")
		return problem(w, http.StatusTooManyRequests, "")
	}
	if _, pattern := s.mux.Handler(r); pattern == "" {
		if probe := r.Clone(r.Context()); r.Method != http.MethodGet && r.Method != http.MethodHead {
			probe.Method = http.MethodGet
			if _, p := s.mux.Handler(probe); p != "" {
				w.Header().Set("Allow", "GET, HEAD")
				return problem(w, http.StatusMethodNotAllowed, "")
			}
		}
		return problem(w, http.StatusNotFound, "api.path")
	}
	s.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, ui.VisitOf(r))))
	return nil
}

func (s *Server) view(ctx context.Context) (*catalogue.View, error) {
	return s.c.Catalogue.Published(ctx, visit(ctx).Door.Tenant.ID)
}

// refuse turns an error of a feature into the status of its kind.
func refuse(err error) error {
	return huma.NewError(ui.StatusOf(err), errs.KeyOf(err))
}

// problem answers with problem details (RFC 9457) in German.
func problem(w http.ResponseWriter, status int, key string) error {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(describe(&huma.ErrorModel{Status: status, Detail: key}))
}
