package credentials

import (
	"net/http"

	"stadttor/internal/accounts/local"
	"stadttor/internal/errs"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
)

// pageTry takes address and password, or a passkey's answer. It is not
// PageSignIn itself: there the host takes the wish to sign in by this method.
const pageTry = local.PageSignIn + "/passwort"

// localView is a page of a sign-in with an account of our own.
type localView struct {
	Try      string
	Problems []ui.Problem
	From     string // name of the portal one came from, "" for none
	Fields   []ui.Field
	Code     bool // the second factor is due
	App      bool // … of an app
	Passkey  bool // … or a passkey
}

// getLocal serves GET /anmelden/lokal: address and password, then the code,
// then recovery codes that were just read.
func (s *Pages) getLocal(w http.ResponseWriter, r *http.Request) error {
	return s.showLocal(w, r, ticket(r), pii.Text{}, nil)
}

func (s *Pages) showLocal(w http.ResponseWriter, r *http.Request, try string, mail pii.Text, problem error) error {
	look, err := s.c.Local.Look(r.Context(), s.c.Scope(r), try)
	if err != nil {
		return s.localGone(w, r, err)
	}
	page := s.page(r, "local.signin.title")
	s.languages(&page, s.at(local.PageSignIn), "versuch", try)
	v := localView{Try: try, App: look.App, Passkey: look.Passkey}
	if s.c.From != nil {
		v.From = s.c.From(look)
	}
	switch look.Stage {
	case local.StagePassword:
		m := mailField(page, mail)
		m.Autocomplete = "username webauthn"
		v.Fields = []ui.Field{m, passwordField(page, "kennwort", "local.password.label", false)}
	case local.StageCode:
		page.Title = page.T("local.code.title")
		v.Code, v.Fields = true, []ui.Field{codeField(page)}
	case local.StageShown:
		page.Title = page.T("local.codes.title")
		return ui.Render(w, r, http.StatusOK, s.localOnPage(page, v))
	case local.StageEnrol:
		return s.showEnrol(w, r, try, problem)
	default:
		return s.localGone(w, r, errs.Forbidden("local.try.gone"))
	}
	var status int
	v.Problems, status = problemsOf(w, &page, v.Fields, problem)
	return ui.Render(w, r, status, s.localPage(page, v))
}

// postLocal serves POST /anmelden/lokal/passwort: address and password, or the answer of
// a passkey, also as second factor.
func (s *Pages) postLocal(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	try, mail := r.PostForm.Get("versuch"), typed(r, "mail")
	var next local.Next
	var err error
	if id, answer, ok := answered(r); ok {
		next, err = s.c.Local.SignInPasskey(r.Context(), s.c.Scope(r), try, id, answer)
	} else if err = missing(r, "mail", "kennwort"); err == nil {
		next, err = s.c.Local.SignIn(r.Context(), s.c.Scope(r), s.knock(r), try, mail, typed(r, "kennwort"))
	}
	switch {
	case err == nil:
		return s.onward(w, r, next)
	case ui.OnPage(err), onPasskey(err):
		return s.showLocal(w, r, try, mail, err)
	}
	return s.localGone(w, r, err)
}

// missing says which fields of a form were left empty.
func missing(r *http.Request, names ...string) error {
	var fields []errs.Field
	for _, n := range names {
		if r.PostForm.Get(n) == "" {
			fields = append(fields, errs.Field{Name: n, Key: emptyKeys[n]})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return errs.Invalid("local.form.wrong", fields...)
}

var emptyKeys = map[string]string{"mail": "local.mail.empty", "kennwort": "local.password.empty", "code": "local.code.empty", "bisher": "local.password.empty"}

// postLocalCode serves POST /anmelden/lokal/code.
func (s *Pages) postLocalCode(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	try := r.PostForm.Get("versuch")
	err := missing(r, "code")
	var next local.Next
	if err == nil {
		next, err = s.c.Local.SecondFactor(r.Context(), s.c.Scope(r), try, typed(r, "code"))
	}
	switch {
	case err == nil:
		return s.onward(w, r, next)
	case ui.OnPage(err):
		return s.showLocal(w, r, try, pii.Text{}, err)
	}
	return s.localGone(w, r, err)
}

// postLocalOn serves POST /anmelden/lokal/weiter: recovery codes were read.
func (s *Pages) postLocalOn(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	next, err := s.c.Local.Proceed(r.Context(), s.c.Scope(r), r.PostForm.Get("versuch"))
	if err != nil {
		return s.localGone(w, r, err)
	}
	return s.onward(w, r, next)
}

// postLocalPasskey serves POST /anmelden/lokal/passkey, for signin.js.
func (s *Pages) postLocalPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	c, err := s.c.Local.BeginPasskeySignIn(r.Context(), s.c.Scope(r), r.PostForm.Get("versuch"))
	return ceremony(w, c, err)
}

// postLocalBreak serves POST /anmelden/lokal/abbrechen: back to the choice of
// methods, by the host's return page.
func (s *Pages) postLocalBreak(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	where, err := s.c.Local.Break(r.Context(), s.c.Scope(r), r.PostForm.Get("versuch"))
	if err != nil {
		return s.localGone(w, r, err)
	}
	return s.onward(w, r, local.Next{Redirect: where})
}
