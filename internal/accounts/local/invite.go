package local

import (
	"context"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/mail"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
)

// Invitation of somebody who shall work for an authority.
type Invitation struct {
	Mail pii.Text
	Lang string // of the mail: "de", "de-leicht", "en"; anything else is "de"
	// Name as colleagues see it; empty: the one that he states himself is taken
	// at his first sign-in.
	Name   pii.Text
	Grants []perm.Grant // his roles from his first sign-in on
	// ByHand queues no mail: the operator hands Invited.Link over himself.
	ByHand bool
}

// Invited is what became of an Invitation.
type Invited struct {
	Staff   ident.StaffID // the member: he exists from now on, with his roles
	Account AccountID     // of his access, which he makes by the link
	// Link is the page with the one-time secret, good for 72 hours. Only the
	// operator gets it (empty for staff): whoever has it is that member.
	Link pii.Text
}

// Invite adds a member to a tenant's staff and sends him the link with which he
// makes his access: names, password or passkey, second factor. The operator
// (perm.System) may, also where the method is not switched on yet for the
// tenant's staff (it is thereby, unless it was stopped). Staff may give what they could give by
// accounts.SaveStaff. Member, roles, link, mail and audit are one transaction.
// Errors: Invalid for the address or a role, Forbidden, Conflict when the
// address has an access here (local.mail.taken) or was just invited
// (local.mail.invited), or the method is not switched on (roles.method-off).
func (s *Service) Invite(ctx context.Context, actor perm.Actor, t tenancy.Tenant, in Invitation) (Invited, error) {
	return s.invited(ctx, actor, t, in, "", func(tx *db.Tx, r room, index []byte) (out Invited, err error) {
		out.Account = ident.New[AccountID](tx.Now)
		if out.Staff, err = s.c.AddStaff(ctx, tx, actor, string(out.Account), in.Name, in.Grants); err != nil {
			return out, err
		}
		if err := taken(r.byMail(ctx, tx, index)); err != nil {
			return out, err
		}
		var living int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM local_link WHERE realm_id=$1 AND tenant_id=$2 AND purpose=$3 AND mail_index=$4 AND expires_at>$5`,
			string(r.Realm), string(r.Tenant), string(ForRegister), index, db.Micros(tx.Now)).Scan(&living); err != nil {
			return out, err
		}
		if living > 0 {
			return out, errs.Conflict("local.mail.invited")
		}
		return out, nil
	})
}

// InviteAgain sends a member who has not made his access yet another link, to
// the address given; the one before is void. Who may manage him may
// (Config.Managed). The operator gets the link. Errors: Invalid, Forbidden,
// NotFound for a member of another method, Conflict when he has his access or
// the address is somebody else's (local.mail.taken).
func (s *Service) InviteAgain(ctx context.Context, actor perm.Actor, t tenancy.Tenant, id ident.StaffID, in Invitation) (Invited, error) {
	return s.invited(ctx, actor, t, in, "again", func(tx *db.Tx, r room, index []byte) (Invited, error) {
		subject, err := s.c.Managed(ctx, tx, actor, id)
		if err != nil {
			return Invited{}, err
		}
		out := Invited{Staff: id, Account: AccountID(subject)}
		if err := taken(r.peek(ctx, tx, out.Account)); err != nil {
			return out, err
		}
		if err := taken(r.byMail(ctx, tx, index)); err != nil {
			return out, err
		}
		_, err = tx.Exec(ctx, `DELETE FROM local_link WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3`, string(r.Realm), string(r.Tenant), subject)
		return out, err
	})
}

// invited sends the link to whom the verb names: member and account.
func (s *Service) invited(ctx context.Context, actor perm.Actor, t tenancy.Tenant, in Invitation, detail string, whom func(tx *db.Tx, r room, index []byte) (Invited, error)) (out Invited, err error) {
	_, operator := actor.(perm.System)
	if in.ByHand && !operator {
		return out, errs.Forbidden("error.forbidden")
	}
	x := Staff(t.Realm, t.ID)
	r, err := s.room(x)
	if err != nil {
		return out, err
	}
	address, index, err := r.address(in.Mail)
	if err != nil {
		return out, err
	}
	err = s.c.DB.InTx(ctx, x.db(), func(tx *db.Tx) error {
		if out, err = whom(tx, r, index); err != nil {
			return err
		}
		link, err := r.invite(ctx, tx, link{ForRegister, out.Account, index, address, language(in.Lang)}, in.ByHand)
		if err != nil {
			return err
		}
		if operator {
			out.Link = link
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "local.invite", Object: "local:" + string(out.Account), Detail: detail})
	})
	if err != nil {
		return Invited{}, err
	}
	return out, nil
}

// taken turns an account that was found into the refusal of its address.
func taken(_ account, err error) error {
	if err == nil {
		return errs.Conflict("local.mail.taken")
	}
	if errs.Is(err, errs.KindNotFound) {
		return nil
	}
	return err
}

// invite notes a link and the mail that brings it.
func (r room) invite(ctx context.Context, tx *db.Tx, l link, byHand bool) (pii.Text, error) {
	secret, err := r.putLink(ctx, tx, l)
	if err != nil {
		return pii.Text{}, err
	}
	page := r.site.link(PageConfirm, secret)
	if byHand {
		return pii.New(page), nil
	}
	return pii.New(page), r.queue(ctx, tx, mail.StaffInvite, l.mail, l.lang, page)
}
