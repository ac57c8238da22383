package accounts

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
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

// SaveOwn takes what a person states of himself: the attributes in typed, empty
// ones are taken away, others stay. What was proved is locked. Only the person
// may. Errors: Invalid "profile.wrong" with the attributes as fields: what was
// typed wrongly, and "profile.locked" for an attribute that is proved and was
// typed differently.
func (s *Service) SaveOwn(ctx context.Context, c perm.Citizen, typed map[Attr]pii.Text) error {
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	return s.withProfile(ctx, c.Realm, c.Person, c.Own(), func(tx *db.Tx, _ seal.Key, p Profile) (Profile, error) {
		next, changed, err := p.state(typed, tx.Now)
		if err != nil || changed == 0 {
			return nil, err
		}
		return next, audit.Record(ctx, tx, c, audit.Event{Action: "profile.state", Object: "person:" + string(c.Person), Detail: strconv.Itoa(changed) + " attributes"})
	})
}

// state gives the profile after its person stated something.
func (p Profile) state(typed map[Attr]pii.Text, now time.Time) (next Profile, changed int, err error) {
	next = p.merge(nil, "", now)
	today := clock.Date(now)
	var wrong []errs.Field
	for _, a := range Attrs() {
		t, ok := typed[a]
		if !ok {
			continue
		}
		value, bad := a.Check(t.Reveal(), today)
		old := p[a]
		switch {
		case old.Locked() && value != old.Value.Reveal():
			wrong = append(wrong, field(string(a), "profile.locked"))
		case bad != "":
			wrong = append(wrong, field(string(a), bad))
		case value == old.Value.Reveal():
		default:
			next.Set(a, Attribute{Value: pii.New(value), Source: SourceSelf, At: now})
			changed++
		}
	}
	if len(wrong) == 0 {
		if bad := checkPLZ(next.Text(AttrPLZ).Reveal(), next.Text(AttrCountry).Reveal()); bad != "" && !next[AttrPLZ].Locked() {
			wrong = append(wrong, field(string(AttrPLZ), bad))
		}
	}
	if len(wrong) > 0 {
		return nil, 0, errs.Invalid("profile.wrong", wrong...)
	}
	return next, changed, nil
}

// withProfile runs fn on the profile of a locked account; a profile that it
// gives back is written, nil changes nothing.
func (s *Service) withProfile(ctx context.Context, realm ident.RealmID, person ident.PersonID, scope db.Scope, fn func(tx *db.Tx, own seal.Key, p Profile) (Profile, error)) error {
	key, err := s.realmKeyOf(realm)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		own, p, err := readProfile(ctx, tx, key, realm, person, tx.ForUpdate())
		if err != nil {
			return err
		}
		next, err := fn(tx, own, p)
		if err != nil || next == nil {
			return err
		}
		sealed, err := sealProfile(own, realm, person, next)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE account SET profile=$3, updated_at=$4 WHERE realm_id=$1 AND person_id=$2`, string(realm), string(person), sealed, db.Micros(tx.Now))
		return err
	})
}

// readProfile opens an account. Error: NotFound.
func readProfile(ctx context.Context, tx *db.Tx, key seal.Key, realm ident.RealmID, person ident.PersonID, lock string) (own seal.Key, p Profile, err error) {
	var wrapped, sealed []byte
	err = tx.QueryRow(ctx, `SELECT sealed_key,profile FROM account WHERE realm_id=$1 AND person_id=$2`+lock, string(realm), string(person)).Scan(&wrapped, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return own, nil, errs.NotFound("account", person)
	}
	if err != nil {
		return own, nil, err
	}
	if own, err = key.OpenKey(wrapped, profilePlace(realm, person, "sealed_key")); err != nil {
		return own, nil, err
	}
	p, err = openProfile(own, realm, person, sealed)
	return own, p, err
}

func (s *Service) realmKeyOf(id ident.RealmID) (seal.Key, error) {
	r, ok := s.c.Directory.Realm(id)
	if !ok {
		return seal.Key{}, errs.NotFound("realm", id)
	}
	return s.realmKey(r)
}
