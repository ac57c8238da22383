package payments_test

import (
	"testing"

	"stadttor/internal/money"
	"stadttor/internal/payments"
)

func TestEveryStepThatIsNotInTheTableIsIllegal(t *testing.T) {
	const o, b, w, p, f, c, e = payments.Open, payments.Begun, payments.Pending, payments.Paid, payments.Failed, payments.Cancelled, payments.Expired
	legal := map[payments.Who]map[payments.State][]payments.State{
		payments.ByCitizen:  {o: {b}, b: {c}},
		payments.BySystem:   {o: {c, e}, b: {e}},
		payments.ByProvider: {b: {w, p, f, c}, w: {p, f, c}, f: {p}, c: {p}, e: {p}},
		payments.ByTreasury: {o: {p}},
	}
	n := 0
	for _, who := range []payments.Who{payments.ByCitizen, payments.BySystem, payments.ByProvider, payments.ByTreasury} {
		for _, from := range payments.States() {
			want := map[payments.State]bool{}
			for _, to := range legal[who][from] {
				want[to] = true
				n++
			}
			for _, to := range payments.States() {
				if got := payments.Step(from, to, who); got != want[to] {
					t.Errorf("%s: %s > %s is legal: %v", who, from, to, got)
				}
			}
		}
	}
	if len(payments.Edges()) != n {
		t.Errorf("the table has %d edges, the rules above %d", len(payments.Edges()), n)
	}
}

func TestOnlyAProviderOrTheKasseMakesPaid(t *testing.T) {
	for _, e := range payments.Edges() {
		confirmed := e.Who == payments.ByProvider && (e.Event == "paid" || e.Event == "paid-late") || e.Who == payments.ByTreasury && e.Event == "receive"
		if (e.To == payments.Paid) != confirmed {
			t.Errorf("%+v", e)
		}
		if e.From == payments.Paid {
			t.Errorf("paid is final, but: %+v", e)
		}
	}
}

func TestJudge(t *testing.T) {
	at := func(s payments.State) payments.Payment {
		return payments.Payment{State: s, Amount: 1250, Ref: "r1", Provider: "p"}
	}
	paid := payments.Report{State: payments.Paid, Amount: 1250, Currency: "EUR", Ref: "r1"}
	with := func(r payments.Report, f func(*payments.Report)) payments.Report { f(&r); return r }
	flagged := func(p payments.Payment, f payments.Flag) payments.Payment { p.Flag = f; return p }
	cleared := func(p payments.Payment, fact string) payments.Payment { p.Fact = fact; return p }
	settled := func(refunded money.Amount) payments.Payment { // kept, and settled by the Kasse
		p := cleared(at(payments.Cancelled), "surplus:1250")
		p.Kept, p.Returned, p.Refunded = 1250, 1250, refunded
		return p
	}
	for name, c := range map[string]struct {
		p         payments.Payment
		satisfied bool
		r         payments.Report
		to        payments.State
		flag      payments.Flag
		book      string
		refund    int64
	}{
		"exactly paid":                         {p: at(payments.Begun), r: paid, to: payments.Paid, book: "payment"},
		"paid after pending":                   {p: at(payments.Pending), r: paid, to: payments.Paid, book: "payment"},
		"paid after it had failed":             {p: at(payments.Failed), r: paid, to: payments.Paid, book: "payment"},
		"paid after it expired":                {p: at(payments.Expired), r: paid, to: payments.Paid, book: "payment"},
		"told twice":                           {p: at(payments.Paid), r: paid},
		"one cent too little":                  {p: at(payments.Begun), r: with(paid, func(r *payments.Report) { r.Amount-- }), flag: payments.FlagAmount},
		"one cent too much":                    {p: at(payments.Begun), r: with(paid, func(r *payments.Report) { r.Amount++ }), flag: payments.FlagAmount},
		"the wrong amount told twice":          {p: cleared(flagged(at(payments.Begun), payments.FlagAmount), "amount:1249"), r: with(paid, func(r *payments.Report) { r.Amount-- })},
		"another wrong amount after the first": {p: cleared(flagged(at(payments.Begun), payments.FlagAmount), "amount:1251"), r: with(paid, func(r *payments.Report) { r.Amount-- }), flag: payments.FlagAmount},
		"the wrong amount that was cleared":    {p: cleared(at(payments.Begun), "amount:1249"), r: with(paid, func(r *payments.Report) { r.Amount-- })},
		"another than the one cleared":         {p: cleared(at(payments.Begun), "amount:1251"), r: with(paid, func(r *payments.Report) { r.Amount-- }), flag: payments.FlagAmount},
		"exactly paid after one was cleared":   {p: cleared(at(payments.Begun), "amount:1249"), r: paid, to: payments.Paid, book: "payment"},
		"money given back, told again as paid": {p: settled(0), satisfied: true, r: paid},
		"… and by the provider, too":           {p: settled(0), satisfied: true, r: with(paid, func(r *payments.Report) { r.Refunded = 1250 }), refund: 1250, flag: payments.FlagRefund},
		"… which is told twice":                {p: settled(1250), satisfied: true, r: with(paid, func(r *payments.Report) { r.Refunded = 1250 })},
		"… and then said to have failed":       {p: settled(0), satisfied: true, r: payments.Report{State: payments.Failed, Ref: "r1"}, flag: payments.FlagReversed},
		"corrected after a wrong amount":       {p: flagged(at(payments.Begun), payments.FlagAmount), r: paid, to: payments.Paid, book: "payment"},
		"francs":                               {p: at(payments.Begun), r: with(paid, func(r *payments.Report) { r.Currency = "CHF" }), flag: payments.FlagCurrency},
		"no currency":                          {p: at(payments.Begun), r: with(paid, func(r *payments.Report) { r.Currency = "" }), flag: payments.FlagCurrency},
		"another order's reference":            {p: at(payments.Begun), r: with(paid, func(r *payments.Report) { r.Ref = "r2" }), flag: payments.FlagReference},
		"no reference":                         {p: at(payments.Begun), r: with(paid, func(r *payments.Report) { r.Ref = "" }), flag: payments.FlagReference},
		"demand paid by another attempt":       {p: at(payments.Begun), satisfied: true, r: paid, flag: payments.FlagSurplus, book: "surplus"},
		"… told twice":                         {p: flagged(at(payments.Begun), payments.FlagSurplus), satisfied: true, r: paid},
		"… and given back":                     {p: flagged(at(payments.Begun), payments.FlagSurplus), satisfied: true, r: with(paid, func(r *payments.Report) { r.Refunded = 1250 }), refund: 1250},
		"failed":                               {p: at(payments.Begun), r: payments.Report{State: payments.Failed, Ref: "r1"}, to: payments.Failed},
		"cancelled":                            {p: at(payments.Pending), r: payments.Report{State: payments.Cancelled, Ref: "r1"}, to: payments.Cancelled},
		"pending after failed changes nothing": {p: at(payments.Failed), r: payments.Report{State: payments.Pending, Ref: "r1"}},
		"paid, then said to have failed":       {p: at(payments.Paid), r: payments.Report{State: payments.Failed, Ref: "r1"}, flag: payments.FlagReversed},
		"a part given back":                    {p: at(payments.Paid), r: with(paid, func(r *payments.Report) { r.Refunded = 250 }), refund: 250},
		"more given back than paid":            {p: at(payments.Paid), r: with(paid, func(r *payments.Report) { r.Refunded = 1251 }), flag: payments.FlagRefund},
		"less given back than before":          {p: func() payments.Payment { p := at(payments.Paid); p.Refunded = 250; return p }(), r: paid, flag: payments.FlagRefund},
		"nothing paid yet":                     {p: at(payments.Begun), r: payments.Report{State: payments.Begun, Ref: "r1"}},
		"first answer after a lost one":        {p: func() payments.Payment { p := at(payments.Begun); p.Ref = ""; return p }(), r: paid, to: payments.Paid, book: "payment"},
	} {
		to, flag, book, refund := payments.Judge(c.p, c.satisfied, c.r)
		if to != c.to || flag != c.flag || book != c.book || refund != c.refund {
			t.Errorf("%s: to %q flag %q book %q refund %d, want %q %q %q %d", name, to, flag, book, refund, c.to, c.flag, c.book, c.refund)
		}
	}
}

func TestPurposeFitsEveryProvider(t *testing.T) {
	for in, want := range map[string]string{
		"Sperrgut TOR-2026-000123":            "Sperrgut TOR-2026-000123",
		"Gebühr für Straße & Weg":             "Gebuehr fuer Strasse Weg",
		"  a\x00\tb  ":                        "a b",
		"日本":                                  "",
		"Bewohnerparkausweis TOR-2026-000123": "Bewohnerparkausweis TOR-202",
	} {
		if got := payments.Purpose(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzPurpose(f *testing.F) {
	f.Add("Gebühr für Straße")
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, s string) {
		p := payments.Purpose(s)
		if len(p) > 27 || payments.Purpose(p) != p {
			t.Errorf("%q", p)
		}
		for _, r := range p {
			if r > 'z' {
				t.Errorf("%q", p)
			}
		}
	})
}
