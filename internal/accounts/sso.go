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
	"stadttor/internal/tenancy"
)

// ssoRow is an account session as stored.
type ssoRow struct {
	Person        ident.PersonID
	Handle        string
	Level         perm.Level
	Means, Method string
	Device        string
	Created, Seen time.Time
}

func (x ssoRow) alive(now time.Time) bool {
	return alive(KindCitizen, x.Level, x.Created, x.Seen, now)
}

// getSSO reads a living account session; ok is false for none.
func getSSO(ctx context.Context, tx *db.Tx, id []byte, lock string) (x ssoRow, ok bool, err error) {
	var level, created, seen int64
	err = tx.QueryRow(ctx, `SELECT person_id,handle,level,means,method,device,created_at,seen_at FROM account_session WHERE realm_id=$1 AND id=$2`+lock, string(tx.Realm()), id).
		Scan(&x.Person, &x.Handle, &level, &x.Means, &x.Method, &x.Device, &created, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return x, false, nil
	}
	x.Level, x.Created, x.Seen = perm.Level(level), db.FromMicros(created), db.FromMicros(seen)
	return x, err == nil && x.alive(tx.Now), err
}

// sso reads the living account session of a cookie.
func (s *Service) sso(ctx context.Context, realm tenancy.Realm, secret string) (x ssoRow, ok bool, err error) {
	if len(secret) != secretSize {
		return x, false, nil
	}
	var stale bool
	err = s.c.DB.View(ctx, realm.Scope(), func(tx *db.Tx) (err error) {
		x, ok, err = getSSO(ctx, tx, digest(secret), "")
		stale = ok && tx.Now.Sub(x.Seen) > touchAfter(x.Level)
		return err
	})
	if err == nil && stale {
		err = s.touch(ctx, realm.ID, x.Person, digest(secret))
	}
	return x, ok, err
}

// touch notes that somebody was active, for the account session and every
// portal session that came from it: life and pause count over all of them
// together (TR-03160-1 table 2).
func (s *Service) touch(ctx context.Context, realm ident.RealmID, person ident.PersonID, sso []byte) error {
	return s.c.DB.InTx(ctx, db.ForPerson(realm, person), func(tx *db.Tx) error { return touch(ctx, tx, sso) })
}

func touch(ctx context.Context, tx *db.Tx, sso []byte) error {
	// What has ended stays ended: its pause is over, whatever the others do.
	if _, err := tx.Exec(ctx, `UPDATE account_session SET seen_at=$3 WHERE realm_id=$1 AND id=$2 AND seen_at<$3 AND seen_at>$3-`+idleSQL, string(tx.Realm()), sso, db.Micros(tx.Now)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE session SET seen_at=$3 WHERE person_id=$1 AND sso=$2 AND seen_at<$3 AND seen_at>$3-`+idleSQL, string(tx.Person()), sso, db.Micros(tx.Now))
	return err
}

// AccountCitizen gives who stands at the account host with this cookie: a guest
// when the secret opens no living session. It is at no authority: Tenant is empty.
func (s *Service) AccountCitizen(ctx context.Context, door tenancy.Door, secret string) (perm.Citizen, error) {
	c := perm.Citizen{Realm: door.Realm.ID}
	x, ok, err := s.sso(ctx, door.Realm, secret)
	if err != nil || !ok {
		return c, err
	}
	c.Person, c.Level, c.Means = x.Person, x.Level, x.Means
	return c, nil
}

// SignIn is one sign-in of a person with the portals that go by it.
type SignIn struct {
	Handle  string // names it to EndSession; "" when it has ended and only portals go on
	Device  string // coarse word, see DeviceOf; "" for unknown
	Level   perm.Level
	Means   string
	Since   time.Time
	Seen    time.Time // coarse: by touchAfter
	Here    bool      // this browser's
	Portals []PortalSession
}

// PortalSession is a person's session at one portal.
type PortalSession struct {
	Handle string
	Tenant ident.TenantID
	Level  perm.Level
	Means  string
	Since  time.Time
	Seen   time.Time
}

// SignIns lists where the person is signed in, this browser first, then the
// last active. secret is the cookie of the account host. Only the person may.
func (s *Service) SignIns(ctx context.Context, c perm.Citizen, secret string) (out []SignIn, err error) {
	if c.Guest() {
		return nil, errs.Forbidden("login.needed")
	}
	here := string(digest(secret))
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		// "+": SQLite would go by the index of seen_at through all of the realm.
		rows, err := tx.Query(ctx, `SELECT id,handle,level,means,device,created_at,seen_at FROM account_session WHERE realm_id=$1 AND person_id=$2 ORDER BY +seen_at DESC`, string(tx.Realm()), string(tx.Person()))
		type found struct {
			id string
			SignIn
		}
		list, err := db.Collect(rows, err, func(r *sql.Rows) (f found, err error) {
			var id []byte
			var level, created, seen int64
			err = r.Scan(&id, &f.Handle, &level, &f.Means, &f.Device, &created, &seen)
			f.id, f.Level, f.Since, f.Seen = string(id), perm.Level(level), db.FromMicros(created), db.FromMicros(seen)
			return f, err
		})
		if err != nil {
			return err
		}
		at := map[string]int{}
		for _, f := range list {
			if !alive(KindCitizen, f.Level, f.Since, f.Seen, tx.Now) {
				continue
			}
			f.Here = f.id == here
			if f.Here {
				out = append([]SignIn{f.SignIn}, out...)
				for k := range at {
					at[k]++
				}
				at[f.id] = 0
				continue
			}
			at[f.id] = len(out)
			out = append(out, f.SignIn)
		}
		rows, err = tx.Query(ctx, `SELECT tenant_id,handle,level,means,created_at,seen_at,sso FROM session WHERE person_id=$1 AND kind=$2 ORDER BY seen_at DESC`, string(tx.Person()), KindCitizen)
		_, err = db.Collect(rows, err, func(r *sql.Rows) (p PortalSession, err error) {
			var sso []byte
			var level, created, seen int64
			err = r.Scan(&p.Tenant, &p.Handle, &level, &p.Means, &created, &seen, &sso)
			p.Level, p.Since, p.Seen = perm.Level(level), db.FromMicros(created), db.FromMicros(seen)
			if err != nil || !alive(KindCitizen, p.Level, p.Since, p.Seen, tx.Now) {
				return p, err
			}
			i, ok := at[string(sso)]
			if !ok { // the sign-in at a higher level ended sooner than the portal's session
				i = len(out)
				at[string(sso)] = i
				out = append(out, SignIn{Level: p.Level, Means: p.Means, Since: p.Since, Seen: p.Seen})
			}
			out[i].Portals = append(out[i].Portals, p)
			return p, nil
		})
		return err
	})
	return out, err
}

// EndSession ends one of the person's sessions by its handle: a portal's alone,
// or a sign-in with all portals that go by it. Only the person may; a foreign
// or unknown handle is NotFound.
func (s *Service) EndSession(ctx context.Context, c perm.Citizen, handle string) error {
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	if handle == "" {
		return errs.NotFound("session", "without a name")
	}
	return s.c.DB.InTx(ctx, c.Own(), func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM session WHERE person_id=$1 AND handle=$2`, string(tx.Person()), handle)
		if err != nil {
			return err
		}
		if n == 0 {
			var id []byte
			err := tx.QueryRow(ctx, `SELECT id FROM account_session WHERE realm_id=$1 AND person_id=$2 AND handle=$3`+tx.ForUpdate(), string(tx.Realm()), string(tx.Person()), handle).Scan(&id)
			if errors.Is(err, sql.ErrNoRows) {
				return errs.NotFound("session", handle)
			}
			if err != nil {
				return err
			}
			if err := endSSO(ctx, tx, id); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "session.end", Object: c.Ref()})
	})
}

// endSSO deletes an account session of the scope's person and the portal
// sessions that came from it; he acts for himself afterwards. The account
// session goes first: a code that is being redeemed holds its row.
func endSSO(ctx context.Context, tx *db.Tx, id []byte) error {
	if _, err := tx.Exec(ctx, `DELETE FROM account_session WHERE realm_id=$1 AND person_id=$2 AND id=$3`, string(tx.Realm()), string(tx.Person()), id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM session WHERE person_id=$1 AND sso=$2`, string(tx.Person()), id); err != nil {
		return err
	}
	_, err := endActing(ctx, tx)
	return err
}

// EndAllSessions signs the person out everywhere: at the account host and at
// all portals, in all browsers, on all nodes at once, because every signed-in
// page reads its session. Only the person may.
func (s *Service) EndAllSessions(ctx context.Context, c perm.Citizen) error {
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	return s.c.DB.InTx(ctx, c.Own(), func(tx *db.Tx) error {
		if err := EndAll(ctx, tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "session.end-all", Object: c.Ref()})
	})
}

// EndAll deletes all sessions of the scope's person inside another verb: a new
// password, a lost passkey, a deleted account.
func EndAll(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM account_session WHERE realm_id=$1 AND person_id=$2`, string(tx.Realm()), string(tx.Person())); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM session WHERE person_id=$1`, string(tx.Person())); err != nil {
		return err
	}
	_, err := endActing(ctx, tx)
	return err
}

// SignOutHere ends the sign-in of this browser at the account host, with all
// portals that go by it. One that is gone already is no error.
func (s *Service) SignOutHere(ctx context.Context, door tenancy.Door, secret string) error {
	x, ok, err := s.sso(ctx, door.Realm, secret)
	if err != nil || !ok {
		return err
	}
	c := perm.Citizen{Realm: door.Realm.ID, Person: x.Person, Level: x.Level, Means: x.Means}
	return s.c.DB.InTx(ctx, c.Own(), func(tx *db.Tx) error {
		if err := endSSO(ctx, tx, digest(secret)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "session.close", Object: c.Ref()})
	})
}
