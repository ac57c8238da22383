package admin

import (
	"reflect"
	"testing"

	"stadttor/internal/perm"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/staff/office"
)

// The two doors are one house to who works in it.
func TestBothDoorsShowTheSameNavigation(t *testing.T) {
	p := locale.For(locale.German)
	who := []perm.Staff{{}, {Staff: "x"}, {Staff: "x", Grants: []perm.Grant{{Role: perm.Lead, Unit: "u"}}}}
	for _, row := range perm.Table() {
		who = append(who, perm.Staff{Staff: "x", Grants: []perm.Grant{{Role: row.Role}}})
	}
	for _, w := range who {
		for _, demo := range []bool{true, false} {
			if here, there := nav(p, w, demo), office.Nav(p, w, demo); !reflect.DeepEqual(here, there) {
				t.Errorf("%+v: %v, %v", w.Grants, here, there)
			}
		}
	}
}
