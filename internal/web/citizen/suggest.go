package citizen

import (
	"encoding/json"
	"net/http"

	"stadttor/internal/search"
)

// suggestions is the answer to GET /suche/vorschlaege: what the search field
// shows while somebody types.
type suggestions struct {
	Hits []suggestion `json:"hits"`
}

type suggestion struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// mostSuggestions is what fits under the field.
const mostSuggestions = 8

// suggest serves GET /suche/vorschlaege. Any text is a question; the worst has
// no answer.
func (s *Server) suggest(w http.ResponseWriter, r *http.Request) error {
	v, _, err := s.visitOf(r)
	if err != nil {
		return err
	}
	out := suggestions{Hits: []suggestion{}}
	for _, x := range v.view.Suggest(cleanQuery(r.URL.Query().Get("q")), mostSuggestions) {
		if h, ok := s.hit(v, v.view, search.Hit{Kind: x.Kind, ID: x.ID}); ok {
			out.Hits = append(out.Hits, suggestion{h.Title, h.URL})
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "private, max-age=300")
	return json.NewEncoder(w).Encode(out)
}
