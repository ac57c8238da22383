package relevance

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/search"
	"stadttor/internal/tenancy"
)

// Miss is something that visits asked in vain.
type Miss struct {
	ID         string // digest of the question
	Words      string
	Visits     int // that asked it
	Unanswered int // of these, got no hit at all
	Unclicked  int // got hits and chose none, nor found anything with their next words
	Hidden     bool
	Taught     bool // a synonym for exactly these words exists by now, live or as draft
}

// MissFilter narrows the list of misses. The zero value is everything that is
// kept and not hidden.
type MissFilter struct {
	Days   int    // only what was asked in the last so many days; 0: all that is kept
	Text   string // part of the words
	Hidden bool   // what editors hid instead of what they did not
}

// Misses lists what EnoughVisits asked in vain at a tenant, most often first.
// Editors of the tenant may; a realm has none of its own.
func (s *Service) Misses(ctx context.Context, actor perm.Actor, p tenancy.Layer, f MissFilter) (out []Miss, err error) {
	if err := mayEdit(actor, p); err != nil {
		return nil, err
	}
	err = s.c.DB.View(ctx, p.Scope(), func(tx *db.Tx) error {
		from := int64(0)
		if f.Days > 0 {
			from = dayOf(tx.Now) - int64(f.Days)
		}
		rows, err := tx.Query(ctx, `SELECT q.question, q.words, q.hidden, CAST(sum(c.asked) AS BIGINT), CAST(sum(c.unanswered) AS BIGINT), CAST(sum(c.unclicked) AS BIGINT)
			FROM relevance_question q JOIN relevance_count c ON c.tenant_id=q.tenant_id AND c.realm_id=q.realm_id AND c.question=q.question
			WHERE q.tenant_id=$1 AND q.realm_id=$2 AND c.day>$3 GROUP BY q.question, q.words, q.hidden`, string(p.TenantID()), string(p.Realm.ID), from)
		all, err := db.Collect(rows, err, func(r *sql.Rows) (m Miss, err error) {
			return m, r.Scan(&m.ID, &m.Words, &m.Hidden, &m.Visits, &m.Unanswered, &m.Unclicked)
		})
		if err != nil {
			return err
		}
		words, err := s.taughtWords(ctx, tx, p)
		if err != nil {
			return err
		}
		out = nil
		for _, m := range all {
			m.Unclicked = max(0, min(m.Unclicked, m.Visits-m.Unanswered))
			if m.Hidden != f.Hidden || m.failed() < EnoughVisits || !strings.Contains(m.Words, strings.ToLower(f.Text)) {
				continue
			}
			m.Taught = words[m.Words]
			out = append(out, m)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Miss) int {
		return cmp.Or(b.failed()-a.failed(), b.Unanswered-a.Unanswered, strings.Compare(a.Words, b.Words))
	})
	return out, err
}

func (m Miss) failed() int { return m.Unanswered + m.Unclicked }

// taughtWords are the words for which the layer or its realm has a synonym.
func (s *Service) taughtWords(ctx context.Context, tx *db.Tx, p tenancy.Layer) (map[string]bool, error) {
	out := map[string]bool{}
	add := func(rows []row) {
		for _, r := range rows {
			if words, ok := Question(r.seen().Word); ok {
				out[words] = true
			}
		}
	}
	rows, err := synonyms(ctx, tx, p)
	add(rows)
	if err == nil && p.Tenant != nil {
		rows, err = synonyms(ctx, tx, tenancy.Layer{Realm: p.Realm})
		add(rows)
	}
	return out, err
}

// Hide takes a question out of the list of misses, or puts it back. Editors of
// the tenant may. Errors: NotFound.
func (s *Service) Hide(ctx context.Context, actor perm.Actor, p tenancy.Layer, id string, hidden bool) error {
	if err := mayEdit(actor, p); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, p.Scope(), func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE relevance_question SET hidden=$4, updated_at=$5 WHERE tenant_id=$1 AND realm_id=$2 AND question=$3`, string(p.TenantID()), string(p.Realm.ID), id, hidden, db.Micros(tx.Now))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.NotFound("question", id)
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "search.hide", Object: "question:" + id, Detail: fmt.Sprintf("hidden=%t", hidden)})
	})
}

// Opinion is what visits thought of a hit for a question; the zero Hit is the
// whole list.
type Opinion struct {
	Words          string
	Hit            search.Key
	Helped, Failed int
}

// Opinions lists thumbs for questions that EnoughVisits asked, the worst first.
// Editors of the tenant may.
func (s *Service) Opinions(ctx context.Context, actor perm.Actor, p tenancy.Layer) (out []Opinion, err error) {
	if err := mayEdit(actor, p); err != nil {
		return nil, err
	}
	err = s.c.DB.View(ctx, p.Scope(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT q.words, v.kind, v.doc, v.helped, v.failed FROM relevance_vote v JOIN relevance_question q ON q.tenant_id=v.tenant_id AND q.realm_id=v.realm_id AND q.question=v.question
			WHERE v.tenant_id=$1 AND v.realm_id=$2`, string(p.TenantID()), string(p.Realm.ID))
		out, err = db.Collect(rows, err, func(r *sql.Rows) (o Opinion, err error) {
			return o, r.Scan(&o.Words, &o.Hit.Kind, &o.Hit.ID, &o.Helped, &o.Failed)
		})
		return err
	})
	slices.SortFunc(out, func(a, b Opinion) int {
		return cmp.Or((b.Failed-b.Helped)-(a.Failed-a.Helped), strings.Compare(a.Words, b.Words), strings.Compare(string(a.Hit.Kind)+a.Hit.ID, string(b.Hit.Kind)+b.Hit.ID))
	})
	return out, err
}
