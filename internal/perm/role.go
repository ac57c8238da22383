package perm

import "slices"

// Role is a set of rights with a name. The German names are in GLOSSARY.md.
type Role string

// The roles.
const (
	CitizenOffice Role = "citizen-office"      // Bürgerbüro
	Caseworker    Role = "caseworker"          // Sachbearbeitung
	Lead          Role = "lead"                // Leitung
	Editor        Role = "editor"              // Redaktion
	FormDesigner  Role = "form-designer"       // Formulargestaltung
	Treasurer     Role = "treasurer"           // Kasse
	Auditor       Role = "auditor"             // Rechnungsprüfung, Datenschutz
	Administrator Role = "administrator"       // Administration der Kommune
	RealmAdmin    Role = "realm-administrator" // Administration des Verbunds
)

// Right is one thing that can be done.
type Right string

// The rights.
const (
	ReadCases     Right = "cases.read"     // worklist and cases of own units
	WorkCases     Right = "cases.work"     // claim, note, ask
	DecideCases   Right = "cases.decide"   // decide with a letter
	AssignCases   Right = "cases.assign"   // release what another holds, move to a unit
	ReadPayments  Right = "payments.read"  // payments and ledger
	ClearPayments Right = "payments.clear" // close what was flagged at a payment
	SendDelivery  Right = "delivery.send"  // send a parcel again
	EditContent   Right = "content.edit"   // texts, fees, offers, notices
	EditForms     Right = "forms.edit"     // what a tenant sets for its forms
	EditPortal    Right = "portal.edit"    // look, imprint, sign-in
	ReadJobs      Right = "jobs.read"      // queues: waiting, failed, why
	RetryJobs     Right = "jobs.retry"     // start a failed job again
	GrantRoles    Right = "roles.grant"    // give and take roles
	ReadAudit     Right = "audit.read"     // the tamper-evident log
	EditLibrary   Right = "library.edit"   // the realm's shared services and forms
	AdministerAll Right = "realm.administer"
)

// rights in the order in which they are shown; the place is the bit in a Set.
var rights = []Right{ReadCases, WorkCases, DecideCases, AssignCases, SendDelivery, ReadPayments, ClearPayments, EditContent, EditForms, EditPortal, GrantRoles, ReadJobs, RetryJobs, ReadAudit, EditLibrary, AdministerAll}

// Rights lists all there are.
func Rights() []Right { return slices.Clone(rights) }

// Set is a set of rights.
type Set uint64

// SetOf makes a set; what is no right is left out.
func SetOf(list ...Right) (s Set) {
	for _, r := range list {
		if i := slices.Index(rights, r); i >= 0 {
			s |= 1 << i
		}
	}
	return s
}

// Has reports whether the right is in the set.
func (s Set) Has(r Right) bool { i := slices.Index(rights, r); return i >= 0 && s&(1<<i) != 0 }

// Rights lists the set in the order of Rights.
func (s Set) Rights() (out []Right) {
	for i, r := range rights {
		if s&(1<<i) != 0 {
			out = append(out, r)
		}
	}
	return out
}

// Row is a role of the product: its rights, and the roles whose rights its
// holders may give to others although they do not hold them. So an
// administrator appoints caseworkers and reads no case: what he holds is the
// power to grant, not the right (ARBAC97, administrative roles).
type Row struct {
	Role   Role
	Rights []Right
	Gives  []Role
}

// Table says what each role may do; the administration shows it as it stands.
func Table() []Row { return slices.Clone(table) }

var table = []Row{
	{CitizenOffice, []Right{ReadCases, WorkCases}, nil},
	{Caseworker, []Right{ReadCases, WorkCases, DecideCases, SendDelivery}, nil},
	{Lead, []Right{ReadCases, WorkCases, DecideCases, AssignCases, SendDelivery, ReadPayments, GrantRoles}, nil},
	{Editor, []Right{EditContent}, nil},
	{FormDesigner, []Right{EditForms}, nil},
	{Treasurer, []Right{ReadPayments, ClearPayments}, nil},
	{Auditor, []Right{ReadAudit, ReadPayments, ReadJobs}, nil},
	{Administrator, []Right{EditContent, EditForms, EditPortal, ReadJobs, RetryJobs, GrantRoles, SendDelivery}, []Role{CitizenOffice, Caseworker, Lead, Editor, FormDesigner, Treasurer, Administrator}},
	{RealmAdmin, []Right{EditLibrary, AdministerAll, ReadJobs, RetryJobs, EditPortal, GrantRoles}, []Role{Auditor, Administrator, RealmAdmin}},
}

// sets are the roles' rights for quick asking.
var sets = func() map[Role]Set {
	m := map[Role]Set{}
	for _, row := range table {
		m[row.Role] = SetOf(row.Rights...)
	}
	return m
}()

// Set is the role's rights; an unknown role has none.
func (r Role) Set() Set { return sets[r] }

// Has reports whether the role includes the right; an unknown role has none.
func (r Role) Has(x Right) bool { return sets[r].Has(x) }

// gives reports whether holders of the role may give others this right, with a
// role that holds it.
func (r Role) gives(x Right) bool {
	return slices.ContainsFunc(table, func(row Row) bool {
		return row.Role == r && slices.ContainsFunc(row.Gives, func(g Role) bool { return g.Has(x) })
	})
}

// MayGive reports whether somebody may give this grant to another person (or
// take it): each right in it he holds himself where the grant holds, or one of
// his own roles gives it there. Nobody gives himself anything; whose grants
// they are, the verb knows.
func (s Staff) MayGive(g Grant) bool {
	list := g.Rights()
	for _, r := range list {
		if s.May(GrantRoles) && s.MayAt(r, g.Unit, g.Service) {
			continue
		}
		if !slices.ContainsFunc(s.Grants, func(own Grant) bool { return own.Own == 0 && own.Role.gives(r) && own.covers(g.Unit, g.Service) }) {
			return false
		}
	}
	return len(list) > 0
}
