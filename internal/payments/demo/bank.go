// Package demo is a payment provider for the demonstration: a bank that lives
// in the process and behaves as badly as real ones do.
//
// Bank has two sides. As a provider (Bank.Provider is its payments.Factory) it
// takes orders and answers what became of them, from records of its own in the
// table demo_payment, so that they survive a restart. As a partner it shows a
// page on which one chooses what shall happen: pays, fails, pays another
// amount, tells twice, late, in the wrong order or never, brings the browser
// back or does not.
//
// It moves no money and confirms what is chosen, so New refuses outside the
// demo: Config.Demo is set by `stadttor demo` only. Several names may be
// enabled side by side with other titles ("demo-karte", "demo-giro").
package demo

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/payments"
)

// Path below which the bank's pages lie on every portal host.
const Path = "/demo-bezahlen/"

// Config of the bank.
type Config struct {
	// Demo must be true: the program runs as a demonstration.
	Demo bool
	DB   *db.DB
	// Stylesheet gives the address of the portal's style sheet.
	Stylesheet func() string
	// Notify is how the bank's notices reach the portal: payments.Service.Notify.
	Notify func(ctx context.Context, t ident.TenantID, provider, ref string) error
	// Log gets one line when a notice cannot be delivered; nil means none.
	Log *slog.Logger
}

// Bank is the partner. Safe for concurrent use.
type Bank struct {
	c    Config
	wake chan struct{}
}

// New opens the bank; it refuses outside the demo.
func New(c Config) (*Bank, error) {
	if !c.Demo {
		return nil, errors.New("the demo bank confirms payments without money: it runs in `stadttor demo` only")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Bank{c: c, wake: make(chan struct{}, 1)}, nil
}

// Settings of a tenant.
type Settings struct {
	Title string `json:"title"` // how a person chooses it; "" means "Demo-Bezahlung"
	Hint  string `json:"hint"`
}

type provider struct {
	bank *Bank
	set  Settings
}

var _ payments.Factory = (*Bank)(nil).Provider

// Provider is the bank's payments.Factory. Empty settings are fine.
func (b *Bank) Provider(settings json.RawMessage) (payments.Provider, error) {
	p := provider{bank: b}
	if len(settings) > 0 {
		if err := json.Unmarshal(settings, &p.set); err != nil {
			return nil, fmt.Errorf("settings of the demo bank: %w", err)
		}
	}
	if p.set.Title == "" {
		p.set.Title = "Demo-Bezahlung"
	}
	return p, nil
}

// Title implements payments.Titled.
func (p provider) Title() (name, hint string) { return p.set.Title, p.set.Hint }

// order is the bank's record.
type order struct {
	Tenant   ident.TenantID
	Realm    ident.RealmID
	Ref      string
	Key      string
	Provider string
	Amount   money.Amount
	Purpose  string
	Case     string
	Return   string
	State    payments.State
	Paid     money.Amount
	Refunded money.Amount
	Booked   time.Time
	Notices  []notice
}

const why = "the demo bank is a partner of all tenants, with records of its own"

const columns = `tenant_id,realm_id,ref,order_key,provider,amount,purpose,reference,return_url,state,paid,refunded,booked_at,notices`

func scan(r interface{ Scan(...any) error }) (o order, err error) {
	var booked int64
	var notices []byte
	err = r.Scan(&o.Tenant, &o.Realm, &o.Ref, &o.Key, &o.Provider, &o.Amount, &o.Purpose, &o.Case, &o.Return, &o.State, &o.Paid, &o.Refunded, &booked, &notices)
	if err != nil {
		return o, err
	}
	o.Booked = db.FromMicros(booked)
	return o, json.Unmarshal(notices, &o.Notices)
}

// Start implements payments.Provider.
func (p provider) Start(ctx context.Context, in payments.Order) (out payments.Started, err error) {
	err = p.bank.c.DB.InTx(ctx, db.Across(in.Realm, why), func(tx *db.Tx) error {
		o, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM demo_payment WHERE tenant_id=$1 AND order_key=$2`, string(in.Tenant), in.Key))
		switch {
		case err == nil && o.Amount != in.Amount:
			return errors.New("the order is known with another amount")
		case errors.Is(err, sql.ErrNoRows):
			o.Ref = "demo-" + ident.Secret()
			_, err = tx.Exec(ctx, `INSERT INTO demo_payment (`+columns+`,notice_at,created_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,0,0,0,'[]',0,$11)`,
				string(in.Tenant), string(in.Realm), o.Ref, in.Key, in.Provider, int64(in.Amount), in.Purpose, in.Reference, in.ReturnURL, string(payments.Begun), db.Micros(tx.Now))
		}
		if err != nil {
			return err
		}
		out = payments.Started{Ref: o.Ref, RedirectURL: Path + o.Ref}
		return nil
	})
	return out, err
}

// Status implements payments.Provider.
func (p provider) Status(ctx context.Context, q payments.Query) (r payments.Report, err error) {
	err = p.bank.c.DB.View(ctx, db.Across(q.Realm, why), func(tx *db.Tx) error {
		o, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM demo_payment WHERE tenant_id=$1 AND order_key=$2 AND ($3='' OR ref=$3)`, string(q.Tenant), q.Key, q.Ref))
		if errors.Is(err, sql.ErrNoRows) {
			return payments.ErrUnknown
		}
		r = payments.Report{State: o.State, Amount: o.Paid, Currency: payments.Euro, Refunded: o.Refunded, Ref: o.Ref, At: o.Booked}
		return err
	})
	return r, err
}

// find looks an order up by the reference in a page's address.
func (b *Bank) find(ctx context.Context, ref string) (o order, err error) {
	for _, part := range b.c.DB.Partitions() {
		err = b.c.DB.View(ctx, db.Across(part, why), func(tx *db.Tx) error {
			o, err = scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM demo_payment WHERE ref=$1`, ref))
			return err
		})
		if !errors.Is(err, sql.ErrNoRows) {
			return o, err
		}
	}
	return o, payments.ErrUnknown
}

// change rewrites an order in its own transaction.
func (b *Bank) change(ctx context.Context, o order, fn func(o *order, now time.Time) error) (out order, err error) {
	err = b.c.DB.InTx(ctx, db.Across(o.Realm, why), func(tx *db.Tx) error {
		out, err = scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM demo_payment WHERE tenant_id=$1 AND ref=$2`+tx.ForUpdate(), string(o.Tenant), o.Ref))
		if err != nil {
			return err
		}
		if err := fn(&out, tx.Now); err != nil {
			return err
		}
		notices, err := json.Marshal(out.Notices)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE demo_payment SET state=$3,paid=$4,refunded=$5,booked_at=$6,notices=$7,notice_at=$8 WHERE tenant_id=$1 AND ref=$2`,
			string(out.Tenant), out.Ref, string(out.State), int64(out.Paid), int64(out.Refunded), db.Micros(out.Booked), string(notices), out.next())
		if err != nil {
			return err
		}
		tx.AfterCommit(b.stir)
		return nil
	})
	return out, err
}

func (b *Bank) stir() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}
