package forms

// Section is one block of the check page, the PDF and the delivery.
type Section struct {
	Page  string // id of the page, for ordinary steps
	Title string
	Rows  []Row
}

// Row is one answer as people read it.
type Row struct {
	Page     string // where to change it; "" = worked out, cannot be changed
	Field    string // id; of a group "group.field"
	Input    string // html id on that page
	Label    string
	Text     []string // lines; an optional question that was left empty says NotGiven
	Files    []File
	Register string
	Given    bool
}

// Summary shows the answers for checking them, for the PDF and for delivery. What a condition hides is not in it. A
// declaration that was confirmed is the last section, its Page is CheckPage.
func (d *Definition) Summary(a Answers, e Env) []Section {
	return d.Look(a, e).Summary()
}

func (r *run) summary(pages []Page) []Section {
	a := r.a
	var out []Section
	add := func(s Section) {
		if len(s.Rows) > 0 {
			out = append(out, s)
		}
	}
	for _, p := range pages {
		switch p.Kind {
		case PageQuestions:
			s := Section{Page: p.ID, Title: p.Title}
			for i := range p.step.Fields {
				if f := &p.step.Fields[i]; r.fieldShown(f) {
					s.Rows = r.row(s.Rows, p.ID, f, a, place{}, "")
				}
			}
			add(s)
		case PageCheck: // once it is given; the page that asks for it shows it itself
			s := Section{Page: p.ID, Title: "Erklärung"}
			for i := range p.step.Fields {
				if f := &p.step.Fields[i]; f.holds(a[f.ID]) {
					s.Rows = r.row(s.Rows, p.ID, f, a, place{}, "")
				}
			}
			add(s)
		case PageOverview:
			for _, s := range r.entrySections(&p, a) {
				add(s)
			}
		}
	}
	return out
}

func (r *run) entrySections(p *Page, a Answers) []Section {
	v := a[p.group.ID]
	if len(v.Entries) == 0 {
		return []Section{{Page: p.ID, Title: p.Title, Rows: []Row{{Page: p.ID, Field: p.group.ID, Input: AddInput, Label: p.group.Label, Text: []string{NotGiven}}}}}
	}
	var out []Section
	for i, entry := range v.Entries {
		at := r.entryPlace(p.group, entry.Answers)
		shown := (&entryRun{r: r, a: entry.Answers, shown: map[*Field]tri{}}).fieldShown
		s := Section{Page: p.ID, Title: r.entryTitle(p.group, i)}
		for _, q := range r.entryPages(p.step, p.group, entry) {
			from, to := p.group.part(q.part)
			for k := from; k < to; k++ {
				if f := &p.group.Fields[k]; shown(f) {
					s.Rows = r.row(s.Rows, q.ID, f, entry.Answers, at, p.group.ID+".")
				}
			}
		}
		out = append(out, s)
	}
	return out
}

func (r *run) row(rows []Row, page string, f *Field, a Answers, at place, prefix string) []Row {
	if f.Type == Information || f.Type == Group || f.Internal {
		return rows
	}
	v := a[f.ID]
	row := Row{Page: page, Field: prefix + f.ID, Label: r.expand(f.Label, at), Text: r.show(f, v, at), Register: f.Register, Given: f.holds(v)}
	if names := f.names(); len(names) > 0 {
		row.Input = names[0]
	}
	if f.Type == Computed {
		row.Page, row.Given = "", true
	}
	if f.Type == FileUpload && row.Given {
		row.Files = v.Files
	}
	return append(rows, row)
}
