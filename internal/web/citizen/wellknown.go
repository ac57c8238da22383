package citizen

import (
	"bytes"
	"encoding/xml"
	"net/http"

	"stadttor/internal/web/ui"
)

// security serves GET /.well-known/security.txt.
func (s *Server) security(w http.ResponseWriter, r *http.Request) error {
	return ui.SecurityText(w, r, ui.VisitOf(r).Base+"/impressum", s.c.Now())
}

// robots serves GET /robots.txt (RFC 9309). Personal pages and result lists are
// nothing for search engines; a demonstration is nothing for them at all.
func (s *Server) robots(w http.ResponseWriter, r *http.Request) error {
	body := "User-agent: *\nDisallow: /\n"
	if u := ui.VisitOf(r); !ui.PageOf(r).Portal.Demo {
		body = "User-agent: *\nDisallow: /antrag/\nDisallow: /anmelden\nDisallow: /api/\nDisallow: /konto\nDisallow: /kontakte/\nDisallow: /postfach\nDisallow: /suche\nDisallow: /verwaltung\n\nSitemap: " + u.Base + "/sitemap.xml\n"
	}
	return ui.Text(w, r, "text/plain; charset=utf-8", []byte(body))
}

// sitemap serves GET /sitemap.xml (sitemaps.org 0.9): every public page of the
// portal. The bound of 50,000 addresses is far away: a realm has some hundred
// services.
func (s *Server) sitemap(w http.ResponseWriter, r *http.Request) error {
	v, _, err := s.visitOf(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(xml.Header + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n")
	add := func(path string) {
		b.WriteString("<url><loc>")
		_ = xml.EscapeText(&b, []byte(v.base+path)) // into memory: nothing can fail
		b.WriteString("</loc></url>\n")
	}
	for _, path := range []string{"/", "/leistungen", "/lebenslagen", "/einrichtungen", "/ort", "/impressum", "/datenschutz", "/barrierefreiheit", "/leichte-sprache", "/gebaerdensprache"} {
		add(path)
	}
	for _, l := range v.view.Situations() {
		add("/lebenslagen/" + l.Slug)
	}
	for _, f := range v.view.Facilities() {
		add("/einrichtungen/" + f.Slug)
	}
	for _, it := range v.view.Services() {
		add("/leistungen/" + it.Slug)
	}
	b.WriteString("</urlset>\n")
	return ui.Text(w, r, "application/xml; charset=utf-8", b.Bytes())
}
