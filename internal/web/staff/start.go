package staff

import (
	"net/http"

	"stadttor/internal/cases"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// startPage is the first page: what waits, and where to go.
type startPage struct {
	Told   string
	Counts []count
	Ways   []ui.TileData
}

type count struct {
	Text, URL string
	N         int
	Tone      ui.Tone
}

// start serves GET /verwaltung.
func (s *Server) start(w http.ResponseWriter, r *http.Request) error {
	page := office.Page(r, "staff.start.title", office.NavStart)
	p := startPage{Told: office.Told(r, page, "staff.done.")}
	actor := ui.Staff(r)
	if actor.May(perm.ReadCases) {
		for _, c := range []struct {
			key, url string
			f        cases.Filter
			tone     ui.Tone
		}{
			{"staff.start.new", "/verwaltung/faelle?zustand=submitted", cases.Filter{State: cases.StateSubmitted}, ui.Info},
			{"staff.start.mine", "/verwaltung/faelle?wer=ich", cases.Filter{Mine: true}, ui.Neutral},
			{"staff.start.overdue", "/verwaltung/faelle?dringend=frist", cases.Filter{Overdue: true}, ui.Warning},
			{"staff.start.tasks", "/verwaltung/faelle?dringend=aufgabe", cases.Filter{Tasks: true}, ui.Danger},
		} {
			list, err := s.c.Cases.Worklist(r.Context(), actor, c.f)
			if err != nil {
				return err
			}
			p.Counts = append(p.Counts, count{page.T(c.key), c.url, list.Total, c.tone})
		}
	}
	for _, item := range page.Portal.Nav {
		if item.Key != office.NavStart {
			p.Ways = append(p.Ways, ui.TileData{Icon: wayIcons[item.Key], Title: item.Text, Text: page.T("staff.way." + item.Key), URL: item.URL})
		}
	}
	return ui.Render(w, r, http.StatusOK, startView(page, p))
}

var wayIcons = map[string]string{
	office.NavCases: "inbox", office.NavServices: "menu_book", office.NavPortal: "contrast", office.NavSignIn: "login", office.NavSearch: "search", office.NavParams: "euro", office.NavPayments: "payments",
	office.NavJobs: "schedule", office.NavDeliveries: "send", office.NavMembers: "person", office.NavAudit: "history", office.NavOutbox: "mail",
}
