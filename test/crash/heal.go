package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stadttor/internal/cases"
	"stadttor/internal/db"
	"stadttor/internal/delivery"
)

// healed checks what jobs owe a submission, after they had time.
func (o *oracle) healed(ctx context.Context, k ack) error {
	own, err := o.a.Cases.Read(ctx, k.Who, k.Proof, k.Case)
	if err != nil {
		o.wrong("lost: case %s: %v", k.Case, err)
		return nil
	}
	receipts := 0
	for _, d := range own.Documents {
		if d.Kind == cases.KindReceipt {
			receipts++
		}
	}
	if receipts != 1 {
		o.wrong("stuck: case %s has %d receipts", k.Case, receipts)
	}
	t, ok := o.a.Directory.DoorOf(k.Who.Tenant)
	if !ok {
		o.wrong("lost: tenant %s", k.Who.Tenant)
		return nil
	}
	parcels, err := filepath.Glob(filepath.Join(o.place.Dir, "ausgang", t.Tenant.Slug, string(own.Number), "*"))
	if err != nil || len(parcels) != 1 {
		o.wrong("stuck: case %s was handed over %d times (%v)", k.Case, len(parcels), err)
		return nil
	}
	files, err := os.ReadDir(parcels[0])
	if err != nil {
		return err
	}
	want := k.SHA256()
	same := slices.ContainsFunc(files, func(f os.DirEntry) bool {
		b, err := os.ReadFile(filepath.Join(parcels[0], f.Name()))
		sum := sha256.Sum256(b)
		return err == nil && hex.EncodeToString(sum[:]) == want
	})
	if !same {
		o.wrong("damaged: the parcel of case %s does not hold the attachment", k.Case)
	}
	return nil
}

// settled checks that no job and no parcel is left over, and no half file.
func (o *oracle) settled(ctx context.Context) error {
	_, halves, err := stored(o.place)
	if err != nil {
		return err
	}
	for _, h := range halves {
		o.wrong("left: half file %s after the sweep", h)
	}
	return o.a.DB.View(ctx, db.Across("", "crash oracle"), func(tx *db.Tx) error {
		for _, q := range []string{
			`SELECT kind || ' ' || state || ' ' || last_error FROM job WHERE state<>'done' AND run_at<=` + "$1",
			`SELECT 'parcel ' || state || ' ' || failure FROM parcel WHERE state<>'` + delivery.Delivered + `' AND planned_at<=` + "$1",
		} {
			rows, err := tx.Query(ctx, q, db.Micros(tx.Now))
			left, err := db.Collect(rows, err, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) })
			if err != nil {
				return err
			}
			for _, l := range left {
				o.wrong("stuck: %s", strings.TrimSpace(l))
			}
		}
		return nil
	})
}
