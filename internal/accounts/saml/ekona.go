package saml

import (
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/perm"
	"stadttor/internal/standards/saml"
)

// elsterLevels is the whole table of ELSTER's words, in small letters.
var elsterLevels = map[string]perm.Level{
	"normal":       perm.LevelBasis,
	"niedrig":      perm.LevelBasis,
	"substanziell": perm.LevelSubstantial,
	"substantiell": perm.LevelSubstantial,
	"hoch":         perm.LevelHigh,
}

// ekona is the profile of Mein Unternehmenskonto (ELSTER, NEZO): an account of
// an organisation, asked anew every time, known by a persistent NameID. The
// level stands in two attributes, how somebody was identified once and how he
// signed in today; the lower one counts. The answer or the assertion is signed.
func ekona(s Settings) profile {
	return profile{
		nameID: saml.FormatPersistent, subject: s.Subject, fresh: true, signed: saml.SignedEither, means: "ELSTER",
		read: func(a answer, who *accounts.Identity) error {
			// Whatever is not plainly no test account is one.
			if _, said := a.attribute("IstTestkonto"); said && a.one("IstTestkonto") != "false" && !s.Test {
				return refuse("test-account", KeyRefused)
			}
			who.Company = true
			who.Level = min(elster(a.one("ElsterVertrauensniveauIdentifizierung")), elster(a.one("ElsterVertrauensniveauAuthentifizierung")))
			a.set(who, accounts.AttrCompany, a.one("Firmenname"), who.Level)
			a.set(who, accounts.AttrRegister, register(a), who.Level)
			a.set(who, accounts.AttrGiven, first(a.one("Vorname"), a.one("HandelndePersonVorname")), who.Level)
			a.set(who, accounts.AttrFamily, first(a.one("Name"), a.one("HandelndePersonNachname")), who.Level)
			a.set(who, accounts.AttrBirthDate, germanDate(a.one("Geburtsdatum")), who.Level)
			a.elsterAddress(who)
			return nil
		},
	}
}

// elster reads one of ELSTER's words; what is missing or unknown is the lowest.
func elster(word string) perm.Level {
	if l, ok := elsterLevels[strings.ToLower(word)]; ok {
		return l
	}
	return perm.LevelBasis
}

// register is "HRB 12345, Berlin" out of kind, number and court.
func register(a answer) string {
	number := strings.TrimSpace(a.one("Registerart") + " " + a.one("Registernummer"))
	court := a.one("Registergericht")
	if a.one("Registernummer") == "" {
		return ""
	}
	if court != "" {
		number += ", " + court
	}
	return number
}

// elsterAddress reads the tree of type ekona:AdresseType.
func (a answer) elsterAddress(who *accounts.Identity) {
	for _, name := range []string{"Unternehmensanschrift", "Anschrift"} {
		t, ok := a.attribute(name)
		if !ok || len(t.Values) != 1 {
			continue
		}
		parts := map[string]string{}
		for _, p := range t.Values[0].Parts {
			if _, twice := parts[p.Name]; twice || len(p.Parts) > 0 {
				return
			}
			parts[p.Name] = strings.TrimSpace(p.Text)
		}
		if len(parts) == 0 {
			continue
		}
		a.set(who, accounts.AttrStreet, parts["Strasse"], who.Level)
		a.set(who, accounts.AttrHouseNumber, parts["Hausnummer"], who.Level)
		a.set(who, accounts.AttrPLZ, parts["PLZ"], who.Level)
		a.set(who, accounts.AttrCity, parts["Ort"], who.Level)
		a.set(who, accounts.AttrCountry, parts["Land"], who.Level)
		return
	}
}

// germanDate turns dd.MM.yyyy into an ISO date, anything else into nothing.
func germanDate(s string) string {
	t, err := time.Parse("02.01.2006", s)
	if err != nil {
		return ""
	}
	return t.Format("2006-01-02")
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
