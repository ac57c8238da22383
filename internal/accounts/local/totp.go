package local

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/mail"
	"stadttor/internal/pii"
)

// RFC 6238 as every app takes it: SHA-1, six digits, steps of 30 seconds, one
// step of slack to each side.
const (
	totpStep   = 30
	totpSlack  = 1
	totpSecret = 20 // bytes, RFC 4226 4 R6
)

// Enrolment is what an app for one-time codes needs. Everything in it is secret.
type Enrolment struct {
	// Secret in base32, in groups of four, to type in.
	Secret pii.Text
	// URI for a link on the same device (otpauth://…).
	URI pii.Text
	// QR are the dark modules of the picture as an SVG path in units of one
	// module; Size is its width with the quiet zone of four modules.
	QR   pii.Text
	Size int
}

// enrolment describes a secret.
func enrolment(secret []byte, issuer string) (Enrolment, error) {
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	issuer = strings.NewReplacer(":", " ", "/", " ").Replace(issuer)
	uri := "otpauth://totp/" + url.PathEscape(issuer+":Konto") + "?" + strings.ReplaceAll(url.Values{"secret": {text}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}.Encode(), "+", "%20")
	code, err := qr.Encode(uri, qr.M, qr.Auto)
	if err != nil {
		return Enrolment{}, fmt.Errorf("QR code: %w", err)
	}
	const quiet = 4
	var path strings.Builder
	n := code.Bounds().Dx()
	for y := range n {
		for x := 0; x < n; x++ {
			from := x
			for x < n && dark(code.At(x, y).RGBA()) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	var groups []string
	for i := 0; i < len(text); i += 4 {
		groups = append(groups, text[i:min(i+4, len(text))])
	}
	return Enrolment{Secret: pii.New(strings.Join(groups, " ")), URI: pii.New(uri), QR: pii.New(path.String()), Size: n + 2*quiet}, nil
}

func dark(r, _, _, _ uint32) bool { return r < 1<<15 }

// stepOf is the number of a moment's step.
func stepOf(t time.Time) int64 { return t.Unix() / totpStep }

// matchTOTP gives the step whose code this is, within the slack around now and
// above last, the step that was taken last.
func matchTOTP(secret []byte, code string, now time.Time, last int64) (step int64, ok bool) {
	key := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	for d := int64(-totpSlack); d <= totpSlack; d++ {
		n := stepOf(now) + d
		want, err := hotp.GenerateCodeCustom(key, uint64(n), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && n > last && !ok {
			step, ok = n, true
		}
	}
	return step, ok
}

// cleanDigits takes six digits in whatever groups they were typed; "" for
// anything else.
func cleanDigits(code pii.Text) string {
	s := strings.Join(strings.Fields(code.Reveal()), "")
	if len(s) != 6 || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}

// takeTOTP accepts a code of the app, each step once, in whichever order nodes
// ask.
func (r room) takeTOTP(ctx context.Context, tx *db.Tx, a AccountID, code string, pending bool) (bool, error) {
	var sealed []byte
	var last int64
	err := tx.QueryRow(ctx, `SELECT secret,last_step FROM local_totp WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3 AND (confirmed_at=0)=$4`+tx.ForUpdate(),
		string(r.Realm), string(r.Tenant), string(a), pending).Scan(&sealed, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	secret, err := r.key.Open(sealed, r.place("local_totp", string(a), "secret"))
	if err != nil {
		return false, fmt.Errorf("one-time codes of local account %s: %w", a, err)
	}
	step, ok := matchTOTP(secret, code, tx.Now, last)
	if !ok {
		return false, nil
	}
	n, err := tx.Exec(ctx, `UPDATE local_totp SET last_step=$4 WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3 AND last_step<$4`, string(r.Realm), string(r.Tenant), string(a), step)
	return n == 1, err
}

// newTOTP notes a fresh secret that waits for its first code; one that waits
// already is replaced. Error: Conflict when one-time codes are set up.
func (r room) newTOTP(ctx context.Context, tx *db.Tx, a account) (Enrolment, error) {
	if a.totp {
		return Enrolment{}, errs.Conflict("local.totp.there")
	}
	secret := make([]byte, totpSecret)
	_, _ = rand.Read(secret)
	_, err := tx.Exec(ctx, `INSERT INTO local_totp (realm_id,tenant_id,account_id,secret,confirmed_at,last_step) VALUES ($1,$2,$3,$4,0,0)
		ON CONFLICT (realm_id,tenant_id,account_id) DO UPDATE SET secret=excluded.secret, last_step=0`,
		string(r.Realm), string(r.Tenant), string(a.id), r.key.Seal(secret, r.place("local_totp", string(a.id), "secret")))
	if err != nil {
		return Enrolment{}, err
	}
	return enrolment(secret, r.site.Name)
}

// pendingTOTP shows the secret that waits for its first code once more.
func (r room) pendingTOTP(ctx context.Context, tx *db.Tx, a AccountID) (Enrolment, error) {
	var sealed []byte
	err := tx.QueryRow(ctx, `SELECT secret FROM local_totp WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3 AND confirmed_at=0`, string(r.Realm), string(r.Tenant), string(a)).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return Enrolment{}, errs.NotFound("one-time codes being set up of local account", a)
	}
	if err != nil {
		return Enrolment{}, err
	}
	secret, err := r.key.Open(sealed, r.place("local_totp", string(a), "secret"))
	if err != nil {
		return Enrolment{}, fmt.Errorf("one-time codes of local account %s: %w", a, err)
	}
	return enrolment(secret, r.site.Name)
}

// confirmTOTP ends the setting up with the first code. codes are the recovery
// codes, if the account had none. ok is false for a wrong code.
func (r room) confirmTOTP(ctx context.Context, tx *db.Tx, a account, code pii.Text) (codes []pii.Text, ok bool, err error) {
	digits := cleanDigits(code)
	if digits == "" {
		return nil, false, nil
	}
	if ok, err = r.takeTOTP(ctx, tx, a.id, digits, true); err != nil || !ok {
		return nil, ok, err
	}
	if _, err := tx.Exec(ctx, `UPDATE local_totp SET confirmed_at=$4 WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`, string(r.Realm), string(r.Tenant), string(a.id), db.Micros(tx.Now)); err != nil {
		return nil, true, err
	}
	codes, err = r.firstCodes(ctx, tx, a.id)
	return codes, true, err
}

// BeginTOTP starts to set up one-time codes; asked again before they are
// confirmed it shows the same secret. Errors: Conflict when they are set up,
// Forbidden "local.fresh".
func (s *Service) BeginTOTP(ctx context.Context, h Holder) (out Enrolment, err error) {
	err = s.change(ctx, h, func(tx *db.Tx, r room, a account) error {
		out, err = r.pendingTOTP(ctx, tx, a.id)
		if !errs.Is(err, errs.KindNotFound) {
			return err
		}
		out, err = r.newTOTP(ctx, tx, a)
		return err
	})
	return out, err
}

// ConfirmTOTP ends it with the first code of the app. codes are fresh recovery
// codes, nil if there are some already. Error: Invalid for a wrong code.
func (s *Service) ConfirmTOTP(ctx context.Context, h Holder, code pii.Text) (codes []pii.Text, err error) {
	err = s.change(ctx, h, func(tx *db.Tx, r room, a account) (err error) {
		var ok bool
		if codes, ok, err = r.confirmTOTP(ctx, tx, a, code); err != nil {
			return err
		}
		if !ok {
			return errCode
		}
		return r.changed(ctx, tx, a, "totp-on")
	})
	return codes, err
}

// RemoveTOTP switches one-time codes off. Staff keep them unless a passkey is
// there. Errors: Forbidden "local.fresh", "local.factor.needed".
func (s *Service) RemoveTOTP(ctx context.Context, h Holder) error {
	return s.change(ctx, h, func(tx *db.Tx, r room, a account) error {
		if r.Staff() && a.totp && a.passkeys == 0 {
			return errs.Forbidden("local.factor.needed")
		}
		n, err := tx.Exec(ctx, `DELETE FROM local_totp WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`, string(r.Realm), string(r.Tenant), string(a.id))
		if err != nil || n == 0 || !a.totp {
			return err
		}
		return r.changed(ctx, tx, a, "totp-off")
	})
}

// change is the frame of the verbs with which a holder changes his means of
// sign-in: freshly signed in, in one transaction.
func (s *Service) change(ctx context.Context, h Holder, f func(tx *db.Tx, r room, a account) error) error {
	return s.changeOf(ctx, h, h.Scope.db(), f)
}

func (s *Service) changeOf(ctx context.Context, h Holder, scope db.Scope, f func(tx *db.Tx, r room, a account) error) error {
	r, err := s.room(h.Scope)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		a, err := r.own(ctx, tx, h)
		if err != nil {
			return err
		}
		return f(tx, r, a)
	})
}

// changed records that means of sign-in were changed and tells the mailbox.
func (r room) changed(ctx context.Context, tx *db.Tx, a account, what string) error {
	if err := r.queue(ctx, tx, mail.AccountChanged, a.mail, a.lang, r.site.link(PageSecurity, "")); err != nil {
		return err
	}
	return r.record(ctx, tx, a, audit.Event{Action: "local.change", Detail: what})
}
