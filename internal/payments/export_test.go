package payments

// The mistakes that tests plant to show that they would be found.

// PlantNoAmountCheck takes any amount for the right one.
func PlantNoAmountCheck(s *Service) {
	s.judge = func(f facts, r Report) verdict {
		if r.State == Paid {
			r.Amount = f.payment.Amount
		}
		return judge(f, r)
	}
}

// PlantNoCurrencyCheck takes any currency for euro.
func PlantNoCurrencyCheck(s *Service) {
	s.judge = func(f facts, r Report) verdict { r.Currency = Euro; return judge(f, r) }
}

// PlantForgetful does not know what was paid before; only the unique keys of
// the database stand between a notice that comes twice and a second booking.
func PlantForgetful(s *Service) {
	s.judge = func(f facts, r Report) verdict {
		if f.payment.State == Paid {
			f.payment.State = Begun
		}
		f.payment.Flag, f.payment.Fact, f.payment.Kept, f.satisfied = "", "", 0, false
		return judge(f, r)
	}
}

// PlantForgetsReturned does not know that the Kasse settled the kept money.
func PlantForgetsReturned(s *Service) {
	s.judge = func(f facts, r Report) verdict { f.payment.Returned = 0; return judge(f, r) }
}

// Judge gives the verdict on a report in words, for the table test.
func Judge(p Payment, satisfied bool, r Report) (to State, flag Flag, book string, refund int64) {
	v := judge(facts{payment: p, satisfied: satisfied}, r)
	return v.edge.To, v.flag, string(v.book), int64(v.refund)
}

// Step tells whether who may lead from one state to another.
func Step(from, to State, who Who) bool { _, ok := step(from, to, who); return ok }

// GoodRedirect tells whether a browser would be sent there.
func GoodRedirect(s string) bool { return goodRedirect(s) }
