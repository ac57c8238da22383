package payments

import "stadttor/internal/money"

// facts is what is known here before a report is judged.
type facts struct {
	payment Payment
	// satisfied: the demand was paid by another attempt, or dropped.
	satisfied bool
}

// verdict is what follows from a report. The zero verdict changes nothing.
type verdict struct {
	edge   Edge // zero: the state stays
	flag   Flag
	book   bookingKind
	refund money.Amount // given back since the last report
}

func (v verdict) empty() bool { return v == verdict{} }

// judge decides what a provider's report means for a payment. Pure: the same
// facts and report give the same verdict, and a report that was already
// followed gives the empty one.
func judge(f facts, r Report) verdict {
	p := f.payment
	if r.Ref == "" || (p.Ref != "" && r.Ref != p.Ref) {
		return raise(p, FlagReference)
	}
	kept := p.State == Paid || p.Flag == FlagSurplus // its money is in the ledger
	if r.State != Paid {
		if kept {
			return raise(p, FlagReversed)
		}
		e, _ := step(p.State, r.State, ByProvider)
		return verdict{edge: e}
	}
	switch {
	case r.Currency != Euro:
		return raise(p, FlagCurrency)
	case r.Amount != p.Amount:
		return raise(p, FlagAmount)
	}
	v := verdict{}
	if !kept {
		e, legal := step(p.State, Paid, ByProvider)
		switch {
		case f.satisfied || !legal:
			v = raise(p, FlagSurplus)
			v.book = bookSurplus
		default:
			v.edge, v.book = e, bookPayment
		}
	}
	switch {
	case r.Refunded < p.Refunded || r.Refunded > r.Amount:
		if v.flag == "" {
			v.flag = raise(p, FlagRefund).flag
		}
	case r.Refunded > p.Refunded:
		v.refund = r.Refunded - p.Refunded
	}
	return v
}

// raise flags a payment that does not have the flag yet. Money to give back
// stays the first thing said.
func raise(p Payment, f Flag) verdict {
	if p.Flag == f || p.Flag == FlagSurplus {
		return verdict{}
	}
	return verdict{flag: f}
}
