package forms

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bounds of one expression: deeper or larger ones are refused when they are read.
const (
	maxExprDepth = 16
	maxExprNodes = 200
	// maxNumber bounds every number and amount inside an expression, in thousandths or cents.
	maxNumber = int64(1e15)
)

// Expr is one node of a condition or calculation. In JSON it is a literal ("ja", 3, true, ["a","b"]) or an object with
// one key that names the operation; schema/expressions.md lists them. Expr has no side effects,
// no loops and no access but to the answers, the parameters and the day.
type Expr struct {
	op   string
	args []*Expr
	lit  datum
	name string // field, entry, param; group of count, sum, any; column of lookup
	part string // of name, behind the dot: part of an address, column of a table
	mode string // rounding of div

	// bound by Parse
	typ   kind
	field *Field
	param *Param
	label string
}

type kind uint8

const (
	kMissing kind = iota
	kBool
	kNumber // thousandths
	kMoney  // cents
	kText
	kDate // days since 1 January 1970
	kList
	kRows // repeat group, quantity list: only count, sum, any
)

var kindNames = map[kind]string{
	kMissing: "unbekannt", kBool: "Ja/Nein", kNumber: "Zahl", kMoney: "Betrag", kText: "Text", kDate: "Datum", kList: "Auswahl", kRows: "Liste",
}

// datum is one value while an expression is worked out.
type datum struct {
	k kind
	n int64 // number, money, date; bool as 0 or 1
	s string
	l []string
}

var missing = datum{}

func boolean(b bool) datum {
	if b {
		return datum{k: kBool, n: 1}
	}
	return datum{k: kBool}
}

func (d datum) isTrue() bool  { return d.k == kBool && d.n == 1 }
func (d datum) isFalse() bool { return d.k == kBool && d.n == 0 }

// arity says how many arguments an operation takes; max -1 = any number.
type arity struct{ min, max int }

var operations = map[string]arity{
	"and": {1, -1}, "or": {1, -1}, "not": {1, 1},
	"eq": {2, 2}, "ne": {2, 2}, "lt": {2, 2}, "le": {2, 2}, "gt": {2, 2}, "ge": {2, 2},
	"in": {2, 2}, "empty": {1, 1}, "default": {2, 2}, "if": {3, 3},
	"add": {1, -1}, "sub": {2, 2}, "mul": {2, 2}, "div": {3, 3}, "min": {1, -1}, "max": {1, -1},
	"days": {2, 2}, "months": {2, 2}, "years": {2, 2}, "addDays": {2, 2}, "addWorkdays": {2, 2},
	"year": {1, 1}, "month": {1, 1}, "weekday": {1, 1}, "easter": {1, 1},
}

var roundings = map[string]bool{"down": true, "up": true, "half-up": true, "half-even": true}

// UnmarshalJSON reads an expression and refuses unknown operations, wrong numbers of arguments and too large trees.
func (x *Expr) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return err
	}
	nodes := 0
	n, err := parseExpr(v, 1, &nodes)
	if err != nil {
		return fmt.Errorf("expression: %w", err)
	}
	*x = *n
	return nil
}

func parseExpr(v any, depth int, nodes *int) (*Expr, error) {
	if depth > maxExprDepth {
		return nil, fmt.Errorf("deeper than %d levels", maxExprDepth)
	}
	if *nodes++; *nodes > maxExprNodes {
		return nil, fmt.Errorf("larger than %d nodes", maxExprNodes)
	}
	switch v := v.(type) {
	case bool:
		return literal(boolean(v)), nil
	case string:
		return literal(datum{k: kText, s: v}), nil
	case json.Number:
		n, ok := parseThousandths(v.String())
		if !ok {
			return nil, fmt.Errorf("number %q has more than three decimals or is too large", v.String())
		}
		return literal(datum{k: kNumber, n: n}), nil
	case []any:
		list := make([]string, len(v))
		for i := range v {
			s, ok := v[i].(string)
			if !ok {
				return nil, errors.New("a list holds only texts")
			}
			list[i] = s
		}
		if len(list) > maxExprNodes {
			return nil, fmt.Errorf("a list of more than %d texts", maxExprNodes)
		}
		return literal(datum{k: kList, l: list}), nil
	case map[string]any:
		if len(v) != 1 {
			return nil, errors.New("an operation is an object with exactly one key")
		}
		for op, arg := range v {
			return parseOp(op, arg, depth, nodes)
		}
	}
	return nil, errors.New("neither a literal nor an operation")
}

func literal(d datum) *Expr { return &Expr{op: "lit", lit: d, typ: d.k} }

func parseOp(op string, arg any, depth int, nodes *int) (*Expr, error) {
	text, isText := arg.(string)
	switch op {
	case "field", "entry", "param":
		if !isText || text == "" {
			return nil, fmt.Errorf("%s needs a name", op)
		}
		return named(op, text), nil
	case "today":
		if arg != true {
			return nil, errors.New(`today is written {"today": true}`)
		}
		return &Expr{op: op}, nil
	case "date":
		day, err := time.Parse(time.DateOnly, text)
		if !isText || err != nil {
			return nil, fmt.Errorf("date %q is not like 2026-03-31", text)
		}
		return literal(datum{k: kDate, n: dayNumber(day)}), nil
	case "cents":
		num, ok := arg.(json.Number)
		n, err := strconv.ParseInt(num.String(), 10, 64)
		if !ok || err != nil || n > maxNumber || n < -maxNumber {
			return nil, errors.New("cents needs a whole number")
		}
		return literal(datum{k: kMoney, n: n}), nil
	case "count", "sum", "any":
		return parseOver(op, arg, depth, nodes)
	case "lookup":
		return parseLookup(arg, depth, nodes)
	}
	want, known := operations[op]
	if !known {
		return nil, fmt.Errorf("unknown operation %q", op)
	}
	list, isList := arg.([]any)
	if !isList {
		list = []any{arg}
	} else if want.max == 1 && len(list) != 1 {
		return nil, fmt.Errorf("%s takes one argument", op)
	}
	if len(list) < want.min || (want.max >= 0 && len(list) > want.max) {
		return nil, fmt.Errorf("%s takes %d arguments, not %d", op, want.min, len(list))
	}
	x := &Expr{op: op}
	if op == "div" {
		mode, _ := list[2].(string)
		if !roundings[mode] {
			return nil, fmt.Errorf("div needs a rounding rule: down, up, half-up or half-even")
		}
		x.mode, list = mode, list[:2]
	}
	for _, a := range list {
		n, err := parseExpr(a, depth+1, nodes)
		if err != nil {
			return nil, err
		}
		x.args = append(x.args, n)
	}
	return x, nil
}

// parseOver reads {"count": {"of": "hunde", "where": …}} and its kin. args[0] is where (nil if absent), args[1] value.
func parseOver(op string, arg any, depth int, nodes *int) (*Expr, error) {
	m, ok := arg.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s needs an object with \"of\"", op)
	}
	x := &Expr{op: op, args: []*Expr{nil, nil}}
	for k, v := range m {
		var err error
		switch {
		case k == "of":
			x.name, _ = v.(string)
		case k == "where":
			x.args[0], err = parseExpr(v, depth+1, nodes)
		case k == "value" && op == "sum":
			x.args[1], err = parseExpr(v, depth+1, nodes)
		default:
			return nil, fmt.Errorf("%s does not know %q", op, k)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case x.name == "":
		return nil, fmt.Errorf("%s needs \"of\"", op)
	case op == "sum" && x.args[1] == nil:
		return nil, errors.New(`sum needs "value"`)
	case op == "any" && x.args[0] == nil:
		return nil, errors.New(`any needs "where"`)
	}
	return x, nil
}

// parseLookup reads {"lookup": {"param": "zonen", "key": …, "column": "gebuehr"}}. name is "param.column".
func parseLookup(arg any, depth int, nodes *int) (*Expr, error) {
	m, _ := arg.(map[string]any)
	param, _ := m["param"].(string)
	column, _ := m["column"].(string)
	if len(m) != 3 || param == "" || column == "" || m["key"] == nil {
		return nil, errors.New(`lookup needs "param", "key" and "column"`)
	}
	key, err := parseExpr(m["key"], depth+1, nodes)
	if err != nil {
		return nil, err
	}
	x := named("lookup", param+"."+column)
	x.args = []*Expr{key}
	return x, nil
}

func named(op, name string) *Expr {
	_, part, _ := strings.Cut(name, ".")
	return &Expr{op: op, name: name, part: part}
}

// MarshalJSON writes the form that UnmarshalJSON reads.
func (x *Expr) MarshalJSON() ([]byte, error) { return json.Marshal(x.tree()) }

func (x *Expr) tree() any {
	switch x.op {
	case "lit":
		switch x.lit.k {
		case kBool:
			return x.lit.n == 1
		case kNumber:
			return json.Number(formatThousandths(x.lit.n, '.'))
		case kMoney:
			return map[string]any{"cents": x.lit.n}
		case kDate:
			return map[string]any{"date": dayOf(x.lit.n).Format(time.DateOnly)}
		case kList:
			return x.lit.l
		}
		return x.lit.s
	case "field", "entry", "param":
		return map[string]any{x.op: x.name}
	case "today":
		return map[string]any{"today": true}
	case "lookup":
		param, column, _ := strings.Cut(x.name, ".")
		return map[string]any{"lookup": map[string]any{"param": param, "key": x.args[0].tree(), "column": column}}
	case "count", "sum", "any":
		m := map[string]any{"of": x.name}
		if x.args[0] != nil {
			m["where"] = x.args[0].tree()
		}
		if x.args[1] != nil {
			m["value"] = x.args[1].tree()
		}
		return map[string]any{x.op: m}
	}
	list := make([]any, 0, len(x.args)+1)
	for _, a := range x.args {
		list = append(list, a.tree())
	}
	if x.op == "div" {
		list = append(list, x.mode)
	}
	return map[string]any{x.op: list}
}

// walk calls f for x and everything below it.
func (x *Expr) walk(f func(*Expr)) {
	if x == nil {
		return
	}
	f(x)
	for _, a := range x.args {
		a.walk(f)
	}
}

// parseThousandths reads "12", "-0.5", "1.234" into thousandths.
func parseThousandths(s string) (int64, bool) {
	sign := int64(1)
	if strings.HasPrefix(s, "-") {
		sign, s = -1, s[1:]
	}
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" || len(whole) > 12 || len(frac) > 3 {
		return 0, false
	}
	n, err := strconv.ParseUint(whole+frac+"000"[len(frac):], 10, 63)
	if err != nil {
		return 0, false
	}
	return sign * int64(n), true
}

// formatThousandths writes as few decimals as the number needs.
func formatThousandths(n int64, sep byte) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := sign + strconv.FormatInt(n/1000, 10)
	if r := n % 1000; r != 0 {
		s += string(sep) + strings.TrimRight(fmt.Sprintf("%03d", r), "0")
	}
	return s
}
