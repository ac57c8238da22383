package payments

import "slices"

// State of a payment.
type State string

// The states.
const (
	Open      State = "open"      // waits for the person to choose a provider
	Begun     State = "started"   // handed to a provider, nothing paid yet
	Pending   State = "pending"   // the provider is at work, money may be under way
	Paid      State = "paid"      // confirmed by the provider or received by the Kasse, exact amount; final
	Failed    State = "failed"    // refused by bank or card
	Cancelled State = "cancelled" // stopped by the person, or replaced by another attempt
	Expired   State = "expired"   // time ran out with nothing paid
)

// States lists all, in the order of a payment's life.
func States() []State { return []State{Open, Begun, Pending, Paid, Failed, Cancelled, Expired} }

// Over reports whether this attempt has ended; a demand that is not paid may
// then be tried again with a new Payment (Service.Retry).
func (s State) Over() bool { return s == Paid || s == Failed || s == Cancelled || s == Expired }

// InFlight reports whether a provider may still take money for it.
func (s State) InFlight() bool { return s == Begun || s == Pending }

// Who may cause an edge.
type Who string

// The causes.
const (
	ByCitizen  Who = "citizen"
	ByProvider Who = "provider" // by what Status confirmed
	ByTreasury Who = "treasury" // by what the Kasse received outside (Service.Receive)
	BySystem   Who = "system"
)

// Edge is one legal step.
type Edge struct {
	From, To State
	Who      Who
	Event    string
}

// edges is every legal step of a payment; there is no other. A payment that
// ended unpaid is still paid when the provider says so: the money is there.
// From paid nothing leads on: a refund is a new entry in the ledger, a new try
// a new payment.
var edges = []Edge{
	{Open, Begun, ByCitizen, "start"},
	{Open, Cancelled, BySystem, "superseded"}, // the demand was paid by another attempt, or dropped
	{Open, Expired, BySystem, "expired"},
	{Open, Paid, ByTreasury, "receive"}, // an attempt of the Kasse's own

	{Begun, Pending, ByProvider, "pending"},
	{Begun, Paid, ByProvider, "paid"},
	{Begun, Failed, ByProvider, "failed"},
	{Begun, Cancelled, ByProvider, "cancelled"},
	{Begun, Cancelled, ByCitizen, "abandoned"}, // chose another provider instead
	{Begun, Expired, BySystem, "expired"},

	{Pending, Paid, ByProvider, "paid"},
	{Pending, Failed, ByProvider, "failed"},
	{Pending, Cancelled, ByProvider, "cancelled"},

	{Failed, Paid, ByProvider, "paid-late"},
	{Cancelled, Paid, ByProvider, "paid-late"},
	{Expired, Paid, ByProvider, "paid-late"},
}

// Edges gives the table of legal steps.
func Edges() []Edge { return slices.Clone(edges) }

// step finds the edge by which who may lead from one state to another.
func step(from, to State, who Who) (Edge, bool) {
	for _, e := range edges {
		if e.From == from && e.To == to && e.Who == who {
			return e, true
		}
	}
	return Edge{}, false
}
