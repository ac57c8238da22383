package forms

import (
	"bytes"
	_ "embed" // ExportSchema
	"encoding/json"
	"encoding/xml"
	"fmt"
	"time"
)

// Namespace of the XML export. schema/export.xsd describes it.
const Namespace = "urn:stadttor:forms:answers:1"

// ExportSchema is the XML Schema of the export.
//
//go:embed schema/export.xsd
var ExportSchema []byte

// Export is the final answers for machines: the same in JSON and XML, in the order of the form, with stable names.
type Export struct {
	XMLName xml.Name      `xml:"urn:stadttor:forms:answers:1 answers" json:"-"`
	Form    ExportForm    `xml:"form" json:"form"`
	Fields  []ExportField `xml:"field" json:"fields"`
	Fee     *ExportFee    `xml:"fee,omitempty" json:"fee,omitempty"`
}

// ExportForm names the version that was answered.
type ExportForm struct {
	ID      string   `xml:"id,attr" json:"id"`
	Version int      `xml:"version,attr" json:"version"`
	Title   string   `xml:"title" json:"title"`
	LeiKa   []string `xml:"leika,omitempty" json:"leika,omitempty"`
}

// ExportField is one answer. Value is for machines (2026-03-31, 12.50, true, E.164, codes), Text for people.
type ExportField struct {
	ID       string        `xml:"id,attr" json:"id"`
	Type     FieldType     `xml:"type,attr" json:"type"`
	Register string        `xml:"register,attr,omitempty" json:"register,omitempty"`
	Label    string        `xml:"label" json:"label"`
	Values   []ExportValue `xml:"value" json:"values,omitempty"`
	Parts    []ExportPart  `xml:"part" json:"parts,omitempty"`
	Files    []ExportFile  `xml:"file" json:"files,omitempty"`
	Entries  []ExportEntry `xml:"entry" json:"entries,omitempty"`
}

// ExportValue is a value with what it says to people where that differs.
type ExportValue struct {
	Value string `xml:",chardata" json:"value"`
	Text  string `xml:"text,attr,omitempty" json:"text,omitempty"`
	Count int64  `xml:"count,attr,omitempty" json:"count,omitempty"` // quantity list
}

// ExportPart is a part of an address or of a consent.
type ExportPart struct {
	Name  string `xml:"name,attr" json:"name"`
	Value string `xml:",chardata" json:"value"`
}

// ExportFile refers to an attachment by the name and hash it is delivered with.
type ExportFile struct {
	ID     string `xml:"id,attr" json:"id"`
	Name   string `xml:"name,attr" json:"name"`
	Type   string `xml:"type,attr" json:"type"`
	Size   int64  `xml:"size,attr" json:"size"`
	SHA256 string `xml:"sha256,attr" json:"sha256"`
}

// ExportEntry is one entry of a repeat group.
type ExportEntry struct {
	Key    int           `xml:"key,attr" json:"key"`
	Fields []ExportField `xml:"field" json:"fields"`
}

// ExportFee is the fee as worked out; amounts are decimal euro.
type ExportFee struct {
	Total string          `xml:"total,attr" json:"total"`
	Lines []ExportFeeLine `xml:"line" json:"lines"`
}

// ExportFeeLine is one line of the fee.
type ExportFeeLine struct {
	ID       string `xml:"id,attr" json:"id"`
	Register string `xml:"register,attr,omitempty" json:"register,omitempty"`
	Quantity int64  `xml:"quantity,attr" json:"quantity"`
	Unit     string `xml:"unit,attr" json:"unit"`
	Amount   string `xml:"amount,attr" json:"amount"`
	Label    string `xml:",chardata" json:"label"`
}

// Export gives the final answers for delivery. The error is that of Fee: a form whose fee cannot be worked out is not
// complete.
func (d *Definition) Export(a Answers, e Env) (*Export, error) {
	return d.Look(a, e).Export()
}

// export writes final answers.
func (r *run) export() (*Export, error) {
	d := r.d
	out := &Export{Form: ExportForm{d.ID, d.Version, d.Title, d.LeiKa}, Fields: []ExportField{}}
	for i := range d.Steps {
		s := &d.Steps[i]
		out.Fields = r.exportFields(out.Fields, s.Fields, r.a, place{}, r.fieldShown)
		if s.Exit && r.stepShown(s) {
			break
		}
	}
	out.Fields = r.exportFields(out.Fields, d.check.Fields, r.a, place{}, r.fieldShown)
	if len(d.Fees) > 0 {
		total, lines, err := r.fee()
		if err != nil {
			return nil, err
		}
		out.Fee = &ExportFee{Total: total.Decimal(), Lines: []ExportFeeLine{}}
		for _, l := range lines {
			out.Fee.Lines = append(out.Fee.Lines, ExportFeeLine{l.ID, l.Register, l.Quantity, l.Unit.Decimal(), l.Amount.Decimal(), l.Label})
		}
	}
	return out, nil
}

// JSON is the export as one indented document.
func (x *Export) JSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(x); err != nil {
		return nil, fmt.Errorf("writing the export of form %s: %w", x.Form.ID, err)
	}
	return b.Bytes(), nil
}

// XML is the export as one indented document in Namespace.
func (x *Export) XML() ([]byte, error) {
	b, err := xml.MarshalIndent(x, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the export of form %s: %w", x.Form.ID, err)
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}

func (r *run) exportFields(out []ExportField, list []Field, a Answers, at place, shown func(*Field) bool) []ExportField {
	for i := range list {
		f := &list[i]
		if f.Type == Information || f.Internal || !shown(f) {
			continue
		}
		x := ExportField{ID: f.ID, Type: f.Type, Register: f.Register, Label: r.expand(f.Label, at)}
		v := a[f.ID]
		switch {
		case f.Type == Computed:
			d := r.eval(f.Compute, at)
			if d.k == kMissing {
				continue
			}
			x.Values = []ExportValue{machine(d, withUnit(formatDatum(d), f.Unit))}
		case f.Type == Group:
			for _, entry := range v.Entries {
				own := (&entryRun{r: r, a: entry.Answers, shown: map[*Field]tri{}}).fieldShown
				x.Entries = append(x.Entries, ExportEntry{entry.Key, r.exportFields([]ExportField{}, f.Fields, entry.Answers, r.entryPlace(f, entry.Answers), own)})
			}
		case !f.holds(v):
			continue
		default:
			r.exportValue(&x, f, v)
		}
		out = append(out, x)
	}
	return out
}

func (r *run) exportValue(x *ExportField, f *Field, v Value) {
	one := func(value, text string) {
		if text == value {
			text = ""
		}
		x.Values = append(x.Values, ExportValue{Value: value, Text: text})
	}
	text := r.show(f, v, place{})
	switch f.Type {
	case Number, Amount, YesNo:
		x.Values = []ExportValue{machine(valueDatum(f, v, ""), text[0])}
	case Choices:
		for i, c := range v.Codes {
			one(c, text[i])
		}
	case Quantities:
		for _, q := range v.Amounts {
			x.Values = append(x.Values, ExportValue{Value: q.Code, Text: r.optionLabel(f, q.Code), Count: q.Count})
		}
	case Choice, Date, Phone, IBAN:
		one(v.Text, text[0])
	case AddressType:
		part := func(name, value string) {
			if value != "" {
				x.Parts = append(x.Parts, ExportPart{name, value})
			}
		}
		a := v.Address
		part("strasse", a.Street)
		part("hausnummer", a.Number)
		part("zusatz", a.Extra)
		part("plz", a.PLZ)
		part("ort", a.Place)
		part("ags", a.AGS)
		part("ars", a.ARS)
		part("land", a.Country)
	case Consent:
		x.Parts = append(x.Parts, ExportPart{"version", v.Version})
		if v.At != nil {
			x.Parts = append(x.Parts, ExportPart{"zeit", v.At.Format(time.RFC3339)})
		}
		one("true", "")
	case FileUpload:
		if v.Promise != "" {
			one(v.Promise, text[0])
		}
		for _, file := range v.Files {
			x.Files = append(x.Files, ExportFile(file))
		}
	default:
		one(v.Text, "")
	}
}

// machine writes a worked out value without regard to language.
func machine(d datum, text string) ExportValue {
	v := ExportValue{Text: text}
	switch d.k {
	case kNumber:
		v.Value = formatThousandths(d.n, '.')
	case kMoney:
		v.Value = formatDecimal(d.n)
	case kBool:
		v.Value = fmt.Sprint(d.n == 1)
	case kDate:
		v.Value = dayOf(d.n).Format(time.DateOnly)
	default:
		v.Value = d.s
	}
	if v.Text == v.Value {
		v.Text = ""
	}
	return v
}
