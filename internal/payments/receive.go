package payments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/money"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

// Treasury stands where else a provider's name does: the Kasse itself received
// the money. No extension can be called so.
const Treasury = "kasse"

// Way is how money came that no provider knows of.
type Way string

// The ways.
const (
	WayTransfer Way = "transfer" // to an account of the authority
	WayCash     Way = "cash"     // at a counter of the authority
	WayCard     Way = "card"     // at a counter of the authority
	WayOther    Way = "other"    // the note says which
)

// Ways lists all, in the order of the form.
func Ways() []Way { return []Way{WayTransfer, WayCash, WayCard, WayOther} }

// MaxVoucher bounds Inpayment.Voucher, in signs.
const MaxVoucher = 40

// early is how long before the demand its money may have come.
const early = 366 * 24 * time.Hour

// Inpayment is what the Kasse says about money that it received outside.
type Inpayment struct {
	Way     Way
	Amount  money.Amount // exactly what is owed
	Day     time.Time    // of receipt, as clock.Date gives it: not in the future
	Voucher string       // its number in the cash system, 1 to MaxVoucher printable ASCII signs
	Note    pii.Text     // up to MaxNote signs, at least 1 for WayOther; empty when the case was erased

	Staff ident.StaffID
	At    time.Time
}

// Receive says that a demand was settled outside of the platform: at the
// counter, by transfer. Staff with perm.ClearPayments in all units may; they
// confirm it here as a provider does elsewhere. id may be any attempt of the
// demand. The exact amount becomes an attempt of its own that is paid, whose
// provider is Treasury; an attempt that nobody started ends. One that is at a
// provider is asked for first, and goes on: money that comes there as well is
// flagged as surplus.
//
// A second press by the same person changes nothing and gives the same payment.
// Told: Settled, as by any payment. Errors: Forbidden, NotFound, Conflict
// (inpayment.paid, inpayment.dropped) when nothing is owed any more, Invalid with
// the fields way, amount, day, voucher, note.
func (s *Service) Receive(ctx context.Context, actor perm.Staff, id ident.PaymentID, in Inpayment) (p Payment, err error) {
	if err := mayClear(actor); err != nil {
		return p, err
	}
	if !ident.Valid(id) {
		return p, errs.NotFound("payment", "with that ID")
	}
	var running []Payment
	err = s.c.DB.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		all, _, err := s.demand(ctx, tx, id, "")
		if err != nil {
			return err
		}
		running = slices.DeleteFunc(slices.Clone(all), func(p Payment) bool { return !p.State.InFlight() })
		p, _, err = s.receivable(ctx, tx, actor, all, in)
		return err
	})
	if err != nil || p.State == Paid {
		return p, err
	}
	s.askFirst(ctx, actor.Scope(), running)
	err = s.c.DB.InTx(ctx, actor.Scope(), func(tx *db.Tx) error {
		all, _, err := s.attempts(ctx, tx, id) // load
		if err != nil {
			return err
		}
		var e Edge
		if p, e, err = s.receivable(ctx, tx, actor, all, in); err != nil || p.State == Paid { // decide
			return err
		}
		p.State, p.Provider, p.SettledAt = e.To, Treasury, tx.Now // write
		p.Way, p.ReceivedOn, p.Voucher = in.Way, in.Day, in.Voucher
		if err := s.add(ctx, tx, p); err != nil {
			return err
		}
		if err := book(ctx, tx, p, bookPayment); err != nil {
			return err
		}
		if err := s.addInpayment(ctx, tx, p, actor.Staff, in.Note); err != nil {
			return err
		}
		if err := supersede(ctx, tx, all, p.ID); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, actor, audit.Event{Action: "payment." + e.Event, Object: "payment:" + string(p.ID), Detail: string(p.Way) + " " + p.Amount.Decimal()}); err != nil {
			return err
		}
		return jobs.Insert(ctx, tx, Settled{p.ID, p.Case, p.State})
	})
	return p, err
}

// askFirst asks the providers at which a demand's attempts are: whoever stands
// at the counter may have paid on-line a minute ago. A provider that is silent
// holds nobody up.
func (s *Service) askFirst(ctx context.Context, scope db.TenantScope, running []Payment) {
	for _, p := range running {
		if p.Ref == "" {
			continue // nobody was ever sent to its page
		}
		if _, err := s.confirm(ctx, scope, p.ID, nil); err != nil && !errors.Is(err, ErrUnknown) {
			s.c.Log.Warn("payment not confirmed before the Kasse received it", "tenant", string(p.Tenant), "payment", string(p.ID), "error", err.Error())
		}
	}
}

// receivable decides whether a demand can be settled so: with the next attempt
// and its edge, or with the payment that this very press has made already.
func (s *Service) receivable(ctx context.Context, tx *db.Tx, actor perm.Staff, all []Payment, in Inpayment) (Payment, Edge, error) {
	for _, p := range all {
		if p.State != Paid {
			continue
		}
		if p.Provider == Treasury && p.Way == in.Way && p.ReceivedOn.Equal(in.Day) && p.Voucher == in.Voucher && p.Amount == in.Amount {
			_, by, err := s.inpayment(ctx, tx, p)
			if err != nil || by == actor.Staff {
				return p, Edge{}, err
			}
		}
		return Payment{}, Edge{}, errs.Conflict("inpayment.paid")
	}
	last := all[len(all)-1]
	gone, err := dropped(ctx, tx, last.Demand)
	if err != nil {
		return Payment{}, Edge{}, err
	}
	if gone {
		return Payment{}, Edge{}, errs.Conflict("inpayment.dropped")
	}
	if err := in.check(all[0], tx.Now); err != nil {
		return Payment{}, Edge{}, err
	}
	e, _ := step(Open, Paid, ByTreasury)
	return last.next(tx.Now), e, nil
}

// check finds what is wrong with what a human says about a demand, all at once.
func (in Inpayment) check(demand Payment, now time.Time) error {
	var wrong []errs.Field
	add := func(name, key string, args ...any) {
		wrong = append(wrong, errs.Field{Name: name, Key: key, Args: args})
	}
	if !slices.Contains(Ways(), in.Way) {
		add("way", "inpayment.way-missing")
	}
	if in.Amount != demand.Amount {
		add("amount", "inpayment.amount-other", "amount", demand.Amount)
	}
	switch {
	case in.Day.IsZero() || !in.Day.Equal(in.Day.Truncate(24*time.Hour)):
		add("day", "inpayment.day-missing")
	case in.Day.After(clock.Date(now)):
		add("day", "inpayment.day-future")
	case in.Day.Before(demand.CreatedAt.Add(-early)):
		add("day", "inpayment.day-early")
	}
	switch {
	case in.Voucher == "":
		add("voucher", "inpayment.voucher-missing")
	case strings.TrimSpace(in.Voucher) != in.Voucher || !word(strings.ReplaceAll(in.Voucher, " ", ""), MaxVoucher) || len(in.Voucher) > MaxVoucher:
		add("voucher", "inpayment.voucher-signs", MaxVoucher)
	}
	note := in.Note.Reveal()
	if in.Way == WayOther && strings.TrimSpace(note) == "" {
		add("note", "inpayment.note-missing")
	}
	wrong = append(wrong, checkNote(note)...)
	if len(wrong) > 0 {
		return errs.Invalid("clearing.incomplete", wrong...)
	}
	return nil
}

func inpaymentPlace(t ident.TenantID, id ident.PaymentID) seal.Where {
	return seal.Where{Tenant: string(t), Table: "payment_inpayment", Row: string(id), Column: "note"}
}

func (s *Service) addInpayment(ctx context.Context, tx *db.Tx, p Payment, by ident.StaffID, note pii.Text) error {
	sealed := []byte{}
	if !note.Empty() {
		sealed = s.c.Directory.Key(p.Tenant).Seal([]byte(note.Reveal()), inpaymentPlace(p.Tenant, p.ID))
	}
	_, err := tx.Exec(ctx, `INSERT INTO payment_inpayment (tenant_id,payment_id,case_id,note,staff_id,at) VALUES ($1,$2,$3,$4,$5,$6)`,
		string(p.Tenant), string(p.ID), string(p.Case), sealed, string(by), db.Micros(tx.Now))
	if err != nil {
		return fmt.Errorf("inpayment of payment %s: %w", p.ID, err)
	}
	return nil
}

// inpayment reads the sealed note and who wrote it.
func (s *Service) inpayment(ctx context.Context, tx *db.Tx, p Payment) (sealed []byte, by ident.StaffID, err error) {
	err = tx.QueryRow(ctx, `SELECT note,staff_id FROM payment_inpayment WHERE tenant_id=$1 AND payment_id=$2`, string(tx.Tenant()), string(p.ID)).Scan(&sealed, &by)
	if errors.Is(err, sql.ErrNoRows) {
		err = errs.NotFound("inpayment", p.ID)
	}
	return sealed, by, err
}

// Standing is how a demand stands.
type Standing struct {
	Attempts  []Payment    // oldest first
	Due       money.Amount // what is owed; 0 when it was paid or dropped
	Inpayment Inpayment    // what the Kasse received outside; zero if nothing
	Same      int          // how many other payments the Kasse has under the same voucher
}

// Standing tells how the demand stands to which a payment belongs. Staff with
// perm.ReadPayments in all units may. Errors: Forbidden, NotFound.
func (s *Service) Standing(ctx context.Context, actor perm.Staff, id ident.PaymentID) (out Standing, err error) {
	if err := mayRead(actor); err != nil {
		return out, err
	}
	if !ident.Valid(id) {
		return out, errs.NotFound("payment", "with that ID")
	}
	err = s.c.DB.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		all, _, err := s.demand(ctx, tx, id, "")
		if err != nil {
			return err
		}
		out = Standing{Attempts: all}
		gone, err := dropped(ctx, tx, all[0].Demand)
		if err != nil {
			return err
		}
		paid := slices.IndexFunc(all, func(p Payment) bool { return p.State == Paid })
		if paid < 0 && !gone {
			out.Due = all[0].Amount
		}
		if paid < 0 || all[paid].Provider != Treasury {
			return nil
		}
		p := all[paid]
		sealed, by, err := s.inpayment(ctx, tx, p)
		if err != nil {
			return err
		}
		out.Inpayment = Inpayment{Way: p.Way, Amount: p.Amount, Day: p.ReceivedOn, Voucher: p.Voucher, Staff: by, At: p.SettledAt}
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM payment WHERE tenant_id=$1 AND voucher=$2 AND voucher<>'' AND id<>$3`, string(tx.Tenant()), p.Voucher, string(p.ID)).Scan(&out.Same); err != nil {
			return err
		}
		if len(sealed) == 0 {
			return nil
		}
		plain, err := s.c.Directory.Key(p.Tenant).Open(sealed, inpaymentPlace(p.Tenant, p.ID))
		if err != nil {
			return fmt.Errorf("note on payment %s: %w", p.ID, err)
		}
		out.Inpayment.Note = pii.New(string(plain))
		return nil
	})
	return out, err
}
