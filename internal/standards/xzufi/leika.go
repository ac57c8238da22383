package xzufi

import (
	"errors"
	"strings"
)

// LeiKa is a Leistungsschlüssel: 14 digits, 99 first, then four blocks of
// three: Leistungsgruppierung, Leistungskennung, Verrichtung,
// Verrichtungsdetail. Syntax: ^99\d{12}$ (FIT-Connect Routing API).
type LeiKa string

// ErrLeiKa says that a text is no Leistungsschlüssel.
var ErrLeiKa = errors.New("xzufi: want a Leistungsschlüssel: 14 digits that begin with 99")

// leikaURN stands before the key where it is written as a URN.
const leikaURN = "urn:de:fim:leika:leistung:"

// ParseLeiKa reads a key; its URN and blanks between blocks are allowed.
func ParseLeiKa(s string) (LeiKa, error) {
	s = strings.TrimPrefix(strings.TrimSpace(s), leikaURN)
	s = strings.ReplaceAll(s, " ", "")
	if len(s) != 14 || !strings.HasPrefix(s, "99") {
		return "", ErrLeiKa
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return "", ErrLeiKa
		}
	}
	return LeiKa(s), nil
}

// Typ gives the shape that the key names: 000 in the last block or the last
// two blocks means that there is no detail or no Verrichtung. It is empty for
// a key that ParseLeiKa would refuse.
func (k LeiKa) Typ() Strukturtyp {
	switch {
	case len(k) != 14:
		return ""
	case k[8:] == "000000":
		return LO
	case k[11:] == "000":
		return LOV
	}
	return LOVD
}

// Objekt gives the key of the Leistungsobjekt that k belongs to, which groups
// the Verrichtungen of one subject.
func (k LeiKa) Objekt() LeiKa {
	if len(k) != 14 {
		return ""
	}
	return k[:8] + "000000"
}

// URN writes the key as the code list does.
func (k LeiKa) URN() string { return leikaURN + string(k) }
