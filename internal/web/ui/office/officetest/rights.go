package officetest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
)

// own are the pages of whoever works here, about himself.
var own = []string{"/verwaltung", "/verwaltung/{$}", "/verwaltung/konto", "/verwaltung/anmeldungen", "/verwaltung/anmeldungen/{handle}/beenden"}

// RightsHold walks a door's routes as every role and as a stranger: who lacks
// the right of a route is refused, who has it gets past the guard. path fills
// in the parts of a pattern such as "{id}".
func RightsHold(t *testing.T, w *Town, routes []ui.Route, path func(pattern string) string) {
	t.Helper()
	browsers := map[perm.Role]*Browser{}
	for _, row := range perm.Table() {
		browsers[row.Role] = w.SignIn(w.Torhausen, string(row.Role))
	}
	stranger := w.Browser(w.Torhausen)
	for _, rt := range routes {
		method, pattern, _ := strings.Cut(rt.Pattern, " ")
		if rt.Audience != ui.Office {
			if rt.Right != "" {
				t.Errorf("%s has a right but is not for the office", rt.Pattern)
			}
			continue
		}
		call := func(b *Browser) int {
			if method == http.MethodGet {
				return b.Get(path(pattern)).Status
			}
			return b.Post(path(pattern), url.Values{}).Status
		}
		want := http.StatusForbidden
		if method == http.MethodGet {
			want = http.StatusSeeOther
		}
		if got := call(stranger); got != want {
			t.Errorf("%s as a stranger: %d, want %d", rt.Pattern, got, want)
		}
		for role, b := range browsers {
			got := call(b)
			if may := rt.Right == "" || role.Has(rt.Right); may == (got == http.StatusForbidden) || got >= 500 {
				t.Errorf("%s as %s: %d", rt.Pattern, role, got)
			}
		}
		if rt.Right == "" && !slices.Contains(own, pattern) {
			t.Errorf("%s asks for no right", rt.Pattern)
		}
	}
}
