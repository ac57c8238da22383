package cases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/perm"
)

// record is the row of a case.
type record struct {
	tenant      ident.TenantID
	id          ident.CaseID
	person      ident.PersonID
	secret      []byte
	form        string
	formVersion int
	service     string
	title       string
	unit        ident.UnitID
	number      ident.Number
	state       State
	holder      ident.StaffID
	need, level perm.Level
	means       string
	sealedKey   []byte
	answers     []byte
	applicant   []byte
	frozen      []byte
	hash        []byte
	fee         money.Amount
	submitKey   []byte
	days        int
	createdAt   time.Time
	updatedAt   time.Time
	submittedAt time.Time
	decidedAt   time.Time
	dueAt       time.Time
	eraseAt     time.Time
	erasedAt    time.Time
	version     int64
}

const recordColumns = `r.tenant_id,r.id,r.person_id,r.secret,r.form,r.form_version,r.service,r.title,r.unit_id,r.number,r.state,r.holder,r.need,r.level,r.means,r.sealed_key,r.answers,r.applicant,r.frozen,r.hash,r.fee_cents,r.submit_key,r.days,r.created_at,r.updated_at,r.submitted_at,r.decided_at,r.due_at,r.erase_at,r.erased_at,r.version`

// listColumns leaves out what a list never shows.
const listColumns = `r.tenant_id,r.id,r.person_id,r.form,r.service,r.title,r.unit_id,r.number,r.state,r.holder,r.need,r.sealed_key,r.applicant,r.fee_cents,r.updated_at,r.submitted_at,r.due_at,r.erase_at,r.erased_at,r.version`

type scanner interface{ Scan(...any) error }

func scanRecord(s scanner) (r record, err error) {
	var created, updated, submitted, decided, due, erase, erased int64
	err = s.Scan(&r.tenant, &r.id, &r.person, &r.secret, &r.form, &r.formVersion, &r.service, &r.title, &r.unit, &r.number, &r.state, &r.holder, &r.need, &r.level, &r.means,
		&r.sealedKey, &r.answers, &r.applicant, &r.frozen, &r.hash, &r.fee, &r.submitKey, &r.days, &created, &updated, &submitted, &decided, &due, &erase, &erased, &r.version)
	r.createdAt, r.updatedAt, r.submittedAt, r.decidedAt = db.FromMicros(created), db.FromMicros(updated), db.FromMicros(submitted), db.FromMicros(decided)
	r.dueAt, r.eraseAt, r.erasedAt = db.FromMicros(due), db.FromMicros(erase), db.FromMicros(erased)
	return r, err
}

func scanListed(s scanner, more ...any) (r record, err error) {
	var updated, submitted, due, erase, erased int64
	to := append([]any{&r.tenant, &r.id, &r.person, &r.form, &r.service, &r.title, &r.unit, &r.number, &r.state, &r.holder, &r.need, &r.sealedKey, &r.applicant, &r.fee, &updated, &submitted, &due, &erase, &erased, &r.version}, more...)
	err = s.Scan(to...)
	r.updatedAt, r.submittedAt, r.dueAt, r.eraseAt, r.erasedAt = db.FromMicros(updated), db.FromMicros(submitted), db.FromMicros(due), db.FromMicros(erase), db.FromMicros(erased)
	return r, err
}

// getRecord reads a case of the scope's tenant.
func getRecord(ctx context.Context, tx *db.Tx, id ident.CaseID) (record, error) {
	return oneRecord(ctx, tx, id, "")
}

// lockRecord reads a case that is written in the same transaction.
func lockRecord(ctx context.Context, tx *db.Tx, id ident.CaseID) (record, error) {
	return oneRecord(ctx, tx, id, tx.ForUpdate())
}

func oneRecord(ctx context.Context, tx *db.Tx, id ident.CaseID, lock string) (record, error) {
	if !ident.Valid(id) {
		return record{}, errs.NotFound("case", id)
	}
	r, err := scanRecord(tx.QueryRow(ctx, `SELECT `+recordColumns+` FROM case_record r WHERE r.tenant_id=$1 AND r.id=$2`+lock, string(tx.Tenant()), string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return r, errs.NotFound("case", id)
	}
	if err != nil {
		return r, fmt.Errorf("reading case %s: %w", id, err)
	}
	return r, nil
}

// tenantOfOwn finds where a case of the scope's person lies.
func tenantOfOwn(ctx context.Context, tx *db.Tx, id ident.CaseID) (t ident.TenantID, err error) {
	err = tx.QueryRow(ctx, `SELECT tenant_id FROM case_record WHERE person_id=$1 AND id=$2`, string(tx.Person()), string(id)).Scan(&t)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errs.NotFound("case", id)
	}
	return t, err
}

func insertRecord(ctx context.Context, tx *db.Tx, r *record) error {
	_, err := tx.Exec(ctx, `INSERT INTO case_record (tenant_id,id,person_id,secret,form,form_version,service,title,unit_id,number,state,holder,need,level,means,sealed_key,answers,applicant,frozen,hash,fee_cents,submit_key,days,created_at,updated_at,submitted_at,decided_at,due_at,erase_at,erased_at,version)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27,$28,$29,$30,1)`,
		string(tx.Tenant()), string(r.id), string(r.person), blank(r.secret), r.form, r.formVersion, r.service, r.title, string(r.unit), string(r.number), string(r.state), string(r.holder), int64(r.need), int64(r.level), r.means,
		blank(r.sealedKey), blank(r.answers), blank(r.applicant), blank(r.frozen), blank(r.hash), int64(r.fee), blank(r.submitKey), r.days,
		db.Micros(r.createdAt), db.Micros(r.updatedAt), db.Micros(r.submittedAt), db.Micros(r.decidedAt), db.Micros(r.dueAt), db.Micros(r.eraseAt), db.Micros(r.erasedAt))
	if err != nil {
		return fmt.Errorf("starting case %s: %w", r.id, err)
	}
	return nil
}

// putRecord writes a case as of the version that was read; errStale if it was
// changed meanwhile. The version grows by one.
func putRecord(ctx context.Context, tx *db.Tx, r *record) error {
	n, err := tx.Exec(ctx, `UPDATE case_record SET person_id=$3,secret=$4,unit_id=$5,number=$6,state=$7,holder=$8,level=$9,means=$10,sealed_key=$11,answers=$12,applicant=$13,frozen=$14,hash=$15,fee_cents=$16,submit_key=$17,days=$18,
		updated_at=$19,submitted_at=$20,decided_at=$21,due_at=$22,erase_at=$23,erased_at=$24,version=version+1 WHERE tenant_id=$1 AND id=$2 AND version=$25`,
		string(tx.Tenant()), string(r.id), string(r.person), blank(r.secret), string(r.unit), string(r.number), string(r.state), string(r.holder), int64(r.level), r.means,
		blank(r.sealedKey), blank(r.answers), blank(r.applicant), blank(r.frozen), blank(r.hash), int64(r.fee), blank(r.submitKey), r.days,
		db.Micros(tx.Now), db.Micros(r.submittedAt), db.Micros(r.decidedAt), db.Micros(r.dueAt), db.Micros(r.eraseAt), db.Micros(r.erasedAt), r.version)
	switch {
	case err != nil:
		return fmt.Errorf("writing case %s: %w", r.id, err)
	case n == 0:
		return errStale
	}
	r.version++
	r.updatedAt = tx.Now
	return nil
}

// putAnswers writes only what filling in a page changes.
func putAnswers(ctx context.Context, tx *db.Tx, r *record, answers []byte, erase time.Time) error {
	n, err := tx.Exec(ctx, `UPDATE case_record SET answers=$3,updated_at=$4,erase_at=$5,version=version+1 WHERE tenant_id=$1 AND id=$2 AND version=$6 AND state='draft'`,
		string(tx.Tenant()), string(r.id), answers, db.Micros(tx.Now), db.Micros(erase), r.version)
	if err != nil {
		return fmt.Errorf("saving draft %s: %w", r.id, err)
	}
	if n == 0 {
		return errStale
	}
	return nil
}

func blank(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// note adds a line to the history.
func addEvent(ctx context.Context, tx *db.Tx, r *record, actor perm.Actor, event Event) error {
	_, err := tx.Exec(ctx, `INSERT INTO case_event (tenant_id,case_id,seq,person_id,at,event,state,actor)
		VALUES ($1,$2,(SELECT coalesce(max(seq),0)+1 FROM case_event WHERE tenant_id=$1 AND case_id=$2),$3,$4,$5,$6,$7)`,
		string(tx.Tenant()), string(r.id), string(r.person), db.Micros(tx.Now), string(event), string(r.state), actor.Ref())
	if err != nil {
		return fmt.Errorf("history of case %s: %w", r.id, err)
	}
	return nil
}

func listEvents(ctx context.Context, tx *db.Tx, id ident.CaseID) ([]Line, error) {
	rows, err := tx.Query(ctx, `SELECT at,event,state,actor FROM case_event WHERE tenant_id=$1 AND case_id=$2 ORDER BY seq`, string(tx.Tenant()), string(id))
	return db.Collect(rows, err, func(r *sql.Rows) (l Line, err error) {
		var at int64
		err = r.Scan(&at, &l.Event, &l.State, &l.Actor)
		l.At = db.FromMicros(at)
		return l, err
	})
}

// addTask leaves something for a human; the same one twice is one.
func addTask(ctx context.Context, tx *db.Tx, id ident.CaseID, kind TaskKind, ref string) error {
	_, err := tx.Exec(ctx, `INSERT INTO case_task (tenant_id,case_id,kind,ref,at,done_at) VALUES ($1,$2,$3,$4,$5,0)
		ON CONFLICT (tenant_id,case_id,kind,ref) DO UPDATE SET at=excluded.at, done_at=0`, string(tx.Tenant()), string(id), string(kind), ref, db.Micros(tx.Now))
	return err
}

// endTasks marks tasks as done; ref "" for all of the kind.
func endTasks(ctx context.Context, tx *db.Tx, id ident.CaseID, kind TaskKind, ref string) (int64, error) {
	return tx.Exec(ctx, `UPDATE case_task SET done_at=$5 WHERE tenant_id=$1 AND case_id=$2 AND kind=$3 AND ($4='' OR ref=$4) AND done_at=0`, string(tx.Tenant()), string(id), string(kind), ref, db.Micros(tx.Now))
}

func listTasks(ctx context.Context, tx *db.Tx, id ident.CaseID) ([]Task, error) {
	rows, err := tx.Query(ctx, `SELECT kind,ref,at FROM case_task WHERE tenant_id=$1 AND case_id=$2 AND done_at=0 ORDER BY at`, string(tx.Tenant()), string(id))
	return db.Collect(rows, err, func(r *sql.Rows) (t Task, err error) {
		var at int64
		err = r.Scan(&t.Kind, &t.Ref, &at)
		t.At = db.FromMicros(at)
		return t, err
	})
}
