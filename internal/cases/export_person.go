package cases

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
)

type create = func(name string, at time.Time) (io.Writer, error)

// The forms of the export: names are German, as the person reads them.
type (
	outCase struct {
		Authority string        `json:"verwaltung"`
		Number    string        `json:"vorgangsnummer,omitempty"`
		Title     string        `json:"titel"`
		State     string        `json:"zustand"`
		Level     string        `json:"vertrauensniveau,omitempty"`
		Means     string        `json:"anmeldung_mit,omitempty"`
		Begun     time.Time     `json:"begonnen"`
		Submitted *time.Time    `json:"eingegangen,omitempty"`
		Decided   *time.Time    `json:"entschieden,omitempty"`
		Kept      *time.Time    `json:"wird_geloescht,omitempty"`
		Hash      string        `json:"sha256_antrag,omitempty"`
		Fee       string        `json:"gebuehr,omitempty"`
		History   []outLine     `json:"verlauf"`
		Messages  []outMessage  `json:"nachrichten,omitempty"`
		Documents []outDocument `json:"dokumente,omitempty"`
	}
	outLine struct {
		At   time.Time `json:"zeitpunkt"`
		Text string    `json:"ereignis"`
	}
	outMessage struct {
		Kind string     `json:"art"`
		At   time.Time  `json:"zeitpunkt"`
		Read *time.Time `json:"zuerst_gelesen,omitempty"`
		Text string     `json:"text"`
	}
	outDocument struct {
		Name   string    `json:"datei"`
		Type   string    `json:"dateityp"`
		Size   int64     `json:"bytes"`
		SHA256 string    `json:"sha256"`
		At     time.Time `json:"zeitpunkt"`
	}
)

// ownIDs lists a person's cases and drafts in all tenants, oldest first.
func (s *Service) ownIDs(ctx context.Context, c perm.Citizen) (list []ident.CaseID, err error) {
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM case_record WHERE person_id=$1 ORDER BY created_at,id`, string(tx.Person()))
		list, err = db.Collect(rows, err, func(r *sql.Rows) (id ident.CaseID, err error) { return id, r.Scan(&id) })
		return err
	})
	return list, err
}

// ExportPerson writes a person's drafts and cases with messages and files, in
// all tenants of the realm (accounts.Exporter). What needs a higher trust level
// than the session's is named and left out. Exporting a decision is reading it.
// Only the person may.
func (s *Service) ExportPerson(ctx context.Context, c perm.Citizen, create create) error {
	if c.Guest() {
		return errs.Forbidden("case.level-needed")
	}
	list, err := s.ownIDs(ctx, c)
	if err != nil {
		return err
	}
	for _, id := range list {
		r, scope, err := s.view(ctx, c, Proof{}, id)
		switch {
		case errs.KeyOf(err) == "case.level-needed":
			if err := leftOut(create, id); err != nil {
				return err
			}
			continue
		case errs.Is(err, errs.KindNotFound): // ended meanwhile
			continue
		case err != nil:
			return err
		}
		if err := s.exportCase(ctx, c, scope, r, create); err != nil {
			return fmt.Errorf("case %s: %w", id, err)
		}
	}
	return nil
}

func leftOut(create create, id ident.CaseID) error {
	f, err := create("nicht-enthalten-"+string(id)+".txt", time.Time{})
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, "Dieser Vorgang ist nicht enthalten: Er verlangt eine Anmeldung mit höherem Vertrauensniveau. Melden Sie sich damit an und laden Sie Ihre Daten noch einmal herunter.\n")
	return err
}

func (s *Service) exportCase(ctx context.Context, c perm.Citizen, scope db.TenantScope, r record, create create) error {
	t, err := s.tenant(r.tenant)
	if err != nil {
		return err
	}
	dir := string(r.number)
	if dir == "" {
		dir = "entwurf-" + string(r.id)
	}
	dir += "/"
	var l loaded
	if err := s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		l, err = s.load(ctx, tx, r)
		return err
	}); err != nil {
		return err
	}
	content, k, err := s.openContent(l, false)
	if err != nil {
		return err
	}
	if content.Unread > 0 {
		if err := s.firstReading(ctx, c, Proof{}, scope, &r); err != nil {
			return err
		}
	}
	out := outCase{Authority: t.Name, Number: string(r.number), Title: r.title, State: r.state.German(), Level: r.level.String(), Means: r.means, Begun: r.createdAt,
		Submitted: some(r.submittedAt), Decided: some(r.decidedAt), Kept: some(r.eraseAt), Hash: content.Hash}
	if r.fee != 0 {
		out.Fee = r.fee.String()
	}
	for _, h := range content.History {
		out.History = append(out.History, outLine{h.At, h.Text})
	}
	for _, m := range content.Messages {
		out.Messages = append(out.Messages, outMessage{string(m.Kind), m.At, some(m.ReadAt), m.Text.Reveal()})
	}
	switch {
	case content.Erased || r.state == StateExpired:
		return exportJSON(create, dir+"vorgang.json", r.updatedAt, out)
	case r.state == StateDraft:
		if k, err = s.key(&r); err != nil {
			return err
		}
		a := forms.Answers{}
		if err := openJSON(k, r.answers, r.place("answers"), &a); err != nil {
			return err
		}
		if err := exportJSON(create, dir+"angaben.json", r.updatedAt, a); err != nil {
			return err
		}
	default:
		var z frozen
		if err := openJSON(k, r.frozen, r.place("frozen"), &z); err != nil {
			return err
		}
		for name, b := range map[string][]byte{"antrag.json": z.JSON, "antrag.xml": z.XML, "vertretung.json": z.Behalf} {
			if len(b) == 0 {
				continue
			}
			f, err := create(dir+name, r.submittedAt)
			if err != nil {
				return err
			}
			if _, err := f.Write(b); err != nil {
				return err
			}
		}
	}
	for _, d := range l.documents {
		doc, err := d.open(&r, k)
		if err != nil {
			return err
		}
		out.Documents = append(out.Documents, outDocument{doc.Name.Reveal(), doc.Type, doc.Size, doc.SHA256, doc.At})
		f, err := create(dir+"dokumente/"+doc.Name.Reveal(), doc.At)
		if err != nil {
			return err
		}
		src, err := s.content(ctx, &r, k, doc.ID)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, src)
		if err := errors.Join(err, src.Close()); err != nil {
			return fmt.Errorf("file %s: %w", doc.ID, err)
		}
	}
	return exportJSON(create, dir+"vorgang.json", r.updatedAt, out)
}

func exportJSON(create create, name string, at time.Time, v any) error {
	f, err := create(name, at)
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// PersonErased is the outside listener of accounts.Erased: drafts are deleted,
// applications stay with their authorities and lose the link to the person.
// Running it again finds nothing left to do.
func (s *Service) PersonErased(ctx context.Context, call jobs.Call, e accounts.Erased) error {
	if e.Person == "" {
		return nil
	}
	type found struct {
		tenant ident.TenantID
		id     ident.CaseID
	}
	var list []found
	err := s.c.DB.View(ctx, db.ForPerson(call.Realm, e.Person), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT tenant_id,id FROM case_record WHERE person_id=$1`, string(tx.Person()))
		list, err = db.Collect(rows, err, func(r *sql.Rows) (f found, err error) { return f, r.Scan(&f.tenant, &f.id) })
		return err
	})
	for _, x := range list {
		err = errors.Join(err, again(func() error {
			return s.c.DB.InTx(ctx, db.ForTenant(call.Realm, x.tenant), func(tx *db.Tx) error { return letGo(ctx, tx, e.Person, x.id) })
		}))
	}
	return err
}

// letGo takes a person out of one case.
func letGo(ctx context.Context, tx *db.Tx, p ident.PersonID, id ident.CaseID) error {
	r, err := lockRecord(ctx, tx, id)
	if err != nil || r.person != p {
		return err
	}
	if r.state == StateDraft {
		if r.state, err = step(r.state, Applicant, EventDiscard); err != nil {
			return err
		}
		if err := addEvent(ctx, tx, &r, system, EventDiscard); err != nil {
			return err
		}
		if err := shred(ctx, tx, &r); err != nil {
			return err
		}
		return audit.Record(ctx, tx, system, audit.Event{Action: "case.discard", Object: object(id), Detail: "account erased"})
	}
	r.person = ""
	if err := putRecord(ctx, tx, &r); err != nil {
		return err
	}
	if err := addEvent(ctx, tx, &r, system, EventGone); err != nil {
		return err
	}
	for _, q := range []string{
		`UPDATE case_message SET person_id='' WHERE tenant_id=$1 AND case_id=$2`,
		`UPDATE case_document SET person_id='' WHERE tenant_id=$1 AND case_id=$2`,
		`UPDATE case_event SET person_id='' WHERE tenant_id=$1 AND case_id=$2`,
		`UPDATE case_behalf SET person_id='' WHERE tenant_id=$1 AND case_id=$2`,
		`UPDATE case_message SET author='person:' WHERE tenant_id=$1 AND case_id=$2 AND author LIKE 'person:%'`,
		`UPDATE case_event SET actor='person:' WHERE tenant_id=$1 AND case_id=$2 AND actor LIKE 'person:%'`,
	} {
		if _, err := tx.Exec(ctx, q, string(tx.Tenant()), string(id)); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, system, audit.Event{Action: "case.let-go", Object: object(id), Detail: "account erased"})
}
