package cases

import (
	"encoding/json"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/delivery"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/payments"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// Draft is an application that is being filled in, with all that showing a page
// needs.
type Draft struct {
	ID         ident.CaseID
	Tenant     ident.TenantID
	Service    string // slug of the catalogue, may be ""
	Definition *forms.Definition
	Answers    forms.Answers
	Env        forms.Env
	Look       *forms.Look       // at Answers in Env; for one goroutine
	Ask        accounts.Ask      // what the form can take from the applicant's account
	Fill       accounts.Fill     // what it takes; already in Env
	Behalf     *accounts.Mandate // for whom it was begun; nil: for its owner
	Guest      bool              // held by a secret, not by an account
	Proof      Proof             // shows the case again to verbs of the same request, which then need not read it
	Version    int64             // grows with each change; Submit names the one that was shown
	UpdatedAt  time.Time
	ExpiresAt  time.Time // deleted when untouched until then
}

// DraftEntry is a draft in the list of a person's own.
type DraftEntry struct {
	ID        ident.CaseID
	Tenant    ident.TenantID
	Form      string
	Title     string
	Need      perm.Level
	Behalf    bool     // begun for somebody else
	For       pii.Text // for whom; empty while the session's level is below Need
	UpdatedAt time.Time
	ExpiresAt time.Time
}

// Entry is a case in a list: the worklist or the inbox.
type Entry struct {
	ID          ident.CaseID
	Tenant      ident.TenantID
	Number      ident.Number
	Form        string
	Service     string
	Title       string
	State       State
	Unit        ident.UnitID
	Holder      ident.StaffID // "" if nobody has claimed it
	Applicant   pii.Text      // worklist only; empty once erased
	Need        perm.Level
	Fee         money.Amount
	SubmittedAt time.Time
	UpdatedAt   time.Time
	DueAt       time.Time // a decision is overdue from here; zero when decided
	Overdue     bool
	Tasks       int  // worklist: what the program gave up on
	Unread      int  // inbox: messages not yet read
	Asked       bool // inbox: a question waits for an answer
	Erased      bool
	Broken      bool // worklist: its content does not open here, see the log of `stadttor doctor`
}

// FeeLine is one line of the fee as it was at submission.
type FeeLine struct {
	Label    string       `json:"label"`
	Quantity int64        `json:"quantity"`
	Unit     money.Amount `json:"unit"`
	Amount   money.Amount `json:"amount"`
}

// Document is a file of a case.
type Document struct {
	ID      ident.FileID
	Kind    DocumentKind
	Message ident.MessageID // the message it came with, or ""
	Name    pii.Text
	Type    string // media type found in the content
	Size    int64  // bytes
	SHA256  string // 64 hex digits
	At      time.Time
}

// DocumentKind says how a file came to the case.
type DocumentKind string

// The kinds of documents.
const (
	KindUpload   DocumentKind = "upload"   // sent with the application
	KindReply    DocumentKind = "reply"    // sent with an answer to a question
	KindReceipt  DocumentKind = "receipt"  // copy of the application with confirmation (§ 9a OZG)
	KindDecision DocumentKind = "decision" // Bescheid
)

// Message is what one side wrote to the other.
type Message struct {
	ID     ident.MessageID
	Kind   MessageKind
	Author string // kind:id
	Text   pii.Text
	At     time.Time
	ReadAt time.Time // first reading by the applicant; zero for his own and unread ones
	Files  []Document
}

// MessageKind says what a message is.
type MessageKind string

// The kinds of messages.
const (
	KindQuestion MessageKind = "question"
	KindAnswer   MessageKind = "reply"
	KindLetter   MessageKind = "decision"
)

// Note is an internal note (Vermerk). Applicants never see it.
type Note struct {
	ID     ident.MessageID
	Author string
	Text   pii.Text
	At     time.Time
}

// Line is one line of the history in plain German words.
type Line struct {
	At    time.Time
	Event Event
	Text  string
	State State  // after it
	Actor string // kind:id; "" towards the applicant for what staff did
}

// Task is what a human has to look at because the program gave up.
type Task struct {
	Kind TaskKind
	Ref  string
	At   time.Time
}

// TaskKind names a task.
type TaskKind string

// The kinds of tasks.
const (
	TaskDelivery TaskKind = "delivery-failed" // Ref is the parcel
	TaskPaidLate TaskKind = "paid-after-end"  // Ref is the payment
	TaskPayment  TaskKind = "payment-flagged" // Ref is the payment, which says why
)

// Content is what both sides see of a submitted case.
type Content struct {
	Entry
	Sections  []forms.Section
	Lines     []FeeLine
	Next      []string // what happens after sending, from the form
	Hash      string   // SHA-256 of antrag.json, 64 hex digits
	Level     perm.Level
	Means     string
	Behalf    *accounts.Mandate // on whose behalf it was sent, by what mandate; nil: the applicant's own
	DecidedAt time.Time
	EraseAt   time.Time // zero while open
	Messages  []Message
	Documents []Document // all, uploads and documents
	History   []Line
	Payments  []payments.Payment
	Version   int64
}

// Matter is a case as staff of the responsible unit see it.
type Matter struct {
	Content
	Address    []pii.Text
	Notes      []Note
	Tasks      []Task
	Deliveries []delivery.Status
	May        Actions
}

// Actions says what the asking person may do now, for the buttons.
type Actions struct {
	Claim, Release, Move, Note, Ask, Resume, Decide, Close, Resend bool // staff
	Reply, Withdraw                                                bool // applicant
}

// Own is a case as its applicant sees it.
type Own struct {
	Content
	May Actions
}

// Addressee is whom a notice about a case goes to. The notice itself says
// nothing about the case (mail).
type Addressee struct {
	Person ident.PersonID // "" for a guest
	Mail   pii.Text       // as given in the form; may be empty
	Number ident.Number
}

// frozen is what was submitted, sealed as one document: nothing of it depends
// on what the tenant or the form changes later.
type frozen struct {
	JSON     []byte          `json:"json"` // antrag.json
	XML      []byte          `json:"xml"`  // antrag.xml
	Sections []forms.Section `json:"sections"`
	Lines    []FeeLine       `json:"lines"`
	Next     []string        `json:"next"`
	Legal    []string        `json:"legal"`
	Files    []forms.File    `json:"files"`
	Behalf   json.RawMessage `json:"behalf,omitempty"` // accounts.Mandate.Snapshot
}

// applicant is who applies, as far as the form asked.
type applicant struct {
	Given   string   `json:"given"`
	Family  string   `json:"family"`
	Address []string `json:"address"`
	Mail    string   `json:"mail"`
}

func (a applicant) name() string {
	switch {
	case a.Given == "":
		return a.Family
	case a.Family == "":
		return a.Given
	}
	return a.Given + " " + a.Family
}

// whoApplies finds name, address and mail among the answers by the keys under
// which the form prefills them.
func whoApplies(def *forms.Definition, a forms.Answers) (out applicant) {
	for i := range def.Steps {
		for j := range def.Steps[i].Fields {
			f := &def.Steps[i].Fields[j]
			v, ok := a[f.ID]
			if !ok {
				continue
			}
			switch {
			case f.Prefill == "vorname":
				out.Given = v.Text
			case f.Prefill == "familienname":
				out.Family = v.Text
			case f.Type == forms.AddressType && v.Address != nil && (f.Prefill != "" || out.Address == nil):
				out.Address = v.Address.Lines()
			case f.Type == forms.Email && (f.Prefill != "" || out.Mail == ""):
				out.Mail = v.Text
			}
		}
	}
	return out
}
