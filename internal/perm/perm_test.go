package perm

import "testing"

func TestRightsHoldInTheirUnitOnly(t *testing.T) {
	s := Staff{Grants: []Grant{{Role: Caseworker, Unit: "u1"}, {Role: Editor}}}
	for name, c := range map[string]struct {
		got, want bool
	}{
		"own unit":                       {s.MayIn(ReadCases, "u1"), true},
		"foreign unit":                   {s.MayIn(ReadCases, "u2"), false},
		"everywhere by a tenant's grant": {s.MayIn(EditContent, "u2"), true},
		"a right nobody gave":            {s.May(GrantRoles), false},
		"unknown role":                   {Staff{Grants: []Grant{{Role: "king"}}}.May(ReadCases), false},
		"administrators read no cases":   {Administrator.Has(ReadCases), false},
		"realm admins read no cases":     {RealmAdmin.Has(ReadCases), false},
		"auditors change nothing":        {Auditor.Has(RetryJobs) || Auditor.Has(WorkCases), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v", name, c.got)
		}
	}
	if u, all := s.Reaches(ReadCases); all || len(u) != 1 {
		t.Error(u, all)
	}
	if ParseLevel("hoch") != LevelHigh || ParseLevel("HOCH ") != LevelNone || ParseLevel("") != LevelNone {
		t.Error("an unknown level is the lowest")
	}
}

func TestAGrantForAServiceHoldsForThatServiceOnly(t *testing.T) {
	s := Staff{Grants: []Grant{{Role: Caseworker, Unit: "u1", Service: "hund"}, {Role: Caseworker, Service: "fisch"}}}
	for name, c := range map[string]struct{ got, want bool }{
		"its service in its unit":     {s.MayAt(ReadCases, "u1", "hund"), true},
		"another service":             {s.MayAt(ReadCases, "u1", "katze"), false},
		"its service, foreign unit":   {s.MayAt(ReadCases, "u2", "hund"), false},
		"a service in all units":      {s.MayAt(ReadCases, "u2", "fisch"), true},
		"all services of the unit":    {s.MayIn(ReadCases, "u1"), false},
		"some service of the unit":    {s.MaySome(ReadCases, "u1"), true},
		"in general":                  {s.May(ReadCases), true},
		"everywhere for all services": {s.Everywhere(ReadCases), false},
		"a right the role has not":    {s.MayAt(AssignCases, "u1", "hund"), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v", name, c.got)
		}
	}
}

func TestARoleOfTheTenantIsItsSetAndNothingElse(t *testing.T) {
	g := Grant{Role: Lead, Own: SetOf(ReadPayments, "fly")}
	if !g.Has(ReadPayments) || g.Has(ReadCases) || len(g.Rights()) != 1 {
		t.Errorf("%v", g.Rights())
	}
	for _, r := range Rights() {
		if got := SetOf(r).Rights(); len(got) != 1 || got[0] != r {
			t.Errorf("%s: %v", r, got)
		}
	}
}

func TestNobodyGivesWhatHeMayNotGive(t *testing.T) {
	admin, realm := Staff{Grants: []Grant{{Role: Administrator}}}, Staff{Grants: []Grant{{Role: RealmAdmin}}}
	lead, clerk := Staff{Grants: []Grant{{Role: Lead, Unit: "u1"}}}, Staff{Grants: []Grant{{Role: Caseworker}}}
	made := Staff{Grants: []Grant{{Role: "eigen-x", Own: SetOf(GrantRoles, EditContent)}}}
	for name, c := range map[string]struct {
		who  Staff
		what Grant
		want bool
	}{
		"an administrator appoints caseworkers":              {admin, Grant{Role: Caseworker, Unit: "u1"}, true},
		"… and a lead":                                       {admin, Grant{Role: Lead}, true},
		"… and another administrator":                        {admin, Grant{Role: Administrator}, true},
		"… but nobody who audits him":                        {admin, Grant{Role: Auditor}, false},
		"… and nobody above him":                             {admin, Grant{Role: RealmAdmin}, false},
		"… nor the library in a role of his own making":      {admin, Grant{Own: SetOf(EditContent, EditLibrary)}, false},
		"… but content and cases in one":                     {admin, Grant{Own: SetOf(EditContent, ReadCases)}, true},
		"the realm appoints auditors":                        {realm, Grant{Role: Auditor}, true},
		"a lead appoints in his unit":                        {lead, Grant{Role: Caseworker, Unit: "u1"}, true},
		"… for one service of it":                            {lead, Grant{Role: CitizenOffice, Unit: "u1", Service: "hund"}, true},
		"… not in another":                                   {lead, Grant{Role: Caseworker, Unit: "u2"}, false},
		"… not in all":                                       {lead, Grant{Role: Caseworker}, false},
		"… no editor":                                        {lead, Grant{Role: Editor, Unit: "u1"}, false},
		"who may not grant gives nothing, not what he holds": {clerk, Grant{Role: Caseworker}, false},
		"with a role of the tenant's own: what it holds":     {made, Grant{Role: Editor}, true},
		"… and no more":                                      {made, Grant{Role: Administrator}, false},
		"nothing is nothing to give":                         {admin, Grant{Role: "king"}, false},
	} {
		if got := c.who.MayGive(c.what); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
