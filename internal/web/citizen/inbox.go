package citizen

import (
	"net/http"
	"strings"
	"time"

	"stadttor/internal/cases"
	"stadttor/internal/ident"
	"stadttor/internal/web/ui"
)

// inboxLine is a case in the list.
type inboxLine struct {
	Title, Tenant string
	Number        ident.Number
	State         string
	Tone          ui.Tone
	At            time.Time
	Unread        int
	Asked         bool
	ToPay         bool
	URL           string
}

// inboxView is all cases of all portals of the realm, what waits for the
// person first.
type inboxView struct {
	Waiting, Running, Done []inboxLine
	Realm                  string
	Drafts                 int
}

// getInbox serves GET /postfach.
func (s *Server) getInbox(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	page := s.personal(r, ui.PageOf(r).T("citizenform.inbox.title"))
	page.Nav = ui.NavAccount
	page.Breadcrumb = []ui.Link{{Text: page.T("ui.nav.account"), URL: "/konto"}}
	in, err := s.c.Cases.Inbox(r.Context(), v.Citizen)
	if err != nil {
		return err
	}
	drafts, err := s.c.Cases.Drafts(r.Context(), v.Citizen)
	if err != nil {
		return err
	}
	page.Unread = in.Unread
	view := inboxView{Realm: v.Door.Realm.Name, Drafts: len(drafts)}
	for _, e := range in.Cases {
		x := s.inboxLine(page, e)
		switch {
		case x.Asked || x.Unread > 0 || x.ToPay:
			view.Waiting = append(view.Waiting, x)
		case e.State.Open():
			view.Running = append(view.Running, x)
		default:
			view.Done = append(view.Done, x)
		}
	}
	return ui.Render(w, r, http.StatusOK, inboxPage(page, view))
}

func (s *Server) inboxLine(page ui.Page, e cases.Entry) inboxLine {
	return inboxLine{Title: e.Title, Tenant: s.tenantName(e.Tenant), Number: e.Number, State: page.T("citizenform.state." + stateKey(e.State)), Tone: stateTones[e.State],
		At: e.UpdatedAt, Unread: e.Unread, Asked: e.Asked, ToPay: e.State == cases.StateAwaitingPayment, URL: "/postfach/" + string(e.ID)}
}

// stateKey is the last part of the text key of a state.
func stateKey(st cases.State) string { return strings.ReplaceAll(string(st), "_", "-") }

var stateTones = map[cases.State]ui.Tone{
	cases.StateAwaitingPayment: ui.Warning, cases.StateSubmitted: ui.Info, cases.StateInReview: ui.Info, cases.StateQuestion: ui.Warning,
	cases.StateApproved: ui.Success, cases.StatePartly: ui.Success,
}

func dayOf(iso string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, iso)
	return t, err == nil
}

func joinNonEmpty(sep string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, sep)
}
