package accounts

import (
	"fmt"
	"strings"
	"time"

	"stadttor/internal/perm"
)

// limit of a session: the longest life and the longest pause.
type limit struct{ life, idle time.Duration }

// citizenLimits is TR-03160-1 table 2. Life and pause count over the account
// host and all portals together.
var citizenLimits = [...]limit{
	perm.LevelNone:        {12 * time.Hour, 60 * time.Minute}, // as Basis: no session has it
	perm.LevelBasis:       {12 * time.Hour, 60 * time.Minute},
	perm.LevelSubstantial: {2 * time.Hour, 30 * time.Minute},
	perm.LevelHigh:        {30 * time.Minute, 5 * time.Minute},
}

// staffLimit is a working day.
var staffLimit = limit{10 * time.Hour, 60 * time.Minute}

func limits(kind string, l perm.Level) limit {
	if kind == KindStaff {
		return staffLimit
	}
	return citizenLimits[min(int(l), len(citizenLimits)-1)]
}

// alive reports whether a session may still be used: until the very moment at
// which life or pause is over, not at it.
func alive(kind string, l perm.Level, created, seen, now time.Time) bool {
	x := limits(kind, l)
	return now.Before(created.Add(x.life)) && now.Before(seen.Add(x.idle))
}

// touchAfter is how old the last-seen mark may grow before it is written again:
// one read per page, few writes. A session may therefore end by a sixtieth of
// its pause too early, never too late.
func touchAfter(l perm.Level) time.Duration { return limits(KindCitizen, l).idle / 60 }

// idleSQL is the longest pause in microseconds by the column level.
var idleSQL = func() string {
	var b strings.Builder
	b.WriteString("CASE level")
	for l, x := range citizenLimits {
		fmt.Fprintf(&b, " WHEN %d THEN %d", l, x.idle.Microseconds())
	}
	b.WriteString(" ELSE 0 END")
	return b.String()
}()
