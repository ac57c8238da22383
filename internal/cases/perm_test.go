package cases

import (
	"strings"
	"testing"

	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

func verdictOf(err error) string {
	switch {
	case err == nil:
		return "yes"
	case errs.Is(err, errs.KindNotFound):
		return "404"
	case errs.Is(err, errs.KindForbidden):
		return "403"
	case errs.Is(err, errs.KindConflict):
		return "409"
	}
	return err.Error()
}

// TestRolesAndActions: who may do what with a case of unit u1. "holder" has it in
// his hands, "other" says that a colleague has.
func TestRolesAndActions(t *testing.T) {
	staff := func(r perm.Role, u ident.UnitID) perm.Staff {
		return perm.Staff{Tenant: "t1", Staff: "me", Grants: []perm.Grant{{Role: r, Unit: u}}}
	}
	foreign := staff(perm.Lead, "")
	foreign.Tenant = "t2"
	acts := []struct {
		name string
		may  func(perm.Staff, *record) error
	}{{"read", mayRead}, {"claim", mayClaim}, {"release", mayRelease}, {"move", mayMove}, {"note", mayWork}, {"ask", mayAsk}, {"decide", mayDecide}, {"close", mayClose}, {"send", maySend}}
	for _, row := range []struct {
		who    string
		a      perm.Staff
		holder ident.StaffID
		state  State
		want   string // in the order of acts
	}{
		//                                                                                   read claim release move note ask decide close send
		{"caseworker who holds it", staff(perm.Caseworker, "u1"), "me", StateInReview, "yes yes yes yes yes yes yes yes yes"},
		{"caseworker, free case", staff(perm.Caseworker, "u1"), "", StateInReview, "yes yes 409 403 yes 409 409 yes yes"},
		{"caseworker, held by other", staff(perm.Caseworker, "u1"), "other", StateInReview, "yes 409 403 403 yes 409 409 yes yes"},
		{"caseworker of another unit", staff(perm.Caseworker, "u2"), "", StateInReview, "404 404 404 404 404 404 404 404 404"},
		{"caseworker of all units", staff(perm.Caseworker, ""), "me", StateInReview, "yes yes yes yes yes yes yes yes yes"},
		{"lead, held by other", staff(perm.Lead, "u1"), "other", StateInReview, "yes yes yes yes yes 409 409 yes yes"},
		{"lead of another tenant", foreign, "", StateInReview, "404 404 404 404 404 404 404 404 404"},
		{"treasurer", staff(perm.Treasurer, ""), "", StateInReview, "404 404 404 404 404 404 404 404 404"},
		{"auditor", staff(perm.Auditor, ""), "", StateInReview, "404 404 404 404 404 404 404 404 404"},
		{"editor", staff(perm.Editor, ""), "", StateInReview, "404 404 404 404 404 404 404 404 404"},
		{"administrator reads no case", staff(perm.Administrator, ""), "", StateInReview, "404 404 404 404 404 404 404 404 404"},
		{"realm administrator reads no case", staff(perm.RealmAdmin, ""), "", StateInReview, "404 404 404 404 404 404 404 404 404"},
		{"nobody", perm.Staff{Tenant: "t1"}, "", StateInReview, "404 404 404 404 404 404 404 404 404"},
		{"a draft is nobody's business", staff(perm.Lead, ""), "", StateDraft, "404 404 404 404 404 404 404 404 404"},
		{"nor is an unpaid application", staff(perm.Lead, ""), "", StateAwaitingPayment, "404 404 404 404 404 404 404 404 404"},
		{"nor one that expired", staff(perm.Lead, ""), "", StateExpired, "404 404 404 404 404 404 404 404 404"},
	} {
		r := record{tenant: "t1", unit: "u1", state: row.state, holder: row.holder}
		var got []string
		for _, a := range acts {
			got = append(got, verdictOf(a.may(row.a, &r)))
		}
		if g := strings.Join(got, " "); g != row.want {
			t.Errorf("%s:\nwant %s\ngot  %s", row.who, row.want, g)
		}
	}
}

func TestACaseBelongsToItsPersonOrToTheHolderOfItsSecret(t *testing.T) {
	const secret = "s3cret-of-the-link"
	ada, bob, guest := perm.Citizen{Person: "ada", Level: perm.LevelHigh}, perm.Citizen{Person: "bob", Level: perm.LevelHigh}, perm.Citizen{}
	own, guests, erased := record{person: "ada", need: perm.LevelSubstantial}, record{secret: digest(secret)}, record{}
	both := record{person: "ada", secret: digest(secret)}
	low := ada
	low.Level = perm.LevelBasis
	for name, c := range map[string]struct {
		c    perm.Citizen
		p    Proof
		r    *record
		want string
	}{
		"its person":                            {ada, Proof{}, &own, "yes"},
		"its person at a lower level":           {low, Proof{}, &own, "403"},
		"another person":                        {bob, Proof{}, &own, "404"},
		"a guest":                               {guest, Proof{}, &own, "404"},
		"a guest with an empty person":          {guest, Proof{Secret: ""}, &erased, "404"},
		"a guest with the secret":               {guest, Proof{Secret: secret}, &guests, "yes"},
		"a person with the secret":              {bob, Proof{Secret: secret}, &guests, "yes"},
		"a guest with another secret":           {guest, Proof{Secret: "x"}, &guests, "404"},
		"a guest without":                       {guest, Proof{}, &guests, "404"},
		"a secret opens no case with a person":  {guest, Proof{Secret: secret}, &both, "404"},
		"nobody owns an erased case":            {ada, Proof{Secret: secret}, &erased, "404"},
		"the digest itself is not a proof":      {guest, Proof{Secret: string(digest(secret))}, &guests, "404"},
		"another person does not get the level": {bob, Proof{}, &own, "404"},
	} {
		if got := verdictOf(mayUse(c.c, c.p, c.r)); got != c.want {
			t.Errorf("%s: want %s, got %s", name, c.want, got)
		}
	}
}
