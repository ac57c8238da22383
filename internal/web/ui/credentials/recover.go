package credentials

import (
	"net/http"

	"stadttor/internal/accounts/local"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
)

// getForgot serves GET /konto/vergessen.
func (s *Pages) getForgot(w http.ResponseWriter, r *http.Request) error {
	return s.showForgot(w, r, ticket(r), pii.Text{}, nil)
}

func (s *Pages) showForgot(w http.ResponseWriter, r *http.Request, try string, mail pii.Text, problem error) error {
	page := s.page(r, "local.forgot.title")
	return s.showAsk(w, r, page, askView{Action: s.at(local.PageForgot), Try: try, Lead: s.say(page, "local.forgot.lead"), Button: page.T("local.forgot.button")}, mail, problem)
}

// postForgot serves POST /konto/vergessen. The answer is the same for every
// address.
func (s *Pages) postForgot(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	mail := typed(r, "mail")
	err := missing(r, "mail")
	if err == nil {
		err = s.c.Local.AskRecover(r.Context(), s.c.Scope(r), s.knock(r), s.asked(w, r, mail))
	}
	if ui.OnPage(err) {
		return s.showForgot(w, r, r.PostForm.Get("versuch"), mail, err)
	}
	if err != nil {
		return err
	}
	return ui.SeeOther(w, r, s.at(pageSent)+"#inhalt")
}

// recoverView sets a new password by a link.
type recoverView struct {
	Secret   string
	Mail     pii.Text
	Problems []ui.Problem
	Fields   []ui.Field
	Code     bool
}

// getRecover serves GET /konto/neues-passwort: the link from the mail.
func (s *Pages) getRecover(w http.ResponseWriter, r *http.Request) error {
	return s.showRecover(w, r, r.URL.Query().Get("schluessel"), nil)
}

func (s *Pages) showRecover(w http.ResponseWriter, r *http.Request, secret string, problem error) error {
	l, err := s.c.Local.Open(r.Context(), s.c.Scope(r), local.ForRecover, secret)
	if err != nil {
		return s.localGone(w, r, err)
	}
	page := s.page(r, "local.recover.title")
	s.languages(&page, s.at(local.PageRecover), "schluessel", secret)
	v := recoverView{Secret: secret, Mail: l.Mail, Code: l.Code}
	if l.Code {
		v.Fields = append(v.Fields, codeField(page))
	}
	v.Fields = append(v.Fields, passwordField(page, "kennwort", "local.password.new", true))
	status := http.StatusOK
	if problem != nil {
		v.Problems, status = Faults(w, &page, v.Fields, problem)
	}
	return ui.Render(w, r, status, s.recoverPage(page, v))
}

// postRecover serves POST /konto/neues-passwort: all sessions end, and the
// owner is signed in anew.
func (s *Pages) postRecover(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	secret := r.PostForm.Get("schluessel")
	l, err := s.c.Local.Open(r.Context(), s.c.Scope(r), local.ForRecover, secret)
	if err != nil {
		return s.localGone(w, r, err)
	}
	if l.Code {
		if err := missing(r, "code"); err != nil {
			return s.showRecover(w, r, secret, err)
		}
	}
	try, err := s.then(w, r)
	if err != nil {
		return s.c.Refused(w, r, err)
	}
	next, err := s.c.Local.Recover(r.Context(), s.c.Scope(r), secret, try, typed(r, "code"), typed(r, "kennwort"))
	switch {
	case err == nil:
		return s.onward(w, r, next)
	case ui.OnPage(err):
		return s.showRecover(w, r, secret, err)
	}
	return s.localGone(w, r, err)
}

// addressView confirms a new address.
type addressView struct {
	Secret string
	Mail   pii.Text
}

// getAddress serves GET /konto/adresse: the link from the mail.
func (s *Pages) getAddress(w http.ResponseWriter, r *http.Request) error {
	secret := r.URL.Query().Get("schluessel")
	l, err := s.c.Local.Open(r.Context(), s.c.Scope(r), local.ForAddress, secret)
	if err != nil {
		return s.localGone(w, r, err)
	}
	return ui.Render(w, r, http.StatusOK, s.addressPage(s.page(r, "local.address.title"), addressView{secret, l.Mail}))
}

// postAddress serves POST /konto/adresse.
func (s *Pages) postAddress(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	if err := s.c.Local.ConfirmAddress(r.Context(), s.c.Scope(r), r.PostForm.Get("schluessel")); err != nil {
		return s.localGone(w, r, err)
	}
	page := s.page(r, "local.address.done")
	return ui.Render(w, r, http.StatusOK, ui.NotificationPage(page, ui.Notification{Lines: []string{page.T("local.address.donetext")}, Links: []ui.Link{{Text: page.T("local.codes.back"), URL: s.at(local.PageSecurity)}}}))
}
