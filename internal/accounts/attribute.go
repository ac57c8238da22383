package accounts

import (
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/standards/din91379"
	"stadttor/internal/standards/iban"
)

// AttrKind says what an attribute is good for.
type AttrKind uint8

// The kinds of attributes.
const (
	OfIdentity AttrKind = iota // says who somebody is: never used below the level that a service asks for
	OfContact                  // says how to reach or pay somebody: may be offered as a statement at every level
)

// Kind of an attribute; one that is not known is of the stricter kind.
func (a Attr) Kind() AttrKind {
	switch a {
	case AttrMail, AttrPhone, AttrIBAN, AttrVehicle:
		return OfContact
	}
	return OfIdentity
}

// Use is what a service at a trust level may make of an attribute.
type Use uint8

// The uses.
const (
	UseNot   Use = iota // nothing: the service asks the person
	UseOffer            // fills the field as the person's own statement, to be changed at will
	UseProof            // fills the field and is locked there: proved at the level of the service
)

func (u Use) String() string { return [...]string{"not", "offer", "proof"}[min(u, UseProof)] }

// For says what a service at level need may make of the attribute in a session
// of level signIn. Pure.
//
// Proof is what sign-in and attribute both prove at the level of the service
// (TR-03160-1 ch. 5 and 6); nothing proves below LevelBasis. What does not
// prove is withheld from a service above LevelBasis when it says who somebody
// is: a form must not show a name that looks proved and is not. At LevelBasis,
// and for contact data at every level, it is offered as a statement.
func (v Attribute) For(a Attr, signIn, need perm.Level) Use {
	switch {
	case v.Value.Empty():
		return UseNot
	case v.Usable(signIn, max(need, perm.LevelBasis)):
		return UseProof
	case a.Kind() == OfContact:
		return UseOffer
	case need <= perm.LevelBasis && signIn >= need && v.Level == perm.LevelNone:
		return UseOffer
	}
	return UseNot
}

// Locked reports whether the person cannot change the attribute: somebody else
// has proved it. What was only stated, to whomever, is the person's own.
func (v Attribute) Locked() bool { return v.Level > perm.LevelNone }

// Bounds of attributes in characters.
const (
	maxName     = 120
	maxTitle    = 40
	maxPlace    = 120
	maxStreet   = 100
	maxNumber   = 15
	maxMail     = 254 // RFC 5321 4.5.3.1.3
	maxVehicle  = 15
	maxCompany  = 200
	maxRegister = 120
)

// oldest is how far back a date of birth may lie, in years.
const oldest = 130

// Check brings what a person typed for an attribute to the form in which it is
// kept (NFC, no blanks around, IBAN and country in capitals) and says as a text
// key what is wrong with it, "" for nothing. An empty text is good: it takes
// the attribute away. Pure. Characters: DIN 91379.
func (a Attr) Check(typed string, today time.Time) (value, wrong string) {
	s, wrong := clean(typed)
	if wrong != "" || s == "" {
		return s, wrong
	}
	set, limit := "B", maxPlace
	switch a {
	case AttrGiven, AttrFamily, AttrBirthName:
		set, limit = "A", maxName
	case AttrTitle:
		limit = maxTitle
	case AttrStreet:
		limit = maxStreet
	case AttrHouseNumber:
		limit = maxNumber
	case AttrCompany:
		limit = maxCompany
	case AttrRegister:
		limit = maxRegister
	case AttrBirthPlace, AttrCity:
	case AttrBirthDate:
		return s, checkBirth(s, today)
	case AttrPLZ:
		if len(s) > 12 || strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(foreignPLZ, unicode.ToUpper(r)) }) {
			return s, "profile.wrong.plz"
		}
		return s, "" // the country decides, see checkPLZ
	case AttrCountry:
		if s = strings.ToUpper(s); len(s) != 2 || s[0] < 'A' || s[0] > 'Z' || s[1] < 'A' || s[1] > 'Z' {
			return s, "profile.wrong.country"
		}
		return s, ""
	case AttrMail:
		if at, err := mail.ParseAddress(s); err != nil || at.Address != s || at.Name != "" || len(s) > maxMail || !strings.Contains(s[strings.LastIndex(s, "@"):], ".") {
			return s, "profile.wrong.mail"
		}
		return s, ""
	case AttrPhone:
		return s, checkPhone(s)
	case AttrIBAN:
		return checkIBAN(s)
	case AttrVehicle:
		s, limit = strings.ToUpper(s), maxVehicle
	default:
		return s, "profile.wrong.unknown"
	}
	return s, checkText(s, set, limit)
}

// foreignPLZ are the signs of postal codes all over the world.
const foreignPLZ = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -"

// clean is the first look at a typed line.
func clean(typed string) (s, wrong string) {
	if len(typed) > 4<<10 || !utf8.ValidString(typed) {
		return "", "profile.wrong.text"
	}
	s = strings.TrimSpace(norm.NFC.String(typed))
	if strings.ContainsFunc(s, unicode.IsControl) {
		return s, "profile.wrong.text"
	}
	return s, ""
}

func checkText(s, set string, limit int) (wrong string) {
	if utf8.RuneCountInString(s) > limit {
		return "profile.wrong.long"
	}
	if _, bad := din91379.Foreign(s, set); bad {
		return "profile.wrong.characters"
	}
	return ""
}

func checkBirth(s string, today time.Time) (wrong string) {
	d, err := time.Parse(time.DateOnly, s)
	switch {
	case err != nil || d.Format(time.DateOnly) != s:
		return "profile.wrong.date"
	case s > today.Format(time.DateOnly):
		return "profile.wrong.future"
	case d.Year() < today.Year()-oldest:
		return "profile.wrong.date"
	}
	return ""
}

func checkPhone(s string) (wrong string) {
	n := 0
	for i, c := range s {
		switch {
		case c >= '0' && c <= '9':
			n++
		case c == '+' && i == 0, strings.ContainsRune(" -/()", c):
		default:
			return "profile.wrong.phone"
		}
	}
	if n < 5 || n > 20 || len(s) > 40 {
		return "profile.wrong.phone"
	}
	return ""
}

func checkIBAN(s string) (value, wrong string) {
	c := iban.Compact(s)
	switch err := iban.Check(c); {
	case err == nil:
		return c, ""
	case errors.Is(err, iban.ErrCountry):
		return s, "profile.wrong.iban-country"
	case errors.Is(err, iban.ErrLength):
		return s, "profile.wrong.iban-length"
	case errors.Is(err, iban.ErrCheck):
		return s, "profile.wrong.iban-check"
	}
	return s, "profile.wrong.iban"
}

func digits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// checkPLZ: five digits in Germany, something written abroad.
func checkPLZ(plz, country string) (wrong string) {
	if plz != "" && (country == "" || country == "DE") && (len(plz) != 5 || !digits(plz)) {
		return "profile.wrong.plz"
	}
	return ""
}

// field names a wrong input of the page by its attribute.
func field(name, key string) errs.Field { return errs.Field{Name: name, Key: key} }
