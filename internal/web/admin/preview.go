package admin

import (
	"net/http"
	"net/url"

	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// previewPage is a citizens' page in colours that are not saved yet.
type previewPage struct {
	CSS      string // address of the colours
	Opening  string
	Contrast []string // what the colours would be refused for
	Field    ui.Field
}

// previewPortal serves POST /verwaltung/portal/vorschau: what was typed, as
// citizens would see it; nothing is saved. The page follows the scheme of the
// device, which the switch in the footer changes.
func (s *Server) previewPortal(w http.ResponseWriter, r *http.Request) error {
	f, err := readPortal(r)
	if err != nil {
		return err
	}
	german := office.Page(r, "admin.preview.title", "")
	page := ui.PageOf(r)
	page.Title, page.NoIndex, page.Bare, page.NoSearch = german.Title, true, true, true
	page.Portal.Look = f.portal.Look
	if f.problems["logo"] != "" || page.Portal.Look.Logo == "" {
		page.Portal.Look.Logo = ui.VisitOf(r).Door.Portal.Look.Logo
	}
	q := url.Values{}
	for _, x := range palettes(&f.portal.Look) {
		for _, c := range colors {
			q.Set(x.name+"."+c.name, *c.at(x.p))
		}
	}
	p := previewPage{CSS: "/verwaltung/portal/vorschau.css?" + q.Encode(), Opening: f.portal.Opening,
		Field: ui.Field{Name: "probe", Type: ui.FieldText, Label: german.T("admin.preview.field"), Optional: true, Autocomplete: "off"}}
	for _, x := range f.portal.Look.CheckContrast() {
		p.Contrast = append(p.Contrast, nameOf(german, x.Name)+": "+ui.ProblemText(german.Printer(), x))
	}
	return ui.Render(w, r, http.StatusOK, previewView(page, german, p))
}

// previewCSS serves GET /verwaltung/portal/vorschau.css: the token file of the
// colours in the address. What is no colour is left out by Look.CSS.
func (s *Server) previewCSS(w http.ResponseWriter, r *http.Request) error {
	var l tenancy.Look
	q := r.URL.Query()
	for _, x := range palettes(&l) {
		for _, c := range colors {
			*c.at(x.p) = q.Get(x.name + "." + c.name)
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("Cache-Control", "private, no-store")
	_, err := w.Write(l.CSS())
	return err
}
