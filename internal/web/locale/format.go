package locale

import (
	"strconv"
	"strings"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/money"
)

var (
	germanMonths  = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
	englishMonths = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	germanDays    = [...]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
	englishDays   = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
)

// Date writes the day in Europe/Berlin: "3. März 2027", "3 March 2027".
// The zero time is empty.
func (p Printer) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(clock.Berlin)
	if p.Lang() == English {
		return strconv.Itoa(t.Day()) + " " + englishMonths[t.Month()-1] + " " + strconv.Itoa(t.Year())
	}
	return strconv.Itoa(t.Day()) + ". " + germanMonths[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// Weekday writes the day of the week in Europe/Berlin: "Mittwoch".
func (p Printer) Weekday(t time.Time) string {
	day := t.In(clock.Berlin).Weekday()
	if p.Lang() == English {
		return englishDays[day]
	}
	return germanDays[day]
}

// ShortDate writes "03.03.2027" (DIN 5008), for tables. The zero time is empty.
func (p Printer) ShortDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if p.Lang() == English {
		return t.In(clock.Berlin).Format("02/01/2006")
	}
	return t.In(clock.Berlin).Format("02.01.2006")
}

// Clock writes the time of day in Europe/Berlin: "14:05 Uhr", "14:05".
func (p Printer) Clock(t time.Time) string {
	if p.Lang() == English {
		return t.In(clock.Berlin).Format("15:04")
	}
	return t.In(clock.Berlin).Format("15:04") + " Uhr"
}

// DateTime writes "3. März 2027, 14:05 Uhr". The zero time is empty.
func (p Printer) DateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.Date(t) + ", " + p.Clock(t)
}

// Machine writes the value of a datetime attribute: RFC 3339 with Berlin's offset.
func (p Printer) Machine(t time.Time) string { return t.In(clock.Berlin).Format(time.RFC3339) }

// Money writes "1.234,50 €" with a no-break space; English "€1,234.50".
func (p Printer) Money(a money.Amount) string {
	if p.Lang() != English {
		return a.String()
	}
	amount := a.Decimal()
	sign := ""
	if amount[0] == '-' {
		sign, amount = "−", amount[1:]
	}
	euros, cents, _ := strings.Cut(amount, ".")
	return sign + "€" + groupDigits(euros, ",") + "." + cents
}

// Number writes "12.345"; numbers below 10,000 stay ungrouped (DIN 5008).
func (p Printer) Number(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "−", -n
	}
	if n < 10_000 {
		return sign + strconv.FormatInt(n, 10)
	}
	if p.Lang() == English {
		return sign + groupDigits(strconv.FormatInt(n, 10), ",")
	}
	return sign + groupDigits(strconv.FormatInt(n, 10), ".")
}

// groupDigits sets a sign between thousands.
func groupDigits(digits, sign string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + sign + digits[i:]
	}
	return digits
}

// Bytes writes a file size for people: "812 KB", "1,4 MB" (1 KB = 1,000 bytes).
func (p Printer) Bytes(n int64) string {
	point := ","
	if p.Lang() == English {
		point = "."
	}
	switch {
	case n < 1000:
		return strconv.FormatInt(max(n, 0), 10) + " Byte"
	case n < 999_500:
		return strconv.FormatInt((n+500)/1000, 10) + " KB"
	}
	tenths := (n + 50_000) / 100_000
	return strconv.FormatInt(tenths/10, 10) + point + strconv.FormatInt(tenths%10, 10) + " MB"
}
