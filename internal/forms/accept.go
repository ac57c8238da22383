package forms

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Inputs of the overview of a repeat group.
const (
	AddInput    = "weitere"   // "ja": another entry, "nein": that was all
	RemoveInput = "entfernen" // key of the entry to remove
)

// Accept takes what one page sent. It returns the answers with that page taken in and the problems to show; a is not
// changed. What could not be taken is kept as typed, so that the page, shown again from the returned answers, is
// filled: save them even when there are problems. Names that begin with "_" belong to the door and are not looked at;
// any other unknown name refuses the whole page. Whether the person has come this far is Page.Reachable. files are uploads that are already stored, by the id of their field.
func (d *Definition) Accept(page string, in url.Values, files map[string][]File, a Answers, e Env) (Answers, []Problem) {
	return d.Look(a, e).Accept(page, in, files)
}

func (d *Definition) accept(p Page, in url.Values, files map[string][]File, a Answers, e Env) (Answers, []Problem) {
	if !p.knows(in, files) {
		return a, []Problem{{Page: p.ID, Code: "input-unknown", Text: messages["input-unknown"]}}
	}
	out := a.clone()
	if p.ID != CheckPage {
		delete(out, DeclarationField) // it was given for other answers
	}
	switch p.Kind {
	case PageExit:
		return a, nil
	case PageOverview:
		return out, d.acceptOverview(&p, in, out, e)
	case PageEntry:
		return out, d.acceptEntry(&p, in, files, out, e)
	}
	t := taking{d: d, e: e, page: p.ID, in: in, files: files, root: out, into: out}
	return out, t.fields(p.step.Fields)
}

// knows reports whether every name that was sent belongs to the page.
func (p *Page) knows(in url.Values, files map[string][]File) bool {
	known := map[string]bool{}
	if p.Kind == PageOverview {
		known[AddInput], known[RemoveInput] = true, true
	}
	uploads := map[string]bool{}
	for _, f := range p.Fields {
		for _, n := range f.Field.names() {
			known[n] = true
		}
		uploads[f.Field.ID] = f.Field.Type == FileUpload
	}
	for name := range in {
		if !known[name] && !strings.HasPrefix(name, "_") {
			return false
		}
	}
	for name := range files {
		if !uploads[name] {
			return false
		}
	}
	return true
}

// taking is one page being taken in. into are the answers that the fields belong to: root, or one entry of it.
type taking struct {
	d     *Definition
	e     Env
	page  string
	in    url.Values
	files map[string][]File
	root  Answers
	into  Answers
	group *Field
}

// look works out conditions from the answers so far; an answer on a page may show a question further down.
func (t *taking) look() (*run, place, func(*Field) bool) {
	r := newRun(t.d, t.root, t.e)
	if t.group == nil {
		return r, place{}, r.fieldShown
	}
	own := &entryRun{r: r, a: t.into, shown: map[*Field]tri{}}
	return r, place{entry: own.datum, group: t.group}, own.fieldShown
}

func (t *taking) fields(list []Field) []Problem {
	faults := make([][]*fault, len(list))
	for i := range list {
		f := &list[i]
		r, at, shown := t.look()
		if f.Internal || f.Type == Group || !shown(f) {
			continue
		}
		if !f.asks() {
			t.into[f.ID] = Value{Type: f.Type, Skipped: true}
			continue
		}
		v, x := t.take(f, r)
		if t.group == nil {
			if proved, ok := r.proved(f); ok {
				v, x = proved, nil // whatever was sent
			}
		}
		t.into[f.ID] = v
		if x == nil {
			faults[i] = r.validate(f, v, at)
		} else {
			faults[i] = []*fault{x}
		}
		if v.Type != FileUpload && !v.Skipped && slices.ContainsFunc(faults[i], func(x *fault) bool { return !x.warn }) {
			t.into[f.ID] = Value{Type: f.Type, Raw: t.raw(f)}
		}
	}
	var problems []Problem
	r, at, shown := t.look()
	for i := range list {
		f := &list[i]
		if f.Type == Group || f.Internal || !shown(f) || !f.asks() {
			continue
		}
		for _, x := range slices.Concat(faults[i], r.rules(f, t.into[f.ID], at)) {
			problems = append(problems, r.problem(t.page, f, x, at))
		}
	}
	return problems
}

// take reads one field. Twice the same name for a single answer is refused: which one was meant?
func (t *taking) take(f *Field, r *run) (Value, *fault) {
	for _, name := range f.names() {
		if len(t.in[name]) > 1 && !f.manyValues(name) {
			return Value{}, &fault{code: "several", part: strings.TrimPrefix(name, f.ID)}
		}
		for _, s := range t.in[name] {
			if len(s) > maxRawBytes {
				return Value{}, &fault{code: "too-large", part: strings.TrimPrefix(name, f.ID)}
			}
			if !utf8.ValidString(s) {
				return Value{}, &fault{code: "utf8", part: strings.TrimPrefix(name, f.ID)}
			}
		}
	}
	in := input{f: f, in: t.in, files: t.files[f.ID], old: t.into[f.ID], r: r}
	v, x := in.normalise()
	if x == nil && v.Type == "" {
		v = Value{Type: f.Type, Skipped: true}
	}
	return v, x
}

// rawSeparator stands between the ticks of a many-choice that was refused.
const rawSeparator = "\n"

// raw keeps what was typed for showing it again. Broken bytes become U+FFFD there, which is no answer, only a sign of
// where to look; what is far too long is not kept.
func (t *taking) raw(f *Field) map[string]string {
	raw := map[string]string{f.ID: ""} // never empty: an empty one would look like an answer
	for _, name := range f.names() {
		s := t.in.Get(name)
		if f.Type == Choices {
			s = strings.Join(t.in[name][:min(len(t.in[name]), 100)], rawSeparator)
		}
		if s != "" && len(s) <= keepRawBytes {
			raw[name] = strings.ToValidUTF8(s, "\uFFFD")
		}
	}
	return raw
}

func (r *run) problem(page string, f *Field, x *fault, at place) Problem {
	input := f.ID + x.part
	if x.part == "" {
		if names := f.names(); len(names) > 0 {
			input = names[0]
		}
	}
	return Problem{Page: page, Field: f.ID, Input: input, Code: x.code, Text: x.say(f, r.expand(f.Label, at)), Warn: x.warn}
}

// acceptEntry takes one page of one entry; the first page of a new key makes the entry.
func (d *Definition) acceptEntry(p *Page, in url.Values, files map[string][]File, out Answers, e Env) []Problem {
	group := p.group
	v := out[group.ID]
	v.Type = Group
	i, ok := v.entry(p.Key)
	if !ok {
		v.Entries = append(v.Entries, Entry{Key: p.Key, Answers: Answers{}})
		v.Next, v.Closed = p.Key, false
		i = len(v.Entries) - 1
	}
	out[group.ID] = v
	t := taking{d: d, e: e, page: p.ID, in: in, files: files, root: out, into: v.Entries[i].Answers, group: group}
	from, to := group.part(p.part)
	return t.fields(group.Fields[from:to])
}

// part is the range of fields on one page of an entry.
func (f *Field) part(n int) (from, to int) {
	part := 0
	for i := range f.Fields {
		if f.Fields[i].Break != "" && i > from {
			if part == n {
				return from, i
			}
			part, from = part+1, i
		}
	}
	return from, len(f.Fields)
}

// acceptOverview removes an entry, or takes the answer whether there is another one.
func (d *Definition) acceptOverview(p *Page, in url.Values, out Answers, e Env) []Problem {
	group := p.group
	v := out[group.ID]
	v.Type = Group
	wrong := func(code string, vars ...string) []Problem {
		x := &fault{code: code, vars: vars}
		return []Problem{{Page: p.ID, Field: group.ID, Input: AddInput, Code: code, Text: x.say(group, group.Label)}}
	}
	if key := in.Get(RemoveInput); key != "" {
		n, err := strconv.Atoi(key)
		i, ok := v.entry(n)
		if err != nil || !ok {
			return wrong("group-removed")
		}
		v.Entries = slices.Delete(v.Entries, i, i+1)
		v.Closed = false
		out[group.ID] = v
		return nil
	}
	switch more := in.Get(AddInput); {
	case more == "ja" && !p.CanAdd:
		return wrong("group-many", "{max}", strconv.Itoa(group.MaxEntries))
	case more == "ja":
		v.Closed = false
	case more == "nein" || more == "" && !p.CanAdd:
		v.Closed = true
	default:
		return wrong("group-more")
	}
	out[group.ID] = v
	if in.Get(AddInput) == "ja" {
		return nil
	}
	r := newRun(d, out, e)
	return r.groupProblems(p, v)
}

// groupProblems says what is wrong with a repeat group as a whole.
func (r *run) groupProblems(p *Page, v Value) []Problem {
	group := p.group
	var out []Problem
	add := func(code string, vars ...string) {
		x := &fault{code: code, vars: vars}
		out = append(out, Problem{Page: p.ID, Field: group.ID, Input: AddInput, Code: code, Text: x.say(group, group.Label)})
	}
	switch n := len(v.Entries); {
	case n < group.MinEntries:
		add("group-few", "{min}", strconv.Itoa(group.MinEntries))
	case n > group.MaxEntries:
		add("group-many", "{max}", strconv.Itoa(group.MaxEntries))
	}
	for _, line := range p.Entries {
		if line.State != Done {
			add("group-entry", "{entry}", line.Title)
		}
	}
	return out
}
