package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"stadttor/internal/app"
	"stadttor/internal/catalogue"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
	"stadttor/internal/test/town"
)

// more is the number of tenants that are added to the demonstration.
const more = 1000

// tenants measures what a thousand tenants cost that inherit the library: each
// has a portal of its own, one unit, and has switched on what Torhausen has.
// They come in through the verbs and the import that an operator uses.
func tenants(ctx context.Context, b *bench) error {
	p, err := b.copy("tenants")
	if err != nil {
		return err
	}
	began := time.Now()
	names, offers, err := settle(ctx, p, b.short(more))
	if err != nil {
		return fmt.Errorf("adding tenants: %w", err)
	}
	settled := time.Since(began)
	if b.idle == 0 { // the group "memory" did not run
		if err := memory(ctx, b); err != nil {
			return err
		}
	}
	start := Row{Name: fmt.Sprintf("start with %d more tenants", len(names)), Unit: "s", Most: 20}
	held := Row{Name: fmt.Sprintf("memory of %d more tenants", len(names)), Unit: "MB", Most: 300}
	var first []float64
	for range b.memoryRounds() {
		began := time.Now()
		s, err := b.demo(ctx, p, eager)
		if err != nil {
			return err
		}
		err = func() error {
			for i, path := range []string{"/", "/leistungen"} {
				for _, h := range append(hosts[:len(hosts):len(hosts)], names...) {
					resp, _, err := fetch(s.addr, h, path)
					if err != nil {
						return err
					}
					if resp.StatusCode != 200 {
						return fmt.Errorf("%s%s: %s", h, path, resp.Status)
					}
					if i == 0 && h == hosts[0] {
						first = append(first, time.Since(began).Seconds())
					}
				}
				if i == 0 {
					start.Rounds = append(start.Rounds, [2]float64{time.Since(began).Seconds(), 0})
				}
			}
			// The last one's search waits until all are indexed before it.
			if _, _, err := fetch(s.addr, names[len(names)-1], "/suche?q=umzug"); err != nil {
				return err
			}
			if err := twoHundred(s); err != nil {
				return err
			}
			if err := pause(ctx, b.rest()); err != nil {
				return err
			}
			m, err := rss(s.pid())
			held.Rounds = append(held.Rounds, [2]float64{m - b.idle, 0})
			return err
		}()
		if err = errors.Join(err, s.stop()); err != nil {
			return err
		}
	}
	start.Note = fmt.Sprintf("until every portal has shown its start page; the first one after %.2f s", median(first))
	held.Note = fmt.Sprintf("%.0f KB each, beside %.0f MB without them; %d services each, put in within %.0f s", median(column(held.Rounds))*1000/float64(len(names)), b.idle, offers, settled.Seconds())
	b.add(start)
	b.add(held)
	return nil
}

func column(rounds [][2]float64) (out []float64) {
	for _, x := range rounds {
		out = append(out, x[0])
	}
	return out
}

// settle adds n tenants to the realm of the Kreis and gives their hosts.
func settle(ctx context.Context, p town.Place, n int) (hosts []string, offers int, err error) {
	a, err := town.Open(ctx, p, town.Options{})
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	model, ok := a.Directory.TenantBySlug("torhausen")
	if !ok {
		return nil, 0, errors.New("no Torhausen")
	}
	realm, _ := a.Directory.Realm(model.Realm)
	v, err := a.Catalogue.Published(ctx, model.ID)
	if err != nil {
		return nil, 0, err
	}
	var services []string
	for _, s := range v.Services() {
		if s.Offered {
			services = append(services, s.ID)
		}
	}
	bar := newBar(n, "tenants")
	var list []tenancy.Tenant
	operator := perm.System{Name: "bench"}
	for i := range n {
		t := tenancy.Tenant{Realm: model.Realm, Slug: fmt.Sprintf("ort-%04d", i), Name: fmt.Sprintf("Gemeinde Ort %d", i), Kind: "gemeinde", Sign: sign(i), ARS: fmt.Sprintf("9900199%05d", i), Settings: model.Settings}
		t.Settings.ShortName, t.Settings.Places = fmt.Sprintf("Ort %d", i), []tenancy.Place{{PLZ: fmt.Sprintf("%05d", 200+i%9000), Name: fmt.Sprintf("Ort %d", i)}}
		if t, err = a.Directory.CreateTenant(ctx, operator, t); err != nil {
			return nil, 0, err
		}
		list = append(list, t)
	}
	if err := a.Directory.Reload(ctx); err != nil {
		return nil, 0, err
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex // guards failed
		failed error
	)
	queue := make(chan tenancy.Tenant)
	for range 8 {
		wg.Go(func() {
			for t := range queue {
				if err := furnish(ctx, a, operator, realm, t, services); err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
				}
				bar.step()
			}
		})
	}
	for _, t := range list {
		queue <- t
		hosts = append(hosts, hostOf(t))
	}
	close(queue)
	wg.Wait()
	bar.done()
	return hosts, len(services), failed
}

func hostOf(t tenancy.Tenant) string { return "service." + t.Slug + ".localhost" }

// sign makes three capital letters that no tenant of the demonstration has.
func sign(i int) string {
	return "Q" + string(rune('A'+i/26%26)) + string(rune('A'+i%26))
}

// furnish gives a tenant its portal and, by a transfer file, a unit that is in
// charge of the services.
func furnish(ctx context.Context, a *app.App, operator perm.System, r tenancy.Realm, t tenancy.Tenant, services []string) error {
	portal := tenancy.Portal{Tenant: t.ID, Host: hostOf(t), PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("Serviceportal "+t.ShortName, "")}}
	if err := a.Directory.SavePortal(ctx, operator, t.Scope(), portal); err != nil {
		return fmt.Errorf("portal of %s: %w", t.Slug, err)
	}
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><xzufi:transferNachricht xmlns:xzufi="http://xoev.de/schemata/xzufi/2_2_0" xzufiVersion="2.2.0" produktbezeichnung="Stadttor"><xzufi:nachrichtenkopf><xzufi:nachrichtUUID>` +
		"00000000-0000-4000-8000-000000000000" + `</xzufi:nachrichtUUID><xzufi:erstelltDatumZeit>2026-10-30T06:00:00Z</xzufi:erstelltDatumZeit></xzufi:nachrichtenkopf><xzufi:schreibe><xzufi:organisationseinheit>` +
		`<xzufi:id schemeAgencyID="L999900" schemeID="OE">L999900.OE.` + t.Slug + `.rathaus</xzufi:id><xzufi:name><xzufi:name languageCode="de">Rathaus ` + t.ShortName + `</xzufi:name></xzufi:name>`)
	for _, s := range services {
		b.WriteString(`<xzufi:zustaendigkeit><xzufi:leistungID schemeAgencyID="L999900" schemeID="LB">` + s + `</xzufi:leistungID></xzufi:zustaendigkeit>`)
	}
	b.WriteString(`</xzufi:organisationseinheit></xzufi:schreibe></xzufi:transferNachricht>`)
	rep, err := a.Catalogue.Import(ctx, operator, tenancy.Layer{Realm: r, Tenant: &t}, strings.NewReader(b.String()), catalogue.ImportOptions{Publish: true})
	if err != nil {
		return fmt.Errorf("services of %s: %w", t.Slug, err)
	}
	if rep.Counts["taken"] != 1 {
		return fmt.Errorf("services of %s: %+v", t.Slug, rep)
	}
	return nil
}
