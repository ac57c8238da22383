package cases

import (
	"context"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// Bounds of the files that come with an answer.
const (
	maxReplyFiles = 5
	maxReplyBytes = 10 << 20 // of one file
)

var replyKinds = map[string]bool{"pdf": true, "jpg": true, "png": true, "heic": true, "tiff": true, "docx": true, "odt": true}

// Reply answers the authority's question, with files if wanted; the case goes on
// in review. Its owner may. A refused file fails the whole answer: Invalid with
// a field "dateien" and a German text; nothing is lost on the page. Other errors:
// NotFound, Forbidden, Conflict if no question is open.
func (s *Service) Reply(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID, text string, files []Upload) error {
	text, err := tidy(text)
	if err != nil {
		return err
	}
	r, scope, err := s.view(ctx, c, p, id)
	if err != nil {
		return err
	}
	if !can(r.state, Applicant, EventReply) {
		return errs.Conflict("case.not-in-state")
	}
	if len(files) > maxReplyFiles {
		return errs.Invalid("case.too-many-files", errs.Field{Name: "dateien", Key: "case.too-many-files", Args: []any{maxReplyFiles}})
	}
	k, err := s.key(&r)
	if err != nil {
		return err
	}
	var stored []Stored
	for _, u := range files {
		f, why, _, err := s.take(ctx, scope, &r, k, u, maxReplyBytes)
		switch {
		case err != nil:
			return err
		case why != "":
			return errs.Invalid("case.file-refused", errs.Field{Name: "dateien", Literal: why})
		case f.file.Size > maxReplyBytes:
			return errs.Invalid("case.file-refused", errs.Field{Name: "dateien", Key: "case.file-too-large"})
		case f.file.Size == 0 || !replyKinds[extOf(f.file.Name)]:
			return errs.Invalid("case.file-refused", errs.Field{Name: "dateien", Key: "case.file-kind"})
		}
		stored = append(stored, f)
	}
	return s.changeOwn(ctx, c, p, id, func(tx *db.Tx, r *record) error {
		from := r.state
		var err error
		if r.state, err = step(r.state, Applicant, EventReply); err != nil {
			return err
		}
		k, err := s.key(r)
		if err != nil {
			return err
		}
		if err := putRecord(ctx, tx, r); err != nil {
			return err
		}
		m := Message{ID: ident.New[ident.MessageID](tx.Now), Kind: KindAnswer, Author: c.Ref(), Text: pii.New(text)}
		if err := addMessage(ctx, tx, r, k, m, tx.Now); err != nil {
			return err
		}
		for _, f := range stored {
			if err := adopt(ctx, tx, r, k, f, KindReply, m.ID); err != nil {
				return err
			}
		}
		if err := addEvent(ctx, tx, r, c, EventReply); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, c, audit.Event{Action: "case.reply", Object: object(id), Detail: string(from) + ">" + string(r.state)}); err != nil {
			return err
		}
		if err := s.c.Delivery.Plan(ctx, tx, id, delivery.Replied+":"+string(m.ID)); err != nil {
			return err
		}
		return jobs.Insert(ctx, tx, Replied{id, m.ID})
	})
}

func extOf(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return name[i+1:]
		}
	}
	return ""
}
