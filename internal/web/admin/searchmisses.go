package admin

import (
	"net/http"
	"net/url"

	"stadttor/internal/errs"
	"stadttor/internal/relevance"
	"stadttor/internal/search"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// missesPage is what visits asked in vain.
type missesPage struct {
	Told    string
	Lead    string
	Filters ui.Table // its filters only
	Caption string
	Empty   string
	Rows    []missRow
	Most    int // the longest bar
	Hidden  bool
	Ways    []ui.Link
	Votes   ui.Table
}

// missRow is one question with its bar.
type missRow struct {
	relevance.Miss
	Failed  int
	Detail  string // how it failed
	TeachAt string
	HideAt  string
}

// spans of the filter, in days.
var spans = []struct {
	name string
	days int
}{{"30", 30}, {"90", 90}, {"", 0}}

// searchMisses serves GET /verwaltung/suche/ohne-treffer.
func (s *Server) searchMisses(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	page := at.frame(r, "relevance.misses.title")
	p := page.Printer()
	q := r.URL.Query()
	f := relevance.MissFilter{Text: ui.Typed(q.Get("q"), 60), Hidden: q.Get("zeige") == "ausgeblendet"}
	span := q.Get("zeit")
	for _, x := range spans {
		if x.name == span {
			f.Days = x.days
		}
	}
	list, err := s.c.Relevance.Misses(r.Context(), ui.Staff(r), at.Layer, f)
	if err != nil {
		return err
	}
	votes, err := s.c.Relevance.Opinions(r.Context(), ui.Staff(r), at.Layer)
	if err != nil {
		return err
	}
	out := missesPage{Told: office.Told(r, page, "relevance.done."), Lead: p.T("relevance.misses.lead", "n", relevance.EnoughVisits), Caption: p.T("relevance.misses.caption", "n", len(list)), Empty: p.T("relevance.misses.none", "n", relevance.EnoughVisits),
		Hidden: f.Hidden, Ways: at.ways(r, page, "/ohne-treffer"), Votes: at.votes(page, votes)}
	out.Filters = ui.Table{ID: "filter", FilterURL: at.base + "/ohne-treffer", QueryLabel: p.T("relevance.misses.search"), Query: f.Text}
	spanFilter := ui.Filter{Name: "zeit", Label: p.T("relevance.misses.span"), Value: span}
	for _, x := range spans {
		if x.days == 0 {
			spanFilter.Options = append(spanFilter.Options, ui.Option{Value: "", Label: p.T("relevance.misses.all")})
			continue
		}
		spanFilter.Options = append(spanFilter.Options, ui.Option{Value: x.name, Label: p.T("relevance.misses.days", "n", x.days)})
	}
	out.Filters.Filters = []ui.Filter{spanFilter, {Name: "zeige", Label: p.T("relevance.misses.show"), Value: q.Get("zeige"), Options: []ui.Option{{Label: p.T("relevance.misses.open")}, {Value: "ausgeblendet", Label: p.T("relevance.misses.hidden")}}}}
	for _, m := range list {
		x := missRow{Miss: m, Failed: m.Unanswered + m.Unclicked, TeachAt: at.base + "/wort?wort=" + url.QueryEscape(m.Words), HideAt: at.base + "/ohne-treffer/" + m.ID + "/ausblenden"}
		switch {
		case m.Unclicked == 0:
			x.Detail = p.T("relevance.misses.unanswered", "n", m.Unanswered)
		case m.Unanswered == 0:
			x.Detail = p.T("relevance.misses.unclicked", "n", m.Unclicked)
		default:
			x.Detail = p.T("relevance.misses.both", "none", m.Unanswered, "left", m.Unclicked)
		}
		out.Most = max(out.Most, x.Failed)
		out.Rows = append(out.Rows, x)
	}
	return ui.Render(w, r, http.StatusOK, missesView(page, out))
}

// votes is the table of thumbs.
func (at taughtAt) votes(page ui.Page, list []relevance.Opinion) ui.Table {
	t := ui.Table{ID: "daumen", Caption: page.T("relevance.votes.caption", "n", len(list)), Empty: page.T("relevance.votes.none"),
		Columns: []ui.Column{{Title: page.T("relevance.votes.question")}, {Title: page.T("relevance.votes.hit")}, {Title: page.T("relevance.votes.yes"), Numeric: true}, {Title: page.T("relevance.votes.no"), Numeric: true}}}
	for _, o := range list {
		hit := page.T("relevance.votes.whole")
		switch o.Hit.Kind {
		case "":
		case search.KindService:
			hit = at.titleOf(o.Hit.ID)
		default:
			hit = o.Hit.ID
			if f, _, _, ok := at.view.Facility(o.Hit.ID); ok && o.Hit.Kind == search.KindFacility {
				hit = f.Name
			}
			if l, _, ok := at.view.Situation(o.Hit.ID); ok && o.Hit.Kind == search.KindSituation {
				hit = l.Name
			}
			if c, _, ok := at.view.Contact(o.Hit.ID); ok && o.Hit.Kind == search.KindPerson {
				hit = c.Name()
			}
		}
		number := page.Printer().Number
		t.Rows = append(t.Rows, ui.Row{Marked: o.Failed > o.Helped, Cells: []ui.Cell{{Text: o.Words, URL: at.base + "/wort?wort=" + url.QueryEscape(o.Words)}, {Text: hit}, {Text: number(int64(o.Helped))}, {Text: number(int64(o.Failed))}}})
	}
	return t
}

// searchHide serves POST /verwaltung/suche/ohne-treffer/{frage}/ausblenden.
func (s *Server) searchHide(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	id := r.PathValue("frage")
	if len(id) > 64 {
		return errs.NotFound("question", "long")
	}
	hidden := office.Text(r, "aktion") != "einblenden"
	if err := s.c.Relevance.Hide(r.Context(), ui.Staff(r), at.Layer, id, hidden); err != nil {
		return err
	}
	if hidden {
		return office.Done(w, r, at.base+"/ohne-treffer", "ausgeblendet")
	}
	return office.Done(w, r, at.base+"/ohne-treffer", "eingeblendet")
}
