package admin

import (
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// auditPage is the number of entries on one page.
const auditPage = 100

// audit serves GET /verwaltung/protokoll: the tenant's chain, newest first.
func (s *Server) audit(w http.ResponseWriter, r *http.Request) error {
	actor := ui.Staff(r)
	if !actor.May(perm.ReadAudit) {
		return errs.Forbidden("error.forbidden")
	}
	before, _ := strconv.ParseInt(r.URL.Query().Get("vor"), 10, 64)
	var entries []audit.Entry
	err := s.c.DB.View(r.Context(), actor.Scope(), func(tx *db.Tx) (err error) {
		entries, err = audit.List(r.Context(), tx, before, auditPage)
		return err
	})
	if err != nil {
		return err
	}
	names, err := s.c.Accounts.Names(r.Context(), actor)
	if err != nil {
		return err
	}
	page := office.Page(r, "admin.audit.title", office.NavAudit)
	p := page.Printer()
	t := ui.Table{ID: "protokoll", Caption: p.T("admin.audit.caption"), Empty: p.T("admin.audit.empty"),
		Columns: []ui.Column{{Title: p.T("admin.audit.seq")}, {Title: p.T("admin.audit.when"), Width: "whole"}, {Title: p.T("admin.audit.who")}, {Title: p.T("admin.audit.what")}, {Title: p.T("admin.audit.object")}, {Title: p.T("admin.audit.hash")}}}
	for _, e := range entries {
		what := ui.Cell{Text: actionName(page, e.Action), Sub: detailText(page, e)}
		if e.Outcome != "done" {
			what.Sub = strings.TrimSpace(p.T("admin.audit.notdone") + " " + what.Sub)
		}
		t.Rows = append(t.Rows, ui.Row{Marked: e.Outcome != "done", Cells: []ui.Cell{
			{Text: strconv.FormatInt(e.Seq, 10)}, {Text: stamp(p, e.At)}, {Text: actorName(page, names, e.Actor)}, what, objectCell(page, actor, e.Object), {Text: hex.EncodeToString(e.Hash[:min(6, len(e.Hash))])}}})
	}
	out := listPage{Lead: p.T("admin.audit.lead"), Table: t}
	if before > 0 {
		out.Links = append(out.Links, ui.Link{Text: p.T("admin.newest"), URL: "/verwaltung/protokoll"})
	}
	if len(entries) == auditPage && entries[len(entries)-1].Seq > 1 {
		out.Links = append(out.Links, ui.Link{Text: p.T("admin.older"), URL: "/verwaltung/protokoll?vor=" + strconv.FormatInt(entries[len(entries)-1].Seq, 10)})
	}
	return ui.Render(w, r, http.StatusOK, listView(page, out))
}

// actionName says an action of the log in German, as it stands if it is new.
func actionName(page ui.Page, action string) string {
	key := "admin.action." + strings.NewReplacer(".", "-", "_", "-").Replace(action)
	if page.Printer().Has(key) {
		return page.T(key)
	}
	return action
}

// detailText is the detail of an entry; a role that was given or taken stands
// there under the name the office knows.
func detailText(page ui.Page, e audit.Entry) string {
	role, rest, _ := strings.Cut(e.Detail, " ")
	if key := "staff.role." + role; strings.HasPrefix(e.Action, "staff.") && page.Printer().Has(key) {
		return strings.TrimSpace(page.T(key) + " " + rest)
	}
	return e.Detail
}

// actorName says who acted; persons stay nameless in the log.
func actorName(page ui.Page, names map[ident.StaffID]pii.Text, ref string) string {
	kind, id, _ := strings.Cut(ref, ":")
	switch kind {
	case "staff":
		if n := names[ident.StaffID(id)]; !n.Empty() {
			return n.Reveal()
		}
		return page.T("staff.holder.gone")
	case "person":
		return page.T("admin.actor.person", "id", id[max(0, len(id)-6):])
	case "guest":
		return page.T("admin.actor.guest")
	}
	return page.T("admin.actor.system", "name", id)
}

// objectCell names what was acted on, with a link where there is a page for it.
func objectCell(page ui.Page, actor perm.Staff, object string) ui.Cell {
	kind, id, _ := strings.Cut(object, ":")
	c := ui.Cell{Text: object}
	if key := "admin.object." + kind; page.Printer().Has(key) {
		c.Text = page.T(key)
		if id != "" {
			c.Sub = id
		}
	}
	switch {
	case kind == "case" && actor.May(perm.ReadCases):
		c.URL = "/verwaltung/faelle/" + id
	case kind == "service" && actor.May(perm.EditContent) && ident.Slug(id):
		c.URL = "/verwaltung/leistungen/" + id
	}
	return c
}
