package ars

import (
	"errors"
	"strings"
)

// Key is an area: digits only, 2, 3, 5, 9 or 12 of them. The zero value is no
// area.
type Key string

// Bund is the whole country, as the Portalverbund writes it.
const Bund Key = "000000000000"

// Level is the administrative level that a key's length names.
type Level int

// The levels from narrow to wide. A city without Kreis has a key of twelve
// digits and is LevelGemeinde, although it does the work of a Kreis as well.
const (
	LevelNone Level = iota
	LevelGemeinde
	LevelGemeindeverband
	LevelKreis
	LevelRegierungsbezirk
	LevelLand
	LevelBund
)

// ErrSyntax says that a text is no ARS.
var ErrSyntax = errors.New("ars: want 2, 3, 5, 9 or 12 digits")

// Parse reads a key. Blanks between the blocks, as in "99 0 01 0000 001", are
// allowed.
func Parse(s string) (Key, error) {
	s = strings.ReplaceAll(s, " ", "")
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return "", ErrSyntax
		}
	}
	switch len(s) {
	case 2, 3, 5, 9, 12:
		return Key(s), nil
	}
	return "", ErrSyntax
}

// Level gives the level of k, LevelNone for a key that Parse would refuse.
func (k Key) Level() Level {
	if k == Bund {
		return LevelBund
	}
	switch len(k) {
	case 12:
		return LevelGemeinde
	case 9:
		return LevelGemeindeverband
	case 5:
		return LevelKreis
	case 3:
		return LevelRegierungsbezirk
	case 2:
		return LevelLand
	}
	return LevelNone
}

// Walk gives k and every wider area in the order in which competence is looked
// for: 12, 9, 5, 3, 2 digits, then Bund. It starts at k's own level and is
// empty for a key that Parse would refuse.
func (k Key) Walk() []Key {
	if k == Bund {
		return []Key{Bund}
	}
	if k.Level() == LevelNone {
		return nil
	}
	walk := make([]Key, 0, 6)
	for _, n := range [...]int{12, 9, 5, 3, 2} {
		if len(k) >= n {
			walk = append(walk, k[:n])
		}
	}
	return append(walk, Bund)
}

// Canonical drops the zeros with which some registers fill a key of a Land or
// Kreis up to twelve digits ("990010000000" → "99001"). A city without Kreis
// carries the same zeros as its own key (Bonn is 053140000000), so a key that
// names a place must not be made canonical; only the area of a competence may.
func (k Key) Canonical() Key {
	if len(k) != 12 || k == Bund {
		return k
	}
	for _, n := range [...]int{2, 3, 5, 9} {
		if strings.Trim(string(k[n:]), "0") == "" {
			return k[:n]
		}
	}
	return k
}

// Contains reports whether the area k contains the area or place other; every
// area contains itself. Zeros that only fill k up are ignored.
func (k Key) Contains(other Key) bool {
	if k.Level() == LevelNone || other.Level() == LevelNone {
		return false
	}
	if k == Bund {
		return true
	}
	if other == Bund {
		return false
	}
	return strings.HasPrefix(string(other), string(k.Canonical()))
}
