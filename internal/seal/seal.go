// Package seal encrypts what people entrust to an authority.
//
// It decides the chain root key → tenant key → case key, and that every
// ciphertext is bound to the place where it lies (tenant, table, row, column):
// a row moved to another tenant, or a column swapped with another, does not
// open. AES-256-GCM throughout, files in 64 KiB segments with counter and
// last-segment mark (tink's streaming AEAD). Keys leave this package only
// wrapped. It never decides who may read.
//
// BSI TR-02102-1 (AES-256-GCM, 96 bit random nonce; far below 2^32 messages
// per case key), TR-03172-3 A3.16.01.
package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	streaming "github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

// ErrOpen says that a ciphertext is not what belongs at this place: changed,
// moved, or sealed under another key.
var ErrOpen = errors.New("sealed data do not open here")

// version is the first byte of everything sealed.
const version = 1

// Where is the place of a ciphertext; it is authenticated, not stored.
type Where struct{ Tenant, Table, Row, Column string }

func (w Where) bytes() []byte {
	for _, s := range []string{w.Tenant, w.Table, w.Row, w.Column} {
		if strings.ContainsRune(s, '|') {
			panic("seal: place holds a separator")
		}
	}
	return []byte(w.Tenant + "|" + w.Table + "|" + w.Row + "|" + w.Column)
}

// Key seals data and wraps the keys below it. The zero Key refuses.
type Key struct{ k *[32]byte }

// String hides the key from every log.
func (Key) String() string { return "[key]" }

// GoString hides the key from %#v.
func (Key) GoString() string { return "[key]" }

// Ready reports whether there is a key.
func (k Key) Ready() bool { return k.k != nil }

func (k Key) derive(purpose string) []byte {
	if k.k == nil {
		panic("seal: zero key")
	}
	b, err := hkdf.Key(sha256.New, k.k[:], nil, "stadttor/"+purpose, 32)
	if err != nil {
		panic(err) // lengths are constant
	}
	return b
}

// ReadRoot reads the root key: a file with 32 bytes in base64, readable by its
// owner only.
func ReadRoot(path string) (Key, error) {
	st, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("root key: %w", err)
	}
	if st.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("root key %s may be read by others: chmod 600 it", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("root key: %w", err)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(raw) != 32 {
		return Key{}, fmt.Errorf("root key %s: want 32 bytes in base64", path)
	}
	return Key{(*[32]byte)(raw)}, nil
}

// NewRoot writes a fresh root key to path, durably, and refuses to overwrite.
func NewRoot(path string) (Key, error) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Key{}, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return Key{}, err
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(raw) + "\n")
	return Key{(*[32]byte)(raw)}, errors.Join(err, f.Sync(), f.Close())
}

// Random gives a key that is kept nowhere: for tests.
func Random() Key {
	var raw [32]byte
	_, _ = rand.Read(raw[:])
	return Key{&raw}
}

// NewKey makes a key below k. wrapped is stored; it opens only with k and the
// same place.
func (k Key) NewKey(w Where) (child Key, wrapped []byte) {
	child = Random()
	return child, k.seal("wrap", child.k[:], w)
}

// OpenKey unwraps a key that NewKey made.
func (k Key) OpenKey(wrapped []byte, w Where) (Key, error) {
	raw, err := k.open("wrap", wrapped, w)
	if err != nil || len(raw) != 32 {
		return Key{}, ErrOpen
	}
	return Key{(*[32]byte)(raw)}, nil
}

// Seal encrypts a column's value. The result is 29 bytes longer.
func (k Key) Seal(plain []byte, w Where) []byte { return k.seal("column", plain, w) }

// Open decrypts what Seal made for the same place.
func (k Key) Open(sealed []byte, w Where) ([]byte, error) { return k.open("column", sealed, w) }

func (k Key) seal(purpose string, plain []byte, w Where) []byte {
	a, err := subtle.NewAESGCM(k.derive(purpose))
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	c, err := a.Encrypt(plain, w.bytes())
	if err != nil {
		panic(err) // only for texts beyond 64 GB
	}
	return append([]byte{version}, c...)
}

func (k Key) open(purpose string, sealed []byte, w Where) ([]byte, error) {
	if len(sealed) < 1 || sealed[0] != version {
		return nil, ErrOpen
	}
	a, err := subtle.NewAESGCM(k.derive(purpose))
	if err != nil {
		panic(err)
	}
	p, err := a.Decrypt(sealed[1:], w.bytes())
	if err != nil {
		return nil, ErrOpen
	}
	return p, nil
}

const segment = 64 << 10

func (k Key) stream() *streaming.AESGCMHKDF {
	s, err := streaming.NewAESGCMHKDF(k.derive("file"), "SHA256", 32, segment, 0)
	if err != nil {
		panic(err) // parameters are constant
	}
	return s
}

// SealTo encrypts a file while it is written. Close ends the last segment; it
// does not close dst.
func (k Key) SealTo(dst io.Writer, w Where) (io.WriteCloser, error) {
	return k.stream().NewEncryptingWriter(dst, w.bytes())
}

// OpenFrom decrypts a file while it is read. A file that was cut, changed or
// moved gives an error, at the latest at its end: use nothing before io.EOF
// where a part would do harm.
func (k Key) OpenFrom(src io.Reader, w Where) (io.Reader, error) {
	return k.stream().NewDecryptingReader(src, w.bytes())
}

// Index gives a keyed digest by which a sealed value can be found again.
func (k Key) Index(purpose, value string) []byte {
	m := hmac.New(sha256.New, k.derive("index/"+purpose))
	m.Write([]byte(value))
	return m.Sum(nil)
}
