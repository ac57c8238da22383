package accounts

import (
	"slices"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// MandateID names a mandate.
type MandateID string

// MandateKind says why somebody may act for somebody else.
type MandateKind string

// The kinds of mandates.
const (
	Guardian   MandateKind = "guardian"   // gesetzliche Vertretung eines Kindes (§ 1629 BGB): ends at the 18th birthday
	Authorised MandateKind = "authorised" // Bevollmächtigung (§ 14 VwVfG) or Betreuung (§ 1823 BGB)
	Employee   MandateKind = "employee"   // acts for a company or association that has an account
)

// Roles in a company account.
const (
	RoleOwner    = "owner"    // may also change the company's data and invite others
	RoleEmployee = "employee" // may apply
)

// MandateState is where a mandate stands.
type MandateState string

// The states. What ran out keeps its state: see Mandate.Holds.
const (
	MandateInvited  MandateState = "invited"  // the giver handed out a code
	MandateActive   MandateState = "active"   // may be used while it lasts
	MandateDeclined MandateState = "declined" // by the one who was invited
	MandateRevoked  MandateState = "revoked"  // by either side
)

// Sides of a mandate.
const (
	SideGiver  = "giver"  // is represented
	SideHolder = "holder" // represents
)

// Proof is what a mandate rests on, as stated. The authority checks it: an
// application asks for the document itself.
type Proof struct {
	Kind      string   // of ProofKinds
	Reference pii.Text // number, court, notary, date; may be empty
}

// ProofKinds are what a mandate may rest on, in the order of the page.
func ProofKinds(k MandateKind) []string {
	switch k {
	case Guardian:
		return []string{"birth", "custody", "statement"}
	case Authorised:
		return []string{"power", "notary", "court", "statement"}
	}
	return []string{"account"}
}

// Mandate is a right to act for somebody, as one of its sides sees it.
type Mandate struct {
	ID        MandateID
	Kind      MandateKind
	Role      string // Employee only
	State     MandateState
	Side      string   // of who looks
	Giver     pii.Text // name of who is represented; empty once erased
	BirthDate pii.Text // ISO, of a child; may be empty
	Holder    pii.Text // name of who represents; empty while nobody has taken it
	Confirmed bool     // both sides said yes in their own accounts
	Proof     Proof
	Services  []string   // slugs; nil: all
	Level     perm.Level // of the session in which it was stated or given
	CreatedAt time.Time
	StartsAt  time.Time // zero while it is invited
	EndsAt    time.Time // the first moment at which it no longer holds; zero: none
	EndedAt   time.Time // revoked or declined
	EndedBy   string    // SideGiver, SideHolder, "erased"
	CodeUntil time.Time // invited: how long the code is good

	giver, holder ident.PersonID
}

// Holds reports whether the mandate may be used at a moment.
func (m Mandate) Holds(now time.Time) bool {
	return m.State == MandateActive && !now.Before(m.StartsAt) && (m.EndsAt.IsZero() || now.Before(m.EndsAt))
}

// Covers reports whether the mandate is good for a service ("" is a form that
// belongs to none and needs a mandate for all).
func (m Mandate) Covers(service string) bool {
	return len(m.Services) == 0 || slices.Contains(m.Services, service)
}

// fullAge is when somebody comes of age (§ 2 BGB): the beginning of the 18th
// birthday (§ 187 (2) BGB), in Berlin. Who was born on 29 February comes of age
// on 1 March of a year without it.
func fullAge(birth time.Time) time.Time {
	d := birth.AddDate(18, 0, 0)
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, clock.Berlin)
}

// Bounds of mandates.
const (
	maxMandates = 50 // of a person, those that ended left out
	maxServices = 40
	maxYears    = 5 // of a mandate that somebody gave: longer ones are given anew
	maxProof    = 200
	// InviteDays is how long an invitation may be on its way by post.
	InviteDays = 21
)

// ends works out when a mandate ends from the last day that was wished (ISO,
// "" for none). Pure.
func (k MandateKind) ends(day string, birth, now time.Time) (end time.Time, wrong string) {
	today := clock.Date(now)
	if day != "" {
		d, err := time.Parse(time.DateOnly, day)
		switch {
		case err != nil:
			return end, "profile.wrong.date"
		case d.Before(today):
			return end, "mandate.wrong.past"
		case k != Guardian && d.After(today.AddDate(maxYears, 0, 0)):
			return end, "mandate.wrong.long"
		}
		end = time.Date(d.Year(), d.Month(), d.Day()+1, 0, 0, 0, 0, clock.Berlin)
	}
	switch k {
	case Guardian:
		if of := fullAge(birth); end.IsZero() || of.Before(end) {
			end = of
		}
	case Authorised:
		if end.IsZero() {
			return end, "mandate.wrong.end"
		}
	}
	return end.UTC(), ""
}

// checkServices: slugs, none twice.
func checkServices(list []string) (out []string, wrong string) {
	if len(list) > maxServices {
		return nil, "mandate.wrong.services"
	}
	for _, s := range list {
		if !ident.Slug(s) {
			return nil, "mandate.wrong.services"
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out, ""
}

func (p Proof) check(k MandateKind) (out Proof, wrong []errs.Field) {
	if !slices.Contains(ProofKinds(k), p.Kind) {
		wrong = append(wrong, field("proof", "profile.wrong.choose"))
	}
	ref, bad := clean(p.Reference.Reveal())
	if bad == "" {
		bad = checkText(ref, "B", maxProof)
	}
	if bad != "" {
		wrong = append(wrong, field("reference", bad))
	}
	return Proof{p.Kind, pii.New(ref)}, wrong
}

// see: a mandate exists for its two sides only.
func (m Mandate) see(c perm.Citizen) error {
	if c.Guest() || m.Side == "" {
		return errs.NotFound("mandate", m.ID)
	}
	return nil
}

// mayRevoke: either side, while the mandate or its invitation lasts.
func (m Mandate) mayRevoke(c perm.Citizen) error {
	if err := m.see(c); err != nil {
		return err
	}
	if m.State != MandateActive && m.State != MandateInvited {
		return errs.Conflict("mandate.ended")
	}
	return nil
}

// mayAct: who represents, while the mandate holds.
func (m Mandate) mayAct(c perm.Citizen, now time.Time) error {
	if err := m.see(c); err != nil {
		return err
	}
	if m.Side != SideHolder {
		return errs.NotFound("mandate", m.ID)
	}
	if !m.Holds(now) {
		return errs.Conflict("mandate.ended")
	}
	return nil
}
