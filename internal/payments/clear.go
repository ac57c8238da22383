package payments

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/money"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

// MaxNote bounds Clearing.Note, in signs.
const MaxNote = 500

// Reason is what a human of the Kasse found when he looked at a flag.
type Reason string

// The reasons.
const (
	ReasonReturned  Reason = "returned"           // the Kasse gave the money back itself, past the provider
	ReasonProvider  Reason = "returned-provider"  // the provider gives the kept money back and will report it
	ReasonBooked    Reason = "booked"             // the Kasse booked the money by hand
	ReasonCorrected Reason = "provider-corrected" // the provider set its report right
	ReasonError     Reason = "provider-error"     // the provider's report is wrong, no money moved
	ReasonPursued   Reason = "pursued"            // the Kasse pursues the claim by other means
	ReasonRefund    Reason = "refund-right"       // the refund is as the Kasse wants it
	ReasonWait      Reason = "wait"               // the provider was asked, its answer is awaited
)

// reasons says what may be found at which flag, in the order of the form.
var reasons = map[Flag][]Reason{
	FlagAmount:    {ReasonReturned, ReasonBooked, ReasonCorrected, ReasonError},
	FlagCurrency:  {ReasonReturned, ReasonBooked, ReasonCorrected, ReasonError},
	FlagReference: {ReasonCorrected, ReasonError},
	FlagSurplus:   {ReasonReturned, ReasonProvider, ReasonBooked},
	FlagReversed:  {ReasonPursued, ReasonCorrected, ReasonError},
	FlagRefund:    {ReasonRefund, ReasonReturned, ReasonCorrected, ReasonError},
	FlagSlow:      {ReasonWait, ReasonCorrected, ReasonError},
}

// Flags lists all flags.
func Flags() []Flag {
	return []Flag{FlagAmount, FlagCurrency, FlagReference, FlagSurplus, FlagReversed, FlagRefund, FlagSlow}
}

// Reasons lists what may be found at a flag; nil for a flag that is none.
func Reasons(f Flag) []Reason { return slices.Clone(reasons[f]) }

// Clearing is that a human looked at a flag and what he found.
type Clearing struct {
	Flag   Flag
	Number int // Payment.FlagNo when the human saw it
	Reason Reason
	Note   pii.Text // 1 to MaxNote signs; empty when the case was erased

	Fact   string       // as Payment.Fact
	Booked money.Amount // what left the ledger by it, 0 for nothing
	Staff  ident.StaffID
	At     time.Time
}

// Reported is as Payment.Reported.
func (c Clearing) Reported() string { return Payment{Fact: c.Fact}.Reported() }

// Clear closes a flag: staff with perm.ClearPayments in all units looked at it
// and say what they found. Flag, Number, Reason and Note of c are read. The
// state stays: paid is what the provider confirms. Kept money (FlagSurplus)
// leaves AccountKeeping for AccountOutside; what the provider reports as
// refunded later is booked from there, so that it leaves AccountKeeping once.
//
// The same report does not raise the flag again, any other does (raise). A
// second press by the same person changes nothing. Told: Cleared. Errors:
// Forbidden, NotFound, Conflict (clearing.changed) when the flag is not the one
// that was shown, Invalid for a reason that does not fit it and for the note.
func (s *Service) Clear(ctx context.Context, actor perm.Staff, id ident.PaymentID, c Clearing) error {
	if err := mayClear(actor); err != nil {
		return err
	}
	if !ident.Valid(id) {
		return errs.NotFound("payment", "with that ID")
	}
	return s.c.DB.InTx(ctx, actor.Scope(), func(tx *db.Tx) error {
		all, i, err := s.attempts(ctx, tx, id) // load
		if err != nil {
			return err
		}
		p := all[i]
		if p.Flag == "" || p.Flag != c.Flag || p.FlagNo != c.Number {
			again, err := s.clearedBy(ctx, tx, p, actor.Staff, c)
			if err == nil && !again {
				err = errs.Conflict("clearing.changed")
			}
			return err
		}
		if err := c.check(); err != nil { // decide
			return err
		}
		if p.Flag == FlagSurplus {
			p.Returned = max(p.Amount-p.Refunded, 0)
			p.Kept = p.Amount
		}
		p.Flag = ""
		if p.Returned > all[i].Returned { // write
			c.Booked = p.Returned
			if err := book(ctx, tx, p, bookSettled); err != nil {
				return err
			}
		}
		if err := put(ctx, tx, p); err != nil {
			return err
		}
		if err := s.addClearing(ctx, tx, p, actor.Staff, c); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, actor, audit.Event{Action: "payment.clear", Object: "payment:" + string(p.ID), Detail: string(c.Flag) + ">" + string(c.Reason)}); err != nil {
			return err
		}
		return jobs.Insert(ctx, tx, Cleared{p.ID, p.Case, p.FlagNo})
	})
}

// check finds what is wrong with what a human says, all at once.
func (c Clearing) check() error {
	var wrong []errs.Field
	if !slices.Contains(reasons[c.Flag], c.Reason) {
		wrong = append(wrong, errs.Field{Name: "reason", Key: "clearing.reason-missing"})
	}
	note := c.Note.Reveal()
	switch {
	case strings.TrimSpace(note) == "":
		wrong = append(wrong, errs.Field{Name: "note", Key: "clearing.note-missing"})
	default:
		wrong = append(wrong, checkNote(note)...)
	}
	if len(wrong) > 0 {
		return errs.Invalid("clearing.incomplete", wrong...)
	}
	return nil
}

// checkNote finds what is wrong with a note that may be empty.
func checkNote(note string) []errs.Field {
	switch {
	case utf8.RuneCountInString(note) > MaxNote:
		return []errs.Field{{Name: "note", Key: "clearing.note-long", Args: []any{MaxNote}}}
	case !utf8.ValidString(note) || strings.ContainsFunc(note, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
		return []errs.Field{{Name: "note", Key: "clearing.note-signs"}}
	}
	return nil
}

func notePlace(t ident.TenantID, id ident.PaymentID, number int) seal.Where {
	return seal.Where{Tenant: string(t), Table: "payment_clearing", Row: string(id) + ":" + strconv.Itoa(number), Column: "note"}
}

func (s *Service) addClearing(ctx context.Context, tx *db.Tx, p Payment, by ident.StaffID, c Clearing) error {
	note := s.c.Directory.Key(p.Tenant).Seal([]byte(c.Note.Reveal()), notePlace(p.Tenant, p.ID, c.Number))
	_, err := tx.Exec(ctx, `INSERT INTO payment_clearing (tenant_id,payment_id,flag_no,case_id,flag,fact,reason,note,booked,staff_id,at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`,
		string(p.Tenant), string(p.ID), c.Number, string(p.Case), string(c.Flag), p.Fact, string(c.Reason), note, int64(c.Booked), string(by), db.Micros(tx.Now))
	if err != nil {
		return fmt.Errorf("clearing of payment %s: %w", p.ID, err)
	}
	return nil
}

// clearedBy reports whether this very person has closed this very flag so.
func (s *Service) clearedBy(ctx context.Context, tx *db.Tx, p Payment, by ident.StaffID, c Clearing) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM payment_clearing WHERE tenant_id=$1 AND payment_id=$2 AND flag_no=$3 AND flag=$4 AND reason=$5 AND staff_id=$6`,
		string(tx.Tenant()), string(p.ID), c.Number, string(c.Flag), string(c.Reason), string(by)).Scan(&n)
	return n > 0, err
}

// awaited reports whether the Kasse said that the provider gives the kept money
// back.
func awaited(ctx context.Context, tx *db.Tx, id ident.PaymentID) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM payment_clearing WHERE tenant_id=$1 AND payment_id=$2 AND flag=$3 AND reason=$4`,
		string(tx.Tenant()), string(id), string(FlagSurplus), string(ReasonProvider)).Scan(&n)
	return n > 0, err
}

// Clearings lists what humans found at the flags of a payment, newest first.
// Staff with perm.ReadPayments in all units may. Errors: Forbidden, NotFound.
func (s *Service) Clearings(ctx context.Context, actor perm.Staff, id ident.PaymentID) (out []Clearing, err error) {
	if err := mayRead(actor); err != nil {
		return nil, err
	}
	err = s.c.DB.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		if _, err := s.get(ctx, tx, id); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT flag_no,flag,fact,reason,note,booked,staff_id,at FROM payment_clearing WHERE tenant_id=$1 AND payment_id=$2 ORDER BY flag_no DESC`, string(tx.Tenant()), string(id))
		out, err = db.Collect(rows, err, func(r *sql.Rows) (c Clearing, err error) {
			var sealed []byte
			var at int64
			if err := r.Scan(&c.Number, &c.Flag, &c.Fact, &c.Reason, &sealed, &c.Booked, &c.Staff, &at); err != nil {
				return c, err
			}
			c.At = db.FromMicros(at)
			if len(sealed) == 0 {
				return c, nil
			}
			plain, err := s.c.Directory.Key(tx.Tenant()).Open(sealed, notePlace(tx.Tenant(), id, c.Number))
			if err != nil {
				return c, fmt.Errorf("note on payment %s: %w", id, err)
			}
			c.Note = pii.New(string(plain))
			return c, nil
		})
		return err
	})
	return out, err
}

// Noted lists up to limit cases after one (""  for the first) at whose payments
// somebody left a note, in the tenant's transaction of the caller.
func (s *Service) Noted(ctx context.Context, tx *db.Tx, after ident.CaseID, limit int) ([]ident.CaseID, error) {
	rows, err := tx.Query(ctx, `SELECT case_id FROM payment_clearing WHERE tenant_id=$1 AND case_id>$2 AND length(note)>0
		UNION SELECT case_id FROM payment_inpayment WHERE tenant_id=$1 AND case_id>$2 AND length(note)>0 ORDER BY case_id LIMIT $3`, string(tx.Tenant()), string(after), limit)
	return db.Collect(rows, err, func(r *sql.Rows) (id ident.CaseID, err error) { return id, r.Scan(&id) })
}

// ForgetNotes erases the notes at the payments of a case that was erased, in
// the tenant's transaction of the caller. Who cleared or received what, when and
// why stays: it belongs to the ledger.
func (s *Service) ForgetNotes(ctx context.Context, tx *db.Tx, c ident.CaseID) error {
	erased := int64(0)
	for _, table := range []string{"payment_clearing", "payment_inpayment"} {
		n, err := tx.Exec(ctx, `UPDATE `+table+` SET note=$3 WHERE tenant_id=$1 AND case_id=$2 AND length(note)>0`, string(tx.Tenant()), string(c), []byte{})
		if err != nil {
			return err
		}
		erased += n
	}
	if erased == 0 {
		return nil
	}
	return audit.Record(ctx, tx, self, audit.Event{Action: "payment.forget-notes", Object: "case:" + string(c)})
}
