package forms

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// row is one row of a table parameter.
type row struct {
	code, label string
	values      map[string]datum
}

// maxParamRows bounds a table or calendar of one tenant.
const maxParamRows = 2000

var paramCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// CheckParams checks what a tenant wants to set: unknown names, wrong types, values out of bounds. Missing ones are no
// error, they keep their default. values come from JSON (numbers as float64, int, int64 or json.Number).
func (d *Definition) CheckParams(values map[string]any) []Finding {
	var out []Finding
	for _, id := range sortedKeys(values) {
		p := d.params[id]
		if p == nil {
			out = append(out, Finding{Error, "params/" + id, "param-unknown", fmt.Sprintf("Den Parameter „%s“ kennt dieses Formular nicht.", id)})
			continue
		}
		if _, err := p.read(values[id]); err != nil {
			out = append(out, Finding{Error, "params/" + id, "param-value", fmt.Sprintf("„%s“: %v", p.Label, err)})
		}
	}
	return out
}

// value is the tenant's value of a parameter, or its default where the tenant set none or a wrong one.
func (r *run) value(p *Param) any {
	if v, ok := r.params[p.ID]; ok {
		return v
	}
	v, err := p.read(r.e.Params[p.ID])
	if r.e.Params[p.ID] == nil || err != nil {
		v, _ = p.read(p.Default)
	}
	r.params[p.ID] = v
	return v
}

func (r *run) paramDatum(p *Param) datum {
	if d, ok := r.value(p).(datum); ok {
		return d
	}
	return missing
}

func (r *run) rows(p *Param) []row {
	rows, _ := r.value(p).([]row)
	return rows
}

func (r *run) lookup(p *Param, key datum, column string) datum {
	if key.k == kMissing {
		return missing
	}
	for _, w := range r.rows(p) {
		if w.code != key.s {
			continue
		}
		switch column {
		case "code":
			return datum{k: kText, s: w.code}
		case "label":
			return datum{k: kText, s: w.label}
		}
		return w.values[column]
	}
	return missing
}

// read turns JSON into a datum or, for a table, into []row. The errors are German and meant for the tenant's editor.
func (p *Param) read(v any) (any, error) {
	switch p.Type {
	case "amount", "number":
		d, err := scalar(p.Type, v)
		if err != nil {
			return nil, err
		}
		low, high := p.Min, p.Max
		n := d.n
		if p.Type == "number" {
			n /= 1000
		}
		if low != nil && n < *low {
			return nil, fmt.Errorf("mindestens %s", p.show(*low))
		}
		if high != nil && n > *high {
			return nil, fmt.Errorf("höchstens %s", p.show(*high))
		}
		return d, nil
	case "dates":
		list, ok := v.([]any)
		if !ok {
			return nil, fmt.Errorf("eine Liste von Tagen wie 2026-03-31")
		}
		if len(list) > maxParamRows {
			return nil, fmt.Errorf("höchstens %d Tage", maxParamRows)
		}
		d := datum{k: kList, l: make([]string, 0, len(list))}
		for _, x := range list {
			day, err := scalar("date", x)
			if err != nil {
				return nil, err
			}
			d.l = append(d.l, dayOf(day.n).Format(time.DateOnly))
		}
		return d, nil
	case "table":
		return p.readTable(v)
	}
	return scalar(p.Type, v)
}

func (p *Param) show(n int64) string {
	if p.Type == "amount" {
		return formatCents(n)
	}
	return strconv.FormatInt(n, 10)
}

func (p *Param) readTable(v any) (any, error) {
	list, ok := v.([]any)
	if !ok || len(list) > maxParamRows {
		return nil, fmt.Errorf("eine Tabelle mit höchstens %d Zeilen", maxParamRows)
	}
	rows := make([]row, 0, len(list))
	seen := map[string]bool{}
	for i, x := range list {
		m, ok := x.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("Zeile %d ist keine Zeile mit Spalten", i+1)
		}
		w := row{values: map[string]datum{}}
		w.code, _ = m["code"].(string)
		w.label, _ = m["label"].(string)
		if !paramCode.MatchString(w.code) || w.label == "" || seen[w.code] {
			return nil, fmt.Errorf("Zeile %d braucht ein eigenes Kürzel (Buchstaben, Ziffern) und eine Bezeichnung", i+1)
		}
		seen[w.code] = true
		known := 2
		for _, c := range p.Columns {
			value, ok := m[c.ID]
			if !ok {
				return nil, fmt.Errorf("in Zeile %d fehlt „%s“", i+1, c.Label)
			}
			d, err := scalar(c.Type, value)
			if err != nil {
				return nil, fmt.Errorf("Zeile %d, „%s“: %w", i+1, c.Label, err)
			}
			if (c.Type == "amount" || c.Type == "number") && d.n < 0 {
				return nil, fmt.Errorf("Zeile %d, „%s“: nicht kleiner als 0", i+1, c.Label)
			}
			w.values[c.ID] = d
			known++
		}
		if len(m) != known {
			return nil, fmt.Errorf("Zeile %d hat eine unbekannte Spalte", i+1)
		}
		rows = append(rows, w)
	}
	return rows, nil
}

func scalar(typ string, v any) (datum, error) {
	switch typ {
	case "amount":
		n, ok := whole(v)
		if !ok || !inRange(n) {
			return missing, fmt.Errorf("ein Betrag in ganzen Cent")
		}
		return datum{k: kMoney, n: n}, nil
	case "number":
		if s, ok := v.(json.Number); ok {
			if n, ok := parseThousandths(s.String()); ok {
				return datum{k: kNumber, n: n}, nil
			}
		} else if f, ok := v.(float64); ok && math.Abs(f) < 1e12 && math.Round(f*1000)/1000 == f {
			return datum{k: kNumber, n: int64(math.Round(f * 1000))}, nil
		} else if n, ok := whole(v); ok && n < 1e12 && n > -1e12 {
			return datum{k: kNumber, n: n * 1000}, nil
		}
		return missing, fmt.Errorf("eine Zahl mit höchstens drei Nachkommastellen")
	case "text":
		if s, ok := v.(string); ok && s != "" && len(s) <= 2000 {
			return datum{k: kText, s: s}, nil
		}
		return missing, fmt.Errorf("ein Text")
	case "yesno":
		if b, ok := v.(bool); ok {
			return boolean(b), nil
		}
		return missing, fmt.Errorf("Ja oder Nein")
	case "date":
		if s, ok := v.(string); ok {
			if t, err := time.Parse(time.DateOnly, s); err == nil {
				return datum{k: kDate, n: dayNumber(t)}, nil
			}
		}
		return missing, fmt.Errorf("ein Tag wie 2026-03-31")
	}
	return missing, fmt.Errorf("unbekannte Art „%s“", typ)
}

// whole reads a whole number as the JSON decoders of Go give it.
func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case float64:
		if n == math.Trunc(n) && math.Abs(n) <= 1e15 {
			return int64(n), true
		}
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	}
	return 0, false
}
