package accounts

import (
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
)

func TestAMandateEndsWhenItMust(t *testing.T) {
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	berlin := func(s string) time.Time {
		d := day(s)
		return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, clock.Berlin).UTC()
	}
	for name, x := range map[string]struct {
		kind        MandateKind
		birth, last string
		end, wrong  string
	}{
		"a child's with the 18th birthday":              {Guardian, "2020-05-05", "", "2038-05-05", ""},
		"born on 29 February: on 1 March":               {Guardian, "2012-02-29", "", "2030-03-01", ""},
		"a child's on the last day that was wished":     {Guardian, "2020-05-05", "2027-01-31", "2027-02-01", ""},
		"a child's never after the birthday":            {Guardian, "2020-05-05", "2050-01-01", "2038-05-05", ""},
		"a given one on its last day":                   {Authorised, "", "2027-12-31", "2028-01-01", ""},
		"a given one needs a last day":                  {Authorised, "", "", "", "mandate.wrong.end"},
		"a given one lasts five years at most":          {Authorised, "", "2031-12-02", "", "mandate.wrong.long"},
		"today is a last day":                           {Authorised, "", "2026-12-01", "2026-12-02", ""},
		"yesterday is not":                              {Authorised, "", "2026-11-30", "", "mandate.wrong.past"},
		"a member's may last until it is revoked":       {Employee, "", "", "", ""},
		"what is no day":                                {Employee, "", "31.12.2027", "", "profile.wrong.date"},
		"a child's that was never to be is in the past": {Guardian, "2000-01-01", "", "2018-01-01", ""},
	} {
		end, wrong := x.kind.ends(x.last, day(x.birth), now)
		want := time.Time{}
		if x.end != "" {
			want = berlin(x.end)
		}
		if wrong != x.wrong || wrong == "" && !end.Equal(want) {
			t.Errorf("%s: %v %q, want %v %q", name, end, wrong, want, x.wrong)
		}
	}
}

func TestACodeIsReadAsPeopleTypeIt(t *testing.T) {
	code := ident.Secret()[:codeSize]
	for _, typed := range []string{code, strings.ToUpper(code), ShowCode(code), " " + strings.ReplaceAll(ShowCode(code), "-", " ") + "\n", strings.NewReplacer("0", "O", "1", "l").Replace(code)} {
		if got := ReadCode(typed); got != code {
			t.Errorf("%q became %q, want %q", typed, got, code)
		}
	}
	if got := ShowCode("0123456789abcdef"); got != "0123-4567-89AB-CDEF" {
		t.Error(got)
	}
}

func (w *people) child(c perm.Citizen, services ...string) MandateID {
	w.t.Helper()
	id, err := w.s.StateMandate(w.t.Context(), c, Statement{Kind: Guardian, Given: pii.New("Kim"), Family: pii.New("Kindmarke"), BirthDate: pii.New("2020-05-05"), Proof: Proof{"birth", pii.New("Register G 12/2020")}, Services: services})
	w.must(err)
	return id
}

func (w *people) mandate(c perm.Citizen, id MandateID) Mandate {
	w.t.Helper()
	list, err := w.s.Mandates(w.t.Context(), c)
	w.must(err)
	for _, m := range list {
		if m.ID == id {
			return m
		}
	}
	w.t.Fatal("no such mandate in the list")
	return Mandate{}
}

func TestAGuardianActsForAChildUntilItIsOfAge(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		ctx := t.Context()
		c, other := w.add(perm.LevelBasis, named("Ada", "A")), w.add(perm.LevelHigh, named("Bea", "B"))
		id := w.child(c)
		m := w.mandate(c, id)
		if m.Side != SideHolder || m.Giver.Reveal() != "Kim Kindmarke" || m.Holder.Reveal() != "Ada A" || m.Confirmed || !m.Holds(w.c.Now()) || m.Proof.Reference.Reveal() != "Register G 12/2020" || m.Level != perm.LevelBasis {
			t.Fatalf("%+v", m)
		}
		if _, ok, _ := w.s.Acting(ctx, c); ok {
			t.Error("acts before it was chosen")
		}
		w.must(w.s.Act(ctx, c, id))
		m, ok, err := w.s.Acting(ctx, c)
		if err != nil || !ok || m.ID != id || m.Giver.Reveal() != "Kim Kindmarke" {
			t.Fatal(m, ok, err)
		}
		for name, try := range map[string]func() error{
			"act by it":      func() error { return w.s.Act(ctx, other, id) },
			"revoke it":      func() error { return w.s.RevokeMandate(ctx, other, id) },
			"name rubbish":   func() error { return w.s.Act(ctx, other, "x'--") },
			"name a foreign": func() error { return w.s.RevokeMandate(ctx, other, ident.New[MandateID](w.c.Now())) },
		} {
			if err := try(); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("somebody else could %s: %v", name, err)
			}
		}
		if list, _ := w.s.Mandates(ctx, other); len(list) > 0 {
			t.Error("somebody else sees it")
		}
		w.must(w.s.StopActing(ctx, c))
		if _, ok, _ := w.s.Acting(ctx, c); ok {
			t.Error("acts after it was ended")
		}
		for name, out := range map[string]func() error{
			"signed out":            func() error { return w.s.SignOutHere(ctx, tenancy.Door{Realm: w.realm}, w.secret[c.Person]) },
			"signed out everywhere": func() error { return w.s.EndAllSessions(ctx, c) },
		} {
			w.must(w.s.Act(ctx, c, id))
			w.signIn(c)
			w.must(out())
			if _, ok, _ := w.s.Acting(ctx, c); ok {
				t.Errorf("acts after having %s", name)
			}
		}
		w.must(w.s.Act(ctx, c, id))
		w.c.Advance(12*time.Hour - time.Second)
		if _, ok, _ := w.s.Acting(ctx, c); !ok {
			t.Error("ended a second too early")
		}
		w.c.Advance(time.Second)
		if _, ok, _ := w.s.Acting(ctx, c); ok {
			t.Error("acts after half a day")
		}
		end := time.Date(2038, 5, 5, 0, 0, 0, 0, clock.Berlin)
		w.c.Set(end.Add(-time.Second))
		w.must(w.s.Act(ctx, c, id))
		w.c.Set(end)
		if _, ok, _ := w.s.Acting(ctx, c); ok {
			t.Error("acts for somebody of age")
		}
		if err := w.s.Act(ctx, c, id); errs.KeyOf(err) != "mandate.ended" {
			t.Errorf("acts for somebody of age: %v", err)
		}
		_, err = w.s.StateMandate(ctx, c, Statement{Kind: Guardian, Given: pii.New("Kim"), Family: pii.New("K"), BirthDate: pii.New("2020-05-05"), Proof: Proof{Kind: "birth"}})
		if got := wrongs(err); got["birthDate"] != "mandate.wrong.of-age" {
			t.Errorf("a guardian of somebody of age: %v", err)
		}
		_, err = w.s.StateMandate(ctx, c, Statement{Kind: "king", Proof: Proof{Kind: "crown"}, Services: []string{"a b"}, EndsOn: "soon"})
		if got := wrongs(err); len(got) != 6 {
			t.Errorf("%v", got)
		}
	})
}

func TestAMandateIsGivenByCodeAndTakenOnce(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		ctx := t.Context()
		giver, holder, other := w.add(perm.LevelHigh, named("Gerda", "Gebermarke")), w.add(perm.LevelBasis, named("Hanno", "Haltermarke")), w.add(perm.LevelBasis, named("Ole", "O"))
		id, code, err := w.s.GiveMandate(ctx, giver, Grant{Proof: Proof{Kind: "power"}, Services: []string{"hundesteuer", "hundesteuer"}, EndsOn: "2027-12-31"})
		w.must(err)
		if m := w.mandate(giver, id); m.State != MandateInvited || m.Side != SideGiver || m.Holds(w.c.Now()) || !m.CodeUntil.After(w.c.Now()) || !slices.Equal(m.Services, []string{"hundesteuer"}) {
			t.Errorf("%+v", m)
		}
		if err := w.s.Act(ctx, giver, id); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("the giver acts by his own mandate: %v", err)
		}
		for name, x := range map[string]struct {
			c    perm.Citizen
			code string
		}{"the giver himself": {giver, code}, "a wrong code": {holder, ident.Secret()[:codeSize]}, "half a code": {holder, code[:8]}, "nothing": {holder, ""}} {
			if _, err := w.s.AcceptMandate(ctx, x.c, x.code); errs.KeyOf(err) != "mandate.code" {
				t.Errorf("%s: %v", name, err)
			}
		}
		m, err := w.s.Invitation(ctx, holder, ShowCode(code))
		if err != nil || m.Giver.Reveal() != "Gerda Gebermarke" {
			t.Fatal(m, err)
		}
		got, err := w.s.AcceptMandate(ctx, holder, ShowCode(code))
		if err != nil || got != id {
			t.Fatal(got, err)
		}
		if _, err := w.s.AcceptMandate(ctx, other, code); errs.KeyOf(err) != "mandate.code" {
			t.Errorf("a code was good twice: %v", err)
		}
		m = w.mandate(holder, id)
		if m.Side != SideHolder || !m.Confirmed || !m.Holds(w.c.Now()) || m.Level != perm.LevelHigh || !m.Covers("hundesteuer") || m.Covers("wohngeld") || m.Covers("") {
			t.Errorf("%+v", m)
		}
		if m := w.mandate(giver, id); m.Holder.Reveal() != "Hanno Haltermarke" {
			t.Error("the giver does not see who took it")
		}
		w.must(w.s.Act(ctx, holder, id))
		if f, err := w.s.Fill(ctx, holder, w.ask(w.a.ID, perm.LevelBasis)); err != nil || f.For.Reveal() != "Gerda Gebermarke" {
			t.Error("a form would be filled with the representative's own data", err)
		}
		w.must(w.s.RevokeMandate(ctx, giver, id))
		if _, ok, _ := w.s.Acting(ctx, holder); ok {
			t.Error("acts by a mandate that was revoked")
		}
		if err := w.s.RevokeMandate(ctx, holder, id); errs.KeyOf(err) != "mandate.ended" {
			t.Errorf("revoked twice: %v", err)
		}
		if m := w.mandate(holder, id); m.State != MandateRevoked || m.EndedBy != SideGiver || m.EndedAt.IsZero() {
			t.Errorf("%+v", m)
		}
		id, code, err = w.s.GiveMandate(ctx, giver, Grant{Proof: Proof{Kind: "power"}, EndsOn: "2027-12-31"})
		w.must(err)
		w.must(w.s.DeclineMandate(ctx, holder, code))
		if m := w.mandate(giver, id); m.State != MandateDeclined {
			t.Errorf("%+v", m)
		}
		_, code, err = w.s.GiveMandate(ctx, giver, Grant{Proof: Proof{Kind: "power"}, EndsOn: "2027-12-31"})
		w.must(err)
		w.c.Advance((InviteDays + 1) * 24 * time.Hour)
		if _, err := w.s.AcceptMandate(ctx, holder, code); errs.KeyOf(err) != "mandate.code" {
			t.Errorf("an old code was taken: %v", err)
		}
	})
}

// A company that signs in itself (Mein Unternehmenskonto) answers for itself.
func TestACompanyThatSignsInInvitesItsMembers(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		ctx := t.Context()
		firm, emil := w.add(perm.LevelSubstantial, Profile{AttrCompany: {Value: pii.New("Ekona GmbH"), Level: perm.LevelSubstantial}}), w.add(perm.LevelBasis, named("Emil", "E"))
		w.must(w.d.InTx(ctx, w.realm.Scope(), func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE account SET company=$3 WHERE realm_id=$1 AND person_id=$2`, string(w.realm.ID), string(firm.Person), true)
			return err
		}))
		list, err := w.s.Companies(ctx, firm)
		if err != nil || len(list) != 1 || list[0].ID != firm.Person || list[0].Role != RoleOwner {
			t.Fatalf("%+v %v", list, err)
		}
		if err := w.s.SaveCompany(ctx, firm, firm.Person, typed("company", "Anders GmbH")); wrongs(err)["company"] != "profile.locked" {
			t.Errorf("a proved name was changed: %v", err)
		}
		id, code, err := w.s.InviteMember(ctx, firm, firm.Person, RoleEmployee, nil, "")
		w.must(err)
		_, err = w.s.AcceptMandate(ctx, emil, code)
		w.must(err)
		w.must(w.s.Act(ctx, emil, id))
		if _, err := w.s.StateMandate(ctx, firm, Statement{Kind: Guardian, Given: pii.New("Kim"), Family: pii.New("K"), BirthDate: pii.New("2020-05-05"), Proof: Proof{Kind: "birth"}}); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("a company is guardian of a child: %v", err)
		}
		w.must(w.s.RemoveMember(ctx, firm, firm.Person, id))
		if _, ok, _ := w.s.Acting(ctx, emil); ok {
			t.Error("acts on after having been removed")
		}
		if l, err := w.s.Leaving(ctx, firm); err != nil || len(l.Companies) > 0 {
			t.Errorf("%+v %v", l, err)
		}
	})
}

func TestACompanyHasOwnersAndMembers(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		ctx := t.Context()
		olga, emil, other := w.add(perm.LevelBasis, named("Olga", "Owner")), w.add(perm.LevelBasis, named("Emil", "Employee")), w.add(perm.LevelHigh, named("Ole", "O"))
		if _, err := w.s.FoundCompany(ctx, olga, typed("register", "HRB 1")); wrongs(err)["company"] != "profile.wrong.missing" {
			t.Errorf("a company without a name: %v", err)
		}
		if _, err := w.s.FoundCompany(ctx, olga, typed("company", "Garten GmbH", "birthDate", "2000-01-01")); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("a company with a birthday: %v", err)
		}
		id, err := w.s.FoundCompany(ctx, olga, typed("company", "Garten GmbH", "register", "HRB 12345 Amtsgericht Torhausen"))
		w.must(err)
		x, err := w.s.Company(ctx, olga, id)
		if err != nil || x.Profile.Name().Reveal() != "Garten GmbH" || x.Owners != 1 || len(x.Members) != 1 {
			t.Fatal(x, err)
		}
		_, code, err := w.s.InviteMember(ctx, olga, id, RoleEmployee, []string{"gewerbe"}, "")
		w.must(err)
		for name, try := range map[string]func(perm.Citizen) error{
			"see it":         func(c perm.Citizen) error { _, err := w.s.Company(ctx, c, id); return err },
			"change it":      func(c perm.Citizen) error { return w.s.SaveCompany(ctx, c, id, typed("company", "X")) },
			"invite for it":  func(c perm.Citizen) error { _, _, err := w.s.InviteMember(ctx, c, id, RoleOwner, nil, ""); return err },
			"remove from it": func(c perm.Citizen) error { return w.s.RemoveMember(ctx, c, id, x.Members[0].ID) },
		} {
			if err := try(other); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("somebody else could %s: %v", name, err)
			}
		}
		member, err := w.s.AcceptMandate(ctx, emil, code)
		w.must(err)
		if _, err := w.s.Company(ctx, emil, id); !errs.Is(err, errs.KindNotFound) {
			t.Error("an employee may administer the company")
		}
		if list, _ := w.s.Companies(ctx, emil); len(list) != 1 || list[0].Role != RoleEmployee || len(list[0].Members) > 0 {
			t.Errorf("%+v", list)
		}
		w.must(w.s.Act(ctx, emil, member))
		if m, ok, _ := w.s.Acting(ctx, emil); !ok || m.Giver.Reveal() != "Garten GmbH" || !m.Covers("gewerbe") || m.Covers("wohngeld") {
			t.Error("the employee does not act for the company")
		}
		if err := w.s.RevokeMandate(ctx, olga, x.Members[0].ID); errs.KeyOf(err) != "company.last-owner" {
			t.Errorf("a company without owners: %v", err)
		}
		_, code, err = w.s.InviteMember(ctx, olga, id, RoleOwner, nil, "")
		w.must(err)
		_, err = w.s.AcceptMandate(ctx, other, code)
		w.must(err)
		w.must(w.s.RevokeMandate(ctx, olga, x.Members[0].ID))
		if _, err := w.s.Company(ctx, olga, id); !errs.Is(err, errs.KindNotFound) {
			t.Error("a former owner still answers for the company")
		}
		w.must(w.s.RemoveMember(ctx, other, id, member))
		if _, ok, _ := w.s.Acting(ctx, emil); ok {
			t.Error("a member who was removed acts on")
		}
		w.must(w.s.SaveCompany(ctx, other, id, typed("company", "Garten und Söhne GmbH")))
	})
}
