package relevance

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/search"
	"stadttor/internal/tenancy"
)

// JudgementID names a judgement within its place.
type JudgementID string

// Bounds of judgements. They are asked twice in one request.
const (
	MaxJudgements    = 500 // of one layer
	maxExpectedRunes = 400
)

// Judgement (Prüffrage) is a query with what should answer it: titles of
// services or parts of them, as search.Pair has them.
type Judgement struct {
	ID       JudgementID
	Words    string
	Expected []string
}

func checkJudgement(j Judgement) (Judgement, error) {
	j.Words = clean(j.Words)
	var want []string
	for _, w := range j.Expected {
		if w = clean(strings.ReplaceAll(w, "|", " ")); w != "" {
			want = append(want, w)
		}
	}
	j.Expected = want
	var wrong []errs.Field
	switch n := utf8.RuneCountInString(j.Words); {
	case n == 0:
		wrong = append(wrong, errs.Field{Name: "frage", Key: "relevance.question-missing"})
	case n > MaxWordRunes:
		wrong = append(wrong, errs.Field{Name: "frage", Key: "relevance.word-long", Args: []any{MaxWordRunes}})
	}
	switch {
	case len(want) == 0:
		wrong = append(wrong, errs.Field{Name: "erwartet", Key: "relevance.expected-missing"})
	case utf8.RuneCountInString(strings.Join(want, "|")) > maxExpectedRunes:
		wrong = append(wrong, errs.Field{Name: "erwartet", Key: "relevance.target-long", Args: []any{maxExpectedRunes}})
	}
	if len(wrong) > 0 {
		return j, errs.Invalid("relevance.refused", wrong...)
	}
	return j, nil
}

// Judgements lists those of a layer by their words. Editors of the layer may.
func (s *Service) Judgements(ctx context.Context, actor perm.Actor, p tenancy.Layer) (out []Judgement, err error) {
	if err := mayEdit(actor, p); err != nil {
		return nil, err
	}
	err = s.c.DB.View(ctx, p.Scope(), func(tx *db.Tx) error {
		out, err = judgements(ctx, tx, p)
		return err
	})
	return out, err
}

// ImportJudgements writes judgements, all or none; one with the same words gets
// the new expectation. Editors of the layer may. Errors: Invalid (fields frage,
// erwartet), Conflict when the layer would be full.
func (s *Service) ImportJudgements(ctx context.Context, actor perm.Actor, p tenancy.Layer, list []Judgement) (out Imported, err error) {
	if err := mayEdit(actor, p); err != nil {
		return out, err
	}
	for i := range list {
		if list[i], err = checkJudgement(list[i]); err != nil {
			return out, err
		}
	}
	err = s.c.DB.InTx(ctx, p.Scope(), func(tx *db.Tx) error {
		out = Imported{}
		all, err := judgements(ctx, tx, p)
		if err != nil {
			return err
		}
		have := map[string]Judgement{}
		for _, j := range all {
			have[strings.ToLower(j.Words)] = j
		}
		for _, j := range list {
			pair := strings.ToLower(j.Words)
			old, known := have[pair]
			switch {
			case known && old.Words == j.Words && slices.Equal(old.Expected, j.Expected):
				out.Unchanged++
				continue
			case known:
				out.Changed++
				j.ID = old.ID
			case len(have) >= MaxJudgements:
				return errs.Conflict("relevance.judgements-full")
			default:
				out.Added++
				j.ID = ident.New[JudgementID](tx.Now)
			}
			have[pair] = j
			if _, err := tx.Exec(ctx, `INSERT INTO relevance_judgement (tenant_id,realm_id,id,pair,words,expected,updated_at) VALUES ($1,$2,$3,$4,$5,$6,$7)
				ON CONFLICT (tenant_id,realm_id,id) DO UPDATE SET words=excluded.words, expected=excluded.expected, updated_at=excluded.updated_at`,
				string(p.TenantID()), string(p.Realm.ID), string(j.ID), pair, j.Words, strings.Join(j.Expected, "|"), db.Micros(tx.Now)); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "search.judgements", Object: object(p), Detail: fmt.Sprintf("added=%d changed=%d", out.Added, out.Changed)})
	})
	return out, err
}

// RemoveJudgement takes one away. Editors of the layer may. Errors: NotFound.
func (s *Service) RemoveJudgement(ctx context.Context, actor perm.Actor, p tenancy.Layer, id JudgementID) error {
	if err := mayEdit(actor, p); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, p.Scope(), func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM relevance_judgement WHERE tenant_id=$1 AND realm_id=$2 AND id=$3`, string(p.TenantID()), string(p.Realm.ID), string(id))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.NotFound("judgement", id)
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "search.judgement-remove", Object: "judgement:" + string(id)})
	})
}

func judgements(ctx context.Context, tx *db.Tx, p tenancy.Layer) ([]Judgement, error) {
	rows, err := tx.Query(ctx, `SELECT id,words,expected FROM relevance_judgement WHERE tenant_id=$1 AND realm_id=$2 ORDER BY pair`, string(p.TenantID()), string(p.Realm.ID))
	return db.Collect(rows, err, func(r *sql.Rows) (j Judgement, err error) {
		var expected string
		err = r.Scan(&j.ID, &j.Words, &expected)
		j.Expected = strings.Split(expected, "|")
		return j, err
	})
}

// Trial is what the drafts of a layer do to its judgements.
type Trial struct {
	Before, After search.Figures
	Lines         []TrialLine // those that changed first, the worst of them on top
	Drafts        int         // synonyms that are not live as they stand
}

// TrialLine is one judgement; ranks are those of the first right hit, 0 if none
// is among the first ten.
type TrialLine struct {
	Judgement
	Before, After int
}

// Change is 1 if the drafts make it better, -1 if worse, else 0.
func (l TrialLine) Change() int { return cmp.Compare(place(l.Before), place(l.After)) }

// place is a rank that can be compared: not found comes after all.
func place(rank int) int {
	if rank == 0 {
		return 1 << 10
	}
	return rank
}

// Try asks the judgements of a layer at a tenant's portal, whose search without
// anything learnt is base: once as it is live, once as it would be with the
// layer's drafts. Nothing changes. Editors of the layer may.
func (s *Service) Try(ctx context.Context, actor perm.Actor, p tenancy.Layer, at Visit, base *search.View) (out Trial, err error) {
	if err := mayEdit(actor, p); err != nil {
		return out, err
	}
	if at.Realm != p.Realm.ID || p.Tenant != nil && at.Tenant != p.Tenant.ID {
		return out, errs.NotFound("portal", at.Tenant)
	}
	var set []Judgement
	var drafts []Synonym
	err = s.c.DB.View(ctx, p.Scope(), func(tx *db.Tx) error {
		if set, err = judgements(ctx, tx, p); err != nil {
			return err
		}
		rows, err := synonyms(ctx, tx, p)
		drafts, out.Drafts = nil, 0
		for _, r := range rows {
			if r.draft != r.published {
				out.Drafts++
			}
			if r.draft != "" {
				drafts = append(drafts, r.seen())
			}
		}
		return err
	})
	if err != nil {
		return out, err
	}
	live := *s.Learnt(at.Realm, at.Tenant)
	pending := search.Learnt{Popularity: live.Popularity}
	s.mu.RLock()
	for _, k := range []layerKey{{at.Realm, at.Tenant}, {at.Realm, ""}} {
		if k == keyOf(p) {
			pending.Synonyms = append(pending.Synonyms, compile(drafts))
		} else {
			pending.Synonyms = append(pending.Synonyms, s.words[k].synonyms)
		}
	}
	s.mu.RUnlock()
	pairs := make([]search.Pair, len(set))
	for i, j := range set {
		pairs[i] = search.Pair{Query: j.Words, Want: j.Expected}
	}
	before, after := search.Evaluate(base.With(live), pairs), search.Evaluate(base.With(pending), pairs)
	out.Before, out.After = before.Figures, after.Figures
	for i, j := range set {
		out.Lines = append(out.Lines, TrialLine{j, before.Ranks[i], after.Ranks[i]})
	}
	slices.SortStableFunc(out.Lines, func(a, b TrialLine) int {
		return cmp.Or(order(a)-order(b), place(b.After)-place(a.After), strings.Compare(a.Words, b.Words))
	})
	return out, nil
}

// order puts what got worse first, then what got better, then the rest.
func order(l TrialLine) int { return [...]int{0, 2, 1}[l.Change()+1] }

// ParseJudgements reads queries with accepted titles, one a line as search.ParsePairs
// does: query, tab, titles separated by bars. bad are the lines it cannot read.
func ParseJudgements(text string) (good []Judgement, bad []BadLine) {
	for n, line := range lines(text) {
		pairs, err := search.ParsePairs(strings.NewReader(line))
		if err != nil {
			bad = append(bad, BadLine{n + 1, line, errs.Field{Name: "erwartet", Key: "relevance.line-pair"}})
			continue
		}
		for _, x := range pairs {
			j, err := checkJudgement(Judgement{Words: x.Query, Expected: x.Want})
			var e *errs.Error
			if errors.As(err, &e) {
				bad = append(bad, BadLine{n + 1, line, e.Fields[0]})
				continue
			}
			good = append(good, j)
		}
	}
	return good, bad
}
