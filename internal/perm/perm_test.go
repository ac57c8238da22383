package perm

import "testing"

func TestRightsHoldInTheirUnitOnly(t *testing.T) {
	s := Staff{Grants: []Grant{{Caseworker, "u1"}, {Editor, ""}}}
	for name, c := range map[string]struct {
		got, want bool
	}{
		"own unit":                       {s.MayIn(ReadCases, "u1"), true},
		"foreign unit":                   {s.MayIn(ReadCases, "u2"), false},
		"everywhere by a tenant's grant": {s.MayIn(EditContent, "u2"), true},
		"a right nobody gave":            {s.May(GrantRoles), false},
		"unknown role":                   {Staff{Grants: []Grant{{"king", ""}}}.May(ReadCases), false},
		"administrators read no cases":   {Administrator.Has(ReadCases), false},
		"realm admins read no cases":     {RealmAdmin.Has(ReadCases), false},
		"auditors change nothing":        {Auditor.Has(RetryJobs) || Auditor.Has(WorkCases), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v", name, c.got)
		}
	}
	if u, all := s.Units(ReadCases); all || len(u) != 1 {
		t.Error(u, all)
	}
	if ParseLevel("hoch") != LevelHigh || ParseLevel("HOCH ") != LevelNone || ParseLevel("") != LevelNone {
		t.Error("an unknown level is the lowest")
	}
}
