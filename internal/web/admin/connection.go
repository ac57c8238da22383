package admin

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// connectionGroup is for whom methods are connected.
type connectionGroup struct {
	name  string // part of the address and of text keys
	staff bool
	right perm.Right
}

var connectionGroups = []connectionGroup{
	{"verbund", false, perm.AdministerAll}, // the citizens of the realm
	{"personal", true, perm.GrantRoles},    // the staff of this authority
}

func (g connectionGroup) path() string { return "/verwaltung/anmeldeverfahren/" + g.name }

func (g connectionGroup) tenant(r *http.Request) ident.TenantID {
	if g.staff {
		return ui.Staff(r).Tenant
	}
	return ""
}

// connectionsPage lists what is connected.
type connectionsPage struct {
	Told  string
	Group string
	Table ui.Table
	New   []ui.Link
}

// connections serves GET …/verbund and …/personal.
func (s *Server) connections(g connectionGroup) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		page := office.Page(r, "admin.connect.title."+g.name, office.NavSignIn)
		page.Breadcrumb = []ui.Link{{Text: page.T("admin.signin.title"), URL: "/verwaltung/anmeldeverfahren"}}
		list, err := s.c.Accounts.Connections(r.Context(), ui.Staff(r), g.staff)
		if err != nil {
			return err
		}
		p := connectionsPage{Told: office.Told(r, page, "admin.done."), Group: g.name, Table: ui.Table{ID: "verfahren", Caption: page.T("admin.connect.caption", "n", len(list)), Empty: page.T("admin.connect.empty"),
			Columns: []ui.Column{{Title: page.T("admin.connect.name")}, {Title: page.T("admin.connect.kind")}, {Title: page.T("admin.connect.level")}, {Title: page.T("admin.connect.state")}}}}
		for _, c := range list {
			row := ui.Row{Cells: []ui.Cell{{Text: c.Title, URL: g.path() + "/" + c.Name}, {Text: s.kindTitle(c.Kind)}, {Text: levelCap(page, c.MaxLevel)}, {Text: page.T("admin.connect.on")}}}
			switch {
			case c.Own:
				row.Cells[0].URL, row.Cells[1].Text = "", page.T("admin.connect.own")
			case !c.Enabled:
				row.Cells[3].Text = page.T("admin.connect.off")
			case c.Problem != "":
				row.Cells[3].Text = page.T("admin.connect.broken")
			}
			p.Table.Rows = append(p.Table.Rows, row)
		}
		for _, k := range s.c.Accounts.Kinds() {
			p.New = append(p.New, ui.Link{Text: page.T("admin.connect.new", "kind", k.Title), URL: g.path() + "/neu/" + k.Name})
		}
		return ui.Render(w, r, http.StatusOK, connectionsView(page, p))
	}
}

func (s *Server) kindTitle(kind string) string {
	if k, ok := s.kind(kind); ok {
		return k.Title
	}
	return kind
}

func (s *Server) kind(name string) (accounts.Kind, bool) {
	i := slices.IndexFunc(s.c.Accounts.Kinds(), func(k accounts.Kind) bool { return k.Name == name })
	if i < 0 {
		return accounts.Kind{}, false
	}
	return s.c.Accounts.Kinds()[i], true
}

func levelCap(page ui.Page, l perm.Level) string {
	if l == perm.LevelNone {
		return page.T("admin.connect.nocap")
	}
	return page.T("citizenform.level." + l.String())
}

// connectionPage is one connection to edit.
type connectionPage struct {
	Told, Refused string
	URL           string
	Return        string // address that the partner must know, "" while there is no name
	Describe      string // where the partner finds what he must know, "" for nothing
	Problem       string // why no method could be made of it
	Fields        []ui.Field
}

// connection serves GET …/{name} and …/neu/{kind}.
func (s *Server) connection(g connectionGroup) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		c, kind, err := s.openConnection(r, g)
		if err != nil {
			return err
		}
		return s.showConnection(w, r, http.StatusOK, g, c, kind, nil, nil, "")
	}
}

// openConnection finds the connection that an address means, or starts one.
func (s *Server) openConnection(r *http.Request, g connectionGroup) (c accounts.Connection, kind accounts.Kind, err error) {
	c = accounts.Connection{Tenant: g.tenant(r), Kind: r.PathValue("kind"), Enabled: true, Position: 10, Settings: []byte("{}")}
	if name := r.PathValue("name"); name != "" {
		list, err := s.c.Accounts.Connections(r.Context(), ui.Staff(r), g.staff)
		if err != nil {
			return c, kind, err
		}
		i := slices.IndexFunc(list, func(x accounts.Connection) bool { return x.Name == name && !x.Own })
		if i < 0 {
			return c, kind, errs.NotFound("sign-in connection", "of this name")
		}
		c = list[i]
	}
	kind, ok := s.kind(c.Kind)
	if !ok {
		return c, kind, errs.NotFound("kind of sign-in method", "of this name")
	}
	return c, kind, nil
}

// showConnection shows the page; typed is what was sent, nil for what is stored.
func (s *Server) showConnection(w http.ResponseWriter, r *http.Request, status int, g connectionGroup, c accounts.Connection, kind accounts.Kind, typed url.Values, wrong []errs.Field, refused string) error {
	v := ui.VisitOf(r)
	page := office.Page(r, "admin.connect.edit", office.NavSignIn)
	page.Breadcrumb = []ui.Link{{Text: page.T("admin.signin.title"), URL: "/verwaltung/anmeldeverfahren"}, {Text: page.T("admin.connect.title." + g.name), URL: g.path()}}
	page.Title = page.T("admin.connect.new", "kind", kind.Title)
	p := connectionPage{Told: office.Told(r, page, "admin.done."), Refused: refused, URL: g.path() + "/neu/" + kind.Name, Problem: c.Problem}
	if r.PathValue("name") != "" {
		page.Title, p.URL = c.Title, g.path()+"/"+c.Name
		base := s.c.Gate.AccountBase(v.Door.Realm.ID)
		if g.staff {
			base = v.Base + "/verwaltung"
		}
		p.Return = base + "/anmelden/zurueck/" + c.Name
		who := accounts.KindCitizen
		door, ok := s.c.Directory.AccountDoor(v.Door.Realm.ID)
		if g.staff {
			who, door, ok = accounts.KindStaff, v.Door, true
		}
		if ok {
			if _, _, err := s.c.Accounts.Describe(door, who, c.Name, base); err == nil {
				p.Describe = base + "/anmelden/partner/" + c.Name
			}
		}
	} else {
		p.Fields = append(p.Fields, ui.Field{Name: "name", Type: ui.FieldText, Label: page.T("admin.connect.short"), Hint: page.T("admin.connect.shorthint"), Value: c.Name, Width: 20})
	}
	var levels []ui.Option
	for _, l := range []perm.Level{perm.LevelNone, perm.LevelBasis, perm.LevelSubstantial, perm.LevelHigh} {
		levels = append(levels, ui.Option{Value: l.String(), Label: levelCap(page, l)})
	}
	on := ui.No
	if c.Enabled {
		on = ui.Yes
	}
	p.Fields = append(p.Fields,
		ui.Field{Name: "titel", Type: ui.FieldText, Label: page.T("admin.connect.label"), Hint: page.T("admin.connect.labelhint"), Value: c.Title, MaxLength: 80},
		ui.Field{Name: "hoechstens", Type: ui.FieldSelect, Label: page.T("admin.connect.cap"), Hint: page.T("admin.connect.caphint"), Value: c.MaxLevel.String(), Options: levels},
		ui.Field{Name: "reihenfolge", Type: ui.FieldNumber, Label: page.T("admin.connect.position"), Hint: page.T("admin.connect.positionhint"), Value: strconv.Itoa(c.Position), Width: 4},
		ui.Field{Name: "eingeschaltet", Type: ui.FieldYesNo, Label: page.T("admin.connect.enabled"), Hint: page.T("admin.connect.enabledhint"), Value: on})
	p.Fields = append(p.Fields, settingFields(page, kind, c)...)
	for i := range p.Fields {
		f := &p.Fields[i]
		if typed != nil && !isSecret(kind, f.Name) {
			f.Value = typed.Get(f.Name)
		}
		for _, x := range wrong {
			if x.Name == f.Name || "s."+x.Name == f.Name {
				f.Problem = ui.ProblemText(page.Printer(), x)
			}
		}
	}
	problems := ui.Problems(p.Fields)
	if len(wrong) > 0 && len(problems) == 0 {
		p.Refused = ui.ProblemText(page.Printer(), wrong[0])
	}
	page.Problems = len(problems)
	return ui.Render(w, r, status, connectionView(page, p, problems))
}

// isSecret reports whether a field is never shown again.
func isSecret(kind accounts.Kind, field string) bool {
	return slices.ContainsFunc(kind.Settings, func(x accounts.Setting) bool { return "s."+x.Key == field && x.Type == accounts.SettingSecret })
}

// settingFields draws the settings of a kind as it describes them.
func settingFields(page ui.Page, kind accounts.Kind, c accounts.Connection) (out []ui.Field) {
	if len(kind.Settings) == 0 {
		return []ui.Field{{Name: "einstellungen", Type: ui.FieldLong, Rows: 14, Label: page.T("admin.connect.json"), Value: string(c.Settings)}}
	}
	var values map[string]json.RawMessage
	_ = json.Unmarshal(c.Settings, &values) // what cannot be read is shown empty
	for _, x := range kind.Settings {
		f := ui.Field{Name: "s." + x.Key, Label: x.Label, Hint: x.Hint, Optional: !x.Need, Type: ui.FieldText, Value: settingText(x.Type, values[x.Key])}
		switch x.Type {
		case accounts.SettingLong:
			f.Type, f.Rows = ui.FieldLong, 8
		case accounts.SettingLines, accounts.SettingTable:
			f.Type, f.Rows = ui.FieldLong, 5
		case accounts.SettingSwitch:
			f.Type = ui.FieldYesNo
		case accounts.SettingSecret:
			f.Type, f.Rows, f.Autocomplete = ui.FieldLong, 3, "off" // keys have lines
			if slices.Contains(c.Secrets, x.Key) {
				f.Hint, f.Optional = strings.TrimSpace(f.Hint+" "+page.T("admin.connect.secretset")), true
			}
		}
		out = append(out, f)
	}
	return out
}

// settingText writes a stored setting as it is typed.
func settingText(t accounts.SettingType, raw json.RawMessage) string {
	switch t {
	case accounts.SettingLines:
		var list []string
		_ = json.Unmarshal(raw, &list)
		return strings.Join(list, "\n")
	case accounts.SettingTable:
		var table map[string]string
		_ = json.Unmarshal(raw, &table)
		var b strings.Builder
		for _, k := range slices.Sorted(maps.Keys(table)) {
			b.WriteString(k + " = " + table[k] + "\n")
		}
		return strings.TrimSuffix(b.String(), "\n")
	case accounts.SettingSwitch:
		if string(raw) == "true" {
			return ui.Yes
		}
		return ui.No
	}
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}

// readSettings makes settings and secrets of what was typed; what the kind does
// not describe stays as it is stored.
func readSettings(r *http.Request, kind accounts.Kind, stored json.RawMessage) (settings json.RawMessage, secrets map[string]string, wrong []errs.Field) {
	secrets = map[string]string{}
	if len(kind.Settings) == 0 {
		return json.RawMessage(office.Text(r, "einstellungen")), secrets, nil
	}
	out := map[string]any{}
	_ = json.Unmarshal(stored, &out)
	for _, x := range kind.Settings {
		typed := office.Text(r, "s."+x.Key)
		if x.Type == accounts.SettingSecret {
			if typed != "" {
				secrets[x.Key] = typed
			}
			continue
		}
		delete(out, x.Key)
		if typed == "" {
			if x.Need {
				wrong = append(wrong, errs.Field{Name: "s." + x.Key, Key: "admin.connect.missing"})
			}
			continue
		}
		switch x.Type {
		case accounts.SettingLines:
			var list []string
			for line := range strings.Lines(typed) {
				if line = strings.TrimSpace(line); line != "" {
					list = append(list, line)
				}
			}
			out[x.Key] = list
		case accounts.SettingTable:
			table := map[string]string{}
			for line := range strings.Lines(typed) {
				if line = strings.TrimSpace(line); line == "" {
					continue
				}
				i := strings.LastIndex(line, "=") // keys are addresses and may hold the sign
				if i <= 0 {
					wrong = append(wrong, errs.Field{Name: "s." + x.Key, Key: "admin.connect.table"})
					break
				}
				table[strings.TrimSpace(line[:i])] = strings.TrimSpace(line[i+1:])
			}
			out[x.Key] = table
		case accounts.SettingSwitch:
			out[x.Key] = typed == ui.Yes
		default:
			out[x.Key] = typed
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		wrong = append(wrong, errs.Field{Name: "einstellungen", Key: "login.settings-refused"})
	}
	return b, secrets, wrong
}

// saveConnection serves POST …/{name} and …/neu/{kind}.
func (s *Server) saveConnection(g connectionGroup) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := office.ReadForm(r); err != nil {
			return err
		}
		c, kind, err := s.openConnection(r, g)
		if err != nil {
			return err
		}
		if r.PathValue("name") == "" {
			c.Name = office.Text(r, "name")
		}
		c.Title, c.MaxLevel, c.Enabled = office.Text(r, "titel"), perm.ParseLevel(office.Text(r, "hoechstens")), office.Text(r, "eingeschaltet") == ui.Yes
		settings, secrets, wrong := readSettings(r, kind, c.Settings)
		if c.Position, err = strconv.Atoi(office.Text(r, "reihenfolge")); err != nil || c.Position < 0 || c.Position > 999 {
			wrong = append(wrong, errs.Field{Name: "reihenfolge", Key: "admin.connect.number"})
		}
		c.Settings = settings
		if len(wrong) > 0 {
			return s.showConnection(w, r, http.StatusUnprocessableEntity, g, c, kind, r.PostForm, wrong, "")
		}
		err = s.c.Accounts.SaveConnection(r.Context(), ui.Staff(r), c, secrets)
		t := ui.PageOf(r).T
		switch {
		case errs.Is(err, errs.KindInvalid):
			return s.showConnection(w, r, http.StatusUnprocessableEntity, g, c, kind, r.PostForm, errs.FieldsOf(err), t("admin.connect.refused"))
		case errs.Is(err, errs.KindConflict):
			return s.showConnection(w, r, http.StatusConflict, g, c, kind, r.PostForm, []errs.Field{{Name: "name", Key: errs.KeyOf(err)}}, "")
		case errs.Is(err, errs.KindUnavailable):
			return s.showConnection(w, r, http.StatusUnprocessableEntity, g, c, kind, r.PostForm, nil, t("admin.connect.silent"))
		case err != nil:
			return err
		}
		return office.Done(w, r, g.path(), "gespeichert")
	}
}
