package cases

import (
	"context"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// Ask puts a question to the applicant's inbox (Rückfrage). The holder of a case
// in review may. A guest has no inbox: Conflict "case.no-inbox". Other errors:
// NotFound, Forbidden, Invalid, Conflict. Listeners of Asked tell the applicant.
func (s *Service) Ask(ctx context.Context, actor perm.Staff, id ident.CaseID, text string) error {
	text, err := tidy(text)
	if err != nil {
		return err
	}
	return s.work(ctx, actor, id, mayAsk, EventAsk, func(tx *db.Tx, r *record) error {
		if r.person == "" {
			return errs.Conflict("case.no-inbox")
		}
		k, err := s.key(r)
		if err != nil {
			return err
		}
		m := Message{ID: ident.New[ident.MessageID](tx.Now), Kind: KindQuestion, Author: actor.Ref(), Text: pii.New(text)}
		if err := addMessage(ctx, tx, r, k, m, time.Time{}); err != nil {
			return err
		}
		return jobs.Insert(ctx, tx, Asked{id, m.ID})
	})
}
