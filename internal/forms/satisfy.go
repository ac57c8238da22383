package forms

import "slices"

// maxBranches bounds how many alternatives of a condition are looked at; beyond it a condition counts as possible.
const maxBranches = 64

// atom is one comparison of a condition that must hold together with its neighbours.
type atom struct {
	x      *Expr
	negate bool
}

// possible reports whether conditions can all be true at once, going by what they say about single fields: the options
// a choice may have, yes or no, and the range of numbers, amounts and days. It errs towards possible.
func possible(conditions []*Expr) bool {
	branches := [][]atom{nil}
	for _, c := range conditions {
		if c == nil {
			continue
		}
		var next [][]atom
		for _, own := range alternatives(c, false) {
			for _, b := range branches {
				if next = append(next, slices.Concat(b, own)); len(next) > maxBranches {
					return true
				}
			}
		}
		branches = next
	}
	return slices.ContainsFunc(branches, consistent)
}

// alternatives is the disjunctive form of x.
func alternatives(x *Expr, negate bool) [][]atom {
	switch {
	case x.op == "not":
		return alternatives(x.args[0], !negate)
	case x.op == "and" && !negate, x.op == "or" && negate:
		out := [][]atom{nil}
		for _, a := range x.args {
			var next [][]atom
			for _, own := range alternatives(a, negate) {
				for _, b := range out {
					next = append(next, slices.Concat(b, own))
				}
			}
			if out = next; len(out) > maxBranches {
				return [][]atom{nil}
			}
		}
		return out
	case x.op == "or", x.op == "and":
		var out [][]atom
		for _, a := range x.args {
			out = append(out, alternatives(a, negate)...)
		}
		if len(out) > maxBranches {
			return [][]atom{nil}
		}
		return out
	}
	return [][]atom{{{x, negate}}}
}

// domain is what is still allowed for one field.
type domain struct {
	only      []string // nil = any text
	not       []string
	low, high int64
	filled    bool
	blank     bool
}

func consistent(atoms []atom) bool {
	domains := map[string]*domain{}
	for _, a := range atoms {
		if a.x.op == "lit" {
			if a.x.lit.isTrue() == a.negate {
				return false
			}
			continue
		}
		name, narrow := constraint(a)
		if narrow == nil {
			continue
		}
		d := domains[name]
		if d == nil {
			d = &domain{low: -maxNumber, high: maxNumber}
			domains[name] = d
		}
		if narrow(d); d.impossible() {
			return false
		}
	}
	return true
}

func (d *domain) impossible() bool {
	if d.low > d.high || d.blank && d.filled {
		return true
	}
	return d.only != nil && !slices.ContainsFunc(d.only, func(s string) bool { return !slices.Contains(d.not, s) })
}

// constraint says which field an atom speaks of and how it narrows what the field may be; nil if it is not that simple.
func constraint(a atom) (string, func(*domain)) {
	x := a.x
	key := func(n *Expr) string { return n.op + ":" + n.name }
	ref := func(n *Expr) bool { return n.op == "field" || n.op == "entry" || n.op == "param" || n.op == "today" }
	if ref(x) { // a yes/no on its own
		want := int64(1)
		if a.negate {
			want = 0
		}
		return key(x), func(d *domain) { d.filled = true; d.low, d.high = max(d.low, want), min(d.high, want) }
	}
	if x.op == "empty" && ref(x.args[0]) {
		return key(x.args[0]), func(d *domain) { d.blank, d.filled = d.blank || !a.negate, d.filled || a.negate }
	}
	if len(x.args) != 2 || x.args[0] == nil || !ref(x.args[0]) || x.args[1] == nil || x.args[1].op != "lit" {
		return "", nil
	}
	op, lit := x.op, x.args[1].lit
	if a.negate {
		if op == "in" {
			return key(x.args[0]), func(d *domain) { d.filled = true; d.not = append(d.not, lit.l...) }
		}
		op = opposite[op]
	}
	return key(x.args[0]), func(d *domain) {
		d.filled = true
		switch {
		case op == "in":
			d.keep(lit.l)
		case lit.k == kText && op == "eq":
			d.keep([]string{lit.s})
		case lit.k == kText && op == "ne":
			d.not = append(d.not, lit.s)
		case op == "eq":
			d.low, d.high = max(d.low, lit.n), min(d.high, lit.n)
		case op == "ne" && lit.k == kBool:
			d.low, d.high = max(d.low, 1-lit.n), min(d.high, 1-lit.n)
		case op == "lt":
			d.high = min(d.high, lit.n-1)
		case op == "le":
			d.high = min(d.high, lit.n)
		case op == "gt":
			d.low = max(d.low, lit.n+1)
		case op == "ge":
			d.low = max(d.low, lit.n)
		}
	}
}

func (d *domain) keep(codes []string) {
	if d.only == nil {
		d.only = slices.Clone(codes)
		return
	}
	d.only = slices.DeleteFunc(d.only, func(s string) bool { return !slices.Contains(codes, s) })
	if d.only == nil {
		d.only = []string{}
	}
}
