// Package demo is the demonstration: Kreis Musterland with its ten Kommunen
// and the Verbund Nordau, all invented.
//
// It decides nothing of the product: the demo is the product with these data,
// put in through the same verbs and imports that an operator uses. Places,
// people, authorities, numbers and addresses are invented; mail addresses end
// in .example, telephone numbers begin with 00000.
package demo

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"

	files "stadttor/internal/app/demo/catalogue"
	"stadttor/internal/app/realmfile"
)

//go:embed realm.json identities.json lebenslagen.json forms/*.json
var data embed.FS

// People are the invented citizens and staff.
type People struct {
	Citizens []Citizen `json:"citizens"`
	Staff    []Staff   `json:"staff"`
	// LocalStaff are the tenants whose staff may sign in with an access of our
	// own beside the demonstration's; nobody has one in the beginning.
	LocalStaff []string `json:"local_staff"`
}

// Citizen is an invented person.
type Citizen struct {
	Slug       string   `json:"slug"`
	Realm      string   `json:"realm"`
	Given      string   `json:"given"`
	Family     string   `json:"family"`
	Title      string   `json:"title"`
	BirthName  string   `json:"birth_name"`
	BirthDate  string   `json:"birth_date"`
	BirthPlace string   `json:"birth_place"`
	Mail       string   `json:"mail"`
	Phone      string   `json:"phone"`
	IBAN       string   `json:"iban"`
	Vehicle    string   `json:"vehicle"`
	Levels     []string `json:"levels"`
	Story      string   `json:"story"`
	Address    struct {
		Street      string `json:"street"`
		HouseNumber string `json:"house_number"`
		PLZ         string `json:"plz"`
		City        string `json:"ort"`
	} `json:"address"`
}

// Staff is an invented member of staff.
type Staff struct {
	Slug   string   `json:"slug"`
	Tenant string   `json:"tenant"`
	Given  string   `json:"given"`
	Family string   `json:"family"`
	Title  string   `json:"title"`
	Roles  []string `json:"roles"`
	Units  []string `json:"units"` // empty: all units of the tenant
	Note   string   `json:"note"`
}

func read(name string, v any) error {
	b, err := data.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("demo data %s: %w", name, err)
	}
	return nil
}

// ReadWorld gives realms and tenants, as `stadttor import realm` reads them.
func ReadWorld() (realmfile.Description, error) {
	d, list, err := realmfile.Read(data, realmfile.Main)
	if err == nil && len(list) > 0 {
		err = fmt.Errorf("demo data %s: %s: %s", list[0].File, list[0].Path, list[0].Text)
	}
	return d, err
}

// RealmOf gives the realm of each tenant by their slugs. It is asked at each
// start and reads no more than it needs.
func RealmOf() (map[string]string, error) {
	var w struct {
		Realms []struct {
			Slug    string `json:"slug"`
			Tenants []struct {
				Slug string `json:"slug"`
			} `json:"tenants"`
		} `json:"realms"`
	}
	out := map[string]string{}
	err := read(realmfile.Main, &w)
	for _, r := range w.Realms {
		for _, t := range r.Tenants {
			out[t.Slug] = r.Slug
		}
	}
	return out, err
}

// ReadPeople gives citizens and staff.
func ReadPeople() (p People, err error) { return p, read("identities.json", &p) }

// ReadForms gives the definitions of the forms.
func ReadForms() (out [][]byte, err error) {
	names, err := fs.Glob(data, "forms/*.json")
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		b, err := data.ReadFile(n)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// Fingerprint changes when any of the data do: then they go in again.
func Fingerprint() (string, error) {
	h := sha256.New()
	for _, f := range []fs.FS{data, files.Files} {
		err := fs.WalkDir(f, ".", func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(f, p)
			fmt.Fprintf(h, "%s %d\n", p, len(b))
			h.Write(b)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}
