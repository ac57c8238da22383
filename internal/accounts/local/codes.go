package local

import (
	"context"
	"strings"

	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/pii"
)

// RecoveryCodes is how many there are: each works once, in place of the second
// factor.
const RecoveryCodes = 10

const recoveryLength = 16 // signs of 5 bit: 80 bit each

// kinds of codes that useCode takes.
const (
	codeNone = iota
	codeApp
	codeSafe
)

// useCode takes a code of the app or a recovery code of the account. It is used
// up then.
func (r room) useCode(ctx context.Context, tx *db.Tx, a account, code pii.Text) (kind int, err error) {
	if d := cleanDigits(code); d != "" {
		ok, err := r.takeTOTP(ctx, tx, a.id, d, false)
		if err != nil || !ok {
			return codeNone, err
		}
		return codeApp, nil
	}
	c := cleanCode(code)
	if c == "" {
		return codeNone, nil
	}
	n, err := tx.Exec(ctx, `UPDATE local_recovery_code SET used_at=$5 WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3 AND code=$4 AND used_at=0`,
		string(r.Realm), string(r.Tenant), string(a.id), r.index("recovery/"+string(a.id), c), db.Micros(tx.Now))
	if err != nil || n == 0 {
		return codeNone, err
	}
	return codeSafe, nil
}

// cleanCode brings a typed recovery code to its form; "" for what is none.
// Signs that are easily misread are taken for what was meant.
func cleanCode(code pii.Text) string {
	if len(code.Reveal()) > 100 {
		return ""
	}
	s := misread.Replace(strings.ToLower(strings.Join(strings.FieldsFunc(code.Reveal(), func(r rune) bool { return r == ' ' || r == '-' || r == '–' || r == '\u00a0' || r == '\t' }), "")))
	if len(s) != recoveryLength || strings.Trim(s, "0123456789abcdefghjkmnpqrstvwxyz") != "" {
		return ""
	}
	return s
}

var misread = strings.NewReplacer("o", "0", "i", "1", "l", "1", "u", "v")

// newCodes replaces the recovery codes.
func (r room) newCodes(ctx context.Context, tx *db.Tx, a AccountID) (out []pii.Text, err error) {
	if _, err := tx.Exec(ctx, `DELETE FROM local_recovery_code WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`, string(r.Realm), string(r.Tenant), string(a)); err != nil {
		return nil, err
	}
	for range RecoveryCodes {
		c := ident.Secret()[:recoveryLength]
		if _, err := tx.Exec(ctx, `INSERT INTO local_recovery_code (realm_id,tenant_id,account_id,code,used_at) VALUES ($1,$2,$3,$4,0)`,
			string(r.Realm), string(r.Tenant), string(a), r.index("recovery/"+string(a), c)); err != nil {
			return nil, err
		}
		out = append(out, pii.New(c[:4]+"-"+c[4:8]+"-"+c[8:12]+"-"+c[12:]))
	}
	return out, nil
}

// firstCodes makes recovery codes for an account that has none left.
func (r room) firstCodes(ctx context.Context, tx *db.Tx, a AccountID) ([]pii.Text, error) {
	n, err := r.codesLeft(ctx, tx, a)
	if err != nil || n > 0 {
		return nil, err
	}
	return r.newCodes(ctx, tx, a)
}

func (r room) codesLeft(ctx context.Context, tx *db.Tx, a AccountID) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM local_recovery_code WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3 AND used_at=0`, string(r.Realm), string(r.Tenant), string(a)).Scan(&n)
	return n, err
}

// NewCodes makes ten new recovery codes; the old ones are void. Errors:
// NotFound, Forbidden "local.fresh".
func (s *Service) NewCodes(ctx context.Context, h Holder) (codes []pii.Text, err error) {
	err = s.change(ctx, h, func(tx *db.Tx, r room, a account) error {
		if codes, err = r.newCodes(ctx, tx, a.id); err != nil {
			return err
		}
		return r.changed(ctx, tx, a, "codes")
	})
	return codes, err
}
