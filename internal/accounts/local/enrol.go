package local

import (
	"context"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/pii"
)

// BeginEnrol starts to set up one-time codes within a try at StageEnrol: staff
// without a second factor set one up before they are let in. Error: Forbidden
// "local.try.gone".
func (s *Service) BeginEnrol(ctx context.Context, x Scope, secret string) (out Enrolment, err error) {
	err = s.inRoom(ctx, x, func(tx *db.Tx, r room) error {
		_, a, err := r.enrolling(ctx, tx, secret)
		if err != nil {
			return err
		}
		if out, err = r.pendingTOTP(ctx, tx, a.id); errs.Is(err, errs.KindNotFound) {
			out, err = r.newTOTP(ctx, tx, a)
		}
		return err
	})
	return out, err
}

// ConfirmEnrol ends BeginEnrol with the first code of the app; with fresh
// recovery codes the try goes on at StageShown. Errors: Invalid for a wrong
// code, Forbidden "local.try.gone".
func (s *Service) ConfirmEnrol(ctx context.Context, x Scope, secret string, code pii.Text) (next Next, codes []pii.Text, err error) {
	err = s.inRoom(ctx, x, func(tx *db.Tx, r room) error {
		next, codes = Next{}, nil
		t, a, err := r.enrolling(ctx, tx, secret)
		if err != nil {
			return err
		}
		var ok bool
		if codes, ok, err = r.confirmTOTP(ctx, tx, a, code); err != nil {
			return err
		}
		if !ok {
			return errCode
		}
		if err := r.changed(ctx, tx, a, "totp-on"); err != nil {
			return err
		}
		next, err = r.enrolled(ctx, tx, t, a, codes, MeansPasswordCode)
		return err
	})
	return next, codes, err
}

// BeginEnrolPasskey starts to set up a passkey within a try at StageEnrol, in
// place of BeginEnrol. Error: Forbidden "local.try.gone".
func (s *Service) BeginEnrolPasskey(ctx context.Context, x Scope, secret string) (c Ceremony, err error) {
	err = s.inRoom(ctx, x, func(tx *db.Tx, r room) error {
		t, a, err := r.enrolling(ctx, tx, secret)
		if err != nil {
			return err
		}
		c, err = r.challenge(ctx, tx, "enrol:"+t.id, a.id, a.mail)
		return err
	})
	return c, err
}

// EnrolPasskey ends BeginEnrolPasskey with the browser's answer; with fresh
// recovery codes the try goes on at StageShown. Errors: as AddPasskey, Forbidden
// "local.try.gone".
func (s *Service) EnrolPasskey(ctx context.Context, x Scope, secret, ceremony string, answer []byte, name pii.Text) (next Next, codes []pii.Text, err error) {
	if name, err = cleanPasskeyName(name); err != nil {
		return next, nil, err
	}
	err = s.inRoom(ctx, x, func(tx *db.Tx, r room) error {
		next, codes = Next{}, nil
		t, a, err := r.enrolling(ctx, tx, secret)
		if err != nil {
			return err
		}
		if codes, err = r.addPasskey(ctx, tx, a, "enrol:"+t.id, ceremony, answer, name); err != nil {
			return err
		}
		next, err = r.enrolled(ctx, tx, t, a, codes, MeansPasskey)
		return err
	})
	return next, codes, err
}

// enrolling finds the try in which a second factor is set up, and whose.
func (r room) enrolling(ctx context.Context, tx *db.Tx, secret string) (t try, a account, err error) {
	if t, err = r.getTry(ctx, tx, secret, StageEnrol); err != nil {
		return t, a, err
	}
	a, err = r.byID(ctx, tx, t.account)
	return t, a, err
}

// enrolled goes on with the try once the second factor is there: fresh codes are
// shown first.
func (r room) enrolled(ctx context.Context, tx *db.Tx, t try, a account, codes []pii.Text, means string) (Next, error) {
	if len(codes) > 0 {
		return r.move(ctx, tx, t, StageShown, a.id, means)
	}
	return r.signed(ctx, tx, t, a, means, true)
}
