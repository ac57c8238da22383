package payments

import (
	"strings"
	"time"

	"stadttor/internal/ident"
	"stadttor/internal/money"
)

// MaxAmount is the largest demand: 999.999,99 € (XBezahldienste 1.0.0, grosAmount).
const MaxAmount money.Amount = 99_999_999

// Payment is one attempt to pay a demand.
type Payment struct {
	Tenant ident.TenantID
	ID     ident.PaymentID
	Demand ident.PaymentID // the first attempt's ID: the same for all attempts of a demand
	Case   ident.CaseID
	Person ident.PersonID // "" for a guest

	Amount    money.Amount
	Purpose   string
	Reference string
	Lines     []Line

	State    State
	Provider string // "" while Open; Treasury for what came outside
	Ref      string // the provider's reference, "" until it answered
	Flag     Flag   // "" when nothing is in doubt
	FlagNo   int    // how many flags there have been: the number of the last one
	Fact     string // what the flag stands for, or of a cleared one stood for; "" for nothing
	Refunded money.Amount
	Kept     money.Amount // its money, taken into the ledger although nothing was owed
	Returned money.Amount // of that, what the Kasse settled outside of the platform

	// What the Kasse received outside; zero for a provider's payment.
	Way        Way
	ReceivedOn time.Time // midnight UTC of the day (clock.Date)
	Voucher    string    // its number in the cash system

	Attempt int // 1 for the first
	Turn    int // how often the provider was asked by the job

	CreatedAt time.Time
	StartedAt time.Time // zero while Open
	SettledAt time.Time // when the attempt ended; zero before
}

// hasProvider reports whether somebody outside can be asked for it.
func (p Payment) hasProvider() bool { return p.Provider != "" && p.Provider != Treasury }

// Line is one line of the fee: what for and how much.
type Line struct {
	Text   string       `json:"text"`
	Amount money.Amount `json:"amount"`
}

// Demand is what a case asks a person to pay.
type Demand struct {
	Case   ident.CaseID
	Person ident.PersonID // "" for a guest
	Amount money.Amount   // 1 to MaxAmount
	// Purpose is the posting text; it is brought to 27 SEPA characters.
	Purpose string
	// Reference is the case number or Kassenzeichen, 1 to 36 characters. It
	// makes the demand unique within its case.
	Reference string
	// Lines explain the amount; if there are any, they sum to it.
	Lines []Line
}

// Method is one way to pay that a tenant offers.
type Method struct {
	Provider string // its name, for Service.Start
	Title    string // German
	Hint     string // German, may be ""
}

// Flag says why a human has to look.
type Flag string

// The flags.
const (
	FlagAmount    Flag = "amount"    // the provider confirms another amount
	FlagCurrency  Flag = "currency"  // … or another currency
	FlagReference Flag = "reference" // the answer speaks of another order
	FlagSurplus   Flag = "surplus"   // paid, but the demand was paid already or dropped: money to give back
	FlagReversed  Flag = "reversed"  // was paid, is now reported as not paid
	FlagRefund    Flag = "refund"    // the refunds reported make no sense
	FlagSlow      Flag = "slow"      // still under way, or the provider silent, after Config.ExpireAfter
)

// Reported is what the provider said when the flag was raised: a cent amount
// (amount, refund, surplus), a currency, a reference, a state (reversed, slow);
// "" where it is not known.
func (p Payment) Reported() string {
	_, value, _ := strings.Cut(p.Fact, ":")
	return value
}

// Purpose brings a posting text to what every provider takes: at most 27
// characters, letters, digits, blanks and hyphens (XBezahldienste 1.0.0:
// ^[\w\d\s-]+$; SEPA: no umlauts).
func Purpose(s string) string {
	s = transliterate.Replace(s)
	var b strings.Builder
	for _, r := range s {
		ok := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-'
		if !ok {
			r = ' '
		}
		b.WriteRune(r)
	}
	s = strings.Join(strings.Fields(b.String()), " ")
	if len(s) > 27 {
		s = strings.TrimSpace(s[:27])
	}
	return s
}

var transliterate = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ß", "ss", "ẞ", "SS", "é", "e", "è", "e", "á", "a", "à", "a", "ç", "c")

// ReturnPath is where the browser comes back to on the tenant's portal; the
// citizen door serves it and calls Service.Return.
func ReturnPath(id ident.PaymentID) string { return "/bezahlung/" + string(id) + "/zurueck" }

// NotifyPath is where a provider's notices arrive on the tenant's portal, by
// any method; the door calls Service.Notify with the tenant of the host and
// the last two parts of the path, and answers 204.
func NotifyPath(provider string, id ident.PaymentID) string {
	return "/api/v1/zahlungen/" + provider + "/" + string(id)
}
