package local

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"stadttor/internal/errs"
	"stadttor/internal/pii"
)

// Params are the costs of argon2id (RFC 9106).
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// StandardParams cost 64 MiB and some 60 ms on two cores; above the least that
// OWASP names (46 MiB, one pass).
func StandardParams() Params { return Params{Memory: 64 << 10, Time: 1, Threads: 2} }

// maxParams bounds what a stored text may ask of this machine.
var maxParams = Params{Memory: 1 << 20, Time: 16, Threads: 16}

func (p Params) valid() bool {
	return p.Time >= 1 && p.Threads >= 1 && p.Memory >= 8*uint32(p.Threads) && p.Time <= maxParams.Time && p.Threads <= maxParams.Threads && p.Memory <= maxParams.Memory
}

// weaker reports whether a password hashed with p should be hashed anew.
func (p Params) weaker(than Params) bool {
	return p.Memory < than.Memory || p.Time < than.Time || p.Threads != than.Threads
}

const (
	saltLength = 16
	hashLength = 32
)

// hashed is a password as it is stored, before it is sealed.
type hashed struct {
	Params
	salt, sum []byte
}

// text is the usual form: $argon2id$v=19$m=65536,t=1,p=2$salt$sum.
func (h hashed) text() []byte {
	e := base64.RawStdEncoding
	return fmt.Appendf(nil, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.Memory, h.Time, h.Threads, e.EncodeToString(h.salt), e.EncodeToString(h.sum))
}

var errHashText = errors.New("stored password has an unknown form")

// parseHash reads what text wrote, and nothing else.
func parseHash(b []byte) (h hashed, err error) {
	var version int
	if len(b) > 300 {
		return h, errHashText
	}
	parts := strings.Split(string(b), "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return h, errHashText
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return h, errHashText
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.Memory, &h.Time, &h.Threads); err != nil || !h.valid() {
		return hashed{}, errHashText
	}
	e := base64.RawStdEncoding.Strict()
	if h.salt, err = e.DecodeString(parts[4]); err != nil || len(h.salt) != saltLength {
		return hashed{}, errHashText
	}
	if h.sum, err = e.DecodeString(parts[5]); err != nil || len(h.sum) != hashLength {
		return hashed{}, errHashText
	}
	if string(h.text()) != string(b) {
		return hashed{}, errHashText
	}
	return h, nil
}

// hasher computes argon2id, at most so many at once: memory is bounded by
// slots × Params.Memory. Who finds no free slot waits a little in a queue of
// bounded length.
type hasher struct {
	p     Params
	slots chan struct{}
	queue chan struct{}
	wait  time.Duration
}

func newHasher(p Params, slots, queue int, wait time.Duration) *hasher {
	return &hasher{p: p, slots: make(chan struct{}, slots), queue: make(chan struct{}, slots+queue), wait: wait}
}

var errBusy = errors.New("all places for password hashing are taken")

// enter takes a slot. Errors: Unavailable with key "local.busy" when queue or
// patience is at its end.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, errs.Unavailable("local.busy", errBusy)
	}
	ctx, cancel := context.WithTimeout(ctx, h.wait)
	defer cancel()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; <-h.queue }, nil
	case <-ctx.Done():
		<-h.queue
		return nil, errs.Unavailable("local.busy", errBusy)
	}
}

// make hashes a new password.
func (h *hasher) make(ctx context.Context, p pii.Text) (hashed, error) {
	x := hashed{Params: h.p, salt: make([]byte, saltLength)}
	_, _ = rand.Read(x.salt)
	leave, err := h.enter(ctx)
	if err != nil {
		return hashed{}, err
	}
	defer leave()
	x.sum = argon2.IDKey([]byte(normal(p)), x.salt, x.Time, x.Memory, x.Threads, hashLength)
	return x, nil
}

// check compares a password with a stored one. The zero x stands for "nobody":
// the same work is done and the answer is no.
func (h *hasher) check(ctx context.Context, p pii.Text, x hashed) (bool, error) {
	somebody := x.sum != nil
	if !somebody {
		x = hashed{h.p, make([]byte, saltLength), make([]byte, hashLength)}
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	sum := argon2.IDKey([]byte(normal(p)), x.salt, x.Time, x.Memory, x.Threads, hashLength)
	return subtle.ConstantTimeCompare(sum, x.sum) == 1 && somebody, nil
}
