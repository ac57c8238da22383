package citizen

import (
	"slices"
	"strings"

	"stadttor/internal/forms"
	"stadttor/internal/web/ui"
)

// Inputs of our own on pages of a form; names with "_" are never questions.
const (
	inputDraft = "_entwurf"    // the draft that the page shows
	inputLater = "_spaeter"    // save and stop here
	inputLoad  = "_laden"      // upload and stay
	inputSeen  = "_gesehen"    // warnings that were shown already
	inputKey   = "_schluessel" // idempotency key of the check page
	inputState = "_stand"      // version of the answers that the check page showed
	inputSure  = "_sicher"     // the warning before sending was answered
)

// maxRadios is the most options that are shown as radio buttons; more become a list.
const maxRadios = 7

// sent brings the names that a page sends (name.tag) to those of the form
// (name-tag). Ids of fields hold neither sign.
func sent(name string) string {
	if i := strings.IndexByte(name, '.'); i >= 0 {
		return name[:i] + "-" + name[i+1:]
	}
	return name
}

// asks reports whether the field expects an answer.
func asks(f *forms.PageField) bool {
	return f.Field.Type != forms.Information && f.Field.Type != forms.Computed && !f.Locked
}

// fieldsOf draws a page's questions with what is wrong with them. A question
// that another one on the page still hides is left out: the page comes back
// with it once that one is answered.
func (wk *work) fieldsOf(page ui.Page, p *forms.Page, problems []forms.Problem) []ui.Field {
	var out []ui.Field
	for i := range p.Fields {
		if f := &p.Fields[i]; f.Shown {
			out = append(out, wk.field(page, f, problems)...)
		}
	}
	return out
}

// single is the one question of a page that has no other; its label is the
// heading then.
func single(p *forms.Page) *forms.PageField {
	var one *forms.PageField
	for i := range p.Fields {
		f := &p.Fields[i]
		if !f.Shown && !dependent(p) {
			continue
		}
		if one != nil || !asks(f) || f.Field.Type == forms.Consent || f.Label == "" {
			return nil
		}
		one = f
	}
	if one == nil || p.Kind == forms.PageEntry || p.Hint != "" && one.Hint != "" || p.Why != "" && one.Why != "" {
		return nil
	}
	return one
}

// dependent reports whether a question of the page waits for another one.
func dependent(p *forms.Page) bool {
	return slices.ContainsFunc(p.Fields, func(f forms.PageField) bool { return !f.Shown })
}

var fieldTypes = map[forms.FieldType]ui.FieldType{
	forms.Text: ui.FieldText, forms.LongText: ui.FieldLong, forms.Number: ui.FieldNumber, forms.Amount: ui.FieldAmount, forms.Date: ui.FieldDate,
	forms.Choice: ui.FieldChoice, forms.Choices: ui.FieldMany, forms.YesNo: ui.FieldYesNo, forms.AddressType: ui.FieldAddress, forms.Email: ui.FieldEmail,
	forms.Phone: ui.FieldPhone, forms.IBAN: ui.FieldIBAN, forms.Plate: ui.FieldPlate, forms.FileUpload: ui.FieldFile, forms.Consent: ui.FieldConsent,
	forms.Information: ui.FieldInfo, forms.Computed: ui.FieldComputed, forms.Quantities: ui.FieldQuantities,
}

// field maps one question; some become two on the page.
func (wk *work) field(page ui.Page, f *forms.PageField, problems []forms.Problem) []ui.Field {
	def := f.Field
	if f.Locked {
		return []ui.Field{{Name: def.ID, Type: ui.FieldComputed, Label: f.Label, Value: strings.Join(f.Output, ", "), Hint: page.T("citizenform.locked", "level", page.T("citizenform.level."+wk.Ask.Need.String()))}}
	}
	u := ui.Field{Name: def.ID, Type: fieldTypes[def.Type], Label: f.Label, Hint: f.Hint, Why: f.Why, Optional: def.Optional && asks(f), Autocomplete: def.Autocomplete, Suffix: def.Unit}
	in := map[string]forms.Input{}
	for _, x := range f.Inputs {
		in[strings.TrimPrefix(x.Name, def.ID)] = x
	}
	if x, ok := in[""]; ok {
		u.Value, u.InputMode, u.Width = x.Value, x.Mode, width(x.Width)
		if x.Autocomplete != "" {
			u.Autocomplete = x.Autocomplete
		}
	}
	for _, o := range f.Options {
		u.Options = append(u.Options, ui.Option{Value: o.Code, Label: o.Label, Hint: o.Hint, Exclusive: o.Exclusive})
		if o.Chosen {
			u.Value = o.Code
			u.Values = append(u.Values, o.Code)
		}
	}
	var more []ui.Field
	switch def.Type {
	case forms.LongText:
		u.Width, u.MaxLength = 0, def.MaxLength
	case forms.Choice:
		if len(f.Options) > maxRadios {
			u.Type = ui.FieldSelect
		}
	case forms.Date:
		u.Date = ui.DateValue{Day: in["-tag"].Value, Month: in["-monat"].Value, Year: in["-jahr"].Value}
	case forms.AddressType:
		u.Autocomplete = addressToken(def.Autocomplete)
		u.Address = ui.AddressValue{Street: in["-strasse"].Value, Number: in["-hausnummer"].Value, Extra: in["-zusatz"].Value, PostalCode: in["-plz"].Value, Place: in["-ort"].Value}
		for _, o := range in["-ags"].Options {
			u.Address.Places = append(u.Address.Places, o.Label)
			if o.Chosen {
				u.Address.Place = o.Label
			}
		}
		if land, ok := in["-land"]; ok {
			more = append(more, ui.Field{Name: def.ID + ".land", Type: ui.FieldText, Label: land.Label, Value: land.Value, Optional: true, Autocomplete: land.Autocomplete, Width: 20})
		}
	case forms.FileUpload:
		more = wk.upload(page, f, &u)
	case forms.Consent:
		u.Statement = strings.Join(f.Text, " ")
	case forms.Information:
		u.Statement = strings.Join(f.Text, "\n\n")
	case forms.Computed:
		u.Value = strings.Join(f.Output, ", ")
		u.Suffix = ""
	case forms.Quantities:
		for _, o := range def.Options {
			u.Quantities = append(u.Quantities, ui.Quantity{ID: o.Code, Label: o.Label, Hint: o.Hint, Value: in["-"+o.Code].Value})
		}
	}
	list := append([]ui.Field{u}, more...)
	for _, p := range problems {
		if p.Field == def.ID && !p.Warn {
			blame(list, p)
		}
	}
	return list
}

// blame puts a problem where its input is; the first one of a field stays.
func blame(list []ui.Field, p forms.Problem) {
	part := strings.TrimPrefix(strings.TrimPrefix(p.Input, p.Field), "-")
	if part == "ags" {
		part = "ort"
	}
	for i := range list {
		f := &list[i]
		if i > 0 && part != "" && (strings.HasSuffix(f.Name, "."+part) || strings.HasSuffix(f.Name, "-"+part)) {
			if f.Problem == "" {
				f.Problem = p.Text
			}
			return
		}
	}
	f := &list[0]
	for i := range f.Quantities {
		if q := &f.Quantities[i]; q.ID == part {
			if q.Problem == "" {
				q.Problem = p.Text
			}
			return
		}
	}
	if f.Problem != "" {
		return
	}
	f.Problem = p.Text
	if f.Type == ui.FieldDate || f.Type == ui.FieldAddress {
		f.ProblemPart = part
	}
}

// upload draws the files that are there, the ways to add one and, where a proof
// may come otherwise, that choice.
func (wk *work) upload(page ui.Page, f *forms.PageField, u *ui.Field) (more []ui.Field) {
	def := f.Field
	u.Value = ""
	u.UploadName = ui.ButtonName{Name: inputLoad, Value: "1"}
	if r := def.File; r != nil {
		u.Multiple = r.MaxCount > 1
		var ends []string
		for _, k := range r.Kinds {
			ends = append(ends, "."+k)
		}
		u.Accept = strings.Join(ends, ",")
		u.Hint = strings.TrimSpace(u.Hint + " " + page.T("citizenform.file.rules", "kinds", strings.ToUpper(strings.Join(r.Kinds, ", ")), "size", bound(page, r.MaxBytes), "n", r.MaxCount))
	}
	for _, x := range f.Files {
		u.Files = append(u.Files, ui.FileItem{Name: x.Name, Size: x.Size, URL: wk.own() + "/datei/" + x.ID, Remove: ui.ButtonName{Name: def.ID + "-entfernen", Value: x.ID}})
	}
	if len(f.Files) >= maxCount(def) {
		u.Multiple = false
	}
	if p := def.Proof; p != nil && (p.Later || p.Post) && len(f.Files) == 0 {
		statt := ui.Field{Name: def.ID + "-statt", Type: ui.FieldChoice, Label: page.T("citizenform.file.instead"), Optional: true, Value: f.Promise}
		statt.Options = append(statt.Options, ui.Option{Value: "", Label: page.T("citizenform.file.now")})
		if p.Later {
			statt.Options = append(statt.Options, ui.Option{Value: "later", Label: page.T("citizenform.file.later")})
		}
		if p.Post {
			statt.Options = append(statt.Options, ui.Option{Value: "post", Label: page.T("citizenform.file.post")})
		}
		more = append(more, statt)
	}
	return more
}

// bound writes the size that a file may have, as the form's own texts do: in
// whole MB of 1,048,576 bytes.
func bound(page ui.Page, n int64) string {
	if n < 1<<20 {
		return page.Printer().Bytes(n)
	}
	return page.Printer().Number(n>>20) + " MB"
}

func maxCount(f *forms.Field) int {
	if f.File == nil || f.File.MaxCount < 1 {
		return 1
	}
	return f.File.MaxCount
}

// width rounds expected characters up to the widths that the style sheet has.
func width(n int) int {
	for _, w := range []int{2, 4, 10, 20} {
		if n > 0 && n <= w {
			return w
		}
	}
	return 0
}

// addressToken turns the form's token into the prefix that ui wants.
func addressToken(s string) string {
	if s == "" || s == "off" {
		return "off"
	}
	return strings.TrimSpace(strings.TrimSuffix(s, "street-address"))
}

// overview draws the entries of a repeat group and the question for another.
func (wk *work) overview(page ui.Page, p *forms.Page, problems []forms.Problem) []ui.Field {
	list := ui.Field{Name: "liste", Type: ui.FieldRepeat, Label: p.Title, Hint: p.Hint, Why: p.Why, AsHeading: true}
	for _, e := range p.Entries {
		x := ui.Entry{Title: e.Title, ChangeURL: wk.path(e.Page), Remove: ui.ButtonName{Name: forms.RemoveInput, Value: itoa(e.Key)}}
		if e.State != forms.Done {
			x.Problem = page.T("citizenform.entry.incomplete")
		}
		list.Entries = append(list.Entries, x)
	}
	out := []ui.Field{list}
	if p.CanAdd {
		out = append(out, ui.Field{Name: forms.AddInput, Type: ui.FieldYesNo, Label: p.AddLabel})
	} else {
		out = append(out, ui.Field{Type: ui.FieldInfo, Statement: page.T("citizenform.entry.full", "n", len(p.Entries))})
	}
	for _, x := range problems {
		switch {
		case x.Warn || x.Code == "group-entry": // stands at the entry already
		case p.CanAdd:
			out[1].Problem = x.Text
		default:
			out[0].Problem = x.Text
		}
	}
	return out
}

// summaryOf lists problems for the top of the page: those at fields, then
// those of the page as a whole.
func summaryOf(fields []ui.Field, problems []forms.Problem) []ui.Problem {
	out := ui.Problems(fields)
	for _, p := range problems {
		if p.Field == "" && !p.Warn {
			out = append(out, ui.Problem{Text: p.Text})
		}
	}
	return out
}
