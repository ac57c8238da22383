package citizen

import (
	"net/http/httptest"
	"strings"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/ident"
	"stadttor/internal/web/ui"
)

// A way back after the sign-in is a path of ours, whatever a browser brings.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{"/konto", "/antrag/x?a=b#c", "//x.example", "/\\x", "https://x", "/verwaltung", "/anmelden", "/a/../b", "\x00", "/%2f/x", "/antrag/\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := target(s)
		if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\x00") || p != accounts.OwnPath(p) {
			t.Fatalf("%q gives %q", s, p)
		}
		if strings.HasPrefix(p, "/verwaltung/") || p == "/verwaltung" || strings.HasPrefix(p, "/verwaltung?") {
			t.Fatalf("%q leads a citizen to the staff's door: %q", s, p)
		}
	})
}

// The cookie of drafts is a foreign text: what is read from it has the form of
// ours, and what is written is read back the same.
func FuzzHeld(f *testing.F) {
	id, secret := strings.Repeat("0", 26), ident.Secret()
	f.Add("hundesteuer-anmeldung." + id + "." + secret)
	f.Add("a." + id + "." + secret + "~b." + id + "." + secret)
	f.Add("~~..~.")
	s := &Server{c: Config{Gate: &ui.Gate{}}}
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Cookie"] = []string{ui.CookieDraft + "=" + value}
		list := s.heldBy(r)
		for _, h := range list {
			if !ident.Slug(h.form) || !ident.Valid(h.id) || len(h.secret) != secretSize {
				t.Fatalf("%q gives %+v", value, h)
			}
		}
		w := httptest.NewRecorder()
		s.keepHeld(w, list)
		again := httptest.NewRequest("GET", "/", nil)
		for _, c := range w.Result().Cookies() {
			if c.MaxAge > 0 {
				again.AddCookie(c)
			}
		}
		if got := s.heldBy(again); len(got) != len(list) {
			t.Fatalf("%d drafts were written, %d read", len(list), len(got))
		}
	})
}
