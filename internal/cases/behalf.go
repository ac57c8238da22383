package cases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/letter"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

// An application is on behalf of whom its owner acted for when he began it. It
// is sent only while he acts by the same mandate, and it keeps the mandate as it
// was then: in the draft for showing it, in what is frozen as evidence.

// acting gives the mandate by which a person acts just now; it must be good for
// the service. Nil: for himself. Error: Forbidden "case.behalf-service".
func (s *Service) acting(ctx context.Context, c perm.Citizen, service string) (*accounts.Mandate, error) {
	if s.c.Accounts == nil || c.Guest() {
		return nil, nil
	}
	m, ok, err := s.c.Accounts.Acting(ctx, c)
	if err != nil || !ok {
		return nil, err
	}
	if !m.Covers(service) {
		return nil, errs.Forbidden("case.behalf-service")
	}
	return &m, nil
}

// actsAsBegun gives the mandate as it is now: the one by which the draft was
// begun must be the one by which the person acts. Errors: Conflict
// "case.behalf-changed", Forbidden "case.behalf-service".
func (s *Service) actsAsBegun(ctx context.Context, d *opened) (*accounts.Mandate, error) {
	now, err := s.acting(ctx, d.by, d.service)
	if err != nil {
		return nil, err
	}
	if begun := d.behalf; (begun == nil) != (now == nil) || begun != nil && begun.ID != now.ID {
		return nil, errs.Conflict("case.behalf-changed")
	}
	return now, nil
}

func behalfPlace(r *record) seal.Where {
	return seal.Where{Tenant: string(r.tenant), Table: "case_behalf", Row: string(r.id), Column: "sealed"}
}

// keepBehalf notes on whose behalf a draft was begun.
func keepBehalf(ctx context.Context, tx *db.Tx, r *record, k seal.Key, m *accounts.Mandate) error {
	if m == nil {
		return nil
	}
	b, err := m.Snapshot()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO case_behalf (tenant_id,case_id,person_id,mandate_id,sealed,at) VALUES ($1,$2,$3,$4,$5,$6)`,
		string(tx.Tenant()), string(r.id), string(r.person), string(m.ID), k.Seal(b, behalfPlace(r)), db.Micros(tx.Now))
	if err != nil {
		return fmt.Errorf("on whose behalf case %s is: %w", r.id, err)
	}
	return nil
}

// begunFor reads on whose behalf a draft was begun, nil for its owner's own.
func (s *Service) begunFor(ctx context.Context, scope db.TenantScope, r *record) (*accounts.Mandate, error) {
	if r.person == "" {
		return nil, nil // guests act for nobody
	}
	var sealed []byte
	err := s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, `SELECT sealed FROM case_behalf WHERE tenant_id=$1 AND case_id=$2`, string(tx.Tenant()), string(r.id)).Scan(&sealed)
		if errors.Is(err, sql.ErrNoRows) {
			sealed = nil
			return nil
		}
		return err
	})
	if err != nil || sealed == nil {
		return nil, err
	}
	return s.openBehalf(r, sealed)
}

func (s *Service) openBehalf(r *record, sealed []byte) (*accounts.Mandate, error) {
	k, err := s.key(r)
	if err != nil {
		return nil, err
	}
	b, err := k.Open(sealed, behalfPlace(r))
	if err != nil {
		return nil, fmt.Errorf("on whose behalf case %s is: %w", r.id, err)
	}
	m, err := accounts.ReadSnapshot(b)
	return &m, err
}

func readBehalf(b []byte) (*accounts.Mandate, error) {
	if len(b) == 0 {
		return nil, nil
	}
	m, err := accounts.ReadSnapshot(b)
	return &m, err
}

// OnBehalf is the event that somebody applied for somebody else by a mandate.
type OnBehalf struct {
	Case    ident.CaseID `json:"case"`
	Mandate string       `json:"mandate"`
	Form    string       `json:"form"`
	Title   string       `json:"title"`
}

// Kind implements jobs.Job.
func (OnBehalf) Kind() string { return "cases.OnBehalf" }

// Key implements jobs.Job.
func (e OnBehalf) Key() string { return string(e.Case) }

func tellBehalf(ctx context.Context, tx *db.Tx, r *record, m *accounts.Mandate) error {
	if m == nil {
		return nil
	}
	return jobs.Insert(ctx, tx, OnBehalf{r.id, string(m.ID), r.form, r.title})
}

// BehalfLines says in German for whom an application is, who sent it, and by
// what right. Nil for nobody.
func BehalfLines(m *accounts.Mandate) (out []pii.Text) {
	for _, row := range behalfRows(m) {
		out = append(out, pii.New(row[0]+": "+row[1]))
	}
	return out
}

// behalfFacts says in a letter who applied for whom, by what.
func behalfFacts(m *accounts.Mandate) []letter.Block {
	rows := behalfRows(m)
	if rows == nil {
		return nil
	}
	return []letter.Block{letter.Heading{Level: 2, Text: "Vertretung"}, letter.Facts{Rows: rows}}
}

func behalfRows(m *accounts.Mandate) [][2]string {
	if m == nil {
		return nil
	}
	rows := [][2]string{{"Antrag für", m.Giver.Reveal()}}
	if !m.BirthDate.Empty() {
		if d, err := time.Parse(time.DateOnly, m.BirthDate.Reveal()); err == nil {
			rows = append(rows, [2]string{"Geburtsdatum", d.Format("02.01.2006")})
		}
	}
	return append(rows, [2]string{"Vertreten durch", m.Holder.Reveal()}, [2]string{"Art der Vertretung", behalfKind(m)}, [2]string{"Nachweis", behalfProof(m)})
}

// behalfKind names the kind of a mandate in German.
func behalfKind(m *accounts.Mandate) string {
	switch m.Kind {
	case accounts.Guardian:
		return "Gesetzliche Vertretung eines Kindes"
	case accounts.Employee:
		if m.Role == accounts.RoleOwner {
			return "Verantwortliche Person einer Organisation"
		}
		return "Beschäftigte Person einer Organisation"
	}
	return "Bevollmächtigung oder Betreuung"
}

// behalfProof says in German what a mandate rests on and who has confirmed it.
func behalfProof(m *accounts.Mandate) string {
	text := map[string]string{"birth": "Geburtsurkunde oder Geburtsregister", "custody": "Nachweis über das Sorgerecht", "statement": "eigene Erklärung", "power": "Vollmacht", "notary": "Vollmacht einer Notarin oder eines Notars",
		"court": "Bestellung durch das Gericht", "account": "Konto der Organisation"}[m.Proof.Kind]
	if ref := m.Proof.Reference.Reveal(); ref != "" {
		text += " (" + ref + ")"
	}
	if m.Confirmed {
		return strings.TrimSpace(text + ". Beide Seiten haben die Vertretung in ihren Konten bestätigt.")
	}
	return strings.TrimSpace(text + ". Bisher nur von der vertretenden Person angegeben.")
}
