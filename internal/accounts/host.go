package accounts

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// wayLife is how long a way through the account host stays open: time enough to
// register and to read a mail.
const wayLife = time.Hour

// MaxAnswer bounds what a partner sends back across sites, in bytes.
const MaxAnswer = 1 << 20

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

// TryMethod starts a method on a way; what ran before is forgotten. base is the
// address of the account host. Errors: NotFound for a method that is not
// offered here, Unavailable when its partner cannot be reached.
func (s *Service) TryMethod(ctx context.Context, door tenancy.Door, v Visitor, base, ticket, method string) (b Begun, err error) {
	var w way
	if err := s.c.DB.View(ctx, door.Realm.Scope(), func(tx *db.Tx) (err error) {
		w, err = loadWay(ctx, tx, v, ticket, "")
		return err
	}); err != nil {
		return b, s.refusedAt(ctx, door, "portal", err)
	}
	m, err := s.offered(ctx, door, w, method)
	if err != nil {
		return b, err
	}
	state := ident.Secret()
	b, err = m.Method.Begin(ctx, s.attemptOf(door, w, m, state, base, nil))
	if err != nil {
		return b, s.refusedAt(ctx, door, method, err)
	}
	if len(b.Keep) > MaxKeep {
		return b, fmt.Errorf("method %s keeps %d bytes", method, len(b.Keep))
	}
	key, err := s.realmKey(door.Realm)
	if err != nil {
		return b, err
	}
	keep := key.Seal(b.Keep, statePlace(door.Realm.ID, digest(state), "keep"))
	err = s.c.DB.InTx(ctx, door.Realm.Scope(), func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE account_attempt SET method=$3, state=$4, state_until=$5, keep=$6, answer=NULL WHERE realm_id=$1 AND id=$2`,
			string(tx.Realm()), w.id, method, digest(state), db.Micros(tx.Now.Add(attemptLife)), keep)
		if err == nil && n == 0 {
			err = errAttempt("attempt gone")
		}
		return err
	})
	return b, s.refusedAt(ctx, door, method, err)
}

func (s *Service) attemptOf(door tenancy.Door, w way, m Named, state, base string, keep []byte) Attempt {
	return Attempt{Kind: KindCitizen, Realm: door.Realm.ID, Tenant: s.tenantOf(door, w).Slug, State: state, Back: base + "/anmelden/zurueck/" + m.Name, Level: w.level, Lang: w.lang, Fresh: w.fresh, Keep: keep}
}

// offered finds a method that may be used on a way: connected, taken and not
// stopped by the authority, able to give the level.
func (s *Service) offered(ctx context.Context, door tenancy.Door, w way, name string) (Named, error) {
	list, err := s.Offers(ctx, door, s.tenantOf(door, w))
	if err != nil {
		return Named{}, err
	}
	for _, o := range list {
		if o.Name == name && o.Offered && !o.Stopped && o.Reaches(w.level) {
			return o.Named, nil
		}
	}
	return Named{}, errs.NotFound("sign-in method", "that is offered here")
}

// Park keeps what a partner sent by a form across sites, when our cookies do
// not come along: it finds the attempt by the state that came back and leaves
// it as it is. The browser comes again by GET, with its cookies, to Answer.
// Errors: Forbidden for an unknown, old or answered attempt.
func (s *Service) Park(ctx context.Context, door tenancy.Door, method, state string, form url.Values) error {
	if !isSecret(state) {
		return s.refusedAt(ctx, door, method, errAttempt("no state"))
	}
	b, err := json.Marshal(form)
	if err != nil {
		return err
	}
	if len(b) > 2*MaxAnswer {
		return errs.TooLarge("error.body-too-large")
	}
	key, err := s.realmKey(door.Realm)
	if err != nil {
		return err
	}
	sealed := key.Seal(b, statePlace(door.Realm.ID, digest(state), "answer"))
	err = s.c.DB.InTx(ctx, door.Realm.Scope(), func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE account_attempt SET answer=$4 WHERE realm_id=$1 AND state=$2 AND method=$3 AND answer IS NULL AND state_until>$5`,
			string(tx.Realm()), digest(state), method, sealed, db.Micros(tx.Now))
		if err == nil && n == 0 {
			err = errAttempt("unknown attempt")
		}
		return err
	})
	return s.refusedAt(ctx, door, method, err)
}

// Outcome is what becomes of an answer.
type Outcome struct {
	Secret string // of the new account session, "" when there is none
	Leave  *Leave // back to the portal
	Path   string // or to a page of the account host
	// Ticket names the way from here on, when it does not end: after an error, or
	// to ask whether two accounts are one (Join).
	Ticket string
	Ask    bool
}

// Answer ends a try with a method: it asks the method who came back, finds or
// makes the account and opens an account session with a new secret; the one
// before, of this browser, opens nothing any more (step-up). The try is used up
// whatever comes of it; the way stays open, so that the person can try again:
// an outcome beside an error has its new ticket. Errors: Forbidden for every
// refusal, with an audit entry; Unavailable.
func (s *Service) Answer(ctx context.Context, door tenancy.Door, v Visitor, base, method string, back url.Values) (o Outcome, err error) {
	state := back.Get("state")
	if state == "" {
		state = back.Get("RelayState")
	}
	w, err := s.takeTry(ctx, door, v, method, state, &o)
	if err != nil {
		return o, s.refusedAt(ctx, door, method, err)
	}
	who, m, err := s.complete(ctx, door, w, base, method, state, back)
	if err != nil {
		return o, s.refusedAt(ctx, door, method, err)
	}
	secret, err := s.enter(ctx, door, v, m, who, false)
	if errors.Is(err, errAsk) {
		o.Ask = true
		return o, s.wait(ctx, door, w, who)
	}
	if err != nil {
		return o, s.refusedAt(ctx, door, method, err)
	}
	return s.arrived(ctx, door, w, secret)
}

// takeTry uses up the running try of a way and gives the way a new ticket.
func (s *Service) takeTry(ctx context.Context, door tenancy.Door, v Visitor, method, state string, o *Outcome) (w way, err error) {
	if !isSecret(state) || !isSecret(v.Browser) {
		return w, errAttempt("no attempt")
	}
	ticket := ident.Secret()
	err = s.c.DB.InTx(ctx, door.Realm.Scope(), func(tx *db.Tx) (err error) {
		w, err = scanWay(tx.QueryRow(ctx, `SELECT `+wayColumns+` FROM account_attempt WHERE realm_id=$1 AND state=$2 AND browser=$3 AND method=$4 AND expires_at>$5`+tx.ForUpdate(),
			string(tx.Realm()), digest(state), digest(v.Browser), method, db.Micros(tx.Now)))
		if err != nil {
			return err
		}
		old := w.id
		w.id = digest(ticket)
		if _, err = tx.Exec(ctx, `UPDATE account_attempt SET id=$3, state=NULL, state_until=0, keep=NULL, answer=NULL WHERE realm_id=$1 AND id=$2`, string(tx.Realm()), old, w.id); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return w, err
	}
	o.Ticket = ticket
	if !w.stateUntil.After(s.c.DB.Now()) {
		return w, errAttempt("old attempt")
	}
	return w, nil
}

func (s *Service) complete(ctx context.Context, door tenancy.Door, w way, base, method, state string, back url.Values) (who Identity, m Named, err error) {
	if m, err = s.offered(ctx, door, w, method); err != nil {
		return who, m, Refused("login.refused", "method no longer offered")
	}
	key, err := s.realmKey(door.Realm)
	if err != nil {
		return who, m, err
	}
	keep, err := key.Open(w.keep, statePlace(door.Realm.ID, digest(state), "keep"))
	if err != nil {
		return who, m, fmt.Errorf("what method %s kept: %w", method, err)
	}
	if len(w.answer) > 0 {
		b, err := key.Open(w.answer, statePlace(door.Realm.ID, digest(state), "answer"))
		if err != nil {
			return who, m, fmt.Errorf("answer of method %s: %w", method, err)
		}
		back = nil
		if err := json.Unmarshal(b, &back); err != nil {
			return who, m, err
		}
	}
	who, err = m.Method.Complete(ctx, s.attemptOf(door, w, m, state, base, keep), back)
	if err != nil {
		return who, m, err
	}
	return who, m, check(&who, m, w.level)
}

// check holds what a method says against what it may say.
func check(who *Identity, m Named, wanted perm.Level) error {
	if m.MaxLevel != perm.LevelNone {
		who.Level = min(who.Level, m.MaxLevel)
	}
	if who.Means == "" || len(who.Means) > 40 {
		who.Means = m.Name
	}
	who.Profile = who.Profile.At(who.Level) // nothing is surer than the sign-in that brought it
	switch {
	case who.Subject == "":
		return Refused("login.refused", "no subject")
	case who.Level < max(wanted, perm.LevelBasis):
		return Refused("login.level-too-low", "level too low")
	}
	return nil
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
