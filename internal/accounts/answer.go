package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// MaxAnswer bounds what a partner sends back across sites, in bytes.
const MaxAnswer = 1 << 20

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
	b, err := parked(state, form)
	if err != nil {
		return s.refusedAt(ctx, door, method, err)
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

// parked is what is kept of a form that a partner sent.
func parked(state string, form url.Values) ([]byte, error) {
	if !isSecret(state) {
		return nil, errAttempt("no state")
	}
	b, err := json.Marshal(form)
	if err == nil && len(b) > 2*MaxAnswer {
		err = errs.TooLarge("error.body-too-large")
	}
	return b, err
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
