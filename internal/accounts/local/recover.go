package local

import (
	"context"
	"errors"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/mail"
	"stadttor/internal/pii"
)

// Recover sets a new password with a link from the mailbox and, where the owner
// has more than a password, a code: of the app or a recovery code. The link is
// used up, all sessions end, the mailbox is told. try as in Register. Errors:
// Invalid with fields (kennwort, code), *Pause after too many wrong codes,
// Forbidden "local.link.gone", Unavailable "local.busy".
func (s *Service) Recover(ctx context.Context, x Scope, secret, try string, code, password pii.Text) (next Next, err error) {
	r, err := s.room(x)
	if err != nil {
		return next, err
	}
	l, err := s.look(ctx, r, secret, ForRecover)
	if err != nil {
		return next, err
	}
	if err := CheckPassword(password, "kennwort", r.words(l.mail)...); err != nil {
		return next, err
	}
	h, err := s.hash.make(ctx, password)
	if err != nil {
		return next, err
	}
	var holder string
	if err := s.c.DB.View(ctx, x.db(), func(tx *db.Tx) error {
		a, err := r.peek(ctx, tx, l.account)
		holder = a.holder
		return err
	}); err != nil && !errors.Is(err, errNobody) {
		return next, err
	}
	wrong := false
	err = s.c.DB.InTx(ctx, x.of(holder), func(tx *db.Tx) error {
		next, wrong = Next{}, false
		l, err := r.findLink(ctx, tx, secret, ForRecover)
		if err != nil {
			return err
		}
		a, err := r.byID(ctx, tx, l.account)
		if errors.Is(err, errNobody) {
			return errLink
		}
		if err != nil {
			return err
		}
		means := MeansLink
		if a.strong() {
			if err := r.count(ctx, tx, byCode, string(a.id)); err != nil {
				return err
			}
			kind, err := r.useCode(ctx, tx, a, code)
			if err != nil {
				return err
			}
			if kind == codeNone {
				wrong = true
				return r.record(ctx, tx, a, audit.Event{Action: "local.recover", Outcome: "refused", Detail: "code"})
			}
			if err := r.forgive(ctx, tx, byCode, string(a.id), true); err != nil {
				return err
			}
			means = MeansPasswordCode
			if kind == codeSafe {
				means = MeansPasswordSafe
			}
		}
		if _, err := r.useLink(ctx, tx, secret, ForRecover); err != nil {
			return err
		}
		if err := r.putPassword(ctx, tx, a.id, h); err != nil {
			return err
		}
		if err := r.forgive(ctx, tx, byAccount, string(l.index), true); err != nil {
			return err
		}
		// Before the sessions' end takes the account's links and tries along.
		t, signIn, err := r.then(ctx, tx, try)
		if err != nil {
			return err
		}
		if a.holder != holder {
			return errs.Conflict("error.changed-meanwhile")
		}
		if err := s.end(ctx, tx, r, a, ""); err != nil {
			return err
		}
		if err := r.queue(ctx, tx, mail.AccountChanged, a.mail, a.lang, r.site.link(PageSecurity, "")); err != nil {
			return err
		}
		if err := r.record(ctx, tx, a, audit.Event{Action: "local.recover", Detail: means}); err != nil || !signIn {
			return err
		}
		if means == MeansLink {
			means = MeansPassword
		}
		if a, err = r.byID(ctx, tx, a.id); err != nil {
			return err
		}
		next, err = r.signed(ctx, tx, t, a, means, means != MeansPassword)
		return err
	})
	if err == nil && wrong {
		err = errCode
	}
	return next, err
}

// end ends the holder's sessions and every running try and link of the account.
func (s *Service) end(ctx context.Context, tx *db.Tx, r room, a account, but string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM local_try WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`, string(r.Realm), string(r.Tenant), string(a.id)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM local_link WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`, string(r.Realm), string(r.Tenant), string(a.id)); err != nil {
		return err
	}
	if a.holder == "" {
		return nil
	}
	return s.c.EndSessions(ctx, tx, r.Scope, a.holder, but)
}

// ChangePassword sets another password; one that is there must be typed too
// (ASVS 5.0 6.2.3). All other sessions end, the mailbox is told. try as in Register. Errors: Invalid
// with fields (bisher, kennwort), *Pause, Forbidden "local.fresh", NotFound,
// Unavailable.
func (s *Service) ChangePassword(ctx context.Context, h Holder, old, anew pii.Text) error {
	r, err := s.room(h.Scope)
	if err != nil {
		return err
	}
	var a account
	err = s.c.DB.InTx(ctx, h.Scope.db(), func(tx *db.Tx) error {
		if a, err = r.own(ctx, tx, h); err != nil || a.password.sum == nil {
			return err
		}
		return r.count(ctx, tx, byCode, string(a.id))
	})
	if err != nil {
		return err
	}
	var fields []errs.Field
	if err := CheckPassword(anew, "kennwort", append(r.words(a.mail), a.names.Given.Reveal(), a.names.Family.Reveal())...); err != nil {
		fields = errs.FieldsOf(err)
	}
	if a.password.sum != nil {
		right, err := s.hash.check(ctx, old, a.password)
		if err != nil {
			return err
		}
		if !right {
			fields = append([]errs.Field{{Name: "bisher", Key: "local.old.wrong"}}, fields...)
		}
	}
	if len(fields) > 0 {
		return errs.Invalid("local.form.wrong", fields...)
	}
	hash, err := s.hash.make(ctx, anew)
	if err != nil {
		return err
	}
	return s.changeOf(ctx, h, h.Scope.of(h.ID), func(tx *db.Tx, r room, now account) error {
		if string(now.stored) != string(a.stored) {
			return errs.Conflict("error.changed-meanwhile")
		}
		if err := r.putPassword(ctx, tx, a.id, hash); err != nil {
			return err
		}
		if err := r.forgive(ctx, tx, byCode, string(a.id), true); err != nil {
			return err
		}
		if err := s.end(ctx, tx, r, now, h.Session); err != nil {
			return err
		}
		return r.changed(ctx, tx, now, "password")
	})
}

// RemovePassword leaves passkeys as the only way in. Errors: Forbidden
// "local.fresh", "local.last" without a passkey.
func (s *Service) RemovePassword(ctx context.Context, h Holder) error {
	return s.change(ctx, h, func(tx *db.Tx, r room, a account) error {
		if a.password.sum == nil {
			return nil
		}
		if a.passkeys == 0 {
			return errs.Forbidden("local.last")
		}
		if err := r.putPassword(ctx, tx, a.id, hashed{}); err != nil {
			return err
		}
		return r.changed(ctx, tx, a, "password-off")
	})
}

// AskAddress begins to change the e-mail address: the new mailbox gets the link
// that confirms it, the old one is told. For an address that has an account the
// answer is the same and that mailbox is told. try as in Register. Errors: Invalid, *Pause,
// Forbidden "local.fresh".
func (s *Service) AskAddress(ctx context.Context, h Holder, v Visitor, ask Ask) error {
	r, err := s.room(h.Scope)
	if err != nil {
		return err
	}
	address, index, err := r.address(ask.Mail)
	if err != nil {
		return err
	}
	return s.change(ctx, h, func(tx *db.Tx, r room, a account) error {
		other, full, err := r.mailbox(ctx, tx, v, index)
		if err != nil || full {
			return err
		}
		l := link{ForAddress, a.id, index, address, language(ask.Lang)}
		template, page, to := mail.AccountAddress, PageAddress, address
		if other.id != "" && other.id != a.id {
			l.purpose, template, page, to = forNothing, mail.AccountKnown, PageForgot, other.mail
		}
		secret, err := r.putLink(ctx, tx, l)
		if err != nil {
			return err
		}
		if l.purpose == forNothing {
			secret = ""
		}
		if err := r.queue(ctx, tx, template, to, l.lang, r.site.link(page, secret)); err != nil {
			return err
		}
		return r.changed(ctx, tx, a, "address-asked")
	})
}

// ConfirmAddress uses the link up: from now on the new address signs in. The
// old mailbox is told. try as in Register. Errors: Forbidden "local.link.gone", also when the
// address has got an account meanwhile.
func (s *Service) ConfirmAddress(ctx context.Context, x Scope, secret string) error {
	return s.inRoom(ctx, x, func(tx *db.Tx, r room) error {
		l, err := r.useLink(ctx, tx, secret, ForAddress)
		if err != nil {
			return err
		}
		a, err := r.byID(ctx, tx, l.account)
		if errors.Is(err, errNobody) {
			return errLink
		}
		if err != nil {
			return err
		}
		other, err := r.byMail(ctx, tx, l.index)
		if err != nil && !errors.Is(err, errNobody) {
			return err
		}
		if other.id != "" && other.id != a.id {
			return errLink
		}
		if _, err := tx.Exec(ctx, `UPDATE local_account SET mail_index=$4, mail=$5 WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`,
			string(r.Realm), string(r.Tenant), string(a.id), l.index, r.key.Seal([]byte(l.mail.Reveal()), r.place("local_account", string(a.id), "mail"))); err != nil {
			return err
		}
		// Links that went to the old mailbox are void.
		if _, err := tx.Exec(ctx, `DELETE FROM local_link WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`, string(r.Realm), string(r.Tenant), string(a.id)); err != nil {
			return err
		}
		return r.changed(ctx, tx, a, "address")
	})
}
