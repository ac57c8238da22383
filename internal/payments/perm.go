package payments

import (
	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

// A person may pay and see what he owes himself. A guest's payment belongs to
// whoever proves the draft, which the caller has checked: IDs are not secrets,
// but nobody learns one without the proof. Anything else does not exist.
func mayPay(c perm.Citizen, p Payment) error {
	if p.Person == "" || p.Person == c.Person {
		return nil
	}
	return errs.NotFound("payment", p.ID)
}

// The Kasse and the auditors see the payments of their authority. A right that
// holds in some units only is not enough: payments belong to no unit; who works
// on a case sees its payments there.
func mayRead(s perm.Staff) error {
	if s.Everywhere(perm.ReadPayments) {
		return nil
	}
	return errs.Forbidden("error.forbidden")
}

// Who closes a flag, or says what was received outside, answers for money of the
// whole authority: the right holds in all units or not at all.
func mayClear(s perm.Staff) error {
	if s.Everywhere(perm.ClearPayments) {
		return nil
	}
	return errs.Forbidden("error.forbidden")
}
