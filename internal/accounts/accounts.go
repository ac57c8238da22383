package accounts

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// Config of the feature.
type Config struct {
	DB        *db.DB
	Directory *tenancy.Directory
	// Methods are part of the program: the same in every realm, before those that
	// were connected.
	Methods []Named
	// Kinds are what administrators can connect.
	Kinds []Kind
	Log   *slog.Logger // nil: nothing
}

// Service is the feature.
type Service struct {
	c    Config
	made atomic.Pointer[connections]
}

// New makes the feature. Reload reads what was connected, Follow keeps it
// current.
func New(c Config) *Service {
	s := &Service{c: c}
	s.made.Store(&connections{})
	return s
}

func digest(secret string) []byte { d := sha256.Sum256([]byte(secret)); return d[:] }

// attemptLife is how long somebody may take at the partner's.
const attemptLife = 15 * time.Minute

// OwnPath brings a wish for a return address to a path on this host: anything
// else becomes "/".
func OwnPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\x00\r\n\t") || len(p) > 500 {
		return "/"
	}
	if c := path.Clean(u.Path); c != u.Path && c+"/" != u.Path {
		return "/"
	}
	out := u.EscapedPath()
	if u.RawQuery != "" {
		out += "?" + u.Query().Encode()
	}
	return out
}

// key tells an identity from all others of its connection. The issuer's length
// stands before it, so that no two pairs read the same.
func (i Identity) key() string {
	if i.Issuer == "" {
		return i.Subject
	}
	return strconv.Itoa(len(i.Issuer)) + ":" + i.Issuer + i.Subject
}

// realmKey is the key of the tenant that answers for the realm's accounts.
func (s *Service) realmKey(r tenancy.Realm) (seal.Key, error) {
	t, ok := s.c.Directory.TenantBySlug(r.Lead)
	if !ok || t.Realm != r.ID {
		return seal.Key{}, fmt.Errorf("realm %s names no tenant that answers for its accounts", r.Slug)
	}
	return s.c.Directory.Key(t.ID), nil
}

func profilePlace(r ident.RealmID, p ident.PersonID, column string) seal.Where {
	return seal.Where{Tenant: string(r), Table: "account", Row: string(p), Column: column}
}

func sealProfile(k seal.Key, r ident.RealmID, p ident.PersonID, f Profile) ([]byte, error) {
	b, err := f.encode()
	if err != nil {
		return nil, err
	}
	return k.Seal(b, profilePlace(r, p, "profile")), nil
}

func openProfile(k seal.Key, r ident.RealmID, p ident.PersonID, sealed []byte) (Profile, error) {
	b, err := k.Open(sealed, profilePlace(r, p, "profile"))
	if err != nil {
		return nil, err
	}
	return decodeProfile(b)
}
