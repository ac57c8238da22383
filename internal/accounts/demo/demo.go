// Package demo is a sign-in method for the demonstration: one chooses a person
// and a trust level.
//
// It is a real extension of the port, for a partner that lives in the process:
// the partner (Provider) shows its own page, hands out a single-use code and
// answers who came. It confirms whatever is chosen, so it must never run
// outside the demo: New refuses unless Config.Demo says so, and app sets that
// only for `stadttor demo`.
package demo

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/clock"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// Name of the method.
const Name = "demo"

// Path below which the provider's pages lie on every portal host.
const Path = "/demo-anmeldung"

// Citizen is an invented person.
type Citizen struct {
	Slug    string
	Story   string
	Realm   string // slug
	Levels  []perm.Level
	Profile accounts.Profile
}

// Staff is an invented member of staff.
type Staff struct {
	Slug   string
	Name   string
	Tenant string // slug
	Task   string // what he does, for the list
}

// Config of the method.
type Config struct {
	// Demo must be true: the program runs as a demonstration.
	Demo       bool
	Citizens   []Citizen
	Staff      []Staff
	Stylesheet func() string
	// RealmOf tells the realm's slug of a tenant's slug.
	RealmOf func(tenant string) string
	Clock   clock.Clock
}

// Provider is the partner: method and pages.
type Provider struct {
	c     Config
	mu    sync.Mutex // guards tries and codes
	tries map[string]try
	codes map[string]code
}

type try struct {
	accounts.Attempt
	until time.Time
}

type code struct {
	who   accounts.Identity
	state string // of the attempt that it answers
	until time.Time
}

const life = 15 * time.Minute

// brokenOff stands in the place of a code.
const brokenOff = "abbruch"

// New makes the provider; it refuses outside the demo.
func New(c Config) (*Provider, error) {
	if !c.Demo {
		return nil, errors.New("the demo sign-in lets anybody be anybody: it runs in `stadttor demo` only")
	}
	return &Provider{c: c, tries: map[string]try{}, codes: map[string]code{}}, nil
}

var _ accounts.Method = (*Provider)(nil)

// Begin implements accounts.Method.
func (p *Provider) Begin(_ context.Context, a accounts.Attempt) (accounts.Begun, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.c.Clock.Now()
	for k, t := range p.tries {
		if now.After(t.until) {
			delete(p.tries, k)
		}
	}
	for k, t := range p.codes {
		if now.After(t.until) {
			delete(p.codes, k)
		}
	}
	id := ident.Secret()
	p.tries[id] = try{a, now.Add(life)}
	return accounts.Begun{Redirect: Path + "?" + url.Values{"versuch": {id}}.Encode()}, nil
}

// Complete implements accounts.Method.
func (p *Provider) Complete(_ context.Context, a accounts.Attempt, back url.Values) (accounts.Identity, error) {
	if back.Get("code") == brokenOff {
		return accounts.Identity{}, accounts.Refused("login.broken-off", "broken off")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.codes[back.Get("code")]
	delete(p.codes, back.Get("code"))
	switch {
	case !ok:
		return accounts.Identity{}, accounts.Refused("login.refused", "unknown code")
	case p.c.Clock.Now().After(c.until):
		return accounts.Identity{}, accounts.Refused("login.refused", "old code")
	case c.state != a.State || back.Get("state") != a.State:
		return accounts.Identity{}, accounts.Refused("login.refused", "code of another attempt")
	case c.who.Level < a.Level && a.Kind == accounts.KindCitizen:
		return accounts.Identity{}, accounts.Refused("login.level-too-low", "level too low")
	}
	return c.who, nil
}

// ServeHTTP shows the page on which one chooses, and takes the choice.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	id := r.FormValue("versuch")
	t, ok := p.tries[id]
	p.mu.Unlock()
	if !ok || p.c.Clock.Now().After(t.until) {
		p.page(w, http.StatusNotFound, view{Title: "Dieser Anmeldeversuch ist nicht mehr gültig", Gone: true})
		return
	}
	if r.Method != http.MethodPost {
		p.page(w, http.StatusOK, p.view(id, t))
		return
	}
	if r.FormValue("abbruch") != "" {
		p.done(id)
		http.Redirect(w, r, t.Back+"?"+url.Values{"state": {t.State}, "code": {brokenOff}}.Encode(), http.StatusSeeOther)
		return
	}
	who, err := p.identity(t, r.FormValue("person"), perm.ParseLevel(r.FormValue("niveau")))
	if err != nil {
		v := p.view(id, t)
		v.Problem = "Bitte wählen Sie eine Person und ein Vertrauensniveau, das sie nutzen kann."
		p.page(w, http.StatusUnprocessableEntity, v)
		return
	}
	p.done(id)
	c := ident.Secret()
	p.mu.Lock()
	p.codes[c] = code{who, t.State, p.c.Clock.Now().Add(time.Minute)}
	p.mu.Unlock()
	http.Redirect(w, r, t.Back+"?"+url.Values{"state": {t.State}, "code": {c}}.Encode(), http.StatusSeeOther)
}

func (p *Provider) done(id string) { p.mu.Lock(); delete(p.tries, id); p.mu.Unlock() }

func (p *Provider) identity(t try, slug string, level perm.Level) (accounts.Identity, error) {
	if t.Kind == accounts.KindStaff {
		for _, s := range p.c.Staff {
			if s.Slug == slug && s.Tenant == t.Tenant {
				return accounts.Identity{Subject: slug, Level: perm.LevelSubstantial, Means: Name}, nil
			}
		}
		return accounts.Identity{}, errs.Invalid("login.refused")
	}
	realm := p.c.RealmOf(t.Tenant)
	for _, c := range p.c.Citizens {
		if c.Slug != slug || c.Realm != realm {
			continue
		}
		for _, l := range c.Levels {
			if l == level {
				return accounts.Identity{Subject: slug, Level: level, Means: Name, Profile: proved(c.Profile, level)}, nil
			}
		}
	}
	return accounts.Identity{}, errs.Invalid("login.refused")
}

// proved says that names, birth and address were proved at the level of the
// sign-in; how to reach somebody is his own statement.
func proved(p accounts.Profile, l perm.Level) accounts.Profile {
	out := accounts.Profile{}
	for a, v := range p {
		switch a {
		case accounts.AttrMail, accounts.AttrPhone, accounts.AttrIBAN, accounts.AttrVehicle:
			v.Level = perm.LevelNone
		default:
			v.Level = l
		}
		out[a] = v
	}
	return out
}

type view struct {
	Title, Try, Style, Problem string
	Gone                       bool
	Want                       string
	Citizens                   []citizenView
	Staff                      []Staff
}

type citizenView struct {
	Slug, Name, Story string
	Levels            []levelView
}

type levelView struct{ Value, Name string }

var levelNames = map[perm.Level]string{perm.LevelBasis: "Basis", perm.LevelSubstantial: "Substantiell", perm.LevelHigh: "Hoch"}

func (p *Provider) view(id string, t try) view {
	v := view{Title: "Demo-Anmeldung: Wer möchten Sie sein?", Try: id, Want: levelNames[t.Level]}
	if t.Kind == accounts.KindStaff {
		for _, s := range p.c.Staff {
			if s.Tenant == t.Tenant {
				v.Staff = append(v.Staff, s)
			}
		}
		return v
	}
	realm := p.c.RealmOf(t.Tenant)
	for _, c := range p.c.Citizens {
		if c.Realm != realm {
			continue
		}
		cv := citizenView{Slug: c.Slug, Name: c.Profile.Name().Reveal(), Story: c.Story}
		for _, l := range c.Levels {
			if l >= t.Level {
				cv.Levels = append(cv.Levels, levelView{l.String(), levelNames[l]})
			}
		}
		v.Citizens = append(v.Citizens, cv)
	}
	return v
}

func (p *Provider) page(w http.ResponseWriter, status int, v view) {
	v.Style = p.c.Stylesheet()
	var b strings.Builder
	if err := page.Execute(&b, v); err != nil {
		http.Error(w, "Fehler", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(b.String()))
}

var page = template.Must(template.New("demo").Parse(`<!DOCTYPE html>
<html lang="de"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title>
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><link rel="stylesheet" href="{{.Style}}"></head>
<body><main id="inhalt"><div class="p-wrap p-section"><div class="p-stack">
<div class="p-notice"><p class="p-notice__title">Nur zur Vorführung</p><p class="kern-body">Alle Personen sind erfunden. Hier wird nichts geprüft.</p></div>
<h1 class="kern-heading-large">{{.Title}}</h1>
{{if .Gone}}<p class="kern-body"><a class="kern-link" href="/">Zur Startseite</a></p>{{else}}
{{if .Problem}}<div class="p-notice" role="alert"><p class="p-notice__title">{{.Problem}}</p></div>{{end}}
{{if .Want}}<p class="kern-body">Gebraucht wird mindestens das Vertrauensniveau „{{.Want}}“.</p>{{end}}
<ul class="p-tiles">
{{$try := .Try}}{{range .Citizens}}<li class="p-card"><h2 class="p-card__title">{{.Name}}</h2><p class="kern-body">{{.Story}}</p>
<div class="p-actions">{{$p := .}}{{range .Levels}}<form method="post" action="/demo-anmeldung"><input type="hidden" name="versuch" value="{{$try}}"><input type="hidden" name="person" value="{{$p.Slug}}"><input type="hidden" name="niveau" value="{{.Value}}"><button class="kern-btn kern-btn--secondary" type="submit"><span class="kern-label">{{.Name}}<span class="kern-sr-only"> als {{$p.Name}}</span></span></button></form>{{else}}<p class="kern-body">Kann sich auf diesem Vertrauensniveau nicht anmelden.</p>{{end}}</div></li>
{{end}}{{range .Staff}}<li class="p-card"><h2 class="p-card__title">{{.Name}}</h2><p class="kern-body">{{.Task}}</p>
<div class="p-actions"><form method="post" action="/demo-anmeldung"><input type="hidden" name="versuch" value="{{$try}}"><input type="hidden" name="person" value="{{.Slug}}"><button class="kern-btn kern-btn--secondary" type="submit"><span class="kern-label">Anmelden<span class="kern-sr-only"> als {{.Name}}</span></span></button></form></div></li>
{{end}}</ul>
<form method="post" action="/demo-anmeldung"><input type="hidden" name="versuch" value="{{.Try}}"><button class="kern-btn kern-btn--tertiary" type="submit" name="abbruch" value="1"><span class="kern-label">Abbrechen</span></button></form>
{{end}}</div></div></main></body></html>
`))
