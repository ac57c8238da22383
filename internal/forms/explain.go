package forms

import (
	"fmt"
	"strings"
	"time"
)

// Explain says in German what a condition or calculation means, with the labels of the form: „Bisherige Hunde“ ist
// größer als 0. It works on expressions of a parsed definition.
func (x *Expr) Explain() string {
	if x == nil {
		return ""
	}
	return x.say(0)
}

// say puts parentheses around and/or inside of one another.
func (x *Expr) say(depth int) string {
	switch x.op {
	case "lit":
		return x.lit.quote()
	case "today":
		return "heute"
	case "field", "entry", "param":
		return x.noun()
	case "lookup":
		return fmt.Sprintf("„%s“ aus der Tabelle „%s“ zu %s", x.label, x.param.Label, x.args[0].say(depth))
	case "count", "sum", "any":
		return x.sayOver()
	case "and", "or":
		word := map[string]string{"and": " und ", "or": " oder "}[x.op]
		parts := make([]string, len(x.args))
		for i, a := range x.args {
			parts[i] = a.say(depth + 1)
		}
		s := strings.Join(parts, word)
		if depth > 0 && len(parts) > 1 {
			return "(" + s + ")"
		}
		return s
	case "not":
		return x.args[0].sayNot(depth)
	case "empty":
		return x.args[0].say(1) + " ist leer"
	case "in":
		if x.args[1].op == "lit" {
			return fmt.Sprintf("%s ist %s", x.args[0].say(1), x.args[0].sayCodes(x.args[1].lit.l))
		}
		return fmt.Sprintf("in %s ist %s ausgewählt", x.args[1].say(1), x.args[1].sayCode(x.args[0]))
	case "default":
		return fmt.Sprintf("%s (ohne Angabe: %s)", x.args[0].say(1), x.args[1].say(1))
	case "if":
		return fmt.Sprintf("wenn %s, dann %s, sonst %s", x.args[0].say(1), x.args[1].say(1), x.args[2].say(1))
	}
	if word, ok := comparisons[x.op]; ok {
		return x.args[0].say(1) + word + x.args[0].sayCode(x.args[1])
	}
	return x.sayCalculation()
}

var comparisons = map[string]string{
	"eq": " ist ", "ne": " ist nicht ", "lt": " ist kleiner als ", "le": " ist höchstens ", "gt": " ist größer als ", "ge": " ist mindestens ",
}

var opposite = map[string]string{"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}

func (x *Expr) sayNot(depth int) string {
	if o, ok := opposite[x.op]; ok {
		turned := *x
		turned.op = o
		return turned.say(depth)
	}
	switch x.op {
	case "empty":
		return x.args[0].say(1) + " ist ausgefüllt"
	case "field", "entry", "param":
		return x.noun() + " ist Nein"
	case "not":
		return x.args[0].say(depth)
	}
	return "nicht (" + x.say(0) + ")"
}

func (x *Expr) noun() string {
	label := strings.TrimRight(x.label, ":")
	if label == "" {
		label = x.name
	}
	if _, part, ok := strings.Cut(x.name, "."); ok && x.field != nil {
		return fmt.Sprintf("„%s“ (%s)", label, map[string]string{
			"strasse": "Straße", "hausnummer": "Hausnummer", "zusatz": "Zusatz", "plz": "Postleitzahl", "ort": "Ort",
			"ags": "Gemeindeschlüssel", "ars": "Regionalschlüssel", "land": "Land"}[part])
	}
	return "„" + label + "“"
}

// sayCode writes the label of an option instead of its code, where x is the field that has the options.
func (x *Expr) sayCode(v *Expr) string {
	if v.op == "lit" && v.lit.k == kText && x.field != nil {
		if o := x.field.option(v.lit.s); o != nil {
			return "„" + o.Label + "“"
		}
	}
	return v.say(1)
}

func (x *Expr) sayCodes(codes []string) string {
	parts := make([]string, len(codes))
	for i, c := range codes {
		parts[i] = x.sayCode(literal(datum{k: kText, s: c}))
	}
	return strings.Join(parts, " oder ")
}

func (x *Expr) sayOver() string {
	where := ""
	if x.args[0] != nil {
		where = ", für die gilt: " + x.args[0].say(1)
	}
	of := "„" + orElse(x.label, x.name) + "“"
	switch x.op {
	case "count":
		return "Anzahl in " + of + where
	case "any":
		return "mindestens ein Eintrag in " + of + where
	}
	return "Summe über " + of + " von (" + x.args[1].say(0) + ")" + where
}

func (x *Expr) sayCalculation() string {
	a := make([]string, len(x.args))
	for i, arg := range x.args {
		a[i] = arg.say(1)
		if i > 0 || x.op == "mul" || x.op == "div" {
			if arg.op == "add" || arg.op == "sub" {
				a[i] = "(" + a[i] + ")"
			}
		}
	}
	switch x.op {
	case "add":
		return strings.Join(a, " + ")
	case "sub":
		return a[0] + " − " + a[1]
	case "mul":
		return a[0] + " × " + a[1]
	case "div":
		return fmt.Sprintf("%s : %s (%s)", a[0], a[1], map[string]string{
			"down": "abgerundet", "up": "aufgerundet", "half-up": "kaufmännisch gerundet", "half-even": "zur geraden Zahl gerundet"}[x.mode])
	case "min":
		return "das Kleinste von " + strings.Join(a, ", ")
	case "max":
		return "das Größte von " + strings.Join(a, ", ")
	case "days":
		return "Tage von " + a[0] + " bis " + a[1]
	case "months":
		return "volle Monate von " + a[0] + " bis " + a[1]
	case "years":
		return "volle Jahre von " + a[0] + " bis " + a[1]
	case "addDays":
		return a[0] + " plus " + a[1] + " Tage"
	case "addWorkdays":
		return a[0] + " plus " + a[1] + " Arbeitstage"
	case "year":
		return "Jahr von " + a[0]
	case "month":
		return "Monat von " + a[0]
	case "weekday":
		return "Wochentag von " + a[0]
	case "easter":
		return "Ostersonntag im " + a[0]
	}
	return x.op
}

func (d datum) quote() string {
	switch d.k {
	case kText:
		return "„" + d.s + "“"
	case kDate:
		return formatDay(dayOf(d.n).Format(time.DateOnly))
	case kList:
		return "„" + strings.Join(d.l, "“ oder „") + "“"
	}
	return formatDatum(d)
}
