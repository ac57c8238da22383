package credentials

import (
	"net/http"

	"stadttor/internal/accounts/local"
	"stadttor/internal/errs"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
)

// Pages below the overview of means of sign-in.
const (
	pagePassword = local.PageSecurity + "/passwort"
	pageApp      = local.PageSecurity + "/app"
	pageCodes    = local.PageSecurity + "/ersatzcodes"
	pageMail     = local.PageSecurity + "/adresse"
	pagePasskeys = local.PageSecurity + "/passkeys"
)

// meansView is the overview of somebody's means of sign-in.
type meansView struct {
	None     bool // no account of our own: signed in by another method
	Method   string
	Told     string
	Problems []ui.Problem
	local.Overview
	PasswordAt, AppAt string
}

// told are the messages after a change, by the word in the address.
var told = map[string]string{"passwort": "local.told.password", "ohne-passwort": "local.told.passwordoff", "app": "local.told.app", "ohne-app": "local.told.appoff", "passkey": "local.told.passkey", "name": "local.told.name", "ohne-passkey": "local.told.passkeyoff"}

// getSecurityPage serves GET /sicherheit.
func (s *Pages) getSecurityPage(w http.ResponseWriter, r *http.Request) error {
	return s.showMeans(w, r, nil)
}

func (s *Pages) showMeans(w http.ResponseWriter, r *http.Request, problem error) error {
	h, err := s.c.Holder(r)
	if err != nil {
		return err
	}
	page := s.page(r, "local.means.title")
	page.Nav = s.c.Nav
	var v meansView
	if key, ok := told[r.URL.Query().Get("meldung")]; ok {
		v.Told = page.T(key)
	}
	status := http.StatusOK
	v.Overview, err = s.c.Local.Overview(r.Context(), h)
	switch {
	case errs.Is(err, errs.KindNotFound):
		v.None, v.Method = true, s.c.Method(r)
	case err != nil:
		return err
	}
	v.PasswordAt, v.AppAt = dayOf(page, v.Overview.PasswordAt), dayOf(page, v.Overview.AppAt)
	if problem != nil {
		v.Problems, status = Faults(w, &page, nil, problem)
	}
	return ui.Render(w, r, status, s.meansPage(page, v))
}

// changed ends a change: the message on the overview, a fresh sign-in where the
// last one is too long ago, or why it is not possible.
func (s *Pages) changed(w http.ResponseWriter, r *http.Request, done string, err error) error {
	switch key := errs.KeyOf(err); {
	case err == nil:
		return ui.SeeOther(w, r, s.at(local.PageSecurity)+"?meldung="+done+"#inhalt")
	case key == "local.last", key == "local.factor.needed":
		return s.showMeans(w, r, err)
	}
	_, err = s.stale(w, r, s.at(local.PageSecurity), err)
	return err
}

// formView is a page with one form about a means of sign-in.
type formView struct {
	Action, Lead, Button string
	Mail                 pii.Text // for password managers, "" for none
	Problems             []ui.Problem
	Fields               []ui.Field
	Show                 []string // password fields that can be shown
}

// fresh keeps pages that change something for those who signed in recently; ok
// is false when the answer is written.
func (s *Pages) fresh(w http.ResponseWriter, r *http.Request, back string) (o local.Overview, ok bool, err error) {
	h, err := s.c.Holder(r)
	if err != nil {
		return o, false, err
	}
	if o, err = s.c.Local.Overview(r.Context(), h); err != nil {
		return o, false, err
	}
	if !o.Fresh {
		_, err = s.stale(w, r, back, errs.Forbidden("local.fresh"))
		return o, false, err
	}
	return o, true, nil
}

// getPassword serves GET /sicherheit/passwort.
func (s *Pages) getPassword(w http.ResponseWriter, r *http.Request) error {
	return s.showPassword(w, r, nil)
}

func (s *Pages) showPassword(w http.ResponseWriter, r *http.Request, problem error) error {
	o, ok, err := s.fresh(w, r, s.at(pagePassword))
	if err != nil || !ok {
		return err
	}
	page := s.page(r, "local.newpassword.title")
	page.Nav = s.c.Nav
	v := formView{Action: s.at(pagePassword), Lead: page.T("local.newpassword.lead"), Button: page.T("local.newpassword.button"), Mail: o.Mail, Show: []string{"kennwort"}}
	if o.Password {
		v.Fields = append(v.Fields, passwordField(page, "bisher", "local.password.old", false))
	}
	v.Fields = append(v.Fields, passwordField(page, "kennwort", "local.password.new", true))
	return s.showForm(w, r, page, v, problem)
}

func (s *Pages) showForm(w http.ResponseWriter, r *http.Request, page ui.Page, v formView, problem error) error {
	status := http.StatusOK
	if problem != nil {
		v.Problems, status = Faults(w, &page, v.Fields, problem)
	}
	return ui.Render(w, r, status, s.formPage(page, v))
}

// postPassword serves POST /sicherheit/passwort: all other sessions end.
func (s *Pages) postPassword(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	h, err := s.c.Holder(r)
	if err != nil {
		return err
	}
	err = s.c.Local.ChangePassword(r.Context(), h, typed(r, "bisher"), typed(r, "kennwort"))
	if ui.OnPage(err) {
		return s.showPassword(w, r, err)
	}
	return s.changed(w, r, "passwort", err)
}

// postPasswordOff serves POST /sicherheit/passwort/entfernen.
func (s *Pages) postPasswordOff(w http.ResponseWriter, r *http.Request) error {
	h, err := s.c.Holder(r)
	if err != nil {
		return err
	}
	return s.changed(w, r, "ohne-passwort", s.c.Local.RemovePassword(r.Context(), h))
}

// appView sets an app for one-time codes up.
type appView struct {
	local.Enrolment
	Problems []ui.Problem
	Field    ui.Field
}

// appField is the field for the first code of an app.
func appField(page ui.Page) ui.Field {
	return ui.Field{Name: "code", Type: ui.FieldText, Label: page.T("local.app.code"), Hint: page.T("local.app.codehint"), Autocomplete: "one-time-code", InputMode: "numeric", Width: 10}
}

// getApp serves GET /sicherheit/app.
func (s *Pages) getApp(w http.ResponseWriter, r *http.Request) error { return s.showApp(w, r, nil) }

func (s *Pages) showApp(w http.ResponseWriter, r *http.Request, problem error) error {
	h, err := s.c.Holder(r)
	if err != nil {
		return err
	}
	page := s.page(r, "local.app.title")
	page.Nav = s.c.Nav
	var v appView
	if v.Enrolment, err = s.c.Local.BeginTOTP(r.Context(), h); err != nil {
		if errs.Is(err, errs.KindConflict) {
			return ui.SeeOther(w, r, s.at(local.PageSecurity))
		}
		_, err = s.stale(w, r, s.at(pageApp), err)
		return err
	}
	fields := []ui.Field{appField(page)}
	status := http.StatusOK
	if problem != nil {
		v.Problems, status = Faults(w, &page, fields, problem)
	}
	v.Field = fields[0]
	return ui.Render(w, r, status, s.appPage(page, v))
}

// postApp serves POST /sicherheit/app with the first code.
func (s *Pages) postApp(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	h, err := s.c.Holder(r)
	if err != nil {
		return err
	}
	if err := missing(r, "code"); err != nil {
		return s.showApp(w, r, err)
	}
	codes, err := s.c.Local.ConfirmTOTP(r.Context(), h, typed(r, "code"))
	if ui.OnPage(err) {
		return s.showApp(w, r, err)
	}
	if err == nil && len(codes) > 0 {
		return s.showCodes(w, r, codes)
	}
	return s.changed(w, r, "app", err)
}

func (s *Pages) showCodes(w http.ResponseWriter, r *http.Request, codes []pii.Text) error {
	page := s.page(r, "local.codes.title")
	page.Nav = s.c.Nav
	page.Languages = nil
	return ui.Render(w, r, http.StatusOK, s.codesPage(page, codes, ""))
}

// postAppOff serves POST /sicherheit/app/entfernen.
func (s *Pages) postAppOff(w http.ResponseWriter, r *http.Request) error {
	h, err := s.c.Holder(r)
	if err != nil {
		return err
	}
	return s.changed(w, r, "ohne-app", s.c.Local.RemoveTOTP(r.Context(), h))
}

// postCodes serves POST /sicherheit/ersatzcodes: fresh ones, shown once. The
// page is the answer itself: whoever loads it again gets others.
func (s *Pages) postCodes(w http.ResponseWriter, r *http.Request) error {
	h, err := s.c.Holder(r)
	if err != nil {
		return err
	}
	codes, err := s.c.Local.NewCodes(r.Context(), h)
	if err != nil {
		return s.changed(w, r, "", err)
	}
	return s.showCodes(w, r, codes)
}

// getMail serves GET /sicherheit/adresse.
func (s *Pages) getMail(w http.ResponseWriter, r *http.Request) error {
	return s.showMail(w, r, pii.Text{}, nil)
}

func (s *Pages) showMail(w http.ResponseWriter, r *http.Request, mail pii.Text, problem error) error {
	if _, ok, err := s.fresh(w, r, s.at(pageMail)); err != nil || !ok {
		return err
	}
	page := s.page(r, "local.newmail.title")
	page.Nav = s.c.Nav
	m := mailField(page, mail)
	m.Label = page.T("local.newmail.label")
	return s.showForm(w, r, page, formView{Action: s.at(pageMail), Lead: page.T("local.newmail.lead"), Button: page.T("local.newmail.button"), Fields: []ui.Field{m}}, problem)
}

// postMail serves POST /sicherheit/adresse.
func (s *Pages) postMail(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	h, err := s.c.Holder(r)
	if err != nil {
		return err
	}
	if err = missing(r, "mail"); err == nil {
		err = s.c.Local.AskAddress(r.Context(), h, s.knock(r), s.asked(w, r, typed(r, "mail")))
	}
	switch {
	case err == nil:
		return ui.SeeOther(w, r, s.at(pageSent)+"?wozu=adresse#inhalt")
	case ui.OnPage(err):
		return s.showMail(w, r, typed(r, "mail"), err)
	}
	return s.changed(w, r, "", err)
}

// passkeysView lists somebody's passkeys and adds one.
type passkeysView struct {
	Problems []ui.Problem
	List     []passkeyView
	Name     ui.Field
}

type passkeyView struct {
	ID            string
	Name          pii.Text
	Created, Used string
	Field         ui.Field // its name, to be changed
}

// getPasskeys serves GET /sicherheit/passkeys.
func (s *Pages) getPasskeys(w http.ResponseWriter, r *http.Request) error {
	return s.showPasskeys(w, r, nil)
}

func (s *Pages) showPasskeys(w http.ResponseWriter, r *http.Request, problem error) error {
	o, ok, err := s.fresh(w, r, s.at(pagePasskeys))
	if err != nil || !ok {
		return err
	}
	page := s.page(r, "local.passkeys.title")
	page.Nav = s.c.Nav
	fields := []ui.Field{{Name: "name", Type: ui.FieldText, Label: page.T("local.passkeys.name"), Hint: page.T("local.passkeys.namehint"), Optional: true, Autocomplete: "off", Width: 20}}
	var v passkeysView
	var status int
	v.Problems, status = problemsOf(w, &page, fields, problem)
	v.Name = fields[0]
	for _, k := range o.Passkeys {
		x := passkeyView{ID: k.ID, Name: k.Name, Created: dayOf(page, k.Created), Used: dayOf(page, k.Used)}
		x.Field = ui.Field{Name: "name", ID: "name-" + k.ID, Type: ui.FieldText, Label: page.T("local.passkeys.rename"), Value: k.Name.Reveal(), Autocomplete: "off", Width: 20}
		v.List = append(v.List, x)
	}
	return ui.Render(w, r, status, s.passkeysPage(page, v))
}

// postPasskeys serves POST /sicherheit/passkeys with the answer of a new one.
func (s *Pages) postPasskeys(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	h, err := s.c.Holder(r)
	if err != nil {
		return err
	}
	id, answer, _ := answered(r)
	codes, err := s.c.Local.AddPasskey(r.Context(), h, id, answer, typed(r, "name"))
	if err == nil && len(codes) > 0 {
		return s.showCodes(w, r, codes)
	}
	if onPasskey(err) || ui.OnPage(err) {
		return s.showPasskeys(w, r, err)
	}
	return s.changed(w, r, "passkey", err)
}

// postPasskeyBegin serves POST /sicherheit/passkeys/beginn, for signin.js.
func (s *Pages) postPasskeyBegin(w http.ResponseWriter, r *http.Request) error {
	h, err := s.c.Holder(r)
	if err != nil {
		return err
	}
	c, err := s.c.Local.BeginPasskey(r.Context(), h)
	return ceremony(w, c, err)
}

// postPasskeyName serves POST /sicherheit/passkeys/{id}/name.
func (s *Pages) postPasskeyName(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	h, err := s.c.Holder(r)
	if err != nil {
		return err
	}
	err = s.c.Local.RenamePasskey(r.Context(), h, r.PathValue("id"), typed(r, "name"))
	if ui.OnPage(err) {
		return s.showPasskeys(w, r, err)
	}
	return s.changed(w, r, "name", err)
}

// postPasskeyOff serves POST /sicherheit/passkeys/{id}/entfernen.
func (s *Pages) postPasskeyOff(w http.ResponseWriter, r *http.Request) error {
	h, err := s.c.Holder(r)
	if err != nil {
		return err
	}
	return s.changed(w, r, "ohne-passkey", s.c.Local.RemovePasskey(r.Context(), h, r.PathValue("id")))
}
