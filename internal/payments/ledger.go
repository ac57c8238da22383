package payments

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/perm"
)

// The accounts. What a provider holds for us is "zahlung:" and its name.
const (
	AccountClaim   = "forderung"  // what people owe
	AccountRevenue = "ertrag"     // what was charged
	AccountKeeping = "verwahrung" // money that belongs to no demand, to be given back
	AccountRefund  = "erstattung" // what was given back of a paid demand
	AccountOutside = "ausserhalb" // what the Kasse settled of the kept money outside of the platform
)

// AccountOf is the clearing account of a provider.
func AccountOf(provider string) string { return "zahlung:" + provider }

// Entry is one line of the ledger. Debit is positive. The entries of a booking
// sum to zero.
type Entry struct {
	Booking string
	Account string
	Amount  money.Amount
	Case    ident.CaseID
	Payment ident.PaymentID
	At      time.Time
}

type bookingKind string

const (
	bookDemand  bookingKind = "demand"
	bookDropped bookingKind = "dropped"
	bookPayment bookingKind = "payment"
	bookSurplus bookingKind = "surplus"
	bookRefund  bookingKind = "refund"
	bookSettled bookingKind = "settled"
)

// post writes a booking: amount from the credit account to the debit account.
// A booking of that name that is there already is an error (unique key).
func post(ctx context.Context, tx *db.Tx, p Payment, booking, debit, credit string, a money.Amount) error {
	_, err := tx.Exec(ctx, `INSERT INTO ledger_entry (tenant_id,booking,account,amount,demand_id,case_id,payment_id,at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8), ($1,$2,$9,$10,$5,$6,$7,$8)`,
		string(tx.Tenant()), booking, debit, int64(a), string(p.Demand), string(p.Case), string(p.ID), db.Micros(tx.Now), credit, -int64(a))
	if err != nil {
		return fmt.Errorf("booking %s: %w", booking, err)
	}
	return nil
}

// book posts what a verdict demands.
func book(ctx context.Context, tx *db.Tx, p Payment, kind bookingKind) error {
	name := string(kind) + ":" + string(p.ID)
	switch kind {
	case bookDemand:
		return post(ctx, tx, p, name, AccountClaim, AccountRevenue, p.Amount)
	case bookDropped:
		return post(ctx, tx, p, string(kind)+":"+string(p.Demand), AccountRevenue, AccountClaim, p.Amount)
	case bookPayment:
		return post(ctx, tx, p, name, AccountOf(p.Provider), AccountClaim, p.Amount)
	case bookSurplus:
		return post(ctx, tx, p, name, AccountOf(p.Provider), AccountKeeping, p.Amount)
	case bookSettled:
		return post(ctx, tx, p, name, AccountKeeping, AccountOutside, p.Returned)
	}
	return nil
}

// bookRefunded posts what was given back since the last report, out of the
// account that judge says; the total names it so that the same refund is never
// posted twice.
func bookRefunded(ctx context.Context, tx *db.Tx, p Payment, from string, a money.Amount) error {
	return post(ctx, tx, p, fmt.Sprintf("%s:%s:%d", bookRefund, p.ID, int64(p.Refunded)), from, AccountOf(p.Provider), a)
}

// dropped reports whether a demand was taken back.
func dropped(ctx context.Context, tx *db.Tx, demand ident.PaymentID) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM ledger_entry WHERE tenant_id=$1 AND booking=$2`, string(tx.Tenant()), string(bookDropped)+":"+string(demand)).Scan(&n)
	return n > 0, err
}

// Balance is what is still owed in a case: 0 when everything is paid or
// dropped. In the tenant's transaction of the caller, who has checked who may.
func (s *Service) Balance(ctx context.Context, tx *db.Tx, c ident.CaseID) (money.Amount, error) {
	var n int64
	err := tx.QueryRow(ctx, `SELECT coalesce(sum(amount),0) FROM ledger_entry WHERE tenant_id=$1 AND case_id=$2 AND account=$3`, string(tx.Tenant()), string(c), AccountClaim).Scan(&n)
	return money.Amount(n), err
}

// Entries lists the ledger of a case, oldest first; case "" for the whole
// tenant, at most limit. Staff with perm.ReadPayments in all units may.
func (s *Service) Entries(ctx context.Context, actor perm.Staff, c ident.CaseID, limit int) (out []Entry, err error) {
	if err := mayRead(actor); err != nil {
		return nil, err
	}
	err = s.c.DB.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT booking,account,amount,case_id,payment_id,at FROM ledger_entry WHERE tenant_id=$1 AND ($2='' OR case_id=$2) ORDER BY at,booking,account LIMIT $3`, string(tx.Tenant()), string(c), limit)
		out, err = db.Collect(rows, err, func(r *sql.Rows) (e Entry, err error) {
			var at int64
			err = r.Scan(&e.Booking, &e.Account, &e.Amount, &e.Case, &e.Payment, &at)
			e.At = db.FromMicros(at)
			return e, err
		})
		return err
	})
	return out, err
}
