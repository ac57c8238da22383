package cases

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/payments"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

// loaded is a case with its rows, still sealed: read in one transaction, opened
// after it.
type loaded struct {
	r          record
	messages   []sealedMessage
	notes      []sealedNote
	documents  []sealedDocument
	events     []Line
	tasks      []Task
	payments   []payments.Payment
	deliveries []delivery.Status
}

type sealedMessage struct {
	Message
	text []byte
}

type sealedNote struct {
	Note
	text []byte
}

func (s *Service) load(ctx context.Context, tx *db.Tx, r record) (l loaded, err error) {
	l.r = r
	if l.messages, err = listMessages(ctx, tx, r.id); err != nil {
		return l, err
	}
	if l.documents, err = listDocuments(ctx, tx, r.id); err != nil {
		return l, err
	}
	if l.events, err = listEvents(ctx, tx, r.id); err != nil {
		return l, err
	}
	l.payments, err = s.c.Payments.ForCase(ctx, tx, r.id)
	return l, err
}

func (s *Service) loadDesk(ctx context.Context, tx *db.Tx, l *loaded) (err error) {
	if l.notes, err = listNotes(ctx, tx, l.r.id); err != nil {
		return err
	}
	if l.tasks, err = listTasks(ctx, tx, l.r.id); err != nil {
		return err
	}
	l.deliveries, err = s.c.Delivery.ForCase(ctx, tx, l.r.id)
	return err
}

func listMessages(ctx context.Context, tx *db.Tx, id ident.CaseID) ([]sealedMessage, error) {
	rows, err := tx.Query(ctx, `SELECT id,kind,author,text,at,first_read_at FROM case_message WHERE tenant_id=$1 AND case_id=$2 ORDER BY at,id`, string(tx.Tenant()), string(id))
	return db.Collect(rows, err, func(r *sql.Rows) (m sealedMessage, err error) {
		var at, read int64
		err = r.Scan(&m.ID, &m.Kind, &m.Author, &m.text, &at, &read)
		m.At, m.ReadAt = db.FromMicros(at), db.FromMicros(read)
		return m, err
	})
}

func listNotes(ctx context.Context, tx *db.Tx, id ident.CaseID) ([]sealedNote, error) {
	rows, err := tx.Query(ctx, `SELECT id,author,text,at FROM case_note WHERE tenant_id=$1 AND case_id=$2 ORDER BY at,id`, string(tx.Tenant()), string(id))
	return db.Collect(rows, err, func(r *sql.Rows) (n sealedNote, err error) {
		var at int64
		err = r.Scan(&n.ID, &n.Author, &n.text, &at)
		n.At = db.FromMicros(at)
		return n, err
	})
}

func textPlace(t ident.TenantID, table string, id ident.MessageID) seal.Where {
	return seal.Where{Tenant: string(t), Table: table, Row: string(id), Column: "text"}
}

// addMessage writes what one side tells the other.
func addMessage(ctx context.Context, tx *db.Tx, r *record, k seal.Key, m Message, read time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO case_message (tenant_id,case_id,id,person_id,kind,author,text,at,first_read_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
		string(tx.Tenant()), string(r.id), string(m.ID), string(r.person), string(m.Kind), m.Author, k.Seal([]byte(m.Text.Reveal()), textPlace(r.tenant, "case_message", m.ID)), db.Micros(tx.Now), db.Micros(read))
	if err != nil {
		return fmt.Errorf("message of case %s: %w", r.id, err)
	}
	return nil
}

// entry is what a list shows; it opens the applicant's name only for staff.
func (r *record) entry(now time.Time) Entry {
	e := Entry{ID: r.id, Tenant: r.tenant, Number: r.number, Form: r.form, Service: r.service, Title: r.title, State: r.state, Unit: r.unit, Holder: r.holder,
		Need: r.need, Fee: r.fee, SubmittedAt: r.submittedAt, UpdatedAt: r.updatedAt, Erased: !r.erasedAt.IsZero()}
	if r.state.Open() {
		e.DueAt, e.Overdue = r.dueAt, r.dueAt.Before(now)
	}
	return e
}

func (s *Service) applicantOf(r *record) (a applicant, err error) {
	if len(r.sealedKey) == 0 {
		return a, nil
	}
	k, err := s.key(r)
	if err != nil {
		return a, err
	}
	return a, openJSON(k, r.applicant, r.place("applicant"), &a)
}

// content opens what both sides see. An erased case keeps number, state, hash
// and history.
func (s *Service) openContent(l loaded, staff bool) (c Content, k seal.Key, err error) {
	r := &l.r
	c = Content{Entry: r.entry(s.c.DB.Now()), Hash: hex.EncodeToString(r.hash), Level: r.level, Means: r.means, DecidedAt: r.decidedAt, EraseAt: r.eraseAt, Payments: l.payments, Version: r.version}
	c.History = tell(l.events, staff)
	if c.Erased || r.state == StateDraft || r.state == StateExpired {
		return c, k, nil
	}
	if k, err = s.key(r); err != nil {
		return c, k, err
	}
	var z frozen
	if err := openJSON(k, r.frozen, r.place("frozen"), &z); err != nil {
		return c, k, err
	}
	c.Sections, c.Lines, c.Next = z.Sections, z.Lines, z.Next
	if c.Behalf, err = readBehalf(z.Behalf); err != nil {
		return c, k, err
	}
	for _, d := range l.documents {
		doc, err := d.open(r, k)
		if err != nil {
			return c, k, err
		}
		c.Documents = append(c.Documents, doc)
	}
	for _, m := range l.messages {
		text, err := k.Open(m.text, textPlace(r.tenant, "case_message", m.ID))
		if err != nil {
			return c, k, fmt.Errorf("message %s: %w", m.ID, err)
		}
		m.Text = pii.New(string(text))
		for _, d := range c.Documents {
			if d.Message == m.ID {
				m.Files = append(m.Files, d)
			}
		}
		if m.Kind != KindAnswer && m.ReadAt.IsZero() {
			c.Unread++
		}
		c.Messages = append(c.Messages, m.Message)
	}
	c.Asked = r.state == StateQuestion
	return c, k, nil
}

// tell puts the history into plain words for one side.
func tell(events []Line, staff bool) (out []Line) {
	for _, e := range events {
		h := history[e.Event]
		if e.Text = h.applicant; staff {
			e.Text = h.staff
		} else if len(e.Actor) > 6 && e.Actor[:6] == "staff:" {
			e.Actor = ""
		}
		if e.Text != "" {
			out = append(out, e)
		}
	}
	return out
}

// Addressee finds whom to tell about a case, inside a listener's transaction. An
// erased case has nobody, nor one whose applicant has deleted the account: NotFound.
func (s *Service) Addressee(ctx context.Context, tx *db.Tx, id ident.CaseID) (Addressee, error) {
	r, err := getRecord(ctx, tx, id)
	if err != nil {
		return Addressee{}, err
	}
	if _, err := s.key(&r); err != nil {
		return Addressee{}, err
	}
	if r.person == "" && len(r.secret) == 0 {
		return Addressee{}, errs.NotFound("account of the applicant of case", id)
	}
	a, err := s.applicantOf(&r)
	return Addressee{Person: r.person, Mail: pii.New(a.Mail), Number: r.number}, err
}
