package accounts

import (
	"context"
	"net/url"

	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// Method is the port of sign-in methods.
type Method interface {
	// Begin gives the address to which the browser is sent. state comes back
	// unchanged; back is the address of our return page.
	Begin(ctx context.Context, a Attempt) (string, error)
	// Complete asks the partner who came back with these parameters. Errors:
	// errs.KindForbidden if the partner refused or the person broke off.
	Complete(ctx context.Context, back url.Values) (Identity, error)
}

// Kinds of people who sign in.
const (
	KindCitizen = "citizen"
	KindStaff   = "staff"
)

// Attempt is one try to sign in.
type Attempt struct {
	Kind   string
	State  string // 160 bit, single use
	Back   string // absolute address of our return page
	Tenant string // slug, for a method that shows where one signs in
	Level  perm.Level
}

// Identity is what a method confirmed.
type Identity struct {
	Subject string     // stable and unique within the method
	Level   perm.Level // the level of this sign-in
	Profile Profile
}

// Profile is what is known of a person. Every part is personal.
type Profile struct {
	Given, Family, Title, BirthName pii.Text
	BirthDate                       pii.Text // ISO
	BirthPlace                      pii.Text
	Street, HouseNumber, PLZ, City  pii.Text
	Mail, Phone                     pii.Text
	IBAN, Vehicle                   pii.Text
	// Verified is the level at which the method confirmed names, birth and
	// address; contact data count as the person's own statement.
	Verified perm.Level
}

// Name is how the person is greeted.
func (p Profile) Name() pii.Text { return pii.New(p.Given.Reveal() + " " + p.Family.Reveal()) }
