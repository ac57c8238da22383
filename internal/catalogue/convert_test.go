package catalogue

import (
	"testing"

	"stadttor/internal/standards/xzufi"
)

func TestAPeriodInWords(t *testing.T) {
	for want, f := range map[string]xzufi.Frist{
		"":                     {},
		"1 Woche":              {Dauer: 1, Einheit: "WOCHE"},
		"6 Wochen":             {Dauer: 6, Einheit: "WOCHE"},
		"2 bis 4 Wochen":       {Dauer: 2, DauerBis: 4, Einheit: "WOCHE"},
		"2 bis 3 Werktage":     {Dauer: 2, DauerBis: 3, Einheit: "WERKTAG", EinheitBis: "WERKTAG"},
		"1 Woche bis 2 Monate": {Dauer: 1, DauerBis: 2, Einheit: "WOCHE", EinheitBis: "MONAT"},
	} {
		if got := span(f); got != want {
			t.Errorf("%+v: %q, want %q", f, got, want)
		}
	}
}

func TestATitleOfOnesOwnIsNoOfficialName(t *testing.T) {
	library := Service{Title: "Hund anmelden", Official: "Hundesteuer Anmeldung"}
	if got, mine := override(library, Service{Title: "Ihr Hund", Official: "Ihr Hund"}); got.Official != library.Official || mine["official"] || !mine["title"] {
		t.Errorf("%+v %v", got, mine)
	}
	if got, mine := override(library, Service{Title: "Ihr Hund", Official: "Hundesteuer"}); got.Official != "Hundesteuer" || !mine["official"] {
		t.Errorf("%+v %v", got, mine)
	}
}
