package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// paramsPage is what the authority sets for one form.
type paramsPage struct {
	Told, Refused string
	URL           string
	State         string // fingerprint of what was shown
	Groups        []paramGroup
}

// paramGroup is one parameter: a field, or a table.
type paramGroup struct {
	Field ui.Field
	Table *paramTable
}

// paramTable is a parameter with rows. Cells have the names id.row.column.
type paramTable struct {
	ID, Label, Hint, Problem string
	Columns                  []string
	Rows                     [][]ui.Field
}

// spareRows are the empty rows at the end of a table.
const spareRows = 3

// maxRows bounds what is read of a posted table.
const maxRows = 500

// paramForms serves GET /verwaltung/parameter: the forms that ask for something.
func (s *Server) paramForms(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	page := office.Page(r, "admin.params.title", office.NavParams)
	p := page.Printer()
	published, err := s.c.Catalogue.Published(r.Context(), v.Door.Tenant.ID)
	if err != nil {
		return err
	}
	t := ui.Table{ID: "formulare", Caption: p.T("admin.params.caption"), Empty: p.T("admin.params.none"),
		Columns: []ui.Column{{Title: p.T("admin.params.form")}, {Title: p.T("admin.params.count"), Numeric: true}, {Title: p.T("admin.params.own"), Numeric: true}}}
	for _, d := range office.FormsOf(published, s.c.Forms, v.Door.Realm.ID) {
		own := 0
		for id := range v.Door.Tenant.Params[d.ID] {
			if d.Param(id) != nil {
				own++
			}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: d.Title, URL: "/verwaltung/parameter/" + d.ID}, {Text: strconv.Itoa(len(d.Params))}, {Text: strconv.Itoa(own)}}})
	}
	return ui.Render(w, r, http.StatusOK, listView(page, listPage{Lead: p.T("admin.params.lead"), Table: t}))
}

// definition is the newest version of the form in the address.
func (s *Server) definition(r *http.Request) (*forms.Definition, error) {
	d, ok := s.c.Forms.Current(ui.VisitOf(r).Door.Realm.ID, r.PathValue("form"))
	if !ok {
		return nil, errs.NotFound("form", r.PathValue("form"))
	}
	return d, nil
}

// params serves GET /verwaltung/parameter/{form}.
func (s *Server) params(w http.ResponseWriter, r *http.Request) error {
	d, err := s.definition(r)
	if err != nil {
		return err
	}
	values := ui.VisitOf(r).Door.Tenant.Params[d.ID]
	in := paramInput{text: map[string]string{}, rows: map[string][][]string{}}
	for i := range d.Params {
		p := &d.Params[i]
		if p.Type == "table" {
			in.rows[p.ID] = rowsOf(p, values[p.ID])
		} else {
			in.text[p.ID] = shown(p.Type, values[p.ID])
		}
	}
	return s.showParams(w, r, http.StatusOK, d, in, fingerprint(values), "")
}

// paramInput is what is in the fields: as stored, or as typed.
type paramInput struct {
	text     map[string]string
	rows     map[string][][]string
	problems map[string]string // parameter → sentence
}

func fingerprint(values map[string]any) string {
	b, _ := json.Marshal(values) // came from JSON
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func (s *Server) showParams(w http.ResponseWriter, r *http.Request, status int, d *forms.Definition, in paramInput, state, refused string) error {
	page := office.Page(r, "admin.params.title", office.NavParams)
	page.Breadcrumb = []ui.Link{{Text: page.Title, URL: "/verwaltung/parameter"}}
	page.Title, page.Detail = d.Title, page.Title
	out := paramsPage{Told: office.Told(r, page, "admin.done."), Refused: refused, URL: "/verwaltung/parameter/" + d.ID, State: state}
	var fields []ui.Field
	for i := range d.Params {
		g := paramField(page, &d.Params[i], in)
		out.Groups = append(out.Groups, g)
		if g.Table != nil {
			fields = append(fields, ui.Field{ID: g.Table.ID, Problem: g.Table.Problem})
		} else {
			fields = append(fields, g.Field)
		}
	}
	problems := ui.Problems(fields)
	page.Problems = len(problems)
	return ui.Render(w, r, status, paramsView(page, out, problems))
}

// paramField draws a parameter by its type.
func paramField(page ui.Page, p *forms.Param, in paramInput) paramGroup {
	hint := sentence(p.Hint)
	if p.Type == "table" {
		t := &paramTable{ID: "wert-" + p.ID, Label: p.Label, Hint: join(hint, page.T("admin.params.tablehint")), Problem: in.problems[p.ID], Columns: []string{page.T("admin.params.code"), page.T("admin.params.label")}}
		for _, c := range p.Columns {
			t.Columns = append(t.Columns, c.Label)
		}
		rows := in.rows[p.ID]
		if len(rows) == 0 && in.problems == nil {
			rows = rowsOf(p, p.Default)
		}
		for i := range len(rows) + spareRows {
			line := make([]ui.Field, 2+len(p.Columns))
			for j := range line {
				line[j].Name = p.ID + "." + strconv.Itoa(i) + "." + strconv.Itoa(j)
				if i < len(rows) && j < len(rows[i]) {
					line[j].Value = rows[i][j]
				}
			}
			t.Rows = append(t.Rows, line)
		}
		return paramGroup{Table: t}
	}
	f := ui.Field{Name: p.ID, ID: "wert-" + p.ID, Label: p.Label, Optional: true, Value: in.text[p.ID], Problem: in.problems[p.ID], Autocomplete: "off"}
	switch p.Type {
	case "amount":
		f.Type = ui.FieldAmount
	case "number":
		f.Type, f.Width, f.InputMode = ui.FieldNumber, 10, "decimal"
	case "yesno":
		f.Type = ui.FieldYesNo
	case "date":
		f.Type, f.Width = ui.FieldText, 10
		hint = join(hint, page.T("admin.params.dayhint"))
	case "dates":
		f.Type, f.Rows = ui.FieldLong, 12
		hint = join(hint, page.T("admin.params.dayshint"))
	default:
		f.Type = ui.FieldText
	}
	if def := shown(p.Type, p.Default); def != "" && p.Type != "dates" {
		switch p.Type {
		case "amount":
			def += " €"
		case "yesno":
			def = map[string]string{"ja": page.T("ui.yes"), "nein": page.T("ui.no")}[def]
		}
		hint = join(hint, page.T("admin.params.default", "value", def))
	} else if p.Type == "dates" {
		hint = join(hint, page.T("admin.params.defaultdates"))
	}
	f.Hint = hint
	return paramGroup{Field: f}
}

// sentence ends a hint of a form, which may be a few words, with a full stop.
func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	r := []rune(s)
	return strings.ToUpper(string(r[:1])) + string(r[1:]) + "."
}

func join(a, b string) string { return strings.TrimSpace(a + " " + b) }

// saveParams serves POST /verwaltung/parameter/{form}. An empty field takes the
// form's own value.
func (s *Server) saveParams(w http.ResponseWriter, r *http.Request) error {
	d, err := s.definition(r)
	if err != nil {
		return err
	}
	if err := office.ReadForm(r); err != nil {
		return err
	}
	page := ui.PageOf(r)
	in, values := readParams(page, d, r)
	if len(in.problems) == 0 {
		for _, f := range d.CheckParams(values) {
			id := strings.TrimPrefix(f.Path, "params/")
			in.problems[id] = f.Text
		}
	}
	state := office.Text(r, "stand")
	if len(in.problems) > 0 {
		return s.showParams(w, r, http.StatusUnprocessableEntity, d, in, state, "")
	}
	tenant := ui.VisitOf(r).Door.Tenant
	old := tenant.Params[d.ID]
	if fingerprint(old) != state {
		return s.showParams(w, r, http.StatusConflict, d, in, fingerprint(old), page.T("admin.conflict"))
	}
	for id, v := range old { // what the form does not know is not ours to drop
		if d.Param(id) == nil {
			values[id] = v
		}
	}
	err = s.c.Directory.SaveParams(r.Context(), ui.Staff(r), tenant, d.ID, old, values)
	if errs.Is(err, errs.KindConflict) { // another node was quicker
		return s.showParams(w, r, http.StatusConflict, d, in, state, page.T("admin.conflict"))
	}
	if err != nil {
		return err
	}
	if err := s.c.Directory.Reload(r.Context()); err != nil { // so that the next page shows it; other nodes hear of it
		return err
	}
	return office.Done(w, r, "/verwaltung/parameter/"+d.ID, "gespeichert")
}

// readParams reads the posted fields into values as JSON would hold them.
func readParams(page ui.Page, d *forms.Definition, r *http.Request) (in paramInput, values map[string]any) {
	in = paramInput{text: map[string]string{}, rows: map[string][][]string{}, problems: map[string]string{}}
	values = map[string]any{}
	for i := range d.Params {
		p := &d.Params[i]
		if p.Type == "table" {
			rows, list, problem := readRows(page, p, r)
			in.rows[p.ID] = rows
			if problem != "" {
				in.problems[p.ID] = problem
			} else if len(list) > 0 {
				values[p.ID] = list
			}
			continue
		}
		text := office.Text(r, p.ID)
		if in.text[p.ID] = text; text == "" {
			continue
		}
		v, err := typed(p.Type, text)
		if err != nil {
			in.problems[p.ID] = page.T(err.Error())
			continue
		}
		values[p.ID] = v
	}
	return in, values
}

func readRows(page ui.Page, p *forms.Param, r *http.Request) (rows [][]string, list []any, problem string) {
	for i := range maxRows {
		prefix := p.ID + "." + strconv.Itoa(i) + "."
		if _, ok := r.PostForm[prefix+"0"]; !ok {
			break
		}
		row := make([]string, 2+len(p.Columns))
		filled := false
		for j := range row {
			row[j] = office.Text(r, prefix+strconv.Itoa(j))
			filled = filled || row[j] != ""
		}
		if !filled {
			continue
		}
		rows = append(rows, row)
		line := map[string]any{"code": row[0], "label": row[1]}
		for j, c := range p.Columns {
			v, err := typed(c.Type, row[2+j])
			if err != nil && problem == "" {
				problem = page.T("admin.params.row", "n", len(rows), "column", c.Label) + " " + page.T(err.Error())
			}
			line[c.ID] = v
		}
		list = append(list, line)
	}
	return rows, list, problem
}
