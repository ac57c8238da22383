package plz

import "testing"

func TestACodeMayLieInSeveralMunicipalities(t *testing.T) {
	one, many := 0, 0
	for code, list := range table() {
		if len(code) != 5 {
			t.Fatalf("code %q", code)
		}
		for _, p := range list {
			if len(p.AGS) != 8 || p.Name == "" {
				t.Fatalf("%s: %+v", code, p)
			}
		}
		if len(list) == 1 {
			one++
		} else {
			many++
		}
	}
	if one < 5000 || many < 1000 {
		t.Errorf("%d codes of one, %d of several municipalities", one, many)
	}
	if p := Lookup("01067"); len(p) != 1 || p[0].Name != "Dresden" {
		t.Error(p)
	}
	if Lookup("00000") != nil || Lookup("") != nil {
		t.Error("unknown codes have no place")
	}
}
