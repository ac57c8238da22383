package local

import (
	"context"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/pii"
)

// Register makes the account of a confirmed address with a password. The link
// is used up then. try is a running try that ends signed in, "" for none. Errors: Invalid with fields (vorname, familienname, kennwort),
// Forbidden "local.link.gone", Unavailable "local.busy".
func (s *Service) Register(ctx context.Context, x Scope, secret, try string, n Names, password pii.Text) (next Next, err error) {
	r, err := s.room(x)
	if err != nil {
		return next, err
	}
	l, err := s.look(ctx, r, secret, ForRegister)
	if err != nil {
		return next, err
	}
	n, fields := n.check()
	if err := CheckPassword(password, "kennwort", append(r.words(l.mail), n.Given.Reveal(), n.Family.Reveal())...); err != nil {
		fields = append(fields, errs.FieldsOf(err)...)
	}
	if len(fields) > 0 {
		return next, errs.Invalid("local.form.wrong", fields...)
	}
	h, err := s.hash.make(ctx, password)
	if err != nil {
		return next, err
	}
	err = s.c.DB.InTx(ctx, x.db(), func(tx *db.Tx) error {
		next, err = r.register(ctx, tx, secret, try, n, h, MeansPassword, nil)
		return err
	})
	return next, err
}

// register uses the link up and writes the account; extra adds what belongs to
// it (a passkey).
func (r room) register(ctx context.Context, tx *db.Tx, secret, try string, n Names, h hashed, means string, extra func(AccountID) error) (next Next, err error) {
	l, err := r.useLink(ctx, tx, secret, ForRegister)
	if err != nil {
		return next, err
	}
	if err := r.insert(ctx, tx, l.account, l.index, l.mail, n, h, l.lang); err != nil {
		return next, err
	}
	if extra != nil {
		if err := extra(l.account); err != nil {
			return next, err
		}
	}
	a, err := r.byID(ctx, tx, l.account)
	if err != nil {
		return next, err
	}
	if err := r.record(ctx, tx, a, audit.Event{Action: "local.register", Detail: means}); err != nil {
		return next, err
	}
	t, ok, err := r.then(ctx, tx, try)
	if err != nil || !ok {
		return next, err
	}
	if means == MeansPasskey { // with recovery codes to be read
		return r.move(ctx, tx, t, StageShown, a.id, means)
	}
	return r.signed(ctx, tx, t, a, means, false)
}

// look reads a link before work is done for it.
func (s *Service) look(ctx context.Context, r room, secret string, p Purpose) (l link, err error) {
	err = s.c.DB.View(ctx, r.db(), func(tx *db.Tx) error {
		l, err = r.findLink(ctx, tx, secret, p)
		return err
	})
	return l, err
}

// BeginRegisterPasskey starts to make an account with a passkey instead of a
// password. Error: Forbidden "local.link.gone".
func (s *Service) BeginRegisterPasskey(ctx context.Context, x Scope, secret string) (c Ceremony, err error) {
	err = s.inRoom(ctx, x, func(tx *db.Tx, r room) error {
		l, err := r.findLink(ctx, tx, secret, ForRegister)
		if err != nil {
			return err
		}
		c, err = r.challenge(ctx, tx, "register:"+string(l.account), l.account, l.mail)
		return err
	})
	return c, err
}

// RegisterPasskey makes the account of a confirmed address with a passkey; else
// as Register. codes are its recovery codes; the try goes on at StageShown.
func (s *Service) RegisterPasskey(ctx context.Context, x Scope, secret, try string, n Names, ceremony string, answer []byte, name pii.Text) (next Next, codes []pii.Text, err error) {
	r, err := s.room(x)
	if err != nil {
		return next, nil, err
	}
	n, fields := n.check()
	name, err = cleanPasskeyName(name)
	if fields = append(fields, errs.FieldsOf(err)...); len(fields) > 0 {
		return next, nil, errs.Invalid("local.form.wrong", fields...)
	}
	err = s.c.DB.InTx(ctx, x.db(), func(tx *db.Tx) error {
		l, err := r.findLink(ctx, tx, secret, ForRegister)
		if err != nil {
			return err
		}
		c, err := r.credential(ctx, tx, "register:"+string(l.account), ceremony, l.account, answer)
		if err != nil {
			return err
		}
		next, err = r.register(ctx, tx, secret, try, n, hashed{}, MeansPasskey, func(id AccountID) error {
			if err := r.putPasskey(ctx, tx, id, c, name); err != nil {
				return err
			}
			codes, err = r.newCodes(ctx, tx, id)
			return err
		})
		return err
	})
	return next, codes, err
}
