package accounts

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
)

// heldAttempt is what of a member of staff's attempt is sealed.
type heldAttempt struct {
	Back, Lang string
	Keep       []byte
}

// BeginStaff starts to sign a member of staff in, at the portal of his
// authority. back is the absolute address of the return page for the method;
// browser is the value of the sign-in cookie, "" for none: the one that is given
// back must be set. returnPath is a path of our own. Errors: NotFound for a
// method that is not offered here, Unavailable.
func (s *Service) BeginStaff(ctx context.Context, door tenancy.Door, browser, method, back, returnPath string) (b Begun, cookie string, err error) {
	m, err := s.staffMethod(ctx, door, method)
	if err != nil {
		return b, "", err
	}
	if !isSecret(browser) {
		browser = ident.Secret()
	}
	a := Attempt{Kind: KindStaff, Realm: door.Realm.ID, Tenant: door.Tenant.Slug, State: ident.Secret(), Back: back, Level: perm.LevelBasis, Lang: "de"}
	if b, err = m.Method.Begin(ctx, a); err != nil {
		return Begun{}, "", s.refusedAt(ctx, door, method, err)
	}
	if len(b.Keep) > MaxKeep {
		return Begun{}, "", fmt.Errorf("method %s keeps %d bytes", method, len(b.Keep))
	}
	held, err := json.Marshal(heldAttempt{a.Back, a.Lang, b.Keep})
	if err != nil {
		return Begun{}, "", err
	}
	keep := s.c.Directory.Key(door.Tenant.ID).Seal(held, attemptPlace(door.Tenant.ID, a.State, "keep"))
	err = s.c.DB.InTx(ctx, door.Tenant.Scope(), func(tx *db.Tx) error {
		return putAttempt(ctx, tx, a.State, browser, KindStaff, method, a.Level, returnPath, keep)
	})
	if err != nil {
		return Begun{}, "", fmt.Errorf("noting a sign-in: %w", err)
	}
	return b, browser, nil
}

// ParkStaff is Park for the staff of an authority.
func (s *Service) ParkStaff(ctx context.Context, door tenancy.Door, method, state string, form url.Values) error {
	b, err := parked(state, form)
	if err != nil {
		return s.refusedAt(ctx, door, method, err)
	}
	sealed := s.c.Directory.Key(door.Tenant.ID).Seal(b, attemptPlace(door.Tenant.ID, state, "answer"))
	err = s.c.DB.InTx(ctx, door.Tenant.Scope(), func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE login_attempt SET answer=$5 WHERE tenant_id=$1 AND id=$2 AND kind=$3 AND method=$4 AND answer IS NULL AND expires_at>$6`,
			string(tx.Tenant()), digest(state), KindStaff, method, sealed, db.Micros(tx.Now))
		if err == nil && n == 0 {
			err = errAttempt("unknown attempt")
		}
		return err
	})
	return s.refusedAt(ctx, door, method, err)
}

// FinishStaff ends an attempt: it asks the method who came back, finds the
// member of staff and opens a session with a new secret; old, the secret of the
// session before, opens nothing any more. Errors: Forbidden if the attempt is
// unknown, used, too old or another browser's, if the method refused, or for
// somebody who is no active member of staff here.
func (s *Service) FinishStaff(ctx context.Context, door tenancy.Door, browser, method, old string, back url.Values) (secret, returnPath string, err error) {
	secret, returnPath, err = s.finishStaff(ctx, door, browser, method, old, back)
	return secret, returnPath, s.refusedAt(ctx, door, method, err)
}

func (s *Service) finishStaff(ctx context.Context, door tenancy.Door, browser, method, old string, back url.Values) (secret, returnPath string, err error) {
	state := back.Get("state")
	if state == "" {
		state = back.Get("RelayState")
	}
	if !isSecret(state) || !isSecret(browser) {
		return "", "", errAttempt("no attempt")
	}
	var a attempt
	err = s.c.DB.InTx(ctx, door.Tenant.Scope(), func(tx *db.Tx) (err error) {
		a, err = takeAttempt(ctx, tx, state, browser, KindStaff, method)
		return err
	})
	if err != nil {
		return "", "", err
	}
	m, err := s.staffMethod(ctx, door, method)
	if err != nil {
		return "", "", err
	}
	key := s.c.Directory.Key(door.Tenant.ID)
	var held heldAttempt
	plain, err := key.Open(a.keep, attemptPlace(door.Tenant.ID, state, "keep"))
	if err == nil {
		err = json.Unmarshal(plain, &held)
	}
	if err == nil && len(a.answer) > 0 {
		if plain, err = key.Open(a.answer, attemptPlace(door.Tenant.ID, state, "answer")); err == nil {
			back = nil
			err = json.Unmarshal(plain, &back)
		}
	}
	if err != nil {
		return "", "", fmt.Errorf("what method %s kept: %w", method, err)
	}
	who, err := m.Method.Complete(ctx, Attempt{Kind: KindStaff, Realm: door.Realm.ID, Tenant: door.Tenant.Slug, State: state, Back: held.Back, Level: a.level, Lang: held.Lang, Keep: held.Keep}, back)
	if err == nil {
		err = check(&who, m, a.level)
	}
	if err != nil {
		return "", "", err
	}
	id, err := s.staffBySubject(ctx, door.Tenant, method, who.Subject) // a connection for staff has one issuer
	if err != nil {
		return "", "", err
	}
	secret = ident.Secret()
	actor := perm.Staff{Realm: door.Realm.ID, Tenant: door.Tenant.ID, Staff: id}
	err = s.c.DB.InTx(ctx, door.Tenant.Scope(), func(tx *db.Tx) error {
		// Whoever stops a method ends its sessions: none may come up behind it.
		if err := s.staffOffered(ctx, tx, door, method); err != nil {
			return err
		}
		// Nor behind a block or a leave that ends the sessions of this member: the
		// row is locked until this one is written.
		if err := s.nameStaff(ctx, tx, id, who.Profile.Name()); err != nil {
			return err
		}
		if isSecret(old) {
			if _, err := tx.Exec(ctx, `DELETE FROM session WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), digest(old)); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO session (tenant_id,id,kind,person_id,staff_id,level,means,method,handle,created_at,seen_at) VALUES ($1,$2,$3,'',$4,$5,$6,$7,$8,$9,$9)`,
			string(tx.Tenant()), digest(secret), KindStaff, string(id), int64(who.Level), who.Means, method, string(ident.New[ident.EntryID](tx.Now)), db.Micros(tx.Now)); err != nil {
			return err
		}
		if err := bind(ctx, tx, m, Attempt{Kind: KindStaff, Realm: door.Realm.ID, Tenant: door.Tenant.Slug}, who, string(id)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "session.open", Object: actor.Ref(), Detail: who.Means + " " + who.Level.String()})
	})
	return secret, a.returnPath, err
}

// nameStaff gives a member who was added without a name the one that he states,
// and locks him. Errors: Forbidden for one who is no longer active.
func (s *Service) nameStaff(ctx context.Context, tx *db.Tx, id ident.StaffID, name pii.Text) error {
	var sealed []byte
	err := tx.QueryRow(ctx, `SELECT name FROM staff WHERE tenant_id=$1 AND id=$2 AND active`+tx.ForUpdate(), string(tx.Tenant()), string(id)).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return errs.Forbidden("login.not-staff")
	}
	if err != nil {
		return err
	}
	if now, err := s.c.Directory.Key(tx.Tenant()).Open(sealed, namePlace(tx.Tenant(), id)); err != nil || len(now) > 0 || name.Empty() {
		return err
	}
	return s.renameStaff(ctx, tx, id, name)
}
