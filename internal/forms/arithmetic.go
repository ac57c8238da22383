package forms

import (
	"math/bits"
	"slices"
	"time"
)

// apply works out the operations that need all their arguments.
func (r *run) apply(x *Expr, v []datum) datum {
	switch x.op {
	case "not":
		return boolean(!v[0].isTrue())
	case "eq":
		return boolean(v[0].n == v[1].n && v[0].s == v[1].s)
	case "ne":
		return boolean(v[0].n != v[1].n || v[0].s != v[1].s)
	case "lt":
		return boolean(v[0].n < v[1].n)
	case "le":
		return boolean(v[0].n <= v[1].n)
	case "gt":
		return boolean(v[0].n > v[1].n)
	case "ge":
		return boolean(v[0].n >= v[1].n)
	case "in":
		s := v[0].s
		if v[0].k == kDate {
			s = dayOf(v[0].n).Format(time.DateOnly)
		}
		return boolean(slices.Contains(v[1].l, s))
	case "days":
		return datum{k: kNumber, n: (v[1].n - v[0].n) * 1000}
	case "months":
		return datum{k: kNumber, n: monthsBetween(dayOf(v[0].n), dayOf(v[1].n)) * 1000}
	case "years":
		return datum{k: kNumber, n: yearsBetween(dayOf(v[0].n), dayOf(v[1].n)) * 1000}
	case "year":
		return datum{k: kNumber, n: int64(dayOf(v[0].n).Year()) * 1000}
	case "month":
		return datum{k: kNumber, n: int64(dayOf(v[0].n).Month()) * 1000}
	case "weekday": // 1 = Monday … 7 = Sunday, as in ISO 8601
		return datum{k: kNumber, n: (int64(dayOf(v[0].n).Weekday()+6)%7 + 1) * 1000}
	case "easter":
		if y := v[0].n / 1000; y >= 1583 && y <= 9999 {
			return datum{k: kDate, n: dayNumber(EasterSunday(int(y)))}
		}
		return r.outOfRange()
	case "addDays":
		return r.addDays(v[0], v[1].n/1000)
	case "addWorkdays":
		return r.addWorkdays(v[0], v[1].n/1000)
	}
	return r.calculate(x, v)
}

func (r *run) calculate(x *Expr, v []datum) datum {
	out := v[0]
	switch x.op {
	case "add":
		for _, b := range v[1:] {
			out.n += b.n // cannot wrap: every operand is below maxNumber and is checked below
			if !inRange(out.n) {
				return r.outOfRange()
			}
		}
	case "sub":
		out.n -= v[1].n
	case "min":
		for _, b := range v[1:] {
			out.n = min(out.n, b.n)
		}
	case "max":
		for _, b := range v[1:] {
			out.n = max(out.n, b.n)
		}
	case "mul":
		// one factor is a number in thousandths; what is left over below a cent or a thousandth is rounded half up
		if v[1].k == kMoney {
			out.k = kMoney
		}
		n, ok := mulDiv(v[0].n, v[1].n, 1000, "half-up")
		if !ok {
			return r.outOfRange()
		}
		out.n = n
	case "div":
		return r.divide(v[0], v[1], x.mode)
	}
	if !inRange(out.n) {
		return r.outOfRange()
	}
	return out
}

// divide gives whole cents or a whole number, rounded by the rule that the form names.
func (r *run) divide(a, b datum, mode string) datum {
	var n int64
	var ok bool
	switch {
	case a.k == kMoney && b.k == kNumber:
		n, ok = mulDiv(a.n, 1000, b.n, mode)
	default: // same unit on both sides: it cancels out
		n, ok = mulDiv(a.n, 1, b.n, mode)
		if ok {
			n, ok = mulDiv(n, 1000, 1, mode)
		}
	}
	if !ok {
		return r.outOfRange()
	}
	return datum{k: a.kindAfterDiv(b), n: n}
}

func (d datum) kindAfterDiv(by datum) kind {
	if d.k == kMoney && by.k == kNumber {
		return kMoney
	}
	return kNumber
}

func (r *run) outOfRange() datum {
	if r.err == nil {
		r.err = errRange
	}
	return missing
}

func inRange(n int64) bool { return n <= maxNumber && n >= -maxNumber }

// mulDiv is a*b/c with 128 bits between, rounded. ok is false for c = 0 or a result beyond maxNumber.
func mulDiv(a, b, c int64, mode string) (int64, bool) {
	if c == 0 {
		return 0, false
	}
	negative := (a < 0) != (b < 0) != (c < 0)
	ua, ub, uc := abs(a), abs(b), abs(c)
	hi, lo := bits.Mul64(ua, ub)
	if hi >= uc {
		return 0, false
	}
	q, rem := bits.Div64(hi, lo, uc)
	if rem != 0 {
		half := rem > uc-rem || rem == uc-rem
		switch mode {
		case "up": // towards the larger number
			if !negative {
				q++
			}
		case "down": // towards the smaller number
			if negative {
				q++
			}
		case "half-up": // away from zero at the half, the merchant's rule (DIN 1333)
			if half {
				q++
			}
		case "half-even":
			if rem > uc-rem || rem == uc-rem && q%2 == 1 {
				q++
			}
		}
	}
	if q > uint64(maxNumber) {
		return 0, false
	}
	if negative {
		return -int64(q), true
	}
	return int64(q), true
}

func abs(n int64) uint64 {
	if n < 0 {
		return uint64(-(n + 1)) + 1
	}
	return uint64(n)
}

const maxDayStep = 40000 // about a century, bounds the work of addWorkdays

func (r *run) addDays(day datum, n int64) datum {
	if n > maxDayStep || n < -maxDayStep {
		return r.outOfRange()
	}
	day.n += n
	return day
}

// addWorkdays counts Monday to Friday without holidays, as offices do.
func (r *run) addWorkdays(day datum, n int64) datum {
	if n > maxDayStep/10 || n < -maxDayStep/10 {
		return r.outOfRange()
	}
	step := int64(1)
	if n < 0 {
		step, n = -1, -n
	}
	// a calendar that calls every day a holiday must not hang the form
	for left := maxDayStep; n > 0; left-- {
		if left == 0 {
			return r.outOfRange()
		}
		day.n += step
		t := dayOf(day.n)
		if wd := t.Weekday(); wd == time.Saturday || wd == time.Sunday || r.e.Holidays != nil && r.e.Holidays(t) {
			continue
		}
		n--
	}
	return day
}
