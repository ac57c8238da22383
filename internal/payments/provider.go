package payments

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"stadttor/internal/ident"
	"stadttor/internal/money"
)

// Port is the name under which tenants enable providers
// (tenancy.Directory.SaveExtension).
const Port = "payment"

// Euro is the only currency in which a demand can be paid (ISO 4217).
const Euro = "EUR"

// Provider is the port: a payment service with which one tenant has a contract.
// It is safe for concurrent use and is never called inside a transaction.
type Provider interface {
	// Start tells the provider what is to be paid and gives the address of its
	// page. Called again with the same Order.Key it gives the same reference and
	// makes no second order.
	Start(ctx context.Context, o Order) (Started, error)
	// Status asks what became of an order. It answers from the provider's own
	// records, never from what a browser or a notice carried. ErrUnknown says
	// that the provider has no such order; any other error says nothing.
	Status(ctx context.Context, q Query) (Report, error)
}

// Titled is an optional power of a Provider: the German name under which a
// person chooses it ("Kreditkarte") and one explaining sentence, which may be "".
type Titled interface {
	Title() (name, hint string)
}

// Factory makes a provider from a tenant's settings. It checks them, calls
// nobody, and is cheap: it runs before each use.
type Factory func(settings json.RawMessage) (Provider, error)

// ErrUnknown says that a provider never heard of an order.
var ErrUnknown = errors.New("the provider has no such order")

// Order is what a provider is told.
type Order struct {
	// Key is the idempotency key, the same for every try of this Payment. It
	// is the payment's ID: 26 characters a-z 0-9, fit for merchantTxId, txid,
	// requestId.
	Key      string
	Payment  ident.PaymentID
	Realm    ident.RealmID
	Tenant   ident.TenantID
	Provider string       // name under which the tenant enabled it
	Amount   money.Amount // 1 to MaxAmount, in Euro
	Purpose  string       // 1 to 27 characters of the SEPA set without signs: letters, digits, blank, hyphen
	// Reference is the case number or Kassenzeichen on the receipt, at most 36
	// characters.
	Reference string
	// ReturnURL takes the browser back, whatever happened. Absolute.
	ReturnURL string
	// NotifyURL takes notices (any method, any body, nothing of it is read). Absolute.
	NotifyURL string
}

// Started is the provider's answer to an order.
type Started struct {
	// Ref is the provider's reference, unique within the tenant and provider;
	// 1 to 200 bytes.
	Ref string
	// RedirectURL is where the person pays: absolute https, or a path on the
	// portal itself (demo).
	RedirectURL string
}

// Query asks for an order: by Key, and by Ref where it is known.
type Query struct {
	Key    string
	Ref    string // "" when the answer to Start was lost
	Realm  ident.RealmID
	Tenant ident.TenantID
}

// Report is what a provider confirms.
type Report struct {
	// State is one of Begun (order known, nothing paid yet), Pending (under
	// way), Paid, Failed, Cancelled. Anything the adapter does not know for
	// certain is an error, not a guess.
	State State
	// Amount and Currency are what was paid; read when State is Paid only.
	Amount   money.Amount
	Currency string
	// Refunded is how much of it was given back so far, 0 to Amount.
	Refunded money.Amount
	Ref      string    // the provider's reference of this order
	At       time.Time // when the provider booked it; zero if it does not say
}
