package accounts

import (
	"context"
	"database/sql"
	"errors"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// errAsk: an identity that nobody has yet came back while somebody is signed in.
var errAsk = errors.New("a new identity beside a running sign-in")

// enter opens an account session for an identity. Nobody signed in: the account
// of the identity, or a new one. Somebody signed in: the same account; an
// identity that nobody has yet is joined to it if join says so, else errAsk;
// another's identity is refused.
func (s *Service) enter(ctx context.Context, door tenancy.Door, v Visitor, m Named, who Identity, join bool) (secret string, err error) {
	key, err := s.realmKey(door.Realm)
	if err != nil {
		return "", err
	}
	running, signedIn, err := s.sso(ctx, door.Realm, v.Session)
	if err != nil {
		return "", err
	}
	subject := key.Index("identity/"+m.Name, who.key())
	for range 3 { // somebody else made or deleted the account meanwhile
		person, known, err := s.personOf(ctx, door.Realm, m.Name, subject)
		switch {
		case err != nil:
			return "", err
		case known && signedIn && person != running.Person:
			return "", Refused("login.other-person", "identity of another account")
		case !known && signedIn && !join:
			return "", errAsk
		case !known && signedIn:
			person = running.Person
		case !known && join:
			return "", errAttempt("signed out meanwhile")
		case !known:
			person = ident.New[ident.PersonID](s.c.DB.Now())
		}
		secret = ident.Secret()
		err = s.c.DB.InTx(ctx, db.ForPerson(door.Realm.ID, person), func(tx *db.Tx) error {
			if err := openSSO(ctx, tx, secret, v, m.Name, who); err != nil {
				return err
			}
			if err := s.confirm(ctx, tx, key, person, m.Name, subject, who, !known, !known && signedIn); err != nil {
				return err
			}
			return bind(ctx, tx, m, Attempt{Kind: KindCitizen, Realm: door.Realm.ID}, who, string(person))
		})
		if db.IsUnique(err) || errors.Is(err, errNoAccount) {
			continue
		}
		return secret, err
	}
	return "", errors.New("an account that is made and deleted at the same time")
}

var errNoAccount = errors.New("the account of an identity is gone")

func (s *Service) personOf(ctx context.Context, realm tenancy.Realm, method string, subject []byte) (person ident.PersonID, known bool, err error) {
	err = s.c.DB.View(ctx, realm.Scope(), func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, `SELECT person_id FROM account_identity WHERE realm_id=$1 AND method=$2 AND subject=$3`, string(tx.Realm()), method, subject).Scan(&person)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		known = err == nil
		return err
	})
	return person, known, err
}

// confirm brings the account up to date with what a method said: it makes the
// account, joins a new identity to it, merges the profile.
func (s *Service) confirm(ctx context.Context, tx *db.Tx, key seal.Key, person ident.PersonID, method string, subject []byte, who Identity, newIdentity, join bool) error {
	realm, actor := tx.Realm(), perm.Citizen{Person: person, Level: who.Level, Means: who.Means}
	if newIdentity && !join {
		own, wrapped := key.NewKey(profilePlace(realm, person, "sealed_key"))
		sealed, err := sealProfile(own, realm, person, Profile{}.merge(who.Profile, method, tx.Now))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO account (realm_id,person_id,sealed_key,profile,company,created_at,updated_at) VALUES ($1,$2,$3,$4,$5,$6,$6)`, string(realm), string(person), wrapped, sealed, who.Company, db.Micros(tx.Now)); err != nil {
			return err
		}
	} else {
		var wrapped, sealed []byte
		err := tx.QueryRow(ctx, `SELECT sealed_key,profile FROM account WHERE realm_id=$1 AND person_id=$2`+tx.ForUpdate(), string(realm), string(person)).Scan(&wrapped, &sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return errNoAccount
		}
		if err != nil {
			return err
		}
		own, err := key.OpenKey(wrapped, profilePlace(realm, person, "sealed_key"))
		if err != nil {
			return err
		}
		known, err := openProfile(own, realm, person, sealed)
		if err != nil {
			return err
		}
		if sealed, err = sealProfile(own, realm, person, known.merge(who.Profile, method, tx.Now)); err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, `UPDATE account SET profile=$3, updated_at=$4 WHERE realm_id=$1 AND person_id=$2`, string(realm), string(person), sealed, db.Micros(tx.Now)); err != nil {
			return err
		}
	}
	if newIdentity {
		if _, err := tx.Exec(ctx, `INSERT INTO account_identity (realm_id,method,subject,person_id,created_at) VALUES ($1,$2,$3,$4,$5)`, string(realm), method, subject, string(person), db.Micros(tx.Now)); err != nil {
			return err
		}
	}
	action := "account.sign-in"
	switch {
	case join:
		action = "account.join"
	case newIdentity:
		action = "account.create"
	}
	return audit.Record(ctx, tx, actor, audit.Event{Action: action, Object: actor.Ref(), Detail: method + " " + who.Means + " " + who.Level.String()})
}

// openSSO opens the account session; the one before of this browser ends, and
// the portal sessions that came from it go on under the new one, each at its
// own level and for its own time.
func openSSO(ctx context.Context, tx *db.Tx, secret string, v Visitor, method string, who Identity) error {
	if isSecret(v.Session) {
		if _, err := tx.Exec(ctx, `DELETE FROM account_session WHERE realm_id=$1 AND person_id=$2 AND id=$3`, string(tx.Realm()), string(tx.Person()), digest(v.Session)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE session SET sso=$3 WHERE person_id=$1 AND sso=$2`, string(tx.Person()), digest(v.Session), digest(secret)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO account_session (realm_id,id,person_id,handle,level,means,method,device,created_at,seen_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$9)`,
		string(tx.Realm()), digest(secret), string(tx.Person()), string(ident.New[ident.EntryID](tx.Now)), int64(who.Level), who.Means, method, v.Device, db.Micros(tx.Now))
	return err
}
