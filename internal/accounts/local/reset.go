package local

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/mail"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
)

// ResetAccess helps a member of staff who has lost his second factor and stands
// before an administrator: password, passkeys, one-time codes and recovery
// codes are void, all his sessions end, and his mailbox gets a link with which
// he sets a new password and then a new second factor. Without the mailbox
// nobody gets in, so the old password alone is worth nothing in between. Who
// may manage him may (Config.Managed). Errors: Forbidden, NotFound for a member
// who has made no access yet.
func (s *Service) ResetAccess(ctx context.Context, actor perm.Actor, t tenancy.Tenant, id ident.StaffID) error {
	return s.inRoom(ctx, Staff(t.Realm, t.ID), func(tx *db.Tx, r room) error {
		subject, err := s.c.Managed(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		a, err := r.byID(ctx, tx, AccountID(subject))
		if errors.Is(err, errNobody) {
			return errs.NotFound("access of staff", id)
		}
		if err != nil {
			return err
		}
		if a.holder == "" {
			a.holder = string(id)
		}
		if err := s.void(ctx, tx, r, a, mail.StaffReset); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "local.reset", Object: "staff:" + string(id)})
	})
}

// ResetPerson does the same for a citizen who has lost his second factor and
// every recovery code and shows his identity card: given and family are the
// names in it. Nothing of the account is shown; an address without account and
// names that are not the stated ones give the same answer. Nobody was ever
// identified for the account, so the card alone proves no ownership: the
// mailbox has to be there as well. Administrators of the realm
// (perm.AdministerAll) may. Errors: Forbidden, Invalid (mail, familienname).
func (s *Service) ResetPerson(ctx context.Context, actor perm.Staff, address, given, family pii.Text) error {
	if !actor.May(perm.AdministerAll) {
		return errs.Forbidden("error.forbidden")
	}
	x := Citizens(actor.Realm)
	r, err := s.room(x)
	if err != nil {
		return err
	}
	_, index, err := r.address(address)
	if err != nil {
		return err
	}
	var a account
	if err := s.c.DB.View(ctx, x.db(), func(tx *db.Tx) error {
		a, err = r.byMail(ctx, tx, index)
		return err
	}); err != nil && !errors.Is(err, errNobody) {
		return err
	}
	id, holder, known := a.id, a.holder, a.id != "" && a.names.are(given, family)
	err = s.c.DB.InTx(ctx, x.of(holder), func(tx *db.Tx) error {
		ev := audit.Event{Action: "local.reset", Object: "local:" + string(id)}
		if !known {
			ev.Outcome = "refused"
			return audit.Record(ctx, tx, actor, ev)
		}
		a, err := r.byID(ctx, tx, id)
		if err != nil {
			return err
		}
		if a.holder != holder {
			return errs.Conflict("error.changed-meanwhile")
		}
		if err := s.void(ctx, tx, r, a, mail.AccountReset); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, ev)
	})
	if err == nil && !known {
		err = errs.Invalid("local.form.wrong", errs.Field{Name: "familienname", Key: "local.reset.unknown"})
	}
	return err
}

// are compares stated names with those of a card, which may have more given
// names.
func (n Names) are(given, family pii.Text) bool {
	fold := func(p pii.Text) []string { return strings.Fields(strings.ToLower(norm.NFC.String(p.Reveal()))) }
	card := fold(given)
	for _, name := range fold(n.Given) {
		if !slices.Contains(card, name) {
			return false
		}
	}
	return slices.Equal(fold(n.Family), fold(family))
}

// void takes all means of sign-in from an account, ends its sessions, and sends
// its mailbox the link with which a new password is set.
func (s *Service) void(ctx context.Context, tx *db.Tx, r room, a account, t mail.Template) error {
	for _, table := range []string{"local_totp", "local_recovery_code", "local_passkey"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`, string(r.Realm), string(r.Tenant), string(a.id)); err != nil {
			return err
		}
	}
	if err := r.putPassword(ctx, tx, a.id, hashed{}); err != nil {
		return err
	}
	if err := s.end(ctx, tx, r, a, ""); err != nil {
		return err
	}
	_, index, err := r.address(a.mail)
	if err != nil {
		return err
	}
	secret, err := r.putLink(ctx, tx, link{ForRecover, a.id, index, a.mail, a.lang})
	if err != nil {
		return err
	}
	return r.queue(ctx, tx, t, a.mail, a.lang, r.site.link(PageRecover, secret))
}

// Access is how far a member of staff is with his access, as administrators see
// it. It holds no secret.
type Access struct {
	Mail pii.Text
	// Made says that he confirmed his address; else he is invited.
	Made bool
	// Until is the end of a living invitation.
	Until    time.Time
	Password bool
	App      bool
	Passkeys int
}

// Ready reports whether he can sign in: with two factors.
func (a Access) Ready() bool { return a.Passkeys > 0 || a.Password && a.App }

// Accesses lists the accesses of a tenant's staff and the living invitations,
// by subject. Staff with perm.GrantRoles may.
func (s *Service) Accesses(ctx context.Context, actor perm.Staff) (map[string]Access, error) {
	if !actor.May(perm.GrantRoles) {
		return nil, errs.Forbidden("error.forbidden")
	}
	out := map[string]Access{}
	err := s.lookIn(ctx, Staff(actor.Realm, actor.Tenant), func(tx *db.Tx, r room) error {
		rows, err := tx.Query(ctx, `SELECT account_id,mail,expires_at FROM local_link WHERE realm_id=$1 AND tenant_id=$2 AND purpose=$3 AND expires_at>$4 ORDER BY expires_at`, string(r.Realm), string(r.Tenant), string(ForRegister), db.Micros(tx.Now))
		_, err = db.Collect(rows, err, func(row *sql.Rows) (a Access, err error) {
			var id string
			var sealed []byte
			var until int64
			if err := row.Scan(&id, &sealed, &until); err != nil {
				return a, err
			}
			plain, err := r.key.Open(sealed, r.place("local_link", id, "mail"))
			if err != nil {
				return a, fmt.Errorf("invitation of %s: %w", id, err)
			}
			a.Mail, a.Until = pii.New(string(plain)), db.FromMicros(until)
			out[id] = a
			return a, nil
		})
		if err != nil {
			return err
		}
		rows, err = tx.Query(ctx, `SELECT id,mail,
			(SELECT count(*) FROM local_totp t WHERE t.realm_id=a.realm_id AND t.tenant_id=a.tenant_id AND t.account_id=a.id AND t.confirmed_at>0),
			(SELECT count(*) FROM local_passkey k WHERE k.realm_id=a.realm_id AND k.tenant_id=a.tenant_id AND k.account_id=a.id),
			length(password) FROM local_account a WHERE realm_id=$1 AND tenant_id=$2`, string(r.Realm), string(r.Tenant))
		_, err = db.Collect(rows, err, func(row *sql.Rows) (a Access, err error) {
			var id string
			var sealed []byte
			var totp, password int64
			if err := row.Scan(&id, &sealed, &totp, &a.Passkeys, &password); err != nil {
				return a, err
			}
			plain, err := r.key.Open(sealed, r.place("local_account", id, "mail"))
			if err != nil {
				return a, fmt.Errorf("address of local account %s: %w", id, err)
			}
			a.Mail, a.Made, a.App, a.Password = pii.New(string(plain)), true, totp > 0, password > 0
			out[id] = a
			return a, nil
		})
		return err
	})
	return out, err
}
