package payments

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// outPayment is a payment in a person's export: names are German, as the person
// reads them.
type outPayment struct {
	Authority string     `json:"verwaltung"`
	Reference string     `json:"kennzeichen"`
	Purpose   string     `json:"zweck"`
	Amount    string     `json:"betrag"`
	State     string     `json:"zustand"`
	Provider  string     `json:"zahlungsweg,omitempty"`
	Refunded  string     `json:"erstattet,omitempty"`
	Lines     []outLine  `json:"posten,omitempty"`
	Created   time.Time  `json:"angelegt"`
	Settled   *time.Time `json:"abgeschlossen,omitempty"`
	Way       Way        `json:"eingang_auf_dem_weg,omitempty"` // what the Kasse received outside …
	Received  string     `json:"eingegangen_am,omitempty"`      // … a day
	Voucher   string     `json:"belegnummer_der_kasse,omitempty"`
	Looked    []outLook  `json:"pruefungen,omitempty"`
}

// outLook is that the Kasse looked at the payment, and what it found. Its note,
// like that of a caseworker, is the authority's own.
type outLook struct {
	Flag   Flag      `json:"anlass"`
	Reason Reason    `json:"ergebnis"`
	At     time.Time `json:"am"`
}

type outLine struct {
	Text   string `json:"text"`
	Amount string `json:"betrag"`
}

// ExportPerson writes a person's payments in all tenants of the realm, one JSON
// object a line of a list, 200 in memory at a time. Only the person may.
func (s *Service) ExportPerson(ctx context.Context, c perm.Citizen, create func(name string, at time.Time) (io.Writer, error)) error {
	if c.Guest() {
		return errs.Forbidden("error.forbidden")
	}
	f, err := create("zahlungen.json", time.Time{})
	if err != nil {
		return err
	}
	sep := "["
	var before ident.PaymentID
	for {
		page, err := s.ownBefore(ctx, c, before, exportPage)
		if err != nil {
			return err
		}
		looked, err := s.looked(ctx, c, page)
		if err != nil {
			return err
		}
		for _, p := range page {
			x := s.out(p)
			x.Looked = looked[p.ID]
			b, err := json.MarshalIndent(x, "  ", "  ")
			if err != nil {
				return err
			}
			if _, err := io.WriteString(f, sep+"\n  "+string(b)); err != nil {
				return err
			}
			sep, before = ",", p.ID
		}
		if len(page) < exportPage {
			break
		}
	}
	if sep == "[" {
		_, err = io.WriteString(f, "[]\n")
		return err
	}
	_, err = io.WriteString(f, "\n]\n")
	return err
}

const exportPage = 200

func (s *Service) ownBefore(ctx context.Context, c perm.Citizen, before ident.PaymentID, limit int) (out []Payment, err error) {
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+columns+` FROM payment WHERE person_id=$1 AND ($2='' OR id<$2) ORDER BY id DESC LIMIT $3`, string(tx.Person()), string(before), limit)
		out, err = db.Collect(rows, err, func(r *sql.Rows) (Payment, error) { return s.scan(r) })
		return err
	})
	return out, err
}

// looked is what the Kasse found at a page of a person's own payments. Clearings
// stand behind the wall of each tenant: no query of a person's reaches them.
func (s *Service) looked(ctx context.Context, c perm.Citizen, page []Payment) (map[ident.PaymentID][]outLook, error) {
	out, tenants := map[ident.PaymentID][]outLook{}, map[ident.TenantID]bool{}
	for _, p := range page {
		tenants[p.Tenant] = true
	}
	for t := range tenants {
		err := s.c.DB.View(ctx, c.At(t), func(tx *db.Tx) error {
			rows, err := tx.Query(ctx, `SELECT c.payment_id,c.flag,c.reason,c.at FROM payment_clearing c JOIN payment p ON p.tenant_id=c.tenant_id AND p.id=c.payment_id
				WHERE c.tenant_id=$1 AND p.person_id=$2 AND p.id>=$3 AND p.id<=$4 ORDER BY c.payment_id,c.flag_no`, string(tx.Tenant()), string(c.Person), string(page[len(page)-1].ID), string(page[0].ID))
			_, err = db.Collect(rows, err, func(r *sql.Rows) (x outLook, err error) {
				var of ident.PaymentID
				var at int64
				err = r.Scan(&of, &x.Flag, &x.Reason, &at)
				x.At = db.FromMicros(at)
				out[of] = append(out[of], x)
				return x, err
			})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) out(p Payment) outPayment {
	x := outPayment{Authority: string(p.Tenant), Reference: p.Reference, Purpose: p.Purpose, Amount: p.Amount.String(), State: string(p.State), Provider: p.Provider, Created: p.CreatedAt}
	if d, ok := s.c.Directory.DoorOf(p.Tenant); ok {
		x.Authority = d.Tenant.Name
	}
	if !p.ReceivedOn.IsZero() {
		x.Way, x.Received, x.Voucher = p.Way, p.ReceivedOn.Format(time.DateOnly), p.Voucher
	}
	if p.Refunded != 0 {
		x.Refunded = p.Refunded.String()
	}
	for _, l := range p.Lines {
		x.Lines = append(x.Lines, outLine{l.Text, l.Amount.String()})
	}
	if !p.SettledAt.IsZero() {
		x.Settled = &p.SettledAt
	}
	return x
}

// ForgetPerson takes a person whose account was deleted out of the payments of
// all tenants of the realm. Payments and ledger stay: the Kasse must keep them for
// as long as the budget law of the Land says. Running it again finds nothing left to do.
func (s *Service) ForgetPerson(ctx context.Context, realm ident.RealmID, p ident.PersonID) error {
	if p == "" {
		return nil
	}
	var tenants []ident.TenantID
	err := s.c.DB.View(ctx, db.ForPerson(realm, p), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT DISTINCT tenant_id FROM payment WHERE person_id=$1`, string(tx.Person()))
		tenants, err = db.Collect(rows, err, func(r *sql.Rows) (t ident.TenantID, err error) { return t, r.Scan(&t) })
		return err
	})
	for _, t := range tenants {
		err = errors.Join(err, s.c.DB.InTx(ctx, db.ForTenant(realm, t), func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE payment SET person_id='' WHERE tenant_id=$1 AND person_id=$2`, string(tx.Tenant()), string(p)); err != nil {
				return err
			}
			return audit.Record(ctx, tx, perm.System{Name: "payments"}, audit.Event{Action: "payment.let-go", Object: "person:" + string(p), Detail: "account erased"})
		}))
	}
	return err
}
