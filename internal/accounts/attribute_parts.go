package accounts

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

// PartID names an address or a person of the household in an account.
type PartID string

// Bounds of what an account keeps besides its attributes.
const (
	maxAddresses = 10
	maxHousehold = 20
)

// Address is a further address. The main one is among the attributes.
type Address struct {
	ID      PartID
	Use     string // of AddressUses
	Street  pii.Text
	Number  pii.Text
	PLZ     pii.Text
	City    pii.Text
	Country pii.Text // ISO 3166-1 alpha-2, empty for Germany
	At      time.Time
}

// AddressUses are what a further address may be for, in the order of the page.
func AddressUses() []string { return []string{"post", "second", "work", "other"} }

// Relative is a person of the household, as the account's owner stated it.
type Relative struct {
	ID        PartID
	Relation  string // of Relations
	Given     pii.Text
	Family    pii.Text
	BirthDate pii.Text // ISO, may be empty
	At        time.Time
}

// Relations are how a person of the household stands to the account's owner.
func Relations() []string { return []string{"partner", "child", "parent", "other"} }

// Household is what an account holds besides its attributes.
type Household struct {
	Addresses []Address
	Relatives []Relative
}

// part is how both lie sealed.
type part struct {
	Use, Street, Number, PLZ, City, Country string `json:",omitempty"`
	Relation, Given, Family, BirthDate      string `json:",omitempty"`
}

const (
	partAddress  = "address"
	partRelative = "household"
)

func partPlace(r ident.RealmID, id PartID) seal.Where {
	return seal.Where{Tenant: string(r), Table: "account_part", Row: string(id), Column: "sealed"}
}

// Household lists a person's further addresses and the persons of the
// household, oldest first. Only the person may.
func (s *Service) Household(ctx context.Context, c perm.Citizen) (h Household, err error) {
	if c.Guest() {
		return h, errs.Forbidden("login.needed")
	}
	key, err := s.realmKeyOf(c.Realm)
	if err != nil {
		return h, err
	}
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		h = Household{}
		own, _, err := readProfile(ctx, tx, key, c.Realm, c.Person, "")
		if err != nil {
			return err
		}
		return eachPart(ctx, tx, own, c, func(kind string, id PartID, at time.Time, p part) {
			if kind == partAddress {
				h.Addresses = append(h.Addresses, Address{id, p.Use, pii.New(p.Street), pii.New(p.Number), pii.New(p.PLZ), pii.New(p.City), pii.New(p.Country), at})
				return
			}
			h.Relatives = append(h.Relatives, Relative{id, p.Relation, pii.New(p.Given), pii.New(p.Family), pii.New(p.BirthDate), at})
		})
	})
	return h, err
}

func eachPart(ctx context.Context, tx *db.Tx, own seal.Key, c perm.Citizen, fn func(kind string, id PartID, at time.Time, p part)) error {
	rows, err := tx.Query(ctx, `SELECT id,kind,sealed,updated_at FROM account_part WHERE realm_id=$1 AND person_id=$2 ORDER BY id`, string(c.Realm), string(c.Person))
	_, err = db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
		var id PartID
		var kind string
		var sealed []byte
		var at int64
		if err := r.Scan(&id, &kind, &sealed, &at); err != nil {
			return x, err
		}
		var p part
		plain, err := own.Open(sealed, partPlace(c.Realm, id))
		if err == nil {
			err = json.Unmarshal(plain, &p)
		}
		if err != nil {
			return x, fmt.Errorf("part %s of an account: %w", id, err)
		}
		fn(kind, id, db.FromMicros(at), p)
		return x, nil
	})
	return err
}

// SaveAddress adds a further address, or changes the one that a.ID names. Only
// the person may. Errors: Invalid "profile.wrong" with fields use, street,
// houseNumber, plz, city, country; "profile.too-many"; NotFound.
func (s *Service) SaveAddress(ctx context.Context, c perm.Citizen, a Address) (PartID, error) {
	p := part{Use: a.Use}
	var wrong []errs.Field
	if !slices.Contains(AddressUses(), a.Use) {
		wrong = append(wrong, field("use", "profile.wrong.choose"))
	}
	wrong = append(wrong, checkAll(s.c.DB.Now(), []typedPart{
		{AttrStreet, string(AttrStreet), a.Street, &p.Street, true}, {AttrHouseNumber, string(AttrHouseNumber), a.Number, &p.Number, false},
		{AttrPLZ, string(AttrPLZ), a.PLZ, &p.PLZ, true}, {AttrCity, string(AttrCity), a.City, &p.City, true}, {AttrCountry, string(AttrCountry), a.Country, &p.Country, false},
	})...)
	if bad := checkPLZ(p.PLZ, p.Country); bad != "" {
		wrong = append(wrong, field(string(AttrPLZ), bad))
	}
	return s.savePart(ctx, c, partAddress, a.ID, p, wrong, maxAddresses)
}

// SaveRelative adds a person of the household, or changes the one that r.ID
// names. Only the account's owner may. Errors: Invalid "profile.wrong" with
// fields relation, given, family, birthDate; "profile.too-many"; NotFound.
func (s *Service) SaveRelative(ctx context.Context, c perm.Citizen, r Relative) (PartID, error) {
	p := part{Relation: r.Relation}
	var wrong []errs.Field
	if !slices.Contains(Relations(), r.Relation) {
		wrong = append(wrong, field("relation", "profile.wrong.choose"))
	}
	wrong = append(wrong, checkAll(s.c.DB.Now(), []typedPart{
		{AttrGiven, string(AttrGiven), r.Given, &p.Given, true}, {AttrFamily, string(AttrFamily), r.Family, &p.Family, true}, {AttrBirthDate, string(AttrBirthDate), r.BirthDate, &p.BirthDate, false},
	})...)
	return s.savePart(ctx, c, partRelative, r.ID, p, wrong, maxHousehold)
}

type typedPart struct {
	attr  Attr
	name  string // of the input
	typed pii.Text
	to    *string
	need  bool
}

func checkAll(now time.Time, list []typedPart) (wrong []errs.Field) {
	for _, x := range list {
		value, bad := x.attr.Check(x.typed.Reveal(), clock.Date(now))
		if bad == "" && value == "" && x.need {
			bad = "profile.wrong.missing"
		}
		if bad != "" {
			wrong = append(wrong, field(x.name, bad))
		}
		*x.to = value
	}
	return wrong
}

func (s *Service) savePart(ctx context.Context, c perm.Citizen, kind string, id PartID, p part, wrong []errs.Field, limit int) (PartID, error) {
	if c.Guest() {
		return "", errs.Forbidden("login.needed")
	}
	if id != "" && !ident.Valid(id) {
		return "", errs.NotFound("part of an account", id)
	}
	if len(wrong) > 0 {
		return "", errs.Invalid("profile.wrong", wrong...)
	}
	plain, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	saved := id
	err = s.withProfile(ctx, c.Realm, c.Person, c.Own(), func(tx *db.Tx, own seal.Key, _ Profile) (Profile, error) {
		action := "profile." + kind + "-change"
		if id == "" {
			var n int
			if err := tx.QueryRow(ctx, `SELECT count(*) FROM account_part WHERE realm_id=$1 AND person_id=$2 AND kind=$3`, string(c.Realm), string(c.Person), kind).Scan(&n); err != nil {
				return nil, err
			}
			if n >= limit {
				return nil, errs.Invalid("profile.too-many")
			}
			saved, action = ident.New[PartID](tx.Now), "profile."+kind+"-add"
			if _, err := tx.Exec(ctx, `INSERT INTO account_part (realm_id,person_id,id,kind,sealed,updated_at) VALUES ($1,$2,$3,$4,$5,$6)`,
				string(c.Realm), string(c.Person), string(saved), kind, own.Seal(plain, partPlace(c.Realm, saved)), db.Micros(tx.Now)); err != nil {
				return nil, err
			}
		} else {
			n, err := tx.Exec(ctx, `UPDATE account_part SET sealed=$5, updated_at=$6 WHERE realm_id=$1 AND person_id=$2 AND id=$3 AND kind=$4`,
				string(c.Realm), string(c.Person), string(id), kind, own.Seal(plain, partPlace(c.Realm, id)), db.Micros(tx.Now))
			if err == nil && n == 0 {
				err = errs.NotFound("part of an account", id)
			}
			if err != nil {
				return nil, err
			}
		}
		return nil, audit.Record(ctx, tx, c, audit.Event{Action: action, Object: "part:" + string(saved)})
	})
	return saved, err
}

// RemovePart takes an address or a person of the household away. Only the
// account's owner may. Error: NotFound.
func (s *Service) RemovePart(ctx context.Context, c perm.Citizen, id PartID) error {
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	if !ident.Valid(id) {
		return errs.NotFound("part of an account", id)
	}
	return s.c.DB.InTx(ctx, c.Own(), func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM account_part WHERE realm_id=$1 AND person_id=$2 AND id=$3`, string(c.Realm), string(c.Person), string(id))
		if err == nil && n == 0 {
			err = errs.NotFound("part of an account", id)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "profile.part-remove", Object: "part:" + string(id)})
	})
}

// relative reads one person of the household.
func (s *Service) relative(ctx context.Context, c perm.Citizen, id PartID) (Relative, error) {
	h, err := s.Household(ctx, c)
	if err != nil {
		return Relative{}, err
	}
	for _, r := range h.Relatives {
		if r.ID == id {
			return r, nil
		}
	}
	return Relative{}, errs.NotFound("person of a household", id)
}
