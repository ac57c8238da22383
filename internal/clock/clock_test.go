package clock

import (
	"testing"
	"time"
)

func TestDayEndsWithLegalMidnight(t *testing.T) {
	for name, c := range map[string]struct{ day, end string }{
		"winter":                          {"2026-12-01", "2026-12-01T22:59:59.999999Z"},
		"summer":                          {"2026-07-01", "2026-07-01T21:59:59.999999Z"},
		"day on which summer time starts": {"2026-03-29", "2026-03-29T21:59:59.999999Z"},
		"day on which summer time ends":   {"2026-10-25", "2026-10-25T22:59:59.999999Z"},
	} {
		t.Run(name, func(t *testing.T) {
			day, _ := time.Parse(time.DateOnly, c.day)
			end := EndOf(day)
			if got := end.Format(time.RFC3339Nano); got != c.end {
				t.Errorf("end %s, want %s", got, c.end)
			}
			if !Date(end).Equal(day) || Date(end.Add(time.Microsecond)).Equal(day) {
				t.Error("the last moment belongs to the day, the next one does not")
			}
		})
	}
}
