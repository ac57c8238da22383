package accounts

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// UseEntry is one line of the history: who used what for what. Lines are only
// ever added.
type UseEntry struct {
	ID        string
	Authority ident.TenantID
	Purpose   string // PurposePrefill, PurposeRepresented, PurposeModule
	Form      string // slug; of a module: its identifier
	Title     string // of the form; of a module: its name and vendor
	Case      ident.CaseID
	Consent   ConsentID // or, of PurposeRepresented, the mandate
	Attrs     []Attr    // PurposePrefill, PurposeModule
	At        time.Time
}

// Uses lists the history of a person's data, newest first, older than before
// ("" for the newest), at most limit. Only the person may.
func (s *Service) Uses(ctx context.Context, c perm.Citizen, before string, limit int) (out []UseEntry, err error) {
	if c.Guest() {
		return nil, errs.Forbidden("login.needed")
	}
	if before != "" && !ident.Valid(before) {
		return nil, errs.NotFound("use", before)
	}
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id,authority,purpose,form,title,case_id,consent_id,attributes,at FROM account_use WHERE realm_id=$1 AND person_id=$2 AND ($3='' OR id<$3) ORDER BY id DESC LIMIT $4`,
			string(tx.Realm()), string(tx.Person()), before, limit)
		out, err = db.Collect(rows, err, func(r *sql.Rows) (x UseEntry, err error) {
			var attrs string
			var at int64
			err = r.Scan(&x.ID, &x.Authority, &x.Purpose, &x.Form, &x.Title, &x.Case, &x.Consent, &attrs, &at)
			x.Attrs, x.At = split(attrs), db.FromMicros(at)
			return x, err
		})
		return err
	})
	return out, err
}

// usedBefore lists the attributes that the history of a case names already.
func usedBefore(ctx context.Context, tx *db.Tx, id ident.CaseID, by ConsentID) (out []Attr, err error) {
	rows, err := tx.Query(ctx, `SELECT attributes FROM account_use WHERE realm_id=$1 AND person_id=$2 AND case_id=$3 AND consent_id=$4`, string(tx.Realm()), string(tx.Person()), string(id), string(by))
	lines, err := db.Collect(rows, err, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) })
	for _, l := range lines {
		out = append(out, split(l)...)
	}
	return out, err
}

// noteUse adds a line for the scope's person; the same use of the same case is
// one.
func noteUse(ctx context.Context, tx *db.Tx, x UseEntry) error {
	return noteUseOf(ctx, tx, tx.Person(), x)
}

// noteUseOf adds a line for a person of the scope's realm.
func noteUseOf(ctx context.Context, tx *db.Tx, p ident.PersonID, x UseEntry) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_use (realm_id,person_id,id,authority,purpose,form,title,case_id,consent_id,attributes,at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)
		ON CONFLICT (realm_id,person_id,case_id,consent_id,attributes) DO NOTHING`,
		string(tx.Realm()), string(p), ident.New[string](tx.Now), string(x.Authority), x.Purpose, x.Form, x.Title, string(x.Case), string(x.Consent), join(x.Attrs), db.Micros(tx.Now))
	return err
}

// Represented notes in the history of who is represented that somebody applied
// for him by a mandate. A giver without an account has no history. For the
// listener of that event.
func (s *Service) Represented(ctx context.Context, realm ident.RealmID, by MandateID, x UseEntry) error {
	return s.c.DB.InTx(ctx, db.ForRealm(realm), func(tx *db.Tx) error {
		var giver ident.PersonID
		err := tx.QueryRow(ctx, `SELECT giver FROM account_mandate WHERE realm_id=$1 AND id=$2`, string(realm), string(by)).Scan(&giver)
		if errors.Is(err, sql.ErrNoRows) || err == nil && giver == "" {
			return nil
		}
		if err != nil {
			return err
		}
		x.Purpose, x.Consent, x.Attrs = PurposeRepresented, ConsentID(by), nil
		return noteUseOf(ctx, tx, giver, x)
	})
}
