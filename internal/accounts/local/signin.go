package local

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/pii"
)

// Means of sign-in, as evidence kept with applications.
const (
	MeansPassword     = "Passwort"
	MeansPasswordCode = "Passwort und Einmalcode"
	MeansPasswordSafe = "Passwort und Ersatzcode"
	MeansPasskey      = "Passkey"
	MeansLink         = "E-Mail-Link"
)

// errWrong is the one answer to an unknown address, a wrong password and an
// account without one.
var errWrong = errs.Invalid("local.signin.wrong", errs.Field{Name: "mail", Key: "local.signin.wrong"})

// SignIn takes address and password at StagePassword. For an unknown address
// the same work is done: the same rows are read and written, the same hash is
// computed, the same is recorded. Errors: Invalid with errWrong's text, *Pause
// after too many tries, Forbidden "local.try.gone", Unavailable "local.busy".
func (s *Service) SignIn(ctx context.Context, x Scope, v Visitor, secret string, typed, password pii.Text) (next Next, err error) {
	r, err := s.room(x)
	if err != nil {
		return next, err
	}
	_, index, err := r.address(typed)
	if err != nil {
		return next, err
	}
	if len(password.Reveal()) > 8*PasswordMax {
		password = pii.Text{}
	}
	var a account
	var device string // what its tries are counted by, "" for an unknown one
	err = s.c.DB.InTx(ctx, x.db(), func(tx *db.Tx) error {
		if _, err := r.getTry(ctx, tx, secret, StagePassword); err != nil {
			return err
		}
		if a, err = r.byMail(ctx, tx, index); err != nil && !errors.Is(err, errNobody) {
			return err
		}
		device = r.knows(a, v.Device, tx.Now)
		if device != "" {
			err = r.count(ctx, tx, byDevice, device)
		} else {
			err = r.count(ctx, tx, byAccount, string(index))
		}
		if err != nil {
			return err
		}
		return r.count(ctx, tx, byBlock, v.block())
	})
	if err != nil {
		return next, err
	}
	right, err := s.hash.check(ctx, password, a.password)
	if err != nil {
		return next, err
	}
	var anew hashed
	if right && a.password.weaker(s.hash.p) {
		if anew, err = s.hash.make(ctx, password); err != nil {
			return next, err
		}
	}
	err = s.c.DB.InTx(ctx, x.db(), func(tx *db.Tx) error {
		next = Next{}
		t, err := r.getTry(ctx, tx, secret, StagePassword)
		if err != nil {
			return err
		}
		now, err := r.byID(ctx, tx, a.id)
		if err != nil && !errors.Is(err, errNobody) {
			return err
		}
		if !right || !bytes.Equal(now.stored, a.stored) {
			return r.record(ctx, tx, a, audit.Event{Action: "local.sign-in", Outcome: "refused", Detail: "password"})
		}
		if anew.sum != nil {
			if err := r.putPassword(ctx, tx, a.id, anew); err != nil {
				return err
			}
			now.stored = r.sealPassword(a.id, anew)
		}
		if device != "" {
			err = r.forgive(ctx, tx, byDevice, device, true)
		} else {
			err = r.forgive(ctx, tx, byAccount, string(index), true)
		}
		if err != nil {
			return err
		}
		if err := r.forgive(ctx, tx, byBlock, v.block(), false); err != nil {
			return err
		}
		next, err = r.signed(ctx, tx, t, now, MeansPassword, false)
		return err
	})
	if err == nil && next.Stage == "" {
		err = errWrong
	}
	return next, err
}

// SecondFactor takes a one-time code of the app, or a recovery code, at
// StageCode. Errors: Invalid when it is wrong or was used already, *Pause,
// Forbidden "local.try.gone" (also after five wrong ones: the password is asked
// again).
func (s *Service) SecondFactor(ctx context.Context, x Scope, secret string, code pii.Text) (next Next, err error) {
	err = s.inRoom(ctx, x, func(tx *db.Tx, r room) error {
		next = Next{}
		t, err := r.getTry(ctx, tx, secret, StageCode)
		if err != nil {
			return err
		}
		a, err := r.byID(ctx, tx, t.account)
		if err != nil {
			return err
		}
		if err := r.count(ctx, tx, byCode, string(a.id)); err != nil {
			return err
		}
		kind, err := r.useCode(ctx, tx, a, code)
		if err != nil {
			return err
		}
		means := MeansPasswordCode
		switch kind {
		case codeNone:
			if t.wrong+1 >= maxWrong {
				_, err = tx.Exec(ctx, `DELETE FROM local_try WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`, string(r.Realm), string(r.Tenant), t.id)
			} else {
				_, err = tx.Exec(ctx, `UPDATE local_try SET wrong=wrong+1 WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`, string(r.Realm), string(r.Tenant), t.id)
			}
			if err != nil {
				return err
			}
			return r.record(ctx, tx, a, audit.Event{Action: "local.sign-in", Outcome: "refused", Detail: "code"})
		case codeSafe:
			means = MeansPasswordSafe
		}
		if err := r.forgive(ctx, tx, byCode, string(a.id), true); err != nil {
			return err
		}
		next, err = r.signed(ctx, tx, t, a, means, true)
		return err
	})
	if err == nil && next.Stage == "" {
		err = errCode
	}
	return next, err
}

var errCode = errs.Invalid("local.code.wrong", errs.Field{Name: "code", Key: "local.code.wrong"})

// DeviceLife is how long a browser is known.
const DeviceLife = 180 * 24 * time.Hour

// device makes what a browser keeps to be known as one that signed in to this
// account before: end, nonce, and a keyed digest over them, the account and its
// password. It holds no identifier and dies with the password.
func (r room) device(a account, now time.Time) string {
	if len(a.stored) == 0 {
		return ""
	}
	until := strconv.FormatInt(now.Add(DeviceLife).Unix(), 36)
	nonce := ident.Secret()[:16]
	return until + "." + nonce + "." + r.deviceMark(a, until, nonce)
}

func (r room) deviceMark(a account, until, nonce string) string {
	return hex.EncodeToString(r.index("device", string(a.id)+"|"+until+"|"+nonce+"|"+string(digest(string(a.stored))))[:20])
}

// knows gives what the tries of a known browser are counted by, "" for one
// that is not known to this account.
func (r room) knows(a account, token string, now time.Time) string {
	if len(token) > 100 {
		return ""
	}
	until, rest, _ := strings.Cut(token, ".")
	nonce, mark, ok := strings.Cut(rest, ".")
	if !ok || token == "" {
		return ""
	}
	same := hmac.Equal([]byte(mark), []byte(r.deviceMark(a, until, nonce)))
	end, err := strconv.ParseInt(until, 36, 64)
	if !same || err != nil || end < now.Unix() || a.id == "" {
		return ""
	}
	return string(a.id) + nonce
}
