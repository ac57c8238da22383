package town

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"time"

	"stadttor/internal/app"
	"stadttor/internal/cases"
	"stadttor/internal/clock"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// Form is the one that is filled in: ten pages, no fee, an upload.
const Form = "osterfeuer-anmeldung"

// Upload is the field that takes the file, on the page of the same name.
const Upload = "einverstaendnis"

// Page is one page of the assistant with what is typed there.
type Page struct {
	Name   string
	Values url.Values
	File   bool // the page with the upload
}

// Pages fills the form in on the given day. mark is a number of guests from 1
// to 10,000, by which the application can be told from others.
func Pages(now time.Time, mark int) []Page {
	day := easter(now)
	v := func(kv ...string) url.Values {
		out := url.Values{}
		for i := 0; i < len(kv); i += 2 {
			out.Add(kv[i], kv[i+1])
		}
		return out
	}
	return []Page{
		{Name: "datum", Values: v("datum-tag", strconv.Itoa(day.Day()), "datum-monat", strconv.Itoa(int(day.Month())), "datum-jahr", strconv.Itoa(day.Year()))},
		{Name: "zeit", Values: v("beginn", "18:30", "ende", "23:00", "gaeste", strconv.Itoa(mark))},
		{Name: "ort", Values: v("ort_art", "beschreibung", "ort_beschreibung", "Wiese am Sportplatz, Zufahrt über den Feldweg, Flurstück 12/3", "grundstueck", "fremd")},
		{Name: Upload, Values: v(), File: true},
		{Name: "abstaende", Values: v("meter_gebaeude", "500", "meter_wald", "500", "meter_strasse", "500", "hoehe", "1")},
		{Name: "material", Values: v("material", "baumschnitt", "material", "weihnachtsbaeume", "material_erklaerung", "ja", "tierschutz", "ja")},
		{Name: "verantwortlich", Values: v("vorname", "Ole", "familienname", "Dirksen", "geburtsdatum-tag", "5", "geburtsdatum-monat", "6", "geburtsdatum-jahr", "1971", "mobil", "00000 900-104", "verein", "Heimatverein")},
		{Name: "anschrift", Values: v("anschrift-strasse", "Dorfstraße", "anschrift-hausnummer", "2", "anschrift-plz", "00101", "anschrift-ort", "Torhausen", "anschrift-ags", "", "email", "")},
		{Name: "aufsicht", Values: v("vertretung", "Wiebke Dirksen", "vertretung_mobil", "00000 900-105", "loeschmittel", "wasserfass", "loeschmittel", "loescher")},
		{Name: forms.CheckPage, Values: v("erklaerung", "ja")},
	}
}

// deadline is how many days before the fire the tenants of Guests want to know
// of it; from there the form looks 400 days ahead, which always meets an Easter.
const deadline = 14

// easter is the Saturday before the next Easter that keeps the deadline.
func easter(now time.Time) time.Time {
	today := clock.Date(now)
	for y := today.Year(); ; y++ {
		if d := forms.EasterSunday(y).AddDate(0, 0, -1); d.Sub(today) >= deadline*24*time.Hour {
			return d
		}
	}
}

// PDF is a sound document of n bytes (at least 1,000) whose content is noise
// from the seed: no two are alike and nothing in it can be compressed.
func PDF(n int, seed uint64) []byte {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	var b bytes.Buffer
	var at []int
	const end = "\n%%EOF\n"
	object := func(format string, a ...any) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(at)}, a...)...)
	}
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>")
	noise := make([]byte, max(0, n-b.Len()-360))
	_, _ = rand.NewChaCha8(key).Read(noise)
	object("<< /Length %d >>\nstream\n%s\nendstream", len(noise), noise)
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, o := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n", len(at)+1, xref)
	for b.Len() < n-len(end) {
		b.WriteByte('%')
	}
	b.WriteString(end)
	return b.Bytes()
}

// Application is one person's draft and, later, case. What is filled in follows
// from Seed, so that it can be taken up and compared in another process.
type Application struct {
	Who   perm.Citizen
	Case  ident.CaseID
	Proof cases.Proof
	Key   string // idempotency key
	Seed  uint64
	Size  int // of the file, bytes
}

// Mark is the number of guests, by which it can be told from others.
func (x Application) Mark() int { return int(x.Seed%10_000) + 1 }

// File is the attachment.
func (x Application) File() []byte { return PDF(x.Size, x.Seed) }

// SHA256 is the attachment's, in hex.
func (x Application) SHA256() string {
	sum := sha256.Sum256(x.File())
	return hex.EncodeToString(sum[:])
}

// Start starts a draft.
func Start(ctx context.Context, a *app.App, who perm.Citizen, seed uint64, size int) (x Application, version int64, err error) {
	d, secret, err := a.Cases.StartDraft(ctx, who, Form, "")
	if err != nil {
		return x, 0, fmt.Errorf("starting a draft: %w", err)
	}
	return Application{Who: who, Case: d.ID, Proof: cases.Proof{Secret: secret}, Key: ident.Secret(), Seed: seed, Size: size}, d.Version, nil
}

// Answer fills one page in; it returns when it is saved.
func Answer(ctx context.Context, a *app.App, x Application, p Page) (version int64, err error) {
	in := cases.Sent{Page: p.Name, Values: p.Values}
	if p.File {
		in.Uploads = []cases.Upload{{Field: Upload, Name: Upload + ".pdf", Body: bytes.NewReader(x.File())}}
	}
	d, problems, err := a.Cases.Answer(ctx, x.Who, x.Case, x.Proof, in)
	if err != nil {
		return 0, fmt.Errorf("page %s: %w", p.Name, err)
	}
	if forms.Blocks(problems) {
		return 0, fmt.Errorf("page %s was refused: %+v", p.Name, problems)
	}
	return d.Version, nil
}

// Fill starts a draft and fills every page in.
func Fill(ctx context.Context, a *app.App, who perm.Citizen, seed uint64, size int) (Application, error) {
	x, _, err := Start(ctx, a, who, seed, size)
	if err != nil {
		return x, err
	}
	for _, p := range Pages(a.DB.Now(), x.Mark()) {
		if _, err := Answer(ctx, a, x, p); err != nil {
			return x, err
		}
	}
	return x, nil
}

// Send submits a filled in form; it returns when the submission is durable.
func Send(ctx context.Context, a *app.App, x Application) (cases.Submission, error) {
	return a.Cases.Submit(ctx, x.Who, x.Case, x.Proof, cases.Sending{Key: x.Key, Confirmed: true})
}

// Guests gives a guest at the portal of each tenant that offers the form with
// the usual deadline, at most n.
func Guests(ctx context.Context, a *app.App, n int) (out []perm.Citizen, err error) {
	for _, t := range a.Directory.Tenants("") {
		if len(out) == n {
			break
		}
		if days, ok := t.Params[Form]["frist_tage"].(float64); ok && days > deadline {
			continue
		}
		v, err := a.Catalogue.Published(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		if _, ok := v.ServiceOfForm(Form); ok {
			out = append(out, perm.Citizen{Realm: t.Realm, Tenant: t.ID})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no tenant offers the form %s", Form)
	}
	return out, nil
}
