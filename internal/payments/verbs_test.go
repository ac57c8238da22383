package payments_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/payments"
	"stadttor/internal/payments/paymentstest"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// each runs a test in a fresh town on both engines.
func each(t *testing.T, fn func(t *testing.T, w *town)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) { fn(t, newTown(t, d, c)) })
}

func (w *town) mustOwe(t *testing.T, person ident.PersonID) payments.Payment {
	t.Helper()
	p, err := w.owe(person)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *town) mustStart(t *testing.T, who perm.Citizen, id ident.PaymentID, bank string) {
	t.Helper()
	url, err := w.s.Start(t.Context(), who, id, bank)
	if err != nil || !strings.HasPrefix(url, "https://bank.example/"+bank) {
		t.Fatalf("%q %v", url, err)
	}
}

// pay makes the bank book something on a payment.
func (w *town) pay(t *testing.T, p payments.Payment, bank string, b paymentstest.Booking) {
	t.Helper()
	o, ok := w.banks[bank].Order(string(p.ID))
	if !ok {
		t.Fatal("the bank has no such order")
	}
	if err := w.banks[bank].Book(o.Ref, b); err != nil {
		t.Fatal(err)
	}
}

func (w *town) now(t *testing.T, id ident.PaymentID) payments.Payment {
	t.Helper()
	p, err := w.s.Get(t.Context(), w.kasse(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var exactly = paymentstest.Booking{State: payments.Paid, Amount: 1250, Currency: "EUR"}

const anna, bert = ident.PersonID("00000000000000000000000ann"), ident.PersonID("00000000000000000000000brt")

func TestAPaymentIsPaidWhenTheBankSaysSo(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, anna)
		w.mustStart(t, w.citizen(anna), p.ID, "karte")
		got, err := w.s.Return(t.Context(), w.citizen(anna), p.ID)
		if err != nil || got.State != payments.Begun {
			t.Fatalf("the browser came back unpaid: %s %v", got.State, err)
		}
		w.pay(t, p, "karte", exactly)
		if got := w.now(t, p.ID); got.State != payments.Begun {
			t.Fatalf("nobody asked, yet it is %s", got.State)
		}
		if got, err = w.s.Return(t.Context(), w.citizen(anna), p.ID); err != nil || got.State != payments.Paid || !got.SettledAt.Equal(w.c.Now()) {
			t.Fatalf("%s %v", got.State, err)
		}
		if len(got.Lines) != 2 || got.Lines[1].Text != "Kühlschrank" {
			t.Errorf("lines: %v", got.Lines)
		}
		if _, err := w.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(w.told) != 1 || w.told[0] != (payments.Settled{Payment: p.ID, Case: p.Case, State: payments.Paid}) {
			t.Errorf("told: %v", w.told)
		}
		if _, err := w.s.Start(t.Context(), w.citizen(anna), p.ID, "karte"); errs.KeyOf(err) != "payments.already-paid" {
			t.Errorf("paid again: %v", err)
		}
	})
}

func TestTheJobFindsAPaymentOfWhichNobodyTold(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, "")
		w.mustStart(t, w.citizen(""), p.ID, "giro")
		w.pay(t, p, "giro", exactly)
		w.c.Advance(59 * time.Second)
		if _, err := w.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.now(t, p.ID); got.State != payments.Begun {
			t.Fatalf("asked before its time: %s", got.State)
		}
		w.c.Advance(time.Second)
		if _, err := w.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.now(t, p.ID); got.State != payments.Paid {
			t.Errorf("%s", got.State)
		}
	})
}

func TestTimeEndsWhatNobodyPays(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		never, unpaid, slow, mute := w.mustOwe(t, ""), w.mustOwe(t, ""), w.mustOwe(t, ""), w.mustOwe(t, "")
		w.mustStart(t, w.citizen(""), unpaid.ID, "karte")
		w.mustStart(t, w.citizen(""), slow.ID, "karte")
		w.mustStart(t, w.citizen(""), mute.ID, "giro")
		w.pay(t, slow, "karte", paymentstest.Booking{State: payments.Pending})
		w.banks["giro"].Silence(true)
		if err := w.pass(24 * time.Hour); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			p     payments.Payment
			state payments.State
			flag  payments.Flag
		}{
			"not started waits on":                {never, payments.Open, ""},
			"started and unpaid expires":          {unpaid, payments.Expired, ""},
			"under way is flagged, not ended":     {slow, payments.Pending, payments.FlagSlow},
			"a silent provider is no proof of it": {mute, payments.Begun, payments.FlagSlow},
		} {
			if got := w.now(t, c.p.ID); got.State != c.state || got.Flag != c.flag {
				t.Errorf("%s: %s %s", name, got.State, got.Flag)
			}
		}
		w.banks["giro"].Silence(false)
		w.pay(t, mute, "giro", exactly)
		w.pay(t, slow, "karte", exactly)
		w.pay(t, unpaid, "karte", exactly)
		if err := w.pass(14 * 24 * time.Hour); err != nil {
			t.Fatal(err)
		}
		for _, p := range []payments.Payment{mute, slow, unpaid} {
			if got := w.now(t, p.ID); got.State != payments.Paid || got.Flag != "" {
				t.Errorf("money came late: %s %s", got.State, got.Flag)
			}
		}
		if got := w.now(t, never.ID); got.State != payments.Expired {
			t.Errorf("not started for two weeks: %s", got.State)
		}
	})
}

func TestThePersonChoosesAndChangesTheProvider(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		if m, err := w.s.Methods(t.Context(), w.a.ID); err != nil || len(m) != 2 || m[0].Provider != "karte" || m[1].Provider != "giro" {
			t.Fatalf("%v %v", m, err)
		}
		p := w.mustOwe(t, anna)
		w.mustStart(t, w.citizen(anna), p.ID, "karte")
		w.mustStart(t, w.citizen(anna), p.ID, "giro")
		all, err := w.attempts(p.Case)
		if err != nil || len(all) != 2 || all[0].State != payments.Cancelled || all[1].State != payments.Begun || all[1].Provider != "giro" {
			t.Fatalf("%+v %v", all, err)
		}
		// Both pages stood open; both are paid. One counts, the other is to be given back.
		w.pay(t, all[0], "karte", exactly)
		w.pay(t, all[1], "giro", exactly)
		if err := w.pass(time.Hour); err != nil {
			t.Fatal(err)
		}
		all, _ = w.attempts(p.Case)
		paid, surplus := 0, 0
		for _, a := range all {
			if a.State == payments.Paid {
				paid++
			}
			if a.Flag == payments.FlagSurplus {
				surplus++
			}
		}
		if paid != 1 || surplus != 1 {
			t.Errorf("%d paid, %d to give back", paid, surplus)
		}
		if err := w.check(p); err != nil {
			t.Error(err)
		}
		list, err := w.s.List(t.Context(), w.kasse(), payments.Filter{Flagged: true})
		if err != nil || len(list) != 1 || list[0].Flag != payments.FlagSurplus {
			t.Errorf("the Kasse sees %v %v", list, err)
		}
	})
}

func TestNobodyLeavesAProviderThatHasMoneyUnderWay(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, "")
		w.mustStart(t, w.citizen(""), p.ID, "karte")
		w.pay(t, p, "karte", paymentstest.Booking{State: payments.Pending})
		if _, err := w.s.Start(t.Context(), w.citizen(""), p.ID, "giro"); errs.KeyOf(err) != "payments.in-progress" {
			t.Errorf("under way: %v", err)
		}
		w.banks["karte"].Silence(true)
		if _, err := w.s.Start(t.Context(), w.citizen(""), p.ID, "giro"); !errs.Is(err, errs.KindUnavailable) {
			t.Errorf("silent: %v", err)
		}
		w.banks["karte"].Silence(false)
		w.pay(t, p, "karte", exactly)
		if _, err := w.s.Start(t.Context(), w.citizen(""), p.ID, "giro"); errs.KeyOf(err) != "payments.already-paid" {
			t.Errorf("paid meanwhile: %v", err)
		}
		// A provider that never answered has shown nobody a page: one may leave it.
		q := w.mustOwe(t, "")
		w.banks["karte"].Silence(true)
		if _, err := w.s.Start(t.Context(), w.citizen(""), q.ID, "karte"); !errs.Is(err, errs.KindUnavailable) {
			t.Errorf("silent at the start: %v", err)
		}
		w.mustStart(t, w.citizen(""), q.ID, "giro")
	})
}

func TestALostAnswerMakesNoSecondOrder(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, "")
		w.banks["karte"].LoseAnswer()
		if _, err := w.s.Start(t.Context(), w.citizen(""), p.ID, "karte"); !errs.Is(err, errs.KindUnavailable) {
			t.Fatalf("%v", err)
		}
		w.mustStart(t, w.citizen(""), p.ID, "karte")
		if all, _ := w.attempts(p.Case); len(all) != 1 || all[0].Ref != "karte-000001" {
			t.Errorf("%+v", all)
		}
	})
}

func TestAFailedPaymentIsTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, "")
		w.mustStart(t, w.citizen(""), p.ID, "karte")
		w.pay(t, p, "karte", paymentstest.Booking{State: payments.Failed})
		if err := w.s.Notify(t.Context(), w.a.ID, "karte", string(p.ID)); err != nil {
			t.Fatal(err)
		}
		again, err := w.s.Retry(t.Context(), w.citizen(""), p.ID)
		if err != nil || again.ID == p.ID || again.State != payments.Open || again.Attempt != 2 || again.Amount != p.Amount || len(again.Lines) != 2 {
			t.Fatalf("%+v %v", again, err)
		}
		if same, err := w.s.Retry(t.Context(), w.citizen(""), p.ID); err != nil || same.ID != again.ID {
			t.Errorf("asked twice: %s, then %s, %v", again.ID, same.ID, err)
		}
		w.mustStart(t, w.citizen(""), p.ID, "karte") // the page of the first attempt was still open
		w.pay(t, again, "karte", exactly)
		if got, err := w.s.Return(t.Context(), w.citizen(""), again.ID); err != nil || got.State != payments.Paid {
			t.Errorf("%s %v", got.State, err)
		}
		if err := w.check(p); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatIsDroppedIsOwedNoMore(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, "")
		w.mustStart(t, w.citizen(""), p.ID, "karte")
		drop := func() {
			t.Helper()
			if err := w.d.InTx(t.Context(), w.a.Scope(), func(tx *db.Tx) error { return w.s.Drop(t.Context(), tx, p.Case) }); err != nil {
				t.Fatal(err)
			}
		}
		drop()
		drop()
		if err := w.check(p); err != nil {
			t.Error(err)
		}
		if _, err := w.s.Start(t.Context(), w.citizen(""), p.ID, "karte"); errs.KeyOf(err) != "payments.dropped" {
			t.Errorf("%v", err)
		}
		w.pay(t, p, "karte", exactly)
		if err := w.pass(time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := w.now(t, p.ID); got.State == payments.Paid || got.Flag != payments.FlagSurplus {
			t.Errorf("paid after all: %s %s", got.State, got.Flag)
		}
	})
}

func TestForeignIsNotFound(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, anna)
		elsewhere := w.citizen(anna)
		elsewhere.Tenant = w.b.ID // she stands at another portal of the realm
		if got, err := w.s.Get(t.Context(), elsewhere, p.ID); err != nil || got.ID != p.ID {
			t.Errorf("her own, at another portal: %v", err)
		}
		other := w.citizen("")
		other.Tenant = w.b.ID
		treasurerOfB := w.kasse()
		treasurerOfB.Tenant = w.b.ID
		for name, a := range map[string]perm.Actor{"another person": w.citizen(bert), "a guest": w.citizen(""), "a guest elsewhere": other, "another authority's Kasse": treasurerOfB} {
			if _, err := w.s.Get(t.Context(), a, p.ID); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("%s reads: %v", name, err)
			}
			c, ok := a.(perm.Citizen)
			if !ok {
				continue
			}
			if _, err := w.s.Start(t.Context(), c, p.ID, "karte"); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("%s starts: %v", name, err)
			}
			if _, err := w.s.Return(t.Context(), c, p.ID); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("%s comes back: %v", name, err)
			}
			if _, err := w.s.Retry(t.Context(), c, p.ID); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("%s tries again: %v", name, err)
			}
		}
		for _, id := range []ident.PaymentID{"", "x", "' OR 1=1 --", "0123456789abcdefghjkmnpqrs"} {
			if _, err := w.s.Start(t.Context(), w.citizen(anna), id, "karte"); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
		for _, name := range []string{"", "paypal", "karte'"} {
			if _, err := w.s.Start(t.Context(), w.citizen(anna), p.ID, name); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("provider %q: %v", name, err)
			}
		}
		if own, err := w.s.Own(t.Context(), elsewhere, 10); err != nil || len(own) != 1 {
			t.Errorf("her list: %v %v", own, err)
		}
		if own, err := w.s.Own(t.Context(), w.citizen(bert), 10); err != nil || len(own) != 0 {
			t.Errorf("his list: %v %v", own, err)
		}
	})
}

func TestWhoMayReadPayments(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, "")
		for _, row := range perm.Table() {
			for _, unit := range []ident.UnitID{"", "u"} {
				a := perm.Staff{Realm: w.a.Realm, Tenant: w.a.ID, Grants: []perm.Grant{{Role: row.Role, Unit: unit}}}
				may := unit == "" && row.Role.Has(perm.ReadPayments)
				_, err1 := w.s.Get(t.Context(), a, p.ID)
				list, err2 := w.s.List(t.Context(), a, payments.Filter{})
				_, err3 := w.s.Entries(t.Context(), a, p.Case, 10)
				if (err1 == nil) != may || (err2 == nil) != may || (err3 == nil) != may || (len(list) == 1) != may {
					t.Errorf("%s in unit %q: single %v, list %v, ledger %v", row.Role, unit, err1, err2, err3)
				}
			}
		}
	})
}

func TestADemandOutOfBoundsIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		open := func(d payments.Demand) (p payments.Payment, err error) {
			err = w.d.InTx(t.Context(), w.a.Scope(), func(tx *db.Tx) error { p, err = w.s.Open(t.Context(), tx, d); return err })
			return p, err
		}
		good := payments.Demand{Case: "c", Amount: 500, Purpose: "Gebühr", Reference: "TOR-2026-000001", Lines: []payments.Line{{"Gebühr", 500}}}
		for name, f := range map[string]func(*payments.Demand){
			"nothing":                func(d *payments.Demand) { d.Amount, d.Lines = 0, nil },
			"a negative amount":      func(d *payments.Demand) { d.Amount, d.Lines = -1, nil },
			"more than the most":     func(d *payments.Demand) { d.Amount, d.Lines = payments.MaxAmount+1, nil },
			"lines of another sum":   func(d *payments.Demand) { d.Lines[0].Amount = 499 },
			"lines that overflow":    func(d *payments.Demand) { d.Lines = []payments.Line{{"a", 1 << 62}, {"b", 1 << 62}} },
			"no reference":           func(d *payments.Demand) { d.Reference = "" },
			"a reference of 37":      func(d *payments.Demand) { d.Reference = strings.Repeat("1", 37) },
			"a purpose without text": func(d *payments.Demand) { d.Purpose = "§§" },
			"no case":                func(d *payments.Demand) { d.Case = "" },
		} {
			d := good
			d.Lines = []payments.Line{{"Gebühr", 500}}
			f(&d)
			if _, err := open(d); !errs.Is(err, errs.KindInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		p, err := open(good)
		if err != nil {
			t.Fatal(err)
		}
		if q, err := open(good); err != nil || q.ID != p.ID {
			t.Errorf("the same again: %v %v", q.ID, err)
		}
		other := good
		other.Amount, other.Lines = 600, nil
		if _, err := open(other); !errs.Is(err, errs.KindConflict) {
			t.Errorf("the same reference, another amount: %v", err)
		}
		other.Reference = "TOR-2026-000001-2"
		if q, err := open(other); err != nil || q.ID == p.ID {
			t.Errorf("a second demand: %v", err)
		}
		var owed money.Amount
		if err := w.d.View(t.Context(), w.a.Scope(), func(tx *db.Tx) error { owed, err = w.s.Balance(t.Context(), tx, "c"); return err }); err != nil || owed != 1100 {
			t.Errorf("%s %v", owed.Decimal(), err)
		}
	})
}

func TestManyNoticesAtOnceBookOnce(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, "")
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if _, err := w.s.Start(t.Context(), w.citizen(""), p.ID, "karte"); err != nil && !errs.Is(err, errs.KindConflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.pay(t, p, "karte", exactly)
		for i := range 12 {
			wg.Go(func() {
				var err error
				if i%2 == 0 {
					err = w.s.Notify(t.Context(), w.a.ID, "karte", string(p.ID))
				} else {
					_, err = w.s.Return(t.Context(), w.citizen(""), p.ID)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if err := errors.Join(w.check(p), w.final(p)); err != nil {
			t.Error(err)
		}
		if got := w.now(t, p.ID); got.State != payments.Paid {
			t.Error(got.State)
		}
	})
}

func TestAProviderSwitchedOffIsStillAsked(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, "")
		w.mustStart(t, w.citizen(""), p.ID, "karte")
		if err := w.dir.SaveExtension(t.Context(), op, w.a.Scope(), tenancy.Extension{Port: payments.Port, Name: "karte", Enabled: false, Settings: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
		if m, _ := w.s.Methods(t.Context(), w.a.ID); len(m) != 1 || m[0].Provider != "giro" {
			t.Errorf("offered: %v", m)
		}
		w.pay(t, p, "karte", exactly)
		if err := w.s.Notify(t.Context(), w.a.ID, "karte", string(p.ID)); err != nil {
			t.Fatal(err)
		}
		if got := w.now(t, p.ID); got.State != payments.Paid {
			t.Error(got.State)
		}
		q := w.mustOwe(t, "")
		if _, err := w.s.Start(t.Context(), w.citizen(""), q.ID, "karte"); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("started there: %v", err)
		}
	})
}

func TestLinesOfARowMovedToAnotherTenantDoNotOpen(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, "")
		err := w.d.InTx(context.Background(), db.Across("", "a test moves a row"), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE payment SET tenant_id=$1 WHERE id=$2`, string(w.b.ID), string(p.ID))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		a := w.kasse()
		a.Tenant = w.b.ID
		if got, err := w.s.Get(t.Context(), a, p.ID); err == nil {
			t.Errorf("opened: %v", got.Lines)
		}
	})
}

func TestTheLedgerIsOnlyAppendedTo(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	change := regexp.MustCompile(`(?i)(update|delete\s+from|replace\s+into|drop\s+table)\s+ledger_entry|on\s+conflict[^` + "`" + `]*ledger`)
	seen := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		seen += strings.Count(string(b), "INSERT INTO ledger_entry")
		if m := change.Find(b); m != nil {
			t.Errorf("%s: %s", f, m)
		}
	}
	if seen != 1 {
		t.Errorf("the ledger is written in %d places", seen)
	}
}

func TestABrowserIsSentOnlyToSafePlaces(t *testing.T) {
	for to, want := range map[string]bool{
		"https://bank.example/pay?x=1": true, "/demo-bezahlen/x": true, "http://127.0.0.1:8080/x": true, "http://service.torhausen.localhost:8080/x": true,
		"": false, "//evil.example/x": false, "http://bank.example/": false, "javascript:alert(1)": false, "data:text/html,x": false, "https://": false, "https://user:pw@bank.example/": false,
		"/\\evil.example": false, "https://bank.example/\r\nSet-Cookie: a=b": false, "bank.example/x": false, "http://localhost.evil.example/": false, "https:evil": false,
	} {
		if payments.GoodRedirect(to) != want {
			t.Errorf("%q", to)
		}
	}
}

func TestTheKasseAsksAgain(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, "")
		w.mustStart(t, w.citizen(""), p.ID, "karte")
		wrong := exactly
		wrong.Amount = 1251
		w.pay(t, p, "karte", wrong)
		if got, err := w.s.Ask(t.Context(), w.kasse(), p.ID); err != nil || got.State != payments.Begun || got.Flag != payments.FlagAmount {
			t.Errorf("%s %s %v", got.State, got.Flag, err)
		}
		lead := w.kasse()
		lead.Grants = []perm.Grant{{Role: perm.Lead, Unit: "u"}}
		if _, err := w.s.Ask(t.Context(), lead, p.ID); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("a lead of one unit: %v", err)
		}
		w.banks["karte"].Silence(true)
		if _, err := w.s.Ask(t.Context(), w.kasse(), p.ID); !errs.Is(err, errs.KindUnavailable) {
			t.Errorf("silent: %v", err)
		}
		w.banks["karte"].Silence(false)
		w.pay(t, p, "karte", exactly) // the bank corrected its booking
		if got, err := w.s.Ask(t.Context(), w.kasse(), p.ID); err != nil || got.State != payments.Paid || got.Flag != "" {
			t.Errorf("%s %s %v", got.State, got.Flag, err)
		}
	})
}

func TestTwoRetriesAtOnceOpenOneAttempt(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		p := w.mustOwe(t, "")
		w.mustStart(t, w.citizen(""), p.ID, "karte")
		w.pay(t, p, "karte", paymentstest.Booking{State: payments.Failed})
		if err := w.s.Notify(t.Context(), w.a.ID, "karte", string(p.ID)); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if _, err := w.s.Retry(t.Context(), w.citizen(""), p.ID); err != nil && !errs.Is(err, errs.KindConflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if all, err := w.attempts(p.Case); err != nil || len(all) != 2 {
			t.Errorf("%d attempts, %v", len(all), err)
		}
	})
}
