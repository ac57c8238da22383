package admin

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/payments"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// inpaymentForm is what was typed of money that came outside.
type inpaymentForm struct {
	way                   payments.Way
	amount, voucher, note string
	day                   ui.DateValue
	problems              map[string]string
}

func readInpayment(r *http.Request) inpaymentForm {
	return inpaymentForm{way: payments.Way(office.Text(r, "weg")), amount: office.Text(r, "betrag"), voucher: office.Text(r, "beleg"), note: office.Text(r, "vermerk"),
		day: ui.DateValue{Day: office.Text(r, "tag.tag"), Month: office.Text(r, "tag.monat"), Year: office.Text(r, "tag.jahr")}, problems: map[string]string{}}
}

// inpayment is what the form says; what cannot be read stays zero, and the verb
// asks for it.
func (f inpaymentForm) inpayment() payments.Inpayment {
	amount, err := money.Parse(f.amount)
	if err != nil {
		amount = 0
	}
	return payments.Inpayment{Way: f.way, Amount: amount, Day: dayOf(f.day), Voucher: f.voucher, Note: pii.New(f.note)}
}

// dayOf reads a typed day; zero if there is no such day.
func dayOf(v ui.DateValue) time.Time {
	v.Day, v.Month = strings.TrimSuffix(v.Day, "."), strings.TrimSuffix(v.Month, ".")
	day, ok := office.Day(v)
	if !ok || day.Year() < 1900 {
		return time.Time{}
	}
	return day
}

func inpaymentFields(page ui.Page, due money.Amount, f inpaymentForm) []ui.Field {
	t := page.T
	way := ui.Field{Name: "weg", Type: ui.FieldChoice, Label: t("inpayment.way"), Problem: f.problems["way"]}
	for _, x := range payments.Ways() {
		way.Options = append(way.Options, ui.Option{Value: string(x), Label: t("inpayment.way." + string(x))})
		if x == f.way {
			way.Value = string(x)
		}
	}
	return []ui.Field{way,
		{Name: "betrag", Type: ui.FieldAmount, Label: t("inpayment.amount"), Hint: t("inpayment.amounthint", "amount", page.Printer().Money(due)), Value: f.amount, Problem: f.problems["amount"], Width: 10, Autocomplete: "off"},
		{Name: "tag", Type: ui.FieldDate, Label: t("inpayment.day"), Hint: t("inpayment.dayhint"), Date: f.day, Problem: f.problems["day"]},
		{Name: "beleg", Type: ui.FieldText, Label: t("inpayment.voucher"), Hint: t("inpayment.voucherhint"), Value: f.voucher, MaxLength: payments.MaxVoucher, Width: 20, Problem: f.problems["voucher"], Autocomplete: "off"},
		{Name: "vermerk", Type: ui.FieldLong, Label: t("inpayment.note"), Hint: t("inpayment.notehint", "n", payments.MaxNote), Value: f.note, MaxLength: payments.MaxNote, Rows: 3, Optional: true, Problem: f.problems["note"], Autocomplete: "off"}}
}

// receivedFacts are what the Kasse received outside; none if nothing.
func receivedFacts(page ui.Page, in payments.Inpayment, names map[ident.StaffID]pii.Text) (out []ui.Fact) {
	if in.Way == "" {
		return nil
	}
	p := page.Printer()
	note := in.Note.Reveal()
	for _, x := range [][2]string{
		{"inpayment.wayshort", p.T("inpayment.way." + string(in.Way))}, {"staff.pay.amount", p.Money(in.Amount)}, {"inpayment.day", p.Date(in.Day)},
		{"inpayment.voucher", in.Voucher}, {"inpayment.note", note}, {"inpayment.by", actorName(page, names, "staff:"+string(in.Staff)) + ", " + p.DateTime(in.At)},
	} {
		if x[1] != "" {
			out = append(out, ui.Fact{Name: p.T(x[0]), Values: strings.Split(x[1], "\n")})
		}
	}
	return out
}

// attemptsOf are all attempts of a demand, where there is more than the one shown.
func attemptsOf(page ui.Page, shown payments.Payment, list []payments.Payment) ui.Table {
	p := page.Printer()
	t := ui.Table{ID: "versuche", Caption: p.T("inpayment.attemptscaption", "n", len(list)),
		Columns: []ui.Column{{Title: p.T("clearing.attempt")}, {Title: p.T("staff.pay.state")}, {Title: p.T("staff.pay.provider")}, {Title: p.T("staff.pay.when")}}}
	if len(list) < 2 {
		return t
	}
	for _, x := range list {
		no := ui.Cell{Text: strconv.Itoa(x.Attempt), URL: paymentsPath + "/" + string(x.ID)}
		if x.ID == shown.ID {
			no.URL = ""
		}
		at := x.SettledAt
		if at.IsZero() {
			at = x.CreatedAt
		}
		st := ui.Cell{Text: p.T("staff.payment." + string(x.State)), Badge: true, Tone: paymentTones[x.State]}
		if x.Flag != "" {
			st.Sub = p.T("staff.flag." + string(x.Flag))
		}
		t.Rows = append(t.Rows, ui.Row{Marked: x.Flag != "", Cells: []ui.Cell{no, st, {Text: orDash(office.ProviderName(p, x.Provider))}, {Text: stamp(p, at)}}})
	}
	return t
}

// receivePayment serves POST /verwaltung/zahlungen/{id}/eingang: the Kasse has
// the money of a demand, on another way.
func (s *Server) receivePayment(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	id, f := ident.PaymentID(r.PathValue("id")), readInpayment(r)
	p, err := s.c.Payments.Receive(r.Context(), ui.Staff(r), id, f.inpayment())
	switch {
	case errs.Is(err, errs.KindInvalid):
		for _, x := range errs.FieldsOf(err) {
			f.problems[x.Name] = ui.ProblemText(ui.PageOf(r).Printer(), x)
		}
		return s.showPayment(w, r, http.StatusUnprocessableEntity, paymentForm{received: f}, "")
	case errs.Is(err, errs.KindConflict):
		return s.showPayment(w, r, http.StatusConflict, paymentForm{received: f}, ui.PageOf(r).T(errs.KeyOf(err)))
	case err != nil:
		return err
	}
	return office.Done(w, r, paymentsPath+"/"+string(p.ID), "eingegangen")
}
