package provider

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// Addresses of the account host.
const (
	PathAuthorize = "/openid/anmelden"
	PathContinue  = "/openid/weiter"   // after a sign-in
	PathConsent   = "/openid/freigabe" // the question
	PathToken     = "/openid/token"
	PathUserinfo  = "/openid/person"
	PathKeys      = "/openid/schluessel"
	PathDiscovery = "/.well-known/openid-configuration"
)

// Lives.
const (
	requestLife = time.Hour // time enough to register and read a mail
	codeLife    = time.Minute
	tokenLife   = 10 * time.Minute // of ID token and access token
)

// Config of the Service.
type Config struct {
	DB        *db.DB
	Directory *tenancy.Directory
	Accounts  *accounts.Service
	// Loopback lets clients return to http addresses of this machine: for the
	// demonstration only.
	Loopback bool
	Log      *slog.Logger // nil: nothing
}

// Service is the provider of all realms.
type Service struct {
	c    Config
	http http.Handler
}

// New makes the provider.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{c: c}
	s.http = s.endpoints()
	return s
}

func digest(secret string) []byte { d := sha256.Sum256([]byte(secret)); return d[:] }

// realmKey is the key of the tenant that answers for the realm's accounts.
func (s *Service) realmKey(r tenancy.Realm) (seal.Key, error) {
	t, ok := s.c.Directory.TenantBySlug(r.Lead)
	if !ok || t.Realm != r.ID {
		return seal.Key{}, fmt.Errorf("realm %s names no tenant that answers for its accounts", r.Slug)
	}
	return s.c.Directory.Key(t.ID), nil
}

func place(r ident.RealmID, table string, id []byte, column string) seal.Where {
	return seal.Where{Tenant: string(r), Table: table, Row: fmt.Sprintf("%x", id), Column: column}
}

// subject is how one client knows a person, and no other (OpenID Connect Core
// 8.1; the sector is the client itself).
func subject(k seal.Key, c Client, p ident.PersonID) string {
	return base64.RawURLEncoding.EncodeToString(k.Index("openid subject", string(c.Tenant)+"/"+string(c.ID)+"/"+string(p)))
}

// signIn is the living account session of a browser.
type signIn struct {
	perm.Citizen
	id     []byte
	at     time.Time // when the person signed in
	method string
}

// current reads who is signed in here; ok is false for nobody.
func (s *Service) current(ctx context.Context, door tenancy.Door, secret string) (x signIn, ok bool, err error) {
	x.Citizen, err = s.c.Accounts.AccountCitizen(ctx, door, secret)
	if err != nil || x.Guest() {
		return x, false, err
	}
	x.id = digest(secret)
	err = s.c.DB.View(ctx, x.Own(), func(tx *db.Tx) error {
		var at int64
		err := tx.QueryRow(ctx, `SELECT method,created_at FROM account_session WHERE realm_id=$1 AND person_id=$2 AND id=$3`, string(tx.Realm()), string(tx.Person()), x.id).Scan(&x.method, &at)
		x.at = db.FromMicros(at)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) { // signed out meanwhile
		return x, false, nil
	}
	return x, err == nil, err
}

// signedIn reports whether an account session still stands, in its person's
// scope.
func signedIn(ctx context.Context, tx *db.Tx, id []byte) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM account_session WHERE realm_id=$1 AND person_id=$2 AND id=$3`, string(tx.Realm()), string(tx.Person()), id).Scan(&n)
	return n == 1, err
}

// takes reports whether the client's authority takes a sign-in by this method.
func (s *Service) takes(ctx context.Context, door tenancy.Door, t tenancy.Tenant, method string) (bool, error) {
	list, err := s.c.Accounts.Offers(ctx, door, t)
	for _, o := range list {
		if o.Name == method {
			return o.Offered && !o.Stopped, err
		}
	}
	return false, err
}

func words(s []string) string { return strings.Join(s, " ") }
