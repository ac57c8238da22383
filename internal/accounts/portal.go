package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// Wish is with what a portal sends somebody to the account host.
type Wish struct {
	Level      perm.Level
	Fresh      bool
	Lang       string
	ReturnPath string // a path of the portal; kept here, never sent
}

// AskHost notes at a portal that somebody goes to sign in, and gives what the
// account host is asked. browser is the value of the portal's sign-in cookie,
// "" for none; the one that is given back must be set. Several tabs may be on
// their way at once.
func (s *Service) AskHost(ctx context.Context, door tenancy.Door, browser string, w Wish) (req Request, cookie string, err error) {
	if !isSecret(browser) {
		browser = ident.Secret()
	}
	state, verifier := ident.Secret(), ident.Secret()+ident.Secret() // RFC 7636 4.1: 43 to 128 characters
	level := max(w.Level, perm.LevelBasis)
	sealed := s.c.Directory.Key(door.Tenant.ID).Seal([]byte(verifier), attemptPlace(door.Tenant.ID, state, "keep"))
	err = s.c.DB.InTx(ctx, door.Tenant.Scope(), func(tx *db.Tx) error {
		return putAttempt(ctx, tx, state, browser, KindCitizen, "", level, w.ReturnPath, sealed)
	})
	if err != nil {
		return Request{}, "", fmt.Errorf("noting a sign-in: %w", err)
	}
	return Request{Portal: door.Portal.Host, State: state, Challenge: challengeOf(verifier), Level: level, Fresh: w.Fresh, Lang: w.Lang}, browser, nil
}

func attemptPlace(t ident.TenantID, state, column string) seal.Where {
	return seal.Where{Tenant: string(t), Table: "login_attempt", Row: fmt.Sprintf("%x", digest(state)), Column: column}
}

// putAttempt notes an attempt at a portal and forgets the old ones.
func putAttempt(ctx context.Context, tx *db.Tx, state, browser, kind, method string, level perm.Level, returnPath string, keep []byte) error {
	if _, err := tx.Exec(ctx, `DELETE FROM login_attempt WHERE tenant_id=$1 AND expires_at<$2`, string(tx.Tenant()), db.Micros(tx.Now)); err != nil {
		return err
	}
	life := attemptLife
	if kind == KindCitizen {
		life = wayLife + attemptLife // the account host's own time and the way back
	}
	_, err := tx.Exec(ctx, `INSERT INTO login_attempt (tenant_id,id,browser,kind,method,level,return_path,expires_at,keep) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
		string(tx.Tenant()), digest(state), digest(browser), kind, method, int64(level), OwnPath(returnPath), db.Micros(tx.Now.Add(life)), keep)
	return err
}

// attempt is one at a portal as stored.
type attempt struct {
	level        perm.Level
	returnPath   string
	keep, answer []byte
}

// takeAttempt ends an attempt: it is there once. The browser must be the one
// that began (login CSRF, RFC 9700 2.1).
func takeAttempt(ctx context.Context, tx *db.Tx, state, browser, kind, method string) (a attempt, err error) {
	var level, expires int64
	err = tx.QueryRow(ctx, `DELETE FROM login_attempt WHERE tenant_id=$1 AND id=$2 AND browser=$3 AND kind=$4 AND method=$5 RETURNING level,return_path,expires_at,keep,answer`,
		string(tx.Tenant()), digest(state), digest(browser), kind, method).Scan(&level, &a.returnPath, &expires, &a.keep, &a.answer)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return a, errAttempt("unknown attempt")
	case err != nil:
		return a, err
	case expires <= db.Micros(tx.Now):
		return a, errAttempt("old attempt")
	}
	a.level = perm.Level(level)
	return a, nil
}

// Entry is how somebody came back to a portal.
type Entry struct {
	Secret     string // of the new portal session, "" when there is none
	Citizen    perm.Citizen
	ReturnPath string     // of the portal; "" when the attempt is unknown
	Level      perm.Level // that was wanted
}

// TakeCode redeems what the account host handed out and opens a portal session
// with a new secret; old, the secret of the session before, opens nothing any
// more. browser is the portal's sign-in cookie. On Forbidden the entry still
// says where the person wanted to go, if the attempt was his.
func (s *Service) TakeCode(ctx context.Context, door tenancy.Door, browser, state, code, old string) (e Entry, err error) {
	a, err := s.endAttempt(ctx, door, browser, state)
	if err != nil {
		return e, err
	}
	e.ReturnPath, e.Level = a.returnPath, a.level
	verifier, err := s.c.Directory.Key(door.Tenant.ID).Open(a.keep, attemptPlace(door.Tenant.ID, state, "keep"))
	if err != nil {
		return e, fmt.Errorf("verifier of a sign-in: %w", err)
	}
	person, sso, err := s.redeem(ctx, door, code, string(verifier))
	if err != nil {
		return e, s.refusedAt(ctx, door, "portal", err)
	}
	e.Secret = ident.Secret()
	err = s.c.DB.InTx(ctx, db.ForPerson(door.Realm.ID, person), func(tx *db.Tx) error {
		x, ok, err := getSSO(ctx, tx, sso, tx.ForUpdate()) // whoever signs out everywhere waits for us, or we for him
		switch {
		case err != nil:
			return err
		case !ok:
			return Refused("login.refused", "signed out meanwhile")
		case x.Level < a.level:
			return Refused("login.level-too-low", "level too low")
		}
		if isSecret(old) {
			if _, err := tx.Exec(ctx, `DELETE FROM session WHERE person_id=$1 AND tenant_id=$2 AND id=$3`, string(person), string(door.Tenant.ID), digest(old)); err != nil {
				return err
			}
		}
		if err := touch(ctx, tx, sso); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO session (tenant_id,id,kind,person_id,staff_id,level,means,method,handle,sso,created_at,seen_at) VALUES ($1,$2,$3,$4,'',$5,$6,$7,$8,$9,$10,$11)`,
			string(door.Tenant.ID), digest(e.Secret), KindCitizen, string(person), int64(x.Level), x.Means, x.Method, string(ident.New[ident.EntryID](tx.Now)), sso, db.Micros(x.Created), db.Micros(tx.Now)); err != nil {
			return err
		}
		e.Citizen = perm.Citizen{Realm: door.Realm.ID, Tenant: door.Tenant.ID, Person: person, Level: x.Level, Means: x.Means}
		return audit.Record(ctx, tx, e.Citizen, audit.Event{Action: "session.open", Object: e.Citizen.Ref(), Detail: door.Tenant.Slug + " " + x.Means + " " + x.Level.String()})
	})
	if err != nil {
		e.Secret, e.Citizen = "", perm.Citizen{}
		return e, s.refusedAt(ctx, door, "portal", err)
	}
	return e, nil
}

// BreakOff ends an attempt at a portal without a sign-in; the entry says where
// the person wanted to go.
func (s *Service) BreakOff(ctx context.Context, door tenancy.Door, browser, state string) (Entry, error) {
	a, err := s.endAttempt(ctx, door, browser, state)
	return Entry{ReturnPath: a.returnPath, Level: a.level}, err
}

func (s *Service) endAttempt(ctx context.Context, door tenancy.Door, browser, state string) (a attempt, err error) {
	if !isSecret(browser) || !isSecret(state) {
		return a, s.refusedAt(ctx, door, "portal", errAttempt("no attempt"))
	}
	err = s.c.DB.InTx(ctx, door.Tenant.Scope(), func(tx *db.Tx) (err error) {
		a, err = takeAttempt(ctx, tx, state, browser, KindCitizen, "")
		return err
	})
	return a, s.refusedAt(ctx, door, "portal", err)
}

// refusedAt writes the audit entry of a sign-in that was refused, with the rule
// and nothing of the person, and gives err back. where names a method, or
// "portal" for the way between the account host and a portal.
func (s *Service) refusedAt(ctx context.Context, door tenancy.Door, where string, err error) error {
	rule := RuleOf(err)
	if rule == "" {
		return err
	}
	var scope db.Scope = door.Tenant.Scope()
	if door.Account {
		scope = door.Realm.Scope()
	}
	noted := s.c.DB.InTx(context.WithoutCancel(ctx), scope, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, perm.System{Name: "sign-in"}, audit.Event{Action: "sign-in.refuse", Object: "method:" + where, Outcome: "refused", Detail: rule[:min(len(rule), 80)]})
	})
	return errors.Join(err, noted)
}
