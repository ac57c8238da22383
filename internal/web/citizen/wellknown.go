package citizen

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/web/ui"
)

// securityLife is how long a security.txt is good for; RFC 9116 2.5.5 asks for
// less than a year.
const securityLife = 180 * 24 * time.Hour

// security serves GET /.well-known/security.txt (RFC 9116): whoever finds a
// hole tells the authority whose portal it is.
func (s *Server) security(w http.ResponseWriter, r *http.Request) error {
	u := ui.VisitOf(r)
	var b bytes.Buffer
	if m := u.Door.Tenant.Contact.Mail; ui.MailURL(m) != "" {
		fmt.Fprintf(&b, "Contact: mailto:%s\n", m)
	}
	fmt.Fprintf(&b, "Contact: %s/impressum\n", u.Base)
	fmt.Fprintf(&b, "Expires: %s\n", clock.Date(s.c.Now()).Add(securityLife).Format(time.RFC3339))
	fmt.Fprintf(&b, "Preferred-Languages: de, en\nCanonical: %s/.well-known/security.txt\n", u.Base)
	return text(w, r, "text/plain; charset=utf-8", b.Bytes())
}

// robots serves GET /robots.txt (RFC 9309). Personal pages and result lists are
// nothing for search engines; a demonstration is nothing for them at all.
func (s *Server) robots(w http.ResponseWriter, r *http.Request) error {
	body := "User-agent: *\nDisallow: /\n"
	if u := ui.VisitOf(r); !ui.PageOf(r).Portal.Demo {
		body = "User-agent: *\nDisallow: /antrag/\nDisallow: /anmelden\nDisallow: /api/\nDisallow: /konto\nDisallow: /kontakte/\nDisallow: /postfach\nDisallow: /suche\nDisallow: /verwaltung\n\nSitemap: " + u.Base + "/sitemap.xml\n"
	}
	return text(w, r, "text/plain; charset=utf-8", []byte(body))
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
	return text(w, r, "application/xml; charset=utf-8", b.Bytes())
}

func text(w http.ResponseWriter, r *http.Request, kind string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age=3600")
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client is gone: nobody to tell
	}
	return nil
}
