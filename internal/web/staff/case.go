package staff

import (
	"net/http"
	"slices"
	"strings"

	"stadttor/internal/cases"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// casePage is a case with everything in it.
type casePage struct {
	Told, Refused string
	URL           string
	Number        string
	State         ui.Cell // badge
	Line          string  // whose, where, until when: the facts in one line
	Facts         []ui.Fact
	Summaries     []ui.Summary
	Next          []string
	Fees          ui.Table
	Files         []ui.FileItem
	Messages      []ui.Message
	Notes         []ui.Message
	History       []ui.Event
	Payments      ui.Table
	Deliveries    []deliveryLine
	Tasks         []taskLine
	May           cases.Actions
	NoInbox       bool // a guest: there is nowhere to ask
	NoteField     ui.Field
	AskField      ui.Field
	MoveField     ui.Field
	Contents      []ui.Link
}

type deliveryLine struct {
	Parcel, Event, State, Detail string
	Tone                         ui.Tone
	Resend                       bool
}

type taskLine struct {
	Kind, Ref, Text, At string
	End                 bool
}

// attempt is a verb that was refused, with what had been typed.
type attempt struct {
	verb string
	text string
	unit string
	err  error
}

// caseID reads the address; what cannot be an ID does not exist.
func caseID(r *http.Request) (ident.CaseID, error) {
	id := ident.CaseID(r.PathValue("id"))
	if !ident.Valid(id) {
		return "", errs.NotFound("case", id)
	}
	return id, nil
}

// showCase serves GET /verwaltung/faelle/{id}.
func (s *Server) showCase(w http.ResponseWriter, r *http.Request) error {
	id, err := caseID(r)
	if err != nil {
		return err
	}
	return s.renderCase(w, r, id, attempt{})
}

func (s *Server) renderCase(w http.ResponseWriter, r *http.Request, id ident.CaseID, tried attempt) error {
	actor := ui.Staff(r)
	m, err := s.c.Cases.Case(r.Context(), actor, id)
	if err != nil {
		return err
	}
	names, err := s.c.Accounts.Names(r.Context(), actor)
	if err != nil {
		return err
	}
	page := office.Page(r, "staff.worklist.title", office.NavCases)
	page.Breadcrumb = []ui.Link{{Text: page.Title, URL: "/verwaltung/faelle"}}
	page.Title, page.Detail = m.Title, string(m.Number)
	b := caseBuilder{s: s, page: page, actor: actor, m: m, names: names}
	p := b.build()
	p.Told = office.Told(r, page, "staff.done.")
	status := http.StatusOK
	if tried.err != nil {
		status = ui.StatusOf(tried.err)
		p.refuse(page, tried)
		page.Problems = len(ui.Problems(p.fields()))
	}
	return ui.Render(w, r, status, caseView(page, p))
}

func (p *casePage) fields() []ui.Field { return []ui.Field{p.AskField, p.NoteField, p.MoveField} }

// refuse puts a refused verb back on the page: the sentence at its field, or
// above everything, and what was typed where it was typed.
func (p *casePage) refuse(page ui.Page, tried attempt) {
	sentence := page.T("ui.error.conflict.text")
	if errs.Is(tried.err, errs.KindInvalid) {
		sentence = page.T("staff.text-refused")
	}
	if key := errs.KeyOf(tried.err); key != "" && page.Printer().Has(key) {
		sentence = page.T(key)
	}
	var at *ui.Field
	switch tried.verb {
	case noteVerb:
		at = &p.NoteField
		at.Value = tried.text
		p.May.Note = true // what was typed is shown even if the state has moved on
	case askVerb:
		at = &p.AskField
		at.Value = tried.text
		p.May.Ask = true
	case moveVerb:
		at = &p.MoveField
		at.Value = tried.unit
	}
	if at != nil && errs.Is(tried.err, errs.KindInvalid) {
		at.Problem = sentence
		return
	}
	p.Refused = sentence
}

// caseBuilder turns a case into the page's plain structs.
type caseBuilder struct {
	s     *Server
	page  ui.Page
	actor perm.Staff
	m     cases.Matter
	names map[ident.StaffID]pii.Text
}

func (b caseBuilder) t(key string, args ...any) string { return b.page.T(key, args...) }

func (b caseBuilder) build() casePage {
	m := b.m
	p := casePage{URL: caseURL(m.ID), Number: string(m.Number), State: ui.Cell{Text: m.State.German(), Tone: stateTone(m.State)}, May: m.May, Next: m.Next, NoInbox: m.Holder == b.actor.Staff && m.State == cases.StateInReview && !m.May.Ask}
	p.Facts, p.Line = b.facts(), b.line()
	for _, sec := range m.Sections {
		p.Summaries = append(p.Summaries, b.summary(sec))
	}
	p.Fees = b.fees()
	for _, d := range m.Documents {
		p.Files = append(p.Files, b.file(d))
	}
	for _, msg := range m.Messages {
		p.Messages = append(p.Messages, b.message(msg))
	}
	for _, n := range m.Notes {
		p.Notes = append(p.Notes, ui.Message{From: b.who(n.Author), Own: n.Author == b.actor.Ref(), At: n.At, Lines: paragraphs(n.Text.Reveal())})
	}
	for i, l := range slices.Backward(m.History) {
		p.History = append(p.History, ui.Event{At: l.At, Text: l.Text, Who: b.who(l.Actor), Current: i == len(m.History)-1})
	}
	p.Payments = b.payments()
	for _, d := range m.Deliveries {
		p.Deliveries = append(p.Deliveries, b.delivery(d))
	}
	for _, x := range m.Tasks {
		p.Tasks = append(p.Tasks, taskLine{Kind: string(x.Kind), Ref: x.Ref, Text: b.t("staff.task." + string(x.Kind)), At: b.page.Printer().DateTime(x.At), End: b.actor.MayAt(perm.WorkCases, m.Unit, m.Service)})
	}
	p.NoteField = ui.Field{Name: "text", ID: "vermerk", Type: ui.FieldLong, Rows: 3, Label: b.t("staff.case.note"), Hint: b.t("staff.case.notehint")}
	p.AskField = ui.Field{Name: "text", ID: "rueckfrage", Type: ui.FieldLong, Rows: 5, Label: b.t("staff.case.ask"), Hint: b.t("staff.case.askhint")}
	p.MoveField = ui.Field{Name: "stelle", ID: "stelle", Type: ui.FieldSelect, Label: b.t("staff.case.moveto")}
	for _, u := range b.s.c.Directory.Units(m.Tenant) {
		if u.ID != m.Unit {
			p.MoveField.Options = append(p.MoveField.Options, ui.Option{Value: string(u.ID), Label: u.Name})
		}
	}
	p.May.Move = p.May.Move && len(p.MoveField.Options) > 0
	p.Contents = b.contents(&p)
	return p
}

// contents are the parts of the page that are there.
func (b caseBuilder) contents(p *casePage) (out []ui.Link) {
	add := func(there bool, anchor, key string) {
		if there {
			out = append(out, ui.Link{Text: b.t(key), URL: "#" + anchor})
		}
	}
	add(len(p.Summaries) > 0, "angaben", "staff.case.answers")
	add(len(p.Fees.Rows) > 0, p.Fees.ID, "staff.case.fees")
	add(len(p.Files) > 0, "dateien", "staff.case.files")
	add(true, "nachrichten", "staff.case.messages")
	add(true, "vermerke", "staff.case.notes")
	add(len(p.Payments.Rows) > 0, p.Payments.ID, "staff.case.payments")
	add(len(p.Deliveries) > 0, "uebergaben", "staff.case.deliveries")
	add(true, "verlauf", "staff.case.history")
	return out
}

// line is what one wants to know first, on one line.
func (b caseBuilder) line() string {
	parts := []string{b.m.Applicant.Reveal(), b.s.unitName(b.m.Tenant, b.m.Unit, b.page)}
	switch b.m.Holder {
	case "":
	case b.actor.Staff:
		parts = append(parts, b.t("staff.case.heldbyme"))
	default:
		parts = append(parts, b.t("staff.case.heldby", "name", holderName(b.page, b.actor, b.m.Holder, b.names)))
	}
	if !b.m.DueAt.IsZero() {
		parts = append(parts, b.t("staff.case.until", "day", b.page.Printer().ShortDate(b.m.DueAt)))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

func (b caseBuilder) facts() (out []ui.Fact) {
	m, p := b.m, b.page.Printer()
	add := func(key string, values ...string) {
		values = slices.DeleteFunc(values, func(v string) bool { return v == "" })
		if len(values) > 0 {
			out = append(out, ui.Fact{Name: b.t(key), Values: values})
		}
	}
	name := []string{m.Applicant.Reveal()}
	for _, line := range m.Address {
		name = append(name, line.Reveal())
	}
	if m.Erased {
		name = []string{b.t("staff.worklist.erased")}
	}
	add("staff.fact.applicant", name...)
	var behalf []string
	for _, line := range cases.BehalfLines(m.Behalf) {
		behalf = append(behalf, line.Reveal())
	}
	add("staff.fact.behalf", behalf...)
	add("staff.fact.unit", b.s.unitName(m.Tenant, m.Unit, b.page))
	add("staff.fact.holder", holderName(b.page, b.actor, m.Holder, b.names))
	add("staff.fact.received", p.DateTime(m.SubmittedAt))
	due := p.Date(m.DueAt)
	if m.Overdue {
		due = b.t("staff.fact.overdue", "day", due)
	}
	add("staff.fact.due", due)
	add("staff.fact.decided", p.DateTime(m.DecidedAt))
	if m.Fee != 0 {
		add("staff.fact.fee", p.Money(m.Fee))
	}
	add("staff.fact.level", b.t("staff.level."+m.Level.String()))
	add("staff.fact.erase", p.Date(m.EraseAt))
	return out
}

func (b caseBuilder) summary(sec forms.Section) ui.Summary {
	out := ui.Summary{Title: sec.Title, Level: 3}
	for _, row := range sec.Rows {
		values := row.Text
		if !row.Given && len(row.Files) == 0 {
			values = nil
		}
		out.Rows = append(out.Rows, ui.SummaryRow{Name: row.Label, Values: values})
	}
	return out
}

func (b caseBuilder) fees() ui.Table {
	p := b.page.Printer()
	t := ui.Table{ID: "gebuehren", Caption: b.t("staff.case.fees"), Columns: []ui.Column{{Title: b.t("staff.fee.what")}, {Title: b.t("staff.fee.quantity"), Numeric: true}, {Title: b.t("staff.fee.unit"), Numeric: true}, {Title: b.t("staff.fee.amount"), Numeric: true}}}
	for _, l := range b.m.Lines {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: l.Label}, {Text: p.Number(l.Quantity)}, {Text: p.Money(l.Unit)}, {Text: p.Money(l.Amount)}}})
	}
	if len(t.Rows) > 0 {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: b.t("staff.fee.sum")}, {}, {}, {Text: p.Money(b.m.Fee)}}})
	}
	return t
}

func (b caseBuilder) file(d cases.Document) ui.FileItem {
	return ui.FileItem{Name: d.Name.Reveal(), URL: caseURL(b.m.ID) + "/dateien/" + string(d.ID), Size: d.Size, Note: b.t("staff.file." + string(d.Kind))}
}

func (b caseBuilder) message(msg cases.Message) ui.Message {
	out := ui.Message{From: b.who(msg.Author), Own: msg.Kind != cases.KindAnswer, At: msg.At, Lines: paragraphs(msg.Text.Reveal())}
	if msg.Kind != cases.KindAnswer {
		if msg.ReadAt.IsZero() {
			out.Lines = append(out.Lines, b.t("staff.message.unread"))
		} else {
			out.Lines = append(out.Lines, b.t("staff.message.read", "when", b.page.Printer().DateTime(msg.ReadAt)))
		}
	}
	for _, d := range msg.Files {
		f := b.file(d)
		f.Note = ""
		out.Files = append(out.Files, f)
	}
	return out
}

// who puts "kind:id" into words.
func (b caseBuilder) who(ref string) string {
	kind, id, _ := strings.Cut(ref, ":")
	switch kind {
	case "staff":
		if n := b.names[ident.StaffID(id)]; !n.Empty() {
			return n.Reveal()
		}
		return b.t("staff.holder.gone")
	case "person", "guest":
		if !b.m.Applicant.Empty() {
			return b.m.Applicant.Reveal()
		}
		return b.t("staff.who.applicant")
	}
	return b.t("staff.who.system")
}

func (b caseBuilder) payments() ui.Table {
	p := b.page.Printer()
	t := ui.Table{ID: "zahlungen", Caption: b.t("staff.case.payments"), Columns: []ui.Column{{Title: b.t("staff.pay.reference")}, {Title: b.t("staff.pay.state")}, {Title: b.t("staff.pay.amount"), Numeric: true}, {Title: b.t("staff.pay.when")}, {Title: b.t("staff.pay.provider")}}}
	for _, x := range b.m.Payments {
		at := x.SettledAt
		if at.IsZero() {
			at = x.CreatedAt
		}
		state := ui.Cell{Text: b.t("staff.payment." + string(x.State))}
		if x.Flag != "" {
			state.Sub = b.t("staff.flag." + string(x.Flag))
		}
		amount := ui.Cell{Text: p.Money(x.Amount)}
		if x.Refunded > 0 {
			amount.Sub = b.t("staff.pay.refunded", "amount", p.Money(x.Refunded))
		}
		t.Rows = append(t.Rows, ui.Row{Marked: x.Flag != "", Cells: []ui.Cell{{Text: x.Reference}, state, amount, {Text: p.DateTime(at)}, {Text: office.ProviderName(p, x.Provider)}}})
	}
	return t
}

func (b caseBuilder) delivery(d delivery.Status) deliveryLine {
	p := b.page.Printer()
	event, _, _ := strings.Cut(d.Event, ":")
	out := deliveryLine{Parcel: string(d.ID), Event: b.t("staff.parcel." + event), State: b.t("staff.delivery." + d.State), Resend: b.m.May.Resend && d.State != delivery.Waiting}
	var detail []string
	if d.Attempts > 0 {
		detail = append(detail, b.t("staff.delivery.tries", "n", d.Attempts))
	}
	if !d.TriedAt.IsZero() {
		detail = append(detail, p.DateTime(d.TriedAt))
	}
	if d.Failure != "" && p.Has(d.Failure) {
		detail = append(detail, p.T(d.Failure))
	}
	if d.Ref != "" {
		detail = append(detail, b.t("staff.delivery.ref", "ref", d.Ref))
	}
	out.Detail = strings.Join(detail, " · ")
	switch d.State {
	case delivery.Delivered:
		out.Tone = ui.Success
	case delivery.Failed:
		out.Tone = ui.Danger
	case delivery.Waiting:
		out.Tone = ui.Info
	}
	return out
}

// paragraphs cuts a text at its line ends.
func paragraphs(s string) (out []string) {
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
