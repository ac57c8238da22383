package delivery

import (
	"context"
	"fmt"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
)

// Plan notes, inside the caller's transaction, that an event of a case is to be
// delivered, and inserts the job Due. There is one parcel per case and event:
// planning it twice is planning it once. cases calls it.
func (s *Service) Plan(ctx context.Context, tx *db.Tx, c ident.CaseID, event string) error {
	if !validEvent(event) {
		return fmt.Errorf("planning a parcel: no event %q", event)
	}
	id := ident.New[ident.ParcelID](tx.Now)
	n, err := tx.Exec(ctx, `INSERT INTO parcel (tenant_id,id,case_id,event,seq,number,state,round,attempts,connector,failure,ref,planned_at,tried_at,ended_at)
		VALUES ($1,$2,$3,$4,(SELECT count(*) FROM parcel WHERE tenant_id=$1 AND case_id=$3),'','waiting',1,0,'','','',$5,0,0)
		ON CONFLICT (tenant_id,case_id,event) DO NOTHING`, string(tx.Tenant()), string(id), string(c), event, db.Micros(tx.Now))
	if err != nil {
		return fmt.Errorf("planning a parcel of case %s: %w", c, err)
	}
	if n == 0 {
		return nil
	}
	return jobs.Insert(ctx, tx, Due{Parcel: id, Case: c, Event: event, Round: 1})
}

// Planned finds the parcel of a case and event. Error: NotFound.
func (s *Service) Planned(ctx context.Context, tx *db.Tx, c ident.CaseID, event string) (ident.ParcelID, error) {
	r, err := find(ctx, tx, "", c, event, "")
	if err == nil && r.ID == "" {
		err = errs.NotFound("parcel", c)
	}
	return r.ID, err
}
