package saml

import (
	"slices"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/standards/saml"
)

// profile is how one sort of provider speaks. It is made of the settings once.
type profile struct {
	// nameID is the format to ask for; the subject is the NameID only where this
	// is persistent and subject is "".
	nameID string
	// subject is the name of the attribute that knows the person, "" for the NameID.
	subject string
	// fresh asks the person anew every time.
	fresh bool
	// signed and request are what the profile demands and asks for.
	signed  saml.Signed
	request map[perm.Level]string
	// levels is the whole table from class to level; what it lacks is LevelBasis.
	levels map[string]perm.Level
	means  string
	// extensions of a request.
	extensions func(a accounts.Attempt) []saml.Element
	// read fills who with what the attributes say; it may lower the level, never
	// raise it.
	read func(a answer, who *accounts.Identity) error
}

// Names of the profiles.
const (
	ProfileBundID = "bundid"
	ProfileOSI    = "osi"
	ProfileEkona  = "ekona"
	ProfilePlain  = "plain"
)

var profiles = map[string]func(Settings) profile{
	ProfileBundID: bundID,
	ProfileOSI:    osi,
	ProfileEkona:  ekona,
	ProfilePlain:  plain,
}

// classes are the class to ask for so that the level is reached ("minimum"
// compares at the provider); nil where the profile has none.
func (p profile) classes(want perm.Level) []string {
	for l := max(want, perm.LevelBasis); l <= perm.LevelHigh; l++ {
		if c, ok := p.request[l]; ok {
			return []string{c}
		}
	}
	return nil
}

// level of a class: by the table alone, an unknown one is the lowest.
func (p profile) level(class string) perm.Level {
	if l, ok := p.levels[class]; ok {
		return l
	}
	return perm.LevelBasis
}

// answer reads attributes by name.
type answer struct {
	*saml.Assertion
	today time.Time
}

// attribute by name.
func (a answer) attribute(name string) (saml.Attribute, bool) {
	i := slices.IndexFunc(a.Attributes, func(t saml.Attribute) bool { return t.Name == name })
	if i < 0 {
		return saml.Attribute{}, false
	}
	return a.Attributes[i], true
}

// one is the text of an attribute that has exactly one value; two or more are
// taken for none, because nobody said which one counts.
func (a answer) one(name string) string {
	t, ok := a.attribute(name)
	if !ok || len(t.Values) != 1 || t.Values[0].Nil {
		return ""
	}
	return strings.TrimSpace(t.Values[0].Text)
}

// set puts a value into the profile if it is one that we keep; what is not is
// left out: a portal must not show as proved what it had to repair.
func (a answer) set(who *accounts.Identity, attr accounts.Attr, value string, level perm.Level) {
	kept, wrong := attr.Check(value, a.today)
	if wrong != "" || kept == "" {
		return
	}
	who.Profile.Set(attr, accounts.Attribute{Value: pii.New(kept), Level: level})
}

// setAddress puts street and house number in, which some providers give as one
// line ("HEIDESTRAẞE 17"). The number is what follows the last blank if it
// begins with a digit; a line without such an end is the street alone.
func (a answer) setAddress(who *accounts.Identity, line string, level perm.Level) {
	street, number := splitAddress(line)
	a.set(who, accounts.AttrStreet, street, level)
	a.set(who, accounts.AttrHouseNumber, number, level)
}

func splitAddress(line string) (street, number string) {
	line = strings.Join(strings.Fields(line), " ")
	// "17 a" and "17-19" are numbers too: take words from the end while they
	// look like the end of a number, up to one that begins with a digit.
	words := strings.Split(line, " ")
	for i := len(words) - 1; i >= 1 && i >= len(words)-3; i-- {
		w := words[i]
		if w != "" && w[0] >= '0' && w[0] <= '9' {
			return strings.Join(words[:i], " "), strings.Join(words[i:], " ")
		}
		if len([]rune(w)) > 1 {
			break
		}
	}
	return line, ""
}

// mapped fills the profile by a table from our attribute to the provider's
// name; proved are the attributes that the provider proves at the level of the
// sign-in, the others are statements.
func (a answer) mapped(who *accounts.Identity, table map[accounts.Attr]string, proved []accounts.Attr) {
	for attr, name := range table {
		level := perm.LevelNone
		if slices.Contains(proved, attr) {
			level = who.Level
		}
		v := a.one(name)
		if attr == accounts.AttrStreet && table[accounts.AttrHouseNumber] == "" {
			a.setAddress(who, v, level)
			continue
		}
		a.set(who, attr, v, level)
	}
}
