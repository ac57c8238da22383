package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
)

// transferred is what a browser reports of one first view.
type transferred struct {
	URL     string
	Width   int
	Bytes   float64
	Files   int
	Status  int
	Foreign []string
}

// transfer counts what headless Chromium with an empty cache transfers for a
// service page, with headers, compressed as it comes: page, style sheets,
// scripts, and only those fonts and pictures that it really loads.
func transfer(ctx context.Context, b *bench) error {
	p, err := b.copy("transfer")
	if err != nil {
		return err
	}
	s, err := b.demo(ctx, p, anywhere)
	if err != nil {
		return err
	}
	err = func() error {
		pages, err := addresses(s.addr, b.short(6))
		if err != nil {
			return err
		}
		_, port, err := net.SplitHostPort(s.addr)
		if err != nil {
			return err
		}
		args := []string{"test/bench/transfer.mjs"}
		for _, h := range []string{hosts[1], hosts[5]} {
			for _, path := range pages[h] {
				args = append(args, "http://"+h+":"+port+path)
			}
		}
		cmd := exec.CommandContext(ctx, "node", args...)
		cmd.Stderr = os.Stderr
		text, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("browser (make setup installs it): %w", err)
		}
		most := Row{Name: "first view of a service page, the largest of some", Unit: "KB", Most: 100}
		foreign := Row{Name: "hosts besides the portal's own", Unit: "hosts", None: true}
		var all []float64
		hosts := map[string]bool{}
		for d := json.NewDecoder(bytes.NewReader(text)); ; {
			var t transferred
			if err := d.Decode(&t); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return err
			}
			if t.Status != 200 {
				return fmt.Errorf("%s: %d", t.URL, t.Status)
			}
			all = append(all, t.Bytes/1000)
			if t.Bytes/1000 > most.Ours {
				most.Ours, most.Note = t.Bytes/1000, fmt.Sprintf("%d files at %d px", t.Files, t.Width)
			}
			for _, f := range t.Foreign {
				hosts[f] = true
			}
		}
		if len(all) != 2*(len(args)-1) {
			return fmt.Errorf("%d views measured, want %d", len(all), 2*(len(args)-1))
		}
		most.Note += fmt.Sprintf("; median of %d views %.1f KB", len(all), median(all))
		foreign.Ours = float64(len(hosts))
		b.add(most)
		b.add(foreign)
		return nil
	}()
	return errors.Join(err, s.stop())
}
