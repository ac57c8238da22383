package forms

import (
	"testing"

	"golang.org/x/text/unicode/norm"

	"stadttor/internal/standards/din91379"
)

func TestEveryCharacterOfTheNormIsKeptByteForByte(t *testing.T) {
	d := oneField(t, `{"id":"f","type":"text","label":"F","charset":"B"}`)
	e := testEnv(t, "2026-11-21")
	for _, r := range din91379.Ranges("B") {
		for c := r.First; c <= r.Last; c++ {
			s := "a" + string(c) + "b"
			if !norm.NFC.IsNormalString(s) {
				continue // has another spelling that is the same text
			}
			a, problems := send(d, e, map[string][]string{"f": {s}})
			if len(problems) > 0 || a["f"].Text != s {
				t.Fatalf("U+%04X: %q %v", c, a["f"].Text, problems)
			}
		}
	}
	for _, q := range din91379.Sequences() {
		s := norm.NFC.String("a" + q + "b")
		if a, problems := send(d, e, map[string][]string{"f": {s}}); len(problems) > 0 || a["f"].Text != s {
			t.Fatalf("%+q: %q %v", q, a["f"].Text, problems)
		}
	}
}
