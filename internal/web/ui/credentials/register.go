package credentials

import (
	"net/http"

	"stadttor/internal/accounts/local"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
)

// pageSent says that a mail is on its way.
const pageSent = "/konto/gesendet"

// askView asks for an address to which a link is sent.
type askView struct {
	Action, Try   string
	Lead, Button  string
	Problems      []ui.Problem
	Fields        []ui.Field
	OtherText     string // a question that leads elsewhere
	OtherURL      string
	Notice, Title string // above the form, "" for none
}

// getRegister serves GET /konto/anlegen.
func (s *Pages) getRegister(w http.ResponseWriter, r *http.Request) error {
	return s.showRegister(w, r, ticket(r), pii.Text{}, nil)
}

func (s *Pages) showRegister(w http.ResponseWriter, r *http.Request, try string, mail pii.Text, problem error) error {
	page := s.page(r, "local.register.title")
	v := askView{Action: s.at(local.PageRegister), Try: try, Lead: page.T("local.register.lead", "realm", ui.VisitOf(r).Door.Realm.Name), Button: page.T("local.register.button"),
		Title: page.T("local.register.level"), Notice: page.T("local.register.leveltext")}
	return s.showAsk(w, r, page, v, mail, problem)
}

func (s *Pages) showAsk(w http.ResponseWriter, r *http.Request, page ui.Page, v askView, mail pii.Text, problem error) error {
	s.languages(&page, v.Action, "versuch", v.Try)
	status := http.StatusOK
	m := mailField(page, mail)
	m.Hint = page.T("local.mail.hint")
	v.Fields = []ui.Field{m}
	if problem != nil {
		v.Problems, status = Faults(w, &page, v.Fields, problem)
	}
	return ui.Render(w, r, status, s.askPage(page, v))
}

// postRegister serves POST /konto/anlegen. The answer is the same for every
// address.
func (s *Pages) postRegister(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	mail := typed(r, "mail")
	err := missing(r, "mail")
	if err == nil {
		err = s.c.Local.AskRegister(r.Context(), s.c.Scope(r), s.knock(r), s.asked(w, r, mail))
	}
	if ui.OnPage(err) {
		return s.showRegister(w, r, r.PostForm.Get("versuch"), mail, err)
	}
	if err != nil {
		return err
	}
	return ui.SeeOther(w, r, s.at(pageSent)+"?wozu=anlegen#inhalt")
}

// getSent serves GET /konto/gesendet.
func (s *Pages) getSent(w http.ResponseWriter, r *http.Request) error {
	page := s.page(r, "local.sent.title")
	v := ui.Notification{Lines: []string{s.say(page, "local.sent.recover"), s.say(page, "local.sent.mind")}}
	switch r.URL.Query().Get("wozu") {
	case "anlegen":
		v.Lines[0] = page.T("local.sent.register")
	case "adresse":
		v.Lines[0] = page.T("local.sent.address")
	}
	if !page.Person.Empty() {
		v.Links = []ui.Link{{Text: s.say(page, "local.sent.on"), URL: s.c.Home}}
	}
	return ui.Render(w, r, http.StatusOK, ui.NotificationPage(page, v))
}

// confirmView makes the account of a confirmed address.
type confirmView struct {
	Secret   string
	Mail     pii.Text
	Problems []ui.Problem
	Names    []ui.Field
	Password ui.Field
}

// getConfirm serves GET /konto/bestaetigen: the link from the mail. Looking
// uses nothing up.
func (s *Pages) getConfirm(w http.ResponseWriter, r *http.Request) error {
	return s.showConfirm(w, r, r.URL.Query().Get("schluessel"), local.Names{}, nil)
}

func (s *Pages) showConfirm(w http.ResponseWriter, r *http.Request, secret string, n local.Names, problem error) error {
	l, err := s.c.Local.Open(r.Context(), s.c.Scope(r), local.ForRegister, secret)
	if err != nil {
		return s.localGone(w, r, err)
	}
	page := s.page(r, "local.confirm.title")
	s.languages(&page, s.at(local.PageConfirm), "schluessel", secret)
	v := confirmView{Secret: secret, Mail: l.Mail}
	fields := []ui.Field{
		{Name: "vorname", Type: ui.FieldText, Label: page.T("local.name.given"), Value: n.Given.Reveal(), Autocomplete: "given-name"},
		{Name: "familienname", Type: ui.FieldText, Label: page.T("local.name.family"), Value: n.Family.Reveal(), Autocomplete: "family-name"},
		passwordField(page, "kennwort", "local.password.new", true),
	}
	var status int
	v.Problems, status = problemsOf(w, &page, fields, problem)
	v.Names, v.Password = fields[:2], fields[2]
	return ui.Render(w, r, status, s.confirmPage(page, v))
}

// postConfirm serves POST /konto/bestaetigen: the account is made, with a
// password or a passkey, and its owner signed in.
func (s *Pages) postConfirm(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	secret, n := r.PostForm.Get("schluessel"), local.Names{Given: typed(r, "vorname"), Family: typed(r, "familienname")}
	if _, err := s.c.Local.Open(r.Context(), s.c.Scope(r), local.ForRegister, secret); err != nil {
		return s.localGone(w, r, err)
	}
	try, err := s.then(w, r)
	if err != nil {
		return s.c.Refused(w, r, err)
	}
	var next local.Next
	var codes []pii.Text
	if id, answer, ok := answered(r); ok {
		next, codes, err = s.c.Local.RegisterPasskey(r.Context(), s.c.Scope(r), secret, try, n, id, answer, pii.Text{})
	} else {
		next, err = s.c.Local.Register(r.Context(), s.c.Scope(r), secret, try, n, typed(r, "kennwort"))
	}
	switch {
	case err == nil && len(codes) > 0:
		page := s.page(r, "local.codes.title")
		page.Languages = nil
		return ui.Render(w, r, http.StatusOK, s.codesPage(page, codes, next.Try))
	case err == nil:
		return s.onward(w, r, next)
	case ui.OnPage(err), onPasskey(err):
		return s.showConfirm(w, r, secret, n, err)
	}
	return s.localGone(w, r, err)
}

// postConfirmPasskey serves POST /konto/bestaetigen/passkey, for signin.js.
func (s *Pages) postConfirmPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	c, err := s.c.Local.BeginRegisterPasskey(r.Context(), s.c.Scope(r), r.PostForm.Get("schluessel"))
	return ceremony(w, c, err)
}
