package admin

import (
	"net/http"

	"stadttor/internal/errs"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// mailPage is one mail of the demonstration's outbox.
type mailPage struct {
	Facts []ui.Fact
	Text  string
	Raw   string
}

// outbox serves GET /verwaltung/postausgang, in the demonstration only: one
// mail server for all portals, so it shows the mails of all.
func (s *Server) outbox(w http.ResponseWriter, r *http.Request) error {
	page := office.Page(r, "admin.outbox.title", office.NavOutbox)
	p := page.Printer()
	list := s.c.Outbox.List()
	t := ui.Table{ID: "post", Caption: p.T("admin.outbox.caption", "n", len(list)), Empty: p.T("admin.outbox.none"),
		Columns: []ui.Column{{Title: p.T("admin.outbox.subject")}, {Title: p.T("admin.outbox.to")}, {Title: p.T("admin.outbox.from")}, {Title: p.T("admin.outbox.when")}}}
	for _, k := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: k.Subject, URL: "/verwaltung/postausgang/" + k.ID}, {Text: k.To.Reveal()}, {Text: k.From}, {Text: stamp(p, k.At)}}})
	}
	return ui.Render(w, r, http.StatusOK, listView(page, listPage{Lead: p.T("admin.outbox.lead"), Table: t}))
}

// outboxMail serves GET /verwaltung/postausgang/{id}.
func (s *Server) outboxMail(w http.ResponseWriter, r *http.Request) error {
	k, ok := s.c.Outbox.Get(r.PathValue("id"))
	if !ok {
		return errs.NotFound("mail", r.PathValue("id"))
	}
	page := office.Page(r, "admin.outbox.title", office.NavOutbox)
	page.Breadcrumb = []ui.Link{{Text: page.Title, URL: "/verwaltung/postausgang"}}
	p := page.Printer()
	page.Title = k.Subject
	if page.Title == "" {
		page.Title = p.T("admin.outbox.nosubject")
	}
	return ui.Render(w, r, http.StatusOK, mailView(page, mailPage{Text: k.Text, Raw: k.Raw, Facts: []ui.Fact{
		{Name: p.T("admin.outbox.to"), Values: []string{k.To.Reveal()}}, {Name: p.T("admin.outbox.from"), Values: []string{k.From}}, {Name: p.T("admin.outbox.when"), Values: []string{p.DateTime(k.At)}}}}))
}
