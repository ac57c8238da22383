package admin

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"stadttor/internal/relevance"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// wordsPage is the synonyms of a place.
type wordsPage struct {
	Told, Lead string
	Table      ui.Table
	Pager      ui.Pager
	Drafts     int
	Base       string
	Ways       []ui.Link
}

// wordsSize is the number of synonyms on one page.
const wordsSize = 100

// states in the order of the filter, with their word in addresses.
var states = []struct {
	state relevance.State
	name  string
	tone  ui.Tone
}{
	{relevance.StateLive, "live", ui.Success},
	{relevance.StateNew, "neu", ui.Info},
	{relevance.StateChanged, "geaendert", ui.Info},
	{relevance.StateLeaving, "geht", ui.Warning},
}

// searchWords serves GET /verwaltung/suche.
func (s *Server) searchWords(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	all, err := s.c.Relevance.Synonyms(r.Context(), ui.Staff(r), at.Layer)
	if err != nil {
		return err
	}
	page := at.frame(r, "relevance.words.title")
	p := page.Printer()
	q := r.URL.Query()
	text, state := ui.Typed(q.Get("q"), 100), q.Get("stand")
	out := wordsPage{Told: office.Told(r, page, "relevance.done."), Base: at.base, Ways: at.ways(r, page, ""), Lead: p.T("relevance.words.lead", "name", at.name(page))}
	var list []relevance.Synonym
	for _, x := range all {
		if x.State != relevance.StateLive {
			out.Drafts++
		}
		if at.shows(x, text, state) {
			list = append(list, x)
		}
	}
	n, _ := strconv.Atoi(q.Get("seite"))
	pages := max(1, (len(list)+wordsSize-1)/wordsSize)
	n = min(max(n, 1), pages)
	t := ui.Table{ID: "woerter", Caption: p.T("relevance.words.caption", "n", len(list)), Empty: p.T("relevance.words.none"), FilterURL: at.base, QueryLabel: p.T("relevance.words.search"), Query: text,
		Columns: []ui.Column{{Title: p.T("relevance.word")}, {Title: p.T("relevance.target")}, {Title: p.T("staff.col.state")}}}
	if len(all) == 0 {
		t.Empty = p.T("relevance.words.empty")
	}
	f := ui.Filter{Name: "stand", Label: p.T("staff.col.state"), Value: state, Options: []ui.Option{{Label: p.T("staff.worklist.all")}}}
	for _, x := range states {
		f.Options = append(f.Options, ui.Option{Value: x.name, Label: p.T("relevance.state." + x.name)})
	}
	t.Filters = []ui.Filter{f}
	for _, x := range list[(n-1)*wordsSize : min(n*wordsSize, len(list))] {
		t.Rows = append(t.Rows, at.wordRow(page, x))
	}
	out.Table = t
	out.Pager = ui.Pager{Page: n, Pages: pages, Label: p.T("relevance.words.pages"), URL: func(n int) string {
		v := url.Values{"seite": {strconv.Itoa(n)}}
		if text != "" {
			v.Set("q", text)
		}
		if state != "" {
			v.Set("stand", state)
		}
		return at.base + "?" + v.Encode()
	}}
	return ui.Render(w, r, http.StatusOK, wordsView(page, out))
}

// shows reports whether the filter lets a synonym through.
func (at taughtAt) shows(x relevance.Synonym, text, state string) bool {
	text = strings.ToLower(text)
	if text != "" && !strings.Contains(strings.ToLower(x.Word), text) && !strings.Contains(strings.ToLower(at.target(x)), text) {
		return false
	}
	for _, s := range states {
		if state == s.name {
			return x.State == s.state
		}
	}
	return true
}

// target says where a synonym leads.
func (at taughtAt) target(x relevance.Synonym) string {
	if x.Service != "" {
		return at.titleOf(x.Service)
	}
	return x.Official
}

func (at taughtAt) wordRow(page ui.Page, x relevance.Synonym) ui.Row {
	target := ui.Cell{Text: at.target(x), Sub: page.T("relevance.official")}
	if x.Service != "" {
		target.Sub = page.T("relevance.service")
		if _, ok := at.view.ItemByID(x.Service); !ok {
			target.Sub = page.T("relevance.gone")
		}
	}
	if x.Loose {
		target.Sub += " · " + page.T("relevance.loose")
	}
	state := ui.Cell{Badge: true}
	for _, s := range states {
		if s.state == x.State {
			state.Text, state.Tone = page.T("relevance.state."+s.name), s.tone
		}
	}
	return ui.Row{Marked: x.State != relevance.StateLive, Cells: []ui.Cell{{Text: x.Word, URL: at.base + "/wort/" + string(x.ID)}, target, state}}
}

// searchRelease serves POST …/freischalten: every draft becomes live.
func (s *Server) searchRelease(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	if err := s.c.Relevance.Release(r.Context(), ui.Staff(r), at.Layer); err != nil {
		return err
	}
	if err := s.c.Relevance.Refresh(r.Context()); err != nil {
		return err
	}
	return office.Done(w, r, at.base, "freigeschaltet")
}

// searchDiscard serves POST …/verwerfen: the drafts go, what is live stays.
func (s *Server) searchDiscard(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	if err := s.c.Relevance.Discard(r.Context(), ui.Staff(r), at.Layer); err != nil {
		return err
	}
	return office.Done(w, r, at.base, "verworfen")
}

// searchExport serves GET …/woerter.csv.
func (s *Server) searchExport(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	list, err := s.c.Relevance.ExportSynonyms(r.Context(), ui.Staff(r), at.Layer)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := relevance.WriteCSV(&b, list, at.nameOf()); err != nil {
		return err
	}
	name := at.Realm.Slug
	if at.Tenant != nil {
		name = at.Tenant.Slug
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="woerter-`+name+`.csv"`)
	h.Set("Cache-Control", "no-store")
	_, err = w.Write(b.Bytes())
	return err
}
