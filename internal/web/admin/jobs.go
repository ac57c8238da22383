package admin

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// jobsPage is what runs behind the scenes.
type jobsPage struct {
	Told, Refused string
	Counts        []jobCount
	Jobs          []jobLine
	Retry         bool // may start again
}

type jobCount struct {
	Text, URL string
	N         int
	Current   bool
}

type jobLine struct {
	ID, Kind, Key, State, Why, When, Tries string
	Tone                                   ui.Tone
	Retry                                  bool
}

// maxJobs bounds the list.
const maxJobs = 200

// jobStates in the order of their urgency; what is done comes last.
var jobStates = []string{jobs.Dead, jobs.Running, jobs.Waiting, jobs.Done}

var jobTones = map[string]ui.Tone{jobs.Waiting: ui.Info, jobs.Running: ui.Info, jobs.Dead: ui.Danger, jobs.Done: ui.Success}

// jobs serves GET /verwaltung/auftraege: waiting, failed, why.
func (s *Server) jobs(w http.ResponseWriter, r *http.Request) error {
	return s.showJobs(w, r, http.StatusOK, "")
}

func (s *Server) showJobs(w http.ResponseWriter, r *http.Request, status int, refused string) error {
	actor := ui.Staff(r)
	page := office.Page(r, "admin.jobs.title", office.NavJobs)
	p := page.Printer()
	state := r.URL.Query().Get("zustand")
	counts, err := jobs.Counts(r.Context(), s.c.DB, actor)
	if err != nil {
		return err
	}
	out := jobsPage{Told: office.Told(r, page, "admin.done."), Refused: refused, Retry: actor.May(perm.RetryJobs)}
	want := []string{state}
	if !slices.Contains(jobStates, state) {
		want = jobStates[:len(jobStates)-1] // all that is not done
	}
	open := 0
	for _, st := range jobStates {
		if st != jobs.Done {
			open += counts[st]
		}
	}
	out.Counts = append(out.Counts, jobCount{Text: p.T("admin.jobs.open"), URL: "/verwaltung/auftraege", N: open, Current: len(want) > 1})
	var list []jobs.Row
	for _, st := range jobStates {
		out.Counts = append(out.Counts, jobCount{Text: p.T("admin.jobstate." + st), URL: "/verwaltung/auftraege?zustand=" + st, N: counts[st], Current: len(want) == 1 && want[0] == st})
	}
	for _, st := range want {
		some, err := jobs.List(r.Context(), s.c.DB, actor, st, maxJobs)
		if err != nil {
			return err
		}
		list = append(list, some...)
	}
	for _, j := range list {
		l := jobLine{ID: string(j.ID), Kind: jobName(page, j.Kind), Key: j.Key, State: p.T("admin.jobstate." + j.State), Tone: jobTones[j.State], Why: j.LastError,
			Tries: p.T("admin.jobs.tries", "n", strconv.Itoa(j.Attempt), "max", strconv.Itoa(j.MaxAttempts)), Retry: out.Retry && (j.State == jobs.Dead || j.State == jobs.Waiting && j.Attempt > 0)}
		switch j.State {
		case jobs.Waiting:
			l.When = p.T("admin.jobs.due", "when", stamp(p, j.RunAt))
		case jobs.Done:
			l.When = p.T("admin.jobs.done", "when", stamp(p, j.DoneAt))
		default:
			l.When = p.T("admin.jobs.since", "when", stamp(p, j.CreatedAt))
		}
		out.Jobs = append(out.Jobs, l)
	}
	return ui.Render(w, r, status, jobsView(page, out))
}

// jobName says a kind of job in German; the listener stands after the slash.
func jobName(page ui.Page, kind string) string {
	what, listener, _ := strings.Cut(kind, "/")
	key := "admin.job." + strings.ToLower(strings.ReplaceAll(what, ".", "-"))
	if page.Printer().Has(key) {
		what = page.T(key)
	}
	if listener == "" {
		return what
	}
	return what + " (" + listener + ")"
}

// retryJob serves POST /verwaltung/auftraege/{id}/wiederholen.
func (s *Server) retryJob(w http.ResponseWriter, r *http.Request) error {
	id := ident.JobID(r.PathValue("id"))
	if !ident.Valid(id) {
		return errs.NotFound("job", id)
	}
	err := jobs.Retry(r.Context(), s.c.DB, ui.Staff(r), id)
	if errs.Is(err, errs.KindConflict) {
		return s.showJobs(w, r, http.StatusConflict, ui.PageOf(r).T(errs.KeyOf(err)))
	}
	if err != nil {
		return err
	}
	return office.Done(w, r, "/verwaltung/auftraege", "auftrag-wiederholt")
}
