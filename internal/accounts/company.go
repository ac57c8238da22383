package accounts

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

// companyAttrs are what a company's account holds.
var companyAttrs = []Attr{AttrCompany, AttrRegister, AttrStreet, AttrHouseNumber, AttrPLZ, AttrCity, AttrCountry, AttrMail, AttrPhone, AttrIBAN}

// CompanyAttrs lists what a company's account holds, in the order of the page.
func CompanyAttrs() []Attr { return companyAttrs }

// maxCompanies is how many companies one person may found.
const maxCompanies = 20

// Company is an account of a company or association that a person may act for.
type Company struct {
	ID      ident.PersonID
	Role    string // of who looks: RoleOwner, RoleEmployee
	Profile Profile
	Members []Mandate // owners only; sides as the company sees them
	Owners  int       // who answer for it now
}

// FoundCompany makes the account of a company or association that has no
// sign-in of its own. The person who makes it answers for it as owner; its data
// are his statement. Natural persons may. Errors: Invalid "profile.wrong" with
// the attributes as fields; "company.too-many".
func (s *Service) FoundCompany(ctx context.Context, c perm.Citizen, typed map[Attr]pii.Text) (company ident.PersonID, err error) {
	if c.Guest() {
		return "", errs.Forbidden("login.needed")
	}
	profile, err := Profile{}.stateCompany(typed, s.c.DB.Now())
	if err != nil {
		return "", err
	}
	err = s.withMandates(ctx, c, c.RealmScope(), func(tx *db.Tx, realm seal.Key, p Profile, is bool) error {
		if is {
			return errs.Forbidden("mandate.company")
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM account_mandate WHERE realm_id=$1 AND holder=$2 AND kind=$3 AND role=$4 AND state=$5`, string(c.Realm), string(c.Person), string(Employee), RoleOwner, string(MandateActive)).Scan(&n); err != nil {
			return err
		}
		if n >= maxCompanies {
			return errs.Invalid("company.too-many")
		}
		company = ident.New[ident.PersonID](tx.Now)
		own, wrapped := realm.NewKey(profilePlace(c.Realm, company, "sealed_key"))
		sealed, err := sealProfile(own, c.Realm, company, profile)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO account (realm_id,person_id,sealed_key,profile,company,created_at,updated_at) VALUES ($1,$2,$3,$4,$5,$6,$6)`, string(c.Realm), string(company), wrapped, sealed, true, db.Micros(tx.Now)); err != nil {
			return err
		}
		m := Mandate{ID: ident.New[MandateID](tx.Now), Kind: Employee, Role: RoleOwner, State: MandateActive, giver: company, holder: c.Person, Confirmed: true, Level: c.Level, StartsAt: tx.Now}
		x := mandateText{Family: profile.Text(AttrCompany).Reveal(), Holder: p.Name().Reveal(), Proof: "account"}
		if err := addMandate(ctx, tx, realm, m, x, nil); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "company.found", Object: "person:" + string(company)})
	})
	return company, err
}

// stateCompany gives a company's data after an owner stated them.
func (p Profile) stateCompany(typed map[Attr]pii.Text, now time.Time) (Profile, error) {
	for a := range typed {
		if !slices.Contains(companyAttrs, a) {
			return nil, errs.Invalid("profile.wrong", field(string(a), "profile.wrong.unknown"))
		}
	}
	next, _, err := p.state(typed, now)
	if err != nil {
		return nil, err
	}
	if next.Text(AttrCompany).Empty() {
		return nil, errs.Invalid("profile.wrong", field(string(AttrCompany), "profile.wrong.missing"))
	}
	return next, nil
}

// owner finds whether c answers for the company: by a mandate, or because he is
// signed in as the company itself. For anybody else it does not exist.
func owner(ctx context.Context, tx *db.Tx, c perm.Citizen, company ident.PersonID) error {
	if c.Guest() || !ident.Valid(company) {
		return errs.NotFound("company", company)
	}
	is, err := isCompany(ctx, tx, company)
	if err != nil {
		return err
	}
	if is && c.Person == company {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT `+mandateColumns+` FROM account_mandate m WHERE m.realm_id=$1 AND m.giver=$2 AND m.holder=$3 AND m.kind=$4 AND m.role=$5`, string(c.Realm), string(company), string(c.Person), string(Employee), RoleOwner)
	list, err := db.Collect(rows, err, func(r *sql.Rows) (stored, error) { return scanMandate(r) })
	if err != nil {
		return err
	}
	for _, m := range list {
		if is && m.Holds(tx.Now) {
			return nil
		}
	}
	return errs.NotFound("company", company)
}

// Companies lists the companies that a person may act for just now, the one as
// which he is signed in first. Only the person may.
func (s *Service) Companies(ctx context.Context, c perm.Citizen) (out []Company, err error) {
	list, err := s.Mandates(ctx, c)
	if err != nil {
		return nil, err
	}
	var itself bool
	if err := s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		itself, err = isCompany(ctx, tx, c.Person)
		return err
	}); err != nil {
		return nil, err
	}
	if itself {
		x, err := s.company(ctx, c, c.Person, RoleOwner)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	now := s.c.DB.Now()
	for _, m := range list {
		if m.Kind != Employee || m.Side != SideHolder || !m.Holds(now) {
			continue
		}
		x, err := s.company(ctx, c, m.giver, m.Role)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// Company gives a company's account to one of its owners. Errors: NotFound for
// everybody else.
func (s *Service) Company(ctx context.Context, c perm.Citizen, id ident.PersonID) (Company, error) {
	return s.company(ctx, c, id, RoleOwner)
}

func (s *Service) company(ctx context.Context, c perm.Citizen, id ident.PersonID, role string) (x Company, err error) {
	key, err := s.realmKeyOf(c.Realm)
	if err != nil {
		return x, err
	}
	err = s.c.DB.View(ctx, c.RealmScope(), func(tx *db.Tx) error {
		x = Company{ID: id, Role: role}
		if role == RoleOwner {
			if err := owner(ctx, tx, c, id); err != nil {
				return err
			}
		}
		if _, x.Profile, err = readProfile(ctx, tx, key, c.Realm, id, ""); err != nil {
			return err
		}
		list, err := listMandates(ctx, tx, id)
		if err != nil {
			return err
		}
		for i := range list {
			if list[i].Role == RoleOwner && list[i].Holds(tx.Now) {
				x.Owners++
			}
			if role != RoleOwner {
				continue
			}
			m, err := list[i].open(key, c.Realm, id)
			if err != nil {
				return err
			}
			x.Members = append(x.Members, m)
		}
		return nil
	})
	return x, err
}

// SaveCompany changes what is stated of a company. Its owners may. Errors as
// SaveOwn; NotFound.
func (s *Service) SaveCompany(ctx context.Context, c perm.Citizen, id ident.PersonID, typed map[Attr]pii.Text) error {
	return s.withProfile(ctx, c.Realm, id, c.RealmScope(), func(tx *db.Tx, _ seal.Key, p Profile) (Profile, error) {
		if err := owner(ctx, tx, c, id); err != nil {
			return nil, err
		}
		next, err := p.stateCompany(typed, tx.Now)
		if err != nil {
			return nil, err
		}
		return next, audit.Record(ctx, tx, c, audit.Event{Action: "company.state", Object: "person:" + string(id)})
	})
}

// InviteMember lets somebody else act for a company: see GiveMandate. Its owners
// may. Errors: Invalid "profile.wrong" with fields role, services, ends; NotFound.
func (s *Service) InviteMember(ctx context.Context, c perm.Citizen, company ident.PersonID, role string, services []string, endsOn string) (id MandateID, code string, err error) {
	var wrong []errs.Field
	if role != RoleOwner && role != RoleEmployee {
		wrong = append(wrong, field("role", "profile.wrong.choose"))
	}
	services, bad := checkServices(services)
	if bad != "" || role == RoleOwner && len(services) > 0 {
		wrong = append(wrong, field("services", "mandate.wrong.services"))
	}
	end, bad := Employee.ends(endsOn, time.Time{}, s.c.DB.Now())
	if bad != "" {
		wrong = append(wrong, field("ends", bad))
	}
	key, err := s.realmKeyOf(c.Realm)
	if err != nil {
		return "", "", err
	}
	err = s.c.DB.InTx(ctx, c.RealmScope(), func(tx *db.Tx) error {
		if err := owner(ctx, tx, c, company); err != nil {
			return err
		}
		if len(wrong) > 0 {
			return errs.Invalid("profile.wrong", wrong...)
		}
		_, p, err := readProfile(ctx, tx, key, c.Realm, company, tx.ForUpdate())
		if err != nil {
			return err
		}
		m := Mandate{Kind: Employee, Role: role, giver: company, Services: services, Level: c.Level, EndsAt: end}
		id, code, err = invite(ctx, tx, key, c, m, mandateText{Family: p.Text(AttrCompany).Reveal(), Proof: "account"})
		return err
	})
	return id, code, err
}

// RemoveMember ends somebody's mandate for a company, or an invitation. Its
// owners may. Errors: NotFound, Conflict "mandate.ended", "company.last-owner".
func (s *Service) RemoveMember(ctx context.Context, c perm.Citizen, company ident.PersonID, id MandateID) error {
	if err := s.c.DB.View(ctx, c.RealmScope(), func(tx *db.Tx) error { return owner(ctx, tx, c, company) }); err != nil {
		return err
	}
	return s.revoke(ctx, c, c.RealmScope(), company, id)
}

// mayLeave: a company that nobody signs in to keeps at least one owner.
func mayLeave(ctx context.Context, tx *db.Tx, company ident.PersonID, leaving MandateID) error {
	rows, err := tx.Query(ctx, `SELECT `+mandateColumns+` FROM account_mandate m WHERE m.realm_id=$1 AND m.giver=$2 AND m.kind=$3 AND m.role=$4 AND m.id<>$5`+tx.ForUpdate(), string(tx.Realm()), string(company), string(Employee), RoleOwner, string(leaving))
	list, err := db.Collect(rows, err, func(r *sql.Rows) (stored, error) { return scanMandate(r) })
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(m stored) bool { return m.Holds(tx.Now) }) {
		return nil
	}
	var signIns int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM account_identity WHERE realm_id=$1 AND person_id=$2`, string(tx.Realm()), string(company)).Scan(&signIns); err != nil {
		return err
	}
	if signIns > 0 {
		return nil
	}
	return errs.Conflict("company.last-owner")
}
