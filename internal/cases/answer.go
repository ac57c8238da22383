package cases

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// maxAnswers bounds a draft's answers in bytes, everything typed included.
const maxAnswers = 1 << 20

// Sent is what one page of the assistant sent.
type Sent struct {
	Page   string
	Values url.Values
	// Stored are uploads that AddFile has taken already.
	Stored []Stored
	// Uploads are taken first, one after the other, before Values are looked at.
	Uploads []Upload
}

// Answer takes one page of a draft in and saves it, with problems too: what was
// typed and is wrong is kept and shown again. Its owner may, at the trust level
// of the form. Two windows do not overwrite each other: each page is taken into
// the answers as they are now. The problems of refused uploads come first.
// Errors: NotFound, Forbidden "case.level-needed", Conflict as Draft, TooLarge
// "case.draft-large".
func (s *Service) Answer(ctx context.Context, c perm.Citizen, id ident.CaseID, p Proof, in Sent) (out Draft, problems []forms.Problem, err error) {
	d, err := s.open(ctx, c, p, id)
	if err != nil {
		return out, nil, err
	}
	stored := in.Stored
	for _, u := range in.Uploads {
		u.Page = in.Page
		f, bad, err := s.addFile(ctx, d, u)
		if err != nil {
			return out, nil, err
		}
		if bad != nil {
			problems = append(problems, *bad)
			continue
		}
		stored = append(stored, f)
	}
	var found []forms.Problem
	err = again(func() error {
		if d == nil { // it was changed since it was read
			if d, err = s.open(ctx, c, Proof{Secret: p.Secret}, id); err != nil {
				return err
			}
		}
		var next *opened
		next, found, err = s.answer(ctx, d, in, stored)
		d = nil
		if err == nil {
			out = next.draft(p)
		}
		return err
	})
	return out, append(problems, found...), err
}

// answer takes a page into a draft as it was found; errStale if it is another
// one by now.
func (s *Service) answer(ctx context.Context, d *opened, in Sent, stored []Stored) (*opened, []forms.Problem, error) {
	files := map[string][]forms.File{}
	for _, f := range stored {
		if f.of != d.id {
			return nil, nil, errs.NotFound("upload of case", d.id)
		}
		files[f.field] = append(files[f.field], f.file)
	}
	a, problems := d.look.Accept(in.Page, in.Values, files)
	a = d.def.Prove(a, d.env)
	same, err := unchanged(d.answers, a)
	if err != nil {
		return nil, nil, err
	}
	if same && len(stored) == 0 {
		// Nothing to save: two presses of one button are one version, so that
		// neither of them looks like a change made elsewhere.
		return d, problems, nil
	}
	sealed, err := sealJSON(d.k, a, d.place("answers"))
	if err != nil {
		return nil, nil, err
	}
	if len(sealed) > maxAnswers {
		return nil, nil, errs.TooLarge("case.draft-large")
	}
	kept := ids(a.Files())
	next := d.with(a, sealed)
	err = s.c.DB.InTx(ctx, d.scope, func(tx *db.Tx) error {
		next.updatedAt, next.eraseAt = tx.Now, after(tx.Now, draftDays(d.at))
		if err := putAnswers(ctx, tx, &d.record, sealed, next.eraseAt); err != nil {
			return err
		}
		for _, f := range stored {
			if slices.Contains(kept, f.file.ID) {
				if err := adopt(ctx, tx, &d.record, d.k, f, KindUpload, ""); err != nil {
					return err
				}
			}
		}
		for _, old := range ids(d.answers.Files()) {
			if !slices.Contains(kept, old) {
				if err := dropDocument(ctx, tx, d.id, ident.FileID(old)); err != nil {
					return err
				}
			}
		}
		return audit.Record(ctx, tx, d.by, audit.Event{Action: "case.answer", Object: object(d.id)})
	})
	if err != nil {
		return nil, nil, err
	}
	return next, problems, nil
}

// unchanged compares answers as they are stored.
func unchanged(a, b forms.Answers) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return bytes.Equal(x, y), err
}

func ids(files []forms.File) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = f.ID
	}
	return out
}

// RemoveFile takes an upload of a draft away. Errors as Draft; NotFound also if
// the draft has no such file.
func (s *Service) RemoveFile(ctx context.Context, c perm.Citizen, id ident.CaseID, p Proof, file ident.FileID) error {
	return again(func() error {
		d, err := s.open(ctx, c, Proof{Secret: p.Secret}, id)
		if err != nil {
			return err
		}
		if !without(d.answers, string(file)) {
			return errs.NotFound("file", file)
		}
		sealed, err := sealJSON(d.k, d.answers, d.place("answers"))
		if err != nil {
			return err
		}
		return s.c.DB.InTx(ctx, d.scope, func(tx *db.Tx) error {
			if err := putAnswers(ctx, tx, &d.record, sealed, d.eraseAt); err != nil {
				return err
			}
			if err := dropDocument(ctx, tx, id, file); err != nil {
				return err
			}
			return audit.Record(ctx, tx, c, audit.Event{Action: "case.remove-file", Object: object(id)})
		})
	})
}

// without takes a file out of answers that nobody else holds; a field that has
// none left becomes open again.
func without(a forms.Answers, file string) (found bool) {
	for id, v := range a {
		if i := slices.IndexFunc(v.Files, func(f forms.File) bool { return f.ID == file }); i >= 0 {
			v.Files = slices.Delete(v.Files, i, i+1)
			if a[id] = v; len(v.Files) == 0 {
				delete(a, id)
			}
			return true
		}
		for _, e := range v.Entries {
			if without(e.Answers, file) {
				return true
			}
		}
	}
	return false
}
