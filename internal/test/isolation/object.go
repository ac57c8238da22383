package isolation

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"stadttor/internal/cases"
	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// Object is a case with all that hangs on it: what somebody owns.
type Object struct {
	Name     string // "torhausen/decided", for reports
	Tenant   tenancy.Tenant
	Person   ident.PersonID // "" for a guest's
	Form     string
	Page     string // one of the form's
	Case     ident.CaseID
	Proof    cases.Proof
	Number   ident.Number
	Fee      money.Amount // zero until it was sent
	Unit     ident.UnitID
	Received bool // has reached the authority: its unit sees it
	Files    []ident.FileID
	Payments []ident.PaymentID
	Parcels  []ident.ParcelID
	Jobs     []ident.JobID
	Mails    []string      // identifiers in the outbox
	SignIns  []string      // names of its owner's sessions
	Way      string        // ticket of a browser that is about to sign in
	Member   ident.StaffID // somebody who works at the tenant
	Role     perm.Role     // a role of the tenant's own
	Taught   Taught        // to the search, by the authority's editors
	Kept     Kept          // in its owner's account
	Module   Module        // of a vendor, at its authority

	index int
	words int
	marks *Marks
}

// kind says who may read a mark.
type kind uint8

const (
	content  kind = iota // applicant, and the unit once it was received
	internal             // the unit only
	cash                 // the Kasse only
	private              // its owner only: it lies in the account
	mailbox              // content; in the demonstration's outbox, which is one for all, its administrators too
)

type mark struct {
	of   *Object
	kind kind
}

// Marks are the words that stand in people's data and nowhere else.
type Marks struct {
	by  map[string]mark
	ids map[string]*Object
}

// sign finds marks, in whatever case they come out.
var sign = regexp.MustCompile(`(?i)kanari[a-z]{4}`)

// word makes a mark of the object: letters only, so that it may stand in a name.
func (o *Object) word(k kind) string {
	w := fmt.Sprintf("kanari%c%c%c%c", 'a'+o.index/26, 'a'+o.index%26, 'a'+o.words/26, 'a'+o.words%26)
	o.words++
	o.marks.by[w] = mark{o, k}
	return strings.ToUpper(w[:1]) + w[1:]
}

// text is a mark that applicant and unit read.
func (o *Object) text() string { return o.word(content) }

// name registers identifiers of the object.
func (o *Object) name(ids ...string) {
	for _, id := range ids {
		if id != "" {
			o.marks.ids[id] = o
		}
	}
}

// Actor is somebody at a portal.
type Actor struct {
	Name    string
	Host    string // slug of the tenant whose portal he calls, or of the realm whose account host
	Account bool   // he stands at an account host
	Cookie  string // as the browser would send it
	Person  ident.PersonID
	Staff   perm.Staff
	Holds   map[ident.CaseID]bool // secrets of guests' applications in the cookie
	session string
	browser string        // cookie of a sign-in that is going on
	realm   ident.RealmID // of the account host at which he stands
}

func (a *Actor) staff() bool { return a.Staff.Staff != "" }

// Sees: a person his own in the whole realm, a browser what it holds at that
// portal, staff what their units received.
func (a *Actor) Sees(o *Object) bool {
	switch {
	case o.Person != "" && a.Person == o.Person:
		return true
	case a.Holds[o.Case] && a.Host == o.Tenant.Slug:
		return true
	}
	return a.works(o)
}

func (a *Actor) works(o *Object) bool {
	return a.staff() && a.Staff.Tenant == o.Tenant.ID && o.Received && a.mayIn(perm.ReadCases, o.Unit)
}

// may and mayIn read the table of roles by themselves: what the program makes
// of it is what is tested.
func (a *Actor) may(right perm.Right) bool {
	return slices.ContainsFunc(a.Staff.Grants, func(g perm.Grant) bool { return holds(g.Role, right) })
}

func (a *Actor) mayIn(right perm.Right, u ident.UnitID) bool {
	return slices.ContainsFunc(a.Staff.Grants, func(g perm.Grant) bool { return holds(g.Role, right) && (g.Unit == "" || g.Unit == u) })
}

func holds(role perm.Role, right perm.Right) bool {
	return slices.ContainsFunc(perm.Table(), func(row perm.Row) bool { return row.Role == role && slices.Contains(row.Rights, right) })
}

// knows says who may come across identifiers and case numbers: who sees the
// object, and who watches payments, jobs or the log of its authority.
func (a *Actor) knows(o *Object) bool {
	if a.Sees(o) {
		return true
	}
	if !a.staff() || a.Staff.Tenant != o.Tenant.ID {
		return false
	}
	return a.may(perm.ReadPayments) || a.may(perm.ReadJobs) || a.may(perm.ReadAudit)
}

func (a *Actor) reads(m mark) bool {
	switch m.kind {
	case internal:
		return a.works(m.of)
	case cash:
		return inKasse(a, m.of)
	case private:
		return ownerOf(a, m.of)
	default:
		return a.Sees(m.of)
	}
}
