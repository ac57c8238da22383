package payments

import (
	"strconv"

	"stadttor/internal/ident"
)

// Settled tells that an attempt has ended, in the tenant of the case. A payment
// can end twice, unpaid and then paid late; nothing follows on paid.
type Settled struct {
	Payment ident.PaymentID `json:"payment"`
	Case    ident.CaseID    `json:"case"`
	State   State           `json:"state"` // Paid, Failed, Cancelled or Expired
}

// Kind implements jobs.Job.
func (Settled) Kind() string { return "payments.Settled" }

// Key implements jobs.Job.
func (e Settled) Key() string { return string(e.Payment) + ":" + string(e.State) }

// Flagged tells that a human of the Kasse has to look at a payment.
type Flagged struct {
	Payment ident.PaymentID `json:"payment"`
	Case    ident.CaseID    `json:"case"`
	Flag    Flag            `json:"flag"`
	Number  int             `json:"number"` // Payment.FlagNo
}

// Kind implements jobs.Job.
func (Flagged) Kind() string { return "payments.Flagged" }

// Key implements jobs.Job.
func (e Flagged) Key() string {
	return string(e.Payment) + ":" + string(e.Flag) + ":" + strconv.Itoa(e.Number)
}

// Cleared tells that nothing about a payment is in doubt any more: a human of
// the Kasse closed the flag, or the provider's report did.
type Cleared struct {
	Payment ident.PaymentID `json:"payment"`
	Case    ident.CaseID    `json:"case"`
	Number  int             `json:"number"` // Payment.FlagNo
}

// Kind implements jobs.Job.
func (Cleared) Kind() string { return "payments.Cleared" }

// Key implements jobs.Job.
func (e Cleared) Key() string { return string(e.Payment) + ":" + strconv.Itoa(e.Number) }

// Check asks the provider of one payment (Service.Reconcile).
type Check struct {
	Payment ident.PaymentID `json:"payment"`
	Turn    int             `json:"turn"` // 0 for the one that ends an attempt nobody started
}

// Kind implements jobs.Job.
func (Check) Kind() string { return "payments.Check" }

// Key implements jobs.Job.
func (c Check) Key() string { return string(c.Payment) + ":" + strconv.Itoa(c.Turn) }
