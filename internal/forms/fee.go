package forms

import (
	"fmt"

	"stadttor/internal/money"
)

// FeeLine is one line of the fee as worked out.
type FeeLine struct {
	ID       string
	Label    string
	Quantity int64 // pieces
	Unit     money.Amount
	Amount   money.Amount
	Register string
}

// Fee works out what the answers cost, by the tenant's own rates. Whether it is paid on-line is Definition.Payment.
// It fails while answers are missing that a line needs, and when a calculation leaves its bounds or a fee is negative;
// the error holds ids only.
func (d *Definition) Fee(a Answers, e Env) (money.Amount, []FeeLine, error) {
	return newRun(d, a, e).fee()
}

func (r *run) fee() (money.Amount, []FeeLine, error) {
	if r.paying {
		return 0, nil, fmt.Errorf("fee of form %s names itself", r.d.ID)
	}
	r.paying = true
	defer func() { r.paying = false }()
	var total money.Amount
	var lines []FeeLine
	for i := range r.d.Fees {
		rule := &r.d.Fees[i]
		if rule.When != nil {
			switch w := r.eval(rule.When, place{}); {
			case w.k == kMissing:
				return 0, nil, fmt.Errorf("fee line %s of form %s: answers are missing", rule.ID, r.d.ID)
			case w.isFalse():
				continue
			}
		}
		line := FeeLine{ID: rule.ID, Quantity: 1, Register: rule.Register}
		if rule.Quantity != nil {
			q := r.eval(rule.Quantity, place{})
			if q.k != kNumber {
				return 0, nil, fmt.Errorf("fee line %s of form %s: answers are missing", rule.ID, r.d.ID)
			}
			if q.n%1000 != 0 || q.n < 0 {
				return 0, nil, fmt.Errorf("fee line %s of form %s: quantity is not a whole number", rule.ID, r.d.ID)
			}
			if line.Quantity = q.n / 1000; line.Quantity == 0 {
				continue
			}
		}
		unit := r.eval(rule.Unit, place{})
		if unit.k != kMoney {
			return 0, nil, fmt.Errorf("fee line %s of form %s: answers are missing", rule.ID, r.d.ID)
		}
		amount, ok := mulDiv(unit.n, line.Quantity, 1, "down")
		if !ok || amount < 0 {
			return 0, nil, fmt.Errorf("fee line %s of form %s: %w", rule.ID, r.d.ID, errRange)
		}
		line.Unit, line.Amount = money.Amount(unit.n), money.Amount(amount)
		line.Label = r.expand(rule.Label, place{})
		var err error
		if total, err = money.Add(total, line.Amount); err != nil {
			return 0, nil, fmt.Errorf("fee of form %s: %w", r.d.ID, err)
		}
		lines = append(lines, line)
	}
	if r.err != nil {
		return 0, nil, fmt.Errorf("fee of form %s: %w", r.d.ID, r.err)
	}
	return total, lines, nil
}
