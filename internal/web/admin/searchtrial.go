package admin

import (
	"net/http"
	"strings"

	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/relevance"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// trialPage asks stored queries of the search as it is and as it would be.
type trialPage struct {
	Told, Refused string
	Lead          string
	Base          string
	Drafts        int
	Facts         []ui.Fact
	Verdict       string
	Rows          []trialRow
	Caption       string
	Fields        []ui.Field
	Report        ui.Table // of lines that were not taken
	Ways          []ui.Link
}

// trialRow is one query.
type trialRow struct {
	relevance.TrialLine
	Expected      string
	Was, WillBe   string // ranks in words
	Change        string // better, worse, "" for neither
	Tone          ui.Tone
	Marked        bool
	RemoveAddress string
}

// searchTrial serves GET …/pruefen.
func (s *Server) searchTrial(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	return s.showTrial(w, r, at, http.StatusOK, trialPage{}, "", "")
}

func (s *Server) showTrial(w http.ResponseWriter, r *http.Request, at taughtAt, status int, out trialPage, typed, problem string) error {
	door := ui.VisitOf(r).Door
	trial, err := s.c.Relevance.Try(r.Context(), ui.Staff(r), at.Layer, relevance.Visit{Realm: door.Realm.ID, Tenant: door.Tenant.ID}, at.view.Untaught())
	if err != nil {
		return err
	}
	page := at.frame(r, "relevance.trial.title")
	p := page.Printer()
	if out.Told == "" {
		out.Told = office.Told(r, page, "relevance.done.")
	}
	out.Lead, out.Base, out.Drafts, out.Ways = p.T("relevance.trial.lead", "name", door.Tenant.Name), at.base, trial.Drafts, at.ways(r, page, "/pruefen")
	out.Caption = p.T("relevance.trial.caption", "n", len(trial.Lines))
	better, worse := 0, 0
	for _, l := range trial.Lines {
		x := trialRow{TrialLine: l, Expected: strings.Join(l.Expected, " · "), Was: rank(page, l.Before), WillBe: rank(page, l.After), RemoveAddress: at.base + "/pruefen/" + string(l.ID) + "/loeschen", Marked: l.After == 0 || l.Change() < 0}
		switch l.Change() {
		case 1:
			better++
			x.Change, x.Tone = p.T("relevance.trial.better"), ui.Success
		case -1:
			worse++
			x.Change, x.Tone = p.T("relevance.trial.worse"), ui.Warning
		}
		out.Rows = append(out.Rows, x)
	}
	if len(trial.Lines) > 0 {
		out.Facts = []ui.Fact{
			{Name: p.T("relevance.trial.first"), Values: []string{p.T("relevance.trial.share", "before", percent(trial.Before.Success1), "after", percent(trial.After.Success1))}},
			{Name: p.T("relevance.trial.five"), Values: []string{p.T("relevance.trial.share", "before", percent(trial.Before.Success5), "after", percent(trial.After.Success5))}},
		}
		switch {
		case trial.Drafts == 0:
			out.Verdict = p.T("relevance.trial.nodrafts")
		case better+worse == 0:
			out.Verdict = p.T("relevance.trial.same", "n", trial.Drafts)
		default:
			out.Verdict = p.T("relevance.trial.verdict", "better", better, "worse", worse)
		}
	}
	out.Fields = []ui.Field{
		{Name: "datei", Type: ui.FieldFile, Label: p.T("relevance.trial.file"), Hint: p.T("relevance.trial.filehint"), Accept: ".tsv,.txt", Optional: true, Problem: problem},
		{Name: "fragen", Type: ui.FieldLong, Label: p.T("relevance.trial.lines"), Hint: p.T("relevance.trial.lineshint"), Rows: 6, Value: typed, Optional: true},
	}
	problems := ui.Problems(out.Fields)
	page.Problems = len(problems) + len(out.Report.Rows)
	return ui.Render(w, r, status, trialView(page, out, problems))
}

func percent(share float64) int { return int(100*share + 0.5) }

// rank says a place in the list of hits.
func rank(page ui.Page, n int) string {
	if n == 0 {
		return page.T("relevance.trial.missing")
	}
	return page.T("relevance.trial.rank", "n", n)
}

// searchJudge serves POST …/pruefen: it takes queries over.
func (s *Server) searchJudge(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	text, err := uploaded(r, "datei", "fragen")
	if err != nil {
		return err
	}
	t := ui.PageOf(r).T
	if strings.TrimSpace(text) == "" {
		return s.showTrial(w, r, at, http.StatusUnprocessableEntity, trialPage{}, "", t("relevance.import.missing"))
	}
	if strings.Count(text, "\n") > mostLines {
		return s.showTrial(w, r, at, http.StatusUnprocessableEntity, trialPage{}, "", t("relevance.import.toolong", "n", mostLines))
	}
	good, bad := relevance.ParseJudgements(strings.ReplaceAll(text, " = ", "\t"))
	done, err := s.c.Relevance.ImportJudgements(r.Context(), ui.Staff(r), at.Layer, good)
	if errs.Is(err, errs.KindConflict) {
		return s.showTrial(w, r, at, http.StatusConflict, trialPage{Refused: t(errs.KeyOf(err), "n", relevance.MaxJudgements)}, text, "")
	}
	if err != nil {
		return err
	}
	if len(bad) == 0 {
		return office.Done(w, r, at.base+"/pruefen", "fragen")
	}
	out := trialPage{Report: badLines(ui.PageOf(r), bad)}
	if n := done.Added + done.Changed + done.Unchanged; n > 0 {
		out.Told = t("relevance.trial.done", "n", n)
	}
	return s.showTrial(w, r, at, http.StatusUnprocessableEntity, out, linesOf(bad), "")
}

// searchForget serves POST …/pruefen/{id}/loeschen.
func (s *Server) searchForget(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	id := relevance.JudgementID(r.PathValue("id"))
	if !ident.Valid(id) {
		return errs.NotFound("judgement", "that is none")
	}
	if err := s.c.Relevance.RemoveJudgement(r.Context(), ui.Staff(r), at.Layer, id); err != nil {
		return err
	}
	return office.Done(w, r, at.base+"/pruefen", "frage-weg")
}
