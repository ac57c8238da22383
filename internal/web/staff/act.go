package staff

import (
	"net/http"

	"stadttor/internal/cases"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// Verbs whose form holds something that must not get lost.
const (
	noteVerb = "vermerkt"
	askVerb  = "gefragt"
	moveVerb = "abgegeben"
)

// verb is one button of the case page. done is the word of what then happened.
type verb struct {
	done string
	do   func(s *Server, r *http.Request, actor perm.Staff, id ident.CaseID) error
}

// The verbs of the case page.
var (
	claim = verb{"uebernommen", func(s *Server, r *http.Request, a perm.Staff, id ident.CaseID) error {
		return s.c.Cases.Claim(r.Context(), a, id)
	}}
	release = verb{"freigegeben", func(s *Server, r *http.Request, a perm.Staff, id ident.CaseID) error {
		return s.c.Cases.Release(r.Context(), a, id)
	}}
	move = verb{moveVerb, func(s *Server, r *http.Request, a perm.Staff, id ident.CaseID) error {
		to := ident.UnitID(office.Text(r, "stelle"))
		if _, ok := s.c.Directory.Unit(a.Tenant, to); !ok {
			return errs.Invalid("staff.unit-missing")
		}
		return s.c.Cases.Move(r.Context(), a, id, to)
	}}
	note = verb{noteVerb, func(s *Server, r *http.Request, a perm.Staff, id ident.CaseID) error {
		return s.c.Cases.Note(r.Context(), a, id, r.PostForm.Get("text"))
	}}
	ask = verb{askVerb, func(s *Server, r *http.Request, a perm.Staff, id ident.CaseID) error {
		return s.c.Cases.Ask(r.Context(), a, id, r.PostForm.Get("text"))
	}}
	resume = verb{"fortgesetzt", func(s *Server, r *http.Request, a perm.Staff, id ident.CaseID) error {
		return s.c.Cases.Resume(r.Context(), a, id)
	}}
	closeCase = verb{"abgeschlossen", func(s *Server, r *http.Request, a perm.Staff, id ident.CaseID) error {
		return s.c.Cases.Close(r.Context(), a, id)
	}}
	endTask = verb{"aufgabe-erledigt", func(s *Server, r *http.Request, a perm.Staff, id ident.CaseID) error {
		return s.c.Cases.EndTask(r.Context(), a, id, cases.TaskKind(ui.Typed(office.Text(r, "art"), 40)), ui.Typed(office.Text(r, "bezug"), 60))
	}}
	resend = verb{"uebergabe-gestartet", func(s *Server, r *http.Request, a perm.Staff, id ident.CaseID) error {
		return s.c.Cases.Resend(r.Context(), a, id, ident.ParcelID(ui.Typed(office.Text(r, "paket"), 60)))
	}}
)

// act serves the POST of a verb of the case page. What is refused comes back
// on the case as it stands now, with what was typed.
func (s *Server) act(v verb) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := caseID(r)
		if err != nil {
			return err
		}
		if err := office.ReadForm(r); err != nil {
			return err
		}
		actor := ui.Staff(r)
		err = v.do(s, r, actor, id)
		switch {
		case errs.Is(err, errs.KindInvalid), errs.Is(err, errs.KindConflict):
			return s.renderCase(w, r, id, attempt{verb: v.done, text: r.PostForm.Get("text"), unit: office.Text(r, "stelle"), err: err})
		case err != nil:
			return err
		case v.done == moveVerb && !actor.MaySome(perm.ReadCases, ident.UnitID(office.Text(r, "stelle"))):
			return office.Done(w, r, "/verwaltung/faelle", v.done)
		}
		return office.Done(w, r, caseURL(id), v.done)
	}
}
