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
)

// actingLife is how long somebody acts for somebody else before he has to
// choose it anew: the longest life of a session (TR-03160-1 table 2).
var actingLife = citizenLife()

func citizenLife() time.Duration { return limits(KindCitizen, perm.LevelBasis).life }

// Mandates lists a person's mandates, those he gave and those he holds, newest
// first. Only the person may.
func (s *Service) Mandates(ctx context.Context, c perm.Citizen) (out []Mandate, err error) {
	if c.Guest() {
		return nil, errs.Forbidden("login.needed")
	}
	key, err := s.realmKeyOf(c.Realm)
	if err != nil {
		return nil, err
	}
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		out = nil
		list, err := listMandates(ctx, tx, c.Person)
		if err != nil {
			return err
		}
		for i := range list {
			m, err := list[i].open(key, c.Realm, c.Person)
			if err != nil {
				return err
			}
			out = append(out, m)
		}
		return nil
	})
	return out, err
}

// RevokeMandate ends a mandate or an invitation at once; applications that were
// sent by it stay as they are. Either side may. Errors: NotFound, Conflict
// "mandate.ended"; "company.last-owner" for the last who answers for a company.
func (s *Service) RevokeMandate(ctx context.Context, c perm.Citizen, id MandateID) error {
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	return s.revoke(ctx, c, c.RealmScope(), c.Person, id)
}

// revoke ends a mandate on behalf of its side person.
func (s *Service) revoke(ctx context.Context, c perm.Citizen, scope db.Scope, person ident.PersonID, id MandateID) error {
	return s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		m, err := getMandate(ctx, tx, person, id, tx.ForUpdate())
		if err != nil {
			return err
		}
		if m.Side = SideHolder; m.giver == person {
			m.Side = SideGiver
		}
		if err := m.mayRevoke(c); err != nil {
			return err
		}
		if m.Kind == Employee && m.Role == RoleOwner && m.State == MandateActive {
			if err := mayLeave(ctx, tx, m.giver, id); err != nil {
				return err
			}
		}
		if err := endMandate(ctx, tx, id, MandateRevoked, m.Side); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "mandate.revoke", Object: "mandate:" + string(id), Detail: m.Side})
	})
}

// Act lets the person act for whom the mandate names, at all portals, until he
// ends it, the mandate ends or half a day is over. Who holds the mandate may.
// Errors: NotFound, Conflict "mandate.ended".
func (s *Service) Act(ctx context.Context, c perm.Citizen, id MandateID) error {
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	return s.c.DB.InTx(ctx, c.Own(), func(tx *db.Tx) error {
		m, err := getMandate(ctx, tx, c.Person, id, "")
		if err != nil {
			return err
		}
		if m.Side = SideGiver; m.holder == c.Person {
			m.Side = SideHolder
		}
		if err := m.mayAct(c, tx.Now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO account_acting (realm_id,person_id,mandate_id,since) VALUES ($1,$2,$3,$4)
			ON CONFLICT (realm_id,person_id) DO UPDATE SET mandate_id=excluded.mandate_id, since=excluded.since`, string(c.Realm), string(c.Person), string(id), db.Micros(tx.Now)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "mandate.act", Object: "mandate:" + string(id)})
	})
}

// StopActing lets the person act for himself again; no error if he does.
func (s *Service) StopActing(ctx context.Context, c perm.Citizen) error {
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	return s.c.DB.InTx(ctx, c.Own(), func(tx *db.Tx) error {
		n, err := endActing(ctx, tx)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "mandate.act-end", Object: c.Ref()})
	})
}

// endActing forgets for whom the scope's person acts: for verbs that end his
// sign-in.
func endActing(ctx context.Context, tx *db.Tx) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM account_acting WHERE realm_id=$1 AND person_id=$2`, string(tx.Realm()), string(tx.Person()))
}

// Acting gives the mandate by which the person acts just now; ok is false while
// he acts for himself. A mandate that no longer holds is none. Doors show it on
// every page.
func (s *Service) Acting(ctx context.Context, c perm.Citizen) (m Mandate, ok bool, err error) {
	if c.Guest() {
		return m, false, nil
	}
	var found stored
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		found, ok, err = actingMandate(ctx, tx)
		return err
	})
	if err != nil || !ok {
		return m, false, err
	}
	key, err := s.realmKeyOf(c.Realm)
	if err != nil {
		return m, false, err
	}
	m, err = found.open(key, c.Realm, c.Person)
	return m, err == nil, err
}

// actingMandate finds by what mandate the scope's person acts.
func actingMandate(ctx context.Context, tx *db.Tx) (m stored, ok bool, err error) {
	var since int64
	m, err = scanMandate(tx.QueryRow(ctx, `SELECT `+mandateColumns+`,a.since FROM account_acting a JOIN account_mandate m ON m.realm_id=a.realm_id AND m.id=a.mandate_id
		WHERE a.realm_id=$1 AND a.person_id=$2 AND m.holder=$2`, string(tx.Realm()), string(tx.Person())), &since)
	if errors.Is(err, sql.ErrNoRows) {
		return m, false, nil
	}
	return m, err == nil && m.Holds(tx.Now) && tx.Now.Before(db.FromMicros(since).Add(actingLife)), err
}

// Presence is what every page of a signed-in person shows: the name, and for
// whom the person acts just now (ok false: for himself). One indexed read, and
// a second one only while somebody acts. An account that is gone has neither.
func (s *Service) Presence(ctx context.Context, c perm.Citizen) (name pii.Text, acting Mandate, ok bool, err error) {
	if c.Guest() {
		return name, acting, false, nil
	}
	key, err := s.realmKeyOf(c.Realm)
	if err != nil {
		return name, acting, false, err
	}
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		var wrapped, sealed []byte
		var by string
		err := tx.QueryRow(ctx, `SELECT sealed_key,profile,coalesce((SELECT mandate_id FROM account_acting a WHERE a.realm_id=$1 AND a.person_id=$2),'') FROM account WHERE realm_id=$1 AND person_id=$2`, string(tx.Realm()), string(tx.Person())).Scan(&wrapped, &sealed, &by)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		own, err := key.OpenKey(wrapped, profilePlace(c.Realm, c.Person, "sealed_key"))
		if err != nil {
			return err
		}
		p, err := openProfile(own, c.Realm, c.Person, sealed)
		if err != nil {
			return err
		}
		name = p.Name()
		if by == "" {
			return nil
		}
		m, holds, err := actingMandate(ctx, tx)
		if err != nil || !holds {
			return err
		}
		acting, err = m.open(key, c.Realm, c.Person)
		ok = err == nil
		return err
	})
	return name, acting, ok, err
}
