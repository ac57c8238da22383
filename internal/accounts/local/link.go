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

// errLink is the answer to every secret that opens no living link.
var errLink = errs.Forbidden("local.link.gone")

// link is a row.
type link struct {
	purpose Purpose
	account AccountID
	index   []byte
	mail    pii.Text
	portal  string
	lang    string
	try     string // the try from which it was asked for, '' for none
}

func (r room) putLink(ctx context.Context, tx *db.Tx, l link) (secret string, err error) {
	secret = ident.Secret()
	_, err = tx.Exec(ctx, `INSERT INTO local_link (realm_id,tenant_id,secret,purpose,account_id,mail_index,mail,portal,lang,try_id,expires_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`,
		string(r.Realm), string(r.Tenant), digest(secret), string(l.purpose), string(l.account), l.index, r.key.Seal([]byte(l.mail.Reveal()), r.place("local_link", string(l.account), "mail")),
		l.portal, l.lang, l.try, db.Micros(tx.Now.Add(lives[l.purpose])))
	return secret, err
}

// findLink reads a living link of a purpose. Error: errLink.
func (r room) findLink(ctx context.Context, tx *db.Tx, secret string, p Purpose) (link, error) {
	return r.scanLink(tx, secret, p, func(d []byte) *sql.Row {
		return tx.QueryRow(ctx, `SELECT purpose,account_id,mail_index,mail,portal,lang,try_id,expires_at FROM local_link WHERE realm_id=$1 AND tenant_id=$2 AND secret=$3`, string(r.Realm), string(r.Tenant), d)
	})
}

// useLink takes a living link of a purpose away. Error: errLink.
func (r room) useLink(ctx context.Context, tx *db.Tx, secret string, p Purpose) (link, error) {
	return r.scanLink(tx, secret, p, func(d []byte) *sql.Row {
		return tx.QueryRow(ctx, `DELETE FROM local_link WHERE realm_id=$1 AND tenant_id=$2 AND secret=$3 AND purpose=$4 RETURNING purpose,account_id,mail_index,mail,portal,lang,try_id,expires_at`, string(r.Realm), string(r.Tenant), d, string(p))
	})
}

func (r room) scanLink(tx *db.Tx, secret string, p Purpose, query func(digest []byte) *sql.Row) (l link, err error) {
	if len(secret) != secretLength {
		return l, errLink
	}
	var sealed []byte
	var expires int64
	err = query(digest(secret)).Scan(&l.purpose, &l.account, &l.index, &sealed, &l.portal, &l.lang, &l.try, &expires)
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
	Mail   pii.Text
	Portal string // slug of the tenant where it was asked for, "" for none
	Lang   string
	// Code says that a second factor must be shown (ForRecover).
	Code bool
	// Resume says that the try from which it was asked for still waits: Then.Resume
	// goes on with it, in the browser where it began.
	Resume bool
}

// Open looks at a link without using it up. Error: Forbidden "local.link.gone".
func (s *Service) Open(ctx context.Context, x Scope, p Purpose, secret string) (out Link, err error) {
	r, err := s.room(x)
	if err != nil {
		return out, err
	}
	err = s.c.DB.View(ctx, x.db(), func(tx *db.Tx) error {
		l, err := r.findLink(ctx, tx, secret, p)
		if err != nil {
			return err
		}
		out = Link{Mail: l.mail, Portal: l.portal, Lang: l.lang}
		switch _, err := r.tryOf(ctx, tx, l, ""); {
		case err == nil:
			out.Resume = true
		case !errors.Is(err, errTry):
			return err
		}
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
	Mail   pii.Text
	Portal string // slug of the tenant one came from
	Lang   string
	Try    string // secret of the running try at whose page it was asked for, "" for none
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
		if known {
			return ForRecover, mail.AccountRecover, PageRecover
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
		if err := r.count(ctx, tx, byMailing, v.block()); err != nil {
			return err
		}
		// A mailbox that got enough gets no more for a while; nobody is told.
		full := r.count(ctx, tx, byMailbox, string(index))
		if _, paused := PauseOf(full); paused {
			return nil
		} else if full != nil {
			return full
		}
		a, err := r.byMail(ctx, tx, index)
		if err != nil && !errors.Is(err, errNobody) {
			return err
		}
		known := a.id != ""
		purpose, template, page := choose(known)
		l := link{purpose: purpose, account: a.id, index: index, mail: address, portal: ask.Portal, lang: language(ask.Lang)}
		if t, err := r.findTry(ctx, tx, ask.Try, "", StagePassword); err == nil {
			l.try, l.portal = t.id, t.portal
		} else if !errors.Is(err, errTry) {
			return err
		}
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

// Then says how a verb goes on that ends with a known person.
type Then struct {
	// Try is a running try that ends signed in.
	Try string
	// Resume goes on with the try from which the link was asked for instead. The
	// host takes its answer from the browser where it began, only.
	Resume bool
}

// tryOf finds the try of a link that still waits for a password. Error: errTry.
func (r room) tryOf(ctx context.Context, tx *db.Tx, l link, lock string) (try, error) {
	if l.try == "" {
		return try{}, errTry
	}
	return r.scanTry(tx, tx.QueryRow(ctx, `SELECT `+tryColumns+` FROM local_try WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`+lock, string(r.Realm), string(r.Tenant), l.try), StagePassword)
}

// then finds the try that a verb ends; ok is false for none.
func (r room) then(ctx context.Context, tx *db.Tx, l link, then Then) (t try, ok bool, err error) {
	switch {
	case then.Resume:
		t, err = r.tryOf(ctx, tx, l, tx.ForUpdate())
	case then.Try != "":
		t, err = r.getTry(ctx, tx, then.Try, StagePassword)
	default:
		return t, false, nil
	}
	return t, err == nil, err
}
