package deliverytest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
)

var rules = []rule{
	{"a receipt means that every byte is there durably", receipt},
	{"the same parcel again is a success and one effect", again},
	{"other content under the same ID is a conflict and changes nothing", other},
	{"a program that dies leaves nothing or the whole, and the next run ends it", crash},
	{"nothing can be seen before all of it can", early},
	{"a source that lies or fails leaves nothing and may be tried again", source},
	{"a run that is called off leaves nothing or the whole", calledOff},
	{"eight runs of one parcel make one effect", race},
	{"parcels of one case lie side by side", siblings},
	{"a parcel that could be misread is refused", invalid},
}

func receipt(c *check) {
	p, parcel := c.open(), Parcel()
	c.must(p, parcel, "first delivery")
	cut(p)
	c.whole(p, parcel, "after the receipt and a power cut")
}

func again(c *check) {
	p, parcel := c.open(), Parcel()
	c.must(p, parcel, "first delivery")
	c.must(p, parcel, "second delivery")
	conn, err := p.Connect(nil)
	if err != nil {
		c.failf("connecting: %v", err)
		return
	}
	for range 2 {
		if _, err := conn.Deliver(c.ctx, parcel); err != nil {
			c.failf("by one connector: %v", err)
		}
	}
	c.whole(p, parcel, "after four deliveries")
}

func other(c *check) {
	for name, change := range map[string]func(*delivery.Parcel){
		"a file's bytes": func(x *delivery.Parcel) {
			x.Files[0] = delivery.Bytes("antrag.pdf", "application/pdf", []byte("other"))
		},
		"one file more": func(x *delivery.Parcel) {
			x.Files = append(x.Files, delivery.Bytes("neu.txt", "text/plain", []byte("n")))
		},
		"one file less": func(x *delivery.Parcel) { x.Files = x.Files[:3] },
		"a file's name": func(x *delivery.Parcel) { x.Files[0].Name = "antrag-2.pdf" },
		"same size, else": func(x *delivery.Parcel) {
			b := content(x.Files[2])
			b[5]++
			x.Files[2] = delivery.Bytes(x.Files[2].Name, x.Files[2].Type, b)
		},
	} {
		p, parcel := c.open(), Parcel()
		c.must(p, parcel, "first delivery")
		second := parcel
		second.Files = append([]delivery.File(nil), parcel.Files...)
		change(&second)
		if _, err := c.deliver(p, second); !errs.Is(err, errs.KindConflict) {
			c.failf("%s: want a conflict, got %v", name, err)
		}
		c.whole(p, parcel, name)
	}
}

// maxSteps bounds the crash sweep.
const maxSteps = 500

func crash(c *check) {
	for n := 0; n < maxSteps; n++ {
		p, parcel := c.open(), Parcel()
		var mu sync.Mutex
		count, where := 0, ""
		conn, err := p.Connect(func(name string) error {
			mu.Lock()
			defer mu.Unlock()
			count++
			if count > n {
				if where == "" {
					where = name
				}
				return ErrDied
			}
			return nil
		})
		if err != nil {
			c.failf("connecting: %v", err)
			return
		}
		_, err = conn.Deliver(c.ctx, parcel)
		if where == "" { // it came through: every step has had its crash
			if n == 0 {
				c.failf("the connector takes no step: Connect must pass step on")
			} else if err != nil {
				c.failf("without a crash: %v", err)
			}
			return
		}
		acknowledged := err == nil
		cut(p)
		if there := c.seen(p, parcel, "died before "+where); acknowledged && !there {
			c.failf("died before %s: a receipt was given, the parcel is not there", where)
		}
		c.must(p, parcel, "next run after dying before "+where)
		cut(p)
		c.whole(p, parcel, "next run after dying before "+where)
		if len(c.found) > 20 {
			return
		}
	}
	c.failf("more than %d steps", maxSteps)
}

func early(c *check) {
	for i := range Parcel().Files {
		p, parcel := c.open(), Parcel()
		looked := false
		slow := with(parcel, i, func(honest []byte) (io.ReadCloser, error) {
			return &hooked{Reader: bytes.NewReader(honest), after: len(honest) / 2, hook: func() error {
				looked = true
				c.absent(p, parcel, "while "+parcel.Files[i].Name+" is read")
				return nil
			}}, nil
		})
		c.must(p, slow, "slow source")
		if !looked {
			c.failf("%s was never read", parcel.Files[i].Name)
		}
		c.whole(p, parcel, "slow source")
	}
}

var errSource = errors.New("source failed")

func source(c *check) {
	for name, lie := range map[string]func(honest []byte) (io.ReadCloser, error){
		"does not open": func([]byte) (io.ReadCloser, error) { return nil, errSource },
		"fails half way": func(b []byte) (io.ReadCloser, error) {
			return &hooked{Reader: bytes.NewReader(b), after: len(b) / 2, hook: func() error { return errSource }}, nil
		},
		"is shorter": func(b []byte) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b[:len(b)-1])), nil },
		"is longer":  func(b []byte) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(append(b, 'x'))), nil },
		"has other bytes": func(b []byte) (io.ReadCloser, error) {
			b = bytes.Clone(b)
			b[len(b)/2]++
			return io.NopCloser(bytes.NewReader(b)), nil
		},
	} {
		for _, i := range []int{0, 2} {
			p, parcel := c.open(), Parcel()
			if _, err := c.deliver(p, with(parcel, i, lie)); err == nil {
				c.failf("source %s: a receipt was given", name)
			}
			c.absent(p, parcel, "source "+name)
			c.must(p, parcel, "honest run after a source that "+name)
			c.whole(p, parcel, "honest run after a source that "+name)
		}
	}
}

func calledOff(c *check) {
	p, parcel := c.open(), Parcel()
	ctx, cancel := context.WithCancel(c.ctx)
	cancel()
	conn, err := p.Connect(nil)
	if err != nil {
		c.failf("connecting: %v", err)
		return
	}
	if _, err := conn.Deliver(ctx, parcel); err == nil {
		c.whole(p, parcel, "called off before the start, yet acknowledged")
	} else {
		c.seen(p, parcel, "called off before the start")
	}
	parcel = Parcel()
	ctx, cancel = context.WithCancel(c.ctx)
	defer cancel()
	half := with(parcel, 2, func(b []byte) (io.ReadCloser, error) {
		return &hooked{Reader: bytes.NewReader(b), after: len(b) / 2, hook: func() error { cancel(); return nil }}, nil
	})
	if _, err := conn.Deliver(ctx, half); err == nil {
		c.whole(p, parcel, "called off half way, yet acknowledged")
	} else {
		c.seen(p, parcel, "called off half way")
	}
	c.must(p, parcel, "next run")
	c.whole(p, parcel, "next run")
}

func race(c *check) {
	p, parcel := c.open(), Parcel()
	shared, err := p.Connect(nil)
	if err != nil {
		c.failf("connecting: %v", err)
		return
	}
	// Two runs meet in the middle of a file, unless the connector lets only one
	// at a time come so far.
	var met atomic.Int32
	gate := make(chan struct{})
	meeting := with(parcel, 2, func(b []byte) (io.ReadCloser, error) {
		return &hooked{Reader: bytes.NewReader(b), after: len(b) / 2, hook: func() error {
			if met.Add(1) == 2 {
				close(gate)
			}
			select {
			case <-gate:
			case <-time.After(200 * time.Millisecond):
			}
			return nil
		}}, nil
	})
	var wg sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		wg.Go(func() {
			if i%2 == 0 {
				_, results[i] = shared.Deliver(c.ctx, meeting)
			} else {
				_, results[i] = c.deliver(p, meeting)
			}
		})
	}
	wg.Wait()
	done := 0
	for _, err := range results {
		switch {
		case err == nil:
			done++
		case !errs.Is(err, errs.KindUnavailable):
			c.failf("want success or unavailable, got %v", err)
		}
	}
	if done == 0 {
		c.failf("none of eight runs came through: %v", results[0])
	}
	cut(p)
	c.whole(p, parcel, "after eight runs")
	c.must(p, parcel, "ninth run")
	c.whole(p, parcel, "ninth run")
}

func siblings(c *check) {
	p, first := c.open(), Parcel()
	second := Parcel()
	second.Case, second.Number, second.Event = first.Case, first.Number, delivery.Decided
	second.Files = second.Files[:2]
	third := Parcel()
	for _, x := range []delivery.Parcel{first, second, third} {
		c.must(p, x, "delivery of "+x.Event)
	}
	for _, x := range []delivery.Parcel{first, second, third} {
		c.whole(p, x, x.Event)
	}
	if list, err := p.Visible(); err != nil || len(list) != 3 {
		c.failf("want 3 parcels, the partner lists %d (%v)", len(list), err)
	}
}

func invalid(c *check) {
	for name, change := range map[string]func(*delivery.Parcel){
		"a name that climbs":        func(x *delivery.Parcel) { x.Files[0].Name = "../antrag.pdf" },
		"a name with a folder":      func(x *delivery.Parcel) { x.Files[0].Name = "a/b.pdf" },
		"a hidden name":             func(x *delivery.Parcel) { x.Files[0].Name = ".antrag.pdf" },
		"the manifest's name":       func(x *delivery.Parcel) { x.Files[0].Name = "Parcel.JSON" },
		"a name twice":              func(x *delivery.Parcel) { x.Files[1].Name = "ANTRAG.pdf" },
		"a device name":             func(x *delivery.Parcel) { x.Files[0].Name = "nul.pdf" },
		"an ID that is none":        func(x *delivery.Parcel) { x.ID = "../../x" },
		"a number with a slip":      func(x *delivery.Parcel) { x.Number = "TOR-2026-3333-333X" },
		"a number that climbs":      func(x *delivery.Parcel) { x.Number = ident.Number("../" + string(x.Number)) },
		"no file":                   func(x *delivery.Parcel) { x.Files = nil },
		"a file without a checksum": func(x *delivery.Parcel) { x.Files[0].SHA256 = "" },
	} {
		p, parcel := c.open(), Parcel()
		change(&parcel)
		if _, err := c.deliver(p, parcel); !errs.Is(err, errs.KindInvalid) {
			c.failf("%s: want invalid, got %v", name, err)
		}
		if list, err := p.Visible(); err != nil || len(list) != 0 {
			c.failf("%s: the partner lists %d parcels (%v)", name, len(list), err)
		}
	}
}
