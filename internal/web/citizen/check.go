package citizen

import (
	"net/http"
	"slices"
	"strings"

	"stadttor/internal/cases"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/web/ui"
)

// checkView is the page on which the whole declaration is checked before it is
// sent (§ 9a Abs. 2 OZG), with the protection against haste (Abs. 3).
type checkView struct {
	Step     ui.Step
	Back     string
	Problems []ui.Problem
	Changed  bool // the answers changed since the page was shown
	Missed   string
	Sections []ui.Summary
	FeeTitle string
	Fee      []feeLine
	Total    string
	Deadline string
	Form     ui.Form
	Confirm  ui.Field
	Warning  ui.WarningData
	Draft    string
	Key      string
	State    string
	Level    string // at which trust level it is sent
	Later    string // the page about the draft
	Purpose  string
	Tenant   string
}

// feeLine is one line of the fee as a table shows it.
type feeLine struct{ Label, Detail, Amount string }

// billLine writes one line of a fee; a single piece needs no detail.
func billLine(page ui.Page, label string, quantity int64, unit, amount money.Amount) feeLine {
	pr := page.Printer()
	l := feeLine{Label: label, Amount: pr.Money(amount)}
	if quantity != 1 {
		l.Detail = pr.Number(quantity) + " × " + pr.Money(unit)
	}
	return l
}

// checkState is what a check page that came back remembers.
type checkState struct {
	problems []forms.Problem
	changed  bool
	key      string
	sure     bool
}

// showCheck draws the check page; status and st say why it came back.
func (s *Server) showCheck(w http.ResponseWriter, r *http.Request, wk *work, status int, st checkState) error {
	page := s.personal(r, ui.PageOf(r).T("citizenform.check.title"))
	page.Breadcrumb = []ui.Link{{Text: wk.Definition.Title, URL: "/antrag/" + wk.form}}
	p, _ := wk.Look.Page(forms.CheckPage)
	view := checkView{Step: wk.progress(p.ID), Back: wk.before(&p), Changed: st.changed, Form: ui.Form{Action: wk.path(forms.CheckPage)}, Draft: string(wk.ID), Key: st.key,
		State: itoa(int(wk.Version)), Later: wk.own(), Purpose: wk.Definition.Purpose, Tenant: s.tenantName(wk.Tenant), Deadline: wk.Definition.DeadlineText(wk.Answers, wk.Env)}
	if view.Key == "" {
		view.Key = ident.Secret()
	}
	if c := ui.Citizen(r); !c.Guest() {
		view.Level = page.T("citizenform.level." + c.Level.String())
	}
	for _, sec := range wk.Look.Summary() {
		view.Sections = append(view.Sections, wk.summary(sec))
	}
	total := s.fees(page, wk, &view)
	for _, f := range wk.fieldsOf(page, &p, st.problems) {
		if f.Type == ui.FieldConsent {
			view.Confirm = f
		}
	}
	if view.Confirm.Name == "" {
		view.Confirm = ui.Field{Name: inputSure, Type: ui.FieldConsent, Label: page.T("citizenform.check.sure")}
		if st.sure {
			view.Confirm.Value = ui.Yes
		} else if status != http.StatusOK && !st.changed {
			view.Confirm.Problem = page.T("case.confirm")
		}
	}
	text := page.T("citizenform.check.effect", "tenant", view.Tenant)
	if wk.Definition.Payment && total > 0 {
		text = page.T("citizenform.check.effectpay", "tenant", view.Tenant, "amount", page.Printer().Money(total))
	}
	button := wk.Definition.Submit
	if button == "" {
		button = page.T("citizenform.check.submit")
	}
	view.Warning = ui.WarningData{ID: "wirkung", Text: text, Button: ui.ButtonData{Text: button}}
	for _, q := range wk.Look.Check() {
		if q.Code == "deadline" {
			view.Missed = q.Text
		}
	}
	view.Problems = ui.Problems([]ui.Field{view.Confirm})
	for _, q := range st.problems {
		if q.Field != forms.DeclarationField && !q.Warn && !slices.ContainsFunc(view.Problems, func(x ui.Problem) bool { return x.Text == q.Text }) {
			view.Problems = append(view.Problems, ui.Problem{Text: q.Text})
		}
	}
	page.Problems = len(view.Problems)
	return ui.Render(w, r, status, checkPage(page, view))
}

// summary maps a section with the links that change it. An answer that is
// worked out has none.
func (wk *work) summary(sec forms.Section) ui.Summary {
	out := ui.Summary{Title: sec.Title}
	for _, row := range sec.Rows {
		x := ui.SummaryRow{Name: row.Label}
		if row.Given {
			x.Values = row.Text
		}
		if row.Page != "" {
			x.ChangeURL = wk.path(row.Page) + "#inhalt"
		}
		out.Rows = append(out.Rows, x)
	}
	return out
}

// fees puts the fee on the page as it will be demanded.
func (s *Server) fees(page ui.Page, wk *work, view *checkView) money.Amount {
	if len(wk.Definition.Fees) == 0 {
		return 0
	}
	total, lines, err := wk.Look.Fee()
	if err != nil {
		return 0
	}
	view.FeeTitle, view.Total = feeTitle(page, wk.Definition), page.Printer().Money(total)
	for _, l := range lines {
		view.Fee = append(view.Fee, billLine(page, l.Label, l.Quantity, l.Unit, l.Amount))
	}
	return total
}

func (s *Server) tenantName(id ident.TenantID) string {
	if d, ok := s.c.Directory.DoorOf(id); ok {
		return d.Tenant.Name
	}
	return ""
}

// postSubmit serves POST /antrag/{form}/pruefen: take the declaration, send.
// Pressed twice, it sends once: the page carries an idempotency key.
func (s *Server) postSubmit(w http.ResponseWriter, r *http.Request) error {
	form := r.PathValue("form")
	in, err := s.receive(r, form, forms.CheckPage)
	if errs.Is(err, errs.KindTooLarge) {
		return s.showTooLarge(w, r, form, in)
	}
	if err != nil {
		return err
	}
	c, key := ui.Citizen(r), in.own.Get(inputKey)
	wk, err := in.wk, in.opened
	if errs.KeyOf(err) == "case.already-sent" && in.named != "" {
		// The same page sent once more tells what came of it.
		if sub, again := s.c.Cases.Submit(r.Context(), c, in.named, s.proof(r, in.named), cases.Sending{Key: key, Confirmed: true}); again == nil {
			return s.afterSubmit(w, r, form, sub)
		}
	}
	if (errs.Is(err, errs.KindNotFound) && s.expired(r)) || errs.KeyOf(err) == "case.level-needed" {
		return ui.SeeOther(w, r, signInPath("/antrag/"+form+"/"+forms.CheckPage+"?entwurf="+string(in.named), higher(r, s.level(r, form))))
	}
	if err != nil {
		return s.unopened(w, r, wk, form, in.named, err)
	}
	p, ok, err := wk.find(forms.CheckPage)
	if err != nil {
		return err
	}
	if !ok {
		return ui.SeeOther(w, r, wk.path(wk.first())+"#inhalt")
	}
	st := checkState{key: key, sure: in.own.Get(inputSure) == ui.Yes}
	declared := len(p.Fields) > 0 && p.State == forms.Done
	shown := in.own.Get(inputState)
	switch now := itoa(int(wk.Version)); {
	case shown == now:
	case declared && shown == itoa(int(wk.Version)-1): // only the declaration came between: the button was pressed twice
	default:
		st.changed = true
		return s.showCheck(w, r, &wk, http.StatusConflict, st)
	}
	sending := cases.Sending{Key: key, Confirmed: st.sure || len(p.Fields) > 0, Version: wk.Version}
	if len(p.Fields) > 0 && !(declared && in.values.Get(forms.DeclarationField) == ui.Yes) || len(in.values) > len(p.Fields) {
		sending.Values = in.values
	}
	sub, err := s.c.Cases.Submit(r.Context(), c, wk.ID, wk.Proof, sending)
	if err == nil {
		return s.afterSubmit(w, r, form, sub)
	}
	if sending.Values != nil && errs.KeyOf(err) == "case.incomplete" { // what was ticked stays
		d, problems, err := s.c.Cases.Answer(r.Context(), c, wk.ID, wk.Proof, cases.Sent{Page: forms.CheckPage, Values: in.values})
		if err != nil {
			return s.unopened(w, r, wk, form, in.named, err)
		}
		wk.Draft = d
		if forms.Blocks(problems) {
			st.problems = problems
			return s.showCheck(w, r, &wk, http.StatusUnprocessableEntity, st)
		}
	}
	st.sure = sending.Confirmed
	switch {
	case errs.KeyOf(err) == "case.confirm":
		return s.showCheck(w, r, &wk, http.StatusUnprocessableEntity, st)
	case errs.KeyOf(err) == "case.changed":
		if wk, err = s.open(r, form, wk.ID); err != nil {
			return s.unopened(w, r, wk, form, in.named, err)
		}
		st.changed = true
		return s.showCheck(w, r, &wk, http.StatusConflict, st)
	case errs.KeyOf(err) == "case.incomplete":
		for _, f := range errs.FieldsOf(err) {
			page, _, _ := strings.Cut(f.Name, "#")
			st.problems = append(st.problems, forms.Problem{Page: page, Text: ui.ProblemText(ui.PageOf(r).Printer(), f)})
		}
		return s.showCheck(w, r, &wk, http.StatusUnprocessableEntity, st)
	}
	return s.unopened(w, r, wk, form, in.named, err)
}

// afterSubmit leads to the payment, or to the confirmation.
func (s *Server) afterSubmit(w http.ResponseWriter, r *http.Request, form string, sub cases.Submission) error {
	if sub.State == cases.StateAwaitingPayment && sub.Payment != "" {
		return ui.SeeOther(w, r, payPath(sub.Payment)+"#inhalt")
	}
	return ui.SeeOther(w, r, receivedPath(form, sub.Case)+"#inhalt")
}
