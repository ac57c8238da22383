package cases

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/money"
	"stadttor/internal/payments"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// answerWithin is when a case without decision counts as overdue.
const answerWithin = 30

// Sending is the wish to submit.
type Sending struct {
	// Key is the idempotency key of the check page, 16 to 100 bytes: the same
	// key gives the same result, however often it is sent.
	Key string
	// Confirmed says that the warning before sending was answered (§ 9a OZG).
	Confirmed bool
	// Version is that of the draft whose answers were shown; 0 leaves the
	// comparison out.
	Version int64
	// Values are what the check page itself asks (the declaration) and is not
	// saved yet; nil if everything is. Only what is sent is kept of them: after
	// "case.incomplete" it is Answer that saves them.
	Values url.Values
}

// Submission is what the applicant is told.
type Submission struct {
	Case    ident.CaseID
	Number  ident.Number
	State   State // StateSubmitted: received; StateAwaitingPayment: to be paid first
	Fee     money.Amount
	Payment ident.PaymentID // "" unless there is something to pay
}

// Submit sends an application. Its owner may, at the trust level of the form.
// Everything is checked again for the version that was answered. When a fee is
// paid on-line the case waits for the payment, opened in the same transaction;
// else it is received. Number, retention, jobs and audit entry are one commit
// with it. Errors: NotFound, Forbidden "case.level-needed", Invalid
// "case.incomplete" (fields "page#input" with German texts) or "case.confirm", Conflict
// "case.changed" if the draft is not the one that was shown, "case.behalf-changed"
// if the person acts for somebody else than when it was begun, "case.already-sent"
// under another key, "case.form-gone"; Unavailable: unknown outcome, send the
// same key again.
func (s *Service) Submit(ctx context.Context, c perm.Citizen, id ident.CaseID, p Proof, in Sending) (out Submission, err error) {
	if len(in.Key) < 16 || len(in.Key) > 100 {
		return out, errs.Invalid("case.key-missing")
	}
	for range tries {
		out, err = s.submit(ctx, c, id, p, in)
		p.found = nil
		// A drawn number that is taken, or a row changed meanwhile: once more.
		if !db.IsUnique(err) && !errors.Is(err, errStale) {
			return out, err
		}
	}
	if errors.Is(err, errStale) {
		err = errs.Conflict("case.changed")
	}
	return out, err
}

func (s *Service) submit(ctx context.Context, c perm.Citizen, id ident.CaseID, p Proof, in Sending) (out Submission, err error) {
	d, err := s.open(ctx, c, p, id)
	if key := errs.KeyOf(err); key == "case.already-sent" || key == "case.expired" {
		return s.submittedBefore(ctx, c, p, id, in)
	}
	if err != nil {
		return out, err
	}
	if !in.Confirmed {
		return out, errs.Invalid("case.confirm")
	}
	if in.Version != 0 && in.Version != d.version {
		return out, errs.Conflict("case.changed")
	}
	behalf, err := s.actsAsBegun(ctx, d)
	if err != nil {
		return out, err
	}
	look := d.look
	if in.Values != nil {
		a, found := look.Accept(forms.CheckPage, in.Values, nil)
		if forms.Blocks(found) {
			return out, incomplete(found)
		}
		look = d.def.Look(d.def.Prove(a, d.env), d.env)
	}
	z, err := freeze(d.def, look)
	if err != nil {
		return out, err
	}
	if behalf != nil {
		z.mandate = behalf
		if z.Behalf, err = behalf.Snapshot(); err != nil {
			return out, err
		}
	}
	r := d.record
	if err := s.fill(&r, d, z, in); err != nil {
		return out, err
	}
	err = s.c.DB.InTx(ctx, d.scope, func(tx *db.Tx) error {
		row := r // fn may run again
		out, err = s.send(ctx, tx, &row, d.at, z, c)
		return err
	})
	return out, err
}

// submission is everything that a submission freezes.
type submission struct {
	frozen
	applicant applicant
	total     money.Amount
	pay       bool
	mandate   *accounts.Mandate
}

// freeze checks the whole form once more and works out what is kept. Pure.
func freeze(def *forms.Definition, look *forms.Look) (z submission, err error) {
	if found := look.Check(); forms.Blocks(found) {
		return z, incomplete(found)
	}
	final := look.Final()
	total, lines, err := look.Fee()
	if err != nil {
		return z, fmt.Errorf("fee at submission: %w", err)
	}
	x, err := look.Export()
	if err != nil {
		return z, fmt.Errorf("export at submission: %w", err)
	}
	if z.JSON, err = x.JSON(); err != nil {
		return z, err
	}
	if z.XML, err = x.XML(); err != nil {
		return z, err
	}
	for _, l := range lines {
		z.Lines = append(z.Lines, FeeLine{l.Label, l.Quantity, l.Unit, l.Amount})
	}
	z.Sections, z.Next, z.Legal, z.Files = look.Summary(), look.Texts(def.Next), look.Texts(def.Legal), final.Files()
	z.applicant, z.total, z.pay = whoApplies(def, final), total, total > 0 && def.Payment
	return z, nil
}

func incomplete(found []forms.Problem) error {
	var fields []errs.Field
	for _, p := range found {
		if !p.Warn {
			fields = append(fields, errs.Field{Name: p.Page + "#" + p.Input, Literal: p.Text})
		}
	}
	return errs.Invalid("case.incomplete", fields...)
}

// fill puts into the row what does not depend on the transaction.
func (s *Service) fill(r *record, d *opened, z submission, in Sending) error {
	b, err := json.Marshal(z.frozen)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(z.JSON)
	r.frozen, r.hash = d.k.Seal(b, r.place("frozen")), sum[:]
	if r.applicant, err = sealJSON(d.k, z.applicant, r.place("applicant")); err != nil {
		return err
	}
	r.answers, r.submitKey = nil, digest(in.Key)
	r.level, r.means, r.fee = d.by.Level, d.by.Means, z.total
	r.unit = s.unitFor(d.at, r.form, r.service)
	r.days = days(d.def.RetentionDays, days(d.at.RetentionDays, 365))
	return nil
}

// send is the commit of a submission.
func (s *Service) send(ctx context.Context, tx *db.Tx, r *record, t tenancy.Tenant, z submission, c perm.Citizen) (out Submission, err error) {
	event := EventSubmit
	if z.pay {
		event = EventSubmitToPay
	}
	if r.state, err = step(r.state, Applicant, event); err != nil {
		return out, err
	}
	r.number = ident.NewNumber(t.Sign, tx.Now.In(clock.Berlin).Year())
	if z.pay {
		r.eraseAt = after(tx.Now, draftDays(t))
	} else {
		received(r, tx.Now)
	}
	if err := putRecord(ctx, tx, r); err != nil {
		return out, err
	}
	if err := filesAreThere(ctx, tx, r.id, z.Files); err != nil {
		return out, err
	}
	if err := addEvent(ctx, tx, r, c, event); err != nil {
		return out, err
	}
	if err := tellBehalf(ctx, tx, r, z.mandate); err != nil {
		return out, err
	}
	out = Submission{Case: r.id, Number: r.number, State: r.state, Fee: r.fee}
	if z.pay {
		d := payments.Demand{Case: r.id, Person: r.person, Amount: z.total, Purpose: payments.Purpose(string(r.number) + " " + r.title), Reference: string(r.number)}
		for _, l := range z.Lines {
			d.Lines = append(d.Lines, payments.Line{Text: l.Label, Amount: l.Amount})
		}
		pay, err := s.c.Payments.Open(ctx, tx, d)
		if err != nil {
			return out, err
		}
		out.Payment = pay.ID
	}
	if err := audit.Record(ctx, tx, c, audit.Event{Action: "case.submit", Object: object(r.id), Detail: "draft>" + string(r.state) + " level " + r.level.String()}); err != nil {
		return out, err
	}
	if z.pay {
		return out, nil
	}
	return out, s.tellSubmitted(ctx, tx, r)
}

// received starts the clock of a case that has reached the authority.
func received(r *record, now time.Time) {
	r.submittedAt, r.eraseAt, r.dueAt = now, time.Time{}, after(now, answerWithin)
}

// tellSubmitted plans what follows from a received application.
func (s *Service) tellSubmitted(ctx context.Context, tx *db.Tx, r *record) error {
	if err := s.c.Delivery.Plan(ctx, tx, r.id, delivery.Submitted); err != nil {
		return err
	}
	return jobs.Insert(ctx, tx, Submitted{r.id})
}

// filesAreThere compares the files that the answers speak of with the rows of
// the case; the bytes are durable since before the rows.
func filesAreThere(ctx context.Context, tx *db.Tx, id ident.CaseID, files []forms.File) error {
	if len(files) == 0 {
		return nil
	}
	docs, err := listDocuments(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, f := range files {
		if !slices.ContainsFunc(docs, func(d sealedDocument) bool { return string(d.ID) == f.ID && d.SHA256 == f.SHA256 && d.Size == f.Size }) {
			return errs.Conflict("case.file-missing")
		}
	}
	return nil
}

// submittedBefore answers a submission that was committed already.
func (s *Service) submittedBefore(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID, in Sending) (out Submission, err error) {
	r, scope, err := s.view(ctx, c, p, id)
	if err != nil {
		return out, err
	}
	if !bytes.Equal(r.submitKey, digest(in.Key)) {
		if r.state == StateExpired {
			return out, errs.Conflict("case.expired")
		}
		return out, errs.Conflict("case.already-sent")
	}
	out = Submission{Case: r.id, Number: r.number, State: r.state, Fee: r.fee}
	return out, s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		list, err := s.c.Payments.ForCase(ctx, tx, r.id)
		for _, p := range list {
			out.Payment = p.ID // the last attempt
		}
		return err
	})
}
