package citizen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"stadttor/internal/catalogue"
	"stadttor/internal/clock"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

// visit is what a public page is made from. It holds nothing of the person
// who asks, except in page when somebody is signed in.
type visit struct {
	door  tenancy.Door
	view  *catalogue.View
	page  ui.Page
	base  string // scheme, host and port of this portal
	now   time.Time
	until time.Time // when what is rendered stops being true; zero: never
}

// validUntil notes that something on the page changes at t.
func (v *visit) validUntil(t time.Time) {
	if !t.IsZero() && (v.until.IsZero() || t.Before(v.until)) {
		v.until = t
	}
}

func (v *visit) t(key string, args ...any) string { return v.page.T(key, args...) }

// builder makes a page of the catalogue: it reads the visit, the slug of the
// address and the known variant, nothing else of the request, so that the page
// can be kept.
type builder func(v *visit, slug, variant string) (templ.Component, error)

// missing says that an address names something that is not published here.
type missing struct{ kind, slug string }

func (m missing) Error() string { return fmt.Sprintf("no %s %s", m.kind, m.slug) }

// visitOf starts a page for a request.
func (s *Server) visitOf(r *http.Request) (*visit, *ui.Visit, error) {
	u := ui.VisitOf(r)
	view, err := s.c.Catalogue.Published(r.Context(), u.Door.Tenant.ID)
	if err != nil {
		return nil, nil, err
	}
	return newVisit(r, u, view, s.c.Now()), u, nil
}

func newVisit(r *http.Request, u *ui.Visit, view *catalogue.View, now time.Time) *visit {
	v := &visit{door: u.Door, view: view, page: ui.PageOf(r), base: u.Base, now: now}
	if u.Citizen.Guest() { // the frame alone: nothing personal can reach a kept page
		v.page = ui.Page{Lang: v.page.Lang, Portal: v.page.Portal}
	}
	return v
}

// open builds the page with its frame complete.
func (v *visit) open(build builder, slug, variant, path string) (templ.Component, error) {
	v.page.Languages = languages(v.page.Lang, path)
	v.banner()
	return build(v, slug, variant)
}

// public serves a page of the catalogue. variant gives the known variant of an
// address from its query ("" for the usual one); nil: there is only one. A page
// that is in memory is sent without making a visit first: this is the path that
// most requests take.
func (s *Server) public(build builder, variant func(url.Values) string) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		u := ui.VisitOf(r)
		view, err := s.c.Catalogue.Published(r.Context(), u.Door.Tenant.ID)
		if err != nil {
			return err
		}
		now := s.c.Now()
		slug, which := r.PathValue("slug"), ""
		if variant != nil && r.URL.RawQuery != "" {
			which = variant(r.URL.Query())
		}
		path := r.URL.Path
		if which != "" {
			path += "?" + which
		}
		set := s.rememberLanguage(w, r)
		if !u.Citizen.Guest() {
			v := newVisit(r, u, view, now)
			c, err := v.open(build, slug, which, path)
			if err != nil {
				return s.answerMissing(w, r, v, err)
			}
			return ui.Render(w, r, http.StatusOK, c)
		}
		key := pageKey{portal: u.Door.Portal.ID, view: view.Version, look: u.Door.Portal.Version, epoch: s.epoch(u.Door.Realm.ID), lang: u.Lang, path: path, coding: coding(r.Header.Get("Accept-Encoding"))}
		p, err := s.cache.get(key, now, func() (rendered, error) {
			v := newVisit(r, u, view, now)
			c, err := v.open(build, slug, which, path)
			if err != nil {
				return rendered{}, err
			}
			var b bytes.Buffer
			if err := c.Render(context.WithoutCancel(r.Context()), &b); err != nil {
				return rendered{}, err
			}
			return rendered{bytes.Clone(b.Bytes()), v.until}, nil
		})
		if err != nil {
			return s.answerMissing(w, r, newVisit(r, u, view, now), err)
		}
		p.serve(w, r, set)
		return nil
	}
}

// answerMissing shows the helpful page for something that is not here, and
// passes on every other error.
func (s *Server) answerMissing(w http.ResponseWriter, r *http.Request, v *visit, err error) error {
	var m missing
	if !errors.As(err, &m) {
		return err
	}
	return ui.Render(w, r, http.StatusNotFound, s.missingPage(v, m))
}

// languages are the addresses of a page in the languages of the frame. Leichte
// Sprache is offered on its own page and shown here to leave it again.
func languages(now locale.Lang, path string) []ui.LanguageLink {
	var out []ui.LanguageLink
	for _, l := range locale.Langs {
		if l == locale.Leicht && now != locale.Leicht {
			continue
		}
		sep := "?"
		for i := range len(path) {
			if path[i] == '?' {
				sep = "&"
			}
		}
		out = append(out, ui.LanguageLink{Lang: l, URL: path + sep + "sprache=" + string(l), Current: l == now})
	}
	return out
}

// rememberLanguage keeps a choice of language made in the address for the
// pages that follow; it says whether it set the cookie. The cookie holds no
// secret and has the plain name that the gate reads.
func (s *Server) rememberLanguage(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.RawQuery == "" {
		return false
	}
	l, ok := locale.Parse(r.URL.Query().Get("sprache"))
	if !ok {
		return false
	}
	if c, err := r.Cookie(ui.CookieLang); err == nil && c.Value == string(l) {
		return false
	}
	http.SetCookie(w, &http.Cookie{Name: ui.CookieLang, Value: string(l), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: s.c.Gate.Secure, SameSite: http.SameSiteLaxMode})
	return true
}

// running lists the notices that are shown today.
func (v *visit) running() []tenancy.Notice {
	var out []tenancy.Notice
	today := clock.Date(v.now)
	for _, n := range v.door.Portal.Notices {
		if n.Until != "" {
			day, err := time.Parse(time.DateOnly, n.Until)
			if err != nil || today.After(day) {
				continue
			}
			v.validUntil(clock.EndOf(day).Add(time.Microsecond))
		}
		out = append(out, n)
	}
	return out
}

// banner puts the first warning on every page; the start page shows them all.
func (v *visit) banner() {
	for _, n := range v.running() {
		if n.Kind == "warning" {
			v.page.Banner = &ui.Banner{Tone: ui.Warning, Text: n.Title, Link: ui.Link{Text: v.t("citizen.notice.more"), URL: "/#aktuelles"}}
			return
		}
	}
}

// german marks German content on a page whose frame speaks another language.
func german(p ui.Page) templ.Attributes {
	if p.Lang.Tag() == "de" {
		return nil
	}
	return templ.Attributes{"lang": "de"}
}
