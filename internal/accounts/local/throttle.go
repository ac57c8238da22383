package local

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/errs"
)

// A kind of throttle counts tries. The first free ones cost nothing, then each
// makes the next wait longer. A try that came too early is turned away and not
// counted, so that nobody can push the end of the pause away for ever.
type throttle struct {
	kind   string
	text   string // what who comes too early reads
	free   int64
	pauses []time.Duration
	forget time.Duration // after the last try
}

// The throttles. Against one account some 50 guesses a day are possible; a
// browser that has signed in before counts apart (OWASP device cookies), and
// passkeys and links by mail are not slowed by any of it: so nobody can lock
// the owner out. NIST SP 800-63B-4 3.2.2 stops after 100 wrong ones in a row;
// we slow down and go on, because stopping is what an attacker may want.
var (
	byAccount = throttle{"password", "local.pause", 5, []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute, 15 * time.Minute, 15 * time.Minute, 15 * time.Minute, 30 * time.Minute}, 24 * time.Hour}
	byDevice  = throttle{"device", "local.pause", 10, []time.Duration{30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute}, 24 * time.Hour}
	byBlock   = throttle{"block", "local.pause", 50, []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute}, time.Hour}
	byCode    = throttle{"code", "local.pause-code", 5, []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute}, 24 * time.Hour}
	byMailbox = throttle{"mail", "local.pause-mail", 3, []time.Duration{time.Hour}, time.Hour}
	byMailing = throttle{"mailblock", "local.pause-mail", 20, []time.Duration{15 * time.Minute}, time.Hour}
)

// pause is how long to wait after n tries.
func (t throttle) pause(n int64) time.Duration {
	if n < t.free {
		return 0
	}
	return t.pauses[min(n-t.free, int64(len(t.pauses)-1))]
}

// next is the state after a try at now, or the time still to wait.
func (t throttle) next(n int64, last, now time.Time) (after int64, wait time.Duration) {
	if now.Sub(last) >= t.forget {
		n = 0
	}
	if p := t.pause(n); p > 0 && last.Add(p).After(now) {
		return n, last.Add(p).Sub(now)
	}
	return n + 1, 0
}

// Pause says that a try came too early. It is an errs.KindLimited.
type Pause struct {
	Wait time.Duration // from now
	kind string
	is   error
}

func (p *Pause) Error() string { return fmt.Sprintf("throttle %s: %s to wait", p.kind, p.Wait) }

// Unwrap makes it an errs.KindLimited.
func (p *Pause) Unwrap() error { return p.is }

// PauseOf finds how long to wait, rounded up to whole minutes.
func PauseOf(err error) (minutes int, ok bool) {
	var p *Pause
	if !errors.As(err, &p) {
		return 0, false
	}
	return int((p.Wait + time.Minute - 1) / time.Minute), true
}

// count notes one try. Error: *Pause if it comes too early; nothing is written
// then.
func (r room) count(ctx context.Context, tx *db.Tx, t throttle, value string) error {
	key := r.index("throttle/"+t.kind, value)
	if _, err := tx.Exec(ctx, `INSERT INTO local_throttle (realm_id,tenant_id,kind,subject,n,last) VALUES ($1,$2,$3,$4,0,$5) ON CONFLICT DO NOTHING`,
		string(r.Realm), string(r.Tenant), t.kind, key, db.Micros(tx.Now)); err != nil {
		return err
	}
	var n, last int64
	if err := tx.QueryRow(ctx, `SELECT n,last FROM local_throttle WHERE realm_id=$1 AND tenant_id=$2 AND kind=$3 AND subject=$4`+tx.ForUpdate(),
		string(r.Realm), string(r.Tenant), t.kind, key).Scan(&n, &last); err != nil {
		return err
	}
	after, wait := t.next(n, db.FromMicros(last), tx.Now)
	if wait > 0 {
		return &Pause{Wait: wait, kind: t.kind, is: errs.Limited(t.text)}
	}
	_, err := tx.Exec(ctx, `UPDATE local_throttle SET n=$5, last=$6 WHERE realm_id=$1 AND tenant_id=$2 AND kind=$3 AND subject=$4`,
		string(r.Realm), string(r.Tenant), t.kind, key, after, db.Micros(tx.Now))
	return err
}

// forgive takes a try back that turned out right; all of them where the series
// is about one account.
func (r room) forgive(ctx context.Context, tx *db.Tx, t throttle, value string, all bool) error {
	_, err := tx.Exec(ctx, `UPDATE local_throttle SET n=CASE WHEN $5 OR n<1 THEN 0 ELSE n-1 END WHERE realm_id=$1 AND tenant_id=$2 AND kind=$3 AND subject=$4`,
		string(r.Realm), string(r.Tenant), t.kind, r.index("throttle/"+t.kind, value), all)
	return err
}
