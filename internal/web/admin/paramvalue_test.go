package admin

import (
	"reflect"
	"testing"
)

// What an authority sees in a field is what it set: typing it again changes nothing.
func FuzzTypedValuesComeBack(f *testing.F) {
	for _, s := range []string{"12,50", "1.234,50", "7,5", "-3", "1e9", "NaN", "0x10", "1.5.2027", "2027-05-01", "1.5.2027\n3.6.2027;1.5.2027", "ja", "nein", "\u00a0", "9999999999999999999", "0001-01-01", "٣", "1_000"} {
		for _, kind := range []string{"amount", "number", "date", "dates", "yesno", "text"} {
			f.Add(kind, s)
		}
	}
	f.Fuzz(func(t *testing.T, kind, text string) {
		v, err := typed(kind, text)
		if err != nil || kind == "text" {
			return
		}
		again, err := typed(kind, shown(kind, v))
		if err != nil || !reflect.DeepEqual(again, v) && !(shown(kind, again) == shown(kind, v)) {
			t.Errorf("%s %q: %v, shown %q, again %v %v", kind, text, v, shown(kind, v), again, err)
		}
	})
}
