package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// Job is a payload: a struct of IDs with JSON tags.
type Job interface {
	// Kind names what happened or what is to do, e.g. "cases.Decided".
	Kind() string
	// Key makes the job unique within its tenant and kind: inserting it twice
	// is one job.
	Key() string
}

// States of a job row.
const (
	Waiting = "waiting"
	Running = "running"
	Done    = "done"
	Dead    = "dead"
)

// DefaultAttempts with the pauses of pause() spans about a day and a half.
const DefaultAttempts = 16

const topic = "jobs"

// Insert adds a job to the transaction's tenant (or realm), to run at once.
func Insert(ctx context.Context, tx *db.Tx, j Job) error { return InsertAt(ctx, tx, j, tx.Now) }

// InsertAt adds a job that is due at the given time.
func InsertAt(ctx context.Context, tx *db.Tx, j Job, at time.Time) error {
	b, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("job %s: %w", j.Kind(), err)
	}
	return insert(ctx, tx, j.Kind(), j.Key(), string(b), at)
}

func insert(ctx context.Context, tx *db.Tx, kind, key, payload string, at time.Time) error {
	realm, tenant := tx.Walls()
	_, err := tx.Exec(ctx, `INSERT INTO job (realm_id,tenant_id,id,kind,unique_key,payload,state,attempt,max_attempts,run_at,lease_until,last_error,created_at,done_at)
		VALUES ($1,$2,$3,$4,$5,$6,'waiting',0,$7,$8,0,'',$9,0) ON CONFLICT (realm_id,tenant_id,kind,unique_key) DO NOTHING`,
		string(realm), string(tenant), string(ident.New[ident.JobID](tx.Now)), kind, key, payload, DefaultAttempts, db.Micros(at), db.Micros(tx.Now))
	if err != nil {
		return fmt.Errorf("inserting job %s: %w", kind, err)
	}
	tx.Notify(topic, "due")
	return nil
}

// Row is a job as administrators see it.
type Row struct {
	ID          ident.JobID
	Realm       ident.RealmID
	Tenant      ident.TenantID
	Kind, Key   string
	State       string
	Attempt     int
	MaxAttempts int
	RunAt       time.Time
	LastError   string // internal text without personal data
	CreatedAt   time.Time
	DoneAt      time.Time
}

const rowColumns = `id,realm_id,tenant_id,kind,unique_key,state,attempt,max_attempts,run_at,last_error,created_at,done_at`

func scanRow(r *sql.Rows) (j Row, err error) {
	var run, created, done int64
	err = r.Scan(&j.ID, &j.Realm, &j.Tenant, &j.Kind, &j.Key, &j.State, &j.Attempt, &j.MaxAttempts, &run, &j.LastError, &created, &done)
	j.RunAt, j.CreatedAt, j.DoneAt = db.FromMicros(run), db.FromMicros(created), db.FromMicros(done)
	return j, err
}

// List shows the jobs of a tenant in a state ("" for all), newest first.
// Staff with perm.ReadJobs may.
func List(ctx context.Context, d *db.DB, actor perm.Staff, state string, limit int) (out []Row, err error) {
	if !actor.May(perm.ReadJobs) {
		return nil, errs.Forbidden("error.forbidden")
	}
	err = d.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+rowColumns+` FROM job WHERE realm_id=$1 AND tenant_id=$2 AND ($3='' OR state=$3) ORDER BY created_at DESC, id DESC LIMIT $4`, string(tx.Realm()), string(tx.Tenant()), state, limit)
		out, err = db.Collect(rows, err, scanRow)
		return err
	})
	return out, err
}

// Counts gives the number of a tenant's jobs by state. Staff with perm.ReadJobs may.
func Counts(ctx context.Context, d *db.DB, actor perm.Staff) (map[string]int, error) {
	if !actor.May(perm.ReadJobs) {
		return nil, errs.Forbidden("error.forbidden")
	}
	out := map[string]int{}
	err := d.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT state, count(*) FROM job WHERE realm_id=$1 AND tenant_id=$2 GROUP BY state`, string(tx.Realm()), string(tx.Tenant()))
		_, err = db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
			var s string
			var n int
			err = r.Scan(&s, &n)
			out[s] = n
			return x, err
		})
		return err
	})
	return out, err
}

// Retry starts a dead or waiting job again at once. Staff with perm.RetryJobs
// may. Errors: NotFound, Conflict if it runs or is done.
func Retry(ctx context.Context, d *db.DB, actor perm.Staff, id ident.JobID) error {
	return d.InTx(ctx, actor.Scope(), func(tx *db.Tx) error {
		var state string
		err := tx.QueryRow(ctx, `SELECT state FROM job WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`+tx.ForUpdate(), string(tx.Realm()), string(tx.Tenant()), string(id)).Scan(&state)
		if err == sql.ErrNoRows {
			return errs.NotFound("job", id)
		}
		if err != nil {
			return err
		}
		if !actor.May(perm.RetryJobs) {
			return errs.Forbidden("error.forbidden")
		}
		if state != Dead && state != Waiting {
			return errs.Conflict("jobs.not-waiting")
		}
		if _, err := tx.Exec(ctx, `UPDATE job SET state='waiting', attempt=0, run_at=$4, lease_until=0 WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`, string(tx.Realm()), string(tx.Tenant()), string(id), db.Micros(tx.Now)); err != nil {
			return err
		}
		tx.Notify(topic, "due")
		return audit.Record(ctx, tx, actor, audit.Event{Action: "job.retry", Object: "job:" + string(id)})
	})
}
