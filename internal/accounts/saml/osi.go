package saml

import (
	"slices"

	"stadttor/internal/accounts"
	"stadttor/internal/perm"
	"stadttor/internal/standards/saml"
)

// eidasLevels is the whole table of eIDAS levels (Implementing Regulation (EU)
// 2015/1502) as classes.
var eidasLevels = map[string]perm.Level{
	"http://eidas.europa.eu/LoA/low":         perm.LevelBasis,
	"http://eidas.europa.eu/LoA/substantial": perm.LevelSubstantial,
	"http://eidas.europa.eu/LoA/high":        perm.LevelHigh,
}

const eidasNatural = "http://eidas.europa.eu/attributes/naturalperson/"

// osi is the profile of accounts of the OSI type (Schleswig-Holstein, Hamburg,
// Bremen) and of others that speak in eIDAS levels. Their attribute lists are
// not public, so the map is a setting; without one, the names of the eIDAS
// attribute profile hold.
func osi(s Settings) profile {
	table := s.Attributes
	if len(table) == 0 {
		table = map[accounts.Attr]string{
			accounts.AttrGiven:      eidasNatural + "CurrentGivenName",
			accounts.AttrFamily:     eidasNatural + "CurrentFamilyName",
			accounts.AttrBirthDate:  eidasNatural + "DateOfBirth",
			accounts.AttrBirthName:  eidasNatural + "BirthName",
			accounts.AttrBirthPlace: eidasNatural + "PlaceOfBirth",
		}
	}
	proved := s.Proved
	if len(proved) == 0 { // names and birth are what the means of sign-in proves
		proved = []accounts.Attr{accounts.AttrGiven, accounts.AttrFamily, accounts.AttrBirthDate, accounts.AttrBirthName, accounts.AttrBirthPlace}
	}
	return profile{
		nameID: saml.FormatPersistent, subject: s.Subject, signed: saml.SignedAssertion, means: either(s.Means, "Servicekonto"),
		request: map[perm.Level]string{
			perm.LevelBasis: "http://eidas.europa.eu/LoA/low", perm.LevelSubstantial: "http://eidas.europa.eu/LoA/substantial", perm.LevelHigh: "http://eidas.europa.eu/LoA/high"},
		levels: eidasLevels,
		read: func(a answer, who *accounts.Identity) error {
			a.mapped(who, table, proved)
			return nil
		},
	}
}

// plain is a provider of no known sort: classes, attributes and what counts as
// proved are settings, and nothing is proved unless they say so.
func plain(s Settings) profile {
	return profile{
		nameID: saml.FormatPersistent, subject: s.Subject, signed: s.signed(), means: either(s.Means, "SAML"),
		request: s.request(), levels: s.levels(),
		read: func(a answer, who *accounts.Identity) error {
			a.mapped(who, s.Attributes, s.Proved)
			if s.CompanyAttribute != "" {
				who.Company = slices.Contains(s.CompanyValues, a.one(s.CompanyAttribute))
			}
			return nil
		},
	}
}
