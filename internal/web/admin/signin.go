package admin

import (
	"net/http"
	"slices"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// signInRoutes are the pages about how citizens and staff sign in.
func (s *Server) signInRoutes() []ui.Route {
	const path = "/verwaltung/anmeldeverfahren"
	out := []ui.Route{
		{Pattern: "GET " + path, Audience: ui.Office, Right: perm.EditPortal, Handle: s.signIn},
		{Pattern: "POST " + path, Audience: ui.Office, Right: perm.EditPortal, Handle: s.saveSignIn},
	}
	for _, g := range connectionGroups {
		out = append(out,
			ui.Route{Pattern: "GET " + g.path(), Audience: ui.Office, Right: g.right, Handle: s.connections(g)},
			ui.Route{Pattern: "GET " + g.path() + "/neu/{kind}", Audience: ui.Office, Right: g.right, Handle: s.connection(g)},
			ui.Route{Pattern: "POST " + g.path() + "/neu/{kind}", Audience: ui.Office, Right: g.right, Handle: s.saveConnection(g), MaxBody: longBody},
			ui.Route{Pattern: "GET " + g.path() + "/{name}", Audience: ui.Office, Right: g.right, Handle: s.connection(g)},
			ui.Route{Pattern: "POST " + g.path() + "/{name}", Audience: ui.Office, Right: g.right, Handle: s.saveConnection(g), MaxBody: longBody})
	}
	return out
}

// signInPage is what the authority makes of the methods of its realm.
type signInPage struct {
	Told, Refused string
	Methods       []signInMethod
	Realm, Staff  bool // the actor may see what is connected
	Help          bool // … and help people with accounts of our own
	RealmName     string
	Host          string // where the realm's people sign in, "" for none
}

// signInMethod is one of them, to edit.
type signInMethod struct {
	Name, Title string
	State       ui.Field
	Notice      ui.Field
}

// States of a method at a portal.
const (
	methodOn      = "an"
	methodOff     = "aus"
	methodStopped = "gestoppt"
)

// signIn serves GET /verwaltung/anmeldeverfahren.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	return s.showSignIn(w, r, http.StatusOK, nil, nil)
}

// showSignIn shows the page; typed is what was sent for one method, with what is
// wrong about it.
func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request, status int, typed *accounts.Choice, wrong []errs.Field) error {
	v := ui.VisitOf(r)
	page := office.Page(r, "admin.signin.title", office.NavSignIn)
	offers, err := s.c.Accounts.Offers(r.Context(), v.Door, v.Door.Tenant)
	if err != nil {
		return err
	}
	out := signInPage{RealmName: v.Door.Realm.Name, Host: v.Door.Realm.AccountHost, Told: office.Told(r, page, "admin.done."), Realm: v.Staff.May(perm.AdministerAll), Staff: v.Staff.May(perm.GrantRoles), Help: s.c.Local != nil}
	var problems []ui.Problem
	for _, o := range offers {
		m := methodFields(page, "admin.signin.", o, typed, wrong)
		problems = append(problems, m.problems()...)
		out.Methods = append(out.Methods, m)
	}
	page.Problems = len(problems)
	return ui.Render(w, r, status, signInView(page, out, problems))
}

// methodFields are the fields of a method as it stands, or as typed; text begins
// the keys of their words.
func methodFields(page ui.Page, text string, o accounts.Offer, typed *accounts.Choice, wrong []errs.Field) signInMethod {
	c := accounts.Choice{Name: o.Name, Offered: o.Offered, Stopped: o.Stopped, Notice: o.Notice}
	if typed != nil && typed.Name == o.Name {
		c = *typed
	}
	state := methodOn
	switch {
	case c.Stopped:
		state = methodStopped
	case !c.Offered:
		state = methodOff
	}
	m := signInMethod{Name: o.Name, Title: o.Title,
		State: ui.Field{Name: "stand-" + o.Name, Type: ui.FieldChoice, Label: page.T(text + "state"), Value: state, Options: []ui.Option{
			{Value: methodOn, Label: page.T("admin.signin.on")},
			{Value: methodOff, Label: page.T("admin.signin.off"), Hint: page.T(text + "offhint")},
			{Value: methodStopped, Label: page.T("admin.signin.stopped"), Hint: page.T(text + "stoppedhint")}}},
		Notice: ui.Field{Name: "hinweis-" + o.Name, Type: ui.FieldLong, Rows: 2, Label: page.T(text + "notice"), Hint: page.T("admin.signin.noticehint"), Value: c.Notice, MaxLength: 300, Optional: true}}
	if typed != nil && typed.Name == o.Name {
		for _, f := range wrong {
			m.Notice.Problem = ui.ProblemText(page.Printer(), f)
		}
	}
	return m
}

func (m signInMethod) problems() []ui.Problem { return ui.Problems([]ui.Field{m.State, m.Notice}) }

// readChoice is what was sent about one method. Error: Invalid for a form that
// is none of ours.
func readChoice(r *http.Request) (c accounts.Choice, err error) {
	if err := office.ReadForm(r); err != nil {
		return c, err
	}
	name := office.Text(r, "verfahren")
	state := office.Text(r, "stand-"+name)
	if !slices.Contains([]string{methodOn, methodOff, methodStopped}, state) {
		return c, errs.Invalid("staff.form-broken")
	}
	return accounts.Choice{Name: name, Offered: state != methodOff, Stopped: state == methodStopped, Notice: office.Text(r, "hinweis-"+name)}, nil
}

// saveSignIn serves POST /verwaltung/anmeldeverfahren.
func (s *Server) saveSignIn(w http.ResponseWriter, r *http.Request) error {
	c, err := readChoice(r)
	if err != nil {
		return err
	}
	err = s.c.Accounts.SaveChoice(r.Context(), ui.Staff(r), ui.VisitOf(r).Door, c)
	if errs.Is(err, errs.KindInvalid) {
		return s.showSignIn(w, r, http.StatusUnprocessableEntity, &c, errs.FieldsOf(err))
	}
	if err != nil {
		return err
	}
	return office.Done(w, r, "/verwaltung/anmeldeverfahren", "gespeichert")
}
