package admin_test

import (
	"strings"
	"testing"

	"stadttor/internal/web/ui/office/officetest"
)

func TestEveryRouteAsksForItsRight(t *testing.T) {
	w, routes, _ := open(t)
	officetest.RightsHold(t, w, routes, func(pattern string) string {
		return strings.NewReplacer("{slug}", "gartenfest", "{form}", "gartenfest", "{id}", "00000000000000000000000000", "{frage}", "0123456789abcdef0123456789abcdef").Replace(pattern)
	})
}

func TestTheOutboxExistsInTheDemonstrationOnly(t *testing.T) {
	w, _, _ := open(t)
	for _, rt := range door(w, nil).Routes() {
		if strings.Contains(rt.Pattern, "postausgang") {
			t.Error(rt.Pattern)
		}
	}
}
