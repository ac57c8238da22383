package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"stadttor/internal/catalogue"
	"stadttor/internal/search"
)

// Bounds of the number of hits.
const (
	defaultHits = 10
	maxHits     = 50
)

// hitCount is the parameter limit.
type hitCount struct{ n int }

// UnmarshalText reads 1 to 50; the error is a text key.
func (c *hitCount) UnmarshalText(b []byte) error {
	n, err := strconv.Atoi(string(b))
	if err != nil || n < 1 || n > maxHits {
		return errors.New("api.limit")
	}
	c.n = n
	return nil
}

// Schema describes the parameter.
func (hitCount) Schema(huma.Registry) *huma.Schema {
	least, most := 1.0, float64(maxHits)
	return &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most, Default: defaultHits}
}

type searchInput struct {
	Q     string   `query:"q" doc:"Was jemand sucht, in eigenen Worten. Mehr als 300 Zeichen werden abgeschnitten." example:"Hund anmelden"`
	Limit hitCount `query:"limit" doc:"Höchstzahl der Treffer, 1 bis 50."`
}

// Hit is one thing found.
type Hit struct {
	Kind   string `json:"kind" enum:"service,facility,person,situation" doc:"Leistung, Einrichtung, Kontakt oder Lebenslage"`
	ID     string `json:"id" doc:"Kennung der Quelle"`
	Slug   string `json:"slug" doc:"Name in der Adresse"`
	Title  string `json:"title"`
	URL    string `json:"url" doc:"Pfad der Seite auf diesem Portal" example:"/leistungen/hundesteuer-anmeldung"`
	LeiKa  string `json:"leika" doc:"LeiKa-Schlüssel, 14 Ziffern, oder leer"`
	Online bool   `json:"online" doc:"kann online erledigt werden"`
}

type searchOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Hits []Hit `json:"hits" doc:"Treffer, der beste zuerst"`
		Near bool  `json:"near,omitempty" doc:"Nichts beantwortet die Anfrage; die Treffer liegen nahe daran"`
	}
}

// search serves GET /api/v1/search.
func (s *Server) search(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "search", Method: http.MethodGet, Path: "/api/v1/search", Summary: "Suchen",
		Description: "Sucht in Leistungen, Einrichtungen, Kontakten und Lebenslagen des Portals.", Tags: []string{"Suche"},
		Errors: []int{http.StatusUnprocessableEntity, http.StatusTooManyRequests}, SkipValidateParams: true, // hitCount checks itself
	}, func(ctx context.Context, in *searchInput) (*searchOutput, error) {
		view, err := s.view(ctx)
		if err != nil {
			return nil, refuse(err)
		}
		if in.Limit.n == 0 {
			in.Limit.n = defaultHits
		}
		out := &searchOutput{CacheControl: "private, max-age=60"}
		out.Body.Hits = []Hit{}
		q := strings.ToValidUTF8(in.Q, " ")
		if strings.TrimSpace(q) == "" {
			return out, nil
		}
		r := view.Search(search.Query{Text: q, Limit: in.Limit.n, Now: s.c.Now()})
		out.Body.Near = r.Near
		for _, h := range r.Hits {
			if x, ok := hitOf(view, h); ok {
				out.Body.Hits = append(out.Body.Hits, x)
			}
		}
		return out, nil
	})
}

func hitOf(view *catalogue.View, h search.Hit) (Hit, bool) {
	out := Hit{Kind: string(h.Kind), ID: h.ID, Slug: h.ID}
	switch h.Kind {
	case search.KindService:
		it, ok := view.ItemByID(h.ID)
		out.Slug, out.Title, out.URL, out.LeiKa, out.Online = it.Slug, it.Title, "/leistungen/"+it.Slug, it.LeiKa, it.Online
		return out, ok
	case search.KindFacility:
		f, _, _, ok := view.Facility(h.ID)
		out.ID, out.Title, out.URL = f.ID, f.Name, "/einrichtungen/"+f.Slug
		return out, ok
	case search.KindPerson:
		c, _, ok := view.Contact(h.ID)
		out.ID, out.Title, out.URL = c.ID, c.Name(), "/kontakte/"+c.Slug
		return out, ok
	case search.KindSituation:
		l, _, ok := view.Situation(h.ID)
		out.Title, out.URL = l.Name, "/lebenslagen/"+l.Slug
		return out, ok
	}
	return out, false
}
