package citizen

import (
	"strings"
	"time"

	"stadttor/internal/catalogue"
	"stadttor/internal/clock"
	"stadttor/internal/web/locale"
)

// opening is whether a facility is open at a moment.
type opening struct {
	Open    bool
	Note    string    // of the running span: "nur mit Termin"
	Until   time.Time // open: when it closes
	Next    time.Time // closed: when it opens next; zero: not within two weeks
	Holiday bool      // today is a public holiday of the whole country
}

// dayCodes in the order of time.Weekday.
var dayCodes = [...]string{"SO", "MO", "DI", "MI", "DO", "FR", "SA"}

// openAt reads the opening hours at a moment, in legal time. On the nine public
// holidays of the whole country everything is closed; those of a Land are not
// known here.
func openAt(hours []catalogue.Hours, now time.Time) opening {
	here := now.In(clock.Berlin)
	out := opening{Holiday: holiday(here)}
	for day := range 14 {
		date := here.AddDate(0, 0, day)
		if holiday(date) {
			continue
		}
		for _, h := range hours {
			if h.Day != dayCodes[date.Weekday()] {
				continue
			}
			from, to := onDay(date, h.From), onDay(date, h.To)
			if from.IsZero() || !to.After(from) {
				continue
			}
			switch {
			case !now.Before(from) && now.Before(to):
				if !out.Open || to.After(out.Until) {
					out.Open, out.Until, out.Note = true, to, h.Note
				}
			case now.Before(from) && (out.Next.IsZero() || from.Before(out.Next)):
				out.Next = from
			}
		}
		if out.Open {
			out.Next = time.Time{}
			break
		}
		if !out.Next.IsZero() {
			break
		}
	}
	return out
}

// change is when the answer of openAt stops being true.
func (o opening) change(now time.Time) time.Time {
	if o.Open {
		return o.Until
	}
	midnight := clock.EndOf(clock.Date(now)).Add(time.Microsecond) // "heute" and "morgen" change
	if !o.Next.IsZero() && o.Next.Before(midnight) {
		return o.Next
	}
	return midnight
}

// onDay is the time of day on a date, zero if it is none. "24:00" is midnight.
func onDay(date time.Time, hhmm string) time.Time {
	if len(hhmm) < 5 {
		return time.Time{}
	}
	y, m, d := date.Date()
	if hhmm[:5] == "24:00" {
		return time.Date(y, m, d+1, 0, 0, 0, 0, clock.Berlin)
	}
	t, err := time.Parse("15:04", hhmm[:5])
	if err != nil {
		return time.Time{}
	}
	return time.Date(y, m, d, t.Hour(), t.Minute(), 0, 0, clock.Berlin)
}

// holiday says whether a date is one of the nine public holidays that all
// Länder have.
func holiday(date time.Time) bool {
	y, m, d := date.Date()
	switch {
	case m == time.January && d == 1, m == time.May && d == 1, m == time.October && d == 3, m == time.December && (d == 25 || d == 26):
		return true
	}
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	switch int(day.Sub(easter(y)).Hours()) / 24 {
	case 1, 39, 50: // Ostermontag, Christi Himmelfahrt, Pfingstmontag
		return true
	}
	return day.Equal(easter(y).AddDate(0, 0, -2)) // Karfreitag
}

// easter is Easter Sunday of the Gregorian calendar (Gauß, as corrected by
// Lichtenberg).
func easter(y int) time.Time {
	k := y / 100
	m := 15 + (3*k+3)/4 - (8*k+13)/25
	s := 2 - (3*k+3)/4
	a := y % 19
	d := (19*a + m) % 30
	r := (d + a/11) / 29
	og := 21 + d - r
	sz := 7 - (y+y/4+s)%7
	return time.Date(y, time.March, og+7-(og-sz)%7, 0, 0, 0, 0, time.UTC)
}

// hoursRow is one day of the table.
type hoursRow struct {
	Day   string
	Times []string
}

// openLine says whether a facility is open now.
type openLine struct {
	Known bool // there are opening hours
	Open  bool
	Text  string // until when, or when it opens again; may be empty
}

// week is the table from Monday to Sunday; days without a word are closed. Nil
// when there are no hours at all.
func week(p locale.Printer, hours []catalogue.Hours) []hoursRow {
	if len(hours) == 0 {
		return nil
	}
	var rows []hoursRow
	for i := 1; i <= 7; i++ {
		code := dayCodes[i%7]
		row := hoursRow{Day: p.T("citizen.day." + strings.ToLower(code))}
		for _, h := range hours {
			if h.Day != code {
				continue
			}
			span := p.T("citizen.hours.span", "from", clockText(h.From), "to", clockText(h.To))
			if h.Note != "" {
				span += " (" + h.Note + ")"
			}
			row.Times = append(row.Times, span)
		}
		if len(row.Times) == 0 {
			row.Times = []string{p.T("citizen.hours.closed")}
		}
		rows = append(rows, row)
	}
	return rows
}

// clockText writes "07:30" for "07:30:00" (DIN 5008).
func clockText(s string) string {
	if len(s) > 5 {
		s = s[:5]
	}
	return s
}

// openText says until when it is open, or when it opens again; nothing when no
// hour within two weeks is known.
func openText(p locale.Printer, o opening, now time.Time) string {
	switch {
	case o.Open:
		out := p.T("citizen.hours.open", "until", p.Clock(o.Until))
		if o.Note != "" {
			out += " (" + o.Note + ")"
		}
		return out
	case o.Next.IsZero():
		return ""
	}
	when := p.Weekday(o.Next) + ", " + p.Date(o.Next)
	switch clock.Date(o.Next).Sub(clock.Date(now)) {
	case 0:
		when = p.T("citizen.hours.today")
	case 24 * time.Hour:
		when = p.T("citizen.hours.tomorrow")
	}
	key := "citizen.hours.opens"
	if o.Holiday {
		key = "citizen.hours.holiday"
	}
	return p.T(key, "day", when, "time", p.Clock(o.Next))
}
