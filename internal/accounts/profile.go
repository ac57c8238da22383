package accounts

import (
	"encoding/json"
	"fmt"
	"time"

	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// Attr names an attribute of a person. Values as forms take them: dates ISO,
// country ISO 3166-1 alpha-2, everything else as written.
type Attr string

// The attributes.
const (
	AttrGiven       Attr = "given"
	AttrFamily      Attr = "family"
	AttrTitle       Attr = "title"
	AttrBirthName   Attr = "birthName"
	AttrBirthDate   Attr = "birthDate"
	AttrBirthPlace  Attr = "birthPlace"
	AttrStreet      Attr = "street"
	AttrHouseNumber Attr = "houseNumber"
	AttrPLZ         Attr = "plz"
	AttrCity        Attr = "city"
	AttrCountry     Attr = "country"
	AttrMail        Attr = "mail"
	AttrPhone       Attr = "phone"
	AttrIBAN        Attr = "iban"
	AttrVehicle     Attr = "vehicle"
	AttrCompany     Attr = "company"
	AttrRegister    Attr = "register"
)

// Attrs lists all attributes in the order in which they are shown.
func Attrs() []Attr {
	return []Attr{AttrTitle, AttrGiven, AttrFamily, AttrBirthName, AttrBirthDate, AttrBirthPlace, AttrStreet, AttrHouseNumber, AttrPLZ, AttrCity, AttrCountry,
		AttrMail, AttrPhone, AttrIBAN, AttrVehicle, AttrCompany, AttrRegister}
}

// SourceSelf is the source of what a person stated without proof.
const SourceSelf = "self"

// Attribute is one thing known of a person, with how sure it is.
type Attribute struct {
	Value  pii.Text
	Level  perm.Level // at which it was proved; LevelNone: stated, not proved
	Source string     // name of the connection, or SourceSelf
	At     time.Time  // when it was proved or stated
}

// Usable reports whether the attribute may be used at a level: sign-in and
// proof must both reach it (TR-03160-1 ch. 5 and 6).
func (a Attribute) Usable(signIn, at perm.Level) bool { return signIn >= at && a.Level >= at }

// Profile is what is known of a person. Every part is personal. The nil
// profile is empty; Set needs one that was made.
type Profile map[Attr]Attribute

// Text is the value of an attribute, empty for an unknown one.
func (p Profile) Text(a Attr) pii.Text { return p[a].Value }

// Name is how the person (or the organisation) is greeted.
func (p Profile) Name() pii.Text {
	given, family := p.Text(AttrGiven).Reveal(), p.Text(AttrFamily).Reveal()
	switch {
	case given != "" && family != "":
		return pii.New(given + " " + family)
	case given+family != "":
		return pii.New(given + family)
	}
	return p.Text(AttrCompany)
}

// Set puts an attribute in; an empty value takes it out.
func (p Profile) Set(a Attr, v Attribute) {
	if v.Value.Empty() {
		delete(p, a)
		return
	}
	p[a] = v
}

// At gives the profile as it may be used in a session of this level: nothing is
// surer than the sign-in (TR-03160-1 ch. 5).
func (p Profile) At(signIn perm.Level) Profile {
	out := make(Profile, len(p))
	for a, v := range p {
		v.Level = min(v.Level, signIn)
		out[a] = v
	}
	return out
}

// merge gives what is known after somebody said so: an attribute that was
// proved at a higher level stays, and so does what the person stated against a
// mere statement of somebody else.
func (p Profile) merge(said Profile, source string, at time.Time) Profile {
	out := make(Profile, len(p)+len(said))
	for a, v := range p {
		out[a] = v
	}
	for a, v := range said {
		if v.Value.Empty() {
			continue
		}
		if v.Source == "" {
			v.Source = source
		}
		if v.At.IsZero() {
			v.At = at
		}
		old, known := out[a]
		if known && (old.Level > v.Level || old.Level == v.Level && old.Source == SourceSelf && v.Source != SourceSelf) {
			continue
		}
		out[a] = v
	}
	return out
}

// kept is the form of an attribute before it is sealed.
type kept struct {
	Value  string     `json:"v"`
	Level  perm.Level `json:"l"`
	Source string     `json:"s"`
	At     time.Time  `json:"t"`
}

func (p Profile) encode() ([]byte, error) {
	out := make(map[Attr]kept, len(p))
	for a, v := range p {
		out[a] = kept{v.Value.Reveal(), v.Level, v.Source, v.At}
	}
	return json.Marshal(out)
}

// decodeProfile reads what encode wrote, and what the release before levels
// belonged to attributes had written.
func decodeProfile(b []byte) (Profile, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return nil, fmt.Errorf("reading a profile: %w", err)
	}
	if _, old := parts["Verified"]; old {
		return decodeFirst(b)
	}
	out := make(Profile, len(parts))
	for a, raw := range parts {
		var k kept
		if err := json.Unmarshal(raw, &k); err != nil {
			return nil, fmt.Errorf("reading attribute %s: %w", a, err)
		}
		out[Attr(a)] = Attribute{pii.New(k.Value), k.Level, k.Source, k.At}
	}
	return out, nil
}

func decodeFirst(b []byte) (Profile, error) {
	var x struct {
		Given, Family, Title, BirthName, BirthDate, BirthPlace, Street, HouseNumber, PLZ, City, Mail, Phone, IBAN, Vehicle string
		Verified                                                                                                           perm.Level
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return nil, fmt.Errorf("reading a profile: %w", err)
	}
	out := Profile{}
	for a, v := range map[Attr]string{AttrGiven: x.Given, AttrFamily: x.Family, AttrTitle: x.Title, AttrBirthName: x.BirthName, AttrBirthDate: x.BirthDate, AttrBirthPlace: x.BirthPlace,
		AttrStreet: x.Street, AttrHouseNumber: x.HouseNumber, AttrPLZ: x.PLZ, AttrCity: x.City} {
		out.Set(a, Attribute{Value: pii.New(v), Level: x.Verified})
	}
	for a, v := range map[Attr]string{AttrMail: x.Mail, AttrPhone: x.Phone, AttrIBAN: x.IBAN, AttrVehicle: x.Vehicle} {
		out.Set(a, Attribute{Value: pii.New(v)})
	}
	return out, nil
}
