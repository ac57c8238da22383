package admin

import (
	"net/http"
	"strings"

	"stadttor/internal/delivery"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

var parcelStates = []string{delivery.Waiting, delivery.Failed, delivery.Delivered, delivery.None}

var parcelTones = map[string]ui.Tone{delivery.Waiting: ui.Info, delivery.Failed: ui.Danger, delivery.Delivered: ui.Success}

// deliveries serves GET /verwaltung/uebergaben.
func (s *Server) deliveries(w http.ResponseWriter, r *http.Request) error {
	actor := ui.Staff(r)
	page := office.Page(r, "admin.deliveries.title", office.NavDeliveries)
	p := page.Printer()
	filter := ui.Filter{Name: "zustand", Label: p.T("staff.col.state"), Options: []ui.Option{{Label: p.T("staff.worklist.all")}}}
	for _, st := range parcelStates {
		filter.Options = append(filter.Options, ui.Option{Value: st, Label: p.T("staff.delivery." + st)})
		if r.URL.Query().Get("zustand") == st {
			filter.Value = st
		}
	}
	list, err := s.c.Delivery.List(r.Context(), actor, filter.Value)
	if err != nil {
		return err
	}
	t := ui.Table{ID: "uebergaben", Caption: p.T("admin.deliveries.caption", "n", len(list)), Empty: p.T("admin.deliveries.none"), FilterURL: "/verwaltung/uebergaben", Filters: []ui.Filter{filter},
		Columns: []ui.Column{{Title: p.T("staff.col.case"), Width: "whole"}, {Title: p.T("admin.deliveries.what")}, {Title: p.T("staff.col.state")}, {Title: p.T("admin.deliveries.by")}, {Title: p.T("admin.deliveries.planned"), Width: "whole"}, {Title: p.T("admin.deliveries.tried"), Width: "whole"}, {Title: p.T("admin.deliveries.result")}}}
	for _, d := range list {
		number := ui.Cell{Text: string(d.Number)}
		if number.Text == "" {
			number.Text = p.T("admin.deliveries.nonumber")
		}
		if actor.May(perm.ReadCases) {
			number.URL = "/verwaltung/faelle/" + string(d.Case)
		}
		event, _, _ := strings.Cut(d.Event, ":")
		result := ui.Cell{Text: "–"}
		switch {
		case d.Failure != "" && p.Has(d.Failure):
			result.Text = p.T(d.Failure)
		case d.Failure != "":
			result.Text = d.Failure
		case d.Ref != "":
			result.Text = d.Ref
		}
		by := d.Connector
		if by == "" {
			by = "–"
		}
		t.Rows = append(t.Rows, ui.Row{Marked: d.State == delivery.Failed, Cells: []ui.Cell{number, {Text: p.T("staff.parcel." + event)}, {Text: p.T("staff.delivery." + d.State), Badge: true, Tone: parcelTones[d.State]},
			{Text: by}, {Text: stamp(p, d.PlannedAt)}, {Text: orDash(stamp(p, d.TriedAt)), Sub: p.T("staff.delivery.tries", "n", d.Attempts)}, result}})
	}
	return ui.Render(w, r, http.StatusOK, listView(page, listPage{Lead: p.T("admin.deliveries.lead"), Table: t}))
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
