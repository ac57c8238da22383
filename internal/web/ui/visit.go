package ui

import (
	"context"
	"net/http"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/locale"
)

// Visit is what is known of a request once it has passed the gate: the door by
// its host, and who stands there by his cookie. It is found once per request.
type Visit struct {
	Door      tenancy.Door
	Citizen   perm.Citizen // a guest when nobody is signed in
	Staff     perm.Staff   // zero when no staff is signed in
	StaffName pii.Text
	Name      pii.Text // of the citizen
	// Acting is the mandate by which the citizen acts for somebody else; nil: for
	// himself.
	Acting *accounts.Mandate
	Lang   locale.Lang
	// Base is scheme, host and port of this portal from the configuration,
	// never from the request, e.g. "https://service.torhausen.example".
	Base string
	// ID names the request in the log and on error pages.
	ID   string
	gate *Gate
	page *Page // made by the first PageOf: a page from memory needs none
}

// SignedInStaff reports whether a member of staff is signed in.
func (v *Visit) SignedInStaff() bool { return v.Staff.Staff != "" }

type visitKey struct{}

// VisitOf gives the visit of a request that passed the gate; it panics
// elsewhere, because nothing may be served outside a door.
func VisitOf(r *http.Request) *Visit {
	v, ok := r.Context().Value(visitKey{}).(*Visit)
	if !ok {
		panic("ui.VisitOf: request did not pass the gate")
	}
	return v
}

// Staff gives the member of staff of a request on a staff route.
func Staff(r *http.Request) perm.Staff { return VisitOf(r).Staff }

// Citizen gives the citizen of a request, a guest when nobody is signed in.
func Citizen(r *http.Request) perm.Citizen { return VisitOf(r).Citizen }

// PageOf starts a page of this portal: frame, language, who is signed in.
// Handlers add title, navigation and breadcrumb.
func PageOf(r *http.Request) Page {
	v := VisitOf(r)
	if v.page == nil {
		v.page = v.gate.page(v)
	}
	return *v.page
}

// Gate stands before all doors: it turns a host into a door and a cookie into
// a person.
type Gate struct {
	Directory *tenancy.Directory
	Accounts  *accounts.Service
	// Secure says that people come by TLS: cookies get Secure and __Host-.
	Secure bool
	// Base gives scheme, host and port under which a portal is reached.
	Base func(tenancy.Portal) string
	// Frame gives the portal's frame in a language; it is called at most once
	// per request and should be cached by portal version.
	Frame func(d tenancy.Door, lang locale.Lang) Portal
	Now   func() time.Time
}

// Cookie names a cookie of this installation.
func (g *Gate) Cookie(name string) string {
	if g.Secure {
		return "__Host-" + name
	}
	return name
}

// Names of the session cookies (before Gate.Cookie).
const (
	CookieCitizen = "sitzung"
	CookieStaff   = "dienst"
	CookieLogin   = "anmeldung"
	CookieDraft   = "entwurf"
	CookieLang    = "sprache" // plain name: holds a choice, no secret
)

// SetCookie sets one of our cookies: this host only, not for scripts, not sent
// with requests that begin on other sites. maxAge 0 ends with the browser,
// negative removes it.
func (g *Gate) SetCookie(w http.ResponseWriter, name, value string, maxAge time.Duration) {
	c := &http.Cookie{Name: g.Cookie(name), Value: value, Path: "/", HttpOnly: true, Secure: g.Secure, SameSite: http.SameSiteLaxMode}
	switch {
	case maxAge < 0:
		c.MaxAge = -1
	case maxAge > 0:
		c.MaxAge = int(maxAge / time.Second)
	}
	http.SetCookie(w, c)
}

// Secret reads one of our cookies, "" if there is none.
func (g *Gate) Secret(r *http.Request, name string) string {
	c, err := r.Cookie(g.Cookie(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// Enter finds the door and the person of a request: at a portal, or at the
// account host of a realm (Visit.Door.Account), where nobody is staff and a
// citizen stands at no authority. Errors: NotFound for a host that is not ours
// (the caller answers 421).
func (g *Gate) Enter(r *http.Request) (*http.Request, error) {
	door, ok := g.Directory.ByHost(r.Host)
	if !ok {
		if door, ok = g.Directory.AccountByHost(r.Host); !ok {
			return r, tenancy.ErrHost
		}
	}
	v := &Visit{Door: door, gate: g, Lang: language(r), Base: g.Base(door.Portal), ID: string(ident.New[ident.EntryID](g.Now()))}
	v.Citizen = perm.Citizen{Realm: door.Realm.ID}
	if !door.Account {
		v.Citizen.Tenant = door.Tenant.ID
	}
	r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	if s := g.Secret(r, CookieCitizen); s != "" {
		find := g.Accounts.Citizen
		if door.Account {
			find = g.Accounts.AccountCitizen
		}
		c, err := find(r.Context(), door, s)
		if err != nil {
			return r, err
		}
		v.Citizen = c
		if !c.Guest() {
			name, acting, ok, err := g.Accounts.Presence(r.Context(), c)
			if err != nil {
				return r, err
			}
			if v.Name = name; ok {
				v.Acting = &acting
			}
		}
	}
	if s := g.Secret(r, CookieStaff); s != "" && !door.Account {
		a, name, err := g.Accounts.Staff(r.Context(), door, s)
		if err != nil && !errs.Is(err, errs.KindForbidden) {
			return r, err
		}
		if err == nil {
			v.Staff, v.StaffName = a, name
		}
	}
	return r, nil
}

// AccountBase is the address of a realm's account host, "" while it has none.
func (g *Gate) AccountBase(r ident.RealmID) string {
	door, ok := g.Directory.AccountDoor(r)
	if !ok {
		return ""
	}
	return g.Base(door.Portal)
}

func (g *Gate) page(v *Visit) *Page {
	p := &Page{Lang: v.Lang, Portal: g.Frame(v.Door, v.Lang), Person: v.Name}
	now := g.Now()
	if end := g.Accounts.SessionEnds(v.Citizen, now); !end.IsZero() {
		p.SessionEnds = int(end.Sub(now) / time.Second)
	}
	if v.Acting != nil {
		p.Acting = &Acting{For: v.Acting.Giver, EndURL: EndActing}
	}
	return p
}

// EndActing is where every citizens' door takes the wish to act for oneself again.
const EndActing = "/vertretung/beenden"

// language is what the address asks for ("?sprache=en"), else what the cookie
// remembers, else German. A browser's Accept-Language is not asked: the pages
// are German law, and one address gives one page.
func language(r *http.Request) locale.Lang {
	if r.URL.RawQuery != "" {
		if l, ok := locale.Parse(r.URL.Query().Get("sprache")); ok {
			return l
		}
	}
	if c, err := r.Cookie(CookieLang); err == nil {
		if l, ok := locale.Parse(c.Value); ok {
			return l
		}
	}
	return locale.German
}

// Anonymous reports whether the request carries none of our sessions: such a
// page may come from the snapshot.
func (g *Gate) Anonymous(r *http.Request) bool {
	for _, name := range []string{CookieCitizen, CookieStaff} {
		if g.Secret(r, name) != "" {
			return false
		}
	}
	return true
}
