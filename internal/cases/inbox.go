package cases

import (
	"context"
	"database/sql"
	"io"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
)

// Inbox (Postfach) is everything that a person has with all tenants of the realm.
type Inbox struct {
	Cases  []Entry // the last one changed first, at most 200
	Unread int     // messages not yet read
	Asked  int     // questions that wait for an answer
}

// Inbox lists a signed-in person's cases in all tenants of the realm, without
// their contents. Errors: Forbidden for guests.
func (s *Service) Inbox(ctx context.Context, c perm.Citizen) (in Inbox, err error) {
	if c.Guest() {
		return in, errs.Forbidden("case.level-needed")
	}
	now := s.c.DB.Now()
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		in = Inbox{}
		rows, err := tx.Query(ctx, `SELECT `+listColumns+`,(SELECT count(*) FROM case_message m WHERE m.person_id=$1 AND m.tenant_id=r.tenant_id AND m.case_id=r.id AND m.kind<>'reply' AND m.first_read_at=0)
			FROM case_record r WHERE r.person_id=$1 AND r.state NOT IN ('draft','expired') ORDER BY r.updated_at DESC, r.id LIMIT 200`, string(tx.Person()))
		in.Cases, err = db.Collect(rows, err, func(row *sql.Rows) (Entry, error) {
			var unread int
			r, err := scanListed(row, &unread)
			e := r.entry(now)
			e.Holder = "" // who works on it is the authority's business
			e.Unread, e.Asked = unread, r.state == StateQuestion
			in.Unread += unread
			if e.Asked {
				in.Asked++
			}
			return e, err
		})
		return err
	})
	return in, err
}

// Read opens an own case and records the first reading of what is new in it:
// with it a decision counts as called up (§ 9 OZG, § 41 VwVfG). Its owner may, at
// the trust level of the form; a guest with the secret of the draft sees state
// and receipt. Errors: NotFound, Forbidden "case.level-needed", Conflict
// "case.is-draft", "case.expired".
func (s *Service) Read(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID) (o Own, err error) {
	r, scope, err := s.view(ctx, c, p, id)
	if err != nil {
		return o, err
	}
	switch r.state {
	case StateDraft:
		return o, errs.Conflict("case.is-draft")
	case StateExpired:
		return o, errs.Conflict("case.expired")
	}
	var l loaded
	err = s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		l, err = s.load(ctx, tx, r)
		return err
	})
	if err != nil {
		return o, err
	}
	content, _, err := s.openContent(l, false)
	if err != nil {
		return o, err
	}
	if content.Unread > 0 {
		if err := s.firstReading(ctx, c, p, scope, &r); err != nil {
			return o, err
		}
	}
	content.Holder = ""
	for i := range content.Messages {
		if m := &content.Messages[i]; m.Kind != KindAnswer {
			m.Author = ""
		}
	}
	o = Own{Content: content, May: Actions{Reply: can(r.state, Applicant, EventReply) && r.person != "", Withdraw: can(r.state, Applicant, EventWithdraw)}}
	return o, nil
}

// firstReading marks what was not read before.
func (s *Service) firstReading(ctx context.Context, c perm.Citizen, p Proof, scope db.TenantScope, seen *record) error {
	return s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		r, err := lockRecord(ctx, tx, seen.id)
		if err != nil {
			return err
		}
		if err := mayUse(c, p, &r); err != nil {
			return err
		}
		var decisions int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM case_message WHERE tenant_id=$1 AND case_id=$2 AND kind='decision' AND first_read_at=0`, string(tx.Tenant()), string(r.id)).Scan(&decisions); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE case_message SET first_read_at=$3 WHERE tenant_id=$1 AND case_id=$2 AND kind<>'reply' AND first_read_at=0`, string(tx.Tenant()), string(r.id), db.Micros(tx.Now))
		if err != nil || n == 0 {
			return err
		}
		if decisions > 0 {
			if err := addEvent(ctx, tx, &r, c, EventReadDecision); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "case.first-reading", Object: object(r.id)})
	})
}

// Document opens a file of an own draft or case. Its owner may, at the trust
// level of the form. The caller closes the reader. Errors: NotFound, Forbidden.
func (s *Service) Document(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID, file ident.FileID) (Document, io.ReadCloser, error) {
	r, scope, err := s.view(ctx, c, p, id)
	if err != nil {
		return Document{}, nil, err
	}
	var list []sealedDocument
	if err := s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		list, err = listDocuments(ctx, tx, id)
		return err
	}); err != nil {
		return Document{}, nil, err
	}
	return s.document(ctx, &r, list, file)
}

// Withdraw takes an application back before it is decided. Its owner may. A
// payment that was not made is dropped; money that was paid is the Kasse's to
// give back. Errors: NotFound, Forbidden, Conflict.
func (s *Service) Withdraw(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID) error {
	return s.changeOwn(ctx, c, p, id, func(tx *db.Tx, r *record) error {
		from := r.state
		var err error
		if r.state, err = step(r.state, Applicant, EventWithdraw); err != nil {
			return err
		}
		r.eraseAt = after(tx.Now, days(r.days, 365))
		if err := putRecord(ctx, tx, r); err != nil {
			return err
		}
		if from == StateAwaitingPayment {
			if err := s.c.Payments.Drop(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := addEvent(ctx, tx, r, c, EventWithdraw); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, c, audit.Event{Action: "case.withdraw", Object: object(id), Detail: string(from) + ">" + string(r.state)}); err != nil {
			return err
		}
		return jobs.Insert(ctx, tx, Withdrawn{id})
	})
}
