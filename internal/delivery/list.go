package delivery

import (
	"context"
	"database/sql"

	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// ForCase lists the parcels of a case in the order of their events. The caller
// has decided that the case may be seen.
func (s *Service) ForCase(ctx context.Context, tx *db.Tx, c ident.CaseID) ([]Status, error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM parcel WHERE tenant_id=$1 AND case_id=$2 ORDER BY seq`, string(tx.Tenant()), string(c))
	return db.Collect(rows, err, status)
}

// MaxList bounds List.
const MaxList = 500

// List gives the tenant's parcels in a state ("" for all), newest first, at
// most MaxList. Staff with perm.ReadJobs, or with perm.SendDelivery in all
// units, may.
func (s *Service) List(ctx context.Context, actor perm.Staff, state string) (out []Status, err error) {
	if err := mayList(actor); err != nil {
		return nil, err
	}
	err = s.c.DB.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+columns+` FROM parcel WHERE tenant_id=$1 AND ($2='' OR state=$2) ORDER BY planned_at DESC, id DESC LIMIT $3`, string(tx.Tenant()), state, MaxList)
		out, err = db.Collect(rows, err, status)
		return err
	})
	return out, err
}

func status(r *sql.Rows) (Status, error) {
	x, err := scan(r)
	return x.Status, err
}
