package staff

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"stadttor/internal/cases"
	"stadttor/internal/clock"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/letter"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// decidePage is the form of a decision.
type decidePage struct {
	URL          string // of the case
	Refused      string
	Fields       []ui.Field
	Placeholders []letter.Placeholder
	Warning      string
	Applicant    string
	Number       string
}

// decideForm is what was typed.
type decideForm struct {
	outcome      cases.Outcome
	reason, text string
	by, file     string
	deadline     ui.DateValue
	problems     map[string]string // field name → sentence
	deadlineAt   time.Time
	suggest      bool
}

var outcomes = []cases.Outcome{cases.Approve, cases.ApprovePartly, cases.Reject}

// decision serves GET /verwaltung/faelle/{id}/entscheidung.
func (s *Server) decision(w http.ResponseWriter, r *http.Request) error {
	f := decideForm{by: ui.VisitOf(r).StaffName.Reveal()}
	if o := cases.Outcome(r.URL.Query().Get("ergebnis")); slices.Contains(outcomes, o) {
		f.outcome = o
	}
	f.text = cases.DecisionTemplate(f.outcome)
	return s.renderDecision(w, r, http.StatusOK, f, nil)
}

// decide serves POST /verwaltung/faelle/{id}/entscheidung.
func (s *Server) decide(w http.ResponseWriter, r *http.Request) error {
	id, f, err := s.readDecision(r)
	if err != nil {
		return err
	}
	if f.suggest {
		f.text, f.problems = cases.DecisionTemplate(f.outcome), nil
		return s.renderDecision(w, r, http.StatusOK, f, nil)
	}
	if len(f.problems) == 0 {
		m, err := s.c.Cases.Case(r.Context(), ui.Staff(r), id)
		if err != nil {
			return err
		}
		if err = s.c.Cases.Decide(r.Context(), ui.Staff(r), id, f.decision()); err != nil {
			return s.retryDecision(w, r, f, err)
		}
		word := "entschieden"
		if guest(m) {
			word = "entschieden-post"
		}
		return office.Done(w, r, caseURL(id), word)
	}
	return s.retryDecision(w, r, f, nil)
}

// preview serves POST /verwaltung/faelle/{id}/vorschau: the letter as PDF,
// nothing is decided.
func (s *Server) preview(w http.ResponseWriter, r *http.Request) error {
	id, f, err := s.readDecision(r)
	if err != nil {
		return err
	}
	var pdf []byte
	if len(f.problems) == 0 {
		pdf, err = s.c.Cases.Preview(r.Context(), ui.Staff(r), id, f.decision())
	}
	if err != nil || len(f.problems) > 0 {
		return s.retryDecision(w, r, f, err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Length", strconv.Itoa(len(pdf)))
	h.Set("Content-Disposition", disposition("inline", "bescheid-entwurf.pdf"))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	_, err = w.Write(pdf)
	return err
}

// readDecision parses the form; what is wrong with it stands in problems.
func (s *Server) readDecision(r *http.Request) (id ident.CaseID, f decideForm, err error) {
	if id, err = caseID(r); err != nil {
		return id, f, err
	}
	if err = office.ReadForm(r); err != nil {
		return id, f, err
	}
	t := func(key string, args ...any) string { return ui.PageOf(r).T(key, args...) }
	f = decideForm{outcome: cases.Outcome(r.PostForm.Get("ergebnis")), reason: r.PostForm.Get("begruendung"), text: r.PostForm.Get("text"), by: office.Text(r, "unterschrift"), file: office.Text(r, "aktenzeichen"),
		deadline: ui.DateValue{Day: office.Text(r, "frist.tag"), Month: office.Text(r, "frist.monat"), Year: office.Text(r, "frist.jahr")}, suggest: r.PostForm.Get("aktion") == "vorschlag", problems: map[string]string{}}
	if !slices.Contains(outcomes, f.outcome) {
		f.outcome = ""
		f.problems["ergebnis"] = t("case.outcome-missing")
	}
	if len([]rune(f.by)) > 100 {
		f.problems["unterschrift"] = t("staff.decide.bylong")
	}
	if len([]rune(f.file)) > 40 {
		f.problems["aktenzeichen"] = t("staff.decide.filelong")
	}
	if f.deadline != (ui.DateValue{}) {
		var ok bool
		if f.deadlineAt, ok = day(f.deadline); !ok {
			f.problems["frist"] = t("staff.decide.deadlinewrong")
		} else if !f.deadlineAt.After(clock.Date(s.c.Now())) {
			f.problems["frist"] = t("staff.decide.deadlinepast")
		}
	}
	if strings.TrimSpace(f.text) == "" {
		f.problems["text"] = t("case.text-missing")
	} else if tpl, err := letter.ParseTemplate(f.text); err != nil {
		f.problems["text"] = sentences(r, err)
	} else {
		uses := tpl.Uses()
		if slices.Contains(uses, "Begründung") && strings.TrimSpace(f.reason) == "" {
			f.problems["begruendung"] = t("staff.decide.reasonmissing")
		}
		if slices.Contains(uses, "Frist") && f.deadlineAt.IsZero() && f.problems["frist"] == "" {
			f.problems["frist"] = t("staff.decide.deadlinemissing")
		}
		if slices.Contains(uses, "Sachbearbeitung") && f.by == "" {
			f.problems["unterschrift"] = t("staff.decide.bymissing")
		}
	}
	return id, f, nil
}

// sentences puts all that is wrong with a text into one paragraph.
func sentences(r *http.Request, err error) string {
	page := ui.PageOf(r)
	var out []string
	for _, f := range errs.FieldsOf(err) {
		if s := ui.ProblemText(page.Printer(), f); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		out = append(out, page.T(errs.KeyOf(err)))
	}
	return strings.Join(out, " ")
}

// day reads a legal day, as its noon.
func day(d ui.DateValue) (time.Time, bool) {
	t, ok := office.Day(d)
	return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, clock.Berlin), ok
}

func (f decideForm) decision() cases.Decision {
	return cases.Decision{Outcome: f.outcome, Text: f.text, Reason: f.reason, By: f.by, File: f.file, Deadline: f.deadlineAt}
}

// retryDecision brings the page back with what was typed, whatever was wrong.
func (s *Server) retryDecision(w http.ResponseWriter, r *http.Request, f decideForm, err error) error {
	switch {
	case err == nil:
		return s.renderDecision(w, r, http.StatusUnprocessableEntity, f, nil)
	case errs.Is(err, errs.KindInvalid), errs.Is(err, errs.KindTooLarge):
		f.problems["text"] = sentences(r, err)
		return s.renderDecision(w, r, http.StatusUnprocessableEntity, f, nil)
	case errs.Is(err, errs.KindConflict), errs.Is(err, errs.KindUnavailable):
		return s.renderDecision(w, r, ui.StatusOf(err), f, err)
	}
	return err
}

func (s *Server) renderDecision(w http.ResponseWriter, r *http.Request, status int, f decideForm, refused error) error {
	id, err := caseID(r)
	if err != nil {
		return err
	}
	actor := ui.Staff(r)
	m, err := s.c.Cases.Case(r.Context(), actor, id)
	if err != nil {
		return err
	}
	if !m.May.Decide && refused == nil && r.Method == http.MethodGet {
		return mayNot(actor, m)
	}
	page := office.Page(r, "staff.worklist.title", office.NavCases)
	page.Breadcrumb = []ui.Link{{Text: page.Title, URL: "/verwaltung/faelle"}, {Text: string(m.Number), URL: caseURL(id)}}
	page.Title, page.Detail = page.T("staff.decide.title"), string(m.Number)
	p := decidePage{URL: caseURL(id), Fields: decideFields(page, f), Applicant: m.Applicant.Reveal(), Number: string(m.Number)}
	if refused != nil {
		p.Refused = page.T("staff.decide.refused") + " " + page.T(errs.KeyOf(refused))
	}
	p.Placeholders, p.Warning = letter.Placeholders(), page.T("staff.decide.warning")
	if guest(m) {
		p.Warning = page.T("staff.decide.warningpost")
	}
	page.Problems = len(ui.Problems(p.Fields))
	return ui.Render(w, r, status, decideView(page, p, m.Title))
}

// guest reports whether nobody signed in for the application: there is no
// inbox, the letter goes by post.
func guest(m cases.Matter) bool { return m.May.Decide && !m.May.Ask }

// mayNot says why somebody cannot decide now.
func mayNot(actor perm.Staff, m cases.Matter) error {
	switch {
	case !actor.MayAt(perm.DecideCases, m.Unit, m.Service):
		return errs.Forbidden("error.forbidden")
	case m.State == cases.StateSubmitted || m.State == cases.StateInReview && m.Holder != actor.Staff:
		return errs.Conflict("case.claim-first")
	}
	return errs.Conflict("case.not-in-state")
}

func decideFields(page ui.Page, f decideForm) []ui.Field {
	t := page.T
	outcome := ui.Field{Name: "ergebnis", Type: ui.FieldChoice, Label: t("staff.decide.outcome"), Value: string(f.outcome)}
	for _, o := range outcomes {
		outcome.Options = append(outcome.Options, ui.Option{Value: string(o), Label: t("staff.outcome." + string(o))})
	}
	fields := []ui.Field{
		outcome,
		{Name: "begruendung", Type: ui.FieldLong, Rows: 6, Label: t("staff.decide.reason"), Hint: t("staff.decide.reasonhint"), Value: f.reason, Optional: true},
		{Name: "text", Type: ui.FieldLong, Rows: 18, Label: t("staff.decide.text"), Hint: t("staff.decide.texthint"), Value: f.text},
		{Name: "unterschrift", Type: ui.FieldText, Label: t("staff.decide.by"), Value: f.by, Optional: true, Autocomplete: "off"},
		{Name: "aktenzeichen", Type: ui.FieldText, Width: 20, Label: t("staff.decide.file"), Value: f.file, Optional: true, Autocomplete: "off"},
		{Name: "frist", Type: ui.FieldDate, Label: t("staff.decide.deadline"), Hint: t("staff.decide.deadlinehint"), Date: f.deadline, Optional: true},
	}
	for i := range fields {
		fields[i].Problem = f.problems[fields[i].Name]
	}
	return fields
}
