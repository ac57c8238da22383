package tenancy

import (
	"strings"

	"stadttor/internal/db"
	"stadttor/internal/ident"
)

// Realm (Verbund) is the circle that shares one account.
type Realm struct {
	ID   ident.RealmID
	Slug string
	Name string
	// Lead is the slug of the tenant that answers for the shared library and for
	// the accounts, "" if none.
	Lead string
	// AccountHost is the host name where the realm's people sign in, exact, lower
	// case, without port; "" while there is none: then nobody can sign in.
	AccountHost string
}

// Scope is the realm's own scope.
func (r Realm) Scope() db.RealmScope { return db.ForRealm(r.ID) }

// Kinds of tenants.
const (
	KindKreis    = "kreis"
	KindStadt    = "stadt"
	KindGemeinde = "gemeinde"
)

// Tenant (Mandant) is one authority: the wall.
type Tenant struct {
	Realm ident.RealmID
	ID    ident.TenantID
	Slug  string
	Name  string // "Stadt Torhausen"
	Kind  string
	Sign  string // three capital letters of its case numbers
	ARS   string // 12 digits
	Settings
}

// Settings of a tenant.
type Settings struct {
	ShortName   string  `json:"short_name"` // "Torhausen"
	AGS         string  `json:"ags"`
	Inhabitants int     `json:"inhabitants"`
	Places      []Place `json:"places"`
	Contact     Contact `json:"contact"`
	// Params are what the tenant sets for forms: form ID → name → value.
	Params map[string]map[string]any `json:"params,omitempty"`
	// Plates are distinguishing signs of vehicle registrations that belong here
	// besides the official list.
	Plates []string `json:"plates,omitempty"`
	// DraftDays is how long an untouched draft is kept; 0 means 30.
	DraftDays int `json:"draft_days,omitempty"`
	// RetentionDays is how long a closed case is kept; 0 means 365.
	RetentionDays int `json:"retention_days,omitempty"`
}

// Scope is the tenant's scope.
func (t Tenant) Scope() db.TenantScope { return db.ForTenant(t.Realm, t.ID) }

// Layer is where content is kept: a tenant's own, or what a realm holds for all
// its tenants (Tenant nil).
type Layer struct {
	Realm  Realm
	Tenant *Tenant
}

// TenantID is empty for what the realm holds.
func (l Layer) TenantID() ident.TenantID {
	if l.Tenant == nil {
		return ""
	}
	return l.Tenant.ID
}

// Scope is the tenant's scope, or the realm's.
func (l Layer) Scope() db.Scope {
	if l.Tenant == nil {
		return l.Realm.Scope()
	}
	return l.Tenant.Scope()
}

// Place is a postal code with a place name; one code may lie in several tenants.
type Place struct {
	PLZ      string `json:"plz"`
	Name     string `json:"name"`
	District string `json:"district,omitempty"` // Ortsteil
}

// Contact is how an authority is reached.
type Contact struct {
	Building string `json:"building,omitempty"`
	Street   string `json:"street"`
	PLZ      string `json:"plz"`
	City     string `json:"ort"`
	Phone    string `json:"phone"`
	Fax      string `json:"fax,omitempty"`
	Mail     string `json:"mail"`
}

// Unit (Organisationseinheit) is who is responsible inside a tenant.
type Unit struct {
	Tenant ident.TenantID
	ID     ident.UnitID
	Slug   string
	Name   string
	Roles  []string // what it is in charge of, e.g. "steueramt"
}

// Portal is a door: it opens on one tenant.
type Portal struct {
	Tenant  ident.TenantID
	ID      ident.PortalID
	Host    string // exact, lower case, without port
	Version int64  // grows with each published change
	PortalSettings
}

// PortalSettings are look and content of a portal.
type PortalSettings struct {
	Look          Look          `json:"look"`
	Opening       string        `json:"opening"` // text under the start page's heading
	Imprint       Imprint       `json:"imprint"`
	Privacy       Privacy       `json:"privacy"`
	Accessibility Accessibility `json:"accessibility"`
	Notices       []Notice      `json:"notices,omitempty"`
}

// Imprint (§ 5 DDG).
type Imprint struct {
	Provider      string   `json:"provider"`
	LegalForm     string   `json:"legal_form"`
	RepresentedBy string   `json:"represented_by"`
	Supervisory   string   `json:"supervisory_authority"`
	Responsible   string   `json:"responsible_for_content"`
	Paragraphs    []string `json:"paragraphs,omitempty"`
}

// Privacy (Art. 13 DSGVO).
type Privacy struct {
	Controller string   `json:"controller"`
	Officer    Contact  `json:"officer"`
	OfficerTo  string   `json:"officer_name"`
	Paragraphs []string `json:"paragraphs,omitempty"`
}

// Accessibility statement (§ 3 BITV 2.0, Durchführungsbeschluss (EU) 2018/1523).
type Accessibility struct {
	Status      string   `json:"status"` // vollständig, teilweise, nicht vereinbar
	Date        string   `json:"date"`   // ISO
	Method      string   `json:"method"`
	Gaps        []string `json:"gaps,omitempty"`
	Feedback    Contact  `json:"feedback"`
	Enforcement string   `json:"enforcement"`
}

// Notice is a current message on the start page.
type Notice struct {
	Kind  string `json:"kind"` // info, warning
	Title string `json:"title"`
	Text  string `json:"text"`
	Until string `json:"until,omitempty"` // ISO date, shown up to and including
}

// Door is what a host name opens: found once per request.
type Door struct {
	Realm  Realm
	Tenant Tenant
	Portal Portal
	// Account says that this is the realm's account host and no portal: Tenant is
	// the one that answers for the accounts, Portal lends its look and imprint and
	// has the account host's name and no ID.
	Account bool
}

// CleanHost brings a Host header to the form of Portal.Host; "" if it is none.
// A port and one trailing dot are dropped, nothing else is forgiven.
func CleanHost(h string) string {
	if i := strings.LastIndexByte(h, ':'); i >= 0 && strings.IndexByte(h, ']') < i {
		port := h[i+1:]
		if port == "" || len(port) > 5 || strings.Trim(port, "0123456789") != "" {
			return ""
		}
		h = h[:i]
	}
	h = strings.TrimSuffix(h, ".")
	if h == "" || len(h) > 253 {
		return ""
	}
	h = strings.ToLower(h)
	for i := 0; i < len(h); i++ {
		if c := h[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return ""
		}
	}
	return h
}
