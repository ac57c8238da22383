package local

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"stadttor/internal/errs"
	"stadttor/internal/pii"
)

// Bounds of a password in Unicode code points (NIST SP 800-63B-4 3.1.1.2 asks
// for 15 or more where it stands alone and allows 8 with a second factor; BSI
// ORP.4.A22 leaves the number to the operator).
const (
	PasswordMin = 12
	PasswordMax = 128
)

// remainder is how many signs must be left of a password when everything that
// guessing programs try first counts as one sign.
const remainder = 5

// normal brings a password to the form that is hashed: NFKC, so that it is the
// same from every keyboard (NIST SP 800-63B-4 3.1.1.2). Nothing is cut or trimmed.
func normal(p pii.Text) string { return norm.NFKC.String(p.Reveal()) }

// CheckPassword says what is wrong with a new password, nil if nothing is. No
// rule asks for kinds of signs and none for a change after some time; what
// everybody tries first is refused, also built from the words given: names of
// portal and authority, the person's own address. field names the input.
func CheckPassword(p pii.Text, field string, words ...string) error {
	bad := func(key string, args ...any) error {
		return errs.Invalid(key, errs.Field{Name: field, Key: key, Args: args})
	}
	if len(p.Reveal()) > 8*PasswordMax { // before any work on it
		return bad("local.password.long", PasswordMax)
	}
	if !utf8.ValidString(p.Reveal()) || strings.ContainsFunc(p.Reveal(), unicode.IsControl) {
		return bad("local.password.signs")
	}
	s := normal(p)
	switch n := utf8.RuneCountInString(s); {
	case n < PasswordMin:
		return bad("local.password.short", PasswordMin)
	case n > PasswordMax:
		return bad("local.password.long", PasswordMax)
	}
	if worth(s, words) < remainder {
		return bad("local.password.common")
	}
	return nil
}

// worth counts the signs of a password, each known word, run and repetition as
// one.
func worth(s string, words []string) int {
	known := slices.Clone(common)
	for _, w := range words {
		for _, part := range strings.FieldsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if part = plainWord(part); utf8.RuneCountInString(part) >= 4 {
				known = append(known, part)
			}
		}
	}
	r := []rune(plainWord(s))
	if n := period(r); n > 0 {
		r = r[:n] // what is said twice counts once
	}
	n := 0
	for len(r) > 0 {
		n++
		k := longest(r, known)
		r = r[k:]
		// What joins known words joins nothing unknown: "kreis-musterland-1".
		for k >= 3 && len(r) > 0 && !unicode.IsLetter(r[0]) && !unicode.IsDigit(r[0]) {
			r = r[1:]
		}
	}
	return n
}

// plainWord folds case and the usual exchanges of letters for digits and signs.
func plainWord(s string) string {
	return leet.Replace(strings.ToLower(s))
}

var leet = strings.NewReplacer("4", "a", "@", "a", "3", "e", "€", "e", "1", "i", "!", "i", "0", "o", "5", "s", "$", "s", "7", "t",
	"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// period is the length of the part of which r consists, 0 if r is no
// repetition; an unfinished last part counts too ("abcabcab").
func period(r []rune) int {
	for n := 1; n <= len(r)/2; n++ {
		same := true
		for i := n; i < len(r) && same; i++ {
			same = r[i] == r[i-n]
		}
		if same {
			return n
		}
	}
	return 0
}

// longest is the length of the longest known beginning of r, at least 1.
func longest(r []rune, known []string) int {
	n := max(1, repeated(r), run(r))
	for _, k := range known {
		w := []rune(k)
		if len(w) > n && len(w) <= len(r) && slices.Equal(w, r[:len(w)]) {
			n = len(w)
		}
	}
	return n
}

// repeated counts equal signs at the beginning, from three on.
func repeated(r []rune) int {
	n := 1
	for n < len(r) && r[n] == r[0] {
		n++
	}
	if n < 3 {
		return 0
	}
	return n
}

// rows of keyboards and counting, as plainWord leaves them.
var rows = func() (out []string) {
	for _, s := range []string{"abcdefghijklmnopqrstuvwxyz", "1234567890", "0123456789", "qwertzuiopü", "qwertyuiop", "asdfghjklöä", "yxcvbnm", "zxcvbnm", "qaywsxedcrfvtgbzhnujm", "1q2w3e4r5t6z7u8i9o0p", "1q2w3e4r5t6y7u8i9o0p", "!\"§$%&/()=", "!@#$%^&*()"} {
		for _, v := range []string{s, backwards(s)} {
			out = append(out, plainWord(v))
		}
	}
	return out
}()

func backwards(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

// run is the length of the longest beginning of r that stands in a row, from
// three on; years (19xx, 20xx) are runs as well.
func run(r []rune) int {
	best := 0
	for _, row := range rows {
		w := []rune(row)
		for i := range w {
			n := 0
			for n < len(r) && i+n < len(w) && r[n] == w[i+n] {
				n++
			}
			best = max(best, n)
		}
	}
	if len(r) >= 4 && digitLike(r[2]) && digitLike(r[3]) {
		if y := string(r[:2]); y == plainWord("19") || y == plainWord("20") {
			best = max(best, 4)
		}
	}
	if best < 3 {
		return 0
	}
	return best
}

// digitLike reports whether a sign is a digit or what plainWord makes of one.
func digitLike(r rune) bool { return unicode.IsDigit(r) || strings.ContainsRune("aeiost", r) }
