package forms

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// normaliseDate reads the three boxes of a date into 2006-01-02. It takes "3.", "03", "März", "maerz", "Mrz.", and a
// whole date in the first box ("3.4.2026", "2026-04-03"). With partial an empty day, or day and month, becomes 00.
func normaliseDate(day, month, year string, partial bool) (string, *fault) {
	if month == "" && year == "" {
		if d, m, y, ok := splitDate(day); ok {
			day, month, year = d, m, y
		}
	}
	y, err := strconv.Atoi(compact(year, "."))
	if err != nil || y < 1000 || y > 9999 {
		return "", &fault{code: "date-year", part: "-jahr"}
	}
	m, ok := monthNumber(month)
	if !ok && !(partial && isUnknown(month)) {
		return "", &fault{code: "date-month", part: "-monat"}
	}
	d, err := strconv.Atoi(compact(day, "."))
	switch {
	case partial && isUnknown(day):
		d = 0
	case err != nil:
		return "", &fault{code: "date-day", part: "-tag"}
	}
	if m == 0 && d != 0 {
		return "", &fault{code: "date-month", part: "-monat"}
	}
	if d != 0 || !partial {
		if t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC); t.Day() != d || int(t.Month()) != m {
			return "", &fault{code: "date-real", part: "-tag"}
		}
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, m, d), nil
}

func isUnknown(s string) bool {
	switch strings.ToLower(compact(s, ".?")) {
	case "", "0", "00", "unbekannt", "xx", "x":
		return true
	}
	return false
}

// splitDate reads a whole date from one box.
func splitDate(s string) (d, m, y string, ok bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return strconv.Itoa(t.Day()), strconv.Itoa(int(t.Month())), strconv.Itoa(t.Year()), true
	}
	parts := strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune("./- ", c) })
	if len(parts) != 3 {
		return "", "", "", false
	}
	return parts[0], parts[1], parts[2], true
}

// monthNumber reads "3", "03.", "März", "maerz", "Mrz".
func monthNumber(s string) (int, bool) {
	s = strings.ToLower(compact(s, "."))
	if n, err := strconv.Atoi(s); err == nil {
		return n, n >= 1 && n <= 12
	}
	switch s {
	case "maerz", "mrz", "mär":
		return 3, true
	case "jänner", "jaenner", "jän":
		return 1, true
	case "feber":
		return 2, true
	case "sept":
		return 9, true
	}
	if len(s) < 3 {
		return 0, false
	}
	for i, name := range monthNames {
		if low := strings.ToLower(name); s == low || s == low[:3] {
			return i + 1, true
		}
	}
	return 0, false
}
