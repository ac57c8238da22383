package cases

import "stadttor/internal/ident"

// Submitted: an application was received by the authority.
type Submitted struct {
	Case ident.CaseID `json:"case"`
}

// Kind implements jobs.Job.
func (Submitted) Kind() string { return "cases.Submitted" }

// Key implements jobs.Job.
func (e Submitted) Key() string { return string(e.Case) }

// Asked: the authority has a question for the applicant.
type Asked struct {
	Case    ident.CaseID    `json:"case"`
	Message ident.MessageID `json:"message"`
}

// Kind implements jobs.Job.
func (Asked) Kind() string { return "cases.Asked" }

// Key implements jobs.Job.
func (e Asked) Key() string { return string(e.Message) }

// Replied: the applicant has answered.
type Replied struct {
	Case    ident.CaseID    `json:"case"`
	Message ident.MessageID `json:"message"`
}

// Kind implements jobs.Job.
func (Replied) Kind() string { return "cases.Replied" }

// Key implements jobs.Job.
func (e Replied) Key() string { return string(e.Message) }

// Decided: the authority has decided; the letter lies in the inbox.
type Decided struct {
	Case ident.CaseID `json:"case"`
}

// Kind implements jobs.Job.
func (Decided) Kind() string { return "cases.Decided" }

// Key implements jobs.Job.
func (e Decided) Key() string { return string(e.Case) }

// Withdrawn: the applicant has taken the application back.
type Withdrawn struct {
	Case ident.CaseID `json:"case"`
}

// Kind implements jobs.Job.
func (Withdrawn) Kind() string { return "cases.Withdrawn" }

// Key implements jobs.Job.
func (e Withdrawn) Key() string { return string(e.Case) }

// Closed: nothing is left to do.
type Closed struct {
	Case ident.CaseID `json:"case"`
}

// Kind implements jobs.Job.
func (Closed) Kind() string { return "cases.Closed" }

// Key implements jobs.Job.
func (e Closed) Key() string { return string(e.Case) }

// Sweep is the periodic job of each tenant (Service.Sweep).
type Sweep struct {
	Slot string `json:"slot"`
}

// Kind implements jobs.Job.
func (Sweep) Kind() string { return "cases.Sweep" }

// Key implements jobs.Job.
func (e Sweep) Key() string { return e.Slot }
