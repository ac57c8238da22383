package cases

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/letter"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// Outcome of a decision.
type Outcome string

// The outcomes.
const (
	Approve       Outcome = "approved"
	Reject        Outcome = "rejected"
	ApprovePartly Outcome = "partly"
)

var outcomes = map[Outcome]struct {
	event       Event
	words       string // for {{Entscheidung}}
	letterTitle string
}{
	Approve:       {EventApprove, "Ihrem Antrag wird entsprochen.", "Bescheid: Ihr Antrag ist bewilligt"},
	Reject:        {EventReject, "Ihr Antrag wird abgelehnt.", "Bescheid: Ihr Antrag ist abgelehnt"},
	ApprovePartly: {EventPartly, "Ihrem Antrag wird zum Teil entsprochen.", "Bescheid: Ihr Antrag ist zum Teil bewilligt"},
}

// Decision is what staff decide.
type Decision struct {
	Outcome Outcome
	Text    string // letter template (internal/letter), may name placeholders
	Reason  string // for {{Begründung}}
	By      string // name and office of who signs, for {{Sachbearbeitung}}; may be ""
	File    string // own file reference (Aktenzeichen), may be ""
	// Deadline is for {{Frist}}; zero leaves it empty.
	Deadline time.Time
}

// DecisionTemplate is the text that the decision page offers first.
func DecisionTemplate(o Outcome) string {
	body := "{{Anrede}},\n\nSie haben am {{Antragsdatum}} den Antrag „{{Leistung}}“ gestellt. Wir haben ihn geprüft.\n\n# Entscheidung\n\n{{Entscheidung}}\n\n# Begründung\n\n{{Begründung}}"
	if o == Approve {
		return body + "\n\n# Ihre Rechte\n\n" + remedy
	}
	return body + "\n\nDie Entscheidung beruht auf: {{Rechtsgrundlage}}\n\n# Ihre Rechte\n\n" + remedy
}

// remedy is the Rechtsbehelfsbelehrung (§ 37 Abs. 6 VwVfG, § 70 VwGO). A tenant
// in whose Land there is no Widerspruch changes it in its template.
const remedy = "Gegen diesen Bescheid können Sie innerhalb eines Monats nach seiner Bekanntgabe Widerspruch erheben. Den Widerspruch richten Sie schriftlich, elektronisch oder zur Niederschrift an: {{Behörde}}."

// Preview renders the letter of a decision as PDF without deciding anything. Who
// may decide, may. Errors as Decide.
func (s *Service) Preview(ctx context.Context, actor perm.Staff, id ident.CaseID, d Decision) ([]byte, error) {
	_, b, err := s.decision(ctx, actor, id, d)
	return b, err
}

// decision permits, and renders the letter.
func (s *Service) decision(ctx context.Context, actor perm.Staff, id ident.CaseID, d Decision) (r record, pdf []byte, err error) {
	o, ok := outcomes[d.Outcome]
	if !ok {
		return r, nil, errs.Invalid("case.outcome-missing", errs.Field{Name: "outcome", Key: "case.outcome-missing"})
	}
	if strings.TrimSpace(d.Text) == "" {
		return r, nil, errs.Invalid("case.text-missing", errs.Field{Name: "text", Key: "case.text-missing"})
	}
	err = s.c.DB.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		if r, err = getRecord(ctx, tx, id); err != nil {
			return err
		}
		return mayDecide(actor, &r)
	})
	if err != nil {
		return r, nil, err
	}
	if _, err := step(r.state, Clerk, o.event); err != nil {
		return r, nil, err
	}
	l, err := s.decisionLetter(&r, d, s.c.DB.Now())
	if err != nil {
		return r, nil, err
	}
	var b bytes.Buffer
	if err := letter.Render(&b, l); err != nil {
		return r, nil, err
	}
	return r, b.Bytes(), nil
}

func (s *Service) decisionLetter(r *record, d Decision, now time.Time) (l letter.Letter, err error) {
	l, a, z, err := s.letterhead(r, now)
	if err != nil {
		return l, err
	}
	tpl, err := letter.ParseTemplate(d.Text)
	if err != nil {
		return l, err
	}
	o := outcomes[d.Outcome]
	salutation := "Guten Tag"
	if a.name() != "" {
		salutation += " " + a.name()
	}
	reference := d.File
	if reference == "" {
		reference = string(r.number)
	}
	values := map[string]string{
		"Aktenzeichen": reference, "Anrede": salutation, "Antragsdatum": day(r.submittedAt), "Begründung": strings.TrimSpace(d.Reason), "Behörde": l.Sender.Name,
		"Betrag": r.fee.String(), "Datum": day(now), "E-Mail": l.Sender.Mail, "Entscheidung": o.words, "Frist": "", "Leistung": r.title,
		"Name": a.name(), "Nachname": a.Family, "Vorname": a.Given, "Organisationseinheit": l.Sender.Unit, "Rechtsgrundlage": strings.Join(z.Legal, "; "),
		"Sachbearbeitung": d.By, "Telefon": l.Sender.Phone, "Vorgangsnummer": string(r.number),
	}
	if !d.Deadline.IsZero() {
		values["Frist"] = day(d.Deadline)
	}
	if l.Blocks, err = tpl.Fill(values); err != nil {
		return l, err
	}
	l.Title, l.Subject = o.letterTitle, r.title
	if d.File != "" {
		l.Reference = append(l.Reference, [2]string{"Aktenzeichen", d.File})
	}
	l.Blocks = append(l.Blocks, letter.Closing{Greeting: "Mit freundlichen Grüßen", By: "Im Auftrag", Name: d.By},
		letter.Paragraph{Text: "Dieser Bescheid wurde mit Hilfe automatischer Einrichtungen erlassen und ist ohne Unterschrift gültig."})
	return l, nil
}

// letterhead is what all letters of a case begin with.
func (s *Service) letterhead(r *record, now time.Time) (l letter.Letter, a applicant, z frozen, err error) {
	t, err := s.tenant(r.tenant)
	if err != nil {
		return l, a, z, err
	}
	k, err := s.key(r)
	if err != nil {
		return l, a, z, err
	}
	if err := openJSON(k, r.applicant, r.place("applicant"), &a); err != nil {
		return l, a, z, err
	}
	if err := openJSON(k, r.frozen, r.place("frozen"), &z); err != nil {
		return l, a, z, err
	}
	door, _ := s.c.Directory.DoorOf(r.tenant)
	unit, _ := s.c.Directory.Unit(r.tenant, r.unit)
	l = letter.Letter{Lang: "de", Date: day(now), Created: now, Reference: [][2]string{{"Vorgangsnummer", string(r.number)}, {"Eingegangen am", day(r.submittedAt)}},
		Sender: letter.Sender{Name: t.Name, Unit: unit.Name, Street: t.Contact.Street, City: strings.TrimSpace(t.Contact.PLZ + " " + t.Contact.City), Phone: t.Contact.Phone, Mail: t.Contact.Mail, Web: door.Portal.Host}}
	if n := a.name(); n != "" {
		l.Recipient = append(l.Recipient, n)
	}
	l.Recipient = append(l.Recipient, a.Address[:min(len(a.Address), letter.MaxRecipient-1)]...)
	return l, a, z, nil
}

var months = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}

// day writes a legal day as letters do.
func day(t time.Time) string {
	t = t.In(clock.Berlin)
	return fmt.Sprintf("%d. %s %d", t.Day(), months[t.Month()-1], t.Year())
}

// Decide records the decision on a case, puts the letter (Bescheid, PDF) into
// the applicant's inbox and starts the retention clock. Staff with cases.decide
// in the unit may, who have claimed the case, while it is in review. Errors:
// NotFound, Forbidden, Invalid (also for the template's text), Conflict
// "case.claim-first", "case.not-in-state". Listeners of Decided tell the
// applicant; the letter goes to the delivery connector.
func (s *Service) Decide(ctx context.Context, actor perm.Staff, id ident.CaseID, d Decision) error {
	r, pdf, err := s.decision(ctx, actor, id, d)
	if err != nil {
		return err
	}
	k, err := s.key(&r)
	if err != nil {
		return err
	}
	f, err := s.keepBytes(ctx, actor.Scope(), &r, k, "bescheid.pdf", "application/pdf", pdf)
	if err != nil {
		return err
	}
	return s.work(ctx, actor, id, mayDecide, outcomes[d.Outcome].event, func(tx *db.Tx, r *record) error {
		r.decidedAt, r.dueAt, r.eraseAt = tx.Now, time.Time{}, after(tx.Now, days(r.days, 365))
		m := Message{ID: ident.New[ident.MessageID](tx.Now), Kind: KindLetter, Author: actor.Ref(), Text: pii.New(outcomes[d.Outcome].words)}
		if err := addMessage(ctx, tx, r, k, m, time.Time{}); err != nil {
			return err
		}
		if err := adopt(ctx, tx, r, k, f, KindDecision, m.ID); err != nil {
			return err
		}
		if err := s.c.Delivery.Plan(ctx, tx, id, delivery.Decided); err != nil {
			return err
		}
		return jobs.Insert(ctx, tx, Decided{id})
	})
}

// Close ends a decided or withdrawn case; the retention period starts anew. Staff
// with cases.decide in the unit may. Errors: NotFound, Forbidden, Conflict.
func (s *Service) Close(ctx context.Context, actor perm.Staff, id ident.CaseID) error {
	return s.work(ctx, actor, id, mayClose, EventClose, func(tx *db.Tx, r *record) error {
		r.holder = ""
		if r.erasedAt.IsZero() {
			r.eraseAt = after(tx.Now, days(r.days, 365))
		}
		return jobs.Insert(ctx, tx, Closed{id})
	})
}

// EndTask marks a task of a case as done by a human. Staff with cases.work in the
// unit may. Errors: NotFound, Forbidden.
func (s *Service) EndTask(ctx context.Context, actor perm.Staff, id ident.CaseID, kind TaskKind, ref string) error {
	return s.c.DB.InTx(ctx, actor.Scope(), func(tx *db.Tx) error {
		r, err := lockRecord(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := mayWork(actor, &r); err != nil {
			return err
		}
		n, err := endTasks(ctx, tx, id, kind, ref)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.NotFound("task of case", id)
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "case.end-task", Object: object(id), Detail: string(kind)})
	})
}
