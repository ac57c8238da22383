package relevance

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"stadttor/internal/db"
	"stadttor/internal/jobs"
	"stadttor/internal/seal"
	"stadttor/internal/search"
	"stadttor/internal/tenancy"
)

const (
	// EnoughVisits is k: what fewer visits asked is no text anywhere and is shown
	// to nobody.
	EnoughVisits = 5
	// rareDays is how long something that too few asked is counted.
	rareDays = 30
	// keptDays is how long the counts of a day are kept.
	keptDays = 180
	// halfLife is after how many days a choice counts half for the ranking.
	halfLife = 30
	// mostRare bounds what one tenant counts without a text, in questions.
	mostRare = 50_000
)

// digest names a question in the tables without saying it: an HMAC under a key
// of the tenant, so that nobody who sees the database can try words out.
func digest(k seal.Key, words string) string {
	return hex.EncodeToString(k.Index("search question", words)[:16])
}

// faded is a weight after some days.
func faded(weight float64, days int64) float64 {
	return weight * math.Exp2(-float64(max(days, 0))/halfLife)
}

// Write adds to the tables what was counted since the last time. Only words
// that EnoughVisits asked by now are written; of others a digest is counted.
// Counts of a tenant whose database fails are lost: they are hints.
func (s *Service) Write(ctx context.Context) error {
	var failed error
	for at, t := range s.book.take(s.c.DB.Now()) {
		door, ok := s.c.Directory.DoorOf(at.tenant)
		if !ok {
			continue
		}
		key := s.c.Directory.Key(at.tenant)
		if err := s.c.DB.InTx(ctx, door.Tenant.Scope(), func(tx *db.Tx) error { return t.write(ctx, tx, key, door.Tenant) }); err != nil {
			failed = errors.Join(failed, fmt.Errorf("counts of %s: %w", at.tenant, err))
		}
	}
	return failed
}

func (t *tally) write(ctx context.Context, tx *db.Tx, key seal.Key, at tenancy.Tenant) error {
	day := dayOf(tx.Now)
	var rare int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM relevance_count WHERE tenant_id=$1 AND realm_id=$2`, string(at.ID), string(at.Realm)).Scan(&rare); err != nil {
		return err
	}
	for words, n := range t.questions {
		if rare++; rare > mostRare {
			break
		}
		if err := addCounts(ctx, tx, at, digest(key, words), words, day, *n); err != nil {
			return err
		}
	}
	for b, o := range t.votes {
		if _, err := tx.Exec(ctx, `INSERT INTO relevance_vote (tenant_id,realm_id,question,kind,doc,helped,failed,day) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)
			ON CONFLICT (tenant_id,realm_id,question,kind,doc) DO UPDATE SET helped=relevance_vote.helped+excluded.helped, failed=relevance_vote.failed+excluded.failed, day=excluded.day`,
			string(at.ID), string(at.Realm), digest(key, b.words), string(b.hit.Kind), b.hit.ID, o.helped, o.failed, day); err != nil {
			return err
		}
	}
	for hit, n := range t.clicks {
		if err := addClicks(ctx, tx, at, hit, day, n); err != nil {
			return err
		}
	}
	return nil
}

func addCounts(ctx context.Context, tx *db.Tx, at tenancy.Tenant, id, words string, day int64, n counts) error {
	_, err := tx.Exec(ctx, `INSERT INTO relevance_count (tenant_id,realm_id,question,day,asked,unanswered,unclicked) VALUES ($1,$2,$3,$4,$5,$6,$7)
		ON CONFLICT (tenant_id,realm_id,question,day) DO UPDATE SET asked=relevance_count.asked+excluded.asked, unanswered=relevance_count.unanswered+excluded.unanswered, unclicked=relevance_count.unclicked+excluded.unclicked`,
		string(at.ID), string(at.Realm), id, day, n.asked, n.unanswered, n.unclicked)
	if err != nil || n.asked == 0 {
		return err
	}
	var visits int
	if err := tx.QueryRow(ctx, `SELECT CAST(coalesce(sum(asked),0) AS BIGINT) FROM relevance_count WHERE tenant_id=$1 AND realm_id=$2 AND question=$3 AND day>$4`, string(at.ID), string(at.Realm), id, day-rareDays).Scan(&visits); err != nil {
		return err
	}
	if visits < EnoughVisits {
		return nil
	}
	_, err = tx.Exec(ctx, `INSERT INTO relevance_question (tenant_id,realm_id,question,words,hidden,updated_at) VALUES ($1,$2,$3,$4,$5,$6) ON CONFLICT (tenant_id,realm_id,question) DO NOTHING`,
		string(at.ID), string(at.Realm), id, words, false, db.Micros(tx.Now))
	return err
}

func addClicks(ctx context.Context, tx *db.Tx, at tenancy.Tenant, hit search.Key, day int64, n int) error {
	var weight, since int64
	err := tx.QueryRow(ctx, `SELECT weight,day FROM relevance_click WHERE tenant_id=$1 AND realm_id=$2 AND kind=$3 AND doc=$4`+tx.ForUpdate(), string(at.ID), string(at.Realm), string(hit.Kind), hit.ID).Scan(&weight, &since)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	weight = int64(faded(float64(weight), day-since)) + int64(n)*1000
	_, err = tx.Exec(ctx, `INSERT INTO relevance_click (tenant_id,realm_id,kind,doc,weight,day) VALUES ($1,$2,$3,$4,$5,$6)
		ON CONFLICT (tenant_id,realm_id,kind,doc) DO UPDATE SET weight=excluded.weight, day=excluded.day`, string(at.ID), string(at.Realm), string(hit.Kind), hit.ID, weight, day)
	return err
}

// ReadLikes reads what visitors chose, for tenants whose search was asked and
// whose figures are old.
func (s *Service) ReadLikes(ctx context.Context) error {
	now := s.c.DB.Now()
	s.mu.RLock()
	var due []layerKey
	for t, r := range s.seen {
		if l, ok := s.likes[t]; !ok || now.Sub(l.at) >= likesEvery {
			due = append(due, layerKey{r, t})
		}
	}
	s.mu.RUnlock()
	for _, at := range due {
		l := liked{at: now}
		err := s.c.DB.View(ctx, db.ForTenant(at.realm, at.tenant), func(tx *db.Tx) error {
			rows, err := tx.Query(ctx, `SELECT kind,doc,weight,day FROM relevance_click WHERE tenant_id=$1 AND realm_id=$2`, string(at.tenant), string(at.realm))
			_, err = db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
				var k search.Key
				var weight, day int64
				err = r.Scan(&k.Kind, &k.ID, &weight, &day)
				if w := faded(float64(weight)/1000, dayOf(now)-day); w >= 1 { // one visit is chance
					if l.clicks == nil {
						l.clicks = map[search.Key]float64{}
					}
					l.clicks[k] = w
				}
				return x, err
			})
			return err
		})
		if err != nil {
			return err
		}
		s.mu.Lock()
		if s.likes[at.tenant] = l; l.clicks != nil {
			delete(s.known, at.tenant)
		}
		s.mu.Unlock()
	}
	return nil
}

// Sweep is the daily job of each tenant (Service.Sweep).
type Sweep struct {
	Slot string `json:"slot"`
}

// Kind implements jobs.Job.
func (Sweep) Kind() string { return "relevance.Sweep" }

// Key implements jobs.Job.
func (e Sweep) Key() string { return e.Slot }

var _ jobs.Job = Sweep{}

// Sweep forgets in one tenant what is old: questions that too few asked within
// rareDays, counts after keptDays, and the words of what nobody asks any more.
func (s *Service) Sweep(ctx context.Context, tx *db.Tx, _ Sweep) error {
	realm, tenant := tx.Walls()
	day := dayOf(tx.Now)
	for _, x := range []struct {
		q    string
		args []any
	}{
		{`DELETE FROM relevance_count WHERE tenant_id=$1 AND realm_id=$2 AND day<=$3`, []any{day - keptDays}},
		{`DELETE FROM relevance_question WHERE tenant_id=$1 AND realm_id=$2 AND question NOT IN (SELECT question FROM relevance_count WHERE tenant_id=$1 AND realm_id=$2)`, nil},
		{`DELETE FROM relevance_count WHERE tenant_id=$1 AND realm_id=$2 AND day<=$3 AND question NOT IN (SELECT question FROM relevance_question WHERE tenant_id=$1 AND realm_id=$2)`, []any{day - rareDays}},
		{`DELETE FROM relevance_vote WHERE tenant_id=$1 AND realm_id=$2 AND (day<=$3 OR day<=$4 AND question NOT IN (SELECT question FROM relevance_question WHERE tenant_id=$1 AND realm_id=$2))`, []any{day - keptDays, day - rareDays}},
		{`DELETE FROM relevance_click WHERE tenant_id=$1 AND realm_id=$2 AND day<=$3`, []any{day - keptDays}},
	} {
		if _, err := tx.Exec(ctx, x.q, append([]any{string(tenant), string(realm)}, x.args...)...); err != nil {
			return fmt.Errorf("forgetting old questions: %w", err)
		}
	}
	return nil
}
