package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"stadttor/internal/errs"
)

// TLS policies towards the mail server.
const (
	TLSMandatory     = "mandatory"     // no mail without verified STARTTLS (or implicit TLS on port 465)
	TLSOpportunistic = "opportunistic" // STARTTLS when the server offers it
	TLSNone          = "none"          // for a server on the same machine
)

// ServerConfig says how mails leave.
type ServerConfig struct {
	Host         string
	Port         int    // 465 speaks TLS from the first byte
	User         string // "" signs in nowhere
	PasswordFile string // its first line is the password
	TLS          string // one of the policies; "" means TLSMandatory
	CAFile       string // PEM certificates that are trusted instead of the system's; "" for the system's
	From         string // sender's address, e.g. "noreply@service.example"
	HELO         string // name in EHLO; "" means the domain of From
	// Timeout bounds one dialogue; 0 means 30 seconds.
	Timeout time.Duration
}

// Server is the operator's mail server. Safe for concurrent use.
type Server struct {
	c    ServerConfig
	from string
	opts []gomail.Option
}

// NewServer checks the settings and reads the files; it does not connect.
func NewServer(c ServerConfig) (*Server, error) {
	if c.Host == "" || c.Port < 1 || c.Port > 65535 {
		return nil, errors.New("mail server: host and port are needed")
	}
	from, err := address(c.From)
	if err != nil {
		return nil, errors.New("mail server: the sender is no plain address")
	}
	if c.HELO == "" {
		_, c.HELO, _ = strings.Cut(from, "@")
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	conf := &tls.Config{ServerName: c.Host, MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("mail server: %w", err)
		}
		if conf.RootCAs = x509.NewCertPool(); !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("mail server: no certificate in %s", c.CAFile)
		}
	}
	s := &Server{c: c, from: from, opts: []gomail.Option{
		gomail.WithPort(c.Port), gomail.WithTimeout(c.Timeout), gomail.WithHELO(c.HELO), gomail.WithTLSConfig(conf),
	}}
	switch c.TLS {
	case TLSMandatory, "":
		s.opts = append(s.opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLSOpportunistic:
		s.opts = append(s.opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case TLSNone:
		s.opts = append(s.opts, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("mail server: unknown TLS policy %q", c.TLS)
	}
	if c.Port == 465 {
		s.opts = append(s.opts, gomail.WithSSL())
	}
	if c.User != "" {
		if c.TLS != TLSMandatory && c.TLS != "" {
			return nil, errors.New("mail server: a password is sent over mandatory TLS only")
		}
		b, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("mail server: password: %w", err)
		}
		password, _, _ := strings.Cut(strings.TrimRight(string(b), "\r\n"), "\n")
		s.opts = append(s.opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.User), gomail.WithPassword(password))
	}
	_, err = gomail.NewClient(c.Host, s.opts...)
	return s, err
}

// letter is a finished mail.
type letter struct {
	id            string
	at            time.Time
	to, from      string // address; name shown as sender
	lang          string
	subject, body string
}

// errRefused says that the server will never take this mail.
var errRefused = errors.New("refused for good")

// deliver hands one mail over. sent holds also when only the goodbye failed.
// Errors name a code, never the server's words: those hold the address.
func (s *Server) deliver(ctx context.Context, l letter) (sent bool, err error) {
	m, err := s.compose(l)
	if err != nil {
		return false, err
	}
	c, err := gomail.NewClient(s.c.Host, s.opts...)
	if err != nil {
		return false, errs.Unavailable("mail.settings", errors.New("mail server: wrong settings"))
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.Timeout)
	defer cancel()
	conn, err := c.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return false, errs.Unavailable("mail.unreachable", fmt.Errorf("mail %s: connecting to the mail server: %w", l.id, err))
	}
	err = c.SendWithSMTPClient(conn, m)
	_ = c.CloseWithSMTPClient(conn) // QUIT; what was taken stays taken
	if err == nil || m.IsDelivered() {
		return true, nil
	}
	code := 0
	var se *gomail.SendError
	if errors.As(err, &se) {
		code = se.ErrorCode()
	}
	if code >= 500 && code < 600 {
		return false, errs.Unavailable("mail.refused", fmt.Errorf("mail %s: server said %d: %w", l.id, code, errRefused))
	}
	return false, errs.Unavailable("mail.later", fmt.Errorf("mail %s: server said %d", l.id, code))
}

func (s *Server) compose(l letter) (*gomail.Msg, error) {
	_, domain, _ := strings.Cut(s.from, "@")
	m := gomail.NewMsg(gomail.WithEncoding(gomail.EncodingQP), gomail.WithNoDefaultUserAgent())
	// net/mail leaves a backslash in an encoded word, where RFC 2047 5 (3) forbids it.
	m.FromMailAddress(&netmail.Address{Name: strings.ReplaceAll(l.from, `\`, ""), Address: s.from})
	m.ToMailAddress(&netmail.Address{Address: l.to})
	m.Subject(oneLine(l.subject))
	m.SetDateWithValue(l.at)
	m.SetMessageIDWithValue(l.id + "@" + domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answers from machines
	m.SetGenHeader("Content-Language", languageTag(l.lang))
	m.SetBodyString(gomail.TypeTextPlain, l.body)
	return m, nil
}

// languageTag writes Leichte Sprache as BCP 47 does.
func languageTag(lang string) string {
	if lang == "de-leicht" {
		return "de-simple"
	}
	return lang
}
