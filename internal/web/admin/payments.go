package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/payments"
	"stadttor/internal/perm"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// Bounds of the lists.
const (
	paymentsPage = 50
	maxEntries   = 1000
)

var paymentTones = map[payments.State]ui.Tone{payments.Paid: ui.Success, payments.Pending: ui.Info, payments.Begun: ui.Info, payments.Failed: ui.Warning}

// payments serves GET /verwaltung/zahlungen, newest first.
func (s *Server) payments(w http.ResponseWriter, r *http.Request) error {
	actor, q := ui.Staff(r), r.URL.Query()
	page := office.Page(r, "admin.payments.title", office.NavPayments)
	p := page.Printer()
	f := payments.Filter{Limit: paymentsPage, Flagged: q.Get("pruefen") == "ja", Due: q.Get("forderung") == "offen", Number: numberOf(q.Get("q"))}
	if id := ident.PaymentID(q.Get("vor")); ident.Valid(id) {
		f.Before = id
	}
	if st := payments.State(q.Get("zustand")); slices.Contains(payments.States(), st) {
		f.State = st
	}
	list, err := s.c.Payments.List(r.Context(), actor, f)
	if err != nil {
		return err
	}
	state := ui.Filter{Name: "zustand", Label: p.T("staff.pay.state"), Value: string(f.State), Options: []ui.Option{{Label: p.T("staff.worklist.all")}}}
	for _, st := range payments.States() {
		state.Options = append(state.Options, ui.Option{Value: string(st), Label: p.T("staff.payment." + string(st))})
	}
	check := ui.Filter{Name: "pruefen", Label: p.T("admin.payments.check"), Options: []ui.Option{{Label: p.T("staff.worklist.all")}, {Value: "ja", Label: p.T("admin.payments.flagged")}}}
	if f.Flagged {
		check.Value = "ja"
	}
	due := ui.Filter{Name: "forderung", Label: p.T("admin.payments.demand"), Options: []ui.Option{{Label: p.T("staff.worklist.all")}, {Value: "offen", Label: p.T("admin.payments.due")}}}
	if f.Due {
		due.Value = "offen"
	}
	t := ui.Table{ID: "zahlungen", Caption: p.T("admin.payments.caption", "n", len(list)), Empty: p.T("admin.payments.none"), FilterURL: "/verwaltung/zahlungen", Filters: []ui.Filter{due, state, check},
		Query: f.Number, QueryLabel: p.T("admin.payments.number"),
		Columns: []ui.Column{{Title: p.T("staff.pay.reference")}, {Title: p.T("staff.pay.state")}, {Title: p.T("staff.pay.amount"), Numeric: true}, {Title: p.T("staff.pay.when")}, {Title: p.T("staff.pay.provider")}, {Title: p.T("admin.payments.purpose")}}}
	if f.Number != "" {
		t.Empty = p.T("admin.payments.notfound")
	}
	for _, x := range list {
		at := x.SettledAt
		if at.IsZero() {
			at = x.CreatedAt
		}
		ref := ui.Cell{Text: x.Reference, URL: paymentsPath + "/" + string(x.ID)}
		st := ui.Cell{Text: p.T("staff.payment." + string(x.State)), Badge: true, Tone: paymentTones[x.State]}
		if x.Flag != "" {
			st.Sub = p.T("staff.flag." + string(x.Flag))
		}
		amount := ui.Cell{Text: p.Money(x.Amount)}
		if x.Refunded > 0 {
			amount.Sub = p.T("staff.pay.refunded", "amount", p.Money(x.Refunded))
		}
		t.Rows = append(t.Rows, ui.Row{Marked: x.Flag != "", Cells: []ui.Cell{ref, st, amount, {Text: stamp(p, at)}, {Text: orDash(office.ProviderName(p, x.Provider))}, {Text: x.Purpose}}})
	}
	out := listPage{Table: t, Links: []ui.Link{{Text: p.T("admin.payments.ledger"), URL: "/verwaltung/zahlungen/buchungen"}}}
	if len(list) == paymentsPage {
		older := url.Values{"vor": {string(list[len(list)-1].ID)}}
		for _, name := range []string{"q", "forderung", "zustand", "pruefen"} {
			if q.Get(name) != "" {
				older.Set(name, q.Get(name))
			}
		}
		out.Links = append(out.Links, ui.Link{Text: p.T("admin.older"), URL: "/verwaltung/zahlungen?" + older.Encode()})
	}
	if f.Before != "" {
		out.Links = append(out.Links, ui.Link{Text: p.T("admin.newest"), URL: "/verwaltung/zahlungen"})
	}
	return ui.Render(w, r, http.StatusOK, listView(page, out))
}

// numberOf is the number of a case as it stands in the books, however it was
// typed; what is no such number is looked for as it is.
func numberOf(typed string) string {
	if n, err := ident.ParseNumber(typed); err == nil {
		return string(n)
	}
	typed = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?' // no reference holds it
		}
		return r
	}, strings.TrimSpace(typed))
	return typed[:min(len(typed), 60)]
}

// ledger serves GET /verwaltung/zahlungen/buchungen: every entry with its two
// sides, of one case or of the whole authority, and the balance of each account.
func (s *Server) ledger(w http.ResponseWriter, r *http.Request) error {
	actor := ui.Staff(r)
	page := office.Page(r, "admin.ledger.title", office.NavPayments)
	page.Breadcrumb = []ui.Link{{Text: page.T("admin.payments.title"), URL: "/verwaltung/zahlungen"}}
	p := page.Printer()
	of := ident.CaseID(r.URL.Query().Get("vorgang"))
	if !ident.Valid(of) {
		of = ""
	}
	list, err := s.c.Payments.Entries(r.Context(), actor, of, maxEntries)
	if err != nil {
		return err
	}
	t := ui.Table{ID: "buchungen", Caption: p.T("admin.ledger.caption", "n", len(list)), Empty: p.T("admin.ledger.none"),
		Columns: []ui.Column{{Title: p.T("admin.ledger.booking")}, {Title: p.T("admin.ledger.account")}, {Title: p.T("admin.ledger.debit"), Numeric: true}, {Title: p.T("admin.ledger.credit"), Numeric: true}, {Title: p.T("staff.pay.when")}, {Title: p.T("staff.col.case")}}}
	balance := map[string]money.Amount{}
	var accounts []string
	for _, e := range list {
		if _, ok := balance[e.Account]; !ok {
			accounts = append(accounts, e.Account)
		}
		sum, err := money.Add(balance[e.Account], e.Amount)
		if err != nil {
			return err
		}
		balance[e.Account] = sum
		debit, credit := ui.Cell{Text: p.Money(e.Amount)}, ui.Cell{}
		if e.Amount < 0 {
			debit, credit = ui.Cell{}, ui.Cell{Text: p.Money(-e.Amount)}
		}
		matter := ui.Cell{Text: p.T("admin.ledger.open"), URL: "/verwaltung/faelle/" + string(e.Case)}
		if !actor.May(perm.ReadCases) {
			matter = ui.Cell{Text: p.T("admin.ledger.ofcase"), URL: "/verwaltung/zahlungen/buchungen?vorgang=" + string(e.Case)}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{bookingCell(page, e.Booking), {Text: accountName(page, e.Account)}, debit, credit, {Text: stamp(p, e.At)}, matter}})
	}
	slices.Sort(accounts)
	out := listPage{Lead: p.T("admin.ledger.lead"), Table: t, Links: []ui.Link{{Text: p.T("admin.payments.title"), URL: "/verwaltung/zahlungen"}}}
	for _, a := range accounts {
		out.Facts = append(out.Facts, ui.Fact{Name: accountName(page, a), Values: []string{p.Money(balance[a])}})
	}
	if of != "" {
		out.Links = append(out.Links, ui.Link{Text: p.T("admin.ledger.all"), URL: "/verwaltung/zahlungen/buchungen"})
	} else if len(list) == maxEntries {
		out.Lead += " " + p.T("admin.ledger.cut", "n", maxEntries)
	}
	return ui.Render(w, r, http.StatusOK, listView(page, out))
}

// bookingCell says a booking of the ledger in German; its name stands below.
func bookingCell(page ui.Page, booking string) ui.Cell {
	kind, rest, _ := strings.Cut(booking, ":")
	if key := "admin.booking." + kind; page.Printer().Has(key) {
		return ui.Cell{Text: page.T(key), Sub: rest}
	}
	return ui.Cell{Text: booking}
}

// stamp is a moment for tables.
func stamp(p locale.Printer, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.ShortDate(t) + ", " + p.Clock(t)
}

// accountName says an account of the ledger in German.
func accountName(page ui.Page, account string) string {
	if key := "admin.account." + account; page.Printer().Has(key) {
		return page.T(key)
	}
	if account == payments.AccountOf(payments.Treasury) {
		return page.T("admin.account.treasury")
	}
	if rest, ok := strings.CutPrefix(account, payments.AccountOf("")); ok {
		return page.T("admin.account.provider", "name", rest)
	}
	return account
}
