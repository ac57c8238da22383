package admin

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"stadttor/internal/forms"
	"stadttor/internal/money"
)

// Errors of typed values; their texts are keys.
var (
	errAmount = errors.New("admin.params.amount")
	errNumber = errors.New("admin.params.number")
	errDay    = errors.New("admin.params.day")
)

// typed reads what was typed for a value of a type of forms.Param. Dates come
// as "2.1.2027" or "2027-01-02".
func typed(kind, text string) (any, error) {
	switch kind {
	case "amount":
		a, err := money.Parse(text)
		if err != nil {
			return nil, errAmount
		}
		return int64(a), nil
	case "number":
		f, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || strings.ContainsAny(text, "eExXpP_") {
			return nil, errNumber
		}
		return f, nil
	case "yesno":
		return text == "ja", nil
	case "date":
		return readDay(text)
	case "dates":
		var list []any
		for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ',' || r == ';' }) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			d, err := readDay(line)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(list, any(d)) {
				list = append(list, d)
			}
		}
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		return list, nil
	}
	return text, nil
}

// readDay gives the ISO form.
func readDay(s string) (string, error) {
	for _, layout := range []string{"2.1.2006", time.DateOnly, "2. 1. 2006"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 999 {
			return t.Format(time.DateOnly), nil
		}
	}
	return "", errDay
}

// shown writes a stored value as one types it; "" for what is no value of the type.
func shown(kind string, v any) string {
	switch kind {
	case "amount":
		if n, ok := integer(v); ok {
			return strings.Replace(money.Amount(n).Decimal(), ".", ",", 1)
		}
	case "number":
		switch n := v.(type) {
		case float64:
			return strings.Replace(strconv.FormatFloat(n, 'f', -1, 64), ".", ",", 1)
		case json.Number:
			return strings.Replace(n.String(), ".", ",", 1)
		}
		if n, ok := integer(v); ok {
			return strconv.FormatInt(n, 10)
		}
	case "yesno":
		switch v {
		case true:
			return "ja"
		case false:
			return "nein"
		}
	case "date":
		if s, ok := v.(string); ok {
			return showDay(s)
		}
	case "dates":
		list, _ := v.([]any)
		var lines []string
		for _, x := range list {
			if s, ok := x.(string); ok {
				lines = append(lines, showDay(s))
			}
		}
		return strings.Join(lines, "\n")
	case "text":
		s, _ := v.(string)
		return s
	}
	return ""
}

func showDay(iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return t.Format("02.01.2006")
}

func integer(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case float64:
		return int64(n), n == math.Trunc(n) && math.Abs(n) < 1e15
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	}
	return 0, false
}

// rowsOf gives the rows of a table value as typed text: code, label, columns.
func rowsOf(p *forms.Param, v any) (rows [][]string) {
	list, _ := v.([]any)
	for _, x := range list {
		m, ok := x.(map[string]any)
		if !ok {
			continue
		}
		row := []string{shown("text", m["code"]), shown("text", m["label"])}
		for _, c := range p.Columns {
			row = append(row, shown(c.Type, m[c.ID]))
		}
		rows = append(rows, row)
	}
	return rows
}
