package local

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/mail"
	"stadttor/internal/pii"
)

// Hand is the job that hands a mail from the realm's side to the tenant that
// sends it: one transaction has one scope, and mails belong to tenants.
type Hand struct {
	Mail string `json:"mail"`
}

// Kind implements jobs.Job.
func (Hand) Kind() string { return "local.Hand" }

// Key implements jobs.Job.
func (h Hand) Key() string { return h.Mail }

// Sweep is the periodic job that deletes what has expired.
type Sweep struct {
	Slot string `json:"slot"`
}

// Kind implements jobs.Job.
func (Sweep) Kind() string { return "local.Sweep" }

// Key implements jobs.Job.
func (s Sweep) Key() string { return s.Slot }

// Subscribe adds the jobs of this package.
func (s *Service) Subscribe(r *jobs.Runner) {
	jobs.Outside(r, "local", s.hand, s.drop)
	jobs.Inside(r, "local", s.sweep)
	r.Every("local.Sweep", sweepEvery, Sweep{}.Kind())
}

// message is what of a mail is sealed until it is handed over.
type message struct {
	To       string
	Template mail.Template
	Lang     string
	Link     string
}

// queue notes a mail in the caller's transaction.
func (r room) queue(ctx context.Context, tx *db.Tx, t mail.Template, to pii.Text, lang, link string) error {
	id := string(ident.New[ident.MessageID](tx.Now))
	b, err := json.Marshal(message{to.Reveal(), t, lang, link})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO local_mail (realm_id,tenant_id,id,message,created_at) VALUES ($1,$2,$3,$4,$5)`,
		string(r.Realm), string(r.Tenant), id, r.key.Seal(b, r.place("local_mail", id, "message")), db.Micros(tx.Now)); err != nil {
		return fmt.Errorf("noting mail %s: %w", t, err)
	}
	return jobs.Insert(ctx, tx, Hand{id})
}

// hand queues the mail with the tenant and forgets it here. A second run finds
// it queued already: the key is the same.
func (s *Service) hand(ctx context.Context, call jobs.Call, j Hand) error {
	r, err := s.room(Scope{call.Realm, call.Tenant})
	if err != nil {
		return err
	}
	var sealed []byte
	err = s.c.DB.View(ctx, r.db(), func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, `SELECT message FROM local_mail WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`, string(r.Realm), string(r.Tenant), j.Mail).Scan(&sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil || sealed == nil {
		return err
	}
	plain, err := r.key.Open(sealed, r.place("local_mail", j.Mail, "message"))
	if err != nil {
		return fmt.Errorf("mail %s: %w", j.Mail, err)
	}
	var m message
	if err := json.Unmarshal(plain, &m); err != nil {
		return fmt.Errorf("mail %s: %w", j.Mail, err)
	}
	err = s.c.DB.InTx(ctx, db.ForTenant(r.Realm, r.send), func(tx *db.Tx) error {
		err := s.c.Send(ctx, tx, mail.Message{Template: m.Template, To: pii.New(m.To), Lang: m.Lang, Link: pii.New(m.Link), Key: "local:" + j.Mail})
		if errs.Is(err, errs.KindInvalid) {
			return nil // an address that no longer counts as one: nobody to tell
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, r.db(), func(tx *db.Tx) error { return s.drop(ctx, tx, j, nil) })
}

// drop forgets a mail that was handed over or given up.
func (s *Service) drop(ctx context.Context, tx *db.Tx, j Hand, _ error) error {
	realm, tenant := tx.Walls()
	_, err := tx.Exec(ctx, `DELETE FROM local_mail WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`, string(realm), string(tenant), j.Mail)
	return err
}
