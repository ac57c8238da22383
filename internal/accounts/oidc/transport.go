package oidc

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"time"
)

// Bounds of one call to a provider.
const (
	callTimeout = 10 * time.Second // whole call
	maxAnswer   = 256 << 10        // bytes of an answer
	maxHeader   = 32 << 10
)

// plain is the transport that calls providers when Config.Transport is nil. It
// uses the operator's proxy, if the environment names one.
func plain() http.RoundTripper {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  callTimeout,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        time.Minute,
		DisableCompression:     true, // nothing to unpack, so no bomb
		ForceAttemptHTTP2:      true,
	}
}

// guard is a transport that lets only such answers through as this package can
// trust to read: whole, bounded, not a redirect, and strict JSON if they claim
// success. It guards the calls that x/oauth2 makes as well as our own.
type guard struct {
	next     http.RoundTripper
	loopback bool
}

func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if !address(r.URL.String(), g.loopback, true) {
		return nil, unavailable(RuleTransport, "an address that is not https")
	}
	resp, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, unavailable(RuleTransport, "no answer: %s", kindOf(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return nil, unavailable(RuleTransport, "the provider redirects our call (status %d)", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, unavailable(RuleTransport, "the answer broke off: %s", kindOf(err))
	}
	if len(body) > maxAnswer {
		return nil, unavailable(RuleTransport, "an answer above %d bytes", maxAnswer)
	}
	if resp.StatusCode == http.StatusOK {
		if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
			return nil, unavailable(RuleTransport, "a packed answer nobody asked for")
		}
		if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "application/json" && kind != "application/jwk-set+json" {
			return nil, unavailable(RuleTransport, "an answer of another type than JSON")
		}
		if _, err := parseProtocol(body); err != nil {
			return nil, unavailable(RuleJSON, "an answer that is no strict JSON: %v", err)
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// kindOf says what kind of network fault it was, without addresses.
func kindOf(err error) string {
	var timeout net.Error
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &cert):
		return "certificate"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "network"
}

// client calls providers.
func (c Config) client() *http.Client {
	return &http.Client{
		Transport: guard{next: c.Transport, loopback: c.Loopback},
		Timeout:   callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// getJSON fetches a JSON object by GET; bearer may be "".
func getJSON(ctx context.Context, c *http.Client, address, bearer string) (object, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, unavailable(RuleTransport, "an address that cannot be")
	}
	r.Header.Set("Accept", "application/json")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := c.Do(r)
	if err != nil {
		return nil, nil, unwrapCall(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body) // bounded by guard
	if err != nil {
		return nil, nil, unavailable(RuleTransport, "the answer broke off")
	}
	if resp.StatusCode != http.StatusOK {
		return nil, nil, unavailable(RuleTransport, "status %d", resp.StatusCode)
	}
	o, err := parseProtocol(body)
	if err != nil {
		return nil, nil, unavailable(RuleJSON, "an answer that is no strict JSON: %v", err)
	}
	return o, body, nil
}

// unwrapCall takes away what net/http and x/oauth2 put around guard's errors,
// which would bring addresses and bodies into the log.
func unwrapCall(err error) error {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	return unavailable(RuleTransport, "no answer: %s", kindOf(err))
}
