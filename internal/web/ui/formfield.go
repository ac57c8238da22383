package ui

import (
	"strings"

	"github.com/a-h/templ"

	"stadttor/internal/web/locale"
)

// FieldType is a kind of question. The door maps the form's type to it.
type FieldType string

// The field types. Each draws one question; what a person typed comes back
// exactly as typed.
const (
	FieldText       FieldType = "text"     // Value
	FieldLong       FieldType = "long"     // Value; Rows, MaxLength
	FieldNumber     FieldType = "number"   // Value; Suffix is the unit
	FieldAmount     FieldType = "amount"   // Value; "€" is the default suffix
	FieldDate       FieldType = "date"     // Date; sent as name.tag, name.monat, name.jahr
	FieldTime       FieldType = "time"     // Value "14:30"
	FieldChoice     FieldType = "choice"   // Value, Options: radios
	FieldSelect     FieldType = "select"   // Value, Options: for more than seven
	FieldMany       FieldType = "many"     // Values, Options: checkboxes
	FieldYesNo      FieldType = "yesno"    // Value "ja" or "nein"
	FieldAddress    FieldType = "address"  // Address; sent as name.strasse, .hausnummer, .zusatz, .plz, .ort
	FieldEmail      FieldType = "email"    // Value
	FieldPhone      FieldType = "phone"    // Value
	FieldIBAN       FieldType = "iban"     // Value
	FieldPlate      FieldType = "plate"    // Value: vehicle registration
	FieldFile       FieldType = "file"     // Files, Accept, Multiple; sent as name
	FieldConsent    FieldType = "consent"  // Value "ja" when ticked; Statement is the text agreed to
	FieldQuantities FieldType = "quantity" // Quantities; sent as name.<id>
	FieldRepeat     FieldType = "repeat"   // Entries, AddURL: overview, no input
	FieldComputed   FieldType = "computed" // Value: read only, explained by Hint
	FieldInfo       FieldType = "info"     // Label and Statement: no input
	FieldPassword   FieldType = "password" // never filled again
)

// Values of FieldYesNo and FieldConsent.
const (
	Yes = "ja"
	No  = "nein"
)

// Field is one question with what the person typed and what is wrong with it.
// All values are raw strings: web/ui never interprets them.
type Field struct {
	Name  string // name of the input; dots separate parts
	ID    string // id on the page; zero: Name with dots as hyphens
	Type  FieldType
	Label string
	Hint  string // full sentences, no links
	Why   string // "Warum fragen wir das?", in a fold-out below the hint
	// AsHeading makes the label the page's h1: for pages with one question.
	AsHeading bool
	Optional  bool

	Value     string
	Values    []string
	Date      DateValue
	Address   AddressValue
	Options   []Option
	Statement string // text of a consent or information
	Rows      int    // lines of FieldLong, 5 by default
	MaxLength int    // characters; shown as "höchstens …" by the door's hint, enforced by the server
	Width     int    // expected characters: 2, 4, 10, 20; 0: full width
	Prefix    string
	Suffix    string

	// Problem is the sentence at the field; ProblemPart the wrong part of a date
	// or address ("jahr", "plz") or the id of a quantity, "" for the whole.
	Problem     string
	ProblemPart string

	Autocomplete string // token of WCAG 1.3.5; for addresses a prefix such as "section-halter"
	InputMode    string

	Files    []FileItem
	Accept   string // ".pdf,.jpg"
	Multiple bool
	// UploadName is the submit button that uploads without leaving the page; empty: none.
	UploadName ButtonName

	Quantities []Quantity
	Entries    []Entry
	AddURL     string // repeat: "Weiteren Hund hinzufügen"; empty: no more allowed
	AddText    string
}

// DateValue is a date as typed.
type DateValue struct{ Day, Month, Year string }

// AddressValue is an address as typed. Places are the places of the postal
// code when there are several: the place becomes a choice.
type AddressValue struct {
	Street, Number, Extra, PostalCode, Place string
	Places                                   []string
	HideExtra                                bool
}

// Option is one answer to choose.
type Option struct {
	Value, Label, Hint string
	// Exclusive sets "keine davon" apart by an "oder".
	Exclusive bool
}

// Quantity is one line of a quantity list: "Sofa", 0 to Max.
type Quantity struct {
	ID, Label, Hint, Value, Problem string
	Unit                            string // "Stück"
}

// Entry is one entry of a repeat group.
type Entry struct {
	Title     string // "Bello, Mischling"
	Lines     []string
	ChangeURL string
	Remove    ButtonName
	Problem   string
}

// id is the id of the first control.
func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return strings.NewReplacer(".", "-", "[", "-", "]", "").Replace(f.Name)
}

// takesFiles reports whether there is room for another file: without, there is
// no input, and the label itself is where links lead.
func (f Field) takesFiles() bool { return len(f.Files) == 0 || f.Multiple }

// Anchor is the id an error summary must lead to: the first wrong part of a
// date or address, the first option of a choice, else the input.
func (f Field) Anchor() string {
	switch f.Type {
	case FieldDate:
		part := f.ProblemPart
		if part == "" {
			part = "tag"
		}
		return f.id() + "-" + part
	case FieldAddress:
		part := f.ProblemPart
		if part == "" {
			part = "strasse"
		}
		return f.id() + "-" + part
	case FieldQuantities:
		for _, q := range f.Quantities {
			if f.ProblemPart == q.ID || f.ProblemPart == "" {
				return f.id() + "-" + q.ID
			}
		}
	case FieldChoice, FieldMany, FieldYesNo:
		return f.id() + "-1"
	}
	return f.id()
}

// Problems lists what is wrong with the fields, in their order, for ErrorSummary.
func Problems(fields []Field) []Problem {
	var out []Problem
	for _, f := range fields {
		if f.Problem != "" {
			out = append(out, Problem{Anchor: f.Anchor(), Text: f.Problem})
		}
		for _, q := range f.Quantities {
			if q.Problem != "" {
				out = append(out, Problem{Anchor: f.id() + "-" + q.ID, Text: q.Problem})
			}
		}
		for i, e := range f.Entries {
			if e.Problem != "" {
				out = append(out, Problem{Anchor: f.id() + "-" + itoa(i+1), Text: e.Problem})
			}
		}
	}
	return out
}

func (f Field) hintID() string    { return f.id() + "-hinweis" }
func (f Field) problemID() string { return f.id() + "-problem" }

// describedBy lists the ids of hint and problem.
func (f Field) describedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.hintID())
	}
	if f.suffix() != "" && !f.grouped() {
		ids = append(ids, f.id()+"-einheit")
	}
	if f.Problem != "" {
		ids = append(ids, f.problemID())
	}
	return strings.Join(ids, " ")
}

// grouped reports whether the question is a fieldset with a legend.
func (f Field) grouped() bool {
	switch f.Type {
	case FieldDate, FieldChoice, FieldMany, FieldYesNo, FieldAddress, FieldQuantities:
		return true
	}
	return false
}

// wrongPart reports whether a part of the field carries the problem.
func (f Field) wrongPart(part string) bool {
	return f.Problem != "" && (f.ProblemPart == "" || f.ProblemPart == part)
}

// controlAttrs are the ARIA attributes of a single control.
func (f Field) controlAttrs() templ.Attributes {
	a := templ.Attributes{}
	if d := f.describedBy(); d != "" {
		a["aria-describedby"] = d
	}
	if f.Problem != "" {
		a["aria-invalid"] = "true"
	}
	if !f.Optional {
		a["aria-required"] = "true"
	}
	if f.Autocomplete != "" {
		a["autocomplete"] = f.Autocomplete
	} else if d := defaultAutocomplete[f.Type]; d != "" {
		a["autocomplete"] = d
	}
	if m := f.inputMode(); m != "" {
		a["inputmode"] = m
	}
	if noSpelling[f.Type] {
		a["spellcheck"] = "false"
	}
	return a
}

// defaultAutocomplete: e-mail and telephone are nearly always the person's
// own; a form that asks for another's sets "off".
var defaultAutocomplete = map[FieldType]string{
	FieldEmail: "email", FieldPhone: "tel", FieldIBAN: "off", FieldPlate: "off", FieldAmount: "off", FieldNumber: "off",
}

var noSpelling = map[FieldType]bool{FieldEmail: true, FieldIBAN: true, FieldPlate: true, FieldPhone: true}

func (f Field) inputMode() string {
	if f.InputMode != "" {
		return f.InputMode
	}
	switch f.Type {
	case FieldNumber:
		return "numeric"
	case FieldAmount:
		return "decimal"
	}
	return ""
}

// inputType is text for nearly everything: browsers' own number and date
// fields lose what they cannot read.
func (f Field) inputType() string {
	switch f.Type {
	case FieldEmail:
		return "email"
	case FieldPhone:
		return "tel"
	case FieldPassword:
		return "password"
	}
	return "text"
}

func (f Field) suffix() string {
	if f.Suffix == "" && f.Type == FieldAmount {
		return "€"
	}
	return f.Suffix
}

func (f Field) widthClass() string {
	w := f.Width
	if w == 0 {
		switch f.Type {
		case FieldNumber, FieldTime:
			w = 4
		case FieldAmount:
			w = 10
		case FieldPlate:
			w = 10
		}
	}
	switch {
	case w == 0:
		return ""
	case w <= 2:
		return "p-w2"
	case w <= 4:
		return "p-w4"
	case w <= 10:
		return "p-w10"
	case w <= 20:
		return "p-w20"
	}
	return ""
}

func (f Field) rows() string {
	if f.Rows > 0 {
		return itoa(f.Rows)
	}
	return "5"
}

func (f Field) has(value string) bool {
	if f.Type != FieldMany {
		return f.Value == value
	}
	for _, v := range f.Values {
		if v == value {
			return true
		}
	}
	return false
}

// options gives the two options of FieldYesNo; Options override their texts.
func (f Field) options(p locale.Printer) []Option {
	if f.Type == FieldYesNo && len(f.Options) == 0 {
		return []Option{{Value: Yes, Label: p.T("ui.yes")}, {Value: No, Label: p.T("ui.no")}}
	}
	return f.Options
}

// token joins an autocomplete prefix and a token; "off" stays off.
func (f Field) token(name string) string {
	switch f.Autocomplete {
	case "":
		return name
	case "off":
		return "off"
	}
	return f.Autocomplete + " " + name
}

// paragraphs cuts a text at empty lines.
func paragraphs(s string) []string {
	var out []string
	for _, p := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
