package demo_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/payments"
	"stadttor/internal/payments/demo"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

var errDown = errors.New("down")

func open(t *testing.T, d *db.DB, notify func(context.Context, ident.TenantID, string, string) error) *demo.Bank {
	t.Helper()
	b, err := demo.New(demo.Config{Demo: true, DB: d, Stylesheet: func() string { return "/s/portal.css" }, Notify: notify})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheBankRunsInTheDemoOnly(t *testing.T) {
	if _, err := demo.New(demo.Config{}); err == nil {
		t.Error("it opened")
	}
}

// partner drives the bank through its own page, as a person does.
type partner struct {
	t    *testing.T
	d    *db.DB
	bank *demo.Bank
	down bool
}

func (p *partner) Provider() payments.Provider {
	if p.down {
		return silent{}
	}
	x, err := open(p.t, p.d, nil).Provider(nil) // a fresh bank on the same records
	if err != nil {
		p.t.Fatal(err)
	}
	return x
}

// silent stands for the database that the bank cannot reach.
type silent struct{}

func (silent) Start(context.Context, payments.Order) (payments.Started, error) {
	return payments.Started{}, errDown
}
func (silent) Status(context.Context, payments.Query) (payments.Report, error) {
	return payments.Report{}, errDown
}

func (p *partner) Silence(on bool) { p.down = on }

func (p *partner) Book(ref string, b paymentstest.Booking) error {
	choice := map[payments.State]string{payments.Paid: "bezahlen", payments.Failed: "fehlschlagen", payments.Cancelled: "abbrechen", payments.Pending: "spaet"}[b.State]
	if b.State == payments.Paid && (b.Amount != 1250 && b.Amount != 1150 || b.Currency != payments.Euro || b.Refunded != 0 && b.Refunded != 1250) {
		return paymentstest.ErrCannot
	}
	if b.Amount == 1150 {
		choice = "falscher-betrag"
	}
	if code := post(p.bank, ref, choice).Code; code != http.StatusSeeOther {
		p.t.Fatalf("%s: %d", choice, code)
	}
	if b.Refunded > 0 {
		post(p.bank, ref, "erstatten")
	}
	return nil
}

func post(b *demo.Bank, ref, choice string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", demo.Path+ref, strings.NewReader(url.Values{"wahl": {choice}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

func get(b *demo.Bank, ref string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.ServeHTTP(w, httptest.NewRequest("GET", demo.Path+ref, nil))
	return w
}

func TestConformance(t *testing.T) {
	for _, engine := range dbtest.Engines() {
		t.Run(engine, func(t *testing.T) {
			paymentstest.Run(t, func(t *testing.T) paymentstest.Partner {
				d := dbtest.Open(t, engine, clock.NewFake(dbtest.Start))
				return &partner{t: t, d: d, bank: open(t, d, nil)}
			})
		})
	}
}

// portal is a tenant with the demo bank and the whole feature around it.
type portal struct {
	d      *db.DB
	c      *clock.Fake
	ten    tenancy.Tenant
	s      *payments.Service
	bank   *demo.Bank
	jobs   *jobs.Runner
	deaf   bool
	hints  int
	onceUp func(t *testing.T)
}

func newPortal(t *testing.T, d *db.DB, c *clock.Fake) *portal {
	t.Helper()
	ctx, op := t.Context(), perm.System{Name: "test"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p := &portal{d: d, c: c}
	dir, err := tenancy.OpenDirectory(ctx, d, seal.Random())
	must(err)
	r, err := dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis-musterland", Name: "Kreis Musterland"})
	must(err)
	p.ten, err = dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: r.ID, Slug: "torhausen", Name: "Stadt Torhausen", Kind: tenancy.KindStadt, Sign: "TOR", ARS: "990010001001"})
	must(err)
	must(dir.SavePortal(ctx, op, p.ten.Scope(), tenancy.Portal{Tenant: p.ten.ID, Host: "service.torhausen.localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("Serviceportal", "")}}))
	must(dir.Reload(ctx))
	must(dir.SaveExtension(ctx, op, p.ten.Scope(), tenancy.Extension{Port: payments.Port, Name: "demo-karte", Enabled: true, Settings: json.RawMessage(`{"title":"Demo-Kreditkarte","hint":"Kein echtes Geld."}`)}))
	notify := func(ctx context.Context, ten ident.TenantID, provider, ref string) error {
		if p.deaf {
			return errDown
		}
		p.hints++
		return p.s.Notify(ctx, ten, provider, ref)
	}
	p.bank = open(t, d, notify)
	p.onceUp = func(t *testing.T) { p.bank = open(t, d, notify) }
	p.s = payments.New(payments.Config{DB: d, Directory: dir, BaseURL: func(ident.TenantID) string { return "http://service.torhausen.localhost:8080" },
		Providers: map[string]payments.Factory{"demo-karte": func(s json.RawMessage) (payments.Provider, error) { return p.bank.Provider(s) }}})
	p.jobs = jobs.New(jobs.Config{DB: d, Workers: 1})
	jobs.Outside(p.jobs, "payments", p.s.Reconcile, p.s.GiveUp)
	return p
}

func (p *portal) guest() perm.Citizen { return perm.Citizen{Realm: p.ten.Realm, Tenant: p.ten.ID} }

// start opens a demand, starts it and gives the bank's reference.
func (p *portal) start(t *testing.T) (payments.Payment, string) {
	t.Helper()
	var pay payments.Payment
	err := p.d.InTx(t.Context(), p.ten.Scope(), func(tx *db.Tx) (err error) {
		pay, err = p.s.Open(t.Context(), tx, payments.Demand{Case: ident.New[ident.CaseID](tx.Now), Amount: 1250, Purpose: "Sperrgut <b>", Reference: "TOR-2026-000001"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	to, err := p.s.Start(t.Context(), p.guest(), pay.ID, "demo-karte")
	if err != nil || !strings.HasPrefix(to, demo.Path) {
		t.Fatalf("%q %v", to, err)
	}
	return pay, strings.TrimPrefix(to, demo.Path)
}

func (p *portal) state(t *testing.T, id ident.PaymentID) (payments.State, payments.Flag) {
	t.Helper()
	got, err := p.s.Get(t.Context(), p.guest(), id)
	if err != nil {
		t.Fatal(err)
	}
	return got.State, got.Flag
}

func TestWhatTheBankDoesEndsRight(t *testing.T) {
	type moment struct {
		after time.Duration
		state payments.State
		flag  payments.Flag
	}
	for choice, c := range map[string]struct {
		back  bool
		hints int
		then  []moment
	}{
		"bezahlen":        {true, 1, []moment{{0, payments.Paid, ""}}},
		"abbrechen":       {true, 1, []moment{{0, payments.Cancelled, ""}}},
		"fehlschlagen":    {true, 1, []moment{{0, payments.Failed, ""}}},
		"spaet":           {true, 1, []moment{{29 * time.Second, payments.Begun, ""}, {time.Second, payments.Paid, ""}}},
		"doppelt":         {true, 3, []moment{{0, payments.Paid, ""}, {3 * time.Second, payments.Paid, ""}}},
		"reihenfolge":     {true, 2, []moment{{0, payments.Failed, ""}, {5 * time.Second, payments.Paid, ""}}},
		"ohne-rueckkehr":  {false, 1, []moment{{0, payments.Begun, ""}, {2 * time.Second, payments.Paid, ""}}},
		"stumm":           {false, 0, []moment{{59 * time.Second, payments.Begun, ""}, {time.Second, payments.Paid, ""}}},
		"falscher-betrag": {true, 1, []moment{{0, payments.Begun, payments.FlagAmount}, {time.Hour, payments.Begun, payments.FlagAmount}}},
	} {
		t.Run(choice, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) {
				p := newPortal(t, d, clk)
				pay, ref := p.start(t)
				w := post(p.bank, ref, choice)
				want := demo.Path + ref
				if c.back {
					want = "http://service.torhausen.localhost:8080" + payments.ReturnPath(pay.ID)
				}
				if w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
					t.Errorf("%d to %s, want %s", w.Code, w.Header().Get("Location"), want)
				}
				for _, m := range c.then {
					clk.Advance(m.after)
					p.onceUp(t) // the program was started again in between
					if err := p.bank.Tick(t.Context()); err != nil {
						t.Fatal(err)
					}
					if _, err := p.jobs.Drain(t.Context()); err != nil {
						t.Fatal(err)
					}
					if s, f := p.state(t, pay.ID); s != m.state || f != m.flag {
						t.Errorf("after %s: %s %q, want %s %q", m.after, s, f, m.state, m.flag)
					}
				}
				if err := p.bank.Tick(t.Context()); err != nil || p.hints != c.hints {
					t.Errorf("%d notices, want %d; %v", p.hints, c.hints, err)
				}
				if w := post(p.bank, ref, "bezahlen"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != demo.Path+ref {
					t.Errorf("chosen twice: %d %s", w.Code, w.Header().Get("Location"))
				}
			})
		})
	}
}

func TestANoticeThatIsNotTakenIsRepeated(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) {
		p := newPortal(t, d, clk)
		pay, ref := p.start(t)
		p.deaf = true
		post(p.bank, ref, "bezahlen")
		if err := p.bank.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.deaf = false
		if err := p.bank.Tick(t.Context()); err != nil || p.hints != 0 {
			t.Fatalf("repeated at once: %d %v", p.hints, err)
		}
		clk.Advance(10 * time.Second)
		if err := p.bank.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s, _ := p.state(t, pay.ID); s != payments.Paid || p.hints != 1 {
			t.Errorf("%s after %d notices", s, p.hints)
		}
	})
}

func TestARefundIsANewEntry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) {
		p := newPortal(t, d, clk)
		pay, ref := p.start(t)
		post(p.bank, ref, "bezahlen")
		_ = p.bank.Tick(t.Context())
		if !strings.Contains(get(p.bank, ref).Body.String(), "Betrag erstatten") {
			t.Error("no button to give it back")
		}
		post(p.bank, ref, "erstatten")
		post(p.bank, ref, "erstatten")
		for range 2 {
			if err := p.bank.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := p.s.Notify(t.Context(), p.ten.ID, "demo-karte", ref); err != nil {
				t.Fatal(err)
			}
		}
		kasse := perm.Staff{Realm: p.ten.Realm, Tenant: p.ten.ID, Grants: []perm.Grant{{Role: perm.Treasurer}}}
		got, err := p.s.Get(t.Context(), kasse, pay.ID)
		if err != nil || got.State != payments.Paid || got.Refunded != 1250 {
			t.Errorf("%s %s %v", got.State, got.Refunded.Decimal(), err)
		}
		list, err := p.s.Entries(t.Context(), kasse, pay.Case, 100)
		sum := map[string]int64{}
		for _, e := range list {
			sum[e.Account] += int64(e.Amount)
		}
		if err != nil || len(list) != 6 || sum[payments.AccountClaim] != 0 || sum[payments.AccountOf("demo-karte")] != 0 || sum[payments.AccountRefund] != 1250 || sum[payments.AccountRevenue] != -1250 {
			t.Errorf("%v %v", sum, err)
		}
	})
}

func TestThePage(t *testing.T) {
	d := dbtest.Open(t, "sqlite", clock.NewFake(dbtest.Start))
	p := newPortal(t, d, clock.NewFake(dbtest.Start))
	m, err := p.s.Methods(t.Context(), p.ten.ID)
	if err != nil || len(m) != 1 || m[0].Title != "Demo-Kreditkarte" || m[0].Hint != "Kein echtes Geld." {
		t.Errorf("%v %v", m, err)
	}
	_, ref := p.start(t)
	w := get(p.bank, ref)
	body := w.Body.String()
	for _, want := range []string{`<html lang="de">`, "Demo-Bezahlseite: kein echtes Geld", "12,50\u00a0€", "TOR-2026-000001", `href="/s/portal.css"`, `value="falscher-betrag"`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" || strings.Contains(body, "<b>") || regexp.MustCompile(`(?i)\sstyle=|<script|\son[a-z]+=`).MatchString(body) {
		t.Errorf("%d\n%s", w.Code, body)
	}
	if strings.Count(body, "<h1") != 1 {
		t.Error("want one h1")
	}
	for _, foreign := range []string{"", "x", "../", "demo-", ref + "x", ref[:len(ref)-1] + "%"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = demo.Path + foreign
		w := httptest.NewRecorder()
		p.bank.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%q: %d", foreign, w.Code)
		}
	}
	if w := post(p.bank, ref, "geld"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an unknown choice: %d", w.Code)
	}
	r := httptest.NewRequest("POST", demo.Path+ref, io.LimitReader(zeros{}, 1<<20))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	big := httptest.NewRecorder()
	p.bank.ServeHTTP(big, r)
	if big.Code != http.StatusUnprocessableEntity {
		t.Errorf("a big body: %d", big.Code)
	}
	del := httptest.NewRecorder()
	p.bank.ServeHTTP(del, httptest.NewRequest("DELETE", demo.Path+ref, nil))
	if del.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", del.Code)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
