package local

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"stadttor/internal/accounts"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// Name of the connection: part of addresses and of what is known of people.
const Name = "lokal"

// Named is the connection as the host offers it: to the citizens of all realms,
// and to the staff of an authority that switched it on.
func (s *Service) Named() accounts.Named {
	return accounts.Named{Name: Name, Title: "E-Mail-Adresse und Passwort oder Passkey", Kind: "local", Method: s, Citizens: true, Staff: true, OptIn: true, MaxLevel: perm.LevelBasis}
}

var _ accounts.Method = (*Service)(nil)

// scopeOf is where an attempt's credentials lie. Error: NotFound.
func (s *Service) scopeOf(a accounts.Attempt) (Scope, error) {
	if a.Kind != accounts.KindStaff {
		return Citizens(a.Realm), nil
	}
	t, ok := s.c.Directory.TenantBySlug(a.Tenant)
	if !ok || t.Realm != a.Realm {
		return Scope{}, errs.NotFound("tenant", a.Tenant)
	}
	return Staff(t.Realm, t.ID), nil
}

// Begin implements accounts.Method: the browser goes to a page of our own on
// the host where the attempt began. Whatever level is wanted, it gives Basis:
// the host offers it no further (Named.MaxLevel) and refuses less than wanted.
func (s *Service) Begin(ctx context.Context, a accounts.Attempt) (b accounts.Begun, err error) {
	x, err := s.scopeOf(a)
	if err != nil {
		return b, err
	}
	err = s.inRoom(ctx, x, func(tx *db.Tx, r room) error {
		id, secret, err := r.putTry(ctx, tx, held{a.State, a.Back}, a.Tenant, language(a.Lang))
		b = accounts.Begun{Redirect: r.site.Path + PageSignIn + "?" + url.Values{"versuch": {secret}}.Encode(), Keep: []byte(id)}
		return err
	})
	return b, err
}

// Complete implements accounts.Method: the code in the address, which this
// package itself made a minute ago, says who signed in in this very attempt.
func (s *Service) Complete(ctx context.Context, a accounts.Attempt, back url.Values) (who accounts.Identity, err error) {
	x, err := s.scopeOf(a)
	if err != nil {
		return who, err
	}
	r, err := s.room(x)
	if err != nil {
		return who, err
	}
	if back.Get("abbruch") != "" {
		return who, accounts.Refused("login.broken-off", "broken off")
	}
	code := back.Get("code")
	if len(back["code"]) != 1 || len(code) != secretLength || !ident.Valid(ident.EntryID(a.Keep)) {
		return who, accounts.Refused("login.refused", "code")
	}
	refused := ""
	err = s.c.DB.InTx(ctx, x.db(), func(tx *db.Tx) error {
		refused = ""
		var id, means string
		var account AccountID
		var sealed []byte
		var expires int64
		err := tx.QueryRow(ctx, `DELETE FROM local_try WHERE realm_id=$1 AND tenant_id=$2 AND secret=$3 AND stage='done' RETURNING id,account_id,means,back,expires_at`,
			string(r.Realm), string(r.Tenant), digest(code)).Scan(&id, &account, &means, &sealed, &expires)
		if errors.Is(err, sql.ErrNoRows) {
			refused = "unknown code"
			return nil
		}
		if err != nil {
			return err
		}
		plain, err := r.key.Open(sealed, r.place("local_try", id, "back"))
		if err != nil {
			return fmt.Errorf("local try %s: %w", id, err)
		}
		var h held
		if err := json.Unmarshal(plain, &h); err != nil {
			return err
		}
		switch {
		case id != string(a.Keep) || h.State != a.State || h.Back != a.Back:
			refused = "code of another attempt"
			return nil
		case expires <= db.Micros(tx.Now):
			refused = "code too old"
			return nil
		}
		p, err := r.peek(ctx, tx, account)
		if errors.Is(err, errNobody) {
			refused = "account gone"
			return nil
		}
		if err != nil {
			return err
		}
		who = accounts.Identity{Subject: string(account), Level: perm.LevelBasis, Means: means, Profile: accounts.Profile{}}
		// Stated, not proved: the mailbox too, a person may write to another.
		who.Profile.Set(accounts.AttrGiven, accounts.Attribute{Value: p.names.Given})
		who.Profile.Set(accounts.AttrFamily, accounts.Attribute{Value: p.names.Family})
		who.Profile.Set(accounts.AttrMail, accounts.Attribute{Value: p.mail})
		return nil
	})
	if err != nil {
		return accounts.Identity{}, err
	}
	if refused != "" {
		return accounts.Identity{}, accounts.Refused("login.refused", refused)
	}
	return who, nil
}

// Bound notes whose account it is: the host found or made the person (for
// staff: knows the member) of an identity that Complete gave. It runs in the
// host's transaction, so that no session exists without it.
func (s *Service) Bound(ctx context.Context, tx *db.Tx, a accounts.Attempt, who accounts.Identity, holder string) error {
	x, err := s.scopeOf(a)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE local_account SET holder=$4 WHERE realm_id=$1 AND tenant_id=$2 AND id=$3 AND holder<>$4`, string(x.Realm), string(x.Tenant), who.Subject, holder)
	return err
}
