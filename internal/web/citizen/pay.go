package citizen

import (
	"net/http"
	"net/url"
	"strings"

	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/payments"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
)

func payPath(id ident.PaymentID) string { return "/bezahlung/" + string(id) }

// payView is the page of a payment: choose, wait, try again.
type payView struct {
	Action    string
	State     payments.State
	Amount    string
	Reference string
	Title     string
	Tenant    string
	Lines     []feeLine
	Methods   []payments.Method
	Provider  string // of the attempt that runs, as people know it
	Running   string // its name
	Silent    bool   // the provider did not answer
	Doubt     bool   // a human looks at it
	Later     string // where the person finds it again
}

// own gives a payment to whom it belongs: the person who owes, or the guest
// who holds the secret of its case.
func (s *Server) ownPayment(r *http.Request) (p payments.Payment, form string, err error) {
	c, id := ui.Citizen(r), ident.PaymentID(r.PathValue("payment"))
	if p, err = s.c.Payments.Get(r.Context(), c, id); err != nil {
		return p, "", err
	}
	own, err := s.c.Cases.Read(r.Context(), c, s.proof(r, p.Case), p.Case)
	if err != nil {
		return p, "", err
	}
	// The newest attempt is the one that counts.
	for _, q := range own.Payments {
		if q.Demand == p.Demand {
			p = q
		}
	}
	return p, own.Form, nil
}

// unpaid answers a request for a payment that is not the visitor's: a guest may
// be a person whose session is over, so he is asked to sign in.
func (s *Server) unpaid(w http.ResponseWriter, r *http.Request, err error) error {
	if ui.Citizen(r).Guest() && errs.Is(err, errs.KindNotFound) && ident.Valid(ident.PaymentID(r.PathValue("payment"))) || errs.KeyOf(err) == "case.level-needed" {
		back, level := r.URL.RequestURI(), perm.LevelBasis
		if r.Method == http.MethodPost {
			back = payPath(ident.PaymentID(r.PathValue("payment")))
		}
		if errs.KeyOf(err) == "case.level-needed" {
			level = higher(r, level)
		}
		return ui.SeeOther(w, r, signInPath(back, level))
	}
	return err
}

// getPay serves GET /bezahlung/{payment}.
func (s *Server) getPay(w http.ResponseWriter, r *http.Request) error {
	p, form, err := s.ownPayment(r)
	if err != nil {
		return s.unpaid(w, r, err)
	}
	if p.State == payments.Paid {
		return ui.SeeOther(w, r, receivedPath(form, p.Case)+"#inhalt")
	}
	return s.showPay(w, r, p, http.StatusOK, r.URL.Query().Get("stumm") != "")
}

func (s *Server) showPay(w http.ResponseWriter, r *http.Request, p payments.Payment, status int, silent bool) error {
	page := s.personal(r, ui.PageOf(r).T("citizenform.pay.title"))
	pr := page.Printer()
	methods, err := s.c.Payments.Methods(r.Context(), p.Tenant)
	if err != nil {
		return err
	}
	view := payView{Action: payPath(p.ID), State: p.State, Amount: pr.Money(p.Amount), Reference: p.Reference, Tenant: s.tenantName(p.Tenant), Methods: methods, Silent: silent, Doubt: p.Flag != ""}
	for _, l := range p.Lines {
		view.Lines = append(view.Lines, feeLine{Label: l.Text, Amount: pr.Money(l.Amount)})
	}
	for _, m := range methods {
		if m.Provider == p.Provider {
			view.Provider, view.Running = m.Title, m.Provider
		}
	}
	if !ui.Citizen(r).Guest() {
		view.Later = "/postfach/" + string(p.Case)
	}
	switch p.State {
	case payments.Failed:
		page.Title = page.T("citizenform.pay.failed.title")
	case payments.Cancelled, payments.Expired:
		page.Title = page.T("citizenform.pay.cancelled.title")
	case payments.Begun, payments.Pending:
		page.Title = page.T("citizenform.pay.pending.title")
	}
	return ui.Render(w, r, status, payPage(page, view))
}

// postPay serves POST /bezahlung/{payment}: hand over to the provider chosen.
func (s *Server) postPay(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	p, form, err := s.ownPayment(r)
	if err != nil {
		return s.unpaid(w, r, err)
	}
	to, err := s.c.Payments.Start(r.Context(), ui.Citizen(r), p.ID, r.PostForm.Get("anbieter"))
	switch {
	case err == nil:
		return s.leave(w, r, to)
	case errs.KeyOf(err) == "payments.already-paid":
		return ui.SeeOther(w, r, receivedPath(form, p.Case)+"#inhalt")
	case errs.KeyOf(err) == "payments.in-progress":
		return ui.SeeOther(w, r, payPath(p.ID)+"#inhalt")
	case errs.KeyOf(err) == "payments.provider-silent":
		return s.showPay(w, r, p, http.StatusServiceUnavailable, true)
	}
	return err
}

// leave sends the browser to a partner. A form may only lead to our own pages
// (form-action of the content security policy holds for redirects too), so a
// foreign address gets a page in between that goes on by itself.
func (s *Server) leave(w http.ResponseWriter, r *http.Request, to string) error {
	if strings.HasPrefix(to, "/") {
		return ui.SeeOther(w, r, to)
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "https" && !(u.Scheme == "http" && strings.HasSuffix(u.Hostname(), "localhost")) {
		return errs.Unavailable("payments.provider-silent", err)
	}
	page := s.personal(r, ui.PageOf(r).T("citizenform.leave.title"))
	w.Header().Set("Refresh", "0; url="+u.String())
	return ui.Render(w, r, http.StatusOK, noticePage(page, noticeView{
		Tone: ui.Info, Lines: []string{page.T("citizenform.leave.text", "host", u.Host)}, Links: []ui.Link{{Text: page.T("citizenform.leave.go"), URL: u.String()}},
	}))
}

// getPayReturn serves GET /bezahlung/{payment}/zurueck: the browser comes back,
// which proves nothing. The provider is asked.
func (s *Server) getPayReturn(w http.ResponseWriter, r *http.Request) error {
	p, form, err := s.ownPayment(r)
	if err != nil {
		return s.unpaid(w, r, err)
	}
	c := ui.Citizen(r)
	now, err := s.c.Payments.Return(r.Context(), c, ident.PaymentID(r.PathValue("payment")))
	if err != nil {
		return s.unpaid(w, r, err)
	}
	if now.State == payments.Paid {
		return ui.SeeOther(w, r, receivedPath(form, now.Case)+"#inhalt")
	}
	if p.ID == now.ID {
		p = now
	}
	return ui.SeeOther(w, r, payPath(p.ID)+"#inhalt")
}

// notify serves payments.NotifyPath: a provider's notice. Nothing of it is
// read but which payment it speaks of; the provider is asked what is true.
func (s *Server) notify(w http.ResponseWriter, r *http.Request) error {
	d := ui.VisitOf(r).Door
	if err := s.c.Payments.Notify(r.Context(), d.Tenant.ID, r.PathValue("provider"), r.PathValue("ref")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
