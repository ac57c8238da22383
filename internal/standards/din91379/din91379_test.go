package din91379

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
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
			if _, bad := Foreign(s, set); bad == want.MatchString(s) {
				t.Errorf("datatype %s: U+%04X refused: %v", set, c, bad)
			}
			checked++
		}
		for _, s := range append(sequences, "A\u030C", "x\u0301\u0301", "K\u035F", "\u0301", "😀", "漢") {
			if _, bad := Foreign(s, set); bad == want.MatchString(s) {
				t.Errorf("datatype %s: %+q refused: %v", set, s, bad)
			}
		}
	}
	if checked < 4*0x2000 {
		t.Fatal("nothing was compared")
	}
}
