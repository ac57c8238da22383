package forms

import (
	"regexp"
	"strings"
)

// placeholder is {param:x}, {field:x}, {entry:x}, {today} or {fee} inside of a text.
var placeholder = regexp.MustCompile(`\{(?:(param|field|entry):([a-z][a-z0-9_.]*)|(today|fee))\}`)

// placeholderGap stands where a value is not known yet.
const placeholderGap = "…"

// expand fills the placeholders of a text. Values go in as plain text; whoever shows the text escapes it.
func (r *run) expand(text string, at place) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return placeholder.ReplaceAllStringFunc(text, func(m string) string {
		parts := placeholder.FindStringSubmatch(m)
		kind, id := parts[1], parts[2]
		switch {
		case parts[3] == "today":
			if r.e.Today.IsZero() {
				return placeholderGap
			}
			return formatDatum(datum{k: kDate, n: dayNumber(r.e.Today)})
		case parts[3] == "fee":
			if total, _, err := r.fee(); err == nil {
				return total.String()
			}
			return placeholderGap
		case kind == "param":
			if p := r.d.params[id]; p != nil {
				if d := r.paramDatum(p); d.k != kMissing {
					return formatDatum(d)
				}
			}
			return placeholderGap
		case kind == "field":
			return r.expandField(id)
		}
		return r.expandEntry(id, at)
	})
}

func (r *run) expandField(id string) string {
	id, part, _ := strings.Cut(id, ".")
	f := r.d.fields[id]
	if f == nil || !r.fieldShown(f) {
		return placeholderGap
	}
	if part == "" && f.Type != Computed && f.Type != Group {
		if v := r.a[id]; f.holds(v) {
			return strings.Join(r.show(f, v, place{}), ", ")
		}
		return placeholderGap
	}
	if f.Type == Group {
		return placeholderGap
	}
	if d := r.fieldDatum(f, part); d.k != kMissing {
		return withUnit(formatDatum(d), f.Unit)
	}
	return placeholderGap
}

// expandEntry reads a field of the entry that the text stands in.
func (r *run) expandEntry(id string, at place) string {
	if at.entry == nil {
		return placeholderGap
	}
	own, _, _ := strings.Cut(id, ".")
	f := at.group.sub(own)
	x := named("entry", id)
	x.field = f
	if d := at.entry(x); d.k != kMissing {
		if f != nil && f.Type == Choice {
			return r.optionLabel(f, d.s)
		}
		return formatDatum(d)
	}
	return placeholderGap
}

// sub finds a field of a repeat group by its own id.
func (f *Field) sub(id string) *Field {
	if f == nil {
		return nil
	}
	for i := range f.Fields {
		if f.Fields[i].ID == id {
			return &f.Fields[i]
		}
	}
	return nil
}
