package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/payments"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

const paymentsPath = "/verwaltung/zahlungen"

// paymentPage is one payment, with what is in doubt about it.
type paymentPage struct {
	Told, Refused string
	URL           string
	Doubt         string // what is flagged, "" for nothing
	Reported      string
	Todo          string
	Books         string // what closing the flag books, "" for nothing
	Flag          payments.Flag
	Number        int
	Ask           bool       // the provider can be asked
	Fields        []ui.Field // empty: no flag, or no right to close it
	Inpayment     []ui.Field // empty: nothing is owed, or no right to receive it
	Running       bool       // an attempt is at a provider while something is owed
	Received      []ui.Fact  // what the Kasse received outside
	Same          string     // that the Kasse used its number elsewhere, too; "" if not
	SameURL       string
	Attempts      ui.Table // of the demand; no rows if there is one only
	Facts         []ui.Fact
	Bookings      ui.Table
	Ledger        string   // address of all bookings of the case
	Past          ui.Table // no rows: nobody closed anything yet
}

// paymentForm is what was typed.
type paymentForm struct {
	reason   payments.Reason
	note     string
	problems map[string]string
	received inpaymentForm
}

// payment serves GET /verwaltung/zahlungen/{id}.
func (s *Server) payment(w http.ResponseWriter, r *http.Request) error {
	return s.showPayment(w, r, http.StatusOK, paymentForm{}, "")
}

func (s *Server) showPayment(w http.ResponseWriter, r *http.Request, status int, f paymentForm, refused string) error {
	actor := ui.Staff(r)
	x, err := s.c.Payments.Get(r.Context(), actor, ident.PaymentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	past, err := s.c.Payments.Clearings(r.Context(), actor, x.ID)
	if err != nil {
		return err
	}
	demand, err := s.c.Payments.Standing(r.Context(), actor, x.ID)
	if err != nil {
		return err
	}
	booked, err := s.c.Payments.Entries(r.Context(), actor, x.Case, maxEntries)
	if err != nil {
		return err
	}
	names, err := s.c.Accounts.Names(r.Context(), actor)
	if err != nil {
		return err
	}
	page := office.Page(r, "clearing.title", office.NavPayments)
	p := page.Printer()
	page.Title = p.T("clearing.title", "reference", x.Reference)
	page.Breadcrumb = []ui.Link{{Text: p.T("admin.payments.title"), URL: paymentsPath}}
	out := paymentPage{Told: office.Told(r, page, "clearing.done."), Refused: refused, URL: paymentsPath + "/" + string(x.ID), Flag: x.Flag, Number: x.FlagNo,
		Ledger: paymentsPath + "/buchungen?vorgang=" + string(x.Case), Facts: paymentFacts(page, actor, x), Bookings: bookingsOf(page, x, booked), Past: pastOf(page, past, names)}
	may := actor.Everywhere(perm.ClearPayments)
	out.Ask = may && x.Provider != "" && x.Provider != payments.Treasury
	out.Attempts, out.Received = attemptsOf(page, x, demand.Attempts), receivedFacts(page, demand.Inpayment, names)
	if demand.Same > 0 {
		out.Same, out.SameURL = p.T("inpayment.same", "n", demand.Same), paymentsPath+"?"+url.Values{"q": {demand.Inpayment.Voucher}}.Encode()
	}
	if demand.Due > 0 && may {
		out.Inpayment = inpaymentFields(page, demand.Due, f.received)
		out.Running = slices.ContainsFunc(demand.Attempts, func(p payments.Payment) bool { return p.State.InFlight() })
	}
	if x.Flag != "" {
		out.Doubt, out.Todo, out.Reported = p.T("staff.flag."+string(x.Flag)), p.T("clearing.todo."+string(x.Flag)), reported(page, x.Flag, x.Reported())
		if left := x.Amount - x.Refunded; x.Flag == payments.FlagSurplus && left > 0 {
			out.Books = p.T("clearing.books", "amount", p.Money(left))
		}
		if may {
			out.Fields = clearingFields(page, x.Flag, f)
		}
	}
	problems := append(ui.Problems(out.Fields), ui.Problems(out.Inpayment)...)
	page.Problems = len(problems)
	return ui.Render(w, r, status, paymentView(page, out, problems))
}

func clearingFields(page ui.Page, flag payments.Flag, f paymentForm) []ui.Field {
	t := page.T
	found := ui.Field{Name: "ergebnis", Type: ui.FieldChoice, Label: t("clearing.reason"), Problem: f.problems["reason"]}
	for _, x := range payments.Reasons(flag) {
		o := ui.Option{Value: string(x), Label: t("clearing.reason." + string(x))}
		if key := "clearing.hint." + string(x); page.Printer().Has(key) {
			o.Hint = t(key)
		}
		found.Options = append(found.Options, o)
		if x == f.reason {
			found.Value = o.Value
		}
	}
	return []ui.Field{found,
		{Name: "notiz", Type: ui.FieldLong, Label: t("clearing.note"), Hint: t("clearing.notehint", "n", payments.MaxNote), Value: f.note, MaxLength: payments.MaxNote, Rows: 4, Problem: f.problems["note"], Autocomplete: "off"}}
}

// reported says what the provider reported when a flag was raised.
func reported(page ui.Page, flag payments.Flag, value string) string {
	p := page.Printer()
	switch {
	case value == "" && flag != payments.FlagReference && flag != payments.FlagCurrency:
		return "" // from before this was remembered
	case value == "":
		value = p.T("clearing.nothing")
	case strings.HasPrefix(value, "#"):
		value = p.T("clearing.unreadable")
	case p.Has("staff.payment." + value):
		value = p.T("staff.payment." + value)
	case value == "stopped":
		return p.T("clearing.stopped")
	default:
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && (flag == payments.FlagAmount || flag == payments.FlagRefund || flag == payments.FlagSurplus) {
			value = p.Money(money.Amount(n))
		}
	}
	return p.T("clearing.reported", "what", value)
}

func paymentFacts(page ui.Page, actor perm.Staff, x payments.Payment) (out []ui.Fact) {
	p := page.Printer()
	add := func(key string, values ...string) {
		if values = slices.DeleteFunc(values, func(v string) bool { return v == "" }); len(values) > 0 {
			out = append(out, ui.Fact{Name: p.T(key), Values: values})
		}
	}
	refunded := ""
	if x.Refunded > 0 {
		refunded = p.T("staff.pay.refunded", "amount", p.Money(x.Refunded))
	}
	add("staff.pay.reference", x.Reference)
	if actor.May(perm.ReadCases) {
		out[0].Link = ui.Link{Text: p.T("admin.ledger.open"), URL: "/verwaltung/faelle/" + string(x.Case)}
	}
	add("staff.pay.state", p.T("staff.payment."+string(x.State)))
	add("staff.pay.amount", p.Money(x.Amount), refunded)
	add("admin.payments.purpose", x.Purpose)
	add("staff.pay.provider", office.ProviderName(p, x.Provider))
	add("clearing.ref", x.Ref)
	add("clearing.attempt", strconv.Itoa(x.Attempt))
	add("clearing.created", p.DateTime(x.CreatedAt))
	add("clearing.started", p.DateTime(x.StartedAt))
	add("clearing.settled", p.DateTime(x.SettledAt))
	return out
}

// bookingsOf are the entries of the ledger for one payment, out of its case's.
func bookingsOf(page ui.Page, x payments.Payment, list []payments.Entry) ui.Table {
	p := page.Printer()
	t := ui.Table{ID: "buchungen", Empty: p.T("admin.ledger.none"),
		Columns: []ui.Column{{Title: p.T("admin.ledger.booking")}, {Title: p.T("admin.ledger.account")}, {Title: p.T("admin.ledger.debit"), Numeric: true}, {Title: p.T("admin.ledger.credit"), Numeric: true}, {Title: p.T("staff.pay.when")}}}
	for _, e := range list {
		if e.Payment != x.ID {
			continue
		}
		debit, credit := ui.Cell{Text: p.Money(e.Amount)}, ui.Cell{}
		if e.Amount < 0 {
			debit, credit = credit, ui.Cell{Text: p.Money(-e.Amount)}
		}
		name := bookingCell(page, e.Booking)
		name.Sub = ""
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{name, {Text: accountName(page, e.Account)}, debit, credit, {Text: stamp(p, e.At)}}})
	}
	t.Caption = p.T("admin.ledger.caption", "n", len(t.Rows))
	return t
}

// pastOf is who closed which flag with what, newest first.
func pastOf(page ui.Page, list []payments.Clearing, names map[ident.StaffID]pii.Text) ui.Table {
	p := page.Printer()
	t := ui.Table{ID: "pruefungen", Caption: p.T("clearing.pastcaption", "n", len(list)),
		Columns: []ui.Column{{Title: p.T("staff.pay.when")}, {Title: p.T("clearing.flag")}, {Title: p.T("clearing.result")}, {Title: p.T("clearing.note")}, {Title: p.T("clearing.by")}}}
	for _, c := range list {
		found := ui.Cell{Text: p.T("clearing.reason." + string(c.Reason))}
		if c.Booked > 0 {
			found.Sub = p.T("clearing.booked", "amount", p.Money(c.Booked))
		}
		note := ui.Cell{Text: c.Note.Reveal()}
		if c.Note.Empty() {
			note.Text = p.T("clearing.notegone")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: stamp(p, c.At)}, {Text: p.T("staff.flag." + string(c.Flag)), Sub: reported(page, c.Flag, c.Reported())}, found, note,
			{Text: actorName(page, names, "staff:"+string(c.Staff))}}})
	}
	return t
}

// clearPayment serves POST /verwaltung/zahlungen/{id}: looked at, done.
func (s *Server) clearPayment(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	id := ident.PaymentID(r.PathValue("id"))
	number, _ := strconv.Atoi(office.Text(r, "nummer"))
	f := paymentForm{reason: payments.Reason(office.Text(r, "ergebnis")), note: office.Text(r, "notiz"), problems: map[string]string{}}
	err := s.c.Payments.Clear(r.Context(), ui.Staff(r), id, payments.Clearing{Flag: payments.Flag(office.Text(r, "anlass")), Number: number, Reason: f.reason, Note: pii.New(f.note)})
	switch {
	case errs.Is(err, errs.KindInvalid):
		for _, x := range errs.FieldsOf(err) {
			f.problems[x.Name] = ui.ProblemText(ui.PageOf(r).Printer(), x)
		}
		return s.showPayment(w, r, http.StatusUnprocessableEntity, f, "")
	case errs.Is(err, errs.KindConflict):
		return s.showPayment(w, r, http.StatusConflict, f, ui.PageOf(r).T(errs.KeyOf(err)))
	case err != nil:
		return err
	}
	return office.Done(w, r, paymentsPath+"/"+string(id), "geprueft")
}

// askPayment serves POST /verwaltung/zahlungen/{id}/nachfragen: the provider is
// asked now what became of the payment.
func (s *Server) askPayment(w http.ResponseWriter, r *http.Request) error {
	id := ident.PaymentID(r.PathValue("id"))
	_, err := s.c.Payments.Ask(r.Context(), ui.Staff(r), id)
	if errs.Is(err, errs.KindUnavailable) {
		return s.showPayment(w, r, ui.StatusOf(err), paymentForm{}, ui.PageOf(r).T("clearing.silent"))
	}
	if err != nil {
		return err
	}
	return office.Done(w, r, paymentsPath+"/"+string(id), "nachgefragt")
}
