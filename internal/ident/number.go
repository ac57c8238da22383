package ident

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// Number is the case number (Vorgangsnummer) that people read, write and say
// on the telephone, e.g. "TOR-2026-4K7M-9WXC". It names a case to a human; it
// opens nothing.
//
// Form: three letters of the tenant, the year, seven random signs of an
// alphabet without signs that can be misread (no 0 O 1 I L 2 Z 5 S 8 B), and a
// check sign by ISO 7064 style weighted sum modulo 23, which finds every
// single wrong sign and every swap of two neighbours.
type Number string

// alphabet has 23 signs, a prime: that is what makes the check sign find
// every single error and every swap.
const alphabet = "3467ACDEFGHJKMNPQRTUVWX"

// NewNumber draws a number for the tenant's sign (three capital letters) and
// year. Uniqueness is the database's business: on a clash draw again.
func NewNumber(sign string, year int) Number {
	var b [8]byte
	for i := range 7 {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			panic(err) // crypto/rand never fails since Go 1.24
		}
		b[i] = alphabet[n.Int64()]
	}
	prefix := fmt.Sprintf("%s-%04d", sign, year)
	b[7] = checkSign(prefix, string(b[:7]))
	return Number(fmt.Sprintf("%s-%s-%s", prefix, b[:4], b[4:]))
}

// ErrNumber says that a text is not a case number, or one with a slip.
var ErrNumber = errors.New("not a case number")

// ParseNumber reads what a person typed: spaces, missing hyphens and lower
// case are forgiven, a wrong sign is not.
func ParseNumber(s string) (Number, error) {
	var b strings.Builder
	for _, r := range strings.ToUpper(s) {
		switch {
		case r == ' ' || r == '-' || r == '\u2010' || r == '\u2013' || r == '\u00a0':
		case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		default:
			return "", ErrNumber
		}
		if b.Len() > 15 {
			return "", ErrNumber
		}
	}
	raw := b.String()
	if len(raw) != 15 {
		return "", ErrNumber
	}
	prefix, body := raw[:3]+"-"+raw[3:7], raw[7:]
	for i := range 3 {
		if raw[i] < 'A' || raw[i] > 'Z' {
			return "", ErrNumber
		}
	}
	for i := 3; i < 7; i++ {
		if raw[i] < '0' || raw[i] > '9' {
			return "", ErrNumber
		}
	}
	for i := range body {
		if strings.IndexByte(alphabet, body[i]) < 0 {
			return "", ErrNumber
		}
	}
	if checkSign(prefix, body[:7]) != body[7] {
		return "", ErrNumber
	}
	return Number(prefix + "-" + body[:4] + "-" + body[4:]), nil
}

// checkSign weighs each sign by its place (2, 3, 4 …, never 0 modulo 23) and
// takes the complement, so that the whole sum is 0 modulo 23.
func checkSign(prefix, body string) byte {
	sum := 0
	for i := range len(prefix) {
		sum += int(prefix[i])
	}
	for i := range len(body) {
		sum += (i + 2) * strings.IndexByte(alphabet, body[i])
	}
	m := len(alphabet)
	// weight 1 for the check sign itself
	return alphabet[((-sum%m)+m)%m]
}
