package admin

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// rolesPage is what each role may do, and the tenant's own roles.
type rolesPage struct {
	Told  string
	Table ui.Table
	Own   ui.Table
}

// rolePage changes one role of the tenant's own, or makes one.
type rolePage struct {
	Told, Refused string
	URL           string
	New           bool
	Version       int64
	Fields        []ui.Field // title, rights
}

const rolesURL = "/verwaltung/rollen"

// roles serves GET /verwaltung/rollen.
func (s *Server) roles(w http.ResponseWriter, r *http.Request) error {
	own, err := s.c.Accounts.OwnRoles(r.Context(), ui.Staff(r))
	if err != nil {
		return err
	}
	page := office.Page(r, "admin.rights.title", office.NavMembers)
	page.Breadcrumb = []ui.Link{{Text: page.T("admin.members.title"), URL: "/verwaltung/personal"}}
	out := rolesPage{Told: office.Told(r, page, "admin.done."), Table: rightsTable(page, own)}
	out.Own = ui.Table{ID: "eigene", Caption: page.T("admin.roles.own"), Empty: page.T("admin.roles.none"), Columns: []ui.Column{{Title: page.T("admin.members.role0")}, {Title: page.T("admin.rights.right")}}}
	for _, x := range own {
		var names []string
		for _, y := range x.Rights.Rights() {
			names = append(names, rightName(page, y))
		}
		out.Own.Rows = append(out.Own.Rows, ui.Row{Cells: []ui.Cell{{Text: x.Title, URL: rolesURL + "/" + string(x.Role)}, {Text: strings.Join(names, ", ")}}})
	}
	return ui.Render(w, r, http.StatusOK, rolesView(page, out))
}

func rightName(page ui.Page, x perm.Right) string {
	return page.T("admin.right." + strings.ReplaceAll(string(x), ".", "-"))
}

// rightsTable shows the roles as the program has them.
func rightsTable(page ui.Page, own []accounts.OwnRole) ui.Table {
	t := ui.Table{ID: "rechte", Matrix: true, Caption: page.T("admin.rights.caption"), Columns: []ui.Column{{Title: page.T("admin.rights.right")}}}
	var sets []perm.Set
	for _, row := range perm.Table() {
		t.Columns, sets = append(t.Columns, ui.Column{Title: page.T("staff.role." + string(row.Role))}), append(sets, row.Role.Set())
	}
	for _, x := range own {
		t.Columns, sets = append(t.Columns, ui.Column{Title: x.Title}), append(sets, x.Rights)
	}
	for _, x := range perm.Rights() {
		cells := []ui.Cell{{Text: rightName(page, x)}}
		for _, set := range sets {
			c := ui.Cell{Text: "–"}
			if set.Has(x) {
				c.Text = page.T("ui.yes")
			}
			cells = append(cells, c)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return t
}

// newRole serves GET /verwaltung/rollen/neu.
func (s *Server) newRole(w http.ResponseWriter, r *http.Request) error {
	return s.showRole(w, r, http.StatusOK, accounts.OwnRole{}, nil, "")
}

func (s *Server) findRole(r *http.Request) (x accounts.OwnRole, err error) {
	own, err := s.c.Accounts.OwnRoles(r.Context(), ui.Staff(r))
	for _, x := range own {
		if string(x.Role) == r.PathValue("role") {
			return x, nil
		}
	}
	if err == nil {
		err = errs.NotFound("role", "asked for")
	}
	return x, err
}

// role serves GET /verwaltung/rollen/{role}.
func (s *Server) role(w http.ResponseWriter, r *http.Request) error {
	x, err := s.findRole(r)
	if err != nil {
		return err
	}
	return s.showRole(w, r, http.StatusOK, x, nil, "")
}

func (s *Server) showRole(w http.ResponseWriter, r *http.Request, status int, x accounts.OwnRole, problems map[string]string, refused string) error {
	actor := ui.Staff(r)
	page := office.Page(r, "admin.rights.title", office.NavMembers)
	page.Breadcrumb = []ui.Link{{Text: page.T("admin.members.title"), URL: "/verwaltung/personal"}, {Text: page.Title, URL: rolesURL}}
	page.Detail = page.Title
	page.Title = page.T("admin.roles.new")
	out := rolePage{Told: office.Told(r, page, "admin.done."), Refused: refused, URL: rolesURL + "/neu", New: x.Role == "", Version: x.Version}
	if !out.New {
		page.Title, out.URL = x.Title, rolesURL+"/"+string(x.Role)
	}
	rights := ui.Field{Name: "rechte", Type: ui.FieldMany, Label: page.T("admin.roles.rights"), Hint: page.T("admin.roles.rightshint"), Problem: problems["rechte"]}
	for _, y := range perm.Rights() {
		if x.Rights.Has(y) || actor.MayGive(perm.Grant{Own: perm.SetOf(y)}) {
			rights.Options = append(rights.Options, ui.Option{Value: string(y), Label: rightName(page, y)})
		}
		if x.Rights.Has(y) {
			rights.Values = append(rights.Values, string(y))
		}
	}
	out.Fields = []ui.Field{{Name: "titel", Type: ui.FieldText, Label: page.T("admin.roles.title"), Value: x.Title, Problem: problems["titel"], Autocomplete: "off"}, rights}
	list := ui.Problems(out.Fields)
	page.Problems = len(list)
	return ui.Render(w, r, status, roleView(page, out, list))
}

// saveRole serves POST /verwaltung/rollen/neu and POST /verwaltung/rollen/{role};
// aktion=loeschen deletes.
func (s *Server) saveRole(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	var x accounts.OwnRole
	var err error
	if r.PathValue("role") != "" {
		if x, err = s.findRole(r); err != nil {
			return err
		}
	}
	actor, page := ui.Staff(r), ui.PageOf(r)
	if x.Role != "" && office.Text(r, "aktion") == "loeschen" {
		if err = s.c.Accounts.DeleteOwnRole(r.Context(), actor, x.Role); errs.Is(err, errs.KindConflict) {
			return s.showRole(w, r, http.StatusConflict, x, nil, page.T("roles.in-use"))
		} else if err != nil {
			return err
		}
		return office.Done(w, r, rolesURL, "rolle-geloescht")
	}
	x.Title, x.Rights = office.Text(r, "titel"), 0
	for _, name := range r.PostForm["rechte"] {
		x.Rights |= perm.SetOf(perm.Right(name))
	}
	if v, err := strconv.ParseInt(office.Text(r, "version"), 10, 64); err == nil {
		x.Version = v
	}
	role, err := s.c.Accounts.SaveOwnRole(r.Context(), actor, x)
	var problems map[string]string
	switch key := errs.KeyOf(err); {
	case err == nil:
		return office.Done(w, r, rolesURL+"/"+string(role), "gespeichert")
	case errs.Is(err, errs.KindInvalid):
		problems = map[string]string{}
		for _, f := range errs.FieldsOf(err) {
			problems[f.Name] = page.T(f.Key)
		}
		if len(problems) == 0 {
			return s.showRole(w, r, http.StatusUnprocessableEntity, x, nil, page.T(key))
		}
		return s.showRole(w, r, http.StatusUnprocessableEntity, x, problems, "")
	case errs.Is(err, errs.KindConflict):
		return s.showRole(w, r, http.StatusConflict, x, nil, page.T("admin.conflict"))
	case slices.Contains([]string{"roles.not-held", "roles.not-own"}, key):
		return s.showRole(w, r, http.StatusForbidden, x, map[string]string{"rechte": page.T(key)}, "")
	}
	return err
}
