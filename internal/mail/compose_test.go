package mail

import (
	"bytes"
	"context"
	"errors"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"
)

var day = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

func TestEveryTemplateIsThereInEveryLanguageWithKnownPlacesOnly(t *testing.T) {
	places := regexp.MustCompile(`\{[^}]*\}`)
	n := 0
	for _, tm := range Templates() {
		if paths[tm] == "" {
			t.Errorf("%s leads nowhere", tm)
		}
		for _, lang := range Languages() {
			subject, body, err := text(tm, lang)
			if err != nil {
				t.Error(err)
				continue
			}
			n++
			for _, p := range places.FindAllString(subject+body, -1) {
				if p != "{Portal}" && p != "{Authority}" && p != "{Link}" {
					t.Errorf("%s.%s: %s", tm, lang, p)
				}
			}
			if strings.Count(body, "\n\n{Link}\n\n") != 1 || !strings.Contains(subject, "{Portal}") {
				t.Errorf("%s.%s: the link stands not alone, or the subject names no portal", tm, lang)
			}
		}
	}
	if list, err := files.ReadDir("templates"); err != nil || len(list) != n {
		t.Errorf("%d files, %d templates in use (%v)", len(list), n, err)
	}
}

// wire is the mail as it goes out.
func wire(t *testing.T, l letter) string {
	t.Helper()
	s, err := NewServer(ServerConfig{Host: "mail.example", Port: 587, From: "noreply@service.example"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.compose(l)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var headers = map[string]bool{"Auto-Submitted": true, "Content-Language": true, "Content-Transfer-Encoding": true, "Content-Type": true, "Date": true, "From": true, "Message-Id": true, "Mime-Version": true, "Subject": true, "To": true}

// checkWire wants the ten headers we write, once each, and one recipient.
func checkWire(t *testing.T, raw, to string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v\n%q", err, raw)
	}
	for name, v := range m.Header {
		if !headers[name] || len(v) != 1 {
			t.Errorf("header %s: %q", name, v)
		}
	}
	if len(m.Header) != len(headers) {
		t.Errorf("%d headers: %v", len(m.Header), m.Header)
	}
	if l, err := m.Header.AddressList("To"); err != nil || len(l) != 1 || l[0].Address != to {
		t.Errorf("to %v (%v), want %s", l, err, to)
	}
	if l, err := m.Header.AddressList("From"); err != nil || len(l) != 1 || l[0].Address != "noreply@service.example" {
		t.Errorf("from %v (%v)", l, err)
	}
}

func FuzzNoHeaderCanBeInjected(f *testing.F) {
	for _, s := range [][2]string{
		{"person@post.example", "Serviceportal Lindenbrück"},
		{"person@post.example\r\nBcc: other@post.example", "x\r\nBcc: other@post.example"},
		{"a@b.example,c@d.example", `"quoted" <x@y.example>`},
		{"a@b.example", "x\n\nbody"}, {"a@b.example", "x\r\n.\r\nMAIL FROM:<x>"}, {"a@b.example", "\u2028Bcc: x@y.example\x00\x85"},
		{"a@b.example", "=?utf-8?q?=0D=0ABcc:_x?="}, {"a=0d=0a@b.example", strings.Repeat("ä", 300)}, {"a@xn--a.example", ""},
		{"a%0d%0a@b.example", "a\xff\xfe"}, {"=?utf-8?q?x?=@b.example", "a,b;c:d"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, to, portal string) {
		a, err := address(to)
		if err != nil {
			return
		}
		subject, body, err := text(Inbox, "de")
		if err != nil {
			t.Fatal(err)
		}
		checkWire(t, wire(t, letter{id: "id", at: day, to: a, from: oneLine(portal), lang: "de",
			subject: fill(subject, portal, portal, "https://x.example"), body: fill(body, portal, portal, "https://x.example")}), a)
	})
}

func TestThePortalsNameIsReadAsItWasWritten(t *testing.T) {
	for _, name := range []string{"Serviceportal Lindenbrück", `Portal "Nord", Süd <Mitte>`, "=?utf-8?q?x?=", "Ämter & Bürger: Dienste; hier"} {
		m, err := mail.ReadMessage(strings.NewReader(wire(t, letter{id: "id", at: day, to: "a@b.example", from: name, lang: "en", subject: "s", body: "b"})))
		if err != nil {
			t.Fatal(err)
		}
		if l, err := m.Header.AddressList("From"); err != nil || l[0].Name != name {
			t.Errorf("%q became %v (%v)", name, l, err)
		}
	}
}

func TestAnUnreachableServerIsSaidWithoutTheAddress(t *testing.T) {
	s, err := NewServer(ServerConfig{Host: "127.0.0.1", Port: 1, From: "noreply@service.example", TLS: TLSNone, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := s.deliver(context.Background(), letter{id: "id", at: day, to: "kanarienvogel@post.example", lang: "de", subject: "s", body: "b"})
	if sent || err == nil || errors.Is(err, errRefused) || strings.Contains(err.Error(), "kanarienvogel") {
		t.Errorf("%v %v", sent, err)
	}
}
