package accounts

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

// Statement is a mandate that somebody states of himself: for a child, or for
// somebody who has no account.
type Statement struct {
	Kind      MandateKind // Guardian, Authorised
	Given     pii.Text    // of who is represented
	Family    pii.Text
	BirthDate pii.Text // ISO; needed for a child
	Proof     Proof
	Services  []string // slugs; nil: all
	EndsOn    string   // last day, ISO; "": a child's 18th birthday
}

// StateMandate notes a mandate on the word of who represents. It holds at once
// and says in every application that nobody has confirmed it; the authority
// asks for the proof. Natural persons may. Errors: Invalid "profile.wrong" with
// fields given, family, birthDate, proof, reference, services, ends;
// "mandate.too-many".
func (s *Service) StateMandate(ctx context.Context, c perm.Citizen, in Statement) (id MandateID, err error) {
	if c.Guest() {
		return "", errs.Forbidden("login.needed")
	}
	now := s.c.DB.Now()
	var x mandateText
	wrong := checkAll(now, []typedPart{
		{AttrGiven, "given", in.Given, &x.Given, true}, {AttrFamily, "family", in.Family, &x.Family, true}, {AttrBirthDate, "birthDate", in.BirthDate, &x.BirthDate, in.Kind == Guardian},
	})
	if in.Kind != Guardian && in.Kind != Authorised {
		wrong = append(wrong, field("kind", "profile.wrong.choose"))
	}
	proof, bad := in.Proof.check(in.Kind)
	wrong = append(wrong, bad...)
	x.Proof, x.Reference = proof.Kind, proof.Reference.Reveal()
	services, key := checkServices(in.Services)
	if key != "" {
		wrong = append(wrong, field("services", key))
	}
	birth, _ := time.Parse(time.DateOnly, x.BirthDate)
	end, key := in.Kind.ends(in.EndsOn, birth, now)
	if key != "" {
		wrong = append(wrong, field("ends", key))
	}
	if len(wrong) == 0 && in.Kind == Guardian && !end.After(now) {
		wrong = append(wrong, field("birthDate", "mandate.wrong.of-age"))
	}
	if len(wrong) > 0 {
		return "", errs.Invalid("profile.wrong", wrong...)
	}
	err = s.withMandates(ctx, c, c.Own(), func(tx *db.Tx, realm seal.Key, p Profile, company bool) error {
		if company {
			return errs.Forbidden("mandate.company")
		}
		x.Holder = p.Name().Reveal()
		id = ident.New[MandateID](tx.Now)
		m := Mandate{ID: id, Kind: in.Kind, State: MandateActive, holder: c.Person, Services: services, Level: c.Level, StartsAt: tx.Now, EndsAt: end}
		if err := addMandate(ctx, tx, realm, m, x, nil); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "mandate.state", Object: "mandate:" + string(id), Detail: string(in.Kind)})
	})
	return id, err
}

// Grant is a mandate that somebody gives to somebody else.
type Grant struct {
	Proof    Proof
	Services []string // slugs; nil: all
	EndsOn   string   // last day, ISO
}

// GiveMandate lets somebody else act for the person: it gives a code that the
// person hands over or sends by post, never by e-mail, and that the other
// enters in his own account within InviteDays. The code is shown once. Natural
// persons may. Errors: Invalid "profile.wrong" with fields proof, reference,
// services, ends; "mandate.too-many".
func (s *Service) GiveMandate(ctx context.Context, c perm.Citizen, in Grant) (id MandateID, code string, err error) {
	if c.Guest() {
		return "", "", errs.Forbidden("login.needed")
	}
	proof, wrong := in.Proof.check(Authorised)
	services, key := checkServices(in.Services)
	if key != "" {
		wrong = append(wrong, field("services", key))
	}
	end, key := Authorised.ends(in.EndsOn, time.Time{}, s.c.DB.Now())
	if key != "" {
		wrong = append(wrong, field("ends", key))
	}
	if len(wrong) > 0 {
		return "", "", errs.Invalid("profile.wrong", wrong...)
	}
	err = s.withMandates(ctx, c, c.Own(), func(tx *db.Tx, realm seal.Key, p Profile, company bool) error {
		if company {
			return errs.Forbidden("mandate.company")
		}
		x := mandateText{Given: p.Text(AttrGiven).Reveal(), Family: p.Text(AttrFamily).Reveal(), Proof: proof.Kind, Reference: proof.Reference.Reveal()}
		m := Mandate{Kind: Authorised, giver: c.Person, Services: services, Level: c.Level, EndsAt: end}
		id, code, err = invite(ctx, tx, realm, c, m, x)
		return err
	})
	return id, code, err
}

// invite writes an invitation and records it.
func invite(ctx context.Context, tx *db.Tx, realm seal.Key, c perm.Citizen, m Mandate, x mandateText) (MandateID, string, error) {
	code := ident.Secret()[:codeSize]
	m.ID, m.State, m.CodeUntil = ident.New[MandateID](tx.Now), MandateInvited, clock.EndOf(clock.Date(tx.Now).AddDate(0, 0, InviteDays))
	if err := addMandate(ctx, tx, realm, m, x, digest(code)); err != nil {
		return "", "", err
	}
	return m.ID, code, audit.Record(ctx, tx, c, audit.Event{Action: "mandate.invite", Object: "mandate:" + string(m.ID), Detail: string(m.Kind)})
}

// codeSize is the length of an invitation's code: 80 bit, typed from paper.
const codeSize = 16

// ReadCode brings a code as people type it to the one that was made: groups,
// capitals, and letters that look like digits.
func ReadCode(typed string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case 'o', 'O':
			return '0'
		case 'i', 'I', 'l', 'L':
			return '1'
		case ' ', '-', '\u00a0', '\t', '\r', '\n':
			return -1
		}
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, typed[:min(len(typed), 100)])
}

// ShowCode writes a code in groups of four.
func ShowCode(code string) string {
	var groups []string
	for len(code) > 4 {
		groups, code = append(groups, code[:4]), code[4:]
	}
	return strings.ToUpper(strings.Join(append(groups, code), "-"))
}

// Invitation shows who invites whoever holds the code, before it is taken. Any
// signed-in natural person but the one who invites may. Errors: Invalid
// "mandate.code" for a code that is wrong, used, too old or the person's own.
func (s *Service) Invitation(ctx context.Context, c perm.Citizen, typed string) (m Mandate, err error) {
	err = s.withCode(ctx, c, typed, func(_ *db.Tx, realm seal.Key, x stored) error {
		m, err = x.open(realm, c.Realm, "")
		return err
	})
	return m, err
}

// AcceptMandate takes an invitation: both sides have said yes. Who may and
// errors as Invitation.
func (s *Service) AcceptMandate(ctx context.Context, c perm.Citizen, typed string) (id MandateID, err error) {
	err = s.withCode(ctx, c, typed, func(tx *db.Tx, realm seal.Key, m stored) error {
		_, p, err := readProfile(ctx, tx, realm, c.Realm, c.Person, "")
		if err != nil {
			return err
		}
		x, own, err := m.text(realm, c.Realm)
		if err != nil {
			return err
		}
		x.Holder, id = p.Name().Reveal(), m.ID
		plain, err := json.Marshal(x)
		if err != nil {
			return err
		}
		if err := addParty(ctx, tx, m.ID, c.Person, SideHolder); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE account_mandate SET holder=$3, state=$4, confirmed=$5, code=NULL, starts_at=$6, sealed=$7 WHERE realm_id=$1 AND id=$2`,
			string(c.Realm), string(m.ID), string(c.Person), string(MandateActive), true, db.Micros(tx.Now), own.Seal(plain, mandatePlace(c.Realm, m.ID, "sealed"))); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "mandate.accept", Object: "mandate:" + string(m.ID), Detail: string(m.Kind)})
	})
	return id, err
}

// DeclineMandate turns an invitation down. Who may and errors as Invitation.
func (s *Service) DeclineMandate(ctx context.Context, c perm.Citizen, typed string) error {
	return s.withCode(ctx, c, typed, func(tx *db.Tx, _ seal.Key, m stored) error {
		if err := endMandate(ctx, tx, m.ID, MandateDeclined, SideHolder); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "mandate.decline", Object: "mandate:" + string(m.ID), Detail: string(m.Kind)})
	})
}

func (s *Service) withCode(ctx context.Context, c perm.Citizen, typed string, fn func(tx *db.Tx, realm seal.Key, m stored) error) error {
	wrong := errs.Invalid("mandate.code", field("code", "mandate.code"))
	code := ReadCode(typed)
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	if len(code) != codeSize {
		return wrong
	}
	return s.withMandates(ctx, c, c.Own(), func(tx *db.Tx, realm seal.Key, _ Profile, company bool) error {
		m, err := scanMandate(tx.QueryRow(ctx, `SELECT `+mandateColumns+` FROM account_mandate m WHERE m.realm_id=$1 AND m.code=$2`+tx.ForUpdate(), string(c.Realm), digest(code)))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return wrong
		case err != nil:
			return err
		case company:
			return errs.Forbidden("mandate.company")
		case m.State != MandateInvited || !tx.Now.Before(m.CodeUntil) || m.giver == c.Person || !m.EndsAt.IsZero() && !tx.Now.Before(m.EndsAt):
			return wrong
		}
		return fn(tx, realm, m)
	})
}

// withMandates runs fn in a writing transaction of the scope, with the account
// of c locked: what it may hold is counted there.
func (s *Service) withMandates(ctx context.Context, c perm.Citizen, scope db.Scope, fn func(tx *db.Tx, realm seal.Key, p Profile, company bool) error) error {
	key, err := s.realmKeyOf(c.Realm)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		_, p, err := readProfile(ctx, tx, key, c.Realm, c.Person, tx.ForUpdate())
		if err != nil {
			return err
		}
		company, err := isCompany(ctx, tx, c.Person)
		if err != nil {
			return err
		}
		return fn(tx, key, p, company)
	})
}

func isCompany(ctx context.Context, tx *db.Tx, p ident.PersonID) (company bool, err error) {
	err = tx.QueryRow(ctx, `SELECT company FROM account WHERE realm_id=$1 AND person_id=$2`, string(tx.Realm()), string(p)).Scan(&company)
	if errors.Is(err, sql.ErrNoRows) {
		return false, errs.NotFound("account", p)
	}
	return company, err
}
