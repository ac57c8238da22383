// Package audit is the tamper-evident log: who did what to which thing, when.
//
// It decides how entries are chained (SHA-256 over the entry and the hash of
// the one before, one chain per tenant and one for the realm) and how a chain
// is checked. Entries hold IDs and words of a closed vocabulary, never names,
// texts or answers: they outlive the erasure of what they speak of. Every verb
// records exactly one entry, in its own transaction: both are kept or neither.
//
// TR-03172-3 A3.9.04, A3.14.02/03; ASVS 5.0 V16.
package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// Event is what a verb did.
type Event struct {
	Action  string // e.g. "case.decide"
	Object  string // kind:id, e.g. "case:01h…"
	Outcome string // "" means "done"; else "refused", "failed"
	Detail  string // closed vocabulary, at most 200 bytes: "review>decided"
}

// Entry is a recorded event with its place in the chain.
type Entry struct {
	Realm  ident.RealmID
	Tenant ident.TenantID
	Seq    int64
	At     time.Time
	Actor  string
	Event
	Prev, Hash []byte
}

// Record appends to the chain of the transaction's tenant (or realm). It holds
// the chain's head until the commit, so call it late in the verb.
func Record(ctx context.Context, tx *db.Tx, actor perm.Actor, ev Event) error {
	realm, tenant := place(tx)
	if ev.Outcome == "" {
		ev.Outcome = "done"
	}
	if len(ev.Detail) > 200 || len(ev.Object) > 200 || len(ev.Action) > 100 || ev.Action == "" {
		return fmt.Errorf("audit entry out of bounds: %s", ev.Action)
	}
	e := Entry{Realm: realm, Tenant: tenant, At: tx.Now, Actor: actor.Ref(), Event: ev}
	err := tx.QueryRow(ctx, `SELECT seq, hash FROM audit_head WHERE realm_id=$1 AND tenant_id=$2`+tx.ForUpdate(), string(realm), string(tenant)).Scan(&e.Seq, &e.Prev)
	if errors.Is(err, sql.ErrNoRows) {
		e.Prev = make([]byte, sha256.Size)
		if _, err := tx.Exec(ctx, `INSERT INTO audit_head (realm_id,tenant_id,seq,hash) VALUES ($1,$2,0,$3) ON CONFLICT DO NOTHING`, string(realm), string(tenant), e.Prev); err != nil {
			return fmt.Errorf("starting the audit chain: %w", err)
		}
		err = tx.QueryRow(ctx, `SELECT seq, hash FROM audit_head WHERE realm_id=$1 AND tenant_id=$2`+tx.ForUpdate(), string(realm), string(tenant)).Scan(&e.Seq, &e.Prev)
	}
	if err != nil {
		return fmt.Errorf("reading the head of the audit chain: %w", err)
	}
	e.Seq++
	e.Hash = e.sum()
	if _, err := tx.Exec(ctx, `INSERT INTO audit_entry (realm_id,tenant_id,seq,at,actor,action,object,outcome,detail,prev_hash,hash) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`,
		string(realm), string(tenant), e.Seq, db.Micros(e.At), e.Actor, e.Action, e.Object, e.Outcome, e.Detail, e.Prev, e.Hash); err != nil {
		return fmt.Errorf("recording %s: %w", ev.Action, err)
	}
	_, err = tx.Exec(ctx, `UPDATE audit_head SET seq=$3, hash=$4 WHERE realm_id=$1 AND tenant_id=$2`, string(realm), string(tenant), e.Seq, e.Hash)
	return err
}

func place(tx *db.Tx) (realm ident.RealmID, tenant ident.TenantID) {
	return tx.Walls()
}

// sum hashes every field with its length before it, so that no two entries
// have the same bytes.
func (e Entry) sum() []byte {
	h := sha256.New()
	var n [8]byte
	part := func(b []byte) {
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	part(e.Prev)
	for _, s := range []string{string(e.Realm), string(e.Tenant), e.Actor, e.Action, e.Object, e.Outcome, e.Detail} {
		part([]byte(s))
	}
	binary.BigEndian.PutUint64(n[:], uint64(e.Seq))
	h.Write(n[:])
	binary.BigEndian.PutUint64(n[:], uint64(db.Micros(e.At)))
	h.Write(n[:])
	return h.Sum(nil)
}

// List gives entries of the scope's chain, newest first, below the given
// sequence (0 for the newest), at most limit.
func List(ctx context.Context, tx *db.Tx, before int64, limit int) ([]Entry, error) {
	realm, tenant := place(tx)
	if before <= 0 {
		before = 1 << 62
	}
	rows, err := tx.Query(ctx, `SELECT realm_id,tenant_id,seq,at,actor,action,object,outcome,detail,prev_hash,hash FROM audit_entry WHERE realm_id=$1 AND tenant_id=$2 AND seq<$3 ORDER BY seq DESC LIMIT $4`,
		string(realm), string(tenant), before, limit)
	return db.Collect(rows, err, scan)
}

func scan(r *sql.Rows) (e Entry, err error) {
	var at int64
	err = r.Scan(&e.Realm, &e.Tenant, &e.Seq, &at, &e.Actor, &e.Action, &e.Object, &e.Outcome, &e.Detail, &e.Prev, &e.Hash)
	e.At = db.FromMicros(at)
	return e, err
}

// Verify walks every chain the scope shows and says each break, one line each;
// empty means unbroken. progress is told the number of entries seen, may be nil.
func Verify(ctx context.Context, d *db.DB, s db.Scope, progress func(int)) (broken []string, err error) {
	err = d.View(ctx, s, func(tx *db.Tx) error {
		type head struct {
			realm, tenant string
			seq           int64
			hash          []byte
		}
		rows, err := tx.Query(ctx, `SELECT realm_id,tenant_id,seq,hash FROM audit_head ORDER BY realm_id,tenant_id`)
		heads, err := db.Collect(rows, err, func(r *sql.Rows) (h head, err error) { return h, r.Scan(&h.realm, &h.tenant, &h.seq, &h.hash) })
		if err != nil {
			return err
		}
		known, total := map[string]bool{}, 0
		for _, h := range heads {
			name := h.realm + "/" + h.tenant
			known[name] = true
			prev, seq := make([]byte, sha256.Size), int64(0)
			rows, err := tx.Query(ctx, `SELECT realm_id,tenant_id,seq,at,actor,action,object,outcome,detail,prev_hash,hash FROM audit_entry WHERE realm_id=$1 AND tenant_id=$2 ORDER BY seq`, h.realm, h.tenant)
			if err != nil {
				return err
			}
			for rows.Next() {
				e, err := scan(rows)
				if err != nil {
					_ = rows.Close()
					return err
				}
				seq++
				total++
				switch {
				case e.Seq != seq:
					broken = append(broken, fmt.Sprintf("chain %s: entry %d is missing (next is %d)", name, seq, e.Seq))
					seq = e.Seq
				case !bytes.Equal(e.Prev, prev):
					broken = append(broken, fmt.Sprintf("chain %s: entry %d does not follow the one before", name, e.Seq))
				case !bytes.Equal(e.sum(), e.Hash):
					broken = append(broken, fmt.Sprintf("chain %s: entry %d was changed", name, e.Seq))
				}
				prev = e.Hash
				if progress != nil && total%1000 == 0 {
					progress(total)
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
			if seq != h.seq || !bytes.Equal(prev, h.hash) {
				broken = append(broken, fmt.Sprintf("chain %s: ends at entry %d, its head says %d", name, seq, h.seq))
			}
		}
		var orphans int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM audit_entry e WHERE NOT EXISTS (SELECT 1 FROM audit_head h WHERE h.realm_id=e.realm_id AND h.tenant_id=e.tenant_id)`).Scan(&orphans); err != nil {
			return err
		}
		if orphans > 0 {
			broken = append(broken, fmt.Sprintf("%d entries belong to no chain", orphans))
		}
		return nil
	})
	return broken, err
}
