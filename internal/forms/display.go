package forms

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"stadttor/internal/money"
	"stadttor/internal/standards/iban"

	"github.com/nyaruka/phonenumbers"
)

func formatCents(n int64) string { return money.Amount(n).String() }

// formatNumber writes thousandths with comma and dots between thousands.
func formatNumber(n int64) string {
	s := formatThousandths(n, ',')
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	whole, frac, has := strings.Cut(s, ",")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "." + whole[i:]
	}
	if has {
		whole += "," + frac
	}
	return sign + whole
}

// formatDay writes "31. März 2026"; unknown parts are left out.
func formatDay(iso string) string {
	if t, err := time.Parse(time.DateOnly, iso); err == nil {
		return fmt.Sprintf("%d. %s %d", t.Day(), monthNames[t.Month()-1], t.Year())
	}
	parts := strings.Split(iso, "-")
	if len(parts) != 3 {
		return iso
	}
	month, err := strconv.Atoi(parts[1])
	if err != nil || month < 1 || month > 12 {
		return parts[0] + " (Tag und Monat unbekannt)"
	}
	return fmt.Sprintf("%s %s (Tag unbekannt)", monthNames[month-1], parts[0])
}

// formatWeekday writes "Montag, 4. Mai 2026".
func formatWeekday(t time.Time) string {
	return weekdayNames[t.Weekday()] + ", " + formatDay(t.Format(time.DateOnly))
}

func formatSize(n int64) string {
	switch {
	case n >= 1<<20:
		return formatNumber((n*10/(1<<20))*100) + " MB"
	case n >= 1<<10:
		return strconv.FormatInt(n/(1<<10), 10) + " KB"
	}
	return strconv.FormatInt(n, 10) + " Byte"
}

func formatDatum(d datum) string {
	switch d.k {
	case kBool:
		if d.n == 1 {
			return "Ja"
		}
		return "Nein"
	case kNumber:
		return formatNumber(d.n)
	case kMoney:
		return formatCents(d.n)
	case kText:
		return d.s
	case kDate:
		return formatDay(dayOf(d.n).Format(time.DateOnly))
	case kList:
		return strings.Join(d.l, ", ")
	}
	return ""
}

// NotGiven is shown for an optional question that was left empty.
const NotGiven = "Nicht angegeben"

// show gives the lines of one answer as people read them.
func (r *run) show(f *Field, v Value, at place) []string {
	if f.Type == Computed {
		if d := r.eval(f.Compute, at); d.k != kMissing {
			return []string{withUnit(formatDatum(d), f.Unit)}
		}
		return []string{"Noch nicht berechnet"}
	}
	if !f.holds(v) {
		return []string{NotGiven}
	}
	switch f.Type {
	case LongText:
		return strings.Split(v.Text, "\n")
	case Number:
		return []string{withUnit(formatNumber(v.Int), f.Unit)}
	case Amount:
		return []string{formatCents(v.Int)}
	case Date:
		return []string{formatDay(v.Text)}
	case Choice:
		return []string{r.optionLabel(f, v.Text)}
	case Choices:
		lines := make([]string, len(v.Codes))
		for i, c := range v.Codes {
			lines[i] = r.optionLabel(f, c)
		}
		return lines
	case YesNo:
		return []string{formatDatum(boolean(v.Bool))}
	case Consent:
		return []string{"Zugestimmt" + r.when(v.At)}
	case AddressType:
		return v.Address.Lines()
	case Phone:
		return []string{formatPhone(v.Text)}
	case IBAN:
		return []string{iban.Format(v.Text)}
	case FileUpload:
		return showFiles(v)
	case Quantities:
		lines := make([]string, 0, len(v.Amounts))
		for _, q := range v.Amounts {
			lines = append(lines, fmt.Sprintf("%d × %s", q.Count, r.optionLabel(f, q.Code)))
		}
		return lines
	}
	return []string{v.Text}
}

// when writes the moment of a consent in the time zone of Env.Today.
func (r *run) when(at *time.Time) string {
	if at == nil {
		return ""
	}
	t := at.In(r.e.Today.Location())
	return fmt.Sprintf(" am %s um %s Uhr", formatDay(t.Format(time.DateOnly)), t.Format("15:04"))
}

func withUnit(s, unit string) string {
	if unit == "" {
		return s
	}
	return s + "\u00a0" + unit
}

func showFiles(v Value) []string {
	switch v.Promise {
	case "later":
		return []string{"Wird nachgereicht"}
	case "post":
		return []string{"Kommt per Post"}
	}
	lines := make([]string, len(v.Files))
	for i, f := range v.Files {
		lines[i] = fmt.Sprintf("%s (%s)", f.Name, formatSize(f.Size))
	}
	return lines
}

// Lines is the address as on an envelope.
func (a *Address) Lines() []string {
	var lines []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			lines = append(lines, s)
		}
	}
	add(a.Street + " " + a.Number)
	add(a.Extra)
	add(a.PLZ + " " + a.Place)
	add(a.Country)
	return lines
}

func formatPhone(s string) string {
	if !strings.HasPrefix(s, "+") { // the fiction of examples
		return s
	}
	if n, err := phonenumbers.Parse(s, "DE"); err == nil {
		if n.GetCountryCode() == 49 {
			return phonenumbers.Format(n, phonenumbers.NATIONAL)
		}
		return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
	}
	return s
}

func formatDecimal(cents int64) string { return money.Amount(cents).Decimal() }
