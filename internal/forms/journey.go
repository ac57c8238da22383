package forms

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// PageKind says how a page is laid out.
type PageKind string

// The kinds of pages.
const (
	PageQuestions PageKind = "questions" // the fields of a step
	PageEntry     PageKind = "entry"     // fields of one entry of a repeat group
	PageOverview  PageKind = "overview"  // the entries so far, and whether there is another
	PageExit      PageKind = "exit"      // says why not and what instead; nothing follows
	PageCheck     PageKind = "check"     // check your answers, declaration, send
)

// CheckPage is the id of the last page of every journey.
const CheckPage = "pruefen"

// DeclarationField is the id under which the confirmed declaration stands among the answers.
const DeclarationField = "erklaerung"

// State of a page, worked out anew from the answers on each request.
type State string

// The states of a page.
const (
	Open  State = "open"  // something is missing
	Done  State = "done"  // every question that applies has an allowed answer
	Wrong State = "wrong" // an answer is not allowed (any more)
)

// Page is one page of the journey with everything that showing it needs; texts have their placeholders filled in.
type Page struct {
	ID        string // step id, or step/key and step/key/part inside of a repeat group; safe in a URL path
	Kind      PageKind
	Title     string
	Hint      string
	Why       string
	State     State
	Reachable bool // every page before it is done; the first page that is not done is where a person goes on
	Key       int  // entry: key of the entry
	Fields    []PageField
	Entries   []EntryLine // overview
	CanAdd    bool        // overview: there is room for another entry
	EntryName string      // overview and entry: "Hund"
	AddLabel  string      // overview: the question whether there is another

	step  *Step
	group *Field
	part  int
}

// EntryLine is one entry on the overview of a repeat group.
type EntryLine struct {
	Key   int
	Page  string // to change it
	Title string
	State State
}

// Journey lists the pages that apply to these answers, in order, with the state of each. The check page is last, unless
// an exit page ends the journey before.
func (d *Definition) Journey(a Answers, e Env) []Page {
	return newRun(d, a, e).journey()
}

// Page finds one page of the journey. Besides those that Journey lists it knows the page of the next new entry of a
// repeat group. ok is false if the page does not apply (any more).
func (d *Definition) Page(id string, a Answers, e Env) (Page, bool) { return d.Look(a, e).Page(id) }

func (r *run) page(id string, pages []Page) (Page, bool) {
	if i := slices.IndexFunc(pages, func(p Page) bool { return p.ID == id }); i >= 0 {
		return pages[i], true
	}
	for i := range pages {
		if p := &pages[i]; p.Kind == PageOverview && p.CanAdd && strings.HasPrefix(id, p.ID+"/") {
			for _, q := range r.entryPages(p.step, p.group, Entry{Key: r.nextKey(p.group)}) {
				if q.ID == id {
					q.Reachable = p.Reachable
					return q, true
				}
			}
		}
	}
	return Page{}, false
}

// Follow is the page to show after in was accepted on page without blocking problems: a new entry if the person asked
// for one, the overview after the last page of an entry, else the first open page after it, else the first open page at
// all, and when nothing is open the check page, so that a correction leads straight back to it.
func (d *Definition) Follow(page string, in url.Values, a Answers, e Env) string {
	return d.Look(a, e).Follow(page, in)
}

func (r *run) follow(page string, in url.Values, pages []Page) string {
	at := slices.IndexFunc(pages, func(p Page) bool { return p.ID == page })
	var now Page
	if at >= 0 {
		now = pages[at]
	}
	if now.Kind == PageOverview {
		switch {
		case in.Get(RemoveInput) != "":
			return now.ID
		case in.Get(AddInput) == "ja" && now.CanAdd:
			return now.ID + "/" + strconv.Itoa(r.nextKey(now.group))
		}
	}
	if now.Kind == PageEntry {
		for _, p := range pages[at+1:] {
			if p.step == now.step && (p.Kind == PageOverview || p.Key == now.Key) {
				return p.ID
			}
		}
	}
	for _, p := range slices.Concat(pages[at+1:], pages[:max(at, 0)]) {
		if p.State != Done && p.Kind != PageCheck {
			return p.ID
		}
	}
	return pages[len(pages)-1].ID
}

// nextKey is the key of the next new entry.
func (r *run) nextKey(group *Field) int { return r.a[group.ID].Next + 1 }

func (r *run) journey() []Page {
	var pages []Page
	for i := range r.d.Steps {
		s := &r.d.Steps[i]
		if !r.stepShown(s) {
			continue
		}
		if group := s.repeat(); group != nil && r.fieldShown(group) {
			pages = append(pages, r.groupPages(s, group)...)
			continue
		}
		p := r.stepPage(s)
		if p.Kind == PageQuestions && len(p.Fields) == 0 {
			continue // every field is hidden by a condition
		}
		pages = append(pages, p)
		if s.Exit {
			break
		}
	}
	if n := len(pages); n == 0 || pages[n-1].Kind != PageExit {
		check := r.stepPage(&r.d.check)
		check.Kind = PageCheck
		pages = append(pages, check)
	}
	reachable := true
	for i := range pages {
		pages[i].Reachable = reachable
		reachable = reachable && pages[i].State == Done
	}
	return pages
}

func (r *run) stepPage(s *Step) Page {
	p := Page{ID: s.ID, Kind: PageQuestions, Title: r.expand(s.Title, place{}), Hint: r.expand(s.Hint, place{}), Why: s.Why, step: s}
	if s.Exit {
		p.Kind = PageExit
	}
	r.fillPage(&p, s.Fields, r.a, place{}, r.fieldShown)
	if s.Exit {
		p.State = Open
	}
	return p
}

// groupPages are the pages of every entry and then the overview. Below the least number of entries the page of the next
// one is there too, so that a first entry needs no detour.
func (r *run) groupPages(s *Step, group *Field) []Page {
	v := r.a[group.ID]
	var pages []Page
	over := Page{ID: s.ID, Kind: PageOverview, Title: r.expand(s.Title, place{}), Hint: r.expand(s.Hint, place{}), Why: s.Why, State: Done,
		EntryName: group.entryName(), AddLabel: group.AddLabel, CanAdd: len(v.Entries) < group.MaxEntries, step: s, group: group}
	if over.AddLabel == "" {
		over.AddLabel = "Möchten Sie einen weiteren Eintrag hinzufügen?"
	}
	for i, entry := range v.Entries {
		own := r.entryPages(s, group, entry)
		line := EntryLine{Key: entry.Key, Page: own[0].ID, Title: r.entryTitle(group, i), State: Done}
		for _, p := range own {
			if p.State != Done && line.State == Done {
				line.State, line.Page = p.State, p.ID
			}
		}
		if line.State != Done {
			over.State = Open
		}
		over.Entries = append(over.Entries, line)
		pages = append(pages, own...)
	}
	if len(v.Entries) < group.MinEntries {
		pages = append(pages, r.entryPages(s, group, Entry{Key: r.nextKey(group)})...)
	}
	switch {
	case len(v.Entries) > group.MaxEntries:
		over.State = Wrong
	case len(v.Entries) < group.MinEntries, !v.Closed && len(v.Entries) < group.MaxEntries, v.Type != Group:
		over.State = Open
	}
	return append(pages, over)
}

func (f *Field) entryName() string {
	if f.EntryName != "" {
		return f.EntryName
	}
	return "Eintrag"
}

// entryTitle names an entry: "Hund 2: Bello".
func (r *run) entryTitle(group *Field, i int) string {
	entry := r.a[group.ID].Entries[i]
	title := group.entryName() + " " + strconv.Itoa(i+1)
	if own := strings.TrimSpace(r.expand(group.EntryTitle, r.entryPlace(group, entry.Answers))); own != "" && own != placeholderGap {
		title += ": " + own
	}
	return title
}

// entryPages cuts the fields of a group at each Break.
func (r *run) entryPages(s *Step, group *Field, entry Entry) []Page {
	id := s.ID + "/" + strconv.Itoa(entry.Key)
	at := r.entryPlace(group, entry.Answers)
	shown := (&entryRun{r: r, a: entry.Answers, shown: map[*Field]tri{}}).fieldShown
	var pages []Page
	from, title := 0, s.Title
	if i := slices.IndexFunc(r.a[group.ID].Entries, func(e Entry) bool { return e.Key == entry.Key }); i >= 0 {
		title = r.entryTitle(group, i)
	} else {
		title = group.entryName() + " " + strconv.Itoa(len(r.a[group.ID].Entries)+1)
	}
	cut := func(to, part int, head string) {
		p := Page{ID: id, Kind: PageEntry, Title: title, Key: entry.Key, EntryName: group.entryName(), step: s, group: group, part: part}
		if part > 0 {
			p.ID += "/" + strconv.Itoa(part+1)
		}
		if head != "" {
			p.Title += ": " + r.expand(head, at)
			if part > 0 {
				p.Title = r.expand(head, at)
			}
		}
		r.fillPage(&p, group.Fields[from:to], entry.Answers, at, shown)
		if len(p.Fields) > 0 {
			pages = append(pages, p)
		}
	}
	part, head := 0, ""
	for i := range group.Fields {
		if group.Fields[i].Break != "" && i > from {
			cut(i, part, head)
			from, part = i, part+1
		}
		if group.Fields[i].Break != "" {
			head = group.Fields[i].Break
		}
	}
	cut(len(group.Fields), part, head)
	return pages
}

// fillPage puts the fields on a page and works out its state.
func (r *run) fillPage(p *Page, fields []Field, a Answers, at place, shown func(*Field) bool) {
	p.State = Done
	for i := range fields {
		f := &fields[i]
		if f.Type == Group || f.Internal {
			continue
		}
		visible := shown(f)
		if !visible && !dependsOn(f.When, fields) {
			continue
		}
		p.Fields = append(p.Fields, r.pageField(f, a[f.ID], at, visible))
		if visible && p.State != Wrong {
			if s := r.fieldState(f, a, at); s != Done {
				p.State = s
			}
		}
	}
}

// dependsOn reports whether a condition reads one of the fields of the same page: then the field is on the page but
// hidden, so that a script can show it at once and a page without script shows it after sending.
func dependsOn(when *Expr, fields []Field) bool {
	found := false
	when.walk(func(x *Expr) {
		for i := range fields {
			found = found || x.field == &fields[i]
		}
	})
	return found
}

func (r *run) fieldState(f *Field, a Answers, at place) State {
	v, ok := a[f.ID]
	switch {
	case !ok:
		return Open
	case !f.asks():
		return Done
	case len(v.Raw) > 0:
		return Wrong
	}
	for _, x := range slices.Concat(r.validate(f, v, at), r.rules(f, v, at)) {
		if !x.warn {
			return Wrong
		}
	}
	return Done
}

// rules are the checks of a field that span other fields. They wait until the field itself has an answer.
func (r *run) rules(f *Field, v Value, at place) []*fault {
	if !f.holds(v) {
		return nil
	}
	var out []*fault
	for i := range f.Rules {
		if rule := &f.Rules[i]; r.eval(rule.Assert, at).isFalse() {
			out = append(out, &fault{code: rule.Code, text: r.expand(rule.Text, at), warn: rule.Warn})
		}
	}
	return out
}
