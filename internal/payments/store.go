package payments

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/seal"
)

const columns = `tenant_id,id,demand_id,attempt,case_id,person_id,amount,purpose,reference,lines,state,provider,ref,flag,flag_no,fact,refunded,kept,returned,way,received_on,voucher,turn,created_at,started_at,settled_at`

func linesPlace(p Payment) seal.Where {
	return seal.Where{Tenant: string(p.Tenant), Table: "payment", Row: string(p.ID), Column: "lines"}
}

func (s *Service) scan(row interface{ Scan(...any) error }) (p Payment, err error) {
	var sealed []byte
	var on, created, started, settled int64
	err = row.Scan(&p.Tenant, &p.ID, &p.Demand, &p.Attempt, &p.Case, &p.Person, &p.Amount, &p.Purpose, &p.Reference, &sealed, &p.State, &p.Provider, &p.Ref, &p.Flag, &p.FlagNo, &p.Fact, &p.Refunded, &p.Kept, &p.Returned, &p.Way, &on, &p.Voucher, &p.Turn, &created, &started, &settled)
	if err != nil {
		return p, err
	}
	p.ReceivedOn = db.FromMicros(on)
	p.CreatedAt, p.StartedAt, p.SettledAt = db.FromMicros(created), db.FromMicros(started), db.FromMicros(settled)
	plain, err := s.c.Directory.Key(p.Tenant).Open(sealed, linesPlace(p))
	if err != nil {
		return p, fmt.Errorf("lines of payment %s: %w", p.ID, err)
	}
	return p, json.Unmarshal(plain, &p.Lines)
}

func (s *Service) add(ctx context.Context, tx *db.Tx, p Payment) error {
	plain, err := json.Marshal(p.Lines)
	if err != nil {
		return err
	}
	sealed := s.c.Directory.Key(p.Tenant).Seal(plain, linesPlace(p))
	_, err = tx.Exec(ctx, `INSERT INTO payment (`+columns+`) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26)`,
		string(p.Tenant), string(p.ID), string(p.Demand), p.Attempt, string(p.Case), string(p.Person), int64(p.Amount), p.Purpose, p.Reference, sealed,
		string(p.State), p.Provider, p.Ref, string(p.Flag), p.FlagNo, p.Fact, int64(p.Refunded), int64(p.Kept), int64(p.Returned), string(p.Way), db.Micros(p.ReceivedOn), p.Voucher, p.Turn, db.Micros(p.CreatedAt), db.Micros(p.StartedAt), db.Micros(p.SettledAt))
	switch {
	case db.IsUnique(err): // another click, on another node, was quicker
		return errs.Conflict("payments.in-progress")
	case err != nil:
		return fmt.Errorf("adding payment %s: %w", p.ID, err)
	}
	return nil
}

func put(ctx context.Context, tx *db.Tx, p Payment) error {
	n, err := tx.Exec(ctx, `UPDATE payment SET state=$3,provider=$4,ref=$5,flag=$6,flag_no=$7,fact=$8,refunded=$9,kept=$10,returned=$11,turn=$12,started_at=$13,settled_at=$14 WHERE tenant_id=$1 AND id=$2`,
		string(p.Tenant), string(p.ID), string(p.State), p.Provider, p.Ref, string(p.Flag), p.FlagNo, p.Fact, int64(p.Refunded), int64(p.Kept), int64(p.Returned), p.Turn, db.Micros(p.StartedAt), db.Micros(p.SettledAt))
	if err == nil && n != 1 {
		err = errs.NotFound("payment", p.ID)
	}
	if err != nil {
		return fmt.Errorf("writing payment %s: %w", p.ID, err)
	}
	return nil
}

// get reads a payment of the scope's tenant.
func (s *Service) get(ctx context.Context, tx *db.Tx, id ident.PaymentID) (Payment, error) {
	p, err := s.scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM payment WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		err = errs.NotFound("payment", id)
	}
	return p, err
}

// attempts reads and locks all attempts of the demand to which a payment
// belongs, oldest first; i is that payment's place. The first attempt stands
// for the demand: whoever waits for it reads the others anew, and so sees one
// that was added meanwhile.
func (s *Service) attempts(ctx context.Context, tx *db.Tx, id ident.PaymentID) (all []Payment, i int, err error) {
	if err := lock(ctx, tx, `id=(SELECT demand_id FROM payment WHERE tenant_id=$1 AND id=$2)`, string(id)); err != nil {
		return nil, 0, err
	}
	return s.demand(ctx, tx, id, tx.ForUpdate())
}

// lock holds the first attempts of demands, on PostgreSQL; on SQLite there is
// one writer.
func lock(ctx context.Context, tx *db.Tx, which, arg string) error {
	if tx.ForUpdate() == "" {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT id FROM payment WHERE tenant_id=$1 AND attempt=1 AND `+which+` ORDER BY id`+tx.ForUpdate(), string(tx.Tenant()), arg)
	_, err = db.Collect(rows, err, func(r *sql.Rows) (id string, err error) { return id, r.Scan(&id) })
	return err
}

// demand reads all attempts of the demand to which a payment belongs, oldest
// first; i is that payment's place.
func (s *Service) demand(ctx context.Context, tx *db.Tx, id ident.PaymentID, forUpdate string) (all []Payment, i int, err error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM payment WHERE tenant_id=$1 AND demand_id=(SELECT demand_id FROM payment WHERE tenant_id=$1 AND id=$2) ORDER BY attempt`+forUpdate, string(tx.Tenant()), string(id))
	all, err = db.Collect(rows, err, func(r *sql.Rows) (Payment, error) { return s.scan(r) })
	if err != nil {
		return nil, 0, err
	}
	for i := range all {
		if all[i].ID == id {
			return all, i, nil
		}
	}
	return nil, 0, errs.NotFound("payment", id)
}

// find gives the payment that a provider's notice means: by our ID or by the
// provider's reference.
func (s *Service) find(ctx context.Context, tx *db.Tx, provider, ref string) (Payment, error) {
	p, err := s.scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM payment WHERE tenant_id=$1 AND provider=$2 AND (id=$3 OR ref=$3) ORDER BY id LIMIT 1`, string(tx.Tenant()), provider, ref))
	if errors.Is(err, sql.ErrNoRows) {
		err = errs.NotFound("payment of a notice by", provider)
	}
	return p, err
}
