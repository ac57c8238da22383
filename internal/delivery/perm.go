package delivery

import (
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// mayResend: who holds perm.SendDelivery in the unit that answers for the case.
func mayResend(a perm.Staff, unit ident.UnitID) error {
	if a.MayIn(perm.SendDelivery, unit) {
		return nil
	}
	return errs.Forbidden("error.forbidden")
}

// mayList: who watches over the queues of the whole authority, and who may send
// again in all its units. A caseworker sees the parcels at his case.
func mayList(a perm.Staff) error {
	if a.Everywhere(perm.SendDelivery) || a.May(perm.ReadJobs) {
		return nil
	}
	return errs.Forbidden("error.forbidden")
}
