package forms

import (
	"slices"
	"time"
)

// option finds a fixed option by its code, nil if there is none.
func (f *Field) option(code string) *Option {
	for i := range f.Options {
		if f.Options[i].Code == code {
			return &f.Options[i]
		}
	}
	return nil
}

// options are what can be chosen now: the fixed ones, then those from the tenant's parameter.
func (r *run) options(f *Field) []Option {
	if f.OptionsFrom == nil {
		return f.Options
	}
	p := r.d.params[f.OptionsFrom.Param]
	out := slices.Clone(f.Options)
	if p.Type == "dates" {
		for _, iso := range r.paramDatum(p).l {
			day, err := time.Parse(time.DateOnly, iso)
			if err != nil || !r.keeps(f, func(*Expr) datum { return datum{k: kDate, n: dayNumber(day)} }) {
				continue
			}
			out = append(out, Option{Code: iso, Label: formatWeekday(day)})
		}
		return out
	}
	for _, w := range r.rows(p) {
		column := func(x *Expr) datum {
			switch x.name {
			case "code":
				return datum{k: kText, s: w.code}
			case "label":
				return datum{k: kText, s: w.label}
			}
			return w.values[x.name]
		}
		if !r.keeps(f, column) {
			continue
		}
		out = append(out, Option{Code: w.code, Label: w.label, Hint: w.values["hint"].s})
	}
	return out
}

func (r *run) keeps(f *Field, entry func(*Expr) datum) bool {
	w := f.OptionsFrom.Where
	return w == nil || r.eval(w, place{entry: entry}).isTrue()
}

// optionLabel is the text of a code, the code itself if the option is gone.
func (r *run) optionLabel(f *Field, code string) string {
	for _, o := range r.options(f) {
		if o.Code == code {
			return o.Label
		}
	}
	if day, err := time.Parse(time.DateOnly, code); err == nil && f.OptionsFrom != nil {
		return formatWeekday(day)
	}
	return code
}
