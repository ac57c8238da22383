package payments

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"stadttor/internal/money"
)

// facts is what is known here before a report is judged.
type facts struct {
	payment Payment
	// satisfied: the demand was paid by another attempt, or dropped.
	satisfied bool
	// awaited: the Kasse said that the provider gives the kept money back.
	awaited bool
}

// verdict is what follows from a report. The zero verdict changes nothing.
type verdict struct {
	edge   Edge   // zero: the state stays
	fact   string // what of the report is in doubt, known or not; "" for nothing
	flag   Flag   // raised now
	book   bookingKind
	refund money.Amount // given back since the last report …
	from   string       // … out of this account
}

// empty: there is nothing to record. A doubt that is known is nothing new.
func (v verdict) empty() bool {
	return v.edge == Edge{} && v.flag == "" && v.book == "" && v.refund == 0
}

// judge decides what a provider's report means for a payment. Pure: the same
// facts and report give the same verdict, and a report that was already
// followed gives an empty one.
func judge(f facts, r Report) verdict {
	p := f.payment
	if r.Ref == "" || (p.Ref != "" && r.Ref != p.Ref) {
		return raise(p, FlagReference, sign(r.Ref, 200))
	}
	kept := p.State == Paid || p.keeps() // its money is in the ledger
	if r.State != Paid {
		if kept {
			return raise(p, FlagReversed, string(r.State))
		}
		e, _ := step(p.State, r.State, ByProvider)
		return verdict{edge: e}
	}
	switch {
	case r.Currency != Euro:
		return raise(p, FlagCurrency, sign(r.Currency, 8))
	case r.Amount != p.Amount:
		return raise(p, FlagAmount, cents(r.Amount))
	}
	v := verdict{}
	if !kept {
		e, legal := step(p.State, Paid, ByProvider)
		switch {
		case f.satisfied || !legal:
			v = raise(p, FlagSurplus, cents(r.Amount))
			v.book = bookSurplus
		default:
			v.edge, v.book = e, bookPayment
		}
	}
	doubt := func() {
		if v.fact == "" {
			x := raise(p, FlagRefund, cents(r.Refunded))
			v.fact, v.flag = x.fact, x.flag
		}
	}
	switch {
	case r.Refunded < p.Refunded || r.Refunded > r.Amount:
		doubt()
	case r.Refunded > p.Refunded:
		v.refund, v.from = r.Refunded-p.Refunded, AccountRefund
		switch {
		case p.Returned > 0:
			v.from = AccountOutside // it left AccountKeeping when the Kasse settled it
			if !f.awaited {
				doubt() // settled elsewhere, and now by the provider too
			}
		case p.keeps() || v.book == bookSurplus:
			v.from = AccountKeeping
		}
	}
	return v
}

// keeps reports whether the payment's money is in the ledger without a demand.
func (p Payment) keeps() bool { return p.Kept > 0 || p.Flag == FlagSurplus }

// raise flags a doubt that is not known yet. Known is the one that stands, and
// the one that a human cleared, until a report says anything else: so the same
// fact does not come back at each turn of the job, and a new one does. Money to
// give back stays the first thing said.
func raise(p Payment, f Flag, value string) verdict {
	v := verdict{fact: string(f) + ":" + value}
	if p.Fact != v.fact && p.Flag != FlagSurplus {
		v.flag = f
	}
	return v
}

// stands is the fact that is remembered after a report: what is open stays, and
// what was cleared as long as the provider says the same. That it takes long
// (FlagSlow) stays true until the state changes.
func stands(p Payment, v verdict) string {
	switch {
	case v.flag != "":
		return v.fact
	case p.Flag != "" || v.fact != "":
		return p.Fact
	case strings.HasPrefix(p.Fact, string(FlagSlow)+":") && v.edge == Edge{}:
		return p.Fact
	}
	return ""
}

func cents(a money.Amount) string { return strconv.FormatInt(int64(a), 10) }

// sign is a provider's word as part of a fact: itself if it is printable ASCII
// of at most so many signs, else a digest.
func sign(s string, most int) string {
	if s == "" || word(s, most) {
		return s
	}
	d := sha256.Sum256([]byte(s))
	return "#" + hex.EncodeToString(d[:8])
}
