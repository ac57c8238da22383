package forms

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// TestCharactersAreThoseOfTheNorm compares the tables with the patterns that KoSIT publishes, character by character.
func TestCharactersAreThoseOfTheNorm(t *testing.T) {
	data, err := os.ReadFile("testdata/din91379.txt")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for line := range strings.Lines(string(data)) {
		set, pattern, _ := strings.Cut(strings.TrimSpace(line), " ")
		if set == "#" {
			continue
		}
		pattern = regexp.MustCompile(`&#x([0-9A-F]+);`).ReplaceAllString(pattern, `\x{$1}`)
		pattern = strings.ReplaceAll(pattern, `\\x`, `\x`)
		want := regexp.MustCompile(`^(?:` + pattern + `)$`)
		for c := rune(0); c <= 0x2FFF; c++ {
			s := string(c)
			if !utf8.ValidRune(c) {
				continue
			}
			if _, bad := foreign(s, set); bad == want.MatchString(s) {
				t.Errorf("datatype %s: U+%04X refused: %v", set, c, bad)
			}
			checked++
		}
		for _, s := range append(latinSequences, "A\u030C", "x\u0301\u0301", "K\u035F", "\u0301", "😀", "漢") {
			if _, bad := foreign(s, set); bad == want.MatchString(s) {
				t.Errorf("datatype %s: %+q refused: %v", set, s, bad)
			}
		}
	}
	if checked < 4*0x2000 {
		t.Fatal("nothing was compared")
	}
}

func TestEveryCharacterOfTheNormIsKeptByteForByte(t *testing.T) {
	d := oneField(t, `{"id":"f","type":"text","label":"F","charset":"B"}`)
	e := testEnv(t, "2026-11-21")
	for _, r := range latinB {
		for c := r.first; c <= r.last; c++ {
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
	for _, q := range latinSequences {
		s := norm.NFC.String("a" + q + "b")
		if a, problems := send(d, e, map[string][]string{"f": {s}}); len(problems) > 0 || a["f"].Text != s {
			t.Fatalf("%+q: %q %v", q, a["f"].Text, problems)
		}
	}
}
