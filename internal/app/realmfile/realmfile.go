package realmfile

import (
	"bytes"
	"encoding/json"
	"errors"

	"stadttor/internal/catalogue"
	"stadttor/internal/tenancy"
)

// Format is the name and version of the format, as each file states it.
const Format = "stadttor-realm/1"

// Main is the name of the file in a folder that holds a description.
const Main = "realm.json"

// Description is what a file says.
type Description struct {
	Schema string  `json:"$schema,omitempty"`
	Format string  `json:"format"`
	Realms []Realm `json:"realms"`
}

// Realm with everything in it.
type Realm struct {
	Slug        string     `json:"slug"`
	Name        string     `json:"name"`
	Lead        string     `json:"lead,omitempty"`
	AccountHost string     `json:"account_host,omitempty"`
	Forms       []Form     `json:"forms,omitempty"`
	Situations  Situations `json:"situations,omitzero"`
	Tenants     []Tenant   `json:"tenants,omitempty"`
}

// Form is a definition. From names the file it comes from, "" if it stands in
// the description itself; Text is empty until Read followed the name.
type Form struct {
	From string
	Text []byte
}

// UnmarshalJSON reads a name or a definition.
func (f *Form) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, &f.From)
	}
	f.Text = bytes.Clone(b)
	return nil
}

// MarshalJSON writes the definition, or the name where there is none yet.
func (f Form) MarshalJSON() ([]byte, error) {
	if f.Text == nil {
		return json.Marshal(f.From)
	}
	return f.Text, nil
}

// Situations are the life situations of a realm; From as in Form.
type Situations struct {
	From string
	List []catalogue.Situation
}

// UnmarshalJSON reads a name or a list.
func (s *Situations) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, &s.From)
	}
	return json.Unmarshal(b, &s.List)
}

// MarshalJSON writes the list, or the name where there is none yet.
func (s Situations) MarshalJSON() ([]byte, error) {
	if s.List == nil && s.From != "" {
		return json.Marshal(s.From)
	}
	return json.Marshal(s.List)
}

// IsZero reports whether nothing was said.
func (s Situations) IsZero() bool { return s.From == "" && s.List == nil }

// Tenant with its portals, units and extensions.
type Tenant struct {
	Slug       string           `json:"slug"`
	Name       string           `json:"name"`
	Kind       string           `json:"kind"`
	Sign       string           `json:"sign"`
	ARS        string           `json:"ars"`
	Settings   tenancy.Settings `json:"settings"`
	Portals    []Portal         `json:"portals,omitempty"`
	Units      []Unit           `json:"units,omitempty"`
	Extensions []Extension      `json:"extensions,omitempty"`
}

// Portal is a door. What the file leaves out of the look is the product's own.
type Portal struct {
	Host string `json:"host"`
	tenancy.PortalSettings
}

// UnmarshalJSON lays the file over the product's own look.
func (p *Portal) UnmarshalJSON(b []byte) error {
	type plain Portal
	x := plain{PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("", "")}}
	err := json.Unmarshal(b, &x)
	*p = Portal(x)
	return err
}

// Unit of a tenant.
type Unit struct {
	Slug  string   `json:"slug"`
	Name  string   `json:"name"`
	Roles []string `json:"roles,omitempty"`
}

// Extension serves a port of a tenant. Nil Settings: the file says nothing
// about them.
type Extension struct {
	Port     string          `json:"port"`
	Name     string          `json:"name"`
	Enabled  bool            `json:"enabled"`
	Position int             `json:"position,omitempty"` // 0: its place in the list, from 1
	Settings json.RawMessage `json:"settings,omitempty"`
}

// UnmarshalJSON makes an extension that is enabled unless the file says no.
func (e *Extension) UnmarshalJSON(b []byte) error {
	type plain Extension
	x := plain{Enabled: true}
	err := json.Unmarshal(b, &x)
	*e = Extension(x)
	return err
}

// Write gives the file's bytes.
func (d Description) Write() ([]byte, error) {
	if d.Format != Format {
		return nil, errors.New("realmfile: a description without its format")
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(d)
	return b.Bytes(), err
}
