package accounts

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// Config of the feature.
type Config struct {
	DB        *db.DB
	Directory *tenancy.Directory
	// Methods by name, in the order in which they are offered.
	Methods []Named
}

// Service is the feature.
type Service struct{ c Config }

// New makes the feature.
func New(c Config) *Service { return &Service{c} }

// Methods lists what is offered to citizens or staff.
func (s *Service) Methods(kind string) (out []Named) {
	for _, m := range s.c.Methods {
		if (kind == KindStaff && m.Staff) || (kind == KindCitizen && m.Citizens) {
			out = append(out, m)
		}
	}
	return out
}

func (s *Service) method(kind, name string) (Named, error) {
	for _, m := range s.Methods(kind) {
		if m.Name == name {
			return m, nil
		}
	}
	return Named{}, errs.NotFound("sign-in method", name)
}

func digest(secret string) []byte { d := sha256.Sum256([]byte(secret)); return d[:] }

// attemptLife is how long somebody may take at the partner's.
const attemptLife = 15 * time.Minute

// Begin starts to sign somebody in at a door; it gives the address to send the
// browser to and the state that a cookie must bring back with it, so that
// nobody can finish another's attempt. returnPath is a path of our own.
func (s *Service) Begin(ctx context.Context, door tenancy.Door, kind, method string, level perm.Level, base, returnPath string) (b Begun, state string, err error) {
	m, err := s.method(kind, method)
	if err != nil {
		return Begun{}, "", err
	}
	state = ident.Secret()
	a := Attempt{Kind: kind, Realm: door.Realm.ID, Tenant: door.Tenant.Slug, State: state, Back: base + "/anmelden/zurueck/" + method, Level: level, Lang: "de"}
	b, err = m.Method.Begin(ctx, a)
	if err != nil {
		return Begun{}, "", err
	}
	if len(b.Keep) > MaxKeep {
		return Begun{}, "", fmt.Errorf("method %s keeps %d bytes", method, len(b.Keep))
	}
	held, err := json.Marshal(heldAttempt{a.Back, a.Lang, b.Keep})
	if err != nil {
		return Begun{}, "", err
	}
	keep := s.c.Directory.Key(door.Tenant.ID).Seal(held, keepPlace(door.Tenant.ID, state))
	err = s.c.DB.InTx(ctx, door.Tenant.Scope(), func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM login_attempt WHERE tenant_id=$1 AND expires_at<$2`, string(tx.Tenant()), db.Micros(tx.Now)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO login_attempt (tenant_id,id,kind,method,level,return_path,expires_at,keep) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`,
			string(tx.Tenant()), digest(state), kind, method, int64(level), OwnPath(returnPath), db.Micros(tx.Now.Add(attemptLife)), keep)
		return err
	})
	if err != nil {
		return Begun{}, "", fmt.Errorf("noting a sign-in: %w", err)
	}
	return b, state, nil
}

// heldAttempt is what of an attempt is sealed.
type heldAttempt struct {
	Back, Lang string
	Keep       []byte
}

func keepPlace(t ident.TenantID, state string) seal.Where {
	return seal.Where{Tenant: string(t), Table: "login_attempt", Row: hex.EncodeToString(digest(state)), Column: "keep"}
}

// OwnPath brings a wish for a return address to a path on this host: anything
// else becomes "/".
func OwnPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\x00\r\n\t") || len(p) > 500 {
		return "/"
	}
	if c := path.Clean(u.Path); c != u.Path && c+"/" != u.Path {
		return "/"
	}
	out := u.EscapedPath()
	if u.RawQuery != "" {
		out += "?" + u.Query().Encode()
	}
	return out
}

// Finish ends an attempt: it asks the method who came back, finds or makes the
// account (or the member of staff), and opens a session. state is what the
// browser's cookie says; it must be the one in the parameters. Errors:
// Forbidden if the attempt is unknown, used, too old, another's, or the method
// refused.
func (s *Service) Finish(ctx context.Context, door tenancy.Door, method, state string, back url.Values) (secret, returnPath string, err error) {
	refused := errs.Forbidden("login.refused")
	if state == "" || back.Get("state") != state {
		return "", "", refused
	}
	var kind string
	var level int64
	var sealed []byte
	err = s.c.DB.InTx(ctx, door.Tenant.Scope(), func(tx *db.Tx) error {
		var expires int64
		err := tx.QueryRow(ctx, `DELETE FROM login_attempt WHERE tenant_id=$1 AND id=$2 AND method=$3 RETURNING kind,level,return_path,expires_at,coalesce(keep,$4)`,
			string(tx.Tenant()), digest(state), method, []byte{}).Scan(&kind, &level, &returnPath, &expires, &sealed)
		if errors.Is(err, sql.ErrNoRows) || (err == nil && expires < db.Micros(tx.Now)) {
			return refused
		}
		return err
	})
	if err != nil {
		return "", "", err
	}
	m, err := s.method(kind, method)
	if err != nil {
		return "", "", err
	}
	var held heldAttempt
	plain, err := s.c.Directory.Key(door.Tenant.ID).Open(sealed, keepPlace(door.Tenant.ID, state))
	if err == nil {
		err = json.Unmarshal(plain, &held)
	}
	if err != nil {
		return "", "", refused
	}
	who, err := m.Method.Complete(ctx, Attempt{Kind: kind, Realm: door.Realm.ID, Tenant: door.Tenant.Slug, State: state, Back: held.Back, Level: perm.Level(level), Lang: held.Lang, Keep: held.Keep}, back)
	if err != nil {
		return "", "", err
	}
	if m.MaxLevel != perm.LevelNone {
		who.Level = min(who.Level, m.MaxLevel)
	}
	if who.Means == "" {
		who.Means = method
	}
	if who.Subject == "" || who.Level < perm.Level(level) {
		return "", "", errs.Forbidden("login.level-too-low")
	}
	var person ident.PersonID
	var staff ident.StaffID
	if kind == KindStaff {
		staff, err = s.staffBySubject(ctx, door.Tenant, method, who.Subject)
	} else {
		person, err = s.account(ctx, door.Realm, method, who)
	}
	if err != nil {
		return "", "", err
	}
	secret, err = s.open(ctx, door.Tenant, kind, person, staff, who.Level, who.Means)
	return secret, returnPath, err
}

func (s *Service) open(ctx context.Context, t tenancy.Tenant, kind string, person ident.PersonID, staff ident.StaffID, level perm.Level, means string) (string, error) {
	secret := ident.Secret()
	err := s.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO session (tenant_id,id,kind,person_id,staff_id,level,means,created_at,seen_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$8)`,
			string(tx.Tenant()), digest(secret), kind, string(person), string(staff), int64(level), means, db.Micros(tx.Now)); err != nil {
			return err
		}
		var actor perm.Actor = perm.Citizen{Person: person}
		if kind == KindStaff {
			actor = perm.Staff{Staff: staff}
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "session.open", Object: actor.Ref(), Detail: means + " " + level.String()})
	})
	return secret, err
}

// account finds the person that a method confirmed, or makes the account; the
// profile is brought up to date.
func (s *Service) account(ctx context.Context, realm tenancy.Realm, method string, who Identity) (person ident.PersonID, err error) {
	key, err := s.realmKey(realm)
	if err != nil {
		return "", err
	}
	subject := key.Index("identity/"+method, who.key())
	err = s.c.DB.InTx(ctx, realm.Scope(), func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, `SELECT person_id FROM account_identity WHERE realm_id=$1 AND method=$2 AND subject=$3`, string(realm.ID), method, subject).Scan(&person)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			person = ident.New[ident.PersonID](tx.Now)
			own, wrapped := key.NewKey(profilePlace(realm.ID, person, "sealed_key"))
			sealed, err := sealProfile(own, realm.ID, person, Profile{}.merge(who.Profile, method, tx.Now))
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO account (realm_id,person_id,sealed_key,profile,company,created_at,updated_at) VALUES ($1,$2,$3,$4,$5,$6,$6)`, string(realm.ID), string(person), wrapped, sealed, who.Company, db.Micros(tx.Now)); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO account_identity (realm_id,method,subject,person_id,created_at) VALUES ($1,$2,$3,$4,$5)`, string(realm.ID), method, subject, string(person), db.Micros(tx.Now)); err != nil {
				return err
			}
			return audit.Record(ctx, tx, perm.Citizen{Person: person}, audit.Event{Action: "account.create", Object: "person:" + string(person), Detail: method})
		case err != nil:
			return err
		}
		var wrapped, sealed []byte
		if err := tx.QueryRow(ctx, `SELECT sealed_key,profile FROM account WHERE realm_id=$1 AND person_id=$2`+tx.ForUpdate(), string(realm.ID), string(person)).Scan(&wrapped, &sealed); err != nil {
			return err
		}
		own, err := key.OpenKey(wrapped, profilePlace(realm.ID, person, "sealed_key"))
		if err != nil {
			return err
		}
		known, err := openProfile(own, realm.ID, person, sealed)
		if err != nil {
			return err
		}
		if sealed, err = sealProfile(own, realm.ID, person, known.merge(who.Profile, method, tx.Now)); err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, `UPDATE account SET profile=$3, updated_at=$4 WHERE realm_id=$1 AND person_id=$2`, string(realm.ID), string(person), sealed, db.Micros(tx.Now)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, perm.Citizen{Person: person}, audit.Event{Action: "account.confirm", Object: "person:" + string(person), Detail: method})
	})
	return person, err
}

// key tells an identity from all others of its connection. The issuer's length
// stands before it, so that no two pairs read the same.
func (i Identity) key() string {
	if i.Issuer == "" {
		return i.Subject
	}
	return strconv.Itoa(len(i.Issuer)) + ":" + i.Issuer + i.Subject
}

// realmKey is the key of the tenant that answers for the realm's accounts.
func (s *Service) realmKey(r tenancy.Realm) (seal.Key, error) {
	t, ok := s.c.Directory.TenantBySlug(r.Lead)
	if !ok || t.Realm != r.ID {
		return seal.Key{}, fmt.Errorf("realm %s names no tenant that answers for its accounts", r.Slug)
	}
	return s.c.Directory.Key(t.ID), nil
}

func profilePlace(r ident.RealmID, p ident.PersonID, column string) seal.Where {
	return seal.Where{Tenant: string(r), Table: "account", Row: string(p), Column: column}
}

func sealProfile(k seal.Key, r ident.RealmID, p ident.PersonID, f Profile) ([]byte, error) {
	b, err := f.encode()
	if err != nil {
		return nil, err
	}
	return k.Seal(b, profilePlace(r, p, "profile")), nil
}

func openProfile(k seal.Key, r ident.RealmID, p ident.PersonID, sealed []byte) (Profile, error) {
	b, err := k.Open(sealed, profilePlace(r, p, "profile"))
	if err != nil {
		return nil, err
	}
	return decodeProfile(b)
}
