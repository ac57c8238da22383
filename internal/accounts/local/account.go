package local

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/mail"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/standards/din91379"
)

// AccountID names a local account: subject of the sign-in method and user
// handle of passkeys. It says nothing about the person.
type AccountID string

// Names of the person as stated by himself.
type Names struct{ Given, Family pii.Text }

// NameMax bounds each name, in code points.
const NameMax = 100

// check gives clean names or says which is wrong.
func (n Names) check() (Names, []errs.Field) {
	var bad []errs.Field
	clean := func(v pii.Text, field, empty string) pii.Text {
		s := norm.NFC.String(strings.Join(strings.Fields(v.Reveal()), " "))
		switch {
		case s == "":
			bad = append(bad, errs.Field{Name: field, Key: empty})
		case utf8.RuneCountInString(s) > NameMax:
			bad = append(bad, errs.Field{Name: field, Key: "local.name.long", Args: []any{NameMax}})
		case !utf8.ValidString(s) || foreign(s):
			bad = append(bad, errs.Field{Name: field, Key: "local.name.signs"})
		}
		return pii.New(s)
	}
	return Names{clean(n.Given, "vorname", "local.name.nogiven"), clean(n.Family, "familienname", "local.name.nofamily")}, bad
}

// foreign: names have the characters of DIN 91379 datatype A.
func foreign(s string) bool {
	_, found := din91379.Foreign(s, "A")
	return found
}

// account is a row, opened.
type account struct {
	id       AccountID
	holder   string
	mail     pii.Text
	names    Names
	password hashed // zero: none
	stored   []byte // the password as it lay there, to see a change
	lang     string
	totp     bool // a second factor by app is set up
	passkeys int
}

// strong reports whether something else than the mailbox must be shown to come
// back into the account: its owner wanted more than a password.
func (a account) strong() bool { return a.totp || a.password.sum == nil && a.passkeys > 0 }

// decoy has the form of something sealed.
var decoy = append([]byte{1}, make([]byte, 120)...)

var errNobody = errs.NotFound("local account", "")

const accountColumns = `id,holder,mail,names,password,lang,
	(SELECT count(*) FROM local_totp t WHERE t.realm_id=a.realm_id AND t.tenant_id=a.tenant_id AND t.account_id=a.id AND t.confirmed_at>0),
	(SELECT count(*) FROM local_passkey k WHERE k.realm_id=a.realm_id AND k.tenant_id=a.tenant_id AND k.account_id=a.id)`

// byMail finds the account of an address. Error: errNobody.
func (r room) byMail(ctx context.Context, tx *db.Tx, index []byte) (account, error) {
	return r.scan(tx.QueryRow(ctx, `SELECT `+accountColumns+` FROM local_account a WHERE realm_id=$1 AND tenant_id=$2 AND mail_index=$3`, string(r.Realm), string(r.Tenant), index))
}

// byID finds an account for a write. Error: errNobody.
func (r room) byID(ctx context.Context, tx *db.Tx, id AccountID) (account, error) {
	// The lock is taken apart: PostgreSQL locks no rows of a query with counts.
	var n int
	err := tx.QueryRow(ctx, `SELECT 1 FROM local_account WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`+tx.ForUpdate(), string(r.Realm), string(r.Tenant), string(id)).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return account{}, err
	}
	return r.peek(ctx, tx, id)
}

// peek reads an account without a lock. Error: errNobody.
func (r room) peek(ctx context.Context, tx *db.Tx, id AccountID) (account, error) {
	return r.scan(tx.QueryRow(ctx, `SELECT `+accountColumns+` FROM local_account a WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`, string(r.Realm), string(r.Tenant), string(id)))
}

func (r room) scan(row *sql.Row) (a account, err error) {
	var mail, names, password []byte
	var totp, passkeys int
	err = row.Scan(&a.id, &a.holder, &mail, &names, &password, &a.lang, &totp, &passkeys)
	if errors.Is(err, sql.ErrNoRows) {
		// The time it takes to open a row is spent for nobody as well.
		for _, column := range []string{"mail", "names", "password"} {
			_, _ = r.key.Open(decoy, r.place("local_account", "00000000000000000000000000", column))
		}
		return a, errNobody
	}
	if err != nil {
		return a, err
	}
	a.totp, a.passkeys, a.stored = totp > 0, passkeys, password
	plain, err := r.key.Open(mail, r.place("local_account", string(a.id), "mail"))
	if err != nil {
		return a, fmt.Errorf("address of local account %s: %w", a.id, err)
	}
	a.mail = pii.New(string(plain))
	if plain, err = r.key.Open(names, r.place("local_account", string(a.id), "names")); err != nil {
		return a, fmt.Errorf("names of local account %s: %w", a.id, err)
	}
	var n [2]string
	if err := json.Unmarshal(plain, &n); err != nil {
		return a, fmt.Errorf("names of local account %s: %w", a.id, err)
	}
	a.names = Names{pii.New(n[0]), pii.New(n[1])}
	if len(password) > 0 {
		if plain, err = r.key.Open(password, r.place("local_account", string(a.id), "password")); err != nil {
			return a, fmt.Errorf("password of local account %s: %w", a.id, err)
		}
		if a.password, err = parseHash(plain); err != nil {
			return a, fmt.Errorf("local account %s: %w", a.id, err)
		}
	}
	return a, nil
}

func (r room) sealPassword(id AccountID, h hashed) []byte {
	if h.sum == nil {
		return []byte{}
	}
	return r.key.Seal(h.text(), r.place("local_account", string(id), "password"))
}

// insert writes a new account. Error: Conflict if the address has one.
func (r room) insert(ctx context.Context, tx *db.Tx, id AccountID, index []byte, address pii.Text, n Names, h hashed, lang string) error {
	names, err := json.Marshal([2]string{n.Given.Reveal(), n.Family.Reveal()})
	if err != nil {
		return err
	}
	at := db.Micros(tx.Now)
	if h.sum == nil {
		at = 0
	}
	done, err := tx.Exec(ctx, `INSERT INTO local_account (realm_id,tenant_id,id,holder,mail_index,mail,names,password,password_at,lang,created_at) VALUES ($1,$2,$3,'',$4,$5,$6,$7,$8,$9,$10) ON CONFLICT DO NOTHING`,
		string(r.Realm), string(r.Tenant), string(id), index, r.key.Seal([]byte(address.Reveal()), r.place("local_account", string(id), "mail")),
		r.key.Seal(names, r.place("local_account", string(id), "names")), r.sealPassword(id, h), at, lang, db.Micros(tx.Now))
	if err == nil && done == 0 {
		return errs.Conflict("local.link.gone")
	}
	return err
}

// putPassword replaces the password.
func (r room) putPassword(ctx context.Context, tx *db.Tx, id AccountID, h hashed) error {
	_, err := tx.Exec(ctx, `UPDATE local_account SET password=$4, password_at=$5 WHERE realm_id=$1 AND tenant_id=$2 AND id=$3`,
		string(r.Realm), string(r.Tenant), string(id), r.sealPassword(id, h), db.Micros(tx.Now))
	return err
}

// address cleans a typed address and gives its keyed digest: the same for every
// spelling that most mailboxes take as one (case).
func (r room) address(typed pii.Text) (pii.Text, []byte, error) {
	a, err := mail.Clean(typed)
	if err != nil {
		return pii.Text{}, nil, errs.Invalid("local.mail.refused", errs.Field{Name: "mail", Key: "local.mail.refused"})
	}
	return a, r.index("mail", strings.ToLower(a.Reveal())), nil
}

// record writes the verb's audit entry. Nobody is signed in yet where holder
// is "".
func (r room) record(ctx context.Context, tx *db.Tx, a account, ev audit.Event) error {
	var actor perm.Actor = perm.Citizen{Realm: r.Realm, Person: ident.PersonID(a.holder)}
	switch {
	case r.Staff() && a.holder == "":
		actor = perm.System{Name: "local"}
	case r.Staff():
		actor = perm.Staff{Realm: r.Realm, Tenant: r.Tenant, Staff: ident.StaffID(a.holder)}
	}
	if ev.Object == "" {
		ev.Object = "local:" + string(a.id)
	}
	return audit.Record(ctx, tx, actor, ev)
}

// lang is one of the mails' languages.
func language(l string) string {
	for _, x := range mail.Languages() {
		if x == l {
			return l
		}
	}
	return mail.Languages()[0]
}

// Holder manages his own means of sign-in. Doors make it from a living session.
type Holder struct {
	Scope Scope
	// ID is the person or the member of staff.
	ID string
	// SignedIn is when he last showed who he is.
	SignedIn time.Time
	// Session is the cookie of the session that stays when all others are ended;
	// "": none stays.
	Session string
}

// FreshFor is how long after a sign-in means of sign-in may be changed (ASVS
// 5.0 7.5.1).
const FreshFor = 10 * time.Minute

// Fresh reports whether he signed in recently enough to change his means.
func (h Holder) Fresh(now time.Time) bool {
	return now.Sub(h.SignedIn) <= FreshFor
}

// own loads the holder's account for a write. Errors: NotFound without a local
// account, Forbidden with key "local.fresh" when the sign-in is too long ago.
func (r room) own(ctx context.Context, tx *db.Tx, h Holder) (account, error) {
	a, err := r.ofHolder(ctx, tx, h)
	if err != nil {
		return a, err
	}
	if !h.Fresh(tx.Now) {
		return a, errs.Forbidden("local.fresh")
	}
	return r.byID(ctx, tx, a.id)
}

func (r room) ofHolder(ctx context.Context, tx *db.Tx, h Holder) (account, error) {
	if h.ID == "" {
		return account{}, errs.Forbidden("login.needed")
	}
	return r.scan(tx.QueryRow(ctx, `SELECT `+accountColumns+` FROM local_account a WHERE realm_id=$1 AND tenant_id=$2 AND holder=$3 ORDER BY id LIMIT 1`, string(r.Realm), string(r.Tenant), h.ID))
}
