package forms

import (
	"slices"
	"strings"
)

// Check looks at the whole form once more, as it is about to be sent: every page that applies, every rule, the
// deadline, the declaration. It trusts nothing that a page was told before. Without a blocking problem (Blocks) the
// form is complete.
func (d *Definition) Check(a Answers, e Env) []Problem {
	return d.Look(a, e).Check()
}

func (r *run) check(pages []Page) []Problem {
	var out []Problem
	for _, p := range pages {
		out = append(out, r.checkPage(&p)...)
	}
	if late := r.deadline(); late != "" {
		out = append(out, Problem{Page: CheckPage, Code: "deadline", Text: late})
	}
	if len(r.d.Fees) > 0 && !Blocks(out) {
		if _, _, err := r.fee(); err != nil {
			out = append(out, Problem{Page: CheckPage, Code: "fee", Text: messages["fee"]})
		}
	}
	return out
}

// Final is what is sent, kept and delivered: the answers without those that a condition hides, without what was
// refused, and without the marks of pages seen. Check it first.
func (d *Definition) Final(a Answers, e Env) Answers {
	return d.Look(a, e).Final()
}

func (r *run) final(pages []Page) Answers {
	a, out := r.a, Answers{}
	keep := func(into Answers, f *Field, v Value) {
		if f.asks() && f.holds(v) {
			into[f.ID] = v
		}
	}
	for _, p := range pages {
		switch p.Kind {
		case PageOverview:
			v := a[p.group.ID]
			kept := Value{Type: Group, Next: v.Next, Closed: v.Closed}
			for _, entry := range v.Entries {
				own := Answers{}
				shown := (&entryRun{r: r, a: entry.Answers, shown: map[*Field]tri{}}).fieldShown
				for i := range p.group.Fields {
					if f := &p.group.Fields[i]; shown(f) {
						keep(own, f, entry.Answers[f.ID])
					}
				}
				kept.Entries = append(kept.Entries, Entry{entry.Key, own})
			}
			out[p.group.ID] = kept
		case PageQuestions, PageCheck:
			for _, f := range p.Fields {
				if f.Shown {
					keep(out, f.Field, a[f.Field.ID])
				}
			}
		}
	}
	return out
}

// checkPage gives every problem of one page.
func (r *run) checkPage(p *Page) []Problem {
	switch p.Kind {
	case PageExit:
		x := &fault{code: "exit"}
		return []Problem{{Page: p.ID, Code: x.code, Text: x.say(nil, p.Title)}}
	case PageOverview:
		v := r.a[p.group.ID]
		out := r.groupProblems(p, v)
		// entries have their own pages and problems
		out = slices.DeleteFunc(out, func(q Problem) bool { return q.Code == "group-entry" })
		if len(out) == 0 && p.State == Open && !slices.ContainsFunc(p.Entries, func(l EntryLine) bool { return l.State != Done }) {
			x := &fault{code: "open"}
			out = append(out, Problem{Page: p.ID, Field: p.group.ID, Input: AddInput, Code: x.code, Text: x.say(nil, p.Title)})
		}
		return out
	}
	a, at := r.a, place{}
	if p.Kind == PageEntry {
		a = Answers{}
		if i, ok := r.a[p.group.ID].entry(p.Key); ok {
			a = r.a[p.group.ID].Entries[i].Answers
		}
		at = r.entryPlace(p.group, a)
	}
	var out []Problem
	for _, pf := range p.Fields {
		f := pf.Field
		if !pf.Shown {
			continue
		}
		v, seen := a[f.ID]
		if !f.asks() {
			if !seen && len(p.Fields) == 1 {
				x := &fault{code: "open"}
				out = append(out, Problem{Page: p.ID, Field: f.ID, Input: f.ID, Code: x.code, Text: x.say(nil, p.Title)})
			}
			continue
		}
		for _, x := range r.faults(f, v, seen, at) {
			out = append(out, r.problem(p.ID, f, x, at))
		}
	}
	return out
}

// faults of a stored answer: of one that was refused, the reason is worked out again from what was typed.
func (r *run) faults(f *Field, v Value, seen bool, at place) []*fault {
	if len(v.Raw) > 0 {
		in := map[string][]string{}
		for name, s := range v.Raw {
			if in[name] = []string{s}; f.Type == Choices {
				in[name] = strings.Split(s, rawSeparator)
			}
		}
		p := input{f: f, in: in, r: r}
		again, x := p.normalise()
		if x != nil {
			return []*fault{x}
		}
		if list := r.validate(f, again, at); len(list) > 0 {
			return list
		}
		return []*fault{{code: requiredCode(f)}} // what stood against it is gone, but the person has to send it again
	}
	if !seen && f.Optional {
		return []*fault{{code: "open"}}
	}
	return slices.Concat(r.validate(f, v, at), r.rules(f, v, at))
}

// deadline is the text that says why today is too early or too late, "" if it is neither.
func (r *run) deadline() string {
	l := r.d.Deadline
	if l == nil || r.e.Today.IsZero() {
		return ""
	}
	today := dayNumber(r.e.Today)
	if l.First != nil {
		if first := r.eval(l.First, place{}); first.k == kDate && today < first.n {
			return r.expand(l.Early, place{})
		}
	}
	if l.Last != nil {
		if last := r.eval(l.Last, place{}); last.k == kDate && today > last.n {
			return r.expand(l.Late, place{})
		}
	}
	return ""
}

// DeadlineText says until when the form can be sent, with its placeholders filled in; "" if there is no deadline.
func (d *Definition) DeadlineText(a Answers, e Env) string {
	if d.Deadline == nil {
		return ""
	}
	return newRun(d, a, e).expand(d.Deadline.Text, place{})
}
