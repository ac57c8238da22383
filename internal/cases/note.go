package cases

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// maxText bounds a message or note, in characters.
const maxText = 10_000

// tidy checks a text that a person wrote to another: not empty, not too long,
// valid, without control characters. Line ends become "\n".
func tidy(text string) (string, error) {
	text = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(text))
	bad := func(key string) (string, error) {
		return "", errs.Invalid(key, errs.Field{Name: "text", Key: key})
	}
	switch {
	case text == "":
		return bad("case.text-missing")
	case utf8.RuneCountInString(text) > maxText:
		return bad("case.text-long")
	case !utf8.ValidString(text):
		return bad("case.text-characters")
	}
	for _, r := range text {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return bad("case.text-characters")
		}
	}
	return text, nil
}

// Note writes an internal note, which the applicant never sees. Staff with
// cases.work in the unit may, in every state until the case is erased. Errors:
// NotFound, Forbidden, Invalid.
func (s *Service) Note(ctx context.Context, actor perm.Staff, id ident.CaseID, text string) error {
	text, err := tidy(text)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, actor.Scope(), func(tx *db.Tx) error {
		r, err := lockRecord(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := mayWork(actor, &r); err != nil {
			return err
		}
		k, err := s.key(&r)
		if err != nil {
			return err
		}
		n := ident.New[ident.MessageID](tx.Now)
		if _, err := tx.Exec(ctx, `INSERT INTO case_note (tenant_id,case_id,id,author,text,at) VALUES ($1,$2,$3,$4,$5,$6)`,
			string(tx.Tenant()), string(id), string(n), actor.Ref(), k.Seal([]byte(text), textPlace(r.tenant, "case_note", n)), db.Micros(tx.Now)); err != nil {
			return err
		}
		if err := addEvent(ctx, tx, &r, actor, EventNote); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "case.note", Object: object(id)})
	})
}
