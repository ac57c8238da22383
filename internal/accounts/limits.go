package accounts

import (
	"time"

	"stadttor/internal/perm"
)

// limit of a session: the longest life and the longest pause, exactly as in
// TR-03160-1 table 2.
type limit struct{ life, idle time.Duration }

func limits(kind string, l perm.Level) limit {
	if kind == KindStaff {
		return limit{10 * time.Hour, 60 * time.Minute} // a working day; re-checked by the tenant's own rules later
	}
	switch l {
	case perm.LevelHigh:
		return limit{30 * time.Minute, 5 * time.Minute}
	case perm.LevelSubstantial:
		return limit{2 * time.Hour, 30 * time.Minute}
	}
	return limit{12 * time.Hour, 60 * time.Minute}
}

// alive reports whether a session may still be used.
func alive(kind string, l perm.Level, created, seen, now time.Time) bool {
	x := limits(kind, l)
	return now.Before(created.Add(x.life)) && now.Before(seen.Add(x.idle))
}
