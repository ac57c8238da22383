package ident

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestIDsSortByTimeAndAreValid(t *testing.T) {
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	a, b := New[CaseID](now), New[CaseID](now.Add(time.Millisecond))
	if a >= b {
		t.Errorf("%s must sort before %s", a, b)
	}
	if !Valid(a) || Valid(CaseID("x")) || Valid(CaseID(strings.Repeat("u", 26))) || Valid(a+"a") {
		t.Error("Valid is wrong")
	}
	seen := map[CaseID]bool{}
	for range 10000 {
		id := New[CaseID](now)
		if seen[id] {
			t.Fatal("clash")
		}
		seen[id] = true
	}
}

func TestNumberForgivesTypingStyleOnly(t *testing.T) {
	n := NewNumber("TOR", 2026)
	for _, in := range []string{string(n), strings.ToLower(string(n)), strings.ReplaceAll(string(n), "-", ""), " " + strings.ReplaceAll(string(n), "-", " ") + " "} {
		got, err := ParseNumber(in)
		if err != nil || got != n {
			t.Errorf("ParseNumber(%q) = %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "TOR", string(n)[:14], string(n) + "A", "TOR-2026-0000-0000", "ToR-2026-\x00"} {
		if _, err := ParseNumber(in); err == nil {
			t.Errorf("ParseNumber(%q) took it", in)
		}
	}
}

func TestNumberFindsEverySlip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := string(NewNumber("AUL", rapid.IntRange(2020, 2099).Draw(t, "year")))
		i := rapid.IntRange(9, len(n)-1).Draw(t, "place")
		if n[i] == '-' {
			t.Skip()
		}
		wrong := rapid.SampledFrom([]byte(alphabet)).Draw(t, "sign")
		if wrong != n[i] {
			if _, err := ParseNumber(n[:i] + string(wrong) + n[i+1:]); err == nil {
				t.Fatalf("one wrong sign at %d not found in %s", i, n)
			}
		}
		if i+1 < len(n) && n[i+1] != '-' && n[i] != n[i+1] {
			if _, err := ParseNumber(n[:i] + string(n[i+1]) + string(n[i]) + n[i+2:]); err == nil {
				t.Fatalf("swap at %d not found in %s", i, n)
			}
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	f.Add(string(NewNumber("TOR", 2026)))
	f.Add("tor 2026 ÄÖ\x00")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s)
		if err != nil {
			return
		}
		if again, err := ParseNumber(string(n)); err != nil || again != n {
			t.Fatalf("%q is not stable: %q %v", n, again, err)
		}
	})
}
