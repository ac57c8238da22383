package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

// Erased is the event that a person has deleted the account. Features let go of
// the person in what they must keep, and delete the rest.
type Erased struct {
	Person ident.PersonID `json:"person"`
}

// Kind implements jobs.Job.
func (Erased) Kind() string { return "accounts.Erased" }

// Key implements jobs.Job.
func (e Erased) Key() string { return string(e.Person) }

// Forgetter is what a sign-in method can do besides: forget the credentials of
// a person, inside the transaction (of the person's scope) that deletes the
// account.
type Forgetter interface {
	Forget(ctx context.Context, tx *db.Tx, c perm.Citizen) error
}

// Leaving is what deleting the account would mean, for the page before it.
type Leaving struct {
	Companies []Company // that nobody else answers for: deleted with it
	Mandates  int       // that end
	HasMail   bool      // a notice can be sent
}

// Leaving says what deleting the account would mean. Only the person may.
func (s *Service) Leaving(ctx context.Context, c perm.Citizen) (l Leaving, err error) {
	list, err := s.Companies(ctx, c)
	if err != nil {
		return l, err
	}
	for _, x := range list {
		if x.Role == RoleOwner && x.Owners == 1 && x.ID != c.Person {
			var signIns int
			if err := s.c.DB.View(ctx, c.RealmScope(), func(tx *db.Tx) error {
				return tx.QueryRow(ctx, `SELECT count(*) FROM account_identity WHERE realm_id=$1 AND person_id=$2`, string(c.Realm), string(x.ID)).Scan(&signIns)
			}); err != nil {
				return l, err
			}
			if signIns == 0 {
				l.Companies = append(l.Companies, x)
			}
		}
	}
	mandates, err := s.Mandates(ctx, c)
	if err != nil {
		return l, err
	}
	for _, m := range mandates {
		if m.State == MandateActive || m.State == MandateInvited {
			l.Mandates++
		}
	}
	p, err := s.Profile(ctx, c)
	l.HasMail = !p.Text(AttrMail).Empty()
	return l, err
}

// Erase deletes the account: the person's key, without which nothing that was
// sealed for him can be read again, the profile, ways to sign in, sessions,
// consents and their history, mandates, and the accounts of companies that
// nobody else answers for. Applications stay with their authorities; features
// let go of him when they hear of Erased. Only the person may, with a fresh
// sign-in. A last notice without personal data is sent where there is an
// address. Errors: Forbidden "login.fresh-needed".
func (s *Service) Erase(ctx context.Context, c perm.Citizen, secret string) error {
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	leaving, err := s.Leaving(ctx, c)
	if err != nil {
		return err
	}
	key, err := s.realmKeyOf(c.Realm)
	if err != nil {
		return err
	}
	if err := s.Fresh(ctx, c, secret); err != nil {
		return err
	}
	for _, x := range leaving.Companies {
		if err := s.c.DB.InTx(ctx, db.ForPerson(c.Realm, x.ID), func(tx *db.Tx) error {
			if err := erasePerson(ctx, tx, x.ID); err != nil {
				return err
			}
			return audit.Record(ctx, tx, c, audit.Event{Action: "company.erase", Object: "person:" + string(x.ID)})
		}); err != nil {
			return err
		}
	}
	return s.c.DB.InTx(ctx, c.Own(), func(tx *db.Tx) error {
		if err := fresh(ctx, tx, c, secret); err != nil {
			return err
		}
		_, p, err := readProfile(ctx, tx, key, c.Realm, c.Person, tx.ForUpdate())
		if err != nil {
			return err
		}
		if err := farewell(ctx, tx, key, p.Text(AttrMail)); err != nil {
			return err
		}
		for _, m := range s.c.Methods {
			if f, ok := m.Method.(Forgetter); ok {
				if err := f.Forget(ctx, tx, c); err != nil {
					return fmt.Errorf("forgetting credentials of %s: %w", m.Name, err)
				}
			}
		}
		if err := EndAll(ctx, tx); err != nil {
			return err
		}
		if err := erasePerson(ctx, tx, c.Person); err != nil {
			return err
		}
		if err := jobs.Insert(ctx, tx, Erased{c.Person}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "account.erase", Object: c.Ref()})
	})
}

// erasePerson deletes the rows of an account. Mandates stay as an empty line for
// the other side, without a name: their key goes.
func erasePerson(ctx context.Context, tx *db.Tx, p ident.PersonID) error {
	_, err := tx.Exec(ctx, `UPDATE account_mandate SET state=CASE WHEN state IN ('active','invited') THEN 'revoked' ELSE state END, ended_at=CASE WHEN ended_at=0 THEN $3 ELSE ended_at END,
		ended_by=CASE WHEN ended_by='' THEN 'erased' ELSE ended_by END, code=NULL, services='', sealed_key=$4, sealed=$4,
		giver=CASE WHEN giver=$2 THEN '' ELSE giver END, holder=CASE WHEN holder=$2 THEN '' ELSE holder END WHERE realm_id=$1 AND (giver=$2 OR holder=$2)`,
		string(tx.Realm()), string(p), db.Micros(tx.Now), []byte{})
	if err != nil {
		return fmt.Errorf("ending mandates: %w", err)
	}
	for _, q := range []string{
		`DELETE FROM account_mandate_party WHERE realm_id=$1 AND person_id=$2`,
		`DELETE FROM account_mandate WHERE realm_id=$1 AND giver='' AND holder='' AND $2<>''`,
		`DELETE FROM account_acting WHERE realm_id=$1 AND person_id=$2`,
		`DELETE FROM account_use WHERE realm_id=$1 AND person_id=$2`,
		`DELETE FROM account_consent WHERE realm_id=$1 AND person_id=$2`,
		`DELETE FROM account_part WHERE realm_id=$1 AND person_id=$2`,
		`DELETE FROM provider_code WHERE realm_id=$1 AND person_id=$2`,
		`DELETE FROM provider_token WHERE realm_id=$1 AND person_id=$2`,
		`DELETE FROM account_identity WHERE realm_id=$1 AND person_id=$2`,
		`DELETE FROM account WHERE realm_id=$1 AND person_id=$2`,
	} {
		if _, err := tx.Exec(ctx, q, string(tx.Realm()), string(p)); err != nil {
			return fmt.Errorf("erasing an account: %w", err)
		}
	}
	return nil
}

// farewell keeps the address of a last notice until it is queued.
func farewell(ctx context.Context, tx *db.Tx, key seal.Key, to pii.Text) error {
	if to.Empty() {
		return nil
	}
	id := ident.New[string](tx.Now)
	_, err := tx.Exec(ctx, `INSERT INTO account_farewell (realm_id,id,sealed,created_at) VALUES ($1,$2,$3,$4)`, string(tx.Realm()), id, key.Seal([]byte(to.Reveal()), farewellPlace(tx.Realm(), id)), db.Micros(tx.Now))
	if err != nil {
		return err
	}
	return jobs.Insert(ctx, tx, Farewell{id})
}

func farewellPlace(r ident.RealmID, id string) seal.Where {
	return seal.Where{Tenant: string(r), Table: "account_farewell", Row: id, Column: "sealed"}
}

// farewellLife is how long the address of a deleted account waits for its notice.
const farewellLife = 24 * time.Hour

// Farewell is the job that sends the last notice.
type Farewell struct {
	ID string `json:"id"`
}

// Kind implements jobs.Job.
func (Farewell) Kind() string { return "accounts.Farewell" }

// Key implements jobs.Job.
func (f Farewell) Key() string { return f.ID }

// SayFarewell gives a last notice to send, which queues it in a transaction of
// the tenant that answers for the realm's accounts; to and key are mail's. The
// address is deleted afterwards, also when the notice could not be queued
// within farewellLife.
func (s *Service) SayFarewell(ctx context.Context, call jobs.Call, f Farewell, send func(ctx context.Context, tx *db.Tx, to pii.Text, key string) error) error {
	realm, ok := s.c.Directory.Realm(call.Realm)
	if !ok {
		return errs.NotFound("realm", call.Realm)
	}
	key, err := s.realmKey(realm)
	if err != nil {
		return err
	}
	lead, _ := s.c.Directory.TenantBySlug(realm.Lead)
	var sealed []byte
	var created int64
	err = s.c.DB.View(ctx, realm.Scope(), func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT sealed,created_at FROM account_farewell WHERE realm_id=$1 AND id=$2`, string(call.Realm), f.ID).Scan(&sealed, &created)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	to, err := key.Open(sealed, farewellPlace(call.Realm, f.ID))
	if err != nil {
		return err
	}
	err = s.c.DB.InTx(ctx, lead.Scope(), func(tx *db.Tx) error {
		return send(ctx, tx, pii.New(string(to)), f.Kind()+":"+f.ID)
	})
	if err != nil && !errs.Is(err, errs.KindInvalid) && !call.Last && s.c.DB.Now().Sub(db.FromMicros(created)) < farewellLife {
		return err
	}
	return s.c.DB.InTx(ctx, realm.Scope(), func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM account_farewell WHERE realm_id=$1 AND id=$2`, string(call.Realm), f.ID)
		return err
	})
}
