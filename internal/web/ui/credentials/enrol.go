package credentials

import (
	"net/http"

	"stadttor/internal/accounts/local"
	"stadttor/internal/errs"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
)

// pageEnrol takes the first code of an app, or a new passkey, within a sign-in
// that is not let in without a second factor.
const pageEnrol = local.PageSignIn + "/zweiter-faktor"

// enrolView sets the second factor up.
type enrolView struct {
	Try string
	appView
}

// showEnrol is the page of a sign-in that still lacks its second factor.
func (s *Pages) showEnrol(w http.ResponseWriter, r *http.Request, try string, problem error) error {
	v := enrolView{Try: try}
	var err error
	if v.Enrolment, err = s.c.Local.BeginEnrol(r.Context(), s.c.Scope(r), try); err != nil {
		return s.localGone(w, r, err)
	}
	page := s.page(r, "local.enrol.title")
	s.languages(&page, s.at(local.PageSignIn), "versuch", try)
	fields := []ui.Field{appField(page)}
	var status int
	v.Problems, status = problemsOf(w, &page, fields, problem)
	v.Field = fields[0]
	return ui.Render(w, r, status, s.enrolPage(page, v))
}

// postEnrol serves POST /anmelden/lokal/zweiter-faktor.
func (s *Pages) postEnrol(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	try := r.PostForm.Get("versuch")
	var next local.Next
	var codes []pii.Text
	var err error
	if id, answer, ok := answered(r); ok {
		next, codes, err = s.c.Local.EnrolPasskey(r.Context(), s.c.Scope(r), try, id, answer, pii.Text{})
	} else if err = missing(r, "code"); err == nil {
		next, codes, err = s.c.Local.ConfirmEnrol(r.Context(), s.c.Scope(r), try, typed(r, "code"))
	}
	switch {
	case err == nil && len(codes) > 0:
		page := s.page(r, "local.codes.title")
		page.Languages = nil
		return ui.Render(w, r, http.StatusOK, s.codesPage(page, codes, next.Try))
	case err == nil:
		return s.onward(w, r, next)
	case errs.KeyOf(err) == "local.try.gone":
		return s.localGone(w, r, err)
	case ui.OnPage(err), onPasskey(err):
		return s.showEnrol(w, r, try, err)
	}
	return s.localGone(w, r, err)
}

// postEnrolPasskey serves POST /anmelden/lokal/zweiter-faktor/passkey, for
// signin.js.
func (s *Pages) postEnrolPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	c, err := s.c.Local.BeginEnrolPasskey(r.Context(), s.c.Scope(r), r.PostForm.Get("versuch"))
	return ceremony(w, c, err)
}
