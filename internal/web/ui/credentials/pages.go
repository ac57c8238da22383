package credentials

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"stadttor/internal/accounts/local"
	"stadttor/internal/errs"
	"stadttor/internal/pii"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

// Config says at whose door the pages stand.
type Config struct {
	Local *local.Service
	Gate  *ui.Gate
	// Limit of requests that try or change something, by address; required.
	Limit *ui.Limiter
	// Path before the pages' own, as in local.Site: "" or "/verwaltung".
	Path string
	// Home is where somebody lands whose sign-in goes on nowhere.
	Home string
	// Audience of the pages on which people look after their own means.
	Audience ui.Audience
	// Nav is their key in the navigation.
	Nav string
	// Register says that people make accounts themselves; else they are invited.
	Register bool
	// Texts begins the keys of texts that are others at this door, instead of
	// "local."; "" for none.
	Texts string
	// Scope says whose credentials.
	Scope func(*http.Request) local.Scope
	// Page starts a page with the title of a text key.
	Page func(r *http.Request, title string) ui.Page
	// Languages says that the pages are to be had in other languages too.
	Languages bool
	// From names the portal that one comes from, "" for none; nil: none.
	From func(local.Try) string
	// Method names the method by which somebody is signed in who has no access
	// of ours.
	Method func(*http.Request) string
	// Holder is who is signed in.
	Holder func(*http.Request) (local.Holder, error)
	// Begin starts a sign-in at the host that ends at Home, and gives its try.
	Begin func(http.ResponseWriter, *http.Request) (try string, err error)
	// Refused shows why the host begins none (accounts.RefusedHere, NotFound).
	Refused func(http.ResponseWriter, *http.Request, error) error
}

// Pages are the pages of a door. Safe for concurrent use.
type Pages struct{ c Config }

// New makes the pages. Routes says what they serve.
func New(c Config) *Pages { return &Pages{c} }

// at is the address of a page at this door.
func (s *Pages) at(page string) string { return s.c.Path + page }

// page starts a page.
func (s *Pages) page(r *http.Request, title string) ui.Page {
	page := s.c.Page(r, title)
	page.Title = s.say(page, title)
	return page
}

// say gives a text, in this door's words where it has some of its own.
func (s *Pages) say(page ui.Page, key string, args ...any) string {
	if own := s.c.Texts + strings.TrimPrefix(key, "local."); s.c.Texts != "" && page.Printer().Has(own) {
		key = own
	}
	return page.T(key, args...)
}

// cookieDevice remembers that somebody signed in with a password here before
// (local.Next.Device): his own mistypings are counted apart from others' guesses.
const cookieDevice = "geraet"

// cookieTry is the try from which this browser asked for a link, as long as the
// host keeps its attempt.
const (
	cookieTry = "anmeldeversuch"
	tryLife   = 15 * time.Minute
)

// Routes is every address of the pages.
func (s *Pages) Routes() []ui.Route {
	get := func(page string, h ui.Handler) ui.Route {
		return ui.Route{Pattern: "GET " + s.at(page), Audience: ui.Visitor, Handle: h}
	}
	post := func(page string, h ui.Handler) ui.Route {
		return ui.Route{Pattern: "POST " + s.at(page), Audience: ui.Visitor, Handle: h, Limit: s.c.Limit}
	}
	own := func(method, page string, h ui.Handler) ui.Route {
		rt := ui.Route{Pattern: method + " " + s.at(page), Audience: s.c.Audience, Handle: h}
		if method == http.MethodPost {
			rt.Limit = s.c.Limit
		}
		return rt
	}
	routes := []ui.Route{
		get(local.PageSignIn, s.getLocal),
		post(pageTry, s.postLocal),
		post(local.PageSignIn+"/code", s.postLocalCode),
		post(local.PageSignIn+"/weiter", s.postLocalOn),
		post(local.PageSignIn+"/passkey", s.postLocalPasskey),
		post(local.PageSignIn+"/abbrechen", s.postLocalBreak),
		post(pageEnrol, s.postEnrol),
		post(pageEnrol+"/passkey", s.postEnrolPasskey),

		get(local.PageConfirm, s.getConfirm),
		post(local.PageConfirm, s.postConfirm),
		post(local.PageConfirm+"/passkey", s.postConfirmPasskey),

		get(local.PageForgot, s.getForgot),
		post(local.PageForgot, s.postForgot),
		get(pageSent, s.getSent),
		get(local.PageRecover, s.getRecover),
		post(local.PageRecover, s.postRecover),
		get(local.PageAddress, s.getAddress),
		post(local.PageAddress, s.postAddress),

		own("GET", local.PageSecurity, s.getSecurityPage),
		own("GET", pagePassword, s.getPassword),
		own("POST", pagePassword, s.postPassword),
		own("POST", pagePassword+"/entfernen", s.postPasswordOff),
		own("GET", pageApp, s.getApp),
		own("POST", pageApp, s.postApp),
		own("POST", pageApp+"/entfernen", s.postAppOff),
		own("POST", pageCodes, s.postCodes),
		own("GET", pageMail, s.getMail),
		own("POST", pageMail, s.postMail),
		own("GET", pagePasskeys, s.getPasskeys),
		own("POST", pagePasskeys, s.postPasskeys),
		own("POST", pagePasskeys+"/beginn", s.postPasskeyBegin),
		own("POST", pagePasskeys+"/{id}/name", s.postPasskeyName),
		own("POST", pagePasskeys+"/{id}/entfernen", s.postPasskeyOff),
	}
	if s.c.Register {
		routes = append(routes, get(local.PageRegister, s.getRegister), post(local.PageRegister, s.postRegister))
	}
	return routes
}

// knock is what the door sees of who asks.
func (s *Pages) knock(r *http.Request) local.Visitor {
	v := local.Visitor{Device: s.c.Gate.Secret(r, cookieDevice)}
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		v.Addr = a.Addr()
	} else if a, err := netip.ParseAddr(r.RemoteAddr); err == nil {
		v.Addr = a
	}
	return v
}

// asked is a wish for a link in the language of the page. The try at whose page
// one is stays with this browser, so that the link's page goes on with it.
func (s *Pages) asked(w http.ResponseWriter, r *http.Request, mail pii.Text) local.Ask {
	if try := r.PostForm.Get("versuch"); try != "" {
		s.c.Gate.SetCookie(w, cookieTry, try, tryLife)
	}
	return local.Ask{Mail: mail, Lang: string(ui.VisitOf(r).Lang)}
}

// ticket is the secret of the try in an address or form.
func ticket(r *http.Request) string { return r.FormValue("versuch") }

// wayPath is the address of a page in a try.
func wayPath(path, try string) string {
	return path + "?" + url.Values{"versuch": {try}}.Encode()
}

// languages are the other languages of a page on the way, which is opened anew:
// name and value are its secret.
func (s *Pages) languages(page *ui.Page, path, name, value string) {
	page.Languages = nil
	if !s.c.Languages {
		return
	}
	for _, l := range locale.Langs {
		if l == locale.Leicht && page.Lang != locale.Leicht {
			continue
		}
		q := url.Values{"sprache": {string(l)}}
		if value != "" {
			q.Set(name, value)
		}
		page.Languages = append(page.Languages, ui.LanguageLink{Lang: l, URL: path + "?" + q.Encode(), Current: l == page.Lang})
	}
}

// typed is a value as typed. It is personal until somebody says otherwise.
func typed(r *http.Request, name string) pii.Text { return pii.New(r.PostForm.Get(name)) }

// Faults puts an error at the fields of a page and gives its status; what
// belongs to no field stands in the summary alone.
func Faults(w http.ResponseWriter, page *ui.Page, fields []ui.Field, err error) (problems []ui.Problem, status int) {
	p := page.Printer()
	for _, f := range errs.FieldsOf(err) {
		for i := range fields {
			if fields[i].Name == f.Name && fields[i].Problem == "" {
				fields[i].Problem = ui.ProblemText(p, f)
			}
		}
	}
	problems = ui.Problems(fields)
	if minutes, ok := local.PauseOf(err); ok {
		problems = append(problems, ui.Problem{Text: p.T(errs.KeyOf(err), "n", minutes)})
	} else if len(problems) == 0 {
		key := errs.KeyOf(err)
		if !p.Has(key) {
			key = "ui.error.unavailable.text"
		}
		problems = append(problems, ui.Problem{Text: p.T(key)})
	}
	status = ui.StatusOf(err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "10")
	}
	page.Problems = len(problems)
	return problems, status
}

// onward leads to where a verb of package local left the person: the next page
// of the sign-in, the host's return page, or the start of the account.
func (s *Pages) onward(w http.ResponseWriter, r *http.Request, next local.Next) error {
	if next.Device != "" {
		s.c.Gate.SetCookie(w, cookieDevice, next.Device, local.DeviceLife)
	}
	switch {
	case next.Redirect != "":
		u, err := url.Parse(next.Redirect) // our own return page on this host
		if err != nil {
			return err
		}
		return ui.SeeOther(w, r, u.RequestURI())
	case next.Try != "":
		return ui.SeeOther(w, r, wayPath(s.at(local.PageSignIn), next.Try)+"#inhalt")
	}
	return ui.SeeOther(w, r, s.c.Home)
}

// then gives the try that a link's page ends: the one from which this browser
// asked for the link, else one on a new way through this host.
func (s *Pages) then(w http.ResponseWriter, r *http.Request) (try string, err error) {
	if try = s.c.Gate.Secret(r, cookieTry); try != "" {
		look, err := s.c.Local.Look(r.Context(), s.c.Scope(r), try)
		if err == nil && look.Stage == local.StagePassword {
			return try, nil
		}
		if err != nil && !errs.Is(err, errs.KindForbidden) {
			return "", err
		}
	}
	if try, err = s.c.Begin(w, r); err == nil {
		s.c.Gate.SetCookie(w, cookieTry, try, tryLife)
	}
	return try, err
}

// stale sends somebody whose sign-in is too long ago to sign in once more and
// back to the page. ok is false for every other error.
func (s *Pages) stale(w http.ResponseWriter, r *http.Request, back string, err error) (ok bool, _ error) {
	if errs.KeyOf(err) != "local.fresh" {
		return false, err
	}
	return true, ui.SeeOther(w, r, s.at(local.PageStart)+"?"+url.Values{"frisch": {"1"}, "ziel": {back}}.Encode())
}

// localGone says that a try or a link is no longer good.
func (s *Pages) localGone(w http.ResponseWriter, r *http.Request, err error) error {
	key := errs.KeyOf(err)
	if !errs.Is(err, errs.KindForbidden) && !errs.Is(err, errs.KindConflict) || key != "local.try.gone" && key != "local.link.gone" {
		return err
	}
	page := s.page(r, "account.gone.title")
	page.Languages = nil
	v := ui.Notification{Lines: []string{s.say(page, key)}, Links: []ui.Link{{Text: page.T("account.gone.again"), URL: s.at(local.PageStart)}}}
	if key == "local.link.gone" {
		page.Title = page.T("local.link.title")
		v.Links = append(v.Links, ui.Link{Text: page.T("local.forgot.title"), URL: s.at(local.PageForgot)})
		if s.c.Register {
			v.Links = append(v.Links, ui.Link{Text: page.T("local.register.title"), URL: s.at(local.PageRegister)})
		}
	}
	return ui.Render(w, r, http.StatusForbidden, ui.NotificationPage(page, v))
}

// ceremony sends what a browser needs for a passkey.
func ceremony(w http.ResponseWriter, c local.Ceremony, err error) error {
	if err != nil {
		return err
	}
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, no-store")
	_, _ = w.Write(b)
	return nil
}

// answered is a passkey's answer in a form that signin.js filled in.
func answered(r *http.Request) (ceremony string, answer []byte, ok bool) {
	return r.PostForm.Get("zeremonie"), []byte(r.PostForm.Get("antwort")), r.PostForm.Get("antwort") != ""
}

// onPasskey reports whether an error is why a passkey was not taken.
func onPasskey(err error) bool {
	switch errs.KeyOf(err) {
	case "local.passkey.refused", "local.passkey.copied", "local.passkey.known", "local.passkey.many":
		return true
	}
	return false
}

// problemsOf tells on the page what went wrong with a form or a passkey, if
// anything did, and gives its status.
func problemsOf(w http.ResponseWriter, page *ui.Page, fields []ui.Field, err error) ([]ui.Problem, int) {
	switch {
	case err == nil:
		return nil, http.StatusOK
	case onPasskey(err):
		page.Problems = 1
		return []ui.Problem{{Text: page.T(errs.KeyOf(err))}}, http.StatusForbidden
	}
	return Faults(w, page, fields, err)
}

// passwordField is the field for a password; a new one explains the rules.
func passwordField(page ui.Page, name, label string, isNew bool) ui.Field {
	f := ui.Field{Name: name, Type: ui.FieldPassword, Label: page.T(label), Autocomplete: "current-password"}
	if isNew {
		f.Autocomplete = "new-password"
		f.Hint = page.T("local.password.hint", "n", local.PasswordMin)
	}
	return f
}

// codeField is the field for a one-time code or a recovery code.
func codeField(page ui.Page) ui.Field {
	return ui.Field{Name: "code", Type: ui.FieldText, Label: page.T("local.code.label"), Hint: page.T("local.code.hint"), Autocomplete: "one-time-code", Width: 20}
}

func mailField(page ui.Page, value pii.Text) ui.Field {
	return ui.Field{Name: "mail", Type: ui.FieldEmail, Label: page.T("local.mail.label"), Value: value.Reveal(), Autocomplete: "email"}
}

// dayOf is a date as people read it, "" for none.
func dayOf(page ui.Page, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return page.Printer().Date(t)
}
