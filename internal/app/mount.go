package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	logindemo "stadttor/internal/accounts/demo"
	"stadttor/internal/db"
	"stadttor/internal/obs"
	bankdemo "stadttor/internal/payments/demo"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/account"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// Management serves health and metrics, on a listener of its own.
func (a *App) Management() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		err := a.DB.View(ctx, db.Across("", "readiness probe"), func(tx *db.Tx) error {
			var n int
			return tx.QueryRow(ctx, "SELECT count(*) FROM realm").Scan(&n)
		})
		if err == nil {
			err = a.Blobs.Check()
		}
		if err != nil {
			a.Log.Error("not ready", "error", err.Error())
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.Handle("GET /metrics", a.Metrics.Handler())
	return mux
}

type lineKey struct{}

// mount builds the chain before and the routes of all doors.
func (a *App) mount() (http.Handler, error) {
	e := ui.Errors{
		Page: office.ErrorPage,
		Log: func(r *http.Request, status int, err error) {
			if line, ok := r.Context().Value(lineKey{}).(*obs.Request); ok {
				line.Error = err.Error()
			}
		},
	}
	a.Routes, a.AccountRoutes = a.doors()
	portal, err := a.hall(e, a.Routes)
	if err != nil {
		return nil, err
	}
	if a.Bank != nil {
		portal.mux.Handle(bankdemo.Path, a.Bank)
	}
	account, err := a.hall(e, a.AccountRoutes)
	if err != nil {
		return nil, err
	}
	at := func(accountHost bool) *hall {
		if accountHost {
			return account
		}
		return portal
	}
	return fromProxy(a.o.Settings.TrustedProxies, ui.SecurityHeaders(a.Gate.Secure, a.observe(at, a.enter(e, at)))), nil
}

// hall is what lies behind one sort of host: portals, or account hosts. None of
// its addresses exists on the other.
type hall struct {
	mux   *http.ServeMux
	inner http.Handler // mux behind compression and the guard against foreign forms
}

func (a *App) hall(e ui.Errors, routes []ui.Route) (*hall, error) {
	mux := http.NewServeMux()
	ui.Mount(mux, e, routes)
	mux.Handle("GET /assets/", ui.AssetHandler(e.Handle(ui.NotFound)))
	mux.HandleFunc("GET /assets/t/{file}", func(w http.ResponseWriter, r *http.Request) {
		ui.ServeLookCSS(w, r, ui.VisitOf(r).Door.Portal.Look)
	})
	if a.people != nil {
		mux.Handle(logindemo.Path, a.people)
	}
	mux.Handle("/", e.Handle(ui.Unknown(mux)))
	cross := http.NewCrossOriginProtection()
	for _, rt := range routes {
		if rt.Audience == ui.Partner {
			cross.AddInsecureBypassPattern(rt.Pattern)
		}
	}
	cross.SetDenyHandler(e.Handle(func(http.ResponseWriter, *http.Request) error { return errCrossOrigin }))
	inner, err := ui.Compress(cross.Handler(mux))
	return &hall{mux, inner}, err
}

// enter lets a request through the gate; a host that is not ours gets 421.
func (a *App) enter(e ui.Errors, at func(accountHost bool) *hall) http.Handler {
	var policies sync.Map // address of an account host → header value
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line, _ := r.Context().Value(lineKey{}).(*obs.Request)
		in, err := a.Gate.Enter(r)
		if errors.Is(err, tenancy.ErrHost) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusMisdirectedRequest)
			fmt.Fprint(w, `<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Dieses Portal gibt es hier nicht</title></head><body><main><h1>Dieses Portal gibt es hier nicht</h1><p>Unter diesem Namen ist kein Serviceportal eingerichtet. Bitte prüfen Sie die Adresse.</p></main></body></html>`)
			return
		}
		v := ui.VisitOf(in)
		line.Portal, line.ID = v.Door.Portal.Host, v.ID
		if err != nil {
			e.Write(w, in, err)
			return
		}
		if v.SignedInStaff() {
			line.Actor = v.Staff.Ref()
		} else if !v.Citizen.Guest() {
			line.Actor = v.Citizen.Ref()
		}
		defer func() {
			line.Route = in.Pattern // what the mux found; "" if it was not asked
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				e.Write(w, in, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		if base := a.Gate.AccountBase(v.Door.Realm.ID); base != "" && !v.Door.Account {
			// Whoever presses a button after his session has ended comes to the account host.
			policy, ok := policies.Load(base)
			if !ok {
				policy, _ = policies.LoadOrStore(base, []string{ui.FormPolicy(base)})
			}
			w.Header()["Content-Security-Policy"] = policy.([]string)
		}
		at(v.Door.Account).inner.ServeHTTP(w, in)
	})
}

// observe writes one log line per request and counts it.
func (a *App) observe(at func(accountHost bool) *hall, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now() // a duration, not a moment of the domain
		line := &obs.Request{Method: r.Method}
		r = r.WithContext(context.WithValue(r.Context(), lineKey{}, line))
		rec := &recorder{ResponseWriter: w}
		defer func() {
			if line.Route == "" { // refused before the mux was asked
				_, account := a.Directory.AccountByHost(r.Host)
				_, line.Route = at(account).mux.Handler(r)
			}
			end := time.Now()
			line.Status, line.Bytes, line.Duration = rec.status, rec.bytes, end.Sub(start)
			if line.Status == 0 {
				line.Status = http.StatusOK
			}
			a.served.Add(1)
			a.requests.Write(end, *line)
			a.Metrics.Request(*line)
		}()
		next.ServeHTTP(rec, r)
	})
}

// recorder sees status and size of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// frame builds what all pages of a portal share, or of an account host, once
// per published version.
func (a *App) frame() func(tenancy.Door, locale.Lang) ui.Portal {
	type key struct {
		host    string
		lang    locale.Lang
		version int64
	}
	var cache sync.Map
	return func(d tenancy.Door, lang locale.Lang) ui.Portal {
		k := key{d.Portal.Host, lang, d.Portal.Version}
		if p, ok := cache.Load(k); ok {
			return p.(ui.Portal)
		}
		p := a.portalFrame(d, locale.For(lang))
		if d.Account {
			p = a.accountFrame(d, locale.For(lang), p)
		}
		cache.Store(k, p)
		return p
	}
}

func (a *App) portalFrame(d tenancy.Door, pr locale.Printer) ui.Portal {
	c := d.Tenant.Contact
	return ui.Portal{Look: d.Portal.Look, Operator: d.Tenant.Name, Address: c.Street + ", " + c.PLZ + " " + c.City, Phone: c.Phone, Nav: ui.CitizenNav(pr),
		SimpleLanguage: "/leichte-sprache", SignLanguage: "/gebaerdensprache", SearchURL: "/suche", SignInURL: "/anmelden", Legal: ui.LegalLinks(pr), Demo: a.people != nil}
}

// accountFrame turns the frame of the portal that lends its look into the
// account host's: imprint and privacy are that portal's pages.
func (a *App) accountFrame(d tenancy.Door, pr locale.Printer, p ui.Portal) ui.Portal {
	p.Look.Name, p.Look.Claim = pr.T("account.name"), d.Realm.Name
	p.Nav, p.SearchURL, p.AccountURL = account.Nav(pr), "", "/"
	lead, ok := a.Directory.DoorOf(d.Tenant.ID)
	if !ok {
		p.Legal, p.SimpleLanguage, p.SignLanguage = nil, "", ""
		return p
	}
	base := a.base(lead.Portal)
	p.SimpleLanguage, p.SignLanguage = base+p.SimpleLanguage, base+p.SignLanguage
	for i := range p.Legal {
		p.Legal[i].URL = base + p.Legal[i].URL
	}
	return p
}
