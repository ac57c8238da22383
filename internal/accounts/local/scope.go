package local

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/mail"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// Scope says whose credentials: those of the citizens of a realm, or those of
// the staff of one of its tenants. The zero Scope is refused.
type Scope struct {
	Realm  ident.RealmID
	Tenant ident.TenantID // "" for citizens
}

// Citizens is the scope of a realm's citizens.
func Citizens(r ident.RealmID) Scope { return Scope{Realm: r} }

// Staff is the scope of a tenant's staff.
func Staff(r ident.RealmID, t ident.TenantID) Scope { return Scope{r, t} }

// Staff reports whether a second factor is mandatory.
func (s Scope) Staff() bool { return s.Tenant != "" }

func (s Scope) db() db.Scope {
	if s.Staff() {
		return db.ForTenant(s.Realm, s.Tenant)
	}
	return db.ForRealm(s.Realm)
}

// of is the scope of a verb that ends a holder's sessions too: a person's own,
// in which the rows of the realm are as near.
func (s Scope) of(holder string) db.Scope {
	if s.Staff() || holder == "" {
		return s.db()
	}
	return db.ForPerson(s.Realm, ident.PersonID(holder))
}

// name is what keyed digests and places of sealed data are bound to.
func (s Scope) name() string {
	if s.Staff() {
		return string(s.Tenant)
	}
	return string(s.Realm)
}

// Site is where the pages of a scope lie.
type Site struct {
	// Base is scheme, host and port from the configuration, without a slash at
	// its end. Its host is the relying party of passkeys.
	Base string
	// Path before the pages' own: "" on the account host, "/verwaltung" for staff.
	Path string
	// Name is shown by apps for one-time codes and dialogues for passkeys.
	Name string
	// Words that no password may be built from: names of portals, authorities.
	Words []string
}

// Config of the Service.
type Config struct {
	DB        *db.DB
	Directory *tenancy.Directory
	// Send queues a mail of a tenant, in a transaction of that tenant: see
	// mail.Service.Queue.
	Send func(ctx context.Context, tx *db.Tx, m mail.Message) error
	// Site tells where the pages of a scope lie. Error: NotFound.
	Site func(Scope) (Site, error)
	// EndSessions ends all sessions of a holder in the caller's transaction, but
	// the one of this cookie ("" for none): of the person in whose PersonScope the
	// transaction runs, or of the member of staff. Required.
	EndSessions func(ctx context.Context, tx *db.Tx, s Scope, holder, but string) error
	// AddStaff makes the member of staff whose access is to be, in the caller's
	// transaction of the tenant; it decides who may (accounts.Service.AddStaff).
	// Required for staff.
	AddStaff func(ctx context.Context, tx *db.Tx, actor perm.Actor, subject string, name pii.Text, list []perm.Grant) (ident.StaffID, error)
	// Managed gives the subject of a member of staff whom the actor wants to help,
	// in the caller's transaction; it decides who may (accounts.Service.Managed).
	// Required for staff.
	Managed func(ctx context.Context, tx *db.Tx, actor perm.Actor, id ident.StaffID) (subject string, err error)
	// Params of new passwords; the zero value means StandardParams.
	Params Params
	// Hashes is how many passwords are hashed at once; 0 means 2. Memory is
	// bounded by Hashes × Params.Memory.
	Hashes int
}

// Service holds the verbs. Safe for concurrent use.
type Service struct {
	c    Config
	hash *hasher
}

// Waiting for a place to hash: so many, so long.
const (
	hashQueue = 64
	hashWait  = 5 * time.Second
)

// New makes the service.
func New(c Config) *Service {
	if !c.Params.valid() {
		c.Params = StandardParams()
	}
	if c.Hashes < 1 {
		c.Hashes = 2
	}
	return &Service{c: c, hash: newHasher(c.Params, c.Hashes, hashQueue, hashWait)}
}

// room is a scope with what its verbs need.
type room struct {
	Scope
	key  seal.Key
	send ident.TenantID // whose mails: the tenant that answers for the accounts
	site Site
}

// room opens a scope. Errors: NotFound for one that is not on this platform.
func (s *Service) room(x Scope) (r room, err error) {
	realm, ok := s.c.Directory.Realm(x.Realm)
	if !ok {
		return r, errs.NotFound("realm", x.Realm)
	}
	r.Scope, r.send = x, x.Tenant
	if !x.Staff() {
		lead, ok := s.c.Directory.TenantBySlug(realm.Lead)
		if !ok || lead.Realm != x.Realm {
			return r, fmt.Errorf("realm %s names no tenant that answers for its accounts", realm.Slug)
		}
		r.send = lead.ID
	}
	r.key = s.c.Directory.Key(r.send)
	r.site, err = s.c.Site(x)
	return r, err
}

// inRoom runs a verb in the scope it concerns.
func (s *Service) inRoom(ctx context.Context, x Scope, f func(tx *db.Tx, r room) error) error {
	r, err := s.room(x)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, x.db(), func(tx *db.Tx) error { return f(tx, r) })
}

// lookIn is inRoom for what only reads.
func (s *Service) lookIn(ctx context.Context, x Scope, f func(tx *db.Tx, r room) error) error {
	r, err := s.room(x)
	if err != nil {
		return err
	}
	return s.c.DB.View(ctx, x.db(), func(tx *db.Tx) error { return f(tx, r) })
}

func (r room) place(table, row, column string) seal.Where {
	return seal.Where{Tenant: r.name(), Table: table, Row: row, Column: column}
}

// index is the keyed digest of a value, another one in each scope.
func (r room) index(purpose, value string) []byte {
	return r.key.Index("local/"+purpose+"/"+r.name(), value)
}

// host is the relying party's ID: the host without its port.
func (s Site) host() string {
	u, err := url.Parse(s.Base)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Pages of the doors, behind Site.Path.
const (
	PageStart    = "/anmelden"             // where a sign-in begins
	PageSignIn   = "/anmelden/lokal"       // ?versuch=
	PageRegister = "/konto/anlegen"        // asks for the address
	PageConfirm  = "/konto/bestaetigen"    // ?schluessel=
	PageForgot   = "/konto/vergessen"      // asks for the address
	PageRecover  = "/konto/neues-passwort" // ?schluessel=
	PageAddress  = "/konto/adresse"        // ?schluessel=
	PageSecurity = "/sicherheit"
)

// link is the address of a page with a secret.
func (s Site) link(page, secret string) string {
	l := s.Base + s.Path + page
	if secret != "" {
		l += "?" + url.Values{"schluessel": {secret}}.Encode()
	}
	return l
}

// words are what a password must not be built from.
func (r room) words(address pii.Text) []string {
	out := append([]string{r.site.Name, address.Reveal()}, r.site.Words...)
	// "k.beispiel@post.example" is typed as "kbeispiel" as well.
	before, _, _ := strings.Cut(address.Reveal(), "@")
	return append(out, strings.NewReplacer(".", "", "-", "", "_", "", "+", "").Replace(before))
}

// Visitor is who knocks, as far as the door can see.
type Visitor struct {
	// Addr is the address he comes from; the zero value is one common block.
	Addr netip.Addr
	// Device is what a cookie remembers of an earlier sign-in on this device
	// (Next.Device); "" for none.
	Device string
}

// block is the part of the address that is counted together: what one line or
// one small network has (IPv4 /24, IPv6 /56).
func (v Visitor) block() string {
	if !v.Addr.IsValid() {
		return ""
	}
	a := v.Addr.Unmap().WithZone("")
	bits := 56
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

func digest(secret string) []byte { d := sha256.Sum256([]byte(secret)); return d[:] }

// secretLength of ident.Secret: anything else is not looked up.
const secretLength = 32
