package accounts

import (
	"context"
	"encoding/json"
	"net/url"

	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// Method is the port of sign-in methods. It keeps nothing between its two
// calls: what must be kept goes through Begun.Keep and comes back as
// Attempt.Keep, on whichever node the browser returns to.
type Method interface {
	// Begin says where the browser goes. Errors: KindUnavailable when the partner
	// cannot be reached.
	Begin(ctx context.Context, a Attempt) (Begun, error)
	// Complete reads what the partner sent back (query or form). Errors:
	// KindForbidden with a text key when refused or broken off, KindUnavailable
	// when the partner cannot be reached. The error's log text says which rule
	// was broken, without personal data (see Refused); the host writes the audit
	// entry. An attempt comes here once only: replay is the host's matter,
	// binding the answer to the attempt is the method's.
	Complete(ctx context.Context, a Attempt, back url.Values) (Identity, error)
}

// Kinds of people who sign in.
const (
	KindCitizen = "citizen"
	KindStaff   = "staff"
)

// Attempt is one try to sign in, as the host keeps it between Begin and
// Complete: 15 minutes, single use, on all nodes.
type Attempt struct {
	Kind   string // KindCitizen, KindStaff
	Realm  ident.RealmID
	Tenant string     // slug of the portal one came from, "" for none; for staff the employer
	State  string     // 160 bit, single use; comes back unchanged (state, RelayState)
	Back   string     // absolute address of our return page for this method
	Level  perm.Level // wanted at least
	Lang   string     // "de", "en"
	Fresh  bool       // ask the person again even if the partner has a session (step-up, sensitive act)
	Keep   []byte     // what Begin gave: nonce, verifier, request ID; sealed at rest by the host
}

// MaxKeep bounds Begun.Keep, in bytes.
const MaxKeep = 4 << 10

// Begun is what the browser shall do now: GET Redirect, or POST Fields to Post.
type Begun struct {
	Redirect string            // absolute, or a path on the host where the attempt began
	Post     string            // absolute (SAML HTTP-POST)
	Fields   map[string]string // of Post
	Keep     []byte            // at most MaxKeep bytes; given back as Attempt.Keep
}

// Identity is what a method confirmed.
type Identity struct {
	// Issuer is who vouches (issuer URL, entityID; "" for a method without
	// partners). A person is known by connection, issuer and subject together.
	Issuer  string
	Subject string     // stable and unique within the issuer, never shown
	Level   perm.Level // of this sign-in: by an explicit table, unknown is the lowest
	Means   string     // e.g. "eID", "ELSTER", "Passwort", "Passkey": evidence kept with applications; at most 40 bytes
	Company bool       // an organisation's account
	// Profile holds every attribute with the level at which the partner proved
	// it. Source and At are filled by the host where they are empty.
	Profile Profile
}

// Factory makes a method from a connection's settings. secret gives a value
// that is stored apart from the settings ("client_secret"); its error is
// KindInvalid for one that is not set. ctx bounds look-ups at the partner; a
// factory may postpone them to Begin. Errors: KindInvalid with fields, for the
// administrator who is typing.
type Factory func(ctx context.Context, settings json.RawMessage, secret func(name string) (string, error)) (Method, error)

// Kind is an extension of the port: a sort of partner that can be connected.
type Kind struct {
	Name  string // "oidc", "saml"
	Title string // German, for administrators
	New   Factory
	// Settings are the fields of the administrators' page, in their order;
	// without any the page takes the settings as JSON.
	Settings []Setting
}

// Setting is one field of a kind's settings.
type Setting struct {
	Key   string // of the JSON object; for Type SettingSecret the name that Factory's secret takes
	Label string // German
	Hint  string // German, may be empty
	Type  SettingType
	Need  bool // must not be empty
}

// SettingType is how a setting is typed in and stored.
type SettingType string

// The types of settings.
const (
	SettingText   SettingType = "text"   // string
	SettingLong   SettingType = "long"   // string of several lines: metadata, certificates
	SettingLines  SettingType = "lines"  // list of strings, one a line
	SettingTable  SettingType = "table"  // object of strings, one "key = value" a line
	SettingSwitch SettingType = "switch" // true or false
	SettingSecret SettingType = "secret" // sealed, never shown again
)

// Named is a connection: one configured method.
type Named struct {
	Name, Title string // Name is part of addresses and of what is known of people: it never changes
	Kind        string // "demo", "local", "oidc", "saml"
	Method      Method
	Citizens    bool // offered to citizens, once per realm
	Staff       bool // offered to staff
	// OptIn says that staff are offered it only where their authority chose so.
	OptIn bool
	// MaxLevel caps what the method says; the zero value stands for no cap.
	MaxLevel perm.Level
}

// Reaches reports whether the method can give the level.
func (n Named) Reaches(l perm.Level) bool { return n.MaxLevel == perm.LevelNone || n.MaxLevel >= l }
