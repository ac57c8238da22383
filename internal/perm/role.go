package perm

import "slices"

// Role is a set of rights with a name. The German names are in GLOSSARY.md.
type Role string

// The roles.
const (
	Caseworker    Role = "caseworker"          // Sachbearbeitung
	Lead          Role = "lead"                // Leitung
	Editor        Role = "editor"              // Redaktion
	Treasurer     Role = "treasurer"           // Kasse
	Auditor       Role = "auditor"             // Rechnungsprüfung, Datenschutz
	Administrator Role = "administrator"       // Administration der Kommune
	RealmAdmin    Role = "realm-administrator" // Administration des Verbunds
)

// Right is one thing that can be done.
type Right string

// The rights.
const (
	ReadCases     Right = "cases.read"    // worklist and cases of own units
	WorkCases     Right = "cases.work"    // claim, note, ask
	DecideCases   Right = "cases.decide"  // decide with a letter
	AssignCases   Right = "cases.assign"  // release what another holds, move to a unit
	ReadPayments  Right = "payments.read" // payments and ledger
	SendDelivery  Right = "delivery.send" // send a parcel again
	EditContent   Right = "content.edit"  // texts, fees, offers, notices
	EditPortal    Right = "portal.edit"   // look, imprint, parameters
	ReadJobs      Right = "jobs.read"     // queues: waiting, failed, why
	RetryJobs     Right = "jobs.retry"    // start a failed job again
	GrantRoles    Right = "roles.grant"   // give and take roles
	ReadAudit     Right = "audit.read"    // the tamper-evident log
	EditLibrary   Right = "library.edit"  // the realm's shared services and forms
	AdministerAll Right = "realm.administer"
)

// Table says what each role may do; the administration shows it as it stands.
func Table() []Row { return slices.Clone(table) }

// Row is a role and its rights.
type Row struct {
	Role   Role
	Rights []Right
}

var table = []Row{
	{Caseworker, []Right{ReadCases, WorkCases, DecideCases, SendDelivery}},
	{Lead, []Right{ReadCases, WorkCases, DecideCases, AssignCases, SendDelivery, ReadPayments}},
	{Editor, []Right{EditContent}},
	{Treasurer, []Right{ReadPayments}},
	{Auditor, []Right{ReadAudit, ReadPayments, ReadJobs}},
	{Administrator, []Right{EditContent, EditPortal, ReadJobs, RetryJobs, GrantRoles, SendDelivery}},
	{RealmAdmin, []Right{EditLibrary, AdministerAll, ReadJobs, RetryJobs, EditPortal}},
}

// Has reports whether the role includes the right; an unknown role has none.
func (r Role) Has(x Right) bool {
	for _, row := range table {
		if row.Role == r {
			return slices.Contains(row.Rights, x)
		}
	}
	return false
}
