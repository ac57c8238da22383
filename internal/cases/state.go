package cases

import (
	"slices"

	"stadttor/internal/errs"
)

// State is the legal state of a case.
type State string

// The states.
const (
	StateDraft           State = "draft"
	StateAwaitingPayment State = "awaiting_payment"
	StateSubmitted       State = "submitted"
	StateInReview        State = "in_review"
	StateQuestion        State = "question"
	StateApproved        State = "approved"
	StateRejected        State = "rejected"
	StatePartly          State = "partly"
	StateClosed          State = "closed"
	StateWithdrawn       State = "withdrawn"
	StateExpired         State = "expired"
)

// Who takes an edge.
type Who string

// The parties.
const (
	Applicant Who = "applicant"
	Clerk     Who = "clerk"    // staff of the responsible unit
	Treasury  Who = "treasury" // what the payment provider confirmed, or the Kasse received
	Clock     Who = "clock"    // a period that ran out
)

// Event is what happened to a case.
type Event string

// The events that move a case along the table.
const (
	EventSubmit      Event = "submit"
	EventSubmitToPay Event = "submit_to_pay"
	EventPay         Event = "pay"
	EventReceive     Event = "receive" // the same, and the Kasse had the money outside
	EventDiscard     Event = "discard"
	EventExpire      Event = "expire"
	EventClaim       Event = "claim"
	EventRelease     Event = "release"
	EventMove        Event = "move"
	EventAsk         Event = "ask"
	EventReply       Event = "reply"
	EventResume      Event = "resume"
	EventApprove     Event = "approve"
	EventReject      Event = "reject"
	EventPartly      Event = "approve_partly"
	EventWithdraw    Event = "withdraw"
	EventClose       Event = "close"
)

// Events of the history that move nothing.
const (
	EventStart        Event = "start"
	EventNote         Event = "note"
	EventReadDecision Event = "read_decision"
	EventDelivered    Event = "deliver_again"
	EventErase        Event = "erase"
	EventGone         Event = "account_gone"
)

// Edge is one legal step.
type Edge struct {
	From, To State
	Who      Who
	Event    Event
}

// edges is every legal step of every case of every service. What is not here
// cannot happen.
var edges = []Edge{
	{StateDraft, StateSubmitted, Applicant, EventSubmit},
	{StateDraft, StateAwaitingPayment, Applicant, EventSubmitToPay},
	{StateDraft, StateExpired, Applicant, EventDiscard},
	{StateDraft, StateExpired, Clock, EventExpire},

	{StateAwaitingPayment, StateSubmitted, Treasury, EventPay},
	{StateAwaitingPayment, StateSubmitted, Treasury, EventReceive},
	{StateAwaitingPayment, StateWithdrawn, Applicant, EventWithdraw},
	{StateAwaitingPayment, StateExpired, Clock, EventExpire},

	{StateSubmitted, StateInReview, Clerk, EventClaim},
	{StateSubmitted, StateSubmitted, Clerk, EventMove},
	{StateSubmitted, StateWithdrawn, Applicant, EventWithdraw},

	{StateInReview, StateInReview, Clerk, EventClaim},
	{StateInReview, StateInReview, Clerk, EventRelease},
	{StateInReview, StateInReview, Clerk, EventMove},
	{StateInReview, StateQuestion, Clerk, EventAsk},
	{StateInReview, StateApproved, Clerk, EventApprove},
	{StateInReview, StateRejected, Clerk, EventReject},
	{StateInReview, StatePartly, Clerk, EventPartly},
	{StateInReview, StateWithdrawn, Applicant, EventWithdraw},

	{StateQuestion, StateInReview, Applicant, EventReply},
	{StateQuestion, StateInReview, Clerk, EventResume},
	{StateQuestion, StateQuestion, Clerk, EventClaim},
	{StateQuestion, StateQuestion, Clerk, EventRelease},
	{StateQuestion, StateQuestion, Clerk, EventMove},
	{StateQuestion, StateWithdrawn, Applicant, EventWithdraw},

	{StateApproved, StateClosed, Clerk, EventClose},
	{StateRejected, StateClosed, Clerk, EventClose},
	{StatePartly, StateClosed, Clerk, EventClose},
	{StateWithdrawn, StateClosed, Clerk, EventClose},
}

// Edges gives the table, for the page that explains it and for tests.
func Edges() []Edge { return slices.Clone(edges) }

// step finds where an event leads; Conflict if the case is not in a state for it.
func step(from State, who Who, event Event) (State, error) {
	for _, e := range edges {
		if e.From == from && e.Who == who && e.Event == event {
			return e.To, nil
		}
	}
	return from, errs.Conflict("case.not-in-state")
}

func can(from State, who Who, event Event) bool {
	_, err := step(from, who, event)
	return err == nil
}

// Decided reports whether the authority has decided.
func (s State) Decided() bool {
	return s == StateApproved || s == StateRejected || s == StatePartly
}

// Open reports whether the authority still has to decide.
func (s State) Open() bool {
	return s == StateSubmitted || s == StateInReview || s == StateQuestion
}

// Received reports whether the application has reached the authority; before
// that nobody there sees it.
func (s State) Received() bool {
	return s != StateDraft && s != StateAwaitingPayment && s != StateExpired && s != ""
}

// stateNames in plain words.
var stateNames = map[State]string{
	StateDraft:           "Entwurf",
	StateAwaitingPayment: "Zahlung offen",
	StateSubmitted:       "Eingegangen",
	StateInReview:        "In Bearbeitung",
	StateQuestion:        "Rückfrage offen",
	StateApproved:        "Bewilligt",
	StateRejected:        "Abgelehnt",
	StatePartly:          "Teilweise bewilligt",
	StateClosed:          "Abgeschlossen",
	StateWithdrawn:       "Zurückgezogen",
	StateExpired:         "Gelöscht",
}

// German names the state for people.
func (s State) German() string { return stateNames[s] }

// told is how the history tells an event to each side; an empty text hides it.
type told struct{ applicant, staff string }

var history = map[Event]told{
	EventStart:        {"Sie haben den Antrag begonnen.", ""},
	EventSubmit:       {"Ihr Antrag ist eingegangen.", "Der Antrag ist eingegangen."},
	EventSubmitToPay:  {"Sie haben den Antrag abgeschickt. Die Zahlung war noch offen.", "Der Antrag wurde abgeschickt. Die Zahlung war noch offen."},
	EventPay:          {"Ihre Zahlung ist bestätigt. Ihr Antrag ist eingegangen.", "Die Zahlung ist bestätigt. Der Antrag ist eingegangen."},
	EventReceive:      {"Ihre Zahlung ist bei der Kasse eingegangen. Ihr Antrag ist eingegangen.", "Die Zahlung ist bei der Kasse eingegangen. Der Antrag ist eingegangen."},
	EventDiscard:      {"Sie haben den Entwurf gelöscht.", ""},
	EventExpire:       {"Die Frist ist abgelaufen. Ihre Angaben wurden gelöscht.", ""},
	EventClaim:        {"Die zuständige Stelle bearbeitet Ihren Antrag.", "Der Vorgang wurde übernommen."},
	EventRelease:      {"", "Der Vorgang wurde wieder freigegeben."},
	EventMove:         {"Eine andere Stelle ist jetzt zuständig.", "Der Vorgang wurde an eine andere Stelle abgegeben."},
	EventAsk:          {"Die zuständige Stelle hat eine Rückfrage an Sie.", "Eine Rückfrage wurde gestellt."},
	EventReply:        {"Sie haben auf die Rückfrage geantwortet.", "Die Rückfrage wurde beantwortet."},
	EventResume:       {"Die Bearbeitung geht weiter.", "Die Bearbeitung wurde ohne Antwort fortgesetzt."},
	EventApprove:      {"Ihr Antrag wurde bewilligt.", "Der Antrag wurde bewilligt."},
	EventReject:       {"Ihr Antrag wurde abgelehnt.", "Der Antrag wurde abgelehnt."},
	EventPartly:       {"Ihr Antrag wurde teilweise bewilligt.", "Der Antrag wurde teilweise bewilligt."},
	EventWithdraw:     {"Sie haben den Antrag zurückgezogen.", "Der Antrag wurde zurückgezogen."},
	EventClose:        {"Der Vorgang ist abgeschlossen.", "Der Vorgang wurde abgeschlossen."},
	EventNote:         {"", "Ein interner Vermerk wurde geschrieben."},
	EventReadDecision: {"Sie haben die Entscheidung zum ersten Mal gelesen.", "Die Entscheidung wurde zum ersten Mal gelesen."},
	EventDelivered:    {"", "Die Übergabe an das Fachverfahren wurde erneut gestartet."},
	EventGone:         {"", "Das Konto der antragstellenden Person wurde gelöscht. Nachrichten im Postfach erreichen sie nicht mehr, bitte schreiben Sie per Post."},
	EventErase:        {"Die Aufbewahrungsfrist ist abgelaufen. Die Inhalte wurden gelöscht.", "Die Aufbewahrungsfrist ist abgelaufen. Die Inhalte wurden gelöscht."},
}
