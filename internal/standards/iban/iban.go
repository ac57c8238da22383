// Package iban checks bank account numbers: ISO 13616 with the countries of the
// SEPA area (EPC409-09) and the check digits of ISO 7064 MOD 97-10.
//
// It decides whether a number is well formed, never whether the account exists
// or whose it is.
package iban

import (
	"errors"
	"strings"
	"unicode"
)

// What can be wrong with a number.
var (
	ErrForm    = errors.New("iban: wrong characters")
	ErrCountry = errors.New("iban: country outside of the SEPA area")
	ErrLength  = errors.New("iban: wrong length for its country")
	ErrCheck   = errors.New("iban: check digits do not fit")
)

// lengths are the countries of the SEPA area with the length of their IBAN (EPC409-09, ISO 13616 registry).
var lengths = map[string]int{
	"AD": 24, "AL": 28, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
	"FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20,
	"LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24,
	"RS": 22, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "VA": 22,
}

// Length is how long the numbers of a country are, 0 for one outside of the SEPA area.
func Length(country string) int { return lengths[country] }

// Compact brings a number as people write it to the form that is stored:
// capital letters, no blanks of any width, no hyphens.
func Compact(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || unicode.Is(unicode.Cf, c) || c == '-' {
			return -1
		}
		return unicode.ToUpper(c)
	}, s)
}

// Format writes a compact number in blocks of four.
func Format(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Check looks at a compact number; nil is good.
func Check(s string) error {
	for i := range len(s) {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z') || i < 2 && c < 'A' {
			return ErrForm
		}
	}
	if len(s) < 4 {
		return ErrForm
	}
	want, ok := lengths[s[:2]]
	switch {
	case !ok:
		return ErrCountry
	case len(s) != want:
		return ErrLength
	case s[2] > '9' || s[3] > '9' || mod97(s[4:]+s[:4]) != 1:
		return ErrCheck
	}
	return nil
}

// mod97 reads letters as 10 to 35.
func mod97(s string) int {
	rest := 0
	for i := range len(s) {
		if c := s[i]; c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest
}
