package isolation

import (
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/payments"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// inKasse: who reads payments in all units of the authority; payments belong to
// no unit.
func inKasse(a *Actor, o *Object) bool {
	return colleague(a, o) && a.mayIn(perm.ReadPayments, "")
}

var kasseOf = paymentOf.seenBy(inKasse)

// till is somebody of an object's own Kasse.
func till(o *Object) perm.Staff {
	return perm.Staff{Realm: o.Tenant.Realm, Tenant: o.Tenant.ID, Staff: "kasse", Grants: []perm.Grant{{Role: perm.Treasurer}}}
}

// receive has the Kasse confirm that an object was paid at its counter.
func (w *Town) receive(o *Object) {
	w.t.Helper()
	ctx := w.t.Context()
	var id ident.PaymentID
	w.must(w.DB.View(ctx, o.Tenant.Scope(), func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT id FROM payment WHERE tenant_id=$1 AND case_id=$2`, string(o.Tenant.ID), string(o.Case)).Scan(&id)
	}))
	_, err := w.Payments.Receive(ctx, till(o), id, payments.Inpayment{Way: payments.WayCash, Amount: o.Fee, Day: clock.Date(w.Clock.Now()), Voucher: "Q-1", Note: pii.New("Schalter: " + o.word(cash))})
	w.must(err)
}

// doubt has the Kasse look at an object's payment and note something, and
// leaves it flagged anew.
func (w *Town) doubt(o *Object) {
	w.t.Helper()
	ctx := w.t.Context()
	var id ident.PaymentID
	flag := func(f payments.Flag, number int) {
		w.must(w.DB.InTx(ctx, o.Tenant.Scope(), func(tx *db.Tx) error {
			if err := tx.QueryRow(ctx, `SELECT id FROM payment WHERE tenant_id=$1 AND case_id=$2`, string(o.Tenant.ID), string(o.Case)).Scan(&id); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE payment SET flag=$3, flag_no=$4 WHERE tenant_id=$1 AND case_id=$2`, string(o.Tenant.ID), string(o.Case), string(f), number)
			return err
		}))
	}
	flag(payments.FlagRefund, 1)
	w.must(w.Payments.Clear(ctx, till(o), id, payments.Clearing{Flag: payments.FlagRefund, Number: 1, Reason: payments.ReasonRefund, Note: pii.New("Kasse: " + o.word(cash))}))
	flag(payments.FlagAmount, 2)
}
