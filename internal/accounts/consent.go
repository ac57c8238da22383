package accounts

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

// ConsentText is the version of the text that a person agrees to before a form
// takes anything from the account (locale key "consent.text"). Whoever changes
// the text's meaning raises it.
const ConsentText = 1

// Purposes of a use.
const (
	PurposePrefill     = "prefill"     // a form of an authority was filled from the account
	PurposeRepresented = "represented" // somebody applied for the person
	PurposeModule      = "module"      // a vendor's module asked who the person is (package provider)
)

// Ask is what a form wants to take from an account.
type Ask struct {
	Tenant ident.TenantID // the authority that gets the application
	Form   string         // slug
	Title  string         // of the form, published, no personal data
	Case   ident.CaseID   // the draft
	Need   perm.Level     // of the form
	Attrs  []Attr         // that the form can take
}

// Fill is what a form gets.
type Fill struct {
	// Asked says that the person has answered for this draft, or for all of the
	// authority. While it is false nothing is given.
	Asked bool
	// Known are the attributes that would be given, with what may be made of
	// each: for the question.
	Known map[Attr]Use
	// Values are given because the person said yes.
	Values map[Attr]Attribute
	// For names whom the values describe when the person acts for somebody else:
	// nothing of the own account is taken then. Empty: the person.
	For pii.Text
}

// Use of a value that is given.
func (f Fill) Use(a Attr) Use {
	if _, ok := f.Values[a]; !ok {
		return UseNot
	}
	return f.Known[a]
}

// Fill gives what a draft may take from the account of the person who fills it
// in: nothing without consent, and each attribute only as far as
// Attribute.For allows. What is given stands in the history, each attribute once a
// draft. Only the person may; guests get nothing.
func (s *Service) Fill(ctx context.Context, c perm.Citizen, q Ask) (f Fill, err error) {
	if c.Guest() {
		return f, nil
	}
	key, err := s.realmKeyOf(c.Realm)
	if err != nil {
		return f, err
	}
	var given consentRow
	var fresh []Attr // not in the history yet
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		f, given, fresh = Fill{Known: map[Attr]Use{}}, consentRow{}, nil
		p, of, err := subject(ctx, tx, key, c)
		if errs.Is(err, errs.KindNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		f.For = of
		for _, a := range q.Attrs {
			if u := p[a].For(a, c.Level, q.Need); u != UseNot {
				f.Known[a] = u
			}
		}
		if given, f.Asked, err = consentFor(ctx, tx, q); err != nil || !f.Asked {
			return err
		}
		f.Values = map[Attr]Attribute{}
		for a := range f.Known {
			if slices.Contains(given.attrs, a) {
				f.Values[a] = p[a]
			}
		}
		before, err := usedBefore(ctx, tx, q.Case, given.id)
		fresh = slices.DeleteFunc(keys(f.Values), func(a Attr) bool { return slices.Contains(before, a) })
		return err
	})
	if err != nil || len(fresh) == 0 {
		return f, err
	}
	return f, s.c.DB.InTx(ctx, c.Own(), func(tx *db.Tx) error {
		return noteUse(ctx, tx, UseEntry{Authority: q.Tenant, Purpose: PurposePrefill, Form: q.Form, Title: q.Title, Case: q.Case, Consent: given.id, Attrs: fresh})
	})
}

// subject gives what is known of who applies: the person, or whom he acts for,
// of whom the mandate tells the name and a company its own data. of is the
// other's name, empty for the person.
func subject(ctx context.Context, tx *db.Tx, key seal.Key, c perm.Citizen) (p Profile, of pii.Text, err error) {
	m, acting, err := actingMandate(ctx, tx)
	if err != nil {
		return nil, of, err
	}
	if !acting {
		_, p, err = readProfile(ctx, tx, key, c.Realm, c.Person, "")
		return p, of, err
	}
	x, _, err := m.text(key, c.Realm)
	p = Profile{}
	for a, v := range map[Attr]string{AttrGiven: x.Given, AttrFamily: x.Family, AttrBirthDate: x.BirthDate} {
		p.Set(a, Attribute{Value: pii.New(v), Source: SourceSelf, At: m.CreatedAt})
	}
	if m.Kind == Employee {
		p = Profile{}
		p.Set(AttrCompany, Attribute{Value: pii.New(x.Family), Source: SourceSelf, At: m.CreatedAt})
	}
	return p, pii.New(x.giver()), err
}

// Agree notes that a draft may be filled from the account: this one, or every
// one of the authority from now on. The use is noted with it. Only the person
// may. Errors: Invalid "consent.text-changed" when text is not ConsentText.
func (s *Service) Agree(ctx context.Context, c perm.Citizen, q Ask, always bool, text int) error {
	if text != ConsentText {
		return errs.Invalid("consent.text-changed")
	}
	attrs := q.Attrs
	if always {
		attrs = Attrs()
	}
	return s.answer(ctx, c, q, always, attrs)
}

// Decline notes that a draft is filled in by hand. Only the person may.
func (s *Service) Decline(ctx context.Context, c perm.Citizen, q Ask) error {
	return s.answer(ctx, c, q, false, nil)
}

func (s *Service) answer(ctx context.Context, c perm.Citizen, q Ask, always bool, attrs []Attr) error {
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	if !ident.Valid(q.Case) || !ident.Valid(q.Tenant) {
		return errs.NotFound("draft", q.Case)
	}
	return s.c.DB.InTx(ctx, c.Own(), func(tx *db.Tx) error {
		id, one, form := ident.New[ConsentID](tx.Now), q.Case, q.Form
		if always {
			one, form = "", ""
		}
		// A new answer takes the place of the one before.
		if _, err := tx.Exec(ctx, `DELETE FROM account_consent WHERE realm_id=$1 AND person_id=$2 AND authority=$3 AND case_id=$4 AND case_id<>''`, string(tx.Realm()), string(tx.Person()), string(q.Tenant), string(q.Case)); err != nil {
			return err
		}
		if always {
			if _, err := tx.Exec(ctx, `UPDATE account_consent SET withdrawn_at=$4 WHERE realm_id=$1 AND person_id=$2 AND authority=$3 AND case_id='' AND withdrawn_at=0`, string(tx.Realm()), string(tx.Person()), string(q.Tenant), db.Micros(tx.Now)); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO account_consent (realm_id,person_id,id,authority,purpose,form,case_id,attributes,text_version,level,given_at,withdrawn_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,0)`,
			string(tx.Realm()), string(tx.Person()), string(id), string(q.Tenant), PurposePrefill, form, string(one), join(attrs), ConsentText, int64(c.Level), db.Micros(tx.Now)); err != nil {
			return err
		}
		action := "consent.decline"
		if len(attrs) > 0 {
			action = "consent.give"
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: action, Object: "consent:" + string(id), Detail: "authority " + string(q.Tenant) + " form " + clip(form, 100)})
	})
}

// ConsentID names a consent.
type ConsentID string

// Consent is what a person agreed to.
type Consent struct {
	ID          ConsentID
	Authority   ident.TenantID
	Purpose     string
	Form        string       // slug, "" for every form of the authority; of a module: its name and vendor
	Case        ident.CaseID // "" for all to come; of a module: its identifier
	Attrs       []Attr       // nil: declined
	Text        int          // version of the text agreed to
	Level       perm.Level   // of the session
	GivenAt     time.Time
	WithdrawnAt time.Time // zero while it holds
}

// Standing reports whether the consent holds for drafts to come.
func (c Consent) Standing() bool {
	return c.Case == "" && c.Purpose == PurposePrefill && c.WithdrawnAt.IsZero()
}

// Consents lists what a person agreed to, newest first, at most 500, refusals
// left out. Only the person may.
func (s *Service) Consents(ctx context.Context, c perm.Citizen) (out []Consent, err error) {
	if c.Guest() {
		return nil, errs.Forbidden("login.needed")
	}
	err = s.c.DB.View(ctx, c.Own(), func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id,authority,purpose,form,case_id,attributes,text_version,level,given_at,withdrawn_at FROM account_consent WHERE realm_id=$1 AND person_id=$2 AND attributes<>'' ORDER BY given_at DESC, id DESC LIMIT 500`, string(tx.Realm()), string(tx.Person()))
		out, err = db.Collect(rows, err, func(r *sql.Rows) (x Consent, err error) {
			var attrs string
			var level, given, withdrawn int64
			err = r.Scan(&x.ID, &x.Authority, &x.Purpose, &x.Form, &x.Case, &attrs, &x.Text, &level, &given, &withdrawn)
			x.Attrs, x.Level, x.GivenAt, x.WithdrawnAt = split(attrs), perm.Level(level), db.FromMicros(given), db.FromMicros(withdrawn)
			return x, err
		})
		return err
	})
	return out, err
}

// WithdrawConsent takes a consent back: no draft is filled by it any more, the
// ones already filled keep what the person has sent. Only the person may.
// Errors: NotFound, Conflict if it was withdrawn already.
func (s *Service) WithdrawConsent(ctx context.Context, c perm.Citizen, id ConsentID) error {
	if c.Guest() {
		return errs.Forbidden("login.needed")
	}
	if !ident.Valid(id) {
		return errs.NotFound("consent", id)
	}
	return s.c.DB.InTx(ctx, c.Own(), func(tx *db.Tx) error {
		var before int64
		err := tx.QueryRow(ctx, `SELECT withdrawn_at FROM account_consent WHERE realm_id=$1 AND person_id=$2 AND id=$3 AND attributes<>''`+tx.ForUpdate(), string(tx.Realm()), string(tx.Person()), string(id)).Scan(&before)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return errs.NotFound("consent", id)
		case err != nil:
			return err
		case before != 0:
			return errs.Conflict("consent.withdrawn")
		}
		if _, err := tx.Exec(ctx, `UPDATE account_consent SET withdrawn_at=$4 WHERE realm_id=$1 AND person_id=$2 AND id=$3`, string(tx.Realm()), string(tx.Person()), string(id), db.Micros(tx.Now)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, c, audit.Event{Action: "consent.withdraw", Object: "consent:" + string(id)})
	})
}

type consentRow struct {
	id    ConsentID
	attrs []Attr
}

// consentFor finds the answer that holds for a draft: the one for this draft
// before the one for all of the authority. A withdrawn one for the draft means
// no.
func consentFor(ctx context.Context, tx *db.Tx, q Ask) (x consentRow, asked bool, err error) {
	var attrs string
	var withdrawn int64
	err = tx.QueryRow(ctx, `SELECT id,attributes,withdrawn_at FROM account_consent WHERE realm_id=$1 AND person_id=$2 AND authority=$3 AND purpose=$4
		AND (case_id=$5 OR (case_id='' AND withdrawn_at=0)) ORDER BY case_id DESC LIMIT 1`,
		string(tx.Realm()), string(tx.Person()), string(q.Tenant), PurposePrefill, string(q.Case)).Scan(&x.id, &attrs, &withdrawn)
	if errors.Is(err, sql.ErrNoRows) {
		return x, false, nil
	}
	if withdrawn == 0 {
		x.attrs = split(attrs)
	}
	return x, err == nil, err
}

func join(attrs []Attr) string {
	out := make([]string, len(attrs))
	for i, a := range attrs {
		out[i] = string(a)
	}
	return strings.Join(out, ",")
}

func split(s string) (out []Attr) {
	for a := range strings.SplitSeq(s, ",") {
		if a != "" {
			out = append(out, Attr(a))
		}
	}
	return out
}

// keys gives the attributes of m in the order in which they are shown.
func keys[V any](m map[Attr]V) (out []Attr) {
	for _, a := range Attrs() {
		if _, ok := m[a]; ok {
			out = append(out, a)
		}
	}
	return out
}

func clip(s string, n int) string { return s[:min(len(s), n)] }
