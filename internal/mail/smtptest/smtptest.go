// Package smtptest is a mail server for tests that can behave badly: refuse,
// put off, hang up after it took a mail, demand a password, speak TLS with a
// certificate of its own. It is imported from tests only.
package smtptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	smtp "github.com/emersion/go-smtp"
)

// Config says how the server behaves.
type Config struct {
	TLS            bool   // offers STARTTLS
	User, Password string // demanded when User is set
}

// Mail is what the server took.
type Mail struct {
	From, To string // envelope
	Data     string
}

// Server is a running server. Its fields are read under Lock.
type Server struct {
	Host   string
	Port   int
	CAFile string // certificate to trust, when TLS

	mu     sync.Mutex
	rcpt   func(to string) error
	data   func() error
	took   []Mail
	logins int
}

// Start runs a server until the test ends.
func Start(t testing.TB, c Config) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}
	srv := smtp.NewServer(smtp.BackendFunc(func(conn *smtp.Conn) (smtp.Session, error) {
		x := &session{s: s, c: c, conn: conn}
		if c.User == "" {
			return plain{x}, nil
		}
		return x, nil
	}))
	srv.Domain = "smtptest.localhost"
	srv.ReadTimeout, srv.WriteTimeout = 10*time.Second, 10*time.Second
	srv.ErrorLog = quiet{}
	if c.TLS {
		cert, file := certificate(t)
		s.CAFile = file
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); <-done })
	return s
}

// Answer sets what the server says to a recipient and after the data; nil
// takes everything. Codes: &smtp.SMTPError of go-smtp, see Code.
func (s *Server) Answer(rcpt func(to string) error, data func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rcpt, s.data = rcpt, data
}

// Code makes an answer such as 550.
func Code(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: text}
}

// ErrHangUp, as answer after the data, takes the mail and cuts the connection
// before the "250".
var ErrHangUp = errors.New("hang up")

// Took gives the mails taken so far.
func (s *Server) Took() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.took...)
}

// Logins gives the number of right passwords.
func (s *Server) Logins() int { s.mu.Lock(); defer s.mu.Unlock(); return s.logins }

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type session struct {
	s    *Server
	c    Config
	conn *smtp.Conn
	m    Mail
	in   bool
}

// plain hides Auth.
type plain struct{ smtp.Session }

func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != x.c.User || password != x.c.Password {
			return smtp.ErrAuthFailed
		}
		x.s.mu.Lock()
		x.s.logins++
		x.s.mu.Unlock()
		x.in = true
		return nil
	}), nil
}

func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	if x.c.User != "" && !x.in {
		return smtp.ErrAuthRequired
	}
	x.m = Mail{From: from}
	return nil
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.s.mu.Lock()
	f := x.s.rcpt
	x.s.mu.Unlock()
	if f != nil {
		if err := f(to); err != nil {
			return err
		}
	}
	x.m.To += to
	return nil
}

func (x *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	x.s.mu.Lock()
	f := x.s.data
	x.s.mu.Unlock()
	if f != nil {
		err = f()
	}
	if err == nil || errors.Is(err, ErrHangUp) {
		x.m.Data = string(b)
		x.s.mu.Lock()
		x.s.took = append(x.s.took, x.m)
		x.s.mu.Unlock()
	}
	if errors.Is(err, ErrHangUp) {
		_ = x.conn.Conn().Close()
	}
	return err
}

func (x *session) Reset()        {}
func (x *session) Logout() error { return nil }

// certificate makes a key and certificate for the loopback address.
func certificate(t testing.TB) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}
