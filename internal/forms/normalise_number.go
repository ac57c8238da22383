package forms

import (
	"strconv"
	"strings"

	"stadttor/internal/money"
)

// normaliseNumber reads "1.234", "2,5", "3 Stück" into thousandths. A dot before exactly three digits separates
// thousands, unless the number has three decimals.
func normaliseNumber(s, unit string, decimals int) (int64, *fault) {
	bad := &fault{code: "number", vars: []string{"{example}", "12"}}
	if unit != "" {
		s = strings.TrimSpace(strings.TrimSuffix(s, unit))
	}
	s = strings.ReplaceAll(strings.TrimPrefix(compact(s, "'"), "+"), "−", "-")
	if len(s) > 40 {
		return 0, bad
	}
	whole, frac := s, ""
	if i := strings.LastIndexByte(s, ','); i >= 0 {
		whole, frac = s[:i], s[i+1:]
	} else if i := strings.LastIndexByte(s, '.'); i >= 0 && (len(s)-i-1 != 3 || decimals == 3) {
		whole, frac = s[:i], s[i+1:]
	}
	sign := int64(1)
	if strings.HasPrefix(whole, "-") {
		sign, whole = -1, whole[1:]
	}
	if groups := strings.Split(whole, "."); len(groups) > 1 {
		for i, g := range groups {
			if i > 0 && len(g) != 3 || i == 0 && (g == "" || len(g) > 3) {
				return 0, bad
			}
		}
		whole = strings.Join(groups, "")
	}
	frac = strings.TrimRight(frac, "0")
	switch {
	case whole == "" || strings.Trim(whole+frac, "0123456789") != "" || strings.HasSuffix(s, ","):
		return 0, bad
	case len(frac) > decimals && decimals == 0:
		return 0, &fault{code: "whole"}
	case len(frac) > decimals:
		return 0, &fault{code: "decimals", vars: []string{"{max}", strconv.Itoa(decimals)}}
	}
	n, ok := parseThousandths(strings.TrimLeft(whole[:len(whole)-1], "0") + whole[len(whole)-1:] + "." + frac)
	if !ok {
		return 0, bad
	}
	return sign * n, nil
}

// normaliseAmount reads euro into cents, by the rule of money.Parse.
func normaliseAmount(s string) (int64, *fault) {
	a, err := money.Parse(compact(s, ""))
	if err != nil || !inRange(int64(a)) {
		return 0, &fault{code: "amount"}
	}
	return int64(a), nil
}
