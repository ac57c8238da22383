package mail_test

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/clock/clocktest"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/mail"
)

// pythonServer is a mail server that nobody of ours wrote: smtpd of Python's
// standard library (up to 3.11, as in Debian 12).
const pythonServer = `
import asyncore, json, smtpd, sys
class S(smtpd.SMTPServer):
    def process_message(self, peer, mailfrom, rcpttos, data, **kw):
        if b"Content-Language: en" in data:
            return "550 5.7.1 no English here"
        print(json.dumps({"from": mailfrom, "to": rcpttos, "data": data.decode("latin-1")}), flush=True)
s = S(("127.0.0.1", 0), None)
print(json.dumps({"port": s.socket.getsockname()[1]}), flush=True)
asyncore.loop()
`

func TestAForeignServerTakesOurMails(t *testing.T) {
	python := ""
	for _, p := range []string{"python3", "python3.11", "/usr/bin/python3"} {
		if exec.Command(p, "-W", "ignore", "-c", "import smtpd, asyncore").Run() == nil {
			python = p
			break
		}
	}
	if python == "" {
		t.Skip("NOT TESTED against a foreign mail server: no Python with the module smtpd (3.11 or older) on this machine")
	}
	cmd := exec.Command(python, "-W", "ignore", "-c", pythonServer)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := make(chan string)
	go func() {
		defer close(lines)
		sc := bufio.NewScanner(out)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			lines <- sc.Text()
		}
	}()
	next := func(v any) {
		t.Helper()
		select {
		case l, ok := <-lines:
			if !ok {
				t.Fatal("the server ended")
			}
			if err := json.Unmarshal([]byte(l), v); err != nil {
				t.Fatalf("%v: %s", err, l)
			}
		case <-time.After(clocktest.Patience):
			t.Fatal("the server says nothing")
		}
	}
	var hello struct{ Port int }
	next(&hello)
	server, err := mail.NewServer(mail.ServerConfig{Host: "127.0.0.1", Port: hello.Port, TLS: mail.TLSNone, From: sender, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewFake(dbtest.Start)
	w := found(t, dbtest.Open(t, "sqlite", c), c, server)
	w.must(w.queue(inbox("a")))
	w.drain()
	var got struct {
		From string
		To   []string
		Data string
	}
	next(&got)
	if got.From != sender || len(got.To) != 1 || got.To[0] != person || !strings.Contains(strings.ReplaceAll(got.Data, "\n ", " "), "=?UTF-8?q?Neue_Nachricht_im_Postfach:_") || !strings.Contains(got.Data, "https://service.lindenbrueck.example/postfach") {
		t.Errorf("%+v", got)
	}
	m := inbox("b")
	m.Lang = "en"
	w.must(w.queue(m))
	w.drain()
	for _, l := range w.list() {
		if l.Key == "a" && l.State != mail.Sent || l.Key == "b" && (l.State != mail.Waiting || l.Failure != "mail.refused") {
			t.Errorf("%+v", l)
		}
	}
}
