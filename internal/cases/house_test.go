package cases_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/blob"
	"stadttor/internal/cases"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/payments"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

var op = perm.System{Name: "test"}

// free costs nothing and needs no sign-in; paid costs 12,00 € a piece on-line
// and needs the level substantial.
const (
	free = `{"id":"gartenfest","version":1,"title":"Gartenfest anmelden","level":"none","purpose":"Wir brauchen die Angaben für die Anmeldung.","legal":["§ 1 Festsatzung"],"next":["Wir prüfen die Anmeldung."],"steps":[
		{"id":"person","title":"Wer feiert?","fields":[
			{"id":"vorname","type":"text","label":"Vorname","prefill":"vorname","charset":"A","personal":true,"why":"Für den Bescheid."},
			{"id":"familienname","type":"text","label":"Familienname","prefill":"familienname","charset":"A","personal":true,"why":"Für den Bescheid."}]},
		{"id":"fest","title":"Was ist geplant?","fields":[
			{"id":"gaeste","type":"number","label":"Zahl der Gäste","min":1,"max":500}]},
		{"id":"plan","title":"Lageplan","fields":[
			{"id":"lageplan","type":"file","label":"Lageplan","optional":true,"file":{"kinds":["pdf","png"],"maxBytes":200000,"maxCount":3}}]}]}`
	paid = `{"id":"urkunde","version":3,"title":"Urkunde bestellen","level":"substantiell","purpose":"Wir brauchen die Angaben für die Urkunde.","payment":true,"retentionDays":100,"steps":[
		{"id":"person","title":"Wer bestellt?","fields":[
			{"id":"familienname","type":"text","label":"Familienname","prefill":"familienname","charset":"A","personal":true,"why":"Für die Urkunde."}]},
		{"id":"anzahl","title":"Wie viele?","fields":[
			{"id":"stueck","type":"number","label":"Stück","min":1,"max":9}]}],
		"fees":[{"id":"urkunde","label":"Urkunde","unit":{"cents":1200},"quantity":{"field":"stueck"}}]}`
)

// shelf is a FormSource of fixed forms.
type shelf map[string]*forms.Definition

func (s shelf) Current(_ ident.RealmID, _ ident.TenantID, form string) (*forms.Definition, bool) {
	d, ok := s[form]
	return d, ok
}

func (s shelf) Version(_ ident.RealmID, form string, version int) (*forms.Definition, bool) {
	d, ok := s[form]
	return d, ok && d.Version == version
}

func (s shelf) Env(_ tenancy.Tenant, _ string, now time.Time) forms.Env {
	return forms.Env{Today: clock.Date(now), Now: now}
}

func (s shelf) Role(tenancy.Tenant, string, string) string { return "ordnungsamt" }

// partner is a delivery connector in memory.
type partner struct {
	mu      sync.Mutex
	parcels map[ident.ParcelID]map[string][]byte
	events  []string
	down    bool
}

func (p *partner) Deliver(_ context.Context, x delivery.Parcel) (delivery.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return delivery.Receipt{}, fmt.Errorf("partner is down")
	}
	got := map[string][]byte{}
	for _, f := range x.Files {
		r, err := f.Open()
		if err != nil {
			return delivery.Receipt{}, err
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return delivery.Receipt{}, err
		}
		_ = r.Close()
		got[f.Name] = b
	}
	if have, ok := p.parcels[x.ID]; ok {
		for n, b := range got {
			if !bytes.Equal(have[n], b) {
				return delivery.Receipt{}, errs.Conflict("different")
			}
		}
		return delivery.Receipt{Ref: "again"}, nil
	}
	p.parcels[x.ID] = got
	p.events = append(p.events, strings.SplitN(x.Event, ":", 2)[0])
	return delivery.Receipt{Ref: "ok"}, nil
}

// town is two tenants of one realm with everything a case needs.
type town struct {
	t          *testing.T
	d          *db.DB
	c          *clock.Fake
	dir        *tenancy.Directory
	root       seal.Key
	files      string
	a, b       tenancy.Tenant
	ordnung    ident.UnitID // of a, serves both forms
	steuer     ident.UnitID // of a
	forms      shelf
	bank       *paymentstest.Bank
	partner    *partner
	pay        *payments.Service
	acc        *accounts.Service
	svc        *cases.Service
	runner     *jobs.Runner
	telling    sync.Mutex
	told       []string // kinds of events; those of one drain in any order
	scan       func(context.Context, io.Reader) error
	blobs      *blob.Dir
	deliveries *delivery.Service
}

func each(t *testing.T, fn func(t *testing.T, w *town)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) { fn(t, found(t, d, c)) })
}

func found(t *testing.T, d *db.DB, c *clock.Fake) *town {
	t.Helper()
	ctx := t.Context()
	w := &town{t: t, d: d, c: c, root: seal.Random(), files: t.TempDir(), forms: shelf{}, bank: paymentstest.NewBank("bank"), partner: &partner{parcels: map[ident.ParcelID]map[string][]byte{}}}
	for _, src := range []string{free, paid} {
		def, findings := forms.Parse([]byte(src))
		if def == nil {
			t.Fatal(findings)
		}
		w.forms[def.ID] = def
	}
	var err error
	w.dir, err = tenancy.OpenDirectory(ctx, d, w.root)
	w.must(err)
	r, err := w.dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis-musterland", Name: "Kreis Musterland", Lead: "torhausen"})
	w.must(err)
	for i, x := range []*tenancy.Tenant{&w.a, &w.b} {
		slug, sign := []string{"torhausen", "aulenried"}[i], []string{"TOR", "AUL"}[i]
		*x, err = w.dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: r.ID, Slug: slug, Name: "Stadt " + slug, Kind: tenancy.KindStadt, Sign: sign, ARS: fmt.Sprintf("99001000100%d", i),
			Settings: tenancy.Settings{DraftDays: 30, RetentionDays: 365, Contact: tenancy.Contact{Street: "Rathausplatz 1", PLZ: "00101", City: slug, Phone: "00000 123-0", Mail: "post@" + slug + ".example"}}})
		w.must(err)
		w.must(w.dir.SavePortal(ctx, op, x.Scope(), tenancy.Portal{Tenant: x.ID, Host: "service." + slug + ".localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("Serviceportal", "")}}))
		id, err := w.dir.SaveUnit(ctx, op, x.Scope(), tenancy.Unit{Tenant: x.ID, Slug: "ordnungsamt", Name: "Ordnungsamt", Roles: []string{"ordnungsamt"}})
		w.must(err)
		if i == 0 {
			w.ordnung = id
			w.steuer, err = w.dir.SaveUnit(ctx, op, x.Scope(), tenancy.Unit{Tenant: x.ID, Slug: "steueramt", Name: "Steueramt", Roles: []string{"steueramt"}})
			w.must(err)
		}
		w.must(w.dir.Reload(ctx)) // the new tenant's key
		w.must(w.dir.SaveExtension(ctx, op, x.Scope(), tenancy.Extension{Port: payments.Port, Name: "bank", Enabled: true, Settings: json.RawMessage(`{}`)}))
		w.must(w.dir.SaveExtension(ctx, op, x.Scope(), tenancy.Extension{Port: delivery.Port, Name: "partner", Enabled: true, Settings: json.RawMessage(`{}`)}))
	}
	w.must(w.dir.Reload(ctx))
	w.blobs, err = blob.OpenDir(w.files)
	w.must(err)
	t.Cleanup(func() { _ = w.blobs.Close() })
	w.start()
	return w
}

// start makes the services as app does; again after a restart.
func (w *town) start() {
	w.pay = payments.New(payments.Config{DB: w.d, Directory: w.dir, Providers: map[string]payments.Factory{"bank": w.bank.Factory}, BaseURL: func(ident.TenantID) string { return "https://service.torhausen.localhost" }})
	w.deliveries = delivery.New(delivery.Config{DB: w.d, Directory: w.dir, Connectors: map[string]delivery.Factory{"partner": func(json.RawMessage) (delivery.Connector, error) { return w.partner, nil }}})
	w.acc = accounts.New(accounts.Config{DB: w.d, Directory: w.dir})
	w.svc = cases.New(cases.Config{DB: w.d, Accounts: w.acc, Directory: w.dir, Blobs: w.blobs, Forms: w.forms, Payments: w.pay, Delivery: w.deliveries,
		Scan: func(ctx context.Context, r io.Reader) error {
			if w.scan == nil {
				return nil
			}
			return w.scan(ctx, r)
		}})
	r := jobs.New(jobs.Config{DB: w.d})
	jobs.Outside(r, "receipt", w.svc.MakeReceipt, nil)
	jobs.Outside(r, "cases", w.svc.Deliver, w.svc.DeliverFailed)
	jobs.Inside(r, "cases", w.svc.Paid)
	jobs.Inside(r, "cases", w.svc.PaymentFlagged)
	jobs.Outside(r, "sweep", w.svc.Sweep, nil)
	jobs.Outside(r, "cases", w.svc.PersonErased, nil)
	jobs.Inside(r, "accounts", hears[cases.OnBehalf](w))
	jobs.Inside(r, "mail", hears[cases.Submitted](w))
	jobs.Inside(r, "mail", hears[cases.Asked](w))
	jobs.Inside(r, "mail", hears[cases.Decided](w))
	w.runner = r
}

// hears notes the kind of what it is told; jobs of one drain run side by side.
func hears[E jobs.Job](w *town) func(context.Context, *db.Tx, E) error {
	return func(_ context.Context, _ *db.Tx, e E) error {
		w.telling.Lock()
		defer w.telling.Unlock()
		w.told = append(w.told, e.Kind())
		return nil
	}
}

// reopen is what a restarted program does with the same data.
func (w *town) reopen() {
	w.t.Helper()
	dir, err := tenancy.OpenDirectory(w.t.Context(), w.d, w.root)
	w.must(err)
	w.dir = dir
	w.start()
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) want(err error, k errs.Kind, key string) {
	w.t.Helper()
	if !errs.Is(err, k) || key != "" && errs.KeyOf(err) != key {
		w.t.Fatalf("want %s %s, got %v", k, key, err)
	}
}

func (w *town) drain() {
	w.t.Helper()
	_, err := w.runner.Drain(w.t.Context())
	w.must(err)
}

func (w *town) citizen(name string, l perm.Level) perm.Citizen {
	id := ident.PersonID(strings.Repeat("0", 26-len(name)) + name)
	return perm.Citizen{Realm: w.a.Realm, Tenant: w.a.ID, Person: id, Level: l, Means: "test"}
}

func (w *town) guest() perm.Citizen { return perm.Citizen{Realm: w.a.Realm, Tenant: w.a.ID} }

func (w *town) staff(name string, role perm.Role, u ident.UnitID) perm.Staff {
	w.t.Helper()
	list := []perm.Grant{{Role: role, Unit: u}}
	id, err := w.acc.SaveStaff(w.t.Context(), op, w.a, "haus", name, pii.New("Zz "+name), list)
	w.must(err)
	return perm.Staff{Realm: w.a.Realm, Tenant: w.a.ID, Staff: id, Grants: list}
}

func vals(kv ...string) url.Values {
	out := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		out.Set(kv[i], kv[i+1])
	}
	return out
}

var pdf = []byte("%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF CANARY-ATTACHMENT\n")

// page sends one page and wants no problem.
func (w *town) page(c perm.Citizen, p cases.Proof, id ident.CaseID, page string, in url.Values, up ...cases.Upload) cases.Draft {
	w.t.Helper()
	d, problems, err := w.svc.Answer(w.t.Context(), c, id, p, cases.Sent{Page: page, Values: in, Uploads: up})
	w.must(err)
	if len(problems) > 0 {
		w.t.Fatalf("page %s: %+v", page, problems)
	}
	return d
}

// fillFree fills the free form in and gives the draft.
func (w *town) fillFree(c perm.Citizen) (cases.Draft, cases.Proof) {
	w.t.Helper()
	d, secret, err := w.svc.StartDraft(w.t.Context(), c, "gartenfest", "gartenfest")
	w.must(err)
	p := cases.Proof{Secret: secret}
	w.page(c, p, d.ID, "person", vals("vorname", "Canarina", "familienname", "Kanarienvogel"))
	w.page(c, p, d.ID, "fest", vals("gaeste", "40"))
	return w.page(c, p, d.ID, "plan", vals(), cases.Upload{Field: "lageplan", Name: `C:\Plan vom Garten.PDF`, Body: bytes.NewReader(pdf)}), p
}

const key1 = "key-of-the-check-page-1"

// sent gives a free application that was received.
func (w *town) sent(c perm.Citizen) (cases.Submission, cases.Proof) {
	w.t.Helper()
	d, p := w.fillFree(c)
	s, err := w.svc.Submit(w.t.Context(), c, d.ID, p, cases.Sending{Key: key1, Confirmed: true, Version: d.Version})
	w.must(err)
	return s, p
}

func (w *town) blobCount() (n int) {
	w.walk(func(string, []byte) { n++ })
	return n
}

// walk gives every stored file.
func (w *town) walk(fn func(name string, b []byte)) {
	w.t.Helper()
	err := fs.WalkDir(os.DirFS(w.files), ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(w.files, p))
		fn(p, b)
		return err
	})
	w.must(err)
}
