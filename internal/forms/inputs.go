package forms

import (
	"slices"
	"strconv"
	"strings"

	"stadttor/internal/standards/iban"
)

// PageField is one field on a page, ready to be shown. Names of inputs double as html ids; of radios and checkboxes the
// first one has the name as id, so that a problem can link to it.
type PageField struct {
	Field   *Field
	Label   string
	Hint    string
	Why     string
	Text    []string // information, consent
	Shown   bool     // false: a question on the same page decides, and its answer so far hides this field
	Options []ShownOption
	Inputs  []Input
	Output  []string // computed value
	Files   []File
	Promise string // file: "later" or "post" was chosen
	Raw     bool   // Inputs hold something that was refused
	Locked  bool   // the account proves the answer: Output is shown, there is nothing to type
}

// ShownOption is an option with its mark.
type ShownOption struct {
	Option
	Chosen bool
}

// Input is one html control.
type Input struct {
	Name         string // also its id
	Label        string // "" = the field's own
	Value        string
	Autocomplete string
	Mode         string // inputmode
	Width        int    // characters, 0 = full
	Options      []ShownOption
}

func (r *run) pageField(f *Field, v Value, at place, shown bool) PageField {
	locked := false
	if at.group == nil {
		if proved, ok := r.proved(f); ok {
			v, locked = proved, true
		}
	}
	p := PageField{Field: f, Locked: locked, Label: r.expand(f.Label, at), Hint: r.expand(f.Hint, at), Why: f.Why, Shown: shown,
		Files: v.Files, Promise: v.Promise, Raw: len(v.Raw) > 0}
	for _, t := range f.Text {
		p.Text = append(p.Text, r.expand(t, at))
	}
	if f.Type == Computed || locked {
		p.Output = r.show(f, v, at)
	}
	p.Inputs = r.inputs(f, v)
	switch f.Type {
	case Choice, Choices:
		codes := v.Codes
		if raw := v.Raw[f.ID]; raw != "" {
			codes = strings.Split(raw, rawSeparator)
		}
		for _, o := range r.options(f) {
			chosen := o.Code == v.Text || slices.Contains(codes, o.Code)
			p.Options = append(p.Options, ShownOption{o, chosen})
		}
	case YesNo:
		p.Options = []ShownOption{
			{Option{Code: "ja", Label: "Ja"}, v.answered() && v.Bool},
			{Option{Code: "nein", Label: "Nein"}, v.answered() && !v.Bool},
		}
	case Consent:
		p.Options = []ShownOption{{Option{Code: "ja", Label: p.Label}, v.answered() && v.Bool && v.Version == f.Version}}
	}
	return p
}

// inputs lists the controls of a field with what stands in them: what was refused, else the answer, else the prefill.
func (r *run) inputs(f *Field, v Value) []Input {
	var list []Input
	add := func(part, label, value, auto, mode string, width int) {
		name := f.ID + part
		if len(v.Raw) > 0 {
			value = v.Raw[name]
		}
		list = append(list, Input{Name: name, Label: label, Value: value, Autocomplete: auto, Mode: mode, Width: width})
	}
	auto := f.Autocomplete
	fresh := v.Type == "" && len(v.Raw) == 0
	prefill := func(value string) string {
		if fresh && f.Prefill != "" && value == "" {
			return r.e.Person[f.Prefill]
		}
		return value
	}
	switch f.Type {
	case Information, Computed, Group, Choices:
	case Date:
		iso := prefill(v.Text)
		y, m, d := cutDate(iso)
		if auto != "" {
			auto += "-"
		}
		token := func(s string) string {
			if auto == "" {
				return ""
			}
			return auto + s
		}
		add("-tag", "Tag", d, token("day"), "numeric", 2)
		add("-monat", "Monat", m, token("month"), "", 10)
		add("-jahr", "Jahr", y, token("year"), "numeric", 4)
	case AddressType:
		list = r.addressInputs(f, v, fresh)
	case Number:
		value := ""
		if v.answered() {
			value = formatThousandths(v.Int, ',')
		}
		mode := "numeric"
		if f.Decimals > 0 {
			mode = "decimal"
		}
		add("", "", value, auto, mode, 10)
	case Amount:
		value := ""
		if v.answered() {
			value = strings.TrimSuffix(formatCents(v.Int), "\u00a0€")
		}
		add("", "", value, auto, "decimal", 12)
	case YesNo, Choice, Consent, FileUpload:
		add("", "", v.Text, auto, "", 0)
	case Email:
		add("", "", prefill(v.Text), orElse(auto, "email"), "email", 0)
	case Phone:
		value := prefill(v.Text)
		if v.answered() {
			value = formatPhone(value)
		}
		add("", "", value, orElse(auto, "tel"), "tel", 20)
	case IBAN:
		add("", "", iban.Format(prefill(v.Text)), orElse(auto, "off"), "", 34)
	case Quantities:
		for _, o := range f.Options {
			value := ""
			if i := slices.IndexFunc(v.Amounts, func(q Quantity) bool { return q.Code == o.Code }); i >= 0 {
				value = strconv.FormatInt(v.Amounts[i].Count, 10)
			}
			add("-"+o.Code, o.Label, value, "off", "numeric", 3)
		}
	default:
		add("", "", prefill(v.Text), auto, "", 0)
	}
	return list
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

func cutDate(iso string) (y, m, d string) {
	parts := strings.Split(iso, "-")
	if len(parts) != 3 {
		return "", "", ""
	}
	trim := func(s string) string {
		if s == "00" {
			return ""
		}
		return strings.TrimPrefix(s, "0")
	}
	return parts[0], trim(parts[1]), trim(parts[2])
}

func (r *run) addressInputs(f *Field, v Value, fresh bool) []Input {
	var a Address
	if v.Address != nil {
		a = *v.Address
	}
	if p := r.e.Person; fresh && f.Prefill != "" && p != nil {
		a = Address{Street: p["strasse"], Number: p["hausnummer"], Extra: p["zusatz"], PLZ: p["plz"], Place: p["ort"]}
	}
	token := func(s string) string {
		if f.Autocomplete == "" || f.Autocomplete == "off" {
			return "off"
		}
		return strings.TrimSuffix(f.Autocomplete+" ", "street-address ") + s
	}
	list := []Input{
		{Name: "-strasse", Label: "Straße", Value: a.Street, Autocomplete: token("address-line1")},
		{Name: "-hausnummer", Label: "Hausnummer", Value: a.Number, Autocomplete: "off", Width: 6},
		{Name: "-zusatz", Label: "Adresszusatz (freiwillig)", Value: a.Extra, Autocomplete: token("address-line2")},
		{Name: "-plz", Label: "Postleitzahl", Value: a.PLZ, Autocomplete: token("postal-code"), Mode: "numeric", Width: 5},
		{Name: "-ort", Label: "Ort", Value: a.Place, Autocomplete: token("address-level2")},
	}
	if f.Abroad {
		list = append(list, Input{Name: "-land", Label: "Land (nur außerhalb Deutschlands)", Value: a.Country, Autocomplete: token("country-name")})
	}
	for i := range list {
		list[i].Name = f.ID + list[i].Name
		if len(v.Raw) > 0 {
			list[i].Value = v.Raw[list[i].Name]
		}
	}
	plz := list[3].Value
	if r.e.Places != nil && isPLZ(plz) && (!f.Abroad || list[5].Value == "") {
		if places := r.e.Places(plz); len(places) > 1 {
			pick := Input{Name: f.ID + "-ags", Label: "Welcher Ort?", Autocomplete: "off"}
			for _, p := range places {
				pick.Options = append(pick.Options, ShownOption{Option{Code: p.AGS, Label: p.Name}, p.AGS != "" && p.AGS == a.AGS})
			}
			list = append(list, pick)
		}
	}
	return list
}

// names are the inputs that a page may send for a field.
func (f *Field) names() []string {
	switch f.Type {
	case Information, Computed, Group:
		return nil
	case Date:
		return []string{f.ID + "-tag", f.ID + "-monat", f.ID + "-jahr"}
	case AddressType:
		list := []string{f.ID + "-strasse", f.ID + "-hausnummer", f.ID + "-zusatz", f.ID + "-plz", f.ID + "-ort", f.ID + "-ags"}
		if f.Abroad {
			list = append(list, f.ID+"-land")
		}
		return list
	case FileUpload:
		return []string{f.ID, f.ID + "-entfernen", f.ID + "-statt"}
	case Quantities:
		list := make([]string, len(f.Options))
		for i := range f.Options {
			list[i] = f.ID + "-" + f.Options[i].Code
		}
		return list
	}
	return []string{f.ID}
}

// manyValues reports whether an input may come more than once.
func (f *Field) manyValues(name string) bool {
	return f.Type == Choices || f.Type == FileUpload && name == f.ID+"-entfernen"
}
