package officetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/accounts"
	logindemo "stadttor/internal/accounts/demo"
	demofiles "stadttor/internal/app/demo/catalogue"
	"stadttor/internal/blob"
	"stadttor/internal/cases"
	"stadttor/internal/catalogue"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/delivery"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/payments"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/relevance"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

// Operator sets the town up.
var Operator = perm.System{Name: "test"}

// Form is the test's own form, free of charge, with a file: "gartenfest".
const Form = `{"id":"gartenfest","version":1,"title":"Gartenfest anmelden","level":"none","purpose":"Wir brauchen die Angaben für die Anmeldung.","legal":["§ 1 Festsatzung"],"next":["Wir prüfen die Anmeldung."],
	"params":[
		{"id":"satz","type":"amount","label":"Standgeld","default":1500,"min":0,"max":100000},
		{"id":"laut_bis","type":"number","label":"Musik bis","hint":"Stunde am Abend","default":22,"min":18,"max":24},
		{"id":"platz","type":"text","label":"Festplatz","default":"Anger"},
		{"id":"regen","type":"yesno","label":"Auch bei Regen","default":true},
		{"id":"saison","type":"date","label":"Beginn der Saison","default":"2027-04-01"},
		{"id":"tage","type":"dates","label":"Festtage","default":["2027-05-01"]},
		{"id":"zonen","type":"table","label":"Plätze","columns":[{"id":"preis","type":"amount","label":"Preis"},{"id":"plaetze","type":"number","label":"Stände"}],"default":[{"code":"A","label":"Anger","preis":1000,"plaetze":4}]}],
	"steps":[
		{"id":"person","title":"Wer feiert?","fields":[
			{"id":"vorname","type":"text","label":"Vorname","prefill":"vorname","charset":"A","personal":true,"why":"Für den Bescheid."},
			{"id":"familienname","type":"text","label":"Familienname","prefill":"familienname","charset":"A","personal":true,"why":"Für den Bescheid."}]},
		{"id":"fest","title":"Was ist geplant?","fields":[
			{"id":"gaeste","type":"number","label":"Zahl der Gäste","min":1,"max":500}]},
		{"id":"plan","title":"Lageplan","fields":[
			{"id":"lageplan","type":"file","label":"Lageplan","optional":true,"file":{"kinds":["pdf","png"],"maxBytes":200000,"maxCount":3}}]}]}`

// PaidForm costs 12,00 € a piece on-line: "urkunde".
const PaidForm = `{"id":"urkunde","version":1,"title":"Urkunde bestellen","level":"none","purpose":"Wir brauchen die Angaben für die Urkunde.","payment":true,"retentionDays":100,"steps":[
	{"id":"person","title":"Wer bestellt?","fields":[
		{"id":"familienname","type":"text","label":"Familienname","prefill":"familienname","charset":"A","personal":true,"why":"Für die Urkunde."}]},
	{"id":"anzahl","title":"Wie viele?","fields":[
		{"id":"stueck","type":"number","label":"Stück","min":1,"max":9}]}],
	"fees":[{"id":"urkunde","label":"Urkunde","unit":{"cents":1200},"quantity":{"field":"stueck"}}]}`

// Town is two authorities, Torhausen and Aulenried. Torhausen has the units
// ordnungsamt, in charge of every form, and steueramt.
type Town struct {
	T          testing.TB
	DB         *db.DB
	Clock      *clock.Fake
	Directory  *tenancy.Directory
	Accounts   *accounts.Service
	Catalogue  *catalogue.Catalogue
	Relevance  *relevance.Service
	Shelf      *forms.Shelf
	Payments   *payments.Service
	Delivery   *delivery.Service
	Cases      *cases.Service
	Jobs       *jobs.Runner
	Gate       *ui.Gate
	Bank       *paymentstest.Bank
	Partner    *Partner
	Torhausen  tenancy.Tenant
	Aulenried  tenancy.Tenant
	Ordnung    ident.UnitID
	Steuer     ident.UnitID
	login      *logindemo.Provider
	handler    http.Handler
	logged     []string // errors that became pages
	loggedLock sync.Mutex
}

// Partner is a delivery connector in memory.
type Partner struct {
	mu   sync.Mutex
	down bool
	got  int
}

// Fail makes every delivery fail from now on, or work again.
func (p *Partner) Fail(on bool) { p.mu.Lock(); p.down = on; p.mu.Unlock() }

// Got is the number of parcels that arrived.
func (p *Partner) Got() int { p.mu.Lock(); defer p.mu.Unlock(); return p.got }

// Deliver implements delivery.Connector.
func (p *Partner) Deliver(_ context.Context, x delivery.Parcel) (delivery.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return delivery.Receipt{}, fmt.Errorf("partner is down")
	}
	for _, f := range x.Files {
		r, err := f.Open()
		if err != nil {
			return delivery.Receipt{}, err
		}
		_, err = io.Copy(io.Discard, r)
		if err := r.Close(); err != nil {
			return delivery.Receipt{}, err
		}
		if err != nil {
			return delivery.Receipt{}, err
		}
	}
	p.got++
	return delivery.Receipt{Ref: fmt.Sprintf("eingang-%d", p.got)}, nil
}

// source tells cases which forms there are.
type source struct{ w *Town }

func (s source) Current(r ident.RealmID, _ ident.TenantID, form string) (*forms.Definition, bool) {
	return s.w.Shelf.Current(r, form)
}

func (s source) Version(r ident.RealmID, form string, version int) (*forms.Definition, bool) {
	return s.w.Shelf.Version(r, form, version)
}

func (s source) Env(t tenancy.Tenant, form string, now time.Time) forms.Env {
	return forms.Env{Today: clock.Date(now), Now: now, Params: t.Params[form]}
}

func (s source) Role(tenancy.Tenant, string, string) string { return "ordnungsamt" }

// Roles are the members of staff of each authority, by the name with which
// they sign in: one for each role in all units, and clerks of one unit only.
func Roles() (names []string) {
	for _, row := range perm.Table() {
		names = append(names, string(row.Role))
	}
	return append(names, "steuer", "ordnung", "ordnung-leitung", "nobody")
}

// New founds the town on SQLite.
func New(t testing.TB) *Town {
	t.Helper()
	c := clock.NewFake(dbtest.Start)
	w := &Town{T: t, Clock: c, DB: dbtest.Open(t, "sqlite", c), Bank: paymentstest.NewBank("bank"), Partner: &Partner{}}
	ctx := t.Context()
	var err error
	w.Directory, err = tenancy.OpenDirectory(ctx, w.DB, seal.Random())
	w.must(err)
	realm, err := w.Directory.CreateRealm(ctx, Operator, tenancy.Realm{Slug: "kreis-musterland", Name: "Kreis Musterland", Lead: "torhausen"})
	w.must(err)
	for i, x := range []*tenancy.Tenant{&w.Torhausen, &w.Aulenried} {
		*x = w.tenant(realm.ID, i)
	}
	w.must(w.Directory.Reload(ctx))
	w.features()
	w.content()
	w.staff()
	return w
}

func (w *Town) tenant(realm ident.RealmID, i int) tenancy.Tenant {
	w.T.Helper()
	ctx := w.T.Context()
	slug, name, sign := []string{"torhausen", "aulenried"}[i], []string{"Torhausen", "Aulenried"}[i], []string{"TOR", "AUL"}[i]
	x, err := w.Directory.CreateTenant(ctx, Operator, tenancy.Tenant{Realm: realm, Slug: slug, Name: "Stadt " + name, Kind: tenancy.KindStadt, Sign: sign, ARS: fmt.Sprintf("99001000100%d", i),
		Settings: tenancy.Settings{ShortName: name, DraftDays: 30, RetentionDays: 365, Contact: tenancy.Contact{Street: "Rathausplatz 1", PLZ: "00101", City: name, Phone: "00000 123-0", Mail: "post@" + slug + ".example"}}})
	w.must(err)
	w.must(w.Directory.SavePortal(ctx, Operator, x.Scope(), tenancy.Portal{Tenant: x.ID, Host: "service." + slug + ".localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("Serviceportal "+name, "")}}))
	ordnung, err := w.Directory.SaveUnit(ctx, Operator, x.Scope(), tenancy.Unit{Tenant: x.ID, Slug: "ordnungsamt", Name: "Ordnungsamt", Roles: []string{"ordnungsamt"}})
	w.must(err)
	steuer, err := w.Directory.SaveUnit(ctx, Operator, x.Scope(), tenancy.Unit{Tenant: x.ID, Slug: "steueramt", Name: "Steueramt", Roles: []string{"steueramt"}})
	w.must(err)
	if i == 0 {
		w.Ordnung, w.Steuer = ordnung, steuer
	}
	w.must(w.Directory.Reload(ctx)) // the new tenant's key
	w.must(w.Directory.SaveExtension(ctx, Operator, x.Scope(), tenancy.Extension{Port: payments.Port, Name: "bank", Enabled: true, Settings: json.RawMessage(`{}`)}))
	w.must(w.Directory.SaveExtension(ctx, Operator, x.Scope(), tenancy.Extension{Port: delivery.Port, Name: "partner", Enabled: true, Settings: json.RawMessage(`{}`)}))
	return x
}

func (w *Town) features() {
	w.T.Helper()
	var people []logindemo.Staff
	for _, t := range []tenancy.Tenant{w.Torhausen, w.Aulenried} {
		for _, name := range Roles() {
			people = append(people, logindemo.Staff{Slug: name, Name: "Zz " + name, Tenant: t.Slug})
		}
	}
	var err error
	w.login, err = logindemo.New(logindemo.Config{Demo: true, Clock: w.Clock, Staff: people, Stylesheet: func() string { return "" }, RealmOf: func(string) string { return "kreis-musterland" }})
	w.must(err)
	w.Accounts = accounts.New(accounts.Config{DB: w.DB, Directory: w.Directory, Methods: []accounts.Named{{Name: logindemo.Name, Title: "Demo-Anmeldung", Method: w.login, Citizens: true, Staff: true}}})
	w.Relevance = relevance.New(relevance.Config{DB: w.DB, Directory: w.Directory})
	w.Catalogue = catalogue.New(catalogue.Config{DB: w.DB, Directory: w.Directory, Learnt: w.Relevance.Learnt})
	w.Shelf, err = forms.OpenShelf(w.T.Context(), w.DB)
	w.must(err)
	w.Payments = payments.New(payments.Config{DB: w.DB, Directory: w.Directory, Providers: map[string]payments.Factory{"bank": w.Bank.Factory}, BaseURL: func(ident.TenantID) string { return "https://service.torhausen.localhost" }})
	w.Delivery = delivery.New(delivery.Config{DB: w.DB, Directory: w.Directory, Connectors: map[string]delivery.Factory{"partner": func(json.RawMessage) (delivery.Connector, error) { return w.Partner, nil }}})
	blobs, err := blob.OpenDir(w.T.TempDir())
	w.must(err)
	w.T.Cleanup(func() { _ = blobs.Close() })
	w.Cases = cases.New(cases.Config{DB: w.DB, Directory: w.Directory, Blobs: blobs, Forms: source{w}, Payments: w.Payments, Delivery: w.Delivery})
	w.Jobs = jobs.New(jobs.Config{DB: w.DB})
	jobs.Outside(w.Jobs, "receipt", w.Cases.MakeReceipt, nil)
	jobs.Outside(w.Jobs, "send", w.Cases.Deliver, w.Cases.DeliverFailed)
	jobs.Inside(w.Jobs, "cases", w.Cases.Paid)
	jobs.Outside(w.Jobs, "ask", w.Payments.Reconcile, w.Payments.GiveUp)
	w.Gate = &ui.Gate{Directory: w.Directory, Accounts: w.Accounts, Now: w.DB.Now, Base: func(p tenancy.Portal) string { return "http://" + p.Host },
		Frame: func(d tenancy.Door, lang locale.Lang) ui.Portal {
			return ui.Portal{Look: d.Portal.Look, Operator: d.Tenant.Name, Nav: ui.CitizenNav(locale.For(lang)), Legal: ui.LegalLinks(locale.For(lang)), SearchURL: "/suche", SignInURL: "/anmelden", Demo: true}
		}}
}

// content fills library and shelf.
func (w *Town) content() {
	w.T.Helper()
	ctx := w.T.Context()
	realm, _ := w.Directory.Realm(w.Torhausen.Realm)
	for _, text := range []string{Form, PaidForm} {
		if findings, err := w.Shelf.Publish(ctx, Operator, realm.Scope(), []byte(text)); err != nil {
			w.T.Fatal(err, findings)
		}
	}
	w.must(w.Shelf.Reload(ctx))
	library := tenancy.Layer{Realm: realm}
	f, err := demofiles.Files.Open("bibliothek-musterland-steuern.xml")
	w.must(err)
	defer f.Close()
	_, err = w.Catalogue.Import(ctx, Operator, library, f, catalogue.ImportOptions{Publish: true})
	w.must(err)
	w.must(w.Catalogue.Save(ctx, Operator, library, catalogue.Service{ID: "test.gartenfest", Slug: "gartenfest", Title: "Gartenfest", LeiKa: "99000000000001", Role: "ordnungsamt", Form: "gartenfest",
		Short: "<p>Ein Fest im Garten <strong>anmelden</strong>.</p>", Legal: "<p>§ 1 Festsatzung</p>", Fees: []catalogue.Fee{{Text: "Anmeldung", From: 1500}}}, 0, true))
	w.must(w.Catalogue.Save(ctx, Operator, library, catalogue.Service{ID: "test.urkunde", Slug: "urkunde", Title: "Urkunde", Role: "ordnungsamt", Form: "urkunde"}, 0, true))
	for _, t := range []*tenancy.Tenant{&w.Torhausen, &w.Aulenried} {
		for _, id := range []string{"test.gartenfest", "test.urkunde"} {
			w.must(w.Catalogue.SetOffer(ctx, Operator, tenancy.Layer{Realm: realm, Tenant: t}, id, "", true))
		}
	}
	w.must(w.Catalogue.Refresh(ctx))
}

func (w *Town) staff() {
	w.T.Helper()
	for _, t := range []tenancy.Tenant{w.Torhausen, w.Aulenried} {
		unit := func(slug string) ident.UnitID {
			u, _ := w.Directory.UnitFor(t.ID, slug)
			return u.ID
		}
		for _, name := range Roles() {
			grants := []perm.Grant{{Role: perm.Role(name)}}
			switch name {
			case "steuer":
				grants = []perm.Grant{{Role: perm.Caseworker, Unit: unit("steueramt")}}
			case "ordnung":
				grants = []perm.Grant{{Role: perm.Caseworker, Unit: unit("ordnungsamt")}}
			case "ordnung-leitung":
				grants = []perm.Grant{{Role: perm.Lead, Unit: unit("ordnungsamt")}}
			case "nobody":
				grants = nil
			}
			_, err := w.Accounts.SaveStaff(w.T.Context(), Operator, t, logindemo.Name, name, pii.New("Zz "+name), grants)
			w.must(err)
		}
	}
}

func (w *Town) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// Drain runs all jobs that are due.
func (w *Town) Drain() {
	w.T.Helper()
	_, err := w.Jobs.Drain(w.T.Context())
	w.must(err)
}

// Person is a signed-in citizen of the realm.
func (w *Town) Person(name string) perm.Citizen {
	return perm.Citizen{Realm: w.Torhausen.Realm, Tenant: w.Torhausen.ID, Person: ident.PersonID(strings.Repeat("0", 26-len(name)) + name), Level: perm.LevelHigh, Means: "test"}
}

// PDF is a small harmless upload.
var PDF = []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")

// Sent gives an application "gartenfest" to an authority, received, with a file.
func (w *Town) Sent(to tenancy.Tenant, c perm.Citizen) cases.Submission {
	w.T.Helper()
	c.Tenant = to.ID
	d, secret, err := w.Cases.StartDraft(w.T.Context(), c, "gartenfest", "gartenfest")
	w.must(err)
	p := cases.Proof{Secret: secret}
	w.page(c, p, d.ID, "person", url.Values{"vorname": {"Canarina"}, "familienname": {"Kanarienvogel"}})
	w.page(c, p, d.ID, "fest", url.Values{"gaeste": {"40"}})
	d = w.page(c, p, d.ID, "plan", nil, cases.Upload{Field: "lageplan", Name: "Plan für Süd.pdf", Body: bytes.NewReader(PDF)})
	return w.submit(c, p, d)
}

// Owed gives an application "urkunde" that waits for its payment.
func (w *Town) Owed(c perm.Citizen) cases.Submission {
	w.T.Helper()
	d, secret, err := w.Cases.StartDraft(w.T.Context(), c, "urkunde", "urkunde")
	w.must(err)
	p := cases.Proof{Secret: secret}
	w.page(c, p, d.ID, "person", url.Values{"familienname": {"Kanarienvogel"}})
	return w.submit(c, p, w.page(c, p, d.ID, "anzahl", url.Values{"stueck": {"2"}}))
}

func (w *Town) submit(c perm.Citizen, p cases.Proof, d cases.Draft) cases.Submission {
	w.T.Helper()
	s, err := w.Cases.Submit(w.T.Context(), c, d.ID, p, cases.Sending{Key: "key-of-the-check-page-" + string(d.ID), Confirmed: true, Version: d.Version})
	w.must(err)
	return s
}

func (w *Town) page(c perm.Citizen, p cases.Proof, id ident.CaseID, page string, in url.Values, up ...cases.Upload) cases.Draft {
	w.T.Helper()
	d, problems, err := w.Cases.Answer(w.T.Context(), c, id, p, cases.Sent{Page: page, Values: in, Uploads: up})
	w.must(err)
	if len(problems) > 0 {
		w.T.Fatalf("page %s: %+v", page, problems)
	}
	return d
}
