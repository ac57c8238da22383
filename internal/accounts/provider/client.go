package provider

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// ClientID names a client inside its tenant.
type ClientID string

// Client is a vendor's module that an authority lets ask who somebody is.
type Client struct {
	ID        ClientID
	Tenant    ident.TenantID
	Key       string     // client_id: the tenant's slug, a dot, the ID
	Name      string     // of the module, as people read it
	Vendor    string     // who runs it
	Redirects []string   // exact addresses
	Scopes    []string   // besides openid
	Level     perm.Level // that every sign-in needs
	Enabled   bool
	CreatedAt time.Time
	SecretAt  time.Time // of the secret that is good now

	secret []byte
}

// Bounds of a registration.
const (
	MaxClients   = 50  // of a tenant
	MaxName      = 100 // characters
	MaxRedirects = 10
	maxRedirect  = 500 // bytes
)

const clientColumns = `id,name,vendor,redirects,scopes,level,enabled,secret,created_at,secret_at`

func (s *Service) scanClient(t tenancy.Tenant, row interface{ Scan(...any) error }) (c Client, err error) {
	var redirects, scopes string
	var level, created, secret int64
	err = row.Scan(&c.ID, &c.Name, &c.Vendor, &redirects, &scopes, &level, &c.Enabled, &c.secret, &created, &secret)
	c.Tenant, c.Key = t.ID, t.Slug+"."+string(c.ID)
	c.Redirects, c.Scopes = strings.Fields(redirects), strings.Fields(scopes)
	c.Level, c.CreatedAt, c.SecretAt = perm.Level(level), db.FromMicros(created), db.FromMicros(secret)
	return c, err
}

// client finds a client of the realm by its client_id. Errors: NotFound.
func (s *Service) client(ctx context.Context, realm ident.RealmID, key string) (c Client, t tenancy.Tenant, err error) {
	slug, id, ok := strings.Cut(key, ".")
	if ok {
		t, ok = s.c.Directory.TenantBySlug(slug)
	}
	if !ok || t.Realm != realm || !ident.Valid(id) {
		return c, t, errs.NotFound("client", "of this realm")
	}
	err = s.c.DB.View(ctx, t.Scope(), func(tx *db.Tx) (err error) {
		c, err = s.scanClient(t, tx.QueryRow(ctx, `SELECT `+clientColumns+` FROM provider_client WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), id))
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = errs.NotFound("client", id)
	}
	return c, t, err
}

// title is how consents and history call the module.
func (c Client) title() string { return c.Name + " (" + c.Vendor + ")" }

// knows compares a secret in constant time.
func (c Client) knows(secret string) bool {
	return len(secret) > 0 && subtle.ConstantTimeCompare(digest(secret), c.secret) == 1
}

// mayRegister: who looks after the portal of an authority registers the modules
// that stand beside it.
func mayRegister(a perm.Staff) error {
	if !a.May(perm.EditPortal) {
		return errs.Forbidden("error.forbidden")
	}
	return nil
}

// Clients lists the modules of the actor's authority, by name. Staff with
// perm.EditPortal may.
func (s *Service) Clients(ctx context.Context, a perm.Staff) (out []Client, err error) {
	if err := mayRegister(a); err != nil {
		return nil, err
	}
	t, err := s.tenant(a.Tenant)
	if err != nil {
		return nil, err
	}
	err = s.c.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+clientColumns+` FROM provider_client WHERE tenant_id=$1 ORDER BY name,id`, string(tx.Tenant()))
		out, err = db.Collect(rows, err, func(r *sql.Rows) (Client, error) { return s.scanClient(t, r) })
		return err
	})
	return out, err
}

func (s *Service) tenant(id ident.TenantID) (tenancy.Tenant, error) {
	d, ok := s.c.Directory.DoorOf(id)
	if !ok {
		return tenancy.Tenant{}, errs.NotFound("portal of tenant", id)
	}
	return d.Tenant, nil
}

// Register takes a module in and gives its secret, which is kept nowhere: what
// is stored is the SHA-256 of 160 random bits. Staff with perm.EditPortal may.
// Errors: Forbidden; Invalid with the fields name, vendor, redirects, scopes,
// level; Conflict "provider.many".
func (s *Service) Register(ctx context.Context, a perm.Staff, c Client) (_ Client, secret string, err error) {
	if err := mayRegister(a); err != nil {
		return c, "", err
	}
	t, err := s.tenant(a.Tenant)
	if err != nil {
		return c, "", err
	}
	if c, err = s.clean(c); err != nil {
		return c, "", err
	}
	secret = ident.Secret()
	err = s.c.DB.InTx(ctx, a.Scope(), func(tx *db.Tx) error {
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM provider_client WHERE tenant_id=$1`, string(tx.Tenant())).Scan(&n); err != nil {
			return err
		}
		if n >= MaxClients {
			return errs.Conflict("provider.many")
		}
		c.ID, c.Tenant, c.Enabled, c.CreatedAt, c.SecretAt = ident.New[ClientID](tx.Now), t.ID, true, tx.Now, tx.Now
		c.Key = t.Slug + "." + string(c.ID)
		if _, err := tx.Exec(ctx, `INSERT INTO provider_client (tenant_id,`+clientColumns+`) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$10)`,
			string(tx.Tenant()), string(c.ID), c.Name, c.Vendor, strings.Join(c.Redirects, "\n"), words(c.Scopes), int64(c.Level), true, digest(secret), db.Micros(tx.Now)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, a, audit.Event{Action: "client.register", Object: "client:" + string(c.ID), Detail: "scopes " + words(c.Scopes) + " level " + c.Level.String()})
	})
	if err != nil {
		return c, "", err
	}
	return c, secret, nil
}

// clean checks a registration.
func (s *Service) clean(c Client) (Client, error) {
	var wrong []errs.Field
	for _, f := range []struct {
		name string
		text *string
	}{{"name", &c.Name}, {"vendor", &c.Vendor}} {
		*f.text = strings.Join(strings.Fields(*f.text), " ")
		if *f.text == "" || utf8.RuneCountInString(*f.text) > MaxName {
			wrong = append(wrong, errs.Field{Name: f.name, Key: "provider.field." + f.name})
		}
	}
	if len(c.Redirects) == 0 || len(c.Redirects) > MaxRedirects || slices.ContainsFunc(c.Redirects, func(u string) bool { return !s.redirectable(u) }) {
		wrong = append(wrong, errs.Field{Name: "redirects", Key: "provider.field.redirects"})
	}
	if slices.ContainsFunc(c.Scopes, func(x string) bool { return !slices.Contains(Scopes(), x) }) {
		wrong = append(wrong, errs.Field{Name: "scopes", Key: "provider.field.scopes"})
	}
	if ACR(c.Level) == "" {
		wrong = append(wrong, errs.Field{Name: "level", Key: "provider.field.level"})
	}
	if len(wrong) > 0 {
		return c, errs.Invalid("", wrong...)
	}
	return c, nil
}

// redirectable: https, complete, without fragment, user or pattern; http of this
// machine in the demonstration (RFC 9700 2.1, RFC 8252 7.3).
func (s *Service) redirectable(to string) bool {
	u, err := url.Parse(to)
	if err != nil || len(to) > maxRedirect || u.Host == "" || u.Hostname() == "" || u.User != nil || strings.ContainsAny(to, "#*\\\"<>") || strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return false
	}
	host := u.Hostname()
	loop := host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host).IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && loop && s.c.Loopback
}

// Rotate gives a client a new secret; the one before is no good from this moment
// on. Staff with perm.EditPortal may. Errors: Forbidden, NotFound.
func (s *Service) Rotate(ctx context.Context, a perm.Staff, id ClientID) (c Client, secret string, err error) {
	secret = ident.Secret()
	c, err = s.change(ctx, a, id, "client.rotate", func(tx *db.Tx) (int64, error) {
		return tx.Exec(ctx, `UPDATE provider_client SET secret=$3, secret_at=$4 WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), string(id), digest(secret), db.Micros(tx.Now))
	})
	if err != nil {
		return c, "", err
	}
	return c, secret, nil
}

// Enable switches a client on or off: off, everything of it is refused from this
// moment on, on all nodes. Staff with perm.EditPortal may. Errors: Forbidden,
// NotFound.
func (s *Service) Enable(ctx context.Context, a perm.Staff, id ClientID, on bool) error {
	action := "client.stop"
	if on {
		action = "client.start"
	}
	_, err := s.change(ctx, a, id, action, func(tx *db.Tx) (int64, error) {
		return tx.Exec(ctx, `UPDATE provider_client SET enabled=$3 WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), string(id), on)
	})
	return err
}

// Remove deletes a client. A new registration of the same module knows people
// by other names. Staff with perm.EditPortal may. Errors: Forbidden, NotFound.
func (s *Service) Remove(ctx context.Context, a perm.Staff, id ClientID) error {
	_, err := s.change(ctx, a, id, "client.remove", func(tx *db.Tx) (int64, error) {
		return tx.Exec(ctx, `DELETE FROM provider_client WHERE tenant_id=$1 AND id=$2`, string(tx.Tenant()), string(id))
	})
	return err
}

func (s *Service) change(ctx context.Context, a perm.Staff, id ClientID, action string, write func(*db.Tx) (int64, error)) (c Client, err error) {
	if err := mayRegister(a); err != nil {
		return c, err
	}
	t, err := s.tenant(a.Tenant)
	if err != nil {
		return c, err
	}
	if !ident.Valid(id) {
		return c, errs.NotFound("client", "with this name")
	}
	err = s.c.DB.InTx(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		c, err = s.scanClient(t, tx.QueryRow(ctx, `SELECT `+clientColumns+` FROM provider_client WHERE tenant_id=$1 AND id=$2`+tx.ForUpdate(), string(tx.Tenant()), string(id)))
		if errors.Is(err, sql.ErrNoRows) {
			return errs.NotFound("client", id)
		}
		if err != nil {
			return err
		}
		if _, err := write(tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, a, audit.Event{Action: action, Object: "client:" + string(id)})
	})
	return c, err
}
