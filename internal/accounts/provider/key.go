package provider

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"fmt"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// keyBits of the keys that sign ID tokens (BSI TR-02102-1: 3000 at least). RS256
// is what every relying party must read (OpenID Connect Core 15.1).
const keyBits = 3072

// Lives of a key: it signs for keyLife; the next one is made and published
// keyAhead before; it stays published for keyAfter, longer than any token.
const (
	keyLife  = 90 * 24 * time.Hour
	keyAhead = 7 * 24 * time.Hour
	keyAfter = time.Hour
)

type signingKey struct {
	id         string
	start, end time.Time
	key        *rsa.PrivateKey
}

// keys lists the keys that are published, the one that signs now first. It makes
// the first key and the next one when it is time.
func (s *Service) keys(ctx context.Context, realm tenancy.Realm) ([]signingKey, error) {
	for range 3 {
		list, err := s.readKeys(ctx, realm)
		if err != nil {
			return nil, err
		}
		now := s.c.DB.Now()
		last := now
		for _, k := range list {
			if k.end.After(last) {
				last = k.end
			}
		}
		if last.Sub(now) > keyAhead {
			signer := -1 // the one that started last, on all nodes
			for i, k := range list {
				if !k.start.After(now) && k.end.After(now) && (signer < 0 || k.start.After(list[signer].start)) {
					signer = i
				}
			}
			if signer >= 0 {
				list[0], list[signer] = list[signer], list[0]
				return list, nil
			}
		}
		if err := s.makeKey(ctx, realm, last); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("no key for realm %s", realm.Slug)
}

func (s *Service) readKeys(ctx context.Context, realm tenancy.Realm) (out []signingKey, err error) {
	key, err := s.realmKey(realm)
	if err != nil {
		return nil, err
	}
	err = s.c.DB.View(ctx, realm.Scope(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id,starts_at,ends_at,sealed FROM provider_key WHERE realm_id=$1 AND ends_at>$2 ORDER BY starts_at,id`, string(tx.Realm()), db.Micros(tx.Now.Add(-keyAfter)))
		out, err = db.Collect(rows, err, func(r *sql.Rows) (k signingKey, err error) {
			var start, end int64
			var sealed []byte
			if err = r.Scan(&k.id, &start, &end, &sealed); err != nil {
				return k, err
			}
			k.start, k.end = db.FromMicros(start), db.FromMicros(end)
			plain, err := key.Open(sealed, place(realm.ID, "provider_key", []byte(k.id), "sealed"))
			if err != nil {
				return k, err
			}
			any, err := x509.ParsePKCS8PrivateKey(plain)
			if err != nil {
				return k, err
			}
			var ok bool
			if k.key, ok = any.(*rsa.PrivateKey); !ok {
				return k, fmt.Errorf("key %s is none of RSA", k.id)
			}
			return k, nil
		})
		return err
	})
	return out, err
}

// makeKey adds a key that signs from start on. Two nodes may do so at once: both
// keys are published, the later one signs.
func (s *Service) makeKey(ctx context.Context, realm tenancy.Realm, start time.Time) error {
	key, err := s.realmKey(realm)
	if err != nil {
		return err
	}
	fresh, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return err
	}
	plain, err := x509.MarshalPKCS8PrivateKey(fresh)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, realm.Scope(), func(tx *db.Tx) error {
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM provider_key WHERE realm_id=$1 AND ends_at>$2`, string(tx.Realm()), db.Micros(start)).Scan(&n); err != nil || n > 0 {
			return err // another node was faster
		}
		if _, err := tx.Exec(ctx, `DELETE FROM provider_key WHERE realm_id=$1 AND ends_at<$2`, string(tx.Realm()), db.Micros(tx.Now.Add(-keyAfter))); err != nil {
			return err
		}
		id := ident.New[string](tx.Now)
		if _, err := tx.Exec(ctx, `INSERT INTO provider_key (realm_id,id,starts_at,ends_at,sealed) VALUES ($1,$2,$3,$4,$5)`,
			string(tx.Realm()), id, db.Micros(start), db.Micros(start.Add(keyLife)), key.Seal(plain, place(realm.ID, "provider_key", []byte(id), "sealed"))); err != nil {
			return err
		}
		return audit.Record(ctx, tx, perm.System{Name: "openid"}, audit.Event{Action: "module.key", Object: "key:" + id})
	})
}
