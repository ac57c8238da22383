package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// starts measures from the call of the program, on a world that is there
// already, to the first page: a service page, and a search, which waits for the
// index of its portal.
func starts(ctx context.Context, b *bench) error {
	p, err := b.copy("start")
	if err != nil {
		return err
	}
	r := Row{Name: "warm start to the first service page", Unit: "s", Most: 2}
	q := Row{Name: "warm start to the first answered search", Unit: "s"}
	path := ""
	for range 2*b.rounds + 1 {
		began := time.Now()
		s, err := b.demo(ctx, p, eager)
		if err != nil {
			return err
		}
		err = func() error {
			if path == "" { // the first start is not counted: the file of the program is read from disk
				list, err := addresses(s.addr, 1)
				if err == nil {
					path = list[hosts[1]][0]
				}
				return err
			}
			for _, x := range []struct {
				row  *Row
				path string
			}{{&r, path}, {&q, "/suche?q=umzug"}} {
				resp, _, err := fetch(s.addr, hosts[1], x.path)
				if err != nil {
					return err
				}
				if resp.StatusCode != 200 {
					return fmt.Errorf("%s: %s", x.path, resp.Status)
				}
				x.row.Rounds = append(x.row.Rounds, [2]float64{time.Since(began).Seconds(), 0})
			}
			return nil
		}()
		if err = errors.Join(err, s.stop()); err != nil {
			return err
		}
	}
	b.add(r)
	b.add(q)
	return nil
}
