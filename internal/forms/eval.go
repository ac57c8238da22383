package forms

import (
	"errors"
	"time"
)

// errRange says that a calculation left the bounds of maxNumber, or divided by zero.
var errRange = errors.New("calculation out of range")

// run is one look at a form: the answers, the surroundings, and what has been worked out so far.
type run struct {
	d      *Definition
	a      Answers
	e      Env
	params map[string]any // normalised, see paramValue
	shown  map[*Field]tri // of fields outside of groups
	steps  map[*Step]tri
	err    error // first error of a calculation
	paying bool  // the fee is being worked out: {fee} inside of it has no value
}

// tri is yes, no, or being worked out (a circle counts as no).
type tri uint8

const (
	unknown tri = iota
	busy
	yes
	no
)

func newRun(d *Definition, a Answers, e Env) *run {
	return &run{d: d, a: a, e: e, params: map[string]any{}, shown: map[*Field]tri{}, steps: map[*Step]tri{}}
}

// place is where an expression stands: outside of lists (zero), or in one entry of one.
type place struct {
	entry func(x *Expr) datum
	group *Field // the repeat group of the entry, nil for rows of quantity lists and tables
}

// eval works x out. Missing data is a third value: and/or follow Kleene, everything else passes it on, and only
// "empty" and "default" end it. Conditions that stay unknown count as false.
func (r *run) eval(x *Expr, at place) datum {
	switch x.op {
	case "lit":
		return x.lit
	case "field":
		return r.fieldDatum(x.field, x.part)
	case "entry":
		if at.entry == nil {
			return missing
		}
		return at.entry(x)
	case "param":
		return r.paramDatum(x.param)
	case "today":
		if r.e.Today.IsZero() {
			return missing
		}
		return datum{k: kDate, n: dayNumber(r.e.Today)}
	case "lookup":
		return r.lookup(x.param, r.eval(x.args[0], at), x.part)
	case "count", "sum", "any":
		return r.over(x)
	case "and", "or":
		return r.junction(x, at)
	case "empty":
		v := r.eval(x.args[0], at)
		return boolean(v.k == kMissing || v.k == kText && v.s == "" || v.k == kList && len(v.l) == 0)
	case "default":
		if v := r.eval(x.args[0], at); v.k != kMissing {
			return v
		}
		return r.eval(x.args[1], at)
	case "if":
		switch c := r.eval(x.args[0], at); {
		case c.isTrue():
			return r.eval(x.args[1], at)
		case c.isFalse():
			return r.eval(x.args[2], at)
		}
		return missing
	}
	var buf [4]datum
	args := buf[:0]
	for _, a := range x.args {
		v := r.eval(a, at)
		if v.k == kMissing {
			return missing
		}
		args = append(args, v)
	}
	return r.apply(x, args)
}

func (r *run) junction(x *Expr, at place) datum {
	decides := boolean(x.op == "or")
	out := boolean(x.op == "and")
	for _, a := range x.args {
		switch v := r.eval(a, at); {
		case v.k == kMissing:
			out = missing
		case v.n == decides.n:
			return decides
		}
	}
	return out
}

// over works out count, sum and any over a repeat group or quantity list.
func (r *run) over(x *Expr) datum {
	if !r.fieldShown(x.field) {
		return missing
	}
	v := r.a[x.field.ID]
	if !v.answered() && len(v.Entries) == 0 {
		return missing
	}
	count, open := int64(0), false
	sum := datum{k: x.typ}
	for _, at := range r.places(x.field, v) {
		if w := x.args[0]; w != nil {
			switch c := r.eval(w, at); {
			case c.k == kMissing:
				open = true
				continue
			case c.isFalse():
				continue
			}
		}
		count++
		if x.op == "sum" {
			n := r.eval(x.args[1], at)
			if n.k == kMissing {
				open = true
				continue
			}
			if sum.n += n.n; !inRange(sum.n) {
				return r.outOfRange()
			}
		}
	}
	switch {
	case x.op == "any" && count > 0:
		return boolean(true)
	case open:
		return missing
	case x.op == "any":
		return boolean(false)
	case x.op == "count":
		return datum{k: kNumber, n: count * 1000}
	}
	return sum
}

// places are the entries of a list as expressions see them.
func (r *run) places(f *Field, v Value) []place {
	if f.Type == Group {
		out := make([]place, len(v.Entries))
		for i := range v.Entries {
			out[i] = r.entryPlace(f, v.Entries[i].Answers)
		}
		return out
	}
	out := make([]place, 0, len(v.Amounts))
	for _, q := range v.Amounts {
		o := f.option(q.Code)
		if o == nil {
			continue
		}
		out = append(out, place{entry: func(x *Expr) datum {
			switch x.name {
			case "code":
				return datum{k: kText, s: q.Code}
			case "count":
				return datum{k: kNumber, n: q.Count * 1000}
			}
			return datum{k: kNumber, n: o.Values[x.name] * 1000}
		}})
	}
	return out
}

// entryPlace is one entry of a repeat group; a hidden field of it is missing.
func (r *run) entryPlace(group *Field, a Answers) place {
	e := &entryRun{r: r, a: a, shown: map[*Field]tri{}}
	return place{entry: e.datum, group: group}
}

// entryRun remembers which fields of one entry are shown.
type entryRun struct {
	r     *run
	a     Answers
	shown map[*Field]tri
}

func (e *entryRun) datum(x *Expr) datum {
	if x.field == nil || !e.fieldShown(x.field) {
		return missing
	}
	if x.field.Type == Computed {
		return e.r.eval(x.field.Compute, place{entry: e.datum})
	}
	return valueDatum(x.field, e.a[x.field.ID], x.part)
}

func (e *entryRun) fieldShown(f *Field) bool {
	if f.When == nil {
		return true
	}
	if t := e.shown[f]; t != unknown {
		return t == yes
	}
	e.shown[f] = busy
	e.shown[f] = triOf(e.r.eval(f.When, place{entry: e.datum}).isTrue())
	return e.shown[f] == yes
}

func triOf(b bool) tri {
	if b {
		return yes
	}
	return no
}

// stepShown reports whether the step applies to these answers.
func (r *run) stepShown(s *Step) bool {
	if s.When == nil {
		return true
	}
	if t := r.steps[s]; t != unknown {
		return t == yes
	}
	r.steps[s] = busy
	r.steps[s] = triOf(r.eval(s.When, place{}).isTrue())
	return r.steps[s] == yes
}

// fieldShown reports whether a field outside of groups applies: its step does, and its own condition is true.
func (r *run) fieldShown(f *Field) bool {
	if f.When == nil && f.step.When == nil {
		return true
	}
	if t := r.shown[f]; t != unknown {
		return t == yes
	}
	r.shown[f] = busy
	r.shown[f] = triOf(r.stepShown(f.step) && (f.When == nil || r.eval(f.When, place{}).isTrue()))
	return r.shown[f] == yes
}

// fieldDatum is the value of a field outside of groups; a hidden one is missing.
func (r *run) fieldDatum(f *Field, part string) datum {
	if !r.fieldShown(f) {
		return missing
	}
	if f.Type == Computed {
		return r.eval(f.Compute, place{})
	}
	return valueDatum(f, r.a[f.ID], part)
}

// valueDatum turns a stored answer into what expressions work with.
func valueDatum(f *Field, v Value, part string) datum {
	if !f.holds(v) {
		return missing
	}
	switch f.Type {
	case Text, LongText, Choice, Email, Phone, IBAN, Plate:
		return datum{k: kText, s: v.Text}
	case Number:
		return datum{k: kNumber, n: v.Int}
	case Amount:
		return datum{k: kMoney, n: v.Int}
	case Date:
		day, err := time.Parse(time.DateOnly, v.Text)
		if err != nil { // a date with unknown parts cannot be compared
			return missing
		}
		return datum{k: kDate, n: dayNumber(day)}
	case Choices:
		return datum{k: kList, l: v.Codes}
	case YesNo, Consent:
		return boolean(v.Bool)
	case FileUpload:
		return datum{k: kNumber, n: int64(len(v.Files)) * 1000}
	case AddressType:
		return addressDatum(v.Address, part)
	}
	return missing
}

func addressDatum(a *Address, part string) datum {
	if a == nil {
		return missing
	}
	var s string
	switch part {
	case "strasse":
		s = a.Street
	case "hausnummer":
		s = a.Number
	case "zusatz":
		s = a.Extra
	case "plz":
		s = a.PLZ
	case "ort":
		s = a.Place
	case "ags":
		s = a.AGS
	case "ars":
		s = a.ARS
	case "land":
		if s = a.Country; s == "" {
			s = "Deutschland"
		}
	}
	if s == "" {
		return missing
	}
	return datum{k: kText, s: s}
}
