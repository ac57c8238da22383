package accounts

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

// mandateText is what of a mandate lies sealed.
type mandateText struct {
	Given     string `json:"given,omitempty"`
	Family    string `json:"family,omitempty"` // or the company's name, without a given one
	BirthDate string `json:"birthDate,omitempty"`
	Holder    string `json:"holder,omitempty"`
	Proof     string `json:"proof,omitempty"`
	Reference string `json:"reference,omitempty"`
}

func (x mandateText) giver() string { return strings.TrimSpace(x.Given + " " + x.Family) }

func mandatePlace(r ident.RealmID, id MandateID, column string) seal.Where {
	return seal.Where{Tenant: string(r), Table: "account_mandate", Row: string(id), Column: column}
}

const mandateColumns = `m.id,m.kind,m.role,m.state,m.giver,m.holder,m.confirmed,m.services,m.level,m.code_until,m.starts_at,m.ends_at,m.ended_at,m.ended_by,m.sealed_key,m.sealed,m.created_at`

// stored is a mandate as it lies in the database.
type stored struct {
	Mandate
	wrapped, sealed []byte
}

func scanMandate(r interface{ Scan(...any) error }, more ...any) (m stored, err error) {
	var services string
	var level, code, starts, ends, ended, created int64
	err = r.Scan(append([]any{&m.ID, &m.Kind, &m.Role, &m.State, &m.giver, &m.holder, &m.Confirmed, &services, &level, &code, &starts, &ends, &ended, &m.EndedBy, &m.wrapped, &m.sealed, &created}, more...)...)
	m.Level, m.CodeUntil, m.StartsAt, m.EndsAt, m.EndedAt, m.CreatedAt = perm.Level(level), db.FromMicros(code), db.FromMicros(starts), db.FromMicros(ends), db.FromMicros(ended), db.FromMicros(created)
	if services != "" {
		m.Services = strings.Split(services, ",")
	}
	return m, err
}

// text opens the sealed part; that of a mandate whose giver or holder is gone is empty.
func (m *stored) text(key seal.Key, r ident.RealmID) (x mandateText, own seal.Key, err error) {
	if len(m.wrapped) == 0 {
		return x, own, nil
	}
	if own, err = key.OpenKey(m.wrapped, mandatePlace(r, m.ID, "sealed_key")); err != nil {
		return x, own, fmt.Errorf("key of mandate %s: %w", m.ID, err)
	}
	plain, err := own.Open(m.sealed, mandatePlace(r, m.ID, "sealed"))
	if err == nil {
		err = json.Unmarshal(plain, &x)
	}
	if err != nil {
		return x, own, fmt.Errorf("mandate %s: %w", m.ID, err)
	}
	return x, own, nil
}

// open gives the mandate as person sees it.
func (m *stored) open(key seal.Key, r ident.RealmID, person ident.PersonID) (Mandate, error) {
	x, _, err := m.text(key, r)
	if err != nil {
		return Mandate{}, err
	}
	out := m.Mandate
	out.Giver, out.BirthDate, out.Holder, out.Proof = pii.New(x.giver()), pii.New(x.BirthDate), pii.New(x.Holder), Proof{x.Proof, pii.New(x.Reference)}
	switch person {
	case "":
	case out.holder:
		out.Side = SideHolder
	case out.giver:
		out.Side = SideGiver
	}
	return out, nil
}

// getMandate reads a mandate of which person is a side; for anybody else it
// does not exist.
func getMandate(ctx context.Context, tx *db.Tx, person ident.PersonID, id MandateID, lock string) (m stored, err error) {
	if !ident.Valid(id) {
		return m, errs.NotFound("mandate", id)
	}
	m, err = scanMandate(tx.QueryRow(ctx, `SELECT `+mandateColumns+` FROM account_mandate m WHERE m.realm_id=$1 AND m.id=$2
		AND EXISTS (SELECT 1 FROM account_mandate_party p WHERE p.realm_id=m.realm_id AND p.mandate_id=m.id AND p.person_id=$3)`+lock, string(tx.Realm()), string(id), string(person)))
	if errors.Is(err, sql.ErrNoRows) {
		return m, errs.NotFound("mandate", id)
	}
	return m, err
}

// listMandates reads all mandates of which person is a side, newest first.
func listMandates(ctx context.Context, tx *db.Tx, person ident.PersonID) ([]stored, error) {
	rows, err := tx.Query(ctx, `SELECT `+mandateColumns+` FROM account_mandate_party p JOIN account_mandate m ON m.realm_id=p.realm_id AND m.id=p.mandate_id
		WHERE p.realm_id=$1 AND p.person_id=$2 ORDER BY m.id DESC LIMIT 500`, string(tx.Realm()), string(person))
	return db.Collect(rows, err, func(r *sql.Rows) (stored, error) { return scanMandate(r) })
}

// addMandate writes a new one with its sides. code is the digest of the
// invitation, nil for none.
func addMandate(ctx context.Context, tx *db.Tx, key seal.Key, m Mandate, x mandateText, code []byte) error {
	plain, err := json.Marshal(x)
	if err != nil {
		return err
	}
	for side, p := range map[string]ident.PersonID{SideGiver: m.giver, SideHolder: m.holder} {
		if p == "" {
			continue
		}
		if err := addParty(ctx, tx, m.ID, p, side); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM account_mandate_party p JOIN account_mandate m ON m.realm_id=p.realm_id AND m.id=p.mandate_id
			WHERE p.realm_id=$1 AND p.person_id=$2 AND m.state IN ('invited','active')`, string(tx.Realm()), string(p)).Scan(&n); err != nil {
			return err
		}
		if n >= maxMandates {
			return errs.Invalid("mandate.too-many")
		}
	}
	own, wrapped := key.NewKey(mandatePlace(tx.Realm(), m.ID, "sealed_key"))
	var digest any
	if code != nil {
		digest = code
	}
	_, err = tx.Exec(ctx, `INSERT INTO account_mandate (realm_id,id,kind,role,state,giver,holder,confirmed,services,level,code,code_until,starts_at,ends_at,ended_at,ended_by,sealed_key,sealed,created_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,0,'',$15,$16,$17)`,
		string(tx.Realm()), string(m.ID), string(m.Kind), m.Role, string(m.State), string(m.giver), string(m.holder), m.Confirmed, strings.Join(m.Services, ","), int64(m.Level), digest, db.Micros(m.CodeUntil),
		db.Micros(m.StartsAt), db.Micros(m.EndsAt), wrapped, own.Seal(plain, mandatePlace(tx.Realm(), m.ID, "sealed")), db.Micros(tx.Now))
	return err
}

func addParty(ctx context.Context, tx *db.Tx, id MandateID, p ident.PersonID, side string) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_mandate_party (realm_id,person_id,mandate_id,side) VALUES ($1,$2,$3,$4)`, string(tx.Realm()), string(p), string(id), side)
	return err
}

// endMandate revokes or declines.
func endMandate(ctx context.Context, tx *db.Tx, id MandateID, state MandateState, by string) error {
	if _, err := tx.Exec(ctx, `UPDATE account_mandate SET state=$3, ended_at=$4, ended_by=$5, code=NULL WHERE realm_id=$1 AND id=$2`, string(tx.Realm()), string(id), string(state), db.Micros(tx.Now), by); err != nil {
		return err
	}
	return nil
}

// Snapshot is the mandate as an application keeps it: everything but whose
// account it lies in. Callers seal it.
func (m Mandate) Snapshot() ([]byte, error) {
	return json.Marshal(snapshot{string(m.ID), string(m.Kind), m.Role, m.Giver.Reveal(), m.BirthDate.Reveal(), m.Holder.Reveal(), m.Confirmed, m.Proof.Kind, m.Proof.Reference.Reveal(), m.Services, m.Level.String(), m.StartsAt, m.EndsAt})
}

// ReadSnapshot reads what Snapshot wrote.
func ReadSnapshot(b []byte) (m Mandate, err error) {
	var x snapshot
	if err := json.Unmarshal(b, &x); err != nil {
		return m, fmt.Errorf("snapshot of a mandate: %w", err)
	}
	return Mandate{ID: MandateID(x.ID), Kind: MandateKind(x.Kind), Role: x.Role, State: MandateActive, Giver: pii.New(x.Giver), BirthDate: pii.New(x.BirthDate), Holder: pii.New(x.Holder), Confirmed: x.Confirmed,
		Proof: Proof{x.Proof, pii.New(x.Reference)}, Services: x.Services, Level: perm.ParseLevel(x.Level), StartsAt: x.Starts, EndsAt: x.Ends}, nil
}

type snapshot struct {
	ID        string    `json:"mandate"`
	Kind      string    `json:"kind"`
	Role      string    `json:"role,omitempty"`
	Giver     string    `json:"represented"`
	BirthDate string    `json:"birthDate,omitempty"`
	Holder    string    `json:"representative"`
	Confirmed bool      `json:"confirmedByBoth"`
	Proof     string    `json:"proof"`
	Reference string    `json:"reference,omitempty"`
	Services  []string  `json:"services,omitempty"`
	Level     string    `json:"level"`
	Starts    time.Time `json:"starts"`
	Ends      time.Time `json:"ends,omitzero"`
}
