package saml

import (
	"slices"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/perm"
	"stadttor/internal/standards/saml"
)

const (
	nsAKDB      = "https://www.akdb.de/request/2018/09"
	nsClassicUI = "https://www.akdb.de/request/2018/09/classic-ui/v1"

	oidBPK2     = "urn:oid:1.3.6.1.4.1.25484.494450.3"
	oidQAA      = "urn:oid:1.2.40.0.10.2.1.1.261.94"
	oidProvedBy = "urn:oid:1.3.6.1.4.1.25484.494450.2"
	trustLevel  = "{" + nsAKDB + "}TrustLevel"
)

// bundIDNames is which OID holds what (interface description 10.2.0.0). The
// address line holds street and number.
var bundIDNames = map[accounts.Attr]string{
	accounts.AttrGiven:      "urn:oid:2.5.4.42",
	accounts.AttrFamily:     "urn:oid:2.5.4.4",
	accounts.AttrTitle:      "urn:oid:0.9.2342.19200300.100.1.40",
	accounts.AttrBirthName:  "urn:oid:1.2.40.0.10.2.1.1.225566",
	accounts.AttrBirthDate:  "urn:oid:1.2.40.0.10.2.1.1.55",
	accounts.AttrBirthPlace: "urn:oid:1.3.6.1.5.5.7.9.2",
	accounts.AttrStreet:     "urn:oid:2.5.4.16",
	accounts.AttrPLZ:        "urn:oid:2.5.4.17",
	accounts.AttrCity:       "urn:oid:2.5.4.7",
	accounts.AttrCountry:    "urn:oid:1.2.40.0.10.2.1.1.225599",
	accounts.AttrMail:       "urn:oid:0.9.2342.19200300.100.1.3",
	accounts.AttrPhone:      "urn:oid:2.5.4.20",
}

// bundIDDefault is what is asked for where the settings name nothing; the rest
// is data that no form of ours needs from there (TR-03160-1 ch. 7: sparing).
var bundIDDefault = []accounts.Attr{accounts.AttrGiven, accounts.AttrFamily, accounts.AttrTitle, accounts.AttrBirthName, accounts.AttrBirthDate, accounts.AttrBirthPlace,
	accounts.AttrStreet, accounts.AttrPLZ, accounts.AttrCity, accounts.AttrCountry, accounts.AttrMail}

// storkLevels is the whole table of classes. Level 1 is the account with a
// password, of which nobody checked who made it.
var storkLevels = map[string]perm.Level{
	"STORK-QAA-Level-1": perm.LevelBasis,
	"STORK-QAA-Level-2": perm.LevelBasis,
	"STORK-QAA-Level-3": perm.LevelSubstantial,
	"STORK-QAA-Level-4": perm.LevelHigh,
}

// akdbTrust is the whole table of akdb:TrustLevel, in capitals: the words of
// the interface's table and those of its sample. What is not in it is unproved.
var akdbTrust = map[string]perm.Level{
	"BASISREGISTRIERUNG": perm.LevelNone,
	"UNTERGEORDNET":      perm.LevelNone,
	"NIEDRIG":            perm.LevelBasis,
	"NORMAL":             perm.LevelBasis,
	"SUBSTANTIELL":       perm.LevelSubstantial,
	"SUBSTANZIELL":       perm.LevelSubstantial,
	"HOCH":               perm.LevelHigh,
}

// provedBy is what AssertionProvedBy means: how we call it, and the most that
// it can be worth.
var provedBy = map[string]struct {
	means string
	most  perm.Level
}{
	"eID":          {"eID", perm.LevelHigh},
	"Smart-eID":    {"Smart-eID", perm.LevelHigh},
	"eIDAS":        {"eIDAS", perm.LevelHigh},
	"Elster":       {"ELSTER", perm.LevelSubstantial},
	"FINK":         {"FINK", perm.LevelHigh},
	"Diia":         {"Diia", perm.LevelHigh},
	"Authega":      {"Authega", perm.LevelSubstantial},
	"Benutzername": {"Passwort", perm.LevelBasis},
}

// akdbMethods are the means that a request may allow, in the order of the schema.
var akdbMethods = []string{"Authega", "Benutzername", "Diia", "eID", "eIDAS", "Elster", "FINK"}

// bundID is the profile of BundID, BayernID and other accounts of AKDB.
func bundID(s Settings) profile {
	return profile{
		nameID: saml.FormatTransient, subject: either(s.Subject, oidBPK2), signed: saml.SignedAssertion, means: "BundID",
		request: map[perm.Level]string{perm.LevelBasis: "STORK-QAA-Level-1", perm.LevelSubstantial: "STORK-QAA-Level-3", perm.LevelHigh: "STORK-QAA-Level-4"},
		levels:  storkLevels,
		extensions: func(a accounts.Attempt) []saml.Element {
			return []saml.Element{akdbRequest(s, a.Lang)}
		},
		read: readBundID,
	}
}

// readBundID takes the lower of what the class, the level attribute and the
// means say, and each attribute at its own trust level.
func readBundID(a answer, who *accounts.Identity) error {
	if v := a.one(oidQAA); v != "" {
		l, ok := storkLevels[v]
		if !ok {
			l = perm.LevelBasis
		}
		who.Level = min(who.Level, l)
	}
	if v := a.one(oidProvedBy); v != "" {
		if by, ok := provedBy[v]; ok {
			who.Means, who.Level = by.means, min(who.Level, by.most)
		}
	}
	for attr, name := range bundIDNames {
		t, ok := a.attribute(name)
		if !ok {
			continue
		}
		v, level := a.one(name), trust(t)
		switch attr {
		case accounts.AttrStreet:
			a.setAddress(who, v, level)
		case accounts.AttrCountry:
			if v == "D" { // ICAO's short form, as the chip of the identity card has it
				v = "DE"
			}
			a.set(who, attr, v, level)
		case accounts.AttrMail, accounts.AttrPhone: // reached by, never proved
			a.set(who, attr, v, perm.LevelNone)
		default:
			a.set(who, attr, v, level)
		}
	}
	return nil
}

// trust is the level at which an attribute was proved; the mark stands on the
// Attribute or on its value, and the lower one counts.
func trust(t saml.Attribute) perm.Level {
	var marks []string
	if m, ok := t.Extra[trustLevel]; ok {
		marks = append(marks, m)
	}
	for _, v := range t.Values {
		if m, ok := v.Extra[trustLevel]; ok {
			marks = append(marks, m)
		}
	}
	if len(marks) == 0 {
		return perm.LevelNone
	}
	level := perm.LevelHigh
	for _, m := range marks {
		level = min(level, akdbTrust[strings.ToUpper(strings.TrimSpace(m))])
	}
	return level
}

// akdbRequest is the extension of version 2, without which BundID refuses.
func akdbRequest(s Settings, lang string) saml.Element {
	el := func(name string, children ...saml.Element) saml.Element {
		return saml.Element{NS: nsAKDB, Prefix: "akdb", Name: name, Children: children}
	}
	ui := func(name, text string) saml.Element {
		return saml.Element{NS: nsClassicUI, Prefix: "classic-ui", Name: name, Text: text}
	}
	var parts []saml.Element
	if len(s.Methods) > 0 {
		var list []saml.Element
		for _, m := range akdbMethods {
			if slices.Contains(s.Methods, m) {
				enabled := el("Enabled")
				enabled.Text = "true"
				list = append(list, el(m, enabled))
			}
		}
		parts = append(parts, el("AuthnMethods", list...))
	}
	attribute := func(name string, required bool) saml.Element {
		e := el("RequestedAttribute")
		e.Attrs = [][2]string{{"Name", name}}
		if required {
			e.Attrs = append(e.Attrs, [2]string{"RequiredAttribute", "true"})
		}
		return e
	}
	wanted := []saml.Element{attribute(either(s.Subject, oidBPK2), true), attribute(oidProvedBy, false), attribute(oidQAA, false)}
	ask := s.Request
	if len(ask) == 0 {
		ask = bundIDDefault
	}
	for _, a := range ask {
		wanted = append(wanted, attribute(bundIDNames[a], slices.Contains(s.Required, a)))
	}
	parts = append(parts, el("RequestedAttributes", wanted...))
	if !slices.Contains([]string{"de", "en", "ru", "uk"}, lang) {
		lang = "de"
	}
	version := ui("Version", "")
	version.Children = []saml.Element{ui("OrganizationDisplayName", s.Organization), ui("Lang", lang)}
	if s.BackURL != "" {
		version.Children = append(version.Children, ui("BackURL", s.BackURL))
	}
	version.Children = append(version.Children, ui("OnlineServiceId", s.ServiceID))
	parts = append(parts, el("DisplayInformation", version))
	request := el("AuthenticationRequest", parts...)
	request.Attrs = [][2]string{{"Version", "2"}, {"EnableStatusDetail", "true"}}
	return request
}
