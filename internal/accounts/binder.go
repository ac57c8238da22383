package accounts

import (
	"context"

	"stadttor/internal/db"
	"stadttor/internal/ident"
)

// Binder is a Method that keeps credentials itself and wants to know whose they
// are: it is told in the transaction that opens the session, so that there is
// no session of an unbound account. holder is the person (tx is in his
// PersonScope) or the member of staff (TenantScope), by a.Kind.
type Binder interface {
	Bound(ctx context.Context, tx *db.Tx, a Attempt, who Identity, holder string) error
}

func bind(ctx context.Context, tx *db.Tx, m Named, a Attempt, who Identity, holder string) error {
	if b, ok := m.Method.(Binder); ok {
		return b.Bound(ctx, tx, a, who, holder)
	}
	return nil
}

// EndOthers is EndAll but for the sign-in of the browser with this cookie of
// the account host, and the portal sessions that go by it.
func EndOthers(ctx context.Context, tx *db.Tx, but string) error {
	if !isSecret(but) {
		return EndAll(ctx, tx)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM account_session WHERE realm_id=$1 AND person_id=$2 AND id<>$3`, string(tx.Realm()), string(tx.Person()), digest(but)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM session WHERE person_id=$1 AND (sso IS NULL OR sso<>$2)`, string(tx.Person()), digest(but))
	return err
}

// EndStaff deletes the sessions of a member of the scope's staff but the one
// with this cookie, inside another verb.
func EndStaff(ctx context.Context, tx *db.Tx, id ident.StaffID, but string) error {
	_, err := tx.Exec(ctx, `DELETE FROM session WHERE tenant_id=$1 AND kind=$2 AND staff_id=$3 AND id<>$4`, string(tx.Tenant()), KindStaff, string(id), digest(but))
	return err
}
