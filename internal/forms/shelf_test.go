package forms_test

import (
	"os"
	"strings"
	"testing"

	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/perm"
)

func TestAPublishedVersionNeverChanges(t *testing.T) {
	text, err := os.ReadFile("../app/demo/forms/osterfeuer-anmeldung.json")
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		ctx, realm := t.Context(), db.ForRealm("r")
		s, err := forms.OpenShelf(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		op := perm.System{Name: "test"}
		for range 2 { // the same text twice is no change
			if f, err := s.Publish(ctx, op, realm, text); err != nil {
				t.Fatal(f, err)
			}
		}
		other := strings.Replace(string(text), `"title": "`, `"title": "Neu: `, 1)
		if _, err := s.Publish(ctx, op, realm, []byte(other)); !errs.Is(err, errs.KindConflict) {
			t.Errorf("a published version was changed: %v", err)
		}
		if _, err := s.Publish(ctx, perm.Staff{Realm: "r", Grants: []perm.Grant{{Role: perm.Editor}}}, realm, text); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("an editor of a Kommune published for the realm: %v", err)
		}
		if _, err := s.Publish(ctx, perm.Staff{Realm: "other", Grants: []perm.Grant{{Role: perm.RealmAdmin}}}, realm, text); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("another realm's administrator published here: %v", err)
		}
		if _, err := s.Publish(ctx, op, realm, []byte("{")); !errs.Is(err, errs.KindInvalid) {
			t.Error(err)
		}
		if err := s.Reload(ctx); err != nil {
			t.Fatal(err)
		}
		cur, ok := s.Current("r", "osterfeuer-anmeldung")
		if !ok {
			t.Fatal("not on the shelf")
		}
		if v, ok := s.Version("r", "osterfeuer-anmeldung", cur.Version); !ok || v != cur {
			t.Error("the version is another")
		}
		if _, ok := s.Current("other", "osterfeuer-anmeldung"); ok {
			t.Error("another realm sees it")
		}
	})
}
