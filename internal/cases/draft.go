package cases

import (
	"context"
	"database/sql"

	"stadttor/internal/accounts"
	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// StartDraft begins an application with the current version of a form at the
// portal where the citizen stands. Anybody may whose session has the form's
// trust level. A guest gets a secret, which alone opens the draft again; it is
// shown once and never stored. Errors: NotFound if the tenant does not offer
// the form, Forbidden "case.level-needed".
func (s *Service) StartDraft(ctx context.Context, c perm.Citizen, form, service string) (d Draft, secret string, err error) {
	def, ok := s.c.Forms.Current(c.Realm, c.Tenant, form)
	if !ok || service != "" && !ident.Slug(service) {
		return d, "", errs.NotFound("form", form)
	}
	need := perm.ParseLevel(string(def.Level))
	if err := reached(c, need); err != nil {
		return d, "", err
	}
	t, err := s.tenant(c.Tenant)
	if err != nil {
		return d, "", err
	}
	behalf, err := s.acting(ctx, c, service)
	if err != nil {
		return d, "", err
	}
	r := record{tenant: t.ID, person: c.Person, form: def.ID, formVersion: def.Version, service: service, title: def.Title, state: StateDraft, need: need}
	if c.Guest() {
		secret = ident.Secret()
		r.secret = digest(secret)
	}
	err = s.c.DB.InTx(ctx, c.Scope(), func(tx *db.Tx) error {
		r.id = ident.New[ident.CaseID](tx.Now)
		r.createdAt, r.updatedAt, r.eraseAt = tx.Now, tx.Now, after(tx.Now, draftDays(t))
		k, wrapped := s.c.Directory.Key(t.ID).NewKey(keyPlace(&r))
		r.sealedKey = wrapped
		if r.answers, err = sealJSON(k, forms.Answers{}, r.place("answers")); err != nil {
			return err
		}
		if err := insertRecord(ctx, tx, &r); err != nil {
			return err
		}
		if err := keepBehalf(ctx, tx, &r, k, behalf); err != nil {
			return err
		}
		if err := addEvent(ctx, tx, &r, c, EventStart); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "case.start", Object: object(r.id), Detail: "form " + def.ID})
	})
	if err != nil {
		return d, "", err
	}
	r.version = 1
	d, err = s.draftOf(ctx, c, &r, def, forms.Answers{})
	d.Behalf = behalf
	return d, secret, err
}

func object(id ident.CaseID) string { return "case:" + string(id) }

func (s *Service) draftOf(ctx context.Context, c perm.Citizen, r *record, def *forms.Definition, a forms.Answers) (Draft, error) {
	t, err := s.tenant(r.tenant)
	if err != nil {
		return Draft{}, err
	}
	e, ask, fill, err := s.env(ctx, c, r, t, def)
	return Draft{ID: r.id, Tenant: r.tenant, Service: r.service, Definition: def, Answers: def.Prove(a, e), Env: e, Ask: ask, Fill: fill,
		Guest: r.person == "", Version: r.version, UpdatedAt: r.updatedAt, ExpiresAt: r.eraseAt}, err
}

// draftAgain is draftOf for a draft that was read before.
func (s *Service) draftAgain(ctx context.Context, c perm.Citizen, scope db.TenantScope, r *record, def *forms.Definition, a forms.Answers) (d Draft, err error) {
	if d, err = s.draftOf(ctx, c, r, def, a); err != nil {
		return d, err
	}
	d.Behalf, err = s.begunFor(ctx, scope, r)
	return d, err
}

// Draft opens a draft again, on any device. Its owner may, at the trust level of
// the form. Errors: NotFound, Forbidden "case.level-needed", Conflict
// "case.already-sent", "case.expired" or "case.form-gone".
func (s *Service) Draft(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID) (Draft, error) {
	r, scope, err := s.view(ctx, c, p, id)
	if err != nil {
		return Draft{}, err
	}
	def, a, err := s.openDraft(c.Realm, &r)
	if err != nil {
		return Draft{}, err
	}
	return s.draftAgain(ctx, c, scope, &r, def, a)
}

// openDraft gives form and answers of a case that is still a draft.
func (s *Service) openDraft(realm ident.RealmID, r *record) (*forms.Definition, forms.Answers, error) {
	switch r.state {
	case StateDraft:
	case StateExpired:
		return nil, nil, errs.Conflict("case.expired")
	default:
		return nil, nil, errs.Conflict("case.already-sent")
	}
	def, err := s.definition(realm, r)
	if err != nil {
		return nil, nil, err
	}
	k, err := s.key(r)
	if err != nil {
		return nil, nil, err
	}
	a := forms.Answers{}
	return def, a, openJSON(k, r.answers, r.place("answers"), &a)
}

// Drafts lists the signed-in person's drafts in all tenants of the realm, the
// last one touched first, at most 100. Guests have no list.
func (s *Service) Drafts(ctx context.Context, c perm.Citizen) (out []DraftEntry, err error) {
	if c.Guest() {
		return nil, nil
	}
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+listColumns+`,(SELECT b.sealed FROM case_behalf b WHERE b.tenant_id=r.tenant_id AND b.case_id=r.id) FROM case_record r WHERE r.person_id=$1 AND r.state='draft' ORDER BY r.updated_at DESC LIMIT 100`, string(tx.Person()))
		out, err = db.Collect(rows, err, func(row *sql.Rows) (DraftEntry, error) {
			var behalf []byte
			r, err := scanListed(row, &behalf)
			e := DraftEntry{ID: r.id, Tenant: r.tenant, Form: r.form, Title: r.title, Need: r.need, Behalf: len(behalf) > 0, UpdatedAt: r.updatedAt, ExpiresAt: r.eraseAt}
			if err != nil || !e.Behalf || c.Level < r.need {
				return e, err
			}
			m, err := s.openBehalf(&r, behalf)
			if err != nil {
				return e, err
			}
			e.For = m.Giver
			return e, nil
		})
		return err
	})
	return out, err
}

// Adopt moves a guest's draft into the account of the person who has signed in
// and holds its secret, which then opens nothing any more. Errors as Draft.
func (s *Service) Adopt(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID) error {
	if c.Guest() {
		return errs.Forbidden("case.level-needed")
	}
	var behalf *accounts.Mandate
	if s.c.Accounts != nil {
		m, acting, err := s.c.Accounts.Acting(ctx, c)
		if err != nil {
			return err
		}
		if acting {
			behalf = &m
		}
	}
	return s.changeOwn(ctx, c, p, id, func(tx *db.Tx, r *record) error {
		if r.person == c.Person {
			return nil
		}
		if r.state != StateDraft {
			return errs.Conflict("case.already-sent")
		}
		r.person, r.secret = c.Person, nil
		if err := putRecord(ctx, tx, r); err != nil {
			return err
		}
		if behalf != nil && behalf.Covers(r.service) {
			k, err := s.key(r)
			if err != nil {
				return err
			}
			if err := keepBehalf(ctx, tx, r, k, behalf); err != nil {
				return err
			}
		}
		for _, table := range []string{"case_event", "case_document"} {
			if _, err := tx.Exec(ctx, `UPDATE `+table+` SET person_id=$3 WHERE tenant_id=$1 AND case_id=$2`, string(tx.Tenant()), string(id), string(c.Person)); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "case.adopt", Object: object(id)})
	})
}

// Discard deletes a draft with all that was typed and uploaded. Its owner may,
// at any trust level: deleting shows nothing. Errors: NotFound, Conflict.
func (s *Service) Discard(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID) error {
	scope, err := s.locate(ctx, c, id)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		r, err := lockRecord(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := owns(c, p, &r); err != nil {
			return err
		}
		if r.state, err = step(r.state, Applicant, EventDiscard); err != nil {
			return err
		}
		if err := addEvent(ctx, tx, &r, c, EventDiscard); err != nil {
			return err
		}
		if err := shred(ctx, tx, &r); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "case.discard", Object: object(id)})
	})
}

// changeOwn runs a verb of the owner on his locked case.
func (s *Service) changeOwn(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID, fn func(tx *db.Tx, r *record) error) error {
	scope, err := s.locate(ctx, c, id)
	if err != nil {
		return err
	}
	return again(func() error {
		return s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
			r, err := lockRecord(ctx, tx, id)
			if err != nil {
				return err
			}
			if err := mayUse(c, p, &r); err != nil {
				return err
			}
			return fn(tx, &r)
		})
	})
}
