package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"stadttor/internal/test/town"
)

// formSteps measures one page of the form assistant, shown and saved, with
// dozens of people filling in at the same time.
func formSteps(ctx context.Context, b *bench) error {
	p, err := b.copy("form")
	if err != nil {
		return err
	}
	ours, err := b.demo(ctx, p, serverRT)
	if err != nil {
		return err
	}
	err = func() error {
		var show, save [][]byte
		for _, host := range hosts {
			for i := range 6 {
				g, s, err := applicant(ours.addr, host, i)
				if errors.Is(err, errNotOffered) {
					break
				}
				if err != nil {
					return err
				}
				show, save = append(show, g), append(save, s)
			}
		}
		if len(show) < 12 {
			return fmt.Errorf("%d people could begin the form, want 12 and more", len(show))
		}
		base, err := bare(ctx, serverRT, bareOrder{Pages: map[string]bareBody{hosts[0] + "/suche": {Type: "text/html", Body: make([]byte, 6000)}}})
		if err != nil {
			return err
		}
		defer func() { _ = base.stop() }()
		if err := b.latency(ctx, ours, base, "form step shown, p99 at 200/s", 15, 200, http.StatusOK, show); err != nil {
			return err
		}
		return b.latency(ctx, ours, base, "form step saved, p99 at 200/s", 25, 200, http.StatusSeeOther, save)
	}()
	return errors.Join(err, ours.stop())
}

// errNotOffered says that a portal does not have the form, or wants to know of
// the fire earlier than others.
var errNotOffered = errors.New("not offered")

// applicant begins a form at a portal and gives the raw requests that show and
// save a page of it.
func applicant(addr, host string, n int) (show, save []byte, err error) {
	cookies := map[string]string{}
	post := func(path string, v url.Values) []byte {
		body := v.Encode()
		return []byte("POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + asBrowser + "Origin: http://" + host + "\r\n" + cookie(cookies) +
			"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	}
	base := "/antrag/" + town.Form
	resp, body, err := exchange(addr, post(base, url.Values{}))
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode == http.StatusNotFound {
		return nil, nil, errNotOffered
	}
	if resp.StatusCode != http.StatusSeeOther {
		return nil, nil, fmt.Errorf("beginning a form at %s: %s %.300s", host, resp.Status, body)
	}
	for _, c := range resp.Cookies() {
		cookies[c.Name] = c.Value
	}
	pages := town.Pages(time.Now(), n+1)
	for _, p := range pages[:1] {
		resp, body, err := exchange(addr, post(base+"/"+p.Name, p.Values))
		if err != nil {
			return nil, nil, err
		}
		if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusUnprocessableEntity {
			return nil, nil, errNotOffered // shown again with what is wrong: a longer deadline
		}
		if resp.StatusCode != http.StatusSeeOther {
			return nil, nil, fmt.Errorf("page %s at %s: %s %.300s", p.Name, host, resp.Status, body)
		}
	}
	step := base + "/" + pages[1].Name
	return []byte("GET " + step + " HTTP/1.1\r\nHost: " + host + "\r\n" + asBrowser + cookie(cookies) + "\r\n"), post(step, pages[1].Values), nil
}

func cookie(c map[string]string) string {
	var list []string
	for k, v := range c {
		list = append(list, k+"="+v)
	}
	if len(list) == 0 {
		return ""
	}
	return "Cookie: " + strings.Join(list, "; ") + "\r\n"
}
