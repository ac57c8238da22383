package mail

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// States of a mail.
const (
	Waiting = "waiting"
	Sent    = "sent"
	Dead    = "dead"
)

// KeepDays is how long a row is kept after its end, to answer "was I told?".
const KeepDays = 30

var system = perm.System{Name: "mail"}

// Config of a Service.
type Config struct {
	DB        *db.DB
	Directory *tenancy.Directory
	// Server sends; see NewServer. nil: mails wait until there is one.
	Server *Server
	// BaseURL gives the address of a tenant's portal from configuration,
	// without a slash at its end: "https://service.torhausen.example".
	BaseURL func(ident.TenantID) string
}

// Service is the feature.
type Service struct{ c Config }

// New makes the service.
func New(c Config) *Service { return &Service{c} }

// Message is a mail to queue.
type Message struct {
	Template Template
	To       pii.Text
	Lang     string // "de", "de-leicht", "en"; anything else is "de"
	// Link is an address of ours that the mail leads to instead of the template's
	// page; empty for that. It is sealed like the recipient: it may hold a
	// single-use secret, never anything about the person.
	Link pii.Text
	// Key names what the mail is about, by IDs, e.g. "cases.Decided:01h…": the
	// same key in a tenant is one mail. At most 200 bytes.
	Key string
}

// Due is the job that sends a mail.
type Due struct {
	Mail string `json:"mail"`
}

// Kind implements jobs.Job.
func (Due) Kind() string { return "mail.Due" }

// Key implements jobs.Job.
func (d Due) Key() string { return d.Mail }

// Sweep is the periodic job that deletes old rows.
type Sweep struct {
	Slot string `json:"slot"`
}

// Kind implements jobs.Job.
func (Sweep) Kind() string { return "mail.Sweep" }

// Key implements jobs.Job.
func (s Sweep) Key() string { return s.Slot }

// Register adds the jobs of this package.
func (s *Service) Register(r *jobs.Runner) {
	jobs.Outside(r, "mail", s.Send, s.GiveUp)
	jobs.Inside(r, "mail", s.sweep)
	r.Every("mail.Sweep", 24*time.Hour, Sweep{}.Kind())
}

// Queue notes, inside the caller's transaction, a mail of the scope's tenant
// and inserts its job. Error: Invalid for an address that is none or an unknown
// template; nothing is written then, and the caller goes on or not as it likes.
func (s *Service) Queue(ctx context.Context, tx *db.Tx, m Message) error {
	to, err := address(m.To.Reveal())
	if err != nil {
		return err
	}
	if !slices.Contains(Templates(), m.Template) || m.Key == "" || len(m.Key) > 200 {
		return errs.Invalid("mail.message-invalid")
	}
	if !slices.Contains(Languages(), m.Lang) {
		m.Lang = Languages()[0]
	}
	plain := to
	if !m.Link.Empty() {
		if plain += "\n" + m.Link.Reveal(); !validLink(m.Link.Reveal()) {
			return errs.Invalid("mail.message-invalid")
		}
	}
	id := ident.New[ident.MessageID](tx.Now)
	n, err := tx.Exec(ctx, `INSERT INTO mail (tenant_id,id,unique_key,template,lang,sealed,state,refused,failure,created_at,ended_at)
		VALUES ($1,$2,$3,$4,$5,$6,'waiting',$7,'',$8,0) ON CONFLICT (tenant_id,unique_key) DO NOTHING`,
		string(tx.Tenant()), string(id), m.Key, string(m.Template), m.Lang, s.c.Directory.Key(tx.Tenant()).Seal([]byte(plain), place(tx.Tenant(), string(id))), false, db.Micros(tx.Now))
	if err != nil {
		return fmt.Errorf("queueing mail %s: %w", m.Template, err)
	}
	if n == 0 {
		return nil
	}
	return jobs.Insert(ctx, tx, Due{string(id)})
}

// validLink reports whether a link can stand alone on a line of a mail.
func validLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && len(s) <= 500 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

func place(t ident.TenantID, id string) seal.Where {
	return seal.Where{Tenant: string(t), Table: "mail", Row: id, Column: "sealed"}
}

// Send is the job's Outside handler.
func (s *Service) Send(ctx context.Context, call jobs.Call, j Due) error {
	var x row
	if err := s.c.DB.View(ctx, call.Scope, func(tx *db.Tx) (err error) {
		x, err = get(ctx, tx, j.Mail)
		return err
	}); err != nil {
		return err
	}
	// Gone by the sweep, or a second run after a lost lease.
	if x.id == "" || x.state == Sent {
		return nil
	}
	// A server that refused for good is not asked again by the retries, only
	// when an administrator starts the job anew.
	if x.refused && call.Attempt > 1 {
		return errs.Unavailable(x.failure, fmt.Errorf("mail %s was refused for good", x.id))
	}
	sent, err := s.send(ctx, call.Tenant, x)
	failure, refused := "", false
	if !sent {
		failure, refused = errs.KeyOf(err), errors.Is(err, errRefused)
	}
	// What happened must be written even when the node is stopping.
	werr := s.c.DB.InTx(context.WithoutCancel(ctx), call.Scope, func(tx *db.Tx) error {
		if !sent {
			_, err := tx.Exec(ctx, `UPDATE mail SET state='waiting', ended_at=0, failure=$3, refused=$4 WHERE tenant_id=$1 AND id=$2 AND state<>'sent'`, string(tx.Tenant()), x.id, failure, refused)
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE mail SET state='sent', sealed=$3, failure='', refused=$4, ended_at=$5 WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), x.id, []byte{}, false, db.Micros(tx.Now)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, system, audit.Event{Action: "mail.send", Object: "mail:" + x.id, Detail: string(x.template)})
	})
	if sent {
		return werr
	}
	return errors.Join(err, werr)
}

// send composes and hands the mail to the server.
func (s *Service) send(ctx context.Context, t ident.TenantID, x row) (bool, error) {
	if s.c.Server == nil {
		return false, errs.Unavailable("mail.no-server", fmt.Errorf("mail %s waits for a mail server", x.id))
	}
	plain, err := s.c.Directory.Key(t).Open(x.sealed, place(t, x.id))
	if err != nil {
		return false, errs.Unavailable("mail.recipient", fmt.Errorf("recipient of mail %s: %w", x.id, err))
	}
	door, ok := s.c.Directory.DoorOf(t)
	if !ok {
		return false, errs.Unavailable("mail.no-portal", fmt.Errorf("tenant %s has no portal", t))
	}
	subject, body, err := text(x.template, x.lang)
	if err != nil {
		return false, err
	}
	to, link, given := strings.Cut(string(plain), "\n")
	if !given {
		link = s.c.BaseURL(t) + paths[x.template]
	}
	portal, authority := door.Portal.Look.Name, door.Tenant.Name
	return s.c.Server.deliver(ctx, letter{
		id: x.id, at: x.created, to: to, from: oneLine(portal), lang: x.lang,
		subject: fill(subject, portal, authority, link), body: fill(body, portal, authority, link),
	})
}

// GiveUp is the job's dead function: the mail is shown as dead.
func (s *Service) GiveUp(ctx context.Context, tx *db.Tx, j Due, cause error) error {
	n, err := tx.Exec(ctx, `UPDATE mail SET state='dead', failure=$3, ended_at=$4 WHERE tenant_id=$1 AND id=$2 AND state='waiting'`, string(tx.Tenant()), j.Mail, errs.KeyOf(cause), db.Micros(tx.Now))
	if err != nil || n == 0 {
		return err
	}
	return audit.Record(ctx, tx, system, audit.Event{Action: "mail.give-up", Object: "mail:" + j.Mail, Outcome: "failed", Detail: errs.KeyOf(cause)})
}

func (s *Service) sweep(ctx context.Context, tx *db.Tx, _ Sweep) error {
	_, err := tx.Exec(ctx, `DELETE FROM mail WHERE tenant_id=$1 AND ended_at>0 AND ended_at<$2`, string(tx.Tenant()), db.Micros(tx.Now.AddDate(0, 0, -KeepDays)))
	return err
}

// row is a mail as it is stored.
type row struct {
	id       string
	template Template
	lang     string
	sealed   []byte
	state    string
	refused  bool
	failure  string
	created  time.Time
}

func get(ctx context.Context, tx *db.Tx, id string) (x row, err error) {
	var created int64
	err = tx.QueryRow(ctx, `SELECT id,template,lang,sealed,state,refused,failure,created_at FROM mail WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), id).
		Scan(&x.id, &x.template, &x.lang, &x.sealed, &x.state, &x.refused, &x.failure, &created)
	x.created = db.FromMicros(created)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, nil
	}
	return x, err
}

// Status is a mail as administrators see it: never to whom.
type Status struct {
	ID        string
	Key       string
	Template  Template
	State     string
	Failure   string // text key
	CreatedAt time.Time
	EndedAt   time.Time
}

// List gives the tenant's mails in a state ("" for all), newest first. Staff
// with perm.ReadJobs may.
func (s *Service) List(ctx context.Context, actor perm.Staff, state string, limit int) (out []Status, err error) {
	if !actor.May(perm.ReadJobs) {
		return nil, errs.Forbidden("error.forbidden")
	}
	err = s.c.DB.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id,unique_key,template,state,failure,created_at,ended_at FROM mail WHERE tenant_id=$1 AND ($2='' OR state=$2) ORDER BY created_at DESC, id DESC LIMIT $3`, string(tx.Tenant()), state, limit)
		out, err = db.Collect(rows, err, func(r *sql.Rows) (x Status, err error) {
			var created, ended int64
			err = r.Scan(&x.ID, &x.Key, &x.Template, &x.State, &x.Failure, &created, &ended)
			x.CreatedAt, x.EndedAt = db.FromMicros(created), db.FromMicros(ended)
			return x, err
		})
		return err
	})
	return out, err
}
