package cases

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
)

// Bounds of all uploads of one case, whatever the form allows for each field.
const (
	maxFiles     = 60
	maxFileBytes = 50 << 20
	maxCaseBytes = 200 << 20
)

// Upload is one file as it arrives.
type Upload struct {
	Page  string // of the assistant
	Field string // id of the field on that page
	Name  string // as the person's device calls it; only a cleaned form is kept
	Body  io.Reader
}

// Texts of refused uploads; those that depend on the field's rules come from forms.
const (
	textEncrypted = "Die Datei „%s“ ist mit einem Passwort geschützt. Bitte laden Sie sie ohne Passwort hoch."
	textActive    = "Die Datei „%s“ enthält ausführbare Inhalte, zum Beispiel Skripte oder Makros. Bitte laden Sie eine einfache Fassung hoch, zum Beispiel als PDF gedruckt."
	textMalware   = "Bei der Datei „%s“ hat unser Virenschutz angeschlagen. Bitte laden Sie eine andere Datei hoch."
	textPixels    = "Das Bild „%s“ hat zu viele Bildpunkte. Bitte verkleinern Sie es und wählen Sie es dann noch einmal aus."
	textBroken    = "Die Datei „%s“ ist beschädigt. Bitte wählen Sie sie noch einmal aus."
	textQuota     = "Die Dateien zu diesem Antrag sind zusammen zu groß. Bitte entfernen Sie eine andere Datei oder verkleinern Sie „%s“."
)

// AddFile takes an upload for a field of a page: sealed with the key of the
// case while it streams, durable when AddFile returns, never on disk in the
// clear. It belongs to the draft once Answer names it; otherwise the sweep
// deletes it after a day. A refused file gives a problem with a German text and
// no error. Its owner may, as in Draft. Errors: as Draft; NotFound if the page
// has no such field; Unavailable if the store does not take it.
func (s *Service) AddFile(ctx context.Context, c perm.Citizen, id ident.CaseID, p Proof, u Upload) (Stored, *forms.Problem, error) {
	d, err := s.open(ctx, c, p, id)
	if err != nil {
		return Stored{}, nil, err
	}
	return s.addFile(ctx, d, u)
}

func (s *Service) addFile(ctx context.Context, d *opened, u Upload) (Stored, *forms.Problem, error) {
	page, ok := d.look.Page(u.Page)
	if !ok {
		return Stored{}, nil, errs.NotFound("page", u.Page)
	}
	for _, f := range page.Fields {
		if f.Field.ID == u.Field && f.Field.Type == forms.FileUpload && f.Field.File != nil {
			out, text, code, err := s.take(ctx, d.scope, &d.record, d.k, u, f.Field.File.MaxBytes)
			if err != nil || text == "" {
				out.field = u.Field
				return out, nil, err
			}
			return out, &forms.Problem{Page: u.Page, Field: u.Field, Input: u.Field, Code: code, Text: text}, nil
		}
	}
	return Stored{}, nil, errs.NotFound("file field", u.Field)
}

// take checks and stores one file of a case. text says why it was refused.
func (s *Service) take(ctx context.Context, scope db.TenantScope, r *record, k seal.Key, u Upload, most int64) (out Stored, text, code string, err error) {
	refuse := func(code, text string) (Stored, string, string, error) {
		return Stored{}, fmt.Sprintf(text, cleanName(u.Name, "")), code, nil
	}
	count, sum, err := s.stored(ctx, scope, r.id)
	if err != nil {
		return out, "", "", err
	}
	most = min(most, maxFileBytes)
	if count >= maxFiles || sum+most > maxCaseBytes {
		return refuse("file-quota", textQuota)
	}
	// One byte more than allowed is read, so that forms can refuse the size.
	in := bufio.NewReaderSize(io.LimitReader(u.Body, most+1), 4096)
	head, err := in.Peek(3072)
	if err != nil && !errors.Is(err, io.EOF) {
		return out, "", "", errs.Unavailable("case.upload-lost", fmt.Errorf("reading an upload: %w", err))
	}
	var body io.Reader = in
	kind := sniff(head)
	if kind == kindZip {
		b, err := io.ReadAll(in)
		if err != nil {
			return out, "", "", errs.Unavailable("case.upload-lost", fmt.Errorf("reading an upload: %w", err))
		}
		var bad error
		if kind, bad = lookIntoZip(b); bad != nil && int64(len(b)) <= most {
			return refuse("file-content", verdictText(bad))
		}
		body = bytes.NewReader(b)
	}
	var read error
	out, err = s.keep(ctx, scope, r, k, cleanName(u.Name, kind.ext), kind.media, func(w io.Writer) error {
		_, err := io.Copy(w, reading{body, &read})
		return err
	})
	if read != nil {
		return out, "", "", errs.Unavailable("case.upload-lost", fmt.Errorf("reading an upload: %w", read))
	}
	if err != nil {
		return out, "", "", err
	}
	if out.file.Size > most {
		return out, "", "", s.forget(ctx, scope, out) // Accept says how large it may be
	}
	if err := s.inspect(ctx, r, k, out, kind); err != nil {
		var v *verdict
		if !errors.As(err, &v) {
			return out, "", "", err
		}
		if err := s.forget(ctx, scope, out); err != nil {
			return out, "", "", err
		}
		return refuse("file-content", v.text)
	}
	return out, "", "", nil
}

// reading remembers that it was the sender who failed, not the store.
type reading struct {
	r   io.Reader
	err *error
}

func (r reading) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		*r.err = err
	}
	return n, err
}

// verdict is a refusal with its German text.
type verdict struct{ text string }

func (v *verdict) Error() string { return "upload refused" }

func verdictText(err error) string {
	var v *verdict
	if errors.As(err, &v) {
		return v.text
	}
	return textBroken
}

// inspect reads a stored file back and looks for what may not come in.
func (s *Service) inspect(ctx context.Context, r *record, k seal.Key, f Stored, kind fileKind) error {
	look := func(with func(io.Reader) error) error {
		b, err := s.content(ctx, r, k, ident.FileID(f.file.ID))
		if err != nil {
			return err
		}
		return errors.Join(with(b), b.Close())
	}
	switch kind.ext {
	case "pdf":
		if err := look(lookIntoPDF); err != nil {
			return err
		}
	case "jpg", "png":
		if err := look(lookIntoPicture); err != nil {
			return err
		}
	}
	if s.c.Scan == nil {
		return nil
	}
	return look(func(b io.Reader) error {
		err := s.c.Scan(ctx, b)
		if errs.Is(err, errs.KindInvalid) {
			return &verdict{textMalware}
		}
		return err
	})
}

// stored counts what a case holds.
func (s *Service) stored(ctx context.Context, scope db.TenantScope, id ident.CaseID) (n int, sum int64, err error) {
	err = s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*), coalesce(sum(size),0) FROM case_document WHERE tenant_id=$1 AND case_id=$2`, string(tx.Tenant()), string(id)).Scan(&n, &sum)
	})
	return n, sum, err
}

// forget hands a stored file that nobody wants to the sweep.
func (s *Service) forget(ctx context.Context, scope db.TenantScope, f Stored) error {
	return s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error { return leave(ctx, tx, ident.FileID(f.file.ID)) })
}

var ascii = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ß", "ss", "ẞ", "SS")

// cleanName makes a name of our own: plain letters, digits and hyphens, at most
// 60, and the ending that belongs to the content. ext "" keeps the ending out.
func cleanName(name, ext string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.TrimSuffix(name, path.Ext(name))
	var b strings.Builder
	for _, r := range ascii.Replace(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			if s := b.String(); s != "" && s[len(s)-1] != '-' {
				b.WriteByte('-')
			}
		}
		if b.Len() >= 60 {
			break
		}
	}
	out := strings.Trim(b.String(), "-")
	if out == "" {
		out = "datei"
	}
	if ext == "" {
		return out
	}
	return out + "." + ext
}
