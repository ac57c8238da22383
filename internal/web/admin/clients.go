package admin

import (
	"net/http"
	"strings"

	"stadttor/internal/accounts/provider"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// clientsPath is where modules are registered.
const clientsPath = "/verwaltung/fachmodule"

// clientRoutes are the addresses of the modules of vendors that ask the account
// host who somebody is; none without Config.Provider.
func (s *Server) clientRoutes() []ui.Route {
	if s.c.Provider == nil {
		return nil
	}
	get := func(pattern string, h ui.Handler) ui.Route {
		return ui.Route{Pattern: "GET " + clientsPath + pattern, Audience: ui.Office, Right: perm.EditPortal, Handle: h}
	}
	post := func(pattern string, h ui.Handler) ui.Route {
		return ui.Route{Pattern: "POST " + clientsPath + pattern, Audience: ui.Office, Right: perm.EditPortal, Handle: h}
	}
	return []ui.Route{get("", s.clients), post("", s.registerClient), post("/{id}", s.changeClient)}
}

// clientsPage is the modules of an authority.
type clientsPage struct {
	Told    string
	Issuer  string // address of the account host
	List    []clientRow
	Fields  []ui.Field
	Shown   string // client_id whose secret is shown, "" for none
	Secret  string // once
	Refused string
}

// clientRow is one module.
type clientRow struct {
	Title   string
	Action  string
	Facts   []ui.Fact
	Enabled bool
}

// clientForm is what was typed.
type clientForm struct {
	name, vendor, redirects, level string
	scopes                         []string
	problems                       map[string]string
}

// clients serves GET /verwaltung/fachmodule.
func (s *Server) clients(w http.ResponseWriter, r *http.Request) error {
	return s.showClients(w, r, http.StatusOK, clientForm{level: perm.LevelBasis.String()}, clientsPage{})
}

func (s *Server) showClients(w http.ResponseWriter, r *http.Request, status int, f clientForm, out clientsPage) error {
	list, err := s.c.Provider.Clients(r.Context(), ui.Staff(r))
	if err != nil {
		return err
	}
	page := office.Page(r, "admin.clients.title", office.NavPortal)
	p, t := page.Printer(), page.T
	out.Told, out.Issuer = office.Told(r, page, "admin.clients.done."), s.c.Gate.AccountBase(ui.VisitOf(r).Door.Realm.ID)
	for _, c := range list {
		state := t("admin.clients.off")
		if c.Enabled {
			state = t("admin.clients.on")
		}
		data := []string{t("admin.clients.nodata")}
		if len(c.Scopes) > 0 {
			data = nil
			for _, x := range c.Scopes {
				data = append(data, t("provider.scope."+x))
			}
		}
		out.List = append(out.List, clientRow{Title: c.Name, Action: clientsPath + "/" + string(c.ID), Enabled: c.Enabled, Facts: []ui.Fact{
			{Name: t("admin.clients.state"), Values: []string{state}},
			{Name: t("admin.clients.vendor"), Values: []string{c.Vendor}},
			{Name: "client_id", Values: []string{c.Key}},
			{Name: t("admin.clients.redirects"), Values: c.Redirects},
			{Name: t("admin.clients.data"), Values: data},
			{Name: t("admin.clients.level"), Values: []string{t("citizenform.level." + c.Level.String())}},
			{Name: t("admin.clients.secretat"), Values: []string{p.DateTime(c.SecretAt)}}}})
	}
	out.Fields = clientFields(page, f)
	problems := ui.Problems(out.Fields)
	page.Problems = len(problems)
	if out.Secret != "" {
		w.Header().Set("Cache-Control", "private, no-store")
	}
	return ui.Render(w, r, status, clientsView(page, out, problems))
}

func clientFields(page ui.Page, f clientForm) []ui.Field {
	t := page.T
	level := ui.Field{Name: "niveau", Type: ui.FieldSelect, Label: t("admin.clients.level"), Hint: t("admin.clients.levelhint"), Value: f.level, Problem: f.problems["level"]}
	for _, l := range []perm.Level{perm.LevelBasis, perm.LevelSubstantial, perm.LevelHigh} {
		level.Options = append(level.Options, ui.Option{Value: l.String(), Label: t("citizenform.level." + l.String())})
	}
	data := ui.Field{Name: "daten", Type: ui.FieldMany, Label: t("admin.clients.data"), Hint: t("admin.clients.datahint"), Values: f.scopes, Problem: f.problems["scopes"], Optional: true}
	for _, x := range provider.Scopes() {
		data.Options = append(data.Options, ui.Option{Value: x, Label: t("provider.scope." + x)})
	}
	return []ui.Field{
		{Name: "name", Type: ui.FieldText, Label: t("admin.clients.name"), Hint: t("admin.clients.namehint"), Value: f.name, Problem: f.problems["name"], Autocomplete: "off"},
		{Name: "betreiber", Type: ui.FieldText, Label: t("admin.clients.vendor"), Hint: t("admin.clients.vendorhint"), Value: f.vendor, Problem: f.problems["vendor"], Autocomplete: "off"},
		{Name: "adressen", Type: ui.FieldLong, Label: t("admin.clients.redirects"), Hint: t("admin.clients.redirectshint"), Value: f.redirects, Problem: f.problems["redirects"], Rows: 3},
		data, level,
	}
}

// registerClient serves POST /verwaltung/fachmodule. The secret stands on this
// one answer and nowhere else, so no redirect follows.
func (s *Server) registerClient(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	f := clientForm{name: office.Text(r, "name"), vendor: office.Text(r, "betreiber"), redirects: office.Text(r, "adressen"), level: office.Text(r, "niveau"), scopes: r.PostForm["daten"], problems: map[string]string{}}
	c, secret, err := s.c.Provider.Register(r.Context(), ui.Staff(r), provider.Client{Name: f.name, Vendor: f.vendor, Redirects: strings.Fields(f.redirects), Scopes: f.scopes, Level: perm.ParseLevel(f.level)})
	switch {
	case errs.Is(err, errs.KindInvalid):
		page := ui.PageOf(r)
		for _, x := range errs.FieldsOf(err) {
			f.problems[x.Name] = ui.ProblemText(page.Printer(), x)
		}
		return s.showClients(w, r, http.StatusUnprocessableEntity, f, clientsPage{})
	case errs.Is(err, errs.KindConflict):
		return s.showClients(w, r, http.StatusConflict, f, clientsPage{Refused: ui.PageOf(r).T(errs.KeyOf(err))})
	case err != nil:
		return err
	}
	return s.showClients(w, r, http.StatusOK, clientForm{level: perm.LevelBasis.String()}, clientsPage{Shown: c.Key, Secret: secret})
}

// changeClient serves POST /verwaltung/fachmodule/{id}: a new secret, the kill
// switch, or its end.
func (s *Server) changeClient(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	id, a := provider.ClientID(r.PathValue("id")), ui.Staff(r)
	word := office.Text(r, "aktion")
	var err error
	switch word {
	case "geheimnis":
		c, secret, err := s.c.Provider.Rotate(r.Context(), a, id)
		if err != nil {
			return err
		}
		return s.showClients(w, r, http.StatusOK, clientForm{level: perm.LevelBasis.String()}, clientsPage{Shown: c.Key, Secret: secret})
	case "abschalten", "einschalten":
		err = s.c.Provider.Enable(r.Context(), a, id, word == "einschalten")
	case "loeschen":
		err = s.c.Provider.Remove(r.Context(), a, id)
	default:
		return errs.Invalid("staff.form-broken")
	}
	if err != nil {
		return err
	}
	return office.Done(w, r, clientsPath, word)
}
