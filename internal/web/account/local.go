package account

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

// cookieDevice remembers that somebody signed in with a password here before
// (local.Next.Device): his own mistypings are counted apart from others' guesses.
const cookieDevice = "geraet"

// cookieTry is the try from which this browser asked for a link, as long as the
// host keeps its attempt.
const (
	cookieTry = "anmeldeversuch"
	tryLife   = 15 * time.Minute
)

// NavMeans is the key of the page of means of sign-in in the navigation.
const NavMeans = "means"

// localRoutes are the pages of local accounts; none without Config.Local.
func (s *Server) localRoutes() []ui.Route {
	if s.c.Local == nil {
		return nil
	}
	return []ui.Route{
		{Pattern: "GET " + local.PageSignIn, Audience: ui.Visitor, Handle: s.getLocal},
		{Pattern: "POST " + local.PageSignIn, Audience: ui.Visitor, Handle: s.postLocal, Limit: s.c.Limit},
		{Pattern: "POST " + local.PageSignIn + "/code", Audience: ui.Visitor, Handle: s.postLocalCode, Limit: s.c.Limit},
		{Pattern: "POST " + local.PageSignIn + "/weiter", Audience: ui.Visitor, Handle: s.postLocalOn},
		{Pattern: "POST " + local.PageSignIn + "/passkey", Audience: ui.Visitor, Handle: s.postLocalPasskey, Limit: s.c.Limit},
		{Pattern: "POST " + local.PageSignIn + "/abbrechen", Audience: ui.Visitor, Handle: s.postLocalBreak},

		{Pattern: "GET " + local.PageRegister, Audience: ui.Visitor, Handle: s.getRegister},
		{Pattern: "POST " + local.PageRegister, Audience: ui.Visitor, Handle: s.postRegister, Limit: s.c.Limit},
		{Pattern: "GET " + local.PageConfirm, Audience: ui.Visitor, Handle: s.getConfirm},
		{Pattern: "POST " + local.PageConfirm, Audience: ui.Visitor, Handle: s.postConfirm, Limit: s.c.Limit},
		{Pattern: "POST " + local.PageConfirm + "/passkey", Audience: ui.Visitor, Handle: s.postConfirmPasskey, Limit: s.c.Limit},

		{Pattern: "GET " + local.PageForgot, Audience: ui.Visitor, Handle: s.getForgot},
		{Pattern: "POST " + local.PageForgot, Audience: ui.Visitor, Handle: s.postForgot, Limit: s.c.Limit},
		{Pattern: "GET " + pageSent, Audience: ui.Visitor, Handle: s.getSent},
		{Pattern: "GET " + local.PageRecover, Audience: ui.Visitor, Handle: s.getRecover},
		{Pattern: "POST " + local.PageRecover, Audience: ui.Visitor, Handle: s.postRecover, Limit: s.c.Limit},
		{Pattern: "GET " + local.PageAddress, Audience: ui.Visitor, Handle: s.getAddress},
		{Pattern: "POST " + local.PageAddress, Audience: ui.Visitor, Handle: s.postAddress, Limit: s.c.Limit},

		{Pattern: "GET " + local.PageSecurity, Audience: ui.Person, Handle: s.getSecurityPage},
		{Pattern: "GET " + pagePassword, Audience: ui.Person, Handle: s.getPassword},
		{Pattern: "POST " + pagePassword, Audience: ui.Person, Handle: s.postPassword, Limit: s.c.Limit},
		{Pattern: "POST " + pagePassword + "/entfernen", Audience: ui.Person, Handle: s.postPasswordOff},
		{Pattern: "GET " + pageApp, Audience: ui.Person, Handle: s.getApp},
		{Pattern: "POST " + pageApp, Audience: ui.Person, Handle: s.postApp, Limit: s.c.Limit},
		{Pattern: "POST " + pageApp + "/entfernen", Audience: ui.Person, Handle: s.postAppOff},
		{Pattern: "POST " + pageCodes, Audience: ui.Person, Handle: s.postCodes},
		{Pattern: "GET " + pageMail, Audience: ui.Person, Handle: s.getMail},
		{Pattern: "POST " + pageMail, Audience: ui.Person, Handle: s.postMail, Limit: s.c.Limit},
		{Pattern: "GET " + pagePasskeys, Audience: ui.Person, Handle: s.getPasskeys},
		{Pattern: "POST " + pagePasskeys, Audience: ui.Person, Handle: s.postPasskeys, Limit: s.c.Limit},
		{Pattern: "POST " + pagePasskeys + "/beginn", Audience: ui.Person, Handle: s.postPasskeyBegin},
		{Pattern: "POST " + pagePasskeys + "/{id}/name", Audience: ui.Person, Handle: s.postPasskeyName},
		{Pattern: "POST " + pagePasskeys + "/{id}/entfernen", Audience: ui.Person, Handle: s.postPasskeyOff},
	}
}

// people is the scope of this host's accounts.
func people(r *http.Request) local.Scope { return local.Citizens(ui.VisitOf(r).Door.Realm.ID) }

// knock is what the door sees of who asks.
func (s *Server) knock(r *http.Request) local.Visitor {
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
func (s *Server) asked(w http.ResponseWriter, r *http.Request, mail pii.Text) local.Ask {
	if try := r.PostForm.Get("versuch"); try != "" {
		s.c.Gate.SetCookie(w, cookieTry, try, tryLife)
	}
	return local.Ask{Mail: mail, Lang: string(ui.VisitOf(r).Lang)}
}

// languages are the other languages of a page on the way, which is opened anew:
// name and value are its secret.
func languages(page *ui.Page, path, name, value string) {
	page.Languages = nil
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

// readForm reads a form; what is none is refused.
func readForm(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return errs.TooLarge("error.body-too-large")
		}
		return errs.Invalid("")
	}
	return nil
}

// onPage reports whether an error is told on the page itself, with what was
// typed: something wrong, too often, or too busy.
func onPage(err error) bool {
	return errs.Is(err, errs.KindInvalid) || errs.Is(err, errs.KindLimited) || errs.Is(err, errs.KindUnavailable)
}

// faults puts an error at the fields of a page and gives its status; what
// belongs to no field stands in the summary alone.
func faults(w http.ResponseWriter, page *ui.Page, fields []ui.Field, err error) (problems []ui.Problem, status int) {
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
func (s *Server) onward(w http.ResponseWriter, r *http.Request, next local.Next) error {
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
		return ui.SeeOther(w, r, wayPath(local.PageSignIn, next.Try)+"#inhalt")
	}
	return ui.SeeOther(w, r, "/")
}

// then gives the try that a link's page ends: the one from which this browser
// asked for the link, else one on a new way through this host.
func (s *Server) then(w http.ResponseWriter, r *http.Request) (try string, err error) {
	if try = s.c.Gate.Secret(r, cookieTry); try != "" {
		look, err := s.c.Local.Look(r.Context(), people(r), try)
		if err == nil && look.Stage == local.StagePassword {
			return try, nil
		}
		if err != nil && !errs.Is(err, errs.KindForbidden) {
			return "", err
		}
	}
	v := ui.VisitOf(r)
	visitor := s.visitor(r)
	a, err := s.c.Accounts.ArriveAlone(r.Context(), v.Door, visitor, perm.LevelBasis, false, "/", string(v.Lang))
	if err != nil {
		return "", err
	}
	visitor.Browser = a.Browser
	b, err := s.c.Accounts.TryMethod(r.Context(), v.Door, visitor, v.Base, a.Ticket, local.Name)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(b.Redirect)
	if err != nil {
		return "", err
	}
	try = u.Query().Get("versuch")
	s.c.Gate.SetCookie(w, ui.CookieLogin, a.Browser, browserLife)
	s.c.Gate.SetCookie(w, cookieTry, try, tryLife)
	return try, nil
}

// holder is who looks after his means of sign-in.
func (s *Server) holder(r *http.Request) (local.Holder, error) {
	c := ui.Citizen(r)
	h := local.Holder{Scope: people(r), ID: string(c.Person), Session: s.c.Gate.Secret(r, ui.CookieCitizen)}
	list, err := s.c.Accounts.SignIns(r.Context(), c, h.Session)
	for _, x := range list {
		if x.Here {
			h.SignedIn = x.Since
		}
	}
	return h, err
}

// stale sends somebody whose sign-in is too long ago to sign in once more and
// back to the page. ok is false for every other error.
func (s *Server) stale(w http.ResponseWriter, r *http.Request, back string, err error) (ok bool, _ error) {
	if errs.KeyOf(err) != "local.fresh" {
		return false, err
	}
	return true, ui.SeeOther(w, r, "/anmelden?"+url.Values{"frisch": {"1"}, "ziel": {back}}.Encode())
}

// localGone says that a try or a link is no longer good.
func (s *Server) localGone(w http.ResponseWriter, r *http.Request, err error) error {
	key := errs.KeyOf(err)
	if !errs.Is(err, errs.KindForbidden) && !errs.Is(err, errs.KindConflict) || key != "local.try.gone" && key != "local.link.gone" {
		return err
	}
	page := s.page(r, "account.gone.title")
	page.Languages = nil
	v := noticeView{Lines: []string{page.T(key)}, Links: []ui.Link{{Text: page.T("account.gone.again"), URL: "/anmelden"}}}
	if key == "local.link.gone" {
		page.Title = page.T("local.link.title")
		v.Links = append(v.Links, ui.Link{Text: page.T("local.forgot.title"), URL: local.PageForgot}, ui.Link{Text: page.T("local.register.title"), URL: local.PageRegister})
	}
	return ui.Render(w, r, http.StatusForbidden, noticePage(page, v))
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

// passkeyProblem tells on the page why a passkey was not taken; ok is false for
// every other error.
func passkeyProblem(page *ui.Page, err error) (problems []ui.Problem, ok bool) {
	switch key := errs.KeyOf(err); key {
	case "local.passkey.refused", "local.passkey.copied", "local.passkey.known", "local.passkey.many":
		page.Problems = 1
		return []ui.Problem{{Text: page.T(key)}}, true
	}
	return nil, false
}

// refusedAtWay leads back to the choice of methods when the host refuses to open
// a way: no method is offered any more.
func (s *Server) refusedAtWay(w http.ResponseWriter, r *http.Request, err error) error {
	if accounts.RefusedHere(err) || errs.Is(err, errs.KindNotFound) {
		return s.showGone(w, r, err)
	}
	return err
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
