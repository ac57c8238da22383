package portals

import (
	"embed"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/demo"
	"stadttor/internal/accounts/loginstest"
	"stadttor/internal/catalogue"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

//go:embed *.xml
var files embed.FS

// Hosts of the three portals.
const (
	Kreis  = "kreis.localhost"
	Astadt = "astadt.localhost"
	Bdorf  = "bdorf.localhost"
)

// Realm is the small realm.
type Realm struct {
	DB        *db.DB
	Clock     *clock.Fake // a Tuesday in winter, 10 o'clock in Berlin
	Directory *tenancy.Directory
	Catalogue *catalogue.Catalogue
	Accounts  *accounts.Service
	Gate      *ui.Gate
	// Errors that reached the error page with status 500 or more.
	Failures []error

	people *demo.Provider
}

// Operator is who set the realm up.
var Operator = perm.System{Name: "test"}

// Open makes the realm; it goes with the test.
func Open(t testing.TB) *Realm {
	t.Helper()
	ctx := t.Context()
	r := &Realm{Clock: clock.NewFake(dbtest.Start)}
	r.DB = dbtest.Open(t, "sqlite", r.Clock)
	var err error
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r.Directory, err = tenancy.OpenDirectory(ctx, r.DB, seal.Random())
	fail(err)
	realm, err := r.Directory.CreateRealm(ctx, Operator, tenancy.Realm{Slug: "musterkreis", Name: "Musterkreis", Lead: "kreis", AccountHost: "konto.muster.example"})
	fail(err)
	tenants := map[string]tenancy.Tenant{}
	for _, x := range []tenancy.Tenant{
		{Slug: "kreis", Name: "Musterkreis", Kind: tenancy.KindKreis, Sign: "KRS", ARS: "990010000000", Settings: tenancy.Settings{ShortName: "Musterkreis"}},
		{Slug: "astadt", Name: "Stadt Astadt", Kind: tenancy.KindStadt, Sign: "AST", ARS: "990010001001", Settings: tenancy.Settings{ShortName: "Astadt", Places: []tenancy.Place{{PLZ: "00101", Name: "Astadt"}, {PLZ: "00103", Name: "Astadt", District: "Mühlheim"}}}},
		{Slug: "bdorf", Name: "Gemeinde Bdorf", Kind: tenancy.KindGemeinde, Sign: "BDO", ARS: "990010001002", Settings: tenancy.Settings{ShortName: "Bdorf", Places: []tenancy.Place{{PLZ: "00102", Name: "Bdorf"}, {PLZ: "00103", Name: "Bdorf", District: "Oberfeld"}}}},
	} {
		x.Realm = realm.ID
		x.Contact = tenancy.Contact{Street: "Marktplatz 1", PLZ: "00101", City: "Astadt", Phone: "00000 101-0", Mail: "info@" + x.Slug + ".example"}
		ten, err := r.Directory.CreateTenant(ctx, Operator, x)
		fail(err)
		tenants[x.Slug] = ten
		p := tenancy.PortalSettings{
			Look: tenancy.DefaultLook("Serviceportal "+x.ShortName, ""), Opening: "Willkommen.\n\nUnser zweiter Absatz.",
			Imprint:       tenancy.Imprint{Provider: x.Name, RepresentedBy: "Bürgermeisterin"},
			Privacy:       tenancy.Privacy{Controller: x.Name, OfficerTo: "Datenschutzstelle", Officer: tenancy.Contact{Mail: "datenschutz@" + x.Slug + ".example"}},
			Accessibility: tenancy.Accessibility{Status: "teilweise", Date: "2026-09-21", Method: "Selbstbewertung", Gaps: []string{"Ein Plan ist nur als Bild da."}, Feedback: tenancy.Contact{Mail: "barriere@" + x.Slug + ".example"}},
			Notices:       []tenancy.Notice{{Kind: "warning", Title: "Rathaus zu", Text: "Am Mittwoch bleibt zu.", Until: "2026-12-02"}, {Kind: "info", Title: "Vorbei", Text: "Das ist vorbei.", Until: "2026-11-30"}},
		}
		fail(r.Directory.SavePortal(ctx, Operator, ten.Scope(), tenancy.Portal{Tenant: ten.ID, Host: x.Slug + ".localhost", PortalSettings: p}))
	}
	fail(r.Directory.Reload(ctx))
	r.Catalogue = catalogue.New(catalogue.Config{DB: r.DB, Directory: r.Directory})
	take := func(file string, target tenancy.Layer) {
		t.Helper()
		f, err := files.Open(file)
		fail(err)
		defer f.Close()
		rep, err := r.Catalogue.Import(ctx, Operator, target, f, catalogue.ImportOptions{Publish: true})
		fail(err)
		if n := rep.Counts["refused"]; n > 0 {
			t.Fatalf("%s: %+v", file, rep.Lines)
		}
	}
	take("library.xml", tenancy.Layer{Realm: realm})
	for slug, ten := range tenants {
		take(slug+".xml", tenancy.Layer{Realm: realm, Tenant: &ten})
	}
	fail(r.Catalogue.SaveSituations(ctx, Operator, realm, []catalogue.Situation{
		{Slug: "tiere", Name: "Tiere", Line: "Hund, Angeln", Intro: "Rund um das Tier.", Icon: "pets", Order: 1},
		{Slug: "bauen", Name: "Bauen", Line: "Haus und Hof", Intro: "Rund um den Bau.", Icon: "foundation", Order: 2},
	}))
	fail(r.Directory.Reload(ctx))
	r.people, err = demo.New(demo.Config{Demo: true, Clock: r.Clock, Stylesheet: func() string { return "/x.css" }, RealmOf: func(string) string { return realm.Slug },
		Citizens: []demo.Citizen{{Slug: "kim", Realm: realm.Slug, Levels: []perm.Level{perm.LevelBasis}, Profile: accounts.Profile{accounts.AttrGiven: {Value: pii.New("Kim")}, accounts.AttrFamily: {Value: pii.New("Zzmarke")}}}}})
	fail(err)
	r.Accounts = accounts.New(accounts.Config{DB: r.DB, Directory: r.Directory, Methods: []accounts.Named{{Name: demo.Name, Title: "Demo", Method: r.people, Citizens: true}}})
	r.Gate = &ui.Gate{Directory: r.Directory, Accounts: r.Accounts, Now: r.Clock.Now,
		Base: func(p tenancy.Portal) string { return "https://" + p.Host },
		Frame: func(d tenancy.Door, l locale.Lang) ui.Portal {
			p := locale.For(l)
			return ui.Portal{Look: d.Portal.Look, Operator: d.Tenant.Name, Nav: ui.CitizenNav(p), Legal: ui.LegalLinks(p), SearchURL: "/suche", SignInURL: "/anmelden", SimpleLanguage: "/leichte-sprache", SignLanguage: "/gebaerdensprache"}
		}}
	return r
}

// Door is the door of a host.
func (r *Realm) Door(host string) tenancy.Door {
	d, ok := r.Directory.ByHost(host)
	if !ok {
		panic("no portal at " + host)
	}
	return d
}

// Handler mounts routes behind the gate.
func (r *Realm) Handler(routes []ui.Route) http.Handler {
	e := ui.Errors{Page: ui.PageOf, Log: func(_ *http.Request, status int, err error) {
		if status >= 500 {
			r.Failures = append(r.Failures, err)
		}
	}}
	mux := http.NewServeMux()
	ui.Mount(mux, e, routes)
	mux.Handle("/", e.Handle(ui.NotFound))
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		in, err := r.Gate.Enter(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, in)
	})
}

// Get asks for a path; headers are name, value pairs.
func Get(h http.Handler, host, path string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, "http://"+host, nil)
	if u, err := url.ParseRequestURI(path); err == nil {
		req.URL.Path, req.URL.RawPath, req.URL.RawQuery = u.Path, u.RawPath, u.RawQuery
	} else {
		req.URL.Path, req.URL.RawQuery, _ = strings.Cut(path, "?")
	}
	req.RequestURI = path
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

// SignIn gives the cookie of Kim Zzmarke, signed in at a portal.
func (r *Realm) SignIn(t testing.TB, host string) string {
	t.Helper()
	door := r.Door(host)
	entry, _, err := loginstest.New(r.Accounts, r.Directory, func(begun accounts.Begun) url.Values {
		u, err := url.Parse(begun.Redirect)
		if err != nil {
			t.Fatal(err)
		}
		form := url.Values{"versuch": {u.Query().Get("versuch")}, "person": {"kim"}, "niveau": {perm.LevelBasis.String()}}
		req := httptest.NewRequest(http.MethodPost, begun.Redirect, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		r.people.ServeHTTP(w, req)
		back, err := url.Parse(w.Header().Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return back.Query()
	}).SignIn(t.Context(), door, demo.Name, perm.LevelBasis)
	if err != nil {
		t.Fatal(err)
	}
	return r.Gate.Cookie(ui.CookieCitizen) + "=" + entry.Secret
}
