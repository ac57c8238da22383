package mail

import (
	"testing"
	"time"

	"stadttor/internal/clock/clocktest"
)

func TestTheOutboxClosesAlsoBeforeItServes(t *testing.T) {
	done := make(chan error, 1)
	go func() {
		for range 500 {
			o, err := OpenOutbox(OutboxConfig{})
			if err == nil {
				err = o.Close()
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(clocktest.Patience):
		t.Error("Close waits for ever")
	}
}

func FuzzTheOutboxShowsAnyMail(f *testing.F) {
	for _, s := range []string{
		"Subject: x\r\n\r\nbody", "", "\r\n", "no header", "Subject: =?utf-8?q?=C3=BC?=\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC=\r\n",
		"Subject: =?unknown?q?x?=\r\n\r\nb", "Content-Transfer-Encoding: quoted-printable\r\n\r\n=ZZ", "From: \xff\r\n\r\n\xff\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		k := read("id", day, "a@b.example", []byte(raw))
		if k.Raw != raw || k.To.Reveal() != "a@b.example" || !k.At.Equal(day) {
			t.Errorf("%+v", k)
		}
	})
}

func TestTheOutboxDecodesForPeople(t *testing.T) {
	k := read("id", day, "a@b.example", []byte(wire(t, letter{id: "id", at: day, to: "a@b.example", from: "Bürgerportal", lang: "de", subject: "Grüße", body: "Straße\n\nhttps://x.example/postfach\n"})))
	if k.Subject != "Grüße" || k.Text != "Straße\n\nhttps://x.example/postfach\n" || k.From != "Bürgerportal <noreply@service.example>" {
		t.Errorf("%+v", k)
	}
}
