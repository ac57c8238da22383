package citizen

import (
	"testing"
	"time"

	"stadttor/internal/catalogue"
	"stadttor/internal/clock"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, clock.Berlin)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOpenAt(t *testing.T) {
	hours := []catalogue.Hours{{Day: "MO", From: "08:00", To: "12:00"}, {Day: "MO", From: "14:00", To: "16:00"}, {Day: "DO", From: "08:00:00", To: "18:00:00"}, {Day: "SA", From: "20:00", To: "24:00"}}
	for name, c := range map[string]struct {
		hours       []catalogue.Hours
		now         string
		open        bool
		until, next string
	}{
		"open from the first minute":                  {hours, "2026-11-30 08:00", true, "2026-11-30 12:00", ""},
		"closed from the last":                        {hours, "2026-11-30 12:00", false, "", "2026-11-30 14:00"},
		"closed over the weekend":                     {hours, "2026-11-29 10:00", false, "", "2026-11-30 08:00"},
		"open until midnight":                         {hours, "2026-11-28 23:59", true, "2026-11-29 00:00", ""},
		"closed on a Monday that is Easter Monday":    {hours, "2027-03-29 09:00", false, "", "2027-04-01 08:00"},
		"Ascension Day is a Thursday and closed":      {hours, "2027-05-06 09:00", false, "", "2027-05-08 20:00"},
		"Whit Monday":                                 {hours, "2027-05-17 09:00", false, "", "2027-05-20 08:00"},
		"Christmas Day is skipped":                    {[]catalogue.Hours{{Day: "FR", From: "08:00", To: "12:00"}}, "2026-12-25 09:00", false, "", ""}, // 1 January is closed, too
		"the day the clocks go forward":               {[]catalogue.Hours{{Day: "SO", From: "01:00", To: "04:00"}}, "2027-03-28 03:30", true, "2027-03-28 04:00", ""},
		"no hours at all":                             {nil, "2026-11-30 09:00", false, "", ""},
		"hours that end before they begin are none":   {[]catalogue.Hours{{Day: "MO", From: "12:00", To: "08:00"}}, "2026-11-30 09:00", false, "", ""},
		"hours that are no time are none":             {[]catalogue.Hours{{Day: "MO", From: "ab:cd", To: "8"}}, "2026-11-30 09:00", false, "", ""},
		"of two that overlap the later end counts":    {[]catalogue.Hours{{Day: "MO", From: "08:00", To: "10:00"}, {Day: "MO", From: "09:00", To: "11:00"}}, "2026-11-30 09:30", true, "2026-11-30 11:00", ""},
		"the next opening is the earliest of the day": {[]catalogue.Hours{{Day: "MO", From: "14:00", To: "16:00"}, {Day: "MO", From: "08:00", To: "10:00"}}, "2026-11-29 09:30", false, "", "2026-11-30 08:00"},
	} {
		t.Run(name, func(t *testing.T) {
			o := openAt(c.hours, at(t, c.now))
			if o.Open != c.open {
				t.Errorf("open %v", o.Open)
			}
			for what, x := range map[string]struct {
				got  time.Time
				want string
			}{"until": {o.Until, c.until}, "next": {o.Next, c.next}} {
				if x.got.IsZero() != (x.want == "") || x.want != "" && !x.got.Equal(at(t, x.want)) {
					t.Errorf("%s %v, want %q", what, x.got, x.want)
				}
			}
		})
	}
}

func TestEasterOfKnownYears(t *testing.T) {
	for y, want := range map[int]string{1954: "04-18", 1981: "04-19", 2024: "03-31", 2026: "04-05", 2027: "03-28", 2038: "04-25", 2049: "04-18"} {
		if got := easter(y).Format("01-02"); got != want {
			t.Errorf("%d: %s, want %s", y, got, want)
		}
	}
}

func TestAnAnswerIsTrueUntilItChanges(t *testing.T) {
	hours := []catalogue.Hours{{Day: "MO", From: "08:00", To: "12:00"}}
	for now, want := range map[string]string{"2026-11-30 09:00": "2026-11-30 12:00", "2026-11-30 07:00": "2026-11-30 08:00", "2026-11-29 07:00": "2026-11-30 00:00", "2026-12-02 07:00": "2026-12-03 00:00"} {
		if got := openAt(hours, at(t, now)).change(at(t, now)); !got.Equal(at(t, want)) {
			t.Errorf("%s: until %v, want %s", now, got, want)
		}
	}
}
