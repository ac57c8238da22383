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
	stored := in.Stored
	var refused []forms.Problem
	for _, u := range in.Uploads {
		u.Page = in.Page
		f, bad, err := s.AddFile(ctx, c, id, p, u)
		if err != nil {
			return out, nil, err
		}
		if bad != nil {
			refused = append(refused, *bad)
			continue
		}
		stored = append(stored, f)
	}
	err = again(func() error {
		r, scope, err := s.view(ctx, c, p, id)
		if err != nil {
			return err
		}
		def, a, err := s.openDraft(c.Realm, &r)
		if err != nil {
			return err
		}
		t, err := s.tenant(r.tenant)
		if err != nil {
			return err
		}
		files := map[string][]forms.File{}
		for _, f := range stored {
			if f.of != id {
				return errs.NotFound("upload of case", id)
			}
			files[f.field] = append(files[f.field], f.file)
		}
		e, _, _, err := s.env(ctx, c, &r, t, def)
		if err != nil {
			return err
		}
		next, found := def.Accept(in.Page, in.Values, files, a, e)
		next = def.Prove(next, e)
		k, err := s.key(&r)
		if err != nil {
			return err
		}
		same, err := unchanged(a, next)
		if err != nil {
			return err
		}
		if same && len(stored) == 0 {
			// Nothing to save: two presses of one button are one version, so that
			// neither of them looks like a change made elsewhere.
			problems = append(slices.Clone(refused), found...)
			out, err = s.draftAgain(ctx, c, scope, &r, def, a)
			return err
		}
		sealed, err := sealJSON(k, next, r.place("answers"))
		if err != nil {
			return err
		}
		if len(sealed) > maxAnswers {
			return errs.TooLarge("case.draft-large")
		}
		kept := ids(next.Files())
		err = s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
			erase := after(tx.Now, draftDays(t))
			if err := putAnswers(ctx, tx, &r, sealed, erase); err != nil {
				return err
			}
			for _, f := range stored {
				if slices.Contains(kept, f.file.ID) {
					if err := adopt(ctx, tx, &r, k, f, KindUpload, ""); err != nil {
						return err
					}
				}
			}
			for _, old := range ids(a.Files()) {
				if !slices.Contains(kept, old) {
					if err := dropDocument(ctx, tx, id, ident.FileID(old)); err != nil {
						return err
					}
				}
			}
			return audit.Record(ctx, tx, c, audit.Event{Action: "case.answer", Object: object(id)})
		})
		if err != nil {
			return err
		}
		r.version++
		problems = append(slices.Clone(refused), found...)
		out, err = s.draftAgain(ctx, c, scope, &r, def, next)
		return err
	})
	return out, problems, err
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
		r, scope, err := s.view(ctx, c, p, id)
		if err != nil {
			return err
		}
		_, a, err := s.openDraft(c.Realm, &r)
		if err != nil {
			return err
		}
		if !without(a, string(file)) {
			return errs.NotFound("file", file)
		}
		k, err := s.key(&r)
		if err != nil {
			return err
		}
		sealed, err := sealJSON(k, a, r.place("answers"))
		if err != nil {
			return err
		}
		return s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
			if err := putAnswers(ctx, tx, &r, sealed, r.eraseAt); err != nil {
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
