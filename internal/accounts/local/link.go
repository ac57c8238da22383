package local

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/mail"
	"stadttor/internal/pii"
)

// Purpose of a link that was sent by mail.
type Purpose string

// The purposes.
const (
	ForRegister Purpose = "register" // confirm the address and make the account
	ForRecover  Purpose = "recover"  // set a new password
	ForAddress  Purpose = "address"  // confirm a new address
	forNothing  Purpose = "none"     // written for an address where nothing is to be done: same work
)

// lives of links. A link is opened by looking (mail servers do that too) and
// used up by sending its page.
var lives = map[Purpose]time.Duration{ForRegister: 24 * time.Hour, ForRecover: time.Hour, ForAddress: 24 * time.Hour, forNothing: 0}

// inviteLife is how long an invitation can be followed: over a weekend.
const inviteLife = 72 * time.Hour

func (r room) life(p Purpose) time.Duration {
	if r.Staff() && p == ForRegister {
		return inviteLife
	}
	return lives[p]
}

// errLink is the answer to every secret that opens no living link.
var errLink = errs.Forbidden("local.link.gone")

// link is a row.
type link struct {
	purpose Purpose
	account AccountID
	index   []byte
	mail    pii.Text
	lang    string
}

func (r room) putLink(ctx context.Context, tx *db.Tx, l link) (secret string, err error) {
	secret = ident.Secret()
	_, err = tx.Exec(ctx, `INSERT INTO local_link (realm_id,tenant_id,secret,purpose,account_id,mail_index,mail,lang,expires_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
		string(r.Realm), string(r.Tenant), digest(secret), string(l.purpose), string(l.account), l.index, r.key.Seal([]byte(l.mail.Reveal()), r.place("local_link", string(l.account), "mail")),
		l.lang, db.Micros(tx.Now.Add(r.life(l.purpose))))
	return secret, err
}

// findLink reads a living link of a purpose. Error: errLink.
func (r room) findLink(ctx context.Context, tx *db.Tx, secret string, p Purpose) (link, error) {
	return r.scanLink(tx, secret, p, func(d []byte) *sql.Row {
		return tx.QueryRow(ctx, `SELECT purpose,account_id,mail_index,mail,lang,expires_at FROM local_link WHERE realm_id=$1 AND tenant_id=$2 AND secret=$3`, string(r.Realm), string(r.Tenant), d)
	})
}

// useLink takes a living link of a purpose away. Error: errLink.
func (r room) useLink(ctx context.Context, tx *db.Tx, secret string, p Purpose) (link, error) {
	return r.scanLink(tx, secret, p, func(d []byte) *sql.Row {
		return tx.QueryRow(ctx, `DELETE FROM local_link WHERE realm_id=$1 AND tenant_id=$2 AND secret=$3 AND purpose=$4 RETURNING purpose,account_id,mail_index,mail,lang,expires_at`, string(r.Realm), string(r.Tenant), d, string(p))
	})
}

func (r room) scanLink(tx *db.Tx, secret string, p Purpose, query func(digest []byte) *sql.Row) (l link, err error) {
	if len(secret) != secretLength {
		return l, errLink
	}
	var sealed []byte
	var expires int64
	err = query(digest(secret)).Scan(&l.purpose, &l.account, &l.index, &sealed, &l.lang, &expires)
	if errors.Is(err, sql.ErrNoRows) || err == nil && (l.purpose != p || expires <= db.Micros(tx.Now)) {
		return l, errLink
	}
	if err != nil {
		return l, err
	}
	plain, err := r.key.Open(sealed, r.place("local_link", string(l.account), "mail"))
	if err != nil {
		return l, fmt.Errorf("link of local account %s: %w", l.account, err)
	}
	l.mail = pii.New(string(plain))
	return l, nil
}

// Link is what the page of a link needs to know.
type Link struct {
	Mail pii.Text
	Lang string
	// Code says that a second factor must be shown (ForRecover).
	Code bool
}

// Open looks at a link without using it up. Error: Forbidden "local.link.gone".
func (s *Service) Open(ctx context.Context, x Scope, p Purpose, secret string) (out Link, err error) {
	err = s.lookIn(ctx, x, func(tx *db.Tx, r room) error {
		l, err := r.findLink(ctx, tx, secret, p)
		if err != nil {
			return err
		}
		out = Link{Mail: l.mail, Lang: l.lang}
		if p != ForRecover {
			return nil
		}
		a, err := r.peek(ctx, tx, l.account)
		if errors.Is(err, errNobody) {
			return errLink
		}
		out.Code = a.strong()
		return err
	})
	return out, err
}

// Ask is a wish for a link by mail.
type Ask struct {
	Mail pii.Text
	Lang string
}

// AskRegister sends the link with which an account is made; to an address that
// has one it sends another mail that says so. The answer and the work are the
// same. Errors: Invalid for something that is no address, *Pause when too many
// mails were asked for from here, Forbidden for staff.
func (s *Service) AskRegister(ctx context.Context, x Scope, v Visitor, ask Ask) error {
	if x.Staff() {
		return errs.Forbidden("error.forbidden") // they are invited
	}
	return s.ask(ctx, x, v, ask, "local.ask-register", func(known bool) (Purpose, mail.Template, string) {
		if known {
			return forNothing, mail.AccountKnown, PageForgot
		}
		return ForRegister, mail.AccountConfirm, PageConfirm
	})
}

// AskRecover sends the link with which a new password is set; to an address
// without an account it sends another mail that says so. Otherwise as
// AskRegister.
func (s *Service) AskRecover(ctx context.Context, x Scope, v Visitor, ask Ask) error {
	return s.ask(ctx, x, v, ask, "local.ask-recover", func(known bool) (Purpose, mail.Template, string) {
		switch {
		case known:
			return ForRecover, mail.AccountRecover, PageRecover
		case x.Staff(): // they are invited, there is no page to register
			return forNothing, mail.StaffUnknown, PageStart
		}
		return forNothing, mail.AccountUnknown, PageRegister
	})
}

func (s *Service) ask(ctx context.Context, x Scope, v Visitor, ask Ask, action string, choose func(known bool) (Purpose, mail.Template, string)) error {
	r, err := s.room(x)
	if err != nil {
		return err
	}
	address, index, err := r.address(ask.Mail)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, x.db(), func(tx *db.Tx) error {
		a, full, err := r.mailbox(ctx, tx, v, index)
		if err != nil || full {
			return err
		}
		known := a.id != ""
		purpose, template, page := choose(known)
		l := link{purpose: purpose, account: a.id, index: index, mail: address, lang: language(ask.Lang)}
		if !known {
			l.account = ident.New[AccountID](tx.Now)
		}
		secret, err := r.putLink(ctx, tx, l)
		if err != nil {
			return err
		}
		to := address
		if known {
			to = a.mail // as its owner confirmed it, not as somebody typed it
		}
		if purpose == forNothing {
			secret = ""
		}
		if err := r.queue(ctx, tx, template, to, l.lang, r.site.link(page, secret)); err != nil {
			return err
		}
		return r.record(ctx, tx, a, audit.Event{Action: action})
	})
}

// mailbox counts a mail that a visitor asks for and finds whose address it goes
// to, the zero account for nobody's. full: it got enough and gets no more for a
// while; nobody is told.
func (r room) mailbox(ctx context.Context, tx *db.Tx, v Visitor, index []byte) (a account, full bool, err error) {
	if err := r.count(ctx, tx, byMailing, v.block()); err != nil {
		return a, false, err
	}
	if err := r.count(ctx, tx, byMailbox, string(index)); err != nil {
		_, full = PauseOf(err)
		if full {
			err = nil
		}
		return a, full, err
	}
	if a, err = r.byMail(ctx, tx, index); errors.Is(err, errNobody) {
		err = nil
	}
	return a, false, err
}

// then finds the running try (StagePassword) that a verb ends; ok is false for
// none.
func (r room) then(ctx context.Context, tx *db.Tx, secret string) (t try, ok bool, err error) {
	if secret == "" {
		return t, false, nil
	}
	t, err = r.getTry(ctx, tx, secret, StagePassword)
	return t, err == nil, err
}
