package mail_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/mail"
	"stadttor/internal/mail/smtptest"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

var op = perm.System{Name: "test"}

const (
	canary = "kanarienvogel-7f3a"
	person = canary + "@post.example"
	sender = "noreply@service.example"
)

type town struct {
	t      *testing.T
	d      *db.DB
	c      *clock.Fake
	tenant tenancy.Tenant
	svc    *mail.Service
	runner *jobs.Runner
	log    *bytes.Buffer
}

// found makes a tenant whose mails go to server; nil is no server.
func found(t *testing.T, d *db.DB, c *clock.Fake, server *mail.Server) *town {
	t.Helper()
	ctx := t.Context()
	dir, err := tenancy.OpenDirectory(ctx, d, seal.Random())
	if err != nil {
		t.Fatal(err)
	}
	r, err := dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis-musterland", Name: "Kreis Musterland"})
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, d: d, c: c, log: &bytes.Buffer{}}
	if w.tenant, err = dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: r.ID, Slug: "lindenbrueck", Name: "Stadt Lindenbrück", Kind: tenancy.KindStadt, Sign: "LIN", ARS: "990010001001"}); err != nil {
		t.Fatal(err)
	}
	if err := dir.SavePortal(ctx, op, w.tenant.Scope(), tenancy.Portal{Tenant: w.tenant.ID, Host: "service.lindenbrueck.localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("Serviceportal Lindenbrück", "")}}); err != nil {
		t.Fatal(err)
	}
	if err := dir.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	w.svc = mail.New(mail.Config{DB: d, Directory: dir, Server: server, BaseURL: func(ident.TenantID) string { return "https://service.lindenbrueck.example" }})
	w.runner = jobs.New(jobs.Config{DB: d, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	w.svc.Register(w.runner)
	return w
}

func (w *town) queue(m mail.Message) error {
	return w.d.InTx(w.t.Context(), w.tenant.Scope(), func(tx *db.Tx) error { return w.svc.Queue(w.t.Context(), tx, m) })
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) drain() {
	w.t.Helper()
	_, err := w.runner.Drain(w.t.Context())
	w.must(err)
}

func (w *town) admin() perm.Staff {
	return perm.Staff{Realm: w.tenant.Realm, Tenant: w.tenant.ID, Staff: "s", Grants: []perm.Grant{{Role: perm.Administrator}}}
}

func (w *town) list() []mail.Status {
	w.t.Helper()
	l, err := w.svc.List(w.t.Context(), w.admin(), "", 100)
	w.must(err)
	return l
}

func serverOf(t *testing.T, s *smtptest.Server, policy string) *mail.Server {
	t.Helper()
	m, err := mail.NewServer(mail.ServerConfig{Host: s.Host, Port: s.Port, TLS: policy, CAFile: s.CAFile, From: sender, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func inbox(key string) mail.Message {
	return mail.Message{Template: mail.Inbox, To: pii.New(person), Lang: "de", Key: key}
}

func TestAQueuedMailArrivesOnceThroughRealSMTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		box, err := mail.OpenOutbox(mail.OutboxConfig{Clock: c})
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		server, err := box.Server(sender)
		if err != nil {
			t.Fatal(err)
		}
		w := found(t, d, c, server)
		w.must(w.queue(inbox("cases.Decided:1")))
		w.must(w.queue(inbox("cases.Decided:1")))
		w.drain()
		list := box.List()
		if len(list) != 1 {
			t.Fatalf("%d mails", len(list))
		}
		k := list[0]
		if k.To.Reveal() != person || k.Subject != "Neue Nachricht im Postfach: Serviceportal Lindenbrück" || k.From != `Serviceportal Lindenbrück <`+sender+`>` && k.From != `"Serviceportal Lindenbrück" <`+sender+`>` {
			t.Errorf("to %q, from %q, subject %q", k.To.Reveal(), k.From, k.Subject)
		}
		if !strings.Contains(k.Text, "\nhttps://service.lindenbrueck.example/postfach\n") || !strings.HasSuffix(strings.TrimSpace(k.Text), "Stadt Lindenbrück") {
			t.Errorf("text:\n%s", k.Text)
		}
		if !strings.Contains(k.Raw, "Auto-Submitted: auto-generated") || strings.Contains(k.Raw, "{") {
			t.Errorf("raw:\n%s", k.Raw)
		}
		if got, ok := box.Get(k.ID); !ok || got.Raw != k.Raw {
			t.Error("Get finds it not")
		}
		if s := w.list(); len(s) != 1 || s[0].State != mail.Sent || s[0].EndedAt.IsZero() {
			t.Errorf("%+v", s)
		}
	})
}

func TestAMailLeadsWhereItsMessageSays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		box, err := mail.OpenOutbox(mail.OutboxConfig{Clock: c})
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		server, err := box.Server(sender)
		if err != nil {
			t.Fatal(err)
		}
		w := found(t, d, c, server)
		const link = "https://konto.kreis-musterland.example/lokal/bestaetigen?schluessel=0123456789abcdefghjkmnpqrstvwxyz"
		m := mail.Message{Template: mail.AccountConfirm, To: pii.New(person), Lang: "de", Key: "local:1", Link: pii.New(link)}
		w.must(w.queue(m))
		var sealed []byte
		w.must(d.View(t.Context(), w.tenant.Scope(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT sealed FROM mail WHERE tenant_id=$1`, string(w.tenant.ID)).Scan(&sealed)
		}))
		if len(sealed) == 0 || bytes.Contains(sealed, []byte("schluessel")) || bytes.Contains(sealed, []byte(canary)) {
			t.Error("link or recipient lies there in the clear")
		}
		w.drain()
		if list := box.List(); len(list) != 1 || list[0].To.Reveal() != person || !strings.Contains(list[0].Text, "\n\n"+link+"\n\n") {
			t.Errorf("%d mails", len(list))
		}
		for name, bad := range map[string]string{"no address": "x", "a line end": link + "\n.", "a blank": link + " x", "another scheme": "javascript:alert(1)", "with a name": "https://a:b@c.example/", "an umlaut": "https://ä.example/", "very long": "https://a.example/" + strings.Repeat("x", 500)} {
			m.Key, m.Link = "local:"+name, pii.New(bad)
			if err := w.queue(m); !errs.Is(err, errs.KindInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestTheRecipientIsSealedAndErasedWhenSent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		s := smtptest.Start(t, smtptest.Config{})
		w := found(t, d, c, serverOf(t, s, mail.TLSNone))
		w.must(w.queue(inbox("a")))
		sealed := func() (b []byte) {
			w.must(d.View(t.Context(), w.tenant.Scope(), func(tx *db.Tx) error {
				return tx.QueryRow(t.Context(), `SELECT sealed FROM mail WHERE tenant_id=$1`, string(tx.Tenant())).Scan(&b)
			}))
			return b
		}
		if b := sealed(); len(b) == 0 || bytes.Contains(b, []byte(canary)) {
			t.Errorf("before: %q", b)
		}
		w.drain()
		if b := sealed(); len(b) != 0 || len(s.Took()) != 1 {
			t.Errorf("after: %d bytes, %d mails", len(b), len(s.Took()))
		}
	})
}

func TestNoMailHoldsAnythingPersonal(t *testing.T) {
	c := clock.NewFake(dbtest.Start)
	box, err := mail.OpenOutbox(mail.OutboxConfig{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	server, err := box.Server(sender)
	if err != nil {
		t.Fatal(err)
	}
	w := found(t, dbtest.Open(t, "sqlite", c), c, server)
	n := 0
	for _, tm := range mail.Templates() {
		for _, lang := range append(mail.Languages(), "tlh") {
			w.must(w.queue(mail.Message{Template: tm, To: pii.New(person), Lang: lang, Key: string(tm) + lang + ":case-" + canary}))
			n++
		}
	}
	w.drain()
	list := box.List()
	if len(list) != n {
		t.Fatalf("%d of %d mails", len(list), n)
	}
	for _, k := range list {
		// The address stands on the envelope and in To:, where it must.
		rest := strings.Replace(k.Raw, "To: <"+person+">\r\n", "", 1)
		if len(rest) == len(k.Raw) || strings.Contains(rest+k.Text+k.Subject+k.From, canary) {
			t.Errorf("%q holds the mark:\n%s", k.Subject, k.Raw)
		}
		if strings.Count(k.Text, "http") != 1 || strings.ContainsAny(k.Text, "?{}") && strings.Contains(k.Text, "{") {
			t.Errorf("%q: links or placeholders:\n%s", k.Subject, k.Text)
		}
		for line := range strings.SplitSeq(k.Text, "\n") {
			if len([]rune(line)) > 76 {
				t.Errorf("long line: %s", line)
			}
		}
	}
	if strings.Contains(w.log.String(), canary+"@") {
		t.Errorf("log: %s", w.log)
	}
}

func TestWhatTheServerSaysIsHeardAndNeverQuoted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		s := smtptest.Start(t, smtptest.Config{})
		w := found(t, d, c, serverOf(t, s, mail.TLSNone))
		asked := 0
		s.Answer(func(to string) error { asked++; return smtptest.Code(451, "later, "+to) }, nil)
		w.must(w.queue(inbox("a")))
		w.drain()
		if l := w.list(); l[0].State != mail.Waiting || l[0].Failure != "mail.later" {
			t.Errorf("put off: %+v", l[0])
		}
		s.Answer(func(to string) error { asked++; return smtptest.Code(550, "no such user "+to) }, nil)
		asked = 0
		for range 40 {
			c.Advance(7 * time.Hour)
			w.drain()
		}
		if l := w.list(); l[0].State != mail.Dead || l[0].Failure != "mail.refused" || asked != 1 {
			t.Errorf("refused, asked %d times: %+v", asked, l[0])
		}
		dead, err := jobs.List(t.Context(), d, w.admin(), jobs.Dead, 10)
		if err != nil || len(dead) != 1 || strings.Contains(dead[0].LastError, canary) || !strings.Contains(dead[0].LastError, "550") && !strings.Contains(dead[0].LastError, "mail.refused") {
			t.Fatalf("dead jobs: %+v %v", dead, err)
		}
		if strings.Contains(w.log.String(), canary) {
			t.Errorf("log: %s", w.log)
		}
		// started again by hand after the address was mended at the other end
		s.Answer(nil, nil)
		w.must(jobs.Retry(t.Context(), d, w.admin(), dead[0].ID))
		w.drain()
		if l := w.list(); l[0].State != mail.Sent || len(s.Took()) != 1 {
			t.Errorf("by hand: %+v, %d mails", l[0], len(s.Took()))
		}
	})
}

func TestAServerThatHangsUpAfterTakingGetsTheSameMessageIDAgain(t *testing.T) {
	c := clock.NewFake(dbtest.Start)
	s := smtptest.Start(t, smtptest.Config{})
	w := found(t, dbtest.Open(t, "sqlite", c), c, serverOf(t, s, mail.TLSNone))
	s.Answer(nil, func() error { return smtptest.ErrHangUp })
	w.must(w.queue(inbox("a")))
	w.drain()
	s.Answer(nil, nil)
	c.Advance(time.Minute)
	w.drain()
	took := s.Took()
	if len(took) != 2 || header(took[0].Data, "Message-ID: ") == "" || header(took[0].Data, "Message-ID: ") != header(took[1].Data, "Message-ID: ") {
		t.Errorf("%d mails: %+v", len(took), took)
	}
	if l := w.list(); l[0].State != mail.Sent {
		t.Errorf("%+v", l[0])
	}
}

func header(raw, name string) string {
	for line := range strings.SplitSeq(raw, "\r\n") {
		if v, ok := strings.CutPrefix(line, name); ok {
			return v
		}
	}
	return ""
}

func TestWithoutServerMailsWait(t *testing.T) {
	c := clock.NewFake(dbtest.Start)
	w := found(t, dbtest.Open(t, "sqlite", c), c, nil)
	w.must(w.queue(inbox("a")))
	w.drain()
	if l := w.list(); l[0].State != mail.Waiting || l[0].Failure != "mail.no-server" {
		t.Errorf("%+v", l[0])
	}
}

func TestTheTLSPolicyIsKept(t *testing.T) {
	for _, x := range []struct {
		name, policy string
		offers, ca   bool
		sent         bool
	}{
		{"mandatory, offered and trusted", mail.TLSMandatory, true, true, true},
		{"mandatory, offered and not trusted", mail.TLSMandatory, true, false, false},
		{"mandatory, not offered", mail.TLSMandatory, false, false, false},
		{"opportunistic, offered and trusted", mail.TLSOpportunistic, true, true, true},
		{"opportunistic, not offered", mail.TLSOpportunistic, false, false, true},
		{"none, offered", mail.TLSNone, true, true, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := clock.NewFake(dbtest.Start)
			s := smtptest.Start(t, smtptest.Config{TLS: x.offers})
			if !x.ca {
				s.CAFile = ""
			}
			w := found(t, dbtest.Open(t, "sqlite", c), c, serverOf(t, s, x.policy))
			w.must(w.queue(inbox("a")))
			w.drain()
			if got := len(s.Took()) == 1; got != x.sent {
				t.Errorf("sent: %v, %+v", got, w.list()[0])
			}
			if !x.sent && w.list()[0].Failure != "mail.unreachable" {
				t.Errorf("%+v", w.list()[0])
			}
		})
	}
}

func TestThePasswordIsSentOverTLSOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := smtptest.Start(t, smtptest.Config{TLS: true, User: "portal", Password: "geheim"})
	conf := mail.ServerConfig{Host: s.Host, Port: s.Port, User: "portal", PasswordFile: file, CAFile: s.CAFile, From: sender}
	for _, p := range []string{mail.TLSNone, mail.TLSOpportunistic} {
		conf.TLS = p
		if _, err := mail.NewServer(conf); err == nil {
			t.Errorf("%s was taken with a password", p)
		}
	}
	conf.TLS = mail.TLSMandatory
	server, err := mail.NewServer(conf)
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewFake(dbtest.Start)
	w := found(t, dbtest.Open(t, "sqlite", c), c, server)
	w.must(w.queue(inbox("a")))
	w.drain()
	if len(s.Took()) != 1 || s.Logins() != 1 {
		t.Errorf("%d mails, %d logins, %+v", len(s.Took()), s.Logins(), w.list())
	}
}

func TestWrongSettingsStopTheStart(t *testing.T) {
	good := mail.ServerConfig{Host: "mail.example", Port: 587, From: sender}
	if _, err := mail.NewServer(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*mail.ServerConfig){
		"no host":          func(c *mail.ServerConfig) { c.Host = "" },
		"no port":          func(c *mail.ServerConfig) { c.Port = 0 },
		"no sender":        func(c *mail.ServerConfig) { c.From = "" },
		"sender with name": func(c *mail.ServerConfig) { c.From = "Portal <a@b.example>" },
		"unknown policy":   func(c *mail.ServerConfig) { c.TLS = "sometimes" },
		"no CA file":       func(c *mail.ServerConfig) { c.CAFile = "/nowhere" },
		"no password file": func(c *mail.ServerConfig) { c.User = "u" },
	} {
		c := good
		change(&c)
		if _, err := mail.NewServer(c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestQueueRefusesWhatIsNoAddress(t *testing.T) {
	c := clock.NewFake(dbtest.Start)
	w := found(t, dbtest.Open(t, "sqlite", c), c, nil)
	for _, to := range []string{"", "x", "@x.example", "a@", "a@b.example\r\nBcc: c@d.example", "a@b.example,c@d.example", "A <a@b.example>", `"a b"@c.example`, "a@b.example\x00", "ä@b.example", strings.Repeat("a", 65) + "@b.example", "a@" + strings.Repeat("b.", 130) + "example", "a b@c.example", "a@b@c.example", "a..b@c.example", "a@b .example"} {
		m := inbox("k")
		m.To = pii.New(to)
		if err := w.queue(m); !errs.Is(err, errs.KindInvalid) || strings.Contains(err.Error(), "b.example") {
			t.Errorf("%q: %v", to, err)
		}
	}
	for name, m := range map[string]mail.Message{
		"unknown template": {Template: "../server", To: pii.New(person), Key: "k"},
		"no key":           {Template: mail.Inbox, To: pii.New(person)},
		"long key":         {Template: mail.Inbox, To: pii.New(person), Key: strings.Repeat("k", 201)},
	} {
		if err := w.queue(m); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(w.list()) != 0 {
		t.Error("something was queued")
	}
	m := inbox("umlaut")
	m.To = pii.New(" a.b+c@bürgeramt.example ")
	w.must(w.queue(m))
}

func TestAMailIsKeptOrLostWithTheVerb(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		s := smtptest.Start(t, smtptest.Config{})
		w := found(t, d, c, serverOf(t, s, mail.TLSNone))
		err := d.InTx(t.Context(), w.tenant.Scope(), func(tx *db.Tx) error {
			w.must(w.svc.Queue(t.Context(), tx, inbox("a")))
			return errors.New("the verb failed")
		})
		w.drain()
		if err == nil || len(s.Took()) != 0 || len(w.list()) != 0 {
			t.Errorf("%v, %d mails, %d rows", err, len(s.Took()), len(w.list()))
		}
	})
}

func TestOldRowsAreSwept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		s := smtptest.Start(t, smtptest.Config{})
		w := found(t, d, c, serverOf(t, s, mail.TLSNone))
		w.must(w.queue(inbox("old")))
		w.drain()
		c.Advance((mail.KeepDays - 1) * 24 * time.Hour)
		w.must(w.queue(inbox("new")))
		w.drain()
		if n := len(w.list()); n != 2 {
			t.Fatalf("%d rows too early", n)
		}
		for range 4 { // the sweep's moment lies somewhere in the day
			c.Advance(24 * time.Hour)
			w.drain()
		}
		if l := w.list(); len(l) != 1 || l[0].Key != "new" {
			t.Errorf("%+v", l)
		}
	})
}

func TestOnlyTheOwnAdministrationSeesTheQueue(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		w := found(t, d, c, nil)
		w.must(w.queue(inbox("a")))
		a := w.admin()
		a.Tenant = "other"
		if l, err := w.svc.List(t.Context(), a, "", 10); err != nil || len(l) != 0 {
			t.Errorf("foreign: %v %v", l, err)
		}
		a = w.admin()
		a.Grants = []perm.Grant{{Role: perm.Caseworker}}
		if _, err := w.svc.List(t.Context(), a, "", 10); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("caseworker: %v", err)
		}
	})
}

func TestTheOutboxKeepsTheLast500OverARestart(t *testing.T) {
	c := clock.NewFake(dbtest.Start)
	dir := filepath.Join(t.TempDir(), "outbox")
	box, err := mail.OpenOutbox(mail.OutboxConfig{Dir: dir, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	send := func(box *mail.Outbox, n int) {
		server, err := box.Server(sender)
		if err != nil {
			t.Fatal(err)
		}
		w := found(t, dbtest.Open(t, "sqlite", c), c, server)
		for range n {
			w.must(w.queue(inbox(ident.Secret())))
		}
		w.drain()
	}
	send(box, 3)
	c.Advance(time.Second)
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	old := box.List()
	if box, err = mail.OpenOutbox(mail.OutboxConfig{Dir: dir, Clock: c}); err != nil {
		t.Fatal(err)
	}
	if n := len(box.List()); n != 3 {
		t.Errorf("after a restart: %d mails", n)
	}
	for _, o := range old {
		if got, ok := box.Get(o.ID); !ok || got != o || got.To.Reveal() != person {
			t.Errorf("after a restart: %+v, before: %+v", got, o)
		}
	}
	for range 5 {
		send(box, 100)
		c.Advance(time.Second)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != mail.MaxKept || len(box.List()) != mail.MaxKept {
		t.Errorf("%d files, %d mails (%v)", len(files), len(box.List()), err)
	}
	for _, o := range old {
		if _, ok := box.Get(o.ID); ok {
			t.Error("the oldest are still there")
		}
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheOutboxListensOnLoopbackOnly(t *testing.T) {
	for _, a := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:25"} {
		if box, err := mail.OpenOutbox(mail.OutboxConfig{Addr: a}); err == nil {
			_ = box.Close()
			t.Errorf("%s was taken", a)
		}
	}
}
