package cases

import (
	"crypto/sha256"
	"crypto/subtle"

	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

// Proof is what a guest shows instead of a sign-in: the secret of the link to
// the draft. Signed-in persons leave it empty. The one that comes with a Draft
// also carries the draft as it was opened: it is for the citizen who opened it
// and for the same request. A draft that was changed since is read again.
type Proof struct {
	Secret string
	found  *opened
}

func digest(s string) []byte {
	h := sha256.Sum256([]byte(s))
	return h[:]
}

// owns: a case belongs to the signed-in person who began it, or, while nobody
// is signed in to it, to whoever holds its secret. For everybody else it does
// not exist.
func owns(c perm.Citizen, p Proof, r *record) error {
	switch {
	case r.person != "":
		if c.Person == r.person {
			return nil
		}
	case len(r.secret) == sha256.Size && p.Secret != "":
		if subtle.ConstantTimeCompare(digest(p.Secret), r.secret) == 1 {
			return nil
		}
	}
	return errs.NotFound("case", r.id)
}

// reached: the answers are shown and changed only at the trust level that the
// form asks for, also when a draft is taken up again (TR-03172-3 A3.16.03).
func reached(c perm.Citizen, need perm.Level) error {
	if c.Level < need {
		return errs.Forbidden("case.level-needed")
	}
	return nil
}

// mayUse: owner, at the level, and the case is not erased.
func mayUse(c perm.Citizen, p Proof, r *record) error {
	if err := owns(c, p, r); err != nil {
		return err
	}
	return reached(c, r.need)
}

// mayRead: staff of the tenant with cases.read in the unit of the case and for its service, once
// the application was received. Else it does not exist for them.
func mayRead(s perm.Staff, r *record) error {
	if s.Tenant != r.tenant || !r.state.Received() || !s.MayAt(perm.ReadCases, r.unit, r.service) {
		return errs.NotFound("case", r.id)
	}
	return nil
}

// mayWork: who may read it and holds cases.work in the unit.
func mayWork(s perm.Staff, r *record) error { return mayWith(perm.WorkCases, s, r) }

func mayWith(right perm.Right, s perm.Staff, r *record) error {
	if err := mayRead(s, r); err != nil {
		return err
	}
	if !s.MayAt(right, r.unit, r.service) {
		return errs.Forbidden("error.forbidden")
	}
	return nil
}

// mayClaim: who may work, when nobody else holds the case. A lead (cases.assign)
// may take it from another.
func mayClaim(s perm.Staff, r *record) error {
	if err := mayWork(s, r); err != nil {
		return err
	}
	if r.holder != "" && r.holder != s.Staff && !s.MayAt(perm.AssignCases, r.unit, r.service) {
		return errs.Conflict("case.held-by-other")
	}
	return nil
}

// mayRelease: the holder, or a lead what another holds.
func mayRelease(s perm.Staff, r *record) error {
	if err := mayWork(s, r); err != nil {
		return err
	}
	if r.holder == "" {
		return errs.Conflict("case.not-in-state")
	}
	if r.holder != s.Staff && !s.MayAt(perm.AssignCases, r.unit, r.service) {
		return errs.Forbidden("error.forbidden")
	}
	return nil
}

// mayMove: the holder, or a lead, to any unit of the tenant.
func mayMove(s perm.Staff, r *record) error {
	if err := mayWork(s, r); err != nil {
		return err
	}
	if r.holder != s.Staff && !s.MayAt(perm.AssignCases, r.unit, r.service) {
		return errs.Forbidden("error.forbidden")
	}
	return nil
}

// mayAsk: who works on it and has claimed it.
func mayAsk(s perm.Staff, r *record) error {
	if err := mayWork(s, r); err != nil {
		return err
	}
	return holds(s, r)
}

// mayDecide: who holds cases.decide in the unit and has claimed the case.
func mayDecide(s perm.Staff, r *record) error {
	if err := mayWith(perm.DecideCases, s, r); err != nil {
		return err
	}
	return holds(s, r)
}

// mayClose: who may decide; a decided case need not be claimed to be closed.
func mayClose(s perm.Staff, r *record) error { return mayWith(perm.DecideCases, s, r) }

// maySend: who holds delivery.send in the unit and may read the case.
func maySend(s perm.Staff, r *record) error { return mayWith(perm.SendDelivery, s, r) }

func holds(s perm.Staff, r *record) error {
	if r.holder != s.Staff || s.Staff == "" {
		return errs.Conflict("case.claim-first")
	}
	return nil
}
