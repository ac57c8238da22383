package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"stadttor/internal/accounts"
	logindemo "stadttor/internal/accounts/demo"
	"stadttor/internal/accounts/local"
	"stadttor/internal/blob"
	"stadttor/internal/cases"
	"stadttor/internal/catalogue"
	"stadttor/internal/clock"
	"stadttor/internal/config"
	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/mail"
	"stadttor/internal/obs"
	"stadttor/internal/payments"
	bankdemo "stadttor/internal/payments/demo"
	"stadttor/internal/relevance"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// Options of Open.
type Options struct {
	Settings config.Settings
	Version  string
	Log      io.Writer   // JSON lines; nil discards
	Clock    clock.Clock // nil: the system's
	// People switches the demonstration on: who may sign in as whom. Nil for
	// the real thing.
	People *logindemo.Config
}

// App is the running program. Open builds it, Start lets it work, Close stops
// it in reverse order.
type App struct {
	o         Options
	Log       *slog.Logger
	Metrics   *obs.Metrics
	DB        *db.DB
	Directory *tenancy.Directory
	Blobs     *blob.Dir
	Accounts  *accounts.Service
	Local     *local.Service
	Catalogue *catalogue.Catalogue
	Relevance *relevance.Service
	Shelf     *forms.Shelf
	Payments  *payments.Service
	Delivery  *delivery.Service
	Cases     *cases.Service
	Mail      *mail.Service
	Outbox    *mail.Outbox   // demo only
	Bank      *bankdemo.Bank // demo only
	Jobs      *jobs.Runner
	Gate      *ui.Gate
	Routes    []ui.Route // the registry of everything that can be reached on portals

	AccountRoutes []ui.Route // and on account hosts

	people  *logindemo.Provider
	forms   formSource
	handler http.Handler
	stop    context.CancelFunc
	wg      sync.WaitGroup
	bases   sync.Map // host → base

	requests *obs.RequestLog
	served   atomic.Uint64 // requests that were answered

	closers []func() error
	changed []func() // told when the directory was read again
}

// Open opens database, keys and files and builds every feature and door. The
// schema must be current (Migrate) unless migrate is set.
func Open(ctx context.Context, o Options, migrate bool) (a *App, err error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	a = &App{o: o, Metrics: obs.NewMetrics(o.Version)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if f, ok := o.Log.(*os.File); ok { // elsewhere, in tests, lines are read at once
		lines := obs.NewLines(f)
		o.Log = lines
		a.closers = append(a.closers, lines.Close)
	}
	a.Log, a.requests = obs.NewLog(o.Log, o.Settings.LogLevel), obs.NewRequestLog(o.Log, o.Settings.LogLevel)
	if err := ui.CheckAssets(); err != nil {
		return a, err
	}
	root, err := seal.ReadRoot(o.Settings.RootKeyFile)
	if err != nil {
		return a, err
	}
	realms := map[ident.RealmID]string{}
	for slug, url := range o.Settings.RealmDatabases {
		realms[ident.RealmID(slug)] = url
	}
	if a.DB, err = db.Open(ctx, db.Config{URL: o.Settings.Database, Realms: realms, Clock: o.Clock, Readers: 8}); err != nil {
		return a, err
	}
	a.closers = append(a.closers, a.DB.Close)
	if migrate {
		if err := a.DB.Migrate(ctx); err != nil {
			return a, err
		}
	}
	if a.Blobs, err = blob.OpenDir(o.Settings.Data); err != nil {
		return a, fmt.Errorf("files: %w", err)
	}
	a.closers = append(a.closers, a.Blobs.Close)
	if a.Directory, err = tenancy.OpenDirectory(ctx, a.DB, root); err != nil {
		return a, err
	}
	if err := a.openDemo(); err != nil {
		return a, err
	}
	a.Relevance = relevance.New(relevance.Config{DB: a.DB, Directory: a.Directory})
	if err := a.Relevance.Refresh(ctx); err != nil {
		return a, err
	}
	a.Catalogue = catalogue.New(catalogue.Config{DB: a.DB, Directory: a.Directory, Learnt: a.Relevance.Learnt})
	if a.Shelf, err = forms.OpenShelf(ctx, a.DB); err != nil {
		return a, err
	}
	a.openLocal()
	a.Accounts = accounts.New(accounts.Config{DB: a.DB, Directory: a.Directory, Methods: a.logins(), Kinds: a.loginKinds(), Log: a.Log})
	if err := a.Accounts.Reload(ctx); err != nil {
		return a, err
	}
	a.Payments = payments.New(payments.Config{DB: a.DB, Directory: a.Directory, Providers: a.providers(), Log: a.Log,
		BaseURL: func(t ident.TenantID) string {
			door, ok := a.Directory.DoorOf(t)
			if !ok {
				return ""
			}
			return a.base(door.Portal)
		}})
	a.Delivery = delivery.New(delivery.Config{DB: a.DB, Directory: a.Directory, Connectors: a.connectors()})
	a.forms = formSource{a.Shelf, a.Catalogue, a.Directory}
	a.Cases = cases.New(cases.Config{DB: a.DB, Directory: a.Directory, Accounts: a.Accounts, Blobs: a.Blobs, Forms: a.forms, Payments: a.Payments, Delivery: a.Delivery})
	if err := a.openMail(); err != nil {
		return a, err
	}
	a.Jobs = jobs.New(jobs.Config{DB: a.DB, Workers: o.Settings.Workers, Log: a.Log})
	a.Jobs.Observe(a.Metrics.Job)
	a.subscribe()
	a.Gate = &ui.Gate{Directory: a.Directory, Accounts: a.Accounts, Secure: o.Settings.PublicScheme == "https", Base: a.base, Frame: a.frame(), Now: a.DB.Now}
	a.handler, err = a.mount()
	return a, err
}

// base is the address of a portal as people see it.
func (a *App) base(p tenancy.Portal) string {
	if b, ok := a.bases.Load(p.Host); ok {
		return b.(string)
	}
	s, host := a.o.Settings, p.Host
	if s.PublicPort != 0 {
		host = net.JoinHostPort(p.Host, strconv.Itoa(s.PublicPort))
	}
	b := s.PublicScheme + "://" + host
	a.bases.Store(p.Host, b)
	return b
}

// Handler serves all portals.
func (a *App) Handler() http.Handler { return a.handler }

// Start lets jobs run, keeps what is in memory current and compiles ahead what
// visitors will want.
func (a *App) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	a.stop = cancel
	follow := func(f func(context.Context)) {
		a.wg.Add(1)
		go func() { defer a.wg.Done(); f(ctx) }()
	}
	follow(func(ctx context.Context) {
		if err := a.Warm(ctx); err != nil && ctx.Err() == nil {
			a.Log.Error("not warmed up", "error", err.Error())
		}
		a.rest(ctx)
	})
	follow(func(ctx context.Context) { a.Directory.Follow(ctx, a.Log, a.directoryChanged) })
	follow(func(ctx context.Context) { a.Accounts.Follow(ctx, a.Log) })
	follow(func(ctx context.Context) { a.Catalogue.Follow(ctx, a.Log) })
	follow(func(ctx context.Context) { a.Relevance.Run(ctx, a.Log) })
	follow(func(ctx context.Context) { a.Shelf.Follow(ctx, a.Log) })
	if a.Bank != nil {
		follow(a.Bank.Run)
	}
	a.Jobs.Start()
}

func (a *App) directoryChanged() {
	for _, f := range a.changed {
		f()
	}
}

// Close stops the work and closes everything, in reverse order.
func (a *App) Close() error {
	if a.stop != nil {
		a.Jobs.Stop()
		a.stop()
		a.wg.Wait()
	}
	var err error
	for i := len(a.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, a.closers[i]())
	}
	a.closers = nil
	return err
}

// Warm compiles what the first visitor of each portal would wait for: first the
// pages of all, then the search of all.
func (a *App) Warm(ctx context.Context) error {
	tenants := a.Directory.Tenants("")
	views := make([]*catalogue.View, 0, len(tenants))
	for _, t := range tenants {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		v, err := a.Catalogue.Published(ctx, t.ID)
		if errs.Is(err, errs.KindNotFound) {
			continue // a tenant without a portal yet
		}
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	for _, v := range views {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		v.Index()
	}
	return nil
}

// Serve answers on the public and the management listener until ctx ends, then
// lets running requests finish.
func (a *App) Serve(ctx context.Context, public, management net.Listener) error {
	srv := &http.Server{Handler: a.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 120 * time.Second, IdleTimeout: 120 * time.Second, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug)}
	mgmt := &http.Server{Handler: a.Management(), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 2)
	go func() { failed <- srv.Serve(public) }()
	go func() { failed <- mgmt.Serve(management) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	end, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, srv.Shutdown(end), mgmt.Shutdown(end))
}
