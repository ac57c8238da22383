package cases

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/letter"
	"stadttor/internal/money"
	"stadttor/internal/payments"
	"stadttor/internal/perm"
)

// MakeReceipt is the outside listener of Submitted: it writes the receipt with
// the copy of the application (§ 9a Abs. 4 OZG) as a sealed document of the
// case, once.
func (s *Service) MakeReceipt(ctx context.Context, call jobs.Call, e Submitted) error {
	_, err := s.receipt(ctx, db.ForTenant(call.Realm, call.Tenant), e.Case)
	return err
}

// receipt gives the receipt of a received case and makes it if there is none.
// Who asks while it is being made waits for it: its job and the delivery start
// at the same moment.
func (s *Service) receipt(ctx context.Context, scope db.TenantScope, id ident.CaseID) (doc sealedDocument, err error) {
	var r record
	var there bool
	if err := s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		if r, err = getRecord(ctx, tx, id); err != nil {
			return err
		}
		doc, there, err = findReceipt(ctx, tx, id)
		return err
	}); err != nil || there {
		return doc, err
	}
	// Who gives up meanwhile does not stop the making for the others.
	made, err, _ := s.receipts.Do(string(r.tenant)+"/"+string(id), func() (any, error) { return s.makeReceipt(context.WithoutCancel(ctx), scope, &r) })
	return made.(sealedDocument), err
}

func findReceipt(ctx context.Context, tx *db.Tx, id ident.CaseID) (doc sealedDocument, there bool, err error) {
	docs, err := listDocuments(ctx, tx, id)
	for _, d := range docs {
		if d.Kind == KindReceipt {
			return d, true, err
		}
	}
	return doc, false, err
}

func (s *Service) makeReceipt(ctx context.Context, scope db.TenantScope, r *record) (doc sealedDocument, err error) {
	k, err := s.key(r)
	if err != nil {
		return doc, err
	}
	var list []payments.Payment
	if err := s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		list, err = s.c.Payments.ForCase(ctx, tx, r.id)
		return err
	}); err != nil {
		return doc, err
	}
	l, err := s.receiptLetter(r, list)
	if err != nil {
		return doc, err
	}
	var b bytes.Buffer
	if err := letter.Render(&b, l); err != nil {
		return doc, fmt.Errorf("receipt of case %s: %w", r.id, err)
	}
	f, err := s.keepBytes(ctx, scope, r, k, "antrag.pdf", "application/pdf", b.Bytes())
	if err != nil {
		return doc, err
	}
	err = s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		now, err := lockRecord(ctx, tx, r.id)
		if err != nil {
			return err
		}
		var there bool
		if doc, there, err = findReceipt(ctx, tx, r.id); err != nil || there {
			return err // another node was faster; the sweep takes ours
		}
		if err := adopt(ctx, tx, &now, k, f, KindReceipt, ""); err != nil {
			return err
		}
		doc, _, err = findReceipt(ctx, tx, r.id)
		return err
	})
	return doc, err
}

// Receipt gives the receipt of an own received case and makes it when the job
// has not run yet. Its owner may, a guest with the secret too. The caller closes
// the reader. Errors: as Document; NotFound until the case is received.
func (s *Service) Receipt(ctx context.Context, c perm.Citizen, p Proof, id ident.CaseID) (Document, io.ReadCloser, error) {
	r, scope, err := s.view(ctx, c, p, id)
	if err != nil {
		return Document{}, nil, err
	}
	if r.submittedAt.IsZero() {
		return Document{}, nil, errs.NotFound("receipt of case", id)
	}
	d, err := s.receipt(ctx, scope, id)
	if err != nil {
		return Document{}, nil, err
	}
	return s.document(ctx, &r, []sealedDocument{d}, d.ID)
}

func (s *Service) receiptLetter(r *record, list []payments.Payment) (letter.Letter, error) {
	l, _, z, err := s.letterhead(r, r.submittedAt)
	if err != nil {
		return l, err
	}
	l.Title = "Eingangsbestätigung: " + r.title
	l.Hash = hex.EncodeToString(r.hash)
	at := r.submittedAt.In(clock.Berlin)
	l.Blocks = append(l.Blocks, letter.Paragraph{Text: fmt.Sprintf("Ihr Antrag ist am %s um %s Uhr bei uns eingegangen. Bitte geben Sie bei Rückfragen die Vorgangsnummer %s an.", day(r.submittedAt), at.Format("15:04:05"), r.number)})
	behalf, err := readBehalf(z.Behalf)
	if err != nil {
		return l, err
	}
	l.Blocks = append(l.Blocks, behalfFacts(behalf)...)
	if len(z.Next) > 0 {
		l.Blocks = append(l.Blocks, letter.Heading{Level: 2, Text: "Wie es weitergeht"}, letter.List{Ordered: true, Items: z.Next})
	}
	if len(z.Lines) > 0 {
		l.Blocks = append(l.Blocks, letter.Heading{Level: 2, Text: "Gebühren"}, fees(z.Lines, r.fee))
	}
	for _, p := range list {
		if p.State == payments.Paid {
			l.Blocks = append(l.Blocks, letter.Paragraph{Text: paidHow(p)})
		}
	}
	l.Blocks = append(l.Blocks, letter.Heading{Level: 2, Text: "Kopie Ihrer Angaben"})
	for _, sec := range z.Sections {
		if f := facts(sec); len(f.Rows) > 0 {
			l.Blocks = append(l.Blocks, letter.Heading{Level: 3, Text: sec.Title}, f)
		}
	}
	if len(z.Files) > 0 {
		t := letter.Table{Caption: "Anlagen", Header: []string{"Datei", "Größe in Byte", "Prüfsumme (SHA-256)"}, Right: []int{1}}
		for _, f := range z.Files {
			t.Rows = append(t.Rows, []string{f.Name, fmt.Sprint(f.Size), f.SHA256})
		}
		l.Blocks = append(l.Blocks, t)
	}
	if r.level > perm.LevelNone {
		l.Blocks = append(l.Blocks, letter.Paragraph{Text: "Beim Absenden waren Sie mit dem Vertrauensniveau „" + levelNames[r.level] + "“ angemeldet."})
	}
	return l, nil
}

var levelNames = map[perm.Level]string{perm.LevelBasis: "normal", perm.LevelSubstantial: "substanziell", perm.LevelHigh: "hoch"}

func fees(lines []FeeLine, total money.Amount) letter.Table {
	t := letter.Table{Header: []string{"Wofür", "Anzahl", "Einzeln", "Betrag"}, Right: []int{1, 2, 3}}
	for _, l := range lines {
		t.Rows = append(t.Rows, []string{l.Label, fmt.Sprint(l.Quantity), l.Unit.String(), l.Amount.String()})
	}
	t.Rows = append(t.Rows, []string{"Summe", "", "", total.String()})
	return t
}

// paidHow says in a sentence when and how a fee was paid.
func paidHow(p payments.Payment) string {
	if p.Provider == payments.Treasury {
		return fmt.Sprintf("Ihre Zahlung über %s ist am %s bei der Kasse eingegangen: %s.", p.Amount, day(p.ReceivedOn), wayNames[p.Way])
	}
	return fmt.Sprintf("Ihre Zahlung über %s ist am %s bestätigt worden.", p.Amount, day(p.SettledAt))
}

var wayNames = map[payments.Way]string{payments.WayTransfer: "als Überweisung", payments.WayCash: "bar am Schalter", payments.WayCard: "mit Karte am Schalter", payments.WayOther: "auf anderem Weg"}

func facts(sec forms.Section) (f letter.Facts) {
	for _, row := range sec.Rows {
		text := row.Text
		for _, file := range row.Files {
			text = append(text[:len(text):len(text)], file.Name)
		}
		f.Rows = append(f.Rows, [2]string{row.Label, strings.Join(text, "\n")})
	}
	return f
}
