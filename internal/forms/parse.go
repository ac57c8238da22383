package forms

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// MaxDefinition bounds a definition in bytes.
const MaxDefinition = 1 << 20

// SchemaJSON is the published JSON Schema (2020-12) of a definition.
//
//go:embed schema/form.schema.json
var SchemaJSON []byte

// schemaID is the name of the schema; nothing is fetched from there.
const schemaID = "https://stadttor.example/schemas/form-1.json"

var schema = sync.OnceValue(func() *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(SchemaJSON))
	if err != nil {
		panic("forms: the embedded schema is broken: " + err.Error())
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaID, doc); err != nil {
		panic("forms: the embedded schema is broken: " + err.Error())
	}
	return c.MustCompile(schemaID)
})

// Severity of a finding.
type Severity string

// Errors keep a definition from being used at all; warnings need a reason before it is released.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Finding is one thing that Parse found. Path leads to it like "steps/halter/fields/name". Text is German.
type Finding struct {
	Severity Severity
	Path     string
	Code     string
	Text     string
}

// Failed reports whether one of the findings is an error.
func Failed(list []Finding) bool {
	for _, f := range list {
		if f.Severity == Error {
			return true
		}
	}
	return false
}

// Parse reads a definition, checks it against the schema, binds and type-checks its expressions and lints it.
// The definition is nil if there is an error among the findings.
func Parse(data []byte) (*Definition, []Finding) {
	if len(data) > MaxDefinition {
		return nil, []Finding{{Error, "", "size", "Die Formulardatei ist größer als 1 MB."}}
	}
	if list := checkSchema(data); len(list) > 0 {
		return nil, list
	}
	d := &Definition{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(d); err != nil {
		return nil, []Finding{{Error, "", "json", "Die Formulardatei ist nicht lesbar: " + err.Error()}}
	}
	l := &linter{d: d}
	l.index()
	if !Failed(l.out) {
		l.bindAll()
	}
	if !Failed(l.out) {
		l.lint()
	}
	if Failed(l.out) {
		return nil, l.out
	}
	return d, l.out
}

func checkSchema(data []byte) []Finding {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return []Finding{{Error, "", "json", "Die Formulardatei ist kein gültiges JSON: " + err.Error()}}
	}
	err = schema().Validate(doc)
	if err == nil {
		return nil
	}
	v, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return []Finding{{Error, "", "schema", err.Error()}}
	}
	var out []Finding
	var leaves func(*jsonschema.ValidationError)
	leaves = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 && len(out) < 50 {
			out = append(out, Finding{Error, strings.Join(e.InstanceLocation, "/"), "schema",
				fmt.Sprintf("entspricht nicht dem Schema: %s", e.ErrorKind.LocalizedString(message.NewPrinter(language.English)))})
		}
		for _, c := range e.Causes {
			leaves(c)
		}
	}
	leaves(v)
	return out
}

// linter collects findings while a definition is made usable.
type linter struct {
	d     *Definition
	out   []Finding
	order map[*Field]int // reading order; a group comes after its own fields
}

func (l *linter) add(s Severity, path, code, format string, args ...any) {
	l.out = append(l.out, Finding{s, path, code, fmt.Sprintf(format, args...)})
}

// reserved ids would collide with pages, inputs or the declaration.
var reserved = map[string]bool{CheckPage: true, DeclarationField: true, AddInput: true, RemoveInput: true}

// index gives every step, field and parameter its place by name.
func (l *linter) index() {
	d := l.d
	d.fields, d.steps, d.params = map[string]*Field{}, map[string]*Step{}, map[string]*Param{}
	l.order = map[*Field]int{}
	for i := range d.Params {
		p := &d.Params[i]
		if d.params[p.ID] != nil {
			l.add(Error, "params/"+p.ID, "duplicate", "Den Parameter „%s“ gibt es zweimal.", p.ID)
		}
		d.params[p.ID] = p
		if _, err := p.read(p.Default); err != nil {
			l.add(Error, "params/"+p.ID, "param-value", "Der Vorgabewert passt nicht: %v.", err)
		}
	}
	for i := range d.Steps {
		s := &d.Steps[i]
		if d.steps[s.ID] != nil || reserved[s.ID] {
			l.add(Error, "steps/"+s.ID, "duplicate", "Die Kennung „%s“ ist vergeben.", s.ID)
		}
		d.steps[s.ID] = s
		for k := range s.Fields {
			l.indexField(s, nil, &s.Fields[k])
		}
	}
	if d.Declaration != nil {
		d.check.Fields = []Field{{ID: DeclarationField, Type: Consent, Label: d.Declaration.Label, Text: d.Declaration.Text, Version: d.Declaration.Version}}
		d.check.Fields[0].step = &d.check
	}
	d.check.ID, d.check.Title = CheckPage, "Prüfen Sie Ihre Angaben"
}

func (l *linter) indexField(s *Step, group, f *Field) {
	f.step, f.group = s, group
	id := f.ID
	if group != nil {
		id = group.ID + "." + id
	}
	path := l.path(f)
	if l.d.fields[id] != nil || reserved[f.ID] {
		l.add(Error, path, "duplicate", "Die Kennung „%s“ ist vergeben.", id)
	}
	l.d.fields[id] = f
	if f.Pattern != "" {
		re, err := regexp.Compile(`^(?:` + f.Pattern + `)$`)
		if err != nil {
			l.add(Error, path, "pattern", "Das Muster ist kein gültiger regulärer Ausdruck.")
		}
		f.pattern = re
	}
	if group != nil && f.Type == Group {
		l.add(Error, path, "nested", "Eine Wiederholgruppe kann keine zweite enthalten.")
		return
	}
	for k := range f.Fields {
		l.indexField(s, f, &f.Fields[k])
	}
	l.order[f] = len(l.order)
}

func (l *linter) path(f *Field) string {
	if f.group != nil {
		return l.path(f.group) + "/fields/" + f.ID
	}
	return "steps/" + f.step.ID + "/fields/" + f.ID
}

// bindAll resolves every expression of the form. Conditions, bounds and calculations read only what stands before them,
// so that nothing can go in a circle.
func (l *linter) bindAll() {
	d := l.d
	for i := range d.Steps {
		s := &d.Steps[i]
		first := len(l.order)
		if len(s.Fields) > 0 {
			first = l.order[&s.Fields[0]]
			if g := s.repeat(); g != nil && len(g.Fields) > 0 {
				first = l.order[&g.Fields[0]]
			}
		}
		l.bind("steps/"+s.ID+"/when", s.When, kBool, nil, first)
		for k := range s.Fields {
			f := &s.Fields[k]
			for j := range f.Fields {
				l.bindField(&f.Fields[j], rowsOf(f))
			}
			l.bindField(f, nil)
		}
	}
	for i := range d.Fees {
		r := &d.Fees[i]
		path := "fees/" + r.ID
		l.bind(path+"/unit", r.Unit, kMoney, nil, len(l.order))
		l.bind(path+"/quantity", r.Quantity, kNumber, nil, len(l.order))
		l.bind(path+"/when", r.When, kBool, nil, len(l.order))
	}
	if d.Deadline != nil {
		l.bind("deadline/first", d.Deadline.First, kDate, nil, len(l.order))
		l.bind("deadline/last", d.Deadline.Last, kDate, nil, len(l.order))
	}
}

func (l *linter) bindField(f *Field, rows rowScope) {
	path, here := l.path(f), l.order[f]
	if f.Type == Group && len(f.Fields) > 0 {
		here = l.order[&f.Fields[0]]
	}
	l.bind(path+"/when", f.When, kBool, rows, here)
	bound := map[FieldType]kind{Number: kNumber, Amount: kMoney, Date: kDate}[f.Type]
	l.bind(path+"/min", f.Min, bound, rows, here)
	l.bind(path+"/max", f.Max, bound, rows, here)
	if f.Compute != nil {
		f.typ = l.bind(path+"/compute", f.Compute, kMissing, rows, here)
		if f.typ == kRows || f.typ == kList {
			l.add(Error, path+"/compute", "type", "Das Ergebnis kann keine Liste sein.")
		}
	}
	if from := f.OptionsFrom; from != nil {
		p := l.d.params[from.Param]
		if p == nil || p.Type != "table" && p.Type != "dates" {
			l.add(Error, path+"/optionsFrom", "param-unknown", "Die Liste „%s“ gibt es nicht.", from.Param)
			return
		}
		l.bind(path+"/optionsFrom/where", from.Where, kBool, rowsOfParam(p), here)
	}
	for i := range f.Rules {
		l.bind(fmt.Sprintf("%s/rules/%d", path, i), f.Rules[i].Assert, kBool, rows, len(l.order))
	}
}

// bind binds one expression. before is the place in the reading order that its fields must stand before.
func (l *linter) bind(path string, x *Expr, want kind, rows rowScope, before int) kind {
	if x == nil {
		return kMissing
	}
	b := &binder{d: l.d, entry: rows}
	got := b.bind(x)
	for _, e := range b.errs {
		l.add(Error, path, "expression", "%s", e)
	}
	if len(b.errs) == 0 && want != kMissing && got != want {
		l.add(Error, path, "type", "Das Ergebnis ist %s statt %s.", kindNames[got], kindNames[want])
	}
	x.walk(func(n *Expr) {
		if n.field == nil || l.order[n.field] < before {
			return
		}
		l.add(Error, path, "forward", "Das Feld „%s“ kommt erst später. Bedingungen und Rechnungen lesen nur, was davor steht.", n.field.ID)
	})
	return got
}
