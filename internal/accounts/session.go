package accounts

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
)

// row is a session as stored.
type row struct {
	Kind          string
	Person        ident.PersonID
	Staff         ident.StaffID
	Level         perm.Level
	Means         string
	Created, Seen time.Time
}

// find reads a living session by its secret; ok is false for none, and for a
// citizen's whose means the tenant does not take (any more): one indexed read.
func (s *Service) find(ctx context.Context, t tenancy.Tenant, secret, kind string) (x row, ok bool, err error) {
	if len(secret) != secretSize {
		return x, false, nil
	}
	var stale bool
	var sso []byte
	err = s.c.DB.View(ctx, t.Scope(), func(tx *db.Tx) error {
		var level, created, seen int64
		var offered, stopped sql.NullBool
		err := tx.QueryRow(ctx, `SELECT s.kind,s.person_id,s.staff_id,s.level,s.means,s.created_at,s.seen_at,s.sso,c.offered,c.stopped
			FROM session s LEFT JOIN sign_in_choice c ON c.tenant_id=s.tenant_id AND c.name=s.method AND s.kind=$3 WHERE s.tenant_id=$1 AND s.id=$2`, string(tx.Tenant()), digest(secret), KindCitizen).
			Scan(&x.Kind, &x.Person, &x.Staff, &level, &x.Means, &created, &seen, &sso, &offered, &stopped)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		x.Level, x.Created, x.Seen = perm.Level(level), db.FromMicros(created), db.FromMicros(seen)
		refused := offered.Valid && (!offered.Bool || stopped.Bool)
		ok = err == nil && x.Kind == kind && alive(x.Kind, x.Level, x.Created, x.Seen, tx.Now) && !refused
		stale = ok && tx.Now.Sub(x.Seen) > touchAfter(x.Level)
		return err
	})
	switch {
	case err != nil || !stale:
		return x, ok, err
	case len(sso) > 0:
		return x, ok, s.touch(ctx, t.Realm, x.Person, sso)
	}
	return x, ok, s.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE session SET seen_at=$3 WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), digest(secret), db.Micros(tx.Now))
		return err
	})
}

// Citizen gives who stands at the door with this cookie: a guest when the
// secret opens no living session.
func (s *Service) Citizen(ctx context.Context, door tenancy.Door, secret string) (perm.Citizen, error) {
	c := perm.Citizen{Realm: door.Realm.ID, Tenant: door.Tenant.ID}
	x, ok, err := s.find(ctx, door.Tenant, secret, KindCitizen)
	if err != nil || !ok {
		return c, err
	}
	c.Person, c.Level, c.Means = x.Person, x.Level, x.Means
	return c, nil
}

// Staff gives the member of staff with this cookie. Errors: Forbidden with key
// "login.needed" when the secret opens no living session or the person is no
// longer active.
func (s *Service) Staff(ctx context.Context, door tenancy.Door, secret string) (perm.Staff, pii.Text, error) {
	x, ok, err := s.find(ctx, door.Tenant, secret, KindStaff)
	if err != nil {
		return perm.Staff{}, pii.Text{}, err
	}
	if !ok {
		return perm.Staff{}, pii.Text{}, errs.Forbidden("login.needed")
	}
	return s.loadStaff(ctx, door.Tenant, x.Staff)
}

// SignOut ends a portal's session. A citizen's ends with the sign-in that it
// came from, so also at the account host and at every other portal of this
// browser (TR-03160-1: signing out ends everything). One that is gone already
// is no error.
func (s *Service) SignOut(ctx context.Context, door tenancy.Door, actor perm.Actor, secret string) error {
	if c, ok := actor.(perm.Citizen); ok && !c.Guest() {
		return s.c.DB.InTx(ctx, c.Own(), func(tx *db.Tx) error {
			var sso []byte
			err := tx.QueryRow(ctx, `DELETE FROM session WHERE person_id=$1 AND tenant_id=$2 AND id=$3 RETURNING sso`, string(tx.Person()), string(door.Tenant.ID), digest(secret)).Scan(&sso)
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			if err == nil && len(sso) > 0 {
				err = endSSO(ctx, tx, sso)
			}
			if err != nil {
				return err
			}
			return audit.Record(ctx, tx, c, audit.Event{Action: "session.close", Object: c.Ref()})
		})
	}
	return s.c.DB.InTx(ctx, door.Tenant.Scope(), func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM session WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), digest(secret))
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "session.close", Object: actor.Ref()})
	})
}

// SessionEnds says when the session would end if nothing more happened, for
// the warning on the page; zero for none.
func (s *Service) SessionEnds(c perm.Citizen, now time.Time) time.Time {
	if c.Guest() {
		return time.Time{}
	}
	return now.Add(limits(KindCitizen, c.Level).idle)
}

// Profile gives a person's own data, each attribute with the level at which it
// was proved: what a session may make of it says Profile.At. Only the person may.
func (s *Service) Profile(ctx context.Context, c perm.Citizen) (f Profile, err error) {
	if c.Guest() {
		return f, errs.Forbidden("login.needed")
	}
	realm, ok := s.c.Directory.Realm(c.Realm)
	if !ok {
		return f, errs.NotFound("realm", c.Realm)
	}
	key, err := s.realmKey(realm)
	if err != nil {
		return f, err
	}
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		var wrapped, sealed []byte
		err := tx.QueryRow(ctx, `SELECT sealed_key,profile FROM account WHERE realm_id=$1 AND person_id=$2`, string(tx.Realm()), string(tx.Person())).Scan(&wrapped, &sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.NotFound("account", c.Person)
		}
		if err != nil {
			return err
		}
		own, err := key.OpenKey(wrapped, profilePlace(c.Realm, c.Person, "sealed_key"))
		if err != nil {
			return err
		}
		f, err = openProfile(own, c.Realm, c.Person, sealed)
		return err
	})
	return f, err
}
