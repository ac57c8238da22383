package forms

import (
	"fmt"
	"slices"
	"strings"
)

// rowScope says what {"entry": name} means in one place of the definition.
type rowScope func(name string) (typ kind, f *Field, label string, ok bool)

// binder resolves the names of expressions and checks their types.
type binder struct {
	d     *Definition
	entry rowScope
	errs  []string
}

func (b *binder) fail(format string, args ...any) kind {
	b.errs = append(b.errs, fmt.Sprintf(format, args...))
	return kMissing
}

// bind checks x and all below it and notes what each name means. It answers kMissing after an error.
func (b *binder) bind(x *Expr) kind {
	x.typ = b.typeOf(x)
	return x.typ
}

func (b *binder) typeOf(x *Expr) kind {
	switch x.op {
	case "lit":
		return x.lit.k
	case "today":
		return kDate
	case "field":
		return b.fieldType(x)
	case "entry":
		if b.entry == nil {
			return b.fail("„entry“ gilt nur innerhalb einer Liste: %s", x.name)
		}
		typ, f, label, ok := b.entry(x.name)
		if !ok {
			return b.fail("In dieser Liste gibt es kein Feld „%s“.", x.name)
		}
		x.field, x.label = f, label
		return typ
	case "param":
		p := b.d.params[x.name]
		if p == nil {
			return b.fail("Den Parameter „%s“ gibt es nicht.", x.name)
		}
		x.param, x.label = p, p.Label
		return paramKind(p.Type)
	case "lookup":
		return b.lookupType(x)
	case "count", "sum", "any":
		return b.overType(x)
	}
	before := len(b.errs)
	types := make([]kind, len(x.args))
	for i, a := range x.args {
		types[i] = b.bind(a)
	}
	if len(b.errs) > before {
		return kMissing
	}
	return b.opType(x, types)
}

// fieldType resolves "field" and "address.plz".
func (b *binder) fieldType(x *Expr) kind {
	id, part, _ := strings.Cut(x.name, ".")
	f := b.d.fields[id]
	if f == nil || f.group != nil {
		return b.fail("Das Feld „%s“ gibt es nicht.", x.name)
	}
	x.field, x.label = f, f.Label
	typ, ok := fieldKind(f, part)
	if !ok {
		return b.fail("Das Feld „%s“ kann so nicht in einer Bedingung stehen.", x.name)
	}
	return typ
}

var addressParts = []string{"strasse", "hausnummer", "zusatz", "plz", "ort", "ags", "ars", "land"}

// fieldKind is the type a field has in expressions; part names a part of an address.
func fieldKind(f *Field, part string) (kind, bool) {
	if f.Type == AddressType {
		return kText, slices.Contains(addressParts, part)
	}
	if part != "" {
		return kMissing, false
	}
	switch f.Type {
	case Text, LongText, Choice, Email, Phone, IBAN, Plate:
		return kText, true
	case Number, FileUpload: // files: how many
		return kNumber, true
	case Amount:
		return kMoney, true
	case Date:
		return kDate, true
	case Choices:
		return kList, true
	case YesNo, Consent:
		return kBool, true
	case Computed:
		return f.typ, f.typ != kMissing
	case Group, Quantities:
		return kRows, true
	}
	return kMissing, false
}

func paramKind(t string) kind {
	switch t {
	case "amount":
		return kMoney
	case "number":
		return kNumber
	case "text":
		return kText
	case "yesno":
		return kBool
	case "date":
		return kDate
	case "dates":
		return kList
	case "table":
		return kRows
	}
	return kMissing
}

func (b *binder) lookupType(x *Expr) kind {
	id, column, _ := strings.Cut(x.name, ".")
	p := b.d.params[id]
	if p == nil || p.Type != "table" {
		return b.fail("Die Tabelle „%s“ gibt es nicht.", id)
	}
	x.param = p
	if t := b.bind(x.args[0]); t != kText && t != kMissing {
		return b.fail("Der Schlüssel für die Tabelle „%s“ ist kein Text.", id)
	}
	typ, label, ok := columnKind(p, column)
	if !ok {
		return b.fail("Die Tabelle „%s“ hat keine Spalte „%s“.", id, column)
	}
	x.label = label
	return typ
}

func columnKind(p *Param, column string) (kind, string, bool) {
	switch column {
	case "code":
		return kText, "Kürzel", true
	case "label":
		return kText, "Bezeichnung", true
	}
	for _, c := range p.Columns {
		if c.ID == column {
			return paramKind(c.Type), c.Label, true
		}
	}
	return kMissing, "", false
}

func (b *binder) overType(x *Expr) kind {
	f := b.d.fields[x.name]
	if f == nil || f.group != nil || f.Type != Group && f.Type != Quantities {
		return b.fail("„%s“ ist keine Wiederholgruppe und keine Mengenliste.", x.name)
	}
	x.field, x.label = f, f.Label
	outer := b.entry
	b.entry = rowsOf(f)
	defer func() { b.entry = outer }()
	if w := x.args[0]; w != nil {
		if t := b.bind(w); t != kBool && t != kMissing {
			return b.fail("Die Bedingung für „%s“ ist nicht Ja/Nein.", x.name)
		}
	}
	switch x.op {
	case "count":
		return kNumber
	case "any":
		return kBool
	}
	t := b.bind(x.args[1])
	if t != kNumber && t != kMoney && t != kMissing {
		return b.fail("Summieren lassen sich nur Zahlen und Beträge.")
	}
	return t
}

// rowsOf describes the entries of a repeat group or of a quantity list.
func rowsOf(f *Field) rowScope {
	if f.Type == Quantities {
		return func(name string) (kind, *Field, string, bool) {
			switch name {
			case "code":
				return kText, nil, "Art", true
			case "count":
				return kNumber, nil, "Anzahl", true
			}
			for _, o := range f.Options {
				if _, ok := o.Values[name]; ok {
					return kNumber, nil, name, true
				}
			}
			return kMissing, nil, "", false
		}
	}
	return func(name string) (kind, *Field, string, bool) {
		id, part, _ := strings.Cut(name, ".")
		for i := range f.Fields {
			if sub := &f.Fields[i]; sub.ID == id {
				t, ok := fieldKind(sub, part)
				return t, sub, sub.Label, ok
			}
		}
		return kMissing, nil, "", false
	}
}

// rowsOfParam describes the rows that OptionsFrom.Where sees.
func rowsOfParam(p *Param) rowScope {
	return func(name string) (kind, *Field, string, bool) {
		if p.Type == "dates" {
			return kDate, nil, "Termin", name == "date"
		}
		t, label, ok := columnKind(p, name)
		return t, nil, label, ok
	}
}

func (b *binder) opType(x *Expr, t []kind) kind {
	same := func() bool {
		for _, k := range t[1:] {
			if k != t[0] {
				return false
			}
		}
		return true
	}
	ordered := t[0] == kNumber || t[0] == kMoney || t[0] == kDate
	switch x.op {
	case "and", "or", "not":
		if t[0] == kBool && same() {
			return kBool
		}
		return b.fail("„%s“ verknüpft nur Ja/Nein-Werte.", x.op)
	case "eq", "ne":
		if same() && t[0] != kList && t[0] != kRows {
			return kBool
		}
		return b.fail("%s und %s lassen sich nicht vergleichen.", kindNames[t[0]], kindNames[t[1]])
	case "lt", "le", "gt", "ge":
		if ordered && same() {
			return kBool
		}
		return b.fail("%s und %s haben keine gemeinsame Reihenfolge.", kindNames[t[0]], kindNames[t[1]])
	case "in":
		if t[0] == kText && t[1] == kList || t[0] == kDate && t[1] == kList {
			return kBool
		}
		return b.fail("„in“ sucht einen Text in einer Auswahl.")
	case "empty":
		return kBool
	case "default":
		if same() && t[0] != kRows {
			return t[0]
		}
		return b.fail("Der Ersatzwert ist %s statt %s.", kindNames[t[1]], kindNames[t[0]])
	case "if":
		if t[0] == kBool && t[1] == t[2] && t[1] != kRows {
			return t[1]
		}
		return b.fail("„if“ braucht Ja/Nein und zwei Werte derselben Art.")
	case "add", "min", "max":
		if same() && (t[0] == kNumber || t[0] == kMoney || t[0] == kDate && x.op != "add") {
			return t[0]
		}
		return b.fail("„%s“ braucht Zahlen oder Beträge, nicht gemischt.", x.op)
	case "sub":
		if same() && (t[0] == kNumber || t[0] == kMoney) {
			return t[0]
		}
		return b.fail("„sub“ braucht zwei Zahlen oder zwei Beträge.")
	case "mul":
		switch {
		case t[0] == kNumber && t[1] == kNumber:
			return kNumber
		case t[0] == kMoney && t[1] == kNumber, t[0] == kNumber && t[1] == kMoney:
			return kMoney
		}
		return b.fail("„mul“ braucht eine Zahl und eine Zahl oder einen Betrag.")
	case "div":
		switch {
		case t[1] == kNumber && (t[0] == kNumber || t[0] == kMoney):
			return t[0]
		case t[0] == kMoney && t[1] == kMoney:
			return kNumber
		}
		return b.fail("„div“ teilt eine Zahl oder einen Betrag durch eine Zahl.")
	case "days", "months", "years":
		if t[0] == kDate && t[1] == kDate {
			return kNumber
		}
		return b.fail("„%s“ braucht zwei Tage.", x.op)
	case "addDays", "addWorkdays":
		if t[0] == kDate && t[1] == kNumber {
			return kDate
		}
		return b.fail("„%s“ braucht einen Tag und eine Zahl.", x.op)
	case "year", "month", "weekday":
		if t[0] == kDate {
			return kNumber
		}
		return b.fail("„%s“ braucht einen Tag.", x.op)
	case "easter":
		if t[0] == kNumber {
			return kDate
		}
		return b.fail("„easter“ braucht ein Jahr.")
	}
	return b.fail("Die Rechenart „%s“ ist unbekannt.", x.op)
}
