package oidc

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stadttor/internal/accounts"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// level gives what the acr of a sign-in is worth, by the table and nothing
// else (TR-03107-1; TR-03160-1: unknown is the lowest), and how it is named.
func (s Settings) level(acr string) (perm.Level, string) {
	l, known := s.Levels[acr]
	if !known {
		return perm.ParseLevel(s.LowestLevel), s.Means
	}
	return perm.ParseLevel(l), either(s.MeansByACR[acr], s.Means)
}

// wanted lists the values of acr that reach the level, the lowest first, so
// that a provider asks for no more than is needed.
func (s Settings) wanted(at perm.Level) (list []string) {
	for acr, l := range s.Levels {
		if perm.ParseLevel(l) >= at {
			list = append(list, acr)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		if d := int(perm.ParseLevel(s.Levels[a])) - int(perm.ParseLevel(s.Levels[b])); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return list
}

// profile reads the attributes out of the claims; said are searched in their
// order. A value that is no text, too long or not what the attribute needs is
// left out, not repaired (TR-03172-3 A3.12.01).
func (s Settings) profile(signIn perm.Level, said ...object) accounts.Profile {
	p := accounts.Profile{}
	for attr, claim := range s.Profile {
		for _, o := range said {
			text, ok := o.at(path(claim)).(string)
			if !ok || !fit(attr, text) {
				continue
			}
			level := min(signIn, perm.ParseLevel(s.ProfileLevels[attr]))
			if by := s.VerifiedBy[attr]; by != "" && o.at(path(by)) != true {
				level = perm.LevelNone
			}
			p.Set(attr, accounts.Attribute{Value: pii.New(text), Level: level})
			break
		}
	}
	return p
}

// maxValue bounds an attribute, in characters.
const maxValue = 300

// fit reports whether a value may be the attribute's.
func fit(a accounts.Attr, v string) bool {
	if v == "" || utf8.RuneCountInString(v) > maxValue || strings.TrimSpace(v) != v || strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		return false
	}
	switch a {
	case accounts.AttrBirthDate: // a year alone, or 0000 for one that is not told (Core 5.1), is no date for a form
		_, err := time.Parse(time.DateOnly, v)
		return err == nil && v[0] != '0'
	case accounts.AttrCountry: // ISO 3166-1 alpha-2
		return len(v) == 2 && v[0] >= 'A' && v[0] <= 'Z' && v[1] >= 'A' && v[1] <= 'Z'
	}
	return true
}

// company reports whether an organisation signed in.
func (s Settings) company(said ...object) bool {
	if s.CompanyClaim == "" {
		return false
	}
	for _, o := range said {
		if v, ok := o.at(path(s.CompanyClaim)).(string); ok {
			return slices.Contains(s.CompanyValues, v)
		}
	}
	return false
}
