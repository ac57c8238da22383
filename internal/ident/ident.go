package ident

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// The kinds of row IDs. Each is 26 characters of lower-case base32: 48 bit
// milliseconds since 1970 (so that keys sort by time), 80 bit random.
type (
	RealmID   string
	TenantID  string
	UnitID    string
	PortalID  string
	PersonID  string // a citizen's account in a realm
	StaffID   string
	CaseID    string
	MessageID string
	FileID    string
	PaymentID string
	ParcelID  string
	JobID     string
	SessionID string // row key of a session; the secret in the cookie is another value
	EntryID   string
)

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New makes an ID of type T for something that happens at now.
func New[T ~string](now time.Time) T {
	var b [16]byte
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(b[:6], ms[2:])
	_, _ = rand.Read(b[6:]) // crypto/rand never fails since Go 1.24
	return T(encoding.EncodeToString(b[:]))
}

// Valid reports whether s has the form of a row ID. Callers refuse anything
// else as not found before it reaches the database.
func Valid[T ~string](s T) bool {
	if len(s) != 26 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !strings.Contains("0123456789abcdefghjkmnpqrstvwxyz", string(s[i])) {
			return false
		}
	}
	return true
}

// Slug reports whether s may be part of a URL: 1 to 100 of a-z, 0-9 and inner
// hyphens.
func Slug(s string) bool {
	if len(s) == 0 || len(s) > 100 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// Secret gives 160 bit of randomness for links and cookies, 32 characters.
// Store only its hash.
func Secret() string {
	var b [20]byte
	_, _ = rand.Read(b[:])
	return encoding.EncodeToString(b[:])
}
