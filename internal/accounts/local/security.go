package local

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/pii"
)

// Overview is a holder's means of sign-in, for his own page.
type Overview struct {
	Mail       pii.Text
	Password   bool
	PasswordAt time.Time
	App        bool // one-time codes are set up
	AppAt      time.Time
	Codes      int // recovery codes left
	Passkeys   []Passkey
	// Fresh says that they may be changed now; else he must sign in again.
	Fresh bool
}

// Passkey as its owner sees it.
type Passkey struct {
	ID      string
	Name    pii.Text
	Created time.Time
	Used    time.Time // zero: never
}

// Overview shows a holder's own means of sign-in. Error: NotFound for somebody
// without a local account.
func (s *Service) Overview(ctx context.Context, h Holder) (out Overview, err error) {
	err = s.lookIn(ctx, h.Scope, func(tx *db.Tx, r room) error {
		a, err := r.ofHolder(ctx, tx, h)
		if err != nil {
			return err
		}
		out = Overview{Mail: a.mail, Password: a.password.sum != nil, App: a.totp, Fresh: h.Fresh(tx.Now)}
		var at int64
		if err := tx.QueryRow(ctx, `SELECT password_at FROM local_account WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`, string(r.Realm), string(r.Tenant), string(a.id)).Scan(&at); err != nil {
			return err
		}
		out.PasswordAt = db.FromMicros(at)
		if a.totp {
			if err := tx.QueryRow(ctx, `SELECT confirmed_at FROM local_totp WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`, string(r.Realm), string(r.Tenant), string(a.id)).Scan(&at); err != nil {
				return err
			}
			out.AppAt = db.FromMicros(at)
		}
		if out.Codes, err = r.codesLeft(ctx, tx, a.id); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT id,name,created_at,used_at FROM local_passkey WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3 ORDER BY created_at, id`, string(r.Realm), string(r.Tenant), string(a.id))
		out.Passkeys, err = db.Collect(rows, err, func(row *sql.Rows) (p Passkey, err error) {
			var name []byte
			var created, used int64
			if err := row.Scan(&p.ID, &name, &created, &used); err != nil {
				return p, err
			}
			plain, err := r.key.Open(name, r.place("local_passkey", p.ID, "name"))
			if err != nil {
				return p, fmt.Errorf("name of passkey %s: %w", p.ID, err)
			}
			p.Name, p.Created, p.Used = pii.New(string(plain)), db.FromMicros(created), db.FromMicros(used)
			return p, nil
		})
		return err
	})
	return out, err
}
