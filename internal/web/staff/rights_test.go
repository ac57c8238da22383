package staff_test

import (
	"strings"
	"testing"

	"stadttor/internal/web/ui/office/officetest"
)

// nothing is the ID of no case: past the guard every verb says "not found".
const nothing = "00000000000000000000000000"

func TestEveryRouteAsksForItsRight(t *testing.T) {
	w := open(t)
	officetest.RightsHold(t, w, door(w).Routes(), func(pattern string) string {
		return strings.NewReplacer("{id}", nothing, "{file}", nothing, "{$}", "").Replace(pattern)
	})
}

// Nobody sees a way that would refuse him, and nobody misses one.
func TestTheNavigationLeadsWhereOneMayGo(t *testing.T) {
	w := open(t)
	for role, want := range map[string]string{
		"caseworker":          "/verwaltung /verwaltung/faelle",
		"lead":                "/verwaltung /verwaltung/faelle /verwaltung/zahlungen /verwaltung/personal",
		"ordnung-leitung":     "/verwaltung /verwaltung/faelle /verwaltung/personal", // payments belong to no unit
		"editor":              "/verwaltung /verwaltung/leistungen /verwaltung/suche",
		"citizen-office":      "/verwaltung /verwaltung/faelle",
		"form-designer":       "/verwaltung /verwaltung/parameter",
		"treasurer":           "/verwaltung /verwaltung/zahlungen",
		"auditor":             "/verwaltung /verwaltung/zahlungen /verwaltung/auftraege /verwaltung/uebergaben /verwaltung/protokoll /verwaltung/postausgang",
		"administrator":       "/verwaltung /verwaltung/leistungen /verwaltung/suche /verwaltung/portal /verwaltung/anmeldeverfahren /verwaltung/parameter /verwaltung/personal /verwaltung/auftraege /verwaltung/uebergaben /verwaltung/postausgang",
		"realm-administrator": "/verwaltung /verwaltung/suche/verbund /verwaltung/portal /verwaltung/anmeldeverfahren /verwaltung/personal /verwaltung/auftraege /verwaltung/uebergaben /verwaltung/postausgang",
		"nobody":              "/verwaltung",
	} {
		a := w.SignIn(w.Torhausen, role).Get("/verwaltung")
		officetest.WellFormed(t, role, a)
		_, nav, _ := strings.Cut(a.Text(), `<nav class="p-nav"`)
		nav, _, _ = strings.Cut(nav, "</nav>")
		var got []string
		for _, part := range strings.Split(nav, `"`) {
			if strings.HasPrefix(part, "/verwaltung") {
				got = append(got, part)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v", role, got)
		}
	}
}
