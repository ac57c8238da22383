package delivery

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"stadttor/internal/db"
	"stadttor/internal/ident"
)

// row is a parcel as it is stored.
type row struct {
	Status
	seq, round int
}

const columns = `id,case_id,event,seq,number,state,round,attempts,connector,failure,ref,planned_at,tried_at,ended_at`

func scan(r interface{ Scan(...any) error }) (x row, err error) {
	var planned, tried, ended int64
	err = r.Scan(&x.ID, &x.Case, &x.Event, &x.seq, &x.Number, &x.State, &x.round, &x.Attempts, &x.Connector, &x.Failure, &x.Ref, &planned, &tried, &ended)
	x.PlannedAt, x.TriedAt, x.EndedAt = db.FromMicros(planned), db.FromMicros(tried), db.FromMicros(ended)
	return x, err
}

// find gives the parcel by its ID, or by case and event when the ID is empty;
// a row without ID if there is none. lock is tx.ForUpdate() or "".
func find(ctx context.Context, tx *db.Tx, id ident.ParcelID, c ident.CaseID, event, lock string) (row, error) {
	q, args := `SELECT `+columns+` FROM parcel WHERE tenant_id=$1 AND id=$2`, []any{string(tx.Tenant()), string(id)}
	if id == "" {
		q, args = `SELECT `+columns+` FROM parcel WHERE tenant_id=$1 AND case_id=$2 AND event=$3`, []any{string(tx.Tenant()), string(c), event}
	}
	x, err := scan(tx.QueryRow(ctx, q+lock, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, nil
	}
	if err != nil {
		return x, fmt.Errorf("reading parcel: %w", err)
	}
	return x, nil
}

// follower gives the next parcel of the case, a row without ID if there is none.
func follower(ctx context.Context, tx *db.Tx, x row) (row, error) {
	next, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM parcel WHERE tenant_id=$1 AND case_id=$2 AND seq>$3 ORDER BY seq LIMIT 1`+tx.ForUpdate(), string(tx.Tenant()), string(x.Case), x.seq))
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, nil
	}
	return next, err
}

// blocked reports whether an earlier parcel of the case has not arrived.
func blocked(ctx context.Context, tx *db.Tx, x row) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM parcel WHERE tenant_id=$1 AND case_id=$2 AND seq<$3 AND state IN ('waiting','failed')`, string(tx.Tenant()), string(x.Case), x.seq).Scan(&n)
	return n > 0, err
}

// put writes what may change. It locks nothing: callers decide on the state
// they read in the same transaction.
func put(ctx context.Context, tx *db.Tx, x row) error {
	n, err := tx.Exec(ctx, `UPDATE parcel SET number=$3,state=$4,round=$5,attempts=$6,connector=$7,failure=$8,ref=$9,tried_at=$10,ended_at=$11 WHERE tenant_id=$1 AND id=$2`,
		string(tx.Tenant()), string(x.ID), string(x.Number), x.State, x.round, x.Attempts, x.Connector, x.Failure, x.Ref, db.Micros(x.TriedAt), db.Micros(x.EndedAt))
	if err == nil && n != 1 {
		err = errors.New("no such row")
	}
	if err != nil {
		return fmt.Errorf("writing parcel %s: %w", x.ID, err)
	}
	return nil
}
