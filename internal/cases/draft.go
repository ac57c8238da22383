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
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
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
	o, err := s.openRecord(ctx, c, r, c.Scope())
	if err != nil {
		return d, "", err
	}
	return o.draft(Proof{Secret: secret}), secret, nil
}

func object(id ident.CaseID) string { return "case:" + string(id) }

// opened is a draft as it was found: its row, its form, its answers, and what
// the form is told of the tenant and of the applicant's account.
type opened struct {
	record
	by      perm.Citizen
	scope   db.TenantScope
	at      tenancy.Tenant
	def     *forms.Definition
	k       seal.Key
	answers forms.Answers // as saved
	env     forms.Env
	ask     accounts.Ask
	fill    accounts.Fill
	behalf  *accounts.Mandate
	look    *forms.Look // at the answers, those that the account proves among them
}

// open finds a citizen's draft. Errors: as Draft.
func (s *Service) open(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID) (*opened, error) {
	if d := p.found; d != nil && d.by == c && d.id == id {
		return d, nil
	}
	r, scope, err := s.view(ctx, c, p, id)
	if err != nil {
		return nil, err
	}
	return s.openRecord(ctx, c, r, scope)
}

// openRecord takes a case, which its owner may use, for a draft.
func (s *Service) openRecord(ctx context.Context, c perm.Citizen, r record, scope db.TenantScope) (*opened, error) {
	switch r.state {
	case StateDraft:
	case StateExpired:
		return nil, errs.Conflict("case.expired")
	default:
		return nil, errs.Conflict("case.already-sent")
	}
	def, err := s.definition(c.Realm, &r)
	if err != nil {
		return nil, err
	}
	d := &opened{record: r, by: c, scope: scope, def: def, answers: forms.Answers{}}
	if d.at, err = s.tenant(r.tenant); err != nil {
		return nil, err
	}
	if d.k, err = s.key(&r); err != nil {
		return nil, err
	}
	if err := openJSON(d.k, r.answers, r.place("answers"), &d.answers); err != nil {
		return nil, err
	}
	if d.behalf, err = s.begunFor(ctx, scope, &r); err != nil {
		return nil, err
	}
	if d.env, d.ask, d.fill, err = s.env(ctx, c, &r, d.at, def); err != nil {
		return nil, err
	}
	d.look = def.Look(def.Prove(d.answers, d.env), d.env)
	return d, nil
}

// with is the draft after these answers were saved.
func (d *opened) with(a forms.Answers, saved []byte) *opened {
	next := *d
	next.answers, next.record.answers = a, saved
	next.version++
	next.look = d.def.Look(d.def.Prove(a, d.env), d.env)
	return &next
}

// draft is what its owner sees.
func (d *opened) draft(p Proof) Draft {
	return Draft{ID: d.id, Tenant: d.tenant, Service: d.service, Definition: d.def, Answers: d.look.Answers(), Env: d.env, Look: d.look, Ask: d.ask, Fill: d.fill, Behalf: d.behalf,
		Guest: d.person == "", Proof: Proof{Secret: p.Secret, found: d}, Version: d.version, UpdatedAt: d.updatedAt, ExpiresAt: d.eraseAt}
}

// Draft opens a draft again, on any device. Its owner may, at the trust level of
// the form. Errors: NotFound, Forbidden "case.level-needed", Conflict
// "case.already-sent", "case.expired" or "case.form-gone".
func (s *Service) Draft(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID) (Draft, error) {
	d, err := s.open(ctx, c, Proof{Secret: p.Secret}, id)
	if err != nil {
		return Draft{}, err
	}
	return d.draft(p), nil
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
