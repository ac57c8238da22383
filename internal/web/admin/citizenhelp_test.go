package admin_test

import (
	"net/http"
	"testing"

	"stadttor/internal/test/apptest"
)

func TestHelpForCitizensIsTheRealmsAndTellsNothing(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser().SignInStaff("kreis-musterland", "musterland-realm-admin")
	b.Get(h.URLOf("kreis-musterland", "/verwaltung/anmeldeverfahren")).Follow("Hilfe bei verlorenem zweiten Faktor").Sees(200, "Lassen Sie sich den Ausweis zeigen")
	send := func(kv ...string) *apptest.Browser {
		t.Helper()
		return b.Submit(b.Form(posts("/verwaltung/anmeldehilfe")), values(kv...))
	}
	send("mail", "kein-at").Sees(422, "keine vollständige E-Mail-Adresse")
	send("mail", "niemand@post.example", "vorname", "Kim", "familienname", "Beispiel").Sees(422, "gibt es kein Konto")
	if f := b.Form(posts("/verwaltung/anmeldehilfe")).Values; f.Get("mail") != "niemand@post.example" || f.Get("familienname") != "Beispiel" {
		t.Errorf("what was typed is gone: %v", f)
	}
	if c := h.Browser().SignInStaff("torhausen", "torhausen-admin").Get(h.URLOf("torhausen", "/verwaltung/anmeldehilfe")); c.Code != http.StatusForbidden {
		t.Errorf("an authority's administrator: %d", c.Code)
	}
}
