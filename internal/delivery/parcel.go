package delivery

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"time"

	"stadttor/internal/errs"
	"stadttor/internal/ident"
)

// Events that make a parcel. An event that can happen more than once in a case
// carries what tells it apart after a colon: "replied:01h…".
const (
	Submitted = "submitted"
	Replied   = "replied"
	Decided   = "decided"
)

// Bounds of a parcel.
const (
	MaxFiles = 500
	MaxName  = 120 // bytes of a file's name
	MaxEvent = 60  // bytes of an event
)

// Manifest is the name that no file may have: connectors write their list of
// contents there.
const Manifest = "parcel.json"

// Parcel is what is handed over. All fields but Tenant, Authority and ARS come
// from who builds it; building it again gives the same bytes, so documents are
// frozen before.
type Parcel struct {
	// ID is the idempotency key towards the partner. Send fills it from Case
	// and Event when it is empty.
	ID          ident.ParcelID
	Case        ident.CaseID
	Number      ident.Number
	Tenant      ident.TenantID // filled by Send, as the next two
	Authority   string         // "Stadt Torhausen"
	ARS         string         // 12 digits
	Form        string         // slug of the form
	FormVersion int
	Event       string    // what happened, e.g. Submitted
	At          time.Time // when it happened, UTC
	Files       []File
}

// File is one document of a parcel.
type File struct {
	Name   string // plain ASCII name without folder, unique in the parcel whatever the case of its letters
	Type   string // media type
	Size   int64  // bytes
	SHA256 string // 64 hex digits, lower case
	// Open gives the bytes from the start, each time it is called.
	Open func() (io.ReadCloser, error)
}

// Bytes makes a File of what is in memory.
func Bytes(name, mediaType string, b []byte) File {
	sum := sha256.Sum256(b)
	return File{Name: name, Type: mediaType, Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:]),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}

// Check refuses a parcel that a partner could misread: IDs of another form, a
// wrong number, names that are no plain names. Error: Invalid.
func (p Parcel) Check() error {
	bad := func(name string) error {
		return errs.Invalid("delivery.parcel-invalid", errs.Field{Name: name, Key: "delivery.parcel-invalid"})
	}
	if !ident.Valid(p.ID) {
		return bad("id")
	}
	if !ident.Valid(p.Case) {
		return bad("case")
	}
	if n, err := ident.ParseNumber(string(p.Number)); err != nil || n != p.Number {
		return bad("number")
	}
	if !validEvent(p.Event) {
		return bad("event")
	}
	if p.At.IsZero() {
		return bad("at")
	}
	if len(p.Files) == 0 || len(p.Files) > MaxFiles {
		return bad("files")
	}
	seen := map[string]bool{}
	for _, f := range p.Files {
		folded := strings.ToLower(f.Name)
		if !plainName(f.Name) || folded == Manifest || seen[folded] {
			return bad("file-name")
		}
		seen[folded] = true
		if raw, err := hex.DecodeString(f.SHA256); err != nil || len(raw) != sha256.Size || f.SHA256 != strings.ToLower(f.SHA256) || f.Size < 0 || f.Open == nil {
			return bad("file")
		}
	}
	return nil
}

func validEvent(s string) bool {
	kind, which, several := strings.Cut(s, ":")
	if kind != Submitted && kind != Replied && kind != Decided || len(s) > MaxEvent {
		return false
	}
	return !several || ident.Slug(which)
}

// plainName accepts names that every file system and DMS takes alike, Windows
// shares included: no folders, no hidden names, no device names.
func plainName(s string) bool {
	if len(s) == 0 || len(s) > MaxName || s[0] == '.' || s[0] == '-' || s[len(s)-1] == '.' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	stem, _, _ := strings.Cut(strings.ToLower(s), ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return false
	}
	return !(len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")) && stem[3] >= '0' && stem[3] <= '9')
}
