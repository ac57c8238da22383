package cases

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strings"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// PageSize is the number of cases on one page of the worklist.
const PageSize = 25

// Filter narrows the worklist. The zero value is all that is not closed, page 1.
type Filter struct {
	State     State        // "" for everything that is not closed
	Unit      ident.UnitID // "" for all units that one may read
	Mine      bool         // claimed by the asking person
	Unclaimed bool
	Form      string
	Text      string // a case number or its beginning
	Overdue   bool
	Tasks     bool // the program gave up on something
	Page      int  // from 1; 0 is 1
}

// Worklist is one page of cases, the oldest first.
type Worklist struct {
	Items []Entry
	Total int
	Page  int
	Pages int // at least 1
}

// Worklist lists the cases that the asking person may read (the same rule as for
// the single case, mayRead). Errors: Forbidden without cases.read anywhere.
func (s *Service) Worklist(ctx context.Context, actor perm.Staff, f Filter) (out Worklist, err error) {
	where, args, ok := readable(actor)
	if !ok {
		return out, errs.Forbidden("error.forbidden")
	}
	add := func(cond string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			cond = strings.Replace(cond, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where += " AND " + cond
	}
	if f.State != "" {
		add("r.state=?", string(f.State))
	} else {
		add("r.state<>'closed'")
	}
	if f.Unit != "" {
		add("r.unit_id=?", string(f.Unit))
	}
	if f.Mine {
		add("r.holder=?", string(actor.Staff))
	}
	if f.Unclaimed {
		add("r.holder=''")
	}
	if f.Form != "" {
		add("r.form=?", f.Form)
	}
	if f.Text != "" {
		// Signs that stand in no number, NUL and broken UTF-8 among them, are left out.
		text := strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return -1
			}
			return r
		}, strings.ToUpper(strings.TrimSpace(f.Text)))
		if n, err := ident.ParseNumber(text); err == nil {
			text = string(n)
		}
		add("substr(r.number,1,?)=?", len([]rune(text)), text)
	}
	if f.Overdue {
		add("r.state IN ('submitted','in_review','question') AND r.due_at<?", db.Micros(s.c.DB.Now()))
	}
	if f.Tasks {
		add("EXISTS (SELECT 1 FROM case_task t WHERE t.tenant_id=r.tenant_id AND t.case_id=r.id AND t.done_at=0)")
	}
	out.Page = max(1, f.Page)
	var rows []record
	var tasks []int
	err = s.c.DB.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		rows, tasks = nil, nil
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM case_record r WHERE `+where, args...).Scan(&out.Total); err != nil {
			return err
		}
		out.Pages = max(1, (out.Total+PageSize-1)/PageSize)
		out.Page = min(out.Page, out.Pages)
		list, err := tx.Query(ctx, `SELECT `+listColumns+`,(SELECT count(*) FROM case_task t WHERE t.tenant_id=r.tenant_id AND t.case_id=r.id AND t.done_at=0)
			FROM case_record r WHERE `+where+fmt.Sprintf(` ORDER BY r.submitted_at, r.id LIMIT %d OFFSET %d`, PageSize, (out.Page-1)*PageSize), args...)
		rows, err = db.Collect(list, err, func(row *sql.Rows) (record, error) {
			var n int
			r, err := scanListed(row, &n)
			tasks = append(tasks, n)
			return r, err
		})
		return err
	})
	if err != nil {
		return out, fmt.Errorf("reading the worklist: %w", err)
	}
	for i := range rows {
		e := rows[i].entry(s.c.DB.Now())
		a, err := s.applicantOf(&rows[i])
		e.Applicant, e.Tasks, e.Broken = pii.New(a.name()), tasks[i], err != nil
		out.Items = append(out.Items, e)
	}
	return out, nil
}

// readable is mayRead as a condition on rows.
func readable(actor perm.Staff) (where string, args []any, ok bool) {
	where, args = "r.tenant_id=$1 AND r.state NOT IN ('draft','awaiting_payment','expired')", []any{string(actor.Tenant)}
	reaches, all := actor.Reaches(perm.ReadCases)
	if all {
		return where, args, true
	}
	var some []string
	for _, x := range reaches {
		var both []string
		if x.Unit != "" {
			args = append(args, string(x.Unit))
			both = append(both, fmt.Sprintf("r.unit_id=$%d", len(args)))
		}
		if x.Service != "" {
			args = append(args, x.Service)
			both = append(both, fmt.Sprintf("r.service=$%d", len(args)))
		}
		some = append(some, strings.Join(both, " AND "))
	}
	if some == nil {
		return "", nil, false
	}
	return where + " AND (" + strings.Join(some, " OR ") + ")", args, true
}

// Case opens a case for staff of its unit; the reading is audited. Errors:
// NotFound.
func (s *Service) Case(ctx context.Context, actor perm.Staff, id ident.CaseID) (m Matter, err error) {
	var l loaded
	err = s.c.DB.InTx(ctx, actor.Scope(), func(tx *db.Tx) error {
		r, err := getRecord(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := mayRead(actor, &r); err != nil {
			return err
		}
		if l, err = s.load(ctx, tx, r); err != nil {
			return err
		}
		if err := s.loadDesk(ctx, tx, &l); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "case.read", Object: object(id)})
	})
	if err != nil {
		return m, err
	}
	c, k, err := s.openContent(l, true)
	if err != nil {
		return m, err
	}
	m = Matter{Content: c, Tasks: l.tasks, Deliveries: l.deliveries, May: deskActions(actor, &l.r)}
	m.Entry.Tasks = len(l.tasks)
	a, err := s.applicantOf(&l.r)
	if err != nil {
		return m, err
	}
	m.Applicant = pii.New(a.name())
	for _, line := range a.Address {
		m.Address = append(m.Address, pii.New(line))
	}
	for _, n := range l.notes {
		text, err := k.Open(n.text, textPlace(l.r.tenant, "case_note", n.ID))
		if err != nil {
			return m, fmt.Errorf("note %s: %w", n.ID, err)
		}
		n.Text = pii.New(string(text))
		m.Notes = append(m.Notes, n.Note)
	}
	return m, nil
}

// deskActions says which buttons staff see: right and state together.
func deskActions(a perm.Staff, r *record) Actions {
	live := r.erasedAt.IsZero()
	return Actions{
		Claim:   mayClaim(a, r) == nil && can(r.state, Clerk, EventClaim) && r.holder != a.Staff,
		Release: mayRelease(a, r) == nil && can(r.state, Clerk, EventRelease),
		Move:    mayMove(a, r) == nil && can(r.state, Clerk, EventMove),
		Note:    mayWork(a, r) == nil && live,
		Ask:     mayAsk(a, r) == nil && can(r.state, Clerk, EventAsk) && r.person != "",
		Resume:  mayAsk(a, r) == nil && can(r.state, Clerk, EventResume),
		Decide:  mayDecide(a, r) == nil && can(r.state, Clerk, EventApprove),
		Close:   mayClose(a, r) == nil && can(r.state, Clerk, EventClose) && live,
		Resend:  maySend(a, r) == nil && live,
	}
}

// Attachment opens a document of a case for staff of its unit; audited. The
// caller closes the reader and uses nothing of it before its end where a part
// would do harm. Errors: NotFound.
func (s *Service) Attachment(ctx context.Context, actor perm.Staff, id ident.CaseID, file ident.FileID) (Document, io.ReadCloser, error) {
	var r record
	var list []sealedDocument
	err := s.c.DB.InTx(ctx, actor.Scope(), func(tx *db.Tx) (err error) {
		if r, err = getRecord(ctx, tx, id); err != nil {
			return err
		}
		if err := mayRead(actor, &r); err != nil {
			return err
		}
		if list, err = listDocuments(ctx, tx, id); err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(d sealedDocument) bool { return d.ID == file }) {
			return errs.NotFound("file", id) // not the caller's words: what he asked for is not ours
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "case.read-file", Object: object(id), Detail: "file " + string(file)})
	})
	if err != nil {
		return Document{}, nil, err
	}
	return s.document(ctx, &r, list, file)
}
