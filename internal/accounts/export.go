package accounts

import (
	"archive/zip"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// FreshFor is how old a sign-in may be for what reveals or ends everything:
// export and deletion of an account.
const FreshFor = 10 * time.Minute

// errStaleSignIn asks to sign in again.
var errStaleSignIn = errs.Forbidden("login.fresh-needed")

// fresh: the account session with this secret is the person's and began just now.
func fresh(ctx context.Context, tx *db.Tx, c perm.Citizen, secret string) error {
	var person ident.PersonID
	var level, created, seen int64
	err := tx.QueryRow(ctx, `SELECT person_id,level,created_at,seen_at FROM account_session WHERE realm_id=$1 AND id=$2`, string(c.Realm), digest(secret)).Scan(&person, &level, &created, &seen)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return errStaleSignIn
	case err != nil:
		return err
	case person != c.Person || tx.Now.Sub(db.FromMicros(created)) > FreshFor || !alive(KindCitizen, perm.Level(level), db.FromMicros(created), db.FromMicros(seen), tx.Now):
		return errStaleSignIn
	}
	return nil
}

// Fresh reports whether the sign-in is young enough for Export and Erase: nil,
// or Forbidden "login.fresh-needed". secret is the cookie of the account host.
func (s *Service) Fresh(ctx context.Context, c perm.Citizen, secret string) error {
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	return s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error { return fresh(ctx, tx, c, secret) })
}

// Exporter is a feature that keeps something of a person outside of the account.
type Exporter struct {
	// Name is the folder of its files in the ZIP: one German word without signs.
	Name string
	// Export writes everything of the person in all tenants of the realm. create
	// begins a file; the one before ends with it. Nothing is held in memory
	// beyond one thing (a case, a block of a file) at a time.
	Export func(ctx context.Context, c perm.Citizen, create func(name string, at time.Time) (io.Writer, error)) error
}

// Export writes everything that the house keeps of a person as one ZIP (Art. 15
// and 20 DSGVO): JSON, and the files as they are. The ZIP is streamed: an error
// on the way leaves it cut off and unreadable at its end. Only the person may,
// with a fresh sign-in. Error before the first byte: Forbidden
// "login.fresh-needed".
func (s *Service) Export(ctx context.Context, c perm.Citizen, secret string, w io.Writer, more []Exporter) error {
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	now := s.c.DB.Now()
	if err := s.c.DB.InTx(ctx, c.Own(), func(tx *db.Tx) error {
		if err := fresh(ctx, tx, c, secret); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "account.export", Object: c.Ref()})
	}); err != nil {
		return err
	}
	z := zip.NewWriter(w)
	create := func(dir string) func(string, time.Time) (io.Writer, error) {
		used := map[string]int{}
		return func(name string, at time.Time) (io.Writer, error) {
			if at.IsZero() {
				at = now
			}
			return z.CreateHeader(&zip.FileHeader{Name: dir + unique(used, fileName(name)), Method: zip.Deflate, Modified: at.UTC(), NonUTF8: false})
		}
	}
	own := create("konto/")
	if err := s.exportAccount(ctx, c, own); err != nil {
		return fmt.Errorf("exporting an account: %w", err)
	}
	for _, x := range more {
		if err := x.Export(ctx, c, create(x.Name+"/")); err != nil {
			return fmt.Errorf("exporting %s: %w", x.Name, err)
		}
	}
	f, err := create("")("LIESMICH.txt", now)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(f, readme); err != nil {
		return err
	}
	return z.Close()
}

const readme = `Das ist alles, was in Ihrem Konto und in den Portalen des Verbunds über Sie gespeichert ist.

konto      Ihre Angaben, Anmeldungen, Einwilligungen, deren Verlauf und Ihre Vertretungen
antraege   Ihre Entwürfe, Anträge, Nachrichten und Dokumente
zahlungen  Ihre Zahlungen

Dateien mit der Endung .json öffnen Sie mit einem Textprogramm. Sie lassen sich auch in andere Programme übernehmen.
Zeitangaben stehen in koordinierter Weltzeit (UTC).
Bewahren Sie diese Datei sicher auf: Wer sie hat, kann alles lesen.
`

// fileName makes a relative path of plain segments that every system unpacks
// inside its folder.
func fileName(name string) string {
	var out []string
	for seg := range strings.SplitSeq(name, "/") {
		seg = strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f || strings.ContainsRune(`\:*?"<>|`, r) {
				return '_'
			}
			return r
		}, strings.ToValidUTF8(seg, "_"))
		seg = strings.Trim(seg, ". ")
		for len(seg) > 150 {
			seg = strings.ToValidUTF8(seg[len(seg)-150:], "") // the ending stays
		}
		if seg != "" {
			out = append(out, seg)
		}
	}
	if len(out) == 0 {
		return "datei"
	}
	return strings.Join(out, "/")
}

// unique tells files of one name apart.
func unique(used map[string]int, name string) string {
	key := strings.ToLower(name)
	used[key]++
	n := used[key]
	if n == 1 {
		return name
	}
	ext := path.Ext(name)
	return unique(used, fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, ext), n, ext))
}

func writeJSON(create func(string, time.Time) (io.Writer, error), name string, at time.Time, v any) error {
	f, err := create(name, at)
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// The forms of the export: names are German, as the person reads them.
type (
	outAttribute struct {
		Name  string    `json:"angabe"`
		Value string    `json:"wert"`
		Level string    `json:"vertrauensniveau"`
		From  string    `json:"quelle"`
		At    time.Time `json:"stand"`
	}
	outAddress struct {
		Use     string    `json:"art"`
		Street  string    `json:"strasse"`
		Number  string    `json:"hausnummer"`
		PLZ     string    `json:"plz"`
		City    string    `json:"ort"`
		Country string    `json:"land,omitempty"`
		At      time.Time `json:"stand"`
	}
	outRelative struct {
		Relation string    `json:"beziehung"`
		Given    string    `json:"vorname"`
		Family   string    `json:"familienname"`
		Birth    string    `json:"geburtsdatum,omitempty"`
		At       time.Time `json:"stand"`
	}
	outProfile struct {
		Company    bool           `json:"organisationskonto"`
		Created    time.Time      `json:"konto_seit"`
		Attributes []outAttribute `json:"angaben"`
		Addresses  []outAddress   `json:"weitere_anschriften"`
		Relatives  []outRelative  `json:"haushalt"`
		SignIns    []outIdentity  `json:"anmeldewege"`
	}
	outIdentity struct {
		Method string    `json:"verfahren"`
		Since  time.Time `json:"seit"`
	}
	outSession struct {
		Where  string    `json:"wo"`
		Level  string    `json:"vertrauensniveau"`
		Means  string    `json:"verfahren"`
		Device string    `json:"geraet,omitempty"`
		Since  time.Time `json:"seit"`
		Seen   time.Time `json:"zuletzt_aktiv"`
	}
	outConsent struct {
		Authority string     `json:"verwaltung"`
		Purpose   string     `json:"zweck"`
		Form      string     `json:"formular,omitempty"`
		Case      string     `json:"vorgang,omitempty"`
		Attrs     []Attr     `json:"angaben"`
		Text      int        `json:"fassung_des_textes"`
		Level     string     `json:"vertrauensniveau"`
		Given     time.Time  `json:"erteilt"`
		Withdrawn *time.Time `json:"widerrufen,omitempty"`
	}
	outUse struct {
		Authority string    `json:"verwaltung"`
		Purpose   string    `json:"zweck"`
		Form      string    `json:"formular"`
		Title     string    `json:"titel"`
		Case      string    `json:"vorgang"`
		Attrs     []Attr    `json:"angaben,omitempty"`
		At        time.Time `json:"zeitpunkt"`
	}
	outMandate struct {
		Kind      string     `json:"art"`
		Role      string     `json:"rolle,omitempty"`
		State     string     `json:"zustand"`
		Side      string     `json:"ihre_seite"`
		Giver     string     `json:"vertretene_person"`
		Birth     string     `json:"geburtsdatum,omitempty"`
		Holder    string     `json:"vertretende_person,omitempty"`
		Confirmed bool       `json:"von_beiden_bestaetigt"`
		Proof     string     `json:"nachweis"`
		Reference string     `json:"nachweis_angabe,omitempty"`
		Services  []string   `json:"leistungen,omitempty"`
		Created   time.Time  `json:"angelegt"`
		Ends      *time.Time `json:"endet,omitempty"`
		Ended     *time.Time `json:"beendet,omitempty"`
	}
)

func (s *Service) exportAccount(ctx context.Context, c perm.Citizen, create func(string, time.Time) (io.Writer, error)) error {
	p, err := s.Profile(ctx, c)
	if err != nil {
		return err
	}
	h, err := s.Household(ctx, c)
	if err != nil {
		return err
	}
	out := outProfile{Attributes: []outAttribute{}, Addresses: []outAddress{}, Relatives: []outRelative{}, SignIns: []outIdentity{}}
	for _, a := range Attrs() {
		if v, ok := p[a]; ok {
			out.Attributes = append(out.Attributes, outAttribute{string(a), v.Value.Reveal(), v.Level.String(), v.Source, v.At})
		}
	}
	for _, a := range h.Addresses {
		out.Addresses = append(out.Addresses, outAddress{a.Use, a.Street.Reveal(), a.Number.Reveal(), a.PLZ.Reveal(), a.City.Reveal(), a.Country.Reveal(), a.At})
	}
	for _, r := range h.Relatives {
		out.Relatives = append(out.Relatives, outRelative{r.Relation, r.Given.Reveal(), r.Family.Reveal(), r.BirthDate.Reveal(), r.At})
	}
	sessions := []outSession{}
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		out.SignIns, sessions = out.SignIns[:0], sessions[:0]
		var created int64
		if err := tx.QueryRow(ctx, `SELECT company,created_at FROM account WHERE realm_id=$1 AND person_id=$2`, string(c.Realm), string(c.Person)).Scan(&out.Company, &created); err != nil {
			return err
		}
		out.Created = db.FromMicros(created)
		rows, err := tx.Query(ctx, `SELECT method,created_at FROM account_identity WHERE realm_id=$1 AND person_id=$2 ORDER BY created_at`, string(c.Realm), string(c.Person))
		if _, err = db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
			var m string
			var at int64
			err = r.Scan(&m, &at)
			out.SignIns = append(out.SignIns, outIdentity{m, db.FromMicros(at)})
			return x, err
		}); err != nil {
			return err
		}
		for _, q := range []string{
			`SELECT '',level,means,device,created_at,seen_at FROM account_session WHERE realm_id=$1 AND person_id=$2 ORDER BY created_at`,
			`SELECT tenant_id,level,means,'',created_at,seen_at FROM session WHERE $1<>'' AND person_id=$2 ORDER BY created_at`,
		} {
			rows, err := tx.Query(ctx, q, string(c.Realm), string(c.Person))
			if _, err = db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
				var tenant, means, device string
				var level, created, seen int64
				err = r.Scan(&tenant, &level, &means, &device, &created, &seen)
				sessions = append(sessions, outSession{s.authority(ident.TenantID(tenant)), perm.Level(level).String(), means, device, db.FromMicros(created), db.FromMicros(seen)})
				return x, err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := writeJSON(create, "angaben.json", time.Time{}, out); err != nil {
		return err
	}
	if err := writeJSON(create, "anmeldungen.json", time.Time{}, sessions); err != nil {
		return err
	}
	return s.exportRights(ctx, c, create)
}

func (s *Service) exportRights(ctx context.Context, c perm.Citizen, create func(string, time.Time) (io.Writer, error)) error {
	list, err := s.Consents(ctx, c)
	if err != nil {
		return err
	}
	consents := []outConsent{}
	for _, x := range list {
		consents = append(consents, outConsent{s.authority(x.Authority), x.Purpose, x.Form, string(x.Case), x.Attrs, x.Text, x.Level.String(), x.GivenAt, some(x.WithdrawnAt)})
	}
	if err := writeJSON(create, "einwilligungen.json", time.Time{}, consents); err != nil {
		return err
	}
	uses := []outUse{}
	for before := ""; ; {
		page, err := s.Uses(ctx, c, before, 500)
		if err != nil {
			return err
		}
		for _, x := range page {
			uses = append(uses, outUse{s.authority(x.Authority), x.Purpose, x.Form, x.Title, string(x.Case), x.Attrs, x.At})
			before = x.ID
		}
		if len(page) < 500 {
			break
		}
	}
	if err := writeJSON(create, "verlauf.json", time.Time{}, uses); err != nil {
		return err
	}
	mandates, err := s.Mandates(ctx, c)
	if err != nil {
		return err
	}
	out := []outMandate{}
	for _, m := range mandates {
		out = append(out, outMandate{string(m.Kind), m.Role, string(m.State), m.Side, m.Giver.Reveal(), m.BirthDate.Reveal(), m.Holder.Reveal(), m.Confirmed, m.Proof.Kind, m.Proof.Reference.Reveal(), m.Services, m.CreatedAt, some(m.EndsAt), some(m.EndedAt)})
	}
	return writeJSON(create, "vertretungen.json", time.Time{}, out)
}

func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// authority names a tenant; the account host is none.
func (s *Service) authority(t ident.TenantID) string {
	if t == "" {
		return "Konto"
	}
	if d, ok := s.c.Directory.DoorOf(t); ok {
		return d.Tenant.Name
	}
	return string(t)
}
