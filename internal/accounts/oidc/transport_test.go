package oidc

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/errs"
)

// overTLS is a provider behind a real socket.
func overTLS(t *testing.T, trusted bool, around func(http.Handler) http.Handler) (*world, Settings) {
	t.Helper()
	w := newWorld(t)
	srv := httptest.NewUnstartedServer(around(w.p))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up are the point
	srv.StartTLS()
	t.Cleanup(srv.Close)
	next := plain().(*http.Transport)
	t.Cleanup(next.CloseIdleConnections)
	if trusted {
		next.TLSClientConfig.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	}
	w.kind = New(Config{Clock: w.clock, Transport: next})
	s := honest()
	s.Issuer, w.p.issuer = srv.URL, srv.URL
	return w, s
}

func TestOverARealSocket(t *testing.T) {
	pass := func(h http.Handler) http.Handler { return h }
	t.Run("an honest sign-in", func(t *testing.T) {
		w, s := overTLS(t, true, pass)
		s.Userinfo = true
		if _, err := w.signIn(w.connect(s), attempt(), nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("a certificate nobody vouches for", func(t *testing.T) {
		w, s := overTLS(t, false, pass)
		err := w.connect(s).Check(t.Context())
		if !errs.Is(err, errs.KindUnavailable) || broken(err) != RuleTransport || !strings.Contains(err.Error(), "certificate") {
			t.Error(err)
		}
	})
	t.Run("an answer that breaks off", func(t *testing.T) {
		w, s := overTLS(t, true, func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Content-Length", "1000")
				_, _ = w.Write([]byte(`{"issuer":`))
			})
		})
		if err := w.connect(s).Check(t.Context()); broken(err) != RuleTransport {
			t.Error(err)
		}
	})
	t.Run("headers without end", func(t *testing.T) {
		w, s := overTLS(t, true, func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X", strings.Repeat("a", 2*maxHeader))
				send(w, `{}`)
			})
		})
		if err := w.connect(s).Check(t.Context()); broken(err) != RuleTransport {
			t.Error(err)
		}
	})
	t.Run("the person goes away", func(t *testing.T) {
		w, s := overTLS(t, true, pass)
		m := w.connect(s)
		a := attempt()
		b, err := m.Begin(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		a.Keep = b.Keep
		back := w.p.authorize(t, b.Redirect)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := m.Complete(gone, a, back); !errs.Is(err, errs.KindUnavailable) {
			t.Error(err)
		}
	})
}

func TestTheTransportIsBounded(t *testing.T) {
	tr := plain().(*http.Transport)
	c := Config{Transport: tr, Clock: clock.System()}.client()
	if c.Timeout <= 0 || c.Timeout > 15*time.Second || tr.TLSClientConfig.MinVersion < tls.VersionTLS12 || tr.TLSClientConfig.InsecureSkipVerify || !tr.DisableCompression || tr.ResponseHeaderTimeout <= 0 || tr.TLSHandshakeTimeout <= 0 {
		t.Error("a call may last for ever, or trusts too much")
	}
}

func TestAddressesWeMayCall(t *testing.T) {
	for a, want := range map[string][2]bool{ // without and with Config.Loopback
		"https://a.example":              {true, true},
		"https://a.example:8443/x":       {true, true},
		"https://[2001:db8::1]/x":        {true, true},
		"http://a.example":               {false, false},
		"http://127.0.0.1:1":             {false, true},
		"http://[::1]:1":                 {false, true},
		"http://localhost:1":             {false, true},
		"http://op.kreis.localhost:1":    {false, true},
		"http://localhost.boese.example": {false, false},
		"http://127.0.0.1.boese.example": {false, false},
		"http://127.0.0.1@boese.example": {false, false},
		"http://0x7f000001":              {false, false},
		"ftp://a.example":                {false, false},
		"javascript:alert(1)":            {false, false},
		"//a.example":                    {false, false},
		"/x":                             {false, false},
		"":                               {false, false},
		"https://":                       {false, false},
		"https://a.example/\n":           {false, false},
		"https://a.example/ä":            {false, false},
		"https://a.example\\@b.example":  {false, false},
		"https://user:pass@a.example":    {false, false},
		"https://a.example#x":            {false, false},
		"https:a.example":                {false, false},
		"HTTPS://a.example":              {true, true},
		"https://a.example/" + long:      {false, false},
	} {
		if got := [2]bool{address(a, false, true), address(a, true, true)}; got != want {
			t.Errorf("%.60q: %v", a, got)
		}
	}
	if address("https://a.example?x", false, false) || !address("https://a.example?x", false, true) {
		t.Error("queries")
	}
}

var long = strings.Repeat("a", 2000)
