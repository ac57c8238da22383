package cases

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

// pending is how long a stored file may wait for its row; then the sweep takes it.
const pending = 24 * time.Hour

// Stored is a file that lies sealed in the store and waits for its row.
type Stored struct {
	of    ident.CaseID
	field string
	file  forms.File
}

// File is what the form gets to know about it.
func (f Stored) File() forms.File { return f.file }

func filePlace(t ident.TenantID, id ident.FileID, column string) seal.Where {
	return seal.Where{Tenant: string(t), Table: "case_document", Row: string(id), Column: column}
}

// keep streams a file, sealed, into the store and makes it durable, before any
// transaction that speaks of it. It notes the file first, so that nothing is
// left behind when the program stops here.
func (s *Service) keep(ctx context.Context, scope db.TenantScope, r *record, k seal.Key, name, mediaType string, write func(io.Writer) error) (Stored, error) {
	id := ident.New[ident.FileID](s.c.DB.Now())
	if err := s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO case_leftover (tenant_id,file_id,due_at) VALUES ($1,$2,$3)`, string(tx.Tenant()), string(id), db.Micros(tx.Now.Add(pending)))
		return err
	}); err != nil {
		return Stored{}, err
	}
	sum, size := sha256.New(), counter(0)
	_, err := s.c.Blobs.Put(ctx, r.tenant, id, func(w io.Writer) error {
		sw, err := k.SealTo(w, filePlace(r.tenant, id, "content"))
		if err != nil {
			return err
		}
		return errors.Join(write(io.MultiWriter(sw, sum, &size)), sw.Close())
	})
	if err != nil {
		return Stored{}, err
	}
	return Stored{of: r.id, file: forms.File{ID: string(id), Name: name, Type: mediaType, Size: int64(size), SHA256: hex.EncodeToString(sum.Sum(nil))}}, nil
}

// keepBytes is keep for what the program made itself.
func (s *Service) keepBytes(ctx context.Context, scope db.TenantScope, r *record, k seal.Key, name, mediaType string, b []byte) (Stored, error) {
	return s.keep(ctx, scope, r, k, name, mediaType, func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(b))
		return err
	})
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// adopt gives a stored file its row, in the transaction of the verb. A file that
// waited too long is gone: Unavailable, to be sent again.
func adopt(ctx context.Context, tx *db.Tx, r *record, k seal.Key, f Stored, kind DocumentKind, m ident.MessageID) error {
	n, err := tx.Exec(ctx, `DELETE FROM case_leftover WHERE tenant_id=$1 AND file_id=$2 AND due_at>$3`, string(tx.Tenant()), f.file.ID, db.Micros(tx.Now))
	if err != nil {
		return fmt.Errorf("adopting file %s: %w", f.file.ID, err)
	}
	if n == 0 {
		return errs.Unavailable("case.upload-lost", fmt.Errorf("file %s waited too long", f.file.ID))
	}
	sum, err := hex.DecodeString(f.file.SHA256)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO case_document (tenant_id,case_id,id,person_id,kind,message_id,name,media_type,size,sha256,at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`,
		string(tx.Tenant()), string(r.id), f.file.ID, string(r.person), string(kind), string(m),
		k.Seal([]byte(f.file.Name), filePlace(r.tenant, ident.FileID(f.file.ID), "name")), f.file.Type, f.file.Size, sum, db.Micros(tx.Now))
	if err != nil {
		return fmt.Errorf("adopting file %s: %w", f.file.ID, err)
	}
	return nil
}

// dropDocument takes a file's row away and leaves its bytes to the sweep.
func dropDocument(ctx context.Context, tx *db.Tx, c ident.CaseID, id ident.FileID) error {
	n, err := tx.Exec(ctx, `DELETE FROM case_document WHERE tenant_id=$1 AND case_id=$2 AND id=$3`, string(tx.Tenant()), string(c), string(id))
	if err != nil || n == 0 {
		return err
	}
	return leave(ctx, tx, id)
}

func leave(ctx context.Context, tx *db.Tx, id ident.FileID) error {
	_, err := tx.Exec(ctx, `INSERT INTO case_leftover (tenant_id,file_id,due_at) VALUES ($1,$2,$3) ON CONFLICT (tenant_id,file_id) DO UPDATE SET due_at=excluded.due_at`, string(tx.Tenant()), string(id), db.Micros(tx.Now))
	return err
}

// sealedDocument is a row before its name is opened.
type sealedDocument struct {
	Document
	name []byte
}

func listDocuments(ctx context.Context, tx *db.Tx, c ident.CaseID) ([]sealedDocument, error) {
	rows, err := tx.Query(ctx, `SELECT id,kind,message_id,name,media_type,size,sha256,at FROM case_document WHERE tenant_id=$1 AND case_id=$2 ORDER BY at,id`, string(tx.Tenant()), string(c))
	return db.Collect(rows, err, func(r *sql.Rows) (d sealedDocument, err error) {
		var at int64
		var sum []byte
		err = r.Scan(&d.ID, &d.Kind, &d.Message, &d.name, &d.Type, &d.Size, &sum, &at)
		d.At, d.SHA256 = db.FromMicros(at), hex.EncodeToString(sum)
		return d, err
	})
}

func (d sealedDocument) open(r *record, k seal.Key) (Document, error) {
	name, err := k.Open(d.name, filePlace(r.tenant, d.ID, "name"))
	if err != nil {
		return d.Document, fmt.Errorf("name of file %s: %w", d.ID, err)
	}
	d.Name = pii.New(string(name))
	return d.Document, nil
}

// content opens the bytes of a document.
func (s *Service) content(ctx context.Context, r *record, k seal.Key, id ident.FileID) (io.ReadCloser, error) {
	f, err := s.c.Blobs.Open(ctx, r.tenant, id)
	if err != nil {
		return nil, err
	}
	plain, err := k.OpenFrom(f, filePlace(r.tenant, id, "content"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening file %s: %w", id, err), f.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{plain, f}, nil
}

func (s *Service) document(ctx context.Context, r *record, list []sealedDocument, id ident.FileID) (Document, io.ReadCloser, error) {
	for _, d := range list {
		if d.ID != id {
			continue
		}
		k, err := s.key(r)
		if err != nil {
			return Document{}, nil, err
		}
		doc, err := d.open(r, k)
		if err != nil {
			return doc, nil, err
		}
		f, err := s.content(ctx, r, k, id)
		return doc, f, err
	}
	return Document{}, nil, errs.NotFound("file", id)
}
