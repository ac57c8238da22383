package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"stadttor/internal/app"
	"stadttor/internal/audit"
	"stadttor/internal/cases"
	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/test/town"
)

// oracle compares an open world with what was acknowledged. Everything it finds
// is one line in plain words.
type oracle struct {
	a     *app.App
	place town.Place
	found []string
}

func (o *oracle) wrong(format string, args ...any) {
	o.found = append(o.found, fmt.Sprintf(format, args...))
}

// acknowledged checks one submission that its sender was told of.
func (o *oracle) acknowledged(ctx context.Context, k ack) error {
	own, err := o.a.Cases.Read(ctx, k.Who, k.Proof, k.Case)
	if errs.Is(err, errs.KindNotFound) || errs.Is(err, errs.KindConflict) {
		o.wrong("lost: case %s was acknowledged as %q: %v", k.Case, k.Number, err)
		return nil
	}
	if err != nil { // also a case that does not open
		o.wrong("damaged: case %s: %v", k.Case, err)
		return nil
	}
	if own.State != cases.StateSubmitted {
		o.wrong("lost: case %s was acknowledged and is %s", k.Case, own.State)
	}
	if k.Number != "" && own.Number != k.Number {
		o.wrong("lost: case %s was acknowledged as %s and is %s", k.Case, k.Number, own.Number)
	}
	shown := false
	for _, s := range own.Sections {
		for _, row := range s.Rows {
			shown = shown || slices.Contains(row.Text, mark(k.Mark()))
		}
	}
	if !shown {
		o.wrong("damaged: case %s does not show its answers", k.Case)
	}
	o.upload(ctx, k.Application, own.Documents)
	return o.rows(ctx, k.Application)
}

// upload checks that the attachment is there once, whole and readable.
func (o *oracle) upload(ctx context.Context, x town.Application, docs []cases.Document) {
	docs = slices.DeleteFunc(slices.Clone(docs), func(d cases.Document) bool { return d.Kind != cases.KindUpload })
	if len(docs) != 1 || docs[0].SHA256 != x.SHA256() {
		o.wrong("lost: case %s has %d attachments, want the one that was sent", x.Case, len(docs))
		return
	}
	_, r, err := o.a.Cases.Document(ctx, x.Who, x.Proof, x.Case, docs[0].ID)
	if err != nil {
		o.wrong("lost: attachment of case %s: %v", x.Case, err)
		return
	}
	sum := sha256.New()
	_, err = io.Copy(sum, r)
	if err = errors.Join(err, r.Close()); err != nil || hex.EncodeToString(sum.Sum(nil)) != x.SHA256() {
		o.wrong("damaged: attachment of case %s is not what was sent (%v)", x.Case, err)
	}
}

// rows counts what a submission leaves besides the case.
func (o *oracle) rows(ctx context.Context, x town.Application) error {
	return o.a.DB.View(ctx, db.Across(x.Who.Realm, "crash oracle"), func(tx *db.Tx) error {
		for what, q := range map[string]string{
			"audit entries": `SELECT count(*) FROM audit_entry WHERE tenant_id=$1 AND action='case.submit' AND object='case:' || $2`,
			"events":        `SELECT count(*) FROM case_event WHERE tenant_id=$1 AND case_id=$2 AND event='submit' AND state='submitted'`,
			"receipt jobs":  `SELECT count(*) FROM job WHERE tenant_id=$1 AND kind='cases.Submitted' AND unique_key=$2`,
			"parcels":       `SELECT count(*) FROM parcel WHERE tenant_id=$1 AND case_id=$2 AND event='` + delivery.Submitted + `'`,
			"delivery jobs": `SELECT count(*) FROM job j JOIN parcel p ON p.tenant_id=j.tenant_id WHERE p.tenant_id=$1 AND p.case_id=$2 AND j.kind='delivery.Due' AND j.unique_key=p.id || '.1'`,
		} {
			var n int
			if err := tx.QueryRow(ctx, q, string(x.Who.Tenant), string(x.Case)).Scan(&n); err != nil {
				return err
			}
			if n != 1 {
				o.wrong("half: case %s has %d %s, want 1", x.Case, n, what)
			}
		}
		return nil
	})
}

// draft checks the last step of a draft that its owner was told of. A draft
// that was sent meanwhile is not looked at.
func (o *oracle) draft(ctx context.Context, s saved) {
	d, err := o.a.Cases.Draft(ctx, s.Who, s.Proof, s.Case)
	if errs.KeyOf(err) == "case.already-sent" {
		return
	}
	switch {
	case err != nil:
		o.wrong("lost: draft %s was saved: %v", s.Case, err)
	case d.Version < s.Version:
		o.wrong("lost: draft %s was saved as version %d and is %d", s.Case, s.Version, d.Version)
	case s.Page == town.Upload && len(d.Answers.Files()) != 1:
		o.wrong("lost: draft %s was saved with a file and has %d", s.Case, len(d.Answers.Files()))
	case s.Page == town.Upload:
		_, r, err := o.a.Cases.Document(ctx, s.Who, s.Proof, s.Case, ident.FileID(d.Answers.Files()[0].ID))
		if err != nil {
			o.wrong("lost: file of draft %s: %v", s.Case, err)
			return
		}
		sum := sha256.New()
		_, err = io.Copy(sum, r)
		if err = errors.Join(err, r.Close()); err != nil || hex.EncodeToString(sum.Sum(nil)) != s.SHA256() {
			o.wrong("damaged: file of draft %s (%v)", s.Case, err)
		}
	}
}

// whole looks at everything that is stored, acknowledged or not: no half case,
// no row without its file, no broken chain.
func (o *oracle) whole(ctx context.Context) error {
	for _, part := range o.a.DB.Partitions() {
		if err := o.a.DB.View(ctx, db.Across(part, "crash oracle"), func(tx *db.Tx) error { return o.halves(ctx, tx) }); err != nil {
			return err
		}
	}
	broken, err := audit.Verify(ctx, o.a.DB, db.Across("", "crash oracle"), nil)
	for _, b := range broken {
		o.wrong("broken: %s", b)
	}
	return err
}

func (o *oracle) halves(ctx context.Context, tx *db.Tx) error {
	set := func(q string) (map[string]int, error) {
		rows, err := tx.Query(ctx, q)
		out := map[string]int{}
		_, err = db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
			var k string
			err = r.Scan(&k)
			out[k]++
			return x, err
		})
		return out, err
	}
	sent, err := set(`SELECT id FROM case_record WHERE state='submitted'`)
	if err != nil {
		return err
	}
	for what, q := range map[string]string{
		"an audit entry": `SELECT substr(object,6) FROM audit_entry WHERE action='case.submit'`,
		"an event":       `SELECT case_id FROM case_event WHERE event='submit'`,
		"a receipt job":  `SELECT unique_key FROM job WHERE kind='cases.Submitted'`,
		"a parcel":       `SELECT case_id FROM parcel WHERE event='` + delivery.Submitted + `'`,
		"a delivery job": `SELECT p.case_id FROM parcel p JOIN job j ON j.tenant_id=p.tenant_id AND j.kind='delivery.Due' AND j.unique_key=p.id || '.1'`,
		"an attachment":  `SELECT case_id FROM case_document WHERE kind='upload' AND case_id IN (SELECT id FROM case_record WHERE state='submitted')`,
		"a number":       `SELECT id FROM case_record WHERE number<>''`,
	} {
		have, err := set(q)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		for id := range sent {
			if have[id] != 1 {
				o.wrong("half: case %s is submitted and has %d of %s", id, have[id], what)
			}
		}
		for id := range have {
			if sent[id] == 0 {
				o.wrong("half: case %s has %s and is not submitted", id, what)
			}
		}
	}
	return o.files(ctx, tx)
}

// files compares the rows of documents with the files: each row's file is there,
// and each file has a row or is noted for the sweep.
func (o *oracle) files(ctx context.Context, tx *db.Tx) error {
	there, halves, err := stored(o.place)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, q := range []string{`SELECT tenant_id,id,'row' FROM case_document`, `SELECT tenant_id,file_id,'' FROM case_leftover`} {
		rows, err := tx.Query(ctx, q)
		if _, err := db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
			var tenant, id, row string
			if err = r.Scan(&tenant, &id, &row); err == nil {
				known[tenant+"/"+id] = true
				if row != "" && !there[tenant+"/"+id] {
					o.wrong("lost: file %s of tenant %s has a row and is not there", id, tenant)
				}
			}
			return x, err
		}); err != nil {
			return err
		}
	}
	for f := range there {
		if !known[f] {
			o.wrong("left: file %s belongs to nobody", f)
		}
	}
	for _, f := range halves {
		tenant, name, _ := strings.Cut(f, "/")
		id, _, _ := strings.Cut(name, ".")
		if !known[tenant+"/"+id] {
			o.wrong("left: half file %s belongs to nobody", f)
		}
	}
	return nil
}

// stored lists the files of a world as "tenant/id", and those half written.
func stored(p town.Place) (there map[string]bool, halves []string, err error) {
	there = map[string]bool{}
	root := filepath.Join(p.Dir, "dateien")
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		parts := strings.Split(filepath.ToSlash(rel), "/")
		name := parts[0] + "/" + parts[len(parts)-1]
		if strings.HasSuffix(name, ".tmp") {
			halves = append(halves, name)
			return nil
		}
		there[name] = true
		return nil
	})
	return there, halves, err
}
