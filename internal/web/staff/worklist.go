package staff

import (
	"net/http"
	"net/url"
	"strconv"

	"stadttor/internal/cases"
	"stadttor/internal/catalogue"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// worklistPage is one page of cases with its filters.
type worklistPage struct {
	Told  string
	Table ui.Table
	Pager ui.Pager
}

// states are those that a worklist can be narrowed to.
var states = []cases.State{cases.StateSubmitted, cases.StateInReview, cases.StateQuestion, cases.StateApproved, cases.StatePartly, cases.StateRejected, cases.StateWithdrawn, cases.StateClosed}

// worklist serves GET /verwaltung/faelle.
func (s *Server) worklist(w http.ResponseWriter, r *http.Request) error {
	v, actor := ui.VisitOf(r), ui.Staff(r)
	q := r.URL.Query()
	f := filter(q)
	list, err := s.c.Cases.Worklist(r.Context(), actor, f)
	if err != nil {
		return err
	}
	names, err := s.c.Accounts.Names(r.Context(), actor)
	if err != nil {
		return err
	}
	published, err := s.c.Catalogue.Published(r.Context(), v.Door.Tenant.ID)
	if err != nil {
		return err
	}
	page := office.Page(r, "staff.worklist.title", office.NavCases)
	p := worklistPage{Told: office.Told(r, page, "staff.done."), Table: s.worklistTable(page, v.Door, actor, f, list, names, published)}
	p.Pager = ui.Pager{Page: list.Page, Pages: list.Pages, Label: page.T("staff.worklist.pages"), URL: func(n int) string {
		x := url.Values{}
		for _, name := range []string{"q", "zustand", "stelle", "wer", "formular", "dringend"} {
			if q.Get(name) != "" {
				x.Set(name, q.Get(name))
			}
		}
		x.Set("seite", strconv.Itoa(n))
		return "/verwaltung/faelle?" + x.Encode()
	}}
	return ui.Render(w, r, http.StatusOK, worklistView(page, p))
}

// filter reads the address; what it does not know counts as not said.
func filter(q url.Values) cases.Filter {
	n, _ := strconv.Atoi(q.Get("seite"))
	f := cases.Filter{Text: ui.Typed(q.Get("q"), 40), Page: min(max(n, 1), 1_000_000)}
	for _, st := range states {
		if string(st) == q.Get("zustand") {
			f.State = st
		}
	}
	if u := ident.UnitID(q.Get("stelle")); ident.Valid(u) {
		f.Unit = u
	}
	if form := q.Get("formular"); ident.Slug(form) {
		f.Form = form
	}
	switch q.Get("wer") {
	case "ich":
		f.Mine = true
	case "frei":
		f.Unclaimed = true
	}
	switch q.Get("dringend") {
	case "frist":
		f.Overdue = true
	case "aufgabe":
		f.Tasks = true
	}
	return f
}

func (s *Server) worklistTable(page ui.Page, door tenancy.Door, actor perm.Staff, f cases.Filter, list cases.Worklist, names map[ident.StaffID]pii.Text, published *catalogue.View) ui.Table {
	p := page.Printer()
	t := ui.Table{ID: "liste", FilterURL: "/verwaltung/faelle", QueryLabel: p.T("staff.worklist.number"), Query: f.Text,
		Caption: p.T("staff.worklist.count", "n", list.Total), Empty: p.T("staff.worklist.empty"),
		Columns: []ui.Column{{Title: p.T("staff.col.case")}, {Title: p.T("staff.col.form")}, {Title: p.T("staff.col.state")}, {Title: p.T("staff.col.unit")}, {Title: p.T("staff.col.holder")}, {Title: p.T("staff.col.received")}, {Title: p.T("staff.col.due")}}}
	all := ui.Option{Label: p.T("staff.worklist.all")}

	state := ui.Filter{Name: "zustand", Label: p.T("staff.col.state"), Value: string(f.State), Options: []ui.Option{{Label: p.T("staff.worklist.notclosed")}}}
	for _, st := range states {
		state.Options = append(state.Options, ui.Option{Value: string(st), Label: st.German()})
	}
	who := ui.Filter{Name: "wer", Label: p.T("staff.col.holder"), Options: []ui.Option{all, {Value: "ich", Label: p.T("staff.worklist.mine")}, {Value: "frei", Label: p.T("staff.worklist.free")}}}
	switch {
	case f.Mine:
		who.Value = "ich"
	case f.Unclaimed:
		who.Value = "frei"
	}
	urgent := ui.Filter{Name: "dringend", Label: p.T("staff.worklist.urgent"), Options: []ui.Option{all, {Value: "frist", Label: p.T("staff.worklist.overdue")}, {Value: "aufgabe", Label: p.T("staff.worklist.tasks")}}}
	switch {
	case f.Overdue:
		urgent.Value = "frist"
	case f.Tasks:
		urgent.Value = "aufgabe"
	}
	form := ui.Filter{Name: "formular", Label: p.T("staff.col.form"), Value: f.Form, Options: []ui.Option{all}}
	for _, d := range office.FormsOf(published, s.c.Forms, door.Realm.ID) {
		form.Options = append(form.Options, ui.Option{Value: d.ID, Label: d.Title})
	}
	t.Filters = []ui.Filter{state, who, form, urgent}
	if units := s.readableUnits(actor); len(units) > 1 {
		unit := ui.Filter{Name: "stelle", Label: p.T("staff.col.unit"), Value: string(f.Unit), Options: []ui.Option{all}}
		for _, u := range units {
			unit.Options = append(unit.Options, ui.Option{Value: string(u.ID), Label: u.Name})
		}
		t.Filters = append(t.Filters, unit)
	}

	for _, e := range list.Items {
		name := e.Applicant.Reveal()
		switch {
		case e.Broken:
			name = p.T("staff.worklist.broken")
		case e.Erased:
			name = p.T("staff.worklist.erased")
		case name == "":
			name = p.T("staff.worklist.nameless")
		}
		due := ui.Cell{Text: p.ShortDate(e.DueAt)}
		if e.Overdue {
			due.Sub = p.T("staff.worklist.overdue")
		}
		holder := ui.Cell{Text: p.T("staff.worklist.nobody")}
		if e.Holder != "" {
			holder.Text = holderName(page, actor, e.Holder, names)
		}
		what := ui.Cell{Text: e.Title}
		if e.Tasks > 0 {
			what.Sub = p.T("staff.worklist.hastasks", "n", e.Tasks)
		}
		t.Rows = append(t.Rows, ui.Row{Marked: e.Overdue || e.Tasks > 0, Cells: []ui.Cell{
			{Text: string(e.Number), URL: caseURL(e.ID), Sub: name}, what, {Text: e.State.German(), Badge: true, Tone: stateTone(e.State)},
			{Text: s.unitName(e.Tenant, e.Unit, page)}, holder, {Text: p.ShortDate(e.SubmittedAt)}, due}})
	}
	return t
}

// readableUnits are the units whose cases somebody reads.
func (s *Server) readableUnits(actor perm.Staff) (out []tenancy.Unit) {
	for _, u := range s.c.Directory.Units(actor.Tenant) {
		if actor.MaySome(perm.ReadCases, u.ID) {
			out = append(out, u)
		}
	}
	return out
}

func (s *Server) unitName(t ident.TenantID, u ident.UnitID, page ui.Page) string {
	if x, ok := s.c.Directory.Unit(t, u); ok {
		return x.Name
	}
	return page.T("staff.unit.none")
}

func holderName(page ui.Page, actor perm.Staff, holder ident.StaffID, names map[ident.StaffID]pii.Text) string {
	switch {
	case holder == "":
		return page.T("staff.holder.none")
	case holder == actor.Staff:
		return page.T("staff.holder.me")
	case !names[holder].Empty():
		return names[holder].Reveal()
	}
	return page.T("staff.holder.gone")
}

// stateTone: a badge for what waits for the office, quiet for the rest.
func stateTone(s cases.State) ui.Tone {
	switch s {
	case cases.StateSubmitted:
		return ui.Info
	case cases.StateQuestion:
		return ui.Warning
	case cases.StateApproved, cases.StatePartly:
		return ui.Success
	}
	return ui.Neutral
}

func caseURL(id ident.CaseID) string { return "/verwaltung/faelle/" + string(id) }
