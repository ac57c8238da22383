package admin

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"stadttor/internal/catalogue"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// servicesPage is the catalogue as its editors have it.
type servicesPage struct {
	Told  string
	Table ui.Table
	Pager ui.Pager
}

// servicesSize is the number of services on one page.
const servicesSize = 50

// layer is where editors of this portal work: their own authority.
func layer(v *ui.Visit) tenancy.Layer {
	t := v.Door.Tenant
	return tenancy.Layer{Realm: v.Door.Realm, Tenant: &t}
}

// serviceFilter narrows the list.
type serviceFilter struct{ text, offer, state string }

// services serves GET /verwaltung/leistungen.
func (s *Server) services(w http.ResponseWriter, r *http.Request) error {
	v, actor, q := ui.VisitOf(r), ui.Staff(r), r.URL.Query()
	view, err := s.c.Catalogue.Published(r.Context(), v.Door.Tenant.ID)
	if err != nil {
		return err
	}
	page := office.Page(r, "admin.services.title", office.NavServices)
	p := page.Printer()
	f := serviceFilter{text: ui.Typed(q.Get("q"), 100), offer: q.Get("angebot"), state: q.Get("text")}
	rows, err := s.serviceRows(r, actor, view, f)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(q.Get("seite"))
	pages := max(1, (len(rows)+servicesSize-1)/servicesSize)
	n = min(max(n, 1), pages)
	t := ui.Table{ID: "leistungen", Caption: p.T("admin.services.caption", "n", len(rows)), Empty: p.T("admin.services.none"), FilterURL: "/verwaltung/leistungen", QueryLabel: p.T("admin.services.search"), Query: f.text,
		Columns: []ui.Column{{Title: p.T("admin.services.service")}, {Title: p.T("admin.services.offered")}, {Title: p.T("admin.services.unit")}, {Title: p.T("admin.services.text")}}}
	all := ui.Option{Label: p.T("staff.worklist.all")}
	t.Filters = []ui.Filter{
		{Name: "angebot", Label: p.T("admin.services.offered"), Value: f.offer, Options: []ui.Option{all, {Value: "ja", Label: p.T("ui.yes")}, {Value: "nein", Label: p.T("ui.no")}}},
		{Name: "text", Label: p.T("admin.services.text"), Value: f.state, Options: []ui.Option{all, {Value: "eigen", Label: p.T("admin.services.own")}, {Value: "entwurf", Label: p.T("admin.services.draft")}, {Value: "bibliothek", Label: p.T("admin.services.upstream")}}},
	}
	for _, x := range rows[(n-1)*servicesSize : min(n*servicesSize, len(rows))] {
		if x.draft == nil { // the filter did not need it
			d, err := s.c.Catalogue.Edit(r.Context(), actor, layer(v), x.item.Slug)
			if err != nil {
				return err
			}
			x.draft = &d
		}
		t.Rows = append(t.Rows, serviceRow(page, view, x))
	}
	out := servicesPage{Told: office.Told(r, page, "admin.done."), Table: t, Pager: ui.Pager{Page: n, Pages: pages, Label: p.T("admin.services.pages"), URL: func(n int) string {
		x := url.Values{"seite": {strconv.Itoa(n)}}
		for _, name := range []string{"q", "angebot", "text"} {
			if q.Get(name) != "" {
				x.Set(name, q.Get(name))
			}
		}
		return "/verwaltung/leistungen?" + x.Encode()
	}}}
	return ui.Render(w, r, http.StatusOK, servicesView(page, out))
}

// listed is a service in the list, with its working copy where it was read.
type listed struct {
	item  catalogue.Item
	draft *catalogue.Draft
}

// serviceRows filters the catalogue. Only the filters by working copy read each one.
func (s *Server) serviceRows(r *http.Request, actor perm.Staff, view *catalogue.View, f serviceFilter) (out []listed, err error) {
	want := strings.ToLower(f.text)
	for _, item := range view.Services() {
		if want != "" && !strings.Contains(strings.ToLower(item.Title), want) && !strings.HasPrefix(item.LeiKa, want) {
			continue
		}
		if f.offer == "ja" && !item.Offered || f.offer == "nein" && item.Offered {
			continue
		}
		x := listed{item: item}
		switch f.state {
		case "eigen", "entwurf", "bibliothek":
			d, err := s.c.Catalogue.Edit(r.Context(), actor, layer(ui.VisitOf(r)), item.Slug)
			if err != nil {
				return nil, err
			}
			x.draft = &d
			published, _ := view.Service(item.Slug)
			switch {
			case f.state == "eigen" && len(ownFields(d)) == 0, f.state == "bibliothek" && !d.Upstream, f.state == "entwurf" && !pending(d, published):
				continue
			}
		}
		out = append(out, x)
	}
	return out, nil
}

func serviceRow(page ui.Page, view *catalogue.View, x listed) ui.Row {
	p := page.Printer()
	offered := ui.Cell{Text: p.T("ui.no")}
	if x.item.Offered {
		offered = ui.Cell{Text: p.T("ui.yes"), Badge: true, Tone: ui.Success}
	}
	published, _ := view.Service(x.item.Slug)
	unit := "–"
	if published.Unit != nil {
		unit = published.Unit.Name
	}
	text := ui.Cell{Text: p.T("admin.services.inherited")}
	if n := len(ownFields(*x.draft)); n > 0 {
		text.Text = p.T("admin.services.ownfields", "n", n)
	}
	marked := false
	switch {
	case pending(*x.draft, published):
		text.Sub = p.T("admin.services.draft")
	case x.draft.Upstream:
		text.Sub, marked = p.T("admin.services.upstream"), true
	}
	return ui.Row{Marked: marked, Cells: []ui.Cell{{Text: x.item.Title, URL: "/verwaltung/leistungen/" + x.item.Slug, Sub: x.item.LeiKa}, offered, {Text: unit}, text}}
}

// publishAll serves POST /verwaltung/leistungen: every draft of the authority
// becomes what citizens read.
func (s *Server) publishAll(w http.ResponseWriter, r *http.Request) error {
	if err := s.c.Catalogue.Publish(r.Context(), ui.Staff(r), layer(ui.VisitOf(r))); err != nil {
		return err
	}
	if err := s.c.Catalogue.Refresh(r.Context()); err != nil {
		return err
	}
	return office.Done(w, r, "/verwaltung/leistungen", "alles-veroeffentlicht")
}

// slugOf reads the address; what cannot be a name does not exist.
func slugOf(r *http.Request) (string, bool) {
	slug := r.PathValue("slug")
	return slug, ident.Slug(slug)
}
