package citizen

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"stadttor/internal/cases"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/web/ui"
)

func itoa(n int) string { return strconv.Itoa(n) }

// stepOf is the step that a page belongs to: all entries of a repeat group and
// its overview are one step for the person.
func stepOf(page string) string {
	step, _, _ := strings.Cut(page, "/")
	return step
}

// progress says which step of how many a page is. Steps that answers still hide
// are not counted: the number may grow.
func (wk *work) progress(page string) ui.Step {
	var steps, titles []string
	for _, p := range wk.Look.Journey() {
		id := stepOf(p.ID)
		if slices.Contains(steps, id) {
			continue
		}
		title := p.Title
		if s := wk.Definition.Step(id); s != nil && p.Kind == forms.PageEntry {
			title = s.Title
		}
		steps, titles = append(steps, id), append(titles, title)
	}
	at := max(0, slices.Index(steps, stepOf(page)))
	out := ui.Step{Number: at + 1, Total: len(steps), Title: titles[at]}
	if at+1 < len(titles) {
		out.Next = titles[at+1]
	}
	return out
}

// before is the address one step back.
func (wk *work) before(p *forms.Page) string {
	pages := wk.Look.Journey()
	at := slices.IndexFunc(pages, func(q forms.Page) bool { return q.ID == p.ID })
	if at < 0 { // a new entry: back to the overview of its group
		return wk.path(stepOf(p.ID))
	}
	if at == 0 {
		return "/antrag/" + wk.form
	}
	return wk.path(pages[at-1].ID)
}

// formView is one page of the assistant.
type formView struct {
	Step     ui.Step
	Back     string
	Heading  string // "" when a question is the heading
	Hint     string
	Why      string
	Fields   []ui.Field
	Problems []ui.Problem
	Warnings []ui.Problem
	Seen     string // mark of the warnings shown
	Draft    string
	Form     ui.Form
	Guest    bool
	More     bool // a question was added by the answer just given
	Exit     bool
	Exits    []ui.Link
	Account  string // address of the question whether the account may be used, for whoever said no
	Aside    asideView
}

// asideView stands beside the questions: what was answered so far.
type asideView struct {
	Title string
	Facts []ui.Fact
	Until string
}

// aside sums up the answers before this page.
func (wk *work) aside(page ui.Page) asideView {
	out := asideView{Title: wk.Definition.Title, Until: page.Printer().Date(wk.ExpiresAt)}
	for _, sec := range wk.Look.Summary() {
		for _, row := range sec.Rows {
			if !row.Given || row.Page == "" || len(row.Text) == 0 || len(out.Facts) == maxFacts {
				continue
			}
			out.Facts = append(out.Facts, ui.Fact{Name: row.Label, Values: []string{shorten(strings.Join(row.Text, ", "), 80)}})
		}
	}
	if len(wk.Definition.Fees) > 0 {
		if total, _, err := wk.Look.Fee(); err == nil {
			out.Facts = append(out.Facts, ui.Fact{Name: feeTitle(page, wk.Definition), Values: []string{page.Printer().Money(total)}})
		}
	}
	return out
}

// maxFacts keeps the aside beside the questions.
const maxFacts = 10

func feeTitle(page ui.Page, d *forms.Definition) string {
	if d.FeeTitle != "" {
		return d.FeeTitle
	}
	return page.T("citizenform.fee")
}

func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimSpace(string(r[:n-1])) + "…"
}

// getFormPage serves GET /antrag/{form}/{page}.
func (s *Server) getFormPage(w http.ResponseWriter, r *http.Request) error {
	form, named := r.PathValue("form"), ident.CaseID(r.URL.Query().Get("entwurf"))
	wk, err := s.open(r, form, named)
	if err != nil {
		return s.unopened(w, r, wk, form, named, err)
	}
	p, ok, err := wk.find(r.PathValue("page"))
	if err != nil {
		return err
	}
	if !ok {
		return ui.SeeOther(w, r, wk.path(wk.first())+"#inhalt")
	}
	if p.Kind == forms.PageCheck {
		return s.showCheck(w, r, &wk, http.StatusOK, checkState{})
	}
	if wk.asksAccount(&p) {
		return ui.SeeOther(w, r, wk.accountPath(p.ID)+"#inhalt")
	}
	var problems []forms.Problem
	if r.URL.Query().Get("ergaenzt") == "" { // a question that was just added is asked without reproach
		problems = wk.against(&p)
	}
	return s.showPage(w, r, &wk, &p, http.StatusOK, problems)
}

// against is what stands against answers that were saved and are not allowed,
// or not any more: a person who comes back to the page is told why.
func (wk *work) against(p *forms.Page) []forms.Problem {
	if p.State != forms.Wrong {
		return nil
	}
	return slices.DeleteFunc(wk.Look.Check(), func(q forms.Problem) bool { return q.Page != p.ID || q.Warn })
}

// find gives a page that may be shown now. ok is false for one that does not
// apply or comes too early; a page that the form does not have is NotFound.
func (wk *work) find(id string) (p forms.Page, ok bool, err error) {
	p, ok = wk.Look.Page(id)
	if !ok && id != forms.CheckPage && wk.Definition.Step(stepOf(id)) == nil {
		return p, false, errs.NotFound("page of form", wk.form)
	}
	return p, ok && p.Reachable, nil
}

// showPage draws a page of questions with what stands against the answers.
func (s *Server) showPage(w http.ResponseWriter, r *http.Request, wk *work, p *forms.Page, status int, problems []forms.Problem) error {
	page := s.personal(r, p.Title)
	view := formView{Step: wk.progress(p.ID), Back: wk.before(p), Heading: p.Title, Hint: p.Hint, Why: p.Why, Draft: string(wk.ID), Guest: wk.Guest,
		Form: ui.Form{Action: wk.path(p.ID)}, More: r.Method == http.MethodGet && r.URL.Query().Get("ergaenzt") != "", Exit: p.Kind == forms.PageExit, Aside: wk.aside(page)}
	page.Breadcrumb = []ui.Link{{Text: wk.Definition.Title, URL: "/antrag/" + wk.form}}
	switch p.Kind {
	case forms.PageOverview:
		view.Fields = wk.overview(page, p, problems)
		view.Heading, view.Hint, view.Why = "", "", ""
	case forms.PageExit:
		view.Fields = wk.fieldsOf(page, p, nil)
		view.Exits = s.exits(r, wk)
	default:
		view.Fields = wk.fieldsOf(page, p, problems)
		if len(wk.Fill.Known) > 0 && len(wk.Fill.Values) == 0 && prefills(p) {
			view.Account = wk.accountPath(p.ID)
		}
		if one := single(p); one != nil {
			for i := range view.Fields {
				if f := &view.Fields[i]; f.Name == one.Field.ID {
					f.AsHeading = true
					if f.Hint == "" {
						f.Hint = p.Hint
					}
					if f.Why == "" {
						f.Why = p.Why
					}
					page.Title, view.Heading, view.Hint, view.Why = f.Label, "", "", ""
				}
			}
		}
	}
	for i := range view.Fields {
		view.Form.Files = view.Form.Files || view.Fields[i].Type == ui.FieldFile
	}
	view.Problems = summaryOf(view.Fields, problems)
	page.Problems = len(view.Problems)
	for _, x := range problems {
		if x.Warn {
			view.Warnings = append(view.Warnings, ui.Problem{Anchor: anchorOf(view.Fields, x), Text: x.Text})
		}
	}
	if len(view.Warnings) > 0 {
		view.Seen = warned(problems)
	}
	return ui.Render(w, r, status, formPage(page, view))
}

// exits are the ways on from a page that says why it does not go on here.
func (s *Server) exits(r *http.Request, wk *work) []ui.Link {
	page := ui.PageOf(r)
	var out []ui.Link
	if wk.Service != "" {
		out = append(out, ui.Link{Text: page.T("citizenform.exit.service"), URL: "/leistungen/" + wk.Service})
	} else if len(wk.Definition.Services) > 0 {
		out = append(out, ui.Link{Text: page.T("citizenform.exit.service"), URL: "/leistungen/" + wk.Definition.Services[0]})
	}
	return append(out, ui.Link{Text: page.T("citizenform.exit.search"), URL: "/leistungen"})
}

// anchorOf finds the id on the page for a problem that stands at no field.
func anchorOf(fields []ui.Field, p forms.Problem) string {
	for _, f := range fields {
		if f.Name == p.Field {
			return f.Anchor()
		}
	}
	return ""
}

// warned marks warnings, so that the page lets them pass once they were seen.
func warned(problems []forms.Problem) string {
	var marks []string
	for _, p := range problems {
		if p.Warn {
			marks = append(marks, p.Input+"="+p.Code)
		}
	}
	slices.Sort(marks)
	return strings.Join(marks, " ")
}

// postFormPage serves POST /antrag/{form}/{page}: save, then on.
func (s *Server) postFormPage(w http.ResponseWriter, r *http.Request) error {
	form, id := r.PathValue("form"), r.PathValue("page")
	in, err := s.receive(r, form, id)
	if errs.Is(err, errs.KindTooLarge) {
		return s.showTooLarge(w, r, form, in)
	}
	if err != nil {
		return err
	}
	wk, err := in.wk, in.opened
	if err != nil {
		if (errs.Is(err, errs.KindNotFound) && s.expired(r)) || errs.KeyOf(err) == "case.level-needed" {
			return s.showExpired(w, r, form, in)
		}
		return s.unopened(w, r, wk, form, in.named, err)
	}
	p, ok, err := wk.find(id)
	if err != nil {
		return err
	}
	if !ok {
		return ui.SeeOther(w, r, wk.path(wk.first())+"#inhalt")
	}
	if p.Kind == forms.PageExit || p.Kind == forms.PageCheck {
		return ui.SeeOther(w, r, wk.path(p.ID)+"#inhalt")
	}
	d, problems, err := s.c.Cases.Answer(r.Context(), ui.Citizen(r), wk.ID, wk.Proof, cases.Sent{Page: id, Values: in.values, Stored: in.stored})
	if errs.Is(err, errs.KindTooLarge) {
		return s.showTooLarge(w, r, form, in)
	}
	if err != nil {
		return s.unopened(w, r, wk, form, in.named, err)
	}
	problems = append(in.refused, problems...)
	in.complete = wk.first() == forms.CheckPage
	wk.Draft = d
	return s.answered(w, r, &wk, &p, in, problems)
}

// answered chooses what follows after a page was saved. was is the page as the
// person saw it.
func (s *Server) answered(w http.ResponseWriter, r *http.Request, wk *work, was *forms.Page, in received, problems []forms.Problem) error {
	blocks := forms.Blocks(problems)
	switch {
	case in.own.Get(inputLater) != "":
		saved := "1"
		if blocks {
			saved = "offen"
		}
		return ui.SeeOther(w, r, wk.own()+"?gespeichert="+saved+"#inhalt")
	case in.stays():
		problems = slices.DeleteFunc(problems, func(p forms.Problem) bool { return p.Field != "" && !strings.HasPrefix(p.Code, "file-") })
		if !forms.Blocks(problems) {
			return ui.SeeOther(w, r, wk.path(was.ID)+"#inhalt")
		}
	case blocks:
		if anchor := s.added(was, wk, problems); anchor != "" {
			return ui.SeeOther(w, r, query(wk.path(was.ID), "ergaenzt", "1")+"#"+anchor)
		}
	case warned(problems) != "" && warned(problems) != in.own.Get(inputSeen):
	case in.complete && wk.first() == forms.CheckPage && in.values.Get(forms.AddInput) != ui.Yes && in.values.Get(forms.RemoveInput) == "":
		return ui.SeeOther(w, r, wk.path(forms.CheckPage)+"#inhalt") // a correction
	default:
		next := wk.Look.Follow(was.ID, in.values)
		return ui.SeeOther(w, r, wk.path(next)+"#inhalt")
	}
	now, ok := wk.Look.Page(was.ID)
	if !ok {
		return ui.SeeOther(w, r, wk.path(wk.first())+"#inhalt")
	}
	return s.showPage(w, r, wk, &now, http.StatusUnprocessableEntity, problems)
}

// added finds questions that the answers just given brought to the same page.
// When only they are unanswered, the page comes back without reproach, at the
// first of them.
func (s *Server) added(was *forms.Page, wk *work, problems []forms.Problem) (anchor string) {
	waited := func(id string) bool {
		return slices.ContainsFunc(was.Fields, func(f forms.PageField) bool { return f.Field.ID == id && !f.Shown })
	}
	for _, p := range problems {
		if p.Warn {
			continue
		}
		if !waited(p.Field) {
			return ""
		}
		if anchor == "" {
			anchor = p.Input
			if f := wk.Definition.Field(p.Field); f != nil && (f.Type == forms.Choice || f.Type == forms.Choices || f.Type == forms.YesNo) {
				anchor += "-1"
			}
		}
	}
	return anchor
}

// hidden is what was sent, to be sent once more.
func (in *received) hidden() (out []hiddenInput) {
	names := make([]string, 0, len(in.raw))
	for name := range in.raw {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, v := range in.raw[name] {
			out = append(out, hiddenInput{name, strings.ToValidUTF8(v, "\uFFFD")})
		}
	}
	return out
}

type hiddenInput struct{ Name, Value string }
