package local

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
)

// Stage of a try.
type Stage string

// The stages. Each step gives the try a new secret: the address that a page was
// opened with is dead once somebody has shown a password there.
const (
	StagePassword Stage = "password" // nobody is known yet
	StageCode     Stage = "code"     // the password was right, the second factor is due
	StageEnrol    Stage = "enrol"    // the password was right, a second factor must be set up first
	StageShown    Stage = "shown"    // both were right, recovery codes are being read
	StageDone     Stage = "done"     // the browser is on its way back
)

const (
	tryLife  = 15 * time.Minute // as long as the host's attempt
	codeLife = time.Minute
	// maxWrong codes end a try: then the password is asked again.
	maxWrong = 5
)

// Try is what a page needs to know of a running try.
type Try struct {
	Stage  Stage
	Portal string // slug of the tenant one came from, "" for none
	Lang   string
	// App and Passkey say which second factors are set up (StageCode).
	App, Passkey bool
}

// Next says how a try goes on.
type Next struct {
	Stage Stage
	// Try is the secret under which it goes on; "" when done.
	Try string
	// Redirect is the host's return page, when done.
	Redirect string
	// Device is for a cookie of this browser that lasts DeviceLife; "" for none.
	Device string
}

// errTry is the answer to every secret that opens no running try.
var errTry = errs.Forbidden("local.try.gone")

// try is a row.
type try struct {
	id      string
	stage   Stage
	account AccountID
	means   string
	portal  string
	lang    string
	wrong   int
	back    held
}

// held is what of a try is sealed.
type held struct{ State, Back string }

// putTry notes a new try. Its ID goes with the host's attempt.
func (r room) putTry(ctx context.Context, tx *db.Tx, h held, portal, lang string) (id, secret string, err error) {
	id, secret = string(ident.New[ident.EntryID](tx.Now)), ident.Secret()
	b, err := json.Marshal(h)
	if err != nil {
		return "", "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO local_try (realm_id,tenant_id,id,secret,back,stage,account_id,means,portal,lang,wrong,expires_at) VALUES ($1,$2,$3,$4,$5,$6,'','',$7,$8,0,$9)`,
		string(r.Realm), string(r.Tenant), id, digest(secret), r.key.Seal(b, r.place("local_try", id, "back")), string(StagePassword), portal, lang, db.Micros(tx.Now.Add(tryLife)))
	return id, secret, err
}

// getTry finds a running try at one of the stages for a write. Error: errTry.
func (r room) getTry(ctx context.Context, tx *db.Tx, secret string, stages ...Stage) (try, error) {
	return r.findTry(ctx, tx, secret, tx.ForUpdate(), stages...)
}

func (r room) findTry(ctx context.Context, tx *db.Tx, secret, lock string, stages ...Stage) (t try, err error) {
	if len(secret) != secretLength {
		return t, errTry
	}
	return r.scanTry(tx, tx.QueryRow(ctx, `SELECT `+tryColumns+` FROM local_try WHERE realm_id=$1 AND tenant_id=$2 AND secret=$3`+lock, string(r.Realm), string(r.Tenant), digest(secret)), stages...)
}

const tryColumns = `id,stage,account_id,means,portal,lang,wrong,back,expires_at`

func (r room) scanTry(tx *db.Tx, row *sql.Row, stages ...Stage) (t try, err error) {
	var back []byte
	var expires int64
	err = row.Scan(&t.id, &t.stage, &t.account, &t.means, &t.portal, &t.lang, &t.wrong, &back, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return t, errTry
	}
	if err != nil {
		return t, err
	}
	found := false
	for _, s := range stages {
		found = found || s == t.stage
	}
	if !found || expires <= db.Micros(tx.Now) {
		return t, errTry
	}
	plain, err := r.key.Open(back, r.place("local_try", t.id, "back"))
	if err != nil {
		return t, fmt.Errorf("local try %s: %w", t.id, err)
	}
	return t, json.Unmarshal(plain, &t.back)
}

// move brings a try to its next stage under a new secret.
func (r room) move(ctx context.Context, tx *db.Tx, t try, to Stage, a AccountID, means string) (Next, error) {
	secret, life := ident.Secret(), tryLife
	if to == StageDone {
		life = codeLife
	}
	_, err := tx.Exec(ctx, `UPDATE local_try SET secret=$4, stage=$5, account_id=$6, means=$7, expires_at=$8 WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`,
		string(r.Realm), string(r.Tenant), t.id, digest(secret), string(to), string(a), means, db.Micros(tx.Now.Add(life)))
	if err != nil || to != StageDone {
		return Next{Stage: to, Try: secret}, err
	}
	return Next{Stage: to, Redirect: returnTo(t.back, "code", secret)}, nil
}

// returnTo is the host's own return page with the state it gave us.
func returnTo(h held, name, value string) string {
	return h.Back + "?" + url.Values{"state": {h.State}, name: {value}}.Encode()
}

// signed ends the first factor or both: it decides what is still due.
func (r room) signed(ctx context.Context, tx *db.Tx, t try, a account, means string, both bool) (Next, error) {
	switch {
	case both:
	case a.totp:
		return r.move(ctx, tx, t, StageCode, a.id, means)
	case r.Staff() && a.passkeys > 0:
		return r.move(ctx, tx, t, StageCode, a.id, means)
	case r.Staff():
		return r.move(ctx, tx, t, StageEnrol, a.id, means)
	}
	next, err := r.move(ctx, tx, t, StageDone, a.id, means)
	if err != nil {
		return next, err
	}
	next.Device = r.device(a, tx.Now)
	return next, r.record(ctx, tx, a, audit.Event{Action: "local.sign-in", Detail: means})
}

// Proceed goes on after recovery codes were read (StageShown). Error: Forbidden
// "local.try.gone".
func (s *Service) Proceed(ctx context.Context, x Scope, secret string) (next Next, err error) {
	err = s.inRoom(ctx, x, func(tx *db.Tx, r room) error {
		t, err := r.getTry(ctx, tx, secret, StageShown)
		if err != nil {
			return err
		}
		a, err := r.byID(ctx, tx, t.account)
		if errors.Is(err, errNobody) {
			return errTry
		}
		if err != nil {
			return err
		}
		next, err = r.signed(ctx, tx, t, a, t.means, true)
		return err
	})
	return next, err
}

// Look says where a try stands. Error: Forbidden with key "local.try.gone".
func (s *Service) Look(ctx context.Context, x Scope, secret string) (out Try, err error) {
	err = s.lookIn(ctx, x, func(tx *db.Tx, r room) error {
		t, err := r.findTry(ctx, tx, secret, "", StagePassword, StageCode, StageEnrol, StageShown)
		if err != nil {
			return err
		}
		out = Try{Stage: t.stage, Portal: t.portal, Lang: t.lang}
		if t.stage != StageCode {
			return nil
		}
		a, err := r.peek(ctx, tx, t.account)
		out.App, out.Passkey = a.totp, a.passkeys > 0
		return err
	})
	return out, err
}

// Break ends a try that the person broke off; it gives the host's return page.
func (s *Service) Break(ctx context.Context, x Scope, secret string) (redirect string, err error) {
	err = s.inRoom(ctx, x, func(tx *db.Tx, r room) error {
		t, err := r.getTry(ctx, tx, secret, StagePassword, StageCode, StageEnrol)
		if err != nil {
			return err
		}
		redirect = returnTo(t.back, "abbruch", "1")
		_, err = tx.Exec(ctx, `DELETE FROM local_try WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`, string(r.Realm), string(r.Tenant), t.id)
		return err
	})
	return redirect, err
}
