package accounts

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// wayLife is how long a way through the account host stays open: time enough to
// register and to read a mail.
const wayLife = time.Hour

// Visitor is a browser at the account host by what it brings.
type Visitor struct {
	Browser string // sign-in cookie, "" for none
	Session string // session cookie, "" for none
	Device  string // DeviceOf its name
}

// Leave sends the browser back to a portal.
type Leave struct {
	Portal tenancy.Portal
	State  string
	Code   string // "" when the person broke off
}

// Arrival is what becomes of a browser that comes to the account host.
type Arrival struct {
	Leave   *Leave // nothing is to be asked: back with a code
	Browser string // to be set as sign-in cookie
	Ticket  string // names the way in the addresses of the account host
}

// Way is where somebody stands between a portal and his sign-in.
type Way struct {
	Portal     tenancy.Door // the one one came from; zero for none
	ReturnPath string       // of the account host, when there is no portal
	State      string       // of the portal
	Level      perm.Level   // wanted
	Fresh      bool
	Lang       string
	// Waiting is the name that a method just confirmed and that is not known yet,
	// while somebody else's sign-in is running: Join asks whether they are one.
	Waiting pii.Text
	Method  string // that confirmed it
}

// way is a row of account_attempt.
type way struct {
	id                          []byte
	portal, portalState         string
	challenge, returnPath, lang string
	level                       perm.Level
	fresh                       bool
	method                      string
	state, keep, answer         []byte
	stateUntil                  time.Time
}

const wayColumns = `id,portal,portal_state,challenge,return_path,level,fresh,lang,method,state,state_until,keep,answer`

func scanWay(row *sql.Row) (w way, err error) {
	var level, until int64
	err = row.Scan(&w.id, &w.portal, &w.portalState, &w.challenge, &w.returnPath, &level, &w.fresh, &w.lang, &w.method, &w.state, &until, &w.keep, &w.answer)
	w.level, w.stateUntil = perm.Level(level), db.FromMicros(until)
	if errors.Is(err, sql.ErrNoRows) {
		return w, errAttempt("unknown attempt")
	}
	return w, err
}

// Arrive takes the request of a portal at the account host. Somebody who is
// signed in at the level wanted, by a means that the portal takes, goes back at
// once; everybody else gets a way. Errors: Forbidden for a request that no
// portal of the realm would send.
func (s *Service) Arrive(ctx context.Context, door tenancy.Door, v Visitor, r Request) (a Arrival, err error) {
	portal, ok := s.c.Directory.ByHost(r.Portal)
	if !ok || portal.Portal.Host != r.Portal || portal.Realm.ID != door.Realm.ID {
		return a, s.refusedAt(ctx, door, "portal", Refused("login.request", "unknown portal"))
	}
	x, ok, err := s.sso(ctx, door.Realm, v.Session)
	if err != nil {
		return a, err
	}
	if ok && !r.Fresh && x.Level >= r.Level {
		taken, err := s.takes(ctx, portal.Tenant, x.Method)
		if err != nil {
			return a, err
		}
		if taken {
			a.Leave, err = s.leave(ctx, door, portal, r.State, r.Challenge, digest(v.Session))
			return a, err
		}
	}
	return s.open(ctx, door, v, way{portal: r.Portal, portalState: r.State, challenge: r.Challenge, level: r.Level, fresh: r.Fresh, lang: lang(r.Lang)})
}

// ArriveAlone opens a way for somebody who came to the account host by himself;
// it ends at one of its own pages. fresh: the method asks him even if he is
// signed in.
func (s *Service) ArriveAlone(ctx context.Context, door tenancy.Door, v Visitor, level perm.Level, fresh bool, returnPath, language string) (Arrival, error) {
	return s.open(ctx, door, v, way{level: max(level, perm.LevelBasis), fresh: fresh, returnPath: OwnPath(returnPath), lang: lang(language)})
}

func lang(l string) string {
	if l == "en" {
		return l
	}
	return "de"
}

func (s *Service) leave(ctx context.Context, door, portal tenancy.Door, state, challenge string, sso []byte) (*Leave, error) {
	l := &Leave{Portal: portal.Portal, State: state}
	return l, s.c.DB.InTx(ctx, door.Realm.Scope(), func(tx *db.Tx) (err error) {
		l.Code, err = handOut(ctx, tx, portal.Portal.Host, challenge, sso)
		return err
	})
}

func (s *Service) open(ctx context.Context, door tenancy.Door, v Visitor, w way) (Arrival, error) {
	a := Arrival{Browser: v.Browser, Ticket: ident.Secret()}
	if !isSecret(a.Browser) {
		a.Browser = ident.Secret()
	}
	err := s.c.DB.InTx(ctx, door.Realm.Scope(), func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM account_attempt WHERE realm_id=$1 AND expires_at<$2`, string(tx.Realm()), db.Micros(tx.Now)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO account_attempt (realm_id,id,browser,portal,portal_state,challenge,return_path,level,fresh,lang,expires_at,method,state_until) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,'',0)`,
			string(tx.Realm()), digest(a.Ticket), digest(a.Browser), w.portal, w.portalState, w.challenge, w.returnPath, int64(w.level), w.fresh, w.lang, db.Micros(tx.Now.Add(wayLife)))
		return err
	})
	if err != nil {
		return Arrival{}, fmt.Errorf("opening a way: %w", err)
	}
	return a, nil
}

// loadWay reads the way of a ticket; it is this browser's or does not exist.
func loadWay(ctx context.Context, tx *db.Tx, v Visitor, ticket, lock string) (way, error) {
	if !isSecret(ticket) || !isSecret(v.Browser) {
		return way{}, errAttempt("no attempt")
	}
	return scanWay(tx.QueryRow(ctx, `SELECT `+wayColumns+` FROM account_attempt WHERE realm_id=$1 AND id=$2 AND browser=$3 AND expires_at>$4`+lock,
		string(tx.Realm()), digest(ticket), digest(v.Browser), db.Micros(tx.Now)))
}

// Way reads where a ticket's browser stands. Errors: Forbidden
// "login.attempt-gone" for a ticket that is unknown, too old or another
// browser's.
func (s *Service) Way(ctx context.Context, door tenancy.Door, v Visitor, ticket string) (out Way, err error) {
	var w way
	err = s.c.DB.View(ctx, door.Realm.Scope(), func(tx *db.Tx) (err error) {
		w, err = loadWay(ctx, tx, v, ticket, "")
		return err
	})
	if err != nil {
		return out, err
	}
	out = Way{ReturnPath: w.returnPath, State: w.portalState, Level: w.level, Fresh: w.fresh, Lang: w.lang}
	if w.portal != "" {
		var ok bool
		if out.Portal, ok = s.c.Directory.ByHost(w.portal); !ok {
			return out, errAttempt("portal gone")
		}
	}
	if len(w.answer) > 0 && len(w.state) == 0 {
		who, err := s.waiting(door, w)
		if err != nil {
			return out, err
		}
		out.Waiting, out.Method = who.Profile.Name(), w.method
	}
	return out, nil
}

// tenantOf is the authority whose choice of methods holds on a way: the portal's
// or the one that answers for the accounts.
func (s *Service) tenantOf(door tenancy.Door, w way) tenancy.Tenant {
	if p, ok := s.c.Directory.ByHost(w.portal); ok {
		return p.Tenant
	}
	return door.Tenant
}

func wayPlace(r ident.RealmID, id []byte, column string) seal.Where {
	return seal.Where{Tenant: string(r), Table: "account_attempt", Row: fmt.Sprintf("%x", id), Column: column}
}

// statePlace seals what belongs to one try with a method: the way may get
// another ticket meanwhile.
func statePlace(r ident.RealmID, state []byte, column string) seal.Where {
	return seal.Where{Tenant: string(r), Table: "account_attempt", Row: fmt.Sprintf("%x", state), Column: column}
}

// arrived ends a way with a session.
func (s *Service) arrived(ctx context.Context, door tenancy.Door, w way, secret string) (o Outcome, err error) {
	o = Outcome{Secret: secret, Path: w.returnPath}
	portal, ok := s.c.Directory.ByHost(w.portal)
	err = s.c.DB.InTx(ctx, door.Realm.Scope(), func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM account_attempt WHERE realm_id=$1 AND id=$2`, string(tx.Realm()), w.id); err != nil || !ok {
			return err
		}
		code, err := handOut(ctx, tx, w.portal, w.challenge, digest(secret))
		o.Leave = &Leave{Portal: portal.Portal, State: w.portalState, Code: code}
		return err
	})
	return o, err
}

// waitingIdentity is an identity that waits for a yes.
type waitingIdentity struct {
	Issuer, Subject, Means string
	Level                  perm.Level
	Company                bool
	Profile                json.RawMessage
}

func (s *Service) wait(ctx context.Context, door tenancy.Door, w way, who Identity) error {
	profile, err := who.Profile.encode()
	if err != nil {
		return err
	}
	b, err := json.Marshal(waitingIdentity{who.Issuer, who.Subject, who.Means, who.Level, who.Company, profile})
	if err != nil {
		return err
	}
	key, err := s.realmKey(door.Realm)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, door.Realm.Scope(), func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE account_attempt SET answer=$3 WHERE realm_id=$1 AND id=$2`, string(tx.Realm()), w.id, key.Seal(b, wayPlace(door.Realm.ID, w.id, "answer")))
		return err
	})
}

func (s *Service) waiting(door tenancy.Door, w way) (who Identity, err error) {
	key, err := s.realmKey(door.Realm)
	if err != nil {
		return who, err
	}
	b, err := key.Open(w.answer, wayPlace(door.Realm.ID, w.id, "answer"))
	if err != nil {
		return who, fmt.Errorf("an identity that waits: %w", err)
	}
	var x waitingIdentity
	if err := json.Unmarshal(b, &x); err != nil {
		return who, err
	}
	who = Identity{Issuer: x.Issuer, Subject: x.Subject, Means: x.Means, Level: x.Level, Company: x.Company}
	who.Profile, err = decodeProfile(x.Profile)
	return who, err
}

// Join says that the identity which a method confirmed on this way belongs to
// the account that is signed in: from now on both lead into it. The person who
// holds both may. Errors: Forbidden when the way, the answer or the session is
// gone.
func (s *Service) Join(ctx context.Context, door tenancy.Door, v Visitor, ticket string) (o Outcome, err error) {
	var w way
	err = s.c.DB.InTx(ctx, door.Realm.Scope(), func(tx *db.Tx) (err error) {
		if w, err = loadWay(ctx, tx, v, ticket, tx.ForUpdate()); err != nil {
			return err
		}
		if len(w.answer) == 0 || len(w.state) > 0 {
			return errAttempt("nothing to join")
		}
		_, err = tx.Exec(ctx, `UPDATE account_attempt SET answer=NULL WHERE realm_id=$1 AND id=$2`, string(tx.Realm()), w.id)
		return err
	})
	if err != nil {
		return o, s.refusedAt(ctx, door, "portal", err)
	}
	o.Ticket = ticket
	who, err := s.waiting(door, w)
	if err != nil {
		return o, err
	}
	m, err := s.offered(ctx, door, w, w.method)
	if err != nil {
		return o, s.refusedAt(ctx, door, w.method, Refused("login.refused", "method no longer offered"))
	}
	secret, err := s.enter(ctx, door, v, m, who, true)
	if err != nil {
		return o, s.refusedAt(ctx, door, w.method, err)
	}
	return s.arrived(ctx, door, w, secret)
}
