package forms

import "time"

// dayNumber counts days since 1 January 1970 of the date that t shows in its own zone.
func dayNumber(t time.Time) int64 {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// dayOf is the reverse of dayNumber, midnight UTC.
func dayOf(n int64) time.Time { return time.Unix(n*86400, 0).UTC() }

// EasterSunday is the date of Easter in the Gregorian calendar (Gauss's rule as completed by Lichtenberg), midnight UTC.
func EasterSunday(year int) time.Time {
	a := year % 19
	b, c := year/100, year%100
	d, e := b/4, b%4
	f := (b + 8) / 25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	month := (h + l - 7*m + 114) / 31
	day := (h+l-7*m+114)%31 + 1
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// monthsBetween counts whole months from a to b, negative if b lies before a.
func monthsBetween(a, b time.Time) int64 {
	if b.Before(a) {
		return -monthsBetween(b, a)
	}
	n := int64(b.Year()-a.Year())*12 + int64(b.Month()-a.Month())
	if b.Day() < a.Day() && !lastOfMonth(b) {
		n--
	}
	return n
}

// yearsBetween counts birthdays: someone born on 29 February has one on 1 March of a common year (§ 188 BGB).
func yearsBetween(a, b time.Time) int64 {
	if b.Before(a) {
		return -yearsBetween(b, a)
	}
	n := int64(b.Year() - a.Year())
	if b.Month() < a.Month() || b.Month() == a.Month() && b.Day() < a.Day() {
		n--
	}
	return n
}

func lastOfMonth(t time.Time) bool { return t.AddDate(0, 0, 1).Month() != t.Month() }

var monthNames = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}

var weekdayNames = [...]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
