package search

import (
	"runtime"
	"testing"
)

func TestTenantsOfARealmShareItsPlaceNames(t *testing.T) {
	list := []string{"Lindenbrück", "Torhausen", "Torhausen-Süd"}
	a := Build([]Doc{{Kind: KindService, ID: "1", Title: "Wohnsitz anmelden"}}, Options{Places: list})
	b := Build([]Doc{{Kind: KindService, ID: "2", Title: "Hund anmelden"}}, Options{Places: append([]string(nil), list...)})
	c := Build(nil, Options{Places: list[:2]})
	if a.places != b.places || a.places == c.places {
		t.Error("not shared, or shared with another realm")
	}
	list[0] = "Anderswo" // the caller's slice stays the caller's
	if got := NewView(b, nil, nil).Search(Query{Text: "hund lindenbrueck"}).Places; len(got) != 1 || got[0] != "Lindenbrück" {
		t.Errorf("places %v", got)
	}
	runtime.KeepAlive(a)
}
