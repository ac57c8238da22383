package forms

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// Topic is the change notice of a published form.
const Topic = "forms"

// Shelf holds the published versions of all realms, parsed, in memory. It is
// the only part of this package that knows a database. Safe for concurrent use.
type Shelf struct {
	db  *db.DB
	cur atomic.Pointer[shelf]
}

type shelf struct {
	current map[shelfKey]*Definition
	version map[shelfKey]*Definition
}

type shelfKey struct {
	realm   ident.RealmID
	form    string
	version int // 0 in current
}

// OpenShelf reads all published versions.
func OpenShelf(ctx context.Context, d *db.DB) (*Shelf, error) {
	s := &Shelf{db: d}
	return s, s.Reload(ctx)
}

// Reload reads what was published since; known versions are kept, they never change.
func (s *Shelf) Reload(ctx context.Context) error {
	old := s.cur.Load()
	next := &shelf{current: map[shelfKey]*Definition{}, version: map[shelfKey]*Definition{}}
	for _, part := range s.db.Partitions() {
		err := s.db.View(ctx, db.Across(part, "published forms of all realms"), func(tx *db.Tx) error {
			rows, err := tx.Query(ctx, `SELECT realm_id,form_id,version,definition FROM form_version ORDER BY realm_id,form_id,version`)
			_, err = db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
				var k shelfKey
				var text string
				if err := r.Scan(&k.realm, &k.form, &k.version, &text); err != nil {
					return x, err
				}
				var d *Definition
				if old != nil {
					d = old.version[k]
				}
				if d == nil {
					var findings []Finding
					if d, findings = Parse([]byte(text)); d == nil {
						return x, fmt.Errorf("published form %s/%s version %d no longer reads: %v", k.realm, k.form, k.version, findings)
					}
				}
				next.version[k] = d
				k.version = 0
				next.current[k] = d // in ascending order: the last one stays
				return x, nil
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	s.cur.Store(next)
	return nil
}

// Follow reads again whenever a node publishes, and every minute, until ctx ends.
func (s *Shelf) Follow(ctx context.Context, log *slog.Logger) {
	s.db.Follow(ctx, Topic, func() {
		if err := s.Reload(ctx); err != nil && ctx.Err() == nil {
			log.Error("forms not reloaded", "error", err.Error())
		}
	})
}

// Current gives the version of a form that new drafts answer.
func (s *Shelf) Current(r ident.RealmID, form string) (*Definition, bool) {
	d, ok := s.cur.Load().current[shelfKey{r, form, 0}]
	return d, ok
}

// Forms lists the current versions of a realm's forms by ID.
func (s *Shelf) Forms(r ident.RealmID) (out []*Definition) {
	for k, d := range s.cur.Load().current {
		if k.realm == r {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b *Definition) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Version gives a published version, however old: a case keeps the one it answered.
func (s *Shelf) Version(r ident.RealmID, form string, version int) (*Definition, bool) {
	d, ok := s.cur.Load().version[shelfKey{r, form, version}]
	return d, ok
}

// Publish puts a version on the realm's shelf. The operator and library
// editors may. The definition must lint without error and its version must be
// the one after the newest; publishing the very same text again changes
// nothing. Errors: Invalid (see the findings), Conflict for a version that is
// taken by another text.
func (s *Shelf) Publish(ctx context.Context, actor perm.Actor, realm db.RealmScope, text []byte) ([]Finding, error) {
	switch a := actor.(type) {
	case perm.System:
	case perm.Staff:
		if !a.May(perm.EditLibrary) {
			return nil, errs.Forbidden("error.forbidden")
		}
	default:
		return nil, errs.Forbidden("error.forbidden")
	}
	d, findings := Parse(text)
	if d == nil || Failed(findings) {
		return findings, errs.Invalid("forms.definition-refused")
	}
	err := s.db.InTx(ctx, realm, func(tx *db.Tx) error {
		if a, ok := actor.(perm.Staff); ok && a.Realm != tx.Realm() {
			return errs.Forbidden("error.forbidden")
		}
		var have string
		err := tx.QueryRow(ctx, `SELECT definition FROM form_version WHERE realm_id=$1 AND form_id=$2 AND version=$3`, string(tx.Realm()), d.ID, d.Version).Scan(&have)
		switch {
		case err == nil && have == string(text):
			return nil
		case err == nil:
			return errs.Conflict("forms.version-taken")
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO form_version (realm_id,form_id,version,definition,published_by,published_at) VALUES ($1,$2,$3,$4,$5,$6)`,
			string(tx.Realm()), d.ID, d.Version, string(text), actor.Ref(), db.Micros(tx.Now)); err != nil {
			return err
		}
		tx.Notify(Topic, d.ID)
		return audit.Record(ctx, tx, actor, audit.Event{Action: "form.publish", Object: fmt.Sprintf("form:%s/%d", d.ID, d.Version)})
	})
	return findings, err
}
