// Package money counts in whole cents.
//
// It decides how an amount is added, shown and read in German. It never
// rounds silently and knows no float.
package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Amount is euro cents; negative amounts are pay-outs.
type Amount int64

// ErrOverflow says that a sum left the range of an Amount.
var ErrOverflow = errors.New("amount out of range")

// Add sums without wrapping.
func Add(a, b Amount) (Amount, error) {
	if (b > 0 && a > math.MaxInt64-b) || (b < 0 && a < math.MinInt64-b) {
		return 0, ErrOverflow
	}
	return a + b, nil
}

// String shows an amount as a German reads it: "1.234,50 €" (the blank is a
// no-break space).
func (a Amount) String() string {
	sign := ""
	u := uint64(a)
	if a < 0 {
		sign, u = "−", uint64(-(a+1))+1
	}
	euros := strconv.FormatUint(u/100, 10)
	for i := len(euros) - 3; i > 0; i -= 3 {
		euros = euros[:i] + "." + euros[i:]
	}
	return fmt.Sprintf("%s%s,%02d\u00a0€", sign, euros, u%100)
}

// Decimal shows an amount for machines: "1234.50".
func (a Amount) Decimal() string {
	sign := ""
	u := uint64(a)
	if a < 0 {
		sign, u = "-", uint64(-(a+1))+1
	}
	return fmt.Sprintf("%s%d.%02d", sign, u/100, u%100)
}

// Parse reads what a person typed: "1.234,50", "1234,5", "12.50 €", "12 EUR".
// A dot before exactly two digits at the end counts as decimal sign when there
// is no comma; "1.234" is one thousand two hundred thirty-four.
func Parse(s string) (Amount, error) {
	bad := fmt.Errorf("not an amount")
	s = strings.TrimSpace(strings.NewReplacer("€", "", "EUR", "", "eur", "", "\u00a0", "", " ", "", "'", "").Replace(s))
	neg := false
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "−") {
		neg, s = true, strings.TrimPrefix(strings.TrimPrefix(s, "-"), "−")
	}
	if s == "" || len(s) > 20 {
		return 0, bad
	}
	whole, frac := s, ""
	if i := strings.LastIndexByte(s, ','); i >= 0 {
		whole, frac = s[:i], s[i+1:]
	} else if i := strings.LastIndexByte(s, '.'); i >= 0 && len(s)-i-1 != 3 {
		whole, frac = s[:i], s[i+1:]
	}
	if groups := strings.Split(whole, "."); len(groups) > 1 {
		for i, g := range groups {
			if (i > 0 && len(g) != 3) || (i == 0 && (len(g) == 0 || len(g) > 3)) {
				return 0, bad
			}
		}
		whole = strings.Join(groups, "")
	}
	if len(frac) > 2 {
		return 0, bad
	}
	for len(frac) < 2 {
		frac += "0"
	}
	for _, r := range whole + frac {
		if r < '0' || r > '9' {
			return 0, bad
		}
	}
	v, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil {
		return 0, bad
	}
	if neg {
		v = -v
	}
	return Amount(v), nil
}
