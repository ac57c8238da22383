package citizen

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"stadttor/internal/cases"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/payments"
	"stadttor/internal/web/ui"
)

func receivedPath(form string, id ident.CaseID) string {
	return "/antrag/" + form + "/eingegangen/" + string(id)
}

// receivedView is the confirmation. It says "eingegangen" only for a case that
// has reached the authority.
type receivedView struct {
	Number   ident.Number
	Title    string
	Tenant   string
	At       time.Time
	Next     []string
	Receipt  string // address of the PDF
	Inbox    string // address in the inbox; "" for guests
	Hash     string
	Paid     string // amount; "" if nothing was paid
	PaidText string // how it was paid; "" if nothing was
	Awaiting bool   // paid, not yet booked
	PayURL   string // still to be paid
	Ended    string // the case has ended: its state in words
	Since    string // how it stands now; "" while nothing has happened
	Again    string
}

// getReceived serves GET /antrag/{form}/eingegangen/{case}; it can be
// bookmarked.
func (s *Server) getReceived(w http.ResponseWriter, r *http.Request) error {
	form, id := r.PathValue("form"), ident.CaseID(r.PathValue("case"))
	own, err := s.settled(r, id)
	if errs.KeyOf(err) == "case.is-draft" {
		return ui.SeeOther(w, r, "/antrag/"+form+"/entwurf/"+string(id))
	}
	if err != nil || own.Form != form {
		if err == nil {
			err = errs.NotFound("case of this form", id)
		}
		return s.unopened(w, r, work{}, form, id, err)
	}
	page := s.personal(r, ui.PageOf(r).T("citizenform.received.title"))
	view := receivedView{Number: own.Number, Title: own.Title, Tenant: s.tenantName(own.Tenant), At: own.SubmittedAt, Next: own.Next, Hash: own.Hash, Again: r.URL.RequestURI()}
	for _, p := range own.Payments {
		if p.State == payments.Paid {
			view.Paid = page.Printer().Money(p.Amount)
			view.PaidText = page.T("citizenform.received.paid", "amount", view.Paid)
			if p.Provider == payments.Treasury {
				view.PaidText = page.T("citizenform.received.treasury", "amount", view.Paid, "day", page.Printer().Date(p.ReceivedOn))
			}
		}
	}
	switch {
	case own.State == cases.StateAwaitingPayment && view.Paid != "":
		view.Awaiting = true
		page.Title = page.T("citizenform.received.booking")
	case own.State == cases.StateAwaitingPayment:
		if n := len(own.Payments); n > 0 {
			view.PayURL = payPath(own.Payments[n-1].ID)
		}
		page.Title = page.T("citizenform.received.unpaid")
	case own.SubmittedAt.IsZero():
		view.Ended = page.T("citizenform.state." + stateKey(own.State))
		page.Title = view.Ended
	default:
		view.Receipt = receivedPath(form, id) + "/bestaetigung"
		if own.State != cases.StateSubmitted {
			view.Since = page.T("citizenform.state." + stateKey(own.State))
		}
	}
	if !ui.Citizen(r).Guest() && s.proof(r, id) == (cases.Proof{}) {
		view.Inbox = "/postfach/" + string(id)
	}
	return ui.Render(w, r, http.StatusOK, receivedPage(page, view))
}

// A payment is confirmed in one transaction and the case moves on in the next
// job: the person who comes back from the provider waits for it a moment.
const (
	bookingPatience = 3 * time.Second
	bookingStep     = 150 * time.Millisecond
)

// settled reads an own case and waits a moment while a confirmed payment is
// being booked.
func (s *Server) settled(r *http.Request, id ident.CaseID) (own cases.Own, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), bookingPatience)
	defer cancel()
	for {
		own, err = s.c.Cases.Read(r.Context(), ui.Citizen(r), s.proof(r, id), id)
		if err != nil || own.State != cases.StateAwaitingPayment || !paid(own.Payments) {
			return own, err
		}
		select {
		case <-ctx.Done():
			return own, nil
		case <-time.After(bookingStep):
		}
	}
}

func paid(list []payments.Payment) bool {
	for _, p := range list {
		if p.State == payments.Paid {
			return true
		}
	}
	return false
}

// getReceipt serves the receipt with the copy of the application as PDF
// (§ 9a Abs. 4 OZG).
func (s *Server) getReceipt(w http.ResponseWriter, r *http.Request) error {
	form, id := r.PathValue("form"), ident.CaseID(r.PathValue("case"))
	d, body, err := s.c.Cases.Receipt(r.Context(), ui.Citizen(r), s.proof(r, id), id)
	if err != nil {
		return s.unopened(w, r, work{}, form, id, err)
	}
	return sendDocument(w, r, d, body)
}

// sendDocument sends a file as a download: nothing that somebody uploaded is
// ever shown as a page of ours.
func sendDocument(w http.ResponseWriter, r *http.Request, d cases.Document, body io.ReadCloser) error {
	defer body.Close()
	h := w.Header()
	h.Set("Content-Type", d.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Name.Reveal()}))
	h.Set("Content-Length", strconv.FormatInt(d.Size, 10))
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(w, body); err != nil {
		// The status is sent: cut the connection, so that nobody takes half a
		// file for a whole one.
		panic(http.ErrAbortHandler)
	}
	return nil
}
