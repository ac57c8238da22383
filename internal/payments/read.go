package payments

import (
	"context"
	"database/sql"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// Get reads a payment. The person who owes may (for a guest's the caller has
// checked the proof), and staff with perm.ReadPayments in all units. Errors:
// NotFound, Forbidden.
func (s *Service) Get(ctx context.Context, actor perm.Actor, id ident.PaymentID) (p Payment, err error) {
	var scope db.TenantScope
	switch a := actor.(type) {
	case perm.Citizen:
		if scope, err = s.reach(ctx, a, id); err != nil {
			return Payment{}, err
		}
	case perm.Staff:
		if err := mayRead(a); err != nil {
			return Payment{}, err
		}
		scope = a.Scope()
	default:
		return Payment{}, errs.Forbidden("error.forbidden")
	}
	err = s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		p, err = s.get(ctx, tx, id)
		return err
	})
	return p, err
}

// ForCase lists the attempts of a case, oldest first, in the caller's
// transaction: all of them in the tenant's scope, his own in a person's. The
// caller has checked who may see the case.
func (s *Service) ForCase(ctx context.Context, tx *db.Tx, c ident.CaseID) ([]Payment, error) {
	q, wall := ` AND tenant_id=$2`, ""
	if _, t := tx.Walls(); t != "" {
		wall = string(t)
	} else {
		q, wall = ` AND person_id=$2`, string(tx.Person())
	}
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM payment WHERE case_id=$1`+q+` ORDER BY created_at,attempt`, string(c), wall)
	return db.Collect(rows, err, func(r *sql.Rows) (Payment, error) { return s.scan(r) })
}

// Own lists what a signed-in person owes or paid in the whole realm, newest
// first, at most limit.
func (s *Service) Own(ctx context.Context, actor perm.Citizen, limit int) (out []Payment, err error) {
	if actor.Guest() {
		return nil, nil
	}
	err = s.c.DB.View(ctx, actor.Own(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+columns+` FROM payment WHERE person_id=$1 ORDER BY created_at DESC, id DESC LIMIT $2`, string(tx.Person()), limit)
		out, err = db.Collect(rows, err, func(r *sql.Rows) (Payment, error) { return s.scan(r) })
		return err
	})
	return out, err
}

// Filter narrows a list. The zero value lists everything.
type Filter struct {
	State    State  // "" for all
	Provider string // "" for all
	Flagged  bool   // only what a human has to look at
	Due      bool   // only the last attempt of each demand for which money is still owed
	// Number is the reference of the demand (Demand.Reference) or the number under
	// which the Kasse has it (Inpayment.Voucher), exactly; "" for all.
	Number string
	Before ident.PaymentID // older than this one; "" for the newest
	Limit  int             // 1 to 500; 0 means 50
}

// isDue holds for the last attempt of a demand that was neither paid nor dropped.
const isDue = ` AND p.state<>'paid'
	AND NOT EXISTS (SELECT 1 FROM payment o WHERE o.tenant_id=p.tenant_id AND o.demand_id=p.demand_id AND (o.state='paid' OR o.attempt>p.attempt))
	AND NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.tenant_id=p.tenant_id AND e.booking='` + string(bookDropped) + `:'||p.demand_id)`

// List shows the payments of an authority, newest first. Staff with
// perm.ReadPayments in all units may.
func (s *Service) List(ctx context.Context, actor perm.Staff, f Filter) (out []Payment, err error) {
	if err := mayRead(actor); err != nil {
		return nil, err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	err = s.c.DB.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		flagged := 0
		if f.Flagged {
			flagged = 1
		}
		which, arg := ``, []any{string(tx.Tenant()), string(f.State), f.Provider, flagged, string(f.Before), min(f.Limit, 500)}
		if f.Due {
			which = isDue
		}
		if f.Number != "" {
			which += ` AND (reference=$7 OR voucher=$7 AND voucher<>'')`
			arg = append(arg, f.Number)
		}
		rows, err := tx.Query(ctx, `SELECT `+columns+` FROM payment p WHERE tenant_id=$1 AND ($2='' OR state=$2) AND ($3='' OR provider=$3) AND ($4=0 OR flag<>'') AND ($5='' OR id<$5)`+which+` ORDER BY id DESC LIMIT $6`, arg...)
		out, err = db.Collect(rows, err, func(r *sql.Rows) (Payment, error) { return s.scan(r) })
		return err
	})
	return out, err
}
