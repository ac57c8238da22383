package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

// searchPages measures the result page at 200 requests a second.
func searchPages(ctx context.Context, b *bench) error {
	p, err := b.copy("search")
	if err != nil {
		return err
	}
	ours, err := b.demo(ctx, p, serverRT)
	if err != nil {
		return err
	}
	err = func() error {
		var here, all, suggest [][]byte
		for i := range len(hosts) * len(questions) { // the two lengths share no factor
			h, q := hosts[i%len(hosts)], url.QueryEscape(questions[i%len(questions)])
			here = append(here, get(h, "/suche?q="+q))
			all = append(all, get(h, "/suche?portale=alle&q="+q))
			suggest = append(suggest, get(h, "/suche/vorschlaege?q="+q[:min(len(q), 4)]))
		}
		base, err := bare(ctx, serverRT, bareOrder{Pages: map[string]bareBody{hosts[0] + "/suche": {Type: "text/html", Body: make([]byte, 6000)}}})
		if err != nil {
			return err
		}
		defer func() { _ = base.stop() }()
		for _, x := range []struct {
			name     string
			most     float64
			requests [][]byte
		}{{"search page, p99 at 200/s, 11 portals", 10, here}, {"search page over all portals, p99 at 50/s", 0, all}, {"suggestions, p99 at 200/s", 0, suggest}} {
			rate := 200
			if &x.requests[0] == &all[0] {
				rate = 50
			}
			if err := b.latency(ctx, ours, base, x.name, x.most, rate, 200, x.requests); err != nil {
				return fmt.Errorf("%s: %w", x.name, err)
			}
		}
		return nil
	}()
	return errors.Join(err, ours.stop())
}

// latency measures p99 at a fixed rate, and that of the bare handler beside it:
// what the machine itself adds in these seconds.
func (b *bench) latency(ctx context.Context, ours, base *process, name string, most float64, rate, status int, requests [][]byte) error {
	if err := warm(ctx, ours, requests, status); err != nil {
		return err
	}
	r := Row{Name: name, Unit: "ms", Most: most}
	var p50, busy []float64
	for range b.rounds {
		before, err := ours.cpu()
		if err != nil {
			return err
		}
		var a, c loadResult
		o := loadOrder{Addr: ours.addr, Conns: 32, Seconds: float64(b.short(5)), Rate: rate, Requests: requests, Status: status}
		if err := child(ctx, "load", clientRT, o, &a); err != nil {
			return err
		}
		after, err := ours.cpu()
		if err != nil {
			return err
		}
		o.Addr, o.Requests, o.Status = base.addr, [][]byte{get(hosts[0], "/suche")}, 200
		if err := child(ctx, "load", clientRT, o, &c); err != nil {
			return err
		}
		if a.Wrong+c.Wrong > 0 {
			return fmt.Errorf("%d wrong answers, the first %s", a.Wrong+c.Wrong, a.First+c.First)
		}
		r.Rounds = append(r.Rounds, [2]float64{a.P99, c.P99})
		p50 = append(p50, a.P50)
		busy = append(busy, (after-before).Seconds()*1000/float64(a.Requests))
	}
	r.Note = fmt.Sprintf("p50 %.1f ms, %.2f ms of CPU each", median(p50), median(busy))
	b.add(r)
	return nil
}

// warm asks everything twice.
func warm(ctx context.Context, s *process, requests [][]byte, status int) error {
	var r loadResult
	o := loadOrder{Addr: s.addr, Conns: 8, Status: status}
	for _, request := range append(requests[:len(requests):len(requests)], requests...) {
		o.Chains = append(o.Chains, [][]byte{request})
	}
	if err := child(ctx, "load", clientRT, o, &r); err != nil {
		return err
	}
	if r.Wrong > 0 {
		return fmt.Errorf("%d wrong answers, the first %s", r.Wrong, r.First)
	}
	return nil
}
