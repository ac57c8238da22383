package citizen

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"stadttor/internal/errs"
	"stadttor/internal/relevance"
	"stadttor/internal/search"
	"stadttor/internal/web/ui"
)

// vote asks below a result list whether it helped.
type vote struct {
	Field  ui.Field
	Hidden []ui.ButtonName // the list it is about
	Thanks string          // instead of the question
}

// wholeList is chosen when no single hit is meant.
const wholeList = "alle"

func voteOf(v *visit, q searchQuery, p *searchPage, thanked bool) (out vote) {
	if thanked {
		return vote{Thanks: v.t("citizensearch.thanks")}
	}
	values := q.values()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out.Hidden = append(out.Hidden, ui.ButtonName{Name: name, Value: values.Get(name)})
	}
	out.Field = ui.Field{Name: "treffer", Type: ui.FieldSelect, Label: v.t("citizensearch.which"), Value: wholeList, Options: []ui.Option{{Value: wholeList, Label: v.t("citizensearch.whole")}}}
	for i, h := range p.Hits {
		out.Field.Options = append(out.Field.Options, ui.Option{Value: string(p.keys[i].Kind) + "/" + p.keys[i].ID, Label: h.Title})
	}
	return out
}

// judge serves POST /suche/bewertung: a thumb for a hit, or for the whole list.
func (s *Server) judge(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errs.Invalid("citizensearch.broken")
	}
	q := parseSearch(r.PostForm)
	verdict := r.PostForm.Get("urteil")
	if q.Text == "" || verdict != "ja" && verdict != "nein" {
		return errs.Invalid("citizensearch.broken")
	}
	var hit search.Key
	if chosen := r.PostForm.Get("treffer"); chosen != "" && chosen != wholeList {
		kind, id, _ := strings.Cut(chosen, "/")
		hit = search.Key{Kind: search.Kind(kind), ID: id}
		v, _, err := s.visitOf(r)
		if err != nil {
			return err
		}
		if _, ok := s.hit(v, v.view, search.Hit{Kind: hit.Kind, ID: hit.ID}); !ok && !q.Everywhere {
			return errs.Invalid("citizensearch.broken")
		} else if !ok {
			hit = search.Key{} // of another portal: its editors are others
		}
	}
	if s.c.Relevance != nil {
		s.c.Relevance.Judged(seen(r), q.Text, hit, verdict == "ja")
	}
	return ui.SeeOther(w, r, q.address()+"&danke=ja#danke")
}

// seen is where a request comes from, for counting without persons.
func seen(r *http.Request) relevance.Visit {
	v := ui.VisitOf(r)
	return relevance.Visit{Realm: v.Door.Realm.ID, Tenant: v.Door.Tenant.ID, From: ui.Network(r.RemoteAddr)}
}

// asked counts a question. A browser that only looks ahead asks nothing.
func (s *Server) asked(r *http.Request, query string, hits int) {
	if s.c.Relevance != nil && r.Method == http.MethodGet && r.Header.Get("Sec-Purpose") == "" {
		s.c.Relevance.Asked(seen(r), query, hits)
	}
}

// chosen serves a page of the catalogue and counts it as chosen when it was
// opened from a result list. That is told by the Referer, which the portal's own
// policy lets browsers send to the portal only: no mark in addresses, nothing on
// the device. Whoever sends none is not counted.
func (s *Server) chosen(kind search.Kind, next ui.Handler) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := next(w, r); err != nil {
			return err
		}
		from := r.Header.Get("Referer")
		if s.c.Relevance == nil || r.Method != http.MethodGet || !strings.Contains(from, "/suche?") {
			return nil
		}
		u, err := url.Parse(from)
		if err != nil || u.Host != r.Host || u.Path != "/suche" {
			return nil
		}
		view, err := s.c.Catalogue.Published(r.Context(), ui.VisitOf(r).Door.Tenant.ID)
		if err != nil {
			return nil // the page was sent; counting is no part of it
		}
		key := search.Key{Kind: kind, ID: r.PathValue("slug")}
		if kind == search.KindService {
			x, ok := view.Service(key.ID)
			if !ok {
				return nil
			}
			key.ID = x.ID
		}
		s.c.Relevance.Chose(seen(r), parseSearch(u.Query()).Text, key)
		return nil
	}
}
