package citizen

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"stadttor/internal/cases"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/payments"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
)

// matterView is one case as its applicant sees it.
type matterView struct {
	ID        ident.CaseID
	Facts     []ui.Fact
	State     string
	Tone      ui.Tone
	Asked     bool
	Answered  bool // the answer was just sent
	Withdrawn bool // the case was just withdrawn
	PayURL    string
	PayState  string
	Messages  []ui.Message
	Form      ui.Form
	Fields    []ui.Field
	Problems  []ui.Problem
	Documents []ui.FileItem
	Uploads   []ui.FileItem
	Receipt   string
	Events    []ui.Event
	Next      []string
	Sections  []ui.Summary
	Fee       []feeLine
	Total     string
	Withdraw  string
	Erased    bool
	Unit      string
	Contact   string
}

// getMatter serves GET /postfach/{case}. Opening it is the first reading of
// what is new in it (§ 9 OZG, § 41 Abs. 2a VwVfG).
func (s *Server) getMatter(w http.ResponseWriter, r *http.Request) error {
	return s.showMatter(w, r, http.StatusOK, nil)
}

// showMatter draws the case; fields are those of an answer that came back.
func (s *Server) showMatter(w http.ResponseWriter, r *http.Request, status int, fields []ui.Field) error {
	id := ident.CaseID(r.PathValue("case"))
	own, err := s.settled(r, id)
	if err != nil {
		return s.closed(w, r, id, err)
	}
	if fields != nil && !own.May.Reply { // an answer that came back, but nobody asks (any more)
		return errs.Conflict("case.not-in-state")
	}
	page := s.personal(r, own.Title)
	page.Detail = string(own.Number)
	page.Nav = ui.NavAccount
	page.Breadcrumb = []ui.Link{{Text: page.T("ui.nav.account"), URL: "/konto"}, {Text: page.T("citizenform.inbox.title"), URL: "/postfach"}}
	q := r.URL.Query()
	view := matterView{ID: id, State: page.T("citizenform.state." + stateKey(own.State)), Tone: stateTones[own.State], Asked: own.May.Reply, Erased: own.Erased,
		Answered: q.Get("geantwortet") != "" && status == http.StatusOK, Withdrawn: q.Get("zurueckgezogen") != "", Next: own.Next, Fields: fields, Problems: ui.Problems(fields)}
	s.describe(page, own, &view)
	s.money(r, page, own, &view)
	for _, m := range own.Messages {
		view.Messages = append(view.Messages, s.message(page, own, m))
	}
	for _, d := range own.Documents {
		s.file(&view, id, d)
	}
	if !own.SubmittedAt.IsZero() && !own.Erased {
		view.Receipt = receivedPath(own.Form, id) + "/bestaetigung"
	}
	for i, l := range own.History {
		view.Events = append(view.Events, ui.Event{At: l.At, Text: l.Text, Current: i == len(own.History)-1})
	}
	for _, sec := range own.Sections {
		sum := ui.Summary{Title: sec.Title, Level: 3}
		for _, row := range sec.Rows {
			x := ui.SummaryRow{Name: row.Label}
			if row.Given {
				x.Values = row.Text
			}
			sum.Rows = append(sum.Rows, x)
		}
		view.Sections = append(view.Sections, sum)
	}
	if own.May.Reply {
		view.Form = ui.Form{Action: "/postfach/" + string(id) + "/antwort", Files: true}
		if view.Fields == nil {
			view.Fields = replyFields(page)
		}
	}
	if own.May.Withdraw {
		view.Withdraw = "/postfach/" + string(id) + "/zurueckziehen"
	}
	page.Problems = len(view.Problems)
	return ui.Render(w, r, status, matterPage(page, view))
}

// describe fills the facts at the top.
func (s *Server) describe(page ui.Page, own cases.Own, view *matterView) {
	pr := page.Printer()
	add := func(key string, values ...string) {
		if len(values) > 0 && values[0] != "" {
			view.Facts = append(view.Facts, ui.Fact{Name: page.T(key), Values: values})
		}
	}
	add("citizenform.matter.number", string(own.Number))
	if own.Behalf != nil {
		add("citizenform.matter.behalf", own.Behalf.Giver.Reveal())
	}
	name := s.tenantName(own.Tenant)
	if u, ok := s.c.Directory.Unit(own.Tenant, own.Unit); ok {
		view.Unit = u.Name
		add("citizenform.matter.responsible", u.Name, name)
	} else {
		add("citizenform.matter.responsible", name)
	}
	add("citizenform.matter.received", pr.DateTime(own.SubmittedAt))
	add("citizenform.matter.decided", pr.DateTime(own.DecidedAt))
	if own.Level > perm.LevelNone {
		add("citizenform.matter.level", page.T("citizenform.level."+own.Level.String()))
	}
	if !own.EraseAt.IsZero() && !own.Erased {
		add("citizenform.matter.erase", pr.Date(own.EraseAt))
	}
}

// money fills fee and payment.
func (s *Server) money(r *http.Request, page ui.Page, own cases.Own, view *matterView) {
	if own.Fee == 0 {
		return
	}
	pr := page.Printer()
	view.Total = pr.Money(own.Fee)
	for _, l := range own.Lines {
		view.Fee = append(view.Fee, billLine(page, l.Label, l.Quantity, l.Unit, l.Amount))
	}
	n := len(own.Payments)
	if n == 0 {
		return
	}
	last := own.Payments[n-1]
	for _, p := range own.Payments {
		if p.State == payments.Paid {
			last = p
		}
	}
	view.PayState = page.T("citizenform.paystate." + string(last.State))
	if last.Provider == payments.Treasury {
		view.PayState = page.T("citizenform.paystate.treasury", "day", pr.Date(last.ReceivedOn))
	}
	if last.Refunded > 0 {
		view.PayState = page.T("citizenform.paystate.refunded", "amount", pr.Money(last.Refunded))
	}
	if own.State == cases.StateAwaitingPayment && last.State != payments.Paid {
		view.PayURL = payPath(last.ID)
		// The provider sends the browser back to the authority's own portal.
		if base, _ := s.tenantPortal(r, own.Tenant); base != "" {
			view.PayURL = base + signInPath(view.PayURL, wanted(own.Need.String()))
		}
	}
}

// message maps one message; what the authority wrote comes from the unit.
func (s *Server) message(page ui.Page, own cases.Own, m cases.Message) ui.Message {
	out := ui.Message{At: m.At, Lines: strings.Split(strings.TrimSpace(m.Text.Reveal()), "\n"), New: m.Kind != cases.KindAnswer && m.ReadAt.IsZero()}
	if m.Kind == cases.KindAnswer {
		out.From, out.Own = page.T("citizenform.matter.you"), true
	} else {
		out.From = s.tenantName(own.Tenant)
		if u, ok := s.c.Directory.Unit(own.Tenant, own.Unit); ok {
			out.From = u.Name
		}
	}
	for _, d := range m.Files {
		out.Files = append(out.Files, ui.FileItem{Name: d.Name.Reveal(), Size: d.Size, URL: documentPath(own.ID, d.ID)})
	}
	return out
}

func documentPath(c ident.CaseID, f ident.FileID) string {
	return "/postfach/" + string(c) + "/dokument/" + string(f)
}

// file puts a document where the person looks for it.
func (s *Server) file(view *matterView, id ident.CaseID, d cases.Document) {
	x := ui.FileItem{Name: d.Name.Reveal(), Size: d.Size, URL: documentPath(id, d.ID)}
	switch d.Kind {
	case cases.KindDecision:
		view.Documents = append(view.Documents, x)
	case cases.KindUpload:
		view.Uploads = append(view.Uploads, x)
	}
}

// closed answers for a case that cannot be opened: a session too weak leads to
// the sign-in.
func (s *Server) closed(w http.ResponseWriter, r *http.Request, id ident.CaseID, err error) error {
	switch errs.KeyOf(err) {
	case "case.level-needed":
		in, lerr := s.c.Cases.Inbox(r.Context(), ui.Citizen(r))
		if lerr != nil {
			return lerr
		}
		for _, e := range in.Cases {
			if e.ID == id {
				return ui.SeeOther(w, r, signInPath("/postfach/"+string(id), higher(r, e.Need)))
			}
		}
	case "case.is-draft":
		return ui.SeeOther(w, r, "/konto#entwuerfe")
	}
	return err
}

// getDocument serves GET /postfach/{case}/dokument/{file}.
func (s *Server) getDocument(w http.ResponseWriter, r *http.Request) error {
	id := ident.CaseID(r.PathValue("case"))
	d, body, err := s.c.Cases.Document(r.Context(), ui.Citizen(r), cases.Proof{}, id, ident.FileID(r.PathValue("file")))
	if err != nil {
		return s.closed(w, r, id, err)
	}
	return sendDocument(w, r, d, body)
}

// Inputs of the answer to a question.
const (
	replyText  = "antwort"
	replyFiles = "dateien"
)

func replyFields(page ui.Page) []ui.Field {
	return []ui.Field{
		{Name: replyText, Type: ui.FieldLong, Label: page.T("citizenform.reply.text"), Rows: 6},
		{Name: replyFiles, Type: ui.FieldFile, Label: page.T("citizenform.reply.files"), Hint: page.T("citizenform.reply.fileshint"), Optional: true, Multiple: true, Accept: ".pdf,.jpg,.png,.heic,.tiff,.docx,.odt"},
	}
}

// Bounds of the files of an answer as they are read; the feature has its own.
// They stay in memory: what a person sends never lies on a disk in the clear.
const (
	maxReplyFile  = 10<<20 + 1
	maxReplyFiles = 6
	maxReply      = 56 << 20
)

// postReply serves POST /postfach/{case}/antwort: the answer to a question.
func (s *Server) postReply(w http.ResponseWriter, r *http.Request) error {
	id := ident.CaseID(r.PathValue("case"))
	page := ui.PageOf(r)
	fields := replyFields(page)
	text, uploads, err := readReply(r)
	if errs.Is(err, errs.KindTooLarge) {
		fields[1].Problem = page.T("case.file-too-large")
		return s.showMatter(w, r, http.StatusRequestEntityTooLarge, fields)
	}
	if err != nil {
		return err
	}
	fields[0].Value = text
	err = s.c.Cases.Reply(r.Context(), ui.Citizen(r), cases.Proof{}, id, text, uploads)
	if errs.Is(err, errs.KindInvalid) {
		found := errs.FieldsOf(err)
		if len(found) == 0 {
			found = []errs.Field{{Name: replyText, Key: errs.KeyOf(err)}}
		}
		for _, f := range found {
			i := 0
			if f.Name == replyFiles {
				i = 1
			}
			fields[i].Problem = ui.ProblemText(page.Printer(), f)
		}
		return s.showMatter(w, r, http.StatusUnprocessableEntity, fields)
	}
	if err != nil {
		return s.closed(w, r, id, err)
	}
	return ui.SeeOther(w, r, "/postfach/"+string(id)+"?geantwortet=1#inhalt")
}

// readReply reads text and files.
func readReply(r *http.Request) (text string, uploads []cases.Upload, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		err = parseForm(r)
		return r.PostFormValue(replyText), nil, err
	}
	for range maxInputs {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return text, uploads, nil
		}
		if err != nil {
			return text, uploads, badBody(err)
		}
		limit := int64(maxText)
		if isFile(part) {
			limit = maxReplyFile
		}
		b, err := io.ReadAll(io.LimitReader(part, limit))
		switch {
		case err != nil:
			return text, uploads, badBody(err)
		case part.FormName() == replyText && !isFile(part):
			text = string(b)
		case part.FormName() == replyFiles && part.FileName() != "" && len(uploads) < maxReplyFiles:
			uploads = append(uploads, cases.Upload{Field: replyFiles, Name: part.FileName(), Body: bytes.NewReader(b)})
		}
	}
	return text, uploads, errs.TooLarge("error.body-too-large")
}

// withdrawView asks before an application is taken back.
type withdrawView struct {
	Number ident.Number
	Title  string
	Tenant string
	Paid   bool
	Back   string
	Form   ui.Form
	Sure   ui.Field
	At     time.Time
}

// getWithdraw serves GET /postfach/{case}/zurueckziehen.
func (s *Server) getWithdraw(w http.ResponseWriter, r *http.Request) error {
	return s.showWithdraw(w, r, http.StatusOK, "")
}

func (s *Server) showWithdraw(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	id := ident.CaseID(r.PathValue("case"))
	own, err := s.c.Cases.Read(r.Context(), ui.Citizen(r), cases.Proof{}, id)
	if err != nil {
		return s.closed(w, r, id, err)
	}
	back := "/postfach/" + string(id)
	if !own.May.Withdraw {
		return ui.SeeOther(w, r, back)
	}
	page := s.personal(r, ui.PageOf(r).T("citizenform.withdraw.title"))
	page.Nav = ui.NavAccount
	view := withdrawView{Number: own.Number, Title: own.Title, Tenant: s.tenantName(own.Tenant), Paid: paid(own.Payments), Back: back, Form: ui.Form{Action: back + "/zurueckziehen"}, At: own.SubmittedAt,
		Sure: ui.Field{Name: "sicher", Type: ui.FieldConsent, Label: page.T("citizenform.withdraw.sure"), Problem: problem}}
	if problem != "" {
		page.Problems = 1
	}
	return ui.Render(w, r, status, withdrawPage(page, view))
}

// postWithdraw serves POST /postfach/{case}/zurueckziehen.
func (s *Server) postWithdraw(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	if r.PostForm.Get("sicher") != ui.Yes {
		return s.showWithdraw(w, r, http.StatusUnprocessableEntity, ui.PageOf(r).T("citizenform.withdraw.missing"))
	}
	id := ident.CaseID(r.PathValue("case"))
	if err := s.c.Cases.Withdraw(r.Context(), ui.Citizen(r), cases.Proof{}, id); err != nil {
		return s.closed(w, r, id, err)
	}
	return ui.SeeOther(w, r, "/postfach/"+string(id)+"?zurueckgezogen=1#inhalt")
}
