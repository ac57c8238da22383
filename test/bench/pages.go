package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// hosts are the eleven portals of the Kreis.
var hosts = func() (out []string) {
	for _, s := range []string{"kreis-musterland", "torhausen", "lindenbrueck", "aulenried", "birkenrode", "ebersgrund", "fahlwangen", "gersheide", "hollerbeck", "kaltenrain", "wiesenmuehl"} {
		out = append(out, "service."+s+".localhost")
	}
	return out
}()

// pages measures what citizens read against a bare handler.
func pages(ctx context.Context, b *bench) error {
	p, err := b.copy("pages")
	if err != nil {
		return err
	}
	ours, err := b.demo(ctx, p, server)
	if err != nil {
		return err
	}
	err = func() error {
		service, err := addresses(ours.addr, 20)
		if err != nil {
			return err
		}
		if err := ours.settle(ctx); err != nil {
			return err
		}
		for _, x := range []struct {
			name  string
			least float64
			paths func(host string) []string
		}{
			{"service page, 11 portals × 20 services", .6, func(h string) []string { return service[h] }},
			{"service page, always the same one", .6, func(h string) []string {
				if h != hosts[1] {
					return nil
				}
				return service[h][:1]
			}},
			{"A–Z list, 11 portals", .5, func(string) []string { return []string{"/leistungen"} }},
			{"start page, 11 portals", .5, func(string) []string { return []string{"/"} }},
			{"life situation, 11 portals", .5, func(string) []string { return []string{"/lebenslagen/umzug-wohnen"} }},
		} {
			if err := b.versusBare(ctx, ours, x.name, x.least, x.paths); err != nil {
				return fmt.Errorf("%s: %w", x.name, err)
			}
		}
		return nil
	}()
	return errors.Join(err, ours.stop())
}

// versusBare compares requests for each second of processor time.
func (b *bench) versusBare(ctx context.Context, ours *process, name string, least float64, paths func(host string) []string) error {
	var requests [][]byte
	o := bareOrder{Pages: map[string]bareBody{}}
	size := 0
	for _, h := range hosts {
		for _, path := range paths(h) {
			resp, body, err := fetch(ours.addr, h, path)
			if err != nil {
				return err
			}
			if resp.StatusCode != 200 {
				return fmt.Errorf("%s%s: %s", h, path, resp.Status)
			}
			o.Pages[h+path] = bareBody{resp.Header.Get("Content-Type"), resp.Header.Get("Content-Encoding"), body}
			requests = append(requests, get(h, path))
			size += len(body)
		}
	}
	base, err := bare(ctx, server, o)
	if err != nil {
		return err
	}
	defer func() { _ = base.stop() }()
	r := Row{Name: name, Unit: "requests per CPU second", Least: least}
	var wall [][2]float64
	for range b.rounds {
		var cpu, seen [2]float64
		for i, s := range []*process{ours, base} {
			if cpu[i], seen[i], err = saturate(ctx, s, requests, float64(b.short(3))); err != nil {
				return err
			}
		}
		r.Rounds, wall = append(r.Rounds, cpu), append(wall, seen)
	}
	var a, c []float64
	for _, w := range wall {
		a, c = append(a, w[0]), append(c, w[1])
	}
	r.Note = fmt.Sprintf("%.1f KB each, seen: %.0f and %.0f a second", float64(size)/float64(len(requests))/1000, median(a), median(c))
	b.add(r)
	return nil
}

// saturate sends as fast as answers come; it gives requests per second of the
// server's processor time and per second of the clock.
func saturate(ctx context.Context, s *process, requests [][]byte, seconds float64) (perCPU, perSecond float64, err error) {
	before, err := s.cpu()
	if err != nil {
		return 0, 0, err
	}
	var r loadResult
	if err := child(ctx, "load", client, loadOrder{Addr: s.addr, Conns: 32, Seconds: seconds, Requests: requests, Status: 200}, &r); err != nil {
		return 0, 0, err
	}
	after, err := s.cpu()
	if err != nil {
		return 0, 0, err
	}
	if r.Wrong > 0 {
		return 0, 0, fmt.Errorf("%d wrong answers, the first %s", r.Wrong, r.First)
	}
	return float64(r.Requests) / max(after-before, time.Millisecond).Seconds(), float64(r.Requests) / r.Seconds, nil
}

var serviceLink = regexp.MustCompile(`href="(/leistungen/[a-z0-9-]+)"`)

// addresses lists n service pages of each portal, spread over the alphabet.
func addresses(addr string, n int) (map[string][]string, error) {
	out := map[string][]string{}
	for _, h := range hosts {
		_, body, err := exchange(addr, []byte("GET /leistungen HTTP/1.1\r\nHost: "+h+"\r\n\r\n"))
		if err != nil {
			return nil, err
		}
		var all []string
		for _, m := range serviceLink.FindAllStringSubmatch(string(body), -1) {
			all = append(all, m[1])
		}
		slices.Sort(all)
		all = slices.Compact(all)
		if len(all) < 200 {
			return nil, fmt.Errorf("%s lists %d services, want 200 and more", h, len(all))
		}
		for i := range n {
			out[h] = append(out[h], all[i*len(all)/n])
		}
	}
	return out, nil
}

// questions are what people ask, with endings, errors and words of their own.
var questions = strings.Fields("personalausweis hund sperrmuell umzug geburtsurkunde reisepas heiraten parken führerschein gewerbe bauantrag wohngeld kita " +
	"müll osterfeuer kfz führungszeugnis anmelden ummelden hundesteuer abmelden rente elterngeld schwerbehindertenausweis wohnberechtigungsschein fischereischein " +
	"sperrgut meldebescheinigung kindergeld grundsteuer baum fällen einbürgerung aufenthaltstitel sterbeurkunde namensänderung lohnsteuer tierheim bibliothek")
