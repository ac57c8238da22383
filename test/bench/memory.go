package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// idleFor is how long the program is left alone before its memory is read.
const idleFor = 30 * time.Second

// memory measures what the demonstration holds after a warm start, 200 pages and
// half a minute of rest: resident memory as the system counts it, the pages of
// the program file in it included.
func memory(ctx context.Context, b *bench) error {
	p, err := b.copy("memory")
	if err != nil {
		return err
	}
	r := Row{Name: "idle memory of the demo after 200 pages and 30 s", Unit: "MB", Most: 120}
	var fresh, read []float64
	for range b.memoryRounds() {
		s, err := b.demo(ctx, p, anywhere)
		if err != nil {
			return err
		}
		var m [3]float64
		err = func() error {
			if m[0], err = rss(s.pid()); err != nil {
				return err
			}
			if err := twoHundred(s); err != nil {
				return err
			}
			if m[1], err = rss(s.pid()); err != nil {
				return err
			}
			if err := pause(ctx, b.rest()); err != nil {
				return err
			}
			m[2], err = rss(s.pid())
			return err
		}()
		if err = errors.Join(err, s.stop()); err != nil {
			return err
		}
		fresh, read = append(fresh, m[0]), append(read, m[1])
		r.Rounds = append(r.Rounds, [2]float64{m[2], 0})
	}
	r.Note = fmt.Sprintf("%.0f MB when it began to listen, %.0f MB after the pages", median(fresh), median(read))
	b.add(r)
	b.idle = b.rows[len(b.rows)-1].Ours
	return nil
}

// memoryRounds are fewer: what is measured hardly varies.
func (b *bench) memoryRounds() int { return (b.rounds + 1) / 2 }

// rest is idleFor, or with -quick as short as the program needs to tidy up.
func (b *bench) rest() time.Duration {
	if b.quick {
		return idleFor * 2 / 3
	}
	return idleFor
}

// twoHundred reads 200 pages as citizens do: all kinds, at all portals.
func twoHundred(s *process) error {
	service, err := addresses(s.addr, 14)
	if err != nil {
		return err
	}
	var list [][2]string
	for _, h := range hosts {
		for _, path := range append([]string{"/", "/leistungen", "/einrichtungen", "/suche?q=umzug"}, service[h]...) {
			list = append(list, [2]string{h, path})
		}
	}
	for n := range 200 {
		x := list[n%len(list)]
		resp, _, err := fetch(s.addr, x[0], x[1])
		if err != nil {
			return err
		}
		if resp.StatusCode != 200 {
			return fmt.Errorf("%s%s: %s", x[0], x[1], resp.Status)
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
