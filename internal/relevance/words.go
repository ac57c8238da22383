package relevance

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// Synonyms lists the synonyms of a layer by word, as its editors have them.
// Editors of the layer may.
func (s *Service) Synonyms(ctx context.Context, actor perm.Actor, p tenancy.Layer) (out []Synonym, err error) {
	if err := mayEdit(actor, p); err != nil {
		return nil, err
	}
	err = s.c.DB.View(ctx, p.Scope(), func(tx *db.Tx) error {
		rows, err := synonyms(ctx, tx, p)
		for _, r := range rows {
			out = append(out, r.seen())
		}
		return err
	})
	slices.SortFunc(out, func(a, b Synonym) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Word), strings.ToLower(b.Word)), strings.Compare(a.pair(), b.pair()))
	})
	return out, err
}

// Synonym reads one. Editors of the layer may. Errors: NotFound.
func (s *Service) Synonym(ctx context.Context, actor perm.Actor, p tenancy.Layer, id SynonymID) (out Synonym, err error) {
	if err := mayEdit(actor, p); err != nil {
		return out, err
	}
	err = s.c.DB.View(ctx, p.Scope(), func(tx *db.Tx) error {
		r, err := getSynonym(ctx, tx, p, id, "")
		out = r.seen()
		return err
	})
	return out, err
}

// SaveSynonym writes a synonym as draft, a new one when x.ID is empty; live also
// makes it known to the search at once. Editors of the layer may. Errors:
// Invalid (fields wort, ziel), NotFound, Conflict when the layer is full.
func (s *Service) SaveSynonym(ctx context.Context, actor perm.Actor, p tenancy.Layer, x Synonym, live bool) (id SynonymID, err error) {
	if err := mayEdit(actor, p); err != nil {
		return "", err
	}
	if x, err = check(x); err != nil {
		return "", err
	}
	err = s.c.DB.InTx(ctx, p.Scope(), func(tx *db.Tx) error {
		r := row{id: x.ID}
		if x.ID != "" {
			if r, err = getSynonym(ctx, tx, p, x.ID, tx.ForUpdate()); err != nil {
				return err
			}
		}
		twin, err := findPair(ctx, tx, p, x.pair())
		switch {
		case err != nil:
			return err
		case twin.id != "" && twin.id != r.id && twin.draft != "":
			return errs.Invalid("relevance.refused", errs.Field{Name: "wort", Key: "relevance.word-double"})
		case twin.id != "" && r.id == "":
			r = twin // it was to go, and comes back
		case twin.id != "" && twin.id != r.id:
			return errs.Invalid("relevance.refused", errs.Field{Name: "wort", Key: "relevance.word-leaving"})
		}
		if r.id == "" {
			if n, err := countSynonyms(ctx, tx, p); err != nil {
				return err
			} else if n >= MaxSynonyms {
				return errs.Conflict("relevance.place-full")
			}
			r.id = ident.New[SynonymID](tx.Now)
		}
		id, r.pair, r.draft = r.id, x.pair(), marshal(x)
		if live {
			r.published = r.draft
		}
		if err := putSynonym(ctx, tx, p, r); err != nil {
			return err
		}
		if live {
			if err := bump(ctx, tx, p); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "search.synonym", Object: "synonym:" + string(r.id), Detail: fmt.Sprintf("live=%t", live)})
	})
	return id, err
}

// RemoveSynonym takes a synonym away: a new one at once, a live one with the
// next release, or at once if live is set. Editors of the layer may. Errors:
// NotFound.
func (s *Service) RemoveSynonym(ctx context.Context, actor perm.Actor, p tenancy.Layer, id SynonymID, live bool) error {
	if err := mayEdit(actor, p); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, p.Scope(), func(tx *db.Tx) error {
		r, err := getSynonym(ctx, tx, p, id, tx.ForUpdate())
		if err != nil {
			return err
		}
		known := r.published != ""
		r.draft = ""
		if live {
			r.published = ""
		}
		if err := putSynonym(ctx, tx, p, r); err != nil {
			return err
		}
		if live && known {
			if err := bump(ctx, tx, p); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "search.synonym-remove", Object: "synonym:" + string(id), Detail: fmt.Sprintf("live=%t", live)})
	})
}

// Release makes every draft of the layer live. Editors of the layer may.
func (s *Service) Release(ctx context.Context, actor perm.Actor, p tenancy.Layer) error {
	return s.turn(ctx, actor, p, "search.release", func(r *row) { r.published = r.draft })
}

// Discard drops every draft of the layer: what is live stays. Editors of the
// layer may.
func (s *Service) Discard(ctx context.Context, actor perm.Actor, p tenancy.Layer) error {
	return s.turn(ctx, actor, p, "search.discard", func(r *row) {
		r.draft = r.published
		if r.draft != "" {
			r.pair = r.seen().pair()
		}
	})
}

// turn changes every row that has a draft beside what is live.
func (s *Service) turn(ctx context.Context, actor perm.Actor, p tenancy.Layer, action string, change func(*row)) error {
	if err := mayEdit(actor, p); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, p.Scope(), func(tx *db.Tx) error {
		rows, err := synonyms(ctx, tx, p)
		if err != nil {
			return err
		}
		n := 0
		for pass := range 2 { // what goes makes room for what takes its words
			for _, r := range rows {
				if r.draft == r.published {
					continue
				}
				change(&r)
				if gone := r.draft == "" && r.published == ""; gone == (pass == 0) {
					n++
					if err := putSynonym(ctx, tx, p, r); err != nil {
						return err
					}
				}
			}
		}
		if err := bump(ctx, tx, p); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: action, Object: object(p), Detail: fmt.Sprintf("synonyms=%d", n)})
	})
}

// Imported says what an import did, in synonyms.
type Imported struct{ Added, Changed, Unchanged int }

// ImportSynonyms writes many as drafts, all or none. A pair of word and target
// that is there already is changed in place. Editors of the layer may. Errors:
// Invalid for the first that is wrong, Conflict when the layer would be full.
func (s *Service) ImportSynonyms(ctx context.Context, actor perm.Actor, p tenancy.Layer, list []Synonym) (out Imported, err error) {
	if err := mayEdit(actor, p); err != nil {
		return out, err
	}
	for i := range list {
		if list[i], err = check(list[i]); err != nil {
			return out, err
		}
	}
	err = s.c.DB.InTx(ctx, p.Scope(), func(tx *db.Tx) error {
		out = Imported{}
		rows, err := synonyms(ctx, tx, p)
		if err != nil {
			return err
		}
		have := make(map[string]row, len(rows))
		for _, r := range rows {
			have[r.pair] = r
		}
		for _, x := range list {
			r, known := have[x.pair()]
			draft := marshal(x)
			switch {
			case known && r.draft == draft:
				out.Unchanged++
				continue
			case known:
				out.Changed++
			case len(have) >= MaxSynonyms:
				return errs.Conflict("relevance.place-full")
			default:
				out.Added++
				r = row{id: ident.New[SynonymID](tx.Now), pair: x.pair()}
			}
			r.draft = draft
			have[r.pair] = r
			if err := putSynonym(ctx, tx, p, r); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "search.import", Object: object(p), Detail: fmt.Sprintf("added=%d changed=%d", out.Added, out.Changed)})
	})
	return out, err
}

// ExportSynonyms gives what the editors of the layer have, without what is to
// go, and records that it was taken out. Editors of the layer may.
func (s *Service) ExportSynonyms(ctx context.Context, actor perm.Actor, p tenancy.Layer) (out []Synonym, err error) {
	all, err := s.Synonyms(ctx, actor, p)
	if err != nil {
		return nil, err
	}
	out = slices.DeleteFunc(all, func(x Synonym) bool { return x.State == StateLeaving })
	return out, s.c.DB.InTx(ctx, p.Scope(), func(tx *db.Tx) error {
		return audit.Record(ctx, tx, actor, audit.Event{Action: "search.export", Object: object(p), Detail: fmt.Sprintf("synonyms=%d", len(out))})
	})
}

// row is a synonym as it is stored.
type row struct {
	id                     SynonymID
	pair, draft, published string
}

// seen is the row as editors see it: the draft, or what is to go.
func (r row) seen() Synonym {
	text := r.draft
	if text == "" {
		text = r.published
	}
	x := unmarshal(text)
	x.ID, x.State = r.id, stateOf(r.draft, r.published)
	return x
}

func marshal(x Synonym) string {
	b, err := json.Marshal(x)
	if err != nil { // strings and a bool: cannot fail
		panic(err)
	}
	return string(b)
}

// unmarshal reads what marshal wrote; what is not that is the zero synonym.
func unmarshal(text string) (x Synonym) {
	if err := json.Unmarshal([]byte(text), &x); err != nil {
		return Synonym{}
	}
	return x
}

const rowColumns = `id,pair,draft,published`

func scanRow(r *sql.Rows) (x row, err error) {
	return x, r.Scan(&x.id, &x.pair, &x.draft, &x.published)
}

func synonyms(ctx context.Context, tx *db.Tx, p tenancy.Layer) ([]row, error) {
	rows, err := tx.Query(ctx, `SELECT `+rowColumns+` FROM relevance_synonym WHERE tenant_id=$1 AND realm_id=$2 ORDER BY pair`, string(p.TenantID()), string(p.Realm.ID))
	return db.Collect(rows, err, scanRow)
}

func countSynonyms(ctx context.Context, tx *db.Tx, p tenancy.Layer) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM relevance_synonym WHERE tenant_id=$1 AND realm_id=$2`, string(p.TenantID()), string(p.Realm.ID)).Scan(&n)
	return n, err
}

// getSynonym reads a row; lock ends the statement before a write of it.
func getSynonym(ctx context.Context, tx *db.Tx, p tenancy.Layer, id SynonymID, lock string) (r row, err error) {
	err = tx.QueryRow(ctx, `SELECT `+rowColumns+` FROM relevance_synonym WHERE tenant_id=$1 AND realm_id=$2 AND id=$3`+lock, string(p.TenantID()), string(p.Realm.ID), string(id)).
		Scan(&r.id, &r.pair, &r.draft, &r.published)
	if errors.Is(err, sql.ErrNoRows) {
		return r, errs.NotFound("synonym", id)
	}
	return r, err
}

// findPair gives the row with this pair, the zero row if there is none.
func findPair(ctx context.Context, tx *db.Tx, p tenancy.Layer, pair string) (r row, err error) {
	err = tx.QueryRow(ctx, `SELECT `+rowColumns+` FROM relevance_synonym WHERE tenant_id=$1 AND realm_id=$2 AND pair=$3`+tx.ForUpdate(), string(p.TenantID()), string(p.Realm.ID), pair).
		Scan(&r.id, &r.pair, &r.draft, &r.published)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, nil
	}
	return r, err
}

// putSynonym writes a row; one without draft and published goes.
func putSynonym(ctx context.Context, tx *db.Tx, p tenancy.Layer, r row) error {
	if r.draft == "" && r.published == "" {
		_, err := tx.Exec(ctx, `DELETE FROM relevance_synonym WHERE tenant_id=$1 AND realm_id=$2 AND id=$3`, string(p.TenantID()), string(p.Realm.ID), string(r.id))
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO relevance_synonym (tenant_id,realm_id,id,pair,draft,published,updated_at) VALUES ($1,$2,$3,$4,$5,$6,$7)
		ON CONFLICT (tenant_id,realm_id,id) DO UPDATE SET pair=excluded.pair, draft=excluded.draft, published=excluded.published, updated_at=excluded.updated_at`,
		string(p.TenantID()), string(p.Realm.ID), string(r.id), r.pair, r.draft, r.published, db.Micros(tx.Now))
	return err
}

// bump tells all nodes that the search has other words.
func bump(ctx context.Context, tx *db.Tx, p tenancy.Layer) error {
	_, err := tx.Exec(ctx, `INSERT INTO relevance_version (tenant_id,realm_id,version) VALUES ($1,$2,1) ON CONFLICT (tenant_id,realm_id) DO UPDATE SET version=relevance_version.version+1`,
		string(p.TenantID()), string(p.Realm.ID))
	tx.Notify(Topic, string(p.Realm.ID)+"/"+string(p.TenantID()))
	return err
}
