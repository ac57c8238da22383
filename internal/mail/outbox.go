package mail

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"mime/quotedprintable"

	smtp "github.com/emersion/go-smtp"

	"stadttor/internal/clock"
	"stadttor/internal/ident"
	"stadttor/internal/pii"
)

// MaxKept is how many mails an Outbox keeps.
const MaxKept = 500

const maxMail = 1 << 20 // bytes of one mail

// OutboxConfig of an Outbox.
type OutboxConfig struct {
	// Addr is where it listens; "" means a free port on loopback. It refuses
	// to listen elsewhere.
	Addr string
	// Dir keeps the mails over a restart; "" keeps them in memory only.
	Dir   string
	Clock clock.Clock // nil means the system's
}

// Outbox is the demo's mail server: a real one that takes every mail and
// passes none on, so that what was sent can be read in the browser.
type Outbox struct {
	c      OutboxConfig
	server *smtp.Server
	addr   *net.TCPAddr
	listen net.Listener
	served chan struct{}
	mu     sync.Mutex // guards kept and the files of Dir
	kept   []Kept     // oldest first
}

// Kept is a mail in the outbox.
type Kept struct {
	ID      string // for a URL
	At      time.Time
	From    string   // header, decoded
	To      pii.Text // envelope
	Subject string
	Text    string // body, decoded
	Raw     string // as it came
}

// OpenOutbox reads what was kept and listens. Close it when done.
func OpenOutbox(c OutboxConfig) (*Outbox, error) {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.Clock == nil {
		c.Clock = clock.System()
	}
	o := &Outbox{c: c, served: make(chan struct{})}
	if err := o.load(); err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	a, err := net.ResolveTCPAddr("tcp", c.Addr)
	if err != nil || !a.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("outbox: %q is no loopback address", c.Addr), err)
	}
	l, err := net.ListenTCP("tcp", a)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	o.listen, o.addr = l, l.Addr().(*net.TCPAddr)
	o.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{o: o}, nil }))
	o.server.Domain = "outbox.localhost"
	o.server.MaxMessageBytes, o.server.MaxRecipients, o.server.MaxLineLength = maxMail, 1, 2000
	o.server.ReadTimeout, o.server.WriteTimeout = time.Minute, time.Minute
	o.server.ErrorLog = silent{}
	go func() {
		defer close(o.served)
		_ = o.server.Serve(l)
	}()
	return o, nil
}

// silent drops the server's lines: they could hold addresses.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// Server is how mails reach the outbox: for Config.Server.
func (o *Outbox) Server(from string) (*Server, error) {
	return NewServer(ServerConfig{Host: o.addr.IP.String(), Port: o.addr.Port, TLS: TLSNone, From: from})
}

// Addr is where it listens.
func (o *Outbox) Addr() string { return o.addr.String() }

// Close stops listening.
func (o *Outbox) Close() error {
	err := o.server.Close()
	// A server that has not begun to serve does not know its listener yet.
	_ = o.listen.Close()
	<-o.served
	if errors.Is(err, smtp.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// List gives the kept mails, newest first.
func (o *Outbox) List() []Kept {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := slices.Clone(o.kept)
	slices.Reverse(out)
	return out
}

// Get finds a kept mail.
func (o *Outbox) Get(id string) (Kept, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, k := range o.kept {
		if k.ID == id {
			return k, true
		}
	}
	return Kept{}, false
}

// keep adds a mail and drops the oldest above MaxKept.
func (o *Outbox) keep(to string, raw []byte) error {
	now := o.c.Clock.Now()
	id := string(ident.New[ident.MessageID](now))
	k := read(id, now, to, raw)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.c.Dir != "" {
		head := "X-Outbox-To: " + to + "\r\nX-Outbox-At: " + now.Format(time.RFC3339Nano) + "\r\n"
		tmp := filepath.Join(o.c.Dir, "."+id+".tmp")
		if err := os.WriteFile(tmp, append([]byte(head), raw...), 0o600); err != nil {
			return err
		}
		if err := os.Rename(tmp, filepath.Join(o.c.Dir, id+".eml")); err != nil {
			return err
		}
	}
	o.kept = append(o.kept, k)
	o.trim()
	return nil
}

func (o *Outbox) trim() {
	for len(o.kept) > MaxKept {
		if o.c.Dir != "" {
			_ = os.Remove(filepath.Join(o.c.Dir, o.kept[0].ID+".eml"))
		}
		o.kept = o.kept[1:]
	}
}

// load reads the mails of an earlier run; file names sort by time.
func (o *Outbox) load() error {
	if o.c.Dir == "" {
		return nil
	}
	if err := os.MkdirAll(o.c.Dir, 0o700); err != nil {
		return err
	}
	list, err := os.ReadDir(o.c.Dir)
	if err != nil {
		return err
	}
	for _, e := range list {
		id, ok := strings.CutSuffix(e.Name(), ".eml")
		if !ok || !ident.Valid(ident.MessageID(id)) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(o.c.Dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		to, rest, _ := strings.Cut(string(b), "\r\n")
		at, raw, ok := strings.Cut(rest, "\r\n")
		when, err := time.Parse(time.RFC3339Nano, strings.TrimPrefix(at, "X-Outbox-At: "))
		if !ok || err != nil {
			continue // not written by us
		}
		o.kept = append(o.kept, read(id, when, strings.TrimPrefix(to, "X-Outbox-To: "), []byte(raw)))
	}
	o.trim()
	return nil
}

// read decodes a mail for people; what cannot be decoded is shown raw.
func read(id string, at time.Time, to string, raw []byte) Kept {
	k := Kept{ID: id, At: at, To: pii.New(to), Raw: string(raw), Text: string(raw)}
	m, err := netmail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		return k
	}
	word := func(name string) string {
		s, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
		if err != nil {
			return m.Header.Get(name)
		}
		return s
	}
	k.From, k.Subject = word("From"), word("Subject")
	body := m.Body
	if strings.EqualFold(m.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	if b, err := io.ReadAll(body); err == nil {
		k.Text = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	return k
}

// session is one dialogue.
type session struct {
	o  *Outbox
	to string
}

func (s *session) Mail(string, *smtp.MailOptions) error      { return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = to; return nil }
func (s *session) Reset()                                    { s.to = "" }
func (s *session) Logout() error                             { return nil }

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.o.keep(s.to, b) != nil {
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "cannot keep the mail"}
	}
	return nil
}
