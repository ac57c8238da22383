package deliverytest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"stadttor/internal/delivery"
	"stadttor/internal/ident"
)

// Partner is the receiving side, empty at first, as the suite sees it.
type Partner interface {
	// Connect gives a connector to this partner as a freshly started program
	// would have it. step is called before each effect on the partner (a
	// write, a rename, a request); when it returns an error the program has
	// died there: nothing more may reach the partner, not even tidying up.
	// step may be nil. Without a call of step the crash rule cannot run, and
	// that is a finding.
	Connect(step func(name string) error) (delivery.Connector, error)
	// Content gives the files of a parcel that a reader of the partner would
	// take now; found is false while nothing of it can be seen. Files that the
	// connector adds (a manifest) may be among them.
	Content(n ident.Number, id ident.ParcelID) (files map[string][]byte, found bool, err error)
	// Visible lists the parcels that can be seen, one entry for each copy.
	Visible() ([]ident.ParcelID, error)
}

// PowerCutter is a Partner that can lose power: what it did not keep durably is
// gone. With it the suite finds a receipt that was given too early.
type PowerCutter interface{ PowerCut() }

// ErrDied is what step returns when the program has died.
var ErrDied = errors.New("the program died here")

// Finding is a broken promise.
type Finding struct{ Rule, Text string }

// Run checks a connector; each rule is a subtest with a partner of its own.
func Run(t *testing.T, open func(t testing.TB) Partner) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, f := range r.findings(t.Context(), func() Partner { return open(t) }) {
				t.Error(f)
			}
		})
	}
}

// Check is Run without a testing.T: it gives the findings.
func Check(ctx context.Context, open func() Partner) (out []Finding) {
	for _, r := range rules {
		for _, f := range r.findings(ctx, open) {
			out = append(out, Finding{r.name, f})
		}
	}
	return out
}

type rule struct {
	name string
	run  func(c *check)
}

func (r rule) findings(ctx context.Context, open func() Partner) []string {
	c := &check{ctx: ctx, open: open}
	r.run(c)
	return c.found
}

// check collects what one rule finds.
type check struct {
	ctx   context.Context
	open  func() Partner
	found []string
}

func (c *check) failf(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

// deliver sends by a fresh connector.
func (c *check) deliver(p Partner, parcel delivery.Parcel) (delivery.Receipt, error) {
	conn, err := p.Connect(nil)
	if err != nil {
		return delivery.Receipt{}, err
	}
	return conn.Deliver(c.ctx, parcel)
}

// must delivers and wants a receipt.
func (c *check) must(p Partner, parcel delivery.Parcel, when string) {
	r, err := c.deliver(p, parcel)
	switch {
	case err != nil:
		c.failf("%s: %v", when, err)
	case r.Ref == "":
		c.failf("%s: receipt without a reference", when)
	case len(r.Ref) > 200:
		c.failf("%s: reference of %d bytes", when, len(r.Ref))
	}
}

func cut(p Partner) {
	if x, ok := p.(PowerCutter); ok {
		x.PowerCut()
	}
}

// whole wants the parcel once, with exactly the bytes that were sent.
func (c *check) whole(p Partner, parcel delivery.Parcel, when string) {
	if !c.seen(p, parcel, when) {
		c.failf("%s: the partner does not have the parcel", when)
	}
}

// absent wants nothing of the parcel to be seen.
func (c *check) absent(p Partner, parcel delivery.Parcel, when string) {
	files, found, err := p.Content(parcel.Number, parcel.ID)
	if err != nil {
		c.failf("%s: reading the partner: %v", when, err)
	}
	if found {
		c.failf("%s: %d files can be seen", when, len(files))
	}
	if n := c.copies(p, parcel, when); n != 0 {
		c.failf("%s: the partner lists the parcel", when)
	}
}

// seen reports whether the parcel is there; if it is, it must be whole.
func (c *check) seen(p Partner, parcel delivery.Parcel, when string) bool {
	files, found, err := p.Content(parcel.Number, parcel.ID)
	if err != nil {
		c.failf("%s: reading the partner: %v", when, err)
		return false
	}
	n := c.copies(p, parcel, when)
	if !found {
		if n != 0 {
			c.failf("%s: the partner lists the parcel and shows nothing of it", when)
		}
		return false
	}
	if n != 1 {
		c.failf("%s: the partner has the parcel %d times", when, n)
	}
	for _, f := range parcel.Files {
		got, ok := files[f.Name]
		if !ok {
			c.failf("%s: %s is missing", when, f.Name)
		} else if want := content(f); string(got) != string(want) {
			c.failf("%s: %s has other bytes (%d, want %d)", when, f.Name, len(got), len(want))
		}
	}
	return true
}

func (c *check) copies(p Partner, parcel delivery.Parcel, when string) (n int) {
	list, err := p.Visible()
	if err != nil {
		c.failf("%s: listing the partner: %v", when, err)
	}
	for _, id := range list {
		if id == parcel.ID {
			n++
		}
	}
	return n
}
